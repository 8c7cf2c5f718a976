"""What a page shows of a question and of its result: words, tables and pictures of the package, put into templates.

All of one page is of one result, so every sentence, chart and table of it is of the same replications.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from pathlib import Path
from shutil import make_archive
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import simulation as ae
from simulation.app.asked import MOST_ARMS, PLANNED, USUAL, AskedQuestion, arms_of
from simulation.app.controls import controls, helps, today
from simulation.app.departments import EVERY, N_DEPARTMENTS, OWN, PACKAGED, Place
from simulation.app.desk import MOST_REPLICATIONS, Look, first_shown
from simulation.app.inside import areas, hours_tables
from simulation.app.serving import STORED
from simulation.display.table import Cell, ReportTable
from simulation.display.words import (
    amount,
    change,
    effect,
    kind_of,
    labelled,
    rests_on_claim,
    unit_words,
)
from simulation.errors import AeflowError, refuse
from simulation.explain.statements import BANNER
from simulation.offers.reading import Unread, read
from simulation.report.findings import unlike_words
from simulation.report.headlines import PATIENTS, harmed_groups
from simulation.report.templates import templates
from simulation.runs.result import Finding, Safety
from simulation.runs.store.listing import ListedRun
from simulation.study.workload import in_words

TEMPLATES = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")
WIDEST: Mapping[str, float] = {"minutes": 10.0, "share": 0.1}
"""How wide an interval may be, by unit, to be shown as a number."""
NOT_YET = "not yet"
PASSED = ("non-inferior", "no difference", "none seen")
"""Kinds of judgement by which a limit of safety is kept."""
MORE = 40
"""Replications that 'More' adds to an answer at rest."""
EARLY = 10
"""Replications below which nobody is told how many more it takes: as many as verdicts need to say so."""
MOST_ROWS = 40
"""Rows of a table of a view; the command line writes all of them."""
Beside = tuple[AskedQuestion, ae.Result | None]
"""Another question and its result, shown beside an answer; None if it is not worked out here."""
STEPS = {
    "waiting": "Others are being answered first.",
    "loading": "Reading the question.",
    "checking": "Checking the load of staff, places and beds.",
    "compiling": "Compiling the engine, once on this computer: some ten seconds.",
    "simulating": "Simulating.",
    "looking": "Still refining.",
    "ended": "Done for now.",
}


class View(NamedTuple):
    """A page of one result: its heading, what it is about, the kinds of its tables, its pictures, and whether these are
    of day profiles, which the first replications alone have."""

    heading: str
    about: str
    tables: tuple[str, ...]
    pictures: tuple[str, ...] = ()
    of_profiles: bool = False


VIEWS = {
    "who": View(
        "Who gains and who loses",
        "The same change does not reach everybody alike: by true urgency, age, way of arrival and language.",
        ("worse_off", "by_level", "by_group", "gaps", "acuity"),
        ("by_group", "acuity"),
    ),
    "day": View(
        "A day by hour",
        "When patients come, and how many are in the department.",
        ("day",),
        ("day",),
        of_profiles=True,
    ),
    "stay": View(
        "Where a stay's time goes",
        "Minutes of a mean stay, by stage.",
        ("stay",),
        ("stay",),
        of_profiles=True,
    ),
    "hours": View(
        "Bottlenecks by hour",
        "When staff, places and beds are short, and when a policy relieves them.",
        (),
        of_profiles=True,
    ),
    "binding": View(
        "What is short",
        "How busy staff, places and beds are, and who waits for what: under each policy the mean, then its difference "
        "from the baseline ± half of its 95 % interval.",
        ("binding",),
    ),
    "departments": View(
        "Over departments",
        "How far the effect differs between departments like England's.",
        ("departments:wait_to_clinician_mean:all", "what_decides"),
    ),
    "pathway": View(
        "The pathway by area",
        "What a patient goes through, how long it takes, and where each policy changes it.",
        ("changes",),
        ("pathway",),
        of_profiles=True,
    ),
    "rests": View(
        "What it rests on",
        "Each policy in a line, and what was assumed.",
        ("arms", "added_assumptions", "run"),
    ),
}
"""The views of a result, by the name in their address."""


class LocalFigure(NamedTuple):
    """A figure that a department may know of itself: words, unit, and the measure as `ae.narrow` takes it."""

    label: str
    unit: str
    block: Mapping[str, str]


FIGURES = {
    "wait": LocalFigure(
        "Mean wait for triage of walk-ins", "minutes", {"measure": "walk_in_triage_wait_mean"}
    ),
    "minutes": LocalFigure(
        "Mean minutes of a walk-in's triage", "minutes", {"measure": "walk_in_triage_minutes_mean"}
    ),
    "nurses": LocalFigure(
        "Triage nurses on duty from 10 to 23 h, mean",
        "nurses",
        {"measure": "on_duty_by_day_mean", "group": "pool=triage_nurses"},
    ),
    "four_hours": LocalFigure(
        "Share within four hours", "such as 58 %", {"measure": "within_4h_share"}
    ),
}
"""Figures that most departments can read off, and that say most about what triage does there."""


def rendered(template: str, **words: Any) -> str:
    """A template as HTML, with what every page needs."""
    return str(templates(TEMPLATES).get_template(template).render(banner=BANNER, **words))


def _views(asked: AskedQuestion, result: ae.Result | None = None) -> dict[str, str]:
    """The headings of the views of a question, by name."""
    over = bool(asked.where.ensemble) or (result is not None and result.over_departments)
    return {name: view.heading for name, view in VIEWS.items() if name != "departments" or over}


# --- the question -----------------------------------------------------------------------------------------------------


def question_page(asked: AskedQuestion, stored: str = "", faults: Sequence[str] = ()) -> str:
    """The page of a question, whose answer the browser asks for; or with the `stored` answer of the first visit; or
    with `faults` of what was asked in its place."""
    where, now = asked.where, today(asked.where, asked.place)
    return rendered(
        "question.html",
        asked=asked,
        stored=stored,
        n_packaged=len(PACKAGED),
        departments=asked.place.departments() | {asked.department: where},
        controls=[
            (control, now[key], asked.values[key])
            for key, control in controls().items()
            if key in now
        ],
        choices=_choices(asked),
        helps={**helps(), **asked.place.own_helps()},
        faults=faults,
        most_arms=MOST_ARMS,
        changes=list(changes_words(asked)),
    )


def _choices(asked: AskedQuestion) -> list[tuple[str, list[tuple[str, Any]], bool]]:
    """The policies that can be chosen: a heading, the arms, and whether they are shown at once."""
    known = arms_of(asked.place)
    arms = [(name, arm) for name, arm in known.items() if not name.startswith(OWN)]
    groups = []
    for some, is_usual in ((arms[:USUAL], True), (arms[USUAL:], False)):
        for heading, is_ai in (
            ("AI at triage" if is_usual else "Other AI", True),
            ("Without AI", False),
        ):
            of_group = [(name, arm) for name, arm in some if name.startswith("ai_") == is_ai]
            groups.append(
                (heading, of_group, is_usual or any(name in asked.arms for name, _ in of_group))
            )
    own = [(name, arm) for name, arm in known.items() if name.startswith(OWN)]
    return [("Your own policies", own, True), *groups]


def department_words(asked: AskedQuestion, result: ae.Result | None) -> str:
    """The department of a question within a sentence."""
    if asked.file or asked.run:
        return "its department" if result is None else result.study.department_words
    words = asked.where.label.partition(" (")[0]
    return f"{words[:1].lower()}{words[1:]}"


def changes_words(asked: AskedQuestion) -> Iterator[str]:
    """What the question changes of the department, in words."""
    for key, value in asked.changed:
        control = controls()[key]
        yield f"{control.label.lower()} {value:+d}{control.sign}".replace("-", "−")


# --- the answer -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownArm:
    """A policy as a row of the answer: its label, a cell a target, its verdict and its limits of safety in words.

    is_small: whether its effect is known to be too small to matter; failed: labels of the limits that it fails;
    harmed: who waits longer by more than matters; cost: a year.
    """

    name: str
    label: str
    is_tool: bool
    is_claimed: bool
    cells: tuple[Cell | str, ...]
    verdict: str
    look: str
    safety: str
    failed: tuple[str, ...]
    harmed: str
    cost: Cell | str
    is_small: bool = False


def answer(
    look: Look,
    asked: AskedQuestion,
    most: int = MOST_REPLICATIONS,
    beside: Sequence[Beside] = (),
    as_it_is: ae.Result | None = None,
) -> str:
    """The answer as far as it is known, as a piece of a page; with other questions, `beside` it, and beside the wait
    `as_it_is`, in the department without changes."""
    result, needed = look.result, first_shown(asked)
    n = 0 if result is None else len(result.replications)
    is_shown = result is not None and n >= needed
    return rendered(
        "answer.html",
        step=look.step,
        words=STEPS.get(look.step, ""),
        refused=None if look.refused is None else faults_of(look.refused),
        asked=asked,
        changes=list(changes_words(asked)),
        n=n,
        needed=needed,
        planned=PLANNED,
        full=asked.lengths,
        most=most,
        more=n + MORE if n >= most else most,
        time_left=_time(most - n, result)
        if result is not None and is_shown and look.step == "looking"
        else "",
        elsewhere="" if asked.file else replace(asked, department=EVERY, changed=()).query,
        n_elsewhere=N_DEPARTMENTS,
        views=_views(asked),
        together=_together([(asked, result if is_shown else None), *beside]) if beside else None,
        link=asked.address,
        as_it_is=_wait(as_it_is.on_targets)
        if as_it_is and len(as_it_is.replications) >= needed
        else "",
        beside_as_it_is=asked.unchanged.keeping(asked.query),
        over_many=_over_many(asked, result) if is_shown and look.step == "ended" else {},
        keep=asked.keeping(*asked.beside, asked.query),
        department=department_words(asked, result),
        **(
            shown(result, asked.place, look.step == "ended")
            if result is not None and is_shown
            else {"arms": ()}
        ),
    )


def shown(whole: ae.Result, place: Place, at_rest: bool = True) -> dict[str, Any]:
    """What the answer shows of a result: its targets and, once it is `at_rest`, who is worse off and what policies
    cost, which take longer than all else that is shown. `place`: where its ensemble is looked for."""
    slim = whole.on_targets
    arms = [_shown_arm(slim, whole if at_rest else None, name) for name in slim.judged]
    readable = [arm.name for arm in arms if arm.cells[0] != NOT_YET]
    effects = {
        "arms": arms,
        "targets": slim.targets,
        "levels": [_level(slim, one) for one in slim.targets],
    }
    effects["limits"] = [margin.label for margin in slim.design.margins]
    over = slim.study.departments
    return {
        **effects,
        "effects": {**effects, "baseline": slim.baseline.label},
        "best": _best(slim, arms),
        "none_helps": at_rest
        and all(arm.look != "not-yet" and (arm.look != "better" or arm.failed) for arm in arms),
        "better": _beyond_ai(slim, arms),
        "unsettled": _unsettled(slim, arms) if at_rest else [],
        "over": over is not None,
        "limitation": place.limitation(slim.study.choices["site"])
        if over is None
        else over.limitation,
        "today": _wait(slim),
        "wide": any(NOT_YET in arm.cells for arm in arms),
        "doubts": unlike_words(slim.arm(name).ready for name in slim.judged),
        "baseline": slim.baseline.label,
        "drawing": slim.drawing(*readable) if readable else None,
        "few": slim.few_departments,
        "unfinished": whole.n_unfinished,
        "days": slim.run.measured_days,
        "left_out": slim.study.left_out,
        "warnings": [
            words.partition(". Look at")[0] for words in whole.explanation.department_warnings
        ]
        if at_rest
        else (),
    }


def _wait(slim: ae.Result) -> str:
    """The first target under nurse triage: '96.5 minutes (93.0 to 100.1, n = 60)'; without an interval that is wide."""
    row, n = slim.row_of(slim.first_target), len(slim.replications)
    mean = amount(row.mean, row.unit).replace(" min", " minutes")
    if not row.high - row.low <= row.mean:
        return f"{mean} (n = {n})"
    return f"{mean} ({row.low:.1f} to {row.high:.1f}, n = {n})"


@cache
def _first_visit() -> Mapping[str, Any]:
    """What is known of the stored first visit: the number of its departments and, by arm, the effect on the wait as
    mean, 5th and 95th percentile over these."""
    known: Mapping[str, Any] = json.loads(STORED.with_suffix(".json").read_text(encoding="utf-8"))
    return known


def _over_many(asked: AskedQuestion, result: ae.Result | None) -> dict[str, Any]:
    """What policies of one department do over the departments of the first visit, for those that are in it."""
    if result is None or result.study.departments is not None or asked.file:
        return {}
    effects = {
        arm: values for arm, values in _first_visit()["effects"].items() if arm in asked.arms
    }
    words = [
        f"{result.arm(arm).label} {change(mean, 'minutes')} ({change(low, 'minutes')} to {change(high, 'minutes')})"
        for arm, (mean, low, high) in effects.items()
    ]
    return {"n": _first_visit()["n_departments"], "words": words} if words else {}


def _beyond_ai(slim: ae.Result, arms: Sequence[ShownArm]) -> list[str]:
    """The labels of what does surely more on the first target than every AI, untested claims left aside: apart from
    their intervals."""
    rows = {arm: slim.finding(arm.name, slim.first_target) for arm in arms}
    tools = [arm for arm in arms if arm.is_tool and not arm.is_claimed]
    others = [arm for arm in arms if not arm.is_tool]
    if not tools or not all(readable(rows[arm]) for arm in tools):
        return []
    sign = -1 if rows[arms[0]].comparison.better == "lower" else 1
    ends = {
        arm: sorted(
            (
                sign * rows[arm].comparison.difference_low,
                sign * rows[arm].comparison.difference_high,
            )
        )
        for arm in arms
    }
    return [
        arm.label
        for arm in others
        if readable(rows[arm]) and ends[arm][0] > max(ends[tool][1] for tool in tools)
    ]


def _best(slim: ae.Result, arms: Sequence[ShownArm]) -> ShownArm | None:
    """The policy with the largest effect of those that are shown to help and fail no limit of safety; None before every
    effect can be read."""
    if any(arm.look == NOT_YET.replace(" ", "-") for arm in arms):
        return None
    helping = [arm for arm in arms if arm.look == "better" and not arm.failed]
    return max(
        helping,
        key=lambda arm: abs(slim.finding(arm.name, slim.first_target).comparison.difference),
        default=None,
    )


def _together(questions: Sequence[Beside]) -> dict[str, Any]:
    """Questions side by side: a row each, the effects of every policy on the first target, each with its own n."""
    known = [(asked, None if result is None else result.on_targets) for asked, result in questions]
    results = [slim for _, slim in known if slim is not None]
    labels = {name: slim.arm(name).label for slim in results for name in slim.judged}
    rows = []
    for asked, slim in known:
        others = [one.query for one, _ in questions[1:] if one is not asked]
        rows.append(
            {
                "name": asked.name,
                "words": "; changed: ".join(
                    filter(None, (department_words(asked, slim), "; ".join(changes_words(asked))))
                ),
                "n": 0 if slim is None else len(slim.replications),
                "today": "" if slim is None else _level(slim, slim.first_target),
                "cells": [] if slim is None else [_effect(slim, name) for name in labels],
                "query": asked.query,
                "without": questions[0][0].keeping(*others),
            }
        )
    target = results[0].first_target.label if results else ""
    return {"labels": list(labels.values()), "rows": rows, "target": target}


def _effect(slim: ae.Result, name: str) -> Cell | str:
    """The effect of a policy on the first target; '–' where it is not compared."""
    return _cell(slim.finding(name, slim.first_target)) if name in slim.judged else "–"


def _level(slim: ae.Result, target: Any) -> str:
    row = slim.row_of(target)
    return amount(row.mean, row.unit)


def _shown_arm(slim: ae.Result, whole: ae.Result | None, name: str) -> ShownArm:
    findings = [slim.finding(name, target) for target in slim.targets]
    arm, first = slim.arm(name), findings[0]
    safety = [one for one in slim.safety if one.arm == name]
    is_read = readable(first)
    rows = () if whole is None else harmed_groups(whole, whole.arm(name))
    harmed = sorted(rows, key=lambda row: -abs(row.difference))
    groups = ", ".join(
        f"{PATIENTS[row.group]} {change(row.difference, row.unit)}" for row in harmed
    )
    return ShownArm(
        name=name,
        label=arm.label,
        is_tool=not arm.ready.arm.comparator,
        is_claimed=rests_on_claim(slim, arm),
        cells=tuple(_cell(finding) for finding in findings),
        verdict=_verdict(first),
        look=kind_of(first).replace(" ", "-") if is_read else "not-yet",
        safety=_safety_words(safety),
        failed=tuple(one.margin.label for one in safety if one.judgement.kind == "inferior"),
        harmed=f"{groups} {unit_words(harmed[0].unit)}" if harmed else "",
        cost="at the end" if whole is None else _cost(arm.cost),
        is_small=first.verdict.size == "less",
    )


def _cost(pounds: float | None) -> Cell | str:
    return "not stated" if pounds is None else Cell(pounds, style="rounded pounds")


def _verdict(finding: Finding) -> str:
    """The effect and its verdict: '−4.0 minutes (−5.6 to −2.3), shorter, perhaps by less than 5 min'."""
    if not readable(finding):
        return f"{NOT_YET}, as the interval is {_width(finding)} wide"
    settled = kind_of(finding) != "cannot tell"
    return (
        f"{effect(finding.comparison)}, {finding.verdict.words if settled else 'not settled yet'}"
    )


def readable(finding: Finding) -> bool:
    """Whether the interval of a difference is narrow enough to be shown as a number."""
    row = finding.comparison
    width = row.difference_high - row.difference_low
    return not math.isnan(width) and width <= WIDEST.get(row.unit, math.inf)


def _cell(finding: Finding) -> Cell | str:
    row = finding.comparison
    if not readable(finding):
        return NOT_YET
    look = kind_of(finding).replace(" ", "-")
    return Cell(
        row.difference,
        row.unit,
        row.difference_low,
        row.difference_high,
        style="difference",
        look=look,
    )


def _width(finding: Finding) -> str:
    row = finding.comparison
    width = row.difference_high - row.difference_low
    if not math.isfinite(width):
        return "infinitely"
    return f"{width:.0f} minutes" if row.unit == "minutes" else f"{100 * width:.0f} points"


def _safety_words(safety: Sequence[Safety]) -> str:
    """'passes all 3'; or by name: 'fails: Wait (levels 1-2); not settled: Left before being seen'."""
    failed = [one.margin.label for one in safety if one.judgement.kind == "inferior"]
    open_ = [one.margin.label for one in safety if _is_open(one)]
    if safety and len(open_) == len(safety):
        return f"none of {len(safety)} settled yet"
    said = [
        f"{verb}: {', '.join(labels)}"
        for verb, labels in (("fails", failed), ("not settled", open_))
        if labels
    ]
    return "; ".join(said) or f"passes all {len(safety)}"


def _is_open(safety: Safety) -> bool:
    return safety.judgement.kind not in ("inferior", *PASSED)


def _unsettled(slim: ae.Result, arms: Sequence[ShownArm]) -> dict[str, list[str]]:
    """What is not settled, by what would settle it: 'about 40 more replications': ['‘Lean triage, no AI’ (Left before
    being seen)']. Limits of a policy that fails another are left out."""
    found: dict[str, list[str]] = {}
    for arm in arms:
        finding, by_how = slim.finding(arm.name, slim.first_target), dict[str, list[str]]()
        is_open = kind_of(finding) == "cannot tell"
        judged = [(finding.target.label, finding.verdict.words, finding.verdict.n_more)] * is_open
        judged += [
            (one.margin.label, one.judgement.words, one.judgement.n_more)
            for one in slim.safety
            if one.arm == arm.name and _is_open(one) and not arm.failed
        ]
        for label, words, n_more in judged:
            by_how.setdefault(_what_settles(words, n_more, slim), []).append(label)
        for how, labels in by_how.items():
            found.setdefault(how, []).append(f"‘{arm.label}’ ({'; '.join(labels)})")
    return found


