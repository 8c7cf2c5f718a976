"""Which fonts figures are written in, and what is written in place of signs that none of them has.

A report's page leaves fonts to the browser; only pictures need this.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FAMILIES = (
    "Arial", "Liberation Sans", "DejaVu Sans",  # the first is written in; DejaVu comes with matplotlib
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans SC", "Noto Sans JP", "Noto Sans KR",
    "WenQuanYi Micro Hei", "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai",
    "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Nirmala UI", "Leelawadee UI",
    "PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS",
)  # fmt: skip
"""Fonts by preference; a sign that one has not is taken from the next that has it. Those of other scripts are known on
Linux, Windows and macOS in this order."""
UNKNOWN = "?"
"""What stands for a sign that no font here has."""
ON_ITS_OWN = ("Mn", "Mc", "Me", "Cf")
"""The categories of signs that go with another and leave nothing behind."""


@lru_cache(maxsize=1)
def families() -> tuple[str, ...]:
    """The fonts of `FAMILIES` that are on this machine."""
    from matplotlib.font_manager import fontManager

    here = {font.name for font in fontManager.ttflist}
    return tuple(name for name in FAMILIES if name in here)


@lru_cache(maxsize=1)
def _signs() -> frozenset[str]:
    """The signs that one of these fonts has."""
    from matplotlib.font_manager import findfont, get_font

    charmaps = (get_font(findfont(name, fallback_to_default=False)).get_charmap() for name in families())
    return frozenset("\n").union(*(map(chr, charmap) for charmap in charmaps))


def drawable(text: str) -> str:
    """The text as the fonts of this machine can write it, with a question mark for each sign that none of them has."""
    if text.isascii() or not (unknown := set(text) - _signs()):
        return text
    instead = {ord(sign): "" if unicodedata.category(sign) in ON_ITS_OWN else UNKNOWN for sign in unknown}
    return text.translate(instead)


def _drawable_names(name: Callable[..., str]) -> Callable[..., str]:
    """The function that names a tick, with names that can be written."""
    return lambda at, position=None: drawable(name(at, position))


def make_drawable(figure: Figure) -> None:
    """Rewrite every text of a figure, names along its axes included, as the fonts of this machine can write it."""
    from matplotlib.text import Text
    from matplotlib.ticker import FuncFormatter

    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_text(drawable(text.get_text()))
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            formatter = axis.get_major_formatter()
            if isinstance(formatter, FuncFormatter):  # writes the names anew as the figure is drawn
                formatter.func = _drawable_names(formatter.func)
