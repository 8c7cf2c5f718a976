"""Criteria: met, not met or cannot tell, and what it would take."""

from dataclasses import replace

import numpy as np
import pytest

from simulation.errors import ConfigError
from simulation.vetting.bench import (
    MOST_CASES,
    Criterion,
    CriterionVerdict,
    Vetting,
    overall,
    verdicts_on,
)
from simulation.vetting.cases import CaseSet
from simulation.vetting.scores import Labelled, cases_for_share, exact_share
from simulation.vetting.vet import load_plan
from tests.held import Hold

from .conftest import PUBLISHED, drawn

Korean = tuple[Vetting, CaseSet]


def margin(points: float) -> Criterion:
    return Criterion(
        score="under_triage_1_2_share",
        against="nurse",
        at_most=points / 100,
        evidence="assumed",
        source="a test",
    )


def verdict(cases: CaseSet, labels: np.ndarray, points: float = 5) -> CriterionVerdict:
    """Of a tool with these labels from 0, everybody together."""
    assert cases.nurse is not None
    tool, nurse = (
        Labelled(cases.truth, labels[:, None]),
        Labelled(cases.truth, cases.nurse[:, None]),
    )
    (found,) = verdicts_on(margin(points), tool, nurse, {}, {}, seed=1)
    return found


def test_a_perfect_tool_meets_a_margin_of_five_points_on_the_real_cases(korean: Korean) -> None:
    assert verdict(korean[1], korean[1].truth).word == "met"


def test_a_tool_that_errs_a_level_down_does_not(korean: Korean) -> None:
    assert verdict(korean[1], np.minimum(korean[1].truth + 1, 4)).word == "not met"


def test_a_copy_of_the_nurse_is_called_one(korean: Korean, hold: Hold) -> None:
    nurse = korean[1].nurse
    assert nurse is not None
    hold(verdict(korean[1], nurse).word, "identical")


def test_a_copy_of_the_nurse_is_called_one_in_every_group_that_has_cases(
    korean: Korean, hold: Hold
) -> None:
    _, cases = korean
    assert cases.nurse is not None
    nurse = Labelled(cases.truth, cases.nurse[:, None])
    stated = replace(margin(5), by=("age_band",))
    found = verdicts_on(stated, nurse, nurse, {"age_band": cases.groups["age_band"]}, {}, seed=1)
    words = {each.group: each.word for each in found}
    assert words.pop("age_band=child") == "cannot tell"  # none of them is of levels 1-2
    hold(set(words.values()))


def test_a_tool_that_errs_as_often_as_the_nurse_cannot_be_told(korean: Korean) -> None:
    """With fresh errors; 40 tools, of which a few are better or worse by chance."""
    _, cases = korean
    nurse = cases.nurse
    assert nurse is not None
    counts = np.zeros((5, 5), dtype=int)
    np.add.at(counts, (cases.truth, nurse), 1)
    words = [verdict(cases, drawn(cases.truth, counts.tolist(), seed)).word for seed in range(40)]
    assert words.count("cannot tell") >= 32
    assert words.count("not met") <= 3


def test_a_margin_of_one_point_would_take_thousands_of_urgent_cases(
    korean: Korean, hold: Hold
) -> None:
    _, cases = korean
    found = verdict(cases, drawn(cases.truth, PUBLISHED, 3), points=1)
    assert found.word == "cannot tell"
    equal = found.why.rsplit("about ", 1)[1]
    hold(equal, "err equally often")
    fewest, most = (
        int(each.replace(",", "")) for each in equal.split() if each[0].isdigit() and "," in each
    )
    assert 5_000 < fewest < 32_000
    assert fewest < most
    assert found.why.startswith("about ")
    hold(found.why, "true levels 1-2 would settle")


def beside_a_right_nurse(n: int, n_under: int, n_over: int, points: float) -> CriterionVerdict:
    """The verdict on under-triage where all cases are of level 2; a nurse who is wrong where the tool is right, too."""
    tool, nurse = np.full(n, 1), np.full(n, 1)
    tool[:n_under], nurse[n_under : n_under + n_over] = 2, 2
    truth = np.full(n, 1)
    (found,) = verdicts_on(
        margin(points),
        Labelled(truth, tool[:, None]),
        Labelled(truth, nurse[:, None]),
        {},
        {},
        seed=1,
    )
    return found


def test_what_would_settle_a_criterion_is_worked_out_at_the_difference_seen(hold: Hold) -> None:
    """+8.0 points (5.9 to 10.2) against 10 with 1,200 cases: (half-width over 2 points) squared times as many, or
    2.04 times that for 80 %."""
    found = beside_a_right_nurse(1200, 137, 41, 10)
    hold(found.why, "about 1,375 to 2,809 cases of true")
    assert beside_a_right_nurse(1200 * 3, 137 * 3, 41 * 3, 10).word == "met"


def test_a_score_that_is_beyond_the_margin_is_not_told_what_equal_errors_would_take(
    hold: Hold,
) -> None:
    within, beyond = (beside_a_right_nurse(100, n_under, 10, 5) for n_under in (12, 18))
    assert within.word == beyond.word == "cannot tell"
    hold(within.why)
    hold(within.why, "err equally often (100 now)")
    hold(beyond.why, "difference stays (100 now)")


