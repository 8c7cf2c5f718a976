"""Random small departments that use everything a pathway can say, on coarse grids of time so that much is tied.

They need not be sensible: nobody checks them, people may wait for ever, and two engines still have to agree.
"""

import random
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.department.durations import AnyDuration, Exponential, Fixed
from simulation.department.vocabulary import (
    ACUITY_NOW,
    ARRIVAL_SOURCE,
    ArrivalSource,
    Booking,
    Branch,
    ByAttribute,
    ByChance,
    ByElapsed,
    ByHours,
    ByOutage,
    ByPassed,
    ByQueue,
    Chance,
    Choice,
    Effort,
    End,
    ExtraShift,
    Follows,
    LastingFactor,
    Loop,
    Opens,
    Outage,
    Overflow,
    Pathway,
    Patience,
    Pool,
    Present,
    Priority,
    Profile,
    QueueClass,
    RandomOutages,
    Rounds,
    ShareOfTime,
    Shift,
    Span,
    StatedOutages,
    Step,
    Surge,
    Takes,
    TargetPull,
    Trigger,
    Worsening,
)
from simulation.engine.plan import Columns, bind, lower
from simulation.engine.rows import Plan
from simulation.patients import Draws, draw
from simulation.units import DAY, HOUR, NEVER, TICKS_PER_MINUTE, to_ticks

NOTE: Any = {"evidence": "assumed", "source": "made for a test"}
GRIDS = (1, TICKS_PER_MINUTE, 5 * TICKS_PER_MINUTE)
"""Ticks to which arrivals, durations and patience are rounded: 1/1024 minute, 1 minute, 5 minutes."""
ALARM_MEAN = 30
"""Minutes from arrival to an alarm of those who have one."""
CLOCKS = ("ordered", "asked_for")
CLASSES = ("urgent", "standard", "minor")


class Case(NamedTuple):
    """A department, its plan, its patients and a horizon: what an engine is given."""

    pathway: Pathway
    plan: Plan
    columns: Columns
    horizon: int


@lru_cache(maxsize=400)  # several tests ask for the same ones
def case(seed: int, grid: int) -> Case:
    """A random department with its patients rounded to a grid; the same for the same numbers."""
    return case_of(pathway(random.Random(seed)), seed, grid)


