"""Whether the readings of the evidence that a report works out are what a run of them gives, over sixty departments.

The default study's scribe and lean triage, each read as seconds off each patient and as a share of the minutes. What is
worked out comes from the readings that policies run, as in the default study, and is held against arms in which the
others are simulated on the same patients (`readings=all`). Asked: within half a minute on the mean over departments and
on both ends of the range that holds nine in ten of them. The same the other way round, from the other readings to those
that policies run, but for one that saves more than any arm of such a run: it is marked as extrapolated, and may miss.

    python tests/long/readings.py [--replications 120] [--departments 60]      about three minutes on two cores

Exit code 1: some miss is larger.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

import simulation as ae
from simulation.questions.readings import readings_of
from simulation.runs.result import StudyResult

ARMS = {"ai_scribe_measured": "share", "lean_triage": "seconds"}
"""By arm, the reading that its policy does not run."""
ALLOWED = 0.5
"""Minutes."""


def main() -> int:
    """Run both readings of both arms, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--replications", type=int, default=120)
    parser.add_argument("--departments", type=int, default=60)
    asked = parser.parse_args()
    words = (
        f"run.replications={asked.replications}",
        f"run.departments={asked.departments}",
        "engine=compiled",
    )
    study = ae.load("readings=all", *words)
    others = {name: f"{name}_{reading}" for name, reading in ARMS.items()}
    result = ae.compare(study.of_arms([*others, *others.values()]))
    misses = [
        *misses_of(result, others, "from the readings that run"),
        *misses_of(result, {other: name for name, other in others.items()}, "from the others"),
    ]
    return int(max(misses) > ALLOWED)


def misses_of(result: StudyResult, simulated: Mapping[str, str], title: str) -> Iterator[float]:
    """The largest miss of each arm; `simulated`: by arm, the one in which the other reading is run."""
    few = replace(result, study=result.study.of_arms(list(simulated)))
    print(f"\n{title}: mean (5th to 95th percentile over departments), minutes")
    for name, other in simulated.items():
        reading = result.arm(other).ready.policy.reading or ""
        run = result.spread(other, result.first_target)
        assert run is not None
        told = readings_of(few)[name][reading]
        ours, theirs = (np.array([each.raw.mean(), *each.range[1:]]) for each in (told.spread, run))
        print(
            f"  {name} read as {reading} ({told.words}): {words(ours)} {told.how}, {words(theirs)} simulated"
        )
        if told.how != "extrapolated":
            yield float(np.abs(ours - theirs).max())


def words(numbers: np.ndarray) -> str:
    """'-6.0 (-13.6 to -0.9)'."""
    mean, low, high = numbers.tolist()
    return f"{mean:.2f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    sys.exit(main())
