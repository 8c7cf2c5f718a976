"""`aeflow ensemble`: builds departments that fit, writes configs/ensembles/NAME.yaml, and describes them.

What departments that fit say: how far targets identify parameters, which are tied, which targets conflict, and what
holds in further years on fresh seeds.
"""

import math
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simulation import __version__
from simulation.assurance.fitting.build import Builder, Fit, Site, Year, YearsFile, simulate_years
from simulation.assurance.fitting.emulator import in_threads, must_be_installed
from simulation.assurance.lines import text_of
from simulation.assurance.targets import (
    BUSY,
    ENGLAND,
    PublishedFigure,
    Say,
    checked_targets,
    chosen_targets,
    known_measures,
    targets_named,
    with_defaults,
)
from simulation.config import search_folders
from simulation.config.composing import Composed, stated_in
from simulation.config.ensembles import Ensemble, Priors, ensemble_named, priors_named
from simulation.config.files import Folders, is_name_of_file, names_in
from simulation.config.studies import study_from
from simulation.config.totals import apportioned
from simulation.config.writing import ensemble_text
from simulation.display.drawing import (
    BLUE,
    DARK,
    GREY,
    PALE,
    WORSE,
    Picture,
    figure_of,
    panel_title,
    png_of,
)
from simulation.errors import Faults, nearest, refuse
from simulation.records.schema import Floats
from simulation.records.serialise import csv_text, digest, to_exact
from simulation.runs.atomic import write_file, write_to
from simulation.runs.provenance import identity_of, source_digest
from simulation.study.design import Built, Member
from simulation.study.study import Study

LEAST_IDENTIFIED = 0.2
"""Contraction below which a parameter counts as not identified."""
MOST_AT_END = 0.2
"""Share of departments in the first or the last bin above which a parameter counts as at an end of its range."""
BINS, POINT = np.linspace(0, 1, 11), 1e-9
LEAST_TIED = 0.4
"""Correlation above which two parameters count as tied."""
N_POINTS = 4000
"""The number of departments of the priors over which pairs of targets are compared."""
MOST_TOGETHER = 0.8
"""Two targets conflict if they are met together less often than this share of what chance gives."""
PERCENTILES = 5, 50, 95
CONFIRM_FROM, CONFIRM_MOST = 1_000_000, 100
"""The first number of a year on a fresh seed, beyond those of every build, and the most such years of a department."""


@dataclass(frozen=True)
class SpreadOfParameter:
    """A parameter, or a figure that was not fitted: 5th, 50th and 95th percentile over the departments that fit."""

    name: str
    low: float
    middle: float
    high: float

    @property
    def values(self) -> str:
        """The three percentiles as columns of a table."""
        return f"{self.low:>9.4g} {self.middle:>9.4g} {self.high:>9.4g}"


@dataclass(frozen=True)
class Identified(SpreadOfParameter):
    """A parameter, its contraction from the priors, and its shares in ten bins of equal prior probability."""

    contraction: float
    shares: tuple[float, ...]

    @property
    def is_identified(self) -> bool:
        """Whether the targets identify the parameter by itself."""
        return self.contraction >= LEAST_IDENTIFIED

    @property
    def is_at_an_end(self) -> bool:
        """Whether so many departments are at an end of its range that it may have to be wider."""
        return max(self.shares[0], self.shares[-1]) > MOST_AT_END


class ConflictingTargets(NamedTuple):
    """Two targets that are seldom met together.

    `share` of the departments of the priors meet the second on average, and `share_with_first` of those that meet the
    first.
    """

    first: str
    second: str
    share: float
    share_with_first: float

    @property
    def ratio(self) -> float:
        """How often they are met together, of how often chance gives it."""
        return self.share_with_first / self.share


