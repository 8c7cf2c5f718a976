"""Weeks put together from arms that were always on, against weeks in which the tool was truly switched.

`python tests/long/switched.py` simulates four departments of the ensemble, that with the longest wait among them, two
years each: without the tool, with it, and with it in every second week (in the others an outage of it is stated). It
prints by how much the mean difference of weeks on and off is nearer to 0 where weeks were truly switched, in minutes of
the wait to a clinician and of that for triage, with its standard error over pairs of weeks; and the same without the
first day of each week. It takes about half a minute of one processor.
"""

import sys

import numpy as np

from simulation.config import load
from simulation.measures.daily import DailyOutcome
from simulation.records.schema import Floats
from simulation.runs.running import simulate

WEEKS = 104
WEEK_MINUTES = 7 * 1440
OUTCOMES = ("wait_to_clinician_mean", "walk_in_triage_wait_mean")
TOOLS = ("ai_scribe_measured", "lean_triage")


def days_of(department: int, tool: str) -> dict[str, Floats]:
    """Number and sum of each outcome by week and day, shape (n_outcomes, 2, WEEKS, 7), by arm."""
    first = [(28 + 7 * week) * 1440 for week in range(0, WEEKS, 2)]
    spans = (f"{{starts_at_minutes: {at}, ends_at_minutes: {at + WEEK_MINUTES}}}" for at in first)
    note = "evidence: assumed, source: switched"
    study = load(
        "study=ai_triage",
        "run=evaluation",
        "run.departments=null",
        f"run.department={department}",
        "run.replications=1",
        "run.start_week=0",
        f"+study.arms.switched={{label: switched, triage: {tool}, {note}, "
        f"changes: {{site.outages.triage_tool: {{kind: stated, spans: [{', '.join(spans)}], {note}}}}}}}",
    ).of_arms([tool, "switched"])
    daily = tuple(DailyOutcome(measure=measure) for measure in OUTCOMES)
    run = type(study.run)(**{**vars(study.run), "daily": daily})
    result = simulate(type(study)(**{**vars(study), "run": run}))
    return {
        arm.name: np.asarray(arm.replications[0].daily).reshape(len(daily), 3, WEEKS, 7)[:, :2] for arm in result.arms
    }


def by_pairs(off: Floats, on: Floats, first_day: int) -> Floats:
    """The mean of weeks with the tool less that of the weeks before them, by pair of weeks, shape (n_outcomes, n)."""
    means = [of[:, :, :, first_day:].sum(axis=3) for of in (off[:, :, ::2], on[:, :, 1::2])]
    without, with_tool = (of[:, 1] / of[:, 0] for of in means)
    difference: Floats = with_tool - without
    return difference


def main(words: list[str]) -> int:
    """Print the attenuation of each tool, department and outcome."""
    for tool in TOOLS:
        for department in map(int, words or ("0", "1", "2", "52")):
            days = days_of(department, tool)
            nurse, always, switched = days["nurse"], days[tool], days["switched"]
            whole = (of[:, 1].sum(axis=(1, 2)) / of[:, 0].sum(axis=(1, 2)) for of in (always, nurse))
            true = np.subtract(*whole)
            for first_day in (0, 1):
                less = by_pairs(switched, switched, first_day) - by_pairs(nurse, always, first_day)
                errors = less.std(axis=1, ddof=1) / np.sqrt(less.shape[1])
                told = ", ".join(
                    f"{name} {mean:+.2f} ({error:.2f}) of {effect:+.2f}"
                    for name, mean, error, effect in zip(OUTCOMES, less.mean(axis=1), errors, true, strict=True)
                )
                print(f"{tool}, department {department}, from day {first_day + 1}: {told}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
