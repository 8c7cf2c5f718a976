"""How many clinicians are on duty, which no stamp shows: drawn for each department of a set, where nobody stated it.

As many patients are seen by few who take long as by many who take a short time, and one more is worth more among few.
Departments have about 25 to 45 minutes of a clinician for each attendance: 24 minutes a patient in one department
(Graff 1993, abstract), 1.5 to 2.3 new patients an hour, so 26 to 40 minutes (Joseph 2018, abstract), 44 at the typical
site. Some have no practitioners for minors; doctors see whom these do not.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from simulation.config.composing import packaged
from simulation.config.ensembles import Ensemble
from simulation.config.totals import on_duty
from simulation.offers.department import DOCTORS, values_by_parameter, with_values
from simulation.offers.offer import with_parameters
from simulation.offers.product import spread_evenly
from simulation.records.schema import Floats, Ints
from simulation.study.design import VariedParameter

OF_USUAL = {"doctors": (0.6, 1.05, 83), "practitioners": (0.0, 1.0, 89)}
"""By pool, the range of how many there are over as many as the typical site would have at this size, and the stream of
random numbers. Judgements, by which minutes for each attendance range as above."""


def with_drawn_clinicians(ensemble: Ensemble, size: float, stated: Collection[str]) -> Ensemble:
    """The departments with fewer clinicians, or a few more, and minutes at which these are as busy.

    size: that of the departments over the typical site's; stated: pools whose rotas are stated, which stay. Nobody
    leaves a doctor's night empty.
    """
    staffing, n = packaged()["staffing"], len(ensemble.departments)
    usual, left, added = 0.0, np.zeros(n), dict[str, tuple[VariedParameter, Floats | Ints]]()
    for pool, (low, high, stream) in OF_USUAL.items():
        on = size * np.array(on_duty(staffing[pool]["rota"]))
        usual += on.sum()
        most = int(on.max() + 1) if low == 0 else max(int(on.min()) - 1, 0)
        times = np.ones(n) if pool in stated else spread_evenly(n, stream, low, high)
        extra = np.maximum(np.round((times - 1) * (on.max() if low == 0 else on.mean())), -most)
        left += np.maximum(on + extra[:, None], 0).sum(axis=1)
        if len(np.unique(extra)) > 1:
            added[f"{pool}_on_duty"] = VariedParameter(
                changes=(f"staffing.{pool}.extra",), how="set", whole=True, evidence="assumed",
                range=(int(extra.min()), int(extra.max())), source="not in the stamps: see fits/on_duty.py",
            ), extra.astype(int)  # fmt: skip
    columns, doctors = values_by_parameter(ensemble), ensemble.parameters[DOCTORS]
    minutes = columns[DOCTORS] = [
        round(float(value * hours / usual), 4)
        for value, hours in zip(columns[DOCTORS], left, strict=True)
    ]
    ends = (min(minutes), max(minutes))
    parameters = {**ensemble.parameters, DOCTORS: replace(doctors, range=ends)}
    return with_parameters(with_values(ensemble, parameters, columns), added)