def _what_settles(words: str, n_more: int | None, slim: ae.Result) -> str:
    """What would settle a verdict, in words, with the time that it takes here."""
    if words.startswith("worse"):
        return f"{words}: more replications may tell"
    if n_more is None:
        early = f"too early to say how many replications it takes: that can be told from {EARLY} on"
        return early if len(slim.replications) < EARLY else words.rpartition(": ")[2]
    if n_more == 0:
        return "so near a limit that more replications would hardly tell"
    if slim.over_departments or len(slim.replications) + n_more > PLANNED:
        one = "departments" if slim.over_departments else "replications"
        return f"about {n_more} more {one}, which is beyond this page: work it out in full"
    return f"about {n_more} more replications, {_time(n_more, slim)}"


def _time(n: int, result: ae.Result) -> str:
    """How long so many more replications take at the pace so far: 'about 40 s'."""
    return f"about {in_words(result.manifest['wall_seconds'] / len(result.replications) * n)}"


def faults_of(error: AeflowError) -> list[str]:
    """The sentences of an error, one a fault."""
    faults = getattr(error, "faults", ())
    return [str(fault) for fault in faults] or [str(error)]


def first_visit(result: ae.Result, *, of_run: bool = False) -> str:
    """The first page of a result as the piece of a page that the first visit opens on; or the page `of_run` shows."""
    return rendered(
        "first.html",
        of_run=of_run,
        study=result.design.name,
        page=ae.first_page(result),
        n=len(result.replications),
        department=result.study.department_words
        if of_run
        else f"{result.run.departments} departments like England's",
        example=AskedQuestion().query,
    )


