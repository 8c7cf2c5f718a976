"""The tables of a card. Every score comes with its 95 % interval and the yardstick that it is held against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from simulation.display.table import ReportTable
from simulation.display.words import change, span
from simulation.vetting.answers import OUTCOMES
from simulation.vetting.assessors.llm import LlmAssessor
from simulation.vetting.bench import NURSE, TOOL, Bench, abstention_curve, calibration, seconds_of
from simulation.vetting.cases import N_LEVELS
from simulation.vetting.criteria import OF_ANSWERS, Verdict
from simulation.vetting.intervals import Estimate
from simulation.vetting.scores import FEW, HIGHER_IS_BETTER, KAPPAS, SCORES

BY_GROUP = ("exact_share", "under_share", "under_triage_1_2_share")
LEVEL_NAMES = tuple(str(level) for level in range(1, N_LEVELS + 1))
SCORE_WORDS = {**SCORES, **OF_ANSWERS}


def card_tables(bench: Bench) -> list[ReportTable]:
    """Every table of what the bench found, in the order of the page."""
    tables = [criteria_table(bench), scores_table(bench)]
    tables += [differences_table(bench, other) for other in bench.labelled if other != TOOL]
    tables += [matrix_table(bench), groups_table(bench), answers_table(bench)]
    optional = must_not_miss_table(bench), calibration_table(bench), abstention_table(bench)
    return [*tables, *(table for table in optional if table is not None), about_table(bench)]


def value_words(estimate: Estimate, score: str) -> str:
    """A score and its interval: '87.1 % (84.3 to 89.5)', a kappa without per cent; a dash if it is not known."""
    if np.isnan(estimate.value):
        return "–"
    scale, sign, digits = (1, "", 2) if score in KAPPAS else (100, " %", 1)
    shown = f"{scale * estimate.value:.{digits}f}{sign}"
    if np.isnan(estimate.low):
        return shown
    return f"{shown} ({scale * estimate.low:.{digits}f} to {scale * estimate.high:.{digits}f})"


def difference_words(estimate: Estimate, score: str) -> str:
    """A difference between scores and its interval: '−21.5 points (−25.4 to −17.5)'; a dash if it is not known."""
    if np.isnan(estimate.value):
        return "–"
    if score in KAPPAS:
        interval = "–" if np.isnan(estimate.low) else f"{estimate.low:+.2f} to {estimate.high:+.2f}"
        return f"{estimate.value:+.2f} ({interval})".replace("-", "−")
    return f"{change(estimate.value, 'share')} points ({span(estimate.low, estimate.high, 'share')})"


def verdict_on(estimate: Estimate, score: str) -> str:
    """'better' or 'worse' if the whole interval is on one side of no difference, else 'cannot tell'."""
    if estimate.low <= 0 <= estimate.high or np.isnan(estimate.low):
        return "cannot tell"
    return "better" if (estimate.value > 0) == (score in HIGHER_IS_BETTER) else "worse"


def bound_words(verdict: Verdict) -> str:
    """The bound of a criterion: 'at most 5 points beyond the nurse', 'at least 95 %'."""
    criterion = verdict.criterion
    which = "at most" if criterion.at_most is not None else "at least"
    if criterion.score in KAPPAS:
        return f"{which} {criterion.bound:g}{' beyond the nurse' * (criterion.against == 'nurse')}"
    points = f"{100 * criterion.bound:g}"
    if criterion.against != "nurse":
        return f"{which} {points} %"
    return f"{which} {points} {'point' if points == '1' else 'points'} beyond the nurse"


def criteria_table(bench: Bench) -> ReportTable:
    """Each criterion by group, what was measured, and the verdict."""
    rows = []
    for verdict in bench.verdicts:
        score, estimate = verdict.criterion.score, verdict.estimate
        words = difference_words if verdict.criterion.against == "nurse" else value_words
        shown = words(estimate, score) if estimate is not None else "–"
        n = str(estimate.n) if estimate is not None else "0"
        group = verdict.group.replace("=", ": ").replace("_", " ") or "everybody"
        rows.append((SCORE_WORDS[score], group, bound_words(verdict), shown, n, verdict.word, verdict.why))
    return ReportTable(
        "criteria",
        "Criteria fixed beforehand",
        ("score", "group", "must be", "measured (95 %)", "cases", "verdict", "what it would take"),
        tuple(rows),
        (
            "Met or not met only if the whole 95 % interval lies on one side of the bound. All must be met, so "
            "intervals are not adjusted for their number.",
            f"A group with fewer than {FEW} of the cases that the score is about says 'cannot tell'.",
            f"Truth: {bench.cases.yardstick_words}.",
        ),
    )


def scores_table(bench: Bench) -> ReportTable:
    """Every score of the tool, the nurse and the comparators."""
    by_assessor = {who: bench.scores(who) for who in bench.labelled}
    rows = tuple(
        (words, *(value_words(scores[name], name) for scores in by_assessor.values())) for name, words in SCORES.items()
    )
    truth = f"{len(bench.cases)} cases; truth: {bench.cases.yardstick_words}"
    return ReportTable(
        "scores",
        f"Scores against the truth ({truth})",
        ("score", *(bench.tool if who == TOOL else who for who in by_assessor)),
        rows,
        (
            "Shares: exact 95 % intervals (they cover at least 95 %). Kappas: resampled over cases.",
            "Cases without a label stay in the denominator of every share; kappas rest on labelled cases.",
            "A case that was asked several times counts once, with the mean of its answers.",
        ),
    )


def differences_table(bench: Bench, other: str) -> ReportTable:
    """Scores of the tool minus those of another assessor on the same cases."""
    who = f"the {other}" if other == NURSE else other
    return ReportTable(
        f"against_{other.replace(' ', '_')}",
        f"{bench.tool} minus {who}, same cases, paired",
        ("score", "difference (95 %)", f"than {who}"),
        difference_rows(bench.against(other)),
        (
            "Paired intervals after Bonett and Price, kappas resampled; unadjusted, one score at a time.",
            f"Both are compared with: {bench.cases.yardstick_words}.",
        ),
    )


def difference_rows(differences: Mapping[str, Estimate]) -> tuple[tuple[str, str, str], ...]:
    """Each score's words, its difference and the verdict on it."""
    return tuple(
        (words, difference_words(differences[name], name), verdict_on(differences[name], name))
        for name, words in SCORES.items()
    )


