"""How a command line is read: overrides, the folder of configurations, sweeps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from simulation.errors import refuse

if TYPE_CHECKING:
    from simulation.study.study import Study


RunRequest = tuple[list[str], str | None]
"""What one run is composed of: overrides, and the folder of configurations that the command names."""


def options(words: Sequence[str]) -> RunRequest:
    """The overrides, and the folder after --config-dir. Raises ConfigError for a word that is no override."""
    overrides, config_dir = split_config_dir(words)
    for word in overrides:
        if "=" not in word and not word.startswith("~"):
            refuse(word, "is not of the form key=value", "See aeflow --help")
    return overrides, config_dir


def split_own(words: Sequence[str], own: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """The values of a command's own keys, the last of each, and the words that are not of the form own=value.

    >>> split_own(["results/latest", "export=true"], ("export",))
    ({'export': 'true'}, ['results/latest'])
    """
    mine = [word for word in words if "=" in word and word.partition("=")[0] in own]
    return dict(word.split("=", 1) for word in mine), [word for word in words if word not in mine]


def split_config_dir(words: Sequence[str]) -> RunRequest:
    """The words without --config-dir, and the folder that it names."""
    others: list[str] = []
    config_dir: str | None = None
    remaining = iter(words)
    for word in remaining:
        if word == "--config-dir":
            config_dir = next(remaining, None)
            if config_dir is None:
                refuse("--config-dir", "no folder follows", "Name one")
        elif word.startswith("--config-dir="):
            config_dir = word.split("=", 1)[1]
        else:
            others.append(word)
    return others, config_dir


def with_config_dir(config_dir: str | None) -> str:
    """The option --config-dir of a command that is suggested; '' if no folder is named."""
    return f" --config-dir {config_dir}" if config_dir is not None else ""


def sweep(words: Sequence[str]) -> list[RunRequest]:
    """The overrides and the folder of configurations of each run: of one, or with -m of one for each combination of
    comma-separated values."""
    plain = [word for word in words if word not in ("-m", "--multirun")]
    overrides, config_dir = options(plain)
    if len(plain) == len(words):
        return [(overrides, config_dir)]
    from simulation.config import combinations

    return [(chosen, config_dir) for chosen in combinations(overrides)]


def headings(runs: Sequence[RunRequest]) -> list[str]:
    """What the output of each run begins with: which of them it is, and its swept values; '' if there is only one.

    >>> headings([(["run.seed=1", "scenario=usual"], None), (["run.seed=2", "scenario=usual"], None)])
    ['Run 1 of 2: run.seed=1', 'Run 2 of 2: run.seed=2']
    """
    if len(runs) == 1:
        return [""]
    values_by_run = [
        dict(word.split("=", 1) for word in overrides if "=" in word) for overrides, _ in runs
    ]
    keys = dict.fromkeys(key for values in values_by_run for key in values)
    swept = [key for key in keys if len({values.get(key) for values in values_by_run}) > 1]
    return [
        f"Run {number} of {len(runs)}: {', '.join(f'{key}={values[key]}' for key in swept if key in values)}"
        for number, values in enumerate(values_by_run, start=1)
    ]


def print_heading(heading: str) -> None:
    """Print the heading of a run of a sweep, apart from the run before it."""
    if heading:
        print(f"{'' if heading.startswith('Run 1 ') else chr(10)}{heading}")


def is_dry_run(study: Study, *, alone: bool = False) -> bool:
    """Say what would run, and whether that is all because `dry_run` is set; `alone`: one arm."""
    from simulation.report.progress import announce
    from simulation.study.workload import work_of

    announce(study, alone=alone)
    if study.resolved["dry_run"]:
        print(f"Dry run: nothing was simulated. Expected: {work_of(study)}.")
    return bool(study.resolved["dry_run"])


def load_study(overrides: Sequence[str], config_dir: str | None) -> Study:
    """The study that overrides state. Raises ConfigError."""
    from simulation.config import load
    from simulation.vetting.newest_card import with_card

    chosen, folder = with_card(overrides, config_dir)
    return load(*chosen, config_dir=folder)
