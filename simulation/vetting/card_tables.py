"""The tables and pictures of a card. Every score comes with its 95 % interval and the yardstick of the truth.

Titles, headings and notes of the tables are in `facts/card_tables.yaml`. The last two tables are what a bench gives a
public body to file: rows for a hazard log, and which items of the binding texts it covers. Severity, residual risk and
owner of a hazard are left blank for the clinical safety officer, who also decides whether a control is enough. An item
of the texts is covered `partly` or `no`, never in full, and its status says who must supply the rest; nothing says that
a tool meets any of them. The texts are as read in November 2026: NICE, Evidence standards framework for digital health
technologies (ECD7, 21 standards); TRIPOD-LLM (Gallifant et al. 2025, Nat Med 31:60-69, by topic); the NHS's own checks
by their names. Hazards and items are in `facts/`, in our words.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from simulation.display.drawing import BLUE, DARK, GREY, WORSE, Picture, figure_of, png_of
from simulation.display.table import ReportTable
from simulation.records.schema import Floats
from simulation.vetting.assessors import AnswersAssessor
from simulation.vetting.bench import NURSE, OF_ANSWERS, TOOL, Bench, abstention_curve, calibration
from simulation.vetting.cases import N_LEVELS, NO_LABEL, OUTCOMES, facts
from simulation.vetting.llm import LlmAssessor
from simulation.vetting.policy_file import double_misses
from simulation.vetting.score_words import difference_words, value_words, verdict_on, verdict_row
from simulation.vetting.scores import (
    FEW,
    HIGH_SHARES,
    SCORES,
    Estimates,
    ScoreEstimate,
    share_of,
)
from simulation.vetting.version_change import UNDER, VersionChange
from simulation.wording import spaced

BY_GROUP = ("exact_share", "under_share", UNDER)


Rows = Iterator[tuple[str, ...]]


def card_tables(bench: Bench, change_since: VersionChange | None) -> list[ReportTable]:
    """Every table, in the order of the page; the change since an earlier card follows the criteria."""
    others = [table_of(bench, kind, rows_of(bench)) for kind, rows_of in OF_A_BENCH.items()]
    return [
        table_of(bench, "criteria", map(verdict_row, bench.verdicts)),
        *(change_tables(bench, change_since) if change_since is not None else ()),
        scores_table(bench),
        *(differences_table(bench, other) for other in bench.labelled if other != TOOL),
        *(table for table in others if table.rows or table.kind not in ON_CONDITION),
    ]


def table_of(
    bench: Bench, kind: str, rows: Iterable[tuple[str, ...]], *, name: str = "", **words: str
) -> ReportTable:
    """A table with the title, headings and notes that the facts state for its `kind`.

    `name`: the table's own, if it is not its kind; `words`: what fills the places in braces, besides the tool, the
    truth, the number of cases and the scores in words.
    """
    stated = facts("card_tables")[kind]
    words |= {
        **SCORES,
        "tool": bench.tool,
        "truth": bench.cases.yardstick_words,
        "n": str(len(bench.cases)),
    }
    words |= {
        "made_up": "; the cases are made up" * bench.cases.synthetic,
        "missing": not_measured(bench),
    }
    headers = (text.format(**words) for text in stated["headers"])
    notes = (text.format(few=FEW, **words) for text in stated.get("notes", ()))
    return ReportTable(
        name or kind,
        stated["title"].format(**words),
        tuple(headers),
        tuple(rows),
        tuple(filter(None, notes)),
    )


def group_named(attribute: str, group: str, between: str = " ") -> str:
    """The name of a group: 'arrival mode walk in'."""
    return spaced(f"{attribute}{between}{group}")


def scores_table(bench: Bench) -> ReportTable:
    """Every score of the tool, the nurse and the comparators."""
    rows = [
        (words, *(value_words(scores[name], name) for scores in bench.scores.values()))
        for name, words in SCORES.items()
    ]
    table = table_of(bench, "scores", rows)
    return replace(table, headers=(*table.headers, *map(bench.name_of, bench.labelled)))


def differences_table(bench: Bench, other: str) -> ReportTable:
    """Scores of the tool minus those of another assessor on the same cases."""
    who = f"the {other}" if other == NURSE else other
    rows = _difference_rows(bench.against[other])
    return table_of(bench, "against", rows, name=f"against_{other.replace(' ', '_')}", other=who)


def change_tables(bench: Bench, since: VersionChange) -> list[ReportTable]:
    """This version minus the earlier one on the same cases: each score, and each margin of the criteria by group."""
    words = {"other": since.earlier_tool, "line": since.line}
    margins = [
        verdict_row(verdict, f"the earlier {since.earlier_tool}") for verdict in since.verdicts
    ]
    return [
        table_of(bench, "changed", _difference_rows(since.differences), **words),
        *([table_of(bench, "changed_margins", margins, **words)] if margins else ()),
    ]


def _difference_rows(differences: Estimates) -> list[tuple[str, str, str]]:
    """Each score's words, its difference and the verdict on it."""
    return [
        (words, difference_words(differences[name], name), verdict_on(differences[name], name))
        for name, words in SCORES.items()
    ]


