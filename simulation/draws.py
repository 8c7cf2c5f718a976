"""All chance, drawn before the clock starts: one row per patient, one replication at a time.

Every column has a stream of its own, found by name: (seed, replication, source of patients, column, repeat); a digest
of the name is the state of its generator. Row k of a source is its k-th candidate whatever else changes, so a patient
keeps its luck when a policy, a rota or a route changes, when arrivals are scaled, when the run is made longer and when
another column is added. Luck is uniform for attributes and coins and standard normal for durations. Arrivals
come from a larger Poisson stream, drawn in layers, of which a coin keeps a part, so scaling them keeps or drops
patients and leaves everybody else alone. This is the only room that makes a generator.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulation.errors import DrawsError, nearest
from simulation.pathway.department import (
    ACUITY_GIVEN,
    ACUITY_TRUE,
    STREAM,
    Action,
    ByChance,
    Chance,
    Choice,
    Outage,
    Pathway,
    Present,
    Profile,
    RandomOutages,
    StatedOutages,
    Stream,
)
from simulation.pathway.durations import Amount, AnyDuration, Fixed, Number
from simulation.pathway.rota import timetable
from simulation.pathway.ways import durations_by_source, leaning
from simulation.units import DAY, NEVER, to_ticks

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
DAYS_IN_YEAR = 364
"""A model year is 52 whole weeks, so that every weekday counts equally; months are its twelfths."""


LAYER = 0.25
"""Arrivals beyond the usual come in layers of a quarter of the usual each, so that only what is wanted is drawn."""
NUMBERS_A_LAYER = 2**32


@dataclass(frozen=True)
class Source:
    """The candidates of one source of patients (a layer of a stream), and which of them come (positions, in order).

    `code`: of the stream or of those present; `layer`: which layer of the stream, 0 the usual arrivals.
    """

    name: str
    code: int
    layer: int
    n_candidates: int
    kept: NDArray[np.int64]

    @property
    def key(self) -> str:
        """What its streams of chance are found by."""
        return f"{self.name}+{self.layer}" if self.layer else self.name


@dataclass(frozen=True)
class Luck:
    """The streams of one replication's patients: a column is asked for by name and comes in the patients' order.

    place  (n,) which of the candidates of all sources, one after another, each patient is; room  (n_candidates,) is
    written over by every column, so one thread uses it at a time.
    """

    seed: int
    replication: int
    sources: tuple[Source, ...]
    place: NDArray[np.int64]
    room: Floats

    def uniform(self, column: str, repeat: int = 0) -> Floats:
        """One uniform number in (0, 1) a patient, shape (n,)."""
        for source, mine in self._parts(self.room):
            _generator(self.seed, self.replication, source.key, column, repeat).random(out=mine)
        found = self.room.take(self.place)
        return np.maximum(found, 2.0**-54, out=found)

    def normal(self, column: str, repeat: int, *, of: Collection[str]) -> NDArray[np.float32]:
        """One standard normal number a patient, shape (n,); 0 for those of sources not in `of`."""
        room = self.room.view(np.float32)
        for source, mine in self._parts(room):
            if source.key in of:
                generator = _generator(self.seed, self.replication, source.key, column, repeat)
                generator.standard_normal(out=mine, dtype=np.float32)
            else:
                mine[:] = 0
        return room.take(self.place)

    def _parts(self, room: Any) -> Iterator[tuple[Source, Any]]:
        """Each source and the room of its candidates."""
        start = 0
        for source in self.sources:
            yield source, room[start : start + source.n_candidates]
            start += source.n_candidates


@dataclass(frozen=True)
class Draws:
    """One replication's patients, sorted by arrival; every array has one entry (or column) a patient.

    arrived_at  ticks; stream  code of the source; number  the candidate's number within its source, which with
    the stream names the same patient in every arm; attributes  codes by name; minutes  (repeats, n) by duration;
    patience, worsens  ticks from arrival to giving up, to getting worse, or NEVER; alarms  the same to when those who
    look can see it (None: as `worsens`); adherence  uniform coins by step;
    order  which row of the sources, one after another, each is. Minutes of durations that a source's patients cannot
    come to are 0.
    outages  by name, ticks from and to of the spans in which something is down, shape (n_spans, 2), in order of time.
    """

    replication: int
    arrived_at: NDArray[np.int64]
    stream: NDArray[np.int16]
    number: NDArray[np.int64]
    attributes: Mapping[str, NDArray[np.int16]]
    minutes: Mapping[str, Floats]
    patience: NDArray[np.int64]
    worsens: NDArray[np.int64]
    adherence: Mapping[str, Floats]
    order: NDArray[np.int64]
    luck: Luck
    outages: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    alarms: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.arrived_at)

    def uniform(self, column: str, repeat: int = 0) -> Floats:
        """One uniform number in (0, 1) a patient from the stream of that name, shape (n,)."""
        return self.luck.uniform(column, repeat)

    def normal(self, column: str, repeat: int = 0) -> Floats:
        """One standard normal number a patient from the stream of that name, shape (n,)."""
        return self.luck.normal(column, repeat, of={source.key for source in self.luck.sources}).astype(float)

    def with_columns(
        self,
        *,
        attributes: Mapping[str, NDArray[np.int16]] | None = None,
        minutes: Mapping[str, Floats] | None = None,
        alarms: NDArray[np.int64] | None = None,
    ) -> Draws:
        """The same patients with some columns replaced (by a triage policy); nothing is copied or drawn."""
        return replace(
            self,
            attributes={**self.attributes, **(attributes or {})},
            minutes={**self.minutes, **(minutes or {})},
            alarms=self.alarms if alarms is None else alarms,
        )


def day_factors(pathway: Pathway, *, seed: int, replication: int, days: int) -> dict[str, Floats]:
    """How busy each day is, by the name of the factor: times the usual, mean 1, shape (days,) each."""
    return {
        name: _generator(seed, replication, "day", name, 0).gamma(1 / factor.cv**2, factor.cv**2, days)
        if factor.cv
        else np.ones(days)
        for name, factor in pathway.day_factors.items()
    }


def draw(
    pathway: Pathway, *, seed: int, replication: int, days: int, busy: Mapping[str, Floats] | None = None
) -> Draws:
    """Draw everybody who arrives in `days` days from day 0 (a Monday) on, and who is there at time 0.

    `busy`: how busy each day is, by the name of its factor, where that is known; otherwise it is drawn
    (`day_factors`). Raises DrawsError if a day asks for more arrivals than a stream's headroom holds.
    """
    factors = busy if busy is not None else day_factors(pathway, seed=seed, replication=replication, days=days)
    sources: list[Source] = []
    arrivals: list[NDArray[np.int64]] = []
    for code, (name, stream) in enumerate(pathway.streams.items()):
        for source, arrived_at in _arrivals(pathway, name, stream, factors, seed, replication, days, code):
            sources.append(source)
            arrivals.append(arrived_at)
    for name, present in pathway.present.items():
        n = _number_present(pathway, present)
        sources.append(Source(name, pathway.categories(STREAM).index(name), 0, n, np.arange(n)))
        arrivals.append(np.zeros(n, dtype=np.int64))
    return _fill(pathway, seed, replication, days, sources, arrivals)


def _fill(
    pathway: Pathway,
    seed: int,
    replication: int,
    days: int,
    sources: list[Source],
    arrivals: list[NDArray[np.int64]],
    known: Mapping[str, NDArray[np.int16]] | None = None,
) -> Draws:
    """Sort everybody by arrival and draw their columns; `known` attributes (source by source) are taken as given."""
    arrived_at = np.concatenate(arrivals)
    sizes = [len(each) for each in arrivals]
    stream = np.repeat(np.array([source.code for source in sources], dtype=np.int16), sizes)
    kept = np.concatenate([source.kept for source in sources])
    number = kept + np.repeat([source.layer * NUMBERS_A_LAYER for source in sources], sizes)
    order = _in_order(arrived_at)  # those of one tick by source and number
    first = np.cumsum([0, *(source.n_candidates for source in sources)])
    place = (kept + np.repeat(first[:-1], sizes))[order]
    luck = Luck(seed, replication, tuple(sources), place, np.zeros(first[-1]))
    bare = Draws(
        replication=replication,
        arrived_at=arrived_at[order],
        stream=stream[order],
        number=number[order],
        attributes={STREAM: stream[order]},
        minutes={},
        patience=np.full(len(order), NEVER, dtype=np.int64),
        worsens=np.full(len(order), NEVER, dtype=np.int64),
        adherence={},
        order=order,
        luck=luck,
    )
    attributes = _attributes(pathway, bare, {name: codes[order] for name, codes in (known or {}).items()})
    minutes = _minutes(pathway, attributes, bare)
    adheres = [name for name, step in pathway.steps.items() if step.adheres and pathway.priority.adherence < 1]
    return replace(
        bare,
        attributes=attributes,
        minutes=minutes,
        patience=_patience(pathway, bare, minutes),
        worsens=_worsens(pathway, bare, minutes),
        adherence={name: bare.uniform(f"adherence:{name}") for name in adheres},
        outages=draw_outages(pathway, seed=seed, replication=replication, days=days),
    )


def _in_order(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
    """What `argsort` gives, ties by position, in a fifth of the time: tick and position in one number, sorted.

    It holds for as long as a run of 16 million patients takes less than a thousand years.
    """
    bits = len(ticks).bit_length()
    keys = ticks << bits | np.arange(len(ticks))
    keys.sort()
    return keys & ((1 << bits) - 1)


def draw_outages(pathway: Pathway, *, seed: int, replication: int, days: int) -> dict[str, NDArray[np.int64]]:
    """When each thing that can fail is down: ticks from and to by outage, shape (n_spans, 2), up to the last of `days`.

    A longer run has the same spans and more; other means move the same luck.
    """
    return {name: _spans(each, name, seed, replication, days * DAY) for name, each in pathway.outages.items()}


def _spans(outage: Outage, name: str, seed: int, replication: int, until: int) -> NDArray[np.int64]:
    """The spans of one outage that begin before `until`; some may end after it."""
    if isinstance(outage, StatedOutages):
        edges = to_ticks(np.array([(each.starts_at_minutes, each.ends_at_minutes) for each in outage.spans], float))
        return _whole(edges.reshape(-1, 2), until)
    down = outage.mean_down_minutes
    if isinstance(outage, RandomOutages):
        share = down / (outage.mean_up_minutes + down)
        up = outage.mean_up_minutes
    else:
        share = outage.share
        up = down * (1 - share) / share if share else math.inf
    if share in (0, 1):
        return np.array([(0, FOREVER)] if share else [], np.int64).reshape(-1, 2)
    generator = _generator(seed, replication, "outage", name, 0)
    first = generator.random() < share  # is it down at time 0?
    # what is left of an exponential time is exponential again, so the first turn is drawn like the others
    turns = generator.standard_exponential(TURNS)
    while _edges(turns, first, up, down)[-1] <= until:
        turns = np.concatenate((turns, generator.standard_exponential(len(turns))))
    edges = _edges(turns, first, up, down)
    if first:
        edges = np.concatenate(([0], edges))
    return _whole(edges[: len(edges) // 2 * 2].reshape(-1, 2), until)


TURNS = 64
"""Turns of up and down that are drawn at first."""
FOREVER = 2**60
"""A tick that no run reaches."""


def _edges(turns: Floats, is_down: bool, up: float, down: float) -> NDArray[np.int64]:
    """When up becomes down and down up, in ticks, from up or down at time 0."""
    means = np.where(np.arange(len(turns)) % 2 == (0 if is_down else 1), down, up)
    return to_ticks(np.cumsum(turns * means))


def _whole(spans: NDArray[np.int64], until: int) -> NDArray[np.int64]:
    """The spans that last a tick or more and begin before `until`."""
    return spans[(spans[:, 1] > spans[:, 0]) & (spans[:, 0] < until)]


def _generator(seed: int, replication: int, source: str, column: str, repeat: int) -> np.random.Generator:
    """The generator of one stream, for use before the next is asked for: there is one a thread, set to the state.

    Its state is a digest of the stream's name, which spares the slower mixing of `SeedSequence`.
    """
    name = f"{seed}/{replication}/{source}/{column}/{repeat}".encode()
    digest = hashlib.blake2b(name, digest_size=24).digest()
    try:
        generator, state = _local.generator, _local.state
    except AttributeError:
        generator = _local.generator = np.random.Generator(np.random.SFC64(0))
        state = _local.state = generator.bit_generator.state
    state["state"]["state"] = np.frombuffer(digest + COUNTER, np.uint64)
    generator.bit_generator.state = state
    made: np.random.Generator = generator
    return made


COUNTER = np.uint64(1).tobytes()
"""The fourth word of a new state, which SFC64 counts up."""
_local = threading.local()


def _arrivals(
    pathway: Pathway,
    name: str,
    stream: Stream,
    factors: Mapping[str, Floats],
    seed: int,
    replication: int,
    days: int,
    code: int,
) -> Iterator[tuple[Source, NDArray[np.int64]]]:
    """The layers of one stream's candidates, day by day, and the ticks at which those who come arrive.

    On a day that wants w times the usual arrivals, the first layer (the usual rate) keeps min(w, 1) of its
    candidates, and each further one the share of its width that lies below w. Together they are Poisson of w.
    """
    weekday = np.arange(days) % 7
    by_hour = _hours(pathway.profiles[stream.by_hour] if stream.by_hour else None)
    pattern = by_hour.sum(axis=1)[weekday] / by_hour.sum(axis=1).mean()
    pattern = pattern * _mean_one(pathway, stream.by_weekday, 7)[weekday]
    month = (np.arange(days) % DAYS_IN_YEAR) * 12 // DAYS_IN_YEAR
    pattern = pattern * _mean_one(pathway, stream.by_month, 12)[month]
    wanted = stream.scale * (factors[stream.day_factor] if stream.day_factor else np.ones(days))
    if np.any(wanted > stream.headroom):
        raise DrawsError(
            f"streams.{name}: day {int(np.argmax(wanted))} wants {wanted.max():.2f} times the usual arrivals, more "
            f"than headroom {stream.headroom}. Raise streams.{name}.headroom"
        )
    for layer in range(1 + math.ceil(max(wanted.max() - 1, 0) / LAYER)):
        below, width = (1 + LAYER * (layer - 1), LAYER) if layer else (0.0, 1.0)
        share = np.clip((wanted - below) / width, 0, 1)
        key = Source(name, code, layer, 0, np.empty(0, np.int64)).key
        counts = _generator(seed, replication, key, "arrivals.count", 0).poisson(stream.per_day * pattern * width)
        n = int(counts.sum())
        day = np.repeat(np.arange(days), counts)
        kept = np.flatnonzero(_generator(seed, replication, key, "arrivals.keep", 0).random(n) < share[day])
        luck = _generator(seed, replication, key, "arrivals.time", 0).random(n)[kept]
        yield Source(name, code, layer, n, kept), _times(by_hour, day[kept], luck)


def _times(by_hour: Floats, day: NDArray[np.int64], luck: Floats) -> NDArray[np.int64]:
    """Ticks of arrival, shape of `luck`, by the weekday's profile of hours."""
    minute = np.zeros(len(luck))
    differs = bool((by_hour != by_hour[0]).any())
    for number in range(7) if differs else (0,):
        today = day % 7 == number if differs else slice(None)
        totals = np.concatenate(([0.0], np.cumsum(by_hour[number])))
        if totals[-1] > 0:
            minute[today] = np.interp(luck[today], totals / totals[-1], np.arange(25) * 60.0)
    within = np.minimum(to_ticks(minute), DAY - 1)
    return day * DAY + within


