"""What evaluations would report, at full size: `python tests/long/evaluations.py WHAT [DEPARTMENTS [WORLD ...]]`.

`designs`    every packaged design with the sham, the scribe and lean triage in three worlds (still, usual, shared)
`published`  two published evaluations at their own size: twelve months before and after, and 131 weekdays by lot
`value`      what three designs are worth for two priors, and a tool that is worth no evaluation
`charts`     weeks until charts notice that a tool answers worse
`cost`       processor seconds of 2,000 trials of each design, and of the simulated weeks

Simulated weeks are kept in the working folder (`bank_*.pickle`), so a second question takes seconds. Sixty departments
take about six minutes of two processors for each world, and a dozen for the two published evaluations.
"""

import pickle
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import stats

from simulation.config import load
from simulation.evaluation.charts import chart_results
from simulation.evaluation.design import BeforeAfter, EvaluatedOutcome, EvaluationDesign
from simulation.evaluation.evaluate import daily_of, load_designs, outcomes_of, overrides_of
from simulation.evaluation.operating import (
    OperatingFigure,
    Pounds,
    Stakes,
    design_values,
    operating_characteristics,
)
from simulation.evaluation.trials import Bank, bank_of, days_on
from simulation.measures.definitions import definition_of
from simulation.measures.measuring import DailyOutcome
from simulation.measures.quantities import NOTHING_OWN
from simulation.runs.result import simulate
from simulation.study.study import Study
from tests.evaluation.made import operating

TOOLS = ("ai_scribe_measured", "lean_triage")
WORLDS = ("still", "usual", "shared")
DAY = 1440
NOTE = "evidence: assumed, source: evaluations"
WAIT = EvaluatedOutcome(
    label="Wait to first clinician", measure="wait_to_clinician_mean", role="wait"
)
STAY = EvaluatedOutcome(label="Time in the department", measure="stay_mean", role="wait")


def of_size(n: int, *words: str) -> Study:
    """A study over n departments with two years each."""
    return load(*words, "run=evaluation", f"run.replications={n}", f"run.departments={n}")


def kept(name: str, study: Study) -> Bank:
    """The simulated weeks of a study, simulated once."""
    path = Path(f"bank_{name}_{study.run.replications}.pickle")
    if not path.exists():
        began = time.perf_counter()
        path.write_bytes(pickle.dumps(bank_of(simulate(study))))
        print(
            f"# {name}: {len(study.arms)} arms simulated in {time.perf_counter() - began:.0f} s",
            flush=True,
        )
    bank: Bank = pickle.loads(path.read_bytes())
    return bank


def world(scenario: str, n: int) -> Bank:
    """The weeks of one world under both tools and the sham, with days and patients truly switched."""
    designs, words = load_designs("all"), ("study=ai_triage", f"scenario={scenario}")
    switched = [design for design in designs if design.is_simulated]
    first = of_size(n, *words)
    study = of_size(
        n,
        *words,
        *dict.fromkeys(word for tool in TOOLS for word in overrides_of(first, tool, switched)),
    )
    arms = [arm.name for arm in study.arms if arm.name.startswith(TOOLS)]
    chosen = study.of_arms([study.design.null_arm, *arms])
    daily = daily_of(outcomes_of(designs), switched)
    return kept(scenario, replace(chosen, run=replace(chosen.run, daily=daily)))


def designs(n: int, *worlds: str) -> None:
    """A row for each design, world and outcome: false alarms, and what is found of each tool."""
    print(
        "| design | world | outcome | sham | scribe, right / wrong | lean, right / wrong | ± | bias of lean |"
    )
    print("|---|---|---|---|---|---|---|---|")
    packaged = load_designs("all")
    outcomes = [
        outcome
        for outcome in outcomes_of(packaged)
        if outcome.measure in (WAIT.measure, "walk_in_triage_wait_mean")
    ]
    outcomes = [outcome for outcome in outcomes if outcome.group == "all"]
    for scenario in worlds or WORLDS:
        bank = world(scenario, n)
        own = [replace(design, analyses=design.analyses[:1]) for design in packaged]
        found = list(operating_characteristics(bank, own, outcomes, ("sham", *TOOLS)))
        for sham, scribe, lean in (found[place : place + 3] for place in range(0, len(found), 3)):
            tools = " | ".join(
                f"{share(tool.right)} / {100 * tool.wrong.value:.0f}" for tool in (scribe, lean)
            )
            print(
                f"| {sham.design.label} | {scenario} | {sham.outcome.label} | {share(sham.significant)} | {tools} "
                f"| {lean.half_width:.1f} | {lean.bias.value:+.1f} of {lean.true:+.1f} |",
                flush=True,
            )


