"""A question as a text: the overrides of one command, a line each, to keep, to send and to ask again.

`aeflow compare @question.yaml` runs it; `load(*overrides_in(text))` is its study, from memory and without any folder.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from simulation.config.bounds import shortened
from simulation.config.files import plain_text, value_in
from simulation.errors import Faults, refuse
from simulation.study.study import Study
from simulation.version import __version__

MOST_OVERRIDES = 500


def question_text(words: Sequence[str], study: Study) -> str:
    """The text of a file that states these overrides of a study."""
    part = f"{len(study.run.numbers)} of " if study.run.part_name else ""
    return (
        f"# {study.design.question}\n# {study.department_words}; {part}{study.run.how_many}, seed {study.run.seed}. "
        f"aeflow {__version__}. Planning only, not for clinical use.\n# Ask it again: aeflow compare @question.yaml\n"
        + yaml.safe_dump([*words], default_flow_style=False, allow_unicode=True, width=10**6)
    )


def overrides_in(text: str, shown: str = "the question") -> tuple[str, ...]:
    """The overrides that such a text states; `shown` names it in messages. Raises ConfigError if it is none."""
    faults = Faults()
    stated = value_in(text, shown, faults)
    faults.refuse()
    words = stated if isinstance(stated, list) and len(stated) <= MOST_OVERRIDES else []
    if not words or not all(isinstance(word, str) for word in words):
        found = f"is not a list of overrides, {MOST_OVERRIDES} at most"
        refuse(shown, found, "Write one a line, as in `- scenario=busier`, in quotes if need be")
    for word in words:
        if word.startswith(("@", "-")) or ("=" not in word and not word.startswith("~")):
            refuse(
                shown,
                f"'{shortened(word)}' is not of the form key=value",
                "Leave it out, or say key=value",
            )
    return tuple(words)


def with_files(words: Iterable[str]) -> Sequence[str]:
    """The words of a command, those of a file in the place of each `@FILE`. Raises ConfigError if it cannot be read."""
    all_words, faults = list[str](), Faults()
    for word in words:
        text = (
            plain_text(Path(word.removeprefix("@")), word, faults) if word.startswith("@") else None
        )
        faults.refuse()
        all_words += [word] if text is None else overrides_in(text, word)
    return all_words
