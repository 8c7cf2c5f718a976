"""The card: what it says, what it never says, and what stands in its files."""

import csv
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import docx
import numpy as np
import pytest

from simulation.display.table import ReportTable
from simulation.errors import ResultsError
from simulation.records.serialise import csv_text
from simulation.study.statements import BANNER
from simulation.vetting.assessors import AnswersAssessor
from simulation.vetting.bench import NURSE, TOOL, Bench, Vetting, run_bench
from simulation.vetting.card import Card, card_sentences, write_questions
from simulation.vetting.card_tables import card_tables, change_tables
from simulation.vetting.cases import Answer, BenchAssessor, CaseSet, Question, facts
from simulation.vetting.score_words import difference_words
from simulation.vetting.scores import ScoreEstimate
from simulation.vetting.version_change import EarlierCard, change_since, read_earlier
from simulation.vetting.vet import cases_of, load_plan
from tests.golden import lines_of_html, lines_of_word
from tests.held import Hold

SCRIPT = "<script>alert(1)</script>"
Synthetic = tuple[Vetting, CaseSet]


class Fixed:
    """Errs as told: `shift` levels on every `every`-th case; states a confidence."""

    reads_text = True

    def __init__(self, shift: int = 1, every: int = 10, name: str = "=Fixed 1") -> None:
        self.name, self.shift, self.every = name, shift, every

    def answers(self, questions: list[Question]) -> list[Answer]:
        """An answer each; one in 40 is unusable."""
        return [self._answer(question) for question in questions]

    def about(self) -> dict[str, str]:
        """Words that could be markup."""
        return {"version": SCRIPT}

    def _answer(self, question: Question) -> Answer:
        number = int(question.case.name[:8], 16)
        label = min(question.case.truth + (self.shift if number % self.every == 0 else 0), 5)
        if number % 40 == 1:
            return Answer(question.case.name, question.repeat, question.variant, "refused")
        chances = tuple(0.6 if each == label else 0.1 for each in range(1, 6))
        return Answer(
            question.case.name,
            question.repeat,
            question.variant,
            "labelled",
            label,
            chances,
            0.25,
            40,
        )


@cache
def tables_of(bench: Bench) -> tuple[ReportTable, ...]:
    return tuple(card_tables(bench, None))


def table_of(bench: Bench, kind: str) -> ReportTable:
    return next(table for table in tables_of(bench) if table.kind == kind)


def benched(synthetic: Synthetic, assessor: BenchAssessor) -> Bench:
    plan, cases = synthetic
    return run_bench(replace(plan, comparators=False), cases, assessor)


@pytest.fixture(scope="module")
def many() -> Synthetic:
    """600 made-up cases, 134 of them urgent."""
    plan = load_plan("synthetic")
    return plan, cases_of(plan)


