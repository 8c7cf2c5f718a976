"""What the model has been worth on past trials: it writes `simulation/report/past_trials.yaml`, and checks it.

    python tests/long/past_trials.py table [ensemble=NAME] [OVERRIDE ...] [--kept FOLDER] [--into FILE]
    python tests/long/past_trials.py fit|check [--into FILE]     the fit again, from the file's rows; the check alone

`table` runs `study=known_effects` and writes a row for each published effect that is no load: study, kind of change,
class of outcome, published effect and modelled effect, both with their standard errors, as logarithms of ratios (odds
of shares), above 0 for a benefit. Without `ensemble=` it runs the four single departments of the causes, 20
replications each, which weigh alike. Replications are kept in FOLDER as they end, so the same command resumes it. What
the fit gives for each kind stands in the same file. It says its processor time.

    published = slope * modelled + spread * abs(modelled) * z + the published effect's own error,   z standard normal

A kind of change has a slope and a spread; both are drawn towards those of all kinds (a hierarchy on a grid: slopes
normal, spreads log-normal over kinds), the more so the fewer studies a kind has. Because the spread is proportional to
the modelled effect, an effect of none stays none. Studies weigh alike, however many rows they have (a composite
likelihood: a row counts 1 / n of its study). An interval goes no further than any published effect went, along the
modelled one's sign or against it (`farthest`). Intervals cover 90 %.

`check` holds the table against what was asked before anything was tuned: each study left out in turn, the interval 'on
past trials' of 90 % holds the effects of at least 90 % of studies less what chance allows (of 31 at least 25), and its
mean interval score stands beside that of other studies' effects alone and of no effect. Exit code 1: it holds fewer.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr
from scipy.stats import binom, norm, t

from simulation.api import Result
from simulation.assurance.known_effects import EFFECTS, LOAD, STUDY, outcome_class
from simulation.assurance.targets import PublishedFigure, targets_named
from simulation.assurance.trial_score import MOST_ERROR, log_ratio
from simulation.config import load, packaged_configs
from simulation.measures.definitions import definitions
from simulation.records.schema import Floats
from simulation.records.serialise import read_yaml
from simulation.resumable import _completed
from simulation.runs.provenance import about, identity_of
from simulation.runs.running import no_progress
from simulation.runs.stored_run import UnfinishedRun
from simulation.study.explanation import Explained

SITES = ("typical", "typical_places", "typical_pace", "typical_mixture")
Z, Z_90 = 1.959964, 1.644854
LEAST_LEFT = 0.02
"""The share of a level that is left at least where a published bound takes all of it."""
SOURCE = ("configs/targets/known_effects.yaml, run over",)
MOST = round(MOST_ERROR, 4) + 1e-9
OTHER = '""'
FEW = 3
"""Studies on a class of outcome, below which all classes make the guess."""
INTO = packaged_configs().parent / "simulation/report/past_trials.yaml"


COVERED = 0.9
"""What intervals on past trials cover."""
SLOPES = np.linspace(-1.0, 2.5, 71)
SPREADS = np.geomspace(0.05, 4.0, 24)
MIDDLES = np.linspace(-0.5, 1.5, 21)
APARTS = np.array([0.1, 0.2, 0.4, 0.8])
SIZES = np.geomspace(0.1, 3.0, 15)
SIZES_APART = np.array([0.2, 0.4, 0.8])


class PastRow(NamedTuple):
    """A published effect beside the modelled one.

    study, kind, outcome: whose it is, its kind of change and class of outcome; level_from: whose level makes it a ratio
    (`trial`, `model`, or none is needed); published, modelled: logarithms of ratios, above 0 for a benefit, each with
    its standard error.
    """

    row: str
    study: str
    kind: str
    outcome: str
    level_from: str
    published: float
    published_se: float
    modelled: float
    modelled_se: float


class Bounds(NamedTuple):
    """An interval and its middle."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class PastTrials:
    """The fit to some rows."""

    rows: tuple[PastRow, ...]

    @cached_property
    def weights(self) -> dict[str, float]:
        """What a row of each study counts."""
        return {study: 1 / n for study, n in Counter(row.study for row in self.rows).items()}

    def n_studies(self, kind: str = "") -> int:
        """How many studies there are of a kind, or in all."""
        return len({row.study for row in self.rows if row.kind == kind or not kind})

    @cached_property
    def farthest(self) -> tuple[float, float]:
        """How far any published effect went against the sign of the modelled one (below 0), and along it."""
        along = [float(row.published * np.sign(row.modelled)) for row in self.rows]
        return min(0.0, *along), max(0.0, *along)

    @cached_property
    def _posteriors(self) -> dict[str, Floats]:
        """By kind, and for '' a new one, the weight of each slope and spread, shape (n_slopes, n_spreads)."""
        slopes = _rows_sum_1(
            norm.pdf(SLOPES, MIDDLES[:, None, None], APARTS[:, None]).reshape(-1, len(SLOPES))
        )
        logs = np.log(SPREADS)
        spreads = _rows_sum_1(
            norm.pdf(logs, np.log(SIZES)[:, None, None], SIZES_APART[:, None]).reshape(
                -1, len(logs)
            )
        )
        likelihoods = {
            kind: self._likelihood(kind) for kind in dict.fromkeys(row.kind for row in self.rows)
        }
        marginals = {kind: slopes @ like @ spreads.T for kind, like in likelihoods.items()}
        total = sum((np.log(each) for each in marginals.values()), np.zeros(()))
        hyper = np.exp(total - np.max(total)) * np.ones((len(slopes), len(spreads)))
        hyper /= hyper.sum()
        found = {
            kind: like * (slopes.T @ (hyper / marginals[kind]) @ spreads)
            for kind, like in likelihoods.items()
        }
        return found | {"": slopes.T @ hyper @ spreads}

    def _likelihood(self, kind: str) -> Floats:
        """The likelihood of each slope and spread on the rows of a kind, its largest 1."""
        total = np.zeros((len(SLOPES), len(SPREADS)))
        for row in self.rows:
            if row.kind == kind:
                middle, scale = _scales(row.modelled, row.modelled_se, row.published_se)
                logs = -0.5 * ((row.published - middle) / scale) ** 2 - np.log(scale)
                total += self.weights[row.study] * logs
        return np.asarray(np.exp(total - total.max()))

    def bounds(
        self, kind: str, modelled: float = 1.0, modelled_se: float = 0.0, published_se: float = 0.0
    ) -> Bounds:
        """The interval for a further study of a kind of change (of a new kind, if it has none)."""
        if not any((modelled, modelled_se, published_se)):
            return Bounds(0.0, 0.0, 0.0)
        weights = self._posteriors.get(kind, self._posteriors[""])
        middle, scale = _scales(modelled, modelled_se, published_se)
        ends = []
        for share in ((1 - COVERED) / 2, 0.5, (1 + COVERED) / 2):
            low, high = -50.0, 50.0
            for _ in range(50):
                at = (low + high) / 2
                below = float((weights * ndtr((at - middle) / scale)).sum() / weights.sum())
                low, high = (at, high) if below < share else (low, at)
            ends.append((low + high) / 2)
        return Bounds(*ends)


