"""A new version against an earlier card: go needs every criterion, for everybody and by group."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulation.vetting import card
from simulation.vetting.bench import Bench, Criterion, run_bench
from simulation.vetting.card import Card
from simulation.vetting.card_tables import change_tables
from simulation.vetting.cases import Answer, Case, CaseSet, Question, case_set
from simulation.vetting.version_change import VersionChange, change_since, read_earlier
from simulation.vetting.vet import load_plan
from tests.held import Hold

Rule = Callable[[int], int]
"""The label of the case of a number."""


@pytest.fixture(scope="module", autouse=True)
def _data_alone() -> Iterator[None]:
    """Cards are written without page, document and pictures: `read_earlier` reads their data."""
    with pytest.MonkeyPatch.context() as patch:
        for name, empty in (("page", ""), ("document", None), ("pictures", {})):
            patch.setattr(Card, name, empty)
        patch.setattr(card, "word_file", lambda document, picture_width: b"")
        yield


class ByRule:
    """Labels by the number of the case."""

    reads_text = False

    def __init__(self, name: str, rule: Rule) -> None:
        self.name, self._rule = name, rule

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """The rule's label for each, one in its turn that is 0 refused."""
        labels = [self._rule(int(question.case.complaint)) for question in questions]
        return [
            question.answered("labelled", label) if label else question.answered("refused")
            for question, label in zip(questions, labels, strict=True)
        ]

    def about(self) -> dict[str, str]:
        """Nothing."""
        return {}


def right(number: int) -> int:
    return 2


def cases_with(nurse: Rule, n: int = 600) -> CaseSet:
    """Cases of level 2, a quarter of them in Polish."""
    rows = [
        Case(
            f"row {k}", {"complaint": str(k), "language": "pl" if k % 4 == 0 else "en"}, 2, nurse(k)
        )
        for k in range(n)
    ]
    return case_set(rows, name="made", yardstick="panel", synthetic=True, source="a test")


def bound(score: str, most: float, **changes: object) -> Criterion:
    return Criterion(score=score, at_most=most, evidence="assumed", source="a test", **changes)  # type: ignore[arg-type]


UNDER = bound("under_triage_1_2_share", 0.1, against="nurse", by=("language",))
OVER = bound("over_share", 0.1, against="nurse")


def benched(cases: CaseSet, name: str, rule: Rule, *criteria: Criterion) -> Bench:
    plan = replace(load_plan("synthetic"), criteria=criteria, comparators=False, repeats=1)
    return run_bench(plan, cases, ByRule(name, rule))


def changed(folder: Path, new: Rule, nurse: Rule, *criteria: Criterion) -> VersionChange:
    """A version with these labels, held against an earlier one that is right throughout."""
    cases = cases_with(nurse)
    earlier = read_earlier(Card(benched(cases, "Acme 1", right, *criteria)).write(folder))
    return change_since(benched(cases, "Acme 2", new, *criteria), earlier)


def test_a_version_that_over_triages_by_more_than_the_margin_is_stopped(
    tmp_path: Path, hold: Hold
) -> None:
    """A quarter more than before, though not much more than the nurse: her criterion is met."""
    change = changed(
        tmp_path,
        lambda k: 1 if k % 4 == 1 else 2,
        lambda k: 1 if k % 20 in (1, 5, 9, 13) else 2,
        UNDER,
        OVER,
    )
    assert change.differences["over_share"].value == pytest.approx(0.25)
    assert change.differences["under_triage_1_2_share"].value == 0
    hold(change.line, "+25.0 points (+21")
    hold(change.line, "be at most 10 points beyond")


def test_a_version_that_under_triages_one_language_by_more_than_the_margin_is_stopped(
    tmp_path: Path,
) -> None:
    """The change for everybody is within the margin, and so is that language beside the nurse."""
    change = changed(
        tmp_path, lambda k: 3 if k % 20 == 0 else 2, lambda k: 3 if k % 20 == 0 else 2, UNDER, OVER
    )
    assert change.differences["under_triage_1_2_share"].high < 0.1
    assert change.line.startswith(
        "Stop: under-triage of levels 1-2, language: pl: +20.0 points (+1"
    )
    assert "everybody" not in change.line


