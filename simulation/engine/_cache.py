"""Where numba keeps what it compiled, and saying when it compiles; `compiled_loop` is what is compiled.

numba writes beside the code or, where it may not, into the user's own cache folder, and refuses to start where it can
write neither (a read-only installation run by nobody in particular). Then a temporary folder has to do: this process
and its workers share it, and it starts with what is kept beside the code, so that nothing is compiled in vain.
"""

from __future__ import annotations

import atexit
import hashlib
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

CONFIG: Any = numba.config
HERE = Path(__file__).parent
KEEP = "Name a folder that can be written in NUMBA_CACHE_DIR to keep it"
BAKED_IN = (HERE / "rows.py", HERE / "contract.py", HERE / "compiled_records.py", HERE.parent / "units.py")
"""Files whose constants and functions are compiled into those of others. numba only looks whether a function's own file
was edited, so it would go on with what these said before."""
STAMP = "compiled-from.txt"
"""What the files above were when the folder's code was compiled: a digest."""


@cache
def settle() -> bool:
    """Find a folder for compiled code, once a process, before anything is compiled; False if there is none at all.

    Whenever the engine then has to be compiled, one line on stderr says so, and whether later runs will find it.
    """
    if CONFIG.DISABLE_JIT:
        return True
    folder = _folder()
    if folder is not None:
        _forget_what_is_stale(folder)
        told = f"once; later runs find it in {folder}"
    elif (folder := _temporary_folder()) is not None:
        told = f"for this run only: neither {HERE} nor the user's cache can be written. {KEEP}"
    else:
        told = f"in each process of this run: no folder can be written, not even a temporary one. {KEEP}"
    event.register("numba:compile", _Telling(told))  # type: ignore[no-untyped-call]
    return folder is not None


def _folder() -> Path | None:
    """Where numba would keep what is compiled from this folder."""
    try:
        return Path(str(numba.njit(cache=True)(_nothing).stats.cache_path))
    except RuntimeError as error:
        if "no locator available" in str(error):
            return None
        raise


def _forget_what_is_stale(folder: Path) -> None:
    """Remove code that was compiled from other constants than there are now."""
    if _is_fresh(folder):
        return
    for file in folder.glob("*.nb[ic]"):
        file.unlink(missing_ok=True)
    (folder / STAMP).write_text(_digest(), encoding="utf-8", newline="\n")


def _is_fresh(folder: Path) -> bool:
    try:
        return (folder / STAMP).read_text(encoding="utf-8") == _digest()
    except OSError:
        return False


def _digest() -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in BAKED_IN if path.is_file())).hexdigest()


def _temporary_folder() -> Path | None:
    """A folder until this process ends, with a copy of what is kept beside the code."""
    try:
        made = tempfile.mkdtemp(prefix="aeflow-compiled-")
    except OSError:
        return None
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    CONFIG.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"] = made  # workers look into the environment
    folder = _folder()
    kept = [*(HERE / "__pycache__").glob("*.nb[ic]")] if _is_fresh(HERE / "__pycache__") else []
    if folder is not None:
        _forget_what_is_stale(folder)
    if folder is not None and kept:
        for file in kept:
            shutil.copy(file, folder)
        _say(f"no folder for compiled code can be written; reading what is kept in {HERE / '__pycache__'}")
    return folder


def _nothing() -> None:
    """A function of this folder, for asking numba where it would keep it."""


class _Telling(event.Listener):
    """Says once that the engine is being compiled."""

    def __init__(self, told: str) -> None:
        self.told = told

    def on_start(self, event: event.Event) -> None:
        """Before anything is compiled."""
        if self.told and Path(event.data["dispatcher"].py_func.__code__.co_filename).parent == HERE:
            _say(f"compiling the engine (some ten seconds), {self.told}")
            self.told = ""

    def on_end(self, event: event.Event) -> None:
        """After it; nothing to say."""


def _say(what: str) -> None:
    if multiprocessing.parent_process() is None:  # workers would say it again
        print(f"aeflow: {what}", file=sys.stderr, flush=True)
