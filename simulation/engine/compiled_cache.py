"""Where numba keeps the compiled engine (`compiled_loop`), whether it is there, and the message when it compiles.

numba writes beside the code or, where it may not, into the user's own cache folder, and refuses to start where it can
write neither (a read-only installation, a user without a home). Then a temporary folder is used: this process and its
workers share it, and it starts with a copy of what is kept beside the code, so that nothing is compiled again.
"""

import atexit
import hashlib
import multiprocessing
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

BAKED_IN = ("rows.py", "contract.py", "compiled_records.py", "../units.py")
"""Files whose constants and functions are compiled into the code of others. numba looks only whether a function's own
file was edited, so without the stamp it would go on with the constants of before."""
STAMP = "compiled-from.txt"
"""The file with a digest of the files above as they were when the folder's code was compiled."""
HERE = Path(__file__).parent
KEEP = "Name a folder that can be written in NUMBA_CACHE_DIR to keep it"


@cache
def is_compiled() -> bool:
    """Whether the compiled engine lies ready beside the code, or in NUMBA_CACHE_DIR; numba is not imported to find out.

    It is looked up once a process.
    """
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return False
    code, kept = Path(__file__).parent, os.environ.get("NUMBA_CACHE_DIR")
    name = f"*/compiled_loop.run-*.py{sys.version_info.major}{sys.version_info.minor}{getattr(sys, 'abiflags', '')}.nbi"
    edited_at = (code / "compiled_loop.py").stat().st_mtime
    indexes = Path(kept).glob(name) if kept else code.glob(name)
    return any(
        is_fresh(index.parent, code) and index.stat().st_mtime >= edited_at for index in indexes
    )


def is_fresh(folder: Path, code: Path) -> bool:
    """Whether what is compiled in a folder was compiled from today's constants in the folder of the code."""
    try:
        return (folder / STAMP).read_text(encoding="utf-8") == digest_constants(code)
    except OSError:
        return False


def digest_constants(code: Path) -> str:
    """The digest of the files that are baked in."""
    paths = (code / name for name in BAKED_IN)
    return hashlib.sha256(
        b"".join(path.read_bytes() for path in paths if path.is_file())
    ).hexdigest()


@cache
def can_cache() -> bool:
    """Whether there is a folder for compiled code. It is found once a process, before anything is compiled.

    Whenever the engine then has to be compiled, one line on stderr says so, and whether later runs will find it.
    """
    import numba
    from numba.core import event

    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
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

    class CompileNotice(event.Listener):
        """Says once that the engine is being compiled."""

        is_said = False

        def on_start(self, event: event.Event) -> None:
            """Say so if the function is one of this folder."""
            code = event.data["dispatcher"].py_func.__code__
            if not self.is_said and Path(code.co_filename).parent == HERE:
                _say(f"compiling the engine (some ten seconds), {where_kept}")
                self.is_said = True

        def on_end(self, event: event.Event) -> None:
            """Nothing is said when compiling ends."""

    event.register("numba:compile", CompileNotice())  # type: ignore[no-untyped-call]
    return folder is not None


def _cache_folder() -> Path | None:
    """The folder in which numba would keep what is compiled from this one; None if it can write nowhere."""
    import numba

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
    (folder / STAMP).write_text(digest_constants(HERE), encoding="utf-8", newline="\n")


def _temporary_folder() -> Path | None:
    """A folder until this process ends, with a copy of what is kept beside the code; None if none can be made."""
    import numba

    try:
        temporary = tempfile.mkdtemp(prefix="aeflow-compiled-")
    except OSError:
        return None
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    os.environ["NUMBA_CACHE_DIR"] = temporary  # workers look into the environment
    numba.config.CACHE_DIR = temporary  # type: ignore[attr-defined]
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


def _say(message: str) -> None:
    if multiprocessing.parent_process() is None:  # workers would say it again
        print(f"aeflow: {message}", file=sys.stderr, flush=True)
