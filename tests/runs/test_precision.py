"""`run.precision`: the data say how many replications, the same however the run came about; and the report says so."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as ae
from simulation.cli import main
from simulation.department.own_measures import SpanMeasure
from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError
from simulation.report import contents as pictures_module
from simulation.report import write as report_module
from simulation.report.findings import precision_line
from simulation.resumable import run_into
from simulation.runs.provenance import identity_of
from simulation.runs.running import as_planned, values_for
from simulation.statistics.intervals import replications_for
from simulation.study.offered_load import work_of
from simulation.study.study import Precision, Study
from tests.held import Hold

STAY = Precision(measure="stay_p95", half_width=5.0, at_most=60)


@pytest.fixture(scope="module")
def asked(study_of: Callable[..., Study], small_queue: Pathway) -> Study:
    """One nurse and a queue, a day at a time: stays differ between replications."""
    days = {"warm_up_days": 0, "measured_days": 1, "cool_down_days": 1, "replications": 1}
    study = study_of(small_queue, **days)
    return replace(study, run=replace(study.run, precision=STAY))


@pytest.fixture(scope="module")
def small_queue(ward: Callable[..., Pathway]) -> Pathway:
    """Patients who are seen one at a time."""
    pathway = ward(minutes=30)
    return replace(
        pathway, pools={"doctors": replace(pathway.pools["doctors"], unlimited=False, capacity=1)}
    )


@pytest.fixture(scope="module")
def computed(asked: Study) -> ae.Result:
    return ae.compare(asked)


@pytest.fixture
def without_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures_module, "pictures", lambda result: ())
    monkeypatch.setattr(report_module, "page", lambda result, drawn: "a page")


def test_the_first_stage_says_how_many_there_are_and_the_half_width_is_reached(
    computed: ae.Result,
) -> None:
    n = len(computed.replications)
    assert 20 < n < STAY.at_most
    assert [each.replication for each in computed.replications] == list(range(n))
    assert computed.run.replications == n
    assert computed.interval_kind == "fixed_sample"
    row = computed.row(computed.design.baseline, "stay_p95")
    assert (row.high - row.low) / 2 <= STAY.half_width
    (first,) = values_for(computed.study, computed.replications[:20]).values()
    assert replications_for(first, STAY.half_width, at_most=STAY.at_most) <= n


def test_the_report_says_what_was_asked_for_and_what_was_reached(
    computed: ae.Result, hold: Hold
) -> None:
    def line(**changes: Any) -> str | None:
        run = replace(computed.run, precision=replace(STAY, **changes) if changes else None)
        return precision_line(replace(computed, study=replace(computed.study, run=run)))

    n = len(computed.replications)
    output = precision_line(computed) or ""
    of = "stay, 95th percentile, everybody, level under the baseline: ±5 minutes."
    assert output.startswith(f"Precision asked for: {of} Reached: ±")
    assert output.endswith(f"with {n} replications (first stage: 20).")
    hold(str(line(half_width=1.0)), f"{n} replications")
    assert line() is None


def test_the_report_names_a_measure_of_ones_own_by_its_label(asked: Study, hold: Hold) -> None:
    own = SpanMeasure(
        kind="span",
        label="Through within 2 h",
        better="higher",
        until="departed_at",
        statistic="share",
        within_minutes=120,
    )
    few = replace(
        asked.run, precision=Precision(measure="in_two_hours", half_width=1.0, at_most=20)
    )
    study = replace(asked, run=few, design=replace(asked.design, measures={"in_two_hours": own}))
    output = precision_line(ae.compare(study)) or ""
    hold(output, "through within 2 h")


def test_an_upper_bound_and_a_least_number_hold(asked: Study) -> None:
    finer = replace(asked.run, precision=replace(STAY, half_width=0.001, at_most=23))
    assert len(ae.compare(replace(asked, run=finer)).replications) == 23
    coarse = replace(asked.run, replications=22, precision=replace(STAY, half_width=1000.0))
    assert len(ae.compare(replace(asked, run=coarse)).replications) == 22


def test_it_is_no_part_of_a_runs_identity(asked: Study) -> None:
    """What was run without it, or with another, is gone on with."""
    without = replace(asked, run=replace(asked.run, precision=None))
    assert identity_of(asked).key == identity_of(without).key


def test_an_interrupted_run_comes_to_the_same_number_and_stored_it_is_read_as_it_was(
    asked: Study, computed: ae.Result, tmp_path: Path, without_report: None
) -> None:
    """Stopped in the second stage; what has ended is kept, and says again how many there are."""

    def stop(n_done: int) -> None:
        if n_done == 22:
            raise KeyboardInterrupt

    with pytest.raises(
        KeyboardInterrupt, match=f"of {len(computed.replications)} replications are kept"
    ):
        run_into(asked, tmp_path, done=stop, say=lambda text: None)
    planned: list[int] = []
    done: list[int] = []
    ended = run_into(
        asked, tmp_path, say=lambda text: None, planning=planned.append, done=done.append
    )
    assert ae.same_numbers(ended.result, computed)
    assert (planned, done[-1]) == ([len(computed.replications)], len(computed.replications))
    stored = ae.read(ended.folder)
    assert stored.run == computed.run
    assert precision_line(stored) == precision_line(computed)
    assert (
        json.loads((ended.folder / "study.json").read_text("utf-8"))["precision"]["at_most"] == 60
    )
    assert not list(tmp_path.rglob(".unfinished-*"))


def test_growing_is_always_valid_up_to_the_number_planned(
    asked: Study, computed: ae.Result
) -> None:
    grown = list(ae.grow(asked))
    kinds = [result.interval_kind for result in grown]
    assert set(kinds[:-1]) == {"always_valid"}
    assert kinds[-1] == "fixed_sample"
    assert ae.same_numbers(grown[-1], computed)
    assert [len(result.replications) for result in grown] == list(
        range(1, len(computed.replications) + 1)
    )


def test_a_difference_is_that_of_the_arm_from_the_baseline(few: Study) -> None:
    run = replace(
        few.run, measured_days=1, warm_up_days=0, cool_down_days=1, doublings=0, replications=2
    )
    wait = Precision(measure="wait_to_clinician_mean", arm="lean_triage", half_width=1e6)
    result = ae.compare(replace(few, run=run))
    study = replace(result.study, run=replace(run, precision=wait))
    ours, theirs = (
        result.values(arm, "wait_to_clinician_mean") for arm in ("lean_triage", "nurse")
    )
    assert {
        arm: values.tolist() for arm, values in values_for(study, result.replications).items()
    } == {"lean_triage": (ours - theirs).tolist()}
    ready = as_planned(study, {each.replication: each for each in result.replications})
    assert ready.run.replications == 20


@pytest.mark.slow
def test_without_an_arm_the_least_precise_difference_is_planned_and_the_baseline_asks_for_its_level(
    few: Study,
    hold: Hold,
) -> None:
    run = replace(
        few.run, measured_days=1, warm_up_days=0, cool_down_days=1, doublings=0, replications=20
    )
    few = replace(
        few, run=run, design=replace(few.design, sham=None)
    )  # the sham is an arm like any other
    result = ae.compare(few)
    known = {each.replication: each for each in result.replications}

    def planned(arm: str | None) -> tuple[int, str | None]:
        asked = Precision(
            measure="wait_to_clinician_mean", arm=arm, half_width=0.5, at_most=100_000
        )
        study = replace(result.study, run=replace(run, precision=asked))
        ready = as_planned(study, known)
        return ready.run.replications, precision_line(replace(result, study=study))

    arms = [arm.name for arm in few.arms if arm.name != few.design.baseline]
    assert len(arms) > 1
    by_arm = {arm: planned(arm)[0] for arm in arms}
    widest = max(by_arm, key=lambda arm: by_arm[arm])
    n, line = planned(None)
    assert n == by_arm[widest] < planned(few.design.baseline)[0]
    assert f"difference of '{result.arm(widest).label}', the widest of {len(arms)} arms" in str(
        line
    )
    hold(str(planned(few.design.baseline)[1]), "under the baseline")


FAULTS = {
    "measure: stay_p59, half_width: 1": "unknown measure 'stay_p59'. Did you mean 'stay_p95'?",
    "measure: stay_p95, group: nobody, half_width: 1": "'stay_p95' has no group 'nobody'",
    "measure: stay_p95, arm: lean_triag, half_width: 1": "there is no arm 'lean_triag'. Did you mean 'lean_triage'?",
    "measure: stay_p95, half_width: 0": "run.precision.half_width",
    "measure: stay_p95, half_width: 1, first_stage: 19": "run.precision.first_stage",
    "measure: stay_p95, half_width: 1, first_stage: 500, at_most: 400": "is 400, below the 500 replications",
}


@pytest.mark.parametrize("stated", FAULTS)
def test_a_precision_that_cannot_be_is_one_message(stated: str) -> None:
    with pytest.raises(ConfigError) as error:
        ae.load(f"+run.precision={{{stated}}}")
    assert FAULTS[stated] in str(error.value)


def test_a_part_of_a_run_has_no_precision_of_its_own(hold: Hold) -> None:
    with hold.refusal(ConfigError, "run.precision", match="cannot be planned"):
        ae.load(
            "+run.precision={measure: stay_p95, half_width: 1}", "+run.first=10", "+run.count=5"
        )


def test_an_arm_run_alone_has_no_difference(capsys: pytest.CaptureFixture[str], hold: Hold) -> None:
    stated = "+run.precision={measure: stay_p95, arm: lean_triage, half_width: 1}"
    assert main(["run", stated, "dry_run=true"]) == 2
    hold(capsys.readouterr().err, "no arm 'lean_triage'")


def test_a_run_says_beforehand_how_many_there_may_be_and_is_bounded_by_the_most(
    asked: Study,
) -> None:
    assert "  20 to 60 replications of 1 days" in repr(asked)
    assert work_of(asked).n_runs == 60


def test_an_unended_stay_asks_for_no_more(asked: Study, computed: ae.Result) -> None:
    known: dict[int, Any] = {each.replication: each for each in computed.replications[:20]}
    one = known[3].arms["nurse"]
    unended = replace(one.measures, values=np.full_like(one.measures.values, np.inf))
    known[3] = replace(known[3], arms={"nurse": replace(one, measures=unended)})
    assert as_planned(asked, known).run.replications == 20