def _hours(profile: Profile | None) -> Floats:
    """Weights by weekday and hour, shape (7, 24)."""
    if profile is None:
        return np.ones((7, 24))
    weights = np.asarray(profile.weights, dtype=float)
    return np.tile(weights, (7, 1)) if len(weights) == 24 else weights.reshape(7, 24)


def _mean_one(pathway: Pathway, profile: str | None, length: int) -> Floats:
    if profile is None:
        return np.ones(length)
    weights = np.asarray(pathway.profiles[profile].weights, dtype=float)
    return np.asarray(weights / weights.mean())


def _number_present(pathway: Pathway, present: Present) -> int:
    if present.number is not None:
        return present.number
    if present.pool is None or present.share is None:
        raise DrawsError("present: give a number, or a pool and a share")
    as_described = replace(pathway.pools[present.pool], extra=0)  # an arm's extra beds start empty: no draw moves
    return round(present.share * timetable(as_described)[0][1])


def _attributes(pathway: Pathway, draws: Draws, known: Mapping[str, NDArray[np.int16]]) -> dict[str, NDArray[np.int16]]:
    codes: dict[str, NDArray[np.int16]] = dict(draws.attributes)
    for name, attribute in pathway.attributes.items():
        if name in known:
            codes[name] = known[name]
        elif isinstance(attribute, Choice):
            codes[name] = _choose(pathway, codes, attribute, draws.uniform(name))
        elif isinstance(attribute, Chance):
            codes[name] = (draws.uniform(name) < _chance(pathway, codes, attribute)).astype(np.int16)
        elif isinstance(attribute, Action):
            codes[name] = np.zeros(len(draws), dtype=np.int16)  # nothing is set off until a policy says so
        else:
            like = attribute.like
            codes[name] = codes[like] if like is not None else np.zeros(len(draws), dtype=np.int16)
    for name, branch in pathway.branches.items():
        if isinstance(branch, ByChance):
            column = f"coin:{name}"
            codes[column] = _pick(np.array([list(branch.targets.values())]), draws.uniform(column), None)
    return codes