def case_of(pathway: Pathway, seed: int, grid: int) -> Case:
    """The patients of a department, rounded to a grid; in every fourth they come in crowds, on the hour."""
    plan = lower(pathway)
    columns = bind(plan, patients_of(pathway, seed))
    if seed % 4 == 1:
        columns = replace(columns, arrived_at=_round(columns.arrived_at, HOUR))
    return Case(pathway, plan, rounded(columns, grid), _days(seed) * DAY - seed % 3 * DAY // 4)


def _days(seed: int) -> int:
    return 8 if seed % 16 == 0 else 2


def patients_of(pathway: Pathway, seed: int) -> Draws:
    """Who comes, with alarms of random variates of their own: half have one, whether they get worse or not."""
    draws = draw(pathway, seed=seed, replication=0, days=_days(seed))
    at = to_ticks(-ALARM_MEAN * np.log(draws.uniform("alarm.at")))
    return draws.with_columns(alarms=np.where(draws.uniform("alarm") < 0.5, at, NEVER))


def rounded(columns: Columns, grid: int) -> Columns:
    """The same patients with their times on a grid."""
    return replace(
        columns,
        arrived_at=_round(columns.arrived_at, grid),
        minutes=_round(columns.minutes, grid),
        patience=np.where(columns.patience == NEVER, NEVER, _round(columns.patience, grid)),
        alarms=np.where(columns.alarms == NEVER, NEVER, _round(columns.alarms, grid)),
        outages=tuple(_apart(_round(spans, grid)) for spans in columns.outages),
    )


def _apart(spans: NDArray[Any]) -> NDArray[Any]:
    """Those that rounding has left some length."""
    return spans[spans[:, 1] > spans[:, 0]]


def _round(ticks: NDArray[Any], grid: int) -> NDArray[Any]:
    return (np.rint(ticks / grid) * grid).astype(ticks.dtype)


def pathway(chance: random.Random) -> Pathway:
    """A random department: a chain of nodes that lead forward, and loops that lead back."""
    return _Maker(chance).pathway()


class _Maker:
    """Choices in a fixed order, so that a seed (or Hypothesis) makes one department."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.pools = tuple(f"pool_{k}" for k in range(chance.randint(1, 5)))
        self.nodes = tuple(f"node_{k}" for k in range(chance.randint(3, 10)))
        kinds = [
            "step",
            "step",
            *chance.choices(("step", "branch", "loop"), (8, 7, 3), k=len(self.nodes) - 2),
        ]
        self.kinds = dict(zip(self.nodes, kinds, strict=True))
        self.steps = [name for name in self.nodes if self.kinds[name] == "step"]
        self.loops = [name for name in self.nodes if self.kinds[name] == "loop"]
        self.durations = tuple(f"work_{k}" for k in range(4))
        self.queues: list[str] = []
        """Steps made so far that ask for pools."""
        self.kept: set[str] = set()
        """Pools that some step made so far keeps, so that giving them up means something."""
        self.kept_last: tuple[str, ...] = ()
        self.marked: tuple[str, ...] = ()
        """Clocks that some step made so far starts."""

    def often(self, p: float) -> bool:
        return self.chance.random() < p

    def some(self, names: tuple[str, ...] | list[str], most: int) -> tuple[str, ...]:
        return tuple(self.chance.sample(list(names), self.chance.randint(0, min(most, len(names)))))

    def pathway(self) -> Pathway:
        chance = self.chance
        patience = None
        if self.often(0.7):
            to = "gone" if self.often(0.7) else chance.choice(self.nodes)
            streams = ("walk_in", "ambulance") if self.often(0.3) else ("walk_in",)
            patience = Patience(minutes="patience", arrivals=streams, next=to, **NOTE)
        acuity = Choice(kind="choice", categories=CLASSES, shares=(0.2, 0.5, 0.3), **NOTE)
        passes = Choice(
            kind="choice", categories=("0", "1", "2", "3"), shares=(0.4, 0.2, 0.2, 0.2), **NOTE
        )
        present = {
            "there": Present(starts=chance.choice(self.nodes), number=chance.randint(1, 5), **NOTE)
        }
        made = Pathway(
            name="random",
            arrivals={
                "walk_in": ArrivalSource(
                    starts=self.nodes[0], per_day=chance.choice((30, 80, 160)), **NOTE
                ),
                "ambulance": ArrivalSource(
                    starts=chance.choice(self.nodes), per_day=chance.choice((5, 30)), **NOTE
                ),
            },
            present=present if self.often(0.5) else {},
            profiles={"pace": self.pace()},
            pools={name: self.pool() for name in self.pools},
            attributes={
                "acuity_true": acuity,
                "label": acuity,
                "coin": Chance(kind="chance", p=0.4, **NOTE),
                "passes": passes,
            },
            worsening=self.worsening(),
            durations={
                "worsening": Exponential(kind="exponential", mean=chance.choice((30, 300)), **NOTE)
            }
            | {"patience": Exponential(kind="exponential", mean=60, **NOTE)}
            | self.works(),
            priority=self.priority(),
            patience=patience,
            steps={name: self.step(name) for name in self.steps},
            rounds=self.rounds(),
            branches={
                name: self.branch(name) for name in self.nodes if self.kinds[name] == "branch"
            },
            loops={name: self.loop(name) for name in self.loops},
            ends={"home": End(outcome="discharged"), "gone": End(outcome="left")},
            triggers={f"trigger_{k}": self.trigger() for k in range(chance.choice((0, 1, 2, 2)))},
            outages={
                "random": self.random_outages(),
                "share": self.share_of_time(),
                "stated": self.stated_outages(),
            },
            decisions_every_minutes=chance.choice((15, 60)),
        )
        return self.with_passed(self.with_elapsed(self.with_demand(made)))

    def with_demand(self, made: Pathway) -> Pathway:
        """The same with words of supply and demand, chosen last so that all else of a seed stays as it is."""
        more: dict[str, Any] = {}
        pools = {
            name: replace(pool, extra_shifts=self.extra_shifts())
            for name, pool in made.pools.items()
            if not pool.unlimited and self.often(0.6 if pool.rota is None else 0.3)
        }
        walk_in = replace(made.arrivals["walk_in"], thinning_bound=20, surges=self.surges())
        booked = (
            replace(made.arrivals["ambulance"], per_day=None, booked=self.bookings())
            if self.often(0.4)
            else None
        )
        arrivals = {"walk_in": walk_in} | ({"ambulance": booked} if booked is not None else {})
        if self.often(0.3):
            durations, sources = (
                self.some(self.durations, 2) or self.durations[:1],
                self.some(["walk_in", "ambulance"], 2),
            )
            elasticity, days = self.chance.choice((0.5, 1, 3)), self.chance.choice((1, 2, 7))
            follows = Follows(
                durations=durations,
                arrivals=sources or ("walk_in",),
                elasticity=elasticity,
                days=days,
                **NOTE,
            )
            more["follows"] = {"staff": follows}
        if self.often(0.3):
            every: Any = self.chance.choice(("week", "month"))
            lasting = LastingFactor(
                every=every,
                cv=0.3,
                persistence=0.5,
                arrivals=("walk_in",),
                durations=self.durations[:2],
                **NOTE,
            )
            more["lasting_factors"] = {"spell": lasting}
        return replace(
            made, pools={**made.pools, **pools}, arrivals={**made.arrivals, **arrivals}, **more
        )

    def with_elapsed(self, made: Pathway) -> Pathway:
        """The same with a branch, after some step, on the minutes of another since a clock; chosen last of all."""
        counting = [name for name, step in made.steps.items() if step.since is not None]
        if not counting or self.often(0.2):
            return made
        read = self.chance.choice(counting)
        starting = [
            name for name, step in made.steps.items() if made.steps[read].since in step.starts_clock
        ]
        first = self.steps.index((starting or counting)[0])
        after = self.chance.choice(
            [name for name in self.steps[first + 1 :] if name != read] or self.steps[first:]
        )
        step = made.steps[after]
        then = self.chance.choice(
            [node for node in self.ahead(after) if node != step.next] or ["home"]
        )
        branch = ByElapsed(kind="elapsed", step=read, then=then, otherwise=step.next, **NOTE)
        steps = {**made.steps, after: replace(step, next="elapsed")}
        return replace(made, steps=steps, branches={**made.branches, "elapsed": branch})

    def with_passed(self, made: Pathway) -> Pathway:
        """The same with a branch, after some step, on whether another was passed; chosen last of all."""
        if self.often(0.3) or any(isinstance(each, ByChance) for each in made.branches.values()):
            return made
        read = self.chance.choice(self.steps)
        first = self.steps.index(read)
        later = [
            name for name in self.steps[first + 1 :] if made.steps[name].next not in made.branches
        ]
        after = self.chance.choice(later or self.steps[-1:])
        step = made.steps[after]
        then = self.chance.choice(
            [node for node in self.ahead(after) if node != step.next] or ["home"]
        )
        branch = ByPassed(kind="passed", step=read, then=then, otherwise=step.next, **NOTE)
        steps = {**made.steps, after: replace(step, next="passed")}
        return replace(made, steps=steps, branches={**made.branches, "passed": branch})

    def extra_shifts(self) -> tuple[ExtraShift, ...]:
        """One or two, that begin and end on the hour or beside it, and may take everybody away."""
        shifts = []
        for _ in range(self.chance.randint(1, 2)):
            start, length = self.chance.randint(0, 23), self.chance.randint(1, 12)
            number, days = (
                self.chance.choice((-8, -1, 1, 1, 2)),
                self.chance.choice(("mon-sun", "mon", "tue-sun")),
            )
            minute = self.chance.choice(("", "", ":05"))
            shifts.append(
                ExtraShift(
                    hours=f"{start}{minute}-{(start + length) % 24}", number=number, days=days
                )
            )
        return tuple(shifts)

    def surges(self) -> tuple[Surge, ...]:
        starts, days = self.chance.randint(0, 1), self.chance.randint(1, 3)
        return (
            (Surge(starts_on_day=starts, days=days, times=self.chance.choice((0, 2, 3))),)
            if self.often(0.3)
            else ()
        )

    def bookings(self) -> tuple[Booking, ...]:
        """Some at the same time, so that much is tied."""
        times = self.chance.choices(("0", "8:30", "9", "9", "23:55"), k=self.chance.randint(1, 4))
        return tuple(Booking(at=at, number=self.chance.randint(2, 6)) for at in times)

    def pace(self) -> Profile:
        """Fast and slow hours of a day or of a week; in some nothing moves."""
        hours = self.chance.choice((24, 24, 168))
        return Profile(
            weights=(*(self.chance.choice((0, 1, 1, 2, 3)) for _ in range(hours - 1)), 1), **NOTE
        )

    def worsening(self) -> Worsening:
        classes = (*CLASSES, "back")
        becomes = dict(zip(classes, self.chance.sample(classes, len(classes)), strict=True))
        return Worsening(minutes="worsening", arrivals=("walk_in",), becomes=becomes, **NOTE)

    def rounds(self) -> Rounds | None:
        if self.often(0.3):
            return None
        return Rounds(
            waiting_at=self.watched(), every_minutes=self.chance.choice((5, 15, 60)), **NOTE
        )

    def random_outages(self) -> Outage:
        up, down = self.chance.choice(((10, 10), (20, 40), (40, 20), (20, 10), (600, 300), (2, 0)))
        return RandomOutages(kind="random", mean_up_minutes=up, mean_down_minutes=down, **NOTE)

    def share_of_time(self) -> Outage:
        share = self.chance.choice((0, 0.2, 0.5, 0.5, 0.5, 0.8, 0.8, 1))
        return ShareOfTime(
            kind="share", share=share, mean_down_minutes=self.chance.choice((5, 10, 30)), **NOTE
        )

    def stated_outages(self) -> Outage:
        """Many and short, on the grid and with some on the hour, so that much happens as they start and end."""
        starts = [60 * k + self.chance.choice((0, 0, 5, 30)) for k in range(8 * 24)]
        spans = (
            Span(starts_at_minutes=at, ends_at_minutes=at + self.chance.choice((5, 10, 25)))
            for at in starts
        )
        return StatedOutages(kind="stated", spans=tuple(spans), **NOTE)

    def works(self) -> dict[str, AnyDuration]:
        means = (3, 20, 90, 3, 20, 90, 2000)
        made: dict[str, AnyDuration] = {
            name: Exponential(
                kind="exponential",
                mean=self.chance.choice(means),
                repeats=self.chance.choice((1, 2, 3)),
                **NOTE,
            )
            for name in self.durations[:-1]
        }
        return made | {
            self.durations[-1]: Fixed(kind="fixed", mean=self.chance.choice((0, 5, 20)), **NOTE)
        }

    def pool(self) -> Pool:
        if self.often(0.05):
            return Pool(kind="staff", unlimited=True, **NOTE)
        closes: Any = {}
        if self.often(0.3):
            closes = {"closed_while": self.chance.choice(("random", "share", "stated", "stated"))}
            closes["closes"] = self.chance.choice((None, 1, 2))
        change: Any = self.chance.choice(("outgoing_count", "outgoing_count", "outgoing_are_extra"))
        if self.often(0.3):
            return Pool(
                kind="space",
                capacity=self.chance.choice((0, 1, 1, 1, 2, 2, 3, 4)),
                **NOTE,
                **closes,
            )
        shifts = []
        for _ in range(self.chance.randint(1, 3)):
            start, length = self.chance.randint(0, 23), self.chance.randint(1, 23)
            days = self.chance.choice(("mon-sun", "mon-sun", "mon", "tue-sun"))
            shifts.append(
                Shift(
                    hours=f"{start}-{(start + length) % 24}",
                    number=self.chance.choice((0, 1, 2, 4, 8)),
                    days=days,
                )
            )
        extra = self.chance.choice((0, 0, 1))
        return Pool(
            kind="staff", rota=tuple(shifts), extra=extra, on_shift_change=change, **NOTE, **closes
        )

    def priority(self) -> Priority:
        chance = self.chance
        rule: Any = chance.choice(("acuity", "accumulating"))
        classes = {
            name: QueueClass(rank=chance.choice((0, 1, 2, 2.5)), rate=chance.randint(0, 4))
            for name in (*CLASSES, "back")
        }
        starts = chance.choice((0, 15, 30, 60))
        best = min(classes, key=lambda name: (classes[name].rank, -classes[name].rate))
        pull = TargetPull(
            active=self.often(0.8),
            starts_at_minutes=starts,
            ends_at_minutes=starts + chance.choice((0, 30, 120, 240)),
            ranks_as=chance.choice((best, *classes)),
            **NOTE,
        )
        return Priority(
            rule=rule,
            classes=classes,
            untriaged_as=chance.choice(tuple(classes)),
            ignored_as=chance.choice(tuple(classes)),
            adherence=chance.choice((1.0, 0.6)),
            target_pull=pull if self.often(0.7) else None,
            **NOTE,
        )

    def later(self, name: str) -> str:
        """A node further on, most often the next."""
        ahead = self.ahead(name)
        return ahead[0] if self.often(0.7) else self.chance.choice(ahead)

    def ahead(self, name: str) -> tuple[str, ...]:
        return (*self.nodes[self.nodes.index(name) + 1 :], "home")

    def watched(self) -> tuple[str, ...]:
        """Steps whose queues are looked at, where there are any queues."""
        steps = self.queues or self.steps
        return tuple(self.chance.sample(steps, self.chance.randint(1, min(3, len(steps)))))

    def step(self, name: str) -> Step:
        chance = self.chance
        labels = ("acuity_true", "label")
        if name == self.nodes[0] and self.often(
            0.5
        ):  # everybody has a label before the first queue
            return Step(next=self.nodes[1], relabels=chance.choice(labels))
        left = self.kept_last if self.often(0.7) else ()
        elsewhere = [pool for pool in self.pools if pool not in left]
        if left and elsewhere:  # a move, as of a boarder to a bed
            asks: tuple[str, ...] = (chance.choice(elsewhere),)
            any_of: tuple[str, ...] = ()
        else:
            asks = self.some(self.pools, 3) if self.often(0.6) else ()
            others = tuple(pool for pool in self.pools if pool not in asks)
            any_of = self.some(others, 3) if self.often(0.5) else ()
        if asks or any_of:
            self.queues.append(name)
        limited = self.often(0.3)
        wider = self.some(self.pools, 2) if asks or any_of else ()
        overflow = (
            Overflow(after_minutes=chance.choice((0, 15, 60)), any_of=wider, **NOTE)
            if wider and self.often(0.5)
            else None
        )
        held = tuple(pool for pool in self.pools if pool in self.kept)
        keeps = (
            self.some((*asks, *any_of, *(wider if overflow else ())), 2) if self.often(0.5) else ()
        )
        given = (
            self.some(held or self.pools, 2) if self.often(0.4 if asks or any_of else 0.9) else ()
        )
        self.kept.update(keeps)
        self.kept_last = keeps
        effort = self.effort() if self.often(0.4) else None
        since = (
            chance.choice(self.marked or CLOCKS)
            if self.often(0.6 if self.marked else 0.1)
            else None
        )
        work = self.some(self.durations, 2) if self.often(0.8) else ()
        marks = self.some(CLOCKS, 2) if self.often(0.5) else ()
        self.marked += marks
        return Step(
            next=self.later(name),
            asks=asks,
            any_of=any_of,
            minutes=work or (self.durations[:1] if since or effort else ()),
            effort=effort,
            times=chance.choice((1, 1, 0.5)),
            pace="pace" if self.often(0.4 if since else 0.2) else None,
            starts_clock=marks,
            since=since,
            repeat_of=chance.choice(self.loops) if self.loops and self.often(0.7) else None,
            keeps=keeps,
            releases_at_start=(left[:1] if self.often(0.5) else left) or given,
            releases_at_end=self.some(held or self.pools, 2) if self.often(0.6) else (),
            ranks_as=chance.choice((*CLASSES, "back")) if self.often(0.3) else "acuity",
            adheres=self.often(0.4),
            pulled=self.often(0.6),
            may_leave=self.often(0.5),
            first_seen=self.often(0.2),
            relabels=chance.choice(labels) if self.often(0.4) else None,
            queue_limit=chance.randint(0, 3) if limited else None,
            blocked_next=self.later(name) if limited else None,
            overflow=overflow,
        )

    def effort(self) -> Effort:
        at_least = sorted(
            self.chance.choices((1, 1, 2, 3, 5), k=self.chance.randint(1, 3)), reverse=True
        )
        share = self.chance.choice((0.15, 0.5, 1.0))
        return Effort(waiting_at=self.watched(), share=share, at_least=tuple(at_least), **NOTE)

    def branch(self, name: str) -> Branch:
        kinds = (
            "attribute",
            "acuity",
            *("chance",) * 10,
            *("queue",) * 6,
            *("hours",) * 3,
            *("down",) * 10,
        )
        kind = self.chance.choice(kinds)
        then = self.later(name)
        otherwise = self.chance.choice(
            [other for other in self.ahead(name) if other != then] or [then]
        )
        if kind in ("attribute", "acuity"):
            attribute = (
                self.chance.choice(("acuity_true", "coin", ARRIVAL_SOURCE))
                if kind == "attribute"
                else ACUITY_NOW
            )
            first = {"coin": "yes", ARRIVAL_SOURCE: "ambulance"}.get(attribute, "urgent")
            return ByAttribute(
                kind="attribute", attribute=attribute, cases={first: then}, otherwise=otherwise
            )
        if kind == "chance":
            shares = {then: 1.0} if then == otherwise else {then: 0.3, otherwise: 0.7}
            return ByChance(kind="chance", targets=shares, **NOTE)
        if kind == "queue":
            return ByQueue(
                kind="queue",
                waiting_at=self.watched(),
                at_least=self.chance.choice((0, 1, 1, 2, 4)),
                then=then,
                otherwise=otherwise,
                **NOTE,
            )
        if kind == "down":
            outage, since = (
                self.chance.choice(("random", "share", "stated", "stated")),
                self.often(0.6),
            )
            return ByOutage(
                kind="down",
                outage=outage,
                since_start=since,
                then=then,
                otherwise=otherwise,
                **NOTE,
            )
        hours = self.chance.choice(("8-20", "22:30-7", "0-12"))
        days = self.chance.choice(("mon-sun", "mon-sun", "tue-sun", "mon"))
        return ByHours(kind="hours", hours=hours, days=days, then=then, otherwise=otherwise, **NOTE)

    def loop(self, name: str) -> Loop:
        before = self.nodes[: self.nodes.index(name)]
        return Loop(passes="passes", again=self.chance.choice(before), next=self.later(name))

    def trigger(self) -> Trigger:
        steps, pool = self.watched(), self.chance.choice(self.pools)
        if self.often(0.5):
            above = self.chance.choice((1, 1, 2, 4))
            return Opens(
                kind="opens",
                waiting_at=steps,
                above=above,
                below=self.chance.randint(0, above - 1),
                pool=pool,
                extra=self.chance.randint(1, 2),
                arrives_after_minutes=self.chance.choice((0, 0, 20, 30, 60)),
                **NOTE,
            )
        return Takes(
            kind="takes",
            waiting_at=steps,
            minutes_per_hour=self.chance.choice((5, 20)),
            pool=pool,
            leaves=self.chance.randint(0, 1),
            **NOTE,
        )
