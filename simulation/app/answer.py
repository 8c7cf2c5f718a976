"""What an answer of the app says: the question in words, each policy as a row, and what would settle what is open."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import simulation as ae
from simulation.app.asked import CHANGED, FOLLOWED, OPPOSITE, PLANNED, AskedQuestion
from simulation.app.controls import WORDS
from simulation.app.departments import Place
from simulation.app.serving import stored_facts
from simulation.app.session import count_replications
from simulation.display.table import Cell, difference_cell
from simulation.display.words import PATIENTS, amount, change, effect, unit_words
from simulation.offers.product import PILOTS
from simulation.records.serialise import read_yaml
from simulation.report.board import WAIT, could_tell
from simulation.report.findings import unlike_words
from simulation.report.first_page import harmed_words, more_by_cause_words
from simulation.report.money import stated_cost
from simulation.report.outcome import ArmOutcome, outcome_of
from simulation.report.verdict_tables import verdict_rule
from simulation.runs.result import Finding
from simulation.statistics.compare import Comparison
from simulation.statistics.verdict import Judgement, Verdict
from simulation.study.offered_load import in_words

WIDEST: Mapping[str, float] = {"minutes": 10.0, "share": 0.1}
"""How wide an interval may be, by unit, to be shown as a number; that of a large effect half as wide as the effect."""
NOT_YET = "not yet"
DEPENDS = "; it depends on what makes patients wait"
EARLY = 10
"""Replications below which nobody is told how many more it takes: as many as verdicts need to say so."""
TRIAGE_WAIT = "walk_in_triage_wait_mean"
ALIKE = 0.1
"""How far waits for triage may lie apart, as a share of one of them, and be called alike."""
OF_CHANGE = {
    (measure, group): words
    for name, words in read_yaml(Path(__file__).with_name("changed.yaml")).items()
    for measure, group in [name.split()]
}
"""What is shown of a changed department beside that of today, by measure and group."""
Beside = tuple[AskedQuestion, ae.Result | None]
"""Another question and its result, shown beside an answer; None if it is not worked out here."""


def department_words(asked: AskedQuestion, result: ae.Result | None) -> str:
    """The department of a question within a sentence."""
    if asked.file or asked.run:
        return "its department" if result is None else result.study.department_words
    words = asked.where.label.partition(" (")[0]
    return f"{words[:1].lower()}{words[1:]}"


@dataclass(frozen=True)
class ShownArm:
    """A policy as a row of the answer: what becomes of it; then in words a cell a target, its verdict, its limits of
    safety, who waits longer by more than matters, and its cost a year. look: the kind of verdict that colours it."""

    outcome: ArmOutcome
    cells: tuple[Cell | str, ...]
    verdict: str
    look: str
    safety: str
    harmed: str
    cost: Cell | str


def shown(whole: ae.Result, place: Place, at_rest: bool = True) -> dict[str, Any]:
    """What the answer shows of a result: its targets and, once it is `at_rest`, who is worse off and what policies
    cost, which take longer than all else that is shown. `place`: where its ensemble is looked for."""
    slim = whole.on_targets
    outcomes = [outcome_of(slim, name) for name in slim.judged]
    every = [_shown_arm(one, whole if at_rest else None) for one in outcomes]
    changed = [one for one in every if one.outcome.arm.name in (CHANGED, FOLLOWED, OPPOSITE)]
    arms = [one for one in every if one not in changed]
    known = [one for one in outcomes if readable(one.first)]
    over, best = slim.study.departments, _best(arms)
    return {
        "result": slim,
        "every": every,
        "arms": arms,
        "changed": changed,
        "against_today": (rows := against_today(whole, changed)),
        "on_days": _on_days_words(whole, rows),
        "levels": [_level(slim, one) for one in slim.targets],
        "best": best,
        "on_average": best is not None and bool(best.outcome.overtaken(outcomes)),
        "none_helps": at_rest and bool(arms) and len(known) == len(outcomes) and best is None,
        "better": _beyond_ai(outcomes),
        "unsettled": _unsettled(slim, outcomes) if at_rest else [],
        "limitation": over.limitation if over else place.limitation(slim.study.choices["site"]),
        "today": wait_words(slim),
        "wide": not all(readable(finding) for one in outcomes for finding in one.effects),
        "doubts": unlike_words(slim.arm(name).ready for name in slim.judged),
        "drawing": slim.drawing(*(one.arm.name for one in known)) if known else None,
        "rule": verdict_rule(slim),
        "warnings": whole.explanation.department_warnings if at_rest else (),
    }


def against_today(
    whole: ae.Result, changed: Sequence[ShownArm]
) -> list[tuple[str, str, list[Cell | str]]]:
    """The changed department beside that of today, a row a measure: first those who come on the days of a change, at
    the end whose waits change."""
    own = {(name, "all"): one.label for name, one in whole.design.measures.items()}
    measures, rows = {**own, **OF_CHANGE}, []
    slim = whole.slim(*measures)
    for (measure, group), words in measures.items() if changed else ():
        if slim.has(measure, group):
            today = slim.before(measure, group)
            cells = [
                _cell(one.outcome, slim.row(one.outcome.arm.name, measure, group))
                for one in changed
            ]
            rows.append((words, amount(today.mean, today.unit), cells))
    return rows


def _on_days_words(whole: ae.Result, rows: Sequence[tuple[str, str, list[Cell | str]]]) -> str:
    """What a change of some weekdays does to those who come on them: 'Mean wait for a clinician, Mondays, if nobody
    else covers: 131.7 min today, +123.4 (+118.6 to +128.1).'; '' if every day is changed, or with two ends."""
    if not whole.design.measures or not rows or len(rows[0][2]) > 1:
        return ""
    words, today, (cell,) = rows[0]
    return f"{words}, if nobody else covers: {today} today, {cell}."


