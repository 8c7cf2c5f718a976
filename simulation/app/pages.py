"""What a page shows of a question and of its result: words, tables and pictures of the package, put into templates.

All of one page is of one result, so every sentence, chart and table of it is of the same replications.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from html import escape
from pathlib import Path
from shutil import make_archive
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlencode

import simulation as ae
from simulation.app.answer import (
    Beside,
    department_words,
    of_pilot,
    over_many,
    shown,
    time_words,
    together,
    wait_words,
)
from simulation.app.asked import (
    EXAMPLE,
    MOST_ARMS,
    PLANNED,
    USUAL,
    USUAL_FOUR,
    AskedQuestion,
    arms_of,
)
from simulation.app.controls import (
    DAYS_OFFERED,
    HOURS_OFFERED,
    WORDS,
    controls,
    helps,
    team_words,
    today,
)
from simulation.app.departments import EVERY, N_DEPARTMENTS, PACKAGED, Place
from simulation.app.inside import areas, hours_tables, short_table
from simulation.app.serving import stored_facts
from simulation.app.session import MOST_REPLICATIONS, AnswerState, count_replications, first_shown
from simulation.display.document import Block, Document, Section
from simulation.display.web_page import fill
from simulation.display.words import change, labelled
from simulation.errors import AeflowError, refuse
from simulation.offers.figures import Unread, read_number, read_share
from simulation.records.serialise import read_rows
from simulation.report.screen import verdict_words
from simulation.runs.stored_run import ListedRun
from simulation.wording import capitalised

TEMPLATES = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")
CAUSES = "typical", "typical_places", "typical_pace"
"""Departments in which different things make patients wait: clinicians, cubicles, or what staff ease by speeding up."""
MORE = 40
"""Replications that 'More' adds to an answer at rest."""
MOST_ROWS = 40
"""Rows of a table of a view; the command line writes all of them."""


class View(NamedTuple):
    """A page of one result: its heading, what it is about, the kinds of its tables, its pictures, and whether these are
    of day profiles, which the first replications alone have."""

    heading: str
    about: str
    tables: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    of_profiles: bool = False


VIEWS = read_rows(Path(__file__).with_name("views.yaml"), View)
"""The views of a result, by the name in their address."""
OWN_TABLES = {"hours": hours_tables, "binding": short_table}
"""The tables of a view that no report has."""


class LocalFigure(NamedTuple):
    """A figure that a department may know of itself: words, unit, the measure as `ae.narrow` takes it, and the question
    of an offer's interview that asks for it, too."""

    label: str
    unit: str
    block: Mapping[str, str] = MappingProxyType({})
    answer: str = ""


SIZE = "size"
FIGURES = read_rows(Path(__file__).with_name("figures.yaml"), LocalFigure)
FIELDS = {**FIGURES, "days": LocalFigure("Measured over how many days", "such as 28")}


def rendered(template: str, **words: Any) -> str:
    """A template as HTML, with what every page needs."""
    return fill(template, TEMPLATES, **words)


def _views(asked: AskedQuestion, result: ae.Result | None = None) -> dict[str, str]:
    """The headings of the views of a question, by name."""
    over = bool(asked.where.ensemble) or (result is not None and result.over_departments)
    return {name: view.heading for name, view in VIEWS.items() if name != "departments" or over}


# --- the question -----------------------------------------------------------------------------------------------------


def front_page(place: Place) -> str:
    """The first page: the question, what the package's run answers to it, and three controls."""
    return rendered(
        "front.html",
        first=stored_facts(),
        change=change,
        pictured=WORDS["pictured"],
        departments=place.departments(),
        usual=USUAL_FOUR,
        arms=arms_of(place),
        alone=[*WORDS["alone"], *place.own_policies()],
        changes=WORDS["changes"],
    )


def question_page(
    asked: AskedQuestion,
    faults: Sequence[str] = (),
    kept: Mapping[str, tuple[int, int]] = MappingProxyType({}),
) -> str:
    """The page of a question, whose answer the browser asks for; or with `faults` of what was asked. `kept`: the
    replications that are kept of the question in full, and of how many, by length."""
    where, place = asked.where, asked.place
    return rendered(
        "question.html",
        asked=asked,
        teams=team_words(where, place) if not asked.file else {},
        hours_offered=HOURS_OFFERED,
        days_offered=DAYS_OFFERED,
        departments=place.departments() | {asked.department: where},
        controls=controls(),
        now=today(where, place),
        arms=arms_of(place),
        n_usual=USUAL,
        helps={**helps(), **place.own_helps()},
        faults=faults,
        kept=kept,
        most_arms=MOST_ARMS,
    )


