"""The values that a department could have, as points of a cube: each parameter runs from 0 to 1, evenly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from simulation.config.dotted import Raw, resolve, value_at
from simulation.config.ensembles import Priors, Slope, VariedParameter
from simulation.errors import ConfigError, Fault
from simulation.records.schema import Floats, Mask

DIGITS = 4
"""Significant digits of a value: what is simulated is what the file says."""
Values = tuple[float | int, ...]
"""The value of every parameter, as a file states it."""


@dataclass(frozen=True)
class Space:
    """Parameters as an ensemble states them: whole numbers are set outright, whatever the priors say of them."""

    parameters: Mapping[str, VariedParameter]
    slopes: Mapping[str, Slope] = field(default_factory=dict)

    @property
    def n_dims(self) -> int:
        """How many parameters there are."""
        return len(self.parameters)

    def values(self, point: Floats) -> Values:
        """The values that a point of the cube means, shape (n_dims,)."""
        return tuple(_value(each, float(at)) for each, at in zip(self.parameters.values(), point, strict=True))

    def points(self, departments: Sequence[Values]) -> Floats:
        """Where departments lie in the cube, shape (departments, n_dims)."""
        low, width = self._scale()
        return np.asarray((np.array(departments, dtype=float).reshape(-1, self.n_dims) - low) / width)

    def answers(self, points: Floats) -> Mask:
        """Whether departments answer pressure as the priors ask; points: shape (departments, n_dims)."""
        low, width = self._scale()
        values = dict(zip(self.parameters, (low + width * points).T, strict=True))
        found = np.ones(len(points), dtype=bool)
        for slope in self.slopes.values():
            at = slope.otherwise + sum(each * values[name] for name, each in slope.of.items())
            found &= (at >= slope.range[0]) & (at <= slope.range[1])
        return found

    @property
    def spread(self) -> Floats:
        """Standard deviation of each parameter over the priors, in the cube, shape (n_dims,)."""
        steps = [each.range[1] - each.range[0] + 1 if each.whole else math.inf for each in self.parameters.values()]
        return np.sqrt((1 - 1 / np.array(steps) ** 2) / 12)

    def _scale(self) -> tuple[Floats, Floats]:
        """A whole number is the middle of its own part of the range, as wide as everybody else's."""
        half = np.array([0.5 if each.whole else 0.0 for each in self.parameters.values()])
        low = np.array([each.range[0] for each in self.parameters.values()]) - half
        high = np.array([each.range[1] for each in self.parameters.values()]) + half
        return low, high - low


def space_of(priors: Priors, raw: Raw) -> Space:
    """The space of some priors at a composed site. Raises ConfigError for a path that leads to no number.

    A whole number that the priors multiply becomes one that is set, in the range that the factors give.
    """
    faults: list[Fault] = []
    groups, made = resolve(raw), {}
    for name, each in priors.parameters.items():
        where = f"priors/{priors.name}.yaml.parameters.{name}.changes"
        made[name] = each
        if not each.whole:
            continue
        low, high = each.range
        if each.how == "times":
            there = value_at(groups, each.changes[0])
            if not isinstance(there, int) or isinstance(there, bool):
                found = f"'{each.changes[0]}' is {there!r}, which is no whole number"
                faults.append(Fault(where, found, "Name a whole number, or leave `whole` out"))
                continue
            low, high = low * there, high * there
        low, high = math.ceil(low), math.floor(high)
        if not low < high:
            faults.append(Fault(where, f"leaves whole numbers from {low} to {high}", "Widen the range"))
        made[name] = replace(each, how="set", range=(low, high))
    if faults:
        raise ConfigError(faults)
    return Space(made, priors.slopes)


def _value(parameter: VariedParameter, at: float) -> float | int:
    low, high = parameter.range
    if parameter.whole:
        return int(min(low + math.floor(at * (high - low + 1)), high))
    rounded = float(f"{low + at * (high - low):.{DIGITS}g}")
    return min(max(rounded, low), high)
