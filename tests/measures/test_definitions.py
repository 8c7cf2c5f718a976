"""Measures are data: what an entry may say, and that a new one touches this room alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from simulation.department.own_measures import Better
from simulation.errors import ResultsError
from simulation.measures.definitions import Definition, definition_of, definitions, label_of_measure
from simulation.measures.measuring import GROUPED_BY
from tests.held import Hold

ROOT = Path(__file__).parents[2]
KINDS_OF_GROUP = {"attributes", "outcome", "arrival_hour", "label", "target_levels"}
ENTRY = """
stay_p90:
  label: Stay, 90th percentile
  unit: minutes
  better: lower
  definition: 90th percentile of minutes from arrival to departure.
  evidence: assumed
  source: *design
  needs: [departed_at]
  groups: [outcome]
"""
OLD_LINE = '    into["stay_p95"] = number\n'
NEW_LINE = '    into["stay_p90"] = number\n'
LOOK = """
from simulation.config import load
from simulation.measures.definitions import label_of_measure
from simulation.study.check_study import measures_of
names = measures_of(load("study=gallery/one_nurse").baseline.pathway)
print(label_of_measure("stay_p90"), sorted(name.group for name in names if name.measure == "stay_p90"))
"""


@pytest.mark.parametrize(
    "definition", definitions().values(), ids=lambda definition: definition.name
)
def test_an_entry_says_what_is_known_and_nothing_else(definition: Definition) -> None:
    assert definition.label
    assert definition.definition
    assert definition.source
    assert definition.unit in ("minutes", "share", "patients", "people")
    assert definition.better in get_args(Better)
    assert definition.evidence in ("published", "assumed")
    assert set(definition.groups) <= KINDS_OF_GROUP
    assert not (definition.binds and definition.groups)
    assert set(definition.observable) <= {"all", "outcome", "pool", "step", *GROUPED_BY}


def test_the_name_of_a_measure_is_its_label_where_no_study_has_it(hold: Hold) -> None:
    hold(label_of_measure("left_share"), "Left before being")
    assert label_of_measure("mine") == "mine"
    with pytest.raises(
        ResultsError, match=r"measure 'left_shar' is unknown\. Did you mean 'left_share'\?"
    ):
        definition_of("left_shar", {})


@pytest.mark.slow
def test_a_new_measure_is_an_entry_and_a_line_in_one_room(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "simulation", tmp_path / "simulation", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    room = tmp_path / "simulation" / "measures"
    quantities = (room / "quantities.py").read_text(encoding="utf-8")
    assert OLD_LINE in quantities
    (room / "quantities.py").write_text(
        quantities.replace(OLD_LINE, OLD_LINE + NEW_LINE), encoding="utf-8"
    )
    with (room / "definitions.yaml").open("a", encoding="utf-8") as file:
        file.write(ENTRY)
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    groups = "['all', 'outcome=admitted', 'outcome=not_admitted']"
    assert done.stdout.strip() == f"Stay, 90th percentile {groups}"
