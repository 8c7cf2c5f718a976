"""Known effects as text: the published interval beside the range over departments, and a sentence for each miss."""

from __future__ import annotations

import textwrap

from simulation.assurance.published.known_effects import KnownEffect, KnownEffects
from simulation.explain.statements import BANNER

WIDTH = 118


def as_lines(effects: KnownEffects) -> list[str]:
    """The lines printed: one an effect, then the reason for each miss."""
    hits = sum(row.hit for row in effects.rows)
    lines = [
        "Known effects: published trials run again, no setting chosen for them",
        f"{effects.n_departments} departments that fit the published figures, {effects.n_replications} replications of "
        f"{effects.measured_days} days. A row hits where the published interval and the range that holds nine in ten "
        "departments overlap. 'central': the mean over departments lies in it, too.",
        f"  {'':<5} {'effect':<50} {'published':>24}  {'departments, 9 of 10':>22}  {'mean (95 % interval)':>28}",
        *(_line(row) for row in effects.rows),
        f"{hits} of {len(effects.rows)} known effects hit, {sum(row.central for row in effects.rows)} of them central.",
    ]
    for row in effects.rows:
        if not row.hit:
            lines += textwrap.wrap(
                f"MISS  {row.target.name}: {row.target.note or 'no reason is stated: add a note to its target.'}",
                WIDTH,
                initial_indent="  ",
                subsequent_indent="        ",
            )
    return [*lines, BANNER]


def _line(row: KnownEffect) -> str:
    target = row.target
    scale, unit = (100.0, "points") if target.unit == "share" else (1.0, target.unit)
    published = f"{_signed(target.value, scale)} ({_signed(target.low, scale)} to {_signed(target.high, scale)})"
    over = f"{_signed(row.least, scale)} to {_signed(row.most, scale)}"
    mean = f"{_signed(row.found.mean, scale)} ({_signed(row.found.low, scale)} to {_signed(row.found.high, scale)})"
    word = "HIT" if row.hit else "MISS"
    central = ", central" if row.central else ""
    return f"  {word:<5} {target.name:<50} {published:>24}  {over:>22}  {mean:>28} {unit}{central}"


def _signed(value: float | None, scale: float) -> str:
    return "open" if value is None else f"{scale * value:+.1f}"