def matrix_table(bench: Bench) -> ReportTable:
    """How often each true level got each label, with credible intervals."""
    mean, low, high = bench.matrix()
    counts = bench.labelled[TOOL].table
    rows = []
    for level in range(N_LEVELS):
        n = counts[level].sum()
        cells = [
            f"{100 * mean[level, k]:.0f} % ({100 * low[level, k]:.0f} to {100 * high[level, k]:.0f})"
            for k in range(N_LEVELS)
        ]
        few = f" (fewer than {FEW})" if n < FEW else ""
        rows.append((f"true {level + 1}: {n:.0f} cases{few}", *cells, f"{counts[level, N_LEVELS]:.1f}"))
    return ReportTable(
        "matrix",
        f"Labels by true level, {bench.tool}; truth: {bench.cases.yardstick_words}",
        ("true level", *(f"labelled {name}" for name in LEVEL_NAMES), "no label (cases)"),
        tuple(rows),
        (
            "Shares of labelled cases with 95 % credible intervals; the prior is worth one case a row and gives "
            "less weight to errors further from the diagonal. To the right of the diagonal is under-triage.",
        ),
    )


def groups_table(bench: Bench) -> ReportTable:
    """Three scores of the tool by sex, age, mode of arrival and language, with the nurse's under-triage beside them."""
    nurse = bench.by_group(NURSE) if NURSE in bench.labelled else {}
    rows = []
    for (attribute, group), scores in bench.by_group().items():
        cells = [value_words(scores[name], name) for name in BY_GROUP]
        by_nurse = value_words(nurse[attribute, group][BY_GROUP[-1]], BY_GROUP[-1]) if nurse else "–"
        n_urgent = scores[BY_GROUP[-1]].n
        name = f"{attribute.replace('_', ' ')}: {group.replace('_', ' ')}"
        urgent = f"{n_urgent}{' (few)' * (n_urgent < FEW)}"
        rows.append((name, str(scores["exact_share"].n), *cells, by_nurse, urgent))
    headers = ("group", "cases", *(SCORES[name] for name in BY_GROUP), "the same, nurse", "of levels 1-2")
    notes = (f"Many groups are looked at, unadjusted. Few: under {FEW} cases of levels 1-2. Truth: "
             f"{bench.cases.yardstick_words}.",)  # fmt: skip
    return ReportTable("groups", f"By group, {bench.tool}", headers, tuple(rows), notes)


