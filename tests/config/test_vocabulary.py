"""Every key of every configuration file says what it means, once, beside itself."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, is_dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
import yaml
from annotated_types import Ge, Lt, MinLen, MultipleOf
from pydantic import ValidationError

from docs.tools.vocabulary import blocks_within, range_of
from simulation.commands.own_files import file_kinds
from simulation.config.validating import (
    Key,
    _number_within,
    example_of,
    in_yaml,
    keys_of,
    summary_of,
    unit_of,
)
from simulation.department.config_dataclass import (
    HOLDER,
    Minutes,
    Share,
    Sourced,
    Unit,
    config_dataclass,
)
from simulation.department.durations import Duration, Gamma
from simulation.department.vocabulary import Pathway, Pool
from simulation.triage.matrix import AtLeastZero, Estimate, Portion
from tests.adapters import adapter_of
from tests.held import Hold

FILE_KINDS = file_kinds()

BLOCKS = blocks_within(*(file.states for file in FILE_KINDS.values()))
KEYS = {f"{kind.__name__}.{key.name}": key for kind in BLOCKS for key in keys_of(kind).values()}
NUMBERS_OF_BLOCKS = ("base", "value", "range")
"""Of blocks that stand for one number: their unit is that of the key that holds the block."""


def where(wrong: Callable[[Key], bool]) -> list[str]:
    return [name for name, key in KEYS.items() if wrong(key)]


def is_number(key: Key) -> bool:
    """Whether the value is a number: plain, in a list, by name, or with its range and source."""
    return any(part in (int, float) for part in _plain_types(key.hint))


def _plain_types(hint: Any) -> Iterator[Any]:
    """The plain types within a type; for a block that holds a number with its range and source, that of the number."""
    if get_origin(hint) is Annotated:
        yield from _plain_types(hint.__origin__)
    elif is_dataclass(hint):
        yield from _plain_types(_number_within(hint))
    elif get_origin(hint) is not Literal:
        parts = get_args(hint)
        yield from (plain for part in parts for plain in _plain_types(part)) if parts else (hint,)


def test_every_part_of_every_kind_of_file_is_looked_at() -> None:
    assert len(BLOCKS) > 70
    assert len(KEYS) > 450
    assert {Pathway, Pool, Gamma, Portion} <= set(BLOCKS)


def test_every_key_has_a_meaning_of_a_sentence() -> None:
    assert not where(lambda key: not re.fullmatch("[A-Z`].*[.)]", key.meaning, re.DOTALL))


def test_a_key_has_a_unit_if_and_only_if_a_number_stands_there() -> None:
    assert not where(lambda key: bool(key.unit) != is_number(key))
    assert not where(lambda key: key.unit == HOLDER.name and key.name not in NUMBERS_OF_BLOCKS)


def test_every_key_says_what_is_allowed() -> None:
    assert not where(lambda key: not range_of(key.hint))


def test_every_example_is_accepted_where_it_stands() -> None:
    assert not where(lambda key: not key.example or not accepted(key.hint, key.example))


def test_every_block_says_what_it_is_and_gives_an_example_that_loads() -> None:
    assert [
        kind for kind in BLOCKS if not summary_of(kind).partition("\n\n")[0].endswith(".")
    ] == []
    assert [kind for kind in BLOCKS if not accepted(kind, example_of(kind))] == []


def accepted(hint: Any, example: str) -> bool:
    try:
        adapter_of(hint).validate_python(yaml.safe_load(example))
    except ValidationError:
        return False
    return True


# --- how it is read ------------------------------------------------------------------------------------------


@config_dataclass
class Kettle(Sourced):
    """Boils water.

    Never milk.

    Example: `{kind: steel,
    litres: 1.5, evidence: assumed, source: "a guess"}`
    """

    kind: Literal["steel"]
    litres: Annotated[float, Ge(0), Lt(3), Unit("litres")]
    """How much
    it holds."""
    whistles: bool = True
    """Whether it is heard."""
    cups: tuple[int, ...] = field(default_factory=tuple)


def test_the_text_below_a_field_is_its_meaning_on_one_line(hold: Hold) -> None:
    hold(keys_of(Kettle)["litres"].meaning, "much it holds")


def test_a_field_without_a_text_has_no_meaning() -> None:
    assert keys_of(Kettle)["cups"].meaning == ""


def test_a_kind_means_what_its_block_is() -> None:
    assert keys_of(Kettle)["kind"].meaning == "Boils water."


def test_a_key_from_a_base_keeps_its_meaning() -> None:
    assert keys_of(Kettle)["source"].meaning == keys_of(Sourced)["source"].meaning
    assert keys_of(Gamma)["scale"].meaning == keys_of(Duration)["scale"].meaning
    assert keys_of(AtLeastZero)["value"].meaning == keys_of(Estimate)["value"].meaning


def test_the_example_of_a_key_is_what_it_has_in_the_example_of_its_block() -> None:
    assert keys_of(Kettle)["litres"].example == "1.5"
    assert example_of(Kettle) == '{kind: steel, litres: 1.5, evidence: assumed, source: "a guess"}'
    assert summary_of(Kettle) == "Boils water.\n\nNever milk."


def test_the_example_of_a_switch_is_the_other_position() -> None:
    assert keys_of(Kettle)["whistles"].example == "false"


def test_defaults_are_those_of_the_dataclass() -> None:
    keys = keys_of(Kettle)
    assert [(key.name, key.default) for key in keys.values() if not key.required] == [
        ("whistles", True),
        ("cups", ()),
    ]


@dataclass(frozen=True)
class Elsewhere:
    """A block whose module has no source."""

    x: int


def test_without_sources_keys_have_no_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Elsewhere, "__module__", "builtins")
    assert keys_of(Elsewhere)["x"].meaning == ""


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (Share, "number, 0 to 1"),
        (Minutes | None, "number, 0 or more"),
        (Annotated[int, Ge(0), MultipleOf(7)], "multiple of 7"),
        (Annotated[float, Ge(0), Lt(1)], "number, 0 or more, below 1"),
        (Annotated[tuple[str, ...], MinLen(1)], "list, 1 or more of: text"),
        (tuple[float, float], "list of 2: any number"),
        (dict[str, Kettle], "by name: Kettle"),
        (Literal["a"] | Kettle | None, "`a` or Kettle"),
        (Minutes | Kettle, "0 or more"),
        (float | int, "any number"),
        (bool | float | dict[str, object], "any value"),
    ],
)
def test_ranges_are_written_in_words(hint: Any, words: str, hold: Hold) -> None:
    hold(range_of(hint), words)


def test_the_outermost_unit_counts() -> None:
    assert unit_of(Annotated[Minutes, Unit("minutes an hour")]) == "minutes an hour"
    assert unit_of(Portion) == "share"
    assert unit_of(Annotated[AtLeastZero, Unit("seconds")] | None) == "seconds"
    assert unit_of(Kettle) == ""


def test_yaml_on_one_line_reads_back() -> None:
    for value in ("no", 1.5, [1, 2], {"a": ["0"]}, "acuity_true=1-2"):
        text = in_yaml(value)
        assert "\n" not in text
        assert yaml.safe_load(text) == value
