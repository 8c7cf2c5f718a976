"""Does the range of an offer whose answers have gaps hold what the full answers say, and is it not far too wide?

Ten pairs of a department and an offer are drawn at random and answered in full. Then five answers are left out in turn,
and what the product does to the mean wait for a clinician is worked out again. The claim, over the 50 shorter answers:
the range that the board's page prints holds the mean of the full answers in at least 90 %, and is on median at most
twice as wide as theirs. It is the range of nine in ten departments, the variance between them at its upper limit, drawn
out to the 95 % interval where that reaches further. How many shorter answers have a firmer verdict is printed, too.

The rule of drawing was fixed before any pair was simulated. Pair k is drawn by NumPy's generator of (20261129, k):
attendances log-evenly from 180 to 480 a day; a four-hour share as trusts have it; 22 to 34 % admitted; the beds that
such admissions need, 3 % more or fewer; rotas of triage nurses, ambulance nurses and doctors as such a size has them,
20 % more or fewer; one team at both doors in a quarter; doctors who see children in a third; a wait for triage
log-evenly from 4 to 30 minutes. A product of the kind k mod 5 of the five; what it saves, its use, acceptance,
agreement and ties to nurses' errors evenly over the ranges of the questions; measured against nurses in half, else a
panel or the outcome; meant for walk-ins and referred patients in six of ten, else for walk-ins alone or everybody; a
table of the nurses' own errors on 400 cases. A draw that `aeflow offer` refuses is drawn again. The minutes of a triage
are read off the department solved for, because they go with its wait. The five are drawn among the answers that decide
what is simulated: not names, prices, who measured it, on whom; nor those minutes, which are not used beside the wait.

Labels move the mean wait little, so the same is printed of the sickest who get too low a level, where a product labels.
It is no part of the claim.

It is cheaper than `aeflow offer` and `compare`: minutes are solved for on 13 weeks from April in three rounds, each
department is compared for four weeks twice, and today and the product are the only arms. Departments of answers about
the product are those of the full answers, as they are in `aeflow offer`.

    python tests/long/blanks.py

About 35 minutes of one processor. Studies that have ended are kept in results/blanks.json, and the same command goes
on. Exit code 1 if the claim does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from simulation.config.composing import stated_in
from simulation.config.ensembles import Ensemble, EnsembleDepartments, ensemble_named
from simulation.config.files import packaged_configs, search_folders
from simulation.config.studies import study_from
from simulation.config.writing import write_files
from simulation.errors import ConfigError
from simulation.offers import offer, solving
from simulation.offers.contradictions import USUAL_MIX
from simulation.offers.department import BEDS, OfferedDepartments
from simulation.offers.interview import Answer, check, questions
from simulation.offers.product import ARM, OfferedProduct
from simulation.runs.result import Finding, Safety, StudyResult, simulate
from simulation.study.study import Study

Answers = dict[str, Answer]
Outcome = dict[str, Any]
HELD, TIMES = 0.9, 2.0
SEED, N_PAIRS, N_LEFT_OUT = 20261129, 10, 5
NAME = "offered"
TRUSTS = ((0, 0.05, 0.25, 0.5, 0.75, 0.95, 1), (0.40, 0.45, 0.53, 0.59, 0.65, 0.73, 0.78))
"""Quantiles of the four-hour share over 121 trusts, NHS England 2024-25, type 1; the ends are a judgement."""
DECIDING = (
    "within_four_hours", "admitted_share", "beds", "triage_nurses", "ambulances", "ambulance_nurses", "children",
    "doctors", "triage_wait", "saves", "covers", "used_share", "acceptance", "against", "exact_share", "under_share",
    "correlation", "nurses_table",
)  # fmt: skip
"""Answers that decide what is simulated."""
OF_DEPARTMENT = DECIDING[:9]
QUARTER: dict[str, Any] = {
    "warm_up_days": 28,
    "measured_days": 91,
    "cool_down_days": 4,
    "doublings": 0,
    "start_week": 13,
}
ROUNDS, FRESH = (1, 1, 1), 1
WEEKS = ("run.warm_up_days=28", "run.measured_days=28", "run.cool_down_days=4", "run.doublings=0")
TWICE = 2
WAIT, TOO_LOW = "wait_to_clinician_mean", "under_triage_1_2_share"
FIRM = {"more": 2, "less": 2, "open": 1, None: 0}


# --- the rule of drawing ------------------------------------------------------------------------------------------


def drawn(rng: np.random.Generator, does: str) -> tuple[Answers, str]:
    """Full answers about a product of this kind, without the minutes of a triage, and the nurses' table as CSV."""
    per_day = float(np.exp(rng.uniform(np.log(180), np.log(480))))
    size = per_day / 340

    def people(typical: float) -> int:
        return max(1, round(typical * size * rng.uniform(0.8, 1.2)))

    answers: Answers = {
        "attendances_per_day": round(per_day),
        "within_four_hours": round(float(np.interp(rng.uniform(), *TRUSTS)), 3),
        "admitted_share": round(rng.uniform(0.22, 0.34), 3),
        "triage_nurses": f"{people(2)} from 8 to 22, {people(1)} from 22 to 8",
        "ambulances": "own nurses" if rng.uniform() < 0.75 else "triage nurses",
        "children": "own clinicians" if rng.uniform() < 2 / 3 else "doctors",
        "doctors": f"{people(4)} from 0 to 8, {people(7)} from 8 to 16, {people(5)} from 16 to 24",
        "triage_wait": round(float(np.exp(rng.uniform(np.log(4), np.log(30)))), 1),
    }
    if answers["ambulances"] == "own nurses":
        answers["ambulance_nurses"] = f"{people(2)} from 8 to 22, {people(1)} from 22 to 8"
    else:
        answers["triage_nurses"] = f"{people(4)} from 8 to 22, {1 + people(1)} from 22 to 8"
    needed = OfferedDepartments(check({**answers, "product": "It", "does": "labels"}).values, 24)
    names = list(needed.parameters)
    beds = np.mean(
        [
            sum(member.values[names.index(name)] * needed.scaled_beds[name] for name in BEDS)
            for member in needed.members()
        ]
    )
    answers["beds"] = round(float(beds) * rng.uniform(0.97, 1.03))
    answers |= _product(rng, does)
    odds, table = float(np.exp(rng.uniform(np.log(0.65), np.log(2.9)))), _nurses()
    rows = table * np.where(np.eye(len(table)) > 0, 1.0, odds)
    cases = rng.multinomial(396, USUAL_MIX)
    counts = [
        rng.multinomial(max(n, 4), row / row.sum()) for n, row in zip(cases, rows, strict=True)
    ]
    return answers, "".join(f"{','.join(map(str, row))}\n" for row in counts)


