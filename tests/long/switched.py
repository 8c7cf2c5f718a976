"""What switching truly does: weeks put together from arms that were always on, days, and patients by a coin.

`python tests/long/switched.py` simulates four departments of the ensemble, that with the longest wait among them
(52), two years each: today's nurses, two tools and one more triage nurse, each always on and switched
from week to week, and the tools from day to day and by a coin for each patient. It prints, in minutes of the wait to a
clinician and of that for triage, with standard errors over pairs of weeks or days:

- by how much the difference of weeks on and off is nearer to 0 where weeks were truly switched than where they were put
  together, in minutes and per cent of the true effect; the same without the first day of each week, and for days;
- what patients by a coin show of the true effect.

Two years of each department take about a quarter of a minute of one processor. `python tests/long/switched.py 16 0 52`
simulates 16 times two years of departments 0 and 52.
"""

import sys
from dataclasses import replace

import numpy as np

from simulation.config import load
from simulation.evaluation.evaluate import COIN, SIDES, load_designs, overrides_of
from simulation.evaluation.trials import HALVES, days_on
from simulation.measures.measuring import DailyOutcome
from simulation.records.schema import Floats, Mask
from simulation.runs.result import simulate

WEEKS, DAY_MINUTES = 104, 1440
WEEK_ON = np.repeat(np.arange(WEEKS) % 2 == 1, 7)
OUTCOMES = ("wait_to_clinician_mean", "walk_in_triage_wait_mean")
TOOLS, STAFF = ("ai_scribe_measured", "lean_triage"), "one_more_triage_nurse"
DEPARTMENTS = (0, 1, 2, 52)
NOTE = "evidence: assumed, source: switched"
WORDS = ("study=ai_triage", "run=evaluation", "run.departments=null", "run.start_week=0")


def spans(days: Mask) -> list[tuple[int, int]]:
    """The days of a mask, each span from its first to the one after its last."""
    edges = np.flatnonzero(np.diff(days.astype(int), prepend=0, append=0)).reshape(-1, 2)
    return [(first, after) for first, after in edges.tolist()]


def staff_present(name: str, days: Mask) -> str:
    """An arm with one more triage nurse on these days: on the others one is away."""
    away = (
        f"{{starts_at_minutes: {first * DAY_MINUTES}, ends_at_minutes: {after * DAY_MINUTES}}}"
        for first, after in spans(~days)
    )
    outage = f"{{kind: stated, spans: [{', '.join(away)}], {NOTE}}}"
    changes = "staffing.triage_nurses.extra: 1, staffing.triage_nurses.closed_while: away, "
    changes += f"staffing.triage_nurses.closes: 1, site.outages.away: {outage}"
    return f"+study.arms.{name}={{label: {name}, triage: nurse, changes: {{{changes}}}, {NOTE}}}"


def days_of(department: int, n: int) -> dict[tuple[str, str], Floats]:
    """Number and sum of each outcome by day of n times two years in a row, shape (n_outcomes, 2, n * n_days), by arm
    and group."""
    words = [*WORDS, f"run.department={department}", f"run.replications={n}"]
    study = load(*words)
    designs = [load_designs(name)[0] for name in ("alternate_days", "by_patient")]
    more = [override for tool in TOOLS for override in overrides_of(study, tool, designs)]
    for tool in TOOLS:
        live = [[first, after - 1] for first, after in spans(WEEK_ON)]
        more.append(
            f"+study.arms.{tool}_weeks={{label: {tool} by week, triage: {tool}, changes: {{triage.live_days: {live}}}, "
            f"{NOTE}}}"
        )
    more.append(staff_present(f"{STAFF}_weeks", WEEK_ON))
    study = load(*words, *dict.fromkeys(more))
    kinds = ("", "_weeks", "_alternate_days", "_by_patient")
    known = {arm.name for arm in study.arms}
    chosen = study.of_arms(
        [f"{name}{kind}" for name in (*TOOLS, STAFF) for kind in kinds if f"{name}{kind}" in known]
    )
    daily = tuple(
        DailyOutcome(measure=name, group=group) for name in OUTCOMES for group in ("all", *HALVES)
    )
    result = simulate(replace(chosen, run=replace(chosen.run, daily=daily)))
    by_arm = {
        arm.name: np.concatenate(
            [np.asarray(one.daily).reshape(2, 3, 3, -1) for one in arm.replications], axis=-1
        )
        for arm in result.arms
    }
    groups = ("all", *HALVES)
    return {
        (arm, group): days[:, place, :2]
        for arm, days in by_arm.items()
        for place, group in enumerate(groups)
    }