def wait_words(slim: ae.Result) -> str:
    """The first target under nurse triage: '96.5 minutes (93.0 to 100.1, n = 60)'; without an interval that is wide."""
    row, n = slim.row_of(slim.first_target), len(slim.replications)
    mean = amount(row.mean, row.unit).replace(" min", " minutes")
    if not row.high - row.low <= row.mean:
        return f"{mean} (n = {n})"
    return f"{mean} ({row.low:.1f} to {row.high:.1f}, n = {n})"


def of_pilot(result: ae.Result, first: Sequence[str]) -> dict[str, Any]:
    """What a pilot of three months could tell: how closely it measures either wait, and a row an option, those of
    `first` before the others, with the effects on both and whether each could be told."""
    triage, rows = WORDS["triage_pilot"], []
    pilots = {WAIT: PILOTS["before-after"][1:], (TRIAGE_WAIT, "all"): triage}
    slim = result.slim(*pilots)
    for name in sorted({*slim.judged} - {slim.design.sham}, key=[*first, *slim.judged].index):
        effects = [slim.row(name, *wait) for wait in pilots]
        found = [could_tell(row.difference, *pilots[row.measure, row.group]) for row in effects]
        outcome = outcome_of(slim, name)
        rows.append((outcome.arm.label, *(_cell(outcome, row) for row in effects), found))
    return {"pilots": PILOTS, "triage": triage, "rows": rows}


def over_many(asked: AskedQuestion, result: ae.Result | None) -> dict[str, Any]:
    """What policies of one department do to the wait over the departments of the stored first visit, for those that are
    in it: mean, and 5th and 95th percentile."""
    if result is None or result.study.departments is not None or asked.file:
        return {}
    first = stored_facts()
    effects = {
        result.arm(arm).label: [change(minutes, "minutes") for minutes in of]
        for arm, of in first["effects"].items()
        if arm in asked.arms
    }
    here = result.slim((TRIAGE_WAIT, "all"))
    wait = here.before(TRIAGE_WAIT, "all").mean if here.has(TRIAGE_WAIT) else math.nan
    there = first["triage_wait"]
    waits = (wait, there) if abs(wait - there) > ALIKE * there else ()
    return {"n": first["n_departments"], "effects": effects, "waits": waits} if effects else {}


