"""The study that `aeflow prices` is about: one department, its run and the pools that get more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simulation.config.studies import load
from simulation.errors import ConfigError, Fault
from simulation.inquiry.shadow_prices import RESOURCES, Extra, extras
from simulation.study.study import Study

RUN = "prices"
"""The file of the run: there are some eighty arms."""


def priced_study(overrides: Sequence[str], *, config_dir: str | Path | None = None) -> tuple[Study, tuple[Extra, ...]]:
    """The study on one department, and what its arms are to have more. Raises ConfigError.

    `overrides`: of the command line. `pools=[...]` names the pools; a `run=` or `ensemble=` there wins over ours, but
    for departments of an ensemble, of which there is no one map.
    """
    rest = [word for word in overrides if not word.startswith("pools=")]
    asked = [word.removeprefix("pools=") for word in overrides if word.startswith("pools=")]
    stated = {word.split("=", 1)[0] for word in rest}
    if "ensemble" in stated and "ensemble=none" not in rest:
        found = "prices are those of one department"
        raise ConfigError([Fault("ensemble", found, "Leave it out, or name a site: site=short_of_triage")])
    words = [*rest, *([] if "ensemble" in stated else ["ensemble=none"]), *([] if "run" in stated else [f"run={RUN}"])]
    study = load(*words, config_dir=config_dir)
    return study, extras(study, _names(asked[-1]) if asked else RESOURCES)


def _names(text: str) -> tuple[str, ...]:
    """'[doctors, practitioners]' or 'doctors' as names."""
    names = tuple(name.strip() for name in text.strip("[]").split(","))
    if not all(names):
        remedy = "Name pools: pools=[triage_nurses,doctors]"
        raise ConfigError([Fault(f"pools={text}", "names nothing", remedy)])
    return names
