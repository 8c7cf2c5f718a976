"""The lines that this wing prints, from the templates beside this file: how a table is laid out, and its sentences."""

import math
import textwrap
from pathlib import Path

from simulation.display.web_page import templates
from simulation.wording import digits_apart

WIDTH = 118
"""Characters of a line of prose."""


def text_of(name: str, **values: object) -> str:
    """The text of the template `name`, filled with these values.

    `{{ value | to(">9.4g") }}` is Python's format of a value, `{{ value | number }}` a number or a bound, `{{ text |
    wrapped }}` a text of several lines.
    """
    environment = templates(Path(__file__).parent)
    environment.filters |= {"to": format, "number": _number, "wrapped": _wrapped}
    return environment.get_template(f"{name}.txt").render(values).removesuffix("\n")


def _wrapped(text: str) -> str:
    """A text on as many lines as it needs, indented."""
    return textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="        ")


def _number(value: float | None, beside: float | None = None) -> str:
    """A number or a bound as text: shares have three decimals, minutes one; more where it is `beside` another that
    would be printed alike."""
    if value is None:
        return "open"
    if not math.isfinite(value):
        return "none"
    size = abs(value)
    digits = 4 if size < 0.01 else 3 if size < 2 else 1
    if beside is not None and math.isfinite(beside):
        digits = digits_apart(value, beside, digits)
    return f"{value:.{digits}f}"
