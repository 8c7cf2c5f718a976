"""Small words that explanations and reports share."""

from collections.abc import Iterable, Sequence


def spaced(name: str) -> str:
    """A name of the configuration as words: 'walk in'."""
    return name.replace("_", " ")


def clipped(text: str, most: int) -> str:
    """A text of so many characters at most, a longer one cut off."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def joined(words: Iterable[str], most: int = 3) -> str:
    """Words joined by commas; beyond `most`, the first of them and the number of the others."""
    names = list(words)
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"


def number_of(number: int, one: str, many: str = "") -> str:
    """'1 step', '2 steps'."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed_with_and(words: Sequence[str]) -> str:
    """'a, b and c'."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
