"""Measures, groups, numbers and intervals in the words that the screen, the page and the pictures share."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from simulation.department.vocabulary import ACUITY_TRUE, Pathway
from simulation.measures.definitions import ALL, MANCHESTER_TARGETS, definition_of, label_of_measure
from simulation.measures.measuring import MeasureName
from simulation.records.serialise import read_yaml
from simulation.runs.result import ArmResult, Finding, Kind, StudyResult
from simulation.statistics.compare import Comparison
from simulation.statistics.critical_values import weak_note
from simulation.statistics.departments import means_of
from simulation.statistics.verdict import ALPHA, IDENTICAL, is_worse
from simulation.study.statements import find_sourced_blocks
from simulation.study.study import RunLength
from simulation.triage.matrix import N_HIGH
from simulation.wording import capitalised, spaced

KIND_WORDS, SIZES, STAGE_WORDS, PATIENTS, GROUP_WORDS = read_yaml(
    Path(__file__).with_suffix(".yaml")
).values()
"""Kinds of verdict, sizes before a direction, stages of a stay, groups that may be harmed, and others, in words."""
LEVELS_1_2 = "levels 1-2"
"""How the two most urgent levels of A&E are called."""
DOES_NOT_FIT = "this department does not fit together."
"""What a warning about an implausible department begins with."""
CUT, UNCUT = "wait_to_clinician_mean", "wait_to_clinician_uncut_mean"
"""The mean wait whose waits over 12 h count as 12 h, and the one in which they count in full."""
MOVED = 1.0
"""Minutes by which a department's means must differ to be printed: a fifth of the least difference that matters."""
FEW_WEEKS = 4
"""Start weeks up to which each is named."""
WIDTH = 110
"""Characters of a line of prose on a screen."""


def measure_label(result: StudyResult, measure: str) -> str:
    """The label of a measure, the user's own included; it names levels 1-2 where they are a department's own."""
    own = result.own.get(measure)
    if own is not None:
        return own.definition
    label = label_of_measure(measure)
    return label.replace(LEVELS_1_2, high_words(levels_of(result.study.baseline.pathway)))


def measure_notes(result: StudyResult, *measures: str) -> Iterator[str]:
    """What a table that shows these measures must say of them, once each."""
    yield from filter(
        None, dict.fromkeys(definition_of(measure, result.own).note for measure in measures)
    )
    if CUT in measures and result.has(UNCUT):
        yield from _uncut_note(result)


def _uncut_note(result: StudyResult) -> Iterator[str]:
    """The mean wait under the baseline without the cut at 12 h, where that moves it in some department."""
    waits = result.figures([MeasureName(name, "", ALL) for name in (UNCUT, CUT)])
    used = (
        np.zeros(len(waits), dtype=np.int64)
        if result.department_of is None
        else result.department_of
    )
    uncut, cut = means_of(waits, used).T
    further = uncut - cut
    if np.isfinite(uncut).all() and (further > MOVED).any():
        most = int(further.argmax())
        words = f"Counted in full, the mean under the baseline is {uncut.mean():.1f}, not {cut.mean():.1f} min"
        if len(cut) > 1:
            words += (
                f". It is longer by over {MOVED:g} min in {(further > MOVED).sum()} of "
                f"{len(cut)} departments, most in"
            )
            words += (
                f" department {np.unique(used)[most]} ({uncut[most]:.1f}, not {cut[most]:.1f} min)"
            )
        yield f"{words}."


def figure_words(name: MeasureName, *, inside: bool = False) -> str:
    """The name of a figure that a hospital could take from its records: 'Doctors: busy from 10 to 23 h'.

    `inside`: in quotes and small letters, for the middle of a sentence.
    """
    label = label_of_measure(name.measure)
    kind, _, whose = name.group.partition("=")
    words = label
    if (kind, name.measure) == ("step", "queue_mean"):
        words = f"patients waiting for {spaced(whose)}, mean"
    elif kind in ("pool", "step"):
        words = f"{spaced(whose)}: {label[:1].lower()}{label[1:]}"
    elif name.group != "all":
        words = f"{label}, {group_words(name.group)}"
    return f"'{words[:1].lower()}{words[1:]}'" if inside else capitalised(words)


def season_words(run: RunLength, replications: Iterable[int]) -> str:
    """The weeks of the year in which replications begin to be measured; empty where each measures the whole year."""
    if not run.is_balanced and run.start_week is None:
        return ""
    weeks = sorted({run.calendar(replication).start_week for replication in replications})
    if len(weeks) > FEW_WEEKS:
        return f"starting in {len(weeks)} weeks spread over the year"
    return (
        f"starting in week{'s' if len(weeks) > 1 else ''} {', '.join(map(str, weeks))} of the year"
    )


