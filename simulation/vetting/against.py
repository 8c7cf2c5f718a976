"""A new version of a tool against an earlier card: what changed on the same cases, and whether to go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulation.errors import ResultsError
from simulation.triage.policy import YARDSTICKS
from simulation.vetting.bench import TOOL, Bench
from simulation.vetting.criteria import Criterion
from simulation.vetting.intervals import Estimate, cases_to_settle, exact_share
from simulation.vetting.scores import Labelled, differences
from simulation.vetting.stored import Earlier

UNDER = "under_triage_1_2_share"


@dataclass(frozen=True)
class Change:
    """New minus earlier in every score, paired, and the line that says go or stop."""

    earlier_tool: str
    differences: Mapping[str, Estimate]
    go: bool
    line: str


def change_since(bench: Bench, earlier: Earlier) -> Change:
    """The change since an earlier card. Raises ResultsError if that card is of other cases.

    The line says go only if under-triage of true levels 1-2 is shown not to be worse by the margin of the criteria, and
    no criterion that was met is now not met.
    """
    if earlier.fingerprint != bench.cases.fingerprint:
        raise ResultsError(
            "against: the earlier card is of other cases, so nothing can be paired. Run it again on these cases"
        )
    if earlier.yardstick != bench.cases.yardstick:
        raise ResultsError(
            f"against: the earlier card is held against {YARDSTICKS[earlier.yardstick]}, this one against "
            f"{bench.cases.yardstick_words}, so the two are not comparable. Run it again on these cases"
        )
    new = bench.labelled[TOOL]
    old = Labelled(new.truth, earlier.labelled.labels)
    changes = differences(new, old, bench.plan.seed)
    reasons = _reasons(bench, earlier, new, old, changes[UNDER])
    line = f"Go: {bench.tool} is not worse than {earlier.tool} by the margins stated."
    if reasons:
        line = f"Stop: {'; '.join(reasons)}."
    return Change(earlier.tool, changes, not reasons, line)


def _reasons(bench: Bench, earlier: Earlier, new: Labelled, old: Labelled, under: Estimate) -> list[str]:
    """The reasons not to go on; none if there is nothing against it."""
    reasons = []
    margins = [criterion.bound for criterion in bench.plan.criteria if _is_margin(criterion)]
    if not margins:
        reasons.append(f"the criteria state no margin for {UNDER} against the nurse, so there is none to go by")
    elif under.low > min(margins):
        reasons.append("under-triage of levels 1-2 is more frequent, by more than the margin")
    elif under.high > min(margins):
        gap = abs(new.shares_of_cases(UNDER) - old.shares_of_cases(UNDER))
        fewest, most = cases_to_settle(exact_share(float(gap.sum()), len(gap)), min(margins))
        reasons.append(
            "whether under-triage of true levels 1-2 grew by more than the margin cannot be told "
            f"(about {fewest:,} to {most:,} such cases would settle it, {under.n} now)"
        )
    for verdict in bench.verdicts:
        before = earlier.verdicts.get((verdict.criterion.score, verdict.group))
        if before in ("met", "identical to the nurse") and verdict.word == "not met":
            who = f" ({verdict.group})" if verdict.group else ""
            reasons.append(f"{verdict.criterion.score}{who} was met and is not met now")
    return reasons


def _is_margin(criterion: Criterion) -> bool:
    return criterion.score == UNDER and criterion.against == "nurse" and criterion.at_most is not None
