"""What is stored is what was computed, whatever happened in between; damage is named and never read as numbers."""

import contextlib
import json
import random
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

import simulation as ae
from simulation.api import what_changed
from simulation.cli import main
from simulation.config import load, packaged_configs
from simulation.config.studies import study_of
from simulation.display.drawing import Picture
from simulation.records.serialise import to_json
from simulation.report import contents as pictures_module
from simulation.report import write as report_module
from simulation.resumable import RunStopped, run_into
from simulation.runs import provenance as identity_module
from simulation.runs import running
from simulation.runs.atomic import point_latest
from simulation.runs.provenance import (
    Identity,
    about,
    checksum_of,
    content_of,
    identity_of,
    sealed,
)
from simulation.runs.replicate import Count, ReplicationResult, replicate
from simulation.runs.running import open_executor
from simulation.runs.stored_run import (
    FINISHED,
    IDENTITY,
    PREFIX,
    StoredRun,
    UnfinishedRun,
    list_runs,
    part_paths,
    read_part,
    write_data,
    write_part,
)
from simulation.statistics.coverage_effects import Shares
from simulation.study.explanation import cost_of, explain
from simulation.study.study import Study
from tests.held import Hold
from tests.long.damage import flipped, mangled

SMALL = Picture("pathway", b"a picture", "alternative text", "caption")
QUICK = ("ai_triage", "coverage", "guardian", "published/treatment_centre")
STUDIES = [
    pytest.param(name, marks=() if name in QUICK else pytest.mark.long)
    for name in sorted(
        path.relative_to(packaged_configs() / "study").with_suffix("").as_posix()
        for path in (packaged_configs() / "study").rglob("[!_]*.yaml")
    )
]
"""Studies that come with the package; four of different kinds are tried by default."""


