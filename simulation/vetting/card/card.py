"""A card as one value, for notebooks and scripts to read and for the command to write."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path

from simulation.display.drawing import Picture
from simulation.display.table import ReportTables
from simulation.explain.statements import BANNER
from simulation.vetting.against import Change
from simulation.vetting.bench import Bench
from simulation.vetting.card.answer import card_sentences
from simulation.vetting.card.figures import card_pictures
from simulation.vetting.card.write import tables_of, write_card


@dataclass(frozen=True)
class Card:
    """What a bench found. `change`: since an earlier card, if one was named."""

    bench: Bench = field(repr=False)
    change: Change | None = field(default=None, repr=False)

    @property
    def verdict(self) -> str:
        """The verdict on all criteria together: met, not met, cannot tell, identical to the nurse."""
        return self.bench.word

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer in words, and the stop or go line if there is one."""
        return (*card_sentences(self.bench), *([self.change.line] if self.change is not None else []))

    @cached_property
    def tables(self) -> ReportTables:
        """Every table by its kind, in the order of the page."""
        return ReportTables((table.kind, table) for table in tables_of(self.bench, self.change))

    @cached_property
    def pictures(self) -> dict[str, Picture]:
        """Every picture by its name, in the order of the page."""
        return {picture.name: picture for picture in card_pictures(self.bench)}

    def write(self, results: Path | str = "results") -> Path:
        """Write page, document, data and policy into `results/vetting/<name>`, and return it. Raises ResultsError."""
        return write_card(self.bench, Path(results), self.change)

    def __str__(self) -> str:
        return "\n".join((*self.sentences, BANNER))

    def _repr_html_(self) -> str:
        """The card's sentences as a notebook shows them."""
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.sentences)
        return f"<ul>{items}</ul><p><small>{escape(BANNER)}</small></p>"
