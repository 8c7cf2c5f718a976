"""Pages of work in the background: what can be begun, how far it is, and the way to what it made."""

from collections.abc import Mapping
from urllib.parse import urlencode

from simulation.app.answer import department_words
from simulation.app.asked import AskedQuestion, Pairs
from simulation.app.background import Background, HeavyWork
from simulation.app.controls import WORDS
from simulation.app.interviewing import answers_of, checked_answers, texts_of, with_tables
from simulation.app.pages import faults_of, rendered
from simulation.errors import nearest, refuse
from simulation.records.in_memory import folder_in_memory
from simulation.wording import number_of

FILES: Mapping[str, str] = WORDS["files"]
"""Files of a run that can be kept from its page, and what they are."""


def state(background: Background, work: HeavyWork) -> str:
    """How far a piece of work is, as a piece of a page; at its end the way to what it made."""
    n_before, folder, words = (
        background.n_before(work),
        work.folder,
        WORDS["stages"].get(work.stage),
    )
    if work.stage == "waiting" and n_before:
        words = f"{number_of(n_before, 'piece')} of such work {'come' if n_before > 1 else 'comes'} first."
    return rendered(
        "work_state.html",
        work=work,
        words=words or "It begins.",
        refused=work.refused and faults_of(work.refused),
        run=folder and folder.relative_to(background.results).as_posix(),
        files={name: what for name, what in FILES.items() if folder and (folder / name).is_file()},
    )


def page(background: Background, work: HeavyWork) -> str:
    """The page of a piece of work, whose address is its own."""
    return rendered("work.html", work=work, state=state(background, work))


def offer_work(background: Background, pairs: Pairs) -> HeavyWork:
    """The page for a board out of the interview's answers, in its turn. Raises ConfigError with every fault of them."""
    answers = answers_of(pairs)
    checked = checked_answers(answers)
    checked.all_faults.refuse("The answers cannot be used")
    product = checked.values.product
    page = f"/interview?{urlencode(texts_of(answers))}"
    named, tables = with_tables(answers)
    key, about = ("offer", page), f"The page for your board: {product}"
    where = folder_in_memory(tables)
    return background.start(
        HeavyWork(key, about, page, lambda work: background.make_offer(work, named, where, product))
    )


def full_work(background: Background, asked: AskedQuestion, length: str) -> HeavyWork:
    """A question in full, in its turn. Raises ConfigError for a length that is not offered."""
    if length not in asked.lengths:
        refuse("length", f"there is no '{length[:20]}'", nearest(length[:20], asked.lengths))
    words = asked.in_full(length)
    length_words = asked.lengths[length].replace("this department", department_words(asked, None))
    in_full = f"In full: {length_words[:1].lower()}{length_words[1:]}"
    about = "; ".join((in_full, *asked.changes_words))
    key, page = (asked.place.sent, *words), f"/?{asked.query}"
    return background.start(
        HeavyWork(key, about, page, lambda work: background.run_study(work, words, asked.place))
    )
