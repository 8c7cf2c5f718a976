"""`{times: 1.03}` in place of a number: the number that is there already, times that factor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from simulation.config.bounds import REFERENCE, Product, shortened
from simulation.config.validating import known_keys
from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError, Fault, Faults, nearest
from simulation.study.design import factor_of, is_number
from simulation.triage.stated import Nurse, Tool

ROOTS = {"site": Pathway, "pathway": Pathway, "staffing": Pathway, "triage": Tool, "nurse": Nurse}
"""The class that states each group. Its keys may be multiplied even where a file leaves them out: by their default."""


def new_value(holder: Any, key: Any, value: Any, path: Sequence[str], where: str, faults: Faults) -> Any:
    """The new value of a key of a block (or list): `value`; if that is a factor, the old value times it.

    The old value of a key that is left out is its default. A fault is added if there is no number to multiply.
    """
    factor = factor_of(value)
    if factor is None:
        return value
    is_stated = isinstance(holder, list) or key in holder
    old = holder[key] if is_stated else _default_at(path, holder, where, faults)
    if isinstance(old, Product) or (isinstance(old, str) and REFERENCE.fullmatch(old)):
        return Product(old, factor, where)
    if is_number(old):
        return _times(old, factor)
    if is_stated:
        faults.append(_no_number(where, old))
    return value


def multiplied(product: Product, number: Any) -> float:
    """The number of a product whose reference was looked up as `number`. Raises ConfigError if it is no number."""
    if not is_number(number):
        raise ConfigError([_no_number(product.where, number)])
    return _times(number, product.factor)


def _default_at(path: Sequence[str], holder: Any, where: str, faults: Faults) -> Any:
    """The default of a key that a file leaves out; None, and a fault, if it has none that is a number."""
    inside = ("pools", *path[1:]) if path[0] == "staffing" else tuple(path[1:])
    known = known_keys(ROOTS[path[0]], inside[:-1]) if path[0] in ROOTS and inside else {}
    key = known.get(inside[-1]) if inside else None
    if key is not None and is_number(key.default):
        return key.default
    names = known or {str(name) for name in holder}
    remedy = "Write the value itself" if key is not None else nearest(path[-1], names)
    faults.add(where, f"there is no number '{'.'.join(path)}' to multiply", remedy)
    return None


def _times(number: float, factor: float) -> float:
    """The product: whole if the number is whole and the product is within rounding of it; infinite if too large."""
    try:
        product = float(number) * factor
    except OverflowError:
        return math.inf
    if not isinstance(number, int) or not math.isfinite(product):
        return product
    whole = round(product)
    return whole if math.isclose(product, whole, abs_tol=1e-9) else product


def _no_number(where: str, value: Any) -> Fault:
    return Fault(where, f"multiplies {shortened(repr(value))}, which is no number", "Name a number, or write a value")
