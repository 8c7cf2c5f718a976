"""Copies of the engines made in memory: a line changed, the compiler off, every index checked.

A copy is the text of the module as it is now, run under its own name, so it is the engine and not a look-alike. What
is to be changed is found by its text; a text that is not there exactly once is an error, never a change left out.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from operator import itemgetter
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple
from unittest import mock

import numba
import numpy as np

import simulation.engine
from simulation.department import check_routes
from simulation.department.check_pathway import check_pathway
from simulation.engine import compiled, compiled_loop, plan, reference
from simulation.engine.compiled_records import ACTIVITY
from simulation.engine.contract import Engine

UNWRITTEN = -(2**30)
"""What empty arrays hold until something is written: no index, no point in time and no count is as low."""


class Edit(NamedTuple):
    """Some text of an engine, which must be there exactly once, and what to put in its place."""

    text: str
    instead: str


def reference_with(*edits: Edit, **names: Any) -> Engine:
    """The reference engine with its text changed; `names` are known to the changed text."""
    return _copy(reference, edits, names).simulate


def plan_with(*edits: Edit) -> Any:
    """The module that lowers a pathway and binds draws, with its text changed."""
    return _copy(plan, edits, {})


@contextmanager
def staffing_checked_with(*edits: Edit) -> Iterator[None]:
    """Pathways are checked by a copy of the part about routes and staffing with its text changed."""
    changed = _copy(check_routes, edits, {}).staffing_faults
    with mock.patch.object(sys.modules[check_pathway.__module__], "staffing_faults", changed):
        yield


def interpreted(*edits: Edit, **names: Any) -> Engine:
    """The compiled engine with the compiler off and its loop's text changed.

    Every index is checked: beyond the end, and below 0 where Python would count from the end. Whatever is read before
    it was written shows, because no sensible number is as low.
    """
    with mock.patch.object(numba.config, "DISABLE_JIT", True):
        loop = _copy(compiled_loop, edits, {"np": _Numpy(_checked), **names})
    loop.run = _with_checked_arrays(loop.run)
    empty = _Numpy(lambda array: array)
    with _instead_of(compiled_loop, loop):
        names_of_engine = {"np": empty, "space_for": lambda n_rows: empty.empty(n_rows, ACTIVITY)}
        simulate: Engine = _copy(compiled, (), names_of_engine).simulate
    return simulate


def _copy(module: ModuleType, edits: tuple[Edit, ...], names: dict[str, Any]) -> Any:
    path = Path(str(module.__file__))
    source = path.read_text(encoding="utf-8")
    for edit in edits:
        n_found = source.count(edit.text)
        assert n_found == 1, (
            f"{path.name} has this {n_found} times, not once; find it again:\n{edit.text}"
        )
        source = source.replace(edit.text, edit.instead)
    copy = ModuleType(module.__name__)
    copy.__file__ = str(path)
    exec(compile(source, f"<a copy of {path.name}>", "exec"), vars(copy))
    vars(copy).update(names)
    return copy


@contextmanager
def _instead_of(module: ModuleType, copy: ModuleType) -> Iterator[None]:
    name = module.__name__.rsplit(".", 1)[1]
    with (
        mock.patch.dict(sys.modules, {module.__name__: copy}),
        mock.patch.object(simulation.engine, name, copy),
    ):
        yield


class _CheckedArray(np.ndarray[Any, Any]):
    """An array that refuses to count from its end."""

    def __repr__(self) -> str:
        return repr(self.view(np.ndarray))

    def __getitem__(self, key: Any) -> Any:
        _refuse_negative(key)
        return super().__getitem__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _refuse_negative(key)
        super().__setitem__(key, value)


def _refuse_negative(key: Any) -> None:
    try:
        lowest = min(key[0], key[-1]) if type(key) is tuple else key
        if lowest < 0:
            raise IndexError(f"index {key} is below 0")
    except TypeError:  # a slice
        return


def _with_checked_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    assert isinstance(function, FunctionType), "the loop was compiled"
    return lambda *arguments: function(*(_checked(each) for each in arguments))


def _checked(argument: Any) -> Any:
    """An argument with every array in it checked."""
    if isinstance(argument, np.ndarray):
        quick = argument.view(_quick(argument.dtype)) if argument.dtype.names else argument
        return quick.view(_CheckedArray)
    if isinstance(argument, tuple):
        return type(argument)(*(_checked(each) for each in argument))
    return argument


@cache
def _quick(records: np.dtype[Any]) -> np.dtype[Any]:
    """The same records, whose fields are attributes of their own: those of `np.record` take five times as long."""

    def field_called(name: str) -> property:
        return property(itemgetter(name), lambda record, value: record.__setitem__(name, value))

    fields = {name: field_called(name) for name in records.names or ()}
    return np.dtype((type("QuickRecord", (np.void,), fields), records))


class _Numpy:
    """numpy, but empty arrays hold what no array should; `finish` is what becomes of every array made."""

    def __init__(self, finish: Callable[[Any], Any]) -> None:
        self.finish = finish

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def empty(self, shape: Any, dtype: Any) -> Any:
        made = np.empty(shape, dtype)
        for column in [made[name] for name in made.dtype.names or ()] or [made]:
            column[...] = (
                max(UNWRITTEN, np.iinfo(column.dtype).min) if column.dtype.kind == "i" else True
            )
        return self.finish(made)

    def full(self, shape: Any, value: int, dtype: Any) -> Any:
        return self.finish(np.full(shape, value, dtype))

    def zeros(self, shape: Any, dtype: Any) -> Any:
        return self.finish(np.zeros(shape, dtype))
