"""An unknown measure is answered by one of the same statistic: a mean is no near miss of a median."""

import pytest

from simulation.measures.definitions import definitions, nearest_measure
from tests.held import Hold


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "wait_to_clinician_median",
            "there is time_to_clinician_median (docs/model.md, 1.2)",
        ),
        ("stay_meen", "Did you mean 'stay_mean'?"),
        ("stay_medain", "Did you mean 'stay_median'?"),
        ("left_shaer", "Did you mean 'left_share'?"),
        (
            "walk_in_triage_wait_median",
            "but walk_in_triage_wait_mean and walk_in_triage_wait_p95",
        ),
        ("handover_p95", "It has no 95th percentile here"),
    ],
)
def test_a_median_is_never_answered_by_a_mean_alone(name: str, told: str, hold: Hold) -> None:
    hold(nearest_measure(name, definitions()), told)


@pytest.mark.parametrize(
    "name", ["boarders_median", "queue_wiat_median", "stays_p95", "triage_wait_median"]
)
def test_no_measure_of_another_statistic_is_meant(name: str) -> None:
    told = nearest_measure(name, definitions())
    assert not told.startswith("Did you mean") or told.rstrip("'?").endswith(
        name.rpartition("_")[2]
    )
