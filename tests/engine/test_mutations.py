"""What parity is worth, on request (`python -m pytest -m mutation tests/engine`): rules changed by a line.

Each change of a rule, made to one engine only, must be seen by parity; each fault of order must be seen by the
standing test that is there for it. Where an engine's text has moved on, the change says so and is to be found again.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import islice, product
from typing import NamedTuple

import pytest

from simulation.engine import compiled, reference
from simulation.engine.contract import Engine, InOrder, Run

from .copies import Edit, interpreted, plan_with, reference_with
from .equality import n_differing
from .strategies import GRIDS, Case, case, patients_of, rounded
from .test_standing import EVERY_LIST, backwards, renamed, shuffled

pytestmark = pytest.mark.mutation

SEEDS = range(1, 120)
FEW_PATIENTS = 300


class Rule(NamedTuple):
    """One line of a rule, changed in the reference and in the compiled engine."""

    reference: Edit
    compiled: Edit


WAITED = f"{24 * ' '}end = max(_end(p, "
"""Where somebody who waited starts; the same stands where nobody had to wait, further in."""
RULES = {
    "the last alternative that is free is taken": Rule(
        Edit(
            "for pool in ask.any_of:\n            if pool.in_use < pool.capacity:\n                taken",
            "for pool in reversed(ask.any_of):\n            if pool.in_use < pool.capacity:\n                taken",
        ),
        Edit(
            "for j in range(ask_row.any_at, ask_row.any_at + ask_row.n_any):\n                    number",
            "for j in reversed(range(ask_row.any_at, ask_row.any_at + ask_row.n_any)):\n                    number",
        ),
    ),
    "what is released at a start is not dispatched": Rule(
        Edit(
            "            self._release_pools(patient, step.releases_at_start)\n        taken",
            "            touched = {*self.touched}\n"
            "            self._release_pools(patient, step.releases_at_start)\n"
            "            self.touched = touched\n"
            "        taken",
        ),
        Edit(
            "            n_freed = _free(number, pools, freed, n_freed)\n    person.n_held",
            "    person.n_held",
        ),
    ),
    "whoever joined first goes first, whatever the class": Rule(
        Edit("else ranks[number]\n", "else joined_at\n"),
        Edit(" else worth[queue - first]\n", " else joined_at\n"),
    ),
    "a rota that rises is not dispatched": Rule(
        Edit("        if capacity > pool.capacity:\n", "        if False:\n"),
        Edit("n_freed = _free(entry.pool, pools, freed, n_freed)\n", "pass\n"),
    ),
    "the class is frozen at joining": Rule(
        Edit(
            "if patient.queue is not None and patient.ask is not None and patient.step.pulled:",
            "if False:",
        ),
        Edit("if person.queue >= 0 and rows[person.row].pulled:", "if False:"),
    ),
    "patience that ends at t ends after the dispatch at t": Rule(
        Edit(
            "self._schedule(patience, self._patience_ends",
            "self._schedule(patience + 1, self._patience_ends",
        ),
        Edit(
            "leaver_at = leaves_at[leavers[next_leaver]] if",
            "leaver_at = leaves_at[leavers[next_leaver]] + 1 if",
        ),
    ),
    "whoever joins as its patience ends may wait": Rule(
        Edit("patient.leaves_at <= now:", "patient.leaves_at < now:"),
        Edit("leaves_at[p] <= now:", "leaves_at[p] < now:"),
    ),
    "a branch on a queue asks for more than its number": Rule(
        Edit("in branch.steps) >= branch.number", "in branch.steps) > branch.number"),
        Edit("n_now >= row.number", "n_now > row.number"),
    ),
    "a branch on a queue reads who waits now": Rule(
        Edit(
            "self.waiting_before[row]\n            if self.waiting_changed_at[row] == self.now\n",
            "self.waiting_before[row]\n            if False\n",
        ),
        Edit(
            "total += count.before if count.changed_at == now else count.now", "total += count.now"
        ),
    ),
    "the outgoing come back to the new team": Rule(
        Edit("pool.team += 1\n", "pool.team += 0\n"),
        Edit("pool.team += 1\n", "pool.team += 0\n"),
    ),
    "a request that overflows loses its place": Rule(
        Edit(
            "self._enqueue(patient, self.asks[step.overflow_ask])",
            "patient.record[2] = now; self._enqueue(patient, self.asks[step.overflow_ask])",
        ),
        Edit(
            "person.wanted = row.overflow_ask",
            "person.wanted = row.overflow_ask; person.joined_at = now",
        ),
    ),
    "escalation opens at its number": Rule(
        Edit("n_waiting > trigger.above", "n_waiting >= trigger.above"),
        Edit("n_waiting > trigger.above", "n_waiting >= trigger.above"),
    ),
    "a full queue turns away whoever has the largest number": Rule(
        Edit(
            "return 0 if self.plan.accumulating else self.plan.ranks[self._class(patient)]",
            "return 0",
        ),
        Edit("rank = np.int64(0) if accumulating else worth[other.queue % len(worth)]", "rank = 0"),
    ),
    "a loop goes round once more": Rule(
        Edit(
            "holds = patient.passes[branch.number] < self",
            "holds = patient.passes[branch.number] <= self",
        ),
        Edit("if passes[number] < attributes", "if passes[number] <= attributes"),
    ),
    "a coin in a loop is flipped once for all passes": Rule(
        Edit(
            "branch.column + sum(\n                patient.passes[loop] * n for loop, n in branch.coins_per_pass\n"
            "            )",
            "branch.column",
        ),
        Edit(
            "column += np.int64(passes[first + lists[k]]) * np.int64(lists[k + 1])", "column += 0"
        ),
    ),
    "an outage closes a unit too few": Rule(
        Edit("trigger.extra if is_down else 0", "trigger.extra - 1 if is_down else 0"),
        Edit("            closing.units,\n", "            max(closing.units - 1, 0),\n"),
    ),
    "an outage that ends leaves a pool closed": Rule(
        Edit("is_down = self._was_down(trigger.outage, self.now)", "is_down = True"),
        Edit("            closing.units,\n", "            max(closing.units, 1),\n"),
    ),
    "units that were called are not there at once but a tick late": Rule(
        Edit("yield self.env.timeout(trigger.delay)", "yield self.env.timeout(trigger.delay + 1)"),
        Edit(
            "trigger.arrives_at = now + trigger.delay\n",
            "trigger.arrives_at = now + trigger.delay + 1\n",
        ),
    ),
    "a decision as units come may send them home": Rule(
        Edit("self.arrive_at[number] >= self.now", "self.arrive_at[number] > self.now"),
        Edit(
            "trigger.closes or trigger.arrives_at >= now",
            "trigger.closes or trigger.arrives_at > now",
        ),
    ),
    "units that were called do not come": Rule(
        Edit(
            "trigger.delay)\n        self._set_units(number, trigger.extra)",
            "trigger.delay)\n        self._set_units(number, 0)",
        ),
        Edit("if trigger.arrives_at == now:", "if False:"),
    ),
    "a step ends early only if more wait than its number": Rule(
        Edit("if n_waiting >= at_least:", "if n_waiting > at_least or not at_least:"),
        Edit(
            "n_waiting < np.int64(lists[row.pairs_at + 2 * stage + 1])",
            "n_waiting <= np.int64(lists[row.pairs_at + 2 * stage + 1]) > 0",
        ),
    ),
    "a step that may end early is looked at once": Rule(
        Edit("            del patient.stages[0]\n", "            del patient.stages[:-1]\n"),
        Edit(
            "        stage += 1\n",
            "        stage = row.n_pairs // 2 - 1 if stage == 0 else stage + 1\n",
        ),
    ),
    "nothing of a step falls away": Rule(
        Edit("work - work * left // EFFORT_SCALE", "work - left // EFFORT_SCALE"),
        Edit("work - work * np.int64(lists[row.pairs_at", "work - np.int64(lists[row.pairs_at"),
    ),
    "whoever gets worse as a round is made is not noticed": Rule(
        Edit("and patient.alarm_at <= self.now", "and patient.alarm_at < self.now"),
        Edit("0 <= alarm_at[p] <= now", "0 <= alarm_at[p] < now"),
    ),
    "getting worse is noticed twice": Rule(
        Edit("if worse and not patient.noticed and not leaves:", "if worse and not leaves:"),
        Edit(" and not person.noticed and", " and"),
    ),
    "whoever is noticed keeps its rank": Rule(
        Edit("            patient.acuity = self.plan.worse[patient.acuity]\n", ""),
        Edit("                person.acuity = worse[person.acuity]\n", ""),
    ),
    "whoever is noticed loses its place": Rule(
        Edit(
            "            patient.acuity = self.plan.worse[patient.acuity]\n",
            "            patient.acuity = self.plan.worse[patient.acuity]; patient.record[2] = self.now\n",
        ),
        Edit(
            "                person.acuity = worse[person.acuity]\n",
            "                person.acuity = worse[person.acuity]; person.joined_at = now\n",
        ),
    ),
    "a clock is read again and again": Rule(
        Edit(
            "patient.clock_at.pop(step.since, self.now)",
            "patient.clock_at.get(step.since, self.now)",
        ),
        Edit("    clock_at[clock] = NEVER\n", "    pass\n"),
    ),
    "a clock that runs is not started anew": Rule(
        Edit("patient.clock_at[clock] = self.now", "patient.clock_at.setdefault(clock, self.now)"),
        Edit(
            "clock_at[first + lists[k]] = now",
            "clock_at[first + lists[k]] = now if clock_at[first + lists[k]] < 0 else clock_at[first + lists[k]]",
        ),
    ),
    "a pace counts from now and not from the mark": Rule(
        Edit("paced_end(since, work, self.plan", "paced_end(self.now, work, self.plan"),
        Edit(f"\n{WAITED}since, row", f"\n{WAITED}now, row"),
    ),
    "minutes are over an instant after their end": Rule(
        Edit("self._work(patient, step)) <= self.now", "self._work(patient, step)) < self.now"),
        Edit("passes, n_loops, paces) <= now", "passes, n_loops, paces) < now"),
    ),
    "a branch on a clock uses it up": Rule(
        Edit("patient.clock_at.get(step.since)", "patient.clock_at.pop(step.since, None)"),
        Edit(
            "    return _end(p, since, step",
            "    clock_at[p * n_clocks + step.since] = NEVER\n    return _end(p, since, step",
        ),
    ),
    "a tool is still down as it comes back": Rule(
        Edit("start <= self.now and since < end", "start <= self.now and since <= end"),
        Edit("outages[first - 1, 1] > since", "outages[first - 1, 1] >= since"),
    ),
    "a tool fails after the instant of its failure": Rule(
        Edit("start <= self.now and since < end", "start < self.now and since < end"),
        Edit("outages[middle, 0] <= now", "outages[middle, 0] < now"),
    ),
    "whether a tool was down is asked for now alone": Rule(
        Edit("self._last_start(patient) if branch.number else self.now", "self.now"),
        Edit("person.started_at if row.number and person.started_at >= 0 else now", "now"),
    ),
    "a unit is still open at its end": Rule(
        Edit("start <= at < end", "start <= at <= end"),
        Edit("lists[k] <= at < lists[k + 1]", "lists[k] <= at <= lists[k + 1]"),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_parity_sees_a_rule_changed_in_the_reference_engine(rule: str) -> None:
    assert any(_telling(reference_with(RULES[rule].reference)))


@pytest.mark.parametrize("rule", RULES)
def test_parity_sees_a_rule_changed_in_the_compiled_engine(rule: str) -> None:
    engine = interpreted(RULES[rule].compiled)
    # where the same change of the reference is seen, to spare the slow interpreted engine the search
    telling = _telling(reference_with(RULES[rule].reference))
    assert any(_differs(engine, made) for made in telling)


def test_shuffling_sees_a_dispatch_between_changes_of_one_instant() -> None:
    early = Edit(
        "                self.n_events += 1\n",
        "                self.n_events += 1; self._dispatch(now)\n",
    )
    one, other = shuffled(1, early), shuffled(2, early)
    assert any(n_differing(_run(one, made), _run(other, made)) for made in _cases())


@pytest.mark.parametrize(
    "rule", ["what is released at a start is not dispatched", "a rota that rises is not dispatched"]
)
def test_considering_every_list_sees_a_chance_to_start_that_was_missed(rule: str) -> None:
    edit = RULES[rule].reference
    one, other = reference_with(edit), reference_with(edit, *EVERY_LIST)
    assert any(n_differing(_run(one, made), _run(other, made)) for made in _cases())


@pytest.mark.parametrize("simulate", [reference.simulate, compiled.simulate])
def test_random_departments_see_rounds_that_act_on_the_truth_and_not_on_alarms(
    simulate: Engine,
) -> None:
    """Both engines are bound alike, so parity cannot tell; the tables have to."""
    mistaken = plan_with(
        Edit("draws.worsens if draws.alarms is None else draws.alarms", "draws.worsens")
    )
    n_rounds, n_told = 0, 0
    for made, seed in ((case(seed, GRIDS[1]), seed) for seed in SEEDS):
        truth = rounded(mistaken.bind(made.plan, patients_of(made.pathway, seed)), GRIDS[1])
        n_rounds += made.plan.round_every > 0
        run = simulate(made.plan, replace(made.columns, alarms=truth.alarms), made.horizon)
        n_told += n_differing(_run(simulate, made), run) > 0
    assert n_told > n_rounds / 2 > 10, (n_told, n_rounds)


def test_declaring_pools_and_steps_backwards_sees_an_engine_that_goes_list_by_list() -> None:
    engine = reference_with(
        Edit(
            "key = (rank, joined_at, patient)\n",
            "key = (rank, self.asks.index(ask), joined_at, patient)\n",
        )
    )
    for seed in SEEDS:
        made = case(seed, GRIDS[1])
        other = backwards(made, seed, GRIDS[1])
        run, turned = _run(engine, made), _run(engine, other)
        if len(run.activities) != len(turned.activities):
            return
        turned = replace(turned, journal=InOrder(renamed(turned.activities, other.plan, made.plan)))
        if n_differing(run, turned):
            return
    pytest.fail("the order of declaration changed nothing")


def _telling(changed: Engine) -> Iterator[Case]:
    """A few small departments in which a changed engine differs from the one as it is, as they are found."""
    return islice((made for made in _cases() if _differs(changed, made)), 20)


def _differs(changed: Engine, made: Case) -> bool:
    """Whether its tables are others, or it notices itself that something is wrong."""
    try:
        return n_differing(_as_it_is(made), _run(changed, made)) > 0
    except (AssertionError, IndexError):
        return True


@cache
def _cases() -> list[Case]:
    """Small departments, the smallest first."""
    cases = [case(seed, grid) for seed, grid in product(SEEDS, GRIDS[1:])]
    return sorted(
        (made for made in cases if len(made.columns) < FEW_PATIENTS),
        key=lambda made: len(made.columns),
    )


def _as_it_is(made: Case) -> Run:
    """The run of the engine as it is; every rule is held against the same ones."""
    if id(made) not in _sound:
        _sound[id(made)] = _run(compiled.simulate, made)
    return _sound[id(made)]


_sound: dict[int, Run] = {}
"""Runs by the identity of a case, which `_cases` keeps."""


def _run(engine: Engine, made: Case) -> Run:
    return engine(made.plan, made.columns, made.horizon)
