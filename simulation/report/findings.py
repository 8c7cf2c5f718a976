"""Sentences besides those of the first page: what was found, and what a reader must know before any number.

What was found rests on intervals and verdicts, and goes not beyond them: levers, controls, spillover, who waits longer,
how busy staff are. Warnings are of an arm that does nothing, too few replications, a department or a tool that is hard
to believe. Where the department of an offer contradicts the answers that it was made of, or a department is not
calibrated to its records, there is no verdict (`why_no_verdict`).
"""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from simulation.display.words import (
    DOES_NOT_FIT,
    amount,
    change,
    few_words,
    group_words,
    measure_label,
    span,
    unit_words,
)
from simulation.questions import OF_A_RESULT
from simulation.records.serialise import read_rows
from simulation.report.patient_groups import WorseOff, worse_off, worse_off_groups
from simulation.runs.result import StudyResult, kept_with_result
from simulation.runs.running import values_for
from simulation.statistics.intervals import estimate_interval
from simulation.statistics.verdict import IDENTICAL, PILOT
from simulation.study.study import Precision, ReadyArm, figures_of, pool_keys
from simulation.triage.check_policy import applicability_notes
from simulation.wording import apart, first_and_others, listed_with_and, spaced

MOST_GROUPS = 3
"""Groups that are named before it is said how many more there are."""
BUSY = "busy_by_day_share"
"""The measure of how busy staff are from 10 to 23 h, of every replication as in the table of what binds."""


def findings(result: StudyResult) -> Iterator[str]:
    """Sentences on what else was found; none if one arm was run alone."""
    whole, result = result, result.shown
    if not result.others:
        return
    for question in OF_A_RESULT:
        yield from question.sentences(whole)
    yield from _control_sentences(result)
    yield from _worse_off_sentences(result)
    yield from _busy_sentence(result)


def _worse_off_sentences(result: StudyResult) -> Iterator[str]:
    """The groups that wait longer under most arms, each with those arms."""
    groups = worse_off_groups(result)
    if not groups or result.not_calibrated:
        return
    significant = [group for group in worse_off(result) if group.holm]
    n_looked_at = len(groups) * len(result.others)
    if not significant:
        yield (
            f"No group of patients stands out as worse off after adjustment for the {n_looked_at} looked at, which "
            f"does not prove that none is."
        )
        return
    by_group: dict[str, list[WorseOff]] = {}
    for worse in sorted(significant, key=lambda worse: -worse.comparison.difference):
        by_group.setdefault(worse.comparison.group, []).append(worse)
    most = sorted(by_group.values(), key=lambda arms: (-len(arms), -arms[0].comparison.difference))[
        :MOST_GROUPS
    ]
    for arms in most:
        unit = arms[0].comparison.unit
        effects = [
            f"'{worse.arm.label}' ({change(worse.comparison.difference, unit)})" for worse in arms
        ]
        worse_words = "Wait longer" if unit == "minutes" else "Worse off"
        yield f"{worse_words}, {group_words(arms[0].comparison.group)}, {unit_words(unit)}: {listed_with_and(effects)}."
    n_more = len(significant) - sum(map(len, most))
    if n_more:
        yield (
            f"{n_more} more groups and arms are in the table of who is worse off, which is adjusted for all "
            f"{n_looked_at} that were looked at."
        )


def _control_sentences(result: StudyResult) -> Iterator[str]:
    """What each arm does beyond its own control, on every primary target."""
    for arm, control in result.controlled():
        effects = []
        for target in result.design.primary:
            unit = result.row_of(target, arm.name).unit
            effect = result.against(arm.name, control.name, target.measure, target.group)
            interval = span(effect.low, effect.high, unit)
            effects.append(
                f"{target.label} {change(effect.mean, unit)} {unit_words(unit)} ({interval})"
            )
        yield f"'{arm.label}' less its control '{control.label}': {'; '.join(effects)}."


