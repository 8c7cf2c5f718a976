"""Every fault of a pathway is found, on the smallest pathway that has it, with its place; and no sound one is."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from simulation.department.check_pathway import check_pathway
from simulation.department.vocabulary import Pathway
from simulation.engine.plan import bind, lower
from simulation.engine.reference import simulate
from simulation.patients import draw
from simulation.units import WEEK
from tests.held import Hold

Make = Callable[..., Pathway]

ACUITY = "{kind: choice, categories: [urgent, minor], shares: [0.2, 0.8], evidence: assumed, source: test}"
BED = "{kind: space, capacity: 5, evidence: assumed, source: test}"

NAMES = {
    "an unknown node": (
        "steps: {see: {next: hme}}",
        "steps.see.next",
    ),
    "an unknown start": (
        "arrivals: {walk_in: {starts: door}}",
        "arrivals.walk_in.starts",
    ),
    "an unknown pool": (
        "steps: {see: {asks: [nurse]}}",
        "steps.see.asks.0",
    ),
    "an unknown duration": (
        "steps: {see: {minutes: [seen]}}",
        "steps.see.minutes.0",
    ),
    "a pool beside the one that was meant": (
        "pools: {nurse: {kind: staff, capacity: 2, evidence: assumed, source: test}}",
        "pools.nurse",
    ),
    "a duration beside the one that was meant": (
        "durations: {seeings: {kind: fixed, mean: 3, evidence: assumed, source: test}}",
        "durations.seeings",
    ),
    "an unknown profile": (
        "steps: {see: {pace: night}}",
        "steps.see.pace",
    ),
    "an unknown day factor": (
        "arrivals: {walk_in: {day_factor: busy}}",
        "arrivals.walk_in.day_factor",
    ),
    "an unknown class": (
        "steps: {see: {ranks_as: everyone}}",
        "steps.see.ranks_as",
    ),
    "an unknown class of the untriaged": (
        "priority: {untriaged_as: nobody}",
        "priority.untriaged_as",
    ),
    "an unknown class of the ignored": (
        "priority: {ignored_as: nobody}",
        "priority.ignored_as",
    ),
    "an unknown loop": (
        "steps: {see: {repeat_of: rounds}}",
        "steps.see.repeat_of",
    ),
    "an unknown attribute in a factor": (
        "durations: {seeing: {mean: {base: 3, times: [{by: age, values: {old: 2}}]}}}",
        "durations.seeing.mean.times.0.by",
    ),
    "an unknown category in a factor": (
        "durations: {seeing: {mean: {base: 3, times: [{by: arrival_source, values: {walkin: 2}, otherwise: 1}]}}}",
        "durations.seeing.mean.times.0.values.walkin",
    ),
    "an unknown source of the impatient": (
        "patience: {minutes: seeing, arrivals: [ambulance], next: home, evidence: assumed, source: test}",
        "patience.arrivals.0",
    ),
    "an unknown duration of patience": (
        "patience: {minutes: patience, arrivals: [walk_in], next: home, evidence: assumed, source: test}",
        "patience.minutes",
    ),
    "an unknown node after patience": (
        "patience: {minutes: seeing, arrivals: [walk_in], next: gone, evidence: assumed, source: test}",
        "patience.next",
    ),
    "a name used for a step and an end": (
        "{ends: {see: {outcome: seen}}}",
        "steps.see",
    ),
    "a name used for two sources": (
        "present: {walk_in: {starts: see, number: 2, evidence: assumed, source: test}}",
        "present.walk_in",
    ),
    "a reserved attribute": (
        f"attributes: {{arrival_source: {ACUITY}}}",
        "attributes.arrival_source",
    ),
    "a reserved class": (
        "priority: {classes: {acuity: {rank: 2, rate: 1}}}",
        "priority.classes.acuity",
    ),
}

BAND = "attributes: {band: {kind: choice, categories: [all], shares: [1], evidence: assumed, source: test}, "
NUMBERS = {
    "shares that do not add up": (
        "attributes: {age: {kind: choice, categories: [old, young], shares: [0.5, 0.4], evidence: assumed, "
        "source: test}}",
        "attributes.age.shares",
    ),
    "ages whose shares do not add up": (
        BAND
        + "years: {kind: age, by: band, shares: {all: {0-17: 0.5, 18-99: 0.4}}, evidence: assumed, source: test}}",
        "attributes.years.shares.all",
    ),
    "what is no span of years, and a year in two spans": (
        BAND
        + "years: {kind: age, by: band, shares: {all: {0-17: 0.5, 17-99: 0.5, old: 0, 9-8: 0}}, "
        "evidence: assumed, source: test}}",
        "attributes.years.shares",
    ),
    "a band without ages": (
        BAND + "years: {kind: age, by: band, shares: {}, evidence: assumed, source: test}}",
        "attributes.years.shares",
    ),
    "too few shares": (
        "attributes: {age: {kind: choice, categories: [old, young], shares: [1.0], evidence: assumed, source: test}}",
        "attributes.age.shares",
    ),
    "a category twice": (
        "attributes: {age: {kind: choice, categories: [old, old], shares: [0.5, 0.5], evidence: assumed, "
        "source: test}}",
        "attributes.age.categories",
    ),
    "shares by category without `by`": (
        "attributes: {age: {kind: choice, categories: [old, young], shares: {walk_in: [0.5, 0.5]}, evidence: assumed, "
        "source: test}}",
        "attributes.age.by",
    ),
    "`by` without shares by category": (
        "attributes: {age: {kind: choice, categories: [old], by: arrival_source, shares: [1.0], evidence: assumed, "
        "source: test}}",
        "attributes.age.shares",
    ),
    "an attribute used before it is described": (
        "attributes: {late: {kind: given, like: later, evidence: assumed, source: test}, "
        "later: {kind: chance, p: 0.5, evidence: assumed, source: test}}",
        "attributes.late.like",
    ),
    "a given attribute that is like nothing": (
        "attributes: {tool: {kind: given, evidence: assumed, source: test}}",
        "attributes.tool",
    ),
    "a category of a given attribute twice": (
        "attributes: {tool: {kind: given, categories: ['no', 'no'], evidence: assumed, source: test}}",
        "attributes.tool.categories",
    ),
    "a probability above 1": (
        "attributes: {old: {kind: chance, p: 1.5, evidence: assumed, source: test}}",
        "attributes.old.p",
    ),
    "the random variates of an unknown duration": (
        "durations: {seeing: {same_draw_as: sewing}}",
        "durations.seeing.same_draw_as",
    ),
    "the random variates of a duration that has another's": (
        "durations: {first: {kind: fixed, mean: 1, evidence: assumed, source: test}, "
        "second: {kind: fixed, mean: 1, same_draw_as: first, evidence: assumed, source: test}, "
        "seeing: {same_draw_as: second}}",
        "durations.seeing.same_draw_as",
    ),
    "a number that is not finite": (
        "durations: {seeing: {mean: .inf}}",
        "durations.seeing.mean",
    ),
    "an empty source": (
        'pools: {nurses: {source: " "}}',
        "pools.nurses.source",
    ),
    "decisions without an interval": (
        "decisions_every_minutes: 0.0001",
        "decisions_every_minutes",
    ),
    "a factor without a category": (
        "{arrivals: {ambulance: {starts: see, per_day: 1, evidence: assumed, source: test}}, "
        "durations: {seeing: {mean: {base: 3, times: [{by: arrival_source, values: {walk_in: 2}}]}}}}",
        "durations.seeing.mean.times.0.values",
    ),
    "a day of 12 hours": (
        "{profiles: {day: {weights: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], evidence: assumed, source: test}}, "
        "arrivals: {walk_in: {by_hour: day}}}",
        "arrivals.walk_in.by_hour",
    ),
    "a week of 12 days": (
        "{profiles: {day: {weights: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], evidence: assumed, source: test}}, "
        "arrivals: {walk_in: {by_weekday: day}}}",
        "arrivals.walk_in.by_weekday",
    ),
    "two patterns of the week": (
        "{profiles: {hours: {weights: ["
        + ", ".join(["1"] * 120 + ["0"] * 48)
        + "], evidence: assumed, source: test}, "
        "week: {weights: [1, 1, 1, 1, 1, 0.5, 0.5], evidence: assumed, source: test}}, "
        "arrivals: {walk_in: {by_hour: hours, by_weekday: week}}}",
        "arrivals.walk_in.by_weekday",
    ),
    "a source with a sign that random streams are named with": (
        "{arrivals: {a+1: {starts: see, per_day: 1, evidence: assumed, source: test}}}",
        "arrivals.a+1",
    ),
    "an attribute with such a sign": (
        "{attributes: {a/0: {kind: chance, p: 0.5, evidence: assumed, source: test}}}",
        "attributes.a/0",
    ),
    "a duration with such a sign": (
        "{durations: {a/0: {kind: fixed, mean: 5, evidence: assumed, source: test}}}",
        "durations.a/0",
    ),
    "a source that is called as those of the days": (
        "{arrivals: {day: {starts: see, per_day: 1, evidence: assumed, source: test}}}",
        "arrivals.day",
    ),
    "a year of 7 months": (
        "{profiles: {week: {weights: [1, 1, 1, 1, 1, 1, 1], evidence: assumed, source: test}}, "
        "arrivals: {walk_in: {by_month: week}}}",
        "arrivals.walk_in.by_month",
    ),
    "a pace of 7 hours": (
        "{profiles: {week: {weights: [1, 1, 1, 1, 1, 1, 1], evidence: assumed, source: test}}, "
        "steps: {see: {pace: week}}}",
        "steps.see.pace",
    ),
    "a pace of nothing": (
        "{profiles: {still: {weights: [0, 0, 0, 0, 0, 0, 0], evidence: assumed, source: test}}}",
        "profiles.still.weights",
    ),
    "thinning_bound below scale": (
        "arrivals: {walk_in: {scale: 2}}",
        "arrivals.walk_in.thinning_bound",
    ),
    "somebody present, but how many": (
        "present: {inside: {starts: see, pool: nurses, evidence: assumed, source: test}}",
        "present.inside",
    ),
    "a share of an unlimited pool present": (
        "{pools: {seats: {kind: space, unlimited: true, evidence: assumed, source: test}}, "
        "present: {inside: {starts: see, pool: seats, share: 0.5, evidence: assumed, source: test}}}",
        "present.inside.pool",
    ),
    "a target pull that ends before it starts": (
        "priority: {target_pull: {active: true, starts_at_minutes: 240, ends_at_minutes: 180, ranks_as: everybody, "
        "evidence: assumed, source: test}}",
        "priority.target_pull",
    ),
    "classes in another order than acuity": (
        f"{{attributes: {{acuity_true: {ACUITY}}}, priority: {{classes: {{minor: {{rank: 2, rate: 1}}}}}}}}",
        "priority.classes",
    ),
    "a label of other categories": (
        "{attributes: {acuity_true: {kind: choice, categories: [everybody], shares: [1.0], evidence: assumed, "
        "source: test}, old: {kind: chance, p: 0.5, evidence: assumed, source: test}}, steps: {see: {relabels: old}}}",
        "steps.see.relabels",
    ),
}

POOLS = {
    "a pool of no size": (
        "pools: {nurses: {capacity: null}}",
        "pools.nurses",
    ),
    "a pool of two sizes": (
        "pools: {nurses: {unlimited: true}}",
        "pools.nurses",
    ),
    "an empty rota": (
        "pools: {nurses: {capacity: null, rota: []}}",
        "pools.nurses.rota",
    ),
    "bad hours": (
        "pools: {nurses: {capacity: null, rota: [{hours: morning, number: 1}]}}",
        "pools.nurses.rota.0.hours",
    ),
    "an hour of 75 minutes": (
        "pools: {nurses: {capacity: null, rota: [{hours: '8:75-24', number: 1}]}}",
        "pools.nurses.rota.0.hours",
    ),
    "a span of days without its end": (
        "pools: {nurses: {capacity: null, rota: [{hours: 0-24, days: mon-, number: 1}]}}",
        "pools.nurses.rota.0.days",
    ),
    "bad days": (
        "pools: {nurses: {capacity: null, rota: [{hours: 0-24, days: weekend, number: 1}]}}",
        "pools.nurses.rota.0.days",
    ),
    "nobody at night": (
        "pools: {nurses: {capacity: null, rota: [{hours: 8-22:30, number: 1}]}}",
        "pools.nurses",
    ),
    "nobody at the weekend": (
        "pools: {nurses: {capacity: null, rota: [{hours: 0-24, days: mon-fri, number: 1}]}}",
        "pools.nurses",
    ),
    "nobody ever": (
        "pools: {nurses: {capacity: 0}}",
        "pools.nurses",
    ),
    "no alternative on duty at some hours": (
        "{pools: {nurses: {capacity: null, rota: [{hours: 8-20, number: 1}]}, "
        "doctors: {kind: staff, rota: [{hours: 19-7, number: 1}], evidence: assumed, source: test}}, "
        "steps: {see: {asks: [], any_of: [nurses, doctors]}}}",
        "pools.nurses",
    ),
    "a pool asked for twice": (
        "steps: {see: {any_of: [nurses]}}",
        "steps.see",
    ),
    "keeping what is not taken": (
        f"{{pools: {{beds: {BED}}}, steps: {{see: {{keeps: [beds]}}}}}}",
        "steps.see.keeps.0",
    ),
    "keeping and giving up": (
        "steps: {see: {keeps: [nurses], releases_at_end: [nurses]}}",
        "steps.see.keeps.0",
    ),
    "giving up what is never held": (
        f"{{pools: {{beds: {BED}}}, steps: {{see: {{releases_at_start: [beds]}}}}}}",
        "steps.see.releases_at_start.0",
    ),
    "asking for what may be held": (
        "steps: {see: {keeps: [nurses], next: again}, again: {asks: [nurses], next: home}}",
        "steps.again",
    ),
    "asking for one alternative that may be held": (
        f"{{pools: {{beds: {BED}}}, steps: {{see: {{any_of: [beds], keeps: [beds], next: stay}}, "
        "stay: {any_of: [nurses, beds], next: home}}}",
        "steps.stay",
    ),
    "a limit without a way out": (
        "steps: {see: {queue_limit: 3}}",
        "steps.see",
    ),
    "a limit where nobody waits": (
        "steps: {see: {asks: [], queue_limit: 3, blocked_next: home}}",
        "steps.see.queue_limit",
    ),
    "two pools of which one may be replaced": (
        f"{{pools: {{beds: {BED}, seats: {BED}}}, "
        "steps: {see: {asks: [nurses, beds], overflow: {after_minutes: 60, any_of: [seats], evidence: assumed, "
        "source: test}}}}",
        "steps.see.overflow",
    ),
}

ROUTE = {
    "a step nobody gets to": (
        "steps: {lost: {next: home}}",
        "steps.lost",
    ),
    "an end nobody gets to": (
        "ends: {heaven: {outcome: died}}",
        "ends.heaven",
    ),
    "probabilities that do not add up": (
        "{steps: {see: {next: coin}}, branches: {coin: {kind: chance, targets: {see2: 0.5, home: 0.6}, "
        "evidence: assumed, source: test}}, loops: {}, ends: {see2: {outcome: other}}}",
        "branches.coin.targets",
    ),
    "a branch without a case": (
        "{arrivals: {ambulance: {starts: see, per_day: 1, evidence: assumed, source: test}}, "
        "steps: {see: {next: sort}}, branches: {sort: "
        "{kind: attribute, attribute: arrival_source, cases: {walk_in: home}}}}",
        "branches.sort.cases",
    ),
    "a branch on an unknown attribute": (
        "{steps: {see: {next: sort}}, branches: {sort: "
        "{kind: attribute, attribute: arrival_sources, cases: {walk_in: home}}}}",
        "branches.sort.attribute",
    ),
    "a branch on bad hours": (
        "{steps: {see: {next: clock}}, "
        "branches: {clock: {kind: hours, hours: 8-8, then: home, otherwise: home, evidence: assumed, source: test}}}",
        "branches.clock.hours",
    ),
    "a branch on a queue of nobody": (
        "{steps: {see: {next: long}, walk: {next: home}}, branches: {long: {kind: queue, waiting_at: [walk], "
        "at_least: 3, then: walk, otherwise: home, evidence: assumed, source: test}}}",
        "branches.long.waiting_at.0",
    ),
    "a loop without bound by chance": (
        "{steps: {see: {next: coin}}, "
        "branches: {coin: {kind: chance, targets: {see: 0.5, home: 0.5}, evidence: assumed, source: test}}}",
        "steps.see",
    ),
    "a loop in no time": (
        "{steps: {see: {minutes: [], next: coin}}, durations: {}, "
        "branches: {coin: {kind: chance, targets: {see: 0.5, home: 0.5}, evidence: assumed, source: test}}}",
        "steps.see",
    ),
    "a loop by being blocked": (
        "steps: {see: {queue_limit: 2, blocked_next: outside}, outside: {minutes: [seeing], next: see}}",
        "steps.see",
    ),
    "a loop by losing patience": (
        "{steps: {see: {may_leave: true}, outside: {minutes: [seeing], next: see}}, "
        "patience: {minutes: seeing, arrivals: [walk_in], next: outside, evidence: assumed, source: test}}",
        "steps.see",
    ),
    "a loop that counts in words": (
        "{attributes: {rounds: {kind: choice, categories: [once, twice], shares: [0.5, 0.5], evidence: assumed, "
        "source: test}}, steps: {see: {next: more}}, loops: {more: {passes: rounds, again: see, next: home}}}",
        "loops.more.passes",
    ),
    "a loop whose rounds are empty": (
        "{attributes: {rounds: {kind: choice, categories: ['0', '1'], shares: [0.5, 0.5], evidence: assumed, "
        "source: test}}, steps: {see: {next: more}}, loops: {more: {passes: rounds, again: more, next: home}}}",
        "loops.more.again",
    ),
    "escalation that never closes": (
        "triggers: {more: {kind: opens, waiting_at: [see], above: 3, below: 5, pool: nurses, extra: 1, "
        "evidence: assumed, source: test}}",
        "triggers.more.below",
    ),
    "escalation of an unlimited pool": (
        "{pools: {seats: {kind: space, unlimited: true, evidence: assumed, source: test}}, triggers: {more: "
        "{kind: opens, waiting_at: [see], above: 3, below: 1, pool: seats, extra: 1, evidence: assumed, source: a}}}",
        "triggers.more.pool",
    ),
    "escalation that watches nobody": (
        "triggers: {more: {kind: opens, waiting_at: [], above: 3, below: 1, pool: nurses, extra: 1, evidence: assumed, "
        "source: test}}",
        "triggers.more.waiting_at",
    ),
    "a trigger on an unknown step": (
        "triggers: {more: {kind: takes, waiting_at: [sea], minutes_per_hour: 6, pool: nurses, evidence: assumed, "
        "source: test}}",
        "triggers.more.waiting_at.0",
    ),
}

EVERY = {**NAMES, **NUMBERS, **POOLS, **ROUTE}


@pytest.mark.parametrize("kind", EVERY)
def test_a_fault_is_found_alone_with_its_message(kind: str, smallest: Make, hold: Hold) -> None:
    changes, where = EVERY[kind]
    faults = check_pathway(smallest(changes))
    assert [fault.where for fault in faults] == [where]
    hold(faults)


def test_a_negative_mean_of_a_pathway_made_in_python_is_a_fault(smallest: Make) -> None:
    """From a file it is refused before: the type says 0 or more."""
    pathway = smallest()
    wrong = replace(pathway, durations={"seeing": replace(pathway.durations["seeing"], mean=-1)})
    assert [str(fault) for fault in check_pathway(wrong)] == [
        "durations.seeing.mean: -1 is negative. Give 0 or more."
    ]


def test_a_sound_pathway_has_no_fault(smallest: Make) -> None:
    assert check_pathway(smallest()) == ()


def test_every_example_is_sound(example: Pathway) -> None:
    assert check_pathway(example) == ()


def test_all_faults_are_reported_at_once(smallest: Make) -> None:
    broken = smallest(
        "{steps: {see: {asks: [nurse], minutes: [seen], next: hme}}, arrivals: {walk_in: {scale: 3}}}"
    )
    assert {fault.where for fault in check_pathway(broken)} == {
        "steps.see.asks.0",
        "steps.see.minutes.0",
        "steps.see.next",
        "arrivals.walk_in.thinning_bound",
    }


def test_a_misspelt_node_is_not_also_reported_as_unreachable(smallest: Make) -> None:
    faults = check_pathway(smallest("steps: {see: {next: hme}}"))
    assert [fault.where for fault in faults] == ["steps.see.next"]


def test_sums_within_a_millionth_of_1_are_accepted(smallest: Make) -> None:
    thirds = "attributes: {age: {kind: choice, categories: [a, b, c], shares: [0.3333333, 0.3333333, 0.3333333], evidence: assumed, source: test}}"  # noqa: E501
    assert check_pathway(smallest(thirds)) == ()
    assert len(check_pathway(smallest(thirds.replace("0.3333333]", "0.33333]")))) == 1


def test_a_route_from_which_no_end_is_reached_says_so(smallest: Make, hold: Hold) -> None:
    faults = check_pathway(
        smallest("steps: {see: {next: rest}, rest: {minutes: [seeing], next: see}}")
    )
    hold([str(fault) for fault in faults])


LOOP = """
attributes: {rounds: {kind: choice, categories: ['0', '1', '2'], shares: [0.5, 0.3, 0.2], evidence: assumed, source: a}}
steps: {see: {next: more, repeat_of: more}}
loops: {more: {passes: rounds, again: see, next: home}}
"""


def test_a_loop_with_drawn_passes_is_sound(smallest: Make) -> None:
    assert check_pathway(smallest(LOOP)) == ()


def test_the_way_out_of_a_loop_may_not_lead_back_to_it(smallest: Make) -> None:
    coin = "branches: {coin: {kind: chance, targets: {see: 0.5, home: 0.5}, evidence: assumed, source: test}}"
    faults = check_pathway(smallest(LOOP.replace("next: home}", "next: coin}") + coin))
    assert [fault.where for fault in faults] == ["steps.see"]
    assert "see -> more -> coin -> see" in faults[0].found


# --- who is on duty ------------------------------------------------------------------------------------------

DAY_ONLY = "nurses: {capacity: null, rota: [{hours: 8-20, number: 1}]}"


def test_an_alternative_on_duty_covers_the_hours_of_another(smallest: Make) -> None:
    doctors = (
        "doctors: {kind: staff, rota: [{hours: 20-8, number: 1}], evidence: assumed, source: test}"
    )
    assert (
        check_pathway(
            smallest(
                f"{{pools: {{{DAY_ONLY}, {doctors}}}, steps: {{see: {{asks: [], any_of: [nurses, doctors]}}}}}}"
            )
        )
        == ()
    )


def test_a_branch_on_hours_excuses_a_pool_that_closes(smallest: Make) -> None:
    route = "arrivals: {walk_in: {starts: clock}}"
    clock = (
        "branches: {clock: {kind: hours, hours: HOURS, then: see, otherwise: "
        "home, evidence: assumed, source: test}}"
    )
    pathway = f"{{pools: {{{DAY_ONLY}}}, {route}, {clock}}}"
    assert check_pathway(smallest(pathway.replace("HOURS", "9-19"))) == ()
    assert check_pathway(smallest(pathway.replace("HOURS", "8-20"))) == ()
    assert [fault.where for fault in check_pathway(smallest(pathway.replace("HOURS", "8-21")))] == [
        "pools.nurses"
    ]


def test_the_closed_side_of_a_branch_on_hours_excuses_it_too(smallest: Make) -> None:
    night = "branches: {clock: {kind: hours, hours: 20-8, then: home, otherwise: see, evidence: assumed, source: test}}"
    assert (
        check_pathway(
            smallest(
                f"{{pools: {{{DAY_ONLY}}}, arrivals: {{walk_in: {{starts: clock}}}}, {night}}}"
            )
        )
        == ()
    )


def test_a_second_way_to_the_step_undoes_the_excuse(smallest: Make) -> None:
    clock = "branches: {clock: {kind: hours, hours: 9-19, then: see, otherwise: home, evidence: assumed, source: test}}"
    other = "ambulance: {starts: see, per_day: 1, evidence: assumed, source: test}"
    faults = check_pathway(
        smallest(
            f"{{pools: {{{DAY_ONLY}}}, arrivals: {{walk_in: {{starts: clock}}, {other}}}, {clock}}}"
        )
    )
    assert [fault.where for fault in faults] == ["pools.nurses"]


def test_a_pool_that_only_a_trigger_opens_is_refused_with_a_remedy_that_helps(
    smallest: Make,
) -> None:
    opens = "{kind: opens, waiting_at: [see], above: 3, below: 1, pool: nurses, extra: 1, evidence: assumed, source: a}"
    pools = "pools: {nurses: {capacity: 0, queues_until_open: true}}"
    (fault,) = check_pathway(smallest(f"{{{pools}, triggers: {{more: {opens}}}}}"))
    assert "queues_until_open" not in fault.remedy
    staffed = pools.replace("capacity: 0", "capacity: null, rota: [{hours: 8-20, number: 1}]")
    assert check_pathway(smallest(f"{{{staffed}, triggers: {{more: {opens}}}}}")) == ()


def test_a_queue_limit_excuses_a_pool_that_closes(smallest: Make) -> None:
    assert (
        check_pathway(
            smallest(
                f"{{pools: {{{DAY_ONLY}}}, steps: {{see: {{queue_limit: 3, blocked_next: home}}}}}}"
            )
        )
        == ()
    )


# --- who holds what ------------------------------------------------------------------------------------------


def test_whoever_is_sorted_by_stream_twice_is_followed(smallest: Make) -> None:
    """Only ambulance patients hold a bed, and only the others ask for one: no fault, though the ways meet."""
    assert (
        check_pathway(
            smallest(f"""