def share(figure: OperatingFigure) -> str:
    """'5.1 (4.0 to 6.2)', in per cent."""
    return f"{100 * figure.value:.1f} ({100 * max(figure.low, 0):.1f} to {100 * min(figure.high, 1):.1f})"


def published(n: int) -> None:
    """Two published evaluations, both known from abstracts: twelve months before and after a quicker triage (Villa et
    al. 2018, Int J Qual Health Care 30:375: median 5.92 to 2.80 minutes, -3.4 adjusted, 95 % -3.6 to -3.2; stay
    similar), and weekdays by lot with a doctor and a nurse at triage (Cheng et al. 2013, BMC Emerg Med 13:17)."""
    arm = (
        "+study.arms.quick={label: Quick triage, triage: lean_triage, "
        f"changes: {{triage.readings.share.factor: {{value: 0.47, range: [0.4, 1], {NOTE}}}}}, {NOTE}}}"
    )
    outcomes = [
        EvaluatedOutcome(label="Triage", measure="walk_in_triage_minutes_mean", role="mechanism"),
        EvaluatedOutcome(
            label="Wait for triage", measure="walk_in_triage_wait_mean", role="mechanism"
        ),
        WAIT,
        STAY,
    ]
    study = of_size(n, "study=ai_triage", arm).of_arms(["sham", "quick"])
    run = replace(study.run, daily=tuple(outcome.daily for outcome in outcomes))
    bank = kept("villa", replace(study, run=run))
    series = EvaluationDesign(
        label="Twelve months before and after",
        departments=1,
        weeks=104,
        switching=BeforeAfter(kind="before_after", before_weeks=52),
        randomised="not randomised",
        analyses=("least_squares", "weekly_t", "patients_t"),
        evidence="published",
        source="Villa et al. 2018",
    )
    for outcome in outcomes:
        for analysis in series.analyses:
            sham, tool = (
                operating(bank, series, analysis, outcome, name, n_trials=1_000)
                for name in ("sham", "quick")
            )
            print(
                f"12 + 12 months, {outcome.label}, {analysis}: true {tool.true:+.2f} ± {tool.half_width:.2f}, false "
                f"alarms {share(sham.significant)}, found {share(tool.right)}, opposite {100 * tool.wrong.value:.0f}"
            )
    _weekdays(n)


TEAM = "team_hours"


def _weekdays(n: int) -> None:
    """A doctor and a nurse more from 8:00 to 14:30 on weekdays drawn by lot, over 26 weeks: 65 days with, 65 without.

    Published: median time to a doctor 55 minutes instead of 81, of those who came in these hours."""
    on = days_on(182)
    away = ", ".join(
        f"{{starts_at_minutes: {DAY * day + 480}, ends_at_minutes: {DAY * day + 870}}}"
        for day in np.flatnonzero(~on)
        if day % 7 < 5
    )
    shift = "[{hours: 8-14:30, number: 1, days: mon-fri}]"
    extra = f"staffing.doctors.extra_shifts: {shift}, staffing.triage_nurses.extra_shifts: {shift}"
    closed = ", ".join(
        f"staffing.{pool}.closed_while: away, staffing.{pool}.closes: 1"
        for pool in ("doctors", "triage_nurses")
    )
    outage = f"site.outages.away: {{kind: stated, spans: [{away}], {NOTE}}}"
    study = load(
        "study=ai_triage",
        "run=evaluation",
        "run.measured_days=182",
        f"run.replications={2 * n}",
        f"run.departments={n}",
        f"+study.groups.{TEAM}={{kind: hours, hours: '8-14:30', days: mon-fri}}",
        f"+study.arms.team={{label: Team, triage: nurse, changes: {{{extra}}}, {NOTE}}}",
        f"+study.arms.by_lot={{label: Team by lot, triage: nurse, changes: {{{extra}, {closed}, {outage}}}, {NOTE}}}",
    ).of_arms(["team", "by_lot"])
    daily = DailyOutcome(measure=WAIT.measure, group=TEAM)
    bank = kept("weekdays", replace(study, run=replace(study.run, daily=(daily,))))
    weekday = np.arange(182) % 7 < 5
    means = {
        arm: of[:, 0, 1][:, weekday] / of[:, 0, 0][:, weekday] for arm, of in bank.days.items()
    }
    is_on = on[weekday]
    true = (means["team"].mean(axis=1) - means["nurse"].mean(axis=1)).mean()
    for arm, what in (("nurse", "nothing"), ("by_lot", "team by lot")):
        test = stats.ttest_ind(means[arm][:, is_on], means[arm][:, ~is_on], axis=1)
        interval = test.confidence_interval()
        shown, half = (interval.low + interval.high) / 2, (interval.high - interval.low) / 2
        error = shown.std(ddof=1) / np.sqrt(len(shown))
        print(
            f"130 weekdays by lot, {what}: shown {shown.mean():+.1f} ({error:.1f}), always {true:+.1f}, "
            f"± {half.mean():.1f}, p < 0.05 in {100 * (test.pvalue < 0.05).mean():.0f} of 100 ({len(shown)} runs)"
        )