def _busy_sentence(result: StudyResult) -> Iterator[str]:
    """How busy staff are by day under the baseline; which resource binds does not follow from that."""
    shares = {
        group.partition("=")[2]: result.before(BUSY, group).mean for group in result.groups(BUSY)
    }
    staff = [pool for pool in shares if result.roles.get(pool) in ("clinician", "nurse")]
    busy = [pool for pool in staff if not math.isnan(shares[pool])]  # never on duty then: no share
    if busy:
        words = [
            f"{spaced(pool)} {100 * shares[pool]:.0f} %"
            for pool in sorted(busy, key=lambda pool: -shares[pool])
        ]
        yield (
            f"How busy staff are from 10 to 23 h: {listed_with_and(words)}. What a minute saved is worth depends on "
            f"which resource binds (staff, places or beds). That does not follow from how busy they are, differs from "
            f"place to place, and is in no public data."
        )


def sham_line(result: StudyResult) -> str | None:
    """A sentence on how many patients wait less and longer under the sham, by chance; None without a sham."""
    sham = result.sham
    if sham is None or sham.shares is None or math.isnan(sham.shares.better):
        return None
    return (
        f"With no effect at all (sham), {100 * sham.shares.better:.0f} % of patients wait more than a minute less and "
        f"{100 * sham.shares.worse:.0f} % more than a minute longer: such shares alone are no evidence."
    )


def precision_line(result: StudyResult) -> str | None:
    """The half-width asked for and the one reached, in a sentence or two; None if no precision was asked for."""
    precision = result.run.precision
    if precision is None:
        return None
    unit = result.unit(precision)
    scale = 100 if unit == "share" else 1
    half_widths = {
        arm: estimate_interval(values, kind=result.interval_kind).half_width
        for arm, values in values_for(result.study, result.replications).items()
    }
    widest = max(
        half_widths, key=lambda arm: math.inf if math.isnan(half_widths[arm]) else half_widths[arm]
    )
    half_width, label = half_widths[widest], measure_label(result, precision.measure)
    at_baseline = widest == result.design.baseline
    what = (
        "level under the baseline" if at_baseline else f"difference of '{result.arm(widest).label}'"
    )
    if len(half_widths) > 1:
        what += f", the widest of {len(half_widths)} arms"
    return (
        f"Precision asked for: {label[:1].lower()}{label[1:]}, {group_words(precision.group)}, {what}: "
        f"±{scale * precision.half_width:g} {unit_words(unit)}. {_reached(result, precision, half_width, scale)}"
    )


def _reached(result: StudyResult, precision: Precision, half_width: float, scale: float) -> str:
    """Whether the half-width asked for was reached. `scale`: from the measure's unit to the one that is printed."""
    n = len(result.replications)
    if n < result.run.replications:
        return f"{n} of {result.run.how_many} have ended."
    if math.isnan(half_width):
        return f"Not reached: with {n} replications there is no interval."
    width = scale * half_width
    digits = len(f"{width:.3g}".partition(".")[2])
    reached = f"±{apart(width, scale * precision.half_width, digits)} with {n} replications"
    if half_width <= precision.half_width:
        return f"Reached: {reached} (first stage: {precision.first_stage})."
    return f"Not reached: {reached}, the most allowed (run.precision.at_most)."


OCCUPIED = "occupied_at_midnight_share"
FULL = 0.995
"""Share of beds occupied at midnight, mean over replications, from which they count as full: it rounds to 100 %.

One group of wards that full is plausible, because escalation opens beds on top; two or more are not.
"""
OVERFULL = 1.02
"""The share above which even one is not: of beds that escalation opened, some close again before their patients go."""
HANDOVER, LONG_HANDOVER = "handover_mean", 120.0
"""The measure of a mean ambulance handover, and minutes from which it counts as hours."""
LEAST_SECONDS = 2.0
"""Seconds taken off each patient below which they were probably meant as minutes. A judgement."""


