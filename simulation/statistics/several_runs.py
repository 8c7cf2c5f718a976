"""One question asked in several runs (scenarios, staffing, sites): do the verdicts agree, and do the effects?

Two verdicts that differ are no evidence that two effects do: one interval may just hold 0 and the other just miss it.
So the effects themselves are compared, for every two runs, replication by replication, with intervals so wide that
those of all pairs hold together. Replications of one number share their random variates where the runs share the seed,
which narrows the interval; the interval is right without it, too.

Effects of a full factorial design: what each of several varied things does, and what two of them do together.

A *main effect* is the mean of all runs with one value less the mean of all with the first value. A *two-way
interaction* is how much the effect of one value depends on another: the effect of A's value where B has its value, less
its effect where B has its first one, the mean over whatever else was varied. (So it is on the scale of the differences
that it compares, twice what some books call an interaction.) Each is a weighted sum of runs in every replication, so
random variates that runs share cancel, and its standard error is that of a mean over replications.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Literal

import numpy as np

from simulation.errors import ResultsError
from simulation.records.schema import Floats
from simulation.statistics.compare import compare_values
from simulation.statistics.departments import Department
from simulation.statistics.intervals import LEVEL, Interval, estimate_interval
from simulation.statistics.verdict import Verdict, VerdictKind, threshold_words


@dataclass(frozen=True)
class RunComparison:
    """The joint verdict of several runs: a kind, in words, and the largest difference between two of them.

    kind: the kind shared by every run; if verdicts differ, `depends` if effects differ too, `close` if effects differ
    by less than would matter, `cannot tell` if they differ by no more than chance; `check` where no verdict is given
    (the sham). apart: the two runs whose effects differ most, and by how much (None for one run).
    """

    kind: VerdictKind | Literal["depends", "close", "cannot tell", "check"]
    words: str
    apart: tuple[str, str, Interval] | None


def compare_runs(
    verdicts: Mapping[str, Verdict],
    effects: Mapping[str, Floats],
    mid: float,
    unit: str,
    *,
    on: str = "the bottleneck",
    department: Department | None = None,
) -> RunComparison:
    """The joint verdict on one difference in several runs.

    effects: paired differences by replication for each run, shape (n_replications,); if runs have unequal numbers of
    replications, the first of each are compared. mid: the minimal important difference, in `unit`. on: what the effect
    depends on, if it does. department: over an ensemble, the department that each replication used, the same in every
    run. Raises ResultsError if there is no run.
    """
    if not verdicts:
        raise ResultsError("verdicts: no run. Give at least one")
    apart = _furthest(effects, department)
    differ = apart is not None and apart[2].excludes_zero
    close = apart is not None and -mid < apart[2].judged[0] and apart[2].judged[1] < mid
    kinds = {verdict.kind for verdict in verdicts.values()}
    if len(kinds) > 1:
        if not differ:
            return RunComparison(
                "cannot tell", "verdicts differ, effects by no more than chance", apart
            )
        if close:
            return RunComparison(
                "close",
                f"verdicts differ, effects by less than {threshold_words(mid, unit)}",
                apart,
            )
        return RunComparison("depends", f"depends on {on}", apart)
    first, *others = verdicts.values()
    words = first.words if all(other.words == first.words for other in others) else first.direction
    how_much = f"; how much depends on {on}" if differ and not close else ""
    return RunComparison(kinds.pop(), f"{words} in every run{how_much}", apart)


def _furthest(
    effects: Mapping[str, Floats], department: Department | None
) -> tuple[str, str, Interval] | None:
    """The two runs whose effects differ most, with an interval that holds together with those of all other pairs."""
    pairs = list(combinations(effects, 2))
    if not pairs:
        return None
    level = 1 - (1 - LEVEL) / len(pairs)
    differences = [
        (
            one,
            other,
            compare_first(effects[other], effects[one], level=level, department=department),
        )
        for one, other in pairs
    ]
    return max(differences, key=lambda pair: abs(pair[2].mean))


def compare_first(
    ours: Floats, theirs: Floats, *, level: float, department: Department | None
) -> Interval:
    """The paired difference of two runs; if they have unequal numbers of replications, of the first of each."""
    n = min(len(ours), len(theirs))
    return compare_values(
        ours[:n], theirs[:n], level=level, department=None if department is None else department[:n]
    )


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


def factor_values(design: Design) -> dict[str, tuple[str, ...]]:
    """The values of every factor, in the order in which runs have them."""
    return {
        factor: tuple(dict.fromkeys(run[factor] for run in design))
        for factor in (design[0] if design else ())
    }


def is_full(design: Design) -> bool:
    """Whether every combination of the factors' values was run once, so that effects can be told apart."""
    all_combinations = list(product(*factor_values(design).values()))
    return bool(design) and sorted(all_combinations) == sorted(
        tuple(run.values()) for run in design
    )


def factorial_effects(
    design: Design, values: Sequence[Floats], department: Department | None = None
) -> tuple[FactorialEffect, ...]:
    """Main effects, then two-way interactions, of a full factorial design.

    values: one number a replication for each run, shape (n_replications,); if runs have unequal numbers of
    replications, the first of each are used; department: over an ensemble, the department that each replication used,
    the same in every run.
    """
    n = min(map(len, values))
    numbers = np.stack([of_run[:n] for of_run in values])
    used = None if department is None else department[:n]
    main = [
        Level(factor, value, first)
        for factor, (first, *others) in factor_values(design).items()
        for value in others
    ]
    pairs = [(one, other) for one, other in combinations(main, 2) if one.factor != other.factor]
    return tuple(
        FactorialEffect(
            levels, estimate_interval(_contrast(numbers, _weights(design, levels)), department=used)
        )
        for levels in (*((level,) for level in main), *pairs)
    )


def _weights(design: Design, levels: tuple[Level, ...]) -> Floats:
    """The weight of each run, shape (n_runs,): of one sign with a level's value, of the other with the first value."""
    sign = np.ones(len(design))
    for level in levels:
        sign *= [
            (run[level.factor] == level.value) - 1.0 * (run[level.factor] == level.first)
            for run in design
        ]
    weights: Floats = sign / max(np.count_nonzero(sign) / 2 ** len(levels), 1)
    return weights


def _contrast(numbers: Floats, weights: Floats) -> Floats:
    """The weighted sum in each replication; infinite where a number with a weight is, because a stay had not ended."""
    used = numbers[weights != 0]
    unended = np.isinf(used).any(axis=0)
    contrast: Floats = weights[weights != 0] @ np.where(np.isinf(used), 0.0, used)
    contrast[unended] = np.inf
    return contrast
