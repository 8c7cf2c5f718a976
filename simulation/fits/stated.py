"""Staff, places and minutes of a fitted department, none of which stamps say.

Either the department states them: who is on duty when, places, beds, minutes of single tasks. Answers are those of the
interview of `aeflow offer`, in its words, or go by the name of a pool or of a duration. Or they are as many as keep
them as busy as at the typical site, with its own patients: if these are iller or older than England's, a department
that is scaled by the number of its patients would collapse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from simulation.config import load
from simulation.config.composing import packaged
from simulation.config.dotted import Raw
from simulation.config.files import REFERENCE
from simulation.config.totals import Scaled, scaled_rota
from simulation.config.writing import write_files
from simulation.errors import Faults, nearest
from simulation.offers.department import ONE_TEAM, SHARED_CHILDREN, stated_rotas
from simulation.offers.figures import Unread
from simulation.offers.interview import (
    Answer,
    Answers,
    OfferAnswers,
    check,
    is_blank,
    questions,
    read,
    words_of,
)
from simulation.patients import DrawnRun
from simulation.study.offered_load import in_a_mean_week, offered_load
from simulation.study.simulate import SharedDraws
from simulation.study.study import Study
from simulation.triage.apply import apply

ASKED = (
    "beds",
    "triage_nurses",
    "ambulances",
    "ambulance_nurses",
    "children",
    "doctors",
    "triage_minutes",
)
"""Questions of the interview that stamps do not answer."""
TRIAGE = ("triage_interview", "triage_record", "triage_observations")
SCALES = {"triage_minutes": "triage_minutes_scale", "first_contact": "doctor_minutes_scale"}
"""Minutes that are stated as a mean over patients, and the calibration parameter that multiplies them."""
USUAL_PATHWAY = "emergency_department"
UNITS = {"rota": "people on duty", "number": "places", "minutes": "minutes"}


@cache
def stated_keys() -> Mapping[str, str]:
    """What can be stated, by key: a `rota`, a `number` of places, `minutes`, or what the interview asks (`asked`)."""
    site = packaged()["site"]
    places = dict.fromkeys(
        (name for name, pool in site["pools"].items() if "capacity" in pool), "number"
    )
    minutes = {
        name: "minutes"
        for name, one in site["durations"].items()
        if "scale" not in one and not isinstance(one["mean"], dict) and one["mean"]
    }
    return {
        **dict.fromkeys(packaged()["staffing"], "rota"), **places, **minutes, "first_contact": "minutes",
        **dict.fromkeys(ASKED, "asked"),
    }  # fmt: skip


@dataclass(frozen=True)
class StatedDepartment:
    """What was stated, as it was read, by key, and in words; and the answers that are not used."""

    values: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    @property
    def answers(self) -> OfferAnswers:
        """What was stated that the interview asks."""
        return OfferAnswers(**{key: self.values[key] for key in ASKED if key in self.values})

    def pathway(self, *, one_team: bool = False) -> str:
        """The packaged pathway from which the department starts: who sees children, who is at which door. `one_team`:
        stamps show one team at both doors."""
        team = one_team or self.answers.ambulances == "triage nurses"
        parts = [ONE_TEAM] * team + [SHARED_CHILDREN] * (self.answers.children == "doctors")
        return "_".join(parts) or USUAL_PATHWAY

    def blocks(self, usual: Mapping[str, float]) -> Iterator[Scaled]:
        """The blocks that it states. `usual`: the mean minutes of each of `SCALES` with these patients, at a factor of
        1."""
        rotas = stated_rotas(self.answers)
        rotas |= {
            name: value.stated()
            for name, value in self.values.items()
            if stated_keys()[name] == "rota"
        }
        for pool, rota in rotas.items():
            key = (
                "ambulance_nurses"
                if pool == "assessment_nurses" and "ambulance_nurses" in self.words
                else pool
            )
            yield self._block(
                f"staffing.{pool}.rota", rota, self.words.get(key, self.words.get("ambulances", ""))
            )
        for name, value in self.values.items():
            kind, path, number = stated_keys()[name], "", value
            if name in SCALES:
                path, number = f"calibration.{SCALES[name]}.value", round(value / usual[name], 4)
            elif kind in ("number", "minutes"):
                section, key = ("pools", "capacity") if kind == "number" else ("durations", "mean")
                refers = REFERENCE.fullmatch(str(packaged()["site"][section][name][key]))
                path = refers[1] if refers else f"site.{section}.{name}.{key}"
            if path:
                yield self._block(path, number, self.words[name])

    @staticmethod
    def _block(path: str, value: Any, words: str) -> Scaled:
        block, _, key = path.rpartition(".")
        values = {key: value, "range": [value, value]} if key == "value" else {key: value}
        return Scaled(block, values, f"stated by the department: {words}", "stated")

    def left_to_vary(self, priors: Raw, blocks: Sequence[Scaled]) -> Raw:
        """Priors without structures of other staff, where staff are stated, or parameters of what is stated."""
        stated = {block.path for block in blocks if block.evidence == "stated"}
        left = {
            name: parameter
            for name, parameter in priors["parameters"].items()
            if not any(parameter["changes"][0].startswith(f"{path}.") for path in stated)
        }
        others = any(path.startswith("staffing.") for path in stated)
        if others or self.pathway() != USUAL_PATHWAY:
            priors = {key: part for key, part in priors.items() if key != "structures"}
        return {**priors, "parameters": left}


def stated_department(answers: Answers) -> StatedDepartment:
    """What answers say of the department. Raises ConfigError with every fault.

    Answers to other questions of the interview, about a product or what stamps say, are not used.
    """
    known, faults = stated_keys(), Faults()
    given = {key: answer for key, answer in answers.items() if not is_blank(answer)}
    asked = check({key: answer for key, answer in given.items() if known.get(key) == "asked"})
    values, words, unused = dict[str, Any](), dict[str, str](), list[str]()
    for key, answer in given.items():
        kind = known.get(key)
        if kind == "asked":
            faults += asked.faults.get(key, [])
            if key in asked.values.given:
                values[key], words[key] = getattr(asked.values, key), asked.readings[key][0]
        elif kind is not None:
            try:
                values[key] = _read(kind, answer)
                words[key] = words_of(kind, values[key], UNITS[kind])
            except Unread as unread:
                faults.add(key, unread.found, unread.remedy)
        elif key in questions():
            unused.append(key)
        else:
            faults.add(key, "is nothing that can be stated", nearest(key, known))
    faults.refuse()
    if "children_doctors" in values and "children" not in values:  # its rota says who sees them
        own = values["children_doctors"].person_hours
        values["children"] = words["children"] = "own clinicians" if own else "doctors"
    return StatedDepartment(values, words, tuple(unused))


def _read(kind: str, answer: Answer) -> Any:
    """The value of an answer that the interview does not ask for. Raises Unread."""
    value, is_number = read(kind, answer, {}), kind == "number"
    if kind != "rota" and (value <= 0 or (is_number and value != int(value))):
        what = "a whole number" if is_number else "minutes"
        raise Unread(f"found {answer}", f"Write {what} above 0")
    return int(value) if is_number else value


SAMPLE_DAYS = 56
LEAST, MOST, SAME = 0.4, 2.5, 0.02
"""The least and the most by which numbers are changed, and the change that is not worth it."""


def as_busy(texts: Mapping[str, str], name: str) -> Mapping[str, float]:
    """By pool, how many times the work of its hours a department asks for, over the same at the typical site.

    `texts`: its files by group; they are composed in a folder of their own, which goes again.
    """
    with TemporaryDirectory() as folder:
        write_files(texts, name, Path(folder))
        mine = _loads(load(f"study={name}", "pathway.allow_overload=true", config_dir=folder))
    usual = _loads(load("ensemble=none"))
    return {
        pool: min(max(ratio / usual[pool], LEAST), MOST)
        for pool, ratio in mine.items()
        if ratio > 0 and usual.get(pool, 0) > 0 and abs(ratio / usual[pool] - 1) > SAME
    }


def _loads(study: Study) -> Mapping[str, float]:
    """The share of its hours that each pool is asked for, by pool, under the baseline."""
    arm = study.arm(study.design.baseline)
    drawn = SharedDraws(DrawnRun(study.run.seed, 0, SAMPLE_DAYS)).of(in_a_mean_week(arm.pathway))
    load_of_week = offered_load(arm.pathway, apply(arm.policy, arm.pathway, drawn))
    return dict(zip(load_of_week.pools, load_of_week.weekly().tolist(), strict=True))


def scaled_up(block: Scaled, ratios: Mapping[str, float], busy: Sequence[float]) -> Scaled:
    """A block of staff or places with so many times more of them, whole ones; another block as it is.

    `busy`: patients by hour of the day, which says where a part of a person is rounded up.
    """
    pool, values = block.path.rpartition(".")[2], dict(block.values)
    if pool not in ratios or block.evidence != "assumed":
        return block
    ratio = ratios[pool]
    if "rota" in values:
        values["rota"] = scaled_rota(values["rota"], ratio, busy)
    elif "capacity" in values:
        values["capacity"] = max(round(values["capacity"] * ratio), 1)
    elif isinstance(values.get("value"), int):
        values["value"] = max(round(values["value"] * ratio), 1)
        low, high = values["range"]
        values["range"] = [min(low, values["value"]), max(high, values["value"])]
    words = f"x {ratio:.2f} to be as busy as there with these patients"
    return block._replace(values=values, source=f"{block.source}; {words}")
