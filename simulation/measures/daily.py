"""Sums of outcomes by day of arrival, of which weeks are made: what a planned evaluation would have been shown."""

from collections.abc import Sequence

import numpy as np

from simulation.department.config_dataclass import config_dataclass
from simulation.measures.definitions import ALL
from simulation.measures.own_quantities import Own, members
from simulation.measures.quantities import Quantities
from simulation.measures.window import Window, arrived_in
from simulation.records.schema import Floats, Patients

DAY_MINUTES = 1440.0


@config_dataclass
class DailyOutcome:
    """A mean or a share of which a run keeps number of patients, sum and sum of squares for each day of arrival.

    Example: `{measure: wait_to_clinician_mean, group: "acuity_given=1-2"}`
    """

    measure: str
    """The measure, by its name in the tables: a mean or a share."""
    group: str = ALL
    """Whose: everybody's, or that of one group of patients; `acuity_given=1-2` are those labelled as levels 1 or 2."""


def daily_sums(
    patients: Patients,
    by_name: Quantities,
    outcomes: Sequence[DailyOutcome],
    own: Own,
    window: Window,
) -> Floats:
    """Number, sum and sum of squares of each outcome by day of arrival in a window, shape (n_outcomes * 3 * n_days,).

    `by_name`: the quantities of those who arrived in it (`measure`).
    """
    measured = arrived_in(patients, window)
    n_days = round((window[1] - window[0]) / DAY_MINUTES)
    edges = np.searchsorted(measured["arrived_at"], window[0] + DAY_MINUTES * np.arange(n_days + 1))
    of_groups = {
        group: None if group == ALL else members(group, measured, own)
        for group in {outcome.group for outcome in outcomes}
    }
    sums = [
        by_name[outcome.measure].moments(edges, of_groups[outcome.group]) for outcome in outcomes
    ]
    return np.concatenate([*map(np.ravel, sums)])
