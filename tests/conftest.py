"""What every test may use: the public data, and a guard against leaving this machine."""

import gc
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from tests.held import hold, kept_words  # noqa: F401 - fixtures


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--write-golden`: write the golden texts of tests/*/golden anew instead of comparing with them."""
    parser.addoption(
        "--write-golden",
        action="store_true",
        help="write tests/*/golden anew; look at what changed",
    )


@pytest.fixture(scope="session")
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with a golden file, named as in 'report/clinic-page.txt', or writes it anew if that is asked."""

    def compare(name: str, text: str) -> None:
        room, _, file = name.partition("/")
        path, now = Path(__file__).parent / room / "golden" / file, f"{text.strip()}\n"
        if request.config.getoption("--write-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(now, encoding="utf-8", newline="\n")
        assert now == path.read_text(encoding="utf-8")

    return compare


LOOPBACK = ("127.", "::1", "localhost")
TOGETHER = ("tests/browser/", "tests/report/", "tests/vetting/")
"""Rooms whose files share what takes long to make or to import."""
ALONE = ("tests/long/", "tests/mutating/", "tests/engine/test_scale.py")
"""Where every test takes long, and they share nothing."""
SECONDS = "aeflow/seconds"
"""Under what name the cache keeps how long tests took at last."""
USUAL = {"slow": 1.5, "mutation": 2, "scale": 20, "long": 60}
"""Seconds that a test with a mark takes, as far as the cache does not know."""
CACHED = 400
"""Departments that were checked, and notes of compositions, that are kept for the tests that follow."""
took: Counter[str] = Counter()
"""Seconds of the tests so far, by name."""
COSTLY, LISTED = 1.0, 10
"""From how many seconds of processor time a test without a mark is listed at the end, and how many are."""
SPENT, BEGAN = "processor seconds", pytest.StashKey[float]()
spent: dict[str, float] = {}
"""The processor time of such tests, in s, with what they are the first to set up."""
# Two workers on two cores: sums shared among threads wait for each other, on a busy machine for minutes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def aeflow_data() -> Path:
    """The folder of public data that AEFLOW_DATA names; the test is skipped where it is not set."""
    named = os.environ.get("AEFLOW_DATA")
    if not named:
        pytest.skip("AEFLOW_DATA not set")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"AEFLOW_DATA names {folder}, which is not a folder")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Heed Ctrl-C where it is ignored, as in a shell's background jobs: tests that send it would wait for minutes."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Iterator[None]:
    """Mark the tests that need the data, so that `-m data` finds them; among several workers, the longest first."""
    for item in items:
        if "aeflow_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.data)
    yield
    if hasattr(config, "workerinput"):
        known, seconds = took_before(config), Counter[str]()
        for item in items:
            usual = max(
                (usual for mark, usual in USUAL.items() if item.get_closest_marker(mark)),
                default=0.05,
            )
            seconds[unit_of(item.nodeid)] += known.get(item.nodeid, usual)
        items.sort(key=lambda item: -seconds[unit_of(item.nodeid)])


def unit_of(nodeid: str) -> str:
    """What is sent to a worker as a whole: a file, a room, or a test."""
    if nodeid.startswith(ALONE):
        return nodeid
    return next((room for room in TOGETHER if nodeid.startswith(room)), nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Units go to workers in the order in which they were sorted, under `--dist loadfile`."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Units(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    config.option.loadscopereorder = False
    return Units(config, log)


def took_before(config: pytest.Config) -> dict[str, float]:
    """How many seconds tests took at last, by their names, as far as the cache knows."""
    cache = getattr(config, "cache", None)
    return dict(cache.get(SECONDS, {})) if cache else {}


def processor_seconds() -> float:
    """Of this process and those it started and waited for."""
    return sum(os.times()[:4])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[object]:
    """Have each test know when it began."""
    item.stash[BEGAN] = processor_seconds()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[object]:
    """Note what a test without a mark has cost, if it is much."""
    done = yield
    seconds = processor_seconds() - item.stash[BEGAN]
    if seconds >= COSTLY and not any(map(item.get_closest_marker, USUAL)):
        item.user_properties.append((SPENT, round(seconds, 1)))
    return done


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up how long each test takes."""
    took[report.nodeid] += round(report.duration, 2)
    spent.update((report.nodeid, seconds) for of, seconds in report.user_properties if of == SPENT)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the tests without a mark that cost most: to look there keeps them all quick, and no test fails of a busy
    machine or of what is compiled for the first time."""
    if most := sorted(spent, key=spent.__getitem__, reverse=True)[:LISTED]:
        terminalreporter.section("most processor time of tests without a mark", "-")
        for name in most:
            terminalreporter.write_line(f"{spent[name]:5.1f} s {name}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep it for the order of the next time."""
    if (
        took
        and not hasattr(session.config, "workerinput")
        and getattr(session.config, "cache", None)
    ):
        session.config.cache.set(SECONDS, {**took_before(session.config), **took})


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of garbage collection: to look through it again and again takes a tenth of the
    time of the tests. And remember more departments than a command does: tests come back to the same ones."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
    if departments := sys.modules.get("simulation.config.arms"):
        departments.MOST_CACHED = CACHED  # type: ignore[attr-defined]
    for module, name in (
        ("config.ensembles", "_arms_of"),
        ("department.check_routes", "_explored"),
    ):
        if loaded := sys.modules.get(f"simulation.{module}"):
            setattr(loaded, name, lru_cache(CACHED // 4)(getattr(loaded, name).__wrapped__))
    if disk_cache := sys.modules.get("simulation.records.serialise"):
        disk_cache.MOST_CACHED = CACHED  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Fail a test that opens a connection to anything but this machine."""

    def guarded(connect: Any) -> Any:
        def only_loopback(sock: socket.socket, address: Any) -> Any:
            if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
                sock.close()
                pytest.fail(f"a test may connect to this machine only, not to {address[0]}")
            return connect(sock, address)

        return only_loopback

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
        yield


ONE_PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU"
    b"\x00\x00\x00\nIDATx\x9cc\xf8\x0f\x00\x01\x01\x01\x00\xb18\xf6\x14\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture(scope="module")
def undrawn() -> Iterator[None]:
    """Figures are made, and not drawn: each picture is one pixel, followed by the texts and points of its figure.

    For tests of what stands around pictures; those of tests/report and tests/questions draw them.
    """

    from simulation.report import contents as figures
    from simulation.report import department_pictures as of_profiles

    def not_drawn(canvas: Any, file: Any, **how: Any) -> None:
        shown = [
            repr(getattr(artist, name)())
            for artist in canvas.figure.findobj()
            for name in ("get_text", "get_xydata", "get_offsets")
            if hasattr(artist, name)
        ]
        file.write(ONE_PIXEL + "\n".join(shown).encode())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matplotlib.backends.backend_agg.FigureCanvasAgg.print_png", not_drawn)
        yield
    for kept in (figures.drawn, figures.draw_pathway, of_profiles._day_png, of_profiles._stay_png):
        kept.cache_clear()
