"""The public names of `simulation`, under the name by which it is installed: `import aeflow as ae`.

A `simulation.py` of the user's own hides that package from Python. It is never run from here: importing `aeflow` then
raises ImportError with one sentence, and the command `aeflow` prints it.
"""

import os
import signal
import sys

_IS_COMMAND = (sys.argv or [""])[0].replace("\\", "/").rpartition("/")[2] in (
    "aeflow",
    "aeflow.exe",
    "-m",
)


def end_at_ctrl_c() -> None:
    """Let Ctrl-C end the process with a line while the command is imported and after it, when nothing is being written.

    An exception would be printed, or become another one in what is being imported.
    """

    def end(number: int, frame: object) -> None:
        os.write(2, b"\naeflow: stopped. Nothing half-written is left.\n")
        os._exit(128 + number)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # nor ignored, nor another's
        signal.signal(signal.SIGINT, end)


if _IS_COMMAND:
    end_at_ctrl_c()

from importlib.util import find_spec  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import TYPE_CHECKING, Any  # noqa: E402

if TYPE_CHECKING:
    from simulation import *  # noqa: F403

_PACKAGE = Path(__file__).resolve().parents[1] / "simulation" / "__init__.py"


def _what_hides_it() -> str:
    """The file that Python would import as `simulation` instead of the package; empty if it is the package."""
    spec = find_spec("simulation")
    found = "" if spec is None or spec.origin is None else spec.origin
    return "" if found and Path(found).resolve() == _PACKAGE else found or "nothing"


_hiding = _what_hides_it()
if _hiding:
    _sentence = f"{_hiding} hides the package 'simulation', which aeflow is made of. Give that file another name"
    if _IS_COMMAND:  # a message and its exit code
        print(f"aeflow: {_sentence}", file=sys.stderr)
        raise SystemExit(2)
    raise ImportError(_sentence)


def main() -> int:
    """Run the command `aeflow`, and return its exit code."""
    from simulation.cli import main as run_command

    return run_command()


def __getattr__(name: str) -> Any:
    """A public name of `simulation`, imported when it is first asked for."""
    import simulation

    return getattr(simulation, name)


def __dir__() -> list[str]:
    """The public names."""
    import simulation

    return dir(simulation)
