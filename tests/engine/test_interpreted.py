"""The compiled engine with the compiler off and every index checked: the same tables, and no line never reached."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import pytest

from simulation.engine import compiled_loop, reference

from .copies import interpreted
from .equality import n_differing
from .strategies import GRIDS, case

LOOP = Path(str(compiled_loop.__file__))
TEXT = LOOP.read_text(encoding="utf-8").splitlines()
FEW = (86, 22, 83, 70, 71, 6, 17)
"""Random departments that between them reach every line; where a change of the loop makes them too few, more follow."""
AT_MOST = 60
NOT_REACHED = ("if n_rows ==", "if person.n_held + ask_row", "if worst < 0:")
"""Conditions that never hold here: for more space, which has a test of its own, and for what cannot happen."""


class Played(NamedTuple):
    """What a few runs showed."""

    n_activities: int
    n_differing: int
    lines: set[int]


@pytest.fixture(scope="module")
def played() -> Played:
    """Random departments, one after another until every line of the loop was reached."""
    n_activities, n_rows = 0, 0
    reached: set[int] = set()
    with _lines_reached(reached):
        engine = interpreted()
    for seed in (*FEW, *range(AT_MOST)):
        made = case(seed, GRIDS[seed % 3])
        with _lines_reached(reached):
            run = engine(made.plan, made.columns, made.horizon)
        n_activities += len(run.activities)
        n_rows += n_differing(run, reference.simulate(made.plan, made.columns, made.horizon))
        if not _missed(reached):
            break
    return Played(n_activities, n_rows, reached)


@pytest.mark.scale
def test_with_the_compiler_off_and_indices_checked_the_tables_are_the_same(played: Played) -> None:
    assert played.n_activities > 1_500
    assert played.n_differing == 0


@pytest.mark.scale
def test_the_random_departments_reach_every_line_of_the_loop(played: Played) -> None:
    assert not _missed(played.lines)


def _missed(reached: set[int]) -> list[str]:
    """The lines inside functions of the loop that were not reached, with their numbers."""
    missed = sorted(_lines(compile("\n".join(TEXT), LOOP.name, "exec")) - reached)
    return [
        f"{line}: {TEXT[line - 1]}"
        for line in missed
        if not TEXT[line - 2].strip().startswith(NOT_REACHED)
    ]


@contextmanager
def _lines_reached(reached: set[int]) -> Iterator[None]:
    """Note the numbers of the lines that a copy of the loop reaches meanwhile."""

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        return inside if frame.f_code.co_filename.endswith(f"{LOOP.name}>") else None

    def inside(frame: FrameType, event: str, argument: Any) -> Any:
        reached.add(frame.f_lineno)
        return inside

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)


def _lines(module: CodeType) -> set[int]:
    """The numbers of all lines inside functions."""
    functions = [
        each for each in module.co_consts if isinstance(each, CodeType) and each.co_flags & 1
    ]
    return {
        line
        for each in functions
        for *_, line in each.co_lines()
        if line and line != each.co_firstlineno
    }