def warnings(result: StudyResult) -> tuple[str, ...]:
    """What a reader must know before any number."""
    lines = [
        f"Warning: '{result.arm(name).label}' is {IDENTICAL} in every measure of every replication. "
        "Either it changes nothing that matters here, or its policy or its changes are not what you meant."
        for name in result.identical
    ]
    focus = result.design.focus
    arms = [arm.ready for arm in result.shown.arms if arm.name in focus or not focus]
    lines += [f"Warning, {words}" for words in (*unlike_words(arms), *_seconds_words(arms))]
    lines += [
        f"Warning: {DOES_NOT_FIT} {warning}." for warning in result.explanation.department_warnings
    ]
    n_replications = len(result.replications)
    if n_replications < 2:
        lines.append(
            "Warning: one replication has no interval. Run at least two; ten or more to compare arms."
        )
    elif n_replications < PILOT:
        lines.append(f"Warning: {few_words(n_replications)}")
    if result.n_unfinished:
        lines.append(
            f"Warning: {result.n_unfinished:,} measured attendances had not left when the run ended. "
            "How long they stay is not known, so a mean stay is missing (–) if it includes any of them in any "
            "replication of either arm. Set a longer run.cool_down_days, or add capacity."
        )
    return tuple(lines)


def _seconds_words(arms: Iterable[ReadyArm]) -> Iterator[str]:
    """A sentence for each arm whose tool saves so few seconds that minutes were probably meant."""
    for arm in arms:
        saved = [
            effect.seconds_saved.value
            for effect in arm.policy.effects
            if effect.seconds_saved is not None
        ]
        for seconds in saved:
            if 0 < abs(seconds) < LEAST_SECONDS:
                yield f"'{arm.arm.label}': changes minutes by {seconds:g} seconds. Is seconds_saved in seconds?"


def unlike_words(arms: Iterable[ReadyArm]) -> list[str]:
    """''AI label, often too urgent' and 2 other arms: ...', each warning once with all its arms."""
    labels_by_words: dict[str, list[str]] = {}
    for arm in arms:
        for words in applicability_notes(arm.policy, arm.pathway):
            labels_by_words.setdefault(words, []).append(arm.arm.label)
    return [f"{first_and_others(labels)}: {words}." for words, labels in labels_by_words.items()]


def full_beds(result: StudyResult) -> tuple[dict[str, str], bool]:
    """Pools of beds that count as full at midnight, with their share, and whether any is fuller than one can be."""
    occupied = {group: result.before(OCCUPIED, group).mean for group in result.groups(OCCUPIED)}
    full = {
        group.partition("=")[2]: f"{100 * share:.0f} %"
        for group, share in occupied.items()
        if share >= FULL
    }
    return full, any(share > OVERFULL for share in occupied.values())


def implausible(result: StudyResult) -> tuple[str, ...]:
    """A sentence each for full beds and long handovers, as they were simulated.

    `study/department_warnings.py` finds what does not fit together before anything runs, such as work beyond capacity.
    """
    sentences, (full, is_over) = [], full_beds(result)
    if len(full) > 1 or is_over:
        sentences.append(
            f"beds are full at midnight ({figures_of(full)}). Look at {pool_keys(result.study, full)} (more beds) and "
            "at the durations of stays on wards."
        )
    if result.has(HANDOVER) and (minutes := result.before(HANDOVER).mean) >= LONG_HANDOVER:
        sentences.append(
            f"ambulances wait {amount(minutes, 'minutes')} on average to hand over. Look at beds and places "
            "first, then at the pools of whoever receives them."
        )
    return tuple(f"Check the department: {words}" for words in sentences)


# --- of an offer: what was stated, and what was simulated -------------------------------------------------------------

