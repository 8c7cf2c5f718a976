"""The arithmetic of `tests/long/trusts_by_name`, on numbers that can be checked by hand."""

import numpy as np
import pandas as pd
import pytest

from simulation.fits.trust_set import MET, OVER_4H, SHARE, targets_of
from tests.long.trusts_by_name.known_draws import known_at, spread_of
from tests.long.trusts_by_name.predictions import anomalies, left_out_fit, nearest_mean, used

YEARS = [str(month) for month in pd.period_range("2023-04", "2025-03", freq="M")]


def months_of(code: str, attendances: list[int], over: list[int]) -> pd.DataFrame:
    """Twenty-four months of one trust: attendances and those over four hours."""
    made = {
        "month": YEARS, "org_code": code, "org_name": code, "att_t1_incl_booked": attendances,
        "over4_t1_incl_booked": over, "adm_t1": 1000, "adm_t2": 0, "adm_other": 0, "dta_4_12h": 300, "dta_12h": 100,
    }  # fmt: skip
    return pd.DataFrame(made)


def test_a_prediction_knows_nothing_of_the_trust_that_it_is_of() -> None:
    others_mean = left_out_fit(np.ones((3, 1)), np.array([1.0, 2.0, 6.0]))
    assert others_mean == pytest.approx([4.0, 3.5, 1.5])
    line = np.column_stack([np.ones(4), [1.0, 2.0, 3.0, 4.0]])
    assert left_out_fit(line, np.array([1.0, 2.0, 3.0, 9.0]))[3] == pytest.approx(4.0)


def test_a_trust_takes_the_mean_of_the_departments_nearest_in_standard_deviations() -> None:
    places = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 100.0], [1.0, 100.0]])
    values = np.array([1.0, 2.0, 3.0, 4.0])
    at = np.array([[0.1, 40.0], [0.8, 95.0]])
    assert nearest_mean(at, places, values, 1).tolist() == [1.0, 4.0]
    assert nearest_mean(at, places, values, 2).tolist() == [2.0, 3.5]


def test_trusts_that_are_counted_otherwise_or_report_too_few_months_are_left_out() -> None:
    usual = [300 * 30] * 24
    over = [3000] * 24
    silent = [0] * 2 + over[2:]
    few = [0] * 3 + over[3:]
    recoded = usual[:6] + [200 * 30] * 18
    grown = [300 * 30 + 200 * n for n in range(24)]
    codes = {"A": (usual, over), "B": (usual, silent), "C": (usual, few), "D": (recoded, over)}
    codes |= {"E": (grown, over), "RQ3": (usual, over), "RAP": (usual, over), "F": (usual, over)}
    table = pd.concat([months_of(code, *of) for code, of in codes.items()])
    found = used(table, {code: 0.95 for code in codes if code != "F"})
    assert list(found.index) == ["A", "B"]
    assert found.loc["A", ["within_4h_share", "after"]].tolist() == pytest.approx([0.6667] * 2)
    assert found["growth"].abs().max() < 0.05


def test_an_anomaly_is_what_the_last_months_are_above_england_beyond_the_year() -> None:
    """A is 10 points better in the last three months, B as ever: England half of it, and the year's mean a quarter."""
    better = [400] * 9 + [300] * 3 + [400] * 12
    table = pd.concat(
        [months_of("A", [1000] * 24, better), months_of("B", [1000] * 24, [400] * 24)]
    )
    assert anomalies(table, pd.Index(["A", "B"])) == pytest.approx([0.0375, -0.0375])


def test_spread_is_within_departments_and_the_mean_that_is_moved_is_over_them() -> None:
    plain = np.array([[0.5, 0.8], [0.54, 0.84], [0.58, 0.88]])
    corrected = np.array([[0.54, 0.84], [0.54, 0.85], [0.54, 0.86]])
    found = spread_of(plain, corrected)
    assert (found.before, found.moved) == pytest.approx((4.0, 0.5))
    assert found.after == pytest.approx(100 * np.sqrt(0.0001 / 2))
    assert found.error == pytest.approx(0.5)
    assert found.years == pytest.approx(13 / 32)


def test_each_departments_slopes_are_those_of_a_trust_with_its_shares() -> None:
    level = dict(zip(MET, np.array([[0.5, 0.8], [0.4, 0.1], [0.1, 0.02]]), strict=True))
    found = known_at(level, ["places", "pace"])
    for n, cause in enumerate(("places", "pace")):
        one = targets_of({name: of[n] for name, of in level.items()}, [cause])[1]
        for factor, measure in (("clinicians", SHARE), ("wards", SHARE), ("wards", OVER_4H)):
            assert found[factor][measure][n] == pytest.approx(
                float(np.ravel(one[factor][measure])[0])
            )
