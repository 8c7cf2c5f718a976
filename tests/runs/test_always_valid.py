"""What a result says while it grows: verdicts and judgements on safety from always-valid intervals."""

import numpy as np
import pytest

from simulation.runs.result import StudyResult
from simulation.statistics.verdict import INTERVAL_WORDS
from simulation.study.design import Arm, Design, Margin, Target
from tests.made_up import WAIT, result_of

SOURCED = {"evidence": "assumed", "source": "a test"}


def growing_one(ordinary: StudyResult) -> StudyResult:
    """The same replications of a study that planned more of them."""
    waits = {arm: ordinary.values(arm, WAIT.measure) for arm in ordinary.measures}
    return result_of(ordinary.design, waits, planned=40)


@pytest.fixture
def ordinary() -> StudyResult:
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
    return result_of(design, {"nurse": np.full(20, 50.0), "ai": 50.0 + differences})


def test_a_growing_result_is_judged_by_always_valid_intervals(ordinary: StudyResult) -> None:
    growing = growing_one(ordinary)
    assert (ordinary.findings[0].verdict.kind, growing.findings[0].verdict.kind) == (
        "cuts",
        "cannot tell",
    )
    assert (ordinary.safety[0].judgement.kind, growing.safety[0].judgement.kind) == (
        "non-inferior",
        "cannot tell",
    )
    for output in (growing.findings[0].verdict.sentence, growing.safety[0].judgement.sentence):
        assert INTERVAL_WORDS["always_valid"] in output
    for output in (ordinary.findings[0].verdict.sentence, ordinary.safety[0].judgement.sentence):
        assert INTERVAL_WORDS["always_valid"] not in output


def test_every_interval_of_a_growing_result_is_always_valid(ordinary: StudyResult) -> None:
    """Also between two arms and of the sham; only where one more replication is expected stays what it was."""
    growing = growing_one(ordinary)
    row = growing.row("ai", WAIT.measure)
    against = growing.against("ai", "nurse", WAIT.measure)
    band, same_band = growing.band(WAIT.measure), ordinary.band(WAIT.measure)
    assert band is not None
    assert same_band is not None
    assert row.half_width == pytest.approx(0.81272 * 1.5, abs=1e-4)
    assert against.half_width == band.difference.half_width == pytest.approx(row.half_width)
    assert (band.low, band.high) == (same_band.low, same_band.high)
