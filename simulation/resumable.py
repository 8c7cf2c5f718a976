"""Runs whose replications are stored as they end: a stopped run is resumed by the same command, a finished one
extended.

The commands run studies this way (`run_into`); `api.compare` stores nothing until its result is written. Arms that a
finished run has simulated already are taken from it (`arm_sources`).
"""

import gc
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from simulation.api import Result, read, what_changed
from simulation.errors import AeflowError, ResultsError
from simulation.records.serialise import Plain
from simulation.report.contents import draw_pathway, every_picture
from simulation.report.department_pictures import draw_profiled
from simulation.report.write import write_report
from simulation.runs.atomic import must_be_writable, point_latest
from simulation.runs.provenance import (
    ARM_KEYS,
    TAKEN,
    Identity,
    about,
    arm_keys,
    identity_of,
    manifest_of,
)
from simulation.runs.replicate import ReplicationResult
from simulation.runs.running import Done, ExecutorFailed, Runner, as_planned, no_progress
from simulation.runs.stored_run import (
    ListedRun,
    StoredRun,
    UnfinishedRun,
    finished_runs,
    list_runs,
    read_run,
    unfinished_runs,
    write_data,
)
from simulation.study.explanation import Explained
from simulation.study.offered_load import refuse_large
from simulation.study.study import Study

Say = Callable[[str], None]


@dataclass(frozen=True)
class Stored:
    """A result and its folder; `failed`: why pictures or the page are missing, None if none are."""

    result: Result
    folder: Path
    failed: ResultsError | None = None


class RunStopped(AeflowError):
    """A run was cancelled; the replications that had ended are kept."""


def run_into(
    study: Study,
    results: Path,
    *,
    resume: bool = True,
    reuse: bool = True,
    say: Say = print,
    done: Done = no_progress,
    keeping: Done = no_progress,
    planning: Done = no_progress,
    cancelled: threading.Event | None = None,
) -> Stored:
    """Run a study, keep its replications as they end, and write its folder of results, as the commands do.

    An unfinished run of the same study and program is resumed, unless `resume` is false. Arms that a finished run of
    any study simulated in the same departments, with the same policy, seed and length, are taken from it, unless
    `reuse` is false, too: names, words and prices may have changed. `say` gets the words for what is resumed or taken,
    and for what is there and not used. Called with numbers of replications: `done` with how many have ended, `keeping`
    with how many have their tables written (`run.keep`), `planning` with how many there will be (`run.precision`).
    Raises ResultsError if the folder cannot be written, RunStopped once `cancelled` is set, and AeflowError with the
    numbers of replications that failed; the others are kept.
    """
    must_be_writable(results)
    identity, parent = identity_of(study), results / study.design.name
    unfinished = UnfinishedRun(
        parent, identity, about=about(study), part_of=study.run.part_name, resume=resume
    )
    with unfinished:
        sources = dict[str, ArmSource]()
        if reuse and not (unfinished.is_anew or study.run.part_name):
            sources = arm_sources(study, identity, results, say)
        known = _taken_from(sources, study)
        whole = {number: one for number, one in known.items() if len(one.arms) == len(study.arms)}
        numbers = set(as_planned(study, whole).run.numbers)
        taken, _ = _taken(sources, numbers - unfinished.kept.keys())
        for note in (*unfinished.notes, *_notes_of(taken, study)):
            say(f"Note: {note}.")
        written = _written_already(as_planned(study, unfinished.kept), unfinished, say=say)
        if written is not None:
            return _stored(written, results, unfinished)
        explained = Explained(study)
        with ThreadPoolExecutor(1) as meanwhile:
            meanwhile.submit(draw_pathway, explained)  # what fails is told when the page is made
            meanwhile.map(import_module, ("pandas", "pyarrow.parquet"))

            def draw(first: tuple[ReplicationResult, ...]) -> None:
                meanwhile.submit(draw_profiled, Result(study, first, explained))

            runner, seconds = _completed(
                study,
                unfinished,
                known,
                say=say,
                done=done,
                planning=planning,
                profiled=draw,
                cancelled=cancelled,
            )
        gc.freeze()  # all of this stays: looking through it for garbage takes a tenth of the time of a report
        study, ordered = runner.study, runner.results
        taken, taken_seconds = _taken(sources, set(runner.study.run.numbers))
        engine_seconds = unfinished.engine_seconds + taken_seconds
        manifest = manifest_of(
            study, ordered, identity, wall_seconds=seconds, engine_seconds=engine_seconds
        )
        manifest |= {TAKEN: taken} if taken else {}
        return _stored(
            Result(study, ordered, explained, manifest), results, unfinished, keeping=keeping
        )


def broken_off(study: Study, results: Path) -> ListedRun | None:
    """The unfinished run of a study and this program, as it is kept in a folder of results; None if there is none."""
    for folder in unfinished_runs(results, identity_of(study).key):
        with suppress(ResultsError):
            return list_runs(folder).runs[0]
    return None


