"""The page on building ensembles names every option of the command, and its commands are ones."""

import re
from pathlib import Path

from simulation.assurance.fitting.command import HOW_IT_IS_RUN, OF_FILES
from simulation.commands.command_line import TAKES, read_line

KEYS = {key.name: key for key in TAKES["ensemble"].keys}
PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "ensembles.md").read_text(encoding="utf-8")


def test_every_command_of_the_page_is_understood() -> None:
    commands = re.findall(r"^aeflow ensemble ([^#\n]+)", PAGE, re.MULTILINE)
    assert [read_line("ensemble", each.split())["departments"] for each in commands] == [100, 60]


def test_the_page_lists_every_option() -> None:
    table = PAGE.split("| option | meaning |")[1].split("\n\n")[0]
    listed = set(re.findall(r"`(\w+)`", table))
    assert listed >= {*KEYS, *HOW_IT_IS_RUN, *OF_FILES} - {"engine", "cluster", "study"}


def test_the_defaults_of_the_page_are_those_of_the_command() -> None:
    departments = KEYS["departments"]
    assert f"({departments.usual}; {departments.least} to {departments.most})" in PAGE
    usual = [KEYS[name].usual for name in ("confirm", "confirm_departments")]
    assert "({}; {} departments)".format(*usual) in PAGE
