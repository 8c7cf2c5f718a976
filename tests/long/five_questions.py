"""Five questions that a planner brings, each walked from the app's first page: is its answer there, in how many words?

The words are those that a visitor sees: of the first page, then of the page of the answer once it rests, outside parts
that are folded, of a list the choice alone. Header and footer, which are on every page, are left out. The seconds are
those of this machine, until the first verdict and until the answer rests. An answer is right if it says what is known
of each question: which way it goes, and of what.

    python tests/long/five_questions.py [FOLDER]

writes a picture of each answer, at 1280 and 360 pixels and as it is printed, into FOLDER. It needs a browser and takes
some minutes. Exit code 1 if an answer is not right, or if it takes more than 400 words.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import uvicorn
from playwright.sync_api import Page, sync_playwright

from simulation.app.server import app_of
from simulation.app.serving import stored_answer

MOST_WORDS, MOST_SECONDS = 400, 900
SIZES = ((1280, 900), (360, 740))
COUNT = r"""() => {
    const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    let words = 0;
    while (walk.nextNode()) {
        const at = walk.currentNode.parentElement, option = at.closest('option');
        if (at.closest('.hidden, noscript, script, style') || (option && !option.selected)) continue;
        if (!(option ? option.closest('select') : at).checkVisibility({ visibilityProperty: true })) continue;
        words += walk.currentNode.data.split(/\s+/).filter((one) => /[\p{L}\p{N}]/u.test(one)).length;
    }
    return words;
}"""


class Walk(NamedTuple):
    """What is chosen on the first page, by label; the link that is followed in place of it; and what a right answer
    says, as a pattern of what is seen."""

    chosen: Mapping[str, str]
    link: str
    says: tuple[str, ...]


CHANGE = "3. Or change the department"
WALKS = {
    "Other use of the money": Walk(
        {},
        "",
        (
            r"does most",
            r"Lean triage, no AI \(£60,000 a year\): −\d",
            r"(?i)one department of many",
        ),
    ),
    "A three-month pilot": Walk({}, "pilot", (r"No, by the wait for a clinician", r"27 of 100")),
    "5 % more, fuller beds": Walk(
        {CHANGE: "5 % more, fuller beds"},
        "",
        (r"(?i)same staff: \+\d.*longer", r"(?i)staff follow: ", r"Plan on ‘same staff’"),
    ),
    "A nurse off on Mondays": Walk(
        {CHANGE: "A triage nurse off on Mondays"},
        "",
        (r"(?i)triage nurses −1 on Mondays", r"Mean wait for a clinician, Mondays"),
    ),
    "12 beds more, and 12 fewer": Walk(
        {CHANGE: "12 medical beds more, or fewer"},
        "",
        (r"beds in medicine \+12: ", r"beds in medicine −12: ", r"(?i)wait for a bed"),
    ),
}


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the app, as it is started by hand."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    app, session = app_of(port, n_workers=2, stored=stored_answer(), results=folder)
    session.warm_up()
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    yield f"http://127.0.0.1:{port}"
    session.background.stop()
    server.should_exit = True
    thread.join()


def walk(page: Page, home: str, name: str, asked: Walk, pictures: Path | None) -> bool:
    """Walk one question, and print what it takes; whether its answer is right and short."""
    page.goto(home)
    front, began = page.evaluate(COUNT), time.monotonic()
    seconds = [0.0, 0.0]
    if asked.link:
        link = page.locator("main a", has_text=re.compile(asked.link, re.IGNORECASE)).first
        if not link.count():
            print(f"{name}: not on the first page")
            return False
        link.click()
    else:
        for label, choice in asked.chosen.items():
            page.get_by_label(label).select_option(label=choice)
        page.get_by_role("button", name="Show the answer").click()
        ends = ("#answer .verdicts li", "#answer .next")
        for number, end in enumerate(ends):
            page.locator(end).first.wait_for(timeout=1000 * MOST_SECONDS)
            seconds[number] = time.monotonic() - began
    read, text = page.evaluate(COUNT), page.locator("main").inner_text()
    missing = [pattern for pattern in asked.says if not re.search(pattern, text)]
    print(
        f"{name}: {front} + {read} words, first verdict after {seconds[0]:.0f} s, at rest after "
        f"{seconds[1]:.0f} s, {f'lacks {missing}' if missing else 'right'}",
        flush=True,
    )
    for width, height in SIZES if pictures else ():
        page.set_viewport_size({"width": width, "height": height})
        assert pictures is not None
        page.screenshot(path=pictures / f"{name} {width}.png", full_page=True)
    if pictures:
        page.emulate_media(media="print")
        page.screenshot(path=pictures / f"{name} printed.png", full_page=True)
        page.emulate_media(media="screen")
        (pictures / f"{name}.txt").write_text(text, encoding="utf-8")
        page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    return not missing and front + read <= MOST_WORDS


def main() -> int:
    """Walk every question; 0 if each is answered."""
    known = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    known.add_argument("folder", nargs="?", type=Path)
    known.add_argument("--only", default="", help="the question whose name holds this")
    words = known.parse_args()
    if words.folder:
        words.folder.mkdir(parents=True, exist_ok=True)
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder)) as home,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZES[0][0], "height": SIZES[0][1]})
        ok = [
            walk(page, home, name, asked, words.folder)
            for name, asked in WALKS.items()
            if words.only in name
        ]
        browser.close()
    return 0 if all(ok) else 1


if __name__ == "__main__":
    raise SystemExit(main())