def contractions(fit: Fit) -> tuple[Identified, ...]:
    """Every parameter, the best identified first.

    Contraction is 1 less the standard deviation among departments that fit over that in the priors.
    """
    narrower = 1 - fit.points.std(axis=0, ddof=1) / fit.space.spread
    values = np.array([year.member.values for year in fit.accepted], dtype=float)
    half = (
        np.maximum(fit.space.whole, POINT) / 2
    )  # a whole number is spread over its part of the cube
    middles = np.clip(fit.points, half, 1 - half)
    below = np.array(
        [np.clip((edge - middles + half) / (2 * half), 0, 1).mean(axis=0) for edge in BINS]
    )
    parameters = [
        Identified(name, *_percentiles(column), float(contraction), tuple(shares))
        for name, column, contraction, shares in zip(
            fit.space.parameters,
            values.T,
            narrower,
            np.diff(below, axis=0).T.round(4).tolist(),
            strict=True,
        )
    ]
    return tuple(sorted(parameters, key=lambda parameter: -parameter.contraction))


def structure_shares(fit: Fit) -> tuple[tuple[str, float, float], ...]:
    """The label of each structure, its share of the prior weights, and that of the departments that fit."""
    accepted = Counter(year.member.structure for year in fit.accepted)
    return tuple(
        (structure.label, float(prior), accepted[name] / accepted.total())
        for (name, structure), prior in zip(
            fit.space.structures.items(), np.diff(fit.space.edges), strict=True
        )
    )


def _percentiles(values: Floats) -> tuple[float, float, float]:
    low, middle, high = np.percentile(values, PERCENTILES).tolist()
    return low, middle, high


def ties(fit: Fit) -> tuple[tuple[str, str, float], ...]:
    """The pairs of parameters that the figures tie to one another, with their correlation, the strongest first."""
    columns = dict(zip(fit.space.parameters, fit.points.T, strict=True))
    moving = {name: column for name, column in columns.items() if column.std() > 0}
    pairs = (
        (one, other, float(np.corrcoef(moving[one], moving[other])[0, 1]))
        for one, other in combinations(moving, 2)
    )
    tied = [pair for pair in pairs if abs(pair[2]) >= LEAST_TIED]
    return tuple(sorted(tied, key=lambda pair: -abs(pair[2])))


def conflicting_targets(fit: Fit) -> tuple[ConflictingTargets, ...]:
    """The pairs of targets that are met together less often than chance gives, over the priors, the strongest first.

    They are judged by what the emulator expects: simulated years meet targets together because the search chose them.
    """
    points = np.random.default_rng(0).random((N_POINTS, fit.space.n_dims))
    met = np.array(in_threads(lambda row: row.at(points).inside, fit.emulator.rows))
    names = [row.target.name for row in fit.emulator.rows]
    pairs = (
        ConflictingTargets(first, second, float(met[j].mean()), float(met[j, met[i]].mean()))
        for (i, first), (j, second) in combinations(enumerate(names), 2)
        if met[i].any() and met[j].any()
    )
    conflicting = [pair for pair in pairs if pair.ratio < MOST_TOGETHER]
    return tuple(sorted(conflicting, key=attrgetter("ratio")))


def spreads(fit: Fit) -> tuple[SpreadOfParameter, ...]:
    """The figures that were not fitted, over the departments that fit."""
    columns = {
        name: np.array([year.beside[name] for year in fit.accepted])
        for name in fit.accepted[0].beside
    }
    return tuple(
        SpreadOfParameter(name, *_percentiles(values[np.isfinite(values)]))
        for name, values in columns.items()
    )


class Confirmed(NamedTuple):
    """The share of departments that meet a row: on fresh seeds, in their own year, and as the emulator expects."""

    name: str
    fresh: float
    own: float
    expected: float


class Confirmation(NamedTuple):
    """Departments simulated again on fresh seeds.

    `all_judged` is the share that meets all rows as they are judged, `all_fresh` that in the fresh years alone.
    """

    n_departments: int
    n_years: int
    rows: tuple[Confirmed, ...]
    all_judged: float
    all_fresh: float


