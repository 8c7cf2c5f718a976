"""Every measure by name: unit, which way is better, what it counts, for which groups. They stand in `definitions.yaml`.

How they are worked out: `quantities`, and `binding` for which resource binds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal

from simulation.department.own_measures import EVERYBODY, Better
from simulation.errors import NEAR, ResultsError, near_match, nearest

ALL = EVERYBODY
MANCHESTER_TARGETS: Mapping[str, float] = {
    "immediate": 0.0,
    "very_urgent": 10.0,
    "urgent": 60.0,
    "standard": 120.0,
    "non_urgent": 240.0,
}
"""Minutes to the first clinician by level. Published: Manchester Triage System (Mackway-Jones, Marsden and Windle,
Emergency Triage, 3rd ed., 2014). Assumed: that they run from arrival."""
STATISTICS = {"_mean": "mean", "_median": "median", "_p95": "95th percentile"}
"""How the name of a measure ends that is a statistic of minutes, and its words."""
LIKE = 0.75
"""How alike two names are, from 0 to 1, for one to be offered in place of the other."""


@dataclass(frozen=True)
class Definition:
    """One measure; what each field means stands at the head of `definitions.yaml`."""

    name: str
    label: str
    unit: Literal["minutes", "share", "patients", "people"]
    better: Better
    definition: str
    evidence: Literal["published", "assumed"]
    source: str
    note: str = ""
    needs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    binds: bool = False
    observable: tuple[str, ...] = ()


@cache
def definitions() -> Mapping[str, Definition]:
    """The definition of every measure that each study has, by name; read once, when first asked for."""
    from simulation.records.serialise import read_yaml

    entries: dict[str, dict[str, Any]] = read_yaml(Path(__file__).with_suffix(".yaml"))
    return {name: Definition(name, **_with_tuples(fields)) for name, fields in entries.items()}


def _with_tuples(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()
    }


def binding_measures() -> tuple[str, ...]:
    """The names of the measures that say which resource binds."""
    return tuple(name for name, definition in definitions().items() if definition.binds)


def definition_of(measure: str, own: Mapping[str, Definition]) -> Definition:
    """The definition of a measure; `own`: those of the user's own. Raises ResultsError for an unknown one."""
    definition = definitions().get(measure) or own.get(measure)
    if definition is None:
        raise ResultsError(
            f"measure '{measure}' is unknown. {nearest(measure, {*definitions(), *own})}"
        )
    return definition


def label_of_measure(measure: str) -> str:
    """What a measure that every study has is called in tables; the name itself of any other."""
    return definitions()[measure].label if measure in definitions() else measure


def nearest_measure(name: str, known: Iterable[str]) -> str:
    """The remedy for an unknown measure: a near one of the same statistic, or what there is of it.

    Never the mean of something where its median was asked for.

    >>> nearest_measure("stay_meen", ["stay_mean", "left_share"])
    "Did you mean 'stay_mean'?"
    >>> nearest_measure("stay_median", ["stay_mean", "left_share"])
    'It has no median here, but stay_mean'
    """
    names = sorted(known)
    ending = next((ending for ending in STATISTICS if name.endswith(ending)), None)
    if ending is None:
        return nearest(name, names)
    alike = get_close_matches(
        name, [other for other in names if other.endswith(ending)], n=1, cutoff=LIKE
    )
    stem = name.removesuffix(ending)
    others = [f"{stem}{other}" for other in STATISTICS if f"{stem}{other}" in names]
    if others:
        near = f"; of something near it there is {alike[0]} (docs/model.md, 1.2)" if alike else ""
        return f"It has no {STATISTICS[ending]} here, but {' and '.join(others)}{near}"
    if alike:
        return f"Did you mean '{alike[0]}'?"
    suggested = near_match(name, names, near=NEAR)
    if suggested is None or suggested.endswith(ending) or not suggested.endswith(tuple(STATISTICS)):
        return nearest(name, names)
    same = ", ".join(other for other in names if other.endswith(ending)) or "none"
    return f"There is no {STATISTICS[ending]} of that name here. Known are {same}; or state one of your own"