def runs_page(runs: Mapping[str, ListedRun]) -> str:
    """The stored runs, the newest first."""
    return rendered("runs.html", runs=runs, most=MOST_ROWS)


def run_page(asked: AskedQuestion, result: ae.Result) -> str:
    """The first page of a stored run, with the ways to its views."""
    views, of_offer = _views(asked, result), result.design.offer is not None
    shown = {"answer": first_visit(result, of_run=True), "views": views, "of_offer": of_offer}
    return rendered("run.html", asked=asked, arms=result.shown.others, **shown)


# --- views ------------------------------------------------------------------------------------------------------------


def view_page(name: str, asked: AskedQuestion, result: ae.Result | None) -> str:
    """One view of the result that is kept of a question; without one, where to begin."""
    view = VIEWS[name]
    tables: list[ReportTable] = []
    pictures: list[dict[str, str]] = []
    n = 0 if result is None else len(result.replications)
    if result is not None:
        known = result.tables
        tables = [known[kind] for kind in view.tables if kind in known and known[kind].rows]
        tables += hours_tables(result) if name == "hours" else []
        pictures = [picture for one in view.pictures if (picture := _picture(result, one))]
    return rendered(
        "view.html",
        view=view,
        views=_views(asked, result),
        here=name,
        asked=asked,
        changes=list(changes_words(asked)),
        department=department_words(asked, result),
        n=n,
        narrows="departments" in _views(asked, result),
        n_here=min(n, result.run.profiles) if result is not None and view.of_profiles else n,
        tables=tables,
        most_rows=MOST_ROWS,
        pictures=pictures,
        areas=areas(result) if result is not None and name == "pathway" else [],
    )


