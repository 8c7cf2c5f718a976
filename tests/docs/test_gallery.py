"""Every department of the gallery runs by command, its page says what it prints, and some answers are known exactly."""

import re
from functools import cache
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import fftconvolve
from scipy.stats import gamma

from docs.tools import gallery
from simulation.api import compare
from simulation.assurance.theory.closed_forms import (
    accumulating,
    cobham,
    mmc_wait,
    pollaczek_khinchine,
    rate_matrix,
    stationary,
)
from simulation.cli import main
from simulation.config import load, packaged_configs
from simulation.errors import ResultsError
from simulation.report.contents import every_table
from simulation.report.screen import print_result
from simulation.runs.result import StudyResult

NAMES = gallery.names()
QUICK = ("one_nurse", "outage")
"""Whose answers are worked out in every run of the tests; those of the others where slow tests run."""
PER_MINUTE = 96 / 1440
CV = float(np.sqrt(np.expm1(0.577368**2)))
BOTH = (0.3 * PER_MINUTE, 0.7 * PER_MINUTE)


def some_slow(names: tuple[str, ...], quick: tuple[str, ...] = QUICK) -> list[object]:
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names]


@cache
def result(name: str) -> StudyResult:
    return compare(load(f"study=gallery/{name}", "executor=serial"))


# --- pages -----------------------------------------------------------------------------------------------------------


def test_there_are_ten_or_more_and_each_has_a_page_a_picture_and_a_department_of_its_name() -> None:
    assert len(NAMES) >= 10
    assert {path.stem for path in gallery.PAGES.glob("*.md")} == {*NAMES, "README"}
    assert {path.stem for path in gallery.PAGES.glob("*.png")} == {*NAMES}
    assert {path.stem for path in (packaged_configs() / "pathway" / "gallery").glob("*.yaml")} == {
        *NAMES
    }


