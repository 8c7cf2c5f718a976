"""Known effects: rows say what a result says, a hit is an overlap of ranges, kinds are counted apart, a miss leaves the
exit code."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from simulation.assurance import known_effects
from simulation.assurance import validate as command
from simulation.assurance.known_effects import (
    OUTCOMES,
    STUDY,
    KnownEffect,
    KnownEffects,
    effects_text,
    known_effects_of,
    validate_known_effects,
)
from simulation.assurance.targets import PublishedFigure, Say, targets_named
from simulation.assurance.trial_level import AtLevel, at_level, weights_for
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
    return KnownEffect(target, found, least, most, sham, before=100.0, after=100.0 + middle)


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

    def instead(
        overrides: list[str], *, targets: str, config_dir: str | Path | None, say: Say
    ) -> KnownEffects:
        return found

    monkeypatch.setattr(command, "validate_known_effects", instead)
    output: list[str] = []
    assert validate([], only="known_effects", say=output.append) == 0
    output = "\n".join(output).split("\n")
    tally = "A published interval that excludes no effect: 1 of 2 hit by overlap"
    (counted,) = [line for line in output if line.startswith(tally)]
    hold(counted, f"{tally} (exact 95 % interval 1 to 99 %), 0 by mean")
    misses = [line for line in output if line.lstrip().startswith("MISS  Nurse")]
    assert len(misses) == 2  # its line in the table, and its reason
    hold(misses[1], "The queue behind")
    assert any("-37.0 (-44.1 to -30.3)" in line for line in effects_text(found).split("\n"))


def test_rows_are_counted_by_what_their_interval_holds() -> None:
    rows = (
        effect(-31, 5),
        effect(-5, 1, low=-9.0, high=2.0),
        effect(-40, -35, strength="weak"),
        effect(0.9, 1.1, scale="ratio", low=0.8, high=1.2, value=0.9, sham=(1.0, 1.0)),
    )
    assert [row.kind for row in rows] == ["strong", "null", "weak", "null"]
    counted = [
        line
        for line in effects_text(KnownEffects(rows, 20, 40, 56)).split("\n")
        if "hit by overlap (" in line
    ]
    assert [re.findall(r"\d+", line)[:2] for line in counted] == [
        ["1", "1"],
        ["2", "2"],
        ["1", "1"],
    ]


def test_a_trial_is_compared_over_its_own_level() -> None:
    """-37 of 100 minutes: ln .63; without the level only the sign counts; shares are odds."""
    assert effect(-40, -35, level=100.0).scored.published == pytest.approx(-np.log(0.63))
    assert not effect(-40, -35).scored.sized
    assert effect(-40, -35).scored.published > 0  # a benefit
    assert effect(-40, -35).scored.modelled == pytest.approx(-np.log(0.625))
    odds = effect(0.1, 0.2, unit="share", value=0.1, level=0.2).scored.published
    assert odds == pytest.approx(-np.log((0.3 / 0.7) / (0.2 / 0.8)))
    nothing = effect(-5, 5, value=0.0).scored
    assert (nothing.published, nothing.sized) == (0.0, True)


def test_more_is_a_benefit_where_the_measure_says_so() -> None:
    more = {"unit": "share", "value": 0.05, "level": 0.5}
    assert effect(0.01, 0.1, measure="within_4h_share", **more).scored.published > 0
    assert effect(0.01, 0.1, measure="left_share", **more).scored.published < 0


def test_a_file_of_loads_alone_is_scored_by_itself() -> None:
    load = effect(-40, -35, level=100.0, kind_of_change="load")
    scores = KnownEffects((load,), 20, 40, 56).scores
    assert scores["load"].n_rows == 1
    assert "load" in effects_text(KnownEffects((load,), 20, 40, 56)).lower()


def test_every_packaged_row_has_a_kind_of_change_and_an_outcome() -> None:
    scored = [
        KnownEffect(target, compare_values(np.ones(3), np.zeros(3)), 0, 1, (0, 1), 0.5, 0.4).scored
        for target in TARGETS
    ]
    assert all(target.kind_of_change for target in TARGETS)
    assert {row.outcome for row in scored} <= {*OUTCOMES.values()}
    assert sum(row.sized for row in scored) >= 30


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


def test_departments_at_a_trials_level_have_its_level_and_the_effect_of_those_near_it() -> None:
    """Twenty departments, 100 to 290 minutes; the change takes a tenth off, so 15 of 150."""
    department = np.tile(np.arange(20), 2)
    before = 100.0 + 10.0 * department
    there = at_level(150.0, before, 0.9 * before, department)
    assert (there.lowest, there.highest) == pytest.approx((100, 290))
    assert there.after == pytest.approx(135)
    assert 5 < there.n_effective < 20
    weights = weights_for(150.0, before[:20])
    assert weights is not None
    assert weights.sum() == pytest.approx(1)
    assert weights @ before[:20] == pytest.approx(150)
    even = at_level(195.0, before, 0.9 * before, department)
    assert even.n_effective == pytest.approx(20)


@pytest.mark.parametrize(("level", "n_effective"), [(300.0, 0.0), (99.0, 0.0), (285.0, 2.0)])
def test_a_level_beyond_the_departments_or_of_few_of_them_cannot_be_said(
    level: float, n_effective: float
) -> None:
    department = np.tile(np.arange(20), 2)
    before = 100.0 + 10.0 * department
    there = at_level(level, before, 0.9 * before, department)
    assert not there.is_said
    assert np.isnan(there.after)
    assert there.n_effective == pytest.approx(n_effective, abs=1)


def test_departments_that_differ_by_noise_alone_are_at_no_level_but_their_own() -> None:
    there = at_level(110.0, np.full(40, 100.0), np.full(40, 90.0), np.tile(np.arange(20), 2))
    assert (there.lowest, there.highest, there.n_effective) == (100, 100, 0)
    row = effect(-40, -35, level=110.0)._replace(at_level=there)
    assert "they do not differ beyond noise" in effects_text(KnownEffects((row,), 20, 40, 56))


def test_rows_at_the_trials_level_stand_beside_all_departments_which_count() -> None:
    said = AtLevel(100.0, 50.0, 150.0, 12.0, 65.0)
    row = effect(-40, -35, level=100.0)._replace(at_level=said)
    far = effect(-40, -35, level=900.0, trial=TARGETS[3].trial)
    far = far._replace(at_level=AtLevel(900.0, 50.0, 150.0, 0.0, np.nan))
    effects = KnownEffects((row, far), 20, 40, 56)
    assert effects.scores["all"].n_rows == 2
    assert effects.scores_at_level is not None
    everywhere, there = effects.scores_at_level
    assert (everywhere.n_rows, there.n_rows) == (1, 1)
    assert row.effect_at_level == -35
    assert there.model.error.value == pytest.approx(abs(np.log(0.65 / 0.63)))
    text = effects_text(effects)
    assert "at the trial's level of 100 (12.0 departments) -35.0" in text
    assert "the trial's level of 900 is beyond the departments' 50 to 150" in text


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
            "    strength: weak\n    kind_of_change: staff_added\n    change: gp_streaming",
            "    change: gp_streaming",
            "strength and kind_of_change missing",
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
    monkeypatch.setattr(known_effects, "load", lambda *overrides, config_dir: study)
    text = (packaged_configs() / "targets" / "known_effects.yaml").read_text("utf-8")
    (tmp_path / "targets").mkdir()
    assert stated in text
    (tmp_path / "targets" / "known_effects.yaml").write_text(
        text.replace(stated, instead), encoding="utf-8"
    )
    with hold.refusal(ConfigError, match=found):
        validate_known_effects(config_dir=tmp_path)
