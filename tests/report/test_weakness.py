"""Readers are told which intervals may not be relied on, which are missing, and why verdicts are open."""

from dataclasses import replace

import numpy as np

from simulation.api import Result
from simulation.measures.measuring import MeasureName, Measures
from simulation.report.arm_tables import measures_table
from simulation.report.verdict_tables import target_table
from simulation.statistics.critical_values import weak_note
from tests.held import Hold

from .conftest import with_measures

NAMES = (
    MeasureName("wait_to_clinician_mean", "minutes", "all"),
    MeasureName("handover_mean", "minutes", "all"),
)


def made(result: Result, waits: np.ndarray) -> Result:
    """Two arms of which one waits ten minutes more, give or take, and as many for a handover."""
    four_times = replace(result, replications=4 * result.replications)
    jitter = np.linspace(-1, 1, 12)
    measures = {
        arm: [Measures(NAMES, np.array([wait, wait])) for wait in values]
        for arm, values in (("nurse", waits), ("ai_as_claimed", waits + 10 + jitter))
    }
    design = replace(
        result.design, primary=result.design.primary[:1], secondary=(), margins=(), sham=None
    )
    return with_measures(four_times, measures, design)


def test_a_level_that_one_replication_makes_is_marked_and_what_rare_spells_decide_has_none(
    result: Result,
    hold: Hold,
) -> None:
    spell = made(result, np.array([*np.linspace(19, 21, 11), 90.0]))
    wait, handover = measures_table(spell).rows
    assert wait[2].endswith(" *")
    assert handover[2] == "–"
    missing, marked, _ = measures_table(spell).notes
    hold(missing, "No interval before 20 years are measured")
    hold(marked, "carries over half")
    even = measures_table(made(result, np.linspace(19, 21, 12)))
    assert "*" not in even.rows[0][2] + "".join(even.notes)


def test_a_table_whose_verdicts_are_weak_says_which_rules_they_fall_under(
    result: Result, hold: Hold
) -> None:
    few = made(result, np.linspace(19, 21, 12))
    target = few.targets[0]
    assert weak_note() not in target_table(few, target).notes
    planned = replace(few.study, run=replace(few.run, replications=2))
    two = replace(few, study=planned, replications=few.replications[:2])
    assert weak_note() in target_table(two, target).notes
    hold(target_table(two, target).rows[0][4], "replications are needed (n = 2)")