def test_a_bound_that_cannot_be_told_is_no_go_and_one_that_is_met_is(
    tmp_path: Path, hold: Hold
) -> None:
    for most, go in ((0.02, False), (0.05, True)):
        unusable = bound("unusable_share", most)
        change = changed(
            tmp_path / str(most), lambda k: 0 if k % 100 == 0 else 2, right, UNDER, unusable
        )
        assert change.go == go, change.line
    hold(change.line, "worse than Acme 1 by more than")


def test_a_bound_that_asks_to_be_better_than_the_nurse_is_no_margin_between_versions(
    tmp_path: Path,
    hold: Hold,
) -> None:
    better = replace(UNDER, at_most=-0.02, by=())
    nurse_errs: Rule = lambda k: 3 if k % 10 == 0 else 2  # noqa: E731
    assert changed(tmp_path, right, nurse_errs, better, UNDER).go
    change = changed(tmp_path / "alone", right, nurse_errs, better)
    hold(change.line, "margin for under_triage_1_2_share against")


def test_every_margin_is_shown_by_group_and_the_line_names_three_reasons(
    tmp_path: Path, hold: Hold
) -> None:
    over = replace(OVER, by=("language",))
    cases = cases_with(right)
    folder = Card(benched(cases, "Acme 1", right, UNDER, over)).write(tmp_path)
    bench = benched(cases, "Acme 2", lambda k: 1 if k % 2 else 3, UNDER, over)
    change = change_since(bench, read_earlier(folder))
    table = change_tables(bench, change)[1]
    assert [row[1] for row in table.rows] == ["everybody", "language: en", "language: pl"] * 2
    n_not_met = sum(row[5] == "not met" for row in table.rows)
    assert change.line.count("must be") == 3
    hold(change.line, f"{2 * n_not_met - 3} more")
    assert (Card(bench, change).write(tmp_path) / "changed_margins.csv").is_file()


def test_alike_cases_are_paired_with_themselves_however_many_there_are(tmp_path: Path) -> None:
    """Twelve patients who are the same to an assessor; names end in -2 to -12."""
    rows = [Case(f"row {k}", {"heart_rate": 7.0}, 1 + k % 5, 3) for k in range(12)]
    cases = case_set(rows, name="alike", yardstick="panel", synthetic=True, source="a test")
    labels = {case.name: case.truth for case in cases.cases}
    plan = replace(load_plan("synthetic"), criteria=(UNDER,), comparators=False, repeats=1)
    tool = ByRule("Acme", right)
    tool.answers = lambda questions: [
        each.answered("labelled", labels[each.case.name]) for each in questions
    ]  # type: ignore[method-assign]
    bench = run_bench(plan, cases, tool)
    earlier = read_earlier(Card(bench).write(tmp_path))
    assert np.array_equal(earlier.labelled.labels, bench.labelled["tool"].labels)


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (lambda k: {0: 4, 1: 1, 2: 4, 3: 2}[k % 4], "everybody: +25.0 points"),
        (lambda k: 2 if k % 2 else 5, "levels 3-5: +100.0 points"),
    ],
    ids=["over", "under"],
)
def test_a_version_that_is_worse_in_an_error_without_a_margin_is_stopped(
    tmp_path: Path, new: Rule, reason: str, hold: Hold
) -> None:
    """Over-triage has a bare bound alone, which both versions meet."""
    right_of_both: Rule = lambda k: 2 if k % 2 else 4  # noqa: E731
    rows = [
        Case(f"row {k}", {"complaint": str(k), "language": "en"}, *[right_of_both(k)] * 2)
        for k in range(600)
    ]
    cases = case_set(rows, name="made", yardstick="panel", synthetic=True, source="a test")
    criteria = (replace(UNDER, by=()), bound("over_share", 0.6))
    earlier = read_earlier(Card(benched(cases, "Acme 1", right_of_both, *criteria)).write(tmp_path))
    bench = benched(cases, "Acme 2", new, *criteria)
    assert {verdict.word for verdict in bench.verdicts} == {"met"}
    change = change_since(bench, earlier)
    assert not change.go
    hold(change.line, reason)
    assert change_since(benched(cases, "Acme 2", right_of_both, *criteria), earlier).go
