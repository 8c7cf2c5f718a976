"""What every test may use: the public data, and a guard against leaving this machine."""

import gc
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--write-golden`: write the golden pages of tests/report/golden anew instead of comparing with them."""
    parser.addoption("--write-golden", action="store_true", help="write tests/report/golden anew; look at what changed")


LOOPBACK = ("127.", "::1", "localhost")
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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that need the data, so that `-m data` finds them; among several workers, the longest first."""
    for item in items:
        if "aeflow_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.data)
    if hasattr(config, "workerinput"):
        seconds: dict[str, float] = {}
        known = config.cache.get(SECONDS, {}) if config.cache else {}
        for item in items:
            unit = unit_of(item.nodeid)
            longest = max((usual for mark, usual in USUAL.items() if item.get_closest_marker(mark)), default=0.05)
            seconds[unit] = seconds.get(unit, 0) + known.get(item.nodeid, longest)
        items.sort(key=lambda item: -seconds[unit_of(item.nodeid)])


SECONDS = "aeflow/seconds"
"""Under what name the cache keeps how long tests took at last."""
USUAL = {"slow": 3, "mutation": 10, "long": 60, "scale": 60}
"""Seconds that a test with a mark takes, as far as nothing else is known."""
TOGETHER = ("tests/report/",)
"""Rooms whose files share fixtures that take long to make."""
ALONE = ("tests/long/", "tests/mutating/", "tests/engine/test_scale.py", "tests/engine/test_mutations.py")
"""Where every test takes long, and they share nothing."""


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


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up how long each test takes."""
    took[report.nodeid] = took.get(report.nodeid, 0) + round(report.duration, 2)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep it for the order of the next time."""
    cache = session.config.cache
    if took and cache is not None and not hasattr(session.config, "workerinput"):
        cache.set(SECONDS, {**cache.get(SECONDS, {}), **took})


took: dict[str, float] = {}


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of garbage collection: to look through it again and again takes a tenth of the
    time of the tests."""
    gc.collect()
    gc.freeze()


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
