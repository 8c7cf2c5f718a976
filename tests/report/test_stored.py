"""What a folder states of a study comes back whole: every field, those of tomorrow included."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest

from simulation.analysis.compare import Shares
from simulation.explain.arm_changes import AddedAssumption, Change
from simulation.report.inputs import DayMeans, ReportArm, ReportInputs
from simulation.report.stored import profiles_stated, restored, study_stated, to_json
from simulation.study.design import Arm, Cost, Coverages, Design, Lever, Margin, Target
from simulation.study.study import RunLength

WHOSE: dict[str, Any] = {"evidence": "assumed", "source": "made for a test"}
TARGET = Target(
    measure="stay_mean", group="arrival_source=walk_in", label="Stay", minimal_important_difference=5, **WHOSE
)
MARGIN = Margin(measure="stay_mean", group="arrival_source=walk_in", label="Stay", margin=3, **WHOSE)
LEVER = Lever(label="Time", takes=("minutes",), changes={"triage.minutes.0": 2}, **WHOSE)
ARM = Arm(
    label="An arm", triage="ai", nurse="nurse_language", changes={"site.outages": {"lift": {"spans": [1, 2]}}},
    levers=("time",), control="nurse", cost=Cost(per_year=7, what="a licence", **WHOSE), **WHOSE,
)  # fmt: skip
DESIGN = Design(
    name="whole", question="Does it come back?", baseline="nurse", sham="sham",
    arms={name: ARM for name in ("nurse", "sham", "ai")}, levers={"time": LEVER}, full="ai", order_pairs=3,
    primary=(TARGET,), secondary=(TARGET,), margins=(MARGIN,), coverages=Coverages(partial="sham", full="ai"),
)  # fmt: skip
RUN = RunLength(
    seed=1, replications=2, warm_up_days=14, measured_days=7, cool_down_days=5, doublings=6, keep=("patients",),
    start_week=7, profile_all=True, by_month=True,
)  # fmt: skip


def report_arm(name: str) -> ReportArm:
    numbers = {field.name: np.arange(3.0) for field in fields(DayMeans) if field.type == "Floats"}
    return ReportArm(
        name=name, label="An arm", policy={"name": "ai"}, changes={"staffing.doctors.extra": 1},
        agreement={"agreement": 0.8}, label_mix=(0.4, 0.6), cost=7.0, cost_words="a licence",
        day=DayMeans(pools=("nurses",), steps=("triage",), triggered={"more": 0.1}, **numbers),
        shares=Shares(better=0.2, worse=0.1, n_paired=10, n_unpaired=1), waits={"always": {"triage": 3.0}},
        changed=(Change(kind="minutes", what="minutes", words="less", at=("triage",), short="-1"),),
        added_assumptions=(AddedAssumption(where="minutes", value="1", range="0 to 2", **WHOSE),),
    )  # fmt: skip


@pytest.fixture
def whole() -> ReportInputs:
    """What a report is made from, with no field left at its default."""
    return ReportInputs(
        design=DESIGN, run=RUN, scenario="busier", arms=tuple(report_arm(name) for name in DESIGN.arms), measures={},
        stages={"triage": "triage"}, roles={"nurses": "nurse"}, resolved={"a": 1}, manifest={"b": 2},
    )  # fmt: skip


def read_back(inputs: ReportInputs) -> ReportInputs:
    study, profiles = (json.loads(to_json(made(inputs))) for made in (study_stated, profiles_stated))
    return restored(study, profiles, inputs.measures, resolved=inputs.resolved, manifest=inputs.manifest)


def left_at_default(stated: Any, where: str = "") -> Iterator[str]:
    """The fields, of whatever is inside, that have their default value."""
    if is_dataclass(stated):
        for each in fields(stated):
            value = getattr(stated, each.name)
            if not _is_default(each, value):
                yield from left_at_default(value, f"{where}.{each.name}")
            else:
                yield f"{where}.{each.name}"
    elif isinstance(stated, tuple | Mapping):
        for part in stated.values() if isinstance(stated, Mapping) else stated:
            yield from left_at_default(part, where)


def _is_default(field: Field[Any], value: object) -> bool:
    if field.default_factory is not MISSING:
        return bool(value == field.default_factory())
    return field.default is not MISSING and bool(value == field.default)


def same(one: Any, other: Any) -> bool:
    """Equal, arrays number by number."""
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=True)
    if is_dataclass(one) and type(one) is type(other):
        return all(same(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def test_this_tests_study_states_every_field_there_is(whole: ReportInputs) -> None:
    """A field that is new must get a value above, so that it is known to come back."""
    assert list(left_at_default(whole)) == []


@pytest.mark.parametrize("part", [each.name for each in fields(ReportInputs)])
def test_every_field_of_a_stored_study_comes_back(part: str, whole: ReportInputs) -> None:
    assert same(getattr(read_back(whole), part), getattr(whole, part))


def test_an_arm_without_a_price_and_without_anybody_in_both_comes_back(whole: ReportInputs) -> None:
    nobody = Shares(better=float("nan"), worse=float("nan"), n_paired=0, n_unpaired=1)
    bare = tuple(replace(arm, cost=None, label_mix=(), shares=nobody) for arm in whole.arms)
    (first, *_) = read_back(replace(whole, arms=bare)).arms
    assert (first.cost, first.label_mix) == (None, ())
    assert first.shares is not None
    assert np.isnan([first.shares.better, first.shares.worse]).all()
