"""Pictures show the routes that somebody takes, and say what they leave out."""

import struct
from dataclasses import replace

import pytest

from simulation.config import load
from simulation.department.graph import Edge, Subgraph
from simulation.report.pathway_picture import pathway_picture
from simulation.study.arm_changes import left_out_words, reachable_subgraph
from tests.held import Hold
from tests.study.test_arm_changes import pathway, ready


def test_a_category_that_nobody_has_closes_its_way_and_another_arm_opens_it() -> None:
    """Everybody is truly standard; the nurse sees that, 'wolf' calls everybody urgent. `acuity_given` decides."""
    by_given = pathway(branches={"area": {"attribute": "acuity_given"}})
    nurse, wolf = ready("nurse", by_given), ready("wolf", by_given, **labels_up())
    alone = reachable_subgraph(by_given, [nurse], seed=3)
    assert (alone.unused, alone.passed) == (("resus",), (("area", "minors"),))
    assert alone.edges["triage"] == (Edge("minors", "on"),)
    other = reachable_subgraph(by_given, [wolf], seed=3)
    assert other.unused == ("minors",)
    both = reachable_subgraph(by_given, [nurse, wolf], seed=3)
    assert (both.unused, both.passed) == ((), ())
    assert both.edges["area"] == (
        Edge("resus", "case", "urgent"),
        Edge("minors", "case", "standard"),
    )


def test_what_may_change_on_the_way_is_not_called_closed() -> None:
    """`acuity_now` is the label of the moment: some get worse."""
    assert reachable_subgraph(pathway(), [ready("nurse")], seed=3).unused == ()


def labels_up() -> dict[str, object]:
    why = {"evidence": "assumed", "source": "test"}
    matrix = {**why, "shares": [[1, 0], [1, 0]]}
    ai = {"name": "llm", "correlation": {"value": 0, "range": [0, 1], **why}, "matrix": matrix}
    return {"ai": ai, "role": "replaces", "covers": {"labels": ["walk_in", "ambulance"], **why}}


def test_the_words_count_what_is_left_out_and_say_nothing_of_nothing(hold: Hold) -> None:
    subgraph = Subgraph({}, {}, unused=("a", "b"), passed=(("c", "d"),))
    hold(left_out_words(subgraph), "1 branch or loop")
    assert left_out_words(replace(subgraph, unused=(), passed=())) == ""


@pytest.mark.slow
def test_the_default_study_s_picture_is_about_a_page_of_a3_and_an_arm_s_shows_its_own_routes() -> (
    None
):
    study = load("ensemble=none")
    department = study.baseline.pathway
    subgraph = reachable_subgraph(department, study.arms, seed=study.run.seed)
    assert {"triage", "tests", "home", "ward_stay"} <= set(subgraph.edges)
    assert {"triage_with_tool", "primary_care", "early_sampling", "bed_found"} <= set(
        subgraph.unused
    )
    assert {"streaming", "ordering", "bed_asked"} <= set(dict(subgraph.passed))
    picture = pathway_picture(department, subgraph=subgraph)
    wide, high = (size / 150 for size in struct.unpack(">II", picture.png[16:24]))
    assert wide * high < 1.5 * 11.7 * 16.5
    assert left_out_words(subgraph) in picture.caption


def test_an_arm_that_opens_routes_has_them_drawn() -> None:
    nurse, streams = (
        load("ensemble=none", f"triage={name}").only().baseline for name in ("nurse", "ai_streams")
    )
    subgraph = reachable_subgraph(streams.pathway, (nurse, streams), seed=1)
    assert {"streaming", "primary_care", "same_day_contact"} <= set(subgraph.edges)
    assert {"triage_with_tool", "early_sampling", "bed_found"} <= set(subgraph.unused)
