"""The files that a bench gives to a comparison: the tool as a triage policy, the bench's nurse, a study of both.

They are written as configuration files into the folder of the card, where `aeflow compare study=vetted` finds them.
The policy holds counts of truth, nurse and tool together. Intervals of a comparison do not hold how sure the counts
are, and every source here says so.
"""

from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from simulation.config.writing import yaml_text
from simulation.patients.variates import generator_of
from simulation.records.schema import Floats
from simulation.triage.matrix import (
    N_HIGH,
    BesideNurse,
    distances,
    joint_beside,
    ordinal_prior,
    rows_given_nurse,
)
from simulation.vetting.bench import LEVEL_NAMES, NURSE, TOOL, Bench, Vetting
from simulation.vetting.cases import AGE_BANDS, N_LEVELS, facts
from simulation.vetting.scores import exact_share
from simulation.wording import spaced

VETTED, ADVISES, BENCH_NURSE = "vetted", "vetted_advises", "bench"
DRAWN = "vetted_drawn_"
"""How the names of arms with a drawn table begin."""
DOUBT = "vetted_doubt"
"""The study that separates uncertainty of the measurement from noise of simulation."""
TABLES = range(1, 9)
"""The numbers of the drawn tables in that study."""
OUTWEIGHS = 1e6
"""The cases that a drawn row counts as, so many that no prior moves it again."""
NURSES = "nurses"
REPLACES = {"role": "replaces"}
HEAD = "Written by aeflow vet. Planning only, not for clinical use."
FIXED: Mapping[str, Any] = facts("policy_files")
"""The parts of the files that are the same for every bench."""
NOT_IN = "intervals of a comparison do not hold how sure this table is"


def policy_files(bench: Bench) -> dict[str, str]:
    """The text of each file by its path in a folder of configurations.

    There are none where a true level has no case, or none that the tool labelled.
    """
    counts = bench.labelled[TOOL].counts[:, :, :N_LEVELS]
    if np.any(counts.sum(axis=(0, 2)) == 0):
        return {}
    advises = {"role": "advises", "acceptance": FIXED["acceptance"]}
    files = {
        f"triage/{VETTED}.yaml": _policy(bench, VETTED),
        f"triage/{ADVISES}.yaml": _policy(bench, ADVISES, role=advises),
        f"study/{VETTED}.yaml": _study(bench),
        f"study/{DOUBT}.yaml": _study(bench, with_tables=True),
        **{
            f"triage/{DRAWN}{number}.yaml": _policy(bench, f"{DRAWN}{number}", drawn=number)
            for number in TABLES
        },
    }
    if NURSE in bench.labelled:
        matrix = {"counts": _round(table_counts(bench, NURSE)), **_source(bench, NURSES)}
        labels = {"name": "nurse", "correlation": FIXED["correlation_of_nurses"], "matrix": matrix}
        files[f"nurse/{BENCH_NURSE}.yaml"] = {"labels": labels}
    return {path: yaml_text(HEAD, content) for path, content in files.items()}


def joint_counts(bench: Bench) -> Floats:
    """Cases by true level, nurse's label and tool's label, a mean over repeats, shape (levels, levels, levels).

    The levels are those of a department that the cases' levels stand for.
    """
    nurse = bench.labelled[NURSE].labels[:, 0]
    joint = np.zeros((N_LEVELS, N_LEVELS, N_LEVELS))
    np.add.at(
        joint, (bench.cases.truth, nurse), bench.labelled[TOOL].counts.sum(axis=1)[:, :N_LEVELS]
    )
    return _carry_over(joint, bench.plan)


def double_misses(bench: Bench) -> Floats:
    """The share under-triaged by the tool too among levels 1-2 whom the nurse under-triages: on the bench,
    and as a comparison simulates it with the prior of thin cells. NaN for both if she under-triages none."""
    counts, less_urgent = joint_counts(bench), distances(N_LEVELS)[:N_HIGH] > 0
    beside = BesideNurse(counts=counts.tolist(), evidence="assumed", source="")
    missed = (
        np.array([counts, joint_beside(beside, counts.sum(axis=2))])[:, :N_HIGH]
        * less_urgent[:, :, None]
    )
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (missed * less_urgent[:, None, :]).sum(axis=(1, 2, 3)) / missed.sum(axis=(1, 2, 3))
        )


def table_counts(bench: Bench, who: str) -> Floats:
    """Cases by true level and label of the tool or the nurse, by `who`, shape (levels, levels).

    A level without a case has the prior's one case.
    """
    table = _carry_over(bench.labelled[who].table[:, :N_LEVELS], bench.plan)
    return np.where(table.sum(axis=1, keepdims=True) > 0, table, ordinal_prior(N_LEVELS))


def _carry_over(counts: Floats, plan: Vetting) -> Floats:
    """Counts by level of a department, from counts by level of the cases on every axis."""
    levels = [LEVEL_NAMES.index(name) for name in plan.stands_for]
    onto = np.eye(N_LEVELS)[levels]
    for axis in range(counts.ndim):
        counts = np.moveaxis(np.tensordot(onto, counts, axes=(0, axis)), 0, axis)
    return counts


