"""What a bench gives a public body to file: rows for a hazard log, and which items of the binding texts it covers.

Severity, residual risk and owner of a hazard are left blank for the clinical safety officer, who also decides whether a
control is enough. An item of the texts is covered `partly` or `no`, never in full, and its status says who must supply
the rest; nothing says that a tool meets any of them. The texts are as read in November 2026: NICE, Evidence standards
framework for digital health technologies (ECD7, 21 standards); TRIPOD-LLM (Gallifant et al. 2025, Nat Med 31:60-69, by
topic); the NHS's own checks by their names. Hazards and items are in `facts/`, in our words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from simulation.display.table import ReportTable
from simulation.vetting.assessors.from_file import AnswersAssessor
from simulation.vetting.bench import NURSE, TOOL, Bench
from simulation.vetting.card.card_tables import group_named, table_of, value_words
from simulation.vetting.earlier import UNDER
from simulation.vetting.facts import facts
from simulation.vetting.scores import FEW, HIGH_SHARES, ScoreEstimate, share_of

OF_URGENT = {*HIGH_SHARES, "both_under_triage", "worst_group"}
"""The frequencies that are of cases of true levels 1-2."""


def hazards_table(bench: Bench) -> ReportTable:
    """A row for each hazard, numbered H1, H2 and on; severity, residual risk and owner are blank on purpose."""
    under = {group: scores[UNDER] for group, scores in bench.by_group().items()}
    known = {group: estimate for group, estimate in under.items() if estimate.n >= FEW}
    worst = max(known, key=lambda group: np.nan_to_num(known[group].value, nan=-1.0), default=None)
    named = {
        "worst_group": group_named(*worst) if worst is not None else "",
        "small_groups": ", ".join(group_named(*group) for group in under if group not in known),
    }
    measured = _measured(bench)
    if worst is not None:
        measured["worst_group"] = known[worst]
    rows = []
    for number, hazard in enumerate(facts("hazards"), start=1):
        of = hazard.get("of", "")
        cause = hazard["cause"] if named.get(of, "-") else hazard["cause_without"]
        words = cause.format(few=FEW, groups=named.get(of)), hazard["effect"], _frequency(of, measured)
        rows.append((f"H{number}", *words, hazard["control"], "", "", ""))
    return table_of(bench, "hazards", rows, made_up="; the cases are made up" * bench.cases.synthetic)


def _measured(bench: Bench) -> dict[str, ScoreEstimate]:
    """What was measured of the tool as a whole, by the name that a hazard has for it."""
    measured = {**bench.scores(TOOL), **bench.of_answers}
    repeated = measured.get("repeatable_share")
    if repeated is not None:  # the hazard is an answer that does not repeat
        value, low, high = 1 - repeated.value, 1 - repeated.high, 1 - repeated.low
        measured["not_repeated_share"] = replace(repeated, value=value, low=low, high=high)
    if NURSE in bench.labelled:  # both under-triage the same patient, so she would not have caught it
        tool, nurse = (bench.labelled[who].shares_of_cases(UNDER) for who in (TOOL, NURSE))
        measured["both_under_triage"] = share_of(tool * nurse)
    return measured


def _frequency(of: str, measured: Mapping[str, ScoreEstimate]) -> str:
    """'23.3 % (14.8 to 33.6), of 86 cases of true levels 1-2'."""
    if of not in measured:
        return "not measured"
    estimate = measured[of]
    whom = "cases of true levels 1-2" if of in OF_URGENT else "cases"
    return f"{value_words(estimate, of)}, of {estimate.n} {whom}" if estimate.n else "no case"


def coverage_table(bench: Bench) -> ReportTable:
    """Every item, whether this bench covers it, and who answers for it."""
    answered_by_vendor = isinstance(bench.plan.assessor, AnswersAssessor)
    rows = []
    for text, items in facts("coverage").items():
        for item in items:
            covered, where, status = item["covered"], item["where"], item["status"]
            if item.get("of_patients") and bench.cases.synthetic:
                covered, where = "no", "the cases are made up"
            if item.get("of_maker") and answered_by_vendor:
                status = "stated by the vendor"
            rows.append((text, item["item"], covered, status, where))
    return table_of(bench, "coverage", rows)
