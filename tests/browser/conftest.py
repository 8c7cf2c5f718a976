"""A browser of this machine, and the report of a small run over departments, for the tests that look at the page."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from simulation.api import Result, compare
from simulation.config import load

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip
"""What keeps a browser from asking anything of the network by itself."""
SMALL = (
    "run.departments=20", "run.replications=20", "run.warm_up_days=0", "run.measured_days=2", "run.cool_down_days=1",
    "run.doublings=0", "executor=serial", "engine=compiled",
)  # fmt: skip
OWN = ("file:", "data:", "blob:", "about:")

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or whichever is on the PATH; where there is none, an error in CI and a skip elsewhere.

    Closed after each file: while Playwright is open, its event loop runs, and no test of the process can start another.
    """
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        words = f"no browser on the PATH ({', '.join(NAMES)}): on Debian, apt-get install chromium"
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    sandbox = () if os.geteuid() else ("--no-sandbox",)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*QUIET, *sandbox])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def result() -> Result:
    """Every arm of the default study in 20 departments, two days of each."""
    return compare(load(*SMALL))


@pytest.fixture(scope="session")
def report(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its page."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(result.report(), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Opens a file as a page of a width and a height; afterwards nothing outside must have been asked for."""
    pages, asked = [], []

    def note(request: Request) -> None:
        if not request.url.startswith(OWN):
            asked.append(request.url)

    def open_page(path: Path, width: int = 1280, height: int = 800) -> Page:
        page = browser.new_page(viewport={"width": width, "height": height})
        pages.append(page)
        page.on("request", note)
        page.goto(path.as_uri())
        return page

    yield open_page
    for page in pages:
        page.close()
    assert asked == []