def by_weeks(off: Floats, on: Floats, first_day: int) -> Floats:
    """The mean of weeks with it less that of the weeks before them, by pair of weeks, shape (n_outcomes, n)."""
    off, on = (of.reshape(len(of), 2, -1, 7)[:, :, :, first_day:].sum(axis=3) for of in (off, on))
    difference: Floats = on[:, 1, 1::2] / on[:, 0, 1::2] - off[:, 1, ::2] / off[:, 0, ::2]
    return difference


def day_on(days: Floats) -> Mask:
    """Which of the days of some times two years have the tool where days alternate."""
    return np.tile(days_on(7 * WEEKS), days.shape[-1] // (7 * WEEKS))


def by_days(days: Floats) -> Floats:
    """The mean of days with it less that of the other day of the pair, shape (n_outcomes, n_pairs)."""
    means, on = (days[:, 1] / days[:, 0]).reshape(len(days), -1, 2), day_on(days).reshape(-1, 2)
    return np.where(on[:, 0], means[..., 0] - means[..., 1], means[..., 1] - means[..., 0])


def effect(on: Floats, off: Floats) -> Floats:
    """The mean of all days of one less that of the other, shape (n_outcomes,)."""
    one, other = (of[:, 1].sum(axis=1) / of[:, 0].sum(axis=1) for of in (on, off))
    difference: Floats = one - other
    return difference


def told(values: Floats, true: Floats) -> str:
    """Means with their standard errors, and per cent of the true effect, by outcome."""
    errors = values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
    return ", ".join(
        f"{name} {mean:+.2f} ({error:.2f}) of {whole:+.2f}, "
        f"{100 * mean / whole:+.1f} ({100 * error / abs(whole):.1f}) %"
        for name, mean, error, whole in zip(
            OUTCOMES, values.mean(axis=1), errors, true, strict=True
        )
    )


def main(words: list[str]) -> int:
    """Print what switching does to each tool, department and outcome."""
    n, *departments = map(int, words or (1, *DEPARTMENTS))
    for department in departments or DEPARTMENTS:
        days = days_of(department, n)
        nurse = days["nurse", "all"]
        for name in (*TOOLS, STAFF):
            always, weeks = days[name, "all"], days[f"{name}_weeks", "all"]
            true, where = effect(always, nurse), f"{name}, department {department}"
            for first in (0, 1):
                less = by_weeks(weeks, weeks, first) - by_weeks(nurse, always, first)
                print(
                    f"{where}, weeks switched less put together, from day {first + 1}: {told(less, true)}"
                )
            if name in TOOLS:
                together = np.where(day_on(nurse), always, nurse)
                less = by_days(days[f"{name}_alternate_days", "all"]) - by_days(together)
                print(f"{where}, days switched less put together: {told(less, true)}")
                by_coin = (days[f"{name}_by_patient", group] for group in reversed(HALVES))
                whole = effect(
                    *(sum(days[arm, group] for group in HALVES) for arm in (name, "nurse"))
                )  # type: ignore[arg-type]
                shown = ", ".join(
                    f"{outcome} {half:+.2f} of {of:+.2f}"
                    for outcome, half, of in zip(OUTCOMES, effect(*by_coin), whole, strict=True)
                )
                print(
                    f"{where}, walk-ins by a coin ({COIN}: {SIDES[1]} less {SIDES[0]}): {shown}",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
