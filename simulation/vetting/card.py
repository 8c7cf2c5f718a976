"""A card: what a bench found in a few sentences, tables and pictures, as one HTML page, a Word document and data."""

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from simulation.display.document import Document, Section, Words, points, print_blocks
from simulation.display.drawing import Picture
from simulation.display.files import Content, bytes_of, file_of, write_folder
from simulation.display.table import Cell, ReportTable, ReportTables
from simulation.display.web_page import fill, html_of, page
from simulation.display.word_file import word_file
from simulation.display.words import WIDTH
from simulation.records.serialise import csv_text, to_json
from simulation.runs.atomic import write_to
from simulation.study.statements import BANNER
from simulation.vetting.bench import NURSE, TOOL, Bench
from simulation.vetting.card_tables import card_pictures, card_tables
from simulation.vetting.cases import INPUTS, N_LEVELS, VARIANTS, CaseSet, facts, questions_of
from simulation.vetting.learned import Learned, LearnedAssessor, model_text
from simulation.vetting.policy_file import policy_files
from simulation.vetting.score_words import difference_words, value_words, verdict_on
from simulation.vetting.scores import SCORES
from simulation.vetting.version_change import ANSWERS, CARD, CARD_FORMAT, UNDER, VersionChange

PAGE, DOCUMENT, MODEL, FIGURES, CONFIGS = (
    "card.html",
    "card.docx",
    "model.json",
    "figures",
    "configs",
)
FOLDER = "vetting"
STATEMENT = "planning only, not for clinical use"
FILED = ("criteria", "hazards", "coverage", "changed", "changed_margins")
"""The tables that are written as CSV files as well."""
COLUMNS: Mapping[str, Sequence[str]] = facts("words")["columns"]
"""The columns of the CSV files."""
PICTURE_WIDTH = 160
"""Millimetres on an A4 sheet turned on its side."""


@dataclass(frozen=True)
class Card:
    """What a bench found. `change`: since an earlier card, if one was named."""

    bench: Bench = field(repr=False)
    change: VersionChange | None = field(default=None, repr=False)

    @property
    def verdict(self) -> str:
        """The verdict on all criteria together: met, not met, cannot tell, identical to the nurse."""
        return self.bench.word

    @property
    def title(self) -> str:
        """The tool, and on what it was tried."""
        return (
            f"{self.bench.tool}: results on {len(self.bench.cases)} cases ({self.bench.plan.name})"
        )

    @property
    def line(self) -> str:
        """The stop or go line; '' if no earlier card was named."""
        return self.change.line if self.change is not None else ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer in words, and the stop or go line if there is one."""
        return (*card_sentences(self.bench), *([self.line] if self.line else []))

    @cached_property
    def tables(self) -> ReportTables:
        """Every table by its kind, in the order of the page."""
        tables = map(with_looks, card_tables(self.bench, self.change))
        return ReportTables(tables)

    @cached_property
    def pictures(self) -> dict[str, Picture]:
        """Every picture by its name, in the order of the page."""
        return {picture.name: picture for picture in card_pictures(self.bench)}

    @cached_property
    def document(self) -> Document:
        """The card as a document: the answer, then each table with its picture."""
        line = [Words(self.line, "strong")] if self.line else []
        of_tables = [
            Section((table, *filter(None, [self.pictures.get(kind)])), table.title, kind)
            for kind, table in self.tables.items()
        ]
        answer = Section((*points(*card_sentences(self.bench)), *line))
        ends = Section((Words(BANNER, "strong"),))
        return Document(self.title, (answer, *of_tables, ends), is_wide=True)

    @property
    def page(self) -> str:
        """The card as one HTML page that loads nothing."""
        return page(self.document)

    def write(self, results: Path | str = "results") -> Path:
        """Write page, document, data, pictures and policy into `results/vetting/<name>`, and return the folder.

        The folder is `<name>-2` and on if that exists, and is written whole or not at all. Raises ResultsError.
        """
        pictures = {f"{FIGURES}/{name}.png": picture for name, picture in self.pictures.items()}
        policies = {f"{CONFIGS}/{path}": text for path, text in policy_files(self.bench).items()}
        files = {
            **_data(self),
            DOCUMENT: word_file(self.document, picture_width=PICTURE_WIDTH),
            **policies,
            **pictures,
        }
        return write_folder(Path(results) / FOLDER, self.bench.plan.name, files)

    def print(self, folder: Path) -> None:
        """Print scores, criteria, the answer in words, and where the files are. `folder`: where it was written."""
        kinds = ("scores", f"against_{NURSE}", "changed", "changed_margins", "criteria")
        print_blocks(self.tables[kind] for kind in kinds if kind in self.tables)
        print("\nIn words")
        print_blocks(points(*card_sentences(self.bench)))
        if self.line:
            print(f"\n{textwrap.fill(self.line, WIDTH)}")
        print(f"\n{BANNER}\nCard: {folder / PAGE}, {DOCUMENT}")
        if (folder / CONFIGS).is_dir():
            print(f"What it would do to waits: aeflow compare study=vetted run=weeks card={folder}")
        others = "answers.csv, matrix.csv, criteria.csv, hazards.csv, coverage.csv, figures/"
        print(f"Data: {folder / 'scores.csv'}, {others}")

    def __str__(self) -> str:
        return "\n".join((*self.sentences, BANNER))

    def _repr_html_(self) -> str:
        """The card's sentences as a notebook shows them."""
        return html_of((*points(*self.sentences), Words(BANNER, "note")))


