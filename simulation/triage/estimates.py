"""The numbers of a policy: each a value, the range to sweep, and where both come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, Any

from annotated_types import Ge, Gt, Lt

from simulation.department.config_dataclass import HOLDER, Share, Sourced, Unit, config_dataclass
from simulation.errors import Fault


@config_dataclass
class Estimate(Sourced):
    """A number, where it comes from, and the range to sweep.

    Example: `{value: 27, range: [0, 54], evidence: published, source: "a trial's mean and interval"}`
    """

    value: Annotated[float, HOLDER]
    """The number itself, inside its range."""
    range: Annotated[tuple[float, float], HOLDER] | None = None
    """The lowest and the highest to sweep; an assumed number must say."""
    claim: bool = False
    """Whether it is somebody's claim that nobody independent has tested: results that rest on it say so."""


@config_dataclass
class Correlation(Estimate):
    """How much of an assessor's random variates is the patient's difficulty.

    Example: `{value: 0.5, range: [0, 0.9], evidence: assumed, source: "no study measured it"}`
    """

    value: Annotated[float, Ge(0), Lt(1), Unit("correlation")]
    """The correlation: 0 makes errors independent of those of other assessors."""


@config_dataclass
class Portion(Estimate):
    """A share or a probability.

    Example: `{value: 0.85, range: [0.6, 0.95], evidence: assumed, source: "a judgement"}`
    """

    value: Share


@config_dataclass
class AtLeastZero(Estimate):
    """A number that is not negative.

    Example: `{value: 1.85, range: [1.32, 2.37], evidence: published, source: "price list"}`
    """

    value: Annotated[float, Ge(0), HOLDER]


@config_dataclass
class AboveZero(Estimate):
    """A length of time that something takes.

    Example: `{value: 12, range: [6, 24], evidence: assumed, source: "a judgement"}`
    """

    value: Annotated[float, Gt(0), HOLDER]


def estimates_within(part: Any, path: str = "") -> Iterator[tuple[str, Estimate]]:
    """Every estimate inside a policy or a part of it, with its dotted path."""
    if isinstance(part, Estimate):
        yield path, part
    elif is_dataclass(part):
        for field in fields(part):
            yield from estimates_within(getattr(part, field.name), _joined(path, field.name))
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield from estimates_within(value, _joined(path, str(key)))
    elif isinstance(part, tuple):
        for number, value in enumerate(part):
            yield from estimates_within(value, _joined(path, str(number)))


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def estimate_faults(part: Any, where: str) -> list[Fault]:
    """Estimates outside their own range, and assumed ones without a range."""
    faults = []
    for path, estimate in estimates_within(part):
        if estimate.range is None:
            if estimate.evidence == "assumed":
                faults.append(
                    Fault(f"{where}.{path}.range", "is missing", "An assumed number says what range to sweep")
                )
        elif not estimate.range[0] <= estimate.value <= estimate.range[1]:
            found = f"{estimate.value} is outside its own range {list(estimate.range)}"
            faults.append(Fault(f"{where}.{path}", found, "Change the value or the range"))
    return faults
