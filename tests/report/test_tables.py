"""What the screen says rests on the intervals and says no more."""

import io
import math
import re
from dataclasses import replace

import numpy as np
import pytest

from simulation.api import Result, compare
from simulation.config import load, packaged_configs
from simulation.display.document import _narrow
from simulation.display.drawing import Picture
from simulation.display.table import MOST_ON_SCREEN, ReportTable, first_rows
from simulation.display.words import change, effect, span
from simulation.errors import Faults
from simulation.measures.measuring import MeasureName, Measures
from simulation.measures.occupancy import stage_of
from simulation.report.contents import compared_tables
from simulation.report.findings import _busy_sentence, sham_line, warnings
from simulation.report.money import (
    better_table,
    cost_kind,
    equal_spend_table,
    per_100k,
    ranked,
)
from simulation.report.patient_groups import outside_sham, worse_off, worse_off_groups
from simulation.report.screen import print_result
from simulation.report.verdict_tables import first_table, safety_table, target_table
from simulation.runs.result import Finding, StudyResult
from simulation.statistics.compare import Comparison
from simulation.statistics.verdict import IDENTICAL, non_inferiority, verdict
from simulation.study.design import EqualSpend
from simulation.study.study import Study
from tests.department.made import pathway_from
from tests.policies import policy_named

from .conftest import with_measures


def row(
    difference: float,
    half_width: float,
    *,
    measure: str = "wait_to_clinician_mean",
    unit: str = "minutes",
    n: int = 12,
) -> Comparison:
    low, high = difference - half_width, difference + half_width
    return Comparison("ai", measure, unit, "all", 60, 55, 65, "nurse", difference, low, high, n)


def test_every_arm_has_a_finding_on_every_target_and_a_judgement_on_every_margin(
    result: Result,
) -> None:
    others = [arm.name for arm in result.others]
    targets, margins = result.targets, result.design.margins
    assert sorted((each.arm, targets.index(each.target)) for each in result.findings) == sorted(
        (name, number) for name in others for number in range(len(targets))
    )
    assert sorted((each.arm, margins.index(each.margin)) for each in result.safety) == sorted(
        (name, number) for name in others for number in range(len(margins))
    )
    for each in result.findings:
        assert each.comparison == result.row(each.arm, each.target.measure, each.target.group)


def test_an_identical_arm_says_so_and_warns(result: StudyResult) -> None:
    assert result.identical == ("twin",)
    assert any("Twin of the nurse" in text and IDENTICAL in text for text in warnings(result))
    verdicts = {cells[0]: cells[4] for cells in target_table(result, result.targets[0]).rows}
    assert verdicts["Twin of the nurse"] == IDENTICAL
    assert IDENTICAL not in verdicts["AI as published claims say (untested)"]


def test_tables_page_and_picture_say_what_the_verdict_says(
    result: StudyResult, drawn: dict[str, Picture], html: str
) -> None:
    """One wording, in one place."""
    for target in result.targets:
        output = {cells[0]: cells[4] for cells in target_table(result, target).rows}
        for arm in result.others:
            words = result.finding(arm.name, target).verdict.words
            assert output[arm.label] == words
            assert words in html
            assert words in drawn["differences"].alt


def test_primaries_and_margins_are_judged_together_and_the_tables_say_so(
    result: StudyResult,
) -> None:
    """Tools and comparators among themselves."""
    comparators = [arm.name for arm in result.others if result.design.arms[arm.name].comparator]
    n_arms = {True: len(comparators), False: len(result.others) - len(comparators)}
    assert all(n_arms.values())
    for finding in result.findings:
        n = n_arms[finding.arm in comparators] * len(result.design.primary)
        primary = finding.target in result.design.primary
        mid = finding.target.minimal_important_difference
        same = finding.arm in result.identical
        assert finding.verdict == verdict(
            finding.comparison, mid, family=n if primary else 1, identical=same
        )
    for each in result.safety:
        n, same = (
            n_arms[each.arm in comparators] * len(result.design.margins),
            each.arm in result.identical,
        )
        expected = non_inferiority(each.comparison, each.margin.margin, family=n, identical=same)
        assert each.judgement == expected
    first_notes = "".join(getattr(first_table(result), "notes", ()))
    for n in n_arms.values():
        primaries, margins = n * len(result.design.primary), n * len(result.design.margins)
        for notes, n_verdicts in (
            (target_table(result, result.design.primary[0]).notes[1], primaries),
            (first_notes, primaries),
            (safety_table(result).notes[-1], margins),
        ):
            level = f"{100 * result.row_of(result.first_target).level_of(n_verdicts):.4g} %"
            assert f"{level} ({n_verdicts}, on {n} " in notes
    n_secondary = len(result.others) * len(result.design.secondary)
    note = target_table(result, result.design.secondary[0]).notes[1]
    assert f"about {0.05 * n_secondary:.1f} would show one" in note


