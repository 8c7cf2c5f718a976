"""How often `aeflow narrow` holds for a department that it has not seen: each of a stored run is left out in turn.

The figures of one replication of a department are taken for a hospital's own, over as many days; the others are the
run; and the effect in the department's other replication is asked for, the noise of one replication allowed for. Of
each arm the table says how often the 90 % range held it, and how wide the range was beside that of all departments.

    python tests/long/narrow_held_out.py results/latest walk_in_triage_wait_mean
    python tests/long/narrow_held_out.py results/latest walk_in_triage_wait_mean busy_by_day_share:pool=doctors

Nothing is simulated; some seconds. Exit code 1: all arms together are held in less than 86 % or more than 97 %.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

import simulation as ae
from simulation.measures.measuring import MeasureName
from simulation.questions.narrow import LEVEL, Local, narrow, outside
from simulation.statistics.departments import MIN_EACH, components
from simulation.statistics.intervals import t_quantile

ASKED = (0.86, 0.97)


def report(folder: Path, stated: list[str]) -> bool:
    """Print a row for each arm; whether all arms together are held as often as asked."""
    result = ae.read(folder)
    department = result.department_of
    if department is None:
        sys.exit(f"{folder}: is a run on one department")
    named = [MeasureName(each.partition(":")[0], "", each.partition(":")[2] or "all") for each in stated]
    figures, target = result.figures(named), result.design.primary[0]
    arms = [arm for arm in result.others if arm.name != result.design.sham]
    effects = np.column_stack([result.differences(arm.name, target) for arm in arms])
    days = float(result.run.measured_days)
    held, widths, n_refused = [], [], 0
    numbers, counts = np.unique(department, return_counts=True)
    for left_out in numbers[counts >= MIN_EACH]:
        kept, rows = department != left_out, np.flatnonzero(department == left_out)
        noise = components(np.column_stack([figures, effects])[kept], department[kept])
        for one, other in ((rows[0], rows[-1]), (rows[-1], rows[0])):
            local = Local(figures[one], np.full(len(named), days), np.zeros(len(named)), days)
            if outside(figures[kept], department[kept], local):
                n_refused += 1
                continue
            found = narrow(figures[kept], effects[kept], department[kept], local)
            of_one = np.diag(noise.within_near(found.weights))[len(named) :]
            t = t_quantile(max(round(found.n_near) - len(named) - 1, 1), LEVEL)
            half_width = np.sqrt(((found.high - found.low) / 2) ** 2 + t**2 * of_one)
            held.append(np.abs(effects[other] - found.mean) < half_width)
            widths.append((found.high - found.low) / (found.everywhere.high - found.everywhere.low))
    shares, of_before = np.mean(held, axis=0), np.median(widths, axis=0)
    print(f"{' and '.join(stated)}: {len(held)} of {len(held) + n_refused} tried, {n_refused} refused as outside")
    for arm, share, width in zip(arms, shares, of_before, strict=True):
        print(f"  {arm.label:<60}{share:>6.0%} held{width:>8.2f} of the width before")
    print(f"  {'all arms together':<60}{shares.mean():>6.0%} held")
    return bool(ASKED[0] <= shares.mean() <= ASKED[1])


def main() -> int:
    """Try one run and some figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="of a run over departments")
    parser.add_argument("figures", nargs="+", help="MEASURE or MEASURE:GROUP")
    asked = parser.parse_args()
    return 0 if report(asked.folder, asked.figures) else 1


if __name__ == "__main__":
    sys.exit(main())
