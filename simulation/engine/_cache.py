"""Where numba keeps the compiled engine, and the message when it compiles; `compiled_loop` is what is compiled.

numba writes beside the code or, where it may not, into the user's own cache folder, and refuses to start where it can
write neither (a read-only installation, a user without a home). Then a temporary folder is used: this process and its
workers share it, and it starts with a copy of what is kept beside the code, so that nothing is compiled again.
"""

import atexit
import multiprocessing
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import event

from simulation.engine.choose import STAMP, digest, is_fresh

CONFIG: Any = numba.config
HERE = Path(__file__).parent
KEEP = "Name a folder that can be written in NUMBA_CACHE_DIR to keep it"


@cache
def can_cache() -> bool:
    """Whether there is a folder for compiled code. It is found once a process, before anything is compiled.

    Whenever the engine then has to be compiled, one line on stderr says so, and whether later runs will find it.
    """
    if CONFIG.DISABLE_JIT:
        return True
    folder = _cache_folder()
    if folder is not None:
        _remove_stale_code(folder)
        where_kept = f"once; later runs find it in {folder}"
    elif (folder := _temporary_folder()) is not None:
        where_kept = (
            f"for this run only: neither {HERE} nor the user's cache can be written. {KEEP}"
        )
    else:
        where_kept = f"in each process of this run: no folder can be written, not even a temporary one. {KEEP}"
    event.register("numba:compile", _CompileNotice(where_kept))  # type: ignore[no-untyped-call]
    return folder is not None


def _cache_folder() -> Path | None:
    """The folder in which numba would keep what is compiled from this one; None if it can write nowhere."""
    try:
        return Path(str(numba.njit(cache=True)(_empty_function).stats.cache_path))
    except RuntimeError as error:
        if "no locator available" in str(error):
            return None
        raise


def _remove_stale_code(folder: Path) -> None:
    """Remove code that was compiled from other constants than today's."""
    if is_fresh(folder, HERE):
        return
    for file in folder.glob("*.nb[ic]"):
        file.unlink(missing_ok=True)
    (folder / STAMP).write_text(digest(HERE), encoding="utf-8", newline="\n")


def _temporary_folder() -> Path | None:
    """A folder until this process ends, with a copy of what is kept beside the code; None if none can be made."""
    try:
        temporary = tempfile.mkdtemp(prefix="aeflow-compiled-")
    except OSError:
        return None
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    CONFIG.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"] = (
        temporary  # workers look into the environment
    )
    folder = _cache_folder()
    if folder is None:
        return None
    _remove_stale_code(folder)
    beside = HERE / "__pycache__"
    kept = [*beside.glob("*.nb[ic]")] if is_fresh(beside, HERE) else []
    for file in kept:
        shutil.copy(file, folder)
    if kept:
        _say(f"no folder for compiled code can be written; reading what is kept in {beside}")
    return folder


def _empty_function() -> None:
    """A function of this folder, to ask numba where it would keep its code."""


class _CompileNotice(event.Listener):
    """Says once that the engine is being compiled."""

    def __init__(self, where_kept: str) -> None:
        self.where_kept = where_kept
        self.is_said = False

    def on_start(self, event: event.Event) -> None:
        """Say so if the function is one of this folder."""
        if (
            not self.is_said
            and Path(event.data["dispatcher"].py_func.__code__.co_filename).parent == HERE
        ):
            _say(f"compiling the engine (some ten seconds), {self.where_kept}")
            self.is_said = True

    def on_end(self, event: event.Event) -> None:
        """Nothing is said when compiling ends."""


def _say(message: str) -> None:
    if multiprocessing.parent_process() is None:  # workers would say it again
        print(f"aeflow: {message}", file=sys.stderr, flush=True)
