"""Engines by name. Each is imported when it is first used."""

from __future__ import annotations

from typing import Literal

from simulation.engine.contract import Engine

EngineName = Literal["reference", "compiled"]
ENGINES: tuple[EngineName, ...] = ("reference", "compiled")


def engine_named(name: EngineName) -> Engine:
    """The engine of that name."""
    if name == "compiled":
        from simulation.engine.compiled import simulate as compiled

        return compiled
    from simulation.engine.reference import simulate as reference

    return reference
