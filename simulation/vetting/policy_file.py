"""The files that a bench gives to a comparison: the tool as a triage policy, the bench's nurse, a study of both.

They are written as configuration files into the folder of the card, where `aeflow compare study=vetted` finds them.
The policy holds counts of truth, nurse and tool together. Intervals of a comparison do not hold how sure the counts
are, and every source here says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from simulation.patients.variates import generator_of
from simulation.records.schema import Floats
from simulation.triage.beside import BesideNurse, ordinal_prior, rows_given_nurse
from simulation.vetting.bench import NURSE, TOOL, Bench
from simulation.vetting.cases import AGE_BANDS, N_LEVELS
from simulation.vetting.plan import LEVEL_NAMES, Vetting
from simulation.vetting.scores import exact_share

VETTED, ADVISES, BENCH_NURSE = "vetted", "vetted_advises", "bench"
DRAWN = "vetted_drawn_"
"""How the names of arms with a drawn table begin."""
DOUBT = "vetted_doubt"
"""The study that separates uncertainty of the measurement from noise of simulation."""
N_TABLES = 8
"""The number of drawn tables in that study."""
OUTWEIGHS = 1e6
"""The cases that a drawn row counts as, so many that no prior moves it again."""
NURSES = "nurses"
NOT_IN = "intervals of a comparison do not hold how sure this table is"


def policy_files(bench: Bench) -> dict[str, str]:
    """The text of each file by its path in a folder of configurations.

    There are none where a true level has no case, or none that the tool labelled.
    """
    counts = bench.labelled[TOOL].counts[:, :, :N_LEVELS]
    if np.any(counts.sum(axis=(0, 2)) == 0):
        return {}
    acceptance = _assumed(0.5, (0, 1), "how often nurses follow it is not measured on a bench")
    advises = {"role": "advises", "acceptance": acceptance}
    files = {
        f"triage/{VETTED}.yaml": _text(_policy(bench, VETTED, {"role": "replaces"})),
        f"triage/{ADVISES}.yaml": _text(_policy(bench, ADVISES, advises)),
        f"study/{VETTED}.yaml": _text(_study(bench)),
        f"study/{DOUBT}.yaml": _text(_study(bench, with_tables=True)),
    }
    for number in range(1, N_TABLES + 1):
        name = f"{DRAWN}{number}"
        files[f"triage/{name}.yaml"] = _text(_policy(bench, name, {"role": "replaces"}, drawn=number))
    if NURSE in bench.labelled:
        files[f"nurse/{BENCH_NURSE}.yaml"] = _text(_nurse(bench))
    return files


def joint_counts(bench: Bench) -> Floats:
    """Cases by true level, nurse's label and tool's label, a mean over repeats, shape (levels, levels, levels).

    The levels are those of a department that the cases' levels stand for.
    """
    nurse = bench.labelled[NURSE].labels[:, 0]
    joint = np.zeros((N_LEVELS, N_LEVELS, N_LEVELS))
    np.add.at(joint, (bench.cases.truth, nurse), bench.labelled[TOOL].counts.sum(axis=1)[:, :N_LEVELS])
    return _carried_over(joint, bench.plan)


def table_counts(bench: Bench, who: str) -> Floats:
    """Cases by true level and label of the tool or the nurse, by `who`, shape (levels, levels).

    A level without a case has the prior's one case.
    """
    table = _carried_over(bench.labelled[who].table[:, :N_LEVELS], bench.plan)
    return np.where(table.sum(axis=1, keepdims=True) > 0, table, ordinal_prior(N_LEVELS))


def _carried_over(counts: Floats, plan: Vetting) -> Floats:
    """Counts by level of a department, from counts by level of the cases on every axis."""
    levels = [LEVEL_NAMES.index(name) for name in plan.stands_for]
    onto = np.zeros((N_LEVELS, N_LEVELS))
    onto[np.arange(N_LEVELS), levels] = 1
    for axis in range(counts.ndim):
        counts = np.moveaxis(np.tensordot(onto, counts, axes=(0, axis)), 0, axis)
    return counts


def drawn_counts(bench: Bench, number: int) -> Floats:
    """A table drawn from what the bench leaves open, with an axis for the nurse's label if there is a nurse.

    Each row is drawn from the Dirichlet distribution of its counts and the prior's. The same number gives the same
    table.
    """
    if NURSE in bench.labelled:
        beside = BesideNurse(counts=_rounded(joint_counts(bench)), evidence="assumed", source="")
        weights = rows_given_nurse(beside)
    else:
        weights = table_counts(bench, TOOL) + ordinal_prior(N_LEVELS)
    chance = generator_of(bench.plan.seed, number, "vetting", "table", 0).standard_gamma(weights)
    drawn: Floats = OUTWEIGHS * chance / chance.sum(axis=-1, keepdims=True)
    return drawn


def _policy(bench: Bench, name: str, role: Mapping[str, Any], drawn: int | None = None) -> dict[str, Any]:
    subject = f"labels of {bench.tool}"
    source = _source(bench, subject if drawn is None else f"table {drawn} drawn from the uncertainty about {subject}")
    ai: dict[str, Any] = {
        "name": "vetted_tool",
        "correlation": _assumed(0, (0, 0), "how errors coincide is in the counts; without a nurse it is not known"),
    }
    if NURSE in bench.labelled:
        counts = joint_counts(bench) if drawn is None else drawn_counts(bench, drawn)
        nurses = _source(bench, NURSES)["source"]
        ai["beside_nurse"] = {"counts": _rounded(counts), "nurses": nurses, **source}
    else:
        counts = table_counts(bench, TOOL) if drawn is None else drawn_counts(bench, drawn)
        ai["matrix"] = {"counts": _rounded(counts), **source}
    everybody = {
        "labels": ["walk_in", "ambulance", "referred"],
        "evidence": "assumed",
        "source": "everybody who is triaged, by whichever door",
    }
    met = {"measured_on": _met(bench), "measured_against": bench.cases.yardstick}
    policy = {"kind": "matrix", "name": name, "ai": ai, **role, "covers": everybody, **met}
    handed_back = _hand_backs(bench)
    return policy if handed_back is None else {**policy, "abstains": handed_back}


def _met(bench: Bench) -> dict[str, dict[str, int]]:
    """The number of cases by attribute and category of the site. A mode that the site does not have is left out."""
    ages = bench.cases.members("age_band")
    modes = bench.cases.members("arrival_mode")
    return {
        "age_band": {band: _n(ages, band) for band in AGE_BANDS},
        "arrival_source": {mode: _n(modes, mode) for mode in ("walk_in", "ambulance")},
    }


def _n(members: Mapping[str, NDArray[np.bool_]], group: str) -> int:
    return int(members[group].sum()) if group in members else 0


def _hand_backs(bench: Bench) -> dict[str, Any] | None:
    """The policy's `abstains`: cases without a usable label go back to the nurse; None if there are none."""
    table = bench.labelled[TOOL].table
    if not table[:, N_LEVELS].any():
        return None
    shares = {}
    for name in LEVEL_NAMES:
        row = table[[stands_for == name for stands_for in bench.plan.stands_for]].sum(axis=0)
        if not row.any():
            continue
        share = exact_share(float(row[N_LEVELS]), round(float(row.sum())))
        limits = [round(share.low, 4), round(share.high, 4)]
        shares[name] = {"value": round(share.value, 4), "range": limits, **_source(bench, "no usable label")}
    spent = {"durations": ["triage_interview"], "seconds": _assumed(60, (0, 300), "waiting for it before she begins")}
    return {"shares": shares, "hand_back": spent, **_source(bench, "unusable answers and hand-backs")}


