"""Delay and harm: worked out by hand, told only where a study asks, and never as a number of lives."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from simulation.errors import Fault
from simulation.questions.harm import harms, mortality_of, tables
from simulation.statistics.compare import compare_values
from simulation.study.design import DelayHarm, harm_faults, harm_groups, harm_measure, harm_measures
from tests.held import Hold

RELATION = DelayHarm(
    shown=True,
    until_minutes=(240, 720),
    mortality=(0.08, 0.09, 0.11),
    evidence="published",
    source="an example",
)
REACHED = {"base": (0.5, 0.9), "arm": (0.6, 0.9), "more": (0.5, 1.0)}
"""By arm, the shares of the admitted in a bed within 4 and within 12 hours."""
MINUTES = {
    "stay_mean": {"base": 300.0, "arm": 288.0, "more": 300.0},
    "wait_to_clinician_mean": {"base": 90.0, "arm": 85.0, "more": 90.0},
}


def result(harm: DelayHarm | None) -> Any:
    def values(arm: str, measure: str) -> Any:
        noise = np.array([-1.0, 0.0, 1.0, 0.0]) * (0.5 if arm == "base" else 0)
        if measure in MINUTES:
            return MINUTES[measure][arm] + noise
        return np.full(4, REACHED[arm][0 if measure == harm_measure(240) else 1])

    arms = {name: SimpleNamespace(name=name, label=name) for name in REACHED}
    source = SimpleNamespace(attends=True, per_day=300, scale=1.0)
    pathway = SimpleNamespace(arrivals={"walk_in": source})
    design = SimpleNamespace(
        harm=harm,
        baseline="base",
        value_per_patient_hour=SimpleNamespace(pounds=(15.0,), source="a choice"),
    )
    made = SimpleNamespace(
        design=design,
        values=values,
        mean_difference=compare_values,
        against=lambda arm, other, measure: compare_values(
            values(arm, measure), values(other, measure)
        ),
        arm=arms.__getitem__,
        study=SimpleNamespace(baseline=SimpleNamespace(pathway=pathway)),
        baseline=arms["base"],
        identical=(),
    )
    made.shown = SimpleNamespace(others=(arms["arm"], arms["more"]))
    return made


def test_mortality_is_the_mean_over_bands_of_what_is_published() -> None:
    """.5 within 4 h, .4 to 12 h, .1 beyond: .5 x .08 + .4 x .09 + .1 x .11."""
    assert mortality_of(result(RELATION), RELATION, "base").tolist() == pytest.approx([0.087] * 4)


def test_a_tenth_moved_by_a_band_is_a_tenth_of_the_step_and_hours_are_those_of_all_attendances() -> (
    None
):
    arm, more = harms(result(RELATION))
    assert arm.mortality.mean == pytest.approx(-0.1 * 0.01)
    assert more.mortality.mean == pytest.approx(-0.1 * 0.02)
    assert arm.staying.mean == pytest.approx(-12 * 300 / 60)
    assert arm.waiting.mean == pytest.approx(-5 * 300 / 60)
    assert arm.pounds[15.0].mean == pytest.approx(60 * 365 * 15)
    assert arm.pounds[15.0].low < arm.pounds[15.0].mean < arm.pounds[15.0].high


def test_the_table_says_that_it_is_an_association_and_no_number_of_lives(hold: Hold) -> None:
    (table,) = tables(result(RELATION))
    assert table.rows[0][1].startswith("−0.100 (")
    output = " ".join(table.notes)
    assert "an association" in output
    hold(output, "numbers of lives")
    hold(output, "no estimate")


def test_nothing_is_measured_or_told_unless_a_study_asks() -> None:
    off = DelayHarm(
        until_minutes=(240,), mortality=(0.08, 0.09), evidence="published", source="an example"
    )
    for harm in (off, None):
        assert harm_measures(harm) == {}
        assert harm_groups(harm) == {}
        assert not list(tables(result(harm)))
    assert list(harm_measures(RELATION)) == ["harm_within_240", "harm_within_720"]


def test_bands_that_do_not_rise_or_have_no_mortality_are_refused() -> None:
    wrong = DelayHarm(
        until_minutes=(720, 240), mortality=(0.08, 0.09), evidence="published", source="an example"
    )
    faults: list[Fault] = list(harm_faults(wrong))
    assert [each.where for each in faults] == ["study.harm.until_minutes", "study.harm.mortality"]
    assert list(harm_faults(RELATION)) == []
