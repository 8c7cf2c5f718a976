"""One conformance suite for every assessor, and what each does besides."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simulation.errors import ConfigError
from simulation.triage.matrix import LabelTable
from simulation.vetting import learned as learned_models
from simulation.vetting.assessors import (
    AnswersAssessor,
    ByMatrix,
    FromFile,
    Majority,
    MatrixAssessor,
)
from simulation.vetting.bench import Vetting, run_bench
from simulation.vetting.cases import (
    BenchAssessor,
    Case,
    CaseSet,
    Question,
    case_set,
    label_table,
    questions_of,
)
from simulation.vetting.learned import (
    Learned,
    LearnedAssessor,
    costs_of,
    fit_odds,
    model_text,
    odds_chances,
    read_model,
    stratified_folds,
)
from simulation.vetting.llm import Llm, LlmAssessor, Prompt, Setting
from tests.held import Hold

from .conftest import EXACT_NURSE, PUBLISHED
from .fake_server import level, serving

Synthetic = tuple[Vetting, CaseSet]
Build = Callable[[CaseSet, Path], BenchAssessor]


def by_matrix(cases: CaseSet, folder: Path, rows: list[list[int]] | None = None) -> BenchAssessor:
    counts = tuple(tuple(float(each) for each in row) for row in rows or PUBLISHED)
    table = LabelTable(counts=counts, evidence="assumed", source="x")
    return ByMatrix(MatrixAssessor(kind="matrix", table=table), seed=1)


def from_file(cases: CaseSet, folder: Path) -> BenchAssessor:
    rows = [f"{case.name},{case.nurse},1" for case in cases.cases] + [f"{cases.cases[0].name},,2"]
    return answering(cases, folder, *rows)


def answering(
    cases: CaseSet, folder: Path, *rows: str, header: str = "case,label,repeat"
) -> FromFile:
    path = folder / "answers.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return FromFile(AnswersAssessor(kind="answers", file=str(path), product="Acme 2.1"), cases)


def learned(cases: CaseSet, **changes: object) -> Learned:
    return Learned(LearnedAssessor(kind="learned", **{"folds": 3, **changes}), cases, seed=1)  # type: ignore[arg-type]


BUILDS: dict[str, Build] = {
    "matrix": by_matrix,
    "answers": from_file,
    "majority": lambda cases, folder: Majority(cases),
    "logistic": lambda cases, folder: learned(cases),
    "proportional odds": lambda cases, folder: learned(cases, model="proportional_odds"),
    "balanced, abstains": lambda cases, folder: learned(cases, balanced=True, abstains_below=0.5),
}


@pytest.fixture(params=[*BUILDS, "language model"])
def assessor(request: pytest.FixtureRequest, synthetic: Synthetic, tmp_path: Path) -> BenchAssessor:
    """Each assessor, on the made-up cases."""
    if request.param in BUILDS:
        return BUILDS[request.param](synthetic[1], tmp_path)
    server = request.getfixturevalue("server_address")
    stated = LlmAssessor(kind="llm", address=server, model="fake", prompt="test")
    return Llm(stated, Setting(prompt=Prompt(name="test", system="x", asks="{case}")))


@pytest.fixture
def server_address():  # type: ignore[no-untyped-def]
    """A server that always says 3."""
    with serving(level(3)) as server:
        yield server.address


def test_every_assessor_gives_one_sound_answer_a_question_in_any_order(
    assessor: BenchAssessor, synthetic: Synthetic
) -> None:
    questions = [
        *questions_of(synthetic[1], "as_written", 2),
        *questions_of(synthetic[1], "injected", 1),
        *questions_of(synthetic[1], "rephrased", 1),
    ][::4]
    answers = assessor.answers(questions)
    assert [(each.case, each.repeat, each.variant) for each in answers] == [
        (each.case.name, each.repeat, each.variant) for each in questions
    ]
    assert all((each.outcome == "labelled") == (each.label is not None) for each in answers)
    assert {each.label for each in answers} <= {None, 1, 2, 3, 4, 5}
    for each in answers:
        assert not each.probabilities or sum(each.probabilities) == pytest.approx(1)
    order = np.random.default_rng(2).permutation(len(questions))
    again = assessor.answers([questions[place] for place in order])
    assert [(each.label, each.outcome) for each in again] == [
        (answers[place].label, answers[place].outcome) for place in order
    ]
    assert all(isinstance(text, str) for text in assessor.about().values())
    assert assessor.answers([]) == []


def test_a_matrix_errs_as_often_as_it_says(synthetic: Synthetic, tmp_path: Path) -> None:
    questions = questions_of(synthetic[1], "as_written", 200)
    answers = by_matrix(synthetic[1], tmp_path).answers(questions)
    urgent = [
        each.label
        for each, question in zip(answers, questions, strict=True)
        if question.case.truth == 3
    ]
    share = PUBLISHED[2][3] / sum(PUBLISHED[2])
    assert urgent.count(4) / len(urgent) == pytest.approx(
        share, abs=4 * np.sqrt(share / len(urgent))
    )
    exact = by_matrix(synthetic[1], tmp_path, EXACT_NURSE).answers(questions[:120])
    assert [each.label for each in exact] == [question.case.truth for question in questions[:120]]


# --- a vendor's answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "outcome"),
    [
        ("3,", "labelled"),
        ("3.0,", "labelled"),
        (",", "abstained"),
        ("0,", "out_of_range"),
        ("6,", "out_of_range"),
        ("urgent,", "out_of_range"),
        ("3.5,", "out_of_range"),
        (",refused", "refused"),
        (",timed_out", "timed_out"),
        ("2,cut_off", "cut_off"),
    ],
)
def test_a_vendors_answer_is_counted_as_what_it_is(
    cells: str, outcome: str, synthetic: Synthetic, tmp_path: Path
) -> None:
    cases = synthetic[1]
    file = answering(cases, tmp_path, f"{cases.cases[0].name},{cells}", header="case,label,outcome")
    first, second = file.answers([Question(case) for case in cases.cases[:2]])
    assert first.outcome == outcome
    assert second.outcome == "missing"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["nobody,3,1"], "line 2: there is no case 'nobody'"),
        (
            ["CASE,3,1"] * 6,
            "5 rows (lines 3, 4, 5 and 2 more): a second answer to case 'CASE'. Number repeats from 1",
        ),
        (
            ["a,3,1", "b,3,1", "c,1,1", "d,1,1"],
            "4 rows (lines 2, 3, 4 and 1 more): there is no case 'a' and the like",
        ),
        (["CASE,3,1", "CASE,4,1"], "line 3: a second answer to case"),
        (["CASE,3,0"], "line 2: repeat is 0, not a whole number from 1 to 100"),
        (["CASE,3,x"], "line 2: repeat is 'x', not a number"),
    ],
)
def test_a_mistake_in_a_vendors_file_is_named_by_line(
    rows: list[str], message: str, synthetic: Synthetic, tmp_path: Path
) -> None:
    cases = synthetic[1]
    with pytest.raises(ConfigError) as caught:
        answering(cases, tmp_path, *(row.replace("CASE", cases.cases[0].name) for row in rows))
    assert message.replace("CASE", cases.cases[0].name) in str(caught.value)


@pytest.fixture
def numbered() -> CaseSet:
    """Three cases with numbers of the user's own, at a department with three levels."""
    rows = [
        Case(f"line {n}", {"complaint": f"cough {n}"}, (1, 3, 5)[n], own_id=f"A-001{n}")
        for n in range(3)
    ]
    levels = {"urgent": 1, "standard": 3, "minor": 5}
    return case_set(
        rows, name="ours", yardstick="panel", synthetic=False, source="a test", levels=levels
    )


