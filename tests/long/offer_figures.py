"""What the departments of the ensemble `england` are like: the figures against which answers of an offer are held.

    python tests/long/offer_figures.py

It writes `simulation/offers/ensemble_figures.csv`, a row for each department with its own minutes of doctors
(`times` 1), and three more in which they are other times as long, as `aeflow offer` moves them, so that four-hour
shares of 40 to 85 % are among the rows. Rotas, minutes and load are read off the department and a drawn sample, without
a queue; waits and shares are of one simulated year (`times` 1) or half of one. About ten minutes of one processor.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from simulation.config import load
from simulation.department.rota import mean_per_day
from simulation.department.vocabulary import Pathway, Shift
from simulation.offers import offer, solving
from simulation.offers.department import of_one_team, packaged_ensemble, with_doctors_for_children
from simulation.offers.interview import OfferAnswers, read
from simulation.offers.loads import FIGURES
from simulation.offers.solving import Solver
from simulation.patients import draw
from simulation.records.serialise import digest, to_plain
from simulation.study.department_warnings import SAMPLE_DAYS, beds_of
from simulation.study.offered_load import in_a_mean_week, offered_load
from simulation.study.study import Study
from simulation.triage.apply import apply

STEPS = (0.0, -0.45, -0.2, 0.15)
"""Changes of the logarithm of doctors' minutes."""
TRIAGE = ("triage_interview", "triage_observations", "triage_record")
FULL, HALF = 364, 182


def rota_words(rotas: Sequence[tuple[Shift, ...] | None]) -> str:
    """Rotas together as an answer states them, without shifts that overlap."""
    shifts = chain.from_iterable(rota or () for rota in rotas)
    together = read("rota", ", ".join(f"{shift.number} {shift.hours} h" for shift in shifts), {})
    return ", ".join(f"{shift['number']} {shift['hours']} h" for shift in together.stated())


def of_department(study: Study, number: int) -> Mapping[str, object]:
    """What a department states, and what it asks of whom, before any queue."""
    ensemble = packaged_ensemble()
    member = ensemble.member(number)
    structure = ensemble.structures[member.structure]
    arm = study.of(number).baseline
    pathway: Pathway = arm.pathway
    drawn = draw(in_a_mean_week(pathway), seed=study.run.seed, replication=0, days=SAMPLE_DAYS)
    asked = offered_load(pathway, apply(arm.policy, pathway, drawn))
    pools = {name: row for row, name in enumerate(asked.pools)}
    attending = [one for one in pathway.arrivals.values() if one.attends]
    attendances = sum(map(mean_per_day, attending))

    def minutes(*names: str) -> float:
        source = drawn.arrival_source
        codes = list(pathway.arrivals)
        whom = ("ambulance",) if names == ("ambulance_assessment",) else ("walk_in", "referred")
        here = np.isin(source, [codes.index(one) for one in whom])
        return float(sum(drawn.minutes[name][0, here].mean() for name in names))

    def day_of(pool: str) -> float:
        return float(asked.work[pools[pool]].sum()) / 7

    def load_of(*names: str) -> float:
        rows = [pools[name] for name in names]
        return float(asked.work[rows].sum() / asked.capacity[rows].sum())

    def rota(*names: str) -> str:
        return rota_words([pathway.pools[name].rota for name in names])

    one_team = of_one_team(structure)
    beds = beds_of(pathway, asked)
    assert beds is not None
    return {
        "department": number,
        "cause": member.cause,
        "ambulances": "triage nurses" if one_team else "own nurses",
        "children": "doctors" if with_doctors_for_children(structure) else "own clinicians",
        "attendances_per_day": round(attendances, 1),
        "triage_nurses": rota("triage_nurses", *["assessment_nurses"] * one_team),
        "ambulance_nurses": "" if one_team else rota("assessment_nurses"),
        "doctors": rota("doctors"),
        "beds": round(beds.staffed),
        "triage_minutes": round(minutes(*TRIAGE), 2),
        "assessment_minutes": round(minutes("ambulance_assessment"), 2),
        "triage_load": round(load_of("triage_nurses", *["assessment_nurses"] * one_team), 3),
        "assessment_load": round(load_of("assessment_nurses"), 3),
        "doctors_load": round(load_of("doctors"), 3),
        "doctor_hours": round(day_of("doctors"), 2),
        "beds_asked": round(beds.asked, 1),
        "beds_pressed": round(beds.pressed, 1),
    }


def simulated(study: Study, step: float) -> Iterator[Mapping[str, object]]:
    """What a year of each department gives, by measure."""
    days = FULL if step == 0 else HALF
    of_days = replace(study, run=replace(study.run, measured_days=days))
    solver = Solver(lambda: of_days, packaged_ensemble())
    target = next(offer._targets(OfferAnswers(), solver.members))
    at = solver.start = np.log(solver._values(target.parameter))[:, None]
    with solver.running:
        found = solver._years(solver._points([target], at + step), 1, study.run.seed + 1)
    for number in range(len(solver.members)):
        yield {name: round(float(of[number]), 4) for name, of in found.items()}


def main() -> int:
    """Write the figures."""
    n = len(packaged_ensemble().departments)
    study = offer.of_years(
        load(
            "ensemble=england", f"run.departments={n}", f"run.replications={n}", "workers=1"
        ).of_arms([])
    )
    known = [of_department(study, number) for number in range(n)]
    rows = []
    for step in STEPS:
        print(f"doctors' minutes x {np.exp(step):.2f}", file=sys.stderr, flush=True)
        for one, measured in zip(known, simulated(study, step), strict=True):
            rows.append({**one, "times": round(float(np.exp(step)), 3), **measured})
    of_ensemble = digest(to_plain(packaged_ensemble().departments))[:12]
    with FIGURES.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"# by tests/long/offer_figures.py, of ensembles/england.yaml {of_ensemble}\n")
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    assert set(solving.TOLERANCES) <= set(rows[0])
    print(Path(FIGURES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
