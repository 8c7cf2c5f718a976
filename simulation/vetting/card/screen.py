"""A card on a screen: scores, criteria, the answer in words, and where the files are."""

from __future__ import annotations

import textwrap
from pathlib import Path

from simulation.display.table import print_tables
from simulation.display.words import WIDTH
from simulation.explain.statements import BANNER
from simulation.vetting.against import Change
from simulation.vetting.bench import NURSE, Bench
from simulation.vetting.card.answer import card_sentences
from simulation.vetting.card.tables import criteria_table, differences_table, scores_table
from simulation.vetting.card.write import CONFIGS, DOCUMENT, PAGE, change_table


def print_card(bench: Bench, folder: Path, change: Change | None = None) -> None:
    """Print a card, the answer last. `folder`: where it was written."""
    tables = [scores_table(bench)]
    tables += [differences_table(bench, NURSE)] if NURSE in bench.labelled else []
    tables += [change_table(bench, change)] if change is not None else []
    print_tables([*tables, criteria_table(bench)])
    print("\nIn words")
    for sentence in card_sentences(bench):
        print(textwrap.fill(sentence, WIDTH, initial_indent="- ", subsequent_indent="  "))
    if change is not None:
        print(f"\n{textwrap.fill(change.line, WIDTH)}")
    print(f"\n{BANNER}")
    print(f"Card: {folder / PAGE}, {DOCUMENT}")
    if (folder / CONFIGS).is_dir():
        print(f"What it would do to waits: aeflow compare study=vetted run=weeks card={folder}")
    print(f"Data: {folder / 'scores.csv'}, answers.csv, matrix.csv, criteria.csv, hazards.csv, coverage.csv, figures/")
