"""The pictures of a card: matrix, under-triage by group, calibration, abstention, answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simulation.display.drawing import BLUE, DARK, GREY, WORSE, Picture, figure_of, png_of
from simulation.records.schema import Floats
from simulation.vetting.bench import NURSE, TOOL, Bench, abstention_curve, calibration
from simulation.vetting.bench_plan import OF_ANSWERS
from simulation.vetting.card.card_tables import group_named
from simulation.vetting.cases import N_LEVELS
from simulation.vetting.earlier import UNDER
from simulation.vetting.scores import FEW, ScoreEstimate


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
        for (true, label), share in np.ndenumerate(mean):
            colour = "white" if share > 0.55 else DARK
            ax.text(label, true, f"{100 * share:.0f}", ha="center", va="center", color=colour)
        for i in range(N_LEVELS):
            ax.add_patch(Rectangle((i - 0.5, i - 0.5), 1, 1, fill=False, edgecolor=DARK, linewidth=1.5))
        n_cases = bench.labelled[TOOL].table.sum(axis=1)
        names = [f"{level + 1} (n = {n:.0f}{', few' if n < FEW else ''})" for level, n in enumerate(n_cases)]
        ax.set_yticks(range(N_LEVELS), names)
        ax.set_xticks(range(N_LEVELS), [str(level + 1) for level in range(N_LEVELS)])
        ax.set(xlabel="label", ylabel="true level", title="Labels by true level, per cent of the row")
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
    nurse = bench.by_group(NURSE) if NURSE in bench.labelled else {}
    caption = (
        f"Groups with {FEW} cases of levels 1-2 or more; bars are exact 95 % intervals, unadjusted. Truth: "
        f"{bench.cases.yardstick_words}."
    )
    estimates = {group_named(*key, ": "): estimate for key, estimate in known.items()}
    beside = [nurse[key][UNDER] for key in known] if nurse else None
    return _whiskers("groups", "Under-triage of levels 1-2, by group", estimates, caption, beside)


def moved_picture(bench: Bench) -> Picture:
    """The shares of answers that were usable, the same when asked again, or moved by other words, with intervals."""
    estimates = {words: bench.of_answers[name] for name, words in OF_ANSWERS.items() if name in bench.of_answers}
    caption = "Exact 95 % intervals. Anybody can steer a tool that obeys a command in a complaint."
    return _whiskers("answers", "Answers: usable, repeatable, moved", estimates, caption)


def calibration_picture(bench: Bench) -> Picture | None:
    """How often labels are right against the confidence stated with them; None if none is stated."""
    bins = calibration(bench)
    if not bins:
        return None
    with figure_of(5.2, 4.6, 1, 1) as (figure, (ax,)):
        ax.plot([0, 100], [0, 100], color=GREY, linewidth=1)
        x = [100 * fifth.confidence for fifth in bins]
        y, reach = _drawn([fifth.right for fifth in bins])
        ax.errorbar(x, y, yerr=reach, color=BLUE, marker="o", capsize=3)
        ax.set(xlim=(0, 100), ylim=(0, 100), xlabel="stated confidence, per cent", ylabel="right, per cent")
        ax.set_title("Is it right as often as it says?")
        png = png_of(figure)
    points = "; ".join(f"{stated:.0f} stated, {right:.0f} right" for stated, right in zip(x, y, strict=True))
    return Picture("calibration", png, f"Confidence and share right: {points}.", "On the line: calibrated.")


def abstention_picture(bench: Bench) -> Picture | None:
    """Exact agreement and under-triage of the labels kept as more are handed back; None if no confidence is stated."""
    curve = abstention_curve(bench)
    if not curve:
        return None
    with figure_of(6.4, 4.2, 1, 1) as (figure, (ax,)):
        x = [100 * threshold.handed_back_share for threshold in curve]
        for name, colour, estimates in (
            ("exact", BLUE, [threshold.exact for threshold in curve]),
            ("levels 1-2 under-triaged", WORSE, [threshold.under_triage_1_2 for threshold in curve]),
        ):
            y, reach = _drawn(estimates)
            ax.errorbar(x, y, yerr=reach, color=colour, marker="o", capsize=2, label=name)
        ax.set(ylim=(0, 100), xlabel="handed back, per cent of labels, the least confident first")
        ax.set(ylabel="of the rest, per cent", title="What handing back gains")
        ax.legend(frameon=False)
        png = png_of(figure)
    points = "; ".join(f"{row.handed_back_share:.0%} back: {row.exact.value:.0%} exact" for row in curve)
    return Picture("abstention", png, f"{points}.", "Bars are exact 95 % intervals; fewer cases remain to the right.")


def _whiskers(
    name: str,
    title: str,
    estimates: Mapping[str, ScoreEstimate],
    caption: str,
    nurse: Sequence[ScoreEstimate] | None = None,
) -> Picture:
    """Estimates by label with their intervals, one below the other. `nurse`: the nurse's, beside them in grey."""
    with figure_of(7.6, 1.4 + 0.38 * len(estimates), 1, 1) as (figure, (ax,)):
        x, reach = _drawn([*estimates.values()])
        places = np.arange(len(estimates))[::-1]
        shift = 0.14 if nurse is not None else 0.0
        ax.errorbar(x, places + shift, xerr=reach, fmt="o", color=BLUE, capsize=3, label="tool")
        points = "; ".join(f"{label} {value:.0f}" for label, value in zip(estimates, x, strict=True))
        if nurse is not None:
            nurse_x, reach = _drawn(nurse)
            ax.errorbar(nurse_x, places - shift, xerr=reach, fmt="s", color=GREY, capsize=3, label="nurse")
            ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
            points += f". Nurse: {'; '.join(f'{value:.0f}' for value in nurse_x)}"
        ax.set_yticks(places, [*estimates])
        ax.set(ylim=(-0.6, len(estimates) - 0.4), xlim=(0, 100), xlabel="per cent", title=title)
        png = png_of(figure)
    return Picture(name, png, f"{title}, per cent: {points}.", caption)


def _drawn(estimates: Sequence[ScoreEstimate]) -> tuple[Floats, Floats]:
    """Values in per cent, shape (n,), and how far their intervals reach below and above, (2, n)."""
    values = np.array([100 * estimate.value for estimate in estimates])
    down = [100 * (estimate.value - estimate.low) for estimate in estimates]
    up = [100 * (estimate.high - estimate.value) for estimate in estimates]
    return values, np.clip(np.nan_to_num(np.array([down, up])), 0, None)