# --- the answer -------------------------------------------------------------------------------------------------------


def answer(
    state: AnswerState,
    asked: AskedQuestion,
    most: int = MOST_REPLICATIONS,
    beside: Sequence[Beside] = (),
    as_it_is: ae.Result | None = None,
) -> str:
    """The answer as far as it is known, as a piece of a page; with other questions, `beside` it, and beside the wait
    `as_it_is`, in the department without changes."""
    n, needed, is_ended = (
        count_replications(state.result),
        first_shown(asked),
        state.step == "ended",
    )
    result = state.result if n >= needed else None
    return rendered(
        "answer.html",
        step=state.step,
        steps=WORDS["steps"],
        refused=state.refused and faults_of(state.refused),
        asked=asked,
        n=n,
        needed=needed,
        planned=PLANNED,
        packaged=PACKAGED,
        most=most,
        more=n + MORE if n >= most else most,
        time_left=time_words(most - n, result) if result and state.step == "looking" else "",
        elsewhere="" if asked.file else replace(asked.unchanged, department=EVERY).query,
        other_causes=_other_causes(asked),
        views=_views(asked),
        together=together([(asked, result), *beside]) if beside else None,
        as_it_is=wait_words(as_it_is.on_targets) if as_it_is else "",
        over_many=over_many(asked, result) if is_ended else {},
        department=department_words(asked, state.result),
        **(shown(result, asked.place, is_ended) if result else {"arms": (), "every": ()}),
    )


def _other_causes(asked: AskedQuestion) -> dict[str, str]:
    """The same question of departments in which something else makes patients wait, kept beside this one, by label;
    none unless it is about the change of one of them."""
    if asked.file or asked.department not in CAUSES or not asked.changed_arms:
        return {}
    return {
        label[:1].lower() + label[1:]: replace(asked, department=name).keeping(asked.query)
        for name in CAUSES
        if name != asked.department
        for label in [PACKAGED[name].label]
    }


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


def runs_page(
    runs: Mapping[str, ListedRun], unfinished: Sequence[ListedRun], damaged: Sequence[str]
) -> str:
    """The stored runs with their verdicts, the newest first; those that were broken off, and those that cannot be
    read."""
    return rendered(
        "runs.html",
        verdicts={name: verdict_words(run.first_verdict) for name, run in runs.items()},
        most=MOST_ROWS,
        runs=runs,
        unfinished=unfinished,
        damaged=damaged,
    )


def run_page(asked: AskedQuestion, result: ae.Result) -> str:
    """The first page of a stored run, with the ways to its views."""
    return rendered(
        "run.html",
        asked=asked,
        result=result,
        answer=first_visit(result, of_run=True),
        views=_views(asked, result),
    )


# --- views ------------------------------------------------------------------------------------------------------------


def view_page(name: str, asked: AskedQuestion, result: ae.Result | None) -> str:
    """One view of the result that is kept of a question; without one, where to begin."""
    view, views = VIEWS[name], _views(asked, result)
    n = count_replications(result)
    n_here = min(n, result.run.profiles) if result and view.of_profiles else n
    return rendered(
        "view.html",
        view=view,
        views=views,
        here=name,
        asked=asked,
        department=department_words(asked, result),
        n=n,
        n_here=n_here,
        blocks=view_document(name, result, n_here).blocks if result else (),
        areas=areas(result) if result and name == "pathway" else [],
    )


def view_document(name: str, result: ae.Result, n: int) -> Document:
    """What a view shows of `n` replications: its pictures, then the first rows of its tables."""
    view, known, blocks = VIEWS[name], result.tables, list[Block]()
    for picture in view.pictures:
        with suppress(ae.ResultsError):  # nothing to show in it
            drawn = result.figure(picture)
            blocks.append(replace(drawn, caption=f"{drawn.caption} n = {n}."))
    tables = [known[kind] for kind in view.tables if kind in known and known[kind].rows]
    for table in [*tables, *OWN_TABLES[name](result)] if name in OWN_TABLES else tables:
        of_n = "" if table.kind == "changes" else f", n = {n}"
        more = f"The first {MOST_ROWS} of {len(table.cells)} rows; the report has all."
        notes = (*table.notes, *([more] if len(table.cells) > MOST_ROWS else []))
        cells = table.cells[:MOST_ROWS]
        blocks.append(replace(table, title=f"{table.title}{of_n}", cells=cells, notes=notes))
    return Document(view.heading, (Section(tuple(blocks)),))


