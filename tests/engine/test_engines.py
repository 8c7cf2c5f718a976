"""Which engine runs, and that none can go missing unseen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulation.engine import choose as choosing
from simulation.engine import compiled_cache
from simulation.engine.choose import WORTH_COMPILING, choose, engine_named
from simulation.engine.compiled_cache import is_compiled
from simulation.errors import AeflowError
from tests.held import Hold

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_missing_engine_is_an_error_in_the_tests_and_not_a_skip(tmp_path: Path) -> None:
    (tmp_path / "without_numba.py").write_text("import sys\nsys.modules['numba'] = None\n")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    chosen = "tests/engine/test_rules.py::test_nobody_at_all_makes_empty_tables"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "without_numba",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            chosen,
        ],
        cwd=ROOT,
        env=clean | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 passed, 2 errors" in done.stdout, done.stdout


def test_asking_for_an_engine_that_is_not_installed_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
    hold: Hold,
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    with hold.refusal(AeflowError, match="not installed"):
        engine_named("compiled")


def test_auto_compiles_where_the_work_repays_it_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
    hold: Hold,
) -> None:
    assert choose("auto", WORTH_COMPILING)[0] == "compiled"
    monkeypatch.setattr(choosing, "is_compiled", lambda: False)
    engine, why = choose("auto", WORTH_COMPILING - 1)
    assert engine == "reference"
    assert "too few" in why
    monkeypatch.setattr(choosing, "is_compiled", lambda: True)
    hold(choose("auto", 1))
    monkeypatch.setitem(sys.modules, "numba", None)
    hold(choose("auto", WORTH_COMPILING))


def test_the_engine_lies_compiled_until_its_code_or_a_constant_that_it_holds_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "engine"
    kept = code / "__pycache__"
    kept.mkdir(parents=True)
    monkeypatch.setattr(compiled_cache, "__file__", str(code / "compiled_cache.py"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    for name in ("rows.py", "compiled_loop.py"):
        (code / name).write_text("A = 1\n")
    looked = is_compiled.__wrapped__
    assert not looked()
    index = (
        kept
        / f"compiled_loop.run-1.py{sys.version_info.major}{sys.version_info.minor}{sys.abiflags}.nbi"
    )
    index.write_text("")
    (kept / compiled_cache.STAMP).write_text(compiled_cache.digest_constants(code))
    assert looked()
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert not looked()
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "0")
    os.utime(index, (0, 0))
    assert not looked()
    os.utime(index)
    (code / "rows.py").write_text("A = 2\n")
    assert not looked()


@pytest.mark.parametrize("asked", ["reference", "compiled"])
def test_whoever_asks_for_an_engine_gets_it_whatever_the_work(asked: str) -> None:
    assert choose(asked, 1) == choose(asked, 10**9) == (asked, "as asked")  # type: ignore[arg-type]
