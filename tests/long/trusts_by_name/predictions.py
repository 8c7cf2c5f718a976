"""How near each trust's four-hour share of 2024-25 is foretold by what was published of 2023-24, and by the model.

Trusts are those with ten months or more in both years, no merger, no jump of attendances (`docs/tools/trusts.py`), no
change of attendances by more than 15 % between the years, no children's hospital, and published beds. Months without
anybody over four hours are left out. Parameters are fitted to the other trusts. England's part of the change is not
foretold but by the mean and the regressions, which see the other trusts' 2024-25.

- mean of trusts: of the others' 2024-25.
- regression: of the others' 2024-25 on the logarithm of attendances a day, the admitted share and the occupancy of
  adult general and acute beds in 2023-24; and on these and the shares over 4 and 12 h from the decision.
- persistence: the trust's own 2023-24.
- simulated change: persistence, and what the trust's change of attendances does to departments like it. Sixty packaged
  departments, their four-hour shares spread by doctors' minutes (`known_draws.py`), have a year as they are and, on the
  same draws, one with 5 % more patients: staff and wards follow, or those of today stay. A trust's points for each per
  cent are the mean of the ten departments nearest to it in four-hour share and logarithm of size, in standard
  deviations of the departments. Its own attendances of 2024-25 are taken as known, which no forecast has.
- anomaly: persistence, and .8 times how much further above England the trust was in January to March 2024 than in the
  year; and the same with the factor fitted to the other trusts.

    AEFLOW_DATA=FOLDER python tests/long/trusts_by_name predictions [DEPARTMENTS]

Two and a quarter minutes of a processor; years are kept in results/.departments. No forecast is offered.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from docs.tools.trusts import JUMP, derive
from simulation.fits.trust_set import SHARE
from simulation.offers.department import values_by_parameter
from simulation.records.schema import Floats
from simulation.trusts.search import trusts

from .known_draws import first_of_each_cause, plain_years, solver_of

BEFORE, AFTER = "2023-04", "2024-04"
LEAST_MONTHS, LAST_MONTHS, FACTOR = 10, 3, 0.8
N, MORE, NEAREST = 60, 0.05, 10
DOORS = ("walk_in", "ambulance", "referred")
KEYS = {"staff who follow": "scale", "staff of today": "per_day"}
"""How more patients are said where staff and wards follow them, and where they do not."""
PUBLISHED = ("attendances_a_day", "admitted_share", "occupancy")
DECISION = ("over_4h_decision_share", "over_12h_decision_share")


def used(months: pd.DataFrame, occupancy: Mapping[str, float]) -> pd.DataFrame:
    """The figures of 2023-24 of the trusts that are used, with `after` and `growth`: the share of 2024-25, and the
    logarithm of attendances over those before."""
    before, after = (
        pd.DataFrame.from_dict(yaml.safe_load(derive(months, first)), orient="index")
        for first in (BEFORE, AFTER)
    )
    both = before.index.intersection(after.index).intersection(pd.Index(occupancy))
    before, after = before.loc[both], after.loc[both]
    growth = np.log(after["attendances_a_day"] / before["attendances_a_day"])
    good = np.abs(np.expm1(growth)) <= JUMP
    for year in (before, after):
        broken = year["left_out"].str.contains("jump|merged|took over")
        good &= year["usable"] & (year["months"] >= LEAST_MONTHS) & ~broken
    chosen = before.assign(
        after=after["within_4h_share"], growth=growth, occupancy=pd.Series(occupancy)
    )
    return chosen[good]


def anomalies(months: pd.DataFrame, codes: pd.Index) -> Floats:
    """How much further above England each trust was in the last months of 2023-24 than in all of it, as a share."""
    year = months[(months["month"] >= BEFORE) & (months["month"] < AFTER)]
    year = year[year["over4_t1_incl_booked"] > 0]
    columns = ["att_t1_incl_booked", "over4_t1_incl_booked"]
    of_trust = year.pivot_table(index="month", columns="org_code", values=columns, aggfunc="sum")
    england = year.groupby("month")[columns].sum()
    share = 1 - of_trust[columns[1]] / of_trust[columns[0]]
    above = share.sub(1 - england[columns[1]] / england[columns[0]], axis=0)[codes]
    return np.asarray(above[-LAST_MONTHS:].mean() - above.mean())


def left_out_fit(columns: Floats, wanted: Floats) -> Floats:
    """What each row is predicted to be by least squares on the other rows; `columns` of shape (n, n_columns)."""
    found = np.empty(len(wanted))
    for n in range(len(wanted)):
        others = np.arange(len(wanted)) != n
        found[n] = columns[n] @ np.linalg.lstsq(columns[others], wanted[others], rcond=None)[0]
    return found


def nearest_mean(at: Floats, places: Floats, values: Floats, n: int = NEAREST) -> Floats:
    """The mean value of the `n` places nearest to each row of `at`, both in standard deviations of the places."""
    scale = places.std(axis=0)
    away = (((at[:, None] - places) / scale) ** 2).sum(axis=2)
    return np.asarray(values[np.argsort(away, axis=1, kind="stable")[:, :n]].mean(axis=1))


def simulated_slopes(n: int) -> tuple[Floats, dict[str, Floats]]:
    """Departments' four-hour shares and logarithms of size, shape (n, 2), and by kind of staff what the share changes
    with the logarithm of attendances."""
    ensemble = first_of_each_cause(n)

    def share(*where: str) -> Floats:
        return np.asarray(plain_years(solver_of(ensemble, where), 1)[SHARE][0])

    usual, slopes = share(), {}
    for staff, key in KEYS.items():
        more = (f"site.arrivals.{door}.{key}={{times: {1 + MORE}}}" for door in DOORS)
        slopes[staff] = (share(*more) - usual) / np.log1p(MORE)
    size = np.log(values_by_parameter(ensemble)["size"])
    return np.column_stack([usual, size]), slopes


def predictions(
    of: pd.DataFrame, anomaly: Floats, places: Floats, slopes: Mapping[str, Floats]
) -> dict[str, Floats]:
    """By predictor, the share of 2024-25 of each trust that is used."""
    after, before = of["after"].to_numpy(), of["within_4h_share"].to_numpy()
    one = np.ones((len(of), 1))
    published = np.column_stack([one, np.log(of[PUBLISHED[0]]), of[list(PUBLISHED[1:])]])
    sites = np.array([trusts()[code].n_sites for code in of.index])
    at = np.column_stack([before, np.log(of[PUBLISHED[0]] / sites)])
    changed = {staff: nearest_mean(at, places, each) for staff, each in slopes.items()}
    return {
        "mean of trusts": left_out_fit(one, after),
        "regression on size, admitted share, occupancy": left_out_fit(published, after),
        "the same, and over 4 and 12 h from the decision": left_out_fit(
            np.column_stack([published, of[list(DECISION)]]), after
        ),
        "persistence": before,
        **{
            f"persistence, simulated change, {staff}": before + each * of["growth"].to_numpy()
            for staff, each in changed.items()
        },
        "persistence, .8 of the anomaly": before + FACTOR * anomaly,
        "the same, factor fitted": before + left_out_fit(anomaly[:, None], after - before),
    }


def occupancy_of(beds: pd.DataFrame) -> dict[str, float]:
    """The mean occupancy of adult general and acute beds by trust in 2023-24, where it is published."""
    month = pd.to_datetime(beds["date"], format="%B %Y").dt.strftime("%Y-%m")
    year = beds[(month >= BEFORE) & (month < AFTER)]
    rate = year.groupby("nhs_trust22_code")["adult_general_acute_beds_occupancy_rate"].mean()
    return {str(code): float(of) for code, of in rate.dropna().items()}


def main(n: int = N) -> int:
    """Print the mean absolute error of each predictor, its mean error, and the difference to persistence."""
    folder = Path(os.environ["AEFLOW_DATA"])
    months = pd.read_csv(folder / "trust_month_2021-04_2025-03.csv.gz")
    of = used(months, occupancy_of(pd.read_csv(folder / "trust_beds_to_2025-03.csv.gz")))
    places, slopes = simulated_slopes(n)
    for staff, each in slopes.items():
        low, middle, high = np.quantile(each, [0.05, 0.5, 0.95])
        print(f"points for 1 % more, {staff}: {middle:.2f} ({low:.2f} to {high:.2f})")
    low, high = np.quantile(100 * places[:, 0], [0.05, 0.95])
    print(f"{n} departments with {low:.0f} to {high:.0f} % within four hours; {len(of)} trusts")
    growth, after = 100 * np.expm1(of["growth"]), of["after"].to_numpy()
    print(f"attendances {growth.mean():+.1f} % (standard deviation {growth.std():.1f})")
    found = predictions(of, anomalies(months, of.index), places, slopes)
    kept = np.abs(found["persistence"] - after)
    print("| predictor | mean absolute error (SE) | less persistence (SE) | mean error |")
    print("|---|---|---|---|")
    for name, share in found.items():
        off = 100 * (share - after)
        less, root = np.abs(off) - 100 * kept, np.sqrt(len(of))
        print(
            f"| {name} | {np.abs(off).mean():.2f} ({np.abs(off).std(ddof=1) / root:.2f}) "
            f"| {less.mean():+.2f} ({less.std(ddof=1) / root:.2f}) | {off.mean():+.2f} |"
        )
    return 0
