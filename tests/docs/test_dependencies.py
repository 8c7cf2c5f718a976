"""What is said of other people's packages: declared, listed, licensed; and what an audit says where it cannot look."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from docs.tools.audit import NOT_REACHED, summary
from docs.tools.dependencies import PAGE, PURPOSES, listed, locked, purpose

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project: dict[str, Any] = tomllib.load(file)["project"]
    return project


@pytest.mark.slow  # `make lint` asks the same
def test_every_import_is_declared_and_nothing_in_vain() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deptry", "."], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_page_lists_the_versions_of_the_lock() -> None:
    """Stale: make licences."""
    assert listed(PAGE.read_text(encoding="utf-8")) == locked()


def test_every_declared_package_has_a_stated_purpose_and_the_others_are_needed_by_one(
    project: dict[str, Any],
) -> None:
    assert {Requirement(line).name for line in project["dependencies"]} == set(PURPOSES)
    names = list(locked())
    assert all(purpose(name, names) != "needed by " for name in names)


def test_pytest_is_an_extra_that_running_a_study_does_not_install(project: dict[str, Any]) -> None:
    assert project["optional-dependencies"]["test"] == ["pytest", "pytest-timeout"]
    assert (
        "aeflow[app,cluster,docs,evaluation,fitting,notebooks,test,vetting]"
        in project["optional-dependencies"]["dev"]
    )
    assert "pytest" not in locked()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_every_package_and_names_no_index(lock: Path) -> None:
    for line in lock.read_text(encoding="utf-8").splitlines():
        pin = Requirement(line)
        assert [specifier.operator for specifier in pin.specifier] == ["=="], line
        assert pin.url is None


def test_an_audit_that_reached_nobody_says_what_it_needs() -> None:
    for output in (
        "",
        json.dumps({"dependencies": [{"name": "numpy", "skip_reason": "not found"}]}),
    ):
        assert summary(output) == (NOT_REACHED, 2)


def test_an_audit_names_faults_and_packages_that_were_not_looked_up() -> None:
    sound = {"name": "rich", "version": "15.0.0", "vulns": []}
    faulty = {
        "name": "jinja2",
        "version": "3.1.0",
        "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1.6"]}],
    }
    skipped = {"name": "numpy", "skip_reason": "not found"}
    assert summary(json.dumps({"dependencies": [sound]})) == (
        "No known fault in requirements.lock (packages looked up: 1).",
        0,
    )
    text, code = summary(json.dumps({"dependencies": [sound, faulty, skipped]}))
    assert code == 1
    assert "jinja2 3.1.0: PYSEC-1, mended in 3.1.6" in text
    assert "Not audited" in text
    assert "numpy" in text
    assert summary(json.dumps({"dependencies": [sound, skipped]}))[1] == 2
