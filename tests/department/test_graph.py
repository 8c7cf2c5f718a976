"""What is left of a pathway without the ways that nobody takes."""

import gc
import weakref
from collections.abc import Callable
from itertools import combinations

from simulation.department.graph import (
    Edge,
    coins_of,
    dated_after_departure,
    durations_by_source,
    graph_of,
    label_dependent,
    nodes_by_source,
    subgraph_of,
    whole_graph,
)
from simulation.department.layout import lay_out
from simulation.department.vocabulary import Pathway
from simulation.engine.plan import lower
from simulation.measures.binding import _asked, _resources
from simulation.runs.provenance import _without_words
from simulation.study.department_warnings import sampled_loads

CACHED = (
    graph_of, coins_of, label_dependent, nodes_by_source, durations_by_source, dated_after_departure, lower, _resources,
    _asked, _without_words, sampled_loads,
)  # fmt: skip
Make = Callable[..., Pathway]
TWO_WAYS = """
attributes: {kind_of: {kind: choice, categories: [a, b], shares: [1, 0], evidence: assumed, source: test}}
steps: {see: {next: sort}, scan: {next: talk}, talk: {next: home}}
branches: {sort: {kind: attribute, attribute: kind_of, cases: {a: talk, b: scan}}}
"""


def test_nothing_closed_leaves_everything(example: Pathway) -> None:
    left = subgraph_of(example, ())
    assert dict(left.edges) == graph_of(example)
    assert (left.unused, left.passed) == ((), ())
    assert lay_out(example, left) == lay_out(example) == lay_out(example, whole_graph(example))


def test_a_closed_way_takes_with_it_what_only_it_leads_to_and_the_branch_that_decides_nothing(
    smallest: Make,
) -> None:
    left = subgraph_of(smallest(TWO_WAYS), {("sort", Edge("scan", "case", "b"))})
    assert left.edges == {"see": (Edge("talk", "on"),), "talk": (Edge("home", "on"),), "home": ()}
    assert (left.unused, left.passed) == (("scan",), (("sort", "talk"),))
    assert (left.after("sort"), left.after("see")) == ("talk", "see")


def test_a_branch_that_is_to_be_kept_stays_with_its_one_way(smallest: Make) -> None:
    left = subgraph_of(smallest(TWO_WAYS), {("sort", Edge("scan", "case", "b"))}, keep={"sort"})
    assert left.edges["sort"] == (Edge("talk", "case", "a"),)
    assert left.passed == ()


def test_only_what_is_left_is_drawn(smallest: Make) -> None:
    pathway = smallest(TWO_WAYS)
    drawing = lay_out(pathway, subgraph_of(pathway, {("sort", Edge("scan", "case", "b"))}))
    assert [node.name for node in drawing.nodes] == ["source:walk_in", "see", "talk", "home"]
    assert [(edge.start, edge.end) for edge in drawing.edges] == [
        ("source:walk_in", "see"),
        ("see", "talk"),
        ("talk", "home"),
    ]


def test_an_arrow_that_passes_a_box_keeps_clear_of_it(example: Pathway) -> None:
    drawing = lay_out(example)
    boxes = {(node.column, node.row) for node in drawing.nodes}
    bends = {bend for edge in drawing.edges for bend in edge.bends}
    for one, other in combinations(sorted(boxes | bends), 2):
        if one[0] == other[0] and (one in boxes) != (other in boxes):
            assert abs(one[1] - other[1]) > 0.5


def test_the_way_of_most_cases_is_called_otherwise_where_there_is_another(smallest: Make) -> None:
    pathway = smallest("""
attributes: {level: {kind: choice, categories: [a, b, c, d, e], shares: [0.2, 0.2, 0.2, 0.2, 0.2], evidence: assumed,
  source: test}}
steps: {see: {next: sort}, talk: {next: home}}
branches: {sort: {kind: attribute, attribute: level, cases: {a: talk}, otherwise: home}}
""")
    labels = {
        (edge.start, edge.end): edge.label
        for edge in lay_out(pathway).edges
        if edge.start == "sort"
    }
    assert labels == {("sort", "talk"): "a", ("sort", "home"): "otherwise"}


def test_what_is_known_of_a_department_goes_with_it(smallest: Make) -> None:
    pathway = smallest(TWO_WAYS)
    assert all(of(pathway) is of(pathway) for of in CACHED)
    known = weakref.ref(pathway)
    del pathway
    gc.collect()
    assert known() is None