def test_an_arm_is_marked_where_its_difference_from_the_sham_is_known(result: StudyResult) -> None:
    """Paired with the sham itself: two intervals against one baseline hold the baseline's random variates twice."""
    variates = np.array([0.0, 40.0, -40.0])
    arms = {
        "nurse": 100 - variates,
        "sham": np.full(3, 100.0),
        "ai_as_claimed": 95 + np.array([0.1, 0.0, -0.1]),
    }
    measures = {name: [wait_of(value) for value in values] for name, values in arms.items()}
    few = with_measures(result, measures)
    found = few.row("ai_as_claimed", "wait_to_clinician_mean")
    assert (
        found.difference_low < 0 < found.difference_high
    )  # hidden in chance at the baseline, as the sham's is
    assert outside_sham(few, found)
    assert not outside_sham(few, few.row("sham", "wait_to_clinician_mean"))


def wait_of(minutes: float) -> Measures:
    return Measures((MeasureName("wait_to_clinician_mean", "minutes", "all"),), np.array([minutes]))


def test_a_measure_that_is_neither_better_lower_nor_higher_is_changed_not_better(
    result: StudyResult,
) -> None:
    target = replace(result.targets[0], measure="admitted_share", minimal_important_difference=0.01)
    for low, high, words in (
        (0.02, 0.04, "higher by more than 1 point"),
        (-0.04, -0.02, "lower by more than 1 point"),
    ):
        found = Comparison(
            "ai",
            "admitted_share",
            "share",
            "all",
            0.3,
            0.2,
            0.4,
            "nurse",
            (low + high) / 2,
            low,
            high,
            9,
        )
        finding = Finding("ai", target, found, verdict(found, 0.01))
        assert (finding.kind, finding.verdict.words) == ("changed", words)
    assert [row.arm for row in ranked(result, target)] == [
        arm.name for arm in result.others if arm.name != "sham"
    ]


def test_a_pool_that_is_never_on_duty_by_day_is_left_out_and_is_no_bottleneck(
    result: StudyResult,
) -> None:
    """Warnings are errors here: a mean of nothing would be one."""
    measures = dict[str, list[Measures]]()
    for name, of_arm in result.measures.items():
        column = of_arm[0].places["busy_by_day_share", "pool=practitioners"]
        values = [
            np.where(np.arange(len(one.values)) == column, np.nan, one.values) for one in of_arm
        ]
        measures[name] = [replace(one, values=few) for one, few in zip(of_arm, values, strict=True)]
    (output,) = _busy_sentence(with_measures(result, measures))
    assert output.startswith("How busy staff are from 10 to 23 h: ")
    assert "nan" not in output
    assert "practitioners" not in output
    share = result.before("busy_by_day_share", "pool=doctors").mean
    assert f" doctors {100 * share:.0f} %" in output, (
        "of every replication, as in the table of what binds"
    )


def test_shares_are_shown_in_points_of_a_hundred_with_a_true_minus() -> None:
    assert change(-0.0123, "share") == "−1.2"
    assert change(-0.0001, "share") == "0.0"
    assert span(-18.04, 3.5, "minutes") == "−18.0 to +3.5"
    assert span(math.nan, math.nan, "minutes") == "–"


def test_every_sheet_of_a_comparison_names_its_layer_of_doubt(result: StudyResult) -> None:
    for table in compared_tables(result):
        if table.kind == "labels":
            assert "not simulated" in " ".join(table.notes)
            continue
        assert "simulation noise only" in " ".join((table.title, *table.headers, *table.notes)), (
            table.kind
        )


