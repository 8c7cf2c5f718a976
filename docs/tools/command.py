"""How a tool that writes documentation is run: it ends with its exit code, or with one message."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from simulation.errors import AeflowError


def run(main: Callable[[Sequence[str]], int]) -> NoReturn:
    """Run a tool on the words of the command line, and leave the program with its exit code."""
    try:
        code = main(sys.argv[1:])
    except AeflowError as error:
        print(f"aeflow: {error}", file=sys.stderr)
        code = error.exit_code
    raise SystemExit(code)
