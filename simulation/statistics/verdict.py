"""What an interval supports, in words, against differences stated before the run. The only file that words a verdict.

Below, a *number* is one paired difference: of a replication, or of a department over an ensemble. After the rule come
its exceptions: numbers too few or odd, families of verdicts, growing results, ensembles, offers.

**The rule**, for a minimal important difference (MID) and the interval of the mean paired difference:

- arms known to be the same in everything      -> 'identical'
- no difference in any replication, to the last digit, in something that does happen there -> 'no difference' in so many
  replications: the arm did not affect it
- no difference in any replication of something that never, or hardly ever, happens (a share whose own interval reaches
  0 or 1) -> 'none seen': with no spread there is no interval, and a case never seen is no proof of safety
- the whole interval below 0                   -> 'cuts'; and by more than the MID if it lies below -MID, by less than
  the MID if it lies above -MID, else at least by something
- the whole interval above 0                   -> 'lengthens', likewise
- it holds 0 and lies inside (-MID, MID)       -> 'no change beyond' the MID
- otherwise                                    -> 'cannot tell', and how many more replications (over an ensemble:
  departments) would bring the half-width to half the MID, judging by the spread of those there are

**Where numbers are too few or too odd.** The verdict is 'cannot tell', with the reason, whatever the interval says
('identical' alone stays):

- for 2 to 19 departments, which say nothing of others
- for fewer than three replications, or where most replications lack the measure
- where fewer than ten numbers show no spread
- where one of ten to nineteen numbers makes over half the variance

Where one of twenty or more makes over half the variance, the interval is read as four times as wide. On the side of the
mean away from that number it reaches no further than the furthest other number, or than the plain interval does
(`critical_values.widen_for_one`). So one odd department may leave a size or a limit open; but if all numbers lie on one
side of 0 or of a limit, and the plain interval too, so does the verdict.

This is the two one-sided tests of equivalence beside the ordinary test; 'no change beyond' and 'cuts by less than
the MID' are both equivalence, told apart by whether the direction is known.

**Families.** Verdicts that are looked at together are a `family`. Chance alone would bring about one of many, so each
is read from an interval so wide that all of the family hold together with about 95 % (Bonferroni, whatever the
dependence between arms that share a baseline; wider on the side of a long tail, `statistics/critical_values.py`, which
says how often they hold where replications are few and differences much skewed). Intervals that are shown stay at 95 %
each. For margins the family widens claims of safety only; harm is judged from the interval by itself. Why:
docs/decisions/0014-how-many-were-looked-at.md.

**Growing results.** While a result grows, and once it has grown beyond the number of replications planned, intervals
are always valid (`statistics/critical_values.py`): a verdict may be read after every replication. The sentence of a
verdict names the kind of its interval. The first replications give no finite interval: 'cannot tell yet'.

A verdict does not cover inputs and structure, which are swept elsewhere, and says so. Verdicts of several runs are put
together in `statistics/several_runs.py`.

**Over an ensemble** a verdict is about departments like these, a sample of them. Beside it is said in how many of these
an effect is beyond a limit. The rules, for the effects of `Spread`:

- fewer than 20 departments, each in two replications or more -> no words
- 'in every department': the model expects fewer than 0.05 departments in which it is not, so the chance that there is
  any is below 5 %
- 'depends on the department': the difference is beyond the limit on both sides, and on each there is a department of
  which the model is 95 % sure
- 'in 52 of 60 departments': so many effects, simulation noise removed, are beyond the limit; where the departments'
  means as simulated give another number, it follows ('54 as simulated')

The limit is the minimal important difference of a target, or the margin of a limit of safety.

**Of an offer** (`Comparison.by_range`) a verdict is about the one department whose answers these departments stand
for. So it has to hold over the range of nine in ten of them as well as over the interval: on either side, whichever
reaches further is read. Fewer answers make the range wider, and so no verdict firmer. For a target, one department that
makes most of the variance is no weakness then: it is outside the nine in ten. Whatever the range, what is worse on
average may fail its limit.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from simulation.department.own_measures import Better
from simulation.errors import ResultsError
from simulation.statistics.compare import Comparison
from simulation.statistics.critical_values import (
    ENOUGH,
    MIN_REPLICATIONS,
    SPELL_DAYS,
    WIDE_FROM,
    IntervalKind,
    always_valid_p,
    first_bounded,
    sides,
)
from simulation.statistics.departments import TAIL, Spread, count_beyond
from simulation.statistics.intervals import replications_needed, tail_level
from simulation.wording import listed_with_and

ALPHA = 0.05
"""The chance of a false alarm that is accepted: of one interval, or of all that are read together."""

SMALLEST, HIGHEST, P_STEP = 1e-9, 0.999, 1e-3
"""The least and the highest p that are searched for, and how near its logarithm is found."""


def is_worse(row: Comparison) -> bool | None:
    """True if the whole interval is on the worse side of 0, False if it is on the better side, None if on neither."""
    low, high = row.together(1)
    if row.better == "neither" or not (low > 0 or high < 0):
        return None
    return (low > 0) == (row.better == "lower")


def p_value(row: Comparison) -> float:
    """The two-sided p of the paired t test, or of a test that may be read after every replication (always-valid rows).

    It agrees with the interval: it is below 0.05 where the 95 % interval excludes 0, and likewise at other levels. So
    where skewness widens the interval, t is smaller by the same factor. It is 1e-9 at the least where it has to be
    searched for by the interval: where 0 is on the side of the long tail, or one number makes most of the variance.
    NaN with fewer than two replications, or where the difference is not known or nothing is calibrated; 1 where nothing
    differs, where an always-valid interval is unbounded as yet, or where no definite verdict may rest on the interval.
    """
    if row.n_replications < 2 or row.interval_kind == "none":
        return math.nan
    if math.isnan(row.width_factor) and not math.isnan(row.difference):
        return 1.0
    if row.width_factor > 1:
        return _p_of_interval(row, HIGHEST)
    spread = row.spread
    towards_tail = row.tail * row.difference < 0
    if row.interval_kind == "always_valid":
        unbounded = math.isnan(spread) and not math.isnan(row.difference)
        p = 1.0 if unbounded else always_valid_p(row.difference, spread, row.n_replications)
        return _p_of_interval(row, HIGHEST) if towards_tail and p < 1 else p
    if row.difference == 0:
        return 1.0
    if spread == 0:
        return 0.0
    from scipy.special import stdtr

    t = abs(row.difference) / spread * math.sqrt(row.sample[0])
    degrees = row.n_replications - 1 if row.degrees is None else row.degrees
    p = float(2 * stdtr(degrees, -t))
    return _p_of_interval(row, ALPHA) if towards_tail and p < ALPHA else p


def _p_of_interval(row: Comparison, highest: float) -> float:
    """The p for which the interval of level 1 - p just reaches 0; at most `highest`, and 1 where it is above .999. It
    is found by bisection of its logarithm."""
    low, high = math.log(SMALLEST), math.log(highest)
    while high - low > P_STEP:
        middle = (low + high) / 2
        below, above = row.together_at(1 - math.exp(middle))
        low, high = (low, middle) if below > 0 or above < 0 else (middle, high)
    return 1.0 if high == math.log(HIGHEST) else math.exp(high)


def holm(p_values: Sequence[float]) -> tuple[bool, ...]:
    """Which of these tests are still significant when all are read together, in the order given (none NaN).

    Holm's step-down (Holm 1979) holds the chance of any false alarm among them at `ALPHA`.

    >>> holm([0.03, 0.001, 0.04])
    (False, True, False)
    >>> holm([0.02, 0.001, 0.04])
    (True, True, True)
    """
    significant = [False] * len(p_values)
    smallest_first = sorted(range(len(p_values)), key=lambda test: p_values[test])
    for number, test in enumerate(smallest_first):
        if p_values[test] > ALPHA / (len(p_values) - number):
            break
        significant[test] = True
    return tuple(significant)


VerdictKind = Literal[
    "identical",
    "no difference",
    "none seen",
    "cuts",
    "lengthens",
    "no change beyond",
    "cannot tell",
]
Size = Literal["more", "less", "open"]
Cause = Literal[
    "noise", "many verdicts", "skewness", "departments", "label table", "variance rule", "weak",
    "no interval yet", "few replications", "few departments", "missing",
]  # fmt: skip
"""Why something is not settled.

