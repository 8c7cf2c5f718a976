"""How many triage nurses are on duty at each hour, from stamps of the start and the end of triage.

While patients wait for triage every nurse has one, so the number in triage then is the number on duty. Where the two do
not go together (stamps set in batches, nurses called away, hardly ever a queue) nothing is said.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulation.extracts.extract import Extract
from simulation.offers.rotas import stated_shifts
from simulation.records.schema import Floats, Ints, Mask

QUEUE, LEAST_MINUTES = 3, 60
"""How many at least wait in a minute in which all nurses are taken to be busy, since some are still at registration;
and of how many such minutes the number of an hour of the day is read, or of the hours around it. Judgements."""
AGREES = 0.6
"""The share of these minutes in which as many are in triage as are said to be on duty, or more is unclear. A
judgement."""
HOURS, WALKING = 24, ("walk_in", "referred")


class DeskRota(NamedTuple):
    """Nurses at triage by hour of the day, shape (24,); whether they see ambulance patients as well; and the share of
    minutes with a queue in which as many are in triage."""

    on_duty: Ints
    one_team: bool
    agreeing: float

    def shifts(self, *, second: bool = False, first: bool = False) -> list[dict[str, Any]]:
        """The shifts, the same every day; of the `second` of every two or more alone, or of all the others."""
        others = np.minimum(self.on_duty, 2) - 1
        on = others if second else self.on_duty - others if first else self.on_duty
        return stated_shifts(np.tile(np.repeat(on, 2), 7).tolist())


def desk_rota(extract: Extract) -> DeskRota | None:
    """The nurses at the desk of walk-ins; None where stamps do not show them."""
    patients = extract.patients
    if "assessed_at" not in patients or "triaged_at" not in patients:
        return None
    walking = np.any([patients.where("arrival_source", name) for name in WALKING], axis=0)
    everybody = walking | patients.where("arrival_source", "ambulance")
    rotas = [
        DeskRota(on_duty, one_team, agreeing)
        for among, one_team in ((walking, False), (everybody, True))
        for on_duty, agreeing in [_rota(extract, among)]
    ]
    best = max(rotas, key=lambda rota: rota.agreeing)
    return best if best.agreeing >= AGREES else None


def _rota(extract: Extract, among: Mask) -> tuple[Ints, float]:
    """By hour of the day the nurses who see some patients, and the share of minutes that agree."""
    arrived, start, end = (
        extract.patients[name][among] for name in ("arrived_at", "assessed_at", "triaged_at")
    )
    sound = (arrived <= start) & (start <= end)
    arrived, start, end = (at[sound] - extract.window[0] for at in (arrived, start, end))
    n_minutes = round(extract.window[1] - extract.window[0])
    in_triage, queue = (_there(*pair, n_minutes) for pair in ((start, end), (arrived, start)))
    first = round(extract.window[0]) % 1440
    return _on_duty(in_triage, queue >= QUEUE, (first + np.arange(n_minutes)) // 60 % HOURS)


def _there(since: Floats, until: Floats, n_minutes: int) -> Ints:
    """How many are there in each minute, shape (n_minutes,)."""
    steps = np.zeros(n_minutes + 1, dtype=np.int64)
    for at, sign in ((since, 1), (until, -1)):
        np.add.at(steps, np.clip(np.round(at), 0, n_minutes).astype(np.int64), sign)
    return np.cumsum(steps)[:n_minutes]


def _on_duty(in_triage: Ints, waited: Mask, hour: Ints) -> tuple[Ints, float]:
    """The usual number in triage while patients wait, by hour of the day, and the share of minutes that agree.

    Of an hour in which hardly anybody ever waits it is the most that are in triage at once for as many minutes.
    """
    most = int(in_triage.max(initial=0)) + 2
    counts, all_counts = (np.zeros((HOURS, most), dtype=np.int64) for _ in range(2))
    np.add.at(counts, (hour[waited], in_triage[waited]), 1)
    np.add.at(all_counts, (hour, in_triage), 1)
    counts[:, 0] = 0
    known = counts.sum(axis=1) >= LEAST_MINUTES
    at_least = np.cumsum(all_counts[:, ::-1], axis=1)[:, ::-1] >= LEAST_MINUTES
    usual = np.where(known, counts.argmax(axis=1), np.maximum(at_least.sum(axis=1) - 1, 1))
    agreeing = counts[known].max(axis=1).sum() / max(counts[known].sum(), 1)
    return usual, float(agreeing)
