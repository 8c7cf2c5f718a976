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
"""Significant digits of a value, so that what is simulated is what the file says."""
Values = tuple[float | int, ...]
"""The value of every parameter, as a file states it."""


@dataclass(frozen=True)
class Space:
    """Parameters as an ensemble states them: a whole number is set, even where the priors multiply it."""

    parameters: Mapping[str, VariedParameter]
    slopes: Mapping[str, Slope] = field(default_factory=dict)

    @property
    def n_dims(self) -> int:
        """The number of parameters."""
        return len(self.parameters)

    def values(self, point: Floats) -> Values:
        """The values at a point of the cube, shape (n_dims,)."""
        pairs = zip(self.parameters.values(), point, strict=True)
        return tuple(_value(parameter, float(position)) for parameter, position in pairs)

    def points(self, departments: Sequence[Values]) -> Floats:
        """The points of departments in the cube, shape (departments, n_dims)."""
        low, width = self._scale()
        return np.asarray((np.array(departments, dtype=float).reshape(-1, self.n_dims) - low) / width)

    def answers(self, points: Floats) -> Mask:
        """Whether departments answer pressure as the priors ask; points: shape (departments, n_dims)."""
        low, width = self._scale()
        values = dict(zip(self.parameters, (low + width * points).T, strict=True))
        answers = np.ones(len(points), dtype=bool)
        for slope in self.slopes.values():
            total = slope.otherwise + sum(weight * values[name] for name, weight in slope.of.items())
            answers &= (total >= slope.range[0]) & (total <= slope.range[1])
        return answers

    @property
    def spread(self) -> Floats:
        """Standard deviation of each parameter over the priors, in the cube, shape (n_dims,)."""
        _, width = self._scale()
        steps = np.where([parameter.whole for parameter in self.parameters.values()], width, math.inf)
        return np.asarray(np.sqrt((1 - 1 / steps**2) / 12))

    def _scale(self) -> tuple[Floats, Floats]:
        """The value at 0 and the width of each parameter, shape (n_dims,); each whole number fills an equal part."""
        half = np.array([0.5 if parameter.whole else 0.0 for parameter in self.parameters.values()])
        low = np.array([parameter.range[0] for parameter in self.parameters.values()]) - half
        high = np.array([parameter.range[1] for parameter in self.parameters.values()]) + half
        return low, high - low


def space_of(priors: Priors, raw: Raw) -> Space:
    """The space of some priors at a composed site. Raises ConfigError for a path that leads to no number.

    A whole number that the priors multiply becomes one that is set, in the range that the factors give.
    """
    faults: list[Fault] = []
    groups, parameters = resolve(raw), {}
    for name, parameter in priors.parameters.items():
        where = f"priors/{priors.name}.yaml.parameters.{name}.changes"
        parameters[name] = parameter
        if not parameter.whole:
            continue
        low, high = parameter.range
        if parameter.how == "times":
            value = value_at(groups, parameter.changes[0])
            if not isinstance(value, int) or isinstance(value, bool):
                found = f"'{parameter.changes[0]}' is {value!r}, which is no whole number"
                faults.append(Fault(where, found, "Name a whole number, or leave `whole` out"))
                continue
            low, high = low * value, high * value
        low, high = math.ceil(low), math.floor(high)
        if not low < high:
            faults.append(Fault(where, f"leaves whole numbers from {low} to {high}", "Widen the range"))
        parameters[name] = replace(parameter, how="set", range=(low, high))
    if faults:
        raise ConfigError(faults)
    return Space(parameters, priors.slopes)


def _value(parameter: VariedParameter, position: float) -> float | int:
    low, high = parameter.range
    if parameter.whole:
        return int(min(low + math.floor(position * (high - low + 1)), high))
    rounded = float(f"{low + position * (high - low):.{DIGITS}g}")
    return min(max(rounded, low), high)
