"""The random departments of the parity tests: whatever a pathway can say really happens in them, and often.

Read from the tables and the plan, not from what was meant: a keeping that nobody lives to see would count for nothing.
"""

from collections import Counter
from collections.abc import Iterator

from simulation.engine import compiled
from simulation.engine.contract import Run
from simulation.engine.plan import Columns
from simulation.engine.rows import NONE, BranchRow, Kind, Outcome, Plan, StepRow
from simulation.units import NEVER, WEEK

from .strategies import GRIDS, case

SEEDS = range(70)
OFTEN = 20
"""What 70 random departments must show at least, of everything."""
TOO_RARE = (
    "A kind of branch, step or trigger that was added to tests/engine/strategies.py takes the place of others: each "
    "random choice after it falls otherwise. Draw it last, or raise there the share of departments that use what is "
    "rare now, until each happens often enough again"
)
"""What to do where a new word displaces others."""
SAYINGS = {
    "asks for several pools at once",
    "takes the first of several",
    "takes another than the first of several",
    "takes an unlimited pool",
    "takes a pool of its overflow",
    "takes no time",
    "keeps a unit",
    "gives up a unit at a start",
    "gives up a unit as it takes another",
    "gives up a unit at an end",
    "waits holding a unit",
    "waits under acuity",
    "waits under accumulating",
    "waits in a class that the step states",
    "waits in a class that is not honoured",
    "waits while the pull starts",
    "waits while the pull ends",
    "is relabelled",
    "leaves after a wait",
    "leaves on joining",
    "is blocked",
    "works at a pace",
    "works since a mark",
    "works since a mark at a pace",
    "finds the work since a mark done",
    "works since a mark that is not there",
    "marks again",
    "reads a later draw of a loop",
    "is there at time 0",
    "works on past a smaller shift, counted",
    "works on past a smaller shift, extra",
    "works on past a shift of nobody, counted",
    "works on past a shift of nobody, extra",
    "passes a branch by attribute",
    "passes a branch by acuity",
    "flips a coin of a later pass",
    "finds a queue long",
    "finds a queue short",
    "finds a unit open",
    "finds a unit closed",
    "finds a tool down",
    "finds a tool up",
    "finds a tool was down since the start",
    "finds a tool up since the start",
    "ends early",
    "goes on though it may end early",
    "finds the minutes since a mark over",
    "finds the minutes since a mark not over",
    "has passed a step",
    "has not passed a step",
    "goes round a loop",
    "goes on from a loop",
    "a round notices somebody worse",
    "a round re-ranks somebody",
    "a trigger opens",
    "a trigger closes",
    "units on call come",
    "a trigger takes",
    "a trigger gives back",
    "an outage closes units",
    "an outage gives units back",
}


def test_everything_a_pathway_can_say_happens_in_the_random_departments() -> None:
    happened: Counter[str] = Counter()
    for seed in SEEDS:
        made = case(seed, GRIDS[1])
        run = compiled.simulate(made.plan, made.columns, made.horizon)
        happened.update(_changes(made.plan, run))
        happened.update(_notices(made.plan, run))
        happened.update(_activities(made.plan, made.columns, run))
    assert set(happened) <= SAYINGS, set(happened) - SAYINGS
    rare = {what: happened[what] for what in sorted(SAYINGS) if happened[what] < OFTEN}
    assert not rare, f"too rare: {rare}. {TOO_RARE}"


def test_the_words_of_supply_and_demand_are_in_the_random_departments() -> None:
    used: Counter[str] = Counter()
    for seed in range(100):  # each counts once
        made = case(seed, GRIDS[1]).pathway
        used["shifts laid over a rota"] += any(
            pool.extra_shifts and pool.rota for pool in made.pools.values()
        )
        capacities = [pool for pool in made.pools.values() if pool.capacity]
        used["shifts laid over a capacity"] += any(pool.extra_shifts for pool in capacities)
        used["bookings"] += bool(made.arrivals["ambulance"].booked)
        used["surges"] += bool(made.arrivals["walk_in"].surges)
        used["minutes that follow demand"] += bool(made.follows)
        used["factors that last"] += bool(made.lasting_factors)
    rare = {word: n for word, n in used.items() if n < OFTEN}
    assert not rare, f"too rare: {rare}. {TOO_RARE}"