def _beyond_ai(outcomes: Sequence[ArmOutcome]) -> list[str]:
    """The labels of what does surely more on the first target than every AI, untested claims left aside: apart from
    their intervals, and whatever makes patients wait."""
    tools = [one for one in outcomes if one.is_tool and not one.is_claimed]
    if not tools or not all(readable(one.first) for one in tools):
        return []
    most = max(_gain(one)[1] for one in tools)
    return [
        one.arm.label
        for one in outcomes
        if not one.is_tool and readable(one.first) and _gain(one)[0] > most
        if all(one.behind(tool) < 0 for tool in tools)
    ]


def _gain(outcome: ArmOutcome) -> tuple[float, float]:
    """The ends of the interval of an effect on the first target, as gains."""
    row = outcome.with_range(outcome.first.comparison)
    low, high = row.difference_low, row.difference_high
    return (-high, -low) if row.better == "lower" else (low, high)


def _best(arms: Sequence[ShownArm]) -> ShownArm | None:
    """The policy with the largest effect of those that are shown to help and fail no limit of safety; None before every
    effect can be read."""
    helping = [arm for arm in arms if arm.look == "better" and not arm.outcome.fails]
    if not all(readable(arm.outcome.first) for arm in arms):
        return None
    return max(helping, key=lambda arm: abs(arm.outcome.first.comparison.difference), default=None)


def together(questions: Sequence[Beside]) -> dict[str, Any]:
    """Questions side by side: a row each, the effects of every policy on the first target, each with its own n."""
    known = [(asked, result and result.on_targets) for asked, result in questions]
    results = [slim for _, slim in known if slim is not None]
    labels = {name: slim.arm(name).label for slim in results for name in slim.judged}
    rows = []
    for asked, slim in known:
        words, n = department_words(asked, slim), count_replications(slim)
        effects = {name: _cells(outcome_of(slim, name))[0] for name in slim.judged} if slim else {}
        rows.append((asked, words, n, slim and _level(slim, slim.first_target), effects))
    target = results[0].first_target.label if results else ""
    return {"labels": labels, "rows": rows, "target": target}


def _level(slim: ae.Result, target: Any) -> str:
    row = slim.row_of(target)
    return amount(row.mean, row.unit)


def _shown_arm(outcome: ArmOutcome, whole: ae.Result | None) -> ShownArm:
    """A row of the answer; who is worse off, what it costs and what hangs on the cause, from the `whole` result."""
    first, verdict, harmed = outcome.first, _verdict(outcome), ""
    cost: Cell | str = "at the end"
    if whole is not None:
        verdict += more_by_cause_words(outcome) + DEPENDS * (outcome.depends == "depends")
        cost = stated_cost(outcome.arm, "rounded pounds")
        if rows := sorted(
            outcome_of(whole, first.arm).harmed, key=lambda row: -abs(row.difference)
        ):
            sized, rest = ([row for row in rows if _is_narrow(row) is so] for so in (True, False))
            known = [f"{harmed_words(sized)} {unit_words(rows[0].unit)}"] if sized else []
            names = ", ".join(PATIENTS[row.group] for row in rest)
            harmed = "; ".join([*known, *[f"{names} ({NOT_YET} sized)"] * bool(rest)])
    return ShownArm(
        outcome,
        cells=_cells(outcome),
        verdict=verdict,
        look=first.kind if readable(first) else "not-yet",
        safety=_safety_words(outcome),
        harmed=harmed,
        cost=cost,
    )


def _verdict(outcome: ArmOutcome) -> str:
    """The effect and its verdict: '−4.0 minutes (−5.6 to −2.3), shorter, perhaps by less than 5 min'."""
    finding, row = outcome.first, outcome.first.comparison
    if not readable(finding):
        width = row.difference_high - row.difference_low
        words = f"{width:.0f} minutes" if row.unit == "minutes" else f"{100 * width:.0f} points"
        wide = words if math.isfinite(width) else "infinitely"
        return f"{NOT_YET}, as the interval is {wide} wide"
    words = "not settled yet" if _is_open(outcome) else finding.verdict.words
    return f"{effect(outcome.with_range(row))}, {words}"


