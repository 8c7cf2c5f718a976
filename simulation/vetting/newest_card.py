"""Where a comparison finds the policy that a bench wrote: in the newest card (`study=vetted`), or in `card=FOLDER`."""

from collections.abc import Sequence
from pathlib import Path

from simulation.errors import refuse

CARDS, CONFIGS, STUDY = "vetting", "configs", "study/vetted.yaml"
FEWER = (
    "For a department with fewer levels, write the card's counts (matrix.csv) as a policy of your own "
    "(docs/how-to/small-department.md, 'A triage that can be wrong')"
)
"""What can be done with a bench whose cases have fewer than five levels."""


def configs_of_card(
    overrides: Sequence[str], config_dir: str | None, named: str | None
) -> str | None:
    """The folder of configurations to look through first: of the card that is `named`, or else of the newest, unless
    the user's own folder has a study of that name.

    Raises ConfigError if a card is wanted and there is none.
    """
    has_own = config_dir is not None and (Path(config_dir) / STUDY).is_file()
    if named is None and has_own:
        return config_dir
    if config_dir is not None:
        remedy = "Name one of them; your files may also be in ./configs"
        refuse("card", "and --config-dir both name a folder of configurations", remedy)
    results = dict(word.split("=", 1) for word in overrides if "=" in word).get("results")
    cards = Path(results or "results") / CARDS
    folder = Path(named) if named is not None else _newest(cards)
    if folder is None and any(cards.glob("*/card.json")):
        found = (
            "no card holds a policy, because a true level of the five has no case that was labelled"
        )
        refuse("study=vetted", found, FEWER)
    if folder is None:
        refuse("study=vetted", "no bench has written a policy yet", "Run aeflow vet first")
    if not (folder / CONFIGS / STUDY).is_file():
        remedy = (
            "Name a folder that `aeflow vet` wrote; where a true level of the five "
            f"has no case it writes none. {FEWER}"
        )
        refuse(f"card={folder}", "holds no policy", remedy)
    return str(folder / CONFIGS)


def _newest(cards: Path) -> Path | None:
    """The folder of the newest card that holds a policy; None if there is none."""
    folders = [path.parents[2] for path in cards.glob(f"*/{CONFIGS}/{STUDY}")]
    return max(folders, key=lambda folder: (folder.stat().st_mtime_ns, folder.name), default=None)
