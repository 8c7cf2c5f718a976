"""Known effects: rows say what a result says, a hit is an overlap of ranges, kinds are counted apart, a miss leaves the
exit code."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from simulation.assurance import responses
from simulation.assurance import validate as command
from simulation.assurance.responses import (
    STUDY,
    KnownEffect,
    KnownEffects,
    effects_text,
    known_effects_of,
    validate_known_effects,
)
from simulation.assurance.targets import PublishedFigure, Say, targets_named
from simulation.assurance.validate import validate
from simulation.config import load, packaged_configs
from simulation.errors import ConfigError
from simulation.statistics.compare import compare_values
from simulation.study.study import Study
from tests.held import Hold

TARGETS = targets_named("known_effects", [packaged_configs()])


@pytest.fixture(scope="module")
def study() -> Study:
    """The study of known effects."""
    return load(f"study={STUDY}", "ensemble=none")


def effect(
    least: float, most: float, *, sham: tuple[float, float] = (-1.0, 1.0), **changes: Any
) -> KnownEffect:
    target = replace(TARGETS[0], note="The queue behind it takes the time back.", **changes)
    middle = (least + most) / 2
    found = compare_values(np.array([middle - 1, middle, middle + 1]), np.zeros(3))
    return KnownEffect(target, found, least, most, sham)


@pytest.mark.parametrize(
    ("least", "most", "hit", "central"),
    [
        (-40, -35, True, True),
        (-31, 5, True, False),
        (-100, -44.2, False, False),
        (-30.2, 0, False, False),
    ],
)
def test_a_hit_is_an_overlap_and_central_is_the_mean_inside(
    least: float, most: float, hit: bool, central: bool
) -> None:
    found = effect(least, most)
    assert (found.hit, found.central) == (hit, central)


def test_an_open_end_is_no_bound() -> None:
    assert effect(-100, -90, low=None).hit
    assert effect(50, 60, high=None).hit


def test_every_published_effect_names_an_arm_a_measure_and_a_group_of_its_study(
    study: Study,
) -> None:
    judged = {
        (each.measure, each.group) for each in (*study.design.primary, *study.design.secondary)
    }
    for target in TARGETS:
        assert {target.change, target.against or "nurse"} <= study.design.arms.keys()
        assert (target.measure, target.group) in judged
        assert target.low is not None
        assert target.high is not None


def test_a_miss_is_told_with_its_reason_and_leaves_the_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    hold: Hold,
) -> None:
    found = KnownEffects((effect(-31, 5), effect(-5, 1)), 20, 40, 56)

    def instead(overrides: list[str], *, config_dir: str | Path | None, say: Say) -> KnownEffects:
        return found

    monkeypatch.setattr(command, "validate_known_effects", instead)
    output: list[str] = []
    assert validate([], only="known_effects", say=output.append) == 0
    output = "\n".join(output).split("\n")
    tally = "Development, a published interval that excludes no effect: 1 of 2 hit by overlap"
    (counted,) = [line for line in output if line.startswith(tally)]
    hold(counted, f"{tally} (exact 95 % interval 1 to 99 %), 0 by mean")
    misses = [line for line in output if line.lstrip().startswith("MISS  Nurse")]
    assert len(misses) == 2  # its line in the table, and its reason
    hold(misses[1], "The queue behind")
    assert any("-37.0 (-44.1 to -30.3)" in line for line in effects_text(found).split("\n"))


def test_rows_are_counted_by_half_and_by_what_their_interval_holds(hold: Hold) -> None:
    held_out = replace(TARGETS[0].trial, half="held_out")
    rows = (
        effect(-31, 5),
        effect(-5, 1, low=-9.0, high=2.0),
        effect(-40, -35, strength="weak"),
        effect(-50, -40, trial=held_out),
        effect(0.9, 1.1, trial=held_out, scale="ratio", low=0.8, high=1.2, sham=(1.0, 1.0)),
    )
    interval = "hit by overlap (exact 95 % interval 3 to 100 %)"
    counted = [
        line
        for line in effects_text(KnownEffects(rows, 20, 40, 56)).split("\n")
        if interval in line
    ]
    assert len(counted) == 5
    hold(counted)


@pytest.mark.parametrize(
    ("scale", "found"),
    [("difference", 0.1), ("ratio", 1.5), ("odds_ratio", (0.3 / 0.7) / (0.2 / 0.8))],
)
def test_an_effect_is_taken_on_the_scale_of_its_trial_against_the_arm_before(
    scale: str, found: float
) -> None:
    """Two arms of 20 departments, twice each, alike in every replication: the range is the effect itself."""
    shares = {"nurse": 0.5, "before": 0.2, "after": 0.3}
    result = SimpleNamespace(
        design=SimpleNamespace(baseline="nurse", sham=None, null_arm="nurse"),
        department_of=np.tile(np.arange(20), 2),
        replications=range(40),
        run=SimpleNamespace(measured_days=56),
        values=lambda arm, measure, group: np.full(40, shares[arm]),
    )
    target = cast(
        PublishedFigure, replace(TARGETS[0], change="after", against="before", scale=scale)
    )
    (row,) = known_effects_of(cast(Any, result), [target]).rows
    assert (row.found.mean, row.least, row.most) == pytest.approx((found, found, found))
    assert row.sham == pytest.approx((0.0, 0.0) if scale == "difference" else (1.0, 1.0))


def test_one_department_has_no_range(monkeypatch: pytest.MonkeyPatch, hold: Hold) -> None:
    with hold.refusal(ConfigError, "ensemble", match="range over departments"):
        validate_known_effects(["ensemble=none"])


@pytest.mark.parametrize(
    ("stated", "instead", "found"),
    [
        (
            "change: gp_streaming",
            "change: gp_streamin",
            r"there is no arm 'gp_streamin' in study=known_effects\. Did you",
        ),
        ("against: no_fast_track_one_fewer", "against: no_track", "no arm 'no_track'"),
        (
            "    strength: weak\n    change: gp_streaming",
            "    change: gp_streaming",
            "strength is missing",
        ),
        ("      departments: 64\n", "", "departments"),
    ],
)
def test_a_row_without_its_arm_or_its_trial_is_refused(
    stated: str,
    instead: str,
    found: str,
    study: Study,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hold: Hold,
) -> None:
    monkeypatch.setattr(responses, "load", lambda *overrides, config_dir: study)
    text = (packaged_configs() / "targets" / "known_effects.yaml").read_text("utf-8")
    (tmp_path / "targets").mkdir()
    assert stated in text
    (tmp_path / "targets" / "known_effects.yaml").write_text(
        text.replace(stated, instead), encoding="utf-8"
    )
    with hold.refusal(ConfigError, match=found):
        validate_known_effects(config_dir=tmp_path)