def with_looks(table: ReportTable) -> ReportTable:
    """A table whose cells that hold a verdict are coloured by it."""
    looks = facts("words")["looks"]
    cells = [
        [Cell(text=cell, look=looks[cell]) if cell in looks else cell for cell in row]
        for row in table.rows
    ]
    return replace(table, cells=cells)


def card_sentences(bench: Bench) -> list[str]:
    """What the bench found, the verdict first; no sentence says more than its interval supports."""
    told, beside_nurse = ("exact_share", UNDER), bench.against.get(NURSE, {})
    exact, under = (value_words(bench.scores[TOOL][name], name) for name in told)
    differences = [
        (SCORES[name].capitalize(), verdict_on(estimate, name), difference_words(estimate, name))
        for name, estimate in beside_nurse.items()
        if name in told
    ]
    return fill(
        "sentences.txt",
        Path(__file__).parent,
        bench=bench,
        n_levels=N_LEVELS,
        counts=Counter(verdict.word for verdict in bench.verdicts),
        exact=exact,
        under=under,
        differences=differences,
        overall=facts("words")["overall"].get(bench.word, bench.word),
    ).splitlines()


def write_questions(cases: CaseSet, name: str, results: Path) -> Path:
    """Write the cases for a vendor to answer, without truth or nurse, and return the path. Raises ResultsError."""
    path = results / FOLDER / f"{name}-cases_to_answer.csv"
    write_to(
        path, bytes_of(path.name, questions_text(cases)), "Name another folder: results=FOLDER"
    )
    return path


def _data(card: Card) -> dict[str, Content]:
    """The page and the data of a card, by name of the file."""
    bench = card.bench
    files: dict[str, Content] = {
        PAGE: card.page,
        CARD: card_text(bench),
        ANSWERS: answers_csv(bench),
        "scores.csv": scores_text(bench),
        "matrix.csv": matrix_text(bench),
        **{file_of(table): table for kind, table in card.tables.items() if kind in FILED},
    }
    if isinstance(bench.plan.assessor, LearnedAssessor) and bench.plan.assessor.save:
        learned = Learned(bench.plan.assessor, bench.cases, bench.plan.seed)
        files[MODEL] = model_text(learned.whole(), {**bench.about, "cases": bench.cases.source})
    return files


# --- data: answers and true levels by name of the case, without a word of any complaint ---------------------------


def card_text(bench: Bench) -> str:
    """The text of card.json: what a card says."""
    cases = bench.cases
    content = {
        "format": CARD_FORMAT,
        "statement": STATEMENT,
        "name": bench.plan.name,
        "tool": bench.tool,
        "verdict": bench.word,
        "verdicts": [
            {"score": criterion.score, "group": group, "verdict": word, "why": why}
            for criterion, group, _, word, why in bench.verdicts
        ],
        "cases": {
            "name": cases.name,
            "number": len(cases),
            "synthetic": cases.synthetic,
            "yardstick": cases.yardstick,
            "source": cases.source,
            "fingerprint": cases.fingerprint,
        },
        "outcomes": bench.outcomes,
        "about": bench.about,
    }
    return to_json(content)


def answers_csv(bench: Bench) -> str:
    """CSV with a row an answer: levels, outcome, seconds, tokens, probabilities."""
    by_name = {case.name: case for case in bench.cases.cases}
    rows = []
    for answer in bench.answers:
        case, given = by_name[answer.case], answer.probabilities
        seconds = "" if answer.seconds is None else f"{answer.seconds:.3f}"
        rows.append(
            [
                *(case.name, case.truth, case.nurse),
                *(answer.variant, answer.repeat + 1, answer.outcome, answer.label),
                *(seconds, answer.tokens),
                *(map("{:.6g}".format, given) if given else [""] * N_LEVELS),
            ]
        )
    return csv_text(COLUMNS["answers"], rows)


def scores_text(bench: Bench) -> str:
    """CSV with a row a score: whose, for which group, with its interval and the yardstick."""
    parts = [(who, "", "all", estimates) for who, estimates in bench.scores.items()]
    for who, by_group in bench.by_group.items():
        parts += [(who, *group, estimates) for group, estimates in by_group.items()]
    parts += [
        (f"{TOOL} minus {who}", "", "all", estimates) for who, estimates in bench.against.items()
    ]
    parts.append((TOOL, "", "all", bench.of_answers))
    rows = [
        [who, name, *group, *map(_number, numbers), n, method, bench.cases.yardstick]
        for who, *group, estimates in parts
        for name, (*numbers, n, method) in estimates.items()
    ]
    return csv_text(COLUMNS["scores"], rows)


def matrix_text(bench: Bench) -> str:
    """CSV with a row a cell of the matrix: the number of cases, and the share with its credible interval."""
    shares, counts = np.stack(bench.matrix, axis=-1), bench.labelled[TOOL].table
    rows = [
        [true + 1, label + 1, *map(_number, (counts[true, label], *shares[true, label]))]
        for true, label in np.ndindex(N_LEVELS, N_LEVELS)
    ]
    rows += [
        [true + 1, "none", _number(n), "", "", ""] for true, n in enumerate(counts[:, N_LEVELS])
    ]
    return csv_text(COLUMNS["matrix"], rows)


def questions_text(cases: CaseSet) -> str:
    """CSV of the cases for a vendor to answer: names and inputs with complaints, but neither truth nor nurse."""
    rows = [
        [question.case.name, question.variant, *(question.inputs.get(name, "") for name in INPUTS)]
        for variant in VARIANTS
        for question in questions_of(cases, variant, 1)
    ]
    return csv_text(["case", "variant", *INPUTS], rows)


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6g}"