def _is_open(outcome: ArmOutcome) -> bool:
    """Whether more replications may settle the first verdict: not that of departments held to records."""
    return outcome.first.kind == "cannot-tell" and not outcome.result.study.held_to_records


def readable(finding: Finding) -> bool:
    """Whether the interval of a difference is narrow enough to be shown as a number."""
    return _is_narrow(finding.comparison)


def _is_narrow(row: Comparison) -> bool:
    widest = max(WIDEST.get(row.unit, math.inf), abs(row.difference) / 2)
    return row.difference_high - row.difference_low <= widest


def _cells(outcome: ArmOutcome) -> tuple[Cell | str, ...]:
    """The effect on each target, that on the first target first."""
    return tuple(_cell(outcome, one.comparison, one.kind) for one in outcome.effects)


def _cell(outcome: ArmOutcome, row: Comparison, look: str = "") -> Cell | str:
    """A difference with the range of the effect or its interval, if noise leaves it narrow enough to be shown."""
    return difference_cell(outcome.with_range(row), look=look) if _is_narrow(row) else NOT_YET


def _safety_words(outcome: ArmOutcome) -> str:
    """'passes all 3'; or by name: 'fails: Wait (levels 1-2); not settled: Left before being seen'."""
    limits = outcome.limits
    if limits.judged and len(limits.open) == len(limits.judged):
        return f"none of {len(limits.judged)} settled yet"
    said = []
    for state, verb in (("fails", "fails"), ("may fail", "may fail"), ("open", "not settled")):
        if labels := [one.margin.label for one in limits.judged if one.state == state]:
            said.append(f"{verb}: {', '.join(labels)}")
    return "; ".join(said) or f"passes all {len(limits.judged)}"


def _unsettled(slim: ae.Result, outcomes: Sequence[ArmOutcome]) -> dict[str, list[str]]:
    """What is not settled, by what would settle it: 'about 40 more replications': ['‘Lean triage, no AI’ (Left before
    being seen)']. Limits of a policy that fails another are left out."""
    found: dict[str, dict[str, list[str]]] = {}
    for outcome in outcomes:
        first, limits = outcome.first, outcome.limits
        judged: list[tuple[str, Verdict | Judgement]] = []
        if _is_open(outcome):
            judged.append((first.target.label, first.verdict))
        if limits.verb != "fails":
            judged += [
                (one.margin.label, one.judgement) for one in limits.judged if one.state != "passes"
            ]
        for label, judgement in judged:
            of_arms = found.setdefault(_what_settles(judgement, slim), {})
            of_arms.setdefault(outcome.arm.name, []).append(label)
    return {
        how: [f"‘{slim.arm(name).label}’ ({'; '.join(labels)})" for name, labels in arms.items()]
        for how, arms in found.items()
    }


def _what_settles(judged: Verdict | Judgement, slim: ae.Result) -> str:
    """What would settle a verdict, in words, with the time that it takes here."""
    n_more = judged.n_more
    if judged.kind == "worse":
        return f"{judged.words}: more replications may tell"
    if n_more is None:
        early = f"too early to say how many replications it takes: that can be told from {EARLY} on"
        return early if len(slim.replications) < EARLY else judged.why or judged.words
    if n_more == 0:
        return "so near a limit that more replications would hardly tell"
    if slim.over_departments or len(slim.replications) + n_more > PLANNED:
        one = "departments" if slim.over_departments else "replications"
        return f"about {n_more} more {one}, which is beyond this page: work it out in full"
    return f"about {n_more} more replications, {time_words(n_more, slim)}"


def time_words(n: int, result: ae.Result) -> str:
    """How long so many more replications take at the pace so far: 'about 40 s'."""
    return f"about {in_words(result.manifest['wall_seconds'] / len(result.replications) * n)}"
