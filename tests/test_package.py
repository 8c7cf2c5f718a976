"""What a newcomer meets first: the command, and how little it loads before it answers."""

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import simulation

ROOT = Path(__file__).parents[1]
HEAVY = {"pandas", "matplotlib", "scipy", "simpy", "numba", "hydra", "omegaconf", "pydantic", "pyarrow"}
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
    assert {"load", "compare", "write", "figure", "AeflowError", "ConfigError", "ResultsError"} <= set(dir(simulation))


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
    assert command.value == "simulation.cli:main"
