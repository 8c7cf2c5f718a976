"""An extract simulated again: what is stated is kept, what is drawn is new, and arms share their patients."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import simulation as ae
from simulation.display.table import Cell
from simulation.errors import ResultsError
from simulation.extracts.extract import Extract
from simulation.fits.trace import Trace, TracedPatients, _study_on
from simulation.patients import Calendar, DrawnRun
from simulation.records.schema import MISSING
from simulation.report.outcome import outcome_of
from simulation.study.study import Study
from tests.extracts.stamped import stamped

pytestmark = pytest.mark.usefixtures("undrawn")

DAYS, WARM_UP = 7, 7


@pytest.fixture(scope="module")
def study() -> Study:
    whole = ae.load("ensemble=none", "run=weeks", "run.replications=1", f"run.measured_days={DAYS}",
                    f"run.warm_up_days={WARM_UP}", "run.cool_down_days=2", "run.start_week=8")  # fmt: skip
    return whole.of_arms(["lean_triage"])


@pytest.fixture(scope="module")
def simulated(study: Study) -> pd.DataFrame:
    """The stamps and codes of a simulated week."""
    patients = ae.compare(study).patients("nurse", 0)
    start, end = study.run.window
    return patients[(patients["arrived_at"] >= start) & (patients["arrived_at"] < end)]


@pytest.fixture(scope="module")
def extract(study: Study, simulated: pd.DataFrame) -> Extract:
    return stamped(simulated, study.run.window)


@pytest.fixture(scope="module")
def traced(extract: Extract, study: Study) -> TracedPatients:
    on = _study_on(extract, study, 2)
    days = on.run.warm_up_days + on.run.measured_days + on.run.cool_down_days
    nurse = study.baseline.policy.nurse
    return TracedPatients(extract, nurse, DrawnRun(on.run.seed, 0, days, Calendar(8, WARM_UP)))


@pytest.fixture(scope="module")
def trace(extract: Extract, study: Study) -> Trace:
    return ae.trace(extract, study, imputations=2)


def in_window(extract: Extract, ticks: np.ndarray) -> np.ndarray:
    minutes = ticks / 1024 - WARM_UP * 1440
    return (minutes >= extract.window[0]) & (minutes < extract.window[1])


def test_those_who_attend_while_the_extract_lasts_are_its_own(
    extract: Extract, study: Study, traced: TracedPatients
) -> None:
    pathway = study.baseline.pathway
    draws = traced.of(pathway)
    attends = np.isin(draws.arrival_source, [list(pathway.arrivals).index(name) for name in
                                             ("walk_in", "ambulance", "referred")])  # fmt: skip
    there = attends & in_window(extract, draws.arrived_at)
    assert np.count_nonzero(there) == len(extract.patients)
    np.testing.assert_allclose(
        np.sort(draws.arrived_at[there] / 1024) - WARM_UP * 1440,
        extract.patients["arrived_at"],
        atol=0.001,
    )
    assert (
        np.count_nonzero(attends & (draws.arrived_at < WARM_UP * 1440 * 1024)) > 1000
    )  # the days before are drawn


def test_the_nurse_gives_the_coded_label_and_others_keep_theirs(
    extract: Extract, study: Study, traced: TracedPatients
) -> None:
    from simulation.triage.apply import apply

    pathway = study.baseline.pathway
    labelled = apply(study.baseline.policy, pathway, traced.of(pathway))
    there = in_window(extract, labelled.arrived_at) & (labelled.number >= 2**52)
    order = np.argsort(labelled.arrived_at[there], kind="stable")
    given = labelled.attributes["acuity_given"][there][order]
    coded = extract.patients["acuity_given"]
    same_time = np.bincount(given, minlength=5), np.bincount(coded[coded != MISSING], minlength=5)
    np.testing.assert_allclose(*same_time, atol=0.005 * len(coded))
    assert traced.n_other_label <= 0.005 * len(coded)


def test_true_levels_are_imputed_anew_about_as_often_as_they_were(
    extract: Extract, simulated: pd.DataFrame, study: Study, traced: TracedPatients
) -> None:
    draws = traced.of(study.baseline.pathway)
    there = draws.number >= 2**52
    imputed = np.bincount(draws.attributes["acuity_true"][there], minlength=5) / there.sum()
    true = simulated["acuity_true"].value_counts(normalize=True, sort=False).to_numpy()
    np.testing.assert_allclose(imputed, true, atol=0.03)


def test_an_extract_simulated_again_is_near_its_own_waits_and_arms_differ(
    extract: Extract, trace: Trace
) -> None:
    """Wards begin full: without those who are drawn beside it nobody would wait four hours for a bed."""
    over_4h = "decision_to_departure_over_4h_share"
    assert trace.result.values("nurse", over_4h).mean() > 0.1
    assert trace.result.values("nurse", "within_4h_share").mean() == pytest.approx(
        extract.measures.value("within_4h_share"), abs=0.08
    )
    assert (trace.result.differences("lean_triage", trace.result.first_target) < 0).all()
    assert trace.tables["factual"].rows
    assert len(trace.tables["effects"].rows) == trace.is_near
    assert len(trace.tables["daily"].rows) == DAYS
    assert len(trace.pictures) == 2


def test_brackets_behind_an_effect_are_the_range_that_a_comparison_gives_it(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trace, "is_near", True)
    own = replace(trace, result=replace(trace.result))
    arm = outcome_of(own.result, "lean_triage")
    worth = arm.on_past_trials(arm.first.comparison)
    _, wait, *_ = own.tables["effects"].cells[0]
    assert isinstance(wait, Cell)
    assert worth is not None
    assert (wait.low, wait.high) == (worth.low, worth.high)
    low, high = arm.first.comparison.difference_low, arm.first.comparison.difference_high
    assert wait.low < low < high < wait.high


@pytest.mark.parametrize("arm", ["nurse", "lean_triage"])
def test_the_patients_of_a_trace_are_those_of_the_records(
    extract: Extract, trace: Trace, arm: str
) -> None:
    again = trace.result.patients(arm, 1)
    arrived = np.sort(again["arrived_at"].to_numpy() - 1440 * WARM_UP)
    assert arrived == pytest.approx(np.sort(extract.patients["arrived_at"]), abs=0.01)
    within = (again["departed_at"] - again["arrived_at"] <= 240).mean()
    assert within == pytest.approx(trace.result.values(arm, "within_4h_share")[1], abs=0.02)


def test_no_effect_is_shown_where_the_simulation_is_not_near(
    simulated: pd.DataFrame, study: Study, trace: Trace
) -> None:
    later = simulated.assign(departed_at=simulated["departed_at"] + 180)
    far = replace(trace, extract=stamped(later, study.run.window))
    assert not far.is_near
    assert not far.tables["effects"].rows


def test_one_imputation_is_refused(extract: Extract, study: Study) -> None:
    with pytest.raises(ResultsError, match="show no uncertainty"):
        ae.trace(extract, study, imputations=1)


def test_a_department_without_a_source_of_the_extract_says_so(
    extract: Extract, study: Study
) -> None:
    baseline = study.baseline
    arrivals = {
        name: source for name, source in baseline.pathway.arrivals.items() if name != "referred"
    }
    without = replace(baseline.pathway, arrivals=arrivals)
    patients = TracedPatients(extract, None, DrawnRun(1, 0, 21, Calendar(8, WARM_UP)))
    with pytest.raises(ResultsError, match="no arrivals 'referred'"):
        patients.of(without)
