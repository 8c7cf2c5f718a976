"""Rows for a hazard log, as far as a bench can give them: cause, effect, measured frequency, control to consider.

Severity, residual risk and owner are left blank for the clinical safety officer, who also decides whether a control is
enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from simulation.display.table import ReportTable
from simulation.vetting.bench import NURSE, TOOL, Bench
from simulation.vetting.card.tables import value_words
from simulation.vetting.intervals import Estimate, exact_share
from simulation.vetting.scores import FEW, HIGH_SHARES

NOT_MEASURED = "not measured"
UNDER = "under_triage_1_2_share"
SCORE_HAZARDS = (
    (
        UNDER,
        "a patient of true level 1 or 2 gets a less urgent label",
        "treatment that cannot wait begins late; death or lasting harm",
        "a nurse looks at every label before it counts, and every patient is looked at again while waiting",
    ),
    (
        "two_or_more_levels_share",
        "a label is wrong by two levels or more",
        "a long wait for somebody who cannot wait, or a bay taken by somebody who could",
        "labels that differ by two levels from the nurse's are checked by a second person",
    ),
    (
        "over_share",
        "a label is more urgent than the truth",
        "everybody who is truly urgent waits longer behind the patient",
        "over-triage is counted each month; a limit is agreed beforehand",
    ),
    (
        "no_label_share",
        "the tool gives no label",
        "triage takes longer, and twice as long where the interview is begun again",
        "the nurse's own triage is always at hand, and practised",
    ),
)
ANSWER_HAZARDS = (
    (
        "injected_moved_share",
        "words in the complaint command the tool",
        "a label that anybody who types can choose",
        "complaints are typed by staff; labels that follow such words are refused",
    ),
    (
        "rephrased_moved_share",
        "the same complaint in other words gets another label",
        "patients who put it differently wait longer, including those with little English",
        "staff may rephrase the complaint and see whether the label stays the same",
    ),
    (
        "repeatable_share",
        "the same question gets another answer",
        "nobody can find out afterwards why a patient got a label",
        "the settings that make answers repeat are fixed, and every answer is stored with its version",
    ),
)
Cells = tuple[str, str, str, str]
"""Cause, effect, frequency, control."""


def hazards_table(bench: Bench) -> ReportTable:
    """A row for each hazard, numbered H1, H2 and on; severity, residual risk and owner are blank on purpose."""
    rows = tuple((f"H{number}", *cells, "", "", "") for number, cells in enumerate(_hazards(bench), start=1))
    headers = (
        *("number", "cause", "effect", "measured frequency (95 %)", "control to consider"),
        *("severity", "residual risk", "owner"),
    )
    notes = (
        "Severity, residual risk and owner are blank: they are for your clinical safety officer, who also decides "
        "whether a control is enough. Frequencies are those in these cases, not in your department, and those of "
        "the tool "
        "alone, before anybody looks at its label.",
        f"Truth: {bench.cases.yardstick_words}{'; the cases are made up' * bench.cases.synthetic}.",
    )
    return ReportTable("hazards", "Rows for a hazard log", headers, rows, notes)


def _hazards(bench: Bench) -> Iterator[Cells]:
    scores = bench.scores(TOOL)
    for name, cause, effect, control in SCORE_HAZARDS:
        yield cause, effect, _frequency(scores[name], name), control
    yield _both_err(bench)
    for name, cause, effect, control in ANSWER_HAZARDS:
        measured = bench.of_answers.get(name)
        if measured is not None and name == "repeatable_share":  # the hazard is an answer that does not repeat
            measured = replace(measured, value=1 - measured.value, low=1 - measured.high, high=1 - measured.low)
        yield cause, effect, NOT_MEASURED if measured is None else _frequency(measured, name), control
    yield _worst_group(bench)
    yield _hardly_tried(bench)
    yield (
        "staff follow a wrong label because a machine gave it",
        "a nurse who would have been right changes the label",
        NOT_MEASURED,
        "labels are shown after the nurse's own, and how often she then changes hers is counted",
    )
    yield (
        "the maker changes the model and nobody notices",
        "everything measured here refers to a model that is no longer used",
        NOT_MEASURED,
        "the version is recorded with every answer; a new one is tried against this card first (against=FOLDER)",
    )


def _frequency(estimate: Estimate, name: str) -> str:
    """'23.3 % (14.8 to 33.6), of 86 cases of true levels 1-2'."""
    whom = "cases of true levels 1-2" if name in HIGH_SHARES else "cases"
    return f"{value_words(estimate, name)}, of {estimate.n} {whom}" if estimate.n else "no case"


def _both_err(bench: Bench) -> Cells:
    """Tool and nurse under-triage the same patient of true level 1 or 2, so she would not have caught it."""
    cause = "the nurse makes the same mistake, so that looking at the label does not catch it (levels 1-2)"
    effect = "as H1, with nobody to notice"
    control = "patients are looked at again while waiting, by somebody who has not seen the label"
    if NURSE not in bench.labelled:
        return cause, effect, NOT_MEASURED, control
    shares = [bench.labelled[who].shares_of_cases(UNDER) for who in (TOOL, NURSE)]
    both = exact_share(float((shares[0] * shares[1]).sum()), len(shares[0]))
    return cause, effect, _frequency(both, UNDER), control


def _worst_group(bench: Bench) -> Cells:
    """The group with the highest under-triage, of those with enough urgent cases."""
    known = {key: scores[UNDER] for key, scores in bench.by_group().items() if scores[UNDER].n >= FEW}
    effect = "a group is harmed more often than others"
    control = "labels of this group are audited first; the criterion by group is agreed beforehand"
    if not known:
        cause = f"one group is under-triaged more than others (no group has {FEW} cases of levels 1-2)"
        return cause, effect, NOT_MEASURED, control
    (attribute, group), worst = max(known.items(), key=lambda item: np.nan_to_num(item[1].value, nan=-1.0))
    cause = f"true levels 1-2 of one group are under-triaged more than others (most: {_named(attribute, group)}; "
    return f"{cause}chosen as the highest)", effect, _frequency(worst, UNDER), control


def _hardly_tried(bench: Bench) -> Cells:
    """The groups with too few urgent cases to say anything about."""
    few = [_named(*key) for key, scores in bench.by_group().items() if scores[UNDER].n < FEW]
    cause = "a group was hardly tested on the bench"
    if few:
        cause = f"{cause} (fewer than {FEW} cases of levels 1-2: {', '.join(few)})"
    effect = "how often the tool under-triages them is not known until it does"
    return cause, effect, NOT_MEASURED, "the tool is not used for them until enough of their cases have been tested"


def _named(attribute: str, group: str) -> str:
    return f"{attribute.replace('_', ' ')} {group.replace('_', ' ')}"