def _nurse(bench: Bench) -> dict[str, Any]:
    correlation = _assumed(0.5, (0, 0.9), "no study measured how far assessors err on the same patients")
    counts = _rounded(table_counts(bench, NURSE))
    labels = {"name": "nurse", "correlation": correlation, "matrix": {"counts": counts, **_source(bench, NURSES)}}
    return {"labels": labels}


def _study(bench: Bench, *, with_tables: bool = False) -> dict[str, Any]:
    arms = {
        "nurse": {"label": "Nurse triage, as on the bench", "triage": "nurse"},
        "sham": {"label": "Sham AI: nurse's accuracy, fresh errors", "triage": "sham"},
        VETTED: {"label": f"{bench.tool[:40]} replaces the nurse's label", "triage": VETTED},
    }
    if with_tables:
        names = [f"{DRAWN}{number}" for number in range(1, N_TABLES + 1)]
        arms |= {
            name: {"label": f"The same, table {number}", "triage": name, "draw_of": VETTED}
            for number, name in enumerate(names, 1)
        }
    else:
        arms[ADVISES] = {"label": f"{bench.tool[:40]} advises the nurse", "triage": ADVISES}
    urgent = {"group": "acuity_true=1-2", "label": "Wait to first clinician, true levels 1-2"}
    judged = {"evidence": "assumed", "source": "a judgement"}
    wait = {"measure": "wait_to_clinician_mean", **judged}
    everybody = {**wait, "group": "all", "label": "Wait to first clinician, everybody"}
    missed = {"measure": "under_triage_1_2_share", "group": "all", "label": "Under-triage of levels 1-2"}
    study: dict[str, Any] = {
        "name": DOUBT if with_tables else VETTED,
        "question": f"What would {bench.tool[:60]} do to waits, if it labels here as it did on the bench?",
        "baseline": "nurse",
        "sham": "sham",
        "arms": arms,
        "primary": [
            {**everybody, "minimal_important_difference": 5},
            {**wait, **urgent, "minimal_important_difference": 3},
        ],
        "margins": [{**wait, **urgent, "margin": 2}, {**missed, "margin": 0.01, **judged}],
    }
    if NURSE not in bench.labelled:
        return study
    return {"defaults": [{"override /nurse@_global_.nurse": BENCH_NURSE}], **study}


def _source(bench: Bench, subject: str) -> dict[str, str]:
    cases = bench.cases
    n_high = int((cases.truth < 2).sum())
    where = f"{subject} on {len(cases)} cases ({n_high} of true levels 1-2), aeflow vet name={bench.plan.name}"
    truth = f"truth: {cases.yardstick_words}; {_stands_for(bench.plan)}; {NOT_IN}"
    evidence = "assumed" if cases.synthetic else "measured"
    return {"evidence": evidence, "source": f"{where}; {truth}; {'made up: ' * cases.synthetic}{cases.source}"}


def _stands_for(plan: Vetting) -> str:
    """In words, the department's levels for which levels 1 to 5 of the cases stand, and those without a case."""
    names = ", ".join(name.replace("_", " ") for name in plan.stands_for)
    without = [name.replace("_", " ") for name in LEVEL_NAMES if name not in plan.stands_for]
    assumed = f" ({', '.join(without)}: no case, assumed)" if without else ""
    return f"levels 1 to 5 of the cases stand for {names}{assumed}, an assumption"


def _assumed(value: float, between: tuple[float, float], source: str) -> dict[str, Any]:
    return {"value": value, "range": list(between), "evidence": "assumed", "source": source}


def _rounded(counts: Floats) -> Any:
    return np.round(counts, 4).tolist()


def _text(content: Mapping[str, Any]) -> str:
    head = "# Written by aeflow vet. Planning only, not for clinical use.\n"
    return head + str(yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=110))