def test_the_number_of_groups_that_were_looked_at_is_shown(result: StudyResult) -> None:
    n_looked_at = len(worse_off_groups(result)) * len(result.others)
    note = next(table for table in compared_tables(result) if table.kind == "worse_off").notes[-1]
    assert f"{n_looked_at} looked at" in note
    assert f"about {n_looked_at * 0.025:.1f} would show" in note


def test_holm_is_stricter_than_the_interval(result: StudyResult) -> None:
    """Every arm is the nurse's but one, in which a group surely waits longer, and another by p = .035."""
    measure, arm = result.design.primary[0].measure, "ai_as_claimed"
    shifts = {"acuity_true=urgent": (30.0, 30.1, 29.9), "arrival_source=walk_in": (2.0, 3.0, 4.0)}
    replications = []
    for number, replication in enumerate(result.replications):
        nurse = replication.arms["nurse"]
        names = nurse.measures.names
        shift = [
            shifts[name.group][number] if name.measure == measure and name.group in shifts else 0
            for name in names
        ]
        worse = replace(
            nurse, measures=replace(nurse.measures, values=nurse.measures.values + np.array(shift))
        )
        replications.append(
            replace(replication, arms={**dict.fromkeys(replication.arms, nurse), arm: worse})
        )
    found = worse_off(replace(result, replications=tuple(replications)))
    assert [(each.arm.name, each.comparison.group, each.holm) for each in found] == [
        (arm, group, holds) for group, holds in zip(shifts, (True, False), strict=True)
    ]
    assert found[0].p < 1e-4
    assert found[1].p == pytest.approx(0.035, abs=0.001)


def test_only_arms_with_a_cost_are_ranked_per_hundred_thousand_pounds(result: StudyResult) -> None:
    table = better_table(result)
    costs = {cells[0]: (cells[2], cells[3]) for cells in table.rows}
    stated = result.design.arms["one_more_triage_nurse"].cost
    assert stated is not None
    assert costs[result.arm("one_more_triage_nurse").label][0] == f"£{stated.per_year:,.0f}"
    assert costs["AI label, published accuracy, often not urgent enough"] == ("not stated", "–")
    assert "Sham AI: nurse's accuracy, fresh errors" not in costs
    assert per_100k(row(-5, 1), 250_000) == pytest.approx((-2, -2.4, -1.6))


def test_a_price_per_attendance_is_paid_for_covered_attendances_of_a_year(
    result: StudyResult,
) -> None:
    covered = 365 * (224.4 + 20.4)
    assert result.arm("ai_as_claimed").cost == pytest.approx(1.85 * covered)


def test_the_sham_line_gives_both_shares(result: Result) -> None:
    shares = result.arm("sham").shares
    assert shares is not None
    line = sham_line(result)
    assert line is not None
    assert f"{100 * shares.better:.0f} %" in line
    assert f"{100 * shares.worse:.0f} %" in line


def test_a_margin_that_is_passed_is_reported_as_passed(result: StudyResult) -> None:
    says = {cells[0]: cells[2] for cells in safety_table(result).rows}
    assert (
        "%: worse by more than 1 point"
        in says["AI label, published accuracy, often not urgent enough"]
    )


def test_what_is_known_of_getting_worse_stands_beside_the_margins(result: StudyResult) -> None:
    table = safety_table(result)
    at = table.headers.index("Got worse before the first clinician, no margin stated")
    (cells,) = [
        row
        for row in table.rows
        if row[0] == "AI label, published accuracy, often not urgent enough"
    ]
    assert cells[at] == effect(result.row("ai_label_measured_under", "worsened_before_seen_share"))
    assert all(len(row) == len(table.headers) for row in table.rows)


def test_what_is_not_a_terminal_gets_plain_lines_with_every_arm_and_the_banner(
    result: Result, tmp_path: object
) -> None:
    out = io.StringIO()
    print_result(result, stream=out)
    text = out.getvalue()
    assert "\x1b" not in text
    assert "┃" not in text
    assert "Planning only, not for clinical use." in text
    for arm in result.arms:
        assert arm.label in text or arm is result.sham


def test_the_screen_warns_of_patients_still_inside_as_the_page_does(result: Result) -> None:
    first = result.replications[0]
    nurse = replace(first.arms["nurse"], n_unfinished=first.arms["nurse"].n_unfinished + 1234)
    replications = (replace(first, arms={**first.arms, "nurse": nurse}), *result.replications[1:])
    some = replace(result, replications=replications)
    assert some.n_unfinished == result.n_unfinished + 1234
    out = io.StringIO()
    print_result(some, stream=out)
    assert f"Warning: {some.n_unfinished:,} measured attendances had not left" in " ".join(
        out.getvalue().split()
    )