def matrix_rows(bench: Bench) -> Rows:
    """How often each true level got each label, with credible intervals."""
    counts = bench.labelled[TOOL].table
    for level, shares in enumerate(100 * np.stack(bench.matrix, axis=-1)):
        cells = [f"{mean:.0f} % ({low:.0f} to {high:.0f})" for mean, low, high in shares]
        n = counts[level].sum()
        few = f" (fewer than {FEW})" if n < FEW else ""
        yield f"true {level + 1}: {n:.0f} cases{few}", *cells, f"{counts[level, N_LEVELS]:.1f}"


def groups_rows(bench: Bench) -> Rows:
    """Three scores of the tool by sex, age, mode of arrival and language, with the nurse's under-triage beside them."""
    nurse = bench.by_group[NURSE]
    for group, scores in bench.by_group[TOOL].items():
        cells = [value_words(scores[name], name) for name in BY_GROUP]
        by_nurse = value_words(nurse[group][UNDER], UNDER) if nurse else "–"
        n_urgent = scores[UNDER].n
        urgent = f"{n_urgent}{' (few)' * (n_urgent < FEW)}"
        yield group_named(*group, ": "), str(scores["exact_share"].n), *cells, by_nurse, urgent


def answers_rows(bench: Bench) -> Rows:
    """How questions ended, whether answers repeat or can be moved, how long they took and what they cost."""
    n_asked = sum(bench.outcomes.values())
    for kind, n in bench.outcomes.items():
        yield OUTCOMES[kind], f"{n} of {n_asked}"
    for name, share in bench.of_answers.items():
        yield OF_ANSWERS[name], value_words(share, name)
    seconds = [answer.seconds for answer in bench.answers if answer.seconds is not None]
    if seconds:
        span_of = f"{np.median(seconds):.2f}, {np.quantile(seconds, 0.95):.2f}"
        yield "seconds to an answer: median, 95th percentile", span_of
    tokens = [answer.tokens for answer in bench.answers if answer.tokens is not None]
    if tokens:
        yield "tokens read and written, all questions", f"{sum(tokens):,}"
        price = bench.plan.assessor.price if isinstance(bench.plan.assessor, LlmAssessor) else None
        if price is not None:
            yield "cost of these tokens, at the stated price", f"£{price * sum(tokens) / 1e6:,.2f}"


def not_measured(bench: Bench) -> str:
    """The scores of answers that were not measured, in words; '' if all were."""
    missing = [words for name, words in OF_ANSWERS.items() if name not in bench.of_answers]
    return f"Not measured: {'; '.join(missing)}." if missing else ""


def must_not_miss_rows(bench: Bench) -> Rows:
    """How the cases were labelled that their author says must not be missed; no rows if there are none."""
    which = np.array([case.must_not_miss for case in bench.cases.cases])
    for who, labelled in bench.labelled.items() if which.any() else ():
        labels = labelled.labels[which, 0]
        counts = which.sum(), (labels > labelled.truth[which]).sum(), (labels == NO_LABEL).sum()
        yield bench.name_of(who), *map(str, counts)


def calibration_rows(bench: Bench) -> Rows:
    """How often labels are right, by the confidence stated with them; no rows if none is stated."""
    for stated, right in calibration(bench):
        yield f"{100 * stated:.0f} %", value_words(right, "exact_share"), str(right.n)


