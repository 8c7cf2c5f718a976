"""Synthetic vignettes: made-up patients from templates, so that everything here runs without anybody's records.

Each template states a level, complaints in several wordings and languages, and ranges of vital signs. A score on them
shows whether an assessor understands plain cases, not how it does in a department: the level is the judgement of
whoever wrote the template, and a learned model has met the wording of every template.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Annotated, TypeVar

import numpy as np
from annotated_types import Ge, Le, MinLen

from simulation.department.config_dataclass import Share, Sourced, Unit, config_dataclass
from simulation.errors import Fault, Faults, nearest
from simulation.patients.variates import generator_of
from simulation.triage.matrix import LabelTable, probabilities, table_faults
from simulation.vetting.assessors import level_drawn
from simulation.vetting.bench import SyntheticCases
from simulation.vetting.cases import N_LEVELS, NUMBERS, Case, CaseSet, Value, case_set

T = TypeVar("T")
ENGLISH = "en"
OF_SIGN = Unit("that of the sign")
DIGITS: Mapping[str, int] = {"temperature": 1}
"""Decimals of the numbers that have any."""


@config_dataclass
class Template:
    """A kind of patient: how urgent, what they say, and what is measured.

    Example: `{level: 2, complaints: {en: [crushing chest pain, pressure on the chest]}, age: [40, 85],
    signs: {heart_rate: [95, 125]}, must_not_miss: true}`
    """

    level: Annotated[int, Ge(1), Le(5), Unit("level")]
    """How urgent the patient is, 1 (the most urgent) to 5: the label."""
    complaints: Annotated[Mapping[str, Annotated[tuple[str, ...], MinLen(1)]], MinLen(1)]
    """What the patient says, by language, in one wording or more; English (`en`) with two at least, so that a case can
    be put in other words."""
    age: Annotated[tuple[float, float], Unit("years")] = (18, 85)
    """Youngest and oldest."""
    signs: Annotated[Mapping[str, tuple[float, float]], OF_SIGN] = field(default_factory=dict)
    """Lowest and highest of vital signs and the pain score that differ from usual.
    Example: `{heart_rate: [110, 140], saturation: [84, 91]}`"""
    words: Mapping[str, str] = field(default_factory=dict)
    """Mental state, pain, injury where they differ from usual. Example: `{mental_state: unresponsive}`"""
    ambulance: Share = 0.3
    """The share that comes by ambulance. Example: `0.8`"""
    must_not_miss: bool = False
    """Whether a label less urgent than the level could cost a life."""


@config_dataclass
class Vignettes(Sourced):
    """Templates of synthetic patients, with the vital signs that are usual and the errors of a made-up nurse.

    Example: `{name: ours, usual: {heart_rate: [62, 96]}, nurse: {shares: [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0],
    [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]], evidence: assumed, source: "a nurse who never errs"},
    templates: {heart: {level: 2, complaints: {en: [crushing chest pain, pressure on the chest]}}},
    evidence: assumed, source: "written for this project"}`
    """

    name: str
    """Name of the vignettes: that of their file."""
    usual: Annotated[Mapping[str, tuple[float, float]], OF_SIGN]
    """Lowest and highest of each vital sign where a template says nothing."""
    nurse: LabelTable
    """How often a made-up nurse gives each level to each true level, so that pairs can be compared."""
    templates: Annotated[Mapping[str, Template], MinLen(1)]
    """The kinds of patients, by name."""


def vignette_faults(vignettes: Vignettes, where: str) -> list[Fault]:
    """The faults of vignettes: levels without a template, ranges out of bounds, and missing English wordings."""
    levels = range(1, N_LEVELS + 1)
    faults = Faults(table_faults(vignettes.nurse, f"{where}.nurse", [*map(str, levels)]))
    missing = set(levels) - {template.level for template in vignettes.templates.values()}
    if missing:
        faults.add(
            f"{where}.templates", f"none has level {min(missing)}", "Give one to each of the five"
        )
    ranges_at = {f"{where}.usual": vignettes.usual}
    for name, template in vignettes.templates.items():
        place = f"{where}.templates.{name}"
        ranges_at |= {f"{place}.signs": template.signs, place: {"age": template.age}}
        if len(template.complaints.get(ENGLISH, ())) < 2:
            faults.add(
                place, "has fewer than two English wordings", "Give two or more under complaints.en"
            )
    for path, ranges in ranges_at.items():
        for sign, (low, high) in ranges.items():
            least, most, unit = NUMBERS.get(sign, (low, high, ""))
            if sign not in NUMBERS:
                faults.add(path, f"'{sign}' is not a number of a case", nearest(sign, NUMBERS))
            elif not least <= low <= high <= most:
                remedy = f"Give two numbers from {least:g} to {most:g} ({unit}), the lower first"
                faults.add(f"{path}.{sign}", f"found [{low:g}, {high:g}]", remedy)
    return faults


def synthetic_cases(vignettes: Vignettes, wanted: SyntheticCases, seed: int) -> CaseSet:
    """Made-up cases, as many and of such a mix as wanted. The same seed gives the same cases."""
    rows = _rows(vignettes, wanted, seed)
    name = f"synthetic ({vignettes.name})"
    return case_set(rows, name=name, yardstick="written", synthetic=True, source=vignettes.source)


def _rows(vignettes: Vignettes, wanted: SyntheticCases, seed: int) -> Iterator[Case]:
    nurse = np.cumsum(probabilities(vignettes.nurse), axis=1)
    shares = np.cumsum(np.array(wanted.mix) / sum(wanted.mix))
    for number in range(wanted.number):
        chance = generator_of(seed, number, "vetting", "vignette", 0)
        level = level_drawn(shares, chance)
        template = _one_of(
            [template for template in vignettes.templates.values() if template.level == level],
            chance,
        )
        languages = sorted(set(template.complaints) - {ENGLISH})
        language = ENGLISH
        if languages and chance.random() < wanted.other_languages:
            language = _one_of(languages, chance)
        wordings = template.complaints[language]
        first = int(chance.integers(len(wordings)))
        inputs: dict[str, Value] = {
            "complaint": wordings[first],
            "language": language,
            "age": float(chance.integers(int(template.age[0]), int(template.age[1]) + 1)),
            "sex": "female" if chance.random() < 0.5 else "male",
            "arrival_mode": "ambulance" if chance.random() < template.ambulance else "walk_in",
        }
        for sign, (low, high) in {**vignettes.usual, **template.signs}.items():
            inputs[sign] = round(float(chance.uniform(low, high)), DIGITS.get(sign, 0))
        inputs |= {"mental_state": "alert", "pain": "no", "injury": "no", **template.words}
        rephrased = wordings[:first] + wordings[first + 1 :]
        given = level_drawn(nurse[level - 1], chance)
        yield Case(f"vignette {number}", inputs, level, given, rephrased, template.must_not_miss)


def _one_of(choices: Sequence[T], chance: np.random.Generator) -> T:
    return choices[int(chance.integers(len(choices)))]
