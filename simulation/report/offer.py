"""What the tables of a product say before anything is simulated: of the nurses, of the product, of both together."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace

from simulation.explain.label_mix import case_mix
from simulation.report.words import WIDTH
from simulation.study.study import Study
from simulation.triage.label_accuracy import label_accuracy
from simulation.triage.matrix import N_HIGH
from simulation.triage.policy import Policy
from simulation.triage.unlike_patients import unlike_patients

UNDER_TRIAGE = "under_triage_1_2_share"


def offer_lines(study: Study, name: str) -> Iterator[str]:
    """How often nurses, a product that labels, and both are right, at the department's mix of true levels; then what
    makes the tables hard to compare."""
    baseline, arm = study.baseline, study.arm(name)
    mix = case_mix(arm.pathway)
    if mix is not None and arm.policy.ai is not None:
        who = {"nurses": baseline.policy, f"{name} alone": replace(arm.policy, role="replaces", acceptance=None)}
        if arm.policy.acceptance is not None:
            who[f"nurses advised by {name}"] = arm.policy
        yield "What the tables say, before anything is simulated:"
        yield from _table({words: _shares(policy, mix) for words, policy in who.items()})
        yield from _folded(
            f"'Too low' is under-triage: less urgent than the truth. At this department's mix of true levels, of those "
            f"for whom it is used.{_limit(study)}"
        )
    for said in unlike_patients(arm.policy, arm.pathway):
        yield from _folded(f"Take care: {said}.")


def _shares(policy: Policy, mix: Sequence[float]) -> tuple[float, ...]:
    """Labels that are right, too low and too high, and too low of true levels 1-2; shares."""
    everybody = label_accuracy(policy, mix)
    urgent = label_accuracy(policy, [share if level < N_HIGH else 0.0 for level, share in enumerate(mix)])
    return everybody["exact_share"], everybody["under_share"], everybody["over_share"], urgent["under_share"]


def _table(rows: dict[str, tuple[float, ...]]) -> Iterator[str]:
    headers = ("right", "too low", "too high", "too low, levels 1-2")
    width = max(map(len, rows))
    yield f"  {'':<{width}}  {'  '.join(f'{header:>8}' for header in headers)}"
    for words, shares in rows.items():
        cells = [f"{100 * share:.1f} %" for share in shares]
        yield f"  {words:<{width}}  " + "  ".join(
            f"{cell:>{max(8, len(header))}}" for cell, header in zip(cells, headers, strict=True)
        )


def _limit(study: Study) -> str:
    """The limit of safety that the study sets."""
    margin = next((each.margin for each in study.design.margins if each.measure == UNDER_TRIAGE), None)
    return f" The study's limit for levels 1-2 is {100 * margin:g} point more." if margin is not None else ""


def _folded(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ")