def answers_table(bench: Bench) -> ReportTable:
    """How questions ended, whether answers repeat or can be moved, how long they took and what they cost."""
    n_asked = sum(bench.outcomes.values())
    rows = [(OUTCOMES[kind], f"{n} of {n_asked}") for kind, n in bench.outcomes.items()]  # type: ignore[index]
    rows += [(OF_ANSWERS[name], value_words(share, name)) for name, share in bench.of_answers.items()]
    seconds = seconds_of(bench.answers)
    if seconds is not None:
        rows.append(("seconds to an answer: median, 95th percentile", f"{seconds[0]:.2f}, {seconds[1]:.2f}"))
    tokens = [answer.tokens for answer in bench.answers if answer.tokens is not None]
    if tokens:
        rows.append(("tokens read and written, all questions", f"{sum(tokens):,}"))
        price = bench.plan.assessor.price if isinstance(bench.plan.assessor, LlmAssessor) else None
        if price is not None:
            rows.append(("cost of these tokens, at the stated price", f"£{price * sum(tokens) / 1e6:,.2f}"))
    notes = ["Unusable answers and hand-backs stay in the denominator; neither is replaced by a guess."]
    missing = [name for name in OF_ANSWERS if name not in bench.of_answers]
    if missing:
        notes.append(f"Not measured: {'; '.join(OF_ANSWERS[name] for name in missing)}.")
    return ReportTable("answers", f"Answers, {bench.tool}", ("what", "how many (95 %)"), tuple(rows), tuple(notes))


def must_not_miss_table(bench: Bench) -> ReportTable | None:
    """How the cases were labelled that their author says must not be missed; None if there are none."""
    which = np.array([case.must_not_miss for case in bench.cases.cases])
    if not which.any():
        return None
    rows = []
    for who, labelled in bench.labelled.items():
        labels, truth = labelled.only(which).labels[:, 0], labelled.truth[which]
        n = Counter("none" if label < 0 else "under" if label > true else "safe" for label, true in
                    zip(labels.tolist(), truth.tolist(), strict=True))  # fmt: skip
        name = bench.tool if who == TOOL else who
        rows.append((name, str(int(which.sum())), str(n["under"]), str(n["none"])))
    headers = ("who", "cases", "labelled less urgent", "no label")
    return ReportTable("must_not_miss", "Cases that must not be missed (first answers)", headers, tuple(rows))


def calibration_table(bench: Bench) -> ReportTable | None:
    """How often labels are right, by the confidence stated with them; None if none is stated."""
    bins = calibration(bench)
    rows = tuple(
        (f"{100 * fifth.confidence:.0f} %", value_words(fifth.right, "exact_share"), str(fifth.right.n))
        for fifth in bins
    )
    headers = ("mean stated confidence", "right (95 %)", "cases")
    note = "Answers in fifths by confidence. A calibrated tool is right as often as it says."
    return ReportTable("calibration", f"Calibration, {bench.tool}", headers, rows, (note,)) if rows else None


def abstention_table(bench: Bench) -> ReportTable | None:
    """Scores of the labels kept if the least confident are handed back; None if no confidence is stated."""
    rows = tuple(
        (
            f"{100 * threshold.handed_back_share:.0f} %",
            value_words(threshold.exact, "exact_share"),
            value_words(threshold.under_triage_1_2, "under_triage_1_2_share"),
            str(threshold.under_triage_1_2.n),
        )
        for threshold in abstention_curve(bench)
    )
    headers = ("handed back", "exact, of the rest", "under-triage of levels 1-2", "of levels 1-2")
    title = f"If the least confident answers are handed back, {bench.tool}"
    return ReportTable("abstention", title, headers, rows) if rows else None


def about_table(bench: Bench) -> ReportTable:
    """The tool, the cases, and how the tool was asked."""
    cases, plan = bench.cases, bench.plan
    facts = {
        "tool": bench.tool,
        "intended use (stated by the vendor)": plan.intended_use,
        "device class (stated by the vendor)": plan.device_class,
        "cases": f"{cases.name}, {len(cases)}{', made up' * cases.synthetic}",
        "source of the cases": cases.source,
        "what the label means": cases.yardstick_words,
        "in a comparison, levels 1 to 5 are taken to be (assumed)": ", ".join(plan.stands_for).replace("_", " "),
        "true levels 1 to 5": ", ".join(str(int((cases.truth == level).sum())) for level in range(N_LEVELS)),
        "fingerprint of the cases": cases.fingerprint[:16],
        "times each case was asked": str(bench.labelled[TOOL].labels.shape[1]),
        "seed": str(plan.seed),
        **bench.about,
    }
    return ReportTable("about", "What was tried", ("what", "stated or counted"), tuple(facts.items()))
