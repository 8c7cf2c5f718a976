"""`config_dataclass`: a frozen dataclass whose fields are the keys of a block of YAML; other keys are refused.

These dataclasses are plain Python. `config` validates YAML against them with pydantic, which refuses unknown keys
because of the attribute set here; nothing in this subpackage imports pydantic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar, dataclass_transform

from annotated_types import Ge, Gt, Le

T = TypeVar("T")


@dataclass(frozen=True)
class Unit:
    """What a number counts or is measured in, where it is stated: `Annotated[float, Ge(0), Unit("minutes")]`."""

    name: str


HOLDER = Unit("that of its key")
"""The unit of a number inside a block: that of the key which holds the block."""
UNITLESS = Unit("none")
Share = Annotated[float, Ge(0), Le(1), Unit("share")]
Minutes = Annotated[float, Ge(0), Unit("minutes")]
Positive = Annotated[float, Gt(0)]
Count = Annotated[int, Ge(0)]

Evidence = Literal["published", "measured", "assumed"]
"""Where a number comes from: a cited text, data we (or a site) computed it from, or a judgement."""


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def config_dataclass(cls: type[T]) -> type[T]:
    """A frozen, keyword-only dataclass whose YAML form may hold its own keys only.

    A text below each field says what the key means; its type says the range and, with `Unit`, the unit. An example in
    backticks ends the text of the class, or that of a field which the class's example leaves out.
    """
    decorated: Any = dataclass(frozen=True, kw_only=True)(cls)
    decorated.__pydantic_config__ = {"extra": "forbid"}
    return decorated  # type: ignore[no-any-return]


@config_dataclass
class Sourced:
    """A statement with its provenance."""

    evidence: Evidence
    """Where its numbers come from: `published` (a cited text), `measured` (worked out from data, ours or a
    site's) or `assumed` (a judgement)."""
    source: str
    """The citation, or the reason for an assumption. Example: `own ECDS extract, April 2025 to March 2026`"""