def drawn_counts(bench: Bench, number: int) -> Floats:
    """A table drawn from what the bench leaves open, with an axis for the nurse's label if there is a nurse.

    Each row is drawn from the Dirichlet distribution of its counts and the prior's. The same number gives the same
    table.
    """
    if NURSE in bench.labelled:
        beside = BesideNurse(counts=_round(joint_counts(bench)), evidence="assumed", source="")
        weights = rows_given_nurse(beside)
    else:
        weights = table_counts(bench, TOOL) + ordinal_prior(N_LEVELS)
    chance = generator_of(bench.plan.seed, number, "vetting", "table", 0).standard_gamma(weights)
    return np.asarray(OUTWEIGHS * chance / chance.sum(axis=-1, keepdims=True))


def _policy(
    bench: Bench, name: str, *, role: Mapping[str, Any] = REPLACES, drawn: int | None = None
) -> dict[str, Any]:
    subject = f"labels of {bench.tool}"
    source = _source(
        bench,
        subject if drawn is None else f"table {drawn} drawn from the uncertainty about {subject}",
    )
    beside = NURSE in bench.labelled
    measured = joint_counts(bench) if beside else table_counts(bench, TOOL)
    counts = _round(measured if drawn is None else drawn_counts(bench, drawn))
    nurses = {"nurses": _source(bench, NURSES)["source"]} if beside else {}
    policy = {
        "kind": "matrix",
        "name": name,
        "ai": {
            **FIXED["ai"],
            "beside_nurse" if beside else "matrix": {"counts": counts, **nurses, **source},
        },
        **role,
        "covers": FIXED["covers"],
        "measured_on": _cases_by_category(bench),
        "measured_against": bench.cases.yardstick,
    }
    shares = _hand_backs(bench)
    if shares:
        source = _source(bench, "unusable answers and hand-backs")
        policy["abstains"] = {"shares": shares, "hand_back": FIXED["hand_back"], **source}
    return policy


def _cases_by_category(bench: Bench) -> dict[str, dict[str, int]]:
    """The number of cases by attribute and category of the site. A mode that the site does not have is left out."""
    groups = Counter(
        (name, case.group(name))
        for case in bench.cases.cases
        for name in ("age_band", "arrival_mode")
    )
    return {
        "age_band": {band: groups["age_band", band] for band in AGE_BANDS},
        "arrival_source": {mode: groups["arrival_mode", mode] for mode in ("walk_in", "ambulance")},
    }


def _hand_backs(bench: Bench) -> dict[str, Any]:
    """The share of each level whose cases have no usable label and go back to the nurse; empty if there are none."""
    table = bench.labelled[TOOL].table
    shares: dict[str, Any] = {}
    for name in LEVEL_NAMES if table[:, N_LEVELS].any() else ():
        row = table[[stands_for == name for stands_for in bench.plan.stands_for]].sum(axis=0)
        if row.any():
            share = exact_share(float(row[N_LEVELS]), round(float(row.sum())))
            limits = [round(share.low, 4), round(share.high, 4)]
            shares[name] = {
                "value": round(share.value, 4),
                "range": limits,
                **_source(bench, "no usable label"),
            }
    return shares


def _study(bench: Bench, *, with_tables: bool = False) -> dict[str, Any]:
    study: dict[str, Any] = deepcopy(FIXED["study"])
    study["question"] = study["question"].format(tool=bench.tool[:60])
    for arm in study["arms"].values():
        arm["label"] = arm["label"].format(tool=bench.tool[:40])
    if with_tables:
        study["name"] = DOUBT
        del study["arms"][ADVISES]
        for number in TABLES:
            arm = {
                "label": f"The same, table {number}",
                "triage": f"{DRAWN}{number}",
                "draw_of": VETTED,
            }
            study["arms"][arm["triage"]] = arm
    if NURSE in bench.labelled:
        study = {"defaults": [{"override /nurse@_global_.nurse": BENCH_NURSE}], **study}
    return study


def _source(bench: Bench, subject: str) -> dict[str, str]:
    cases = bench.cases
    n_high = int((cases.truth < 2).sum())
    where = f"{subject} on {len(cases)} cases ({n_high} of true levels 1-2), aeflow vet name={bench.plan.name}"
    truth = f"truth: {cases.yardstick_words}; {_stands_for(bench.plan)}; {NOT_IN}"
    evidence, made_up = ("assumed", "made up: ") if cases.synthetic else ("measured", "")
    return {"evidence": evidence, "source": f"{where}; {truth}; {made_up}{cases.source}"}


def _stands_for(plan: Vetting) -> str:
    """In words, the department's levels for which levels 1 to 5 of the cases stand, and those without a case."""
    names, without = (
        ", ".join(plan.stands_for),
        [name for name in LEVEL_NAMES if name not in plan.stands_for],
    )
    assumed = f" ({', '.join(without)}: no case, assumed)" if without else ""
    return spaced(f"levels 1 to 5 of the cases stand for {names}{assumed}, an assumption")


def _round(counts: Floats) -> Any:
    return np.round(counts, 4).tolist()