def fresh_years(
    site: Site, file: YearsFile, departments: Sequence[Year], n_years: int
) -> list[list[Year]]:
    """`n_years` further years of each department, kept in the file like all others."""
    first = {CONFIRM_FROM + CONFIRM_MOST * year.number: year.member for year in departments}
    wanted = {number + k: values for number, values in first.items() for k in range(n_years)}
    missing = {number: values for number, values in wanted.items() if number not in file.years}
    for year in simulate_years(site, missing):
        file.add(year)
    return [[file.years[number + k] for k in range(n_years)] for number in first]


def confirm_fit(
    fit: Fit, departments: Sequence[Year], fresh: Sequence[Sequence[Year]]
) -> Confirmation:
    """The shares of departments whose mean over fresh years meets each row, as `aeflow validate` judges."""
    points = fit.space.points([year.member for year in departments])
    rows, judged, all_fresh = [], np.ones(len(points), bool), np.ones(len(points), bool)
    for emulated in fit.emulator.rows:
        target = emulated.target
        values = ([year.rows[target.name] for year in years] for years in (departments, *fresh))
        of_own, *of_fresh = values
        again, own = (
            np.array([bool(target.allows(value)) for value in values])
            for values in (np.mean(of_fresh, axis=1), of_own)
        )
        expected = emulated.at(points).inside
        judged &= expected if target.measure in fit.emulator.judged_by_mean else again
        all_fresh &= again
        rows.append(
            Confirmed(target.name, float(again.mean()), float(own.mean()), float(expected.mean()))
        )
    n_years = len(fresh[0])
    return Confirmation(
        len(points), n_years, tuple(rows), float(judged.mean()), float(all_fresh.mean())
    )


HOW_IT_IS_RUN = ("run", "engine", "executor", "workers", "cluster", "results")
OF_FILES = ("site", "staffing", "pathway", "calibration", "study")
"""The overrides that it takes: how years are simulated, and the files that state the site."""


def ensemble(
    overrides: Sequence[str],
    *,
    departments: int,
    confirm: int = 0,
    confirm_departments: int = 40,
    targets: str | None = None,
    priors: str | None = None,
    name: str | None = None,
    config_dir: str | None = None,
    say: Say,
    then: Callable[[Mapping[str, Fit]], None] = lambda fits: None,
) -> Path:
    """Build an ensemble of so many departments, or go on building it; returns the file written.

    `confirm`: fresh years for each of `confirm_departments` of them; `targets`, `priors` and `name`: names of files;
    `then`: called with the finished builds, by cause.
    Raises ConfigError and ResultsError.
    """
    must_be_installed()
    began = time.perf_counter()
    folders = search_folders(config_dir)
    composed = stated_in(overrides_of_site(overrides), folders)
    name = name or composed.choices.get("site", "none").rpartition("/")[2]
    if not is_name_of_file(name) or "/" in name or name == "none":
        refuse("name", f"'{name}' is no name of a file", "Say name=NAME")
    # The ensemble's own priors, or else the typical site's, whose ranges are factors.
    usual = name if name in names_in("priors", folders) else "typical"
    ranges = priors_named(priors or usual, folders)
    chosen = chosen_targets(targets, composed.choices, folders, say)
    figures = targets_named(chosen, folders)
    study = study_from(composed, folders)
    _must_be_fitted(figures, chosen)
    _must_be_known(ranges, study)
    figures = checked_targets(figures, chosen, study)
    path = Path(config_dir or "configs") / "ensembles" / f"{name}.yaml"
    met = "the published figures" if chosen == ENGLAND else f"the figures in targets/{chosen}.yaml"
    of_causes = Causes(composed, overrides_of_site(overrides), folders, ranges, figures)
    fits, pictures = {}, []
    for cause, n in of_causes.shares(departments).items():
        site = of_causes.site(cause)
        site.check_edges()
        key = digest([identity_of(site.study).key, to_exact(figures), to_exact(ranges)])[:SHOWN]
        folder = Path(str(composed.raw["results"])) / "ensembles" / f"{name}-{key}"
        say(
            f"aeflow ensemble: {n} departments of site '{of_causes.site_of(cause)}' within priors/{ranges.name}.yaml "
            f"that meet {len(site.fitted)} rows of targets/{chosen}.yaml.\n"
            f"Years are kept in {folder}; the same command resumes the build."
        )
        fits[cause] = _built(site, ranges, folder, n, (confirm, confirm_departments), say)
        pictures.append(f"{folder}/identified.png, parameters.png")
    from_files = {
        "targets": _with_hash(chosen, figures),
        "priors": _with_hash(ranges.name, ranges),
    }
    made = ensemble_of(fits, name, composed, met, from_files, ranges)
    write(path, made, met)
    then(fits)
    minutes = (time.perf_counter() - began) / 60
    n_made = len(made.departments)
    say(f"\n{path}: {n_made} departments. Pictures: {'; '.join(pictures)}. {minutes:.1f} minutes.")
    return path


