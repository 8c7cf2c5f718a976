"""Engines by name, and the choice between them. Each is imported when it is first used."""

from importlib.util import find_spec
from typing import Literal

from simulation.engine.compiled_cache import is_compiled
from simulation.engine.contract import Engine
from simulation.errors import AeflowError

EngineName = Literal["reference", "compiled"]
EngineAsked = Literal["auto", "reference", "compiled"]
ENGINES: tuple[EngineName, ...] = ("reference", "compiled")
WORTH_COMPILING = 100_000
"""Patients from which compiling (some ten seconds, once) pays: the reference simulates about 10,000 a second."""


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
