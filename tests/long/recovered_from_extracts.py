"""What an extract says of its department: simulated half-years of known departments, fitted again and run again.

Each packaged department (of every cause and size) that is tried gives an extract of so many days. Others of the
ensemble, of all structures, get the size of the first and have doctors' and triage minutes solved for, in the way of an
offer, until they give the extract's four-hour share and wait for triage. Then three things are asked:

- *patience*: its power and mean, from the stamps alone;
- *effects*: whether the range that holds one more such department in nine of ten cases holds the true effect of each
  arm, and how wide it is beside that of the same departments before (contraction); the rank of the truth among them.
  A 5th and a 95th percentile of eight departments would leave out three in ten of others like them, so the range is
  that of a normal sample with Student's t;
- *trace* (`--imputations`): the extract simulated again in the solved departments: four-hour share and wait beside the
  extract's, and whether the effects of nine in ten imputations hold the true effect on these very patients.

    python tests/long/recovered_from_extracts.py --truths 60 --departments 24
    python tests/long/recovered_from_extracts.py --truths 10 --departments 24 --imputations 20

A truth takes some minutes of a processor; with `--departments 8 --solve-days 84` about 30 seconds, so that 60 take
half an hour. Exit code 1: of 20 truths or more, less than 83 % of effects are held, or ranges are more than 0.6 of
those before.
"""

from __future__ import annotations

import argparse
import runpy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import stats

import simulation as ae
from simulation.config.ensembles import PACKAGED, Ensemble, EnsembleDepartments, ensemble_named
from simulation.config.files import packaged_configs
from simulation.config.writing import ensemble_text, write_files
from simulation.extracts.extract import Extract
from simulation.fits.department import fit_department
from simulation.fits.trace import trace
from simulation.offers.solving import CalibrationTarget, Solver
from simulation.records.schema import Floats
from simulation.runs.running import every_replication
from simulation.study.simulate import simulate_arm
from simulation.study.study import Study

stamped = runpy.run_path(str(Path(__file__).parents[1] / "extracts" / "stamped.py"))["stamped"]
ARMS = ("ai_scribe_measured", "lean_triage")
WAIT, SHARE, DESK = "wait_to_clinician_mean", "within_4h_share", "walk_in_triage_wait_mean"
ASKED_HELD, ASKED_WIDTH, ENOUGH = 0.83, 0.6, 20
NAME = "recovered"


@dataclass(frozen=True)
class Recovered:
    """Of one truth: by arm the true effect, those of fitted and of unfitted departments; and what else was asked."""

    true: Floats
    fitted: Floats
    before: Floats
    power: float
    mean: float
    lines: tuple[str, ...] = ()


def effects(study: Study, departments: EnsembleDepartments | None, n: int, seed: int) -> Floats:
    """The mean effect of each arm on the wait in each department, shape (n departments, arms): two pairs of each, and
    of one department alone as many as of them together, with the same random numbers."""
    reps = 2 * n
    run = replace(
        study.run, replications=reps, departments=n if departments is not None else None, seed=seed
    )
    asked = replace(study, run=run, departments=departments)
    _, results = every_replication(asked)
    waits = {
        arm.name: np.array([one.arms[arm.name].measures.value(WAIT) for one in results])
        for arm in study.arms
    }
    differences = np.column_stack([waits[name] - waits[study.design.baseline] for name in ARMS])
    return (
        differences.reshape(2, n, -1).mean(axis=0)
        if departments is not None
        else differences.mean(axis=0)
    )


def solved(study: Study, ensemble: Ensemble, extract: Extract) -> EnsembleDepartments:
    """The departments with doctors' and triage minutes at which they give the extract's figures."""
    wanted = [
        CalibrationTarget("doctor_minutes", SHARE, extract.measures.value(SHARE), -0.35, (0.3, 3.0)),
        CalibrationTarget("triage_busy", DESK, extract.measures.value(DESK), 2.5, (0.05, 3.0), in_log=True),
    ]  # fmt: skip
    solver = Solver(lambda: study.of_arms([]), ensemble)
    found, _ = solver.solve(wanted)
    assert isinstance(study.departments, EnsembleDepartments)
    return replace(
        study.departments, rows=tuple(map(found.changes_of, range(len(found.departments))))
    )


