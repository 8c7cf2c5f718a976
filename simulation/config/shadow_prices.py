"""The study of `aeflow prices`: one department, its run, and the pools of which it gets more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simulation.config.studies import load
from simulation.errors import refuse
from simulation.questions.shadow_prices import RESOURCES, Extra, extras
from simulation.study.study import Study

RUN = "prices"
"""The packaged run, for some eighty arms."""


def priced_study(overrides: Sequence[str], *, config_dir: str | Path | None = None) -> tuple[Study, tuple[Extra, ...]]:
    """The study on one department, and what each arm is to have more of. Raises ConfigError.

    `overrides`: those of the command line. `pools=[...]` names the pools; `run=` replaces the packaged run. An ensemble
    is refused, because prices are worked out for one department.
    """
    others = [word for word in overrides if not word.startswith("pools=")]
    pools = [word.removeprefix("pools=") for word in overrides if word.startswith("pools=")]
    keys = {word.split("=", 1)[0] for word in others}
    if "ensemble" in keys and "ensemble=none" not in others:
        found = "prices are worked out for one department"
        refuse("ensemble", found, "Leave it out, or name a site: site=short_of_triage")
    usual = {"ensemble": "none", "run": RUN}
    words = [*others, *(f"{key}={value}" for key, value in usual.items() if key not in keys)]
    study = load(*words, config_dir=config_dir)
    return study, extras(study, _names(pools[-1]) if pools else _usual(study))


def _usual(study: Study) -> tuple[str, ...]:
    """The pools that are priced where none is named. Raises ConfigError if the department has not all of them."""
    limited = [name for name, pool in study.baseline.pathway.pools.items() if not pool.unlimited]
    missing = [name for name in RESOURCES if name not in limited]
    if missing:
        found = (
            f"none is named, and this department lacks some of the pools that are usually priced ({', '.join(missing)})"
        )
        example = ",".join(limited[:2])
        refuse("pools", found, f"Name some of its own, as pools=[{example}]: {', '.join(limited)}")
    return RESOURCES


def _names(text: str) -> tuple[str, ...]:
    """The names in '[doctors, practitioners]' or 'doctors'."""
    names = tuple(name.strip() for name in text.strip("[]").split(","))
    if not all(names):
        remedy = "Name pools: pools=[triage_nurses,doctors]"
        refuse(f"pools={text}", "names nothing", remedy)
    return names