def _chance(pathway: Pathway, codes: Mapping[str, NDArray[np.int16]], chance: Chance) -> Floats:
    """The probability of a yes, of each patient or of all; by the label too where the chance leans on it."""
    p = amount(pathway, codes, chance.p)
    if not chance.leans_on_label:
        return p
    by_label = amount(pathway, {**codes, ACUITY_TRUE: codes[ACUITY_GIVEN]}, chance.p)
    certain = np.minimum(p, 1)
    # written so that a right label leaves p as it is, to the last bit
    return np.asarray(certain + chance.leans_on_label * (np.minimum(by_label, 1) - certain))


def attributes_after(pathway: Pathway, draws: Draws, given: NDArray[np.int16]) -> dict[str, NDArray[np.int16]]:
    """The attributes that change with the labels `given`, from the same luck: those that lean on the label, and those
    that are drawn by one that does. Empty where none leans."""
    moved = set(leaning(pathway))
    if not moved:
        return {}
    codes: dict[str, NDArray[np.int16]] = {**draws.attributes, ACUITY_GIVEN: given}
    for name, attribute in pathway.attributes.items():
        if name not in moved:
            continue
        if isinstance(attribute, Choice):
            codes[name] = _choose(pathway, codes, attribute, draws.uniform(name))
        elif isinstance(attribute, Chance):
            codes[name] = (draws.uniform(name) < _chance(pathway, codes, attribute)).astype(np.int16)
    return {name: codes[name] for name in moved}


