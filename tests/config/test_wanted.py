"""What is wanted where something of another type stands: said once, in the words of YAML."""

import pytest

from simulation.config import load
from simulation.errors import ConfigError
from tests.held import Hold


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "calibration.medicine_beds.value={a: 1}",
            "calibration.medicine_beds.value: found {'a': 1}. Allowed: a valid number.",
        ),
        (
            "calibration.medicine_beds.value=[1]",
            "calibration.medicine_beds.value: found [1]. Allowed: a valid number.",
        ),
        (
            "site.durations.ward_stay.mean=[3]",
            "ward_stay.mean: found [3]. Allowed: a valid number (minutes).",
        ),
        (
            "site.durations.ward_stay=3",
            "site.durations.ward_stay",
        ),
        (
            "site.durations.ward_stay.kind=x",
            "ward_stay.kind: unknown kind 'x'. Known names: empirical, exponential,",
        ),
        ("site.pools.resus_bays=[]", "site.pools.resus_bays"),
        (
            "site.arrivals.elective={per_day: null, by_hour: null, booked: [{at: 570, number: 1}]}",
            "site.arrivals.elective.booked.0.at",
        ),
        ("staffing.doctors.role=3", "staffing.doctors.role: found 3. Allowed: a word."),
        (
            "site.attributes.admitted.p.times.0.values={immediate: true}",
            "found True. Allowed: a valid number",
        ),
        ("study.arms.sham.label=''", "study.arms.sham.label: found ''. Allowed: "),
    ],
)
def test_a_value_of_another_type_is_named_with_what_is_wanted(
    override: str, message: str, hold: Hold
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(override)
    hold(str(refused.value), message)
    assert len(refused.value.faults) == 1