def _product(rng: np.random.Generator, does: str) -> Answers:
    """The answers about a product."""
    used, acceptance, exact, wrong, tie = (
        rng.uniform(*(questions()[key].range or (0, 1)))
        for key in ("used_share", "acceptance", "exact_share", "under_share", "correlation")
    )
    answers: Answers = {
        "product": "Offered", "does": does, "used_share": round(used, 2), "price_a_year": 120_000,
        "covers": str(
            rng.choice(["walk-in, referred", "walk-in", "walk-in, referred, ambulance"], p=[0.6, 0.2, 0.2])
        ),
    }  # fmt: skip
    seconds, share = rng.uniform(15, 51), rng.uniform(0.05, 0.15)
    if "time" in does:
        answers["saves"] = f"{seconds:.0f} s" if rng.uniform() < 0.5 else f"{100 * share:.0f} %"
    against = str(rng.choice(["nurses", "panel", "outcome"], p=[0.5, 0.35, 0.15]))
    if "labels" in does or "advises" in does:
        answers |= {
            "against": against,
            "exact_share": round(exact, 3),
            "under_share": round(wrong * (1 - exact), 3),
        }
        answers |= {"acceptance": round(acceptance, 2)} if "advises" in does else {}
        answers |= {"correlation": round(tie, 2)} if against == "nurses" else {}
    return {**answers, "nurses_table": "nurses.csv"}


def _nurses() -> np.ndarray[Any, Any]:
    return np.array(
        stated_in((), [packaged_configs()]).raw["nurse"]["labels"]["matrix"]["counts"], dtype=float
    )


def pair(number: int, folder: Path) -> tuple[Answers, tuple[str, ...]]:
    """The full answers of a pair, and the keys that are left out in turn, in the order of the questions; the nurses'
    table is written into the folder."""
    rng = np.random.default_rng([SEED, number])
    kinds = list(questions()["does"].choices)
    while True:
        answers, table = drawn(rng, kinds[number % len(kinds)])
        (folder / "nurses.csv").write_text(table, encoding="utf-8", newline="\n")
        try:
            study_of(answers, folder)[0].of(0)
        except ConfigError as refused:
            print(f"pair {number}: drawn again ({refused.faults[0]})", flush=True)
            continue
        known = [
            key
            for key in DECIDING
            if key in answers and (key != "against" or answers[key] != "nurses")
        ]
        chosen = rng.choice(known, N_LEFT_OUT, replace=False)
        return answers, tuple(key for key in DECIDING if key in chosen)


