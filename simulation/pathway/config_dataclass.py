"""`config_dataclass`: a frozen dataclass that a YAML file can state, and nothing else can slip into.

The dataclasses of this room are plain Python; `config` validates YAML against them and refuses unknown keys
because of the attribute set here. Nothing in this room imports pydantic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar, dataclass_transform

from annotated_types import Ge, Gt, Le

T = TypeVar("T")

Share = Annotated[float, Ge(0), Le(1)]
Minutes = Annotated[float, Ge(0)]
Positive = Annotated[float, Gt(0)]
Count = Annotated[int, Ge(0)]

Evidence = Literal["published", "measured", "assumed"]
"""Where a number comes from: a cited text, data we (or a site) computed it from, or a judgement."""


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def config_dataclass(cls: type[T]) -> type[T]:
    """A frozen, keyword-only dataclass whose YAML form may hold its own keys only."""
    made: Any = dataclass(frozen=True, kw_only=True)(cls)
    made.__pydantic_config__ = {"extra": "forbid"}
    return made  # type: ignore[no-any-return]


@config_dataclass
class Sourced:
    """A statement with its provenance. `source` is a citation, or the reason for an assumption."""

    evidence: Evidence
    source: str
