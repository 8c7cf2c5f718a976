"""One question asked in several runs (scenarios, staffing, sites): do the verdicts agree, and do the effects?

Two verdicts that differ are no evidence that two effects do: one interval may just hold 0 and the other just miss it.
So the effects themselves are compared, for every two runs, replication by replication, with intervals so wide that
those of all pairs hold together. Replications of one number share their random variates where the runs share the seed,
which narrows the interval; the interval is right without it, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from simulation.errors import ResultsError
from simulation.records.schema import Floats
from simulation.statistics.compare import compare
from simulation.statistics.departments import Department
from simulation.statistics.intervals import LEVEL, Interval
from simulation.statistics.verdict import Verdict, VerdictKind, threshold


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
            return RunComparison("cannot tell", "verdicts differ, effects by no more than chance", apart)
        if close:
            return RunComparison("close", f"verdicts differ, effects by less than {threshold(mid, unit)}", apart)
        return RunComparison("depends", f"depends on {on}", apart)
    first, *others = verdicts.values()
    words = first.words if all(other.words == first.words for other in others) else first.direction
    how_much = f"; how much depends on {on}" if differ and not close else ""
    return RunComparison(kinds.pop(), f"{words} in every run{how_much}", apart)


def _furthest(effects: Mapping[str, Floats], department: Department | None) -> tuple[str, str, Interval] | None:
    """The two runs whose effects differ most, with an interval that holds together with those of all other pairs."""
    pairs = list(combinations(effects, 2))
    if not pairs:
        return None
    level = 1 - (1 - LEVEL) / len(pairs)
    differences = []
    for one, other in pairs:
        apart = compare_first(effects[other], effects[one], level=level, department=department)
        differences.append((one, other, apart))
    return max(differences, key=lambda pair: abs(pair[2].mean))


def compare_first(ours: Floats, theirs: Floats, *, level: float, department: Department | None) -> Interval:
    """The paired difference of two runs; if they have unequal numbers of replications, of the first of each."""
    n = min(len(ours), len(theirs))
    return compare(ours[:n], theirs[:n], level=level, department=None if department is None else department[:n])
