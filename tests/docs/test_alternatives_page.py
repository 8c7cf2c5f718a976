"""The page on alternatives: every arm of its study states a cost, its arm is one, and its commands do as it says."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from simulation.cli import main
from simulation.config import load
from simulation.config.new import new_scaled_department
from simulation.errors import ConfigError
from simulation.questions.break_even.searching import quantities_of, quantity_of
from simulation.study.explanation import cost_of
from simulation.study.study import Study
from simulation.triage.matrix import probabilities

from .test_docs import ROOT, blocks

PAGE = "docs/how-to/alternatives.md"
SMALL = (
    "ensemble=none", "run.replications=2", "run.measured_days=2", "run.warm_up_days=0", "run.cool_down_days=1",
    "run.doublings=0", "executor=serial", "engine=compiled",
)  # fmt: skip
Own = Callable[..., Path]


def commands() -> list[str]:
    """The page's commands, in order."""
    return re.findall(r"^aeflow .*$", (ROOT / PAGE).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def study() -> Study:
    return load("study=alternatives", "ensemble=none")


def test_every_arm_but_the_baseline_and_the_sham_states_a_cost_with_who_pays(study: Study) -> None:
    for arm in study.arms:
        if arm.name in (study.design.baseline, study.design.sham):
            continue
        cost = cost_of(arm)
        assert cost is not None, arm.name
        assert cost.low <= cost.pounds <= cost.high, arm.name
        assert arm.arm.cost is not None, arm.name
        assert arm.arm.cost.paid_by, arm.name
        assert arm.arm.cost.price_year, arm.name


def test_the_default_study_keeps_to_sixteen_arms_and_all_of_them_are_among_the_alternatives(
    study: Study,
) -> None:
    default = load("ensemble=none")
    assert len(default.arms) <= 16
    assert {arm.name for arm in default.arms} <= {arm.name for arm in study.arms}


def test_a_policy_has_the_quantities_that_it_states(study: Study) -> None:
    has = {
        name: tuple(quantities_of(study.arm(name)))
        for name in ("ai_scribe_measured", "ai_label_measured_over")
    }
    assert has == {
        "ai_scribe_measured": ("seconds", "adoption"),
        "ai_label_measured_over": ("adoption", "accuracy"),
    }
    accuracy = quantity_of(study.arm("ai_label_measured_over"), "accuracy")
    assert accuracy.stated == pytest.approx(0.6, abs=0.03)
    perfect = accuracy.policy_at(1.0)
    assert perfect.ai is not None
    assert perfect.ai.matrix.shares is not None
    assert [row[level] for level, row in enumerate(perfect.ai.matrix.shares)] == [1.0] * 5
    worst = accuracy.policy_at(accuracy.low)
    assert worst.ai is not None
    assert np.diag(probabilities(worst.ai.matrix)).min() == pytest.approx(0, abs=1e-9)
    with pytest.raises(
        ConfigError, match="has no seconds: none of its minutes state seconds_saved"
    ):
        quantity_of(study.arm("ai_label_measured_over"), "seconds")


def test_the_commands_and_the_arm_of_the_page_are_of_the_study(study: Study) -> None:
    compare, own, search, product = commands()
    assert compare == "aeflow compare study=alternatives"
    assert own.startswith(compare)
    assert product == "aeflow breakeven study=our_ai arm=product against=triage_nurse"
    assert "one_more_triage_nurse" in load("study=ai_triage", "ensemble=none").design.arms
    asked = dict(word.split("=", 1) for word in search.split()[2:])
    assert {study.arm(name).name for name in asked.values()} == set(asked.values())
    (text,) = blocks(PAGE, "yaml")
    ((name, arm),) = yaml.safe_load(text).items()
    assert name not in {each.name for each in study.arms}
    assert arm["cost"]["range"][0] < arm["cost"]["per_year"] < arm["cost"]["range"][1]


@pytest.mark.slow
def test_the_command_for_a_department_of_ones_own_runs_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new_scaled_department(
        "ours", {"attendances_per_day": "280", "beds": "510"}, tmp_path / "configs"
    )
    monkeypatch.chdir(tmp_path)
    words = commands()[1].split()[1:]
    assert main([*words, "dry_run=true"]) == 0
    assert "nothing was simulated" in capsys.readouterr().out
    assert load(*words[1:]).baseline.pathway == load("study=ours").baseline.pathway


@pytest.mark.slow
def test_a_break_even_is_written_as_the_page_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search = commands()[2]
    words = search.split()[1:]
    assert (
        main(
            [
                *words,
                "study=ai_triage",
                *SMALL,
                "what=seconds,adoption,price",
                f"results={tmp_path}",
            ]
        )
        == 0
    )
    output = capsys.readouterr().out
    assert (
        "price: the effect of 'One more clinician from 14 to 22 h' cannot be told from none"
        in output
    ), "two runs"
    (folder,) = (tmp_path / "breakeven").iterdir()
    assert {"breakeven.csv", "trials.csv", "breakeven.json"} <= {
        path.name for path in folder.iterdir()
    }
    assert pd.read_csv(folder / "breakeven.csv")["quantity"].tolist() == ["seconds", "adoption"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "arm: no arm is named"),
        (
            ("arm=ai_scribe_measurd", "against=sham"),
            "arm: 'ai_scribe_measurd' is no arm of the study",
        ),
        (("arm=ai_scribe_measured", "against=nurse"), "against: 'nurse' is the baseline"),
        (
            ("arm=ai_scribe_measured", "against=ai_scribe_measured"),
            "against: 'ai_scribe_measured' is the arm itself",
        ),
        (
            ("arm=ai_scribe_measured", "against=sham", "what=second"),
            "what: 'second' is no quantity",
        ),
        (
            ("arm=lean_triage", "against=sham", "what=seconds"),
            "what: the policy 'lean_triage' of arm 'lean_triage'",
        ),
    ],
)
def test_what_cannot_be_asked_is_one_message(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["breakeven", *words, "study=ai_triage", *SMALL]) == 2
    output = capsys.readouterr().err
    assert message in output
    assert "Traceback" not in output