BY_NIGHT = "busy_by_night_share"
HOURS_BY_DAY = 13
"""Hours of `BUSY`, from 10 to 23 h; the others are those of `BY_NIGHT`."""
ATTENDANCES = "attendances_per_day"
"""The figure that is no measure."""
ATTENDANCES_OFF = 0.02
"""The share of what was stated by which it may be off. A judgement."""
DESKS = {"assessment_nurses": "ambulance nurses", "triage_nurses": "triage nurses"}
"""Nurses at a door, whose answered rota may be too small, in words."""
ONE_TEAM = "shared_front_door"
"""What the structures are called in which the triage nurses are at both doors."""
BUSIEST, ALWAYS_BUSY = 0.97, 0.99
"""Share of all hours above which nurses at a door are busier than any can be; and above which, by day and by night, the
queue for staff never empties. Judgements; the busiest triage nurses of the ensemble 'england' have 0.91."""
CLINICIANS = {
    "doctors": (0.649, 0.974),
    "practitioners": (0.455, 0.837),
    "children_doctors": (0.466, 0.890),
}
"""Lowest and highest share of all hours for which clinicians are busy. Measured: the means of each of the 100
departments of the ensemble 'england', two runs of twelve weeks each, 3 December 2026."""
BUSIER = 0.1
"""How far beyond the highest, towards all hours, clinicians may be busy: that has chance of its own. A judgement."""
HALF = 0.5
"""The share of the lowest below which clinicians are idler than any department's."""
RARELY_BUSY = 0.8
"""The share of all hours below which nurses are not why ambulances wait: no place or bed is free. A judgement."""
HOUR = 60.0
"""Minutes of a mean handover above which ambulances wait too long for any verdict."""


class Tolerance(NamedTuple):
    """How a figure of a department is printed, and how far it may lie from what was stated (`tolerances.yaml`)."""

    noun: str
    unit: str
    answer: str
    near: float
    far: float
    near_share: float = 0.0
    far_share: float = 0.0
    added: float = 0.0
    always: bool = True

    @property
    def scale(self) -> float:
        """What makes the measure one of its unit."""
        return 100.0 if self.unit == "%" else 1.0

    def is_off(self, off: float, stated: float, times: float = 1.0) -> bool:
        """Whether it is off by more than so many times what goes without saying, in its unit."""
        return abs(off) > times * max(self.near, self.near_share * stated)


TOLERANCES = read_rows(Path(__file__).with_name("tolerances.yaml"), Tolerance)
"""By measure, in the order in which figures are printed."""


class StatedFigure(NamedTuple):
    """A figure of the department as it was stated, and as it was simulated under the baseline (NaN: not stored);
    `most`: how far apart they may be."""

    label: str
    unit: str
    stated: float
    simulated: float
    most: float

    @property
    def off(self) -> float:
        """How many times as far apart they are as they may be; NaN where that is not known."""
        return abs(self.simulated - self.stated) / max(self.most, 1e-9)


class Contradiction(NamedTuple):
    """Why nothing can be concluded from a department: what was simulated, as a clause, and the answer to look at."""

    found: str
    answer: str


def stated_figures(result: StudyResult) -> tuple[StatedFigure, ...]:
    """The figures that an offer states of its department, each beside the mean over the departments of the result."""
    offer = result.design.offer
    return tuple(_figure(result, *figure) for figure in offer.stated.items()) if offer else ()


def _figure(result: StudyResult, measure: str, stated: float) -> StatedFigure:
    if measure == ATTENDANCES:  # of all days that were simulated, on average over replications
        before = result.run.warm_up_days + result.run.measured_days
        simulated = fmean(
            one.total("n_attendances") / len(one.arms) / (before + one.cool_down_days)
            for one in result.replications
        )
        return StatedFigure("Attendances", "a day", stated, simulated, ATTENDANCES_OFF * stated)
    row = result.before(measure) if result.has(measure) else None
    unit, simulated = ("", math.nan) if row is None else (row.unit, row.mean)
    alike = "over_12h_share" if unit == "share" else "time_to_clinician_median"
    tolerance = TOLERANCES.get(measure, TOLERANCES[alike])
    most = max(tolerance.far / tolerance.scale, tolerance.far_share * stated)
    return StatedFigure(measure_label(result, measure), unit, stated, simulated, most)


def not_judged(result: StudyResult) -> tuple[str, ...]:
    """What a run of an offer does not hold, so that nothing contradicts it: a run of an earlier version."""
    unknown = [one.label for one in stated_figures(result) if math.isnan(one.simulated)]
    held = {
        "what was stated": bool(stated_figures(result)),
        **dict.fromkeys(unknown, False),
        "how busy staff are": bool(busy_shares(result)),
        "ambulance handover": result.has(HANDOVER),
    }
    return tuple(words for words, is_held in held.items() if not is_held)


