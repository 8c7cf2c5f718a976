"""The named departments: which department of the packaged ensemble each is, and its two files.

`python -m docs.tools.named_departments` simulates all departments, and writes configs/site/NAME.yaml and
configs/calibration/NAME.yaml for each name (some ten minutes on two cores).

The rule was fixed before any arm was looked at. Candidates are departments with the typical rota (so that arms which
move a rota mean the same there) that are in the highest quarter of neither of the other two figures. A name takes the
candidate with the highest figure of its own that passes every calibrated row on ten years of a fresh seed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from docs.tools.command import run
from simulation.assurance.targets import ADULT_BED, pools_of
from simulation.assurance.validate import FigureTable, validate_site
from simulation.config import load, packaged_configs
from simulation.config.composing import composed
from simulation.config.dotted import value_at
from simulation.config.ensembles import Ensemble, ensemble_named
from simulation.errors import ResultsError
from simulation.records.schema import Floats, Mask
from simulation.runs.result import simulate

ENSEMBLE = "typical"
SEED = 31
"""The seed of the years that a department must pass on; nothing was fitted or chosen with it."""
UPPER = 0.75
"""The quantile that the other two figures must not exceed."""
REPLICATIONS = 2
"""How often each department is simulated for twelve weeks, to put them in order."""


@dataclass(frozen=True)
class Named:
    """A named department: its name, the figure that is to be high, and words for both."""

    name: str
    measure: str
    words: str
    question: str


NAMED = (
    Named(
        "short_of_beds",
        "occupied_at_midnight_share",
        "adult beds occupied at midnight",
        "what does the answer look like where wards are fullest?",
    ),
    Named(
        "short_of_clinicians",
        "doctors",
        "doctors busy, of their rostered minutes from 10 to 23 h",
        "what does the answer look like where clinicians are busiest?",
    ),
    Named(
        "short_of_triage",
        "triage_nurses",
        "triage nurses busy, of their rostered minutes from 10 to 23 h",
        "what does the answer look like where triage is busiest?",
    ),
)


def main(words: Sequence[str]) -> int:
    """Choose and write the named departments; the exit code."""
    ensemble = ensemble_named(ENSEMBLE, [packaged_configs()])
    figures = simulated_figures(ensemble)
    for named in NAMED:
        number, table = chosen(named, figures, ensemble)
        for group, text in texts(named, number, figures[named.name], ensemble).items():
            (packaged_configs() / group / f"{named.name}.yaml").write_text(
                text, encoding="utf-8", newline="\n"
            )
        print(f"{named.name}: department {number}")
        for line in markdown(table):
            print(line)
    return 0


def simulated_figures(ensemble: Ensemble) -> Mapping[str, Floats]:
    """The figure of each name in every department of the ensemble, shape (departments,), by name."""
    n = len(ensemble.departments)
    words = (
        f"run.departments={n}",
        f"run.replications={REPLICATIONS * n}",
        "run.profile_all=false",
    )
    study = load(f"ensemble={ENSEMBLE}", *words)
    alone = replace(
        study, arms=(study.baseline,), design=study.design.restricted_to([study.design.baseline])
    )
    result = simulate(alone)
    department_of = np.array(
        [study.department(replication.replication) for replication in result.replications]
    )
    measures = [
        replication.arms[study.design.baseline].measures for replication in result.replications
    ]

    def mean_by_department(measure: str, pool: str) -> Floats:
        values = np.array(
            [of_replication.value(measure, f"pool={pool}") for of_replication in measures]
        )
        return np.array([values[department_of == number].mean() for number in range(n)])

    wards = pools_of(study.baseline.pathway, ADULT_BED)
    beds = np.array([[_beds(ensemble, number, pool) for number in range(n)] for pool in wards])
    occupied = np.array([mean_by_department("occupied_at_midnight_share", pool) for pool in wards])
    full = (occupied * beds).sum(axis=0) / beds.sum(axis=0)
    busy = {
        named.name: mean_by_department("busy_by_day_share", named.measure) for named in NAMED[1:]
    }
    return {NAMED[0].name: full, **busy}


def _beds(ensemble: Ensemble, number: int, pool: str) -> float:
    return float(ensemble.member(number).values[list(ensemble.parameters).index(pool)])


def chosen(
    named: Named, figures: Mapping[str, Floats], ensemble: Ensemble
) -> tuple[int, FigureTable]:
    """The department of a name by the rule above, and its validation. Raises ResultsError if none passes."""
    for number in candidates(named, figures, typical_rota(ensemble)):
        table = _validated(named, number, figures[named.name], ensemble)
        missed = [
            row.target.name
            for row in table.rows
            if row.target.kind == "calibrated" and row.word != "PASS"
        ]
        print(
            f"{named.name}: department {number}, {figures[named.name][number]:.3f}: {missed or 'passes'}",
            flush=True,
        )
        if not missed:
            return number, table
    raise ResultsError(f"{named.name}: no department passes every calibrated row")


def typical_rota(ensemble: Ensemble) -> Mask:
    """Which departments have the site's own files, and as many doctors at night as it has, shape (departments,)."""
    typical = value_at(composed(), "staffing.doctors.rota.0.number")
    column = list(ensemble.parameters).index("doctors_at_night")
    others = {name for name, structure in ensemble.structures.items() if structure.files}
    members = map(ensemble.member, range(len(ensemble.departments)))
    return np.array(
        [member.values[column] == typical and member.structure not in others for member in members]
    )


