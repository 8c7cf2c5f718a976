"""Heavy work: a question in full, or the page for a board. It runs in a thread of its own, one piece at a time on this
computer, goes on when nobody looks, and lands in the folder of results as any run does.

A piece of work has an address that nobody can guess, so a reload, or another tab, goes on watching it.
"""

from __future__ import annotations

import ctypes
import gc
import getpass
import queue
import secrets
import tempfile
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from filelock import FileLock, Timeout

from simulation.app.departments import Place
from simulation.errors import AeflowError, refuse
from simulation.offers.interview import Answers
from simulation.offers.offer import N_DEPARTMENTS, name_of, write_offer
from simulation.resumable import RunStopped, run_into
from simulation.study.department_warnings import refuse_overload
from simulation.study.offered_load import in_words, refuse_large
from simulation.wording import capitalised

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_WAITING, MOST_KEPT = 4, 40
"""Pieces of work that wait for their turn, and that are kept."""
SECONDS_BETWEEN_TRIES = 0.3
LOCK = Path(tempfile.gettempdir()) / f"aeflow-{getpass.getuser()}.lock"
"""Held by the one app of this user that is at heavy work."""
Stage = Literal[
    "waiting", "elsewhere", "checking", "making", "running", "writing", "done", "stopped", "refused"
]
ENDED = ("done", "stopped", "refused")


@dataclass
class HeavyWork:
    """A piece of heavy work, how far it is, and what came of it.

    key: what is worked out, the same for the same; about: that in words; page: the address on which it was asked for;
    department: the name of one that it made; name: its address, which nobody can guess and which says the page.
    """

    key: tuple[str, ...]
    about: str
    page: str
    do: Callable[[HeavyWork], Path]
    stage: Stage = "waiting"
    n_done: int = 0
    n_all: int = 0
    folder: Path | None = None
    department: str = ""
    notes: list[str] = field(default_factory=list)
    refused: AeflowError | None = None
    stopped: threading.Event = field(default_factory=threading.Event)
    n_changes: int = 0
    name: str = field(init=False)
    _first: tuple[int, float] | None = None

    def __post_init__(self) -> None:
        """Give it an address."""
        page = urlsafe_b64encode(self.page.encode()).decode()
        self.name = f"{secrets.token_urlsafe(16)}.{page}"

    def now(self, stage: Stage, n_all: int = 0) -> None:
        """Say what is done now, in how many steps."""
        self.stage, self.n_done, self.n_all, self._first = stage, 0, n_all, None
        self.n_changes += 1

    def step(self, n_done: int, n_all: int | None = None) -> None:
        """Say how many of the steps have been done. Raises RunStopped if it is to end."""
        self.did(n_done, n_all)
        self.heed()

    def did(self, n_done: int, n_all: int | None = None) -> None:
        """Say how many of the steps have been done."""
        self.n_done, self.n_all, self.n_changes = n_done, n_all or self.n_all, self.n_changes + 1
        self._first = self._first or (n_done, time.monotonic())

    def heed(self) -> None:
        """Raise RunStopped if it is to end."""
        if self.stopped.is_set():
            raise RunStopped("it was stopped before its departments were made")

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.stage in ENDED

    @property
    def time_left(self) -> str:
        """About how long the work will still take, in words; '' if that is not known yet.

        From the pace since the first step, before which there is compiling, and what was kept of an earlier run. What
        follows departments that are made takes about as long: measured, 120 replications of 30.
        """
        n_first, at = self._first or (0, 0.0)
        if not 0 < n_first < self.n_done < self.n_all:
            return ""
        n_left = self.n_all - self.n_done + self.n_all * (self.stage == "making")
        return in_words((time.monotonic() - at) / (self.n_done - n_first) * n_left)