arrivals: {{walk_in: {{starts: door}}, ambulance: {{starts: door, per_day: 5, evidence: assumed, source: test}}}}
pools: {{beds: {BED}}}
branches:
  door: {{kind: attribute, attribute: arrival_source, cases: {{ambulance: unload, walk_in: see}}}}
  bedded: {{kind: attribute, attribute: arrival_source, cases: {{ambulance: treat, walk_in: place}}}}
steps:
  unload: {{asks: [beds], keeps: [beds], minutes: [seeing], next: see}}
  see: {{next: bedded}}
  place: {{asks: [beds], keeps: [beds], next: treat}}
  treat: {{asks: [nurses], minutes: [seeing], releases_at_end: [beds], next: home}}
""")
        )
        == ()
    )


def test_too_many_states_are_followed_without_categories_and_lose_no_fault(
    smallest: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulation.department.check_routes.MOST_STATES", 1)
    assert len(check_pathway(smallest(RING))) == 1


def test_a_branch_by_chance_does_not_sort_for_good(smallest: Make) -> None:
    faults = check_pathway(
        smallest(f"""
arrivals: {{walk_in: {{starts: door}}}}
pools: {{beds: {BED}}}
branches:
  door: {{kind: chance, targets: {{unload: 0.5, see: 0.5}}, evidence: assumed, source: test}}
  bedded: {{kind: chance, targets: {{home: 0.5, place: 0.5}}, evidence: assumed, source: test}}
