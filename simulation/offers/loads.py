"""How busy stated staff would be by half hour of the week, and how long their queue: in closed form, no simulation.

Patients come by the profiles of the typical site, scaled to the stated attendances. What departments of the packaged
ensemble are like is read from a file that `tests/long/offer_figures.py` writes.
"""

import csv
import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simulation.config.composing import packaged
from simulation.offers.rotas import SLOTS, Rota
from simulation.records.schema import Floats

FIGURES = Path(__file__).with_name("ensemble_figures.csv")
"""A row for each department of the ensemble `england`, and for each with longer and shorter minutes of doctors."""
SLOT, STEPS = 30, (1, 2, 3, 5)
"""Minutes of a slot, a half hour, and the steps in which it may be gone through: none is longer than a service."""
VARIATION = 0.64
"""Half of 1 and the squared coefficient of variation of minutes of a triage, .28 (configs/site/typical.yaml)."""
FULL = 0.9
"""The share of their hours for which people are busy by a rota that would do, in either part of it. A judgement."""
BLOCKS = ((10, 22), (8, 22), (9, 23), (8, 24))
"""Hours of the day in which a rota that would do has more people."""


@cache
def ensemble_figures(column: str, *, as_built: bool = True, **only: str) -> Floats:
    """A column of figures of the ensemble's departments; of some of them where other columns are to be as `only` says
    ('' for anything), or of all if none is so. `as_built`: with their own minutes of doctors alone."""
    rows = [row for row in figure_rows() if not as_built or row["times"] == "1.0"]
    alike = [row for row in rows if all(value in ("", row[key]) for key, value in only.items())]
    return np.array([float(row[column]) for row in alike or rows])


@cache
def figure_rows() -> tuple[dict[str, str], ...]:
    """The rows of the file of figures, as text by column."""
    lines = FIGURES.read_text(encoding="utf-8").splitlines()[1:]
    return tuple(csv.DictReader(lines))


def patients_of(name: str, attendances: float) -> Floats:
    """Patients of an arrival source to be assessed, by half hour of a mean week; shape (336,), Monday first.

    Those who are so ill that nobody triages them are left out.
    """
    site = packaged()["site"]
    source, attributes = site["arrivals"][name], site["attributes"]
    usual = sum(one["per_day"] for one in site["arrivals"].values() if one.get("attends", True))
    hours, days = (
        np.array(site["profiles"][source[key]]["weights"], float)
        for key in ("by_hour", "by_weekday")
    )
    immediate = attributes["acuity_true"]["shares"][name][0]
    by_source = attributes["recognised"]["p"]["times"][0]["values"]
    per_day = source["per_day"] * attendances / usual * (1 - immediate * by_source.get(name, 0))
    of_day = np.repeat(hours / hours.sum(), SLOTS // 24) / (SLOTS // 24)
    return np.asarray(per_day * np.outer(days / days.mean(), of_day).ravel())


class Queue(NamedTuple):
    """A queue for some staff, by half hour of the week, each of shape (336,).

    patients  who come
    work      minutes that they ask for
    units     people on duty
    """

    patients: Floats
    work: Floats
    units: Floats

    @property
    def per_day(self) -> float:
        """Patients a day."""
        return float(self.patients.sum()) / 7

    @property
    def load(self) -> float:
        """Work over the hours on duty, over the week."""
        return float(self.work.sum() / (SLOT * self.units.sum()))

    @property
    def hours(self) -> float:
        """People's hours a day."""
        return float(self.units.sum()) / (2 * 7)

    @property
    def over(self) -> list[bool]:
        """The half hours of a week of mean days with more work than people, 336."""
        work, units = (of.reshape(7, SLOTS).mean(axis=0) for of in (self.work, self.units))
        return [bool(over) for over in work > SLOT * units] * 7

    def mean_wait(self) -> float:
        """An approximation of the mean wait in minutes (`mean_waits`)."""
        return float(mean_waits(self.patients, self.work[:, None], self.units)[0])


def units_of(rota: Rota) -> Floats:
    """People on duty by half hour of the week, shape (336,)."""
    return np.array(rota.on_duty, float)


def mean_waits(patients: Floats, work: Floats, units: Floats) -> Floats:
    """The mean wait in minutes for each column of work, shape (n,), of a week that repeats.

    A fluid approximation: at each time as many are served as in a steady queue (Sakasegawa's for several servers)
    with as many patients in it (pointwise stationary fluid flow: Wang, Tipper and Banerjee 1996, from memory). Nobody
    leaves, no day is busier than its weekday, and nobody hurries, so it is rough: good to a factor.

    patients, units: shape (336,); work: minutes asked for, shape (336, n).
    """
    n_slots, each = len(patients), work / patients[:, None]
    step = max(minutes for minutes in STEPS if minutes <= max(each.min(), 1))
    number = queued = np.zeros(work.shape[1])
    for place in range(-2 * SLOTS, n_slots):  # the first two days fill the queue
        slot = place % n_slots
        coming, on = patients[slot] * step / SLOT, int(units[slot])
        busy_at, numbers = _steady(on)
        for _ in range(SLOT // step):
            in_service = on * np.interp(number, numbers, busy_at) if on else 0.0
            number = np.maximum(number + coming - step * in_service / each[slot], 0.0)
            if place >= 0:
                queued = queued + step * np.maximum(number - in_service, 0.0)
    return np.asarray(queued / patients.sum())


@cache
def _steady(n: int) -> tuple[Floats, Floats]:
    """Busy shares, and the mean number of patients in a steady queue with so many servers at each."""
    busy = 1 - np.linspace(1, 0.01, 300) ** 2
    waiting = VARIATION * busy ** math.sqrt(2 * (n + 1)) / (1 - busy)
    return busy, n * busy + waiting


def enough(work: Floats) -> str:
    """A rota in words that would do this work, minutes by half hour of the week: more people in one block of hours.

    >>> enough(np.full(336, 20.0))
    '1 at all hours'
    """
    of_day = work.reshape(-1, 24, SLOTS // 24).sum(axis=2).mean(axis=0) / (60 * FULL)
    best: tuple[float, str] | None = None
    for start, end in BLOCKS:
        inside = (np.arange(24) >= start) & (np.arange(24) < end)
        by_day, by_night = (
            max(math.ceil(of_day[here].sum() / here.sum() - 1e-9), 1) for here in (inside, ~inside)
        )
        hours = by_day * inside.sum() + by_night * (~inside).sum()
        words = f"{by_day} from {start} to {end} h, {by_night} by night"
        if by_day <= by_night:
            hours, words = 24 * by_night, f"{by_night} at all hours"
        if best is None or hours < best[0]:
            best = float(hours), words
    assert best is not None
    return best[1]
