"""What a newcomer meets first: the command, and how little it loads before it answers."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import simulation

ROOT = Path(__file__).parents[1]
HEAVY = {
    "pandas",
    "matplotlib",
    "scipy",
    "simpy",
    "numba",
    "hydra",
    "omegaconf",
    "pydantic",
    "pyarrow",
}
LOADED = "import json, sys, simulation.cli; print(json.dumps(sorted(sys.modules)))"


def python(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)


def test_loading_the_commands_loads_no_heavy_library() -> None:
    done = python("-c", LOADED)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout))
    assert "simulation.cli" in loaded
    assert loaded & HEAVY == set()


def test_the_front_door_lists_its_public_names_and_nothing_else() -> None:
    assert dir(simulation) == sorted(simulation.__all__)
    assert {
        "load",
        "compare",
        "write",
        "figure",
        "AeflowError",
        "ConfigError",
        "ResultsError",
    } <= set(dir(simulation))


@pytest.mark.parametrize("name", simulation.__all__)
def test_every_public_name_leads_somewhere(name: str) -> None:
    assert getattr(simulation, name) is not None


def test_a_name_that_is_not_public_is_told_as_python_tells_it() -> None:
    with pytest.raises(AttributeError, match="no attribute 'compair'"):
        _ = simulation.compair


def test_help_answers_and_names_the_command() -> None:
    done = python("-m", "simulation", "--help")
    assert done.returncode == 0, done.stderr
    assert "aeflow" in done.stdout


def test_the_command_aeflow_is_the_cli() -> None:
    (command,) = entry_points(group="console_scripts", name="aeflow")
    assert command.value in (
        "aeflow:main",
        "simulation.cli:main",
    )  # of an install before it was moved


@pytest.mark.slow
def test_aeflow_is_the_front_by_the_name_of_the_package() -> None:
    import aeflow

    assert dir(aeflow) == dir(simulation)
    assert aeflow.load is simulation.load
    assert (
        python("-c", "from aeflow import *; print(compare.__module__)").stdout == "simulation.api\n"
    )
    assert python("-m", "aeflow", "--version").stdout == f"aeflow {simulation.__version__}\n"


def test_a_simulation_of_the_users_own_that_hides_the_package_is_named_and_not_run(
    tmp_path: Path,
) -> None:
    own = tmp_path / "simulation.py"
    own.write_text("print('ran')\n", encoding="utf-8")
    for words, code in ((("-c", "import aeflow"), 1), (("-m", "aeflow", "--version"), 2)):
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == code
        assert done.stdout == ""
        told = done.stderr.splitlines()[-1]
        assert f"{own} hides the package 'simulation'" in told
    assert done.stderr == f"{told}\n"


@pytest.mark.slow
def test_the_wheel_holds_every_page_that_a_message_names() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"][
        "build"
    ]["targets"]
    shipped = wheel["wheel"]["force-include"]
    assert all(
        (ROOT / page).exists() and target == f"simulation/{page}"
        for page, target in shipped.items()
    )
    for path in (ROOT / "simulation").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in docstrings
            ):
                for page in re.findall(r"docs/[\w/-]+\.md", node.value):
                    assert any(
                        page == known or page.startswith(f"{known}/") for known in shipped
                    ), (path, page)


ROOMS = sorted(path.parent for path in (ROOT / "simulation").glob("*/__init__.py"))
MOST_SHARED_FUNCTIONS, MOST_SHARED_MODULES = 9, 10
"""Names of public functions, and of modules, that stand in two rooms. To be lowered, and never raised.

The room `commands` does not count: a command's function has the name of what it does, as the public one has."""


def public_functions(room: Path) -> set[str]:
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in room.rglob("*.py"))
    functions = (node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef))
    return {function.name for function in functions if not function.name.startswith("_")}


def shared(names_of: Callable[[Path], set[str]]) -> list[str]:
    rooms = Counter(name for room in ROOMS if room.name != "commands" for name in names_of(room))
    assert len(rooms) > 100
    return sorted(name for name, n in rooms.items() if n > 1)


def test_few_names_stand_for_two_things() -> None:
    functions = shared(public_functions)
    modules = shared(lambda room: {path.stem for path in room.rglob("*.py")} - {"__init__"})
    assert len(functions) <= MOST_SHARED_FUNCTIONS, functions
    assert len(modules) <= MOST_SHARED_MODULES, modules
    assert not {"compare", "check", "plain", "groups"} & {*functions, *modules}
