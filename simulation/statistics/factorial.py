"""Effects of a full factorial design: what each of several varied things does, and what two of them do together.

A *main effect* is the mean of all runs with one value less the mean of all with the first value. A *two-way
interaction* is how much the effect of one value depends on another: the effect of A's value where B has its value, less
its effect where B has its first one, the mean over whatever else was varied. (So it is on the scale of the differences
that it compares, twice what some books call an interaction.) Each is a weighted sum of runs in every replication, so
random variates that runs share cancel, and its standard error is that of a mean over replications.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from simulation.records.schema import Floats
from simulation.statistics.departments import Department
from simulation.statistics.intervals import Interval, interval

Design = Sequence[Mapping[str, str]]
"""By run, the value of each factor."""


@dataclass(frozen=True)
class Level:
    """A value of a factor, and the first value, which it is compared with."""

    factor: str
    value: str
    first: str


@dataclass(frozen=True)
class FactorialEffect:
    """A main effect (one level) or a two-way interaction (two), with its interval over replications."""

    levels: tuple[Level, ...]
    estimate: Interval


def values_of(design: Design) -> dict[str, tuple[str, ...]]:
    """The values of every factor, in the order in which runs have them."""
    return {factor: tuple(dict.fromkeys(run[factor] for run in design)) for factor in (design[0] if design else ())}


def is_full(design: Design) -> bool:
    """Whether every combination of the factors' values was run once, so that effects can be told apart."""
    all_combinations = list(product(*values_of(design).values()))
    return bool(design) and sorted(all_combinations) == sorted(tuple(run.values()) for run in design)


def factorial_effects(
    design: Design, values: Sequence[Floats], department: Department | None = None
) -> tuple[FactorialEffect, ...]:
    """Main effects, then two-way interactions, of a full factorial design.

    values: one number a replication for each run, shape (n_replications,); if runs have unequal numbers of
    replications, the first of each are used; department: over an ensemble, the department that each replication used,
    the same in every run.
    """
    n = min(len(of_run) for of_run in values)
    numbers = np.stack([of_run[:n] for of_run in values])
    used = None if department is None else department[:n]
    main = [Level(factor, value, first) for factor, (first, *others) in values_of(design).items() for value in others]
    pairs = [(one, other) for one, other in combinations(main, 2) if one.factor != other.factor]
    return tuple(
        FactorialEffect(levels, interval(_contrast(numbers, _weights(design, levels)), department=used))
        for levels in (*((level,) for level in main), *pairs)
    )


def _weights(design: Design, levels: tuple[Level, ...]) -> Floats:
    """The weight of each run, shape (n_runs,): of one sign with a level's value, of the other with the first value."""
    sign = np.ones(len(design))
    for level in levels:
        sign *= [(run[level.factor] == level.value) - 1.0 * (run[level.factor] == level.first) for run in design]
    weights: Floats = sign / max(np.count_nonzero(sign) / 2 ** len(levels), 1)
    return weights


def _contrast(numbers: Floats, weights: Floats) -> Floats:
    """The weighted sum in each replication; infinite where a number with a weight is, because a stay had not ended."""
    used = numbers[weights != 0]
    unended = np.isinf(used).any(axis=0)
    contrast: Floats = weights[weights != 0] @ np.where(np.isinf(used), 0.0, used)
    contrast[unended] = np.inf
    return contrast