def finished_run(study: Study, results: Path) -> Result | None:
    """The newest finished run of this very study in a folder of results, with the words and prices that the study has
    now; None if there is none. One that is damaged is passed over, and printed to be."""
    keys = arm_keys(study, identity_of(study))
    for folder, manifest in finished_runs(results / study.design.name):
        if manifest.get(ARM_KEYS) != keys:
            continue
        try:
            before = read(folder)
        except ResultsError as error:
            print(f"Note: {error}. What it holds is not used.")
            continue
        now = replace(study, run=before.run)
        return Result(now, before.replications, Explained(now), before.manifest, folder)
    return None


@dataclass(frozen=True)
class ArmSource:
    """A finished run from which an arm is taken: the arm's name there, and the replications that may be used."""

    name: str
    run: StoredRun
    replications: Mapping[int, ReplicationResult]


def arm_sources(study: Study, identity: Identity, results: Path, say: Say) -> dict[str, ArmSource]:
    """By arm, the finished run in a folder of results from which it is taken; an arm that none has simulated is left
    out.

    Of several runs, one of exactly the same arms is preferred, then the one with the most replications, then the
    newest. None on another engine or executor is used: whoever asks for one wants to see the study run there. `say`
    gets the words for a run that is damaged, which is passed over.
    """
    keys, found = arm_keys(study, identity), dict[str, ArmSource]()

    def rank(of: tuple[Path, Plain]) -> tuple[bool, int, str]:
        folder, manifest = of
        return _holds_the_same(manifest, keys), manifest["n_replications"], folder.name

    for folder, manifest in sorted(finished_runs(results), key=rank, reverse=True):
        theirs = {key: name for name, key in manifest.get(ARM_KEYS, {}).items()}
        shared = {name: theirs[key] for name, key in keys.items() if key in theirs}
        is_here = all(manifest[name] == getattr(study, name) for name in ("engine", "executor"))
        if not (is_here and shared.keys() - found.keys()):
            continue
        try:
            run = read_run(folder)
        except ResultsError as error:
            say(f"Note: {error}. What it holds is not used.")
            continue
        # where an arm needed more days to cool down, all got them: another study's may not need them
        days = study.run.cool_down_days
        replications = {
            one.replication: one
            for one in run.replications
            if one.cool_down_days == days or _holds_the_same(manifest, keys)
        }
        if replications:
            found = {name: ArmSource(of, run, replications) for name, of in shared.items()} | found
    return found


def _holds_the_same(manifest: Plain, keys: Mapping[str, str]) -> bool:
    """Whether a run simulated the same arms, whatever they are called."""
    return set(manifest.get(ARM_KEYS, {}).values()) == set(keys.values())


def _taken_from(sources: Mapping[str, ArmSource], study: Study) -> dict[int, ReplicationResult]:
    """Replications with the arms that finished runs hold, in the order of the study."""
    known: dict[int, ReplicationResult] = {}
    for name in filter(sources.__contains__, [arm.name for arm in study.arms]):
        for number, one in sources[name].replications.items():
            arms = known[number].arms if number in known else {}
            known[number] = replace(one, arms={**arms, name: one.arms[sources[name].name]})
    return known


def _taken(
    sources: Mapping[str, ArmSource], numbers: AbstractSet[int]
) -> tuple[dict[str, Plain], float]:
    """Of replications of these numbers: by folder, the arms that are taken from it and in how many of them, for the
    manifest; and the seconds of the engine that they took."""
    taken, seconds = dict[str, Plain](), 0.0
    for name, source in sources.items():
        if used := numbers & source.replications.keys():
            of = taken.setdefault(str(source.run.folder), {"arms": [], "replications": len(used)})
            of["arms"].append(name)
            n = sum(source.replications[number].arms[source.name].n_activities for number in used)
            manifest = source.run.manifest
            seconds += n * manifest["engine_seconds"] / max(manifest["activities"], 1)
    return taken, seconds


def _notes_of(taken: Mapping[str, Plain], study: Study) -> Iterator[str]:
    """What is said of the arms that are taken from finished runs."""
    n = len(study.run.numbers)
    for folder, of in taken.items():
        held, arms = of["replications"], f"{len(of['arms'])} of {len(study.arms)} arms"
        part = "" if held >= n else f" in {held} of {n} replications"
        note = f"{arms} are taken from {folder}{part}, and not run again (resume=false runs all)"
        if part and len(of["arms"]) == len(study.arms):
            extend = f"aeflow extend {folder} {n - held}"
            note += f". If you have seen its answer, go on with {extend}: its intervals allow for the look"
        yield note