def narrow_page(asked: AskedQuestion, result: ae.Result | None, typed: Mapping[str, str]) -> str:
    """'What do you know of your department?': figures that are typed, and the ranges of each policy that they leave."""
    n = 0 if result is None else len(result.replications)
    now: dict[str, Any] = {"sentences": (), "tables": (), "caution": "", "best": ""}
    faults: list[str] = []
    figures = {key: text.strip() for key, text in typed.items() if key in FIGURES and text.strip()}
    needed = 0 if asked.run else 2 * N_DEPARTMENTS
    if result is not None and n >= needed and figures:
        try:
            days = _figure("days", typed.get("days", "28"))
            blocks = [
                {**FIGURES[key].block, "value": _figure(key, text), "days": days}
                for key, text in figures.items()
            ]
            now = ae.narrow(result, blocks)._asdict()
            sham = {
                labelled(result, arm) for arm in result.others if arm.name == result.design.sham
            }
            now["tables"] = [
                replace(one, cells=[at for at in one.cells if at[0] not in sham])
                for one in now["tables"]
            ]
        except AeflowError as error:
            faults = faults_of(error)
    return rendered(
        "narrow.html",
        asked=asked,
        figures=FIGURES,
        typed=typed,
        n=n,
        needed=needed,
        faults=faults,
        **now,
    )


