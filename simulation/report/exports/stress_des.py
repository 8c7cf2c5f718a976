"""The items of STRESS-DES (Monks et al. 2019, Journal of Simulation 13:55) filled in for a run, from its data.

docs/model.md, under the same numbers, has what a run cannot know of itself: why the model is built so, and which way
each assumption errs. It describes the English A&E: for any other department, only what aeflow does is cited from it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from simulation.department.vocabulary import ACUITY_GIVEN, Pathway
from simulation.display.table import ReportTable
from simulation.display.words import season_words
from simulation.explain.statements import BANNER
from simulation.report.tables.changes import report_changes
from simulation.report.tables.department import run_table
from simulation.report.tables.over_departments import departments_words
from simulation.run.result import StudyResult
from simulation.statistics.verdict import threshold
from simulation.wording import number_of

MODEL = "docs/model.md"
OF_THE_A_AND_E = frozenset({"registration", "majors_contact", "move_to_medicine"})
"""Steps by which the department that docs/model.md describes is known, scaled or not."""
ENGINES = "SimPy (`reference`) and numba (`compiled`), which give the same activities bit for bit"


def stress_des(result: StudyResult) -> str:
    """The checklist as Markdown, the same for the same result."""
    reasons = f"the reasons behind the model are in {MODEL}, under the same numbers."
    if not _is_the_a_and_e(result.study.baseline.pathway):
        reasons = f"{MODEL} describes another department, the English A&E, and is cited only for what aeflow does."
    head = [
        f"# STRESS-DES of the run '{result.design.name}'",
        "",
        f"{BANNER} Written from the run's data by `aeflow report FOLDER export=true`; {reasons}",
        "",
    ]
    parts = (_objectives, _logic, _data, _experimentation, _implementation)
    return "\n".join([*head, *(line for part in parts for line in part(result))]).rstrip() + "\n"


def _is_the_a_and_e(pathway: Pathway) -> bool:
    """Whether a department is the one that docs/model.md describes."""
    return pathway.steps.keys() >= OF_THE_A_AND_E


def _objectives(result: StudyResult) -> Iterator[str]:
    yield from ("## 1 Objectives", "")
    yield from _item("1.1 Purpose", result.design.question)
    rows = []
    for target in result.targets:
        unit = result.row(result.design.baseline, target.measure, target.group).unit
        role = "primary" if target in result.design.primary else "secondary"
        rows.append((target.label, role, threshold(target.minimal_important_difference, unit)))
    yield from _item("1.2 Outputs", "The measures that the answer rests on, and the least difference that matters:")
    yield from _grid(("measure", "role", "least difference that matters"), rows)
    labels = [f"{arm.label}{' (baseline)' if arm is result.baseline else ''}" for arm in result.arms]
    yield from _item("1.3 Aims of experimentation", f"{len(labels)} arms on the same patients: {'; '.join(labels)}.")


def _logic(result: StudyResult) -> Iterator[str]:
    pathway = result.study.baseline.pathway
    yield from ("## 2 Logic", "")
    yield from _item("2.1 Overview", "The pathway is drawn in `figures/pathway.png`, in the folder of the run.")
    parts = ("steps", "branches", "loops", "ends", "triggers", "outages")
    counts = ", ".join(f"{name} {len(getattr(pathway, name))}" for name in parts)
    reading = f"{MODEL}, 2.2"
    if not _is_the_a_and_e(pathway):
        reading = (
            "every wait is a queue for the pools that a step asks for, and a patient keeps the units that a step "
            "names in `keeps`; docs/vocabulary.md has every key"
        )
    yield from _item("2.2 Base logic", f"Counts: {counts}; all in `study.json`. How to read them: {reading}.")
    yield from _item("2.3 Scenario logic", f"Scenario '{result.scenario}'. What each arm changes:")
    tables = report_changes(result)
    yield from _table(tables[0]) if tables else ("Nothing is compared.", "")
    yield from _item("2.4 Algorithms", _algorithms(pathway))
    sources, n_sources = ", ".join(pathway.arrivals), number_of(len(pathway.arrivals), "arrival source")
    yield from _item("2.5 Components", f"Entities come by {n_sources}: {sources}. Resources:")
    kinds = Counter(pool.kind for pool in pathway.pools.values())
    pools = [(kind, str(n), ", ".join(_of_kind(result, kind))) for kind, n in sorted(kinds.items())]
    yield from _grid(("kind of pool", "number", "names"), pools)


def _algorithms(pathway: Pathway) -> str:
    """Who is next, and where labels, minutes and patience come from."""
    first_come = len(pathway.priority.classes) == 1
    who = f"Queue discipline: {'first come, first served' if first_come else f'rule `{pathway.priority.rule}`'}."
    if _is_the_a_and_e(pathway):
        return f"{who} Labels, minutes, patience: {MODEL}, 2.4."
    minutes = "Minutes are drawn for each patient before the clock starts, from the distributions in `study.json`."
    labels = "Each arm's triage policy labels patients."
    if ACUITY_GIVEN not in pathway.attributes:
        labels = "No policy labels patients."
    patience = pathway.patience
    leaving = "Nobody leaves out of impatience."
    if patience is not None:
        leaving = (
            f"Whose time from arrival exceeds the duration `{patience.minutes}` before being seen, at a step where one "
            f"may leave, goes to `{patience.next}`."
        )
    return f"{who} {minutes} {labels} {leaving} At one instant: `simulation/engine/contract.py`."


def _of_kind(result: StudyResult, kind: str) -> list[str]:
    return [name for name, pool in result.study.baseline.pathway.pools.items() if pool.kind == kind]


def _data(result: StudyResult) -> Iterator[str]:
    counts = Counter(statement.evidence for statement in result.statements)
    by_evidence = ", ".join(f"{n} {evidence}" for evidence, n in counts.most_common())
    yield from ("## 3 Data", "")
    of_the_model = _is_the_a_and_e(result.study.baseline.pathway)
    rows = "No patient data." if of_the_model else "aeflow read no patients' records."
    yield from _item("3.1 Sources", f"{len(result.statements)} sourced statements of every arm: {by_evidence}. {rows}")
    before = f"{MODEL}, 3.2."
    if not of_the_model:
        before = (
            "None by aeflow: inputs are used as stated. How each was derived is in its source, in `assumptions.csv`."
        )
    yield from _item("3.2 Pre-processing", before)
    yield from _item("3.3 Input parameters", "All are in `config.yaml` (as composed) and in `study.json` (as used).")
    errs = f"which way each errs: {MODEL}, 3.4."
    if not of_the_model:
        errs = "what the department leaves out, and which way that errs, is for its authors to add here."
    yield from _item("3.4 Assumptions", f"Each, with its reason, in `assumptions.csv`; {errs}")


def _experimentation(result: StudyResult) -> Iterator[str]:
    run, present = result.run, result.study.baseline.pathway.present
    yield from ("## 4 Experimentation", "")
    begins = f"the patients present at time 0 ({', '.join(present)})" if present else "an empty department at time 0"
    yield from _item("4.1 Initialisation", f"{number_of(run.warm_up_days, 'day')} of warm-up, from {begins}.")
    season = season_words(run, (replication.replication for replication in result.replications))
    length = (
        f"{len(result.replications)} replications of {run.measured_days} measured days{', ' + season if season else ''}"
    )
    over = f", over {departments_words(result)}" if result.department_of is not None else ", in one department"
    yield from _item("4.2 Run length", f"{length}{over}; attendances are followed to their end.")
    method = {
        "fixed_sample": "Student's t over paired replications, wider where their numbers are skewed",
        "always_valid": "Always-valid intervals over paired replications, which hold however often one looks",
    }[result.interval_kind]
    family = "verdicts on primary measures are adjusted for how many there are"
    yield from _item("4.3 Estimation", f"{method}; {family} (the method: {MODEL}, 4.3).")


def _implementation(result: StudyResult) -> Iterator[str]:
    yield from ("## 5 Implementation", "")
    yield from _item("5.1 Software", f"aeflow; engines {ENGINES}. As it was run:")
    yield from _table(run_table(result))
    yield from _item(
        "5.2 Random sampling", f"Seed {result.run.seed}; named streams; common random numbers in all arms."
    )
    yield from _item(
        "5.3 Execution",
        "At any one instant, changes come first, then starts in the order of a key; no event depends on chance.",
    )
    yield from _item("5.4 System", "In `manifest.json`, with the time that it took.")
    yield from ("## 6 Code access", "", f"{_access(result)}", "")


def _access(result: StudyResult) -> str:
    """Where the program and the study can be had, as far as a run knows."""
    version, git = result.manifest.get("versions", {}).get("aeflow"), result.manifest.get("git")
    program = f"aeflow {version}" if version else "aeflow"
    if git:
        program += f", commit {git['commit']}{' with local changes' if git['changed'] else ''}"
    return (
        f"{program}, under the MIT licence; CITATION.cff says how to cite it. The run's own files (`config.yaml`, "
        "`study.json`) are enough to run it again. A run records no public address: add here where the program and "
        "these files are available."
    )


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