def without(answers: Mapping[str, Answer], key: str) -> Answers:
    """The answers with one left blank, and with it those that are asked because of it."""
    gone = {key, "ambulance_nurses"} if key == "ambulances" else {key}
    return {name: value for name, value in answers.items() if name not in gone}


# --- the experiment -----------------------------------------------------------------------------------------------


def study_of(answers: Answers, folder: Path) -> tuple[Study, Ensemble]:
    """The study of an offer with two arms, and its departments before anything is solved for."""
    checked = check(answers, folder)
    checked.all_faults.refuse("The answers cannot be used")
    n = offer.N_DEPARTMENTS
    departments, product = (
        OfferedDepartments(checked.values, n),
        OfferedProduct(NAME, checked.values),
    )
    ensemble = offer._with_product(offer.unsolved_ensemble(departments), product)
    with TemporaryDirectory() as temporary:
        trial = Path(temporary).resolve()
        write_files(offer._texts(ensemble, departments, product, ()), NAME, trial)
        places = (trial, *search_folders(None))
        run = (f"run.departments={n}", f"run.replications={TWICE * n}", *WEEKS, "executor=serial")
        study = study_from(stated_in((f"study={NAME}", *run), places), places)
        return study.of_arms([ARM]), ensemble_named(NAME, places)


def solved(
    study: Study, ensemble: Ensemble, answers: Answers, folder: Path
) -> tuple[Outcome, Outcome]:
    """What is solved for, by parameter a number a department, and the mean of fresh weeks by measure."""
    alone = study.of_arms([])
    vars(solving).update(YEARS=ROUNDS, FRESH=FRESH)
    solver = solving.Solver(lambda: replace(alone, run=replace(alone.run, **QUARTER)), ensemble)
    wanted = list(offer._targets(check(answers, folder).values, solver.members))
    made, fresh = solver.solve(wanted)
    return (
        {one.parameter: solver_values(made, one.parameter) for one in wanted},
        {measure: float(values.mean()) for measure, values in fresh.items()},
    )


def solver_values(ensemble: Ensemble, parameter: str) -> list[float]:
    """A parameter of each department."""
    place = list(ensemble.parameters).index(parameter)
    return [
        float(ensemble.member(number).values[place]) for number in range(len(ensemble.departments))
    ]


def with_values(study: Study, ensemble: Ensemble, values: Mapping[str, list[float]]) -> Study:
    """The study over departments with these parameters."""
    names, members = list(ensemble.parameters), []
    for number in range(len(ensemble.departments)):
        member = ensemble.member(number)
        own = [
            values[name][number] if name in values else of
            for name, of in zip(names, member.values, strict=True)
        ]
        members.append(replace(member, values=tuple(own)))
    made = replace(ensemble, departments=tuple(members))
    assert isinstance(study.departments, EnsembleDepartments)
    rows = tuple(map(made.changes_of, range(len(members))))
    return replace(study, departments=replace(study.departments, rows=rows))


def outcome(result: StudyResult) -> Outcome:
    """By measure: the mean, the range that the board's page prints, what it would be by other rules, how firm the
    verdict is, and the differences by replication."""
    target = result.finding(ARM, result.first_target)
    size = 2 if target.verdict.kind == "no change beyond" else FIRM[target.verdict.size]
    found = {WAIT: {**_numbers(result, target), "verdict": target.verdict.words, "firm": size}}
    assert (target.target.measure, target.target.group) == (WAIT, "all")
    for limit in result.safety:
        firm = {"inferior": 2, "non-inferior": 2, "no difference": 2, "worse": 1}.get(
            limit.judgement.kind, 0
        )
        name = (
            limit.margin.measure
            if limit.margin.group == "all"
            else f"{limit.margin.measure}:{limit.margin.group}"
        )
        found[name] = {**_numbers(result, limit), "verdict": limit.judgement.words, "firm": firm}
    return found


def _numbers(result: StudyResult, judged: Finding | Safety) -> Outcome:
    effects = result.differences(
        ARM, judged.target if isinstance(judged, Finding) else judged.margin
    )
    row, spread = judged.comparison, judged.spread
    low, high = row.with_range(row.difference_low, row.difference_high)
    interval, best = (
        (row.difference_low, row.difference_high),
        spread.range[1:] if spread is not None else (0.0, 0.0),
    )
    return {
        "mean": row.difference, "low": low, "high": high, "interval": interval, "best_estimate": best,
        "effects": effects.round(6).tolist(),
    }  # fmt: skip