def narrow_page(asked: AskedQuestion, result: ae.Result | None, typed: Mapping[str, str]) -> str:
    """'What do you know of your department?': figures that are typed, and the ranges of each policy that they leave."""
    n, needed = count_replications(result), 0 if asked.run else 2 * N_DEPARTMENTS
    now: dict[str, Any] = {"sentences": (), "tables": (), "caution": "", "best": ""}
    faults: dict[str, str] = {}
    figures = {key: text for key in FIGURES if (text := typed.get(key, "").strip())}
    keys = [key for key in figures if key != SIZE]
    if result is not None and n >= needed and keys:
        try:
            days = _figure("days", typed.get("days", "28"))
            values = {key: _figure(key, text) for key, text in figures.items()}
            blocks = [{**FIGURES[key].block, "value": values[key], "days": days} for key in keys]
            now = ae.narrow(result, blocks, attendances_per_day=values.get(SIZE))._asdict()
            sham = None if result.sham is None else labelled(result, result.sham)
            now["tables"] = [
                replace(one, cells=[at for at in one.cells if at[0] != sham])
                for one in now["tables"]
            ]
        except AeflowError as error:
            faults = _by_field(error, keys)
    answers = {asks: text for key, text in figures.items() if (asks := FIGURES[key].answer)}
    return rendered(
        "narrow.html",
        asked=asked,
        fields=FIELDS,
        typed=typed,
        n=n,
        needed=needed,
        faults=faults,
        own=urlencode(answers) if now["tables"] else "",
        **now,
    )


def pilot_page(asked: AskedQuestion, result: ae.Result | None) -> str:
    """'Would a three-month pilot tell?': what it could tell of each option."""
    n, first = count_replications(result), asked.arms or EXAMPLE
    return rendered(
        "pilot.html",
        asked=asked,
        n=n,
        department=department_words(asked, result),
        first=first,
        **(of_pilot(result, first) if result and n >= first_shown(asked) else {"rows": ()}),
    )


def _figure(key: str, text: str) -> float:
    """The number in a field. Raises ConfigError, with the field in the place of its dotted path."""
    is_share = key in FIGURES and FIGURES[key].unit.endswith("%")
    try:
        return read_share(text) if is_share else read_number(text)
    except Unread:
        refuse(key, f"found '{text[:20]}'", "Write a number, as in 24.5")


def _by_field(error: AeflowError, keys: Sequence[str]) -> dict[str, str]:
    """The sentences of an error by the field that each is about, '' for none. keys: fields of the figures, in order."""
    sentences: dict[str, str] = {}
    known = {SIZE: "attendances_per_day", "days": "days"}
    for fault in getattr(error, "faults", ()):
        number = re.search(r"figures\.(\d+)", fault.where)
        fields = [fault.where, *(key for key, path in known.items() if path in fault.where)]
        field = next(filter(FIELDS.__contains__, fields), keys[int(number[1])] if number else "")
        found = re.sub(
            r"figures\.(\d+)", lambda named: f"‘{FIELDS[keys[int(named[1])]].label}’", fault.found
        )
        sentences[field] = f"{capitalised(found)}. {fault.remedy}."
    return sentences or {"": str(error)}


def packed(result: ae.Result) -> bytes:
    """The folder of a run of this result, as a zip: `aeflow report` and `ae.read` take it once it is unpacked."""
    with TemporaryDirectory() as folder:
        written = result.write(Path(folder) / "results")
        made = make_archive(f"{folder}/answer", "zip", written.parent, written.name)
        return Path(made).read_bytes()


def watched(asked: AskedQuestion, arm: str, result: ae.Result | None) -> str:
    """A day of nurse triage and of one policy as a page to watch. Raises ResultsError if there is no such policy."""
    study = asked.place.load(*asked.overrides) if result is None else result.study
    page = ae.animate(study, study.design.baseline, arm).html
    answer = escape(f"/{'run' if asked.run else ''}?{asked.address}")
    return page.replace("<main>", f'<main>\n<p><a href="{answer}">Back to the answer</a></p>', 1)
