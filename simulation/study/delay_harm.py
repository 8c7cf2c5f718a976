"""A published relation of delay to mortality, and the measures that a study needs to apply it.

It is an association. It is used for differences between arms, never for a count of lives (`questions/harm.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from annotated_types import Ge, Gt, Le, MinLen

from simulation.department.config_dataclass import Sourced, Unit, config_dataclass
from simulation.department.own_measures import OutcomeGroup, OwnGroup, OwnMeasure, SpanMeasure
from simulation.errors import Fault

PREFIX = "harm_within_"
IN_A_BED = "harm_admitted"
"""The group of those who were admitted to a ward."""


@config_dataclass
class DelayHarm(Sourced):
    """Mortality of the admitted by the time from arrival to a ward bed, as published.

    Example: `{shown: true, until_minutes: [240, 360], mortality: [0.082, 0.092, 0.099], evidence: published,
    source: "adjusted 30-day mortality, 5.25 million admissions"}`
    """

    shown: bool = False
    """Whether the report has the table of delay and harm; `study.harm.shown=true` switches it on. Example: `true`"""
    until_minutes: Annotated[tuple[Annotated[float, Gt(0), Unit("minutes")], ...], MinLen(1)]
    """Where one band of times ends and the next begins, rising."""
    mortality: Annotated[tuple[Annotated[float, Ge(0), Le(1), Unit("share")], ...], MinLen(2)]
    """Mortality within 30 days in each band, one more than there are bounds: the last is of all longer times."""


def harm_measures(harm: DelayHarm | None) -> Mapping[str, OwnMeasure]:
    """The measures of the table, by name: the share of the admitted in a bed within each bound; none if not shown."""
    if harm is None or not harm.shown:
        return {}
    return {
        within(bound): SpanMeasure(
            kind="span",
            label=f"Admitted: in a bed within {bound / 60:g} h",
            better="higher",
            among=IN_A_BED,
            until="departed_at",
            statistic="share",
            within_minutes=bound,
        )
        for bound in harm.until_minutes
    }


def harm_groups(harm: DelayHarm | None) -> Mapping[str, OwnGroup]:
    """The group that these measures are about, by name; none if the table is not shown."""
    if harm is None or not harm.shown:
        return {}
    return {IN_A_BED: OutcomeGroup(kind="outcome", outcomes=("admitted",))}


def within(bound: float) -> str:
    """The name of the measure of a bound: 'harm_within_240'."""
    return f"{PREFIX}{bound:g}".replace(".", "_")


def harm_faults(harm: DelayHarm | None) -> Iterator[Fault]:
    """Faults of bounds that do not rise, and of bands and mortalities that differ in number."""
    if harm is None:
        return
    if list(harm.until_minutes) != sorted(set(harm.until_minutes)):
        yield Fault("study.harm.until_minutes", f"found {list(harm.until_minutes)}", "Write rising numbers")
    n, needed = len(harm.mortality), len(harm.until_minutes) + 1
    if n != needed:
        found = f"has {n} values for {needed} bands"
        yield Fault("study.harm.mortality", found, "Write one for each band, the last for all longer times")