def one_pair(number: int, kept: Outcome, keep: Any) -> None:
    """Simulate what is still missing of a pair; `keep` is called when a study has ended."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        answers, keys = pair(number, folder)
        own = kept.setdefault(str(number), {"answers": answers, "shorter": {}})
        if "full" not in own:
            study, ensemble = study_of(answers, folder)
            own["solved"], own["fresh"] = solved(study, ensemble, answers, folder)
            own["full"] = outcome(simulate(with_values(study, ensemble, own["solved"])))
            keep()
        minutes = round(own["fresh"]["walk_in_triage_minutes_mean"], 1)
        for key in keys:
            if key in own["shorter"]:
                continue
            shorter = without({**answers, "triage_minutes": minutes}, key)
            study, ensemble = study_of(shorter, folder)
            values, fresh = own["solved"], own["fresh"]
            if key in OF_DEPARTMENT:
                values, fresh = solved(study, ensemble, shorter, folder)
            own["shorter"][key] = {
                **outcome(simulate(with_values(study, ensemble, values))),
                "fresh": fresh,
            }
            keep()


# --- the report ---------------------------------------------------------------------------------------------------


def rows(kept: Outcome, measure: str) -> Iterator[tuple[int, str, Outcome, Outcome]]:
    """Pair, answer left out, what the full answers say of a measure, and what the shorter ones do."""
    for number, own in kept.items():
        if measure != TOO_LOW or own["answers"]["does"] != "saves time":
            for key, shorter in own["shorter"].items():
                yield int(number), key, own["full"][measure], shorter[measure]


def report(kept: Outcome, measure: str) -> bool:
    """Print a line a shorter answer and a line a question; whether the claim holds of a measure."""
    scale, digits = (100, 2) if measure == TOO_LOW else (1, 1)
    print(f"{measure}{', points' if scale > 1 else ', minutes'}")
    held, ratios, firmer = [], [], 0
    by_key: dict[str, list[tuple[bool, float]]] = {}
    for number, key, full, shorter in rows(kept, measure):
        holds = shorter["low"] <= full["mean"] <= shorter["high"]
        ratio = (shorter["high"] - shorter["low"]) / (full["high"] - full["low"])
        firm = shorter["firm"] > full["firm"]
        held.append(holds)
        ratios.append(ratio)
        firmer += firm
        by_key.setdefault(key, []).append((holds, ratio))
        both = [
            f"{scale * one['mean']:.{digits}f} ({scale * one['low']:.{digits}f} to {scale * one['high']:.{digits}f})"
            for one in (full, shorter)
        ]
        print(
            f"{number:>3} {key:<18}{both[0]:<24}| {both[1]:<24}{'held' if holds else 'NOT HELD'}, {ratio:.2f} times as "
            f"wide{', FIRMER' if firm else ''}"
        )
    print()
    for key in DECIDING:
        if found := by_key.get(key):
            n_held, median = (
                sum(holds for holds, _ in found),
                np.median([ratio for _, ratio in found]),
            )
            print(f"{key:<20}{n_held} of {len(found)} held, {median:.2f} times as wide (median)")
    share, median = np.mean(held), float(np.median(ratios))
    print(
        f"\n{len(held)} shorter answers: {share:.0%} held, {median:.2f} times as wide (median), {firmer} firmer"
    )
    holds_true = bool(share >= HELD and median <= TIMES)
    print(
        f"At least {HELD:.0%} held, at most {TIMES:g} times as wide: {'holds' if holds_true else 'does not hold'}"
    )
    print()
    return holds_true


def main() -> int:
    """Simulate what is missing and print the report; 0 if the claim holds, else 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--pairs", type=int, default=N_PAIRS, metavar="N", help=f"pairs (default {N_PAIRS})"
    )
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path("results/blanks.json"),
        metavar="FILE",
        help="what has ended",
    )
    options = parser.parse_args()
    if hasattr(os, "nice"):
        os.nice(15)
    kept: Outcome = (
        json.loads(options.keep.read_text(encoding="utf-8")) if options.keep.exists() else {}
    )

    def keep() -> None:
        options.keep.parent.mkdir(parents=True, exist_ok=True)
        beside = options.keep.with_suffix(".part")
        beside.write_text(json.dumps(kept, indent=1), encoding="utf-8", newline="\n")
        beside.replace(options.keep)

    for number in range(options.pairs):
        one_pair(number, kept, keep)
        print(f"pair {number} has ended", file=sys.stderr, flush=True)
    report(kept, TOO_LOW)
    return 0 if report(kept, WAIT) else 1


if __name__ == "__main__":
    sys.exit(main())