@pytest.fixture(scope="module")
def bench(many: Synthetic) -> Bench:
    """A tool that errs a level down on a tenth of the cases."""
    return benched(many, Fixed())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def folder(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its card."""
    return Card(bench).write(tmp_path_factory.mktemp("results"))


def test_a_card_is_one_page_that_loads_nothing_and_says_what_it_is_not_for(folder: Path) -> None:
    page = (folder / "card.html").read_text(encoding="utf-8")
    assert page.count(BANNER) == 2
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"<(script|link|iframe)|(src|href)=\"(?!data:image/png;base64,)", page)
    for name in ("matrix", "groups", "calibration", "abstention", "answers"):
        assert (folder / "figures" / f"{name}.png").stat().st_size > 1000
    assert page.count("<img") == len(list((folder / "figures").iterdir()))


def test_the_words_of_page_document_and_files_are_those_that_were_read(
    folder: Path, golden: Callable[[str, str], None]
) -> None:
    golden("vetting/card-page.txt", lines_of_html((folder / "card.html").read_text("utf-8")))
    golden("vetting/card-word.txt", lines_of_word((folder / "card.docx").read_bytes()))
    files = sorted(path for path in folder.rglob("*.csv") if path.name != "answers.csv")
    texts = [f"## {path.name}\n{path.read_text('utf-8-sig')}" for path in files]
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    golden("vetting/card-files.txt", "\n".join((*texts, "## files", *names)))


@pytest.mark.slow
def test_the_card_in_word_holds_the_same_words_tables_and_pictures(
    folder: Path, bench: Bench
) -> None:
    document = docx.Document(str(folder / "card.docx"))
    output = [paragraph.text for paragraph in document.paragraphs]
    assert [each for each in card_sentences(bench) if each not in output] == []
    tables = [*Card(bench).tables.values()]
    assert len(document.tables) == len(tables)
    assert [len(each.rows) for each in document.tables] == [1 + len(table.rows) for table in tables]
    hazards = document.tables[-2].rows
    assert tuple(cell.text for cell in hazards[0].cells) == table_of(bench, "hazards").headers
    assert tuple(cell.text for cell in hazards[1].cells) == table_of(bench, "hazards").rows[0]
    assert len(document.inline_shapes) == len(list((folder / "figures").iterdir()))
    assert all(shape._inline.docPr.get("descr") for shape in document.inline_shapes)
    assert document.sections[0].header.paragraphs[0].text == BANNER
    assert document.sections[0].page_width > document.sections[0].page_height


def test_no_file_says_that_a_tool_complies_or_holds_a_complaint(folder: Path, bench: Bench) -> None:
    texts = {
        path: path.read_text(encoding="utf-8")
        for path in folder.glob("*.*")
        if path.suffix != ".docx"
    }
    with zipfile.ZipFile(folder / "card.docx") as parts:
        texts[folder / "card.docx"] = parts.read("word/document.xml").decode("utf-8")
    assert len(texts) >= 8
    complaints = {case.complaint for case in bench.cases.cases}
    for path, text in texts.items():
        assert not re.search(
            r"(?i)compl(iant|ies with|iance)", text.replace("complies with anything", "")
        ), path
        assert not [each for each in complaints if each in text], path


def test_every_figure_stands_beside_what_it_is_held_against(bench: Bench) -> None:
    for table in tables_of(bench):
        if table.kind in (
            "criteria",
            "scores",
            "matrix",
            "groups",
            "hazards",
        ) or table.kind.startswith("against"):
            assert bench.cases.yardstick_words in " ".join((table.title, *table.notes)), table.kind


def test_the_answer_counts_verdicts_and_says_that_cases_are_made_up(
    bench: Bench, hold: Hold
) -> None:
    output = " ".join(card_sentences(bench))
    hold(output, "follows for patients")
    assert f"asked about {len(bench.cases)} cases" in output
    n_met = sum(verdict.word == "met" for verdict in bench.verdicts)
    assert f"{n_met} met" in output


@pytest.mark.parametrize("level", [1, 3, 5])
def test_the_answer_says_that_a_level_has_no_case(
    many: Synthetic, bench: Bench, level: int, hold: Hold
) -> None:
    sentence = "known about them"
    assert sentence not in card_sentences(bench)
    plan, cases = many
    without = replace(cases, cases=tuple(case for case in cases.cases if case.truth != level))
    hold(card_sentences(benched((plan, without), Fixed())), sentence)  # type: ignore[arg-type]


def test_a_difference_without_an_interval_is_told_without_one() -> None:
    assert (
        difference_words(ScoreEstimate(0.1, np.nan, np.nan, 2, "resampled"), "kappa_quadratic")
        == "+0.10 (–)"
    )


def test_answers_and_scores_are_stored_as_they_are(folder: Path, bench: Bench, hold: Hold) -> None:
    with (folder / "answers.csv").open(encoding="utf-8-sig", newline="") as file:
        answers = list(csv.DictReader(file))
    assert len(answers) == len(bench.answers)
    assert {row["outcome"] for row in answers} == {"labelled", "refused"}
    with (folder / "scores.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["who"] == TOOL and row["group"] == "all"]
    stored = {row["score"]: float(row["value"]) for row in rows}
    assert stored["exact_share"] == pytest.approx(bench.scores[TOOL]["exact_share"].value, abs=1e-5)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert card["verdict"] == bench.word
    hold(card["statement"])


def test_no_cell_of_a_card_is_a_formula(folder: Path) -> None:
    for path in folder.glob("*.csv"):
        for row in csv.reader(path.read_text(encoding="utf-8-sig").splitlines()):
            for cell in row:
                assert cell[:1] not in "=@+-" or not cell or cell[1:2].isdigit(), (path.name, cell)
    assert csv_text(["a"], [["=1+1"], ["-2.5"], ["@x"]]) == "a\n'=1+1\n-2.5\n'@x\n"


@pytest.mark.slow
def test_a_second_card_does_not_write_over_the_first(bench: Bench, folder: Path) -> None:
    before = (folder / "card.html").read_bytes()
    second = Card(bench).write(folder.parents[1])
    assert second.name == "synthetic-2"
    assert (folder / "card.html").read_bytes() == before == (second / "card.html").read_bytes()


def test_hazards_have_a_measured_frequency_and_leave_severity_to_the_safety_officer(
    bench: Bench,
) -> None:
    table = table_of(bench, "hazards")
    assert table.headers[-3:] == ("severity", "residual risk", "owner")
    assert all(row[5:] == ("", "", "") for row in table.rows)
    assert all(row[1] and row[2] and row[4] for row in table.rows)
    assert [row[0] for row in table.rows] == [
        f"H{number}" for number in range(1, len(table.rows) + 1)
    ]
    measured = [row[3] for row in table.rows if row[3] != "not measured"]
    assert len(measured) >= 8
    assert all(
        re.match(r"\d+\.\d % \(\d+\.\d to \d+\.\d\), of \d+ cases", each) for each in measured
    )


def test_an_answer_that_does_not_repeat_is_counted_as_a_hazard_not_one_that_does(
    bench: Bench,
) -> None:
    (row,) = [
        row
        for row in table_of(bench, "hazards").rows
        if row[1] == "the same question gets another answer"
    ]
    assert bench.of_answers["repeatable_share"].value == 1.0
    assert row[3].startswith("0.0 % (0.0 to ")


def test_the_nurse_who_errs_with_the_tool_is_counted_from_pairs(bench: Bench) -> None:
    tool, nurse = (bench.labelled[who].labels[:, 0] for who in (TOOL, NURSE))
    truth = bench.labelled[TOOL].truth
    both = (tool > truth) & (nurse > truth) & (truth < 2)
    (row,) = [
        row
        for row in table_of(bench, "hazards").rows
        if row[1].startswith("the nurse makes the same mistake")
    ]
    assert row[3].startswith(f"{100 * both.sum() / (truth < 2).sum():.1f} %")


@pytest.mark.slow
def test_local_performance_is_not_claimed_from_made_up_cases(bench: Bench, hold: Hold) -> None:
    rows = {row[:2]: row[2:] for row in table_of(bench, "coverage").rows}
    local = (
        "NHS AI and Digital Regulations Service",
        "local validation: performance on local data",
    )
    assert rows[local][0] == "no"
    real = replace(bench, cases=replace(bench.cases, synthetic=False))
    assert {row[:2]: row[2] for row in table_of(real, "coverage").rows}[local] == "partly"
    items = [(text, item) for text, items in facts("coverage").items() for item in items]
    assert not [
        item
        for text, item in items
        if item.get("of_patients") and rows[text, item["item"]][0] != "no"
    ]
    hold(sorted({row[1] for row in rows.values()}))
    assert all("check the current version" in note for note in table_of(bench, "coverage").notes)


def test_what_a_vendor_says_of_its_model_is_not_called_measured(bench: Bench, hold: Hold) -> None:
    answers = AnswersAssessor(kind="answers", file="x.csv", product="Acme 2.1")
    theirs = replace(bench, plan=replace(bench.plan, assessor=answers))
    status = {row[1]: row[3] for row in table_of(theirs, "coverage").rows}
    hold(status["model, version, settings, seed"])
    assert {row[1]: row[3] for row in table_of(bench, "coverage").rows}[
        "model, version, settings, seed"
    ] == "measured"


def test_the_cases_for_a_vendor_hold_neither_truth_nor_nurse(
    synthetic: Synthetic, tmp_path: Path
) -> None:
    path = write_questions(synthetic[1], "synthetic", tmp_path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * len(synthetic[1])
    assert {"case", "variant", "complaint", "age"} <= set(rows[0])
    assert not {"truth", "nurse", "level", "label"} & set(rows[0])


# --- a new version against an earlier card -------------------------------------------------------------------


def test_a_version_that_is_no_worse_may_go_on(many: Synthetic, folder: Path, hold: Hold) -> None:
    """Where every group has enough cases, and every bound is met."""
    plan, cases = many
    criteria = tuple(
        replace(
            each,
            by=("sex",) if each.by else (),
            at_most=0.05 if each.score == "unusable_share" else each.at_most,
        )
        for each in plan.criteria
    )
    better = benched((replace(plan, criteria=criteria), cases), Fixed(every=10**9, name="Fixed 2"))  # type: ignore[arg-type]
    change = change_since(better, read_earlier(folder))
    assert change.go
    hold(change.line, "Fixed 2 meets every criterion")
    assert change.differences["under_share"].high < 0


@pytest.mark.slow
def test_a_version_that_errs_a_level_down_is_stopped_with_the_reason(
    many: Synthetic, folder: Path, hold: Hold
) -> None:
    worse = benched(many, Fixed(every=1, name="Fixed 3"))  # type: ignore[arg-type]
    change = change_since(worse, read_earlier(folder))
    assert not change.go
    assert change.line.startswith("Stop: under-triage of levels 1-2, everybody: +")
    hold(change.line, "be at most 5 points beyond")
    assert change.line in change_tables(worse, change)[0].notes
    assert change.line in Card(worse, change).page.replace("&#39;", "'")


def test_the_same_version_on_few_cases_is_stopped_until_there_are_enough(
    synthetic: Synthetic,
    hold: Hold,
) -> None:
    """22 urgent cases cannot show that nothing changed by five points, even where nothing did."""
    few = benched(synthetic, Fixed())  # type: ignore[arg-type]
    earlier = EarlierCard("Fixed 1", few.cases.fingerprint, "written", few.labelled[TOOL])
    change = change_since(few, earlier)
    assert not change.go
    assert "cannot be told" in change.line
    hold(change.line, "true levels 1-2 would settle")


def test_an_earlier_card_of_other_cases_or_none_is_refused(
    bench: Bench, folder: Path, tmp_path: Path, hold: Hold
) -> None:
    earlier = read_earlier(folder)
    with hold.refusal(ResultsError, match="other cases"):
        change_since(bench, earlier._replace(fingerprint="other"))
    with hold.refusal(ResultsError, match="gave at triage, .* are not comparable"):
        change_since(bench, earlier._replace(yardstick="physician"))
    with hold.refusal(ResultsError, match="bench"):
        read_earlier(tmp_path)
    for text in ('{"format": 1}', "[" * 100_000, f'{{"format": {"9" * 5_000}}}'):
        (tmp_path / "card.json").write_text(text, encoding="utf-8")
        with hold.refusal(ResultsError, match="bench"):
            read_earlier(tmp_path)


@pytest.mark.parametrize("column", ["repeat", "truth", "label"])
@pytest.mark.parametrize("value", ["-1", "101", "1" + "0" * 12, "9" * 30, "9" * 5_000, "x"])
def test_answers_of_an_earlier_card_that_cannot_be_are_refused_at_once(
    folder: Path, tmp_path: Path, column: str, value: str
) -> None:
    """None of them takes memory for so many repeats, or ends in a traceback."""
    for name in ("card.json", "answers.csv"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    header, first, *others = (tmp_path / "answers.csv").read_text("utf-8-sig").splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True)) | {column: value}
    lines = [header, ",".join(cells.values()), *others]
    (tmp_path / "answers.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ResultsError, match=tmp_path.name):
        read_earlier(tmp_path)


def test_an_earlier_card_keeps_its_labels(bench: Bench, folder: Path) -> None:
    earlier = read_earlier(folder)
    assert np.array_equal(earlier.labelled.labels, bench.labelled[TOOL].labels)