def _choose(
    pathway: Pathway, codes: Mapping[str, NDArray[np.int16]], choice: Choice, share: Floats
) -> NDArray[np.int16]:
    if isinstance(choice.shares, Mapping):
        if choice.by is None:
            raise DrawsError("a choice with shares by category names the attribute in `by`")
        rows = np.array([choice.shares[category] for category in pathway.categories(choice.by)])
        return _pick(rows, share, codes[choice.by])
    return _pick(np.array([choice.shares]), share, None)


def _pick(rows: Floats, share: Floats, row: NDArray[np.int16] | None) -> NDArray[np.int16]:
    """The category whose running total of shares (a row of `rows`) first exceeds `share`."""
    totals = np.cumsum(rows, axis=1)[:, :-1]
    if row is None:
        return np.searchsorted(totals[0], share, side="right").astype(np.int16)
    chosen = np.zeros(len(share), dtype=np.int16)
    row = row.astype(np.intp)  # what `take` would make of it for every category
    for total in totals.T:
        chosen += share >= total.take(row)
    return chosen


def amount(pathway: Pathway, codes: Mapping[str, NDArray[np.int16]], number: Number) -> Floats:
    """A number for each patient, shape (n,), or one for all, shape (): the base times the factors of its categories."""
    if not isinstance(number, Amount):
        return np.asarray(float(number))
    total = np.asarray(number.base)
    for factor in number.times:
        known = pathway.categories(factor.by)
        missing = [name for name in known if name not in factor.values]
        if missing and factor.otherwise is None:
            remedy = nearest(missing[0], factor.values)
            raise DrawsError(f"a factor by {factor.by} has no value for {missing[0]}. {remedy}")
        values = np.array([factor.values.get(name, factor.otherwise) for name in known], dtype=float)
        total = total * values.take(codes[factor.by])
    return total