def same(one: Any, other: Any) -> bool:
    """Equal, arrays number by number and to the last bit; missing is like missing."""
    if isinstance(one, np.ndarray):
        return (
            one.dtype == other.dtype
            and one.shape == other.shape
            and np.array_equal(one, other, equal_nan=True)
        )
    if is_dataclass(one) and type(one) is type(other):
        return all(same(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or (one != one and other != other)


def without_clock_times(replication: ReplicationResult) -> ReplicationResult:
    return replace(replication, engine_seconds=0.0, seconds=0.0)


@pytest.fixture(scope="module")
def four(study: Study) -> Study:
    """Three arms, four replications of one day, to be run by and by."""
    arms = tuple(study.arm(name) for name in ("nurse", "sham", "lean_triage"))
    length = replace(
        study.run, replications=4, warm_up_days=0, measured_days=1, cool_down_days=1, doublings=0
    )
    return replace(study, arms=arms, run=length)


@pytest.fixture(scope="module")
def computed(four: Study) -> ae.Result:
    return ae.compare(four)


@pytest.fixture(scope="module")
def folder(computed: ae.Result, undrawn: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return computed.write(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def stored(folder: Path) -> ae.Result:
    return ae.read(folder)


@pytest.fixture
def without_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders with one small picture and a short page."""
    monkeypatch.setattr(pictures_module, "pictures", lambda result: ())
    monkeypatch.setattr(pictures_module, "picture_of", lambda sketch: SMALL)
    monkeypatch.setattr(report_module, "page", lambda result, drawn: "a page")


# --- what comes back --------------------------------------------------------------------------------------------------


def test_departments_whose_triggers_differ_are_stored_together(
    computed: ae.Result, tmp_path: Path
) -> None:
    """A trigger that a replication's department does not have is never on in it."""
    first, second, *_ = computed.replications
    nurse = first.arms["nurse"]
    assert nurse.day is not None
    day = replace(nurse.day, triggered=nurse.day.triggered | {"corridor": 0.25})
    first = replace(first, arms={**first.arms, "nurse": replace(nurse, day=day)})
    for order in ((first, second), (second, first)):
        numbered = [replace(each, replication=number) for number, each in enumerate(order)]
        back, _ = read_part(write_part(tmp_path, numbered, key="mine"), key="mine")
        days = [each.arms["nurse"].day for each in back]
        assert sorted(each.triggered["corridor"] for each in days if each) == [0.0, 0.25]


def test_a_stored_result_is_the_one_that_was_computed(
    computed: ae.Result, stored: ae.Result
) -> None:
    assert type(stored) is type(computed)
    for part in ("design", "run", "arms", "alone", "choices"):
        assert getattr(stored.study, part) == getattr(computed.study, part)
    assert content_of(stored.study) == content_of(computed.study)
    assert len(stored.replications) == len(computed.replications) == 4
    for ours, theirs in zip(computed.replications, stored.replications, strict=True):
        assert same(without_clock_times(ours), without_clock_times(theirs))
    assert ae.same_numbers(computed, stored)
    assert same(stored.explanation, computed.explanation)
    assert repr(stored.comparisons) == repr(computed.comparisons)
    assert stored.findings == computed.findings
    assert stored.safety == computed.safety
    assert repr(stored) == repr(computed)


def test_a_stored_result_has_the_tables_and_figures_of_the_computed_one(
    computed: ae.Result, stored: ae.Result, folder: Path
) -> None:
    ours, theirs = computed.tables, stored.tables
    assert list(ours) == list(theirs)
    assert all(same(table, theirs[name]) for name, table in ours.items() if name != "run")
    for name in ("differences", "day"):
        assert computed.figure(name) == stored.figure(name)
        assert stored.figure(name).png == (folder / "figures" / f"{name}.png").read_bytes()


@pytest.mark.slow
def test_the_page_of_a_stored_result_is_the_one_in_the_folder(
    folder: Path, stored: ae.Result
) -> None:
    assert stored.report() == (folder / "report.html").read_text(encoding="utf-8")


def test_patients_of_a_stored_result_are_those_of_the_run(
    computed: ae.Result, stored: ae.Result
) -> None:
    ours, theirs = (each.patients("lean_triage", 3) for each in (computed, stored))
    assert ours.equals(theirs)


@pytest.mark.parametrize("name", STUDIES)
def test_every_packaged_study_comes_back_equal(name: str, tmp_path: Path) -> None:
    import json

    study = load(f"study={name}", "engine=compiled")
    content = json.loads(
        to_json({**content_of(study), "planned_replications": study.run.replications})
    )
    explanation = explain(study.only())
    run = StoredRun(tmp_path, {"versions": {}, "files": {}}, content, explanation, ())
    again = study_of(run)
    assert again.design == study.design
    assert again.run == study.run
    assert again.arms == study.arms
    assert again.alone == study.alone
    assert content_of(again) == content_of(study)
    assert identity_of(again) == identity_of(study)
    assert len({id(arm.pathway) for arm in again.arms}) <= len(
        {id(arm.pathway) for arm in study.arms}
    )


@pytest.mark.slow
def test_months_waits_and_profiles_of_a_study_that_has_them_come_back(
    tmp_path: Path, without_report: None
) -> None:
    study = load(
        "study=coverage",
        "run.replications=1",
        "run.warm_up_days=0",
        "run.measured_days=35",
        "engine=compiled",
    )
    study = replace(study, run=replace(study.run, by_month=True, start_week=0), executor="serial")
    computed = ae.compare(study)
    assert all(
        arm.months and arm.waits is not None and arm.day
        for arm in computed.replications[0].arms.values()
    )
    again = ae.read(computed.write(tmp_path))
    assert same(
        without_clock_times(again.replications[0]), without_clock_times(computed.replications[0])
    )


def test_an_arm_in_which_nobody_is_in_both_comes_back(
    computed: ae.Result, tmp_path: Path, without_report: None
) -> None:
    nobody = Shares(better=float("nan"), worse=float("nan"), n_paired=0, n_unpaired=3)
    replications = tuple(
        replace(
            each,
            arms={name: replace(arm, shares=nobody, day=None) for name, arm in each.arms.items()},
        )
        for each in computed.replications
    )
    some = replace(computed, replications=replications)
    again = ae.read(some.write(tmp_path))
    for ours, theirs in zip(some.replications, again.replications, strict=True):
        assert same(without_clock_times(ours), without_clock_times(theirs))
    shares = again.arm("sham").shares
    assert shares is not None
    assert (shares.n_paired, shares.n_unpaired) == (0, 12)
    assert np.isnan(shares.better)


@pytest.mark.slow
def test_results_and_studies_have_a_repr_of_ten_lines(computed: ae.Result) -> None:
    assert len(repr(computed).splitlines()) <= 10
    assert len(repr(computed.study).splitlines()) <= 10
    everything = ae.compare(
        replace(load("ensemble=none"), run=computed.run, engine_asked="compiled", executor="serial")
    )
    assert len(repr(everything).splitlines()) <= 10
    assert len(repr(everything.study).splitlines()) <= 10
    assert max(map(len, repr(everything).splitlines())) < 250


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the replications that are run in a test, as they are run."""
    numbers: list[int] = []

    def counted(study: Study, number: int, **_: object) -> ReplicationResult:
        numbers.append(number)
        return replicate(study, number)

    monkeypatch.setattr(running, "replicate", counted)
    return numbers


# --- a run that ends early --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_was_kept_is_not_run_again_unless_asked(
    four: Study,
    computed: ae.Result,
    ran: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    without_report: None,
    hold: Hold,
) -> None:
    def stopped_at_two(study: Study, number: int, **_: object) -> ReplicationResult:
        if number == 2:
            raise KeyboardInterrupt
        return replicate(study, number)

    def stop() -> None:
        with monkeypatch.context() as until:
            until.setattr(running, "replicate", stopped_at_two)
            with hold.refusal(KeyboardInterrupt, match="2 of 4 replications are kept"):
                run_into(four, tmp_path, say=output.append)

    output: list[str] = []
    stop()
    ran.clear()
    counts: list[int] = []
    stored = run_into(four, tmp_path, say=output.append, done=counts.append)
    hold(output)
    assert (ran, counts) == ([2, 3], [2, 3, 4])
    assert ae.same_numbers(stored.result, computed)
    assert not list(tmp_path.glob("*/.unfinished-*"))
    shutil.rmtree(stored.folder)
    stop()
    output.clear()
    ran.clear()
    again = run_into(four, tmp_path, resume=False, say=output.append)
    assert ran == [0, 1, 2, 3]
    assert output == []
    assert ae.same_numbers(again.result, computed)


def test_a_cancelled_run_keeps_what_has_ended_and_is_gone_on_with(
    four: Study, computed: ae.Result, tmp_path: Path, without_report: None, hold: Hold
) -> None:
    cancelled = threading.Event()

    def cancel_at_two(n_done: int) -> None:
        if n_done == 2:
            cancelled.set()

    with hold.refusal(RunStopped, match="2 of 4 replications are kept"):
        run_into(four, tmp_path, done=cancel_at_two, cancelled=cancelled)
    output: list[str] = []
    stored = run_into(four, tmp_path, say=output.append, cancelled=threading.Event())
    assert "2 of 4 replications are kept" in output[0]
    assert ae.same_numbers(stored.result, computed)


def opened(study: Study, results: Path) -> UnfinishedRun:
    """The unfinished run of a study."""
    return UnfinishedRun(results / study.design.name, identity_of(study), about=about(study))


@contextlib.contextmanager
def unfinished(study: Study, results: Path, done: tuple[ReplicationResult, ...]) -> Iterator[Path]:
    """An unfinished run in which these replications are kept, each a part of its own."""
    with opened(study, results) as run:
        for replication in done:
            write_part(run.folder / "parts", [replication], key=run.key)
    yield run.folder


def test_a_second_writer_is_refused_and_the_first_goes_on(
    four: Study, computed: ae.Result, tmp_path: Path, without_report: None, hold: Hold
) -> None:
    with opened(four, tmp_path) as first:
        with hold.refusal(ae.ResultsError, match="another process"):
            run_into(four, tmp_path)
        first.add(computed.replications[0])
    output: list[str] = []
    assert ae.same_numbers(run_into(four, tmp_path, say=output.append).result, computed)
    assert "1 of 4 replications are kept" in output[0]


def damaged(path: Path, damage: str) -> Path:
    """A part after some damage."""
    part = path.read_bytes()
    if damage == "renamed":
        return path.rename(path.with_name(path.name.replace("-", "-0")))
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        flipped_part = part[:1000] + bytes([part[1000] ^ 4]) + part[1001:]
        path.write_bytes(
            {"flip": flipped_part, "cut": part[: len(part) // 2], "empty": b""}[damage]
        )
    return path


@pytest.mark.parametrize(
    "damages",
    [("flip", "renamed"), pytest.param(("cut", "empty", "folder"), marks=pytest.mark.slow)],
)
def test_damaged_parts_are_named_and_their_replications_are_run_again(
    damages: tuple[str, ...], four: Study, computed: ae.Result, tmp_path: Path, without_report: None
) -> None:
    with unfinished(four, tmp_path, computed.replications) as kept:
        parts = sorted(part_paths(kept / "parts"))[1 : 1 + len(damages)]
    parts = [damaged(path, damage) for path, damage in zip(parts, damages, strict=True)]
    output: list[str] = []
    stored = run_into(four, tmp_path, say=output.append)
    assert len(output) == len(damages) + 1
    for path, line in zip(parts, output, strict=False):
        assert path.name in line
        assert "run again" in line
    assert f"{4 - len(damages)} of 4 replications are kept" in output[-1]
    assert ae.same_numbers(stored.result, computed)
    assert not list(tmp_path.glob("*/.unfinished-*"))


def test_a_part_comes_back_to_the_last_bit_and_only_for_its_own_run(
    four: Study, computed: ae.Result, tmp_path: Path, hold: Hold
) -> None:
    path = write_part(tmp_path, computed.replications[1:3], key="mine")
    replications, work = read_part(path, key="mine")
    for ours, theirs in zip(computed.replications[1:3], replications, strict=True):
        assert same(without_clock_times(ours), without_clock_times(theirs))
    assert work["seconds"] == pytest.approx(
        sum(each.seconds for each in computed.replications[1:3])
    )
    with hold.refusal(ae.ResultsError, match="part of another"):
        read_part(path, key="another")


def test_a_part_in_the_first_form_is_read(tmp_path: Path) -> None:
    """It was written by the version before counts were stored by arm."""
    (path,) = (Path(__file__).parent / "stored").glob("*.parquet")
    replications, _ = read_part(path, key="old")
    counts = [[each.total(count) for count in get_args(Count)] for each in replications]
    assert counts == [[1452, 19021, 17822, 4], [1552, 19846, 18498, 2]]
    means = [[arm.measures.values[0] for arm in each.arms.values()] for each in replications]
    assert means == [
        [80.68412664578045, 83.31206872620558],
        [127.36149961890244, 123.78713081173781],
    ]
    again, _ = read_part(write_part(tmp_path, replications, key="new"), key="new")
    assert all(
        same(*map(without_clock_times, pair)) for pair in zip(again, replications, strict=True)
    )


def test_parts_of_another_program_are_named_and_not_used(
    four: Study,
    computed: ae.Result,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    without_report: None,
    hold: Hold,
) -> None:
    with unfinished(four, tmp_path, computed.replications[:2]) as kept:
        pass
    monkeypatch.setattr(identity_module, "source_digest", lambda: "another")
    output: list[str] = []
    stored = run_into(four, tmp_path, say=output.append)
    hold(output)
    assert ae.same_numbers(stored.result, computed)
    assert len(list(part_paths(kept / "parts"))) == 2


@pytest.mark.slow
def test_a_finished_run_is_not_simulated_again_where_only_words_or_prices_changed(
    four: Study,
    computed: ae.Result,
    ran: list[int],
    tmp_path: Path,
    without_report: None,
    hold: Hold,
) -> None:
    two = replace(four, run=replace(four.run, replications=2))
    first = run_into(two, tmp_path, say=lambda words: None)
    ran.clear()
    nurse, sham, lean = two.arms
    assert lean.arm.cost is not None
    dear = replace(lean.arm, cost=replace(lean.arm.cost, per_year=99_000.0, range=None))
    dearer = replace(two, arms=(nurse, sham, replace(lean, arm=dear)))
    output: list[str] = []
    again = run_into(dearer, tmp_path, say=output.append)
    hold(output)
    assert (ran, again.folder != first.folder) == ([], True)
    assert ae.same_numbers(again.result, first.result)
    costs = [cost_of(ae.read(one.folder).study.arm("lean_triage")) for one in (first, again)]
    assert [one and one.pounds for one in costs] == [lean.arm.cost.per_year, 99_000.0]
    more = run_into(four, tmp_path, say=output.append)
    hold(output[-1])
    assert ran == [2, 3]
    assert ae.same_numbers(more.result, computed)
    ran.clear()
    run_into(two, tmp_path, reuse=False, say=output.append)
    elsewhere = replace(two, engine_asked="reference")
    run_into(elsewhere, tmp_path, say=output.append)
    later = replace(two.run, seed=two.run.seed + 1)
    run_into(replace(two, run=later), tmp_path, say=output.append)
    assert ran == [0, 1] * 3
    ran.clear()
    for folder in (tmp_path / two.design.name).iterdir():
        (folder / "details.parquet").write_bytes(b"")
    assert ae.same_numbers(run_into(two, tmp_path, say=output.append).result, first.result)
    assert ran == [0, 1]
    assert "details.parquet: is damaged" in output[-1]


@pytest.mark.slow
def test_what_a_run_of_fewer_replications_does_not_need_is_kept(
    four: Study, computed: ae.Result, tmp_path: Path, without_report: None
) -> None:
    with unfinished(four, tmp_path, computed.replications):
        pass
    two = replace(four, run=replace(four.run, replications=2))
    output: list[str] = []
    assert len(run_into(two, tmp_path, say=output.append).result.replications) == 2
    assert len(run_into(four, tmp_path, say=output.append).result.replications) == 4
    assert ["2 of 2" in output[0], "4 of 4" in output[1]] == [True, True]
    assert not list(tmp_path.glob("*/.unfinished-*"))


@pytest.mark.slow
def test_a_run_that_ended_before_its_report_is_finished_unless_more_is_asked_or_it_is_damaged(
    four: Study, computed: ae.Result, tmp_path: Path, without_report: None, hold: Hold
) -> None:
    two = replace(four, run=replace(four.run, replications=2))
    with unfinished(two, tmp_path, computed.replications[:2]):
        first = run_into(two, tmp_path, say=lambda words: None).folder
    for more, said_of in ((two, "report is made"), (four, "2 of 4 replications are kept")):
        with opened(two, tmp_path) as run:
            for replication in computed.replications[:2]:
                write_part(run.folder / "parts", [replication], key=run.key)
            run.will_finish_as(first.name)
        output: list[str] = []
        stored = run_into(more, tmp_path, say=output.append)
        hold(output[-1], said_of)
        assert len(stored.result.replications) == more.run.replications
        assert (stored.folder == first) == (more is two)
    (first / "details.parquet").write_bytes(b"")
    with opened(two, tmp_path) as run:
        for replication in computed.replications[:2]:
            write_part(run.folder / "parts", [replication], key=run.key)
        run.will_finish_as(first.name)
    output = []
    assert run_into(two, tmp_path, say=output.append).folder != first
    assert "details.parquet: is damaged" in output[0]


@pytest.mark.slow
def test_a_failing_replication_is_named_and_the_others_are_kept(
    four: Study,
    computed: ae.Result,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    without_report: None,
    hold: Hold,
) -> None:
    def fail_one(study: Study, number: int, **_: object) -> ReplicationResult:
        if number == 1:
            raise ZeroDivisionError("a patient of nobody")
        return replicate(study, number)

    with monkeypatch.context() as while_it_fails:
        while_it_fails.setattr(running, "replicate", fail_one)
        with pytest.raises(ae.AeflowError) as failed:
            run_into(four, tmp_path)
        with hold.refusal(ae.AeflowError):
            ae.compare(four)
    hold(str(failed.value), "replication 1 failed (ZeroDivisionError")
    output: list[str] = []
    stored = run_into(four, tmp_path, say=output.append)
    assert "3 of 4 replications are kept" in output[0]
    assert ae.same_numbers(stored.result, computed)


# --- growing, extending, putting together -----------------------------------------------------------------------------


def test_growing_gives_the_unbroken_beginning_and_ends_as_the_whole(
    four: Study, computed: ae.Result
) -> None:
    results = list(ae.grow(four))
    assert [len(result.replications) for result in results] == [1, 2, 3, 4]
    for result in results:
        assert [each.replication for each in result.replications] == list(
            range(len(result.replications))
        )
    assert ae.same_numbers(results[-1], computed)
    assert results[-1].findings == computed.findings
    assert [result.interval_kind for result in results] == [*3 * ["always_valid"], "fixed_sample"]


def test_a_slow_replication_holds_later_ones_back(
    four: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They arrive as 2, 0, 1, 3: nothing is shown of 2 before 0 and 1 are there."""
    done = {number: replicate(four, number) for number in range(4)}
    monkeypatch.setattr(
        running, "completed", lambda *_, **__: iter([done[2], done[0], done[1], done[3]])
    )
    assert [len(result.replications) for result in ae.grow(four)] == [1, 3, 4]


def test_growth_is_cancelled_from_another_thread_and_the_last_result_is_whole(four: Study) -> None:
    growth = ae.grow(replace(four, run=replace(four.run, replications=500)))
    last = next(growth)
    threading.Timer(0.3, growth.cancel).start()
    began = time.monotonic()
    for result in growth:
        last = result
    assert time.monotonic() - began < 20
    assert 1 <= len(last.replications) < 500
    assert last.table().shape[0] == len(last.comparisons)
    assert list(growth) == []


def test_intervals_of_a_result_that_may_be_looked_at_again_are_wider_around_the_same_differences(
    four: Study, computed: ae.Result
) -> None:
    """Of four replications: bounded for a comparison alone, so that both ends can be compared."""
    looked_at = replace(computed, study=replace(four, run=replace(four.run, replications=100)))
    assert (looked_at.interval_kind, computed.interval_kind) == ("always_valid", "fixed_sample")
    n_wider = 0
    for early, planned in zip(looked_at.comparisons, computed.comparisons, strict=True):
        assert (early.arm, early.measure, early.group) == (
            planned.arm,
            planned.measure,
            planned.group,
        )
        assert same(early.difference, planned.difference)
        if planned.n_replications == 4 and planned.difference_high > planned.difference_low:
            assert early.difference_low < planned.difference_low
            assert early.difference_high > planned.difference_high
            n_wider += 1
    assert n_wider > 100


@pytest.mark.slow
def test_more_adds_the_next_replications_to_a_result_computed_or_read(
    four: Study, computed: ae.Result, folder: Path, tmp_path: Path, hold: Hold
) -> None:
    two = ae.compare(replace(four, run=replace(four.run, replications=2)))
    counts: list[int] = []
    grown = two.more(2, done=counts.append)
    assert counts == [1, 2]
    assert ae.same_numbers(grown, computed)
    assert grown.manifest["n_replications"] == 4
    extended = ae.read(folder).more(1)
    assert extended.replications[-1].replication == 4
    assert extended.manifest["engine_seconds"] > ae.read(folder).manifest["engine_seconds"]
    assert ae.same_numbers(ae.read(extended.write(tmp_path)), extended)
    with hold.refusal(ae.ResultsError, match="0 more replications"):
        two.more(0)


def test_more_runs_on_an_executor_that_lives_on(four: Study, computed: ae.Result) -> None:
    two = replace(four, run=replace(four.run, replications=2))
    with open_executor(two) as executor:
        result = (
            ae.compare(two, executor=executor).more(1, executor=executor).more(1, executor=executor)
        )
    assert ae.same_numbers(result, computed)


def part(study: Study, first: int, count: int, **changes: Any) -> Study:
    return replace(study, run=replace(study.run, first=first, count=count, **changes))


@pytest.mark.slow
def test_parts_of_a_run_are_put_together_as_the_whole(
    four: Study, computed: ae.Result, tmp_path: Path, without_report: None
) -> None:
    folders = [run_into(part(four, first, 2), tmp_path, say=print).folder for first in (2, 0)]
    gathered = ae.gather(folders)
    assert ae.same_numbers(gathered, computed)
    assert gathered.findings == computed.findings
    assert gathered.interval_kind == "fixed_sample"
    assert gathered.manifest["attendances"] == computed.manifest["attendances"]
    again = ae.read(gathered.write(tmp_path / "whole"))
    assert again.study.run.numbers == range(4)
    assert ae.same_numbers(again, computed)


@pytest.mark.slow
def test_parts_that_do_not_make_one_run_are_refused(
    four: Study, tmp_path: Path, without_report: None, hold: Hold
) -> None:
    first = run_into(part(four, 0, 2), tmp_path, say=print).folder
    overlapping = run_into(part(four, 1, 2), tmp_path, say=print).folder
    of_another = run_into(part(four, 2, 2, seed=7), tmp_path, say=print).folder
    for folders, told in (
        ([], "folder is named"),
        (
            [first],
            r"no folder \(the first is 2\).*run\.first=2 run\.count=2",
        ),
        ([first, overlapping], "replication 1 is in another"),
        (
            [first, of_another],
            "its departments",
        ),
        ([first, tmp_path / "nowhere"], "no such folder"),
    ):
        with hold.refusal(ae.ResultsError, match=told):
            ae.gather(folders)


# --- a stored study, run again ----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.usefixtures("without_report")
def test_a_stored_study_is_run_again_to_the_last_bit_whatever_the_configuration_says(
    folder: Path,
    computed: ae.Result,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    hold: Hold,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert what_changed(ae.read(folder)) == ()
    assert main(["compare", f"from={folder}", "executor=serial", "results=again"]) == 0
    hold(capsys.readouterr().out, f"same as in {folder}, to the last")
    assert ae.same_numbers(ae.read(tmp_path / "again" / "latest"), computed)


@pytest.mark.slow
@pytest.mark.usefixtures("without_report")
def test_a_study_run_again_by_another_program_says_what_changed(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    hold: Hold,
) -> None:
    monkeypatch.setattr(identity_module, "source_digest", lambda: "another")
    assert main(["compare", f"from={folder}", "executor=serial", f"results={tmp_path}"]) == 0
    hold(capsys.readouterr().out, "package's source changed")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("from=nowhere",), "no such folder"),
        (
            ("from={folder}", "scenario=busier_staff_follow"),
            "scenario=busier_staff_follow",
        ),
        (("from={folder}", "workers=many"), "workers: found 'many'"),
        (("from={folder}", "workers=-1"), "workers: found -1"),
        (("from={folder}", "workers=100000"), "workers: found 100000"),
        (("from={folder}", "executor=nobody"), "executor: found 'nobody'"),
    ],
)
def test_a_mistake_with_a_stored_study_is_one_message(
    words: tuple[str, ...],
    told: str,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    hold: Hold,
) -> None:
    assert (
        main(["compare", *(word.format(folder=folder) for word in words), f"results={tmp_path}"])
        == 2
    )
    output = capsys.readouterr().err
    hold(output, told)
    assert output.count("aeflow:") == 1


# --- damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["[]", "null", "7", '{"folder": []}'])
def test_a_damaged_note_of_an_unfinished_run_is_passed_over(content: str, tmp_path: Path) -> None:
    identity = Identity({"study": "ours"})
    beside = tmp_path / f"{PREFIX}beside"
    beside.mkdir()
    (beside / IDENTITY).write_text(content)
    with UnfinishedRun(tmp_path, identity, about={}) as run:
        assert run.notes == []
        (run.folder / FINISHED).write_text(content)
        assert run.finished_as is None


@pytest.fixture(scope="module")
def another(four: Study, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of another run of the same study, beside the same pictures."""
    made = write_data(
        ae.compare(replace(four, run=replace(four.run, seed=7))), tmp_path_factory.mktemp("another")
    )
    for name in ("figures", "tables"):
        shutil.copytree(folder / name, made / name)
    for name in ("report.html", "decomposition.csv"):
        if (folder / name).exists():
            shutil.copy(folder / name, made / name)
    return made


def test_a_flipped_bit_is_never_read_as_other_numbers(
    stored: ae.Result, folder: Path, tmp_path: Path
) -> None:
    chance = random.Random(20261125)
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    outcomes = [flipped(copy, stored, chance) for _ in range(20)]
    assert {came_to for _, came_to in outcomes} == {"refused", "same"}, outcomes


@pytest.mark.slow
def test_a_mangled_run_is_one_message_and_never_a_traceback(
    stored: ae.Result, folder: Path, another: Path, tmp_path: Path
) -> None:
    chance = random.Random(20261126)
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    outcomes = [mangled(copy, another, stored, chance) for _ in range(60)]
    assert {came_to for _, came_to in outcomes} == {"refused", "same"}, outcomes


@pytest.mark.parametrize(
    "name", ["manifest.json", "study.json", "explanation.json", "details.parquet"]
)
def test_a_report_of_a_damaged_run_is_one_message_that_names_the_file(
    name: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    (copy / name).write_bytes(b"\xff{")
    assert main(["report", str(copy)]) == 2
    output = capsys.readouterr().err
    assert f"{copy / name}: " in output
    assert "Traceback" not in output


@pytest.mark.parametrize("depth", [300, 600, 100_000])
@pytest.mark.parametrize("name", ["manifest.json", "study.json", "explanation.json"])
def test_a_run_whose_files_are_too_deep_is_one_message_though_it_is_sealed(
    name: str, depth: int, folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    if name == "manifest.json":
        manifest["study"] = json.loads("[" * 200 + "]" * 200)
    else:
        (copy / name).write_text('{"a": ' * depth + "1" + "}" * depth, encoding="utf-8")
        manifest["files"][name] = checksum_of(copy / name)
    manifest = sealed(manifest, manifest["files"])
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ae.ResultsError, match=name):
        ae.read(copy)
    list_runs(copy)


@pytest.mark.parametrize("name", ["nowhere", "x" * 5000, "a\0b"])
def test_a_folder_that_cannot_be_is_a_message(name: str, tmp_path: Path) -> None:
    with pytest.raises(ae.ResultsError):
        ae.read(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"nowhere\n", b"a\0b", b"x" * 5000])
def test_a_latest_that_names_nothing_is_a_message(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "latest").write_bytes(content)
    with pytest.raises(ae.ResultsError):
        ae.read(tmp_path / "latest")


def test_what_the_user_called_latest_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], hold: Hold
) -> None:
    run = tmp_path / "study" / "2026-11-25T120000-0123abcd"
    run.mkdir(parents=True)
    notes = tmp_path / "latest"
    notes.write_text("my notes on the latest run\n", encoding="utf-8")
    point_latest(tmp_path, run)
    hold(notes.read_text(encoding="utf-8"), "latest run")
    assert f"{notes} is not ours" in capsys.readouterr().err
    notes.write_text("study/2026-11-25T110000-0123abcd-2\n", encoding="utf-8")
    point_latest(tmp_path, run)
    assert notes.resolve() == run
    notes.unlink()
    notes.mkdir()
    point_latest(tmp_path, run)
    assert notes.is_dir()
    assert not notes.is_symlink()
    assert "is not ours" in capsys.readouterr().err