def profiled_words(result: StudyResult) -> str:
    """A sentence on which replications day profiles are from; empty if from all."""
    n, profiled = len(result.replications), result.run.profiles
    if result.run.profile_all or n <= profiled:
        return ""
    return f" Mean of the first {profiled} of {n} replications, so it may differ slightly from the tables."


def amount(value: float, unit: str) -> str:
    """A level: '58.9 min', '61.2 %'; a dash for what is not known."""
    if math.isnan(value):
        return "–"
    return (
        f"{100 * value:.1f} %"
        if unit == "share"
        else f"{value:.1f} {'min' if unit == 'minutes' else unit}"
    )


def cost_in_short(cost: float) -> str:
    """Pounds to three significant figures, as no cost here is known better.

    >>> cost_in_short(165301.4), cost_in_short(0), cost_in_short(-1250)
    ('£165,000', '£0', '−£1,250')
    """
    digits = 2 - math.floor(math.log10(abs(cost))) if cost else 0
    return f"{'−' if cost < 0 else ''}£{abs(round(cost, min(digits, 0))):,.0f}"


def change(value: float, unit: str) -> str:
    """A signed difference without its unit; shares in percentage points."""
    if math.isnan(value):
        return "–"
    number = f"{(100 if unit == 'share' else 1) * value:+.1f}".replace("-", "−")
    return "0.0" if number in ("+0.0", "−0.0") else number


def unit_words(unit: str) -> str:
    """The name of a difference's unit."""
    return "percentage points" if unit == "share" else unit


def span(low: float, high: float, unit: str) -> str:
    """An interval of a difference; a dash with fewer than two replications."""
    return "–" if math.isnan(low) else f"{change(low, unit)} to {change(high, unit)}"


def span_of(row: Comparison) -> str:
    """The interval of a difference from the baseline: '−18.0 to +3.5'."""
    return span(row.difference_low, row.difference_high, row.unit)


def prints_as_zero(row: Comparison) -> bool:
    """Whether a difference and its interval are all printed as 0.0."""
    values = (row.difference, row.difference_low, row.difference_high)
    return {change(value, row.unit) for value in values} == {change(0.0, row.unit)}


def effect(row: Comparison) -> str:
    """A difference from the baseline with its unit and interval: '−7.2 minutes (−18.0 to +3.5)'."""
    return f"{change(row.difference, row.unit)} {unit_words(row.unit)} ({span_of(row)})"


def half_width(row: Comparison) -> str:
    """Half the length of the interval of a difference: '±10.7'."""
    scale = 100 if row.unit == "share" else 1
    return "–" if math.isnan(row.half_width) else f"±{scale * row.half_width:.1f}"


def attribute_of(group: str) -> str:
    """The attribute of a group: 'sex' of 'sex=female'; the group itself where it is of none."""
    return group.partition("=")[0]


def informative_groups(groups: Iterable[str]) -> tuple[str, ...]:
    """The groups without those that are everybody, the only category of an attribute.

    >>> informative_groups(["all", "acuity_true=urgent", "acuity_true=minor", "arrival_source=walk_in"])
    ('all', 'acuity_true=urgent', 'acuity_true=minor')
    """
    groups = list(groups)
    n_categories = Counter(map(attribute_of, groups))
    return tuple(
        group for group in groups if "=" not in group or n_categories[attribute_of(group)] > 1
    )


def group_words(group: str) -> str:
    """The name of a group: 'true level urgent', 'age: 80 plus', 'came by ambulance', 'needs an interpreter'."""
    if group in GROUP_WORDS:
        return str(GROUP_WORDS[group])
    attribute, _, value = group.partition("=")
    words = spaced(value or group)
    if not value or attribute in ("arrival_source", "coverage"):
        return words
    if attribute == "acuity_true":
        return f"true level{'s' if '-' in value else ''} {words}"
    if attribute == "language_need":
        return "needs no interpreter"
    return f"{spaced(attribute.removesuffix('_band'))}: {words}"


def labelled(result: StudyResult, arm: ArmResult) -> str:
    """An arm's label, with a remark where it is identical to the baseline."""
    return f"{arm.label} ({IDENTICAL})" if arm.name in result.identical else arm.label


def false_alarms(n_looked_at: int, what: str = "on secondary measures") -> str:
    """A sentence on how many of so many unadjusted 95 % intervals leave out 0 by chance."""
    return (
        f"{n_looked_at} {what} were looked at, unadjusted: if nothing had an effect, about "
        f"{n_looked_at * ALPHA:.1f} would show one."
    )


def few_words(n_replications: int) -> str:
    """What a reader must know of intervals that rest on fewer than `PILOT` replications."""
    return (
        f"{n_replications} replications give wide intervals, whose width is itself uncertain. Run ten or more before "
        "you draw conclusions."
    )


