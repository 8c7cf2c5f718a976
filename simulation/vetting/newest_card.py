"""Where a comparison finds the policy that a bench wrote: in the newest card (`study=vetted`), or in `card=FOLDER`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simulation.errors import ConfigError, Fault

CARDS, CONFIGS, STUDY = "vetting", "configs", "study/vetted.yaml"
FEWER = (
    "For a department with fewer levels, write the card's counts (matrix.csv) as a policy of your own "
    "(docs/how-to/small-department.md, 'A triage that can be wrong')"
)
"""What can be done with a bench whose cases have fewer than five levels."""


def with_card(overrides: Sequence[str], config_dir: str | None) -> tuple[list[str], str | None]:
    """The overrides without `card=`, and the folder of configurations to look through first.

    Raises ConfigError if a card is wanted and there is none.
    """
    named = [word.partition("=")[2] for word in overrides if word.startswith("card=")]
    others = [word for word in overrides if not word.startswith("card=")]
    if not named and not {"study=vetted", "study=vetted_doubt"} & set(others):
        return others, config_dir
    if config_dir is not None and not named and (Path(config_dir) / STUDY).is_file():
        return others, config_dir
    if config_dir is not None:
        remedy = "Name one of them; your files may also be in ./configs"
        raise ConfigError([Fault("card", "and --config-dir both name a folder of configurations", remedy)])
    results = [word.partition("=")[2] for word in others if word.startswith("results=")]
    folder = Path(named[-1]) if named else _newest(Path(results[-1] if results else "results") / CARDS)
    if folder is None:
        raise ConfigError([_no_policy(Path(results[-1] if results else "results") / CARDS)])
    if not (folder / CONFIGS / STUDY).is_file():
        remedy = (
            f"Name a folder that `aeflow vet` wrote; where a true level of the five has no case it writes none. {FEWER}"
        )
        raise ConfigError([Fault(f"card={folder}", "holds no policy", remedy)])
    return others, str(folder / CONFIGS)


def _no_policy(cards: Path) -> Fault:
    """The fault of no card that holds a policy, in this folder of cards."""
    if any(cards.glob("*/card.json")):
        found = "no card holds a policy, because a true level of the five has no case that was labelled"
        return Fault("study=vetted", found, FEWER)
    return Fault("study=vetted", "no bench has written a policy yet", "Run aeflow vet first")


def _newest(cards: Path) -> Path | None:
    """The folder of the newest card that holds a policy; None if there is none."""
    folders = [path.parents[2] for path in cards.glob(f"*/{CONFIGS}/{STUDY}")]
    return max(folders, key=lambda folder: (folder.stat().st_mtime_ns, folder.name), default=None)