@dataclass(frozen=True)
class Causes:
    """What the departments of each cause of waiting are made of; of one without a name where priors state none."""

    composed: Composed
    overrides: Sequence[str]
    folders: Folders
    priors: Priors
    targets: Sequence[PublishedFigure]

    def shares(self, n: int) -> dict[str, int]:
        """How many of n departments are of each cause, by weight."""
        if not self.priors.causes:
            return {"": n}
        weights = [cause.weight for cause in self.priors.causes.values()]
        exact = [n * weight / sum(weights) for weight in weights]
        return dict(zip(self.priors.causes, apportioned(exact, n), strict=True))

    def site_of(self, cause: str) -> str:
        """The site whose numbers its departments multiply."""
        return self.priors.causes[cause].site if cause else self.composed.choices["site"]

    def site(self, cause: str) -> Site:
        """The site of a cause, with its priors."""
        composed = self.composed
        if cause:
            of_site = [word for word in self.overrides if word.partition("=")[0] not in OF_FILES]
            composed = stated_in([*of_site, f"site={self.site_of(cause)}"], self.folders)
        return Site(composed, self.folders, self.priors, self.targets, cause)


def _built(
    site: Site, priors: Priors, folder: Path, n: int, confirm: tuple[int, int], say: Say
) -> Fit:
    """n departments that fit, with what they say in words and in pictures; `confirm`: so many fresh years each of so
    many departments."""
    with YearsFile(folder / "years.jsonl") as file:
        builder = Builder(site, priors.judged_by_mean, file, site.study.run.seed, say)
        fit = builder.build(n)
        for year in fit.accepted:
            site.pathway(year.member, checked=True)
        parameters = contractions(fit)
        say(
            text_of(
                "fit", fit=fit, parameters=parameters, spreads=spreads(fit), structures=structure_shares(fit),
                ties=ties(fit)[:MOST_PAIRS], conflicts=conflicting_targets(fit)[:MOST_PAIRS],
                least=LEAST_IDENTIFIED, most=MOST_AT_END,
            )
        )  # fmt: skip
        for picture in (identified(fit), histograms(fit)):
            write_file(folder / f"{picture.name}.png", picture.png)
        rows = [(parameter.name, *parameter.shares) for parameter in parameters]
        write_file(folder / "parameters.csv", csv_text(("parameter", *SHARES), rows))
        n_years, n_departments = confirm
        if n_years:
            some = fit.accepted[:n_departments]
            fresh = fresh_years(site, file, some, n_years)
            say(text_of("confirmation", fresh=confirm_fit(fit, some, fresh)))
    return fit


def overrides_of_site(words: Sequence[str]) -> tuple[str, ...]:
    """The overrides of a site's years, without an ensemble, the run of a validation unless they choose one.

    Raises ConfigError for one that is not of a site."""
    faults = Faults()
    for word in words:
        key = word.partition("=")[0]
        if key.lstrip("+").split(".")[0] not in HOW_IT_IS_RUN and key not in OF_FILES:
            remedy = (
                "Write it into the site's files: an ensemble is of a site"
                if "." in key
                else nearest(key, (*HOW_IT_IS_RUN, *OF_FILES))
            )
            faults.add(word, "is not for this command", remedy)
    faults.refuse()
    return tuple(with_defaults(words, "run=validation", "ensemble=none"))


