"""What is wanted where something of another type stands: said once, in the words of YAML."""

import pytest

from simulation.config import load
from simulation.errors import ConfigError


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
            "site.durations.ward_stay: found 3. Allowed: a block of keys.",
        ),
        (
            "site.durations.ward_stay.kind=x",
            "ward_stay.kind: unknown kind 'x'. Known names: empirical, exponential,",
        ),
        ("site.pools.resus_bays=[]", "site.pools.resus_bays: found []. Allowed: a block of keys."),
        (
            "site.arrivals.elective={per_day: null, by_hour: null, booked: [{at: 570, number: 1}]}",
            "site.arrivals.elective.booked.0.at: found 570. Write a clock time in quotes, such as '9:30'.",
        ),
        ("staffing.doctors.role=3", "staffing.doctors.role: found 3. Allowed: a word."),
        (
            "site.attributes.admitted.p.times.0.values={immediate: true}",
            "found True. Allowed: a valid number",
        ),
        ("study.arms.sham.label=''", "study.arms.sham.label: found ''. Allowed: "),
    ],
)
def test_a_value_of_another_type_is_named_with_what_is_wanted(override: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(override)
    assert message in str(refused.value)
    assert len(refused.value.faults) == 1
