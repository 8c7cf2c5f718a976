"""What an interval supports, in words, against differences stated before the run.

The rule, for a minimal important difference (MID) and the interval of the paired difference:

- every replication equal                      -> 'identical'
- the whole interval below 0                   -> 'cuts'; and by more than the MID if it lies below -MID, by less than
  the MID if it lies above -MID, else at least by something
- the whole interval above 0                   -> 'lengthens', likewise
- it holds 0 and lies inside (-MID, MID)       -> 'no change beyond' the MID
- otherwise                                    -> 'cannot tell', and how many more replications would bring the
  half-width to half the MID

This is the two one-sided tests of equivalence beside the ordinary test; 'no change beyond' and 'cuts by less than
the MID' are both equivalence, told apart by whether the direction is known. A verdict is about simulation noise only
and says so: inputs and structure are swept elsewhere. Verdicts that differ between sites that bind differently are
put together by `across_sites`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simulation.analysis.compare import Comparison, replications_needed
from simulation.analysis.measures import DEFINITIONS, Better
from simulation.errors import ResultsError, nearest

Kind = Literal["identical", "cuts", "lengthens", "no change beyond", "cannot tell"]
NonInferiority = Literal["non-inferior", "inferior", "cannot tell"]
LAYER = "Simulation noise only: inputs and structure are not in this interval."
"""The layer of doubt that every sentence names."""


@dataclass(frozen=True)
class Verdict:
    """What can be said about one difference: its kind, one sentence, and replications still missing (or None)."""

    kind: Kind
    sentence: str
    n_more: int | None = None


@dataclass(frozen=True)
class Judgement:
    """Whether a measure got worse by less than its margin: the kind, one sentence, replications still missing."""

    kind: NonInferiority
    sentence: str
    n_more: int | None = None


@dataclass(frozen=True)
class AcrossSites:
    """One verdict for several sites: what they agree on, or that it depends on what binds."""

    kind: Kind | Literal["depends on the bottleneck"]
    sentence: str


def verdict(comparison: Comparison, mid: float) -> Verdict:
    """Judge a difference against the minimal important difference (in the measure's unit, above 0)."""
    if not mid > 0:
        raise ResultsError(f"minimal important difference of {comparison.measure}: {mid}. Give a number above 0")
    low, high = comparison.difference_low, comparison.difference_high
    if comparison.difference == 0 and (comparison.n_replications == 1 or low == high == 0):
        return Verdict("identical", _sentence(comparison, "is identical to the baseline in every replication"))
    important = f"the minimal important difference of {_amount(mid, comparison.unit)}"
    if low > 0 or high < 0:
        kind: Kind = "cuts" if high < 0 else "lengthens"
        nearest_zero, furthest = sorted((abs(low), abs(high)))
        if nearest_zero >= mid:
            size = f", by more than {important}"
        elif furthest < mid:
            size = f", by less than {important}"
        else:
            size = f", perhaps by less than {important}"
        return Verdict(kind, _sentence(comparison, f"{_verb(kind, comparison.unit)} it{size}"))
    if -mid < low and high < mid:
        return Verdict("no change beyond", _sentence(comparison, f"does not change it beyond {important}"))
    n_more = _more(comparison, mid / 2)
    return Verdict(
        "cannot tell", _sentence(comparison, f"cannot be told apart from no change: {_wanted(n_more)}"), n_more
    )


def non_inferiority(comparison: Comparison, margin: float) -> Judgement:
    """Whether the arm is worse than the baseline by less than a margin (in the measure's unit, above 0).

    Non-inferior if the whole interval is on the right side of the margin, inferior if it is wholly beyond it. Which
    way is worse is the measure's definition. Raises ResultsError for a measure without a better direction.
    """
    if not margin > 0:
        raise ResultsError(f"margin of {comparison.measure}: {margin}. Give a number above 0")
    sign = 1.0 if _better(comparison.measure) == "lower" else -1.0
    worst, best = sorted((sign * comparison.difference_low, sign * comparison.difference_high), reverse=True)
    within = f"the margin of {_amount(margin, comparison.unit)}"
    if comparison.n_replications and comparison.difference == 0 and not worst > 0 and not best < 0:
        return Judgement("non-inferior", _sentence(comparison, f"is not worse: no difference at all, within {within}"))
    if worst < margin:
        return Judgement("non-inferior", _sentence(comparison, f"is not worse by as much as {within}"))
    if best > margin:
        return Judgement("inferior", _sentence(comparison, f"is worse by more than {within}"))
    n_more = _more(comparison, margin / 2)
    words = f"may or may not be worse by more than {within}: {_wanted(n_more)}"
    return Judgement("cannot tell", _sentence(comparison, words), n_more)


def across_sites(verdicts: Mapping[str, Verdict]) -> AcrossSites:
    """Put together the verdicts on one difference at several sites. Raises ResultsError if there is none."""
    if not verdicts:
        raise ResultsError("verdicts: no site. Give at least one")
    kinds = {each.kind for each in verdicts.values()}
    if len(kinds) == 1:
        kind = kinds.pop()
        return AcrossSites(kind, f"The same at every site: {kind}. {LAYER}")
    told = "; ".join(f"{site}: {each.kind}" for site, each in verdicts.items())
    return AcrossSites("depends on the bottleneck", f"Depends on the bottleneck. {told}. {LAYER}")


def _better(measure: str) -> Better:
    if measure not in DEFINITIONS:
        raise ResultsError(f"measure '{measure}' is unknown. {nearest(measure, DEFINITIONS)}")
    better = DEFINITIONS[measure].better
    if better == "neither":
        raise ResultsError(f"measure '{measure}' is neither better lower nor higher. Choose another for a margin")
    return better


def _more(comparison: Comparison, half_width: float) -> int | None:
    """About how many more replications would bring the half-width there; None if the spread is not known.

    None are needed where the interval is narrow enough and happens to lie across the line.
    """
    if not np.isfinite(comparison.sd):
        return None
    needed = replications_needed(comparison.sd, half_width, level=comparison.level)
    return max(needed - comparison.n_replications, 0)


def _wanted(n_more: int | None) -> str:
    if n_more is None:
        return "at least two replications are needed"
    if n_more == 0:
        return "the interval is as narrow as planned and lies across the line"
    return f"about {n_more} more replication{'s' if n_more != 1 else ''} would narrow the interval to half of that"


def _verb(kind: Kind, unit: str) -> str:
    if unit == "minutes":
        return kind
    return "lowers" if kind == "cuts" else "raises"


def _amount(value: float, unit: str) -> str:
    """A number with its unit, shares as points of a hundred."""
    return f"{100 * value:.2g} percentage points" if unit == "share" else f"{value:g} {unit}"


def _sentence(comparison: Comparison, says: str) -> str:
    """Arm, measure, what it says, the numbers, the layer of doubt."""
    group = "" if comparison.group == "all" else f" ({comparison.group})"
    return f"{comparison.measure}{group}: {comparison.arm} {says} ({_numbers(comparison)}). {LAYER}"


def _numbers(comparison: Comparison) -> str:
    scale, unit = (100, "percentage points") if comparison.unit == "share" else (1, comparison.unit)
    values: Sequence[float] = (comparison.difference, comparison.difference_low, comparison.difference_high)
    mean, low, high = (f"{scale * value:+.2f}" for value in values)
    return (
        f"{mean} {unit}, {100 * comparison.level:.0f} % interval {low} to {high}, "
        f"n = {comparison.n_replications}, against {comparison.baseline}"
    )
