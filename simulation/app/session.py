"""The session of a process: questions in work, a thread each; results kept in memory; a cap on all work together.

A question is worked on while somebody looks. Its result stays for a while, so that a reload, another view or a second
reader goes on from it. Files that were sent are kept under names that nobody can guess, and never written.
"""

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeVar
from weakref import WeakValueDictionary
from zipfile import ZipFile

import simulation as ae
from simulation.app.asked import AskedQuestion, Pairs, question_of_file
from simulation.app.background import Background, tidy_memory, trim_memory
from simulation.app.departments import N_DEPARTMENTS, Place
from simulation.app.work_queue import FirstFew, Places, QuestionShare, VisitorShare, WorkQueue
from simulation.errors import AeflowError, refuse
from simulation.resumable import broken_off
from simulation.runs.stored_run import ListedRun, Listing, list_runs, unfinished_runs

MOST_REPLICATIONS = 60
"""Replications after which a question rests until somebody asks for more: a minute or less on two processors."""
MOST_RUNNING, MOST_KEPT, MOST_FILES = 6, 24, 20
"""Questions that are worked on at once, results, and files and folders that are kept."""
FIRST_RUN, FIRST_NAME = Path(__file__).with_name("stored") / "first.zip", "first"
"""The run of the first visit, as much of it as `narrow` needs (`docs.tools.first_visit`), and its name among runs."""
NAMELESS = "nameless"
"""The visitor of all who give no name."""
FIRST = 4
"""The fewest replications that are shown: below four no interval is bounded."""
PROFILED = 4
"""Replications that are simulated again, with day profiles, for views of a day; no other work needs any."""

Key = TypeVar("Key")
Kept = TypeVar("Kept")
Step = Literal[
    "waiting", "loading", "checking", "compiling", "simulating", "looking", "refused", "ended"
]


@dataclass(frozen=True)
class AnswerState:
    """What a reader sees at one moment: what is done, the result so far, and why nothing more comes."""

    step: Step
    result: ae.Result | None = None
    refused: AeflowError | None = None


def count_replications(result: ae.Result | None) -> int:
    """How many replications there are of a result; 0 where there is none."""
    return 0 if result is None else len(result.replications)


def _joined(one: ae.Result, other: ae.Result) -> ae.Result:
    """The longer of two results of a question, with the day profiles that either has."""
    with_days, without = (one, other) if one.run.profiles >= other.run.profiles else (other, one)
    missing = without.replications[count_replications(with_days) :]
    if not missing:
        return with_days
    if with_days.run.profiles == without.run.profiles:
        return without
    return with_days.with_more(missing, 0.0, 0.0)


def first_shown(asked: AskedQuestion) -> int:
    """The fewest replications of a question whose effects are shown: over departments, each of them once."""
    return N_DEPARTMENTS if asked.where.ensemble else FIRST


def _first_run() -> ae.Result:
    """The run that comes with the package. Raises ResultsError."""
    with TemporaryDirectory() as folder, ZipFile(FIRST_RUN) as packed:
        packed.extractall(folder)
        return ae.read(folder)


def _add_newest(kept: dict[Key, Kept], key: Key, value: Kept, most: int) -> None:
    """Add to what is kept, of which the oldest goes where there is more than may be kept."""
    kept[key] = value
    if len(kept) > most:
        del kept[next(iter(kept))]


def _key(asked: AskedQuestion) -> tuple[object, ...]:
    """What a result is kept under: the question, and the user's own files as they are now."""
    return (asked.overrides, asked.place, asked.place.stamp())


