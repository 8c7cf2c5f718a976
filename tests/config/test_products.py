"""`{times: 1.03}`: a change that multiplies what is there, in arms, scenarios and levers and on the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulation.config import load
from simulation.config.composing import composed
from simulation.config.dotted import Change, resolve, set_change
from simulation.errors import ConfigError, Faults
from tests.held import Hold

Own = Callable[..., Path]
STAY = "site.durations.ward_stay"
SCENARIO = "question: q?\nchanges: {%s}\nevidence: assumed\nsource: test\n"
TWO_ARMS = """
name: two
question: q?
baseline: nurse
arms:
  nurse: {label: one, triage: nurse}
  more: {label: more, triage: nurse, changes: {%s}, evidence: assumed, source: test}
primary:
  - {measure: wait_to_clinician_mean, label: wait, minimal_important_difference: 5, evidence: assumed, source: test}
"""


def stated() -> dict[str, Any]:
    stay = {
        "kind": "lognormal",
        "mean": {"base": 5},
        "scale": "${calibration.stay.value}",
        "source": "${site.word}",
    }
    pools = {"beds": {"kind": "space", "capacity": 8}}
    durations = {"ward_stay": stay, "patience": {"kind": "weibull", "mean": 600}}
    return {
        "calibration": {"stay": {"value": 0.8}},
        "site": {"word": "text", "durations": durations, "pools": pools},
        "staffing": {"doctors": {"rota": [{"hours": "8-20", "number": 4}]}},
    }


def changed(*changes: tuple[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What is stated with changes carried out and references looked up, and the faults."""
    raw, faults = stated(), Faults()
    for path, value in changes:
        set_change(raw, Change(path, value, "here"), faults, changeable=(*stated(), "pathway"))
    return resolve(raw), [str(fault) for fault in faults]


def test_a_number_a_part_of_a_list_and_what_a_reference_leads_to_are_multiplied() -> None:
    raw, faults = changed(
        ("site.durations.patience.mean", {"times": 1.03}),
        ("staffing.doctors.rota.0.number", {"times": 0.5}),
        (f"{STAY}.scale", {"times": 1.03}),
    )
    assert faults == []
    assert raw["site"]["durations"]["patience"]["mean"] == 600 * 1.03
    assert raw["staffing"]["doctors"]["rota"][0]["number"] == 2
    assert raw["site"]["durations"]["ward_stay"]["scale"] == 0.8 * 1.03


def test_changes_multiply_one_after_the_other_and_what_a_reference_leads_to_may_change_later() -> (
    None
):
    times = (f"{STAY}.scale", {"times": 0.5}), (f"{STAY}.scale", {"times": 3})
    raw, _ = changed(*times, ("calibration.stay.value", 2))
    assert raw["site"]["durations"]["ward_stay"]["scale"] == 2 * 0.5 * 3
    raw, _ = changed(*times, ("calibration.stay.value", {"times": 10}))
    assert raw["site"]["durations"]["ward_stay"]["scale"] == 8 * 0.5 * 3


def test_a_key_that_is_left_out_is_multiplied_from_its_default() -> None:
    raw, faults = changed(
        ("site.durations.patience.scale", {"times": 0.25}), ("staffing.doctors.extra", {"times": 3})
    )
    assert faults == []
    assert raw["site"]["durations"]["patience"]["scale"] == 0.25
    assert raw["staffing"]["doctors"]["extra"] == 0


def test_a_multiple_of_a_whole_number_is_whole_where_only_rounding_says_otherwise() -> None:
    for factor, capacity in ((1.125, 9), (1.1, 8.8), (8.625, 69)):
        raw, _ = changed(("site.pools.beds.capacity", {"times": factor}))
        found = raw["site"]["pools"]["beds"]["capacity"]
        assert found == pytest.approx(capacity)
        assert isinstance(found, int) == (capacity != 8.8)


REFUSED = {
    f"{STAY}.kind": "multiplies 'lognormal', which is no number. Name a number, or write a value.",
    f"{STAY}.mean": "multiplies {'base': 5}, which is no number. Name a number, or write a value.",
    f"{STAY}.scael": f"there is no number '{STAY}.scael' to multiply. Did you mean 'scale'?",
    f"{STAY}.longest": f"there is no number '{STAY}.longest' to multiply. Write the value itself.",
    "calibration.stay.valu": "there is no number 'calibration.stay.valu' to multiply. Did you mean 'value'?",
}


@pytest.mark.parametrize(("path", "phrase"), REFUSED.items())
def test_what_is_no_number_is_not_multiplied(path: str, phrase: str) -> None:
    assert changed((path, {"times": 1.03}))[1] == [f"here: {phrase}"]


def test_a_reference_to_what_is_no_number_is_reported_where_it_is_multiplied(hold: Hold) -> None:
    with hold.refusal(ConfigError, "here", match="multiplies 'text',"):
        changed((f"{STAY}.source", {"times": 2}))


@pytest.mark.parametrize(
    "value", [{"times": "1.03"}, {"times": True}, {"times": 2, "base": 1}, {"times": [2]}]
)
def test_a_block_that_is_more_than_a_factor_is_set_as_it_stands(value: dict[str, Any]) -> None:
    raw, faults = changed((f"{STAY}.mean", value))
    assert (raw["site"]["durations"]["ward_stay"]["mean"], faults) == (value, [])


def test_the_command_line_multiplies_a_number_and_still_lays_a_block_over_a_block() -> None:
    raw = composed([f"{STAY}.scale={{times: 2}}", "pathway.steps.registration={times: 1.5}"])
    usual = composed()
    assert (
        raw["site"]["durations"]["ward_stay"]["scale"]
        == 2 * usual["site"]["durations"]["ward_stay"]["scale"]
    )
    assert raw["pathway"]["steps"]["registration"] == {
        **usual["pathway"]["steps"]["registration"],
        "times": 1.5,
    }


def test_scenario_and_arm_multiply_the_department_and_an_arm_its_policy(own: Own) -> None:
    files = {
        "scenario/ours.yaml": SCENARIO % f"{STAY}.scale: {{times: 0.5}}",
        "study/two.yaml": TWO_ARMS
        % f"{STAY}.scale: {{times: 3}}, nurse.labels.correlation.value: {{times: 0.5}}",
    }
    study = load(
        "study=two", "scenario=ours", "calibration.ward_stay_scale.value=1", config_dir=own(files)
    )
    scales = [study.arm(name).pathway.durations["ward_stay"].scale for name in ("nurse", "more")]
    assert scales == [0.5, 1.5]
    one, half = (study.arm(name).policy.nurse.correlation.value for name in ("nurse", "more"))
    assert half == one / 2


def test_a_product_out_of_range_is_reported_with_its_factor_and_its_place(own: Own) -> None:
    files = {"scenario/ours.yaml": SCENARIO % "site.pools.minors_rooms.capacity: {times: 0.9}"}
    with pytest.raises(ConfigError) as refused:
        load("scenario=ours", config_dir=own(files))
    assert str(refused.value) == (
        "site.pools.minors_rooms.capacity: found 7.2, after times 0.9 of "
        "scenario.changes.site.pools.minors_rooms.capacity. Allowed: a valid integer (units)."
    )
