"""The few kinds of verdict that words and colours know, by the way it points."""

from __future__ import annotations

from simulation.analysis.compare import Comparison
from simulation.analysis.multiplicity import is_worse
from simulation.experiment.comparisons import Finding

KINDS = ("better", "worse", "changed", "no change", "cannot tell")
"""What a cell of the first page can say; 'changed' is for a measure that is better neither lower nor higher."""
SIZES = {"more": "", "open": "perhaps slightly ", "less": "slightly "}
"""Words before a direction that is known, by the size of the difference."""


def kind_of(finding: Finding) -> str:
    """One of `KINDS`: which way the verdict points."""
    kind = finding.verdict.kind
    if kind in ("cuts", "lengthens"):
        better = finding.comparison.better
        if better == "neither":
            return "changed"
        return "better" if (better == "lower") == (kind == "cuts") else "worse"
    return "no change" if kind in ("no change beyond", "no difference", "identical") else "cannot tell"


def short_words(finding: Finding) -> str:
    """'better', 'slightly worse', 'no material change', 'not settled'."""
    kind, size = kind_of(finding), finding.verdict.size
    way = {"no change": "no material change", "cannot tell": "not settled"}.get(kind, kind)
    if kind == "changed":
        way = "lower" if finding.verdict.kind == "cuts" else "higher"
    return f"{SIZES[size] if size is not None else ''}{way}"


def kind_of_row(row: Comparison) -> str:
    """The kind of a difference for which the study states no least one that matters."""
    worse = is_worse(row)
    return "cannot tell" if worse is None else "worse" if worse else "better"
