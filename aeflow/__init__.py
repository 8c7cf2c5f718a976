"""The public names of `simulation`, under the name by which it is installed: `import aeflow as ae`.

A `simulation.py` of the user's own hides that package from Python. It is never run from here: importing `aeflow` then
raises ImportError with one sentence, and the command `aeflow` prints it.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    if Path((sys.argv or [""])[0]).stem in (
        "aeflow",
        "-m",
    ):  # the command: a message and its exit code
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
