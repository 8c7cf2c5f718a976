"""The common model (`common_model/parameters.py`) in other people's software and in both our engines, on one core.

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
from common_model.parameters import Records, measures
from measuring import Cell, Rounds, Table, one_core, options, spread, timed, times
from scipy.stats import t as student
from scipy.stats import ttest_ind

from simulation.department.vocabulary import Pathway
from simulation.engine.choose import EngineName

FALSE_ALARM = 0.001
"""The probability that equal engines are called different anywhere in the table of comparisons."""
OURS = 200
"""The number of our replications that a peer is compared with."""
NEEDS = {
    "simpy": ("simpy",),
    "salabim": ("salabim", "greenlet"),
    "cimba": ("cimba",),
    "ciw": ("ciw",),
}
ByMeasure = dict[str, list[float]]
"""The values of every replication, by measure."""


@dataclass(frozen=True)
class Contender:
    """One engine on one of the two models.

    `simulate` takes numbers of replications and returns one result each, which `records` reads. `batch`:
    replications in one call. `replications`: the least number compared with ours, including those of the rounds.
    `like`: our department that does the same; None for our own engines.
    """

    name: str
    model: str
    simulate: Callable[[Sequence[int]], Sequence[Any]]
    records: Callable[[Any], Records]
    batch: int = 1
    replications: int = 0
    like: Pathway | None = None

    def call(self, number: int) -> Sequence[Any]:
        """The results of the replications of one call, by the number of the call."""
        return self.simulate(range(number * self.batch, (number + 1) * self.batch))


def main() -> None:
    """Check, measure, print and keep."""
    args = options(__doc__ or "", rounds=5)
    peers = chosen(args.without)
    contenders = all_contenders(peers)
    check_that_ours_are_equal()
    share = 0.1 if args.small else 1.0
    by_name = {contender.name: contender for contender in contenders}
    measured: dict[str, list[dict[str, float]]] = {
        contender.name: [] for contender in contenders if contender.like is not None
    }

    def measure(name: str, results: Sequence[Any]) -> None:
        if name in measured:
            measured[name] += [measures(by_name[name].records(result)) for result in results]

    with one_core():
        seconds = timed(
            {contender.name: contender.call for contender in contenders}, args.rounds, after=measure
        )
        seconds = {
            contender.name: [s / contender.batch for s in seconds[contender.name]]
            for contender in contenders
        }
        for name in measured:
            number = args.rounds
            while len(measured[name]) < by_name[name].replications * share:
                measure(name, by_name[name].call(number))
                number += 1
        agreed, disagreements = agreement(
            [by_name[name] for name in measured], measured, max(int(OURS * share), 20)
        )
    speed(contenders, seconds, args.rounds, peers).keep(small=args.small)
    agreed.keep(small=args.small)
    if disagreements:
        sys.exit("Not the same work: " + "; ".join(disagreements))


def chosen(without: Iterable[str]) -> list[str]:
    """The peers to run. Exits with a message if one is unknown or missing."""
    unknown = [name for name in without if name not in NEEDS]
    if unknown:
        sys.exit(
            f"--without {' '.join(unknown)}: there is no such peer. Peers are {', '.join(NEEDS)}"
        )
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
    """The engines to run, SimPy first in each model."""
    whole = ours.pathway()
    reduced = ours.pathway(cubicles=False)
    reduced_extra = ours.pathway(cubicles=False, outgoing_are_extra=True)
    textbook = import_module("common_model.simpy_textbook")
    contenders = [
        Contender(
            "SimPy, textbook",
            "whole",
            one_by_one(textbook.simulate),
            textbook.records,
            1,
            40,
            whole,
        ),
        ours_whole("aeflow reference, draws to table", "reference", whole),
        engine_only("aeflow reference, engine only", "reference", whole),
        ours_whole("aeflow compiled, draws to table", "compiled", whole, batch=20),
        engine_only("aeflow compiled, engine only", "compiled", whole, batch=20),
    ]
    if "salabim" in peers:
        salabim = import_module("common_model.salabim_model")
        contenders.append(
            Contender(
                "salabim, yieldless",
                "whole",
                one_by_one(salabim.simulate),
                salabim.records,
                1,
                12,
                whole,
            )
        )
    if "cimba" in peers:
        cimba = import_module("common_model.cimba_model")
        department = cimba.department()
        contenders.append(
            Contender(
                "Cimba",
                "whole",
                lambda n: cimba.simulate(department, n),
                cimba.records,
                20,
                200,
                whole,
            )
        )
    if "ciw" in peers:
        ciw = import_module("common_model.ciw_reduced")
        contenders += [
            Contender(
                "SimPy, textbook, reduced",
                "reduced",
                one_by_one(lambda number: textbook.simulate(number, cubicles=False)),
                textbook.records,
                1,
                32,
                reduced,
            ),
            Contender(
                "Ciw, reduced",
                "reduced",
                one_by_one(ciw.simulate),
                ciw.records,
                1,
                40,
                reduced_extra,
            ),
            ours_whole(
                "aeflow compiled, reduced, draws to table",
                "compiled",
                reduced_extra,
                model="reduced",
                batch=20,
            ),
        ]
    return contenders


def one_by_one(simulate: Callable[[int], Any]) -> Callable[[Sequence[int]], list[Any]]:
    """A function of several replications from one that runs a single one."""
    return lambda replications: [simulate(number) for number in replications]


def ours_whole(
    name: str, engine: EngineName, department: Pathway, *, model: str = "whole", batch: int = 1
) -> Contender:
    """Our engine with everything from the draws to the table of patients."""
    simulate = one_by_one(lambda number: ours.simulate(department, engine, number))
    return Contender(name, model, simulate, ours.records, batch)


def engine_only(name: str, engine: EngineName, department: Pathway, *, batch: int = 1) -> Contender:
    """Our engine without draws and tables: the inputs of the first replications, made beforehand, are used again."""
    inputs = [ours.inputs(department, number) for number in range(batch)]

    def simulate(replications: Sequence[int]) -> list[Any]:
        chosen_inputs = (inputs[number % batch] for number in replications)
        return [ours.run(engine, plan, columns) for plan, _, columns in chosen_inputs]

    return Contender(name, "whole", simulate, ours.records, batch)


def check_that_ours_are_equal() -> None:
    """Stop if our two engines differ on the common model."""
    for department in (ours.pathway(), ours.pathway(cubicles=False, outgoing_are_extra=True)):
        plan, _, columns = ours.inputs(department, 0)
        must_be_equal(
            ours.run("reference", plan, columns).activities,
            ours.run("compiled", plan, columns).activities,
        )


def agreement(
    peers: Sequence[Contender], measured: dict[str, list[dict[str, float]]], n_ours: int
) -> tuple[Table, list[str]]:
    """A table of means, half-widths and Welch's t against ours, and the measures that differ beyond chance."""
    rows: list[list[Cell]] = []
    p_values: dict[tuple[str, str], float] = {}
    header: list[str] = []
    by_department: dict[int, ByMeasure] = {}
    for peer in peers:
        assert peer.like is not None
        if id(peer.like) not in by_department:
            tables = (ours.simulate(peer.like, "compiled", number) for number in range(n_ours))
            by_department[id(peer.like)] = by_measure(
                [measures(ours.records(table)) for table in tables]
            )
        our_values = by_department[id(peer.like)]
        their_values = by_measure(measured[peer.name])
        header = ["engine", "replications", *our_values]
        tests = {
            name: ttest_ind(their_values[name], our_values[name], equal_var=False)
            for name in our_values
        }
        p_values |= {(peer.name, name): float(test.pvalue) for name, test in tests.items()}
        rows.append(
            [f"aeflow, for {peer.name}", n_ours, *map(mean_and_half_width, our_values.values())]
        )
        rows.append(
            [
                peer.name,
                len(their_values["stay"]),
                *(mean_and_half_width(their_values[name]) for name in our_values),
            ]
        )
        rows.append(["t", "", *(f"{test.statistic:+.1f}" for test in tests.values())])
    limit = FALSE_ALARM / len(p_values)
    worst = min(p_values, key=p_values.__getitem__)
    note = (
        f"Means over replications and 95 % half-widths, minutes and shares; t is Welch's against the line above. "
        f"Of {len(p_values)} comparisons the least likely is {worst[0]}, {worst[1]} (p = {p_values[worst]:.2g}); "
        f"engines that agree pass all of them in at least {1 - FALSE_ALARM:.1%} of runs (p at least {limit:.1g} each)."
    )
    different = [
        f"{name}: {measure} (p = {p:.1g})" for (name, measure), p in p_values.items() if p < limit
    ]
    return Table("peers_agreement", header, rows, [note]), different