def _scales(modelled: float, modelled_se: float, published_se: float) -> tuple[Floats, Floats]:
    """The middle and the scale of a published effect for each slope and spread."""
    middle = SLOPES[:, None] * modelled
    squares = (SPREADS * modelled) ** 2 + (SLOPES[:, None] * modelled_se) ** 2 + published_se**2
    return middle, np.sqrt(squares)


def _rows_sum_1(values: Floats) -> Floats:
    return np.asarray(values / values.sum(axis=1, keepdims=True))


def run_kept(words: Sequence[str], kept: Path) -> Result:
    """A study, its replications kept as they end, without a report."""
    study = load(f"study={STUDY}", "executor=serial", *words)
    unfinished = UnfinishedRun(
        kept / STUDY, identity_of(study), about=about(study), part_of=study.run.part_name
    )
    with unfinished:
        runner, _ = _completed(study, unfinished, say=print, done=no_progress)
    return Result(runner.study, runner.results, Explained(runner.study))


def effects_of(target: PublishedFigure, results: Sequence[Result]) -> tuple[float, float, float]:
    """The level before, the modelled effect as a logarithm of a ratio, and its standard error, which a jackknife over
    departments gives, or over replications of single ones."""
    befores, afters, groups = [], [], []
    for number, result in enumerate(results):
        after, before = (
            result.values(arm, target.measure, target.group)
            for arm in (target.change, target.against or result.design.baseline)
        )
        department = result.department_of
        each = np.arange(len(before)) if department is None else np.asarray(department)
        befores.append(before)
        afters.append(after)
        groups.append(number * 10_000 + each)
    before, after, group = map(np.concatenate, (befores, afters, groups))
    numbers = np.unique(group)
    without = [modelled(target, before[group != one], after[group != one]) for one in numbers]
    n, spread = len(numbers), float(np.var(without))
    return float(np.mean(before)), modelled(target, before, after), float(np.sqrt((n - 1) * spread))


def is_lower_better(target: PublishedFigure) -> bool:
    """Whether a fall of the measure is a benefit."""
    known = definitions().get(target.measure)
    return known is None or known.better != "higher"


def modelled(target: PublishedFigure, before: Floats, after: Floats) -> float:
    """The modelled effect of means before and after."""
    return log_ratio(
        float(np.mean(before)),
        float(np.mean(after)),
        is_share=target.unit == "share",
        lower_is_better=is_lower_better(target),
    )