def _changes(plan: Plan, run: Run) -> Iterator[str]:
    before = [0] * len(plan.triggers)
    for trigger, units in zip(run.changes.trigger, run.changes.units, strict=True):
        more = units > before[trigger]
        before[trigger] = units
        if plan.triggers[trigger].outage != NONE:
            yield "an outage closes units" if more else "an outage gives units back"
        elif plan.triggers[trigger].delay and more:
            yield "units on call come"
        elif plan.triggers[trigger].opens:
            yield "a trigger opens" if more else "a trigger closes"
        else:
            yield "a trigger takes" if more else "a trigger gives back"


def _notices(plan: Plan, run: Run) -> Iterator[str]:
    """What rounds noticed, and whom of them they ranked again where only the acuity now counts."""
    table = run.activities
    for at, patient in zip(run.notices.at, run.notices.patient, strict=True):
        yield "a round notices somebody worse"
        waits = (
            (table.patient == patient)
            & (table.joined_at < at)
            & ((table.ended_at >= at) | (table.ended_at == NEVER))
        )
        waits &= (table.started_at >= at) | (table.started_at == NEVER)
        (row,) = {plan.rows[step] for step in table.step[waits]}
        if (
            isinstance(row, StepRow)
            and row.queue_class == NONE
            and plan.worse != (*range(len(plan.classes)),)
        ):
            yield "a round re-ranks somebody"


def _activities(plan: Plan, columns: Columns, run: Run) -> Iterator[str]:
    """What each activity shows, patient by patient in the order of joining."""
    table = run.activities
    smaller = [_smaller_shifts(plan, pool, run.horizon) for pool in range(len(plan.pools))]
    patient, held, acuity, passed, marked = NONE, set[int](), NONE, Counter[int](), dict[int, int]()
    for k in range(len(table)):
        if table.patient[k] != patient:
            patient, held, acuity, passed = (
                int(table.patient[k]),
                set(),
                plan.untriaged_class,
                Counter(),
            )
            marked = {}
            if columns.arrived_at[patient] == 0:
                yield "is there at time 0"
        row = plan.rows[table.step[k]]
        if not isinstance(row, StepRow):
            continue
        joined, started, ended = (
            int(table.joined_at[k]),
            int(table.started_at[k]),
            int(table.ended_at[k]),
        )
        outcome, then = table.outcome[k], NONE
        if outcome == Outcome.LEFT:
            yield "leaves after a wait" if ended > joined else "leaves on joining"
            held, then = set(), plan.patience_to
        if outcome == Outcome.BLOCKED:
            yield "is blocked"
            held, then = set(), row.blocked_next
        if started > joined:
            yield from _wait(plan, columns, patient, row, joined, started)
            if held:
                yield "waits holding a unit"
        if started != NEVER and held & {*row.releases_at_start}:
            yield (
                "gives up a unit at a start"
                if row.ask == NONE
                else "gives up a unit as it takes another"
            )
            held = held - {*row.releases_at_start}
        taken = _taken(plan, row, int(table.pool[k])) if started != NEVER else set[int]()
        if taken:
            yield from _start(plan, row, int(table.pool[k]), taken)
            until = run.horizon if ended == NEVER else ended
            for pool in taken:
                yield from {what for tick, what in smaller[pool] if started < tick < until}
        if started != NEVER and row.since != NONE and row.minutes != NONE:
            yield from _since(row, marked.pop(row.since, NEVER), started, ended)
        if outcome == Outcome.DONE:
            if taken and started == ended:
                yield "takes no time"
            if taken & {*row.keeps}:
                yield "keeps a unit"
                held = held | taken & {*row.keeps}
            if held & {*row.releases_at_end}:
                yield "gives up a unit at an end"
                held = held - {*row.releases_at_end}
            if row.relabels != NONE:
                label = int(columns.attributes[row.relabels][patient])
                if label != acuity:
                    yield "is relabelled"
                acuity = label
            if (
                row.stages
                and row.since == row.pace == row.repeat_of == NONE
                and row.minutes != NONE
            ):
                whole = started + int(columns.minutes[row.minutes][patient])
                yield "ends early" if ended < whole else "goes on though it may end early"
            if row.pace != NONE and ended > started:
                yield "works at a pace"
            if row.repeat_of != NONE and row.n_repeats > 1 and passed[row.repeat_of] > 1:
                yield "reads a later draw of a loop"
            if {*row.starts_clock} & {*marked}:
                yield "marks again"
            marked |= dict.fromkeys(row.starts_clock, ended)
            then = row.next
        if then != NONE and k + 1 < len(table) and table.patient[k + 1] == patient:
            yield from _branch(plan, then, int(table.step[k + 1]), passed)


