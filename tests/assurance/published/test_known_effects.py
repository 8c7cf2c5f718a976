"""Known effects: rows say what a result says, a hit is an overlap of ranges, and a miss leaves the exit code."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulation.assurance import validate as command
from simulation.assurance.figures import Begin
from simulation.assurance.known_effects import STUDY, KnownEffect, KnownEffects, as_text, validate_known_effects
from simulation.assurance.targets import targets_named
from simulation.assurance.validate import validate
from simulation.config import load, packaged_configs
from simulation.errors import ConfigError
from simulation.statistics.compare import compare

TARGETS = targets_named("known_effects", [packaged_configs()])


def effect(least: float, most: float, *, low: float | None = -44.1, high: float | None = -30.3) -> KnownEffect:
    target = replace(TARGETS[0], low=low, high=high, note="The queue behind it takes the time back.")
    middle = (least + most) / 2
    found = compare(np.array([middle - 1, middle, middle + 1]), np.zeros(3))
    return KnownEffect(target, 300.0, found, least, most)


@pytest.mark.parametrize(
    ("least", "most", "hit", "central"),
    [(-40, -35, True, True), (-31, 5, True, False), (-100, -44.2, False, False), (-30.2, 0, False, False)],
)
def test_a_hit_is_an_overlap_and_central_is_the_mean_inside(
    least: float, most: float, hit: bool, central: bool
) -> None:
    found = effect(least, most)
    assert (found.hit, found.central) == (hit, central)


def test_an_open_end_is_no_bound() -> None:
    assert effect(-100, -90, low=None).hit
    assert effect(50, 60, high=None).hit


def test_every_published_effect_names_an_arm_a_measure_and_a_group_of_its_study() -> None:
    study = load(f"study={STUDY}")
    judged = {(each.measure, each.group) for each in (*study.design.primary, *study.design.secondary)}
    for target in TARGETS:
        assert target.change in study.design.arms
        assert (target.measure, target.group) in judged
        assert target.low is not None
        assert target.high is not None


def test_a_miss_is_told_with_its_reason_and_leaves_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    found = KnownEffects((effect(-31, 5), effect(-5, 1)), 20, 40, 56)

    def instead(overrides: list[str], *, config_dir: str | Path | None, begin: Begin) -> KnownEffects:
        return found

    monkeypatch.setattr(command, "validate_known_effects", instead)
    output: list[str] = []
    assert validate(["only=known_effects"], say=output.append) == 0
    output = "\n".join(output).split("\n")
    assert "1 of 2 known effects hit, 0 of them central." in output
    misses = [line for line in output if line.lstrip().startswith("MISS  Nurse")]
    assert len(misses) == 2  # its line in the table, and its reason
    assert "The queue behind it takes the time back." in misses[1]
    assert any("-37.0 (-44.1 to -30.3)" in line for line in as_text(found).split("\n"))


def test_one_department_has_no_range(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="ensemble: a range over departments is needed"):
        validate_known_effects(["ensemble=none"])


def test_an_effect_of_an_arm_that_is_not_there_is_refused(tmp_path: Path) -> None:
    text = (packaged_configs() / "targets" / "known_effects.yaml").read_text("utf-8")
    (tmp_path / "targets").mkdir()
    changed = text.replace("change: gp_streaming", "change: gp_streamin")
    (tmp_path / "targets" / "known_effects.yaml").write_text(changed, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"there is no arm 'gp_streamin' in study=known_effects\. Did you mean"):
        validate_known_effects(config_dir=tmp_path)
