"""`aeflow new`: the files of a department of the user's own, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from simulation.commands.command_line import load_study, split_config_dir, with_config_dir
from simulation.errors import refuse

DEPARTMENT = (
    "aeflow new department NAME attendances_per_day=280 beds=510 (or from=gallery/one_nurse)"
)


def new(words: list[str]) -> int:
    """Write a department, and say what to do next."""
    others, config_dir = split_config_dir(words)
    typed = dict(word.split("=", 1) for word in others if "=" in word)
    names = [word for word in others if "=" not in word]
    source = typed.pop("from", None)
    if names[:1] == ["product"]:
        refuse("new product", "is now an interview", "Say: aeflow offer")
    if names[:1] != ["department"] or len(names) != 2 or (bool(source) == bool(typed)):
        refuse("new", f"found '{' '.join(words)}'", f"Say: {DEPARTMENT}")
    if source is not None:
        _copy(names[1], source, config_dir)
    else:
        _department(names[1], typed, config_dir)
    return 0


def _copy(name: str, source: str, config_dir: str | None) -> None:
    """Copy a department alone; say what its files are, and what to do next."""
    from simulation.config.new import new_department

    department, study = new_department(name, source, Path(config_dir or "configs"))
    print(
        f"{department}: the department. Who comes, what happens to them, with whom and for how long."
    )
    print(f"{study}: the question. What is compared, and by which measures.")
    _next(name, config_dir)


def _department(name: str, typed: Mapping[str, str], config_dir: str | None) -> None:
    """Scale the typical department; say what its files are, how full its beds will be, and what to do next."""
    from simulation.config.folders import packaged_configs
    from simulation.config.new import HEADS, new_scaled_department
    from simulation.report.show import scaled_lines

    for path in new_scaled_department(name, typed, Path(config_dir or "configs")):
        print(f"{path}: {HEADS[path.parent.name]}.")
    print("Every number there says how it was derived.\n")
    for line in scaled_lines(
        load_study([f"study={name}"], config_dir), load_study([], str(packaged_configs()))
    ):
        print(line)
    _next(name, config_dir)
    print(f"Offered an AI?   aeflow offer{with_config_dir(config_dir)}")


def _next(name: str, config_dir: str | None) -> None:
    """Say what can be done with a department that was written."""
    where = with_config_dir(config_dir)
    print(f"\nRun it:          aeflow compare study={name}{where}")
    print(f"Look at it:      aeflow show study={name}{where}")
    print(
        "Then change it:  every key is in docs/vocabulary.md; a message says what is wrong and what to do."
    )