def _figure(key: str, text: str) -> float:
    try:
        return float(read("share" if key == "four_hours" else "number", text, {}))
    except Unread:
        refuse(
            FIGURES[key].label if key in FIGURES else key,
            f"found '{text[:20]}'",
            "Write a number, as in 24.5",
        )


def _picture(result: ae.Result, name: str) -> dict[str, str] | None:
    try:
        drawn = result.figure(name)
    except ae.ResultsError:  # nothing to show in it
        return None
    uri = f"data:image/png;base64,{base64.b64encode(drawn.png).decode('ascii')}"
    return {"uri": uri, "alt": drawn.alt, "caption": drawn.caption}


def packed(result: ae.Result) -> bytes:
    """The folder of a run of this result, as a zip: `aeflow report` and `ae.read` take it once it is unpacked."""
    with TemporaryDirectory() as folder:
        written = result.write(Path(folder) / "results")
        return Path(
            make_archive(str(Path(folder) / "answer"), "zip", written.parent, written.name)
        ).read_bytes()


def report(result: ae.Result) -> str:
    """The report of a result as one page that stands alone."""
    return result.report()


def watched(asked: AskedQuestion, arm: str, result: ae.Result | None) -> str:
    """A day of nurse triage and of one policy as a page to watch. Raises ResultsError if there is no such policy."""
    study = asked.place.load(*asked.overrides) if result is None else result.study
    page, answer = (
        ae.animate(study, study.design.baseline, arm).html,
        f"/{'run' if asked.run else ''}?{asked.address}",
    )
    return page.replace(
        "<main>", f'<main>\n<p><a href="{escape(answer)}">Back to the answer</a></p>', 1
    )


def message_page(heading: str, sentences: Sequence[str]) -> str:
    """A page that says what is wrong, and what to do."""
    return rendered("message.html", heading=heading, sentences=sentences)
