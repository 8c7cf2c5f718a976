"""What `aeflow show` prints of a department's supply and demand."""

from dataclasses import replace
from pathlib import Path

import pytest

from simulation.config import load, packaged_configs
from simulation.report.arm_tables import NOTHING
from simulation.report.screen import announce
from simulation.report.show import DRAWN, arm_lines, department_lines, lines
from simulation.study.arm_changes import explain_changes
from simulation.study.study import Study
from tests.department.made import pathway_from

DESK = """
name: desk
arrivals:
  walk_in: {starts: desk, per_day: 60, scale: 1.1, surges: [{starts_on_day: 7, days: 1, times: 1.4}]}
  clinic: {starts: desk, booked: [{at: "9:00", number: 7, days: mon-fri}], attends: false}
pools:
  clerks: {kind: staff, rota: [{hours: 8-20, number: 2, days: mon-fri}], extra_shifts: [{hours: 14-22, number: -1}]}
  beds: {kind: space, capacity: 24, extra: 2}
durations: {service: {kind: fixed, mean: 12}}
priority:
  {rule: acuity, classes: {anybody: {rank: 1, rate: 0}}, untriaged_as: anybody, ignored_as: anybody, evidence: assumed,
  source: test}
follows: {staff: {durations: [service], arrivals: [walk_in], elasticity: 0.5, active: false}}
lasting_factors: {absence: {every: week, cv: 0.03, persistence: 0.45, durations: [service]}}
steps: {desk: {asks: [clerks], minutes: [service], next: served}}
ends: {served: {outcome: discharged}}
"""


def test_every_word_of_supply_and_demand_is_shown() -> None:
    pathway = pathway_from(
        DESK, noted=("arrivals", "pools", "durations", "follows", "lasting_factors")
    )
    assert list(department_lines(pathway)) == [
        "  walk_in                  66.0 a day  (x 1.4 from day 7 for 1 day)",
        "  clinic                    5.0 a day  (not through A&E; 7 at 9:00 mon-fri)",
        "  clerks                 staff  8-20 h: 2 (mon-fri); laid over: 14-22 h: -1",
        "  beds                   space  24 (+2)",
        "  absence                cv 0.03 by the week, persistence 0.45: service",
        "  staff                  off; elasticity 0.5 on 7 days: service of walk in",
    ]


@pytest.mark.parametrize(
    "change",
    [
        "pathway.pools.nurses.extra_shifts: [{hours: 8-20, number: 0}]",
        "pathway.arrivals.walk_in.scale: {times: 1}",
        "pathway.pools.nurses.extra: 0",
    ],
)
def test_an_arm_that_changes_nothing_is_named_before_it_is_run(
    change: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = (packaged_configs() / "study/gallery/one_nurse.yaml").read_text(encoding="utf-8")
    (tmp_path / "study").mkdir()
    text = study.replace("pathway.pools.nurses.extra: 1", change).replace(
        "name: one_nurse", "name: mine"
    )
    assert change in text
    (tmp_path / "study/mine.yaml").write_text(text, encoding="utf-8")
    mine = load("study=mine", config_dir=tmp_path)
    (changes,) = explain_changes(mine, ["two"])
    assert list(arm_lines(mine, changes))[4 if "shifts" in change else 3] == f"  {NOTHING}"
    announce(mine, alone=False)
    warnings = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Warning")]
    assert warnings == ["Warning: arm 'two' changes nothing: it will be identical to baseline."]


def test_a_department_fitted_to_records_is_told_from_those_that_are_held_to_them() -> None:
    study = load("ensemble=none", config_dir=packaged_configs())
    assert DRAWN not in _on_one_line(study)
    why = "alone"
    fitted = replace(study, design=replace(study.design, not_calibrated=why))
    assert f"{why}. {DRAWN}" in _on_one_line(fitted)


def _on_one_line(study: Study) -> str:
    return " ".join(" ".join(lines(study)).split())
