"""A document: what a page, a Word document, a workbook, a folder of tables and a screen show; data, and no markup.

Each is written in one place: `web_page`, `word_file`, `workbook`, `files` and `terminal`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from simulation.display.drawing import Drawing, Picture
from simulation.display.table import ReportTable

Look = Literal["plain", "strong", "warning", "note", "point", "quote"]
"""How words stand: a paragraph, one in bold type, a warning, a small one, a point of a list, what is to be copied."""
TOGETHER: Collection[Look] = ("point", "strong", "note")
"""Looks of which words that follow one another make one list, or one paragraph."""


@dataclass(frozen=True)
class Words:
    """A paragraph or a point of a list; `label` stands before it in bold type."""

    text: str
    look: Look = "plain"
    label: str = ""

    def __str__(self) -> str:
        """The words with their label."""
        return f"{self.label}: {self.text}" if self.label else self.text


Block = Words | ReportTable | Picture | Drawing


@dataclass(frozen=True)
class Section:
    """A part of a document: what stands in it, in order, below its heading, if it has one."""

    blocks: tuple[Block, ...]
    heading: str = ""
    anchor: str = ""

    @property
    def groups(self) -> list[list[Block]]:
        """The blocks, with words that make one list or one paragraph in one group."""
        groups: list[list[Block]] = []
        for block in self.blocks:
            last = groups[-1][0] if groups else None
            look = block.look if isinstance(block, Words) else ""
            if look in TOGETHER and isinstance(last, Words) and last.look == look:
                groups[-1].append(block)
            else:
                groups.append([block])
        return groups

    def words(self, *looks: Look) -> list[Words]:
        """The words, in order; those that stand in one of these ways, if any is named."""
        words = [block for block in self.blocks if isinstance(block, Words)]
        return [one for one in words if one.look in looks] if looks else words

    @property
    def tables(self) -> list[ReportTable]:
        """The tables, in order."""
        return [block for block in self.blocks if isinstance(block, ReportTable)]


@dataclass(frozen=True)
class Document:
    """A title, and sections, of which the first may have no heading. `is_wide`: printed on its side."""

    title: str
    sections: tuple[Section, ...]
    is_wide: bool = False

    @property
    def blocks(self) -> list[Block]:
        """What stands in all sections, in order."""
        return [block for section in self.sections for block in section.blocks]


def points(*sentences: str) -> tuple[Words, ...]:
    """Sentences as points of a list."""
    return tuple(Words(sentence, "point") for sentence in sentences)
