"""The common model (`common_model/stated.py`) in other people's software and in both our engines, on one core.

Every peer is first checked to give the same results as ours (Welch's t over replications, different seeds), so that
the speeds are of the same work. Each peer is written as its own documentation teaches it. What is timed ends with
the patients' records in the peer's own form: a list of patients, Ciw's records, Cimba's datasets, our table.

Ciw runs the reduced model (no cubicles), beside SimPy on the same, and is checked against ours with
`on_shift_change: outgoing_are_extra`, which is what Ciw does. A peer that is missing is an error, unless `--without`
names it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np
from bench_engines import must_be_equal
from common_model import ours
from common_model.stated import Records, measures
from measuring import Cell, Rounds, Table, one_core, options, spread, timed, times
from scipy.stats import t as student
from scipy.stats import ttest_ind

from simulation.engine.choose import EngineName
from simulation.pathway.department import Pathway

FALSE_ALARM = 0.001
"""Of the whole table of comparisons: that equal engines are called different."""
OURS = 200
"""Replications of ours that a peer is compared with."""
NEEDS = {"simpy": ("simpy",), "salabim": ("salabim", "greenlet"), "cimba": ("cimba",), "ciw": ("ciw",)}
Found = dict[str, list[float]]
"""By measure, one number a replication."""


@dataclass(frozen=True)
class Contender:
    """One engine on one of the two models.

    `simulate` takes numbers of replications and returns one result each, which `records` reads. `batch`:
    replications in one call. `replications`: how many at least are compared with ours, those of the rounds among
    them. `like`: our department that does the same; None for what is ours.
    """

    name: str
    model: str
    simulate: Callable[[Sequence[int]], Sequence[Any]]
    records: Callable[[Any], Records]
    batch: int = 1
    replications: int = 0
    like: Pathway | None = None


def main() -> None:
    """Check, measure, print and keep."""
    asked = options(__doc__ or "", rounds=5)
    peers = chosen(asked.without)
    contenders = all_contenders(peers)
    ours_equal()
    share = 0.1 if asked.small else 1.0
    by_name = {each.name: each for each in contenders}
    found: dict[str, list[dict[str, float]]] = {each.name: [] for each in contenders if each.like is not None}

    def measured(name: str, results: Sequence[Any]) -> None:
        if name in found:
            found[name] += [measures(by_name[name].records(result)) for result in results]

    with one_core():
        seconds = timed(
            {each.name: lambda number, each=each: each.simulate(numbers(number, each.batch)) for each in contenders},  # type: ignore[misc]
            asked.rounds,
            after=measured,
        )
        seconds = {each.name: [s / each.batch for s in seconds[each.name]] for each in contenders}
        for name in found:
            call = asked.rounds
            while len(found[name]) < by_name[name].replications * share:
                measured(name, by_name[name].simulate(numbers(call, by_name[name].batch)))
                call += 1
        agreed, disagreements = agreement([by_name[name] for name in found], found, max(int(OURS * share), 20))
    speed(contenders, seconds, asked.rounds, peers).keep(small=asked.small)
    agreed.keep(small=asked.small)
    if disagreements:
        sys.exit("Not the same work: " + "; ".join(disagreements))


def chosen(without: Iterable[str]) -> list[str]:
    """The peers to run. Leaves with a message if one is unknown or missing."""
    unknown = [name for name in without if name not in NEEDS]
    if unknown:
        sys.exit(f"--without {' '.join(unknown)}: there is no such peer. Peers are {', '.join(NEEDS)}")
    if "simpy" in without:
        sys.exit("--without simpy: everything is measured against it. Leave out another")
    peers = [name for name in NEEDS if name not in without]
    missing = [name for name in peers if any(find_spec(module) is None for module in NEEDS[name])]
    if missing:
        sys.exit(
            f"not installed: {', '.join(missing)}. Install the extra (python -m pip install -e '.[bench]'), "
            f"or leave them out: --without {' '.join(missing)}"
        )
    return peers


def all_contenders(peers: Sequence[str]) -> list[Contender]:
    """Everything that runs, SimPy first in each model."""
    whole = ours.pathway()
    reduced = ours.pathway(cubicles=False)
    reduced_extra = ours.pathway(cubicles=False, outgoing_are_extra=True)
    textbook = import_module("common_model.simpy_textbook")
    found = [
        Contender("SimPy, textbook", "whole", one_by_one(textbook.simulate), textbook.records, 1, 40, whole),
        mine("aeflow reference, draws to table", "reference", whole),
        engine_only("aeflow reference, engine only", "reference", whole),
        mine("aeflow compiled, draws to table", "compiled", whole, batch=20),
        engine_only("aeflow compiled, engine only", "compiled", whole, batch=20),
    ]
    if "salabim" in peers:
        salabim = import_module("common_model.salabim_model")
        found.append(
            Contender("salabim, yieldless", "whole", one_by_one(salabim.simulate), salabim.records, 1, 12, whole)
        )
    if "cimba" in peers:
        cimba = import_module("common_model.cimba_model")
        department = cimba.department()
        found.append(
            Contender("Cimba", "whole", lambda n: cimba.simulate(department, n), cimba.records, 20, 200, whole)
        )
    if "ciw" in peers:
        ciw = import_module("common_model.ciw_reduced")
        found += [
            Contender(
                "SimPy, textbook, reduced",
                "reduced",
                one_by_one(lambda number: textbook.simulate(number, cubicles=False)),
                textbook.records,
                1,
                32,
                reduced,
            ),
            Contender("Ciw, reduced", "reduced", one_by_one(ciw.simulate), ciw.records, 1, 40, reduced_extra),
            mine("aeflow compiled, reduced, draws to table", "compiled", reduced_extra, model="reduced", batch=20),
        ]
    return found


def one_by_one(simulate: Callable[[int], Any]) -> Callable[[Sequence[int]], list[Any]]:
    """For engines that run one replication a call."""
    return lambda wanted: [simulate(number) for number in wanted]


def mine(name: str, engine: EngineName, department: Pathway, *, model: str = "whole", batch: int = 1) -> Contender:
    """Ours from the draws to the table of patients."""
    simulate = one_by_one(lambda number: ours.simulate(department, engine, number))
    return Contender(name, model, simulate, ours.records, batch)


def engine_only(name: str, engine: EngineName, department: Pathway, *, batch: int = 1) -> Contender:
    """Ours on inputs that are there already: the first replications', made beforehand."""
    inputs = [ours.given(department, number) for number in range(batch)]

    def simulate(wanted: Sequence[int]) -> list[Any]:
        return [ours.run(engine, plan, columns) for plan, _, columns in (inputs[number % batch] for number in wanted)]

    return Contender(name, "whole", simulate, ours.records, batch)


