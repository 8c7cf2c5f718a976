"""How often `aeflow narrow` holds for a department that it has not seen: each of a stored run is left out in turn.

With `--structures` all departments of its structure are left out with it, so that its rota is a new one.

The figures of one replication of a department are taken for a hospital's own, over as many days; the others are the
run; and the effect in the department's other replication is asked for, the noise of one replication allowed for. Of
each arm the table says how often the 90 % range held it, and how wide the range was beside that of all departments.

    python tests/long/narrow_held_out.py results/latest walk_in_triage_wait_mean
    python tests/long/narrow_held_out.py results/latest walk_in_triage_wait_mean busy_by_day_share:pool=doctors

Then 2,000 arms without an effect, each the sham's differences with signs drawn anew for every replication, are asked
about at the figures of a replication drawn at random: how often are they given a direction?

Nothing is simulated; some seconds. Exit code 1: all arms together are held in less than 86 % or more than 97 %, or more
than 5 % of the arms without an effect are given a direction.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import NormalDist

import numpy as np

import simulation as ae
from simulation.measures.measuring import MeasureName
from simulation.questions.narrow import LEVEL, Local, _by_wait, _usual, find_outside, narrow
from simulation.statistics.departments import MIN_DEPARTMENTS, MIN_EACH, n_departments
from simulation.statistics.variance_components import components

ASKED = (0.86, 0.97)
N_NULLS, N_AT_ONCE, MOST_DIRECTED = 2000, 20, 0.05


def report(folder: Path, stated: list[str], *, by_structure: bool) -> bool:
    """Print a row for each arm; whether all arms together are held as often as asked."""
    result = ae.read(folder)
    department, over = result.department_of, result.study.departments
    if department is None or over is None:
        sys.exit(f"{folder}: is a run on one department")
    structures = np.array(over.structure_of)
    named = [
        MeasureName(each.partition(":")[0], "", each.partition(":")[2] or "all") for each in stated
    ]
    figures, target = result.figures(named), result.design.primary[0]
    (figures, _), days = (
        _by_wait(named, figures, Local(*np.ones((3, len(named))), 1)),
        float(result.run.measured_days),
    )
    arms = [arm for arm in result.others if arm.name != result.design.sham]
    effects = np.column_stack([result.differences(arm.name, target) for arm in arms])
    held, widths, n_refused = [], [], 0
    numbers, counts = np.unique(department, return_counts=True)
    for left_out in numbers[counts >= MIN_EACH]:
        like_it = (
            structures == structures[left_out]
            if by_structure
            else np.arange(len(structures)) == left_out
        )
        kept, rows = ~like_it[department], np.flatnonzero(department == left_out)
        if n_departments(department[kept]) < MIN_DEPARTMENTS:
            continue
        moments = components(effects[kept], department[kept])
        strayed = np.sqrt(np.diagonal(moments.squares, axis1=1, axis2=2) / (moments.n - 1)[:, None])
        for one, other in ((rows[0], rows[-1]), (rows[-1], rows[0])):
            local = Local(figures[one], np.full(len(named), days), np.zeros(len(named)), days)
            if find_outside(figures[kept], department[kept], local):
                n_refused += 1
                continue
            found = narrow(figures[kept], effects[kept], department[kept], local, over.structure_of)
            usual, of_one = _usual(strayed, np.abs(moments.means), np.abs(found.mean))
            of_one = of_one * np.sqrt(np.mean((strayed / usual) ** 2, axis=0))
            half_width = np.hypot(
                (found.high - found.low) / 2, NormalDist().inv_cdf((1 + LEVEL) / 2) * of_one
            )
            held.append(np.abs(effects[other] - found.mean) < half_width)
            widths.append((found.high - found.low) / (found.everywhere.high - found.everywhere.low))
    shares, of_before = np.mean(held, axis=0), np.median(widths, axis=0)
    print(
        f"{' and '.join(stated)}: {len(held)} of {len(held) + n_refused} tried, {n_refused} refused as outside"
    )
    for arm, share, width in zip(arms, shares, of_before, strict=True):
        print(f"  {arm.label:<60}{share:>6.0%} held{width:>8.2f} of the width before")
    print(f"  {'all arms together':<60}{shares.mean():>6.0%} held")
    sham = result.differences(str(result.design.sham), target)[:, None]
    chance, signs = np.random.default_rng(1), []
    for row in chance.choice(len(figures), N_NULLS // N_AT_ONCE):
        nulls = sham * chance.choice([-1, 1], (len(sham), N_AT_ONCE))
        local = Local(figures[row], np.full(len(named), days), np.zeros(len(named)), days)
        signs.append(narrow(figures, nulls, department, local, over.structure_of).sign)
    directed = float(np.mean(np.array(signs) != 0))
    print(f"  {N_NULLS} arms without an effect: {directed:.1%} are given a direction")
    return bool(ASKED[0] <= shares.mean() <= ASKED[1]) and directed <= MOST_DIRECTED


def main() -> int:
    """Try one run and some figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="of a run over departments")
    parser.add_argument("figures", nargs="+", help="MEASURE or MEASURE:GROUP")
    parser.add_argument(
        "--structures", action="store_true", help="leave out all departments of a structure"
    )
    asked = parser.parse_args()
    return 0 if report(asked.folder, asked.figures, by_structure=asked.structures) else 1


if __name__ == "__main__":
    sys.exit(main())
