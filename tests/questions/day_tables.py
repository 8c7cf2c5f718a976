"""Who is where at an instant, from the tables of a whole run: what an animation must show."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from simulation.department.vocabulary import Pathway
from simulation.measures.occupancy import STAGES, stage_of
from simulation.measures.queues import Queues
from simulation.study.simulate import Simulated

Seen = tuple[tuple[str, ...], tuple[str, ...]]
"""In one area: who is being seen, sorted by name, and who waits, in the order of the queue."""


def content_of(page: str) -> Any:
    """What a page was given to show."""
    found = re.search(
        r'<script type="application/json" id="content">(.*?)</script>', page, re.DOTALL
    )
    assert found is not None
    return json.loads(found[1])


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables of one arm, and its areas."""

    pathway: Pathway
    simulated: Simulated

    @cached_property
    def name_of(self) -> Mapping[int, str]:
        """Every attendance by its row of the draws: source and number."""
        frame = self.simulated.patients.frame()
        names = frame["arrival_source"].astype(str) + "-" + frame["number"].astype(str)
        return dict(zip(frame["patient"], names, strict=True))

    @cached_property
    def _activities(self) -> pd.DataFrame:
        ticks = {
            name: self.simulated.activities.ticks(name)
            for name in ("joined_at", "started_at", "ended_at")
        }
        frame = self.simulated.activities.frame().assign(**ticks)
        patients = self.simulated.patients
        departed_at = pd.Series(patients.ticks("departed_at"), index=patients["patient"]).replace(
            -1, np.iinfo(int).max
        )
        frame["departed_at"] = frame["patient"].map(departed_at)
        return frame[frame["patient"].isin(self.name_of)].replace(
            {"ended_at": {-1: np.iinfo(int).max}}
        )

    @cached_property
    def _queues(self) -> Queues:
        return Queues.of(self.simulated.plan, self.simulated.draws, self.simulated.run)

    def areas(self, tick: int) -> dict[str, Seen]:
        """By area, who is there at a tick; areas with nobody are left out."""
        rows = self._activities
        there = rows[
            (rows["joined_at"] <= tick) & (tick < rows["ended_at"]) & (tick < rows["departed_at"])
        ]
        assert there["patient"].is_unique
        at_work = there[(there["started_at"] >= 0) & (there["started_at"] <= tick)]
        queues = self._queues.table(tick).frame()
        queues = queues[queues["patient"].isin(there["patient"])]
        assert len(at_work) + len(queues) == len(there)
        seen, waiting = self._by_area(at_work), self._by_area(queues)
        names = seen.keys() | waiting.keys()
        return {
            name: (tuple(sorted(seen.get(name, ()))), tuple(waiting.get(name, ())))
            for name in names
        }

    def _by_area(self, rows: pd.DataFrame) -> dict[str, list[str]]:
        by_area: dict[str, list[str]] = {}
        for step, patient in zip(rows["step"], rows["patient"], strict=True):
            by_area.setdefault(stage_of(step, self.pathway), []).append(self.name_of[patient])
        return by_area


def areas_on_page(content: Any, arm: int, tick: int) -> dict[str, Seen]:
    """The same from what the page was given, read as `animation.js` reads it."""
    seen: dict[str, list[str]] = {}
    waiting: dict[str, list[tuple[float, int, int, str]]] = {}
    given = content["arms"][arm]
    for number, (person, record) in enumerate(zip(content["people"], given["people"], strict=True)):
        name = f"{content['texts'][person[0]]}-{person[1]}"
        for step, waits_as, joined, begun in _now(content, person[2], record, tick):
            area = STAGES[content["steps"][step][1]]
            if tick >= begun:
                seen.setdefault(area, []).append(name)
            else:
                weight = given["rule"][waits_as]
                rank = -weight * (tick - joined) if given["accumulating"] else weight
                waiting.setdefault(area, []).append((rank, joined, number, name))
    in_order = {
        area: tuple(name for *_, name in sorted(all_of)) for area, all_of in waiting.items()
    }
    names = seen.keys() | in_order.keys()
    return {area: (tuple(sorted(seen.get(area, ()))), in_order.get(area, ())) for area in names}


def _now(
    content: Any, arrived: int, record: Any, tick: int
) -> Iterator[tuple[int, int, int, float]]:
    """The activity of a patient at a tick, if there is one: step, class, ticks of joining and beginning."""
    _, stay, numbers, _, changes = record or (0, 0, [], [], [])
    if not arrived <= tick < (arrived + stay if stay >= 0 else np.inf):
        return
    joined: float = arrived
    for n in range(0, len(numbers), 3):
        step, _, _, waits_as, _ = content["kinds"][numbers[n]]
        begun = joined + numbers[n + 1] if numbers[n + 1] >= 0 else np.inf
        ended = begun + numbers[n + 2] if numbers[n + 2] >= 0 else np.inf
        if tick < ended:
            for activity, at, new, _ in sorted(
                zip(*[iter(changes)] * 4, strict=True), key=lambda change: change[1]
            ):
                waits_as = new if 3 * activity == n and arrived + at <= tick else waits_as
            yield step, waits_as, int(joined), begun
            return
        joined = ended