def numbers(call: int, batch: int) -> range:
    """The replications of a call."""
    return range(call * batch, (call + 1) * batch)


def ours_equal() -> None:
    """Both our engines give the same tables on the common model."""
    for department in (ours.pathway(), ours.pathway(cubicles=False, outgoing_are_extra=True)):
        plan, _, columns = ours.given(department, 0)
        must_be_equal(ours.run("reference", plan, columns).activities, ours.run("compiled", plan, columns).activities)


def agreement(
    peers: Sequence[Contender], found: dict[str, list[dict[str, float]]], n_ours: int
) -> tuple[Table, list[str]]:
    """Means, half-widths and Welch's t against ours, and what differs beyond chance."""
    rows: list[list[Cell]] = []
    p_values: dict[tuple[str, str], float] = {}
    header: list[str] = []
    known: dict[int, Found] = {}
    for peer in peers:
        assert peer.like is not None
        if id(peer.like) not in known:
            tables = (ours.simulate(peer.like, "compiled", number) for number in range(n_ours))
            known[id(peer.like)] = by_measure([measures(ours.records(table)) for table in tables])
        us = known[id(peer.like)]
        them = by_measure(found[peer.name])
        header = ["engine", "replications", *us]
        tests = {name: ttest_ind(them[name], us[name], equal_var=False) for name in us}
        p_values |= {(peer.name, name): float(test.pvalue) for name, test in tests.items()}
        rows.append([f"aeflow, for {peer.name}", n_ours, *(mean_and_half_width(us[name]) for name in us)])
        rows.append([peer.name, len(them["stay"]), *(mean_and_half_width(them[name]) for name in us)])
        rows.append(["t", "", *(f"{test.statistic:+.1f}" for test in tests.values())])
    limit = FALSE_ALARM / len(p_values)
    worst = min(p_values, key=p_values.__getitem__)
    note = (
        f"Means over replications and 95 % half-widths, minutes and shares; t is Welch's against the line above. "
        f"Of {len(p_values)} comparisons the least likely is {worst[0]}, {worst[1]} (p = {p_values[worst]:.2g}); "
        f"engines that agree pass all of them in at least {1 - FALSE_ALARM:.1%} of runs (p at least {limit:.1g} each)."
    )
    different = [f"{name}: {measure} (p = {p:.1g})" for (name, measure), p in p_values.items() if p < limit]
    return Table("peers_agreement", header, rows, [note]), different


def by_measure(each: Sequence[dict[str, float]]) -> Found:
    """The measures of several replications, by measure."""
    return {name: [one[name] for one in each] for name in each[0]}


def mean_and_half_width(values: Sequence[float]) -> str:
    """A mean with the half-width of its 95 % interval."""
    mean, error = float(np.mean(values)), float(np.std(values, ddof=1)) / len(values) ** 0.5
    half = float(student.ppf(0.975, len(values) - 1)) * error
    places = 0 if mean >= 1000 else 2 if mean >= 1 else 4
    return f"{mean:,.{places}f} ± {half:.{places}f}"


def speed(contenders: Sequence[Contender], seconds: Rounds, rounds: int, peers: Sequence[str]) -> Table:
    """Patients a second, and how many times as fast as textbook SimPy on the same model."""
    base = {"whole": "SimPy, textbook", "reduced": "SimPy, textbook, reduced"}
    n_patients = {
        each.model: len(each.records(each.simulate([0])[0])) for each in contenders if each.name in base.values()
    }
    rows: list[list[Cell]] = [
        [
            each.name,
            1000 * median(seconds[each.name]),
            n_patients[each.model] / median(seconds[each.name]),
            times(seconds[base[each.model]], seconds[each.name]),
            spread(seconds[base[each.model]], seconds[each.name]),
        ]
        for each in contenders
    ]
    fastest = min(
        (each for each in contenders if not each.name.startswith("aeflow")), key=lambda e: median(seconds[e.name])
    )
    us = "aeflow compiled, draws to table"
    ahead = times(seconds[fastest.name], seconds[us])
    versions = ", ".join(f"{name} {version(name)}" for name in peers)
    return Table(
        "peers",
        ["engine", "ms a replication", "patients/s", "times textbook SimPy", "range of rounds"],
        rows,
        [
            f"About {n_patients['whole']:,} patients a replication; {rounds} rounds; the reduced model is compared "
            f"with SimPy on it. Compiled, draws to table, is {ahead:.2f} times as fast as the fastest peer, "
            f"{fastest.name}. {versions}."
        ],
    )


if __name__ == "__main__":
    main()
