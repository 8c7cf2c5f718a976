"""Measures, groups and outcomes of a user's own, stated in the user's folder, are what pandas makes of kept tables."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import simulation as ae
from simulation.api import Result
from simulation.config import load
from simulation.report.page import page
from simulation.runs.stored_run import write_data
from simulation.statistics.critical_values import BY_SKEWNESS, EXTRA
from simulation.study.study import Study
from tests.held import Hold

PATHWAY = """
name: desk
arrivals:
  walk_in: {starts: desk, per_day: 90, evidence: assumed, source: test}
  referred: {starts: desk, per_day: 20, evidence: assumed, source: test}
attributes:
  frailty: {kind: choice, categories: [none, mild, severe], shares: [0.6, 0.3, 0.1], evidence: assumed, source: test}
  redirects: {kind: chance, p: 0.2, evidence: assumed, source: test}
durations:
  asking: {kind: exponential, mean: 4, evidence: assumed, source: test}
  treating: {kind: exponential, mean: 22, evidence: assumed, source: test}
  patience: {kind: exponential, mean: 120, evidence: assumed, source: test}
pools:
  clerks: {kind: staff, capacity: 1, evidence: assumed, source: test}
  nurses: {kind: staff, rota: [{hours: 8-20, number: 2}, {hours: 20-8, number: 1, days: mon-fri},
    {hours: 20-8, number: 2, days: sat-sun}], evidence: assumed, source: test}
patience: {minutes: patience, arrivals: [walk_in, referred], next: gone, evidence: assumed, source: test}
steps:
  desk: {asks: [clerks], minutes: [asking], records: {asked_at: ended}, next: who}
  room: {asks: [nurses], minutes: [treating], may_leave: true, records: {roomed_at: started}, next: home}
branches:
  who: {kind: attribute, attribute: redirects, cases: {"yes": elsewhere}, otherwise: room}
ends:
  home: {outcome: treated, records: [departed_at]}
  elsewhere: {outcome: redirected, records: [departed_at]}
  gone: {outcome: left, records: [departed_at]}
groups:
  frail: {kind: category, attribute: frailty, categories: [mild, severe]}
  frail_by_night: {kind: all_of, groups: [frail, night, "arrival_source=walk_in"]}
  night: {kind: hours, hours: 20-8}
measures:
  waited_for_room: {kind: span, label: Wait for a room, better: lower, since: asked_at, until: roomed_at}
"""
"""Nobody has a level, and no step has a first clinician: measures that take them are absent, one's own are there."""
STUDY = """
defaults: [/study/_department_alone, override /pathway@_global_.pathway: desk]
name: desk
question: Would a third nurse help the frail?
baseline: today
arms:
  today: {label: Today}
  third: {label: One more nurse, changes: {pathway.pools.nurses.extra: 1}, evidence: assumed, source: test}
measures:
  wait_or_left: {kind: span, better: lower, until: roomed_at, or_until: departed_at, cut_off_minutes: 60}
  room_p90: {kind: span, better: lower, until: roomed_at, statistic: percentile, percentile: 90, hours: 8-20,
    days: mon-fri}
  soon_share: {kind: span, better: higher, until: roomed_at, statistic: share, within_minutes: 30}
  severe_share: {kind: category, attribute: frailty, categories: [severe], among: arrival_source=referred}
  lost_share: {kind: outcome, label: Redirected or left, better: lower, outcomes: [redirected, left]}
  nurses_by_day: {kind: busy, pool: nurses, hours: 8-20, days: mon-fri, better: lower}
primary:
  - {measure: wait_or_left, group: frail, label: "Wait, frail", minimal_important_difference: 2, evidence: assumed,
    source: test}
margins:
  - {measure: lost_share, group: frail_by_night, label: "Frail by night who are lost", margin: 0.02, evidence: assumed,
    source: test}
"""
FILES = {"pathway/desk": PATHWAY, "study/desk": STUDY}
LENGTH = (
    "run.replications=4", "run.warm_up_days=7", "run.measured_days=14", "run.cool_down_days=1",
    "run.keep=[patients,activities]", "executor=serial",
)  # fmt: skip
FIRST, LAST = 7 * 1440.0, 21 * 1440.0


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = written(tmp_path_factory.mktemp("configs"), FILES)
    return load("study=desk", *LENGTH, config_dir=folder)


