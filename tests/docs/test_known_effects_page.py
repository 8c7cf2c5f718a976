"""The how-to of a published trial: its two files make a row that runs, beside the packaged trials."""

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from simulation.assurance import known_effects
from simulation.assurance.known_effects import KnownEffects, validate_known_effects
from simulation.assurance.targets import KindOfChange
from simulation.errors import ConfigError

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "add-a-trial.md").read_text(
    encoding="utf-8"
)
STUDY, TARGETS, DOCTOR = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


def write(folder: Path, study: str = STUDY, targets: str = TARGETS) -> Path:
    for kind, text in (("study", study), ("targets", targets)):
        (folder / "configs" / kind).mkdir(parents=True)
        (folder / "configs" / kind / "our_trial.yaml").write_text(text, encoding="utf-8")
    return folder / "configs"


@pytest.mark.slow
def test_the_files_of_the_page_make_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = KnownEffects((), 20, 40, 56)
    monkeypatch.setattr(known_effects, "compare", lambda study, done: study)
    monkeypatch.setattr(known_effects, "known_effects_of", lambda result, targets: made)
    found = validate_known_effects(
        ["study=our_trial"], targets="our_trial", config_dir=write(tmp_path)
    )
    assert len(found.others) > 40
    assert all(row.change != "load" for row in found.others)


@pytest.mark.parametrize("overflow", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_doctor_of_the_page_can_be_run_and_leaves_nobody_waiting(
    overflow: bool, tmp_path: Path
) -> None:
    study, targets, arm = yaml.safe_load(STUDY), yaml.safe_load(TARGETS), yaml.safe_load(DOCTOR)
    ((targets["rows"][0]["change"], doctor),) = arm.items()
    if not overflow:
        del doctor["changes"]["pathway.steps.triage_doctor"]["overflow"]
    study["arms"] |= arm
    folder = write(tmp_path, yaml.safe_dump(study), yaml.safe_dump(targets))
    words = ["study=our_trial", "dry_run=true"]
    if overflow:
        assert validate_known_effects(words, targets="our_trial", config_dir=folder).others
    else:
        with pytest.raises(ConfigError, match="triage_doctor"):
            validate_known_effects(words, targets="our_trial", config_dir=folder)


@pytest.mark.parametrize(
    "key",
    ["trial", "value"]
    + [pytest.param(key, marks=pytest.mark.slow) for key in ("strength", "kind_of_change", "high")],
)
def test_a_row_that_lacks_what_a_trial_needs_is_refused_with_what_is_missing(
    key: str, tmp_path: Path
) -> None:
    stated = yaml.safe_load(TARGETS)
    del stated["rows"][0][key]
    folder = write(tmp_path, targets=yaml.safe_dump(stated))
    with pytest.raises(ConfigError) as refused:
        validate_known_effects(["study=our_trial"], targets="our_trial", config_dir=folder)
    (fault,) = refused.value.faults
    assert "our_trial.yaml" in fault.where
    assert key in str(fault)


def test_the_kinds_of_change_of_the_page_are_those_that_there_are() -> None:
    named = set(re.findall(r"`(\w+)`", PAGE.split("| `kind_of_change` |")[1].splitlines()[0]))
    assert named == set(get_args(KindOfChange))