def by_measure(replications: Sequence[dict[str, float]]) -> ByMeasure:
    """The values of several replications, by measure."""
    return {name: [values[name] for values in replications] for name in replications[0]}


def mean_and_half_width(values: Sequence[float]) -> str:
    """A mean with the half-width of its 95 % interval."""
    mean, error = float(np.mean(values)), float(np.std(values, ddof=1)) / len(values) ** 0.5
    half = float(student.ppf(0.975, len(values) - 1)) * error
    places = 0 if mean >= 1000 else 2 if mean >= 1 else 4
    return f"{mean:,.{places}f} ± {half:.{places}f}"


def speed(
    contenders: Sequence[Contender], seconds: Rounds, rounds: int, peers: Sequence[str]
) -> Table:
    """A table of patients a second, and how many times as fast each is as textbook SimPy on the same model."""
    base = {"whole": "SimPy, textbook", "reduced": "SimPy, textbook, reduced"}
    n_patients = {
        contender.model: len(contender.records(contender.simulate([0])[0]))
        for contender in contenders
        if contender.name in base.values()
    }
    rows: list[list[Cell]] = [
        [
            contender.name,
            1000 * median(seconds[contender.name]),
            n_patients[contender.model] / median(seconds[contender.name]),
            times(seconds[base[contender.model]], seconds[contender.name]),
            spread(seconds[base[contender.model]], seconds[contender.name]),
        ]
        for contender in contenders
    ]
    peers_alone = [contender for contender in contenders if not contender.name.startswith("aeflow")]
    fastest = min(peers_alone, key=lambda contender: median(seconds[contender.name]))
    ours_compiled = "aeflow compiled, draws to table"
    ratio = times(seconds[fastest.name], seconds[ours_compiled])
    versions = ", ".join(f"{name} {version(name)}" for name in peers)
    return Table(
        "peers",
        ["engine", "ms a replication", "patients/s", "times textbook SimPy", "range of rounds"],
        rows,
        [
            f"About {n_patients['whole']:,} patients a replication; {rounds} rounds; the reduced model is compared "
            f"with SimPy on it. Compiled, draws to table, is {ratio:.2f} times as fast as the fastest peer, "
            f"{fastest.name}. {versions}."
        ],
    )


if __name__ == "__main__":
    main()
