"""What an arm costs whose tool does everything, beside the nurse arm (`study=ablation`, a year, one core).

Both arms meet the same drawn patients. The part from triage to the measures is what an arm adds to a replication;
with the draws, which all arms of a replication share, it is what an arm by itself costs.
"""

from __future__ import annotations

from functools import partial
from statistics import median

from measuring import Cell, Table, one_core, options, spread, timed, times
from whole import SEED, measured_from

import simulation as ae
from simulation.patients import draw
from simulation.questions.ablation import coalitions

DAYS = 365


def main() -> None:
    """Measure, print and keep."""
    args = options(__doc__ or "", rounds=7)
    days = 14 if args.small else DAYS
    study = ae.load("study=ablation", "engine=compiled")
    arms = {arm.name: arm for arm in study.arms}
    nurse = study.baseline
    every = arms[study.design.combination(coalitions(study.design)[-1])]
    draws = {
        arm.name: draw(arm.pathway, seed=SEED, replication=0, days=days) for arm in (nurse, every)
    }
    variants = {arm.name: partial(_arm, arm, draws[arm.name], days) for arm in (nurse, every)}
    whole = {f"{arm.name}, with draws": partial(_whole, arm, days) for arm in (nurse, every)}
    with one_core():
        seconds = timed({**variants, **whole}, args.rounds)
    rows: list[list[Cell]] = []
    for label, suffix in (("triage to measures", ""), ("draws to measures", ", with draws")):
        one, all_levers = (seconds[f"{arm.name}{suffix}"] for arm in (nurse, every))
        rows.append(
            [
                label,
                1000 * median(one),
                1000 * median(all_levers),
                times(all_levers, one),
                spread(all_levers, one),
            ]
        )
    Table(
        "levers",
        [
            "stage",
            "nurse arm, ms",
            f"all {len(every.arm.levers)} levers, ms",
            "times the nurse arm",
            "range of rounds",
        ],
        rows,
        [
            f"`study=ablation`, {days} days, compiled and warm, {args.rounds} rounds, the same patients in both arms."
        ],
    ).keep(small=args.small)


def _arm(arm, draws, days, number):  # type: ignore[no-untyped-def]
    return measured_from(arm, draws, days)


def _whole(arm, days, number):  # type: ignore[no-untyped-def]
    return measured_from(arm, draw(arm.pathway, seed=SEED, replication=number, days=days), days)


if __name__ == "__main__":
    main()