def _minutes(pathway: Pathway, codes: Mapping[str, NDArray[np.int16]], draws: Draws) -> dict[str, Floats]:
    """Minutes by duration, shape (repeats, n); for patients who can come to a step of it, see `Draws`."""
    met = durations_by_source(pathway)
    found = {}
    who: dict[tuple[bool, ...], tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
    complexity = None
    if any(duration.complexity for duration in pathway.durations.values()):
        complexity = draws.luck.normal("complexity", 0, of={source.key for source in draws.luck.sources})
    for name, duration in pathway.durations.items():
        comes = tuple(name in met[source] for source in pathway.categories(STREAM))
        if comes not in who:
            whose = np.array(comes).take(draws.stream)
            who[comes] = np.flatnonzero(whose), np.flatnonzero(~whose)
        mine, others = who[comes]
        sources = {source.key for source in draws.luck.sources if comes[source.code]}
        mean = amount(pathway, codes, duration.mean) * duration.scale
        found[name] = np.empty((duration.repeats, len(draws)))
        for repeat, minutes in enumerate(found[name]):
            if isinstance(duration, Fixed):  # needs no luck
                minutes[:] = mean
                minutes[others] = 0
            else:
                luck = draws.luck.normal(f"minutes:{duration.luck_of or name}", repeat, of=sources)
                if duration.complexity and complexity is not None:
                    luck *= np.float32(math.sqrt(1 - duration.complexity**2))
                    luck += np.float32(duration.complexity) * complexity
                _write_minutes(duration, luck, mean, minutes, mine, others)
            if duration.longest is not None:
                np.minimum(minutes, duration.longest, out=minutes)
    return found


def _write_minutes(
    duration: AnyDuration,
    luck: NDArray[np.float32],
    mean: Floats,
    into: Floats,
    mine: NDArray[np.int64],
    others: NDArray[np.int64],
) -> None:
    """Write the minutes of those whom a duration is for, and 0 for the others; `luck` is written over."""
    if len(mine) > len(luck) / 2:
        duration.to_minutes(luck, mean, into)
        into[others] = 0
    else:
        few = np.empty(len(mine))
        duration.to_minutes(luck[mine], np.broadcast_to(mean, luck.shape)[mine], few)
        into[:] = 0
        into[mine] = few


def _patience(pathway: Pathway, draws: Draws, minutes: Mapping[str, Floats]) -> NDArray[np.int64]:
    if pathway.patience is None:
        return draws.patience
    return _after_arrival(pathway, draws, pathway.patience.streams, minutes[pathway.patience.minutes])


def _worsens(pathway: Pathway, draws: Draws, minutes: Mapping[str, Floats]) -> NDArray[np.int64]:
    if pathway.worsening is None:
        return draws.worsens
    return _after_arrival(pathway, draws, pathway.worsening.streams, minutes[pathway.worsening.minutes])


def _after_arrival(pathway: Pathway, draws: Draws, streams: Collection[str], minutes: Floats) -> NDArray[np.int64]:
    """The first repeat of a duration in ticks for the patients of some streams, NEVER for the others, shape (n,)."""
    known = pathway.categories(STREAM)
    concerned = np.isin(draws.stream, [known.index(name) for name in streams])
    return np.where(concerned, to_ticks(minutes[0]), NEVER)


def draws_from_table(pathway: Pathway, patients: pd.DataFrame, *, seed: int = 0) -> Draws:
    """Use a table of patients instead of drawn ones: what its columns say is taken, the rest is drawn.

    Columns: `arrived_at` (minutes from 00:00 on a Monday) and `stream` (a stream's name); then any attribute by
    its name (a category each) and any duration as `minutes.<name>` (first pass) or `minutes.<name>.<k>`; minutes
    left empty are drawn. Raises DrawsError for a missing column, an unknown one, an unknown category, and a time
    that is negative or not a number.
    """
    known = pathway.categories(STREAM)
    allowed = {"arrived_at", STREAM, *pathway.attributes}
    allowed |= {f"minutes.{name}" for name in pathway.durations}
    allowed |= {f"minutes.{name}.{k}" for name, each in pathway.durations.items() for k in range(each.repeats)}
    for column in patients.columns:
        if column not in allowed:
            raise DrawsError(f"table of patients: unknown column '{column}'. {nearest(str(column), allowed)}")
    for column in ("arrived_at", STREAM):
        if column not in patients.columns:
            raise DrawsError(f"table of patients: no column '{column}'")
    arrival = _numbers("arrived_at", patients["arrived_at"])
    if np.isnan(arrival).any():
        row = int(np.argmax(np.isnan(arrival)))
        raise DrawsError(
            f"table of patients: column 'arrived_at' has no number in row {row}. Say when the patient came"
        )
    arrived_at = to_ticks(arrival)
    stream = _codes("stream", patients[STREAM], known)
    sources: list[Source] = []
    arrivals = []
    rows = [np.flatnonzero(stream == code) for code in range(len(known))]
    for name, mine in zip(known, rows, strict=True):
        sources.append(Source(name, len(sources), 0, len(mine), np.arange(len(mine))))
        arrivals.append(arrived_at[mine])
    by_source = np.concatenate(rows)
    attributes = {
        name: _codes(name, patients[name], pathway.categories(name))[by_source]
        for name in pathway.attributes
        if name in patients.columns
    }
    days = int(arrived_at.max(initial=0)) // DAY + 1 + DAYS_IN_YEAR  # outages go on after the last arrival
    drawn = _fill(pathway, seed, 0, days, sources, arrivals, attributes)
    table_row = by_source[drawn.order]
    minutes = {name: drawn.minutes[name].copy() for name in pathway.durations}
    for name in pathway.durations:
        for k in range(len(minutes[name])):
            for column in (f"minutes.{name}", f"minutes.{name}.0") if k == 0 else (f"minutes.{name}.{k}",):
                if column in patients.columns:
                    stated = _numbers(column, patients[column])[table_row]
                    minutes[name][k] = np.where(np.isnan(stated), minutes[name][k], stated)
    patience, worsens = _patience(pathway, drawn, minutes), _worsens(pathway, drawn, minutes)
    return replace(drawn.with_columns(minutes=minutes), patience=patience, worsens=worsens)


def _numbers(column: str, values: pd.Series) -> Floats:
    """A column of minutes, NaN where it is empty, shape (n,)."""
    try:
        numbers: Floats = values.to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise DrawsError(f"table of patients: column '{column}' does not hold numbers. Give minutes") from None
    wrong = (numbers < 0) | np.isinf(numbers)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DrawsError(
            f"table of patients: column '{column}' holds {numbers[row]} in row {row}. "
            "Minutes are 0 or more; arrivals count from 00:00 on a Monday"
        )
    return numbers


def _codes(column: str, values: pd.Series, known: tuple[str, ...]) -> NDArray[np.int16]:
    number = {name: code for code, name in enumerate(known)}
    unknown = sorted({str(value) for value in values if str(value) not in number})
    if unknown:
        raise DrawsError(f"table of patients: column '{column}' holds '{unknown[0]}'. {nearest(unknown[0], known)}")
    return np.array([number[str(value)] for value in values], dtype=np.int16)