steps:
  unload: {{asks: [beds], keeps: [beds], minutes: [seeing], next: see}}
  see: {{next: bedded}}
  place: {{asks: [beds], minutes: [seeing], next: home}}
""")
    )
    assert [fault.where for fault in faults] == ["steps.place"]
    assert "kept at 'unload': unload -> see -> bedded -> place" in faults[0].found


def test_whoever_is_blocked_holds_nothing(smallest: Make) -> None:
    assert (
        check_pathway(
            smallest(f"""
arrivals: {{walk_in: {{starts: place}}}}
pools: {{beds: {BED}}}
steps:
  place: {{asks: [beds], keeps: [beds], next: see}}
  see: {{queue_limit: 3, blocked_next: wait}}
  wait: {{asks: [beds], minutes: [seeing], next: home}}
""")
        )
        == ()
    )


# --- deadlocks -----------------------------------------------------------------------------------------------

RING = f"""
arrivals: {{walk_in: {{starts: cubicle}}, ambulance: {{starts: trolley, per_day: 5, evidence: assumed, source: test}}}}
pools: {{cubicles: {BED}, scanner: {BED}}}
steps:
  cubicle: {{asks: [cubicles], keeps: [cubicles], next: scan}}
  scan: {{asks: [scanner], minutes: [seeing], releases_at_end: [cubicles], next: home}}
  trolley: {{asks: [scanner], keeps: [scanner], minutes: [seeing], next: back}}
  back: {{asks: [cubicles], minutes: [seeing], next: see}}
