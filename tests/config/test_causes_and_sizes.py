"""An ensemble whose departments differ in what makes patients wait, and in size."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.config import load
from simulation.config.ensembles import EnsembleDepartments
from simulation.config.studies import _departments
from simulation.config.totals import DAY, WALKING, on_duty
from simulation.department.rota import attendances_per_day
from simulation.errors import ConfigError, Faults
from simulation.records.serialise import to_plain
from simulation.study.study import Study
from tests.config.ours import MARKED
from tests.held import Hold

Own = Callable[..., Path]
OF_CAUSES = f"""
name: ours
question: What holds whatever makes patients wait?
built:
  {{site: typical, staffing: typical, pathway: emergency_department, calibration: typical,
  targets: none, priors: none, program: 0.1.0, simulated_years: 0, accepted: 3}}
causes:
  clinicians: {{label: clinicians are always busy, weight: 1, site: between_contacts,
    calibration: between_contacts, changes: {{calibration.patients_in_hand.value: 9}}, {MARKED}}}
  pace: {{label: staff speed up, weight: 2, site: typical_pace, calibration: typical_pace, {MARKED}}}
structures:
  usual: {{label: Two nurses by day, weight: 1, staffing: typical, pathway: between_contacts, {MARKED}}}
  one: {{label: One nurse, weight: 1, staffing: one_nurse, pathway: between_contacts,
    changes: {{calibration.triage_minutes_scale.value: {{times: 0.56}}}}, {MARKED}}}
parameters:
  cubicles: {{changes: [calibration.majors_cubicles.value], how: times, whole: true, range: [0.5, 1.5], {MARKED}}}
  size: {{changes: [totals.attendances_per_day], how: set, range: [200, 650], {MARKED}}}
departments:
  - {{cause: pace, structure: one, values: [0.93, 600]}}
  - {{cause: clinicians, structure: usual, values: [1.1, 240]}}
  - {{cause: pace, structure: usual, values: [1, 340]}}
"""


@pytest.fixture
def loaded(own: Own) -> Callable[..., Study]:
    def made(*overrides: str, ensemble: str = OF_CAUSES) -> Study:
        folder = own({"ensembles/ours.yaml": ensemble})
        words = ("study=ai_triage", "ensemble=ours", "run.replications=6", "run.departments=3")
        return load(*words, *overrides, config_dir=folder)

    return made


def test_each_department_has_the_size_the_cause_and_the_structure_that_it_states(
    loaded: Callable[..., Study],
) -> None:
    study = loaded()
    assert isinstance(study.departments, EnsembleDepartments)
    assert study.departments.cause_of == ("pace", "clinicians", "pace")
    assert study.departments.structure_of == ("pace/one", "clinicians/usual", "pace/usual")
    assert study.departments.varied_values["size"] == (600.0, 240.0, 340.0)
    departments = [study.of(number).baseline.pathway for number in range(3)]
    sizes = [attendances_per_day(one) for one in departments]
    assert sizes == pytest.approx([600, 240, 340], rel=1e-3)
    cubicles = [one.pools["majors_cubicles"].capacity for one in departments]
    assert cubicles == [round(0.93 * round(35 * (600 / 340) ** 0.95)), 28, 35]
    assert all(isinstance(number, int) for number in cubicles)


def test_triage_nurses_of_another_size_are_as_busy(loaded: Callable[..., Study]) -> None:
    """Two nurses by day cannot be 1.4: minutes of triage take up what rounding leaves."""
    departments = loaded().departments
    assert isinstance(departments, EnsembleDepartments)
    work = []
    for number in (1, 2):
        raw = departments._groups(number, Faults())
        patients = sum(raw["site"]["arrivals"][name]["per_day"] for name in WALKING)
        minutes = raw["calibration"]["triage_minutes_scale"]["value"]
        nurses = on_duty(raw["staffing"]["triage_nurses"]["rota"])
        work.append(patients * minutes / sum(nurses[hour] for hour in DAY))
    assert work[0] == pytest.approx(work[1], rel=1e-3)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cause: clinicians, structure: usual", "cause: beds, structure: usual"),
        ("cause: clinicians, structure: usual", "structure: usual"),
        ("site: typical_pace", "site: typical_race"),
        ("values: [1.1, 240]", "values: [1.1, 40]"),
    ],
)
def test_a_cause_that_is_not_there_is_refused(
    loaded: Callable[..., Study], hold: Hold, old: str, new: str
) -> None:
    with hold.refusal(ConfigError):
        loaded(ensemble=OF_CAUSES.replace(old, new))


def test_a_value_that_follows_size_cannot_be_set_in_all_departments(
    loaded: Callable[..., Study], hold: Hold
) -> None:
    with hold.refusal(ConfigError):
        loaded("+scenario.changes={staffing.majors_nurses.rota.0.number: 9}")


def test_a_stored_run_still_knows_the_causes_of_its_departments(
    loaded: Callable[..., Study],
) -> None:
    study = loaded()
    assert isinstance(study.departments, EnsembleDepartments)
    content = json.loads(json.dumps(to_plain(study.departments.content())))
    again = _departments(content, study)
    assert again is not None
    assert again.causes == study.departments.causes
    assert again.cause_of == study.departments.cause_of
