"""What the page on opening hours, strikes, staff on call and stays that end early states: each block is run.

One department takes all blocks; both engines agree on it, the audit finds nothing, and each word has happened.
"""

from functools import cache

import numpy as np
import yaml

from simulation.department.check_pathway import check_pathway
from simulation.department.layout import lay_out
from simulation.department.vocabulary import Pathway
from simulation.engine import compiled, reference
from simulation.engine.plan import bind, lower
from simulation.measures.patients_table import activities_table, patients_table
from simulation.patients import draw
from simulation.questions.what_happened.patient_story import story
from simulation.report.show import department_lines
from simulation.study.simulate import Simulated
from simulation.units import DAY, HOUR
from tests.department.made import laid_over, pathway_from
from tests.measures.audit import audit

from .test_docs import blocks

DEPARTMENT = """
name: supply
arrivals: {walk_in: {starts: consultation, per_day: 200}}
attributes: {admitted: {kind: choice, categories: ["no", "yes"], shares: [0.75, 0.25]}}
pools: {medicine_beds: {kind: space, capacity: 50}}
durations:
  consultation: {kind: exponential, mean: 35}
  scan: {kind: fixed, mean: 2}
  ward_stay: {kind: exponential, mean: 1440}
priority:
  {rule: acuity, classes: {all: {rank: 1, rate: 0}}, untriaged_as: all, ignored_as: all,
  evidence: assumed, source: test}
steps:
  consultation: {asks: [doctors], minutes: [consultation], next: scan}
  scan: {asks: [scanner], minutes: [scan], next: onward}
  bed: {asks: [medicine_beds], keeps: [medicine_beds], next: ward_stay}
branches: {onward: {kind: attribute, attribute: admitted, cases: {"no": home, "yes": ward_stay}}}
ends: {home: {outcome: discharged}}
"""
WEEKS = 2


@cache
def department() -> Pathway:
    text = yaml.safe_load(DEPARTMENT)
    for block in blocks("docs/how-to/closings-and-on-call.md", "yaml"):
        text = laid_over(text, yaml.safe_load(block))
    del text["steps"][
        "bed"
    ]  # the page leaves it to the reader where the bed is asked for: here at the stay itself
    text["steps"]["ward_stay"]["effort"]["waiting_at"] = ["ward_stay"]
    text["steps"]["scan_next_day"]["next"] = (
        "onward"  # a ward for them too, so that many wait for a bed
    )
    return pathway_from(
        yaml.safe_dump(text), noted=("arrivals", "attributes", "pools", "durations")
    )


def test_the_blocks_of_the_page_make_a_sound_department() -> None:
    assert check_pathway(department()) == ()


def test_show_and_the_picture_say_each_word() -> None:
    shown = "\n".join(department_lines(department()))
    assert "2 closed while strike" in shown
    assert "8-18 h: 1 (mon-fri); people wait until it opens" in shown
    assert "on call opens 1 of doctors 45 min after it is called" in shown
    (detail,) = [node.detail for node in lay_out(department()).nodes if node.name == "ward_stay"]
    assert detail == "medicine beds; ends early if 18 or more wait"


def test_every_word_of_the_page_happens_and_both_engines_and_the_audit_agree() -> None:
    made = department()
    plan, draws = lower(made), draw(made, seed=3, replication=0, days=7 * WEEKS)
    columns = bind(plan, draws)
    one, other = (
        engine(plan, columns, 7 * WEEKS * DAY) for engine in (compiled.simulate, reference.simulate)
    )
    for name in ("patient", "step", "joined_at", "started_at", "ended_at"):
        assert np.array_equal(getattr(one.activities, name), getattr(other.activities, name))
    assert (
        str(audit(plan, activities_table(plan, one), columns=columns, changes=one.changes)).count(
            "no violations"
        )
        == 6
    )

    changes = {
        number: one.changes.at[one.changes.trigger == number]
        for number in range(len(plan.triggers))
    }
    on_call, strike = range(len(plan.triggers))
    assert changes[strike].tolist() == [7 * DAY, 8 * DAY]
    assert len(changes[on_call]) > 10

    table = one.activities
    scans = table.started_at[
        (table.step == plan.row("scan")) | (table.step == plan.row("scan_next_day"))
    ]
    opens = scans[scans >= 0]
    assert set((opens % DAY // HOUR).tolist()) == set(range(8, 18))
    assert (opens // DAY % 7).max() == 4

    stays = (table.step == plan.row("ward_stay")) & (table.ended_at >= 0)
    took = (table.ended_at - table.started_at)[stays] / 1024
    share = took / draws.minutes["ward_stay"][0][table.patient[stays]]
    shares = {round(float(each), 2) for each in share[took > 60]}
    assert shares == {0.85, 0.9, 0.95, 1.0}


def test_who_goes_home_until_it_opens_has_departed_and_the_story_goes_on_with_their_return() -> (
    None
):
    made = department()
    plan, draws = lower(made), draw(made, seed=3, replication=0, days=7 * WEEKS)
    run = compiled.simulate(plan, bind(plan, draws), 7 * WEEKS * DAY)
    patients = patients_table(made, plan, draws, run)
    table = run.activities
    came_back = (table.step == plan.row("scan_next_day")) & (table.ended_at >= 0)
    assert np.count_nonzero(came_back) > 100
    row = np.searchsorted(patients["patient"], table.patient[came_back])
    assert np.array_equal(patients["departed_at"][row], table.joined_at[came_back] / 1024)
    assert np.array_equal(patients["scanned_at"][row], table.ended_at[came_back] / 1024)

    told = story({"now": Simulated(plan, draws, run, patients)}, int(patients["patient"][row[50]]))
    departed, after = told.split("After that:\n")
    assert "  departed, " in departed
    assert "for scan next day, which took 2 min" in after
    assert "Outcome: discharged." in after