def abstention_rows(bench: Bench) -> Rows:
    """Scores of the labels kept if the least confident are handed back; no rows if no confidence is stated."""
    for share, exact, under in abstention_curve(bench):
        yield (
            f"{100 * share:.0f} %",
            value_words(exact, "exact_share"),
            value_words(under, UNDER),
            str(under.n),
        )


def about_rows(bench: Bench) -> Rows:
    """The tool, the cases, and how the tool was asked."""
    cases, plan = bench.cases, bench.plan
    rows = {
        "tool": bench.tool,
        "intended use (stated by the vendor)": plan.intended_use,
        "device class (stated by the vendor)": plan.device_class,
        "cases": f"{cases.name}, {len(cases)}{', made up' * cases.synthetic}",
        "source of the cases": cases.source,
        "what the label means": cases.yardstick_words,
        "in a comparison, levels 1 to 5 are taken to be (assumed)": spaced(
            ", ".join(plan.stands_for)
        ),
        "true levels 1 to 5": ", ".join(
            str(n) for n in np.bincount(cases.truth, minlength=N_LEVELS)
        ),
        "fingerprint of the cases": cases.fingerprint[:16],
        "times each case was asked": str(bench.labelled[TOOL].labels.shape[1]),
        "seed": str(plan.seed),
        **_errs_together(bench),
        **bench.about,
    }
    yield from rows.items()


def _errs_together(bench: Bench) -> dict[str, str]:
    """How often the tool repeats the nurse's under-triage, on the bench and in a comparison; empty if she made none."""
    on_bench, simulated = double_misses(bench) if NURSE in bench.labelled else (np.nan, np.nan)
    if np.isnan(on_bench):
        return {}
    what = "of levels 1-2 that the nurse under-triages, under-triaged by the tool too"
    return {what: f"{100 * on_bench:.0f} % on the bench, {100 * simulated:.0f} % in a comparison"}


def card_pictures(bench: Bench) -> list[Picture]:
    """Every picture that the bench allows, in the order of the page."""
    makers = (
        matrix_picture,
        groups_picture,
        calibration_picture,
        abstention_picture,
        moved_picture,
    )
    return [picture for make in makers if (picture := make(bench)) is not None]


def matrix_picture(bench: Bench) -> Picture:
    """How often each true level got each label, in per cent of the true level."""
    from matplotlib.patches import Rectangle

    mean, _, _ = bench.matrix
    with figure_of(6.4, 4.6, 1, 1) as (figure, (ax,)):
        ax.imshow(mean, cmap="Blues", vmin=0, vmax=1)
        for (true, label), share in np.ndenumerate(mean):
            colour = "white" if share > 0.55 else DARK
            ax.text(label, true, f"{100 * share:.0f}", ha="center", va="center", color=colour)
        for i in range(N_LEVELS):
            ax.add_patch(
                Rectangle((i - 0.5, i - 0.5), 1, 1, fill=False, edgecolor=DARK, linewidth=1.5)
            )
        n_cases = bench.labelled[TOOL].table.sum(axis=1)
        names = [
            f"{level + 1} (n = {n:.0f}{', few' if n < FEW else ''})"
            for level, n in enumerate(n_cases)
        ]
        ax.set_yticks(range(N_LEVELS), names)
        ax.set_xticks(range(N_LEVELS), [str(level + 1) for level in range(N_LEVELS)])
        ax.set(
            xlabel="label", ylabel="true level", title="Labels by true level, per cent of the row"
        )
        png = png_of(figure)
    rows = "; ".join(
        f"true {i + 1}: " + ", ".join(f"{100 * share:.0f}" for share in mean[i])
        for i in range(N_LEVELS)
    )
    caption = (
        "Right of the framed diagonal is under-triage. Shares include the prior, which is worth one case a row. "
        f"Few: under {FEW} cases, so read the intervals in the table. Truth: {bench.cases.yardstick_words}."
    )
    return Picture("matrix", png, f"Per cent labelled 1 to 5, by true level. {rows}.", caption)


