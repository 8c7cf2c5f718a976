"""The pictures of a card: matrix, under-triage by group, calibration, abstention, answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulation.display.drawing import BLUE, DARK, GREY, WORSE, Picture, figure_of, png_of
from simulation.records.schema import Floats
from simulation.vetting.bench import NURSE, TOOL, Bench, abstention_curve, calibration
from simulation.vetting.cases import N_LEVELS
from simulation.vetting.criteria import OF_ANSWERS
from simulation.vetting.intervals import Estimate
from simulation.vetting.scores import FEW

UNDER = "under_triage_1_2_share"


def card_pictures(bench: Bench) -> list[Picture]:
    """Every picture that the bench allows, in the order of the page."""
    makers = (matrix_picture, groups_picture, calibration_picture, abstention_picture, moved_picture)
    return [picture for make in makers if (picture := make(bench)) is not None]


def matrix_picture(bench: Bench) -> Picture:
    """How often each true level got each label, in per cent of the true level."""
    from matplotlib.patches import Rectangle

    mean, _, _ = bench.matrix()
    with figure_of(6.4, 4.6, 1, 1) as (figure, (ax,)):
        ax.imshow(mean, cmap="Blues", vmin=0, vmax=1)
        for i in range(N_LEVELS):
            for k in range(N_LEVELS):
                colour = "white" if mean[i, k] > 0.55 else DARK
                ax.text(k, i, f"{100 * mean[i, k]:.0f}", ha="center", va="center", color=colour)
            ax.add_patch(Rectangle((i - 0.5, i - 0.5), 1, 1, fill=False, edgecolor=DARK, linewidth=1.5))
        n_cases = bench.labelled[TOOL].table.sum(axis=1)
        names = [f"{level + 1} (n = {n:.0f}{', few' if n < FEW else ''})" for level, n in enumerate(n_cases)]
        ax.set_yticks(range(N_LEVELS), names)
        ax.set_xticks(range(N_LEVELS), [str(level + 1) for level in range(N_LEVELS)])
        ax.set_xlabel("label")
        ax.set_ylabel("true level")
        ax.set_title("Labels by true level, per cent of the row")
        png = png_of(figure)
    rows = "; ".join(f"true {i + 1}: " + ", ".join(f"{100 * share:.0f}" for share in mean[i]) for i in range(N_LEVELS))
    caption = (
        "Right of the framed diagonal is under-triage. Shares include the prior, which is worth one case a row. "
        f"Few: under {FEW} cases, so read the intervals in the table. Truth: {bench.cases.yardstick_words}."
    )
    return Picture("matrix", png, f"Per cent labelled 1 to 5, by true level. {rows}.", caption)


def groups_picture(bench: Bench) -> Picture | None:
    """Under-triage of true levels 1-2 by group, with intervals; None if no group has enough cases."""
    known = {key: scores[UNDER] for key, scores in bench.by_group().items() if scores[UNDER].n >= FEW}
    if not known:
        return None
    names = [f"{attribute.replace('_', ' ')}: {group.replace('_', ' ')}" for attribute, group in known]
    nurse = bench.by_group(NURSE) if NURSE in bench.labelled else {}
    beside = [nurse[key][UNDER] for key in known] if nurse else None
    caption = (
        f"Groups with {FEW} cases of levels 1-2 or more; bars are exact 95 % intervals, unadjusted. Truth: "
        f"{bench.cases.yardstick_words}."
    )
    title = "Under-triage of levels 1-2, by group"
    return _whiskers("groups", title, names, list(known.values()), "per cent", caption, beside)


def moved_picture(bench: Bench) -> Picture | None:
    """The shares of answers that were usable, the same when asked again, or moved by other words, with intervals."""
    names = [name for name in OF_ANSWERS if name in bench.of_answers]
    estimates = [bench.of_answers[name] for name in names]
    caption = "Exact 95 % intervals. Anybody can steer a tool that obeys a command in a complaint."
    words = [OF_ANSWERS[name] for name in names]
    return _whiskers("answers", "Answers: usable, repeatable, moved", words, estimates, "per cent", caption)


def calibration_picture(bench: Bench) -> Picture | None:
    """How often labels are right against the confidence stated with them; None if none is stated."""
    bins = calibration(bench)
    if not bins:
        return None
    with figure_of(5.2, 4.6, 1, 1) as (figure, (ax,)):
        ax.plot([0, 100], [0, 100], color=GREY, linewidth=1)
        x = [100 * fifth.confidence for fifth in bins]
        y = [100 * fifth.right.value for fifth in bins]
        ax.errorbar(x, y, yerr=_reach([fifth.right for fifth in bins]), color=BLUE, marker="o", capsize=3)
        ax.set_xlim(0, 100)
        ax.set_ylim(0, 100)
        ax.set_xlabel("stated confidence, per cent")
        ax.set_ylabel("right, per cent")
        ax.set_title("Is it right as often as it says?")
        png = png_of(figure)
    points = "; ".join(f"{stated:.0f} stated, {right:.0f} right" for stated, right in zip(x, y, strict=True))
    return Picture("calibration", png, f"Confidence and share right: {points}.", "On the line: calibrated.")


def abstention_picture(bench: Bench) -> Picture | None:
    """Exact agreement and under-triage of the labels kept as more are handed back; None if no confidence is stated."""
    rows = abstention_curve(bench)
    if not rows:
        return None
    with figure_of(6.4, 4.2, 1, 1) as (figure, (ax,)):
        x = [100 * row.handed_back_share for row in rows]
        for name, colour, estimates in (
            ("exact", BLUE, [row.exact for row in rows]),
            ("levels 1-2 under-triaged", WORSE, [row.under_triage_1_2 for row in rows]),
        ):
            y = np.array([100 * estimate.value for estimate in estimates])
            ax.errorbar(x, y, yerr=_reach(estimates), color=colour, marker="o", capsize=2, label=name)
        ax.set_ylim(0, 100)
        ax.set_xlabel("handed back, per cent of labels, the least confident first")
        ax.set_ylabel("of the rest, per cent")
        ax.set_title("What handing back gains")
        ax.legend(frameon=False)
        png = png_of(figure)
    points = "; ".join(f"{row.handed_back_share:.0%} back: {row.exact.value:.0%} exact" for row in rows)
    return Picture("abstention", png, f"{points}.", "Bars are exact 95 % intervals; fewer cases remain to the right.")


def _whiskers(
    name: str,
    title: str,
    labels: Sequence[str],
    estimates: Sequence[Estimate],
    unit: str,
    caption: str,
    nurse: Sequence[Estimate] | None = None,
) -> Picture:
    """Estimates with their intervals, one below the other. `nurse`: the nurse's, drawn beside the tool's in grey."""
    with figure_of(7.6, 1.4 + 0.38 * len(labels), 1, 1) as (figure, (ax,)):
        x = [100 * estimate.value for estimate in estimates]
        places = np.arange(len(labels))[::-1]
        shift = 0.14 if nurse is not None else 0.0
        ax.errorbar(x, places + shift, xerr=_reach(estimates), fmt="o", color=BLUE, capsize=3, label="tool")
        if nurse is not None:
            nurse_x = [100 * estimate.value for estimate in nurse]
            ax.errorbar(nurse_x, places - shift, xerr=_reach(nurse), fmt="s", color=GREY, capsize=3, label="nurse")
            ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        ax.set_yticks(places, list(labels))
        ax.set_ylim(-0.6, len(labels) - 0.4)
        ax.set_xlim(0, 100)
        ax.set_xlabel(unit)
        ax.set_title(title)
        png = png_of(figure)
    points = "; ".join(f"{label} {value:.0f}" for label, value in zip(labels, x, strict=True))
    if nurse is not None:
        points += f". Nurse: {'; '.join(f'{100 * estimate.value:.0f}' for estimate in nurse)}"
    return Picture(name, png, f"{title}, {unit}: {points}.", caption)


def _reach(estimates: Sequence[Estimate]) -> Floats:
    """How far intervals reach below and above, in per cent, shape (2, n)."""
    down = [100 * (estimate.value - estimate.low) for estimate in estimates]
    up = [100 * (estimate.high - estimate.value) for estimate in estimates]
    reach: Floats = np.clip(np.nan_to_num(np.array([down, up])), 0, None)
    return reach
