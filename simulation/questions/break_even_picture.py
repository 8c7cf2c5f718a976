"""The frontier of a break-even: the seconds that a tool must save, by the share of patients for whom it is used."""

from __future__ import annotations

import math

import numpy as np

from simulation.display.drawing import BLUE, GREY, WORSE, Picture, figure_of, png_of
from simulation.questions.break_even import BreakEven, Frontier

SHADED = "#dce9f5"


def frontier_picture(frontier: Frontier, seconds: BreakEven, adoption: float, arm: str, against: str) -> Picture:
    """The line of seconds over adoption on which an arm draws level with another; above it the arm does more.

    `seconds`: the break-even at the stated adoption; `adoption`: that share; `arm`, `against`: labels.
    """
    both = zip(frontier.adoption, frontier.seconds, strict=True)
    known = [(share, value) for share, value in both if math.isfinite(value)]
    shares = np.array([100 * share for share, _ in known])
    values = np.array([value for _, value in known])
    stated = seconds.quantity.stated
    across = seconds.range
    ends = [end for end in (across[1:] if across is not None else ()) if math.isfinite(end)]
    top = 1.25 * max([stated, *values, *ends])
    with figure_of(6.4, 4.6, 1, 1) as (figure, (ax,)):
        if len(known) > 1:
            ax.fill_between(shares, values, top, color=SHADED, linewidth=0, label="does more")
        ax.plot(shares, values, color=BLUE, marker="o", linewidth=2, label="draws level")
        if across is not None:
            low, high = (min(max(end, 0.0), top) for end in across[1:])
            ax.plot([100 * adoption] * 2, [low, high], color=GREY, linewidth=4, alpha=0.6, label="departments")
        ax.plot([100 * adoption], [stated], color=WORSE, marker="D", markersize=8, linestyle="none", label="as stated")
        ax.set_xlim(0, 104)
        ax.set_ylim(0, top)
        ax.set_xlabel("share of its patients for whom it is used, %")
        ax.set_ylabel("seconds saved for each such patient")
        ax.set_title(f"What '{arm}' needs\nto do as much as '{against}'", fontsize=10, fontweight="bold", loc="left")
        figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
        png = png_of(figure)
    points = "; ".join(f"{value:.0f} s at {share:.0f} %" for share, value in zip(shares, values, strict=True))
    return Picture(
        "frontier",
        png,
        f"Seconds that '{arm}' must save for each patient for whom it is used, to do as much as '{against}': "
        f"{points}. As "
        f"stated: {stated:g} s at {100 * adoption:.0f} %.",
        "Above the line it does more, on average over departments. The bar: break-evens of single departments.",
    )