def test_answers_may_name_cases_by_their_own_numbers_and_levels_by_their_own_names(
    numbered: CaseSet, tmp_path: Path
) -> None:
    (last,) = (case for case in numbered.cases if case.own_id == "A-0012")
    file = answering(
        numbered,
        tmp_path,
        "A-0010,urgent,1",
        " A-0011 ,3,1",
        f"{last.name},minor,1",
        "A-0010,odd,2",
    )
    labels = {
        case.own_id: [file.answers([Question(case, repeat)])[0].label for repeat in (0, 1)]
        for case in numbered.cases
    }
    assert labels == {"A-0010": [1, None], "A-0011": [3, None], "A-0012": [5, None]}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            ["A-0099,3,1"],
            "line 2: there is no case 'A-0099'. Answer the cases of cases_to_answer.csv, by the names in ",
        ),
        (["A-0099,3,1"], "in its first column or by your own case numbers"),
        ([",3,1"], "line 2: names no case. Answer the cases"),
        (["A-0010,3,1", "NAME,3,1"], "line 3: a second answer to case 'NAME'"),
        (["A-0010,3,1", "A-0010,3,1"], "line 3: a second answer to case 'A-0010'"),
    ],
)
def test_a_case_number_that_is_none_or_comes_twice_is_named_by_line(
    rows: list[str], message: str, numbered: CaseSet, tmp_path: Path
) -> None:
    (name,) = (case.name for case in numbered.cases if case.own_id == "A-0010")
    with pytest.raises(ConfigError) as caught:
        answering(numbered, tmp_path, *(row.replace("NAME", name) for row in rows))
    assert message.replace("NAME", name) in str(caught.value)