class Session:
    """Questions in work, their results and files, for every visitor of one process."""

    def __init__(
        self, n_workers: int, results: Path | None = None, place: Place | None = None
    ) -> None:
        self.n_workers = n_workers
        self.place = place or Place()
        self._results = results
        self.background = Background(results or Path("results"), n_workers, self.place)
        self._queue = WorkQueue(n_workers)
        self._shares: WeakValueDictionary[str, VisitorShare] = WeakValueDictionary()
        self._places = Places(MOST_RUNNING)
        self._kept: dict[tuple[object, ...], ae.Result] = {}
        self._files: dict[str, AskedQuestion] = {}
        self._sent: dict[str, Place] = {}
        self._lock = threading.Lock()
        self.n_running = 0

    # --- files and results ----------------------------------------------------------------------------------------

    def take_in(self, text: str, place: Place) -> AskedQuestion:
        """A file's question in a place, kept under a name that nobody can guess. Raises ConfigError."""
        asked = question_of_file(text, secrets.token_urlsafe(16), place)
        with self._lock:
            _add_newest(self._files, asked.file, asked, MOST_FILES)
        return asked

    def keep(self, place: Place) -> Place:
        """The same folder that was sent, kept under its name."""
        with self._lock:
            _add_newest(self._sent, place.sent, place, MOST_FILES)
        return place

    def place_of(self, pairs: Pairs) -> Place:
        """Where the configurations of an address are. Raises ConfigError if they were sent and are not kept now."""
        name = dict(pairs).get("sent", "")
        return self._taken(self._sent, name) if name else self.place

    def file(self, name: str) -> AskedQuestion:
        """The question of a file that was sent here. Raises ConfigError if it is not, or no longer, known."""
        return self._taken(self._files, name)

    def _taken(self, kept: dict[str, Kept], name: str) -> Kept:
        with self._lock:
            if name in kept:
                return kept[name]
        remedy = "Send it again: it is kept in memory, and only for a while"
        refuse("what was sent", "is not known here any more", remedy)

    def result(self, asked: AskedQuestion) -> ae.Result | None:
        """The longest result of a question that is kept."""
        with self._lock:
            return self._kept.get(_key(asked))

    def shown(self, asked: AskedQuestion) -> ae.Result | None:
        """The same, once it has as many replications as are shown."""
        result = self.result(asked)
        return result if count_replications(result) >= first_shown(asked) else None

    def profiled(self, asked: AskedQuestion) -> ae.Result | None:
        """The same with day profiles of its first replications, which are simulated again for them, once."""
        result = self.result(asked)
        if result is None or asked.run or result.run.profiles:
            return result
        executor = FirstFew(self.n_workers, self.share().question(PROFILED))
        growth = ae.grow(
            asked.place.load(*asked.overrides, f"run.profiles={PROFILED}"), executor=executor
        )
        for again in growth:
            if len(again.replications) == PROFILED:
                growth.cancel()
        executor.close()
        self._keep(asked, again.with_more(result.replications[PROFILED:], 0.0, 0.0))
        return self.result(asked)

    def share(self, visitor: str = "") -> VisitorShare:
        """A visitor's share of the processors, the same while any work of theirs goes on; without a name, a new one."""
        if not visitor:
            return self._queue.share()
        with self._lock:
            return self._shares.setdefault(visitor, self._queue.share())

    def listing(self) -> Listing:
        """The runs in the folder of results, the newest first, and why others cannot be read."""
        if self._results is None or not self._results.is_dir():
            return Listing((), ())
        return list_runs(self._results)

    def runs(self) -> dict[str, ListedRun]:
        """Those that are finished, by the name of their folder within that of results."""
        return self.named(self.listing().runs)

    def named(self, runs: Iterable[ListedRun]) -> dict[str, ListedRun]:
        """The finished ones of these runs, by the name of their folder within that of results."""
        results = self._results or Path()
        return {run.path_in(results): run for run in runs if run.finished}

    def kept_in_full(self, asked: AskedQuestion) -> dict[str, tuple[int, int]]:
        """How many replications are kept of a question in full that was broken off, and of how many, by length."""
        found: dict[str, tuple[int, int]] = {}
        if self._results is None or asked.run or not unfinished_runs(self._results):
            return found
        for length in asked.lengths:
            with suppress(AeflowError):
                words = (*asked.in_full(length), *self.background.where)
                run = broken_off(asked.place.load(*words), self._results)
                if run is not None:
                    found[length] = run.n_replications, run.n_planned
        return found

    def open_run(self, name: str) -> AskedQuestion:
        """A stored run, read and kept. Raises ConfigError for a name that is not listed, ResultsError as `ae.read`."""
        asked = AskedQuestion(run=name, arms=())
        if self.result(asked) is None:
            self._keep(asked, _first_run() if name == FIRST_NAME else ae.read(self.folder(name)))
        return asked

    def folder(self, name: str) -> Path:
        """The folder of a stored run. Raises ConfigError for a name that is not listed."""
        if run := self.runs().get(name):
            return run.folder
        refuse("run", f"there is no '{name[:60]}'", "Choose one of those that are listed")

    def _keep(self, asked: AskedQuestion, result: ae.Result) -> None:
        with self._lock:
            before = self._kept.pop(_key(asked), None)
            longest = _joined(before, result) if before else result
            # without what was worked out to show it, which is many times as large
            _add_newest(self._kept, _key(asked), replace(longest), MOST_KEPT)

    def warm_up(self) -> None:
        """Read the configuration, load the engine and simulate once, so that the first question is quick."""
        asked = AskedQuestion(place=self.place)
        executor = ae.ThreadExecutor(1, self.share().question())
        with suppress(AeflowError):
            growth = ae.grow(asked.place.load(*asked.overrides), executor=executor)
            self._keep(asked, next(growth))
            growth.cancel()
        executor.close()
        tidy_memory()

    # --- work -----------------------------------------------------------------------------------------------------

    async def stream(
        self, asked: AskedQuestion, most: int = MOST_REPLICATIONS, visitor: str = ""
    ) -> AsyncIterator[AnswerState]:
        """The states of an answer while it is worked on, the newest each time. The work ends when nobody asks for the
        next, and rests, `waiting`, while others have no first answer or far fewer replications.

        The last one is `ended` or `refused`. `visitor`: a name that is the same for all questions of one visitor;
        those who give none count as one.
        """
        question = self.share(visitor or NAMELESS).question(first_shown(asked))
        so_far = self.result(asked)
        if count_replications(so_far) >= most:
            yield AnswerState("ended", so_far)
            return
        if self._places.are_taken:
            yield AnswerState("waiting", so_far)
        step: Step = "waiting"
        while step not in ("refused", "ended"):
            so_far = max(so_far, self.result(asked), key=count_replications)
            question.n = count_replications(so_far)
            await self._places.take(question)
            work = _Work(self, asked, most, question, so_far)
            work.thread.start()
            self.n_running += 1
            try:
                step = "loading"
                while step not in ("waiting", "refused", "ended"):
                    state = await work.next()
                    yield state
                    step, so_far = state.step, state.result
            finally:
                work.stop()
                self.n_running -= 1


