"""Folders of results that are there whole or not at all, under names of their own; and the way to the newest."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from simulation.errors import ResultsError

PARTIAL = ".partial-"
"""What the name of an unfinished folder begins with."""
LATEST = "latest"
RUN_NAMED = re.compile(r"[^/\n]+/\d{4}-\d\d-\d\dT\d{6}-[0-9a-f]{8}(-\d+)?\n")
"""What `latest` says as a text file: the study and the folder of a run."""


def must_be_writable(results_dir: Path) -> None:
    """Make the folder of results if need be and try it. Raises ResultsError: where, why, what to do."""
    trial = results_dir / f"{PARTIAL}trial-{os.getpid()}"
    try:
        results_dir.mkdir(parents=True, exist_ok=True)
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        raise not_written(results_dir, error) from error


@contextmanager
def whole_or_nothing(parent: Path, name: str) -> Iterator[Path]:
    """A partial folder of this process that is gone again if anything, Ctrl-C included, ends the work."""
    partial = parent / f"{PARTIAL}{name}-{os.getpid()}"
    partial.mkdir()
    try:
        yield partial
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def moved(partial: Path, parent: Path, name: str, *, about_to: Callable[[str], None] = lambda name: None) -> Path:
    """Give the finished folder its name; of runs that end within one second, in whatever process, all but one get a
    number. Only trying tells whether a name is free: another process may take it in between. `about_to` is told each
    name before it is tried."""
    for number in count(1):
        final = parent / (name if number == 1 else f"{name}-{number}")
        if final.exists():
            continue
        about_to(final.name)
        try:
            partial.rename(final)
        except OSError:
            if not final.exists():
                raise
        else:
            return final
    raise AssertionError("numbers do not end")


def point_latest(results_dir: Path, written: Path) -> None:
    """`latest`: a relative link, or a text file with the name where links are refused; a warning where both are.

    Something else of that name, a file or folder of the user's, is left as it is, with a warning.
    """
    target = written.relative_to(results_dir)
    link, new = results_dir / LATEST, results_dir / f"{PARTIAL}{LATEST}-{os.getpid()}"
    if not _is_ours(link):
        print(f"aeflow: {link} is not ours, so it is left alone. The results are in {written}", file=sys.stderr)
        return
    try:
        try:
            new.symlink_to(target, target_is_directory=True)
        except (OSError, NotImplementedError):  # Windows without the right to make links, some network drives
            new.write_text(f"{target.as_posix()}\n", encoding="utf-8", newline="\n")
        _replace_link(new, link)
    except OSError as error:  # the results are written all the same
        print(
            f"aeflow: {link} could not be led to {written} ({error.strerror or error}). The results are there",
            file=sys.stderr,
        )
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _replace_link(new: Path, link: Path) -> None:
    """Give `new` the name of the link. Windows replaces no link to a folder, so that it goes first there."""
    try:
        os.replace(new, link)
    except PermissionError:
        if not link.is_symlink():
            raise
        link.unlink()
        os.replace(new, link)


def _is_ours(link: Path) -> bool:
    """Whether `latest` may be replaced: there is none, it is a link, or a text file with the name of a run."""
    if link.is_symlink() or not link.exists():
        return True
    try:
        return RUN_NAMED.fullmatch(link.read_text(encoding="utf-8")) is not None
    except (OSError, UnicodeDecodeError):
        return False


def not_written(where: Path, error: OSError) -> ResultsError:
    """Where nothing could be written, why, and what to do."""
    return ResultsError(
        f"{where}: cannot be written ({error.strerror or error}). "
        "Choose another folder with results=FOLDER, or put its permissions or its free space right"
    )
