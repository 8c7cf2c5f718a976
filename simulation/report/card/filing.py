"""What a public body must file, as far as a bench can give it: rows for a hazard log, and which items it covers.

Nothing here says that a tool complies with anything. Severity and residual risk are for the clinical safety officer.
"""

from __future__ import annotations

import numpy as np

from simulation.report.card.tables import value_words
from simulation.report.tables.table import ReportTable
from simulation.vetting.bench import TOOL, Bench
from simulation.vetting.scores import FEW

LEFT = "left to you"
MEASURED, STATED = "measured", "stated by the vendor"
SCORE_HAZARDS = (
    (
        "under_triage_1_2_share",
        "a patient of true level 1 or 2 gets a less urgent label",
        "treatment that cannot wait begins late; death or lasting harm",
        "a nurse looks at every label before it counts, and every patient is looked at again while waiting",
    ),
    (
        "two_or_more_levels_share",
        "a label is wrong by two levels or more",
        "a long wait for somebody who cannot, or a bay taken by somebody who could",
        "labels that differ by two levels from the nurse's are looked at by a second person",
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
        "patients who say it otherwise wait longer, those with little English among them",
        "staff may put the complaint again and see whether the label stays",
    ),
    (
        "repeatable_share",
        "the same question gets another answer (the figure is how often it does not)",
        "nobody can find out afterwards why a patient got a label",
        "the settings that make answers repeat are fixed, and every answer is stored with its version",
    ),
)
COVERAGE = (
    ("AI and Digital Regulations Service: local validation", "performance on local data", "partly", MEASURED,
     "scores, if the cases are yours; else published or made-up ones"),
    ("AI and Digital Regulations Service: local validation", "performance by subgroup", "partly", MEASURED, "by group"),
    ("AI and Digital Regulations Service: local validation", "stress test", "partly", MEASURED,
     "answers: other words, a command in the complaint, how failures ended"),
    ("NICE evidence standards framework", "standard 4: bias", "partly", MEASURED, "by group; not why"),
    ("NICE evidence standards framework", "standard 14: performance", "partly", MEASURED,
     "scores beside the nurse; on a bench, not in use"),
    ("NICE evidence standards framework", "standards 15 and 16: value for money", "no", LEFT,
     "a comparison of policies gives minutes and costs"),
    ("DTAC", "whether it is a device, and of which class", "no", STATED, "what was tried"),
    ("DTAC", "where data go", "no", LEFT, "the card says which address was asked, if any"),
    ("DCB0129 and DCB0160", "hazard log: cause, effect, frequency, control", "partly", MEASURED, "hazards"),
    ("DCB0129 and DCB0160", "severity, residual risk, acceptance", "no", LEFT, "blank in the hazards"),
    ("MHRA", "intended purpose and class", "no", STATED, "what was tried"),
    ("TRIPOD-LLM", "data, label, sample size, missing answers", "partly", MEASURED, "what was tried, answers"),
    ("TRIPOD-LLM", "model, version, prompt and settings", "partly", MEASURED, "what was tried"),
    ("TRIPOD-LLM", "performance with uncertainty, fairness", "partly", MEASURED, "scores, by group"),
    ("TRIPOD-LLM", "human oversight, deployment, funding, ethics", "no", LEFT, "not of a bench"),
    ("DECIDE-AI", "early evaluation in use", "no", LEFT, "this is before it: offline"),
    ("Algorithmic Transparency Recording Standard", "tier 2: model, data, risks", "partly", MEASURED,
     "what was tried, hazards; whether the duty is yours: check"),
    ("The trust's own checks", "clinical safety officer, DPIA, monitoring after go-live", "no", LEFT, "not of a bench"),
)  # fmt: skip


def hazards_table(bench: Bench) -> ReportTable:
    """Rows for a hazard log; severity and residual risk are blank on purpose."""
    found = bench.scores(TOOL)
    rows = [
        (cause, effect, value_words(found[name], name), control, "", "")
        for name, cause, effect, control in SCORE_HAZARDS
    ]
    for name, cause, effect, control in ANSWER_HAZARDS:
        measured = bench.of_answers.get(name)
        shown = value_words(measured, name) if measured is not None else "not measured"
        rows.append((cause, effect, shown, control, "", ""))
    rows.append(_worst_group(bench))
    rows.append(
        (
            "the maker changes the model and nobody notices",
            "everything measured here is of a model that is no longer used",
            "not measured",
            "the version is recorded with every answer; a new one is tried against this card first (against=FOLDER)",
            "",
            "",
        )
    )
    headers = ("cause", "effect", "measured frequency (95 %)", "control to consider", "severity", "residual risk")
    notes = (
        "Severity and residual risk are blank: they are for your clinical safety officer, as is whether a control is "
        "enough. Frequencies are of these cases, not of your department.",
        f"Truth: {bench.cases.yardstick_words}{'; the cases are made up' * bench.cases.synthetic}.",
    )
    return ReportTable("hazards", "Rows for a hazard log", headers, tuple(rows), notes)


def _worst_group(bench: Bench) -> tuple[str, str, str, str, str, str]:
    name = "under_triage_1_2_share"
    known = {key: found[name] for key, found in bench.by_group().items() if found[name].n >= FEW}
    effect = "a group is harmed more often than others"
    control = "labels of this group are audited first; the criterion by group is agreed beforehand"
    if not known:
        cause = f"one group is under-triaged more than others (no group has {FEW} cases of levels 1-2)"
        return cause, effect, "not measured", control, "", ""
    (attribute, group), worst = max(known.items(), key=lambda each: np.nan_to_num(each[1].value, nan=-1.0))
    named = f"{attribute.replace('_', ' ')} {group.replace('_', ' ')}"
    cause = f"true levels 1-2 of one group are under-triaged more than others (most: {named}; chosen as the highest)"
    return cause, effect, value_words(worst, name), control, "", ""


def coverage_table(bench: Bench) -> ReportTable:
    """Which items of the texts that bind a public body this evidence is about; never that it complies."""
    rows = []
    for standard, item, covered, status, where in COVERAGE:
        local = "performance on local data"
        is_synthetic = bench.cases.synthetic and status == MEASURED
        shown = ("no", "the cases are made up") if is_synthetic and item == local else (covered, where)
        rows.append((standard, item, shown[0], status, shown[1]))
    headers = ("text", "item", "covered", "status", "where on this card")
    note = (
        "Covered: yes, partly or no, as we read the texts in November 2026. They change: check the current text. "
        "Nothing here says that a tool meets any of them."
    )
    return ReportTable("coverage", "What this evidence is about", headers, tuple(rows), (note,))
