"""Folders of results, which appear whole or not at all under names of their own; and the link to the newest."""

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
"""The beginning of the name of a folder that is being written."""
LATEST = "latest"
RUN_NAMED = re.compile(r"[^/\n]+/\d{4}-\d\d-\d\dT\d{6}-[0-9a-f]{8}(-\d+)?\n")
"""The content of `latest` as a text file: the study and the folder of a run."""


def write_file(path: Path, content: str | bytes, *, to_disk: bool = False) -> None:
    """Write a file, text as UTF-8 with the same line ends on every system, in a folder that others may have filled.

    It is written under a name of its own, which it makes anew, and then replaces what has its name. So half a file is
    never seen, and where either name is a link, what the link leads to stays as it is. `to_disk`: flushed before it
    replaces anything. Raises OSError.
    """
    new = path.with_name(f"{PARTIAL}{path.name}")
    try:
        new.unlink(
            missing_ok=True
        )  # of a process that was killed, or a link that somebody has put there
        with new.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            if to_disk:
                file.flush()
                os.fsync(file.fileno())
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def write_to(path: Path, content: str | bytes, otherwise: str) -> None:
    """Write a file where a user wants it, with the folders that it lies in; `otherwise`: what to do where it cannot be.

    Raises ResultsError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, content)
    except OSError as error:
        why = error.strerror or error
        raise ResultsError(f"{path}: cannot be written ({why}). {otherwise}") from error


def own_folder(parent: Path, name: str) -> Path:
    """A folder in one that others may have filled, made if need be.

    Raises ResultsError if it is a link, which could lead to any other folder, and OSError if it cannot be made.
    """
    folder = parent / name
    folder.mkdir(parents=True, exist_ok=True)
    if folder.resolve() != parent.resolve() / name:
        raise ResultsError(
            f"{folder}: is a link to another folder, so nothing is written there. Remove the link"
        )
    return folder


def must_be_writable(results_dir: Path) -> None:
    """Make the folder of results if need be, and try to write into it. Raises ResultsError if that fails."""
    trial = results_dir / f"{PARTIAL}trial-{os.getpid()}"
    try:
        results_dir.mkdir(parents=True, exist_ok=True)
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        raise not_written(results_dir, error) from error


@contextmanager
def whole_or_nothing(parent: Path, name: str) -> Iterator[Path]:
    """A partial folder of this process, which is removed if an error or Ctrl-C ends the work."""
    partial = parent / f"{PARTIAL}{name}-{os.getpid()}"
    partial.mkdir()
    try:
        yield partial
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def moved(
    partial: Path, parent: Path, name: str, *, about_to: Callable[[str], None] = lambda name: None
) -> Path:
    """Give the finished folder its name, or the name with a number where runs end within one second; its new path.

    Only trying shows whether a name is free: another process may take it in between. `about_to` is called with each
    name before it is tried.
    """
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
    """Make `latest` lead to a run: a relative link, or a text file with the name where links are refused.

    Another file or folder of that name is the user's and is left as it is. Failures are warnings, not errors.
    """
    target = written.relative_to(results_dir)
    link, new = results_dir / LATEST, results_dir / f"{PARTIAL}{LATEST}-{os.getpid()}"
    if not _is_ours(link):
        print(
            f"aeflow: {link} is not ours, so it is left alone. The results are in {written}",
            file=sys.stderr,
        )
        return
    try:
        try:
            new.symlink_to(target, target_is_directory=True)
        except (
            OSError,
            NotImplementedError,
        ):  # Windows without the right to make links, some network drives
            new.write_text(f"{target.as_posix()}\n", encoding="utf-8", newline="\n")
        # give `new` the name of the link. Windows replaces no link to a folder, so the old link is removed first
        # there
        try:
            os.replace(new, link)
        except PermissionError:
            if not link.is_symlink():
                raise
            link.unlink()
            os.replace(new, link)
    except OSError as error:  # the results are written all the same
        print(
            f"aeflow: {link} could not be led to {written} ({error.strerror or error}). The results are there",
            file=sys.stderr,
        )
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _is_ours(link: Path) -> bool:
    """Whether `latest` may be replaced: it is missing, a link, or a text file with the name of a run."""
    if link.is_symlink() or not link.exists():
        return True
    try:
        return RUN_NAMED.fullmatch(link.read_text(encoding="utf-8")) is not None
    except (OSError, UnicodeDecodeError):
        return False


def not_written(where: Path, error: OSError) -> ResultsError:
    """The error that says where nothing could be written, why, and what to do."""
    return ResultsError(
        f"{where}: cannot be written ({error.strerror or error}). "
        "Choose another folder with results=FOLDER, or put its permissions or its free space right"
    )


@contextmanager
def as_results_error(folder: Path) -> Iterator[None]:
    """Raise ResultsError, which says where and what to do, for what the system refuses."""
    try:
        yield
    except OSError as error:
        raise not_written(Path(error.filename or folder), error) from error


def flush(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk; a folder that cannot be opened is left."""
    mode = (
        os.O_RDONLY if path.is_dir() else os.O_RDWR
    )  # Windows flushes no file that is open for reading alone
    try:
        handle = os.open(path, mode)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