def published(target: PublishedFigure, level: float) -> tuple[float, float]:
    """The published effect as a logarithm of a ratio, and its standard error, over a level."""
    ends = [target.value, target.low, target.high]
    logs = []
    for end in ends:
        assert end is not None
        if target.scale == "odds_ratio" or (target.scale == "ratio" and target.unit != "share"):
            logs.append(float(np.log(end)))
            continue
        after = level * end if target.scale == "ratio" else level + end
        after = max(after, LEAST_LEFT * level)
        if target.unit == "share":
            after = min(after, 1 - LEAST_LEFT * (1 - level))
        logs.append(log_ratio(level, after, is_share=target.unit == "share", lower_is_better=False))
    value, low, high = logs
    sign = -1.0 if is_lower_better(target) else 1.0
    capped = float(np.clip(sign * value, -MOST_ERROR, MOST_ERROR))
    return capped, (high - low) / (2 * Z)


def name_of(target: PublishedFigure, known: dict[str, str]) -> str:
    """The study of a row, named by the source of its first row."""
    assert target.trial is not None
    key = target.trial.did + target.trial.design
    return known.setdefault(key, target.source.split(" (")[0].split(",")[0].strip())


def past_rows(path: Path = INTO) -> list[PastRow]:
    """The rows of a file."""
    return [PastRow(*row) for row in read_yaml(path)["rows"]]


def table_of(results: Sequence[Result]) -> list[PastRow]:
    """The rows of the table."""
    rows, known = [], dict[str, str]()
    for target in targets_named(EFFECTS, [packaged_configs()]):
        name = name_of(target, known)
        if target.kind_of_change == LOAD:
            continue
        before, effect, error = effects_of(target, results)
        needs_none = (
            target.value == 0
            or target.scale == "odds_ratio"
            or (target.scale == "ratio" and target.unit != "share")
        )
        origin = "trial" if target.level else "none needed" if needs_none else "model"
        value, its_error = published(target, target.level or before)
        numbers = (round(number, 4) for number in (value, its_error, effect, error))
        kind, outcome = str(target.kind_of_change), outcome_class(target.measure)
        rows.append(PastRow(target.name, name, kind, outcome, origin, *numbers))
    return rows


def content(rows: Sequence[PastRow], source: str) -> str:
    """The file: what the fit gives for each kind of change, and for one that no trial has, then the rows."""
    fit = PastTrials(tuple(rows))
    lines = [
        "# Made by tests/long/past_trials.py, which says what it means",
        "kinds:",
    ]
    for kind in (*sorted({row.kind for row in rows}), ""):
        low, middle, high = (f"{end:.2f}" for end in fit.bounds(kind))
        n = fit.n_studies(kind)
        lines.append(
            f"  {kind or OTHER}: {{n_studies: {n}, low: {low}, middle: {middle}, high: {high}}}"
        )
    against, along = fit.farthest
    lines.append(f"farthest: [{against:.3f}, {along:.3f}]")
    lines += [f"source: {json.dumps(source, ensure_ascii=False)}", "rows:"]
    lines += [f"  - {json.dumps(row, ensure_ascii=False)}" for row in rows]
    return "\n".join(lines) + "\n"


def interval_score(bounds: Bounds, value: float) -> float:
    """The width of a 90 % interval, and 2 / alpha for what lies beyond it."""
    beyond = max(bounds.low - value, 0.0) + max(value - bounds.high, 0.0)
    return bounds.high - bounds.low + 2 / (1 - COVERED) * beyond


def other_studies(rows: Sequence[PastRow], row: PastRow, *, centred: bool = False) -> Bounds:
    """What other studies' effects alone give for a row: their mean and spread on its class of outcome, of all classes
    where fewer than three other studies have it; `centred`: about no effect."""
    others = [other for other in rows if other.study != row.study]
    alike = [other for other in others if other.outcome == row.outcome]
    if len({other.study for other in alike}) < FEW:
        alike = others
    by_study: dict[str, list[float]] = {}
    for other in alike:
        by_study.setdefault(other.study, []).append(other.published)
    means = np.array([np.mean(values) for values in by_study.values()])
    n, middle = len(means), 0.0 if centred else float(means.mean())
    spread = np.sqrt((means**2).mean() if centred else means.var(ddof=1) * (1 + 1 / n))
    half = float(t.ppf((1 + COVERED) / 2, n if centred else n - 1) * spread)
    return Bounds(middle - half, middle, middle + half)


