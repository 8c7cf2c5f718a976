"""All chance, drawn before the clock starts: one row per patient, one replication at a time.

Every column has a random stream of its own, found by name: (seed, replication, source of patients, column, repeat); a
digest of the name is the state of its generator. Row k of a source is its k-th candidate whatever else changes, so a
patient keeps its random variates when a policy, a rota or a route changes, when arrivals are scaled, when the run is
made longer and when another column is added. Variates are uniform for attributes and coins and standard normal for
durations. Arrivals come from a larger Poisson process, drawn in layers, of which a coin keeps a part, so scaling them
keeps or drops patients and leaves everybody else alone. What makes a day, a week or a month busier, or its minutes
longer, is a factor by day (`arrivals`), drawn by its own name or worked out from earlier arrivals. No other subpackage
makes a generator.

Start reading at `sample`; `variates` holds the random streams, `drawn` the columns that result.
"""

from simulation.patients.arrivals import attended_by_day, day_factors, draw_outages, lasting_factors
from simulation.patients.drawn import (
    DAYS_IN_YEAR,
    FROM_JANUARY,
    WEEKS_IN_YEAR,
    Calendar,
    DrawnRun,
    Draws,
    balanced_start_week,
    start_weeks_over_departments,
)
from simulation.patients.sample import (
    attendances,
    attributes_after,
    draw,
    draw_run,
    draws_from_table,
)
from simulation.patients.variates import Source, Variates

__all__ = [
    "DAYS_IN_YEAR", "FROM_JANUARY", "WEEKS_IN_YEAR", "Calendar", "DrawnRun", "Draws", "Variates", "Source",
    "attendances", "attributes_after", "balanced_start_week", "start_weeks_over_departments", "day_factors", "draw",
    "attended_by_day", "draw_outages", "draw_run", "draws_from_table", "lasting_factors",
]  # fmt: skip