def value(n: int) -> None:
    """What three designs are worth for two priors, and of a tool that is worth no evaluation."""
    bank = world("usual", n)
    three = [load_designs(name)[0] for name in ("before_after", "alternate_weeks", "stepped_wedge")]
    for tool, price in (("lean_triage", 165_500.0), ("ai_scribe_measured", 165_301.0)):
        for prior in (0.25, 0.5):
            stakes = Stakes(prior=prior, price=price, hour=15.0, years=3.0, cost=20_000.0)
            for worth in design_values(bank, three, WAIT, ("sham", tool), stakes, n_trials=2_000):
                print(
                    f"{tool}, prior {prior:g}, {worth.design.label}: to know {pounds(worth.perfect)}, to evaluate "
                    f"{pounds(worth.evaluated)}, if p < 0.05 {pounds(worth.significant)} a year; over three years, "
                    f"less its cost, {worth.net.value / 1000:+.0f}k (± {worth.net.half_width / 1000:.0f}k)"
                )


def pounds(figure: Pounds) -> str:
    """'45k (± 3k)'."""
    return f"{figure.value / 1000:.1f}k (± {figure.half_width / 1000:.1f}k)"


def charts(n: int) -> None:
    """Weeks until three charts notice that a tool answers worse at all hours, and at a quarter of them."""
    always = (
        "+study.arms.always={label: Answers worse, triage: ai_degrades, control: works, changes: "
    )
    always += f"{{site.outages.triage_tool_degraded.share: 1}}, {NOTE}}}"
    study = of_size(n, "study=failures", "ensemble=england", always).of_arms(
        ["works", "degraded", "always"]
    )
    outcomes = outcomes_of(load_designs("all"))
    bank = kept(
        "failures",
        replace(study, run=replace(study.run, daily=tuple(outcome.daily for outcome in outcomes))),
    )

    def worse(outcome: EvaluatedOutcome) -> int:
        return -1 if definition_of(outcome.measure, NOTHING_OWN).better == "higher" else 1

    for failing in ("degraded", "always"):
        for chart in chart_results(bank, outcomes, "works", failing, worse=worse):
            print(
                f"{failing}, {chart.outcome.label}, {chart.chart}: {chart.alarms:.1f} false alarms a year "
                f"({chart.alarms_by_department[0]:.1f} to {chart.alarms_by_department[1]:.1f}), noticed in "
                f"half a year {100 * chart.noticed:.0f} %, weeks {chart.weeks:.0f} ({chart.by_department[0]:.0f} to "
                f"{chart.by_department[1]:.0f})"
            )


def cost(n: int) -> None:
    """Processor seconds of 2,000 trials with nothing and with a tool, and of simulating four arms in this process."""
    study = of_size(n, "study=ai_triage", "executor=serial").of_arms(["sham", *TOOLS])
    began = time.process_time()
    bank = bank_of(simulate(study))
    print(
        f"{len(study.arms)} arms of {n} departments: {time.process_time() - began:.0f} s",
        flush=True,
    )
    for design in load_designs("all"):
        for analysis in () if design.is_simulated else design.analyses:
            began = time.process_time()
            operating(bank, design, analysis, WAIT, TOOLS[1])
            print(f"{design.label}, {analysis}: {time.process_time() - began:.1f} s")


def main(words: list[str]) -> int:
    """Answer one of the questions."""
    asked = {
        "designs": designs,
        "published": published,
        "value": value,
        "charts": charts,
        "cost": cost,
    }
    what, size, *worlds = [*words, *("designs", "60")[len(words) :]]
    asked[what](int(size), *worlds)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