def _written_already(study: Study, unfinished: UnfinishedRun, *, say: Say) -> Result | None:
    """The result of a process that wrote its data and ended before its report; None if there is none."""
    folder = unfinished.finished_as
    if folder is None:
        return None
    try:
        result = read(folder)
    except ResultsError as error:
        say(f"Note: {error}; its folder is written again.")
        return None
    if not set(study.run.keep) <= set(result.kept) or result.numbers != tuple(study.run.numbers):
        return None
    say(f"Resuming: {folder} holds all replications; its report is made.")
    return result


def _stored(
    result: Result, results: Path, unfinished: UnfinishedRun, *, keeping: Done = no_progress
) -> Stored:
    """Write the data of a result, unless a folder holds them, and its report; what was kept of it is removed."""
    try:
        folder = result.folder or _written(result, unfinished, keeping)
    except KeyboardInterrupt:
        words = f"All {len(result.numbers)} replications are kept in {unfinished.folder}; the same command resumes it."
        raise KeyboardInterrupt(words) from None
    point_latest(results, folder)
    failed = write_report(folder, result)
    unfinished.remove(result.numbers)
    return Stored(result, folder, failed)


def _written(result: Result, unfinished: UnfinishedRun, keeping: Done) -> Path:
    """Write the data of a result; returns its folder. Pictures are drawn while the disk is flushed."""
    parent, within, about_to = (
        unfinished.folder.parent,
        unfinished.folder,
        unfinished.will_finish_as,
    )
    write = partial(write_data, result, parent, within=within, about_to=about_to, keeping=keeping)
    if result.run.keep:  # simulates again, which a signal has to be able to stop
        return write()
    with ThreadPoolExecutor(1) as meanwhile:
        folder = meanwhile.submit(write)
        with suppress(Exception):  # what fails is told when the page is made
            every_picture(result)
        return folder.result()


def _completed(
    study: Study,
    unfinished: UnfinishedRun,
    finished: Mapping[int, ReplicationResult] = MappingProxyType({}),
    *,
    say: Say,
    done: Done,
    planning: Done = no_progress,
    profiled: Callable[[tuple[ReplicationResult, ...]], object] = lambda first: None,
    cancelled: threading.Event | None = None,
) -> tuple[Runner, float]:
    """A run of all replications that a study needs, and the seconds that it took.

    Those that were kept are not run again, nor those of a `finished` run; each of the others is kept as it ends.
    `profiled` is called with those that have day profiles, once they are there.
    """
    began = time.perf_counter()
    known = {**finished, **unfinished.kept}
    runner = Runner(study, known, cancelled=cancelled, unfinished=unfinished, planned=planning)
    run = runner.study.run
    if n := sum(number in unfinished.kept for number in run.numbers):
        say(
            f"Resuming an unfinished run: {n} of {len(run.numbers)} replications are kept (resume=false begins anew)."
        )
    if runner.n_kept:
        done(runner.n_kept)
    first = () if run.profile_all else tuple(filter(run.profiles.__gt__, run.numbers))
    try:
        for result in runner:
            done(runner.n_kept)
            if result.replication in first and runner.known.keys() >= set(first):
                profiled(tuple(runner.known[number] for number in first))
        if runner.is_cancelled:
            raise RunStopped("the run was stopped")
    except (KeyboardInterrupt, ExecutorFailed, RunStopped) as stop:
        n_kept, n_all = len(unfinished.kept) + unfinished.n_added, len(runner.study.run.numbers)
        if not n_kept:
            raise
        words = f"{n_kept} of {n_all} replications are kept in {unfinished.folder}; the same command resumes it."
        if isinstance(stop, AeflowError):
            raise type(stop)(f"{stop}. {words}") from stop
        raise KeyboardInterrupt(words) from None
    return runner, time.perf_counter() - began


def extend_into(
    folder: Path | str,
    n: int,
    results: Path,
    *,
    resume: bool,
    done: Done,
    on: Callable[[Study], Study],
) -> Stored:
    """Extend a stored result by the next `n` replications, and write the whole into a new folder, as the commands do.

    The replications are kept as they end, and an extension that was stopped is resumed, as by `run_into`. `on`: the
    study with another executor. Raises ResultsError if the result is of another program (`what_changed`), because its
    replications and new ones would not be of one study.
    """
    before = read(folder)
    changed = what_changed(before)
    if changed:
        raise ResultsError(
            f"{folder}: since it was run, {', '.join(changed)} changed, so new replications would not be of the same "
            f"study. Run all of it again: aeflow compare from={folder}"
        )
    must_be_writable(results)
    part = on(before.part(n))
    refuse_large([part])
    identity, parent = Identity(before.manifest["identity"]), results / part.design.name
    unfinished = UnfinishedRun(
        parent, identity, about=about(part), part_of=part.run.part_name, resume=resume
    )
    with unfinished:
        runner, seconds = _completed(part, unfinished, say=print, done=done)
        extended = before.with_more(runner.results, seconds, unfinished.engine_seconds)
        return _stored(extended, results, unfinished)
