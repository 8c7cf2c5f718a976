"""The page on building ensembles names every option of the command, and its commands are ones."""

import re
from pathlib import Path

from simulation.assurance.fitting.command import HOW_IT_IS_RUN, NUMBERS, OF_FILES, WORDS, parsed

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "ensembles.md").read_text(encoding="utf-8")


def test_every_command_of_the_page_is_understood() -> None:
    commands = re.findall(r"^aeflow ensemble ([^#\n]+)", PAGE, re.MULTILINE)
    assert [parsed(each.split()).numbers["departments"] for each in commands] == [100, 60]


def test_the_page_lists_every_option() -> None:
    table = PAGE.split("| option | meaning |")[1].split("\n\n")[0]
    listed = set(re.findall(r"`(\w+)`", table))
    assert listed >= {*NUMBERS, *WORDS, *HOW_IT_IS_RUN, *OF_FILES} - {"engine", "cluster", "study"}


def test_the_defaults_of_the_page_are_those_of_the_command() -> None:
    default = {name: number for name, (number, _, _) in NUMBERS.items()}
    assert f"({default['departments']}; 10 to 1000)" in PAGE
    assert f"({default['confirm']}; {default['confirm_departments']} departments)" in PAGE