"""


def test_two_pools_kept_while_waiting_for_each_other_are_a_fault(
    smallest: Make, hold: Hold
) -> None:
    hold([str(fault) for fault in check_pathway(smallest(RING))])


def test_such_a_ring_does_stop_an_engine(smallest: Make) -> None:
    """With one unit of each, each kind of patient soon holds what the other waits for: nobody is served again."""
    pathway = smallest(RING.replace("capacity: 5", "capacity: 1"))
    draws, plan = draw(pathway, seed=1, replication=0, days=7), lower(pathway)
    activities = simulate(plan, bind(plan, draws), WEEK).activities
    assert len(draws) > 100
    assert np.count_nonzero(activities.step == plan.row("home")) < 50
    assert activities.started_at.max() < WEEK // 2


def test_giving_up_at_the_end_of_the_earlier_step_undoes_a_ring(smallest: Make) -> None:
    assert check_pathway(smallest(RING.replace("keeps: [scanner], ", ""))) == ()


def test_giving_up_at_the_start_does_not_undo_a_ring(smallest: Make) -> None:
    assert (
        len(
            check_pathway(
                smallest(RING.replace("back: {asks", "back: {releases_at_start: [scanner], asks"))
            )
        )
        == 1
    )


def test_an_alternative_outside_undoes_a_ring(smallest: Make) -> None:
    outside = RING.replace("back: {asks: [cubicles]", "back: {any_of: [cubicles, nurses]")
    assert check_pathway(smallest(outside)) == ()


def test_an_alternative_inside_does_not_undo_a_ring(smallest: Make) -> None:
    inside = RING.replace(f"scanner: {BED}", f"scanner: {BED}, chairs: {BED}")
    inside = inside.replace(
        "cubicle: {asks: [cubicles], keeps: [cubicles]",
        "cubicle: {any_of: [cubicles, chairs], keeps: [cubicles, chairs]",
    )
    inside = inside.replace("releases_at_end: [cubicles]", "releases_at_end: [cubicles, chairs]")
    inside = inside.replace("back: {asks: [cubicles]", "back: {any_of: [cubicles, chairs]")
    faults = check_pathway(smallest(inside))
    assert faults
    assert all("wait for one another for ever" in fault.found for fault in faults)


def test_an_unlimited_pool_undoes_a_ring(smallest: Make) -> None:
    unlimited = RING.replace(
        f"scanner: {BED}",
        "scanner: {kind: space, unlimited: true, evidence: assumed, source: test}",
    )
    assert check_pathway(smallest(unlimited)) == ()


def test_placement_elsewhere_undoes_a_ring(smallest: Make) -> None:
    widened = RING.replace(
        "back: {asks: [cubicles],",
        "back: {asks: [cubicles], overflow: {after_minutes: 60, any_of: [nurses], evidence: assumed, source: test},",
    )
    assert check_pathway(smallest(widened)) == ()


def test_patience_does_not_undo_a_ring(smallest: Make) -> None:
    impatient = RING.replace("back: {asks", "back: {may_leave: true, asks").replace(
        "scan: {asks", "scan: {may_leave: true, asks"
    )
    patience = "patience: {minutes: seeing, arrivals: [walk_in], next: home, evidence: assumed, source: test}"
    assert len(check_pathway(smallest(impatient + patience))) == 1


def test_pools_held_in_one_order_by_everybody_are_no_ring(smallest: Make) -> None:
    """Boarding: the cubicle waits for the bed, the bed for nothing."""
    assert (
        check_pathway(
            smallest(f"""
