"""What a result says while it grows: verdicts and judgements on safety from always-valid intervals."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from simulation.measures.definitions import Definition
from simulation.measures.measuring import MeasureName, Measures
from simulation.runs.result import Comparisons
from simulation.statistics.always_valid import IntervalKind
from simulation.statistics.verdict import INTERVAL_WORDS
from simulation.study.design import Arm, Design, Margin, Target

WAIT = MeasureName("wait_to_clinician_mean", "minutes", "all")
SOURCED = {"evidence": "assumed", "source": "a test"}


@dataclass(frozen=True)
class Judged(Comparisons):
    """What is judged, without a study that was run."""

    design: Design
    measures: Mapping[str, list[Measures]]
    interval_kind: IntervalKind = "fixed_sample"
    own: Mapping[str, Definition] = field(default_factory=dict)
    measured_days: float | None = None
    department_of: None = None
    sham_shares: None = None


@pytest.fixture
def ordinary() -> Judged:
    """20 replications: the wait is 1 min shorter (sd 1.5), which a t interval tells from 0."""
    deviations = np.linspace(-1, 1, 20)
    differences = -1.0 + 1.5 * deviations / np.std(deviations, ddof=1)
    target = {"measure": WAIT.measure, "group": WAIT.group, "label": "Wait", **SOURCED}
    design = Design(
        name="two_arms",
        question="?",
        baseline="nurse",
        sham="ai",
        arms={arm: Arm(label=arm, triage="nurse") for arm in ("nurse", "ai")},
        primary=(Target(**target, minimal_important_difference=1.9),),
        margins=(Margin(**target, margin=0.1),),
    )
    waits = {"nurse": np.full(20, 50.0), "ai": 50.0 + differences}
    measures = {arm: [Measures((WAIT,), np.array([wait])) for wait in of_arm] for arm, of_arm in waits.items()}
    return Judged(design, measures)


def test_a_growing_result_is_judged_by_always_valid_intervals(ordinary: Judged) -> None:
    growing = replace(ordinary, interval_kind="always_valid")
    assert (ordinary.findings[0].verdict.kind, growing.findings[0].verdict.kind) == ("cuts", "cannot tell")
    assert (ordinary.safety[0].judgement.kind, growing.safety[0].judgement.kind) == ("non-inferior", "cannot tell")
    for output in (growing.findings[0].verdict.sentence, growing.safety[0].judgement.sentence):
        assert INTERVAL_WORDS["always_valid"] in output
    for output in (ordinary.findings[0].verdict.sentence, ordinary.safety[0].judgement.sentence):
        assert INTERVAL_WORDS["always_valid"] not in output


def test_every_interval_of_a_growing_result_is_always_valid(ordinary: Judged) -> None:
    """Also between two arms and of the sham; only where one more replication is expected stays what it was."""
    growing = replace(ordinary, interval_kind="always_valid")
    row = growing.row("ai", WAIT.measure)
    against = growing.against("ai", "nurse", WAIT.measure)
    band, same_band = growing.band(WAIT.measure), ordinary.band(WAIT.measure)
    assert band is not None
    assert same_band is not None
    assert row.half_width == pytest.approx(0.81272 * 1.5, abs=1e-4)
    assert against.half_width == band.difference.half_width == pytest.approx(row.half_width)
    assert (band.low, band.high) == (same_band.low, same_band.high)