class Check(NamedTuple):
    """What intervals from the other studies hold of each study's effects, studies weighing alike.

    held: how many studies' effects, a study with several rows by the share of them; score: the mean interval score.
    """

    n_studies: int
    held: float
    score: float
    missed: tuple[tuple[PastRow, Bounds], ...]

    @property
    def enough(self) -> bool:
        """Whether it holds 90 % of studies' effects less what chance allows: the 5 % point of a binomial (25 of 31)."""
        return self.held >= binom.ppf(0.05, self.n_studies, COVERED)


Maker = Callable[[Sequence[PastRow], PastRow], Bounds]


def on_past_trials(others: Sequence[PastRow], row: PastRow) -> Bounds:
    """The interval of a row from the rows of other studies."""
    fit, effects = fitted(tuple(others)), (row.modelled, row.modelled_se, row.published_se)
    error = Z_90 * row.published_se
    against, along = fit.farthest
    ends = (against, along) if row.modelled > 0 else (-along, -against)
    return Bounds(
        *np.clip(fit.bounds(row.kind, *effects), ends[0] - error, ends[1] + error).tolist()
    )


@lru_cache(maxsize=64)
def fitted(rows: tuple[PastRow, ...]) -> PastTrials:
    """The fit to some rows."""
    return PastTrials(rows)


def check_of(rows: Sequence[PastRow], maker: Maker = on_past_trials) -> Check:
    """Each study left out in turn. Intervals end at a ratio of four, as published effects and errors do."""
    weights, held, score, missed = Counter(row.study for row in rows), 0.0, 0.0, []
    for row in rows:
        made = maker([other for other in rows if other.study != row.study], row)
        bounds = Bounds(*np.clip(made, -MOST, MOST).tolist())
        inside = bounds.low <= row.published <= bounds.high
        held += inside / weights[row.study]
        score += interval_score(bounds, row.published) / weights[row.study]
        if not inside:
            missed.append((row, bounds))
    return Check(len(weights), held, score / len(weights), tuple(missed))


def say_check(rows: Sequence[PastRow]) -> int:
    """Print what left-out intervals hold, and scores beside those of guesses; 1 if they hold less than asked."""
    fit = PastTrials(tuple(rows))
    lines = [
        (
            kind or "none of these",
            f"{fit.n_studies(kind)}",
            "{1:.2f} ({0:.2f} to {2:.2f})".format(*fit.bounds(kind)),
        )
        for kind in (*sorted({row.kind for row in rows}), "")
    ]
    print(
        *table_lines(
            ("kind", "studies", "published of modelled, a further study: middle, 90 %"), lines
        ),
        sep="\n",
    )
    sized = [row for row in rows if row.level_from != "model"]
    lines = []
    for words, some in (("all", rows), ("levels of the trials alone", sized)):
        for name, maker in (
            ("on past trials", on_past_trials),
            ("other studies' effects", other_studies),
            ("no effect, other studies' spread", partial(other_studies, centred=True)),
        ):
            found = check_of(some, maker)
            n = len(some)
            lines.append(
                (words, f"{n}, {found.n_studies}", name, f"{found.held:.1f}", f"{found.score:.3f}")
            )
    print(
        *table_lines(
            ("rows", "n, studies", "interval", "studies held", "mean interval score"), lines
        ),
        sep="\n",
    )
    found = check_of(rows)
    for row, bounds in found.missed:
        ends = f"{bounds.low:+.3f} to {bounds.high:+.3f}"
        print(
            f"missed: {row.study}, {row.row} ({row.kind}): published {row.published:+.3f}, "
            f"modelled {row.modelled:+.3f}, {ends}"
        )
    return int(not found.enough)


def table_lines(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table as Markdown."""
    return [f"| {' | '.join(cells)} |" for cells in (titles, ["---"] * len(titles), *rows)]


def main(words: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("what", choices=("table", "check", "fit"))
    asked.add_argument("overrides", nargs="*")
    asked.add_argument("--kept", type=Path, default=Path("results/past_trials"))
    asked.add_argument("--into", type=Path, default=INTO)
    given = asked.parse_args(words)
    began = time.process_time()
    if given.what != "table":
        rows = past_rows(given.into)
        if given.what == "fit":
            source = read_yaml(given.into)["source"]
            given.into.write_text(content(rows, source), encoding="utf-8", newline="\n")
        return say_check(rows)
    if any(word.startswith("ensemble=") for word in given.overrides):
        results = [run_kept(given.overrides, given.kept)]
    else:
        single = ("ensemble=none", "run.replications=20", *given.overrides)
        results = [run_kept((f"site={site}", *single), given.kept) for site in SITES]
    source = " ".join(
        (
            *SOURCE,
            *given.overrides,
            f"{sum(len(each.replications) for each in results)} replications",
        )
    )
    rows = table_of(results)
    given.into.write_text(content(rows, source), encoding="utf-8", newline="\n")
    print(f"{time.process_time() - began:.0f} s of processor time")
    return say_check(rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
