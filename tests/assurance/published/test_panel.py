"""The regression of trusts and months: against answers known beforehand, and against the same written out in full."""

import numpy as np
import pytest

from simulation.assurance.responses import Panel, estimates

MONTHS = 12


def made(
    n_trusts: int,
    *,
    occupancy: float = -0.4,
    attendances: float = 0.1,
    noise: float = 1.0,
    lasts: float = 0.0,
) -> Panel:
    """A panel that follows a line: levels of trusts and months, two slopes, noise that lasts within a trust."""
    chance = np.random.default_rng(7)
    shape = (n_trusts, MONTHS)
    beds, demand, error = (chance.standard_normal(shape) for _ in range(3))
    for month in range(1, MONTHS):
        error[:, month] = lasts * error[:, month - 1] + np.sqrt(1 - lasts**2) * error[:, month]
    levels = 5 * chance.standard_normal((n_trusts, 1)) + 3 * chance.standard_normal((1, MONTHS))
    share = 60 + levels + occupancy * beds + attendances * 3 * demand + noise * error
    return Panel(
        trust=np.repeat(np.arange(n_trusts), MONTHS),
        month=np.tile(np.arange(MONTHS), n_trusts) + 3,
        within_4h=share.ravel(),
        occupancy=95 + beds.ravel(),
        attendances=340 * np.exp(0.03 * demand.ravel()),
    )


def some(panel: Panel, rows: np.ndarray) -> Panel:
    return Panel(*(column[rows] for column in panel))


def test_without_noise_the_slopes_are_those_of_the_line_whatever_the_levels() -> None:
    found = estimates(made(20, noise=0))
    for suffix in ("", "_differenced"):
        assert found[f"panel_occupancy_slope{suffix}"].value == pytest.approx(-0.4)
        assert found[f"panel_attendances_slope{suffix}"].value == pytest.approx(0.1)
        assert found[f"panel_occupancy_slope{suffix}"].standard_error == pytest.approx(0, abs=1e-9)


def test_slopes_are_those_of_a_regression_with_a_dummy_for_every_trust_and_month() -> None:
    panel = made(15)
    rows = (
        np.random.default_rng(3).random(len(panel.trust)) > 0.2
    )  # months are missing here and there
    panel = some(panel, rows)
    dummies = [panel.trust == trust for trust in range(15)] + [
        panel.month == month for month in range(4, 15)
    ]
    columns = np.column_stack([panel.occupancy, 100 * np.log(panel.attendances), *dummies]).astype(
        float
    )
    slopes = np.linalg.lstsq(columns, panel.within_4h, rcond=None)[0][:2]
    found = estimates(panel)
    assert found["panel_occupancy_slope"].value == pytest.approx(slopes[0])
    assert found["panel_attendances_slope"].value == pytest.approx(slopes[1])


def test_standard_errors_are_as_wide_as_slopes_of_many_panels_differ_though_errors_last_within_a_trust() -> (
    None
):
    panel = made(1200, lasts=0.8)
    each = [estimates(some(panel, panel.trust // 20 == number)) for number in range(60)]
    for name in (
        "panel_occupancy_slope_differenced",
        "panel_attendances_slope",
        "panel_within_4h_sd",
    ):
        spread = np.std([found[name].value for found in each], ddof=1)
        claimed = np.sqrt(np.mean([found[name].standard_error ** 2 for found in each]))
        assert 0.7 < claimed / spread < 1.35, (
            name
        )  # of 60 values the spread itself is known to about 9 %


def test_persistence_is_high_where_noise_lasts_and_below_zero_where_it_does_not() -> None:
    """A level for each trust takes about 1/11 off the correlation of twelve months."""
    lasting, fresh = (
        estimates(made(300, occupancy=0, attendances=0, lasts=lasts)) for lasts in (0.8, 0.0)
    )
    assert 0.4 < lasting["panel_within_4h_persistence"].value < 0.6
    assert fresh["panel_within_4h_persistence"].value == pytest.approx(-1 / 11, abs=0.03)
    assert fresh["panel_within_4h_sd"].value == pytest.approx(np.sqrt(11 / 12), rel=0.03)


def test_the_years_shape_is_by_calendar_month_and_adds_up_to_nothing() -> None:
    panel = made(10, noise=0, occupancy=0, attendances=0)
    april = panel._replace(within_4h=panel.within_4h + 4 * (panel.month == 3))
    found = estimates(april)
    assert sum(found[f"panel_month_{month}"].value for month in range(1, 13)) == pytest.approx(0)
    before = estimates(panel)["panel_month_4"].value
    assert found["panel_month_4"].value - before == pytest.approx(4 * 11 / 12)
