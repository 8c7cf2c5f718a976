"""Small words that explanations and reports share."""

from collections.abc import Iterable, Sequence


def spaced(name: str) -> str:
    """A name of the configuration as words: 'walk in'."""
    return name.replace("_", " ")


def capitalised(text: str) -> str:
    """A text whose first letter is a capital, as a sentence begins; the others stay as they are."""
    return text[:1].upper() + text[1:]


def clipped(text: str, most: int) -> str:
    """A text of so many characters at most, a longer one cut off."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def joined(words: Iterable[str], most: int = 3) -> str:
    """Words joined by commas; beyond `most`, the first of them and the number of the others."""
    names = list(words)
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"


def quote_names(names: Iterable[str]) -> str:
    """Names in quotes, joined by commas: "'a', 'b', 'c'"."""
    return ", ".join(f"'{name}'" for name in names)


def number_of(number: int, one: str, many: str = "") -> str:
    """'1 step', '2 steps'."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def first_and_others(labels: Sequence[str]) -> str:
    """''AI label' and 2 other arms': arms of which one is named."""
    others = f" and {number_of(len(labels) - 1, 'other arm')}" if len(labels) > 1 else ""
    return f"'{labels[0]}'{others}"


MOST_DIGITS = 9
"""Decimals with which two numbers are printed at most."""


def apart(value: float, limit: float, digits: int) -> str:
    """A number that is said to be above or below a limit, with as many decimals (`digits` or more) as it takes to tell
    the two apart when the limit is rounded alike.

    >>> apart(25.2203, 25.2201, 1), apart(26.0, 25.2201, 1), apart(2.04, 2, 0)
    ('25.2203', '26.0', '2.04')
    """
    return f"{value:,.{digits_apart(value, limit, digits)}f}"


def digits_apart(value: float, limit: float, digits: int) -> int:
    """The fewest decimals, `digits` or more, with which a number is printed otherwise than a limit; `digits` where they
    are the same."""
    for tried in range(digits, MOST_DIGITS + 1):
        if f"{value:.{tried}f}" != f"{limit:.{tried}f}":
            return tried
    return digits


def listed_with_and(words: Sequence[str]) -> str:
    """'a, b and c'."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