arrivals: {{walk_in: {{starts: cubicle}}}}
pools: {{cubicles: {BED}, beds: {BED}}}
steps:
  cubicle: {{asks: [cubicles], keeps: [cubicles], next: see}}
  see: {{next: ward}}
  ward: {{asks: [beds], releases_at_start: [cubicles], minutes: [seeing], next: home}}
""")
        )
        == ()
    )


# --- outages -------------------------------------------------------------------------------------------------

DOWN = """
outages:
  tool: {kind: share, share: 0.1, mean_down_minutes: 60, evidence: assumed, source: test}
branches:
  failed: {kind: down, outage: tool, then: see, otherwise: see, evidence: assumed, source: test}
arrivals: {walk_in: {starts: failed}}
"""


def test_a_branch_on_an_outage_is_sound(smallest: Make) -> None:
    assert check_pathway(smallest(DOWN)) == ()


def test_a_branch_on_an_unknown_outage_is_a_fault(smallest: Make) -> None:
    (fault,) = check_pathway(smallest(DOWN.replace("outage: tool", "outage: tol")))
    assert fault.where == "branches.failed.outage"
    assert "unknown outage 'tol'" in fault.found
    assert "tool" in fault.remedy


@pytest.mark.parametrize(
    ("outage", "where", "found"),
    [
        ("kind: random, mean_up_minutes: 0, mean_down_minutes: 0", "", "neither up nor"),
        (
            "kind: stated, spans: [{starts_at_minutes: 5, ends_at_minutes: 5}]",
            ".spans.0",
            "before it starts",
        ),
        (
            "kind: stated, spans: [{starts_at_minutes: 5, ends_at_minutes: 9}, "
            "{starts_at_minutes: 8, ends_at_minutes: 12}]",
            ".spans.1",
            "before an earlier",
        ),
    ],
)
def test_an_outage_that_says_nothing_or_twice_the_same_is_a_fault(
    outage: str, where: str, found: str, smallest: Make, hold: Hold
) -> None:
    stated = DOWN.replace("kind: share, share: 0.1, mean_down_minutes: 60", outage)
    (fault,) = check_pathway(smallest(stated))
    assert fault.where == f"outages.tool{where}"
    hold(fault.found, found)


# --- clocks --------------------------------------------------------------------------------------------------

CLOCK = "steps: {see: {starts_clock: [ordered], next: wait}, wait: {minutes: [seeing], since: ordered, next: home}}"


def test_a_step_may_count_from_a_mark_of_another(smallest: Make) -> None:
    assert check_pathway(smallest(CLOCK)) == ()


def test_a_clock_that_nobody_starts_is_a_fault(smallest: Make) -> None:
    (fault,) = check_pathway(smallest(CLOCK.replace("since: ordered", "since: order")))
    assert (fault.where, fault.found) == ("steps.wait.since", "unknown clock 'order'")
    assert "ordered" in fault.remedy


def test_a_clock_without_minutes_to_count_is_a_fault(smallest: Make, hold: Hold) -> None:
    (fault,) = check_pathway(smallest(CLOCK.replace("minutes: [seeing], since", "since")))
    hold((fault.where, fault.found))


SAMPLED = """
arrivals: {walk_in: {starts: see}}
attributes:
  trolley: {kind: choice, categories: ["no", "yes"], shares: [0.5, 0.5], evidence: assumed, source: test}
  ordered: {kind: action, categories: ["0", "1"], only: {trolley: ["no"]}, evidence: assumed, source: test}