class _Work:
    """A thread that works on one question, from what is known `so_far`, and the newest state of its answer. It gives
    the question's place back as it ends."""

    def __init__(
        self,
        session: Session,
        asked: AskedQuestion,
        most: int,
        question: QuestionShare,
        so_far: ae.Result | None,
    ) -> None:
        self._session, self._asked, self._most = session, asked, most
        self._question, self._so_far = question, so_far
        self._loop = asyncio.get_running_loop()
        self._newest: AnswerState | None = None
        self._changed = asyncio.Event()
        self._stopped = threading.Event()
        self._growth: ae.Growth | None = None
        self.thread = threading.Thread(target=self._run, name="question", daemon=True)

    async def next(self) -> AnswerState:
        """The newest state, once there is one that was not seen."""
        await self._changed.wait()
        self._changed.clear()
        assert self._newest is not None
        return self._newest

    def stop(self) -> None:
        """Have the work end: replications end before the next part of their work."""
        self._stopped.set()
        if self._growth is not None:
            self._growth.cancel()

    def _show(self, state: AnswerState) -> None:
        def put() -> None:
            self._newest = state
            self._changed.set()

        with suppress(RuntimeError):  # the server has ended
            self._loop.call_soon_threadsafe(put)

    def _run(self) -> None:
        question, places = self._question, self._session._places
        executor = FirstFew(self._session.n_workers, question)
        newest: ae.Result | None = None
        step: Step = "ended"
        try:
            for newest in self._grown(executor):
                self._session._keep(self._asked, newest)
                n = question.n = len(newest.replications)
                self._show(AnswerState("looking" if question.is_answered else "simulating", newest))
                if n >= self._most or self._stopped.is_set():
                    self.stop()
                elif places.are_wanted(question):
                    step = "waiting"
                    self.stop()
            self._show(AnswerState(step, newest))
        except AeflowError as error:
            self._show(AnswerState("refused", refused=error))
        except Exception as error:  # of ours: the reader is told, and the server goes on
            message = (
                f"{type(error).__name__}: {error}. This is a fault of aeflow: report "
                "it, with the link of the page"
            )
            self._show(AnswerState("refused", refused=AeflowError(message)))
        finally:
            executor.close()
            places.give_back(question)
            trim_memory()

    def _grown(self, executor: ae.ThreadExecutor) -> Iterator[ae.Result]:
        """Results that grow, from the one that is known; that one first."""
        so_far = self._so_far
        if so_far is not None:
            yield so_far
            if len(so_far.replications) >= self._most:
                return
        else:
            self._show(AnswerState("loading"))
        with self._question:  # a question that was left while it waited is not even loaded
            if self._stopped.is_set():
                return
            growth = self._growth = ae.grow(
                self._asked.place.load(*self._asked.overrides, "run.profiles=0")
                if so_far is None
                else so_far.study,
                executor=executor,
                phase=lambda phase: self._show(AnswerState(phase)) if so_far is None else None,
                so_far=so_far,
            )
        if self._stopped.is_set():
            growth.cancel()
        yield from growth
