"""`aeflow extend` adds replications to a stored run, as if they had been asked for at once, and loses none of them."""

import shutil
from pathlib import Path

import pytest

import simulation as ae
from simulation import resumable
from simulation.runs.replicate import ReplicationResult
from tests.held import Hold

from .conftest import Aeflow

pytestmark = pytest.mark.usefixtures("undrawn")

STUDY = ("study=gallery/one_nurse", "run.measured_days=2", "executor=serial")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[ae.Result, Path]:
    """A run of three replications, and the folder of results that holds it."""
    result, results = (
        ae.compare(ae.load(*STUDY, "run.replications=3")),
        tmp_path_factory.mktemp("stored") / "results",
    )
    result.write(results)
    return result, results


@pytest.fixture
def three(stored: tuple[ae.Result, Path], here: Path) -> ae.Result:
    """The stored run, in a copy that the test may change: `results/latest`."""
    result, results = stored
    shutil.copytree(results, here / "results", symlinks=True)
    return result


@pytest.mark.slow
@pytest.mark.usefixtures("three")
def test_an_extended_run_is_what_it_would_be_at_once_and_is_judged_as_one_that_was_looked_at(
    aeflow: Aeflow,
    hold: Hold,
) -> None:
    output = aeflow("extend", "results/latest", "2", "executor=serial")
    assert output.code == 0
    hold(output.out, "Intervals are always")
    extended, whole = ae.read("results/latest"), ae.compare(ae.load(*STUDY, "run.replications=5"))
    assert ae.same_numbers(extended, whole)
    assert extended.run.replications == 3
    assert not list(Path("results/one_nurse").glob(".*"))


@pytest.mark.slow
@pytest.mark.usefixtures("three")
def test_an_extension_that_was_stopped_goes_on(
    aeflow: Aeflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = resumable.UnfinishedRun.add
    n_added = []

    def stopping(run: resumable.UnfinishedRun, replication: ReplicationResult) -> None:
        add(run, replication)
        n_added.append(replication.replication)
        if len(n_added) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(resumable.UnfinishedRun, "add", stopping)
    output = aeflow("extend", "results/latest", "3", "executor=serial")
    assert output.code == 130
    assert "2 of 3 replications are kept" in output.err
    output = aeflow("extend", "results/latest", "3", "executor=serial")
    assert output.code == 0
    assert "2 of 3 replications are kept" in output.out
    assert n_added == [3, 4, 5]
    assert len(ae.read("results/latest").replications) == 6


def test_a_run_of_another_program_is_not_extended(
    aeflow: Aeflow, three: ae.Result, monkeypatch: pytest.MonkeyPatch, hold: Hold
) -> None:
    monkeypatch.setattr(resumable, "what_changed", lambda result: ("numpy 1.0 (now 2.0)",))
    message = aeflow("extend", "results/latest", "3").message
    hold(message, "numpy 1.0 (now 2.0) changed")
    assert "aeflow compare from=results/latest" in message


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            (),
            "extend: found nothing. Say: aeflow extend FOLDER NUMBER.",
        ),
        (("results/latest", "some"), "NUMBER: found 'some'. Allowed: a whole number"),
        (("results/latest", "0"), "Give 1 or more"),
        (("results/nowhere", "2"), "results/nowhere"),
        (("results/latest", "2", "run.seed=1"), "run.seed=1"),
    ],
)
def test_what_cannot_be_extended_is_refused(
    words: tuple[str, ...], message: str, aeflow: Aeflow, hold: Hold
) -> None:
    hold(aeflow("extend", *words).message, message)


@pytest.mark.slow
def test_a_run_that_could_start_from_a_finished_one_mentions_it(
    aeflow: Aeflow, three: ae.Result, hold: Hold
) -> None:
    assert "holds" not in aeflow("compare", *STUDY, "run.seed=7", "run.replications=3").out
    output = aeflow("compare", *STUDY, "run.replications=5").out
    hold(output, f"in {len(three.replications)} of 5 replications")
    assert "aeflow extend results/one_nurse/" in output
    hold(aeflow("compare", *STUDY, "run.replications=5").out, "not run again")


@pytest.mark.slow
@pytest.mark.usefixtures("three")
def test_a_run_planned_after_a_look_is_judged_as_one_that_was_looked_at_in_any_order_of_its_parts(
    aeflow: Aeflow,
) -> None:
    more = ("run.replications=6", "run.first=3", "run.count=3", "results=more")
    assert aeflow("compare", *STUDY, *more).code == 0
    for folders in (("results/latest", "more/latest"), ("more/latest", "results/latest")):
        gathered = ae.gather(folders)
        assert (len(gathered.replications), gathered.run.replications) == (6, 3)