def candidates(named: Named, figures: Mapping[str, Floats], allowed: Mask) -> Iterator[int]:
    """The departments that a name may take: of those allowed, those in the upper quarter of no other figure, the one
    with the highest figure of the name first."""
    for other, values in figures.items():
        if other != named.name:
            allowed = allowed & (values <= np.quantile(values, UPPER))
    yield from (
        int(number) for number in np.argsort(-figures[named.name], kind="stable") if allowed[number]
    )


def _validated(named: Named, number: int, figure: Floats, ensemble: Ensemble) -> FigureTable:
    """The validation of ten years of a department against the published figures."""
    with tempfile.TemporaryDirectory() as folder:
        for group, text in texts(named, number, figure, ensemble).items():
            path = Path(folder) / group / f"{named.name}.yaml"
            path.parent.mkdir()
            path.write_text(text, encoding="utf-8", newline="\n")
        overrides = [f"site={named.name}", "run=validation", f"run.seed={SEED}"]
        return validate_site(overrides, config_dir=folder, responses=False)


def texts(named: Named, number: int, figure: Floats, ensemble: Ensemble) -> Mapping[str, str]:
    """The text of the file of each group that makes the typical department this one; `figure`: of every department."""
    typical = composed()
    values: dict[str, float] = {}
    for change in ensemble.changes_of(number):
        before = values.get(change.path, value_at(typical, change.path))
        factor = change.value.get("times") if isinstance(change.value, dict) else None
        values[change.path] = change.value if factor is None else before * factor
    lines = []
    for path, value in values.items():
        group, name, *_ = path.split(".")
        before = value_at(typical, path)
        assert group == "calibration" or value == before, path
        if value != before:
            source = f"as department {number} of the ensemble `{ENSEMBLE}`; typical: {before:g}"
            lines.append(f'{name}: {{value: {value:.5g}, source: "{source}"}}\n')
    head = (
        f"# Question: {named.question}\n"
        f"# Department {number} of the ensemble `{ENSEMBLE}`: {named.words}: {100 * figure[number]:.1f} %\n"
        f"# (median department {100 * np.median(figure):.1f} %). docs/tools/named_departments.py has the rule\n"
        "# that chose it, and writes this file. It meets the same published figures (docs/departments.md).\n"
    )
    chosen_values = (
        f"  - override /calibration@_global_.calibration: {named.name}   # whatever else differs\n"
    )
    site = f"{head}defaults:\n  - typical\n  - _self_\n{chosen_values}"
    calibration = (
        f"# Values of site={named.name}, which chooses this file: those of the typical department, but for these.\n"
        "defaults: [typical, _self_]\n" + "".join(lines)
    )
    return {"site": site, "calibration": calibration}


def markdown(table: FigureTable) -> Iterator[str]:
    """The calibrated rows of a validation as a table of a page."""
    yield "| calibrated row | found (standard error) | allowed | |"
    yield "|---|---|---|---|"
    for row in table.rows:
        if row.target.kind == "calibrated":
            found = f"{row.found:.3g} ({row.standard_error:.2g})"
            yield f"| {row.target.name} | {found} | {row.target.low:g} to {row.target.high:g} | {row.word} |"


if __name__ == "__main__":
    run(main)
