"""An earlier card, and a new version of a tool against it: what changed on the same cases, and whether to go on."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simulation.errors import ResultsError
from simulation.triage.policy import YARDSTICKS, Yardstick
from simulation.vetting.bench import TOOL, Bench
from simulation.vetting.cases import N_LEVELS, NO_LABEL
from simulation.vetting.scores import Estimates, Labelled, ScoreEstimate, cases_to_settle, differences, discordance_of

CARD, ANSWERS, CARD_FORMAT = "card.json", "answers.csv", 1
"""The files of a card that a later one reads, and their format."""
UNDER = "under_triage_1_2_share"


class EarlierCard(NamedTuple):
    """An earlier card: its tool, the cases it was tried on, its labels, its verdicts by (score, group)."""

    tool: str
    fingerprint: str
    yardstick: Yardstick
    labelled: Labelled
    verdicts: dict[tuple[str, str], str]


def read_earlier(folder: Path) -> EarlierCard:
    """An earlier card. Raises ResultsError for a folder that holds none."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if card["format"] != CARD_FORMAT:
            raise ValueError(f"is of format {card['format']}")
        with (folder / ANSWERS).open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["variant"] == "as_written"]
        names, row_of = np.unique([row["case"] for row in rows], return_inverse=True)
        repeats, levels, labels = (
            np.array([int(row[column] or 0) for row in rows]) for column in ("repeat", "truth", "label")
        )
        labelled = Labelled(np.zeros(len(names), dtype=np.int64), np.full((len(names), repeats.max()), NO_LABEL))
        labelled.truth[row_of] = levels - 1
        labelled.labels[row_of, repeats - 1] = labels - 1  # 0: no label
        if levels.min() < 1 or labels.min() < 0 or max(levels.max(), labels.max()) > N_LEVELS:
            raise ValueError("holds levels beyond 1 to 5")
        verdicts = {(verdict["score"], verdict["group"]): str(verdict["verdict"]) for verdict in card["verdicts"]}
        yardstick = card["cases"]["yardstick"]
        if yardstick not in YARDSTICKS:
            raise ValueError("names no yardstick that is known")
        return EarlierCard(str(card["tool"]), str(card["cases"]["fingerprint"]), yardstick, labelled, verdicts)
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else str(error) or type(error).__name__
        raise ResultsError(f"{folder}: is no card of a bench ({why}). Name a folder that `aeflow vet` wrote") from None


class VersionChange(NamedTuple):
    """New minus earlier in every score, paired, and the line that says go or stop."""

    earlier_tool: str
    differences: Estimates
    go: bool
    line: str


def change_since(bench: Bench, earlier: EarlierCard) -> VersionChange:
    """The change since an earlier card. Raises ResultsError if that card is of other cases.

    The line says go only if under-triage of true levels 1-2 is shown not to be worse by the margin of the criteria, and
    no criterion that was met is now not met.
    """
    again = "Run it again on these cases"
    if earlier.fingerprint != bench.cases.fingerprint:
        raise ResultsError(f"against: the earlier card is of other cases, so nothing can be paired. {again}")
    if earlier.yardstick != bench.cases.yardstick:
        raise ResultsError(
            f"against: the earlier card is held against {YARDSTICKS[earlier.yardstick]}, this one against "
            f"{bench.cases.yardstick_words}, so the two are not comparable. {again}"
        )
    new = bench.labelled[TOOL]
    old = Labelled(new.truth, earlier.labelled.labels)
    changes = differences(new, old, bench.plan.seed)
    reasons = list(_reasons(bench, earlier, new, old, changes[UNDER]))
    go = f"Go: {bench.tool} is not worse than {earlier.tool} by the margins stated."
    return VersionChange(earlier.tool, changes, not reasons, f"Stop: {'; '.join(reasons)}." if reasons else go)


def _reasons(bench: Bench, earlier: EarlierCard, new: Labelled, old: Labelled, under: ScoreEstimate) -> Iterator[str]:
    """The reasons not to go on; none if there is nothing against it."""
    margins = [
        criterion.at_most
        for criterion in bench.plan.criteria
        if criterion.score == UNDER and criterion.against == "nurse" and criterion.at_most is not None
    ]
    if not margins:
        yield f"the criteria state no margin for {UNDER} against the nurse, so there is none to go by"
    elif under.low > min(margins):
        yield "under-triage of levels 1-2 is more frequent, by more than the margin"
    elif under.high > min(margins):
        fewest, most = cases_to_settle(discordance_of(new, old, UNDER), min(margins))
        yield (
            "whether under-triage of true levels 1-2 grew by more than the margin cannot be told "
            f"(about {fewest:,} to {most:,} such cases would settle it, {under.n} now)"
        )
    for verdict in bench.verdicts:
        before = earlier.verdicts.get((verdict.criterion.score, verdict.group))
        if before in ("met", "identical to the nurse") and verdict.word == "not met":
            who = f" ({verdict.group})" if verdict.group else ""
            yield f"{verdict.criterion.score}{who} was met and is not met now"
