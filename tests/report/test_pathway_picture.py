"""The words on a drawn pathway can be read: those of one arrow are clear of those of another."""

from itertools import combinations

import pytest

import simulation as ae
from simulation.report.pathway_picture import (
    ACROSS,
    DOWN,
    Sketch,
    _label_places,
    _overlap,
    _words,
    sketch_of,
)
from simulation.study.arm_changes import reachable_subgraph


@pytest.fixture(scope="module")
def typical() -> Sketch:
    study = ae.load("ensemble=none", "study=ai_triage", "site=typical")
    return sketch_of(
        study.baseline.pathway,
        reachable_subgraph(study.baseline.pathway, study.arms, seed=study.run.seed),
    )


def test_every_arrow_that_is_decided_has_words_and_hardly_any_stand_on_others(
    typical: Sketch,
) -> None:
    places = {node.name: (ACROSS * node.row, DOWN * node.column) for node in typical.drawing.nodes}
    label_at = _label_places(typical.drawing.edges, places)
    assert set(label_at) == {
        edge for edge in typical.drawing.edges if edge.label and edge.kind != "leaves"
    }
    pairs = combinations(((_words(edge), at) for edge, at in label_at.items()), 2)
    meeting = [
        (one, other)
        for (one, at), (other, other_at) in pairs
        if _overlap(one, at, other, other_at) > 0.002
    ]
    assert len(meeting) <= 1, meeting


def test_two_words_overlap_by_what_they_share() -> None:
    assert _overlap("yes", (0.0, 0.0), "no", (2.0, 0.0)) == 0
    assert _overlap("yes", (0.0, 0.0), "no", (0.0, 1.0)) == 0
    assert (
        0
        < _overlap("yes", (0.0, 0.0), "no", (0.1, 0.0))
        < _overlap("yes", (0.0, 0.0), "no", (0.0, 0.0))
    )