def _must_be_fitted(targets: Sequence[PublishedFigure], name: str) -> None:
    """Raise ConfigError unless there are rows to fit to, each with one number a year."""
    where = f"targets/{name}.yaml"
    fitted = [target for target in targets if target.kind == "calibrated"]
    if not fitted:
        refuse(where, "has no row of kind calibrated", "Say which rows a department has to meet")
    faults, found = Faults(), f"'{BUSY}' is a row for each pool, which cannot be fitted to"
    for target in fitted:
        if target.measure == BUSY:
            faults.add(f"{where}, {target.name}", found, "Predict it")
    faults.refuse()


def _must_be_known(priors: Priors, study: Study) -> None:
    """Raise ConfigError for unknown measures in `judged_by_mean`.

    A known one that no row is about is allowed: priors serve several files of targets.
    """
    known, faults = known_measures(study), Faults()
    for name in priors.judged_by_mean:
        faults.known(f"priors/{priors.name}.yaml.judged_by_mean", name, known, what="measure")
    faults.refuse()


MOST_PAIRS = 6
"""Ties and pairs of targets that are printed."""


SHOWN = 12
"""Characters of a hash that are shown."""
WIDTH = 118
"""Characters of a line of the heading."""


def _with_hash(name: str, content: object) -> str:
    return f"{name} {digest(to_exact(content))[:SHOWN]}"


def ensemble_of(
    fits: Mapping[str, Fit],
    name: str,
    composed: Composed,
    met: str,
    from_files: Mapping[str, str],
    priors: Priors,
) -> Ensemble:
    """The ensemble of the fits of all causes, as its file states it.

    `met`: what it meets, in words; `from_files`: the names of the `targets` and the `priors`, with their hashes.
    """
    groups = ("site", "staffing", "pathway", "calibration")
    chosen = {group: composed.choices.get(group, "none") for group in groups}
    like = "" if priors.causes else f" like '{chosen['site']}'"
    first = next(iter(fits.values()))
    placed = [
        ((place + 0.5) / len(fit.accepted), year.member)
        for fit in fits.values()
        for place, year in enumerate(fit.accepted)
    ]
    placed.sort(key=itemgetter(0))
    return Ensemble(
        name=name,
        question=f"What holds in every department{like} that meets {met}?",
        built=Built(
            **chosen,
            **from_files,
            program=f"{__version__} {source_digest()[:SHOWN]}",
            simulated_years=sum(len(fit.years) for fit in fits.values()),
            accepted=sum(fit.n_fit for fit in fits.values()),
        ),
        parameters=first.space.parameters,
        departments=tuple(
            member if first.space.structures else member.values for _, member in placed
        ),
        structures=first.space.structures,
        causes=priors.causes,
    )


def write(path: Path, built: Ensemble, words: str) -> None:
    """Write an ensemble, and check that it can be read; `words` say what it meets.

    Raises ResultsError if the file cannot be written.
    """
    heading = textwrap.fill(
        f"{len(built.departments)} departments that meet {words}, each as good a guess as the others: the "
        "site with these changes. They are in random order, several causes of waiting mixed evenly among one another, "
        "so the first of them, however many, are a fair sample. "
        "Written by `aeflow ensemble`; not to be edited by hand, but for `limitation`.",
        WIDTH,
    )
    rounded = replace(
        built,
        departments=tuple(
            replace(stated, values=_rounded(stated.values))
            if isinstance(stated, Member)
            else _rounded(stated)
            for stated in built.departments
        ),
    )
    write_to(path, ensemble_text(rounded, heading), "Name another folder")
    ensemble_named(built.name, search_folders(str(path.parent.parent)))