def recovered(truth: int, asked: argparse.Namespace, folder: Path) -> Recovered:
    """One truth: its extract, what is fitted to it, and how near that comes."""
    whole = ensemble_named(PACKAGED, [packaged_configs()])
    others = [number for number in range(len(whole.departments)) if number != truth]
    chosen = np.random.default_rng(truth).permutation(others)[: asked.departments]
    place = list(whole.parameters).index("size")
    size = whole.member(truth).values[place]
    members = (whole.member(number) for number in chosen)
    of_size = (
        replace(one, values=(*one.values[:place], size, *one.values[place + 1 :]))
        for one in members
    )
    sub = replace(whole, name=NAME, departments=tuple(of_size))
    write_files({"ensembles": ensemble_text(sub, NAME)}, NAME, folder)
    length = (
        "run=weeks",
        f"run.measured_days={asked.effect_days}",
        "run.start_week=0",
        "executor=serial",
    )
    study = ae.load("study=ai_triage", f"ensemble={NAME}", f"run.departments={asked.departments}", *length,
                    config_dir=str(folder)).of_arms(ARMS)  # fmt: skip
    of_all = ae.load(
        "study=ai_triage", "ensemble=england", f"run.departments={len(whole.departments)}", *length
    )
    true = of_all.of_arms(ARMS).of(truth)
    run = replace(true.run, measured_days=asked.days, seed=7 + truth)
    table = simulate_arm(true.baseline, run, true.engine, 0, cool_down_days=4).patients
    extract = stamped(table.frame(), run.window, "2025-01-06")
    patience = fit_department(extract, "patience").patience
    scale = true.baseline.pathway.durations["patience"].scale
    years = replace(study, run=replace(study.run, measured_days=asked.solve_days))
    departments = solved(years, ensemble_named(NAME, [folder, packaged_configs()]), extract)
    assert isinstance(study.departments, EnsembleDepartments)
    n = asked.departments
    return Recovered(
        effects(true, None, n, 12), effects(study, departments, n, 12), effects(study, study.departments, n, 12),
        patience.power[0] if patience else np.nan, patience.mean[0] / scale if patience else np.nan,
        tuple(traced(extract, replace(study, departments=departments), true, run.seed, asked)),
    )  # fmt: skip


def traced(
    extract: Extract, study: Study, true: Study, seed: int, asked: argparse.Namespace
) -> Iterator[str]:
    """A line of the extract simulated again, and one of each effect on these very patients."""
    if not asked.imputations:
        return
    again = trace(extract, study, imputations=asked.imputations).result
    run = replace(true.run, measured_days=asked.days, seed=seed)
    waits = {}
    for arm in true.arms:
        table = simulate_arm(arm, run, true.engine, 0, cool_down_days=4).patients
        waits[arm.name] = stamped(table.frame(), run.window, "2025-01-06").measures.value(WAIT)
    share, wait = (again.values(again.design.baseline, name).mean() for name in (SHARE, WAIT))
    off = 100 * (share - extract.measures.value(SHARE)), wait / extract.measures.value(WAIT) - 1
    yield f"trace: four-hour share {off[0]:+.1f} points, wait {100 * off[1]:+.0f} %"
    for name in ARMS:
        low, high = np.quantile(
            again.values(name, WAIT) - again.values(again.design.baseline, WAIT), [0.05, 0.95]
        )
        effect = waits[name] - waits[true.design.baseline]
        held = "held" if low <= effect <= high else "not held"
        yield f"trace: {name} {effect:+.1f}, range {low:+.1f} to {high:+.1f}: {held}"


def nine_in_ten(values: Floats) -> tuple[float, float]:
    """The range that holds one more value like these in nine of ten cases."""
    half = stats.t.ppf(0.95, len(values) - 1) * values.std(ddof=1) * np.sqrt(1 + 1 / len(values))
    return float(values.mean() - half), float(values.mean() + half)


def report(all_recovered: list[Recovered], n: int) -> bool:
    """Print the table; whether it is as asked, of enough truths."""
    fine = True
    for place, name in enumerate(ARMS):
        rows = [
            (one.true[place], one.fitted[:, place], one.before[:, place]) for one in all_recovered
        ]
        ends = [(nine_in_ten(fitted), nine_in_ten(before)) for _, fitted, before in rows]
        held = np.mean(
            [low <= true <= high for (true, _, _), ((low, high), _) in zip(rows, ends, strict=True)]
        )
        width = np.mean([(fit[1] - fit[0]) / (old[1] - old[0]) for fit, old in ends])
        ranks = np.histogram(
            [(fitted < true).mean() for true, fitted, _ in rows], bins=5, range=(0, 1)
        )[0]
        print(
            f"{name}: held {100 * held:.0f} %, width {width:.2f} of that before, ranks in fifths {ranks.tolist()}"
        )
        fine &= len(rows) < ENOUGH or (held >= ASKED_HELD and width <= ASKED_WIDTH)
    power, mean = (
        np.array([getattr(one, name) for one in all_recovered]) for name in ("power", "mean")
    )
    print(
        f"patience: power {np.nanmean(power):.3f} (true 0.83), mean {np.nanmean(mean):.3f} of the truth"
    )
    print(f"{len(all_recovered)} truths, {n} departments each")
    return fine


def main() -> int:
    """Try truths one after another, and report; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, usual in (("truths", 60), ("departments", 24), ("days", 182), ("solve-days", 364), ("effect-days", 56),
                        ("imputations", 0)):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, default=usual)
    asked = parser.parse_args()
    everything = []
    for truth in np.linspace(0, 100, asked.truths, endpoint=False).astype(int).tolist():
        with TemporaryDirectory() as folder:
            everything.append(recovered(truth, asked, Path(folder)))
        one = everything[-1]
        found = ", ".join(
            f"{name} {true:+.1f} in {' to '.join(f'{end:+.1f}' for end in nine_in_ten(fitted))}"
            for name, true, fitted in zip(ARMS, one.true, one.fitted.T, strict=True)
        )
        print(
            f"department {truth}: {found}; patience {one.power:.2f}, {one.mean:.2f}",
            *one.lines,
            sep="\n  ",
            flush=True,
        )
    return 0 if report(everything, asked.departments) else 1


if __name__ == "__main__":
    raise SystemExit(main())