branches:
  ordering: {kind: attribute, attribute: ordered, cases: {"0": treat, "1": sample}}
  seen: {kind: attribute, attribute: trolley, cases: {"yes": treat, "no": ordering}}
  by_day: {kind: hours, hours: 8-20, then: ordering, otherwise: treat, evidence: assumed, source: test}
loops: {results: {passes: ordered, again: wait, next: home}}
steps:
  see: {next: seen}
  sample: {starts_clock: [sent], next: treat}
  treat: {asks: [nurses], minutes: [seeing], next: results}
  wait: {minutes: [seeing], since: sent, next: results}
"""


def test_a_clock_may_be_started_for_those_alone_who_come_to_count_since_it(smallest: Make) -> None:
    """Whoever waits has a test ordered and no trolley, so was sampled, though others come by there unsampled."""
    assert [fault.where for fault in check_pathway(smallest(SAMPLED))] == [
        "branches.by_day"
    ]  # nobody gets there


def test_a_clock_that_nothing_started_for_some_is_a_fault(smallest: Make, hold: Hold) -> None:
    """By night nobody takes the sample, and the result would come all the same."""
    (fault,) = check_pathway(smallest(SAMPLED.replace('"no": ordering', '"no": by_day')))
    assert fault.where == "steps.wait.since"
    hold(fault.found, "nothing starts 'sent' for some")
    assert "starts_clock" in fault.remedy


def test_an_action_set_off_for_anybody_may_lack_its_clock(smallest: Make) -> None:
    faults = check_pathway(smallest(SAMPLED.replace('only: {trolley: ["no"]}, ', "")))
    assert "steps.wait.since" in [fault.where for fault in faults]


def test_clocks_are_not_judged_where_categories_are_not_followed(
    smallest: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulation.department.check_routes.MOST_STATES", 1)
    changes = SAMPLED.replace('"no": ordering', '"no": by_day')
    assert "steps.wait.since" not in [fault.where for fault in check_pathway(smallest(changes))]


# --- getting worse -------------------------------------------------------------------------------------------

WORSENING = """
worsening: {minutes: seeing, arrivals: [walk_in], becomes: {everybody: everybody}, evidence: assumed, source: test}
rounds: {waiting_at: [see], every_minutes: 30, evidence: assumed, source: test}
"""


def test_rounds_that_notice_who_got_worse_are_sound(smallest: Make) -> None:
    assert check_pathway(smallest(WORSENING)) == ()


@pytest.mark.parametrize(
    ("text", "instead", "where"),
    [
        ("minutes: seeing", "minutes: seing", "worsening.minutes"),
        ("[walk_in]", "[walkin]", "worsening.arrivals.0"),
        ("everybody: everybody", "everybody: nobody", "worsening.becomes.everybody"),
        ("waiting_at: [see]", "waiting_at: [sea]", "rounds.waiting_at.0"),
        ("every_minutes: 30", "every_minutes: 0.0001", "rounds.every_minutes"),
    ],
)
def test_a_wrong_name_or_number_of_worsening_is_a_fault(
    text: str, instead: str, where: str, smallest: Make
) -> None:
    assert [fault.where for fault in check_pathway(smallest(WORSENING.replace(text, instead)))] == [
        where
    ]


def test_rounds_without_anybody_who_gets_worse_are_a_fault(smallest: Make) -> None:
    (fault,) = check_pathway(smallest(WORSENING.split("\n")[2]))
    assert fault.where == "rounds"


UNDATED = "ends.gone"


def with_two_ends(smallest: Make, records: str, *, attends: str = "true") -> tuple[str, ...]:
    """What is wrong where half leave by an end that dates no departure, after a step with these records."""
    changes = f"""
