"""Pages of work in the background: what can be begun, how far it is, and the way to what it made."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from simulation.app.answer import department_words
from simulation.app.asked import AskedQuestion
from simulation.app.background import Background, HeavyWork
from simulation.app.interviewing import answers_of, checked_answers, with_tables
from simulation.app.pages import faults_of, rendered
from simulation.errors import nearest, refuse
from simulation.records.in_memory import folder_in_memory

STAGES = {
    "elsewhere": "Another aeflow of yours on this computer is at such work. Yours begins when it has ended.",
    "checking": "Checking the load of staff, places and beds.",
    "making": "Making departments that your answers could mean.",
    "running": "Simulating every policy, with the same patients.",
    "writing": "Writing tables, pictures and pages.",
    "stopped": "Stopped.",
}
FILES = {
    "board.html": "The board's page",
    "letter.txt": "A letter to the vendor",
    "report.html": "The report: all the rest",
    "summary.csv": "The numbers",
}
"""Files of a run that can be kept from its page, and what they are."""


def state(background: Background, work: HeavyWork) -> str:
    """How far a piece of work is, as a piece of a page; at its end the way to what it made."""
    n_before, folder = background.n_before(work), work.folder
    waits = f"{n_before} piece{'s' * (n_before > 1)} of such work {'come' if n_before > 1 else 'comes'} first."
    files = (
        {}
        if folder is None
        else {name: words for name, words in FILES.items() if (folder / name).is_file()}
    )
    return rendered(
        "work_state.html",
        work=work,
        words=waits
        if work.stage == "waiting" and n_before
        else STAGES.get(work.stage, "It begins."),
        refused=None if work.refused is None else faults_of(work.refused),
        run=None if folder is None else folder.relative_to(background.results).as_posix(),
        files=files,
    )


def page(background: Background, work: HeavyWork) -> str:
    """The page of a piece of work, whose address is its own."""
    return rendered("work.html", work=work, state=state(background, work))


def offer_work(background: Background, pairs: Sequence[tuple[str, str]]) -> HeavyWork:
    """The page for a board out of the interview's answers, in its turn. Raises ConfigError with every fault of them."""
    answers = answers_of(pairs)
    checked = checked_answers(answers)
    checked.all_faults.refuse("The answers cannot be used")
    product = checked.values["product"]
    page = f"/interview?{urlencode([(key, '' if answer is None else str(answer)) for key, answer in answers.items()])}"
    named, tables = with_tables(answers)
    key, about = ("offer", page), f"The page for your board: {product}"
    where = folder_in_memory(tables)
    return background.start(
        HeavyWork(key, about, page, lambda work: background.offered(work, named, where, product))
    )


def full_work(background: Background, asked: AskedQuestion, length: str) -> HeavyWork:
    """A question in full, in its turn. Raises ConfigError for a length that is not offered."""
    if length not in asked.lengths:
        refuse("length", f"there is no '{length[:20]}'", nearest(length[:20], asked.lengths))
    words = asked.in_full(length)
    length_words = asked.lengths[length].replace("this department", department_words(asked, None))
    about = "; ".join(
        [f"In full: {length_words[:1].lower()}{length_words[1:]}", *asked.changes_words]
    )
    key, page = (asked.place.sent, *words), f"/?{asked.query}"
    return background.start(
        HeavyWork(key, about, page, lambda work: background.compared(work, words, asked.place))
    )
