"""Tools that watch waiting patients: which worsening patients they detect or miss, and their false alarms.

Whether a patient gets worse is the truth (`Draws.worsens`) and no policy changes it. Under a policy that `watches`,
staff go by alarms instead (`Draws.alarms`). Rounds of the department act on alarms; where rounds are off nobody does,
and watching changes nothing. Chance comes from two named streams of the draws:

- `triage.watching.sees`         the coin of whether a patient who gets worse is seen;
- `triage.watching.false_alarm`  when a false alarm is raised.

So a more sensitive tool sees everybody whom a less sensitive one sees, and one with fewer false alarms raises the same
patients' alarms later. There is one coin a patient: a tool that misses a patient's signs goes on missing them.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from simulation.department.config_dataclass import OfAttributes, Sourced, SourceName, Unit, config_dataclass
from simulation.patients import Draws
from simulation.records.schema import Mask
from simulation.triage.estimates import AtLeastZero, Portion
from simulation.units import NEVER, to_ticks

Ticks = NDArray[np.int64]
MINUTES_AN_HOUR = 60
LATER_THAN_ALL = np.iinfo(np.int64).max


@config_dataclass
class Watching(Sourced):
    """A tool that watches patients while they wait.

    Example: `{arrivals: [walk_in], only: {age_band: [oldest]}, sensitivity: {value: 0.7, range: [0.33, 1],
    evidence: assumed, source: "a judgement"}, false_alarms_per_hour: {value: 0.05, range: [0, 0.3], evidence: assumed,
    source: "a judgement"}, evidence: assumed, source: "who is watched"}`
    """

    arrivals: tuple[SourceName, ...]
    """Arrival sources whose patients are watched."""
    only: OfAttributes = field(default_factory=dict)
    """Of these patients, those who have one of the named categories of each named attribute."""
    sensitivity: Annotated[Portion, Unit("probability")]
    """How likely a patient who gets worse is seen, at the next round."""
    false_alarms_per_hour: Annotated[AtLeastZero, Unit("alarms an hour")]
    """How many a watched patient raises for nothing (a constant rate from arrival); rounds act on the first."""


def alarms(watching: Watching, draws: Draws, whose: Mask) -> Ticks:
    """Ticks from arrival to each patient's first alarm, true or false, shape (n,); NEVER for all but `whose`.

    A false alarm's time is exponential: -ln(U) over the rate, which falls as the rate rises.
    """
    seen = whose & (draws.worsens != NEVER) & (draws.uniform("triage.watching.sees") < watching.sensitivity.value)
    ticks = np.where(seen, draws.worsens, LATER_THAN_ALL)
    rate = watching.false_alarms_per_hour.value / MINUTES_AN_HOUR
    if rate > 0:
        raised = to_ticks(-np.log(draws.uniform("triage.watching.false_alarm")) / rate)
        ticks = np.where(whose, np.minimum(ticks, raised), ticks)
    return np.where(ticks == LATER_THAN_ALL, NEVER, ticks)