@kept_with_result
def why_no_verdict(result: StudyResult) -> tuple[Contradiction, ...]:
    """Why there is no verdict: a department is not calibrated; or that of an offer cannot be, or is not as it was
    stated. What to look at first comes first; empty where nothing contradicts."""
    if why := result.not_calibrated:
        return (Contradiction(f"the department is not calibrated: {why}", "its records"),)
    if result.design.offer is None:
        return ()
    found = list(_impossible(result))
    figures = [one for one in stated_figures(result) if 1 < one.off < math.inf]
    for one in sorted(figures, key=lambda one: -one.off):
        simulated, stated = (amount(value, one.unit) for value in (one.simulated, one.stated))
        words = f"'{one.label}' is {simulated}, and {stated} was stated"
        found.append(Contradiction(words, f"'{one.label}'"))
    return tuple(found)


def _impossible(result: StudyResult) -> Iterator[Contradiction]:
    """What no department has: desks that are always busy, queues that never empty, ambulances that wait for an hour,
    clinicians busier or idler than in any department."""
    busy, over = busy_shares(result), result.study.departments
    one_team = over is not None and all(ONE_TEAM in kind for kind in over.structure_of)
    desks = dict.fromkeys(DESKS, DESKS["triage_nurses"]) if one_team else DESKS
    always = [pool for pool, shares in busy.items() if all(one > ALWAYS_BUSY for one in shares)]
    endless = dict[str, float]()
    for pool in (*desks, *always):
        share, who = _of_all_hours(busy.get(pool)), desks.get(pool, spaced(pool))
        if share > BUSIEST or pool in always:
            endless[who] = max(share, endless.get(who, 0.0))
    for who, share in endless.items():
        hours = amount(share, "share")
        found = f"{who} are busy for {hours} of all hours, so that their queue never empties"
        yield Contradiction(found, f"the rota of {who}")
    if len(full := full_beds(result)[0]) > 1:
        yield Contradiction(f"beds are always full ({figures_of(full)})", "the number of beds")
    n_left = sum(one.n_unfinished for one in result.baseline.replications)
    if n_left and result.run.doublings:
        found = f"{n_left:,} patients had not left when the simulation ended"
        yield Contradiction(found, "staff and beds")
    if result.has(HANDOVER) and (minutes := result.before(HANDOVER).mean) > HOUR:
        found = f"ambulances wait {amount(minutes, 'minutes')} on average to hand over"
        pool = "triage_nurses" if one_team else "assessment_nurses"
        first = "the share within four hours"
        if not _of_all_hours(busy.get(pool)) < RARELY_BUSY:
            first = f"the rota of {desks[pool]}"
        yield Contradiction(found, f"{first}, then the number of beds")
    for pool, (low, high) in CLINICIANS.items():
        share = _of_all_hours(busy.get(pool))
        if share > high + BUSIER * (1 - high) or share < HALF * low:
            limits = f"{100 * low:.0f} to {100 * high:.0f} % in departments like England's"
            found = f"{spaced(pool)} are busy for {amount(share, 'share')} of all hours ({limits})"
            yield Contradiction(found, "the doctors' rota, and the share within four hours")


def busy_shares(result: StudyResult) -> dict[str, tuple[float, float]]:
    """The share of their time for which staff are busy under the baseline, by day and by night, by pool; empty where a
    result does not hold both."""
    groups = set(result.groups(BUSY)) & set(result.groups(BY_NIGHT))
    return {
        group.partition("=")[2]: (
            result.before(BUSY, group).mean,
            result.before(BY_NIGHT, group).mean,
        )
        for group in sorted(groups)
    }


def _of_all_hours(busy: tuple[float, float] | None) -> float:
    """The mean over the hours of a day of a share by day and by night; NaN where there is none."""
    by_day, by_night = busy or (math.nan, math.nan)
    return (HOURS_BY_DAY * by_day + (24 - HOURS_BY_DAY) * by_night) / 24
