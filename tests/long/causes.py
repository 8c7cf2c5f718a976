"""Three ways to be full, side by side: departments whose clinicians, whose places or whose pace make patients wait, and
one between the last two.

    python tests/long/causes.py rows [YEARS [SEEDS]]      calibrated and predicted rows of each, over seeds of ten years
    python tests/long/causes.py responses [YEARS [SEEDS]] what changes of demand, beds and staff do to each
    python tests/long/causes.py study [REPLICATIONS]      the default study's arms on each: effects, limits, verdicts
    python tests/long/causes.py trials [REPLICATIONS]     how near published trials each comes, beside two guesses

`rows` prints the mean of the seeds and in how many of them a row is within its bounds; `study` in which verdicts all
agree. The departments are `site=typical`, `typical_places`, `typical_pace` and `typical_mixture`; the second and third
are fitted to the calibrated rows by `tests/long/fitted.py` (docs/decisions/0038 names the one value that is not).
`rows` of ten years and eight seeds takes about a quarter of an hour of two processors, `responses` of two seeds and
`study` as long, `trials` half of it. Exit code 1: a calibrated row is out of its bounds in the mean of the seeds.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean

from simulation.api import compare
from simulation.assurance.known_effects import LOAD, published_row
from simulation.assurance.targets import targets_named
from simulation.assurance.trial_score import scores_of
from simulation.assurance.validate import Row, validate_site
from simulation.config import load, search_folders
from simulation.report.outcome import ArmOutcome, outcome_of

SITES = ("typical", "typical_places", "typical_pace", "typical_mixture")
FITTED_TO = ("calibrated", "plausible")
FIRST_SEED = 301


def table_of(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    """A table as Markdown."""
    yield "| " + " | ".join(titles) + " |"
    yield "|" + "---|" * len(titles)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def say_rows(kinds: Sequence[str], years: int, seeds: int) -> int:
    """Print rows of some kinds by cause; how many calibrated ones miss in the mean of the seeds."""
    found: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for site in SITES:
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            table = validate_site(
                [f"site={site}", f"run.replications={years}", f"run.seed={seed}"],
                targets="england",
                responses="response" in kinds,
            )
            for row in table.rows:
                if row.target.kind in kinds:
                    found[row.target.name][site].append(row)
            print(f"{site}, seed {seed}", file=sys.stderr, flush=True)
    missed, lines = 0, []
    for name, by_site in found.items():
        target = next(iter(by_site.values()))[0].target
        cells = []
        for site in SITES:
            values = by_site[site]
            mean, passed = (
                fmean(row.found for row in values),
                sum(bool(row.passed) for row in values),
            )
            inside = target.allows(mean)
            missed += inside is False and target.kind in FITTED_TO
            mark = "" if inside is None else f" ({passed} of {len(values)})"
            cells.append(f"{mean:.3g}{mark}{' **miss**' if inside is False else ''}")
        bounds = " to ".join("" if end is None else f"{end:g}" for end in (target.low, target.high))
        lines.append([name, target.kind, bounds, *cells])
    print(*table_of(["row", "kind", "bounds", *SITES], lines), sep="\n")
    return missed


def in_words(outcome: ArmOutcome) -> list[str]:
    """The effects on the targets of a study, with their intervals, limits of safety that fail or are open, and what
    becomes of the arm."""
    cells = []
    for finding in outcome.effects:
        row = finding.comparison
        times = 100 if row.unit == "share" else 1
        cells.append(
            f"{times * row.difference:+.1f} ({times * row.difference_low:+.1f} to {times * row.difference_high:+.1f})"
        )
    limits = outcome.limits
    failed = [f"{limits.verb}: {one.margin.label}" for one in limits.failed if limits.verb]
    left = [f"open: {one.margin.label}" for one in limits.open]
    return [*cells, "; ".join((*failed, *left)) or "passes", outcome.kind]


def say_study(replications: int) -> int:
    """Print the effects of every arm of the default study by cause, and where verdicts agree."""
    cells: dict[str, list[list[str]]] = defaultdict(list)
    titles: list[str] = []
    for site in SITES:
        overrides = [
            f"site={site}",
            "ensemble=none",
            f"run.replications={replications}",
            "run.seed=77",
        ]
        result = compare(load("study=ai_triage", *overrides))
        for arm in result.arms[1:]:
            outcome = outcome_of(result, arm.name)
            titles = [finding.target.label for finding in outcome.effects]
            cells[arm.name].append(in_words(outcome))
    rows = []
    for name, by_site in cells.items():
        same = len({words[-1] for words in by_site}) == 1
        for site, words in zip(SITES, by_site, strict=True):
            rows.append([name, site, *words, "same" if same else "differs"])
    print(
        *table_of(["arm", "site", *titles, "limits of safety", "outcome", "in all"], rows), sep="\n"
    )
    return 0


def say_trials(replications: int) -> int:
    """Print the score on published trials of every department, all but loads and by kind of change."""
    targets = targets_named("known_effects", search_folders())
    lines = []
    for site in SITES:
        words = [f"site={site}", "ensemble=none", f"run.replications={replications}"]
        result = compare(load("study=known_effects", *words))
        rows = []
        for target in targets:
            after, before = (
                float(result.values(arm, target.measure, target.group).mean())
                for arm in (target.change, target.against or result.design.baseline)
            )
            rows.append(published_row(target, before, after))
        among = [row for row in rows if row.change != LOAD]
        for kind in ("all but loads", *dict.fromkeys(row.change for row in rows)):
            chosen = (
                among if kind == "all but loads" else [row for row in rows if row.change == kind]
            )
            scores = scores_of(chosen, among)
            cells = [
                f"{score.error.value:.3f} ({score.error.low:.3f} to {score.error.high:.3f})"
                for score in (scores.model, scores.no_effect, scores.guess)
            ]
            ranks = [f"{score.rank.value:+.2f}" for score in (scores.model, scores.guess)]
            signs = f"{scores.model.right} of {scores.model.n_signed}, {scores.guess.right}"
            n = f"{scores.n_rows}, {scores.n_studies}"
            lines.append([site, kind, n, *cells, *ranks, signs])
    titles = [
        "site",
        "rows",
        "n, studies",
        "error",
        "no effect",
        "guess",
        "rank",
        "guess",
        "sign right, guess",
    ]
    print(*table_of(titles, lines), sep="\n")
    return 0


def main(what: str, *numbers: str) -> int:
    usual = {"study": 120, "trials": 20}.get(what, 10)
    years, seeds = [*map(int, numbers), *(usual, 8)[len(numbers) :]]
    if what in ("study", "trials"):
        return (say_study if what == "study" else say_trials)(years)
    kinds = ("response",) if what == "responses" else (*FITTED_TO, "predicted")
    return int(say_rows(kinds, years, seeds) > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
