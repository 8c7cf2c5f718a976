"""Staff and places of a fitted department: as many as keep them as busy as at the typical site, with its own patients.

A scaled department has staff by the number of its patients. If these are iller or older than England's, it would
collapse, and nothing in the stamps says how many staff it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from simulation.config import load
from simulation.config.totals import Scaled, scaled_rota
from simulation.config.writing import write_files
from simulation.patients import DrawnRun
from simulation.study.offered_load import in_a_mean_week, offered_load
from simulation.study.simulate import SharedDraws
from simulation.study.study import Study
from simulation.triage.apply import apply

SAMPLE_DAYS = 56
LEAST, MOST, SAME = 0.4, 2.5, 0.02
"""The least and the most by which numbers are changed, and the change that is not worth it."""


def as_busy(texts: Mapping[str, str], name: str) -> Mapping[str, float]:
    """By pool, how many times the work of its hours a department asks for, over the same at the typical site.

    `texts`: its files by group; they are composed in a folder of their own, which goes again.
    """
    with TemporaryDirectory() as folder:
        write_files(texts, name, Path(folder))
        mine = _loads(load(f"study={name}", "pathway.allow_overload=true", config_dir=folder))
    usual = _loads(load("ensemble=none"))
    return {
        pool: min(max(ratio / usual[pool], LEAST), MOST)
        for pool, ratio in mine.items()
        if ratio > 0 and usual.get(pool, 0) > 0 and abs(ratio / usual[pool] - 1) > SAME
    }


def _loads(study: Study) -> Mapping[str, float]:
    """The share of its hours that each pool is asked for, by pool, under the baseline."""
    arm = study.arm(study.design.baseline)
    drawn = SharedDraws(DrawnRun(study.run.seed, 0, SAMPLE_DAYS)).of(in_a_mean_week(arm.pathway))
    load_of_week = offered_load(arm.pathway, apply(arm.policy, arm.pathway, drawn))
    return dict(zip(load_of_week.pools, load_of_week.weekly().tolist(), strict=True))


def with_more(block: Scaled, ratios: Mapping[str, float], busy: Sequence[float]) -> Scaled:
    """A block of staff or places with so many times more of them, whole ones; another block as it is.

    `busy`: patients by hour of the day, which says where a part of a person is rounded up.
    """
    pool, ratio = block.path.rpartition(".")[2], ratios.get(block.path.rpartition(".")[2], 1.0)
    values = dict(block.values)
    if pool not in ratios or block.evidence != "assumed":
        return block
    if "rota" in values:
        values["rota"] = scaled_rota(values["rota"], ratio, busy)
    elif "capacity" in values:
        values["capacity"] = max(round(values["capacity"] * ratio), 1)
    elif isinstance(values.get("value"), int):
        values["value"] = max(round(values["value"] * ratio), 1)
        low, high = values["range"]
        values["range"] = [min(low, values["value"]), max(high, values["value"])]
    words = f"x {ratio:.2f} to be as busy as there with these patients"
    return block._replace(values=values, source=f"{block.source}; {words}")
