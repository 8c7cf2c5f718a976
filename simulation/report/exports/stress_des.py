"""The items of STRESS-DES (Monks et al. 2019, Journal of Simulation 13:55) filled in for a run, from its data.

docs/model.md, under the same numbers, has what a run cannot know of itself: why the model is built so, and which way
each assumption errs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from simulation.analysis.verdict import threshold
from simulation.experiment.result import StudyResult
from simulation.explain.statements import BANNER
from simulation.report.tables.changes import report_changes
from simulation.report.tables.department import run_table
from simulation.report.tables.over_departments import departments_words
from simulation.report.tables.table import ReportTable
from simulation.report.words import season_words

MODEL = "docs/model.md"
ENGINES = "SimPy (`reference`) and numba (`compiled`), which give the same activities bit for bit"


def stress_des(result: StudyResult) -> str:
    """The checklist as Markdown, the same for the same result."""
    head = [
        f"# STRESS-DES of the run '{result.design.name}'",
        "",
        f"{BANNER} Written from the run's data by `aeflow report FOLDER export=true`; the reasons behind the model are "
        f"in {MODEL}, under the same numbers.",
        "",
    ]
    parts = (_objectives, _logic, _data, _experimentation, _implementation)
    return "\n".join([*head, *(line for part in parts for line in part(result))]).rstrip() + "\n"


def _objectives(result: StudyResult) -> Iterator[str]:
    yield from ("## 1 Objectives", "")
    yield from _item("1.1 Purpose", result.design.question)
    rows = []
    for target in result.targets:
        unit = result.row(result.design.baseline, target.measure, target.group).unit
        role = "primary" if target in result.design.primary else "secondary"
        rows.append((target.label, role, threshold(target.minimal_important_difference, unit)))
    yield from _item("1.2 Outputs", "What the answer is read from, and the least difference that matters:")
    yield from _grid(("measure", "role", "least difference that matters"), rows)
    labels = [f"{arm.label}{' (baseline)' if arm is result.baseline else ''}" for arm in result.arms]
    yield from _item("1.3 Aims of experimentation", f"{len(labels)} arms on the same patients: {'; '.join(labels)}.")


def _logic(result: StudyResult) -> Iterator[str]:
    pathway = result.study.baseline.pathway
    yield from ("## 2 Logic", "")
    yield from _item("2.1 Overview", "The pathway is drawn in `figures/pathway.png`, in the folder of the run.")
    parts = ("steps", "branches", "loops", "ends", "triggers", "outages")
    counts = ", ".join(f"{len(getattr(pathway, name))} {name}" for name in parts)
    yield from _item("2.2 Base logic", f"{counts}: all in `study.json`. How they are read: {MODEL}, 2.2.")
    yield from _item("2.3 Scenario logic", f"Scenario '{result.scenario}'. What each arm changes:")
    tables = report_changes(result)
    yield from _table(tables[0]) if tables else ("Nothing is compared.", "")
    yield from _item(
        "2.4 Algorithms", f"Who is next: rule `{pathway.priority.rule}`. Labels, minutes, patience: {MODEL}, 2.4."
    )
    sources = ", ".join(pathway.arrivals)
    yield from _item(
        "2.5 Components", f"Entities come by {len(pathway.arrivals)} arrival sources: {sources}. Resources:"
    )
    kinds = Counter(pool.kind for pool in pathway.pools.values())
    pools = [(kind, str(n), ", ".join(_of_kind(result, kind))) for kind, n in sorted(kinds.items())]
    yield from _grid(("kind of pool", "number", "names"), pools)


def _of_kind(result: StudyResult, kind: str) -> list[str]:
    return [name for name, pool in result.study.baseline.pathway.pools.items() if pool.kind == kind]


def _data(result: StudyResult) -> Iterator[str]:
    counts = Counter(statement.evidence for statement in result.statements)
    by_evidence = ", ".join(f"{n} {evidence}" for evidence, n in counts.most_common())
    yield from ("## 3 Data", "")
    yield from _item(
        "3.1 Sources", f"{len(result.statements)} sourced statements of every arm: {by_evidence}. No patient data."
    )
    yield from _item("3.2 Pre-processing", f"{MODEL}, 3.2.")
    yield from _item("3.3 Input parameters", "All are in `config.yaml`, as composed, and in `study.json`, as used.")
    yield from _item(
        "3.4 Assumptions", f"Each, with its reason, in `assumptions.csv`; which way each errs: {MODEL}, 3.4."
    )


def _experimentation(result: StudyResult) -> Iterator[str]:
    run = result.run
    yield from ("## 4 Experimentation", "")
    yield from _item("4.1 Initialisation", f"{run.warm_up_days} days of warm-up, from the patients present at time 0.")
    season = season_words(run, (replication.replication for replication in result.replications))
    length = (
        f"{len(result.replications)} replications of {run.measured_days} measured days{', ' + season if season else ''}"
    )
    over = f", over {departments_words(result)}" if result.department_of is not None else ", in one department"
    yield from _item("4.2 Run length", f"{length}{over}; attendances are followed to their end.")
    method = {
        "fixed_sample": "Student's t over paired replications; verdicts adjusted for how many there are",
        "always_valid": "intervals over paired replications that hold however often one looks",
    }[result.interval_kind]
    yield from _item("4.3 Estimation", f"{method[:1].upper()}{method[1:]} ({MODEL}, 4.3).")


def _implementation(result: StudyResult) -> Iterator[str]:
    yield from ("## 5 Implementation", "")
    yield from _item("5.1 Software", f"aeflow; engines {ENGINES}. As it was run:")
    yield from _table(run_table(result))
    yield from _item(
        "5.2 Random sampling", f"Seed {result.run.seed}; named streams; common random numbers in all arms."
    )
    yield from _item(
        "5.3 Execution", "Changes at one instant first, then starts in the order of a key; no event by chance."
    )
    yield from _item("5.4 System", "In `manifest.json`, with the time that it took.")
    yield from ("## 6 Code access", "", "MIT licence; CITATION.cff says how to cite it.", "")


def _item(number: str, words: str) -> tuple[str, ...]:
    return f"### {number}", "", words, ""


def _table(table: ReportTable) -> Iterator[str]:
    return _grid(table.headers, table.rows)


def _grid(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table."""
    yield f"| {' | '.join(headers)} |"
    yield f"|{'---|' * len(headers)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"
    yield ""
