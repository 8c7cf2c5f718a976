"""Engines by name, and the choice between them. Each is imported when it is first used."""

import hashlib
import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from simulation.engine.contract import Engine
from simulation.errors import AeflowError

EngineName = Literal["reference", "compiled"]
EngineAsked = Literal["auto", "reference", "compiled"]
ENGINES: tuple[EngineName, ...] = ("reference", "compiled")
WORTH_COMPILING = 100_000
"""Patients from which compiling (some ten seconds, once) pays: the reference simulates about 10,000 a second."""
BAKED_IN = ("rows.py", "contract.py", "compiled_records.py", "../units.py")
"""Files whose constants and functions are compiled into the code of others. numba looks only whether a function's own
file was edited, so without the stamp it would go on with the constants of before."""
STAMP = "compiled-from.txt"
"""The file with a digest of the files above as they were when the folder's code was compiled."""


def engine_named(name: EngineName) -> Engine:
    """The engine of that name. Raises AeflowError if numba is needed and not installed."""
    if name == "reference":
        from simulation.engine.reference import simulate as reference

        return reference
    if find_spec("numba") is None:
        raise AeflowError(
            "engine=compiled needs numba, which is not installed. Install it or use engine=reference"
        )
    from simulation.engine.compiled import simulate as compiled

    return compiled


def choose(asked: EngineAsked, n_patients: float) -> tuple[EngineName, str]:
    """The engine to use for about so many patients in all, and why."""
    if asked != "auto":
        return asked, "as asked"
    if find_spec("numba") is None:
        return "reference", "numba is not installed"
    if n_patients >= WORTH_COMPILING:
        return (
            "compiled",
            f"about {n_patients:,.0f} patients; the same tables as the reference, bit for bit",
        )
    if is_compiled():
        return "compiled", "compiled before; the same tables as the reference, bit for bit"
    return "reference", f"about {n_patients:,.0f} patients are too few to compile for"


@cache
def is_compiled() -> bool:
    """Whether the compiled engine lies ready beside the code, or in NUMBA_CACHE_DIR; numba is not imported to find out.

    It is looked up once a process.
    """
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return False
    code, kept = Path(__file__).parent, os.environ.get("NUMBA_CACHE_DIR")
    name = f"*/compiled_loop.run-*.py{sys.version_info.major}{sys.version_info.minor}{getattr(sys, 'abiflags', '')}.nbi"
    edited_at = (code / "compiled_loop.py").stat().st_mtime
    indexes = Path(kept).glob(name) if kept else code.glob(name)
    return any(
        is_fresh(index.parent, code) and index.stat().st_mtime >= edited_at for index in indexes
    )


def is_fresh(folder: Path, code: Path) -> bool:
    """Whether what is compiled in a folder was compiled from today's constants in the folder of the code."""
    try:
        return (folder / STAMP).read_text(encoding="utf-8") == digest(code)
    except OSError:
        return False


def digest(code: Path) -> str:
    """The digest of the files that are baked in."""
    paths = (code / name for name in BAKED_IN)
    return hashlib.sha256(
        b"".join(path.read_bytes() for path in paths if path.is_file())
    ).hexdigest()
