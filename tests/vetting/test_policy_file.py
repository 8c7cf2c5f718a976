"""The policy that a bench writes: it loads with a department, and holds what was counted."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from omegaconf import OmegaConf

import simulation as ae
from simulation.cli import main
from simulation.config.files import value_in
from simulation.display.measured import measurement_table
from simulation.errors import ConfigError, Faults
from simulation.report.first_page import first_page
from simulation.report.verdict_tables import first_table
from simulation.triage.matrix import BesideNurse, given_nurse
from simulation.vetting.bench import NURSE, TOOL, Bench, Vetting, run_bench
from simulation.vetting.card_tables import about_rows, card_tables
from simulation.vetting.cases import CaseSet
from simulation.vetting.newest_card import configs_of_card
from simulation.vetting.policy_file import double_misses, drawn_counts, joint_counts, policy_files
from tests.held import Hold

from .test_card import Fixed

pytestmark = pytest.mark.usefixtures("undrawn")

Synthetic = tuple[Vetting, CaseSet]
ONE = ("ensemble=none", "run=weeks")


@pytest.fixture(scope="module")
def bench(synthetic: Synthetic) -> Bench:
    """A tool that errs a level down on a tenth of 120 cases, one answer in 40 unusable."""
    plan, cases = synthetic
    return run_bench(replace(plan, comparators=False), cases, Fixed(name="Acme 2.1"))  # type: ignore[arg-type]


def written(bench: Bench, folder: Path) -> Path:
    """The configurations of its card."""
    for name, text in policy_files(bench).items():
        path = folder / "configs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_the_study_sets_the_benchs_nurse_for_every_arm_and_the_tool_beside_her(
    bench: Bench, tmp_path: Path, hold: Hold
) -> None:
    study = ae.load("study=vetted", *ONE, config_dir=str(written(bench, tmp_path) / "configs"))
    assert [arm.name for arm in study.arms] == ["nurse", "sham", "vetted", "vetted_advises"]
    nurses = {repr(arm.policy.nurse) for arm in study.arms}
    assert len(nurses) == 1
    nurse, beside = study.arm("vetted").policy.nurse, study.arm("vetted").policy.beside_nurse
    assert nurse is not None
    assert beside is not None
    assert np.allclose(nurse.matrix.counts, bench.labelled[NURSE].table[:, :5])  # type: ignore[arg-type]
    assert np.array(beside.counts).sum() == pytest.approx(
        bench.labelled[TOOL].table[:, :5].sum(), abs=0.01
    )
    assert np.allclose(np.array(beside.counts), joint_counts(bench), atol=1e-4)
    hold(beside.source)
    assert beside.evidence == "assumed"  # made-up cases measure nothing
    abstains = study.arm("vetted").policy.abstains
    assert abstains is not None
    assert any(each.value > 0 for each in abstains.shares.values())


@pytest.mark.slow
def test_without_a_nurse_on_the_bench_the_sites_stays(bench: Bench, tmp_path: Path) -> None:
    alone = replace(bench, labelled={TOOL: bench.labelled[TOOL]})
    assert "nurse/bench.yaml" not in policy_files(alone)
    study = ae.load("study=vetted", *ONE, config_dir=str(written(alone, tmp_path) / "configs"))
    usual = ae.load(*ONE)
    assert study.baseline.policy.nurse == usual.baseline.policy.nurse
    assert study.arm("vetted").policy.beside_nurse is None


def test_every_file_of_a_bench_is_read_alike_by_us_and_by_hydra(bench: Bench) -> None:
    for path, text in policy_files(bench).items():
        read = OmegaConf.to_container(OmegaConf.create(text), resolve=False)
        assert value_in(text, path, Faults()) == read


def test_the_policy_says_whom_it_was_measured_on_against_which_truth_and_beside_whom(
    bench: Bench,
) -> None:
    stated = yaml.safe_load(policy_files(bench)["triage/vetted.yaml"])
    ages = bench.cases.groups["age_band"]
    assert stated["measured_on"]["age_band"] == {
        band: int(which.sum()) for band, which in sorted(ages.items())
    }
    assert sum(stated["measured_on"]["arrival_source"].values()) == len(bench.cases)
    assert stated["measured_against"] == "written"
    nurse = yaml.safe_load(policy_files(bench)["nurse/bench.yaml"])
    assert stated["ai"]["beside_nurse"]["nurses"] == nurse["labels"]["matrix"]["source"]


def test_another_mapping_of_the_levels_moves_the_counts_and_says_which_level_has_no_case(
    bench: Bench,
) -> None:
    other = ("immediate", "very_urgent", "very_urgent", "urgent", "standard")
    moved = replace(bench, plan=replace(bench.plan, stands_for=other))  # type: ignore[arg-type]
    counts, usual = joint_counts(moved), joint_counts(bench)
    assert counts.sum() == pytest.approx(usual.sum())
    assert counts[0] == pytest.approx(_moved(usual[0]))
    assert counts[1] == pytest.approx(_moved(usual[1] + usual[2]))
    assert counts[4].sum() == 0
    stated = yaml.safe_load(policy_files(moved)["triage/vetted.yaml"])
    assert "non urgent: no case, assumed" in stated["ai"]["beside_nurse"]["source"]
    assert "non_urgent" not in stated["abstains"]["shares"]
    nurse = np.array(
        yaml.safe_load(policy_files(moved)["nurse/bench.yaml"])["labels"]["matrix"]["counts"]
    )
    assert np.argmax(nurse[4]) == 4  # the prior alone: one case, mostly right
    assert nurse[4].sum() == pytest.approx(1, abs=0.001)


def _moved(table: np.ndarray) -> np.ndarray:
    """Nurse's and tool's labels of levels 2 and 3 together, of 4 and 5 one more urgent."""
    onto = np.array(
        [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0]]
    )
    moved: np.ndarray = onto.T @ table @ onto
    return moved


def test_the_card_says_how_often_tool_and_nurse_err_together_on_the_bench_and_in_a_comparison(
    bench: Bench,
) -> None:
    tool, nurse, truth = (
        bench.labelled[TOOL].labels[:, 0],
        bench.labelled[NURSE].labels[:, 0],
        bench.cases.truth,
    )
    missed = (nurse > truth) & (truth < 2) & (tool >= 0)
    on_bench, simulated = double_misses(bench)
    assert on_bench == pytest.approx((tool > truth)[missed].mean())
    assert simulated == pytest.approx(on_bench, abs=0.05)
    (about,) = [table for table in card_tables(bench, None) if table.kind == "about"]
    assert f"{100 * on_bench:.0f} % on the bench, {100 * simulated:.0f} % in a comparison" in [
        row[1] for row in about.rows
    ]
    alone = replace(bench, labelled={TOOL: bench.labelled[TOOL]})
    assert len(table_rows := [*about_rows(alone)]) == len(about.rows) - 1, table_rows


def test_drawn_tables_differ_by_what_the_bench_leaves_open(bench: Bench) -> None:
    """Mean over 400 draws is the measured table; more cases make the spread smaller."""
    drawn = np.array([drawn_counts(bench, number) for number in range(400)])
    shares = drawn / drawn.sum(axis=-1, keepdims=True)
    counts = joint_counts(bench)
    expected = given_nurse(BesideNurse(counts=counts.tolist(), evidence="assumed", source="x"))
    assert shares.mean(axis=0) == pytest.approx(expected, abs=5 * 0.5 / np.sqrt(400))
    assert np.array_equal(drawn_counts(bench, 3), drawn_counts(bench, 3))
    spread, n = shares.std(axis=0).max(axis=-1), counts.sum(axis=-1)
    assert spread[n > 20].max() < np.median(spread[(n > 0) & (n < 4)])
    table = BesideNurse(counts=drawn[0].tolist(), evidence="assumed", source="x")
    assert given_nurse(table) == pytest.approx(shares[0], abs=1e-5)


@pytest.mark.slow
def test_the_study_of_doubt_has_an_arm_for_each_drawn_table_and_says_which_doubt_is_larger(
    bench: Bench, tmp_path: Path, hold: Hold
) -> None:
    short = (
        "run.replications=3",
        "run.warm_up_days=0",
        "run.measured_days=3",
        "executor=serial",
        "engine=compiled",
    )
    study = ae.load(
        "study=vetted_doubt", *ONE, *short, config_dir=str(written(bench, tmp_path) / "configs")
    )
    assert sum(arm.name.startswith("vetted_drawn_") for arm in study.arms) == 8
    result = ae.compare(study)
    table = measurement_table(result)
    assert table is not None
    assert [row[0] for row in table.rows] == [
        each.label for each in (*study.design.primary, *study.design.margins)
    ]
    assert table.rows[-1][1] == "margin of 1 point"
    assert {row[5] for row in table.rows} <= {"measurement", "simulation"}
    hold([row[0] for row in first_table(result).rows][1:])  # type: ignore[union-attr]
    output = " ".join(first_page(result).sentences)
    assert output.count("without the uncertainty of the measured table") == 4
    assert "table 1" not in output


def test_nothing_is_written_where_a_level_has_no_case(bench: Bench) -> None:
    which = bench.cases.truth != 0
    none = replace(bench, labelled={who: each.only(which) for who, each in bench.labelled.items()})
    assert policy_files(none) == {}


def test_the_newest_card_is_taken_unless_one_is_named(
    bench: Bench, tmp_path: Path, hold: Hold
) -> None:
    with hold.refusal(ConfigError, "study=vetted", match="Run aeflow vet"):
        configs_of_card([f"results={tmp_path}", "study=vetted"], None, None)
    first, second = (written(bench, tmp_path / "vetting" / name) for name in ("b", "a"))
    os.utime(first, (1, 1))
    os.utime(second, (2, 2))
    words = [f"results={tmp_path}", "study=vetted"]
    assert configs_of_card(words, None, None) == str(second / "configs")
    assert configs_of_card(words, None, str(first)) == str(first / "configs")
    with pytest.raises(ConfigError, match="holds no policy"):
        configs_of_card([], None, str(tmp_path))
    with hold.refusal(ConfigError, "card", match="name a folder"):
        configs_of_card(words, str(tmp_path), str(first))


@pytest.mark.slow
def test_a_bench_and_the_comparison_with_its_policy_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], hold: Hold
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "study=vetted"]) == 2
    hold(capsys.readouterr().err)
    assert main(["vet", "cases.number=100", "comparators=false"]) == 0
    short = (
        "run.replications=2",
        "run.warm_up_days=0",
        "run.measured_days=7",
        "executor=serial",
        "engine=compiled",
    )
    assert main(["compare", "study=vetted", *ONE, *short]) == 0
    hold(capsys.readouterr().out, "replaces the nurse's")
