"""Departments that are held to an extract have what it identifies, give its figures, or there is no set of them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as ae
from simulation.config.writing import write_files
from simulation.fits.department import fit_department
from simulation.fits.front_door import FrontDoorRota
from simulation.fits.on_duty import with_drawn_clinicians
from simulation.fits.solved import (
    MET,
    DepartmentSet,
    departments_of,
    solve,
    targets_of,
    unsolved_of,
    wanted_of,
)
from simulation.offers.department import DOCTORS as DOCTORS_MINUTES
from simulation.offers.department import TRIAGE, with_doctors_for_children
from simulation.offers.offer import DEPARTMENTS, texts_alone, unsolved_ensemble
from simulation.offers.solving import KEPT, Solver
from simulation.records.schema import Floats
from simulation.study.department_warnings import department_warnings
from tests.extracts.made import clean, read

N = 20
DOCTORS = "6 8-16, 5 16-24, 4 by night"
FEW = {"doctors": "1 at all hours", "practitioners": "0 at all hours"}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> DepartmentSet:
    extract = read(clean(6_000, 80), tmp_path_factory.mktemp("solved"))
    fitted = fit_department(extract, "mine", stated={"doctors": DOCTORS, "majors_cubicles": "21"})
    wanted = wanted_of(fitted)
    fresh: dict[str, Floats] = {name: np.full(N, value) for name, value in wanted.items()}
    return DepartmentSet(fitted, unsolved_of(fitted, N), fresh, wanted)


def off(held: DepartmentSet, times: float, which: slice) -> DepartmentSet:
    """The set with the four-hour share of some departments off by so many times what their mean may be."""
    share = held.fresh["within_4h_share"].copy()
    share[which] -= times * MET["within_4h_share"].near
    return replace(held, fresh={**held.fresh, "within_4h_share": share})


def test_departments_that_meet_every_figure_are_a_set(held: DepartmentSet) -> None:
    assert held.is_met
    assert held.n_met == N
    assert set(held.texts) == {"ensembles", "study"}


def test_a_department_that_is_far_off_is_left_out_and_counted(held: DepartmentSet) -> None:
    one_off = off(held, 10, slice(0, 1))
    assert one_off.kept.tolist() == [False] + [True] * (N - 1)
    assert not one_off.is_met
    assert f"{N - 1} of {N}" in one_off.faults[0]


def test_a_mean_that_is_off_is_no_set_and_nothing_is_called_calibrated(held: DepartmentSet) -> None:
    all_off = off(held, 1.5, slice(None))
    assert all_off.kept.all()
    assert set(all_off.texts) == {"study"}
    assert all_off.faults[0] in all_off.texts["study"]
    assert all_off.table.title.startswith("Not calibrated")
    assert off(held, 0.9, slice(None)).is_met


def test_of_departments_near_enough_those_are_chosen_whose_mean_is(
    held: DepartmentSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulation.fits.solved.LEAST", N - 1)
    wait, value = "wait_to_clinician_mean", held.wanted["wait_to_clinician_mean"]
    met = {name: np.full(N, at) for name, at in held.wanted.items()}
    near = max(MET[wait].near, MET[wait].near_share * value)
    far = value + near * np.array([*[0.9] * (N - 1), 3.8])
    chosen = replace(held, fresh={**met, wait: far})
    assert chosen.kept.tolist() == [True] * (N - 1) + [False]
    assert chosen.is_met
    assert chosen.n_met == 15
    assert len([*chosen.sentences()]) == len([*held.sentences()]) + 1  # why 15 of 19
    none = replace(held, fresh={**met, wait: np.full(N, value + 2 * near)})
    assert none.kept.all()
    assert not none.is_met


def test_each_figure_has_a_parameter_of_its_own(held: DepartmentSet) -> None:
    causes = [held.solved.member(number).cause for number in range(N)]
    targets = list(targets_of(held.wanted, causes))
    assert {target.measure for target in targets} == {*held.wanted, "handover_mean"}
    assert len({target.parameter for target in targets}) == len(targets)
    assert {target.parameter for target in targets} <= set(held.solved.parameters)


def test_every_department_of_the_set_has_what_the_records_and_the_department_say(
    held: DepartmentSet, tmp_path: Path
) -> None:
    held.fitted.write_configs(tmp_path, held=held.texts)
    study = ae.load("study=mine", f"run.replications={2 * N}", config_dir=str(tmp_path)).of_arms([])
    assert study.departments is not None
    assert len(study.departments) == N
    walk_in = held.fitted.per_day["walk_in"].first
    for number in (0, N - 1):
        site = study.departments.arms(number)[0].pathway
        assert site.arrivals["walk_in"].per_day == pytest.approx(walk_in, abs=0.01)
        assert [shift.number for shift in site.pools["doctors"].rota or ()] == [4, 6, 5]
        assert site.pools["majors_cubicles"].capacity == 21


def test_minutes_of_triage_that_stamps_show_hardly_move(held: DepartmentSet) -> None:
    causes = [held.solved.member(number).cause for number in range(N)]
    ends = [
        {target.parameter: target.bounds for target in targets_of(held.wanted, causes, minutes_seen=seen)}
        for seen in (True, False)
    ]  # fmt: skip
    assert ends[0].pop(TRIAGE)[1] < 1.1 < 2 < ends[1].pop(TRIAGE)[1]
    assert ends[0] == ends[1]


def test_departments_have_fewer_clinicians_or_minutes_at_which_these_are_as_busy(
    held: DepartmentSet,
) -> None:
    usual = unsolved_ensemble(departments_of(held.fitted, N))
    drawn = with_drawn_clinicians(usual, 1.5, ())
    names, before = list(drawn.parameters), list(usual.parameters)
    values = np.array([drawn.member(number).values for number in range(N)])
    fewer, minutes = (values[:, names.index(name)] for name in ("doctors_on_duty", DOCTORS_MINUTES))
    assert fewer.min() < -2
    assert fewer.max() >= 0
    were = [usual.member(number).values[before.index(DOCTORS_MINUTES)] for number in range(N)]
    assert np.corrcoef(minutes / were, fewer)[0, 1] > 0.5
    stated = with_drawn_clinicians(usual, 1.5, ("doctors", "practitioners"))
    assert stated.parameters.keys() == usual.parameters.keys()
    assert stated.departments == usual.departments


@pytest.mark.slow
def test_a_study_of_the_set_runs_the_departments_that_were_solved(
    held: DepartmentSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held.fitted.write_configs(tmp_path, held=held.texts)
    write_files(texts_alone(held.solved, None), DEPARTMENTS, tmp_path)
    written, solved = (
        ae.load(f"study={name}", f"run.replications={2 * N}", config_dir=str(tmp_path))
        for name in ("mine", DEPARTMENTS)
    )
    assert written.departments is not None
    assert solved.departments is not None
    assert written.departments.arms(3)[0].pathway == solved.departments.arms(3)[0].pathway
    monkeypatch.setattr("simulation.fits.department.compare", lambda study: study)
    shown: Any = held.fitted.simulated(tmp_path, N)  # the study of the page
    assert shown.departments.rows == written.departments.rows
    assert shown.run.departments == N
    assert shown.run.start_week == held.fitted.extract.start_week  # short records: the same weeks
    assert shown.run.measured_days <= held.fitted.extract.days < shown.run.measured_days + 7


def test_a_study_that_differs_in_its_departments_alone_is_replaced(
    held: DepartmentSet, tmp_path: Path
) -> None:
    held.fitted.write_configs(tmp_path)
    held.fitted.write_configs(tmp_path, held=held.texts)
    assert "ensemble: mine" in (tmp_path / "study/mine.yaml").read_text("utf-8")
    assert (tmp_path / "study/mine.yaml.old1").exists()


def test_one_team_seen_in_the_stamps_is_one_team_in_every_department(
    held: DepartmentSet, tmp_path: Path
) -> None:
    fitted = fit_department(held.fitted.extract, "team")
    fitted.__dict__["front_door"] = FrontDoorRota(
        np.array([1] * 8 + [3] * 16), one_team=True, agreeing=0.9
    )
    made = unsolved_of(fitted, N)
    team = replace(held, fitted=fitted, solved=made)
    fitted.write_configs(tmp_path, held=team.texts)
    study = ae.load("study=team", f"run.replications={2 * N}", config_dir=str(tmp_path)).of_arms([])
    assert study.departments is not None
    site = study.departments.arms(0)[0].pathway
    assert set(site.steps["triage"].any_of) == {"triage_nurses", "assessment_nurses"}
    assert [shift.number for shift in site.pools["assessment_nurses"].rota or ()] == [1]
    assert site.pools["assessment_nurses"].evidence == "measured"
    assert site.pools["assessment_nurses"].source != "as answered"


@pytest.mark.parametrize(
    ("words", "shared"), [("1 0-11, 2 11-24", False), ("0 at all hours", True)]
)
def test_clinicians_of_children_that_are_stated_say_who_sees_them_in_every_department(
    held: DepartmentSet, words: str, shared: bool
) -> None:
    stated = {"doctors": DOCTORS, "children_doctors": words}
    fitted = fit_department(held.fitted.extract, "mine", stated=stated)
    assert fitted.pathway == ("children_shared" if shared else "emergency_department")
    structures = unsolved_of(fitted, N).structures.values()
    assert {with_doctors_for_children(one) for one in structures} == {shared}
    either = unsolved_of(held.fitted, N).structures.values()
    assert len({with_doctors_for_children(one) for one in either}) == 2


@pytest.mark.parametrize("one_team", [False, True])
def test_clinicians_of_children_that_are_stated_as_none_are_in_no_department(
    held: DepartmentSet, tmp_path: Path, one_team: bool
) -> None:
    stated = {"doctors": DOCTORS, "children_doctors": "0 at all hours"}
    fitted = fit_department(held.fitted.extract, "shared", stated=stated)
    if one_team:
        fitted.__dict__["front_door"] = FrontDoorRota(
            np.array([1] * 8 + [3] * 16), one_team=True, agreeing=0.9
        )
    shared = replace(held, fitted=fitted, solved=unsolved_of(fitted, N))
    fitted.write_configs(tmp_path, held=shared.texts)
    study = ae.load("study=shared", config_dir=str(tmp_path)).of_arms([])
    assert study.departments is not None
    for number in range(N):
        pool = study.departments.arms(number)[0].pathway.pools["children_doctors"]
        assert not any(shift.number for shift in pool.rota or ())


@pytest.mark.parametrize("stated", ["assessment_bays", "majors_cubicles", "discharge"])
def test_what_was_stated_stays_while_the_rest_is_solved_for(
    held: DepartmentSet, stated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: set[str] = set()

    def years(solver: Solver, points: dict[str, Floats], *_: int) -> dict[str, Floats]:
        moved.update(points)
        solver.by_year, measures = {}, {name: np.full(N, 0.3) for name in (*KEPT, *held.wanted)}
        return measures

    monkeypatch.setattr(Solver, "_years", years)
    monkeypatch.setattr("simulation.offers.solving._updated", lambda slopes, *_: slopes)
    fitted = fit_department(held.fitted.extract, "mine", stated={stated: "21"})
    assert moved <= solve(fitted, N, results=tmp_path).solved.parameters.keys()
    assert moved


def test_a_set_is_not_warned_of_the_one_department_that_was_not_solved(
    held: DepartmentSet, tmp_path: Path
) -> None:
    fitted = fit_department(held.fitted.extract, "few", stated=FEW)
    few = replace(held, fitted=fitted, solved=unsolved_of(fitted, N))
    fitted.write_configs(tmp_path, held=few.texts)
    study, alone = (
        ae.load("study=few", f"run.replications={2 * N}", *words, config_dir=str(tmp_path))
        for words in ((), ("ensemble=none", "pathway.allow_overload=true"))
    )
    assert study.held_to_records
    assert any("doctors" in warning.found for warning in department_warnings(alone))
    assert department_warnings(study) == ()
