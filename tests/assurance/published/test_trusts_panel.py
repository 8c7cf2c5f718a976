"""The trusts' side of the responses is what the published files give: computed again from them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulation.assurance.responses import Panel, estimates
from simulation.assurance.targets import targets_named
from simulation.config import packaged_configs

from . import published

YEAR = ("2024-04", "2025-03")
MONTHS = 12
LARGEST_JUMP = 0.15
"""Trusts whose attendances change by as much from one month to the next count them anew: a unit moved or recoded."""


def trusts_panel(
    folder: Path, *, since: str = YEAR[0], months: int = MONTHS, below: float = LARGEST_JUMP
) -> Panel:
    """Trusts that report four hours and beds in all months to the end of the year, and whose counts do not jump."""
    beds = published.trust_beds(folder)
    both = published.trust_months(folder).merge(
        beds,
        left_on=["org_code", "month"],
        right_on=["nhs_trust22_code", "month"],
        suffixes=("", "_beds"),
    )
    both = both[both["month"].between(since, YEAR[1]) & (both["att_t1_incl_booked"] > 0)].copy()
    both["occupancy"] = (
        100 * both["adult_general_acute_beds_occupied"] / both["adult_general_acute_beds_available"]
    )
    both = both.dropna(subset=["occupancy", "over4_t1_incl_booked"]).sort_values(
        ["org_code", "month"]
    )
    period = pd.PeriodIndex(both["month"], freq="M")
    both["running"] = 12 * (period.year - 2024) + period.month - 1
    both["a_day"] = both["att_t1_incl_booked"] / period.days_in_month
    jump = np.log(both["a_day"]).groupby(both["org_code"]).diff().abs()
    largest = jump.groupby(both["org_code"]).transform("max")
    whole = both.groupby("org_code")["month"].transform("nunique") == months
    both = both[whole & (largest < below)]
    return Panel(
        trust=pd.factorize(both["org_code"])[0].astype(np.int64),
        month=both["running"].to_numpy(np.int64),
        within_4h=(
            100 * (1 - both["over4_t1_incl_booked"] / both["att_t1_incl_booked"])
        ).to_numpy(),
        occupancy=both["occupancy"].to_numpy(),
        attendances=both["a_day"].to_numpy(),
    )


def test_every_figure_of_the_trusts_is_what_the_published_files_say(aeflow_data: Path) -> None:
    panel = trusts_panel(aeflow_data)
    assert (panel.n_trusts, len(panel.trust)) == (106, 106 * MONTHS)
    found = estimates(panel)
    for target in targets_named("trusts", [packaged_configs()]):
        assert target.value == pytest.approx(found[target.measure].value, abs=0.0006), target.name
        assert target.standard_error == pytest.approx(
            found[target.measure].standard_error, abs=0.0006
        ), target.name


def test_the_slopes_over_36_months_are_printed_as_the_published_files_give_them(
    aeflow_data: Path,
) -> None:
    panel = trusts_panel(aeflow_data, since="2022-04", months=36, below=0.3)
    found = estimates(panel)
    slopes = [found[f"panel_{name}_slope"] for name in ("occupancy", "attendances")]
    words = [
        f"{slope.value:+.2f} ({slope.standard_error:.2f})".replace("0.", ".") for slope in slopes
    ]
    rows = targets_named("trusts", [packaged_configs()])[:2]
    assert panel.n_trusts == 89
    assert all(word in row.scope for word, row in zip(words, rows, strict=True)), words
