"""The figure of what an ensemble identifies: where the parameters of departments that fit lie within their priors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulation.display.drawing import BLUE, DARK, GREY, PALE, Picture, figure_of, png_of
from simulation.records.schema import Floats

NAME = "identified"


def identified(names: Sequence[str], points: Floats, contraction: Sequence[float], *, least: float) -> Picture:
    """A bar for each parameter, in the order given.

    `points`: values within their ranges, 0 the lowest and 1 the highest, shape (n_departments, n_parameters);
    `contraction`: by parameter, how much narrower the values lie than the range, a share; under `least` the parameter
    is not identified.
    """
    low, first, middle, third, high = np.percentile(points, (5, 25, 50, 75, 95), axis=0)
    rows = np.arange(len(names))[::-1]
    with figure_of(8, 1.2 + 0.26 * len(names), 1, 1) as (figure, (ax,)):
        colours = [BLUE if share >= least else GREY for share in contraction]
        ax.barh(rows, 1, color=PALE, height=0.7)
        ax.barh(rows, high - low, left=low, color=colours, height=0.22)
        ax.barh(rows, third - first, left=first, color=colours, height=0.5)
        ax.plot(middle, rows, "|", color=DARK, markersize=9, markeredgewidth=2)
        for row, share in zip(rows, contraction, strict=True):
            ax.text(1.02, row, f"{share:.0%}", va="center", color=DARK if share >= least else GREY)
        ax.set_yticks(rows, [name.replace("_", " ") for name in names])
        ax.tick_params(axis="y", length=0)
        ax.set_xlim(0, 1)
        ax.set_ylim(-0.7, len(names) - 0.3)
        ax.set_xticks([0, 0.5, 1], ["lowest", "middle of the range", "highest"])
        ax.set_title("What the targets settle about a department, and what they leave open", fontsize=11)
        png = png_of(figure)
    n_identified = sum(share >= least for share in contraction)
    caption = (
        f"Values of {len(points)} departments that meet every target, within the ranges of the priors. Thin bars: "
        f"5th to 95th percentile; thick bars: the middle half. On the right: how much narrower the values lie than "
        f"the priors; grey: under {least:.0%}, not identified."
    )
    alt = f"{n_identified} of {len(names)} parameters lie at least {least:.0%} narrower than their ranges."
    return Picture(NAME, png, alt, caption)
