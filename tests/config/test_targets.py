"""What a study is about is checked before it runs: measures, groups, names and how many processes."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.config import load, packaged_configs
from simulation.errors import ConfigError
from simulation.runs.running import MOST_WORKERS, processors
from tests.held import Hold

Own = Callable[..., Path]
STUDY = (packaged_configs() / "study" / "ai_triage.yaml").read_text(encoding="utf-8")


def message_of(*overrides: str, folder: Path | None = None) -> str:
    with pytest.raises(ConfigError) as refused:
        load(*overrides, config_dir=folder)
    return str(refused.value)


@pytest.mark.parametrize(
    ("override", "told"),
    [
        (
            "study.primary.0.measure=stay_meen",
            "study.primary.0.measure: unknown measure 'stay_meen'. Did you mean 'stay_mean'?",
        ),
        (
            "study.secondary.0.measure=admitted_share",
            "study.secondary.0.measure",
        ),
        (
            "study.primary.1.group='acuity_true=urgnt'",
            "study.primary.1.group",
        ),
        (
            "study.margins.0.group='acuity_tru=1-2'",
            "study.margins.0.group",
        ),
        (
            "study.secondary.0.group='coverage=covered'",
            "study.secondary.0.group",
        ),
    ],
)
def test_a_target_that_could_not_be_measured_is_refused_before_the_run(
    override: str, told: str, hold: Hold
) -> None:
    hold(message_of(override), told)


def test_every_target_at_fault_is_named_at_once(hold: Hold) -> None:
    message = message_of("study.primary.0.measure=stay_meen", "study.margins.1.group=nobody")
    hold(message, "2 faults")


def test_a_target_is_judged_beside_faults_of_the_arms(hold: Hold) -> None:
    message = message_of("study.primary.0.measure=stay_meen", "study.arms.sham.triage=shma")
    hold(message, "2 faults")
    assert "Did you mean 'sham'?" in message
    assert "Did you mean 'stay_mean'?" in message


def test_a_group_that_one_arm_has_not_names_the_arm(own: Own, hold: Hold) -> None:
    lean = "    triage: lean_triage\n"
    assert lean in STUDY
    text = STUDY.replace(lean, f"{lean}    changes: {{site.arrivals.referred.attends: false}}\n")
    message = message_of(
        "study=mine",
        "study.secondary.0.group='arrival_source=referred'",
        folder=own({"study/mine.yaml": text}),
    )
    hold(message, "study.secondary.0.group")


def test_a_group_by_coverage_is_known_where_the_study_tells_coverage_apart() -> None:
    assert load("study=coverage", "study.secondary.0.group='coverage=never'").design.secondary[
        0
    ].group == ("coverage=never")


def test_a_measure_whose_point_in_time_is_not_recorded_says_what_it_takes(hold: Hold) -> None:
    told = message_of("study=published/treatment_centre", "study.primary.0.measure=handover_mean")
    hold(told, "study.primary.0.measure")


@pytest.mark.parametrize("name", ["../../x", "a b", "", "-x", "a.b", "a/b", "é", "x" * 101])
def test_the_name_of_a_study_is_no_path(name: str, hold: Hold) -> None:
    message = message_of(f"study.name={name!r}")
    hold(message, "study.name")


def test_the_name_of_an_arm_is_no_path(own: Own, hold: Hold) -> None:
    text = STUDY.replace("  lean_triage:\n", "  a/lean:\n")
    message = message_of("study=mine", folder=own({"study/mine.yaml": text}))
    hold(message, "study.arms.a/lean")


def test_workers_are_none_below_nought_and_not_without_end(hold: Hold) -> None:
    hold(message_of("workers=-1"), "equal to 0 (processes)")
    assert message_of(f"workers={MOST_WORKERS + 1}").startswith(
        f"workers: found {MOST_WORKERS + 1}. Allowed: less"
    )
    assert load("ensemble=none", "workers=3").workers == 3


def test_by_default_there_is_a_worker_for_each_processor_that_may_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 2, 5}, raising=False)
    assert load("ensemble=none").workers == processors() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert processors() == 1
    monkeypatch.setattr(os, "cpu_count", lambda: 10_000)
    assert processors() == MOST_WORKERS
