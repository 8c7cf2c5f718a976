"""A discrete-event simulation of an A&E department, in one loop that runs plain or compiled.

Patients are drawn before the clock starts, so that a change of staff meets the same patients. Times are minutes since
midnight before the first Monday, in local time; two nights a year, when clocks change, are not modelled.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .departments import Department

Floats = npt.NDArray[np.float64]
Array = npt.NDArray[Any]
DAY = 1440
FIRST_DAY = pd.Timestamp("2023-01-02")
WARM_UP = 14
"""Days that are simulated before the first day of records: the department begins empty."""
ASSESSED, TRIAGED, SEEN, DECIDED, DEPARTED = range(5)


@dataclass(frozen=True)
class Change:
    """What is changed: minutes off each triage, nurses more at the main desk, doctors more from 14 to 22 h."""

    triage_minutes: float = 0.0
    nurses: int = 0
    doctors: int = 0


CHANGES = {
    "27_seconds_off_triage": Change(triage_minutes=0.45),
    "one_more_triage_nurse": Change(nurses=1),
    "one_more_doctor_14_to_22": Change(doctors=1),
}


def draw_patients(department: Department, days: int, seed: int) -> dict[str, Array]:
    """Everybody who comes in so many days after the warm-up, with all that chance decides about them.

    An array for each attribute, in order of arrival. Counts by hour are Poisson around season, weekday and hour, and
    days differ by 4.4 % more (published: Iowa, data/README.md).
    """
    it, rng = department, np.random.default_rng([seed, len(department.name)])
    dates = FIRST_DAY + pd.to_timedelta(np.arange(-WARM_UP, days), unit="D")
    expected = (
        it.a_day * np.array(it.months)[dates.month - 1] * np.array(it.weekdays)[dates.day_of_week]
    )
    expected *= rng.gamma(1 / 0.044**2, 0.044**2, len(dates))
    hourly = np.outer(expected, np.array(it.hours) / sum(it.hours)).ravel()
    counts = rng.poisson(hourly)
    arrived = np.repeat(np.arange(len(counts)) * 60.0, counts) + rng.uniform(0, 60, counts.sum())
    arrived = np.sort(arrived) - WARM_UP * DAY
    n = len(arrived)
    night = (arrived % DAY < 8 * 60) * 0.10
    ambulance = rng.random(n) < it.ambulance + night - 0.02
    referred = ~ambulance & (rng.random(n) < it.referred / (1 - it.ambulance))
    mode = np.where(ambulance, 1, np.where(referred, 2, 0))
    child = rng.random(n) < np.where(ambulance, 0.5, 1.15) * it.children
    age = np.where(child, rng.integers(0, 16, n), np.where(
        rng.random(n) < np.where(ambulance, 0.50, 0.20), rng.integers(65, 98, n), rng.integers(16, 65, n)
    ))  # fmt: skip
    tilt = np.where(ambulance[:, None], [2.6, 2.2, 1.2, 0.4, 0.3], [0.4, 0.6, 0.95, 1.2, 1.2])
    shares = np.array(it.levels) * tilt
    steps = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    level = np.minimum((rng.random(n)[:, None] > steps).sum(axis=1), 4)
    p_admitted = np.array([0.85, 0.55, 0.32, 0.09, 0.03])[level] * it.admitting
    p_admitted *= np.where(age >= 65, 1.45, np.where(child, 0.45, 0.85)) * np.where(
        referred, 1.3, 1
    )
    admitted = rng.random(n) < np.minimum(p_admitted, 0.97)
    tested = rng.random(n) < np.maximum(
        np.array([0.95, 0.85, 0.70, 0.35, 0.15])[level], 0.75 * admitted
    )

    def spans(mean: float, sigma: float) -> Floats:
        return rng.lognormal(np.log(mean) - sigma**2 / 2, sigma, n)

    minors = it.streams_minors & (level >= 3) & ~ambulance & ~(child & it.children_apart)
    return {
        "arrived": arrived, "mode": mode, "age": age, "level": level, "admitted": admitted,
        "child": child, "sex": rng.integers(0, 2, n),
        "desk": (ambulance & it.ambulance_desk).astype(np.int64),
        "urgent": (ambulance | (level == 0)).astype(np.int64),
        "pool": np.where(child & it.children_apart, 2, np.where(minors, 1, 0)),
        "placed": (level <= 2) & ~(child & it.children_apart),
        "triage": np.maximum(spans(it.triage_minutes, 0.5), 1.0),
        "first": spans(it.first_minutes, 0.6) * np.array([1.6, 1.3, 1.05, 0.8, 0.7])[level],
        "tested": tested, "turnaround": spans(it.test_minutes, 0.5),
        "second": spans(it.second_minutes, 0.6),
        "special": spans(it.specialty_minutes, 0.8),
        "settling": np.where(admitted, rng.uniform(10, 30, n), rng.exponential(it.settling_minutes, n)),
        "patience": rng.weibull(0.9, n) * np.array([1e6, 4, 1.6, 1.0, 0.8])[level] * it.patience_minutes,
    }  # fmt: skip


def draw_beds(department: Department, patients: dict[str, Array], days: int, seed: int) -> Floats:
    """When beds come free, in order: as many as are asked for and `bed_slack` more, by hour and weekday."""
    rng = np.random.default_rng([seed, 77, len(department.name)])
    a_day = patients["admitted"].sum() / (days + WARM_UP) * (1 + department.bed_slack)
    weekday = np.tile([0.87, 1.10, 1.16, 1.17, 1.24, 0.86, 0.61], days // 7 + 6)[
        : days + WARM_UP + 20
    ]
    hours = np.array([1] * 8 + [2, 3, 5, 7, 8, 9, 9, 9, 9, 8, 7, 6, 4, 3, 2, 1.0])
    level = weekday**department.bed_weekday
    hourly = np.outer(a_day * level / level[:7].mean(), hours / hours.sum()).ravel()
    counts = rng.poisson(hourly)
    freed = np.repeat(np.arange(len(counts)) * 60.0, counts) + rng.uniform(0, 60, counts.sum())
    return np.sort(freed) - WARM_UP * DAY


def flow(
    arrived: Floats, desk: Array, urgent: Array, pool: Array, placed: Array, level: Array, triage: Floats,
    first: Floats, tested: Array, turnaround: Floats, second: Floats, admitted: Array, special: Floats,
    settling: Floats, patience: Floats, beds_at: Floats, desk_rota: Array, pool_rota: Array, places: int,
    pace: Floats, base: Floats, slope: Floats, stock_most: int, surge: int,
) -> Floats:  # fmt: skip
    """Stamps of every patient, shape (n, 5): assessed, triaged, seen, decided, departed; not a number if never.

    `desk_rota` and `pool_rota` are numbers on duty by hour of the week; who is at work when a shift ends finishes.
    The next patient of a pool has the greatest `base` + `slope` x minutes waited of the level; the sixth 'level' are
    patients whose results are back. `pace` is (from, gain, floor): with more than `from` waiting, minutes of a first
    contact fall by `gain` for each, to `floor` at least. Above `surge` waiting for a bed, one more is opened.
    """
    n = len(arrived)
    stamps = np.full((n, 5), np.nan)
    state = np.zeros(n, np.int8)  # 0 may leave, 1 at triage, 2 leaves after it, 3 seen, 4 gone
    after = np.full(n, -1, np.int64)
    head, tail = np.full(23, -1, np.int64), np.full(23, -1, np.int64)
    at_desk, at_work, waits = np.zeros(2, np.int64), np.zeros(3, np.int64), np.zeros(3, np.int64)
    events = [(np.inf, 0, 0)]
    come = freed = stock = boarders = present = 0
    free, tick = places, arrived[0]
    while come < n or present > 0:
        now, kind, who = events[0]
        source = 0
        if come < n and arrived[come] < now:
            now, source = arrived[come], 1
        if freed < len(beds_at) and beds_at[freed] < now:
            now, source = beds_at[freed], 2
        if tick < now:
            now, source = tick, 3
        to = -1
        if source == 1:
            who, kind = come, -1
            come += 1
            present += 1
            heapq.heappush(events, (now + patience[who], 6, who))
            to = 2 * desk[who] + 1 - urgent[who]
        elif source == 2:
            freed += 1
            if boarders > 0:
                stock += 1
            else:
                stock = min(stock + 1, stock_most)
        elif source == 3:
            tick = (now // 60 + 1) * 60
        else:
            heapq.heappop(events)
            if kind == 1:
                at_desk[desk[who]] -= 1
                stamps[who, TRIAGED] = now
                if state[who] == 2:
                    stamps[who, DEPARTED], state[who] = now, 4
                    present -= 1
                else:
                    state[who], to = 0, 4 + 6 * pool[who] + level[who]
                    waits[pool[who]] += 1
            elif kind == 2 or kind == 4:
                at_work[pool[who]] -= 1
                if kind == 2 and tested[who]:
                    heapq.heappush(events, (now + turnaround[who], 3, who))
                elif admitted[who]:
                    heapq.heappush(events, (now + special[who], 7, who))
                else:
                    heapq.heappush(events, (now + settling[who], 5, who))
            elif kind == 3:
                to = 9 + 6 * pool[who]
            elif kind == 5:
                stamps[who, DEPARTED], state[who] = now, 4
                free += placed[who]
                present -= 1
            elif kind == 6:
                if state[who] == 1:
                    state[who] = 2
                elif state[who] == 0:
                    stamps[who, DEPARTED], state[who] = now, 4
                    waits[pool[who]] -= not np.isnan(stamps[who, TRIAGED])
                    present -= 1
            elif kind == 7:
                stamps[who, DECIDED], to = now, 22
                boarders += 1
        if to >= 0:
            after[who] = -1
            if head[to] < 0:
                head[to] = who
            else:
                after[tail[to]] = who
            tail[to] = who
        while boarders > 0 and (stock > 0 or boarders > surge):
            who = head[22]
            head[22] = after[who]
            stock, boarders = max(stock - 1, 0), boarders - 1
            heapq.heappush(events, (now + settling[who], 5, who))
        hour = int(now // 60) % 168
        for d in range(2):
            for c in range(2):
                q = 2 * d + c
                while head[q] >= 0 and (state[head[q]] == 4 or at_desk[d] < desk_rota[d, hour]):
                    who = head[q]
                    head[q] = after[who]
                    if state[who] == 0:
                        state[who], stamps[who, ASSESSED] = 1, now
                        at_desk[d] += 1
                        heapq.heappush(events, (now + triage[who], 1, who))
        for p in range(3):
            while at_work[p] < pool_rota[p, hour]:
                best, chosen = -1.0, -1
                for c in range(6):
                    q = 4 + 6 * p + c
                    while head[q] >= 0 and state[head[q]] == 4:
                        head[q] = after[head[q]]
                    if head[q] >= 0 and (c == 5 or free > 0 or not placed[head[q]]):
                        since = now - stamps[head[q], TRIAGED if c < 5 else SEEN]
                        if base[c] + slope[c] * since > best:
                            best, chosen = base[c] + slope[c] * since, q
                if chosen < 0:
                    break
                who = head[chosen]
                head[chosen] = after[who]
                at_work[p] += 1
                if state[who] == 3:
                    heapq.heappush(events, (now + second[who], 4, who))
                else:
                    waits[p] -= 1
                    free -= placed[who]
                    stamps[who, SEEN], state[who] = now, 3
                    quicker = max(1 - pace[1] * max(waits[p] - pace[0], 0), pace[2])
                    heapq.heappush(events, (now + first[who] * quicker, 2, who))
    return stamps


@cache
def compiled() -> Any:
    """`flow`, compiled."""
    import numba

    return numba.njit(cache=False)(flow)


TAKEN = ("arrived", "desk", "urgent", "pool", "placed", "level", "triage", "first", "tested", "turnaround", "second",
         "admitted", "special", "settling", "patience")  # fmt: skip


def simulate(
    department: Department, patients: dict[str, Array], beds_at: Floats, change: Change, *, plain: bool = False
) -> Floats:  # fmt: skip
    """The stamps of these patients in the department as changed; `plain` without compiling."""
    it, columns = department, dict(patients)
    columns["triage"] = np.maximum(columns["triage"] - change.triage_minutes, 0.5)
    desks = np.array([it.desk_rota(0), it.desk_rota(1)])
    desks[0] += change.nurses
    pools = np.array([it.pool_rota(pool) for pool in range(3)])
    pools[0] += change.doctors * np.isin(np.arange(168) % 24, np.arange(14, 22))
    run: Any = flow if plain else compiled()
    return run(  # type: ignore[no-any-return]
        *(columns[name] for name in TAKEN), beds_at, desks, pools, it.places, np.array(it.pace),
        np.array(it.base), np.array(it.slope), it.bed_stock, it.bed_surge,
    )  # fmt: skip


def made(
    department: Department, days: int, seed: int, change: Change | None = None, *, plain: bool = False
) -> pd.DataFrame:  # fmt: skip
    """Attendances of so many days, a row each: attributes and stamps in minutes since the first midnight."""
    patients = draw_patients(department, days, seed)
    stamps = simulate(
        department, patients, draw_beds(department, patients, days, seed), change or Change(), plain=plain
    )  # fmt: skip
    names = ("mode", "age", "level", "sex", "child")
    frame = pd.DataFrame({name: patients[name] for name in names})
    frame["arrived"] = patients["arrived"]
    for place, name in enumerate(("assessed", "triaged", "seen", "decided", "departed")):
        frame[name] = stamps[:, place]
    frame["outcome"] = np.where(frame.seen.isna(), 2, np.where(patients["admitted"], 1, 0))
    return frame[frame.arrived >= 0].reset_index(drop=True)


def figures(frame: pd.DataFrame, days: int) -> dict[str, float]:
    """What the records say of the department. Waits in minutes, shares from 0 to 1.

    `wait_to_clinician_mean` is as docs/glossary.md defines it: who leaves unseen counts with the minutes up to leaving,
    and 12 hours stand for any longer wait. `time_to_clinician_mean` is of those who were seen.
    """
    waited = (frame.seen.fillna(frame.departed) - frame.arrived).clip(upper=720)
    stay = frame.departed - frame.arrived
    found = {
        "attendances_a_day": len(frame) / days,
        "wait_to_assessment_mean": (frame.assessed - frame.arrived).mean(),
        "walk_in_triage_wait_mean": (frame.assessed - frame.arrived)[frame["mode"] == 0].mean(),
        "triage_minutes_mean": (frame.triaged - frame.assessed).mean(),
        "triaged_to_seen_mean": (frame.seen - frame.triaged).mean(),
        "wait_to_clinician_mean": waited.mean(),
        "time_to_clinician_mean": (frame.seen - frame.arrived).mean(),
        "decided_to_departed_mean": (frame.departed - frame.decided).mean(),
        "stay_mean": stay.mean(),
        "within_4h_share": (stay <= 240).mean(),
        "over_12h_share": (stay > 720).mean(),
        "left_share": (frame.outcome == 2).mean(),
        "admitted_share": (frame.outcome == 1).mean(),
    }
    for place, name in enumerate(("walk_in", "ambulance", "referred")):
        found[f"mode_{name}_share"] = (frame["mode"] == place).mean()
    for place in range(5):
        found[f"level_{place + 1}_share"] = (frame.level == place).mean()
    return {name: float(value) for name, value in found.items()}
