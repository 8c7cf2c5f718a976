"""A queue that grows as long as the run is refused before it starts, by the name of the pool."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from simulation.api import compare
from simulation.department.vocabulary import Pathway, Pool, ShareOfTime
from simulation.errors import ConfigError
from simulation.study import department_warnings
from simulation.study.department_warnings import overload_faults, refuse_overload
from simulation.study.study import Study

Ward = Callable[..., Pathway]
StudyOf = Callable[..., Study]
HALF = ShareOfTime(
    kind="share", share=0.5, mean_down_minutes=240, evidence="assumed", source="made for a test"
)
DOCTORS = Pool(kind="staff", capacity=2, evidence="assumed", source="made for a test")


def busy(ward: Ward, load: float, **changes: object) -> Pathway:
    """Two doctors who are asked for `load` of their time."""
    pathway = ward(minutes=load * 2 * 1440 / 20)
    return replace(pathway, pools={"doctors": DOCTORS}, **changes)  # type: ignore[arg-type]


def test_the_department_that_comes_with_aeflow_is_not_refused(study: Study) -> None:
    assert overload_faults(study) == ()


def test_more_work_than_staff_is_refused_with_the_pool_the_load_and_the_remedy(
    ward: Ward, study_of: StudyOf
) -> None:
    with pytest.raises(ConfigError) as refused:
        compare(study_of(busy(ward, 1.3)))
    assert len(refused.value.faults) == 1
    message = str(refused.value)
    assert message.startswith("staffing.doctors: load 1.3")
    assert "over the week" in message
    assert "pathway.allow_overload=true" in message


def test_a_department_that_says_so_may_be_overloaded(ward: Ward, study_of: StudyOf) -> None:
    refuse_overload(study_of(busy(ward, 1.3, allow_overload=True)))


def test_nearly_all_of_their_time_is_not_too_much(ward: Ward, study_of: StudyOf) -> None:
    refuse_overload(study_of(busy(ward, 0.9)))


def test_an_arm_is_judged_by_its_own_outages_not_by_those_of_the_arm_before(
    ward: Ward, study_of: StudyOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arms share the sample of patients; when something is down is each arm's own."""
    seen = []
    monkeypatch.setattr(
        department_warnings, "apply", lambda policy, pathway, draws: seen.append(draws) or draws
    )
    first = study_of(busy(ward, 0.5, outages={"lift": HALF}))
    other = replace(
        first.baseline,
        name="other",
        pathway=busy(ward, 0.5, outages={"lift": replace(HALF, share=0.25)}),
    )
    assert overload_faults(replace(first, arms=(first.baseline, other))) == ()
    one, two = seen
    assert one.arrived_at is two.arrived_at
    assert one.outages["lift"].tolist() != two.outages["lift"].tolist()


def test_an_arm_alone_that_is_overloaded_is_named(ward: Ward, study_of: StudyOf) -> None:
    study = study_of(busy(ward, 0.9))
    worse = replace(study.baseline, name="fewer", pathway=busy(ward, 1.5))
    (fault,) = overload_faults(replace(study, arms=(study.baseline, worse)))
    assert fault.found.endswith("in arm fewer")


def test_the_worst_of_several_loads_is_the_largest_number_not_the_last_word(
    ward: Ward, study_of: StudyOf
) -> None:
    study = study_of(busy(ward, 9.5))
    worst = replace(study.baseline, name="worst", pathway=busy(ward, 10.5))
    (fault,) = overload_faults(replace(study, arms=(study.baseline, worst)))
    assert fault.found.startswith("load 10.")
