"""An earlier card, and a new version of a tool against it: what changed on the same cases, and whether to go on."""

import csv
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simulation.errors import ResultsError
from simulation.records.schema import Mask
from simulation.records.serialise import parse_json
from simulation.triage.matrix import N_HIGH
from simulation.triage.policy import YARDSTICKS, Yardstick
from simulation.vetting.bench import TOOL, Bench, Criterion, CriterionVerdict, Scored, judge_groups
from simulation.vetting.cases import MOST_REPEATS, N_LEVELS, NO_LABEL
from simulation.vetting.score_words import verdict_row
from simulation.vetting.scores import Estimates, Labelled, differences

CARD, ANSWERS, CARD_FORMAT = "card.json", "answers.csv", 1
"""The files of a card that a later one reads, and their format."""
UNDER = "under_triage_1_2_share"
NO_MARGIN = "for which the criteria state no margin against the nurse"
NAMED = 3
"""The most reasons to stop that the line names; the tables hold all."""


class EarlierCard(NamedTuple):
    """An earlier card: its tool, the cases it was tried on, its labels."""

    tool: str
    fingerprint: str
    yardstick: Yardstick
    labelled: Labelled


def read_earlier(folder: Path) -> EarlierCard:
    """An earlier card. Raises ResultsError for a folder that holds none."""
    try:
        card = parse_json((folder / CARD).read_text(encoding="utf-8"))
        if card["format"] != CARD_FORMAT:
            raise ValueError(f"is of format {card['format']}")
        with (folder / ANSWERS).open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["variant"] == "as_written"]
        names = sorted(
            {row["case"] for row in rows}, key=lambda name: (name[:12], len(name), name)
        )  # as in a case set
        place = {name: number for number, name in enumerate(names)}
        row_of = [place[row["case"]] for row in rows]
        repeats, levels, labels = (
            np.array([int(row[column] or 0) for row in rows])
            for column in ("repeat", "truth", "label")
        )
        if levels.min() < 1 or labels.min() < 0 or max(levels.max(), labels.max()) > N_LEVELS:
            raise ValueError("holds levels beyond 1 to 5")
        if not 1 <= repeats.min() <= repeats.max() <= MOST_REPEATS:
            raise ValueError(f"holds repeats beyond 1 to {MOST_REPEATS}")
        labelled = Labelled(
            np.zeros(len(names), dtype=np.int64), np.full((len(names), repeats.max()), NO_LABEL)
        )
        labelled.truth[row_of] = levels - 1
        labelled.labels[row_of, repeats - 1] = labels - 1  # 0: no label
        yardstick = card["cases"]["yardstick"]
        if yardstick not in YARDSTICKS:
            raise ValueError("names no yardstick that is known")
        return EarlierCard(
            str(card["tool"]), str(card["cases"]["fingerprint"]), yardstick, labelled
        )
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        csv.Error,
    ) as error:
        why = error.strerror if isinstance(error, OSError) else str(error) or type(error).__name__
        raise ResultsError(
            f"{folder}: is no card of a bench ({why}). Name a folder that `aeflow vet` wrote"
        ) from None


class VersionChange(NamedTuple):
    """New minus earlier in every score, paired, and the line that says go or stop."""

    earlier_tool: str
    differences: Estimates
    verdicts: tuple[CriterionVerdict, ...]
    """Whether it is not worse than the earlier one by more than each margin, for everybody and by group."""
    go: bool
    line: str


def change_since(bench: Bench, earlier: EarlierCard) -> VersionChange:
    """The change since an earlier card. Raises ResultsError if that card is of other cases.

    The line says go only if every criterion is met, for everybody and by group, and wherever one states a margin beyond
    the nurse, this version is shown not to be worse than the earlier one by more than that margin either.
    """
    again = "Run it again on these cases"
    if earlier.fingerprint != bench.cases.fingerprint:
        raise ResultsError(
            f"against: the earlier card is of other cases, so nothing can be paired. {again}"
        )
    if earlier.yardstick != bench.cases.yardstick:
        raise ResultsError(
            f"against: the earlier card is held against {YARDSTICKS[earlier.yardstick]}, this one against "
            f"{bench.cases.yardstick_words}, so the two are not comparable. {again}"
        )
    new = bench.labelled[TOOL]
    old, seed = Labelled(new.truth, earlier.labelled.labels), bench.plan.seed
    margins = [
        criterion
        for criterion in bench.plan.criteria
        if criterion.against == "nurse" and criterion.margin >= 0
    ]
    verdicts = [
        verdict
        for criterion in margins
        for verdict in judge_groups(criterion, new, old, bench.cases.groups, seed)
    ]
    verdicts += _worse_without_margin({criterion.score for criterion in margins}, new, old, seed)
    rows = [verdict_row(verdict, f"the earlier {earlier.tool}") for verdict in verdicts]
    reasons: dict[str, list[str]] = {"not met": [], "cannot tell": []}
    for score, group, bound, measured, _, word, why in (*rows, *map(verdict_row, bench.verdicts)):
        if word in reasons:
            told = f", {'which cannot be told: ' * (word == 'cannot tell')}{why}" if why else ""
            reasons[word].append(f"{score}, {group}: {measured}, must be {bound}{told}")
    if not any(criterion.score == UNDER for criterion in margins):
        reasons["not met"].append(f"the criteria state no margin for {UNDER} against the nurse")
    all_reasons = reasons["not met"] + reasons["cannot tell"]  # what is shown to be worse first
    line = (
        f"Go: {bench.tool} meets every criterion, and is not worse than {earlier.tool} by more than a margin, nor "
        "shown to be worse in an error without one."
    )
    if all_reasons:
        n_more = len(all_reasons) - NAMED
        more = f"; and {n_more} more, in the tables" if n_more > 0 else ""
        line = f"Stop: {'; '.join(all_reasons[:NAMED])}{more}."
    changes = differences(new, old, seed)
    return VersionChange(earlier.tool, changes, tuple(verdicts), not all_reasons, line)


def _worse_without_margin(
    with_margin: Collection[str], new: Labelled, old: Labelled, seed: int
) -> list[CriterionVerdict]:
    """The errors for which the criteria state no margin and in which this version is shown to be worse at all.

    Under-triage of levels 1-2 has one, or there is no go, so without another that of the other levels is judged.
    """
    sides: dict[Scored, tuple[str, Mask]] = {
        "over_share": ("", new.truth >= 0),
        "under_share": ("levels 3-5", new.truth >= N_HIGH),
    }
    judged = [
        judge_groups(
            Criterion(
                score=score, against="nurse", at_most=0.0, evidence="assumed", source=NO_MARGIN
            ),
            new.only(which),
            old.only(which),
            {},
            seed,
        )[0]._replace(group=group, why=NO_MARGIN)
        for score, (group, which) in sides.items()
        if score not in with_margin
    ]
    return [verdict for verdict in judged if verdict.word == "not met"]