def test_the_index_is_current() -> None:
    assert gallery.index() in (gallery.PAGES / gallery.INDEX).read_text(encoding="utf-8"), (
        f"run {gallery.COMMAND}"
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_the_question_the_picture_and_the_files_as_they_are(name: str) -> None:
    text = gallery.page_of(name)
    assert gallery.filled(name, text, ("question", "files")) == text, (
        f"run {gallery.COMMAND} {name}"
    )


@pytest.mark.parametrize("name", some_slow(NAMES))
def test_a_page_shows_what_the_command_prints(name: str) -> None:
    out = StringIO()
    print_result(result(name), stream=out)
    output = [line.rstrip() for line in out.getvalue().strip().splitlines()]
    assert "\n".join(output) in gallery.page_of(name), f"run {gallery.COMMAND} {name}"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_to_read_in_it(name: str) -> None:
    words = gallery.page_of(name).split("## What to read in it")[1]
    assert len(words.split()) >= 30


def test_the_smallest_department_takes_twenty_lines_at_most() -> None:
    assert gallery.n_lines("one_nurse") <= 20


def test_a_page_without_its_blocks_is_refused() -> None:
    with pytest.raises(ResultsError, match=r"one_nurse\.md: found blocks \[\]\. Keep one each of"):
        gallery.filled("one_nurse", "# One nurse\n")


def test_a_changed_page_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(gallery, "PAGES", tmp_path)
    monkeypatch.setitem(gallery.MAKERS, "answer", lambda name: "an answer")
    (tmp_path / gallery.INDEX).write_text(
        "# Gallery\n\n<!-- generated: index -->\n<!-- end -->\n", encoding="utf-8"
    )
    assert gallery.main(["--check", "one_nurse"]) == 1
    assert not (tmp_path / "one_nurse.md").exists()
    assert gallery.main(["one_nurse"]) == 0
    assert (tmp_path / "one_nurse.png").stat().st_size > 0
    assert gallery.main(["--check", "one_nurse"]) == 0


# --- commands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", some_slow(NAMES, QUICK[:1]))
def test_a_department_runs_by_command(
    name: str,
    undrawn: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    short = (
        "run.replications=3",
        "run.warm_up_days=0",
        "run.measured_days=14",
        "run.doublings=0",
        "executor=serial",
    )
    assert main(["compare", f"study=gallery/{name}", *short]) == 0
    page = next(tmp_path.glob("results/*/*/report.html")).read_text(encoding="utf-8")
    assert not re.search(r"<tbody>\s*</tbody>", page), "a table without rows"
    assert not re.search(r"<h[23]>[^<]*</h[23]>\s*(?:</section>|<h2>)|</h3>\s*<h3>", page), (
        "a heading over nothing"
    )
    assert main(["show", f"study=gallery/{name}"]) == 0
    assert f"Department {name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", some_slow(NAMES))
def test_no_table_is_empty(name: str) -> None:
    tables = every_table(result(name))
    assert [kind for kind, table in tables.items() if not table.rows and not table.notes] == []


# --- answers that are known ------------------------------------------------------------------------------------------


def blocked(per_minute: float, minutes: float, *, servers: int, places: int) -> tuple[float, float]:
    """The share sent away, and the mean wait of the others, in M/M/c where so many can wait."""
    weights = [1.0]
    for n in range(1, servers + places + 1):
        weights.append(weights[-1] * per_minute * minutes / min(n, servers))
    p = np.array(weights) / sum(weights)
    waiting = sum(max(n - servers, 0) * each for n, each in enumerate(p))
    return float(p[-1]), float(waiting / (per_minute * (1 - p[-1])))


def booked_wait(gaps: list[float], *, step: float = 0.05, most: float = 600.0) -> float:
    """The mean wait of patients booked so many minutes apart, for consultations of gamma(mean 30, cv 0.5).

    Lindley's recursion on a grid: what is left of the work before the next patient comes.
    """
    edges = np.arange(-0.5, most / step + 1) * step
    work = np.diff(gamma(4, scale=7.5).cdf(edges))
    minutes = np.arange(len(work)) * step
    left = np.zeros(len(work))
    left[0] = 1.0
    waits = [0.0]
    for gap in gaps:
        after, passed = fftconvolve(left, work), round(gap / step)
        left = after[passed : passed + len(work)].copy()
        left[0] += after[:passed].sum()
        waits.append(float(left @ minutes))
    return float(np.mean(waits))


def brisk_stay(at_least: int, factor: float, *, most: int = 400) -> float:
    """Mean stay with one nurse whose pace for a patient is set as she begins, by how many then wait behind.

    A chain over (patients present, whether this one is served briskly); rates from the two means. The count is as it
    was before the patient left the queue, so it includes that patient unless nobody was there.
    """
    usual, brisk = 1 / 12, 1 / (12 * factor)
    states = {(0, 0): 0}
    for n in range(1, most):
        states[n, 0], states[n, 1] = len(states), len(states) + 1
    moves = []
    for (n, fast), _ in states.items():
        if n + 1 < most:
            moves.append(((n, fast), (n + 1, fast if n else 0), PER_MINUTE))
        if n:
            waiting = n - 1
            after = (n - 1, int(n > 1 and waiting >= at_least))
            moves.append(((n, fast), after, brisk if fast else usual))
    p = stationary(rate_matrix(states, moves))
    present = sum(n * p[number] for (n, _), number in states.items())
    return float(present / PER_MINUTE)


ALL, URGENT, STANDARD = "all", "acuity_true=urgent", "acuity_true=standard"
ONCE, TWICE = [12.0, 12.0], [288.0, 288.0]
STRICT, COUNTING = cobham(BOTH, ONCE, TWICE), accumulating(BOTH, ONCE, TWICE, [3, 1])
EXACT = [
    ("one_nurse", "one", "stay_mean", ALL, 12 + mmc_wait(PER_MINUTE, 12, servers=1)),
    ("one_nurse", "two", "stay_mean", ALL, 12 + mmc_wait(PER_MINUTE, 12, servers=2)),
    ("one_nurse", "quicker", "stay_mean", ALL, 9 + mmc_wait(PER_MINUTE, 9, servers=1)),
    ("outage", "never", "stay_mean", ALL, 10.0),
    ("outage", "often", "stay_mean", ALL, 10 + 0.05 * 60),
    ("outage", "repaired", "stay_mean", ALL, 10 + 60 * 12 / (56 * 24)),
    (
        "priority_queue",
        "first_come",
        "wait_to_clinician_mean",
        ALL,
        mmc_wait(PER_MINUTE, 12, servers=1),
    ),
    ("priority_queue", "urgent_first", "wait_to_clinician_mean", URGENT, STRICT[0]),
    ("priority_queue", "urgent_first", "wait_to_clinician_mean", STANDARD, STRICT[1]),
    ("priority_queue", "waiting_counts", "wait_to_clinician_mean", URGENT, COUNTING[0]),
    ("priority_queue", "waiting_counts", "wait_to_clinician_mean", STANDARD, COUNTING[1]),
    ("shared_doctor", "apart", "stay_mean", ALL, 14 + mmc_wait(0.05, 14, servers=1)),
    ("shared_doctor", "shared", "stay_mean", ALL, 14 + mmc_wait(0.1, 14, servers=2)),
    ("shared_doctor", "shared_and_walking", "stay_mean", ALL, 16 + mmc_wait(0.1, 16, servers=2)),
    ("diversion", "never", "handover_mean", ALL, mmc_wait(0.05, 34, servers=2)),
    ("diversion", "three", "handover_mean", ALL, blocked(0.05, 34, servers=2, places=3)[1]),
    ("diversion", "three", "diverted", ALL, blocked(0.05, 34, servers=2, places=3)[0]),
    ("diversion", "one", "handover_mean", ALL, blocked(0.05, 34, servers=2, places=1)[1]),
    ("diversion", "one", "diverted", ALL, blocked(0.05, 34, servers=2, places=1)[0]),
    (
        "triage_only",
        "today",
        "walk_in_triage_wait_mean",
        ALL,
        pollaczek_khinchine(1 / 6, 5.5, cv=CV),
    ),
    (
        "triage_only",
        "shorter",
        "walk_in_triage_wait_mean",
        ALL,
        pollaczek_khinchine(1 / 6, 5.05, cv=CV),
    ),
    ("three_rounds", "half", "within_4h_share", ALL, 1 / 8),
    ("three_rounds", "half", "over_12h_share", ALL, 1 / 8),
    ("three_rounds", "half", "stay_mean", ALL, 375.0),
    ("three_rounds", "quarter", "within_4h_share", ALL, 27 / 64),
    ("three_rounds", "quarter", "over_12h_share", ALL, 1 / 64),
    ("three_rounds", "quarter", "stay_mean", ALL, 187.5),
    ("booked_clinic", "at_nine", "wait_to_clinician_mean", ALL, 30 * 7 / 2),
    ("booked_clinic", "two_an_hour", "wait_to_clinician_mean", ALL, booked_wait([0, 60] * 3 + [0])),
    ("booked_clinic", "one_each_half_hour", "wait_to_clinician_mean", ALL, booked_wait([30] * 7)),
    ("adapts", "fixed", "stay_mean", ALL, 12 + mmc_wait(PER_MINUTE, 12, servers=1)),
    ("adapts", "fixed_busier", "stay_mean", ALL, 12 + mmc_wait(1.05 * PER_MINUTE, 12, servers=1)),
    ("brisk", "steady", "stay_mean", ALL, 60.0),
    ("brisk", "three", "stay_mean", ALL, brisk_stay(3, 0.75)),
    ("brisk", "one", "stay_mean", ALL, brisk_stay(1, 0.75)),
]
SURE = 4.0
"""Standard errors: some 30 comparisons of which one in 500 runs would fail by chance; the seed is fixed."""


@pytest.mark.parametrize(
    ("name", "arm", "measure", "group", "exact"),
    [
        pytest.param(*row, marks=[] if row[0] in QUICK else pytest.mark.slow, id="-".join(row[:4]))  # type: ignore[arg-type]
        for row in EXACT
    ],
)
def test_the_simulation_gives_the_exact_answer_and_the_page_states_it(
    name: str, arm: str, measure: str, group: str, exact: float
) -> None:
    values = result(name).values(arm, measure, group)
    error = float(np.std(values, ddof=1) / np.sqrt(len(values)))
    assert abs(values.mean() - exact) <= SURE * error + 1e-6, (values.mean(), exact, error)
    share = measure.endswith("share") or measure == "diverted"
    stated = f"{100 * exact:.1f} %" if share else f"{exact:.1f}"
    words = gallery.page_of(name).split("## What to read in it")[1]
    assert stated in words, f"the page does not say {stated}"
