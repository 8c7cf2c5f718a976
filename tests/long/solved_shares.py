"""Do the departments of an offer have the figures that were answered, in fresh years?

Eight departments are drawn as `tests/long/blanks.py` draws them (its pairs 100 to 107), with four-hour shares of 45, 50
to 80 % in turn and walk-ins' waits for triage as drawn. Minutes of doctors and of triage are solved for as `aeflow
offer` does, on whole years. The claim: over the departments that stand for each, fresh years have a mean four-hour
share within one point of what was answered, and a mean wait within a tenth.

    python tests/long/solved_shares.py

About a quarter of an hour of one processor. Exit code 1 if the claim does not hold.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from blanks import pair, study_of

from simulation.offers import offer
from simulation.offers.interview import check
from simulation.offers.solving import Solver

NUMBERS = range(100, 108)
SHARES = (0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80)
NEAR_SHARE, NEAR_WAIT = 0.01, 0.1


def held(number: int, share: float) -> bool:
    """Print a line on one department; whether both figures are met."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        answers = {**pair(number, folder)[0], "within_four_hours": share}
        study, ensemble = study_of(answers, folder)
        values = check(answers, folder).values
    solver = Solver(lambda: offer.of_years(study.of_arms([])), ensemble)
    _, fresh = solver.solve(list(offer._targets(values, solver.members)))
    mean = {measure: float(of_all.mean()) for measure, of_all in fresh.items()}
    wait, wanted = mean["walk_in_triage_wait_mean"], float(values.triage_wait)
    meets = (
        abs(mean["within_4h_share"] - share) <= NEAR_SHARE and abs(wait / wanted - 1) <= NEAR_WAIT
    )
    print(
        f"{number}: {values.attendances_per_day:.0f} a day, {100 * values.admitted_share:.1f} % admitted; within "
        f"four hours {100 * share:.0f} %: {100 * mean['within_4h_share']:.1f}; wait {wanted:.1f}: {wait:.1f} min; "
        f"{'; '.join(solver.ends()) or 'no bound'}; {'met' if meets else 'NOT MET'}",
        flush=True,
    )
    return meets


def main() -> int:
    """Solve for each department; 0 if the claim holds, else 1."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    n_met = sum(held(number, share) for number, share in zip(NUMBERS, SHARES, strict=True))
    print(f"{n_met} of {len(SHARES)} departments have the figures that were answered")
    return 0 if n_met == len(SHARES) else 1


if __name__ == "__main__":
    sys.exit(main())