def groups_picture(bench: Bench) -> Picture | None:
    """Under-triage of true levels 1-2 by group, with intervals; None if no group has enough cases."""
    known = {
        key: scores[UNDER] for key, scores in bench.by_group[TOOL].items() if scores[UNDER].n >= FEW
    }
    if not known:
        return None
    nurse = bench.by_group[NURSE]
    caption = (
        f"Groups with {FEW} cases of levels 1-2 or more; bars are exact 95 % intervals, unadjusted. Truth: "
        f"{bench.cases.yardstick_words}."
    )
    estimates = {group_named(*key, ": "): estimate for key, estimate in known.items()}
    beside = [nurse[key][UNDER] for key in known if nurse]
    return _whiskers("groups", "Under-triage of levels 1-2, by group", estimates, caption, beside)


def moved_picture(bench: Bench) -> Picture:
    """The shares of answers that were usable, the same when asked again, or moved by other words, with intervals."""
    estimates = {OF_ANSWERS[name]: share for name, share in bench.of_answers.items()}
    caption = "Exact 95 % intervals. Anybody can steer a tool that obeys a command in a complaint."
    return _whiskers("answers", "Answers: usable, repeatable, moved", estimates, caption)


def calibration_picture(bench: Bench) -> Picture | None:
    """How often labels are right against the confidence stated with them; None if none is stated."""
    bins = calibration(bench)
    if not bins:
        return None
    stated, right = zip(*bins, strict=True)
    x, (y, reach) = [100 * confidence for confidence in stated], _measure_bars(right)
    with figure_of(5.2, 4.6, 1, 1) as (figure, (ax,)):
        ax.plot([0, 100], [0, 100], color=GREY, linewidth=1)
        ax.errorbar(x, y, yerr=reach, color=BLUE, marker="o", capsize=3)
        ax.set(
            xlim=(0, 100),
            ylim=(0, 100),
            xlabel="stated confidence, per cent",
            ylabel="right, per cent",
        )
        ax.set_title("Is it right as often as it says?")
        png = png_of(figure)
    points = "; ".join(
        f"{said:.0f} stated, {true:.0f} right" for said, true in zip(x, y, strict=True)
    )
    return Picture(
        "calibration", png, f"Confidence and share right: {points}.", "On the line: calibrated."
    )


def abstention_picture(bench: Bench) -> Picture | None:
    """Exact agreement and under-triage of the labels kept as more are handed back; None if no confidence is stated."""
    curve = abstention_curve(bench)
    if not curve:
        return None
    shares, exact, under = zip(*curve, strict=True)
    with figure_of(6.4, 4.2, 1, 1) as (figure, (ax,)):
        for name, colour, estimates in (
            ("exact", BLUE, exact),
            ("levels 1-2 under-triaged", WORSE, under),
        ):
            y, reach = _measure_bars(estimates)
            x = [100 * share for share in shares]
            ax.errorbar(x, y, yerr=reach, color=colour, marker="o", capsize=2, label=name)
        ax.set(ylim=(0, 100), xlabel="handed back, per cent of labels, the least confident first")
        ax.set(ylabel="of the rest, per cent", title="What handing back gains")
        ax.legend(frameon=False)
        png = png_of(figure)
    points = "; ".join(f"{share:.0%} back: {score.value:.0%} exact" for share, score, _ in curve)
    return Picture(
        "abstention",
        png,
        f"{points}.",
        "Bars are exact 95 % intervals; fewer cases remain to the right.",
    )


def _whiskers(
    name: str,
    title: str,
    estimates: Estimates,
    caption: str,
    nurse: Sequence[ScoreEstimate] = (),
) -> Picture:
    """Estimates by label with their intervals, one below the other. `nurse`: the nurse's, beside them in grey."""
    with figure_of(7.6, 1.4 + 0.38 * len(estimates), 1, 1) as (figure, (ax,)):
        x, reach = _measure_bars([*estimates.values()])
        places = np.arange(len(estimates))[::-1]
        shift = 0.14 if nurse else 0.0
        ax.errorbar(x, places + shift, xerr=reach, fmt="o", color=BLUE, capsize=3, label="tool")
        points = "; ".join(
            f"{label} {value:.0f}" for label, value in zip(estimates, x, strict=True)
        )
        if nurse:
            nurse_x, reach = _measure_bars(nurse)
            ax.errorbar(
                nurse_x, places - shift, xerr=reach, fmt="s", color=GREY, capsize=3, label="nurse"
            )
            ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
            points += f". Nurse: {'; '.join(f'{value:.0f}' for value in nurse_x)}"
        ax.set_yticks(places, [*estimates])
        ax.set(ylim=(-0.6, len(estimates) - 0.4), xlim=(0, 100), xlabel="per cent", title=title)
        png = png_of(figure)
    return Picture(name, png, f"{title}, per cent: {points}.", caption)


