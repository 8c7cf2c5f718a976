"""A study with levers says in its table, picture, page and file what each lever earns, and the parts add up."""

from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest

from simulation.api import Result, compare, read
from simulation.config import load
from simulation.display.drawing import Picture
from simulation.questions.ablation import (
    busy_table,
    decomposition_of,
    interactions_table,
    tables,
)
from simulation.report import contents as pictures_module
from simulation.report.contents import compared_tables, pictures
from simulation.report.findings import findings
from simulation.report.write import write_report
from simulation.runs.result import StudyResult
from tests.held import Hold
from tests.report.conftest import SHORT, SMALL

pytestmark = pytest.mark.slow

LEVERS = ("accuracy", "time")


@pytest.fixture(scope="module")
def result() -> Result:
    return compare(load("study=claim", *SHORT, "engine=compiled"))


@pytest.fixture(scope="module")
def folder(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures_module, "picture_of", lambda sketch: SMALL)
        return result.write(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def table(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "decomposition.csv", encoding="utf-8-sig")


def test_shares_in_the_file_add_up_to_the_joint_effect_of_every_target_and_pool(
    table: pd.DataFrame,
) -> None:
    for _, rows in table.groupby(["measure", "group"]):
        shares = rows.loc[rows["part"] == "shapley", "value"]
        assert len(shares) == 2
        assert shares.sum() == pytest.approx(
            float(rows.loc[rows["part"] == "joint", "value"].iloc[0]), abs=1e-9
        )


def test_the_file_has_both_primaries_four_hours_and_the_pools(table: pd.DataFrame) -> None:
    found = set(zip(table["measure"], table["group"], strict=True))
    for wanted in (
        ("wait_to_clinician_mean", "all"),
        ("wait_to_clinician_mean", "acuity_true=1-2"),
        ("within_4h_share", "all"),
        ("busy_share", "pool=doctors"),
        ("busy_share", "pool=triage_nurses"),
    ):
        assert wanted in found
    measured = table[table["measure"] != "busy_share"]
    assert measured[["low", "high"]].notna().all(axis=None)
    assert table.loc[table["measure"] == "busy_share", ["low", "high"]].isna().all(axis=None)


def test_the_effect_of_all_in_the_file_is_that_of_the_arm_in_the_summary(
    folder: Path, table: pd.DataFrame
) -> None:
    summary = pd.read_csv(folder / "summary.csv", encoding="utf-8-sig")
    joint = table[(table["part"] == "joint") & (table["measure"] != "busy_share")]
    both = joint.merge(summary[summary["arm"] == "accuracy+time"], on=["measure", "group"])
    assert len(both) == 3
    assert both["value"].to_numpy() == pytest.approx(both["difference"].to_numpy())


def test_the_answer_says_of_every_target_what_each_lever_contributes(result: StudyResult) -> None:
    output = list(findings(result))
    for target in result.targets:
        (sentence,) = [each for each in output if f"in '{target.label}', levers contribute" in each]
        for lever in LEVERS:
            assert f"'{result.design.levers[lever].label}'" in sentence
    assert (
        sum("by more than the least difference that would matter:" in each for each in output) == 1
    )
    assert any(each.startswith("If the claim were true, of ") for each in output)


def test_the_page_has_the_section_its_picture_and_every_table(
    folder: Path, result: StudyResult, hold: Hold
) -> None:
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert 'id="levers"' in html
    hold(html, "Bars of each")
    for table in tables(result):
        assert table.title.replace("'", "&#39;") in html


def test_the_page_made_again_from_the_folder_says_the_same(
    folder: Path, result: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures_module, "picture_of", lambda sketch: SMALL)
    stored = read(folder)
    assert tables(stored) == tables(result)
    before = (folder / "report.html").read_text(encoding="utf-8")
    assert write_report(folder, stored) is None
    assert (folder / "report.html").read_text(encoding="utf-8") == before


def test_the_picture_is_not_blank_and_tells_every_part(result: StudyResult) -> None:
    from matplotlib.image import imread

    drawn: dict[str, Picture] = {each.name: each for each in pictures(result)}
    pixels = imread(BytesIO(drawn["levers"].png))
    assert min(pixels.shape[:2]) > 300
    assert pixels.shape[1] < 1800
    assert 0.02 < float((pixels[..., :3].min(axis=-1) < 0.98).mean()) < 0.9
    for target in result.targets:
        assert target.label in drawn["levers"].alt
    for lever in LEVERS:
        label = result.design.levers[lever].label
        assert label[:1].upper() + label[1:] in drawn["levers"].alt


def test_the_pool_that_the_minutes_are_saved_at_leads_the_table_of_pools_of_staff(
    result: StudyResult,
) -> None:
    staff = [
        row[0]
        for row in busy_table(result).rows
        if result.roles[row[0].replace(" ", "_")] in ("nurse",)
    ]
    assert staff[0] == "triage nurses"


def test_the_interactions_say_which_index_they_are(result: StudyResult) -> None:
    assert "Grabisch and Roubens 1999" in interactions_table(result).notes[0]


def test_what_a_part_of_the_levers_assumes_is_counted_once(result: StudyResult) -> None:
    of_policies = [
        each.where.split(".")[1] for each in result.statements if each.where.startswith("triage.")
    ]
    assert set(of_policies) == {"nurse", "sham", "accuracy+time"}


def test_every_table_of_parts_names_its_layer_of_doubt_or_has_no_interval(
    result: StudyResult,
) -> None:
    for table in tables(result):
        notes = " ".join(table.notes)
        says = {cells[-1] for cells in table.rows}
        assert (
            says == {"simulation"}
            or "simulation noise only" in notes
            or "without intervals" in notes
        )


def test_a_study_without_levers_has_no_such_tables(study_without: StudyResult) -> None:
    assert tables(study_without) == ()
    assert study_without.shown is study_without
    assert not any(each.kind.startswith("levers") for each in compared_tables(study_without))


@pytest.fixture(scope="module")
def study_without(result: Result) -> StudyResult:
    from dataclasses import replace

    kept = {name: arm for name, arm in result.study.design.arms.items() if not arm.levers}
    study = replace(
        result.study,
        design=replace(result.study.design, arms=kept, levers={}, full=None),
        arms=tuple(arm for arm in result.study.arms if arm.name in kept),
    )
    return replace(result, study=study)


@pytest.mark.slow
def test_combinations_that_only_the_shares_need_are_in_the_file_and_not_on_the_page(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    configs = tmp_path_factory.mktemp("configs")
    (configs / "study").mkdir()
    text = """
name: four
question: Which of four?
baseline: nurse
arms: {nurse: {label: A nurse, triage: nurse}}
full: ai_as_claimed
levers:
  accuracy: {label: labels, takes: [ai, role, covers.labels]}
  time: {label: time, takes: [minutes, covers.minutes]}
  desk: {label: desk, changes: {staffing.triage_nurses.extra: 1}}
  beds: {label: beds, changes: {site.pools.medicine_beds.extra: 2}}
primary:
  - {measure: wait_to_clinician_mean, label: Wait, minimal_important_difference: 5, evidence: assumed, source: test}
"""
    (configs / "study" / "four.yaml").write_text(text, encoding="utf-8")
    short = [
        each for each in SHORT if not each.startswith(("run.replications", "run.cool_down_days"))
    ]
    short += ["run.replications=2", "run.cool_down_days=0", "engine=compiled"]
    four = compare(load("study=four", *short, config_dir=configs))
    assert len(four.arms) == 16
    assert [arm.name for arm in four.shown.others] == [
        *("accuracy", "time", "desk", "beds"),
        *("accuracy+time+desk", "accuracy+time+beds", "accuracy+desk+beds", "time+desk+beds"),
        "accuracy+time+desk+beds",
    ]
    (parts,) = decomposition_of(four)
    shares = sum(parts.parts.part("shapley", lever).mean for lever in four.design.levers)
    assert shares == pytest.approx(
        four.row("accuracy+time+desk+beds", "wait_to_clinician_mean").difference
    )
    overview = next(each for each in compared_tables(four) if each.kind == "overview")
    assert len(overview.rows) == 10
    # One family of nine verdicts, wherever they are read.
    assert [each.verdict for each in four.findings] == [
        each.verdict for each in four.shown.findings
    ]