def _wait(
    plan: Plan, columns: Columns, patient: int, row: StepRow, joined: int, started: int
) -> Iterator[str]:
    yield "waits under accumulating" if plan.accumulating else "waits under acuity"
    if row.queue_class != NONE:
        yield "waits in a class that the step states"
    if row.ignored != NONE and columns.ignored[row.ignored][patient]:
        yield "waits in a class that is not honoured"
    if plan.pull is not None and row.pulled:
        since = joined - int(columns.arrived_at[patient])
        for after, what in zip(plan.pull, ("starts", "ends"), strict=False):
            if since < after <= since + started - joined:
                yield f"waits while the pull {what}"


def _since(row: StepRow, marked: int, started: int, ended: int) -> Iterator[str]:
    if marked == NEVER:
        yield "works since a mark that is not there"
    elif marked < started == ended:
        yield "finds the work since a mark done"
    elif marked < started:
        yield "works since a mark" if row.pace == NONE else "works since a mark at a pace"


def _taken(plan: Plan, row: StepRow, pool: int) -> set[int]:
    """The pools that an activity holds, given which of several it took."""
    if row.ask == NONE:
        return set()
    ask = plan.asks[row.ask]
    if pool != NONE and pool not in ask.any_of:
        ask = plan.asks[row.overflow_ask]
    return {*ask.all_of} | ({pool} if pool != NONE else set())


def _start(plan: Plan, row: StepRow, pool: int, taken: set[int]) -> Iterator[str]:
    if len(taken) > 1:
        yield "asks for several pools at once"
    ask = plan.asks[row.ask]
    if pool in ask.any_of:
        yield (
            "takes the first of several"
            if pool == ask.any_of[0]
            else "takes another than the first of several"
        )
    elif pool != NONE and pool not in ask.all_of:
        yield "takes a pool of its overflow"
    if any(plan.pool_rows[each].unlimited for each in taken):
        yield "takes an unlimited pool"


def _branch(plan: Plan, row: int, went: int, passed: Counter[int]) -> Iterator[str]:
    """What a branch or loop right after an activity showed, if where the patient went says so."""
    node = plan.rows[row]
    if not isinstance(node, BranchRow):
        return
    if node.kind is Kind.ACUITY:
        yield "passes a branch by acuity"
    elif node.kind is Kind.ATTRIBUTE:
        yield "passes a branch by attribute"
    elif node.kind is Kind.COIN:
        if any(passed[loop] for loop, _ in node.coins_per_pass):
            yield "flips a coin of a later pass"
    elif went in node.targets and node.targets[0] != node.targets[1]:
        first = went == node.targets[0]
        if node.kind is Kind.QUEUE:
            yield "finds a queue long" if first else "finds a queue short"
        elif node.kind is Kind.HOURS:
            yield "finds a unit open" if first else "finds a unit closed"
        elif node.kind is Kind.DOWN and node.number:
            yield (
                "finds a tool was down since the start"
                if first
                else "finds a tool up since the start"
            )
        elif node.kind is Kind.DOWN:
            yield "finds a tool down" if first else "finds a tool up"
        elif node.kind is Kind.ELAPSED:
            yield (
                "finds the minutes since a mark over"
                if first
                else "finds the minutes since a mark not over"
            )
        elif node.kind is Kind.RUNNING:
            yield "has passed a step" if first else "has not passed a step"
        else:
            passed[node.number] += first
            yield "goes round a loop" if first else "goes on from a loop"


def _smaller_shifts(plan: Plan, pool: int, horizon: int) -> list[tuple[int, str]]:
    """When a pool's units fall, and how the outgoing count."""
    row = plan.pool_rows[pool]
    counted = "extra" if row.team_changes else "counted"
    found, before = [], row.timetable[-1][1]
    for tick, units in row.timetable:
        if units < before:
            shift = "a shift of nobody" if units == 0 else "a smaller shift"
            found += [
                (at, f"works on past {shift}, {counted}") for at in range(tick, horizon, WEEK)
            ]
        before = units
    return found