def test_a_terminal_gets_a_table(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "160")
    out = Terminal()
    print_result(result, stream=out)
    assert "published claims say" in out.getvalue()
    assert "─" in out.getvalue()


def test_a_narrow_terminal_drops_columns_and_not_the_layer_of_doubt(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "80")
    out = Terminal()
    print_result(result, stream=out)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    assert max(map(len, plain.splitlines())) <= 110
    table = target_table(result, result.design.primary[0])
    assert set(table.headers) - set(_narrow(table).headers) == {"mean"}
    assert any("simulation noise only" in header for header in _narrow(table).headers)


def test_one_arm_alone_gives_nhs_measures_and_no_comparison(alone: Result) -> None:
    assert [table.kind for table in compared_tables(alone)] == ["measures"]
    assert any("one replication has no interval" in text for text in warnings(alone))
    assert alone.sham is None


def test_patients_still_inside_at_the_end_are_a_warning(result: StudyResult) -> None:
    first = result.replications[0]
    arms = {name: replace(arm, n_unfinished=0) for name, arm in first.arms.items()}
    some = replace(
        result,
        replications=(
            replace(first, arms={**arms, "nurse": replace(arms["nurse"], n_unfinished=7)}),
        ),
    )
    assert any("7 measured attendances" in text for text in warnings(some))


def test_steps_are_put_into_stages_by_what_they_ask_for(result: Result) -> None:
    pathway = result.study.baseline.pathway
    stages = {name: stage_of(name, pathway) for name in pathway.steps}
    assert (
        stages["registration"]
        == stages["triage"]
        == stages["unloading"]
        == "registration and triage"
    )
    assert stages["majors_trolley"] == "place"
    assert stages["majors_settling"] == "nurse"
    assert stages["minors_contact"] == stages["resus_contact"] == "clinician"
    assert stages["sampling"] == stages["laboratory"] == stages["imaging"] == "tests"
    assert stages["specialty_review"] == "specialty"
    assert stages["bed_allocation"] == stages["move_to_medicine"] == "bed"
    assert stages["discharge"] == "other"


@pytest.mark.parametrize("role", ["", "role: clerk, ", "role: reception, "])
def test_a_reception_is_registration_by_the_role_of_its_pool_or_its_own_name(role: str) -> None:
    pathway = pathway_from(
        "name: desk\narrivals: {walk_in: {starts: front_reception, per_day: 9}}\n"
        f"pools: {{desk: {{kind: staff, {role}capacity: 1}}, xray: {{kind: space, role: tests, capacity: 1}}}}\n"
        "durations: {work: {kind: fixed, mean: 5}}\n"
        "steps:\n  front_reception: {asks: [desk], minutes: [work], next: film}\n"
        "  welcome: {asks: [desk], minutes: [work], next: film}\n"
        "  film: {asks: [xray], minutes: [work], next: home}\n"
        "ends: {home: {outcome: discharged}}\n",
        noted=("arrivals", "pools", "durations"),
    )
    assert stage_of("front_reception", pathway) == "registration and triage"
    assert stage_of("welcome", pathway) == ("registration and triage" if role else "other")
    assert stage_of("film", pathway) == "tests"


@pytest.mark.slow
def test_a_policy_that_hands_back_has_a_mix_of_labels(study: Study) -> None:
    policy = policy_named("ai_hands_back", (packaged_configs(),), "triage", Faults())
    assert policy is not None
    arm = replace(study.baseline, name="tool", policy=policy)
    arms = (study.baseline, arm)
    design = replace(study.design, sham=None, arms={each.name: each.arm for each in arms})
    result = compare(replace(study, arms=arms, design=design))
    assert sum(result.arm("tool").explanation.label_mix) == pytest.approx(1)


# --- alternatives in one currency ---------------------------------------------------------------------------------