def _measure_bars(estimates: Sequence[ScoreEstimate]) -> tuple[Floats, Floats]:
    """Values in per cent, shape (n,), and how far their intervals reach below and above, (2, n)."""
    value, low, high = np.array([estimate[:3] for estimate in estimates]).T
    return 100 * value, 100 * np.clip(np.nan_to_num([value - low, high - value]), 0, None)


OF_URGENT = {*HIGH_SHARES, "both_under_triage", "worst_group"}
"""The frequencies that are of cases of true levels 1-2."""


def hazards_rows(bench: Bench) -> Rows:
    """A row for each hazard, numbered H1, H2 and on; severity, residual risk and owner are blank on purpose."""
    under = {group: scores[UNDER] for group, scores in bench.by_group[TOOL].items()}
    known = {group: estimate for group, estimate in under.items() if estimate.n >= FEW}
    named = {
        "worst_group": "",
        "small_groups": ", ".join(group_named(*group) for group in under if group not in known),
    }
    measured = _measured(bench)
    if known:
        worst = max(known, key=lambda group: np.nan_to_num(known[group].value, nan=-1.0))
        named["worst_group"], measured["worst_group"] = group_named(*worst), known[worst]
    for number, hazard in enumerate(facts("hazards"), start=1):
        of = hazard.get("of", "")
        cause = hazard["cause"] if named.get(of, "-") else hazard["cause_without"]
        words = (
            cause.format(few=FEW, groups=named.get(of)),
            hazard["effect"],
            _frequency(of, measured),
        )
        yield f"H{number}", *words, hazard["control"], "", "", ""


def _measured(bench: Bench) -> Estimates:
    """What was measured of the tool as a whole, by the name that a hazard has for it."""
    measured = {**bench.scores[TOOL], **bench.of_answers}
    if (
        same := measured.get("repeatable_share")
    ) is not None:  # the hazard is an answer that does not repeat
        measured["not_repeated_share"] = same._replace(
            value=1 - same.value, low=1 - same.high, high=1 - same.low
        )
    if (
        NURSE in bench.labelled
    ):  # both under-triage the same patient, so she would not have caught it
        tool, nurse = (bench.labelled[who].shares_of_cases(UNDER) for who in (TOOL, NURSE))
        measured["both_under_triage"] = share_of(tool * nurse)
    return measured


def _frequency(of: str, measured: Estimates) -> str:
    """'23.3 % (14.8 to 33.6), of 86 cases of true levels 1-2'."""
    estimate = measured.get(of)
    if estimate is None:
        return "not measured"
    whom = "cases of true levels 1-2" if of in OF_URGENT else "cases"
    return f"{value_words(estimate, of)}, of {estimate.n} {whom}" if estimate.n else "no case"


def coverage_rows(bench: Bench) -> Rows:
    """Every item, whether this bench covers it, and who answers for it."""
    answered_by_vendor = isinstance(bench.plan.assessor, AnswersAssessor)
    for text, items in facts("coverage").items():
        for item in items:
            covered, where, status = item["covered"], item["where"], item["status"]
            if item.get("of_patients") and bench.cases.synthetic:
                covered, where = "no", "the cases are made up"
            if item.get("of_maker") and answered_by_vendor:
                status = "stated by the vendor"
            yield text, item["item"], covered, status, where


ON_CONDITION = ("must_not_miss", "calibration", "abstention")
"""Tables that are left out if they have no rows."""
OF_A_BENCH: Mapping[str, Callable[[Bench], Rows]] = {
    "matrix": matrix_rows,
    "groups": groups_rows,
    "answers": answers_rows,
    "must_not_miss": must_not_miss_rows,
    "calibration": calibration_rows,
    "abstention": abstention_rows,
    "about": about_rows,
    "hazards": hazards_rows,
    "coverage": coverage_rows,
}
"""The rows of each further table by its kind, in the order of the page."""