- 'noise': the interval is too wide; 'many verdicts', 'skewness': only because it is one of a family, or has a long tail
- 'departments': departments differ; 'label table': a tool's table of labels rests on few cases
- 'variance rule': one number makes most of the variance
- 'no interval yet', 'few replications', 'few departments', 'weak': numbers are too few, or too alike
- 'missing': some replication lacks the measure
"""
BY_WIDTH: tuple[Cause, ...] = ("noise", "no interval yet", "few replications")
"""Causes beside which the words say that this verdict alone, outside its family, could be told."""
REASONS: dict[Cause | None, str] = {
    "departments": "the range over departments spans the limit",
    "noise": "the interval spans the limit",
    "few replications": "the interval spans the limit",
    "many verdicts": "the interval, wider as one of several, spans the limit",
    "skewness": "the interval, wider on the side of a long tail, spans the limit",
    "variance rule": "one odd department or run outweighs the others",
    "label table": "its labels rest on too few cases",
    "no interval yet": "there is no interval yet",
    "few departments": "the departments are too few",
    "weak": "the replications are too few, or too alike",
    "missing": "some replications lack it",
    None: "no case was seen",
}
"""Why something is not settled, in a clause."""
BRIEF: dict[Cause, str] = {
    "skewness": "for its long tail",
    "many verdicts": "as one of several",
    "departments": "as departments differ",
    "variance rule": "for one odd department or run",
    "weak": "for too few or too alike runs",
    "missing": "as some runs lack it",
}
"""The same in few words, of the causes for which the interval beside a verdict may be on one side of 0."""
BRIEF_NOTE = "'Not settled, as' or 'for': for this reason a verdict is read from a wider interval than the one shown."
Unseen = Literal["no difference", "none seen"]
NonInferiority = Literal[
    "non-inferior", "inferior", "worse", "no difference", "none seen", "cannot tell"
]
RULE = (
    "Verdicts on primary measures, and 'not worse' on safety limits, are read from intervals of more than 95 %, so "
    "that all on tools hold together with 95 %, and so do all on alternatives; those on an offer have to hold over the "
    "range of nine in ten departments, too."
)
"""The rule in a sentence, which every page says that explains verdicts; `read_from` has its numbers."""
LAYER = "Inputs and structure are not in this interval."
"""The uncertainty that no interval covers, which every sentence names."""
IDENTICAL = "identical to baseline"
INTERVAL_WORDS: dict[IntervalKind, str] = {
    "fixed_sample": "interval",
    "always_valid": "always-valid interval",
    "none": "interval",
}
INTERVAL_NOTES: dict[IntervalKind, tuple[str, ...]] = {
    "fixed_sample": (),
    "always_valid": (
        "Intervals are always valid: they hold however often one looks while replications are added, and are wider "
        "than ordinary ones.",
    ),
    "none": ("The department is not calibrated, so no difference has an interval.",),
}
"""Notes of a table on its kind of interval; none for the ordinary one."""
EVERY, DEPENDS = "in every department", "depends on the department"
DIFFERS = "departments like this one differ in it"
"""Why a verdict that holds on average does not hold for one department."""
PILOT = 10
"""Replications below which their spread says too little about how many more are needed: the interval of a standard
deviation from 10 reaches from 0.7 to 1.8 times it."""


@dataclass(frozen=True)
class Verdict:
    """The verdict on one difference: its kind, a few words, one sentence.

    answer     the words without the reason of a 'cannot tell'
    direction  the answer without the size: 'shorter', 'cannot tell'
    size       if the direction is known, whether the difference is more or less than the MID, or either ('open')
    n_more     how many more replications are needed; None if that is not known or does not apply
    cause, why why it cannot be told, as a kind and in words; None and '' if it can
    reason     the same in few words where the interval printed beside it, at 95 %, would suggest a verdict; else ''
    """

    kind: VerdictKind
    words: str
    sentence: str
    answer: str
    direction: str
    size: Size | None = None
    n_more: int | None = None
    cause: Cause | None = None
    why: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Judgement:
    """Whether a measure got worse by less than its margin: kind, a few words, one sentence, replications needed; and
    why that cannot be told."""

    kind: NonInferiority
    words: str
    sentence: str
    n_more: int | None = None
    cause: Cause | None = None
    why: str = ""

    @property
    def reason(self) -> str:
        """Why it is not settled, in a clause that follows 'as'."""
        return REASONS[self.cause]


def verdict(
    comparison: Comparison, mid: float, *, family: int = 1, identical: bool = False
) -> Verdict:
    """The verdict on a difference against the minimal important difference (in the measure's unit, above 0).

    family: how many verdicts are looked at together; identical: the arm is known to be the baseline in everything.
    """
    if not mid > 0:
        raise ResultsError(
            f"minimal important difference of {comparison.measure}: {mid}. Give a number above 0"
        )
    if identical:
        return Verdict(
            "identical", IDENTICAL, _sentence(comparison, IDENTICAL, family), IDENTICAL, IDENTICAL
        )
    unseen = _none_seen(comparison)
    if unseen is not None:
        return Verdict(*unseen, _sentence(comparison, unseen[1], family), unseen[1], unseen[1])
    if comparison.by_range:
        comparison = replace(comparison, largest_share=0.0)
    ends = comparison.together(family)
    kind, size, words = interval_words(
        *comparison.with_range(*ends), mid, comparison.unit, comparison.better
    )
    if kind != "cannot tell":
        told = (
            direction_words(comparison.unit, comparison.better, down=kind == "cuts")
            if size is not None
            else words
        )
        return Verdict(kind, words, _sentence(comparison, words, family), words, told, size)

    def is_settled(low: float, high: float) -> bool:
        return (
            interval_words(low, high, mid, comparison.unit, comparison.better)[0] != "cannot tell"
        )

    cause, answer, why, n_more = _unsettled(comparison, family, mid / 2, is_settled)
    words, reason = f"{answer}: {why}", ""
    if is_settled(comparison.difference_low, comparison.difference_high):
        by_tail = is_settled(*replace(comparison, tail=0.0).together(family))
        by_many = is_settled(*comparison.together(1))
        wider: Cause = "skewness" if by_tail else "many verdicts" if by_many else "variance rule"
        reason = BRIEF.get(wider if cause in BY_WIDTH else cause, "")
    return Verdict(
        "cannot tell", words, _sentence(comparison, words, family), answer, "cannot tell",
        n_more=n_more, cause=cause, why=why, reason=reason,
    )  # fmt: skip


def read_from(families: Sequence[tuple[int, str]], *, by_range: bool = False) -> str:
    """The intervals from which the verdicts of some families are read, in words.

    families: of each, how many verdicts it has, and on what; by_range: whether they are about one department.

    >>> read_from([(18, "9 tools"), (1, "1 alternative")])
    'intervals of 99.72 % (18, on 9 tools) and 95 % (1, on 1 alternative), so that each group holds together with 95 %'
    >>> read_from([(1, "1 arm")], by_range=True)
    'the 95 % interval, and from the range of nine in ten departments, whichever reaches further'
    """
    several = [f"{100 - 100 * ALPHA / n:.4g} % ({n}, on {on})" for n, on in families]
    words = "the 95 % interval"
    if any(n > 1 for n, _ in families):
        each = "each group holds" if len(several) > 1 else "they hold"
        intervals = "intervals" if len(several) > 1 else "an interval"
        words = f"{intervals} of {listed_with_and(several)}, so that {each} together with 95 %"
    further = ", and from the range of nine in ten departments, whichever reaches further"
    return f"{words}{further * by_range}"


def interval_words(
    low: float, high: float, mid: float, unit: str, better: Better
) -> tuple[VerdictKind, Size | None, str]:
    """What an interval of a difference supports against the minimal important difference: kind, size, a few words."""
    important = threshold_words(mid, unit)
    if low > 0 or high < 0:
        kind: VerdictKind = "cuts" if high < 0 else "lengthens"
        nearest_zero, furthest = sorted((abs(low), abs(high)))
        size: Size = "more" if nearest_zero >= mid else "less" if furthest < mid else "open"
        by = {"more": " by more than", "less": " by less than", "open": ", perhaps by less than"}[
            size
        ]
        return kind, size, f"{direction_words(unit, better, down=kind == 'cuts')}{by} {important}"
    if -mid < low and high < mid:
        return "no change beyond", None, f"no change beyond {important}"
    return "cannot tell", None, "cannot tell"


def margin_words(
    low: float, high: float, margin: float, unit: str, better: Better
) -> tuple[NonInferiority, str]:
    """What an interval of a difference supports against a margin of safety: kind, a few words."""
    worst, best = _worst_and_best(low, high, better)
    return _margin_words(worst, best, margin, unit)


def _worst_and_best(low: float, high: float, better: Better) -> tuple[float, float]:
    """The ends of an interval, each as how much worse it is than the baseline."""
    return (high, low) if better == "lower" else (-low, -high)


def _margin_words(
    worst: float, best: float, margin: float, unit: str
) -> tuple[NonInferiority, str]:
    """The kind and words for a difference between `best` and `worst`, each as how much worse it is."""
    within = threshold_words(margin, unit)
    if worst < margin:
        return "non-inferior", f"not worse by {within} or more"
    if best > margin:
        return "inferior", f"worse by more than {within}"
    if best > 0:
        return "worse", f"worse, perhaps by less than {within}"
    return "cannot tell", "cannot tell"


def non_inferiority(
    comparison: Comparison, margin: float, *, family: int = 1, identical: bool = False
) -> Judgement:
    """Whether the arm is worse than the baseline by less than a margin (in the measure's unit, above 0).

    Non-inferior if the interval, as wide as the `family` asks, ends before the margin. Inferior if the interval by
    itself is wholly beyond the margin; worse if it is wholly on the worse side, but not wholly beyond. A claim of
    safety must hold together with all others; a sign of harm is not hidden because many were looked at. Which way is
    worse is in the measure's definition; `identical`: see `verdict`. Raises ResultsError for a measure without a better
    direction.
    """
    if not margin > 0:
        raise ResultsError(f"margin of {comparison.measure}: {margin}. Give a number above 0")
    if comparison.better == "neither":
        raise ResultsError(
            f"measure '{comparison.measure}' is neither better lower nor higher. Choose another for a margin"
        )
    if identical:
        return Judgement("non-inferior", IDENTICAL, _sentence(comparison, IDENTICAL, family))
    unseen = _none_seen(comparison)
    if unseen is not None:
        return Judgement(*unseen, _sentence(comparison, unseen[1], family))
    ends, own = comparison.together(family), comparison.together(1)
    worst, _ = _worst_and_best(*comparison.with_range(*ends), comparison.better)
    _, best = _worst_and_best(*comparison.with_range(*own), comparison.better)
    _, best_alone = _worst_and_best(*own, comparison.better)
    kind, words = _margin_words(worst, max(best, min(best_alone, margin)), margin, comparison.unit)
    if kind != "cannot tell":
        return Judgement(kind, words, _sentence(comparison, words, family))

    def is_settled(low: float, high: float) -> bool:
        return _worst_and_best(low, high, comparison.better)[0] < margin

    cause, answer, why, n_more = _unsettled(comparison, family, margin / 2, is_settled)
    words = f"{answer}: {why}"
    return Judgement("cannot tell", words, _sentence(comparison, words, family), n_more, cause, why)


def threshold_words(value: float, unit: str) -> str:
    """A minimal important difference or a margin: '5 min', '1 point'."""
    if unit == "share":
        return f"{100 * value:g} point{'s' if 100 * value != 1 else ''}"
    return f"{value:g} {'min' if unit == 'minutes' else unit}"


def _none_seen(comparison: Comparison) -> tuple[Unseen, str] | None:
    """The kind and words of a verdict where no replication shows any difference; None otherwise."""
    n = comparison.n_replications
    if (
        n < MIN_REPLICATIONS
        or comparison.few_departments
        or comparison.half_width
        or comparison.difference
    ):
        return None
    if comparison.unit == "share" and not (comparison.low > 0 and comparison.high < 1):
        cases = "no case seen" if comparison.mean == 0 else "too few cases"
        return "none seen", f"{cases} in {n} replications"
    if n < ENOUGH:
        return None
    return "no difference", f"no difference in any of {n} replications"


def direction_words(unit: str, better: Better, *, down: bool) -> str:
    """The direction of a change in words: 'shorter', or 'lower (better)'."""
    if unit == "minutes":
        return "shorter" if down else "longer"
    if better == "neither":
        return "lower" if down else "higher"
    return (
        f"{'lower' if down else 'higher'} ({'better' if (better == 'lower') == down else 'worse'})"
    )


def _n_more(comparison: Comparison, half_width: float, family: int) -> int | None:
    """About how many more replications, or departments, would bring the half-width down to this; None if there are too
    few to know their spread.

    0 where the interval is as narrow as that already, and happens to span a limit.
    """
    n, level = comparison.sample[0], comparison.level_of(family)
    if n < PILOT or comparison.weakness is not None or not np.isfinite(comparison.spread):
        return None
    kind = comparison.interval_kind
    needed = replications_needed(comparison.spread, half_width, level=level, kind=kind)
    if comparison.tail:  # what one side grows by falls as replications are added
        then = max(n, needed)
        wider = max(sides(comparison.tail * n / then, tail_level(then, level, kind)))
        needed = replications_needed(wider * comparison.spread, half_width, level=level, kind=kind)
    return max(needed - n, 0)


def _unsettled(
    comparison: Comparison,
    family: int,
    half_width: float,
    is_settled: Callable[[float, float], bool],
) -> tuple[Cause, str, str, int | None]:
    """Why a verdict cannot be told; 'cannot tell', why in words, and how many more replications it takes.

    `is_settled`: whether an interval would tell; `half_width`: the one to bring it down to.
    """
    ends = comparison.together(family)
    if is_settled(*ends):
        return "departments", "cannot tell", DIFFERS, None
    n_more = _n_more(comparison, half_width, family)
    alone = family > 1 and is_settled(*comparison.together(1))
    cause, why = _cause(comparison, n_more, family)
    yet = " yet" * (cause == "no interval yet")
    among = f" among {family} looked at" * (alone and cause in BY_WIDTH)
    if cause == "noise" and alone:
        cause = "many verdicts"
    elif cause == "noise" and is_settled(*replace(comparison, tail=0.0).together(family)):
        cause = "skewness"
    return cause, f"cannot tell{yet}{among}", why, n_more


def _cause(comparison: Comparison, n_more: int | None, family: int) -> tuple[Cause, str]:
    """Why a verdict cannot be told from an interval, and the same in words that follow 'cannot tell: '."""
    few, weakness = comparison.few_departments, comparison.weakness
    n, (n_independent, one) = comparison.n_replications, comparison.sample
    if math.isnan(comparison.difference):
        return "missing", "not known in some replication, as where somebody's stay had not ended"
    if few:
        return "few departments", f"{few} departments say nothing about departments in general"
    if comparison.interval_kind == "always_valid":
        first = first_bounded(comparison.level_of(family))
        if n < first:  # the interval beside it may be there already: it is its own, of no family
            shown = n >= first_bounded(comparison.level)
            adjusted = f" adjusted for {family} comparisons" if shown else ""
            needs = f"the first interval{adjusted} needs {first} replications (n = {n})"
            return "no interval yet", needs
    if weakness == "mostly missing":
        return "missing", f"known in {n} of {comparison.of} replications only"
    if weakness == "one replication":
        remedy = "" if n_independent >= WIDE_FROM else f"; {WIDE_FROM} or more may settle it"
        share = f"{100 * comparison.largest_share:.0f} % of the variance"
        return "variance rule", f"one of {n_independent} {one}s carries {share}{remedy}"
    if weakness is not None:
        return "weak", {
            "too few": f"at least three replications are needed (n = {n})",
            "no spread": f"the same in all of {n} replications, too few to trust that (ten are needed)",
            "rare spells": "rare spells decide this: no interval before "
            f"{SPELL_DAYS // 364} years are measured",
            "not calibrated": "the department is not calibrated",
        }[weakness]
    if n_more is None:
        return "few replications", f"{n} replications, too few to say how many more"
    if n_more == 0:
        return "noise", "the interval is as narrow as planned"
    return "noise", f"about {n_more:,} more {one}{'s' * (n_more != 1)} (from n = {n_independent})"


def _sentence(comparison: Comparison, words: str, family: int) -> str:
    """The verdict as a sentence: measure, arm, words, numbers, source of uncertainty."""
    group = "" if comparison.group == "all" else f" ({comparison.group})"
    together = f", judged together with {family - 1} more" if family > 1 else ""
    return f"{comparison.measure}{group}: {comparison.arm}: {words} ({_numbers(comparison)}{together}). {LAYER}"


def _numbers(comparison: Comparison) -> str:
    scale, unit = (100, "percentage points") if comparison.unit == "share" else (1, comparison.unit)
    values = (comparison.difference, comparison.difference_low, comparison.difference_high)
    mean, low, high = (f"{scale * value:+.2f}" for value in values)
    kind = INTERVAL_WORDS[comparison.interval_kind]
    bounds = f"{100 * comparison.level:.0f} % {kind} {low} to {high}"
    return (
        f"{mean} {unit}, {f'no {kind} yet' if math.isnan(comparison.difference_low) else bounds}, "
        f"n = {comparison.n_replications}, against {comparison.baseline}"
    )


def where_words(spread: Spread, mid: float, comparison: Comparison) -> str:
    """In which departments a difference is beyond `mid`, the least that matters; empty for fewer than 20."""
    if not spread.is_range:
        return ""
    important, raw = threshold_words(mid, comparison.unit), count_beyond(spread.raw, mid)
    lower, same, higher = count_beyond(spread.effects, mid)
    down, up = (
        f"{direction_words(comparison.unit, comparison.better, down=down)} by more than {important}"
        for down in (True, False)
    )
    if all(spread.sure_beyond(mid)):
        return (
            f"{DEPENDS}: {down} {_count_words(lower, raw[0], spread.n)}, {up} "
            f"{_count_words(higher, raw[2], spread.n)}"
        )
    for words, low, high in ((down, -math.inf, -mid), (up, mid, math.inf)):
        if spread.expected_outside(low, high) < TAIL:
            return f"{words} {EVERY}"
    if spread.expected_outside(-mid, mid) < TAIL:
        return f"no change beyond {important} {EVERY}"
    beyond = ((down, lower, raw[0]), (up, higher, raw[2]))
    parts = [
        f"{words} {_count_words(n, as_simulated, spread.n)}"
        for words, n, as_simulated in beyond
        if n
    ]
    return (
        ", ".join(parts) or f"no change beyond {important} {_count_words(same, raw[1], spread.n)}"
    )


def harm_words(spread: Spread, margin: float, comparison: Comparison) -> str:
    """In how many departments a measure is worse by more than its margin; empty if in none, or for fewer than 20."""
    if not spread.is_range:
        return ""
    place = 2 if comparison.better == "lower" else 0
    n, raw = (count_beyond(effects, margin)[place] for effects in (spread.effects, spread.raw))
    return (
        f"worse by more than {threshold_words(margin, comparison.unit)} {_count_words(n, raw, spread.n)}"
        if n
        else ""
    )


def _count_words(n: int, raw: int, n_departments: int) -> str:
    """'in 52 of 60 departments (54 as simulated)'; without brackets where both numbers are the same."""
    return f"in {n} of {n_departments} departments{f' ({raw} as simulated)' if raw != n else ''}"
