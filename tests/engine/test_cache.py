"""Compiled once: kept beside the code, else in the user's folder, else for one run; always said, never refused.

A small function stands for the engine, whose compiling takes some ten seconds; the engine itself runs at the end.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numba
import pytest

import simulation.engine
from simulation.engine import compiled, compiled_loop

from .strategies import GRIDS, case

ROOT = Path(__file__).parents[2]
ENGINE = """
import numba
def double(number):
    return 2 * number
double = numba.njit(cache=SETTLED)(double)
"""


class Installed(NamedTuple):
    """A folder of code with the module that looks for a place, where `double` is compiled; and the user's folder."""

    folder: Path
    user: Path

    def use(self) -> tuple[ModuleType, Any]:
        """As a new process would: import, compile or read, and run."""
        cache = _load(self.folder / "compiled_cache.py")
        engine = _load(self.folder / "engine.py", SETTLED=cache.can_cache())
        assert engine.double(21) == 42
        return cache, engine.double.stats

    def lock(self) -> None:
        """Nobody can write beside the code, not even root: a file is where the folder would be."""
        (self.folder / "__pycache__").write_text("")

    def lock_user(self) -> None:
        """Nor into the user's folder."""
        self.user.write_text("")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    folder, user = tmp_path / "code", tmp_path / "user"
    folder.mkdir()
    (folder / "engine.py").write_text(ENGINE)
    text = Path(simulation.engine.__path__[0], "compiled_cache.py").read_text(encoding="utf-8")
    (folder / "compiled_cache.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr("numba.misc.appdirs.AppDirs.user_cache_dir", str(user))
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    return Installed(folder, user)


def _load(path: Path, **names: Any) -> Any:
    module = ModuleType(path.stem)
    vars(module).update(names, __file__=str(path))
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), vars(module))
    return module


def _said(capsys: pytest.CaptureFixture[str]) -> str:
    output = capsys.readouterr().err
    assert output.count("\n") <= 1
    return output


def test_the_first_use_compiles_and_says_so_and_later_ones_read(
    installed: Installed, capsys: pytest.CaptureFixture[str]
) -> None:
    _, first = installed.use()
    output = _said(capsys)
    assert "compiling the engine" in output
    assert str(installed.folder / "__pycache__") in output
    _, second = installed.use()
    assert _said(capsys) == ""
    assert (sum(first.cache_misses.values()), sum(second.cache_hits.values())) == (1, 1)


def test_where_nobody_can_write_beside_the_code_the_users_folder_is_named_and_read_later(
    installed: Installed, capsys: pytest.CaptureFixture[str]
) -> None:
    installed.lock()
    installed.use()
    assert f"later runs find it in {installed.user}" in _said(capsys)
    _, second = installed.use()
    assert _said(capsys) == ""
    assert sum(second.cache_hits.values()) == 1


def test_where_no_folder_of_its_own_can_be_written_a_run_compiles_for_itself_and_its_workers(
    installed: Installed, capsys: pytest.CaptureFixture[str]
) -> None:
    installed.lock()
    installed.lock_user()
    _, first = installed.use()
    assert "for this run only" in _said(capsys)
    assert first.cache_path.startswith(os.environ["NUMBA_CACHE_DIR"])
    _, worker = installed.use()  # finds the folder in the environment
    assert _said(capsys) == ""
    assert sum(worker.cache_hits.values()) == 1


def test_where_no_folder_at_all_can_be_written_it_compiles_in_memory_and_says_so(
    installed: Installed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.lock()
    installed.lock_user()
    monkeypatch.setattr(tempfile, "mkdtemp", _refuse)
    cache, _ = installed.use()
    assert cache.can_cache() is False
    assert "no folder can be written, not even a temporary one" in _said(capsys)


def test_what_was_compiled_beside_the_code_is_read_where_that_folder_cannot_be_written(
    installed: Installed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.use()
    _said(capsys)
    installed.lock_user()
    monkeypatch.setattr(tempfile, "TemporaryFile", _refuse_in(installed.folder / "__pycache__"))
    _, second = installed.use()
    assert "no folder for compiled code can be written; reading what is kept in" in _said(capsys)
    assert sum(second.cache_hits.values()) == 1


def test_what_was_compiled_from_constants_that_have_changed_is_compiled_again(
    installed: Installed, capsys: pytest.CaptureFixture[str]
) -> None:
    """numba itself looks only at the file of a function, not at those whose constants it holds."""
    (installed.folder / "rows.py").write_text("DONE = 0\n")
    installed.use()
    (installed.folder / "rows.py").write_text("DONE = 3\n")
    _said(capsys)
    _, second = installed.use()
    assert "compiling the engine" in _said(capsys)
    assert sum(second.cache_misses.values()) == 1
    _, third = installed.use()
    assert sum(third.cache_hits.values()) == 1


def test_a_module_of_somebody_else_that_is_compiled_is_not_called_the_engine(
    installed: Installed, capsys: pytest.CaptureFixture[str]
) -> None:
    _load(installed.folder / "compiled_cache.py").can_cache()
    assert numba.njit(lambda number: number + 1)(1) == 2
    assert _said(capsys) == ""


def _refuse(*arguments: Any, **named: Any) -> Any:
    raise PermissionError("not here")


def _refuse_in(folder: Path) -> Any:
    """numba tries a folder by making a temporary file in it; this refuses in one, as its permissions would a user."""
    make = tempfile.TemporaryFile

    def refusing(*arguments: Any, **named: Any) -> Any:
        return _refuse() if str(named.get("dir")) == str(folder) else make(*arguments, **named)

    return refusing


READ_ONLY = """
import os, sys, tempfile
from pathlib import Path
make = tempfile.TemporaryFile
def refusing(*arguments, **named):
    if not str(named.get("dir", "")).startswith(os.environ.get("NUMBA_CACHE_DIR") or "none"):
        raise PermissionError("not here")
    return make(*arguments, **named)
tempfile.TemporaryFile = refusing
from simulation.engine.choose import engine_named
sys.path.insert(0, "tests")
from engine.strategies import case
made = case(1, 1024)
run = engine_named("compiled")(made.plan, made.columns, made.horizon)
print(len(run.activities), os.environ["NUMBA_CACHE_DIR"])
"""


@pytest.mark.slow
def test_the_engine_runs_where_nothing_can_be_written_and_reads_what_was_compiled_before() -> None:
    made = case(1, GRIDS[1])
    run = compiled.simulate(
        made.plan, made.columns, made.horizon
    )  # so that it has been compiled before
    if (
        Path(compiled_loop.run.stats.cache_path)
        != Path(str(compiled_loop.__file__)).parent / "__pycache__"
    ):
        pytest.skip("compiled code is kept elsewhere, not beside the code (NUMBA_CACHE_DIR)")
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    n_activities, folder = done.stdout.split()
    assert int(n_activities) == len(run.activities)
    assert done.stderr.count("\n") == 1, done.stderr
    assert "reading what is kept" in done.stderr
    assert not Path(folder).exists()
