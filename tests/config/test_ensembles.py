"""Ensembles and priors are read whole, refused with every fault, and change a department by dotted paths."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.config.arms import department
from simulation.config.composing import stated_in
from simulation.config.dotted import Change
from simulation.config.ensembles import ensemble_named, priors_named
from simulation.config.files import packaged_configs, search_folders
from simulation.errors import ConfigError, Faults
from tests.held import Hold

Own = Callable[..., Path]
MARKED = "evidence: assumed, source: made for a test"
PARAMETERS = f"""
parameters:
  triage_minutes:
    {{changes: [site.durations.triage_interview.scale, site.durations.triage_record.scale],
    how: times, range: [0.5, 1.2], {MARKED}}}
  doctor_minutes: {{changes: [calibration.doctor_minutes_scale.value], how: set, range: [0.9, 1.3], {MARKED}}}
  doctors_at_night: {{changes: [staffing.doctors.rota.0.number], how: set, whole: true, range: [4, 6], {MARKED}}}
"""
ENSEMBLE = f"""
name: three
question: What holds whichever of these departments it is?
built:
  {{site: typical, staffing: typical, pathway: emergency_department, calibration: typical,
  targets: england 12ab, priors: typical 34cd, program: 0.1.0 56ef, simulated_years: 9, accepted: 3}}
{PARAMETERS}
departments:
  - [0.8, 1.1, 5]
  - [1, 1.2, 4]
  - [0.55, 0.97, 6]
"""
PRIORS = f"name: mine\njudged_by_mean: [ambulance_assessment_p95]\n{PARAMETERS}"


def message_of(read: Callable[..., object], name: str, folder: Path) -> str:
    with pytest.raises(ConfigError) as refused:
        read(name, (folder, packaged_configs()))
    return str(refused.value)


def test_a_department_of_an_ensemble_is_the_site_with_its_values(own: Own) -> None:
    ensemble = ensemble_named("three", [own({"ensembles/three.yaml": ENSEMBLE})])
    raw = stated_in([], search_folders()).raw
    faults = Faults()
    _, typical = department(raw, (), faults)
    _, third = department(raw, ensemble.changes_of(2), faults)
    assert faults == []
    assert typical is not None
    assert third is not None
    for name in ("triage_interview", "triage_record"):
        assert third.durations[name].scale == pytest.approx(0.55 * typical.durations[name].scale)
    assert third.durations["first_contact"].scale == 0.97
    assert third.pools["doctors"].rota[0].number == 6
    assert third.pools["practitioners"] == typical.pools["practitioners"]


def test_without_the_full_check_the_same_department_comes_out(own: Own) -> None:
    ensemble = ensemble_named("three", [own({"ensembles/three.yaml": ENSEMBLE})])
    raw = stated_in([], search_folders()).raw
    faults = Faults()
    checked, quick = (
        department(raw, ensemble.changes_of(0), faults, numbers_only=each)[1]
        for each in (False, True)
    )
    assert faults == []
    assert checked == quick


def test_a_number_that_leaves_nobody_on_a_rota_is_a_fault_without_the_full_check_too(
    hold: Hold,
) -> None:
    faults = Faults()
    nobody = Change("staffing.triage_nurses.rota.0.number", 0, "department 3, nurses")
    department(stated_in([], search_folders()).raw, [nobody], faults, numbers_only=True)
    assert [fault.where for fault in faults] == ["staffing.triage_nurses"]
    hold(faults[0].found, "has no unit 23:00-10:00 every day")


def test_an_ensemble_names_the_parameter_of_each_path_that_it_varies(own: Own) -> None:
    ensemble = ensemble_named("three", [own({"ensembles/three.yaml": ENSEMBLE})])
    assert ensemble.varied["site.durations.triage_record.scale"] == "triage_minutes"
    assert len(ensemble.varied) == 4


def test_a_department_that_is_not_there_is_named(own: Own, hold: Hold) -> None:
    ensemble = ensemble_named("three", [own({"ensembles/three.yaml": ENSEMBLE})])
    with hold.refusal(ConfigError, "ensembles/three.yaml", match="Name one from 0 to 2"):
        ensemble.changes_of(3)


@pytest.mark.parametrize(
    ("was", "becomes", "phrase"),
    [
        (
            "[0.8, 1.1, 5]",
            "[0.8, 1.1]",
            "ensembles/three.yaml.departments.0: has 2 values for 3 parameters",
        ),
        ("[0.8, 1.1, 5]", "[0.8, 1.4, 5]", "doctor_minutes is 1.4. Allowed: 0.9 to 1.3"),
        ("[0.8, 1.1, 5]", "[0.8, 1.1, 4.5]", "doctors_at_night is 4.5"),
        ("[0.8, 1.1, 5]", "[0.8, 1.1, much]", "ensembles/three.yaml.departments.0.2: found 'much'"),
        (
            "range: [0.9, 1.3]",
            "range: [1.3, 0.9]",
            "parameters.doctor_minutes.range: found [1.3, 0.9]",
        ),
        (
            "triage_record.scale",
            "triage_interview.scale",
            "'site.durations.triage_interview.scale' is changed",
        ),
        (
            "calibration.doctor",
            "triage.doctor",
            "'triage.doctor_minutes_scale.value' is no",
        ),
        (
            "how: set,",
            "how: add,",
            "parameters.doctor_minutes.how: found 'add'. Allowed: 'times' or 'set'",
        ),
        ("simulated_years: 9", "simulated_yeers: 9", "Did you mean 'simulated_years'?"),
    ],
)
def test_an_ensemble_that_is_not_sound_is_refused_with_what_to_do(
    own: Own, was: str, becomes: str, phrase: str, hold: Hold
) -> None:
    folder = own({"ensembles/three.yaml": ENSEMBLE.replace(was, becomes, 1)})
    hold(message_of(ensemble_named, "three", folder), phrase)


def test_priors_are_read(own: Own) -> None:
    priors = priors_named("mine", [own({"priors/mine.yaml": PRIORS})])
    assert list(priors.parameters) == ["triage_minutes", "doctor_minutes", "doctors_at_night"]
    assert priors.judged_by_mean == ("ambulance_assessment_p95",)


def test_a_whole_number_of_two_paths_is_refused_in_priors(own: Own, hold: Hold) -> None:
    stated = PRIORS.replace(
        "[staffing.doctors.rota.0.number]",
        "[staffing.doctors.rota.0.number, staffing.doctors.extra]",
    )
    folder = own({"priors/mine.yaml": stated})
    hold(message_of(priors_named, "mine", folder), "whole and changes 2 values")


def test_an_unknown_name_is_refused_with_the_nearest_one(own: Own) -> None:
    folder = own({"ensembles/three.yaml": ENSEMBLE})
    assert "there is no 'tree'. Did you mean 'three'?" in message_of(ensemble_named, "tree", folder)
