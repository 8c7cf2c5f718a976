"""Where a number is said to be above or below another, both are printed so that this is seen."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.display.measured import before_and_after
from simulation.extracts.quality import DataQuality, DirtCount
from simulation.offers import labels
from simulation.offers.interview import OfferAnswers
from simulation.report import board, findings
from simulation.vetting.bench import Criterion, CriterionVerdict
from simulation.vetting.score_words import verdict_row
from simulation.vetting.scores import ScoreEstimate
from simulation.wording import MOST_DIGITS, apart, digits_apart

NUMBERS = st.floats(0, 1000)


@given(limit=NUMBERS, more=st.floats(1e-8, 1), digits=st.integers(0, 3))
def test_a_number_above_a_limit_is_printed_above_it(limit: float, more: float, digits: int) -> None:
    value = limit + more
    printed, beside = (
        float(apart(*pair, digits).replace(",", "")) for pair in ((value, limit), (limit, value))
    )
    assert printed > beside


def test_numbers_that_are_the_same_are_printed_with_the_decimals_asked_for() -> None:
    assert apart(25.22, 25.22, 1) == "25.2"
    assert digits_apart(1.0, math.nan, 2) == 2
    assert digits_apart(1.0, 1.0 + 10**-12, 2) == 2 <= MOST_DIGITS


def test_a_share_of_labels_above_its_limit_is_printed_above_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """25.2203 % beside a limit of 25.22 %: to two decimals both are 25.22."""
    shares: Mapping[str, float] = {
        "nurses": 0.2422,
        "as answered": 0.252203,
        "at the limit": 0.2522,
    }

    def readings(policy: Any) -> Iterator[tuple[str, Any]]:
        yield from ((words, words) for words in ("as answered", "at the limit"))

    def made(raw: Any, *_: Any) -> Any:
        policy = SimpleNamespace(words=raw["triage"])
        return SimpleNamespace(policy=policy)

    monkeypatch.setattr(labels, "readings", readings)
    monkeypatch.setattr(labels, "policy_made_of", made)
    monkeypatch.setattr(labels, "copied", lambda nurse: nurse)
    monkeypatch.setattr(
        labels, "replace", lambda policy, **_: SimpleNamespace(words="nurses"), raising=True
    )
    monkeypatch.setattr(labels, "_sickest_at_triage", lambda *_: [[1], [1]])
    monkeypatch.setattr(labels, "_too_low", lambda policies, *_: shares[policies[0].words])
    monkeypatch.setattr(
        labels,
        "_in_departments",
        lambda *_: [({"covers": {"share": {"value": 1.0}}}, {})],
    )
    margin = SimpleNamespace(measure=labels.UNDER_TRIAGE, margin=0.01)
    study: Any = SimpleNamespace(
        arm=lambda name: SimpleNamespace(pathway=None, policy=None),
        run=SimpleNamespace(seed=1),
        design=SimpleNamespace(margins=(margin,)),
    )
    values = OfferAnswers(does="labels", against="panel")
    product: Any = SimpleNamespace(values=values)
    first, above, at = labels.label_lines(study, product)[0]
    assert "the limit is 25.2200 %" in first
    assert above == "as answered: 25.2203 %, above the limit"
    assert at == "at the limit: 25.2200 %"


def test_dirt_beyond_its_share_is_printed_beyond_it() -> None:
    found = DataQuality([DirtCount("repeated_row", 10_004, 1_000_000)])
    (fault,) = found.faults("here", 0.01, {})
    assert "(1.0004 %)" in fault.found
    assert "At most 1.0000 % is read" in fault.remedy


@pytest.mark.parametrize(
    ("low", "bound", "shown"), [(0.94973, 0.95, "94.97"), (0.9, 0.95, "90.0"), (0.95, 0.95, "95.0")]
)
def test_an_end_of_a_scores_interval_that_is_not_its_bound_is_not_printed_as_the_bound(
    low: float, bound: float, shown: str
) -> None:
    criterion = Criterion(score="exact_share", at_least=bound, evidence="assumed", source="a test")
    estimate = ScoreEstimate(0.97, low, 0.99, 500, "exact")
    row = verdict_row(CriterionVerdict(criterion, "", estimate, "cannot tell", ""))
    assert f"({shown} to 99.0" in row[3]
    beside = replace(criterion, against="nurse", at_most=0.05, at_least=None)
    difference = ScoreEstimate(0.0, -0.02, 0.05004, 500, "resampled")
    row = verdict_row(CriterionVerdict(beside, "", difference, "cannot tell", ""))
    assert row[3] == "0.000 points (−2.000 to +5.004)"


@pytest.mark.parametrize(
    ("after", "shown"), [(0.1704, ("16.00 %", "17.04 %")), (0.1749, ("16.0 %", "17.5 %"))]
)
def test_a_share_beyond_its_margin_is_printed_beyond_it(
    after: float, shown: tuple[str, str]
) -> None:
    rows = {None: 0.16, "ai": after}
    result: Any = SimpleNamespace(
        row_of=lambda margin, arm=None: SimpleNamespace(mean=rows[arm], unit="share")
    )
    safety: Any = SimpleNamespace(
        margin=SimpleNamespace(margin=0.01), arm="ai", comparison=SimpleNamespace(better="lower")
    )
    assert before_and_after(result, safety) == shown


def test_minutes_beyond_a_limit_are_printed_beyond_it() -> None:
    row = SimpleNamespace(unit="minutes", difference=2.04, measure="wait", group="all")
    margin = SimpleNamespace(margin=2.0, measure="wait", group="all", label="Wait")
    safety: Any = SimpleNamespace(comparison=row, margin=margin, spread=None)
    failed = board._failed(SimpleNamespace(), "Fails", safety, is_assumed=False)  # type: ignore[arg-type]
    assert failed == "Fails: 'Wait', 2.04 minutes longer. Limit: 2."


def test_a_half_width_that_was_not_reached_is_printed_wider() -> None:
    result: Any = SimpleNamespace(
        replications=[None] * 20, run=SimpleNamespace(replications=20, how_many="20")
    )
    asked: Any = SimpleNamespace(half_width=0.5, first_stage=10)
    words = findings._reached(result, asked, 0.50002, 1)
    assert words.startswith("Not reached: ±0.50002 with 20")
