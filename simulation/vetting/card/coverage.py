"""Which items of the texts that bind a public body a bench gives evidence on, in our words; not whether a tool meets
them.

Each item is covered `partly` or `no`, never in full, and its status says who must supply the rest. The texts are as
read in November 2026: NICE, Evidence standards framework for digital health technologies (ECD7, 21 standards);
TRIPOD-LLM (Gallifant et al. 2025, Nat Med 31:60-69, by topic); the NHS's own checks by their names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulation.display.table import ReportTable
from simulation.vetting.assessors.from_file import AnswersAssessor
from simulation.vetting.bench import Bench

Status = Literal["measured", "stated by the vendor", "left to you"]
MEASURED: Status = "measured"
STATED: Status = "stated by the vendor"
LEFT: Status = "left to you"


@dataclass(frozen=True)
class Item:
    """One item of a text.

    `where`: the part of the card that is about it, or why there is none; `of_patients`: made-up cases are no evidence;
    `of_maker`: rests on the vendor's word where the vendor answered the cases.
    """

    text: str
    item: str
    covered: Literal["partly", "no"]
    status: Status
    where: str
    of_patients: bool = False
    of_maker: bool = False


LOCAL, NICE, TRIPOD = "NHS AI and Digital Regulations Service", "NICE evidence standards framework", "TRIPOD-LLM"
TRUST = "The trust's own checks"
ITEMS = (
    Item(LOCAL, "local validation: performance on local data", "partly", MEASURED, "scores, if the cases are yours",
         of_patients=True),
    Item(LOCAL, "local validation: performance by subgroup", "partly", MEASURED, "by group", of_patients=True),
    Item(LOCAL, "local validation: stress test", "partly", MEASURED,
         "answers: other words, a command in the complaint, how failures ended"),
    Item(NICE, "1: safety and quality standards", "no", LEFT, "hazards are a start"),
    Item(NICE, "2: users took part in the design", "no", STATED, "not of a bench"),
    Item(NICE, "3: environmental sustainability", "no", STATED, "tokens, where the server counts them, and no more"),
    Item(NICE, "4: inequalities and bias", "partly", MEASURED, "by group; not why, and not who is missing",
         of_patients=True),
    Item(NICE, "5: good data practices in the design", "no", STATED, "not of a bench"),
    Item(NICE, "6: level of professional oversight", "no", LEFT, "what was tried gives the stated use"),
    Item(NICE, "7: reliable health information", "no", STATED, "not of a bench"),
    Item(NICE, "8: credibility with UK professionals", "no", LEFT, "not of a bench"),
    Item(NICE, "9: safeguarding", "no", LEFT, "not of a bench"),
    Item(NICE, "10: intended purpose and target population", "no", STATED, "what was tried"),
    Item(NICE, "11 and 12: the pathway now, and with the tool", "no", LEFT, "a comparison (study=vetted) states "
        "both"),
    Item(NICE, "13: expected impact on health, cost and resources", "no", LEFT,
         "a comparison gives waits and costs, simulated"),
    Item(NICE, "14: effectiveness (tier C)", "partly", MEASURED, "scores compared with the nurse: accuracy, no "
        "outcome",
         of_patients=True),
    Item(NICE, "15: real-world evidence", "no", LEFT, "none: the tool was not in use"),
    Item(NICE, "16: a plan for measuring performance over time", "partly", LEFT,
         "a new version is tried against this card (against=FOLDER); the plan is yours"),
    Item(NICE, "17 and 18: budget impact, cost effectiveness", "no", LEFT, "not of a bench"),
    Item(NICE, "19 to 21: deployment, training, scale", "no", LEFT, "not of a bench"),
    Item(TRIPOD, "title, background, objectives", "partly", LEFT, "criteria and intended use say what was asked"),
    Item(TRIPOD, "data: source, dates, who is in them, what is missing", "partly", MEASURED,
         "what was tried, by group; dates are in the source", of_patients=True),
    Item(TRIPOD, "model, version, settings, seed", "partly", MEASURED, "what was tried", of_maker=True),
    Item(TRIPOD, "prompt, and how it was found", "partly", MEASURED, "version and digest of the prompt; not how",
         of_maker=True),
    Item(TRIPOD, "output: how it is read, what counts as unusable", "partly", MEASURED, "answers"),
    Item(TRIPOD, "annotation: who gave the labels, how far they agree", "partly", LEFT,
         "what the label means; agreement of the panel is not known here"),
    Item(TRIPOD, "training, tuning, computing", "no", STATED, "not of a bench"),
    Item(TRIPOD, "sample size", "partly", MEASURED, "criteria: how many cases would settle each"),
    Item(TRIPOD, "performance with uncertainty", "partly", MEASURED, "scores, matrix", of_patients=True),
    Item(TRIPOD, "fairness", "partly", MEASURED, "by group", of_patients=True),
    Item(TRIPOD, "updating", "partly", MEASURED, "changed, where an earlier card was named"),
    Item(TRIPOD, "interpretation, limits, usability, human oversight", "no", LEFT, "not of a bench"),
    Item(TRIPOD, "ethics, funding, open science, public involvement", "no", LEFT, "not of a bench"),
    Item("MHRA", "whether it is a device, its class and purpose", "no", STATED, "what was tried"),
    Item("DCB0129 and DCB0160", "hazard log: cause, effect, frequency, control", "partly", MEASURED, "hazards"),
    Item("DCB0129 and DCB0160", "severity, residual risk, acceptance, safety case", "no", LEFT, "blank in the hazards"),
    Item("DTAC", "clinical safety, data protection, security, interoperability, usability", "no", LEFT,
         "what was tried says which address was asked, if any"),
    Item("DECIDE-AI", "early evaluation in use", "no", LEFT, "none: the bench comes before use"),
    Item("Algorithmic Transparency Recording Standard", "tier 2: model, data, risks", "partly", MEASURED,
         "what was tried, hazards; whether the duty is yours: check", of_maker=True),
    Item(TRUST, "clinical safety officer, Caldicott guardian, DPIA", "no", LEFT, "not of a bench"),
    Item(TRUST, "who may see complaints, and where they go", "no", LEFT, "a dry run shows what would be sent"),
    Item(TRUST, "what staff do while it is down or wrong", "no", LEFT, "study=failures simulates it"),
    Item(TRUST, "monitoring after go-live, and who stops it", "no", LEFT, "not of a bench"),
)  # fmt: skip


def coverage_table(bench: Bench) -> ReportTable:
    """Every item, whether this bench covers it, and who answers for it."""
    answered_by_vendor = isinstance(bench.plan.assessor, AnswersAssessor)
    rows = []
    for item in ITEMS:
        covered, where, status = item.covered, item.where, item.status
        if item.of_patients and bench.cases.synthetic:
            covered, where = "no", "the cases are made up"
        if item.of_maker and answered_by_vendor:
            status = STATED
        rows.append((item.text, item.item, covered, status, where))
    headers = ("text", "item", "covered", "status", "where on this card, or why not")
    note = (
        "'Covered' is partly or no, in our judgement, by the texts of November 2026. The texts change: check the "
        "current version of each. Nothing here says that a tool meets any of them."
    )
    return ReportTable("coverage", "What this evidence covers", headers, tuple(rows), (note,))
