"""Milestones are alike with and without numba, and the reference engine needs none."""

import copy
import os
import pickle
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.engine.compiled_journal import Recorded, space_for
from simulation.engine.contract import Activities, InOrder, Milestones, Moment
from simulation.engine.rows import Outcome

ROOT = Path(__file__).parents[2]
N_NODES, N_PATIENTS = 4, 5
ROW = st.tuples(
    st.integers(0, N_PATIENTS - 1),
    st.integers(0, N_NODES - 1),
    st.sampled_from([int(each) for each in Outcome]),
    *(st.integers(-1, 3000),) * 3,
)
NAMES = st.dictionaries(
    st.sampled_from(["seen_at", "left_at", "asked_at"]),
    st.dictionaries(st.integers(0, N_NODES - 1), st.sampled_from(list(Moment)), max_size=N_NODES),
)


def activities(rows: list[tuple[int, ...]]) -> Activities:
    patient, step, outcome, *times = (
        np.array(sorted(rows, key=lambda row: row[0]), dtype=np.int64).reshape(-1, 6).T
    )
    return Activities(
        patient=patient.astype(np.int32),
        step=step.astype(np.int16),
        outcome=outcome.astype(np.int8),
        pool=np.full(len(patient), -1, dtype=np.int16),
        joined_at=times[0].copy(),
        started_at=times[1].copy(),
        ended_at=times[2].copy(),
    )


def recorded(rows: list[tuple[int, ...]]) -> Recorded:
    space = space_for(len(rows) + 3)
    for record, (patient, step, outcome, joined_at, started_at, ended_at) in zip(
        space, rows, strict=False
    ):
        record.patient, record.step, record.outcome, record.pool = patient, step, outcome, -1
        record.joined_at, record.started_at, record.ended_at = joined_at, started_at, ended_at
    return Recorded(space, len(rows), N_PATIENTS)


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=12), NAMES)
def test_with_and_without_numba_milestones_are_the_same(
    rows: list[tuple[int, ...]], names: dict[str, dict[int, Moment]]
) -> None:
    """Without numba patient by patient, with it in the order in which the rows come."""
    plainly, compiled = InOrder(activities(rows)), recorded(rows)
    _assert_equal(*(each.milestones(names, N_NODES, N_PATIENTS) for each in (plainly, compiled)))


def _assert_equal(one: Milestones, other: Milestones) -> None:
    np.testing.assert_equal(dict(one.first_at), dict(other.first_at))
    np.testing.assert_array_equal(one.last_step, other.last_step)
    np.testing.assert_array_equal(one.last_ended_at, other.last_ended_at)


@settings(max_examples=30, deadline=None)
@given(st.lists(ROW, max_size=12))
def test_what_was_written_down_as_it_came_is_arranged_by_patient(
    rows: list[tuple[int, ...]],
) -> None:
    ours, wanted = recorded(rows).arranged(), activities(rows)
    for column in fields(Activities):
        np.testing.assert_array_equal(
            getattr(ours, column.name), getattr(wanted, column.name), strict=True
        )


def test_the_first_time_counts_and_who_gave_up_never_ended() -> None:
    """Ticks of 1/1024 minute. Patient 0 comes to node 1 twice; patient 1 gives up there; patient 2 has no row."""
    done, left = int(Outcome.DONE), int(Outcome.LEFT)
    rows = [
        (0, 1, done, 1024, 2048, 3072),
        (0, 1, done, 4096, 5120, 6144),
        (1, 1, left, 1024, -1, 2048),
    ]
    names = {"joined": {1: Moment.JOINED}, "ended": {1: Moment.ENDED}}
    for journal in (InOrder(activities(rows)), recorded(rows)):
        found = journal.milestones(names, N_NODES, 3)
        np.testing.assert_array_equal(
            list(found.first_at.values()), [[1, 1, np.nan], [3, np.nan, np.nan]]
        )
        assert found.last_step.tolist() == [1, 1, -1]
        assert found.last_ended_at.tolist() == [6144, 2048, -1]


def test_space_is_used_again_by_the_next_run_but_never_while_a_journal_is_kept() -> None:
    first, second = (recorded([(0, 1, 0, at, at, at)]) for at in (1024, 2048))
    again = first.milestones({"joined": {1: Moment.JOINED}}, N_NODES, 1).first_at["joined"]
    assert again.tolist() == [1.0]
    assert second.arranged().joined_at.tolist() == [2048]
    copied, sent = copy.copy(first), pickle.loads(pickle.dumps(first))
    assert copied is first
    assert sent.arranged().joined_at.tolist() == [1024]
    assert len(sent._space) == 1, "of what other runs left in the space nothing is sent"
    before = id(first._space)
    del first, copied
    assert id(space_for(1)) == before
    assert len(space_for(10**5)) >= 10**5


@pytest.mark.slow
def test_the_reference_engine_runs_a_study_without_numba(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['numba'] = None\n")
    done = _python(
        "import simulation as ae\n"
        "study = ae.load('ensemble=none', 'engine=reference', 'executor=serial', 'run=weeks', 'run.replications=1',"
        " 'run.warm_up_days=0', 'run.measured_days=1', 'run.cool_down_days=1')\n"
        "print(len(ae.run(study).replications))",
        tmp_path,
    )
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_reading_tables_looks_for_no_folder_for_compiled_code(tmp_path: Path) -> None:
    code = "import sys, simulation.measures.patients_table, simulation.report.write; print('numba' in sys.modules)"
    assert _python(code, tmp_path).stdout == "False\n"


def _python(code: str, path: Path) -> "subprocess.CompletedProcess[str]":
    env = os.environ | {"PYTHONPATH": f"{path}{os.pathsep}{ROOT}"}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=path,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