def departments_words(result: StudyResult) -> str:
    """'60 departments of the ensemble 'typical', 2 replications of each'; empty for a study on one department."""
    departments = result.study.departments
    if departments is None or result.department_of is None:
        return ""
    _, counts = np.unique(result.department_of, return_counts=True)
    n = f"{counts.min()}" if counts.min() == counts.max() else f"{counts.min()} or {counts.max()}"
    used = f"{len(counts)} department{'s' * (len(counts) > 1)} of the ensemble '{departments.name}'"
    return f"{used}, {n} replication{'s' if n != '1' else ''} of each"


def weak_notes(
    result: StudyResult, rows: Iterable[Comparison], word: str = "cannot tell"
) -> Iterator[str]:
    """Why verdicts are open: whose intervals these are, where departments are few; the rules, where a row is weak.

    `word`: what the table calls such a verdict.
    """
    if few := result.few_departments:
        yield f"There is no verdict over {few} departments: each interval is of these alone."
    elif any(row.weakness is not None and row.arm not in result.identical for row in rows):
        yield weak_note(word)


def interval_scope(result: StudyResult) -> str:
    """What intervals cover, in brackets after their name."""
    return "(departments as a sample)" if result.over_departments else "(simulation noise only)"


def uncertainty_note(result: StudyResult) -> str:
    """Sentences on what intervals are about, and what is not in them."""
    what = "cover simulation noise only"
    if result.over_departments:
        what = "are for departments like these, which are taken as a sample; simulation noise is in them"
    return f"Intervals {what}. They do not cover uncertainty about inputs and about structure (which resource binds)."


def percent(share: float | None) -> str:
    """A share in whole per cent, without the sign; a dash where it is not known."""
    return "–" if share is None or np.isnan(share) else f"{100 * share:.0f}"


# --- verdicts -----------------------------------------------------------------------------------------------------


def short_words(finding: Finding) -> str:
    """A verdict in a word or two: 'better', 'slightly worse', 'no material change', 'not settled'; with its reason
    where the interval beside it would tell."""
    kind, size = finding.kind, finding.verdict.size
    words = "no material change" if kind == "no-change" else KIND_WORDS[kind]
    if kind == "changed":
        words = "lower" if finding.verdict.kind == "cuts" else "higher"
    reason = f", {finding.verdict.reason}" if finding.verdict.reason else ""
    return f"{SIZES[size] if size is not None else ''}{words}{reason}"


def kind_of_row(row: Comparison) -> Kind:
    """The kind of a difference of a measure that is no target, from its interval alone."""
    worse = is_worse(row)
    return "cannot-tell" if worse is None else "worse" if worse else "better"


def rests_on_claim(result: StudyResult, arm: ArmResult) -> bool:
    """Whether a number of an arm's policy, what the arm changes, or one of its levers is an untested claim."""
    definition = arm.ready.arm
    by_lever = any(result.design.levers[name].claim for name in definition.levers)
    return (
        definition.claim
        or by_lever
        or any(block.get("claim") for _, block in find_sourced_blocks(arm.policy, ""))
    )


# --- levels of urgency --------------------------------------------------------------------------------------------


def levels_of(pathway: Pathway) -> tuple[str, ...]:
    """The levels of urgency of a department, the most urgent first; empty if it has none."""
    return tuple(pathway.categories(ACUITY_TRUE)) if ACUITY_TRUE in pathway.attributes else ()


def single_levels(groups: Iterable[str]) -> tuple[str, ...]:
    """The true levels among some groups, in order, without levels 1 and 2 together."""
    known = (group.partition("=") for group in groups)
    return tuple(
        level for attribute, _, level in known if attribute == ACUITY_TRUE and level != "1-2"
    )


def high_words(levels: Sequence[str]) -> str:
    """The two most urgent levels: by number in A&E, by name elsewhere.

    >>> high_words(["immediate", "very_urgent", "urgent", "standard", "non_urgent"])
    'levels 1-2'
    >>> high_words(["urgent", "standard", "minor"])
    "levels 'urgent' and 'standard'"
    """
    if not levels or len(levels) == len(MANCHESTER_TARGETS):
        return LEVELS_1_2
    names = [f"'{spaced(level)}'" for level in levels[:N_HIGH]]
    return f"level{'s' if len(names) > 1 else ''} {' and '.join(names)}"


def target_of(level: str, levels: Sequence[str]) -> float | None:
    """The Manchester target of a level, in minutes; None where the department's levels are not of that system, though
    one of them may be called the same."""
    return MANCHESTER_TARGETS.get(level) if set(levels) <= MANCHESTER_TARGETS.keys() else None