def test_probabilities_that_do_not_add_up_are_refused(
    synthetic: Synthetic, tmp_path: Path, hold: Hold
) -> None:
    header = "case,label,p_1,p_2,p_3,p_4,p_5"
    with hold.refusal(ConfigError, match="add up to 1"):
        answering(
            synthetic[1], tmp_path, f"{synthetic[1].cases[0].name},3,.1,.1,.1,.1,.1", header=header
        )


# --- learned -------------------------------------------------------------------------------------------------


def test_no_case_is_labelled_by_a_model_that_has_seen_it(
    synthetic: Synthetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each case's inputs are marked; the marks that a fit saw and those that it then labelled have none in common."""
    cases = synthetic[1]
    seen: list[set[str]] = []
    whole = learned_models.fit_model

    def watched(config, inputs, truth):  # type: ignore[no-untyped-def]
        seen.append({str(sorted(each.items())) for each in inputs})
        return whole(config, inputs, truth)

    monkeypatch.setattr(learned_models, "fit_model", watched)
    model = learned(cases)
    for fold, _ in model._models(0):
        mine = {str(sorted(case.inputs.items())) for case in cases.cases if case.name in fold}
        assert not mine & seen.pop(0)
    assert seen == []


def test_folds_hold_each_level_evenly(synthetic: Synthetic) -> None:
    cases = synthetic[1]
    folds = stratified_folds(cases, 4, seed=3, repeat=0)
    for level_ in range(5):
        sizes = np.bincount(folds[cases.truth == level_], minlength=4)
        assert sizes.max() - sizes.min() <= 1
    assert not np.array_equal(folds, stratified_folds(cases, 4, seed=3, repeat=1))


def test_it_hands_back_where_it_is_less_sure_than_stated(synthetic: Synthetic) -> None:
    questions = questions_of(synthetic[1], "as_written", 1)
    answers = learned(synthetic[1], abstains_below=0.6).answers(questions)
    assert {each.outcome for each in answers} == {"labelled", "abstained"}
    for each in answers:
        assert (max(each.probabilities) >= 0.6) == (each.outcome == "labelled")


def test_costlier_under_triage_moves_labels_up_and_never_down(synthetic: Synthetic) -> None:
    questions = questions_of(synthetic[1], "as_written", 1)
    plain, wary = (
        learned(synthetic[1], under_triage_cost=cost).answers(questions) for cost in (1.0, 6.0)
    )
    moves = [(b.label or 0) - (a.label or 0) for a, b in zip(plain, wary, strict=True)]
    assert max(moves) == 0
    assert min(moves) < 0
    assert costs_of(4.0)[1].tolist() == [1, 0, 4, 4, 4]


def test_a_stored_model_says_the_same_and_runs_nothing(
    synthetic: Synthetic, tmp_path: Path
) -> None:
    for model in ("logistic", "proportional_odds"):
        fitted = learned(synthetic[1], model=model).whole()
        path = tmp_path / "model.json"
        path.write_text(model_text(fitted, {"about": "a test"}), encoding="utf-8")
        inputs = [case.inputs for case in synthetic[1].cases]
        assert read_model(path).chances(inputs) == pytest.approx(fitted.chances(inputs), abs=1e-12)
        stored = learned(synthetic[1], stored=str(path))
        assert stored.answers(questions_of(synthetic[1], "as_written", 1))[0].probabilities
        assert json.loads(path.read_text(encoding="utf-8"))["card"] == {"about": "a test"}


@pytest.mark.parametrize(
    "content", [b"\x80\x04\x95", b"{}", b'{"format": "aeflow learned assessor 1"}', b"[" * 9999]
)
def test_a_file_that_is_no_stored_model_is_refused(
    content: bytes, synthetic: Synthetic, tmp_path: Path, hold: Hold
) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(content)
    with hold.refusal(ConfigError, match="no stored model"):
        learned(synthetic[1], stored=str(path))


def test_too_few_cases_for_the_folds_are_refused(synthetic: Synthetic) -> None:
    with pytest.raises(ConfigError, match="120 cases for 61 folds"):
        learned(synthetic[1], folds=61)


def test_proportional_odds_finds_the_thresholds_it_was_drawn_from() -> None:
    """20,000 cases, no penalty: within 4 standard errors (about .02 to .05) of the truth."""
    rng = np.random.default_rng(7)
    features = rng.normal(size=(20_000, 2))
    true, thresholds = np.array([0.8, -0.5]), np.array([-2.0, -0.5, 0.5, 2.0])
    latent = features @ true + rng.logistic(size=20_000)
    levels = (latent[:, None] > thresholds).sum(axis=1)
    coefficients, found = fit_odds(features, levels, np.ones(20_000), 0.0)
    assert coefficients == pytest.approx(true, abs=0.06)
    assert found == pytest.approx(thresholds, abs=0.09)
    chances = odds_chances(np.zeros(1), thresholds)
    assert chances.sum() == pytest.approx(1)
    assert chances[0, 0] == pytest.approx(1 / (1 + np.exp(2)))


# --- on real cases -------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_simple_model_is_worse_than_the_nurse_on_the_real_cases(korean: Synthetic) -> None:
    """Two repeats with paired intervals, vital signs alone and the majority beside it."""
    plan, cases = korean
    bench = run_bench(plan, cases)
    nurse = bench.scores["nurse"]
    shown = [
        round(100 * nurse[name].value, 1) for name in ("exact_share", "under_share", "over_share")
    ]
    assert shown == [87.1, 8.3, 4.7]
    gaps = bench.against["nurse"]
    assert gaps["exact_share"].high < -0.1
    assert gaps["sensitivity"].high < 0
    assert gaps["kappa_quadratic"].high < 0
    assert 0.6 < bench.scores["tool"]["exact_share"].value < 0.72
    assert bench.scores["majority"]["exact_share"].value == pytest.approx(276 / 688, abs=0.002)
    assert bench.against["vital signs alone"]["exact_share"].low > 0
    assert 0.03 < bench.of_answers["injected_moved_share"].value < 0.25
    assert label_table(cases, bench.answers).shape == (688, 2)
    assert bench.word == "not met"
