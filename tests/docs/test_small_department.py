"""A triage that can be wrong in a small department: the blocks of the how-to, laid over a copied one, run."""

from pathlib import Path

import pytest
import yaml

from simulation.cli import main
from simulation.config import load
from simulation.config.new import new_department
from simulation.study.study import Study
from tests.cli.conftest import SHORT
from tests.department.made import laid_over

from .test_docs import blocks

pytestmark = pytest.mark.usefixtures("undrawn")

PAGE = "docs/how-to/small-department.md"
GROUPS = ("pathway", "nurse", "triage", "study")
"""The groups whose files the blocks state, in the order of the page; the first is changed, the others are whole."""


@pytest.fixture
def department(tmp_path: Path) -> Path:
    return write_department(tmp_path / "configs")


def write_department(folder: Path) -> Path:
    """Write the clinic, copied and changed as the page says, into a folder, and return it."""
    new_department("ours", "gallery/clinic", folder)
    names = dict(zip(GROUPS, ("ours", "ours", "our_ai", "ours"), strict=True))
    for (group, name), text in zip(names.items(), blocks(PAGE, "yaml"), strict=True):
        path = folder / group / f"{name}.yaml"
        if group == "pathway":
            copied = yaml.safe_load(path.read_text(encoding="utf-8"))
            text = yaml.safe_dump(laid_over(copied, yaml.safe_load(text)), sort_keys=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def study(department: Path) -> Study:
    return load("study=ours", config_dir=department)


def test_a_small_department_whose_triage_errs_is_stated_as_the_page_says(study: Study) -> None:
    arms = {arm.name: arm.policy for arm in study.arms}
    assert list(arms) == ["today", "sham", "our_ai"]
    assert all(
        policy.nurse is not None and len(policy.nurse.matrix.counts or ()) == 3
        for policy in arms.values()
    )
    assert [name for name, policy in arms.items() if policy.ai is not None] == ["sham", "our_ai"]


def test_the_arm_that_runs_alone_is_the_baseline_unless_a_policy_is_chosen(
    study: Study, department: Path
) -> None:
    assert study.alone == study.baseline
    chosen = load("study=ours", "triage=our_ai", config_dir=department)
    assert chosen.alone.policy == chosen.arm("our_ai").policy


@pytest.mark.parametrize("command", ["compare", "run"])
def test_it_runs(command: str, department: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(department.parent)
    assert main([command, "study=ours", *SHORT]) == 0