arrivals: {{walk_in: {{attends: {attends}}}}}
steps: {{see: {{next: parted, records: {records}}}}}
branches: {{parted: {{kind: chance, targets: {{home: 0.5, gone: 0.5}}, evidence: assumed, source: test}}}}
ends: {{home: {{outcome: discharged, records: [departed_at]}}, gone: {{outcome: left}}}}
"""
    return tuple(str(fault) for fault in check_pathway(smallest(changes)))


def test_an_end_by_which_somebody_leaves_without_a_departure_is_named(
    smallest: Make, hold: Hold
) -> None:
    (fault,) = with_two_ends(smallest, "{}")
    hold(fault, UNDATED)


def test_a_departure_at_a_step_before_an_end_is_enough(smallest: Make) -> None:
    assert with_two_ends(smallest, "{departed_at: ended}") == ()


def test_whoever_does_not_attend_needs_no_departure(smallest: Make) -> None:
    assert with_two_ends(smallest, "{}", attends="false") == ()


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        (
            "pools: {nurses: {capacity: 2000000}}",
            "pools.nurses.capacity: 2e+06 is more than can be simulated.",
        ),
        (
            "durations: {seeing: {mean: 1.0e+10}}",
            "durations.seeing.mean: 1e+10 is more than can be simulated.",
        ),
        (
            "durations: {seeing: {repeats: 101}}",
            "durations.seeing.repeats: 101 is more than can be simulated.",
        ),
        (
            "arrivals: {walk_in: {thinning_bound: 1000}}",
            "arrivals.walk_in.thinning_bound: 1000 is more than can be",
        ),
        (
            "steps: {see: {records: {outcome: ended}}}",
            "steps.see.records: the name 'outcome' is taken by every table",
        ),
    ],
)
def test_what_is_beyond_what_can_be_simulated_is_named(
    changes: str, where: str, smallest: Make
) -> None:
    assert any(str(fault).startswith(where) for fault in check_pathway(smallest(changes)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            "ends: {home: {outcome: lft}}",
            "ends.home.outcome",
        ),
        ("ends: {home: {outcome: Left}}", "ends.home.outcome"),
        ("ends: {home: {outcome: admited}}", "Did you mean 'admitted'?"),
        ("ends: {home: {outcome: in_building}}", "'in_building'"),
        (
            "steps: {see: {records: {seen_att: started}}}",
            "steps.see.records",
        ),
        (
            f"attributes: {{acuity_true: {ACUITY.replace('urgent', '1-2')}}}",
            "attributes.acuity_true.categories",
        ),
    ],
)
def test_a_word_that_measures_would_pass_over_is_named(
    changes: str, message: str, smallest: Make, hold: Hold
) -> None:
    hold([str(fault) for fault in check_pathway(smallest(changes))], message)


@pytest.mark.parametrize(
    "changes",
    [
        "ends: {home: {outcome: diverted}}",
        "ends: {home: {outcome: not_admitted}}",
        "steps: {see: {records: {roomed_at: started}}}",
        "steps: {see: {records: {seen_at: started, seen_2_at: ended}}}",
    ],
)
def test_a_word_of_one_s_own_is_no_fault(changes: str, smallest: Make) -> None:
    assert check_pathway(smallest(changes)) == ()


def test_a_category_with_the_name_of_a_key_is_read_as_a_name(smallest: Make) -> None:
    kind = "{kind: choice, categories: [days, cv], shares: [0.5, 0.5], evidence: assumed, source: test}"
    branch = "{kind: attribute, attribute: seen_in, cases: {days: home, cv: home}}"
    times = "{base: 3, times: [{by: seen_in, values: {days: 1, cv: 20}}]}"
    made = smallest(
        f"{{attributes: {{seen_in: {kind}}}, branches: {{way: {branch}}}, steps: {{see: {{next: way}}}}, "
        f"durations: {{seeing: {{mean: {times}}}}}}}"
    )
    assert check_pathway(made) == ()
