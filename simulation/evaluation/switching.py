"""Arms in which the switching of a design is simulated, day by day or by a coin for each patient.

They are added to a study as overrides, so that a stored run states them like any other arm.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from simulation.department.vocabulary import ARRIVAL_SOURCE
from simulation.evaluation.design import ByPatient, EvaluatedOutcome, EvaluationDesign
from simulation.evaluation.trials import HALVES, arm_switched, days_on
from simulation.measures.daily import DailyOutcome
from simulation.measures.definitions import ALL
from simulation.measures.quantities import WALK_IN
from simulation.wording import spaced

if TYPE_CHECKING:
    from simulation.study.study import Study

COIN, SIDES = "by_patient", ("without", "with")
"""The attribute of a patient for whom a coin decided, and its categories."""
NOTE = {"evidence": "assumed", "source": "how the evaluation switches"}


def why_not_switched(study: Study, arm: str, design: EvaluationDesign) -> str:
    """Why an arm cannot be switched from day to day, or from patient to patient; '' if it can."""
    own = study.arm(arm)
    if (
        any(path.partition(".")[0] != "triage" for path in own.arm.changes)
        or own.arm.nurse
        or own.arm.levers
    ):
        return f"'{arm}' changes more than its triage policy: staff and rooms are not switched from one to the next"
    if isinstance(design.switching, ByPatient):
        if own.policy.covers is None:
            return f"the policy of '{arm}' does not say whom it covers, so a coin cannot decide for whom it is used"
        if WALK_IN not in own.pathway.categories(ARRIVAL_SOURCE):
            return f"the department has no patients called '{WALK_IN}', who are looked at"
    return ""


def overrides_of(study: Study, arm: str, designs: Sequence[EvaluationDesign]) -> Iterator[str]:
    """Overrides that add an arm for each design whose switching is simulated, and the coin that patients have."""
    own = study.arm(arm)
    for design in designs:
        by_patient = isinstance(design.switching, ByPatient)
        if by_patient and own.policy.covers:
            changes: dict[str, object] = {
                "triage.covers.only": {**own.policy.covers.only, COIN: SIDES[1:]}
            }
        else:
            changes = {"triage.live_days": _spans(study.run.measured_days)}
        stated: dict[str, object] = {
            "label": f"{own.arm.label}, {spaced(design.switching.kind)}"[:200],
            "triage": own.arm.triage,
            **NOTE,
        }
        stated |= {"changes": {**own.arm.changes, **changes}, "claim": own.arm.claim}
        yield f"+study.arms.{arm_switched(arm, design)}={_flow(stated)}"
        if by_patient:
            coin = {"kind": "choice", "categories": SIDES, "shares": (0.5, 0.5), **NOTE}
            yield f"+site.attributes.{COIN}={_flow(coin)}"
            for group, side in zip(HALVES, SIDES, strict=True):
                groups = (f"{ARRIVAL_SOURCE}={WALK_IN}", f"{COIN}={side}")
                yield f"+study.groups.{group}={_flow({'kind': 'all_of', 'groups': groups})}"


def daily_of(
    outcomes: Sequence[EvaluatedOutcome], designs: Sequence[EvaluationDesign]
) -> tuple[DailyOutcome, ...]:
    """What a run has to keep by day: every outcome and, where a coin decides for patients, waits and steps near the
    tool of each half."""
    daily = [outcome.daily for outcome in outcomes]
    if any(isinstance(design.switching, ByPatient) for design in designs):
        halved = [
            outcome.daily
            for outcome in outcomes
            if outcome.role != "safety" and outcome.group == ALL
        ]
        daily += [replace(outcome, group=half) for outcome in halved for half in HALVES]
    return tuple(daily)


def _spans(n_days: int) -> list[list[int]]:
    """The days of `days_on`, each span from its first to its last."""
    edges = np.flatnonzero(np.diff(days_on(n_days).astype(int), prepend=0, append=0))
    return [[first, after - 1] for first, after in edges.reshape(-1, 2).tolist()]


def _flow(value: object) -> str:
    """A value as an override states it: keys without quotes, texts within them."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_flow(part)}' for key, part in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return json.dumps(value, ensure_ascii=False)