@pytest.fixture(scope="module")
def result(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Computed, written and read again."""
    return ae.read(write_data(ae.compare(study), tmp_path_factory.mktemp("results")))


@pytest.fixture(scope="module")
def tables(result: Result) -> dict[str, pd.DataFrame]:
    """The kept tables, of all arms and replications."""
    assert result.folder is not None
    return {
        name: pd.read_parquet(result.folder / f"{name}.parquet")
        for name in ("patients", "activities")
    }


def by_pandas(patients: pd.DataFrame, activities: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Every own measure of one arm's replication, in the plain words of pandas."""
    inside = patients[(patients.arrived_at >= FIRST) & (patients.arrived_at < LAST)]
    assert (inside.outcome != "in_building").all()
    hour, weekday = inside.arrived_at // 60 % 24, inside.arrived_at // 1440 % 7
    night = (hour >= 20) | (hour < 8)
    groups = {
        "all": hour >= 0,
        "frail": inside.frailty.isin(["mild", "severe"]),
        "night": night,
        "frail_by_night": inside.frailty.isin(["mild", "severe"])
        & night
        & (inside.arrival_source == "walk_in"),
    }
    to_room = inside.roomed_at - inside.arrived_at
    or_left = (inside.roomed_at.fillna(inside.departed_at) - inside.arrived_at).clip(upper=60)
    by_day = (hour >= 8) & (hour < 20) & (weekday < 5)
    referred = inside.arrival_source == "referred"
    lost = inside.outcome.isin(["redirected", "left"])
    found: dict[tuple[str, str], float] = {}
    for group, mine in groups.items():
        found["waited_for_room", group] = (inside.roomed_at - inside.asked_at)[mine].mean()
        found["wait_or_left", group] = or_left[mine].mean()
        found["room_p90", group] = to_room[mine & by_day].quantile(0.9)
        found["soon_share", group] = (to_room[mine].dropna() <= 30).mean()
        found["severe_share", group] = (inside.frailty[mine & referred] == "severe").mean()
        found["lost_share", group] = lost[mine].mean()
    return found


def values_by_pandas(
    tables: dict[str, pd.DataFrame], arm: str, measure: str, group: str
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    patients, activities = tables["patients"], tables["activities"]
    rows = [
        by_pandas(patients[(patients.arm == arm) & (patients.replication == n)], activities)[
            measure, group
        ]
        for n in range(4)
    ]
    return np.array(rows)


def test_own_measures_in_own_groups_are_what_pandas_makes_of_the_kept_tables(
    result: Result, tables: dict[str, pd.DataFrame]
) -> None:
    patients, activities = tables["patients"], tables["activities"]
    for arm in ("today", "third"):
        for number in range(4):
            mine = patients[(patients.arm == arm) & (patients.replication == number)]
            for (measure, group), expected in by_pandas(mine, activities).items():
                found = result.measures[arm][number].value(measure, group)
                assert found == pytest.approx(expected, rel=1e-12, nan_ok=True), (
                    arm,
                    number,
                    measure,
                    group,
                )


def test_a_busy_share_is_what_pandas_makes_of_the_kept_activities(
    result: Result, tables: dict[str, pd.DataFrame]
) -> None:
    """By the minute: nurses at work, 8 to 20 of weekdays, over the two on duty (three with one more)."""
    activities = tables["activities"]
    hours = [
        60.0 * hour for hour in range(7 * 24, 21 * 24) if hour // 24 % 7 < 5 and 8 <= hour % 24 < 20
    ]
    for arm, on_duty in (("today", 2), ("third", 3)):
        rows = activities[
            (activities.arm == arm) & (activities.replication == 1) & (activities.step == "room")
        ]
        rows = rows[rows.started_at.notna()]
        ended = rows.ended_at.fillna(np.inf)
        held = sum(
            (np.minimum(ended, at + 60) - np.maximum(rows.started_at, at)).clip(lower=0).sum()
            for at in hours
        )
        expected = held / (60 * len(hours) * on_duty)
        assert result.measures[arm][1].value("nurses_by_day") == pytest.approx(expected, rel=1e-12)


def test_differences_and_verdicts_of_own_measures_are_those_of_pandas(
    result: Result, tables: dict[str, pd.DataFrame]
) -> None:
    from scipy.stats import t

    for measure, group in (("wait_or_left", "frail"), ("lost_share", "frail_by_night")):
        difference = values_by_pandas(tables, "third", measure, group) - values_by_pandas(
            tables, "today", measure, group
        )
        skewed = max(
            pd.Series(difference).skew() ** 2 - 36 / 35, 0
        )  # less what four normal numbers show
        half_width = (
            t.ppf(0.975, 3) * difference.std(ddof=1) / 2 * (1 + BY_SKEWNESS * skewed / (4 + EXTRA))
        )
        row = result.row("third", measure, group)
        expected = (
            difference.mean(),
            difference.mean() - half_width,
            difference.mean() + half_width,
        )
        assert (row.difference, row.difference_low, row.difference_high) == pytest.approx(
            expected, rel=1e-9
        )
    finding = result.findings[0]
    assert finding.verdict.kind == "cuts"
    assert result.row("third", "wait_or_left", "frail").better == "lower"
    judged = result.safety[0].judgement
    assert judged.kind == "non-inferior", judged.words


def test_a_study_that_is_grown_again_from_its_folder_has_the_same_own_measures(
    result: Result, study: Study
) -> None:
    assert result.study.design.measures == study.design.measures
    assert result.study.baseline.pathway.groups == study.baseline.pathway.groups
    assert ae.same_numbers(ae.compare(study), result)


def test_own_measures_and_groups_are_in_tables_and_on_the_page(result: Result, hold: Hold) -> None:
    own = result.tables["own"].frame().set_index("measure")
    assert list(own.loc["Redirected or left"]) != []
    assert "Redirected or left: frail by night" in own.index
    assert "frail by night" in result.tables["by_group"].frame()["who"].tolist()
    text = page(result, ())
    hold(text, "Measures of your")
    hold(text, "Wait")


def test_what_binds_is_in_every_replication_and_in_one_table_by_arm(result: Result) -> None:
    for arm in ("today", "third"):
        for found in result.measures[arm]:
            assert 0 < found.value("busy_by_day_share", "pool=nurses") <= 1
            assert found.value("queue_mean", "step=room") > 0
    assert result.row("third", "busy_by_day_share", "pool=nurses").difference_high < 0
    table = result.tables["binding"].frame().set_index("what")
    assert "nurses: busy from 10 to 23 h" in table.index
    assert "room: wait, mean" in table.index
    assert "Which resource binds" in page(result, ())