def test_no_number_of_cases_is_told_for_a_score_that_lies_on_its_bound(hold: Hold) -> None:
    """+5.05 points against 5, where the tool errs both ways, so that more cases help by no premise."""
    found = beside_a_right_nurse(2000, 141, 40, 5)
    assert found.word == "cannot tell"
    hold(found.why, f"{MOST_CASES:,}")
    tool = Labelled(np.ones(100, np.int64), (1 + (np.arange(100) < 4))[:, None])
    for bound in (0.96, 0.9601):
        stated = Criterion(score="exact_share", at_least=bound, evidence="assumed", source="x")
        (found,) = verdicts_on(stated, tool, None, {}, {}, seed=1)
        assert found.word == "cannot tell"
        hold(found.why, f"{MOST_CASES:,}")


def test_a_group_with_few_urgent_cases_says_so(korean: Korean) -> None:
    _, cases = korean
    assert cases.nurse is not None
    perfect, nurse = (
        Labelled(cases.truth, cases.truth[:, None]),
        Labelled(cases.truth, cases.nurse[:, None]),
    )
    stated = Criterion(
        score="under_triage_1_2_share",
        against="nurse",
        at_most=0.05,
        by=("age_band",),
        evidence="assumed",
        source="x",
    )
    found = verdicts_on(stated, perfect, nurse, {"age_band": cases.groups["age_band"]}, {}, seed=1)
    words = {each.group: each.word for each in found}
    assert words["age_band=oldest"] == "cannot tell"
    assert words["age_band=adult"] == "met"


def test_a_bound_that_the_interval_straddles_cannot_be_told() -> None:
    tool = Labelled(
        np.arange(100) % 5, ((np.arange(100) % 5) + (np.arange(100) < 4)).clip(0, 4)[:, None]
    )
    settled = "about {} cases would settle it if the score stays (100 now)"  # about (1.96 / .01)^2 x .96 x .04
    for score, bound, word, why in (
        ("exact_share", 0.95, "cannot tell", settled.format("1,837")),
        ("exact_share", 0.97, "cannot tell", settled.format("1,296")),
        ("exact_share", 0.5, "met", ""),
        ("exact_share", 0.999, "not met", ""),
        ("kappa_quadratic", 0.98, "cannot tell", "more cases are needed (100 now)"),
    ):
        stated = Criterion(score=score, at_least=bound, evidence="assumed", source="a test")  # type: ignore[arg-type]
        (found,) = verdicts_on(stated, tool, None, {}, {}, seed=1)
        assert (found.word, found.why) == (word, why), (score, bound)


@pytest.mark.parametrize(
    ("k", "n", "bound"), [(207, 214, 0.94), (0, 20, 0.1), (20, 20, 0.85), (3, 1000, 0.0029)]
)
def test_as_many_cases_as_would_settle_a_bound_settle_it_and_one_fewer_do_not(
    k: int, n: int, bound: float
) -> None:
    """More than are in hand, which do not."""
    needed, share = cases_for_share(k / n, bound, n), k / n
    assert needed > n
    for cases, settles in ((n, False), (needed - 1, False), (needed, True)):
        interval = exact_share(share * cases, cases)
        assert (not interval.low < bound < interval.high) == settles


def test_what_was_not_measured_cannot_be_told(hold: Hold) -> None:
    tool = Labelled(np.zeros(3, dtype=np.int64), np.zeros((3, 1), dtype=np.int64))
    stated = Criterion(score="repeatable_share", at_least=0.9, evidence="assumed", source="a test")
    (found,) = verdicts_on(stated, tool, None, {}, {}, seed=1)
    hold((found.word, found.why))
    (found,) = verdicts_on(margin(5), tool, None, {}, {}, seed=1)
    hold((found.word, found.why))
    (found,) = verdicts_on(
        replace(margin(5), against="nothing"),
        Labelled(tool.truth + 4, tool.labels),
        None,
        {},
        {},
        seed=1,
    )
    hold((found.word, found.why))  # no case is of levels 1-2


def test_all_must_be_met_and_one_that_is_not_decides() -> None:
    words = {
        word: CriterionVerdict(margin(5), "", None, word, "")
        for word in ("met", "not met", "cannot tell")
    }  # type: ignore[arg-type]
    assert overall([words["met"], words["met"]]) == "met"
    assert overall([words["met"], words["cannot tell"]]) == "cannot tell"
    assert overall([words["met"], words["cannot tell"], words["not met"]]) == "not met"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("criteria=[{score: exact_share, evidence: assumed, source: x}]", "states no bound"),
        (
            "criteria=[{score: exact_share, at_most: 1, at_least: 0, evidence: assumed, source: x}]",
            "states two bounds",
        ),
        (
            "criteria=[{score: unusable_share, against: nurse, at_most: 1, evidence: assumed, source: x}]",
            "unusable_share",
        ),
        ("criteria=[]", "criteria: found []"),
        (
            "criteria=[{score: exact_shares, at_most: 1, evidence: assumed, source: x}]",
            "criteria.0.score",
        ),
        ("repeats=0", "equal to 1 (times)"),
        ("assesor.kind=learned", "assesor"),
        (
            "assessor={kind: oracle}",
            "assessor.kind",
        ),
        ("name=other", "'other'"),
        (
            "stands_for=[immediate, urgent, very_urgent, standard, non_urgent]",
            "stands_for",
        ),
        ("stands_for=[red, orange, yellow, green, blue]", "stands_for"),
    ],
)
def test_a_mistake_in_a_plan_is_one_message(override: str, message: str, hold: Hold) -> None:
    with pytest.raises(ConfigError) as caught:
        load_plan("synthetic", [override])
    hold(str(caught.value), message)