class Background:
    """Pieces of heavy work, for every visitor: they wait for one another, and for those of other apps of this user."""

    def __init__(self, results: Path, n_workers: int, place: Place) -> None:
        self.results, self.place = results, place
        self.where = ("executor=threads", f"workers={max(n_workers - 1, 1)}")
        """One processor is left to those who look at an answer."""
        self._works: OrderedDict[str, HeavyWork] = OrderedDict()
        self._made: dict[tuple[str, ...], tuple[str, list[str]]] = {}
        """Departments of offers that were made: their name, and their figures beside the answers."""
        self._waiting: queue.SimpleQueue[HeavyWork] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, work: HeavyWork) -> HeavyWork:
        """Have it done in its turn; one that is not done yet is not begun a second time. Raises ConfigError if too
        many are waiting."""
        with self._lock:
            unfinished = [one for one in self._works.values() if not one.has_ended]
            if same := next((one for one in unfinished if one.key == work.key), None):
                return same
            if len(unfinished) > MOST_WAITING:
                refuse(
                    "long work",
                    f"{len(unfinished)} pieces are being done or wait",
                    "Try again in some minutes",
                )
            self._works[work.name] = work
            while len(self._works) > MOST_KEPT and next(iter(self._works.values())).has_ended:
                self._works.popitem(last=False)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="background", daemon=True)
                self._thread.start()
        self._waiting.put(work)
        return work

    def knows(self, name: str) -> bool:
        """Whether there is a piece of work at an address."""
        with self._lock:
            return name in self._works

    def work(self, name: str) -> HeavyWork:
        """A piece of work by its address. Raises ConfigError if it is not known."""
        with self._lock:
            if name in self._works:
                return self._works[name]
        remedy = "The app was started anew since. See the stored runs, or ask again: replications that were kept count"
        refuse("this work", "is not known here any more", remedy)

    def n_before(self, work: HeavyWork) -> int:
        """How many pieces come before one that waits."""
        with self._lock:
            names = [one.name for one in self._works.values() if not one.has_ended]
        return names.index(work.name) if work.name in names else 0

    def stop(self) -> None:
        """End all work: what a run has kept is gone on from when it is asked for again."""
        for work in list(self._works.values()):
            work.stopped.set()

    def _run(self) -> None:
        while True:
            work = self._waiting.get()
            try:
                with _alone(work):
                    work.heed()
                    work.folder = work.do(work)
                work.now("done")
            except RunStopped as error:
                work.notes.append(capitalised(str(error)))
                work.now("stopped")
            except (
                Exception
            ) as error:  # one of ours: the reader is told, and the next piece is done
                message = f"{type(error).__name__}: {error}. This is a fault of aeflow: report it"
                work.refused = error if isinstance(error, AeflowError) else AeflowError(message)
                work.now("refused")
            tidy_memory()

    def run_study(self, work: HeavyWork, words: tuple[str, ...], place: Place) -> Path:
        """Run a study of a place to its end and store it; its folder."""
        work.now("checking")
        study = place.load(*words, *self.where)
        refuse_large([study])
        refuse_overload(study)

        def done(n_done: int) -> None:
            work.did(n_done)
            if n_done == work.n_all:
                work.now("writing")

        say, plan = work.notes.append, partial(work.now, "running")
        stored = run_into(
            study, self.results, say=say, done=done, planning=plan, cancelled=work.stopped
        )
        if stored.failed is not None:
            work.notes.append(str(stored.failed))
        return stored.folder

    def make_offer(self, work: HeavyWork, answers: Answers, tables: Path, product: str) -> Path:
        """Make the departments of an offer's answers, as `aeflow offer` does, run its study, and store it; `tables`:
        where tables are that answers name."""
        folder = self.place.folder or Path("configs")
        if work.key not in self._made:
            name = name_of(product, folder)
            work.now("making", 7 * N_DEPARTMENTS)
            of_departments, of_labels = write_offer(
                answers,
                folder,
                tables=tables,
                name=name,
                n=N_DEPARTMENTS,
                progress=work.step,
                where=self.where,
                results=self.results,
                say=work.notes.append,
            )
            self._made[work.key] = name, [*of_departments, *of_labels]
        work.department, beside = self._made[work.key]
        work.notes += [*beside, f"It is called '{work.department}', and its files are in {folder}"]
        return self.run_study(work, (f"study={work.department}",), self.place)


def page_in(name: str) -> str:
    """The page on which a piece of work was asked for, by its address, also after another start; '' if it says none."""
    try:
        page = urlsafe_b64decode(name.partition(".")[2].encode()).decode()
    except ValueError:
        return ""
    return page if page.startswith(("/?", "/interview?")) else ""


def tidy_memory() -> None:
    """Free what nobody needs, for the system too, and have the collector leave alone what stays, so that it soon finds
    what else goes.

    A run has frozen what was there: right for a command, not for what serves on.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    trim_memory()


def trim_memory() -> None:
    """Give freed memory back to the system, where the C library can: it keeps what lies between what stays."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def _alone(work: HeavyWork) -> Iterator[None]:
    """Hold the computer's one place for heavy work. Raises RunStopped if the work is stopped before."""
    lock = FileLock(LOCK)
    while True:
        work.heed()
        try:
            lock.acquire(timeout=SECONDS_BETWEEN_TRIES)
            break
        except Timeout:
            if work.stage != "elsewhere":
                work.now("elsewhere")
    try:
        yield
    finally:
        lock.release()