def test_an_interval_per_hundred_thousand_pounds_holds_the_price_as_well() -> None:
    mean, low, high = per_100k(row(-5, 1), 250_000, (200_000, 400_000))
    assert (mean, low, high) == pytest.approx((-2, -3, -1))
    assert per_100k(row(-5, 1), 250_000, (0, 400_000))[1] == -math.inf
    assert per_100k(row(0, 1), 100_000, (50_000, 200_000)) == pytest.approx((0, -2, 2))


def test_what_costs_nothing_is_listed_apart_and_never_divided(result: Result) -> None:
    spent = EqualSpend(pounds_per_year=250_000, evidence="assumed", source="test")
    told = with_design(result, equal_spend=spent)
    table = told.tables["alternatives"]
    groups = [cells[0] for cells in table.rows if not cells[1]]
    assert groups == ["Costs money", "Cost not stated"]
    by_arm = {cells[0]: cells for cells in table.rows}
    assert by_arm["One more triage nurse, day and night"][5] == "£369,000 (211,000 to 420,000)"
    (twin,) = [cells for name, cells in by_arm.items() if name.startswith("Twin")]
    assert twin[-2:] == ("not stated", "–")
    assert cost_kind(told.arm("one_more_triage_nurse")) == "priced"


def test_equal_spend_buys_a_share_of_a_nurse_and_one_licence_at_most(result: Result) -> None:
    spent = EqualSpend(pounds_per_year=250_000, evidence="assumed", source="test")
    table = equal_spend_table(with_design(result, equal_spend=spent))
    assert table is not None
    by_arm = {cells[0]: cells for cells in table.rows}
    assert by_arm["One more triage nurse, day and night"][1] == f"{250_000 / 369_000:.2f}"
    assert by_arm["One more triage nurse, day and night"][6:] == ("the trust", "2025/26", "no")
    assert by_arm["AI as published claims say (untested)"][1] == "1.00"
    assert equal_spend_table(result) is None
    more = equal_spend_table(
        with_design(result, equal_spend=replace(spent, pounds_per_year=1_000_000))
    )
    assert more is not None
    shares = {cells[0]: float(cells[1]) for cells in more.rows}
    assert shares["One more triage nurse, day and night"] > 2.7
    assert shares["AI as published claims say (untested)"] == 1


def with_design(result: Result, **changes: object) -> Result:
    study = replace(result.study, design=replace(result.design, **changes))  # type: ignore[arg-type]
    return replace(result, study=study)


def test_a_screen_that_cuts_a_table_keeps_the_products_that_the_study_is_about() -> None:
    names = [f"arm {number}" for number in range(MOST_ON_SCREEN + 1)]
    table = ReportTable("any", "Any", ("arm",), tuple((name,) for name in names), ("a note",))
    assert [row[0] for row in first_rows(table).rows] == names[:-1]
    cut = first_rows(table, {names[-1]})
    assert [row[0] for row in cut.rows] == [*names[: MOST_ON_SCREEN - 1], names[-1]]
    assert cut.notes == ("1 more row is in the report.", "a note")
    assert first_rows(replace(table, cells=table.cells[:-1]), {names[0]}).rows == table.rows[:-1]


@pytest.mark.slow
def test_groups_of_the_users_own_are_looked_at_for_who_is_worse_off() -> None:
    result = compare(
        load(
            "study=gallery/emergency_room",
            "run.replications=2",
            "run.measured_days=7",
            "executor=serial",
        )
    )
    assert result.own_groups
    assert set(result.own_groups) <= set(worse_off_groups(result))
    note = next(table for table in compared_tables(result) if table.kind == "worse_off").notes[-1]
    assert "(your own)" in note


def test_a_tool_that_saves_less_than_two_seconds_is_a_warning(result: Result) -> None:
    arm = result.study.arm("ai_as_claimed")
    (effect,) = arm.policy.effects
    assert effect.seconds_saved is not None
    minutes = replace(effect, seconds_saved=replace(effect.seconds_saved, value=0.67))
    slipped = replace(arm, policy=replace(arm.policy, minutes=minutes))
    arms = tuple(slipped if each.name == arm.name else each for each in result.study.arms)
    said = [
        line
        for line in warnings(replace(result, study=replace(result.study, arms=arms)))
        if "0.67" in line
    ]
    assert len(said) == 1
    assert said[0].endswith("changes minutes by 0.67 seconds. Is seconds_saved in seconds?")
    assert not any("seconds_saved" in line for line in warnings(result))