def _rounded(values: Sequence[float]) -> tuple[float, ...]:
    """Values as the file states them: of six digits, whole ones without a point."""
    shown = [float(f"{value:g}") for value in values]
    return tuple(int(value) if value.is_integer() else value for value in shown)


SHARES = tuple(f"share_in_tenth_{number}" for number in range(1, 11))
ACROSS = 4


def histograms(fit: Fit) -> Picture:
    """The picture of every parameter's histogram, in ten bins of equal prior probability."""
    parameters = contractions(fit)
    n_down = math.ceil(len(parameters) / ACROSS)
    with figure_of(9, 0.5 + 1.3 * n_down, n_down, ACROSS, sharey=True) as (figure, axes):
        for ax in axes[len(parameters) :]:
            ax.set_visible(False)
        for ax, parameter in zip(axes, parameters, strict=False):
            colours = [
                WORSE if share > MOST_AT_END and place in (0, 9) else BLUE
                for place, share in enumerate(parameter.shares)
            ]
            ax.bar(range(10), parameter.shares, width=0.9, color=colours)
            ax.axhline(0.1, color=DARK, linewidth=0.8)
            ax.set_xticks([])
            panel_title(ax, parameter.name.replace("_", " "), size=8)
        png = png_of(figure)
    names = [parameter.name for parameter in parameters if parameter.is_at_an_end]
    caption = (
        f"Values of {len(fit.accepted)} departments that meet every target, in ten bins of equal prior probability; "
        f"the line is what the priors alone give. Orange: an end of the range with more than {MOST_AT_END:.0%}."
    )
    return Picture(
        "parameters",
        png,
        f"At an end of their ranges: {', '.join(names) or 'no parameter'}.",
        caption,
    )


def identified(fit: Fit) -> Picture:
    """The picture of what is and is not identified: a bar for each parameter, the best identified first."""
    parameters = contractions(fit)
    names = [parameter.name for parameter in parameters]
    points = fit.points[:, [list(fit.space.parameters).index(name) for name in names]]
    low, first, middle, third, high = np.percentile(points, (5, 25, 50, 75, 95), axis=0)
    rows = np.arange(len(names))[::-1]
    with figure_of(8, 1.2 + 0.26 * len(names), 1, 1) as (figure, (ax,)):
        colours = [BLUE if parameter.is_identified else GREY for parameter in parameters]
        ax.barh(rows, 1, color=PALE, height=0.7)
        ax.barh(rows, high - low, left=low, color=colours, height=0.22)
        ax.barh(rows, third - first, left=first, color=colours, height=0.5)
        ax.plot(middle, rows, "|", color=DARK, markersize=9, markeredgewidth=2)
        for row, parameter in zip(rows, parameters, strict=True):
            colour = DARK if parameter.is_identified else GREY
            ax.text(1.02, row, f"{parameter.contraction:.0%}", va="center", color=colour)
        ax.set_yticks(rows, [name.replace("_", " ") for name in names])
        ax.tick_params(axis="y", length=0)
        ax.set_xlim(0, 1)
        ax.set_ylim(-0.7, len(names) - 0.3)
        ax.set_xticks([0, 0.5, 1], ["lowest", "middle of the range", "highest"])
        ax.set_title(
            "What the targets settle about a department, and what they leave open", fontsize=11
        )
        png = png_of(figure)
    n_identified = sum(parameter.is_identified for parameter in parameters)
    caption = (
        f"Values of {len(points)} departments that meet every target, within the ranges of the priors. Thin bars: "
        f"5th to 95th percentile; thick bars: the middle half. On the right: how much narrower the values lie than "
        f"the priors; grey: under {LEAST_IDENTIFIED:.0%}, not identified."
    )
    alt = f"{n_identified} of {len(names)} parameters lie at least {LEAST_IDENTIFIED:.0%} narrower than their ranges."
    return Picture("identified", png, alt, caption)
