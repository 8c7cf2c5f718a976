"""Records are dated alike with and without numba, and the reference engine needs none."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.engine.contract import Activities
from simulation.engine.firsts import Moment, fill_plainly, first_times
from simulation.engine.firsts_compiled import fill
from simulation.engine.plan import Outcome

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
    patient, step, outcome, *times = np.array(sorted(rows, key=lambda row: row[0]), dtype=np.int64).reshape(-1, 6).T
    return Activities(
        patient=patient.astype(np.int32),
        step=step.astype(np.int16),
        outcome=outcome.astype(np.int8),
        pool=np.full(len(patient), -1, dtype=np.int16),
        joined_at=times[0].copy(),
        started_at=times[1].copy(),
        ended_at=times[2].copy(),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=12), NAMES)
def test_with_and_without_numba_every_record_has_the_same_date(
    rows: list[tuple[int, ...]], names: dict[str, dict[int, Moment]]
) -> None:
    table = activities(rows)
    plainly, compiled = (np.full((len(names), N_PATIENTS), np.nan) for _ in range(2))
    fill_plainly(table, names, plainly)
    fill(table, names, N_NODES, compiled)
    np.testing.assert_array_equal(plainly, compiled)


def test_the_first_time_counts_and_who_gave_up_never_ended() -> None:
    """Ticks of 1/1024 minute. Patient 0 comes to node 1 twice; patient 1 gives up there."""
    done, left = int(Outcome.DONE), int(Outcome.LEFT)
    table = activities([(0, 1, done, 1024, 2048, 3072), (0, 1, done, 4096, 5120, 6144), (1, 1, left, 1024, -1, 2048)])
    names = {"joined": {1: Moment.JOINED}, "ended": {1: Moment.ENDED}}
    found = np.full((2, 3), np.nan)
    fill_plainly(table, names, found)
    np.testing.assert_array_equal(found, [[1, 1, np.nan], [3, np.nan, np.nan]])
    np.testing.assert_array_equal(list(first_times(table, names, N_NODES, 3).values()), found)


def test_the_reference_engine_runs_a_study_without_numba(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['numba'] = None\n")
    done = _python(
        "import simulation as ae\n"
        "study = ae.load('engine=reference', 'executor=serial', 'run=weeks', 'run.replications=1',"
        " 'run.warm_up_days=0', 'run.measured_days=1', 'run.run_out_days=1')\n"
        "print(len(ae.run(study).answers))",
        tmp_path,
    )
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_reading_tables_looks_for_no_folder_for_compiled_code(tmp_path: Path) -> None:
    code = "import sys, simulation.analysis.tables, simulation.report.folder; print('numba' in sys.modules)"
    assert _python(code, tmp_path).stdout == "False\n"


def _python(code: str, path: Path) -> "subprocess.CompletedProcess[str]":
    env = os.environ | {"PYTHONPATH": f"{path}{os.pathsep}{ROOT}"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=path, env=env, capture_output=True, text=True, timeout=120, check=False
    )
