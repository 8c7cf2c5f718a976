"""A route is laid out from left to right, with room for every node, and the same each time."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

from simulation.config import load
from simulation.department.layout import Layout, lay_out
from simulation.department.vocabulary import Pathway
from tests.held import Hold

Make = Callable[..., Pathway]


def at(drawing: Layout) -> dict[str, tuple[int, float]]:
    return {node.name: (node.column, node.row) for node in drawing.nodes}


def test_every_node_and_every_source_is_drawn_once(example: Pathway) -> None:
    names = Counter(node.name for node in lay_out(example).nodes)
    assert set(names) == {*example.nodes(), *(f"source:{name}" for name in example.arrivals)}
    assert set(names.values()) == {1}


def test_the_same_pathway_gives_the_same_drawing(example: Pathway) -> None:
    assert lay_out(example) == lay_out(example)


def test_edges_lead_to_the_right_unless_they_lead_back(example: Pathway) -> None:
    drawing = lay_out(example)
    place = at(drawing)
    for edge in drawing.edges:
        assert (place[edge.start][0] < place[edge.end][0]) is not edge.back


def test_a_column_is_the_longest_way_from_a_source(smallest: Make) -> None:
    drawing = lay_out(
        smallest("""
steps: {see: {next: coin}, scan: {next: talk}, talk: {next: home}}
branches: {coin: {kind: chance, targets: {scan: 0.5, home: 0.5}, evidence: assumed, source: test}}
""")
    )
    columns = {name: column for name, (column, _) in at(drawing).items()}
    assert columns == {"source:walk_in": 0, "see": 1, "coin": 2, "scan": 3, "talk": 4, "home": 5}
    (long,) = [edge for edge in drawing.edges if (edge.start, edge.end) == ("coin", "home")]
    assert [column for column, _ in long.bends] == [3, 4]


def test_going_round_again_is_drawn_as_leading_back(smallest: Make) -> None:
    drawing = lay_out(
        smallest("""
attributes: {rounds: {kind: choice, categories: ['0', '1'], shares: [0.5, 0.5], evidence: assumed, source: test}}
steps: {see: {next: more}}
loops: {more: {passes: rounds, again: see, next: home}}
""")
    )
    assert [(edge.start, edge.end, edge.kind) for edge in drawing.edges if edge.back] == [
        ("more", "see", "again")
    ]


def test_no_two_nodes_of_a_column_overlap(example: Pathway) -> None:
    for one, other in combinations(lay_out(example).nodes, 2):
        assert one.column != other.column or abs(one.row - other.row) > 1 - 1e-9


def test_a_late_source_stands_beside_where_it_leads(smallest: Make) -> None:
    drawing = lay_out(
        smallest("""
arrivals: {transfer: {starts: ward, per_day: 1, evidence: assumed, source: test}}
steps: {see: {next: wait}, wait: {next: ward}, ward: {next: home}}
""")
    )
    place = at(drawing)
    assert place["source:transfer"][0] == place["ward"][0] - 1


def test_branches_that_need_not_cross_do_not_cross(smallest: Make) -> None:
    """Declared in crossing order: a leads to d, b to c."""
    drawing = lay_out(
        smallest("""
steps: {see: {next: coin}, a: {next: d}, b: {next: c}, c: {next: home}, d: {next: home}}
branches: {coin: {kind: chance, targets: {a: 0.5, b: 0.5}, evidence: assumed, source: test}}
""")
    )
    place = at(drawing)
    assert (place["a"][1] < place["b"][1]) == (place["d"][1] < place["c"][1])


def test_labels_are_categories_probabilities_and_hours(emergency_room: Pathway) -> None:
    labels = {(edge.start, edge.end): edge.label for edge in lay_out(emergency_room).edges}
    assert labels["kind_of_patient", "stabilisation"] == "trauma"
    assert labels["needs_treatment", "treatment"] == "60 %"
    details = {node.name: node.detail for node in lay_out(emergency_room).nodes}
    assert details["examination"] == "examination rooms + physicians"
    assert details["kind_of_patient"] == "by patient type"
    groups = {node.name: node.group for node in lay_out(emergency_room).nodes}
    assert groups["examination"] == "examination_rooms"


def test_many_cases_to_one_node_are_one_arrow(smallest: Make) -> None:
    five = "categories: [a, b, c, d, e], shares: [0.2, 0.2, 0.2, 0.2, 0.2]"
    drawing = lay_out(
        smallest(f"""
attributes: {{level: {{kind: choice, {five}, evidence: assumed, source: test}}}}
steps: {{see: {{next: sort}}}}
branches: {{sort: {{kind: attribute, attribute: level, cases: {{}}, otherwise: home}}}}
""")
    )
    assert [edge.label for edge in drawing.edges if edge.start == "sort"] == ["a, b and 3 more"]


def test_the_box_where_patients_come_who_give_up_waiting_says_so_and_no_other_does(
    hold: Hold,
) -> None:
    clinic = load("study=gallery/clinic").baseline.pathway
    details = {node.name: node.detail for node in lay_out(clinic).nodes}
    hold(details["gone"])
    assert details["home"] == "discharged"
    assert not any(
        "gives up" in node.detail for node in lay_out(replace(clinic, patience=None)).nodes
    )
