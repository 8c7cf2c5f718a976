"""How often `aeflow narrow` holds for a department that it has not seen: each of a stored run is left out in turn.

With `--structures` all departments of its cause and structure are left out with it, so that its rota is a new one.

The figures of one replication of a department are taken for a hospital's own, over as many days, as a planner rounds
them (whole minutes, whole per cent, size to 10); the others are the run; and the effect in the department's other
replication is asked for, the noise of one replication of a department of its cause allowed for. Of each arm the table
says how often the 90 % range held it, by what makes patients wait, and how wide the range was beside that of all
departments; then which departments were missed by three arms or more, and how often the figures point to their cause.

    python tests/long/narrow_held_out.py results/latest
    python tests/long/narrow_held_out.py results/latest walk_in_triage_wait_mean busy_by_day_share:pool=doctors

Then 2,000 arms without an effect, each the sham's differences with signs drawn anew for every replication, are asked
about at the figures of a replication drawn at random: how often are they given a direction?

Nothing is simulated; half a minute. Exit code 1: an arm is held in less than 85 % or more than 97 % of all, or in less
than 80 % of a cause's, or more than 5 % of the arms without an effect are given a direction.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

import simulation as ae
from simulation.questions.narrow import SIZE, _by_wait
from simulation.records.schema import Floats
from simulation.runs.result import StudyResult
from simulation.statistics.departments import MIN_DEPARTMENTS, MIN_EACH, n_departments
from simulation.statistics.narrowing import LEVEL, Local, Narrowed, _usual, narrow
from simulation.statistics.variance_components import components

ASKED, ASKED_OF_CAUSE = (0.85, 0.97), 0.8
N_NULLS, N_AT_ONCE, MOST_DIRECTED, MANY_ARMS = 2000, 20, 0.05, 3
OF_PAGE = (
    "walk_in_triage_wait_mean",
    "walk_in_triage_minutes_mean",
    "on_duty_by_day_mean:pool=triage_nurses",
    "handover_over_30_share",
    "busy_by_day_share:pool=doctors",
)
"""The figures of docs/how-to/narrow.md."""


class Asked:
    """A stored run, whose departments are asked about by some of their figures."""

    def __init__(self, result: StudyResult, stated: list[str]) -> None:
        department, over = result.department_of, result.study.departments
        if department is None or over is None:
            sys.exit("a run on one department has no departments to leave out")
        self.department, self.over, self.days = department, over, float(result.run.measured_days)
        keys = [(each.partition(":")[0], each.partition(":")[2] or "all") for each in stated]
        known = {(name.measure, name.group): name for name in result.measures["nurse"][0].names}
        self.names = tuple(known[key] for key in keys)
        self.figures = result.figures(self.names)
        if sizes := over.varied_values.get(SIZE.measure):
            self.names = (*self.names, SIZE)
            self.figures = np.column_stack([self.figures, np.array(sizes)[department]])

    def rounded(self, row: int) -> Floats:
        """The figures of a replication as a planner rounds them."""
        digits = {"minutes": 0, "share": 2}
        return np.array(
            [
                round(value, -1 if name == SIZE else digits.get(name.unit, 1))
                for name, value in zip(self.names, self.figures[row].tolist(), strict=True)
            ]
        )

    def narrowed(self, values: Floats, effects: Floats, kept: NDArray[np.bool_]) -> Narrowed:
        """What these figures say of the effects, shape (n_replications, n_effects), by the replications kept."""
        days = np.full(len(values), self.days)
        local = Local(values, days, np.zeros(len(values)), self.days)
        figures, department = self.figures[kept], self.department[kept]
        figures, local = _by_wait(self.names, figures, local.nearest(figures, department))
        local = local.nearest(figures, department)
        kinds = self.over.structure_of, self.over.cause_of
        return narrow(figures, effects[kept], department, local, *kinds)


def report(folder: Path, stated: list[str], *, by_structure: bool) -> bool:
    """Print a row for each arm; whether each is held as often as asked, of all and of each cause."""
    result = ae.read(folder)
    asked = Asked(result, stated)
    department, target = asked.department, result.first_target
    kinds, causes = np.array(asked.over.structure_of), np.array(asked.over.cause_of)
    arms = [arm for arm in result.others if arm.name != result.design.sham]
    effects = np.column_stack([result.differences(arm.name, target) for arm in arms])
    held, widths, chances, of_each = [], [], [], list[int]()
    numbers, counts = np.unique(department, return_counts=True)
    for left_out in numbers[counts >= MIN_EACH]:
        like_it = kinds == kinds[left_out] if by_structure else np.arange(len(kinds)) == left_out
        kept, rows = ~like_it[department], np.flatnonzero(department == left_out)
        if n_departments(department[kept]) < MIN_DEPARTMENTS:
            continue
        alike = kept & (causes == causes[left_out])[department]
        moments = components(effects[alike], department[alike])
        strayed = np.sqrt(np.diagonal(moments.squares, axis1=1, axis2=2) / (moments.n - 1)[:, None])
        for one, other in ((rows[0], rows[-1]), (rows[-1], rows[0])):
            found = asked.narrowed(asked.rounded(one), effects, kept)
            usual, of_one = _usual(strayed, np.abs(moments.means), np.abs(found.mean))
            of_one = of_one * np.sqrt(np.mean((strayed / usual) ** 2, axis=0))
            noise = NormalDist().inv_cdf((1 + LEVEL) / 2) * of_one
            error, seen = (
                effects[other] - found.mean,
                (found.low - found.mean, found.high - found.mean),
            )
            held.append((-np.hypot(seen[0], noise) < error) & (error < np.hypot(seen[1], noise)))
            widths.append((found.high - found.low) / (found.everywhere.high - found.everywhere.low))
            chances.append(found.causes[causes[left_out]])
            of_each.append(int(left_out))
    is_held, of_before = np.array(held), np.median(widths, axis=0)
    of_cause = {name: is_held[causes[of_each] == name] for name in np.unique(causes)}
    print(f"{', '.join(stated)}: {len(of_each)} tried, none refused")
    print(f"  {'':<60}{'all':>6}{'width':>8}  " + "  ".join(of_cause))
    for column, arm in enumerate(arms):
        by_cause = "".join(
            f"{rows[:, column].mean():>{len(name) + 2}.0%}" for name, rows in of_cause.items()
        )
        print(
            f"  {arm.label:<60}{is_held[:, column].mean():>6.0%}{of_before[column]:>8.2f}{by_cause}"
        )
    by_cause = "".join(f"{rows.mean():>{len(name) + 2}.0%}" for name, rows in of_cause.items())
    print(f"  {'all arms together':<60}{is_held.mean():>6.0%}{'':>8}{by_cause}")
    for number in dict.fromkeys(of_each):
        missed = (~is_held[np.array(of_each) == number]).any(axis=0)
        if missed.sum() >= MANY_ARMS:
            names = ", ".join(
                arm.name for arm, is_missed in zip(arms, missed, strict=True) if is_missed
            )
            print(f"  missed: {number} ({kinds[number]}): {names}")
    for name in of_cause:
        own = np.array(chances)[causes[of_each] == name]
        print(
            f"  figures of '{name}' point to it with {own.mean():.0%}; {(own > 0.5).mean():.0%} do so mainly"
        )
    directed = share_directed(asked, result.differences(str(result.design.sham), target)[:, None])
    print(f"  {N_NULLS} arms without an effect: {directed:.1%} are given a direction")
    shares = is_held.mean(axis=0)
    return bool(
        (shares >= ASKED[0]).all()
        and (shares <= ASKED[1]).all()
        and all((rows.mean(axis=0) >= ASKED_OF_CAUSE).all() for rows in of_cause.values())
        and directed <= MOST_DIRECTED
    )


def share_directed(asked: Asked, sham: Floats) -> float:
    """How often an arm without an effect is given a direction."""
    chance, signs = np.random.default_rng(1), []
    for row in chance.choice(len(sham), N_NULLS // N_AT_ONCE):
        nulls = sham * chance.choice([-1, 1], (len(sham), N_AT_ONCE))
        signs.append(asked.narrowed(asked.rounded(row), nulls, np.full(len(sham), True)).sign)
    return float(np.mean(np.array(signs) != 0))


def main() -> int:
    """Try one run and some figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="of a run over departments")
    parser.add_argument("figures", nargs="*", help="MEASURE or MEASURE:GROUP; the page's if none")
    parser.add_argument(
        "--structures", action="store_true", help="leave out all departments of a structure"
    )
    asked = parser.parse_args()
    return (
        0
        if report(asked.folder, asked.figures or list(OF_PAGE), by_structure=asked.structures)
        else 1
    )


if __name__ == "__main__":
    sys.exit(main())
