"""The answer: what is printed and written of emulated evaluations, and how the command asks for it."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import simulation as ae
from simulation.api import Result
from simulation.cli import main
from simulation.commands import inquiries
from simulation.config import load
from simulation.errors import ConfigError
from simulation.evaluation.answer import Evaluation, protocol
from simulation.evaluation.design import ANALYSES, REPORTED_BY
from simulation.evaluation.evaluate import load_designs, study_of_evaluation
from simulation.measures.measuring import Measures
from simulation.resumable import finished_run
from simulation.runs.replicate import ArmReplication, ReplicationResult
from simulation.study.check_study import measures_of
from simulation.study.explanation import Explained
from simulation.study.study import Study
from tests.golden import lines_of_html
from tests.held import Hold
from tests.other_words import scrambled, without_words

N, WEEKS = 12, 52
TOOL = "ai_label_measured_under"
TRULY, AS_GIVEN = 18.0, -1.0


@pytest.fixture(scope="module")
def made() -> Result:
    """A result whose days are made up: months that differ, a tool that shortens the wait by 4 minutes and lengthens it
    for those who truly are levels 1 and 2."""
    study = load("study=ai_triage", "run=evaluation", "ensemble=none").of_arms(["sham", TOOL])
    run = replace(study.run, replications=N, measured_days=7 * WEEKS)
    study = replace(study, run=run)
    names = measures_of(study.baseline.pathway)
    chance = np.random.default_rng(1)
    replications = []
    for number in range(N):
        months = np.repeat(8 * chance.normal(size=13), 28)
        base = 60 + months + chance.normal(size=7 * WEEKS) + 10 * chance.normal()
        arms = {}
        for arm in study.arms:
            rows = []
            for outcome in run.daily:
                effect = {"acuity_true=1-2": TRULY, "acuity_given=1-2": AS_GIVEN}.get(
                    outcome.group, -4.0
                )
                mean = base + (effect if arm.name == TOOL else 0.0)
                mean = mean / 1000 if outcome.measure.endswith("_share") else mean
                rows.append(
                    np.stack([np.full_like(mean, 100.0), 100 * mean, 100 * (mean**2 + 400)])
                )
            arms[arm.name] = ArmReplication(
                Measures(names, np.full(len(names), 0.5)),
                None,
                None,
                0,
                daily=np.concatenate([*map(np.ravel, rows)]),
            )
        replications.append(ReplicationResult(number, arms, 0, np.nan, np.nan))
    return Result(study, tuple(replications), Explained(study), {})


@pytest.fixture(scope="module")
def evaluation(made: Result) -> Evaluation:
    return ae.evaluate(made, TOOL, trials=200)


def test_an_evaluation_prints_as_its_answer(evaluation: Evaluation) -> None:
    lines = repr(evaluation).splitlines()
    assert lines[:-1] == [evaluation.title, *evaluation.sentences]
    assert lines[-1].startswith(f"Tables: {', '.join(evaluation.tables)}. Planning only")


def test_the_first_sentence_says_whether_the_design_asked_about_would_tell_and_the_next_which_would(
    evaluation: Evaluation,
    hold: Hold,
) -> None:
    before, _, best = evaluation.sentences[:3]
    hold(before, "one department, 12 weeks before and 12 after, would not")
    hold(best, "eight departments, 24 weeks, by 'wait to first")
    alarms = evaluation.primary(evaluation.designs[0], evaluation.main, "sham").significant
    assert alarms.value > 0.2


def test_what_an_evaluation_decides_does_not_follow_from_words(evaluation: Evaluation) -> None:
    known = {name: vars(evaluation)[name] for name in ("designs", "outcomes", "emulated", "sizes")}
    other = replace(evaluation, **{name: scrambled(value) for name, value in known.items()})
    assert not {one.label for one in other.designs} & {one.label for one in evaluation.designs}
    ours, theirs = evaluation.planned, other.planned
    assert [scrambled(one) for one in ours] == list(theirs)
    for one in evaluation.designs:
        assert other.finds(scrambled(one), other.main) == evaluation.finds(one, evaluation.main)
    assert len(other.sentences) == len(evaluation.sentences)
    assert [without_words(table) for table in other.tables.values()] == [
        without_words(table) for table in evaluation.tables.values()
    ]


def test_harm_by_the_truth_is_set_beside_that_by_the_labels(
    evaluation: Evaluation, hold: Hold
) -> None:
    (harm,) = (sentence for sentence in evaluation.sentences if "levels 1 and 2" in sentence)
    hold(harm, "truth, −1.0 minutes")
    by_truth, by_label = map(
        int,
        re.findall(r"in (\d+) of 100, if all cases are audited, and the second in (\d+)", harm)[0],
    )
    assert by_truth > by_label + 20


@pytest.mark.slow
def test_the_page_has_few_words_beside_one_table_and_the_protocol_and_loads_nothing(
    evaluation: Evaluation,
) -> None:
    page = evaluation.page
    beside = re.sub(
        r"<(style|title|table|blockquote)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL
    )
    assert len(beside.split()) <= 300
    assert page.count("<table>") == 1
    assert page.count("<img ") == 2
    assert "http" not in page.replace('lang="en-GB"', "")
    assert evaluation.protocol.replace("'", "&#39;") in page


@pytest.mark.slow
def test_the_words_of_page_and_protocol_are_those_that_were_read(
    evaluation: Evaluation, golden: Callable[[str, str], None], tmp_path: Path
) -> None:
    golden("evaluation/page.txt", lines_of_html(evaluation.page))
    folder = evaluation.write(tmp_path)
    assert (folder / "evaluation.html").read_text(encoding="utf-8") == evaluation.page
    golden("evaluation/protocol.txt", (folder / "protocol.txt").read_text(encoding="utf-8"))
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    assert names == ["designs.csv", "designs.png", "evaluation.html", "protocol.txt", "weeks.png"]


def test_the_table_has_a_row_for_each_analysis_and_says_what_size_is_needed(
    evaluation: Evaluation,
) -> None:
    table = evaluation.table
    assert len(table.rows) == sum(len(design.analyses) for design in evaluation.designs)
    needs = {row[0]: row[-2] for row in table.rows if row[-2] != "–"}
    assert set(needs) == {design.label for design in evaluation.designs if design.is_randomised}
    assert needs["Alternate weeks, eight departments"] == "24 weeks in 4 departments"


def test_the_protocol_states_outcome_unit_size_lot_analysis_and_guideline(
    evaluation: Evaluation,
    hold: Hold,
) -> None:
    for words in (
        "Wait to first",
        "8 departments, 24 weeks",
        "a coin decides",
        "never the patient",
        "a randomisation test",
        "blind to whether",
        "CONSORT",
        "SPIRIT-AI",
    ):
        hold(evaluation.protocol, words)


def test_the_primary_outcome_of_the_protocol_is_one_that_the_design_finds(
    evaluation: Evaluation,
    hold: Hold,
) -> None:
    main = evaluation.main
    seldom = tuple(
        replace(row, right=replace(row.right, value=0.1)) if row.outcome == main else row
        for row in evaluation.emulated
    )
    planned = replace(evaluation, emulated=seldom)
    design, outcome = planned.planned
    assert (outcome.role, planned.finds(design, outcome)) == ("mechanism", True)
    hold(planned.protocol, "Wait for triage")
    hold(planned.protocol, "finds in 10 of 100")
    hold(planned.sentences[2], "nearer")
    low = replace(seldom[0].right, value=0.1)
    nowhere = replace(
        evaluation, emulated=tuple(replace(row, right=low) for row in evaluation.emulated)
    )
    hold(nowhere.protocol, "before anybody signs")


def test_the_protocol_of_every_design_names_its_analysis_and_its_guideline(
    evaluation: Evaluation,
) -> None:
    for design in evaluation.designs:
        written = protocol(evaluation, design, evaluation.main)
        assert f"Analysis: {ANALYSES[design.analyses[0]][1]}, two-sided" in written
        assert f"Reported by {REPORTED_BY[design.switching.kind]}, with" in written
    assert set(REPORTED_BY) == {design.switching.kind for design in load_designs("all")}


@pytest.mark.slow
def test_deviations_lower_what_is_found_and_are_told(made: Result, hold: Hold) -> None:
    plain, slow = (
        ae.evaluate(made, TOOL, "alternate_weeks_many", trials=200, deviations=names)
        for names in ((), ("slow_adoption", "missing_weeks"))
    )
    found = [
        answer.primary(answer.designs[0], answer.main, TOOL).right.value for answer in (plain, slow)
    ]
    assert found[1] < found[0]
    hold(slow.sentences, "missing weeks (assumed)")


def test_one_design_is_asked_for_by_name_and_its_protocol_is_its_own(made: Result) -> None:
    one = ae.evaluate(made, TOOL, "before_after", "weeks=20", trials=200)
    assert [design.weeks for design in one.designs] == [20]
    assert "not randomised" in one.protocol
    assert "too many" in one.protocol


def test_a_value_is_given_only_with_a_chance_that_the_tool_works(
    made: Result, evaluation: Evaluation, hold: Hold
) -> None:
    hold(evaluation.sentences[-1], "value in pounds")
    assert "value" not in evaluation.tables
    valued = ae.evaluate(
        made, TOOL, "before_after", trials=200, stakes={"prior": 0.5, "hour": 1.0, "price": 5000.0}
    )
    hold(valued.sentences[-1], "tool works, £5,000 a year and £1 an hour")
    assert valued.page.count("<table>") == 2
    assert len(valued.tables["value"].rows) == 1


def test_the_csv_holds_every_outcome_with_its_intervals(made: Result, tmp_path: Path) -> None:
    evaluation = ae.evaluate(made, TOOL, "before_after", trials=100)
    folder = evaluation.write(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == [
        "designs.csv", "designs.png", "evaluation.html", "protocol.txt", "weeks.png",
    ]  # fmt: skip
    table = pd.read_csv(folder / "designs.csv")
    assert set(table["measure"] + " " + table["group"]) == {
        f"{outcome.measure} {outcome.group}" for outcome in evaluation.outcomes
    }
    assert (table["significant_low"] <= table["significant"]).all()
    assert ((table["right"] + table["wrong"] - table["significant"]).abs() < 1e-9).all()


def test_without_statsmodels_the_message_says_what_to_install(
    made: Result, monkeypatch: pytest.MonkeyPatch, hold: Hold
) -> None:
    monkeypatch.setattr("simulation.evaluation.analyses.find_spec", lambda name: None)
    with hold.refusal(ConfigError, match=r"pip install 'aeflow\[evaluation\]'"):
        ae.evaluate(made, TOOL, "interrupted_series", trials=100)
    assert ae.evaluate(made, TOOL, "before_after", trials=100).emulated


def test_the_command_prints_the_table_and_the_answer(
    made: Result,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    hold: Hold,
) -> None:
    asked: list[Study] = []

    def run(study: Study, results: Path) -> Result:
        asked.append(study)
        return made

    monkeypatch.setattr(inquiries, "_run_for_an_evaluation", run)
    monkeypatch.chdir(tmp_path)
    assert (
        main(
            [
                *("evaluate", f"arm={TOOL}", "ensemble=none", "trials=100"),
                *("design=alternate_weeks", "design.weeks=12"),
            ]
        )
        == 0
    )
    printed = capsys.readouterr().out
    hold(printed, "Alternate weeks")
    assert "results/evaluations/" in printed.replace("\\", "/")
    (study,) = asked
    assert [arm.name for arm in study.arms] == ["nurse", "sham", TOOL]
    assert study.design.name == "ai_triage_evaluation"
    assert study.run.measured_days == 728


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["design=before_after"], "arm: is not given"),
        (["arm=lean_triage", "trials=few"], "trials: found 'few'"),
        (["arm=lean_triage", "design=crossover"], "there is no 'crossover'"),
        (
            ["arm=lean_triage", "from=results/latest", "scenario=winter"],
            "has no effect",
        ),
        (["arm=lean_triage", "design.wekes=3", "design=before_after"], "Did you mean 'weeks'"),
        (["arm=ai_streams"], "one of study=alternatives"),
        (["arm=lean_triage", "prior=likely"], "prior: found 'likely'"),
        (
            ["arm=lean_triage", "design=by_patient", "deviations=drop_out"],
            "patients are switched",
        ),
    ],
)
def test_a_mistake_is_one_message(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str], hold: Hold
) -> None:
    assert main(["evaluate", *words]) == 2
    error = capsys.readouterr().err
    hold(error, message)
    assert "Traceback" not in error


def test_an_evaluation_of_a_run_that_kept_no_days_is_refused(made: Result, hold: Hold) -> None:
    without = replace(made.study, run=replace(made.study.run, daily=()))
    with hold.refusal(ae.ResultsError, match="Run"):
        ae.evaluate(Result(without, made.replications, made.explained, {}), TOOL)
    other = replace(made.study, run=replace(made.study.run, daily=made.run.daily[:1]))
    days = [
        replace(
            replication,
            arms={
                name: replace(arm, daily=arm.daily[: 3 * 7 * WEEKS])
                for name, arm in replication.arms.items()
            },
        )
        for replication in made.replications
        if all(arm.daily is not None for arm in replication.arms.values())
    ]
    with hold.refusal(ConfigError, match="kept no wait_to_clinician_mean of all"):
        ae.evaluate(Result(other, tuple(days), made.explained, {}), TOOL)


@pytest.mark.slow
def test_a_run_is_simulated_once_and_found_again(tmp_path: Path) -> None:
    words = (
        "study=ai_triage",
        "ensemble=none",
        "run=evaluation",
        "run.replications=2",
        "run.measured_days=28",
    )
    study = study_of_evaluation(
        load(*words, "run.warm_up_days=0", "executor=serial", "engine=compiled"),
        ["sham", "lean_triage"],
        (),
    )
    assert finished_run(study, tmp_path) is None
    result = ae.compare(study)
    result.write(tmp_path)
    again = finished_run(study, tmp_path)
    assert again is not None
    assert ae.same_numbers(result, again)
    answer = ae.evaluate(again, "lean_triage", "alternate_weeks", "weeks=4", trials=100)
    assert answer.primary(answer.designs[0], answer.main, "lean_triage").true < 0
