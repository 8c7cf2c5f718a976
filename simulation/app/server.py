"""The server: routes, what keeps strangers out, and the stream of answers. It listens on this computer alone.

A request is answered only if it is addressed to this computer by name and comes from a page of it. Pages load nothing
from elsewhere, run no script but the app's own, and set no cookie.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from functools import partial
from html import escape
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import simulation as ae
from simulation.app import interviewing, pages, working
from simulation.app.answer import Beside
from simulation.app.asked import EXAMPLE, PLANNED, AskedQuestion, few_enough, parse_question
from simulation.app.background import HeavyWork, page_in
from simulation.app.controls import WORDS
from simulation.app.departments import PACKAGED, Place
from simulation.app.session import MOST_REPLICATIONS, AnswerState, Session
from simulation.app.upload import ANSWERS, MOST_BYTES, address_for, packed, parts_of, zipped
from simulation.errors import AeflowError, refuse
from simulation.extracts.page import written_pages
from simulation.records.serialise import csv_text
from simulation.report.outcome import outcome_of

try:
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.datastructures import Headers, MutableHeaders
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import (
        HTMLResponse,
        PlainTextResponse,
        RedirectResponse,
        Response,
        StreamingResponse,
    )
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles
except ImportError as error:
    raise AeflowError(
        "the app needs Starlette. Install it with pip install 'aeflow[app]'"
    ) from error

LOOPBACK = "127.0.0.1"
NAMES = ("127.0.0.1", "localhost", "[::1]")
"""What this computer is called in the address of a page."""
MOST_HEEDED = 20 * MOST_BYTES
"""Of what is too long: read and left, so that the browser shows why it was refused."""
MOST_QUERY, MOST_FIELDS, MOST_NAME = 4_000, 80, 40
SECONDS_BETWEEN_LOOKS, SECONDS_BETWEEN_STATES = 0.2, 0.5
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
"""The report is one page that stands alone: its styles are in it, and it has no script."""
WATCH_POLICY = REPORT_POLICY.replace("img-src", "script-src 'unsafe-inline'; img-src")
"""The animation is one page that stands alone: it names its only script by a hash."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
OF_PAGES = {"Content-Security-Policy": POLICY, **HEADERS}
OF_FILES = {"Cache-Control": "private, max-age=600"}
"""Styles and scripts are asked for once in ten minutes."""


class Guard:
    """Lets through requests that name this computer and come from its own pages, and puts headers on every answer."""

    def __init__(self, app: Any, port: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in NAMES} | {*(NAMES if port == 80 else ())}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request. Raises nothing."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if why := self._why_not(Headers(scope=scope)):
            await PlainTextResponse(f"{why}\n", 403, HEADERS)(scope, receive, send)
            return

        async def send_with(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own = OF_PAGES | (OF_FILES if scope["path"].startswith("/static/") else {})
                for key, value in own.items():
                    headers.setdefault(key, value)
            await send(message)

        too_much = _too_much(scope.get("query_string", b""))
        answer = _message("This cannot be shown", [too_much], 400) if too_much else self._app
        await answer(scope, receive, send_with)

    def _why_not(self, headers: Headers) -> str:
        """Why a request is refused; '' if it is not."""
        if headers.get("host", "") not in self._hosts:
            return "This address is not this computer's. Open the address that aeflow printed."
        origin, page = headers.get("origin"), headers.get("referer")
        by_browser = headers.get("sec-fetch-site")  # older ones do not say it
        is_ours = by_browser in ("same-origin", "none") or (
            page is None or page.startswith(tuple(f"{one}/" for one in self._origins))
            if by_browser is None
            else headers.get("sec-fetch-mode") == "navigate"
        )
        if origin not in (None, *self._origins) or not is_ours:
            return "This request comes from another site's page."
        return ""


def _too_much(query: bytes) -> str:
    """Why no address with this query is read; '' if it is."""
    if len(query) > MOST_QUERY:
        return f"The address is too long: {MOST_QUERY} characters at most."
    if query.count(b"&") >= MOST_FIELDS:
        return f"The address states too much: {MOST_FIELDS} values at most."
    return ""


class Front:
    """The pages, for one session."""

    def __init__(self, session: Session, stored: str) -> None:
        self._session, self._stored = session, stored

    def routes(self) -> list[Any]:
        """Every address, and what answers it."""
        gets = {
            "/": self.question,
            "/first": self.first,
            "/stream": self.stream,
            "/question.yaml": self.as_file,
            "/answer.csv": self.as_csv,
            "/report": self.report,
            "/answer.zip": self.as_folder,
            "/view/{name}": self.view,
            "/records": self.records,
            "/records/{name}": self.record,
            "/narrow": self.narrow,
            "/pilot": self.pilot,
            "/runs": self.runs,
            "/run": self.run,
            "/board": self.board,
            "/watch/{arm}": self.watch,
            "/interview": self.interview,
            "/interview/answers.yaml": self.answers,
            "/heavy/{name}": self.work,
            "/heavy/{name}/stream": self.work_stream,
            "/file/{name}": self.file,
        }
        posts = {
            "/offer": self.begin_offer,
            "/full/{length}": self.begin_full,
            "/heavy/{name}/stop": self.stop_work,
        }
        return [
            *(Route(path, answering) for path, answering in gets.items()),
            *(Route(path, answering, methods=["POST"]) for path, answering in posts.items()),
            Route("/open", self.open, methods=["GET", "POST"]),
            Mount("/static", StaticFiles(directory=pages.STATIC)),
        ]

    def _asked(self, request: Request) -> AskedQuestion:
        """The question of an address. Raises ConfigError."""
        pairs = _pairs(request)
        stated = dict(pairs)
        if "run" in stated:
            return self._session.open_run(stated["run"])
        if "file" in stated:
            return self._session.file(stated["file"])
        return parse_question(pairs, self._session.place_of(pairs))

    def question(self, request: Request) -> Response:
        """The page of a question; without one the first page."""
        if not request.url.query:
            return HTMLResponse(pages.front_page(self._session.place))
        try:
            asked = self._asked(request)
            in_full = self._session.kept_in_full(asked)
            return HTMLResponse(pages.question_page(asked, kept=in_full))
        except AeflowError as error:
            pairs = _pairs(request)
            if (kept := few_enough(pairs)) == pairs:
                raise
            remedy = "The first of them are kept below; untick one to choose another."
            first = parse_question(kept, self._session.place_of(kept))
            page = pages.question_page(first, faults=[*pages.faults_of(error), remedy])
            return HTMLResponse(page, 400)

    def first(self, request: Request) -> Response:
        """The whole answer of the run that comes with the package."""
        return HTMLResponse(pages.rendered("whole.html", stored=self._stored))

    def stream(self, request: Request) -> Response:
        """A stream of the states of an answer, which is worked on as long as somebody listens."""
        most = request.query_params.get("most", "")
        asked_for = int(most) if most.isdecimal() else MOST_REPLICATIONS
        try:
            asked = self._asked(request)
        except AeflowError as error:
            words = pages.answer(AnswerState("refused", refused=error), AskedQuestion())
            return Response(
                _event("state", words) + _event("end", ""), media_type="text/event-stream"
            )
        visitor = request.query_params.get("visitor", "")[:MOST_NAME]
        stream = self._stream(asked, max(1, min(asked_for, PLANNED - 1)), visitor)
        return StreamingResponse(stream, media_type="text/event-stream")

    async def _stream(self, asked: AskedQuestion, most: int, visitor: str) -> AsyncIterator[str]:
        states = self._session.stream(asked, most, visitor)
        beside = await run_in_threadpool(self._beside, asked)
        as_it_is = self._session.shown(asked.unchanged) if asked.within else None
        try:
            async for state in states:
                answer = partial(pages.answer, state, asked, most, beside, as_it_is)
                yield _event("state", await run_in_threadpool(answer))
                if state.step not in ("refused", "ended"):
                    await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            yield _event("end", "")
        finally:
            with suppress(RuntimeError):
                await states.aclose()  # type: ignore[attr-defined]

    def _beside(self, asked: AskedQuestion) -> list[Beside]:
        """The questions that are to be shown beside another, each with its result, if that is still kept."""
        found: list[Beside] = []
        for query in asked.beside:
            with suppress(AeflowError):
                pairs = parse_qsl(query)
                other = parse_question(pairs, self._session.place_of(pairs))
                found.append((other, self._session.shown(other)))
        return found

    def as_file(self, request: Request) -> Response:
        """The question as a file that the command line asks again, with as many replications as were seen."""
        n = request.query_params.get("n", "")
        seen = min(int(n), PLANNED) if n.isdecimal() and int(n) else MOST_REPLICATIONS
        asked = self._asked(request)
        text = asked.place.configuration(*asked.first(seen))
        if asked.place.sent:
            return _kept(packed(asked.place, text), "question.zip")
        return _kept(text, "question.yaml")

    def as_csv(self, request: Request) -> Response:
        """The numbers of the answer, a row a policy and target."""
        return _kept(_csv(self._known(self._asked(request))), "answer.csv")

    def report(self, request: Request) -> Response:
        """The report of the result that is kept."""
        return _alone(self._whole(self._asked(request)).report())

    def as_folder(self, request: Request) -> Response:
        """The result that is kept as a run's folder, packed: data, tables, figures and report."""
        asked = self._asked(request)
        if asked.was_sent:
            refuse(
                "the folder",
                "is not made of what was sent, which is never written",
                "Keep the report or numbers",
            )
        return _kept(pages.packed(self._whole(asked)), "answer.zip")

    def _whole(self, asked: AskedQuestion) -> ae.Result:
        """The result that is kept, with day profiles of its first replications."""
        known = self._known(asked)
        return self._session.profiled(asked) or known

    def _known(self, asked: AskedQuestion) -> ae.Result:
        result = self._session.result(asked)
        if result is None:
            refuse(
                "the answer",
                "is not worked out on this computer yet",
                "Open the question, and come back",
            )
        return result

    def view(self, request: Request) -> Response:
        """One view of the result that is kept."""
        name = request.path_params["name"]
        if name not in pages.VIEWS:
            return _message("There is no such view", [f"Views: {', '.join(pages.VIEWS)}."], 404)
        asked = self._asked(request)
        known = self._session.profiled if pages.VIEWS[name].of_profiles else self._session.result
        return HTMLResponse(pages.view_page(name, asked, known(asked)))

    def runs(self, request: Request) -> Response:
        """The stored runs."""
        listing = self._session.listing()
        unfinished = [run for run in listing.runs if not run.finished]
        page = pages.runs_page(self._session.named(listing.runs), unfinished, listing.unreadable)
        return HTMLResponse(page)

    def run(self, request: Request) -> Response:
        """The first page of one of them."""
        asked = self._asked(request)
        return HTMLResponse(pages.run_page(asked, self._known(asked)))

    def board(self, request: Request) -> Response:
        """The board's page of a stored run of an offer."""
        page, query = ae.board_page(self._known(self._asked(request))), request.url.query
        for (
            name
        ) in working.FILES:  # beside the page in a folder, under an address of their own here
            page = page.replace(f'href="{name}"', f'href="/file/{name}?{escape(query)}"')
        return _alone(page)

    def watch(self, request: Request) -> Response:
        """A day under nurse triage and under one policy, to watch: the same patients side by side."""
        asked = self._asked(request)
        arm, result = request.path_params["arm"], self._session.result(asked)
        return _alone(pages.watched(asked, arm, result), WATCH_POLICY)

    def narrow(self, request: Request) -> Response:
        """The answer over departments, narrowed by figures of the reader's own."""
        asked, typed = self._asked(request), dict(request.query_params)
        return HTMLResponse(pages.narrow_page(asked, self._session.result(asked), typed))

    def pilot(self, request: Request) -> Response:
        """What a pilot of three months could find out of an answer."""
        asked = self._asked(request)
        return HTMLResponse(pages.pilot_page(asked, self._session.result(asked)))

    async def open(self, request: Request) -> Response:
        """A form for a question, answers or a department as a file; what is sent is kept in memory alone."""
        faults: Sequence[str] = ()
        if request.method == "POST":
            kind = request.headers.get("content-type", "")
            try:
                parts = parts_of(await _sent(request), kind)
                address = await run_in_threadpool(address_for, parts, self._session)
                if len(address) > MOST_QUERY:
                    found = "holds answers that are too long for an address"
                    refuse("the file", found, "Shorten texts")
            except AeflowError as error:
                faults = pages.faults_of(error)
            except ClientDisconnect:
                print("aeflow: an upload was broken off", file=sys.stderr)
                return Response(status_code=400)
            else:
                return RedirectResponse(address, 303)
        words = pages.rendered("open.html", faults=faults, most_bytes=MOST_BYTES)
        return HTMLResponse(words, 400 if faults else 200)

    def records(self, request: Request) -> Response:
        """The pages that `aeflow fit` and `aeflow trace` wrote in this folder, the newest first."""
        known = self._session.place.departments()
        own = [(name, one.label) for name, one in known.items() if name not in PACKAGED]
        words = {"written": written_pages(), "own": own, "example": EXAMPLE}
        return HTMLResponse(pages.rendered("records.html", **words))

    def record(self, request: Request) -> Response:
        """One of these pages, as it was written."""
        written, name = written_pages(), request.path_params["name"]
        if name not in written:
            return _message("There is no such page", ["See /records for those there are."], 404)
        return _alone(written[name][2])

    def interview(self, request: Request) -> Response:
        """One question of the interview of a vendor's offer; at the end, how its answers were read."""
        return HTMLResponse(interviewing.page(_pairs(request)))

    def answers(self, request: Request) -> Response:
        """The answers so far, as the file that `aeflow offer` reads."""
        pairs = _pairs(request)
        text = interviewing.answers_text(pairs)
        _, tables = interviewing.with_tables(interviewing.answers_of(pairs))
        if tables:
            return _kept(zipped({ANSWERS: text, **tables}), "offer.zip")
        return _kept(text, ANSWERS)

    # --- work in the background ---------------------------------------------------------------------------------------

    def begin_offer(self, request: Request) -> Response:
        """Have departments and the page for a board made of the interview's answers; its progress is a page."""
        return _led_to(working.offer_work(self._session.background, _pairs(request)))

    def begin_full(self, request: Request) -> Response:
        """Have a question worked out in full."""
        asked, length = self._asked(request), request.path_params["length"]
        return _led_to(working.full_work(self._session.background, asked, length))

    def _work(self, request: Request) -> HeavyWork:
        return self._session.background.work(request.path_params["name"])

    def work(self, request: Request) -> Response:
        """How far a piece of work is; of one that another app began, what was asked, which says what is kept of it."""
        name = request.path_params["name"]
        if not self._session.background.knows(name) and (page := page_in(name)):
            return RedirectResponse(page, 303)
        return HTMLResponse(working.page(self._session.background, self._work(request)))

    def work_stream(self, request: Request) -> Response:
        """A stream of its states, which ends with the work; the work does not end with the stream."""
        return StreamingResponse(self._states(self._work(request)), media_type="text/event-stream")

    async def _states(self, work: HeavyWork) -> AsyncIterator[str]:
        seen = -1
        while not work.has_ended:
            if work.n_changes != seen:
                seen = work.n_changes
                yield _event("state", working.state(self._session.background, work))
            await asyncio.sleep(SECONDS_BETWEEN_STATES)
        yield _event("state", working.state(self._session.background, work)) + _event("end", "")

    def stop_work(self, request: Request) -> Response:
        """Have a piece of work end."""
        work = self._work(request)
        work.stopped.set()
        return _led_to(work)

    def file(self, request: Request) -> Response:
        """One of the files of a stored run that can be kept."""
        name = request.path_params["name"]
        folder = self._session.folder(request.query_params.get("run", ""))
        if name not in working.FILES or not (folder / name).is_file():
            refuse(
                "file", f"there is no '{name[:40]}'", f"Files of a run: {', '.join(working.FILES)}"
            )
        return _kept((folder / name).read_bytes(), name)


def _missing(request: Request, error: Exception) -> Response:
    """The page of an address that leads nowhere."""
    return _message("There is no such page", ["Choose one of the pages above."], 404)


def _refused(request: Request, error: Exception) -> Response:
    """The page that says what is wrong in place of an error of the reader's."""
    assert isinstance(error, AeflowError)
    return _message("This cannot be shown", pages.faults_of(error), 400)


def _pairs(request: Request) -> list[tuple[str, str]]:
    """What an address asks for, in its order."""
    return parse_qsl(request.url.query, keep_blank_values=True)


def _message(heading: str, sentences: Sequence[str], status: int) -> Response:
    """A page that says what is wrong."""
    page = pages.rendered("message.html", heading=heading, sentences=sentences)
    return HTMLResponse(page, status)


def _alone(page: str, policy: str = REPORT_POLICY) -> Response:
    """A page that stands alone, under a policy of its own."""
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def _led_to(work: HeavyWork) -> Response:
    """The way to the page of a piece of work."""
    return RedirectResponse(f"/heavy/{work.name}", 303)


async def _sent(request: Request) -> bytes:
    """What was sent. Raises ConfigError if it is too long."""
    content, n_bytes = bytearray(), 0
    async for part in request.stream():
        n_bytes += len(part)
        if n_bytes > MOST_HEEDED:
            break
        if n_bytes <= MOST_BYTES:
            content += part
    if n_bytes > MOST_BYTES:
        refuse(
            "what was sent",
            f"is larger than {MOST_BYTES // 1_000_000} MB",
            "Send the folder of configurations alone",
        )
    return bytes(content)


def _event(name: str, text: str) -> str:
    """An event of a stream."""
    lines = "".join(f"data: {line}\n" for line in text.split("\n"))
    return f"event: {name}\n{lines}\n"


def _kept(content: str | bytes, name: str) -> Response:
    """A file that the browser keeps."""
    kind = guess_type(name)[0] or "text/plain"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


def _csv(result: ae.Result) -> str:
    """A row a policy and target."""
    rows = []
    slim = result.on_targets
    for one in slim.findings:
        outcome = outcome_of(slim, one.arm)
        finding = outcome.on(one.target)
        row = outcome.with_range(finding.comparison)
        about = (outcome.arm.label, finding.target.label, row.unit)
        effect = (row.difference, row.difference_low, row.difference_high)
        today = result.row_of(finding.target).mean
        rows.append((*about, today, *effect, row.n_replications, finding.verdict.words))
    return csv_text(WORDS["columns"], rows)


def app_of(
    port: int,
    *,
    n_workers: int,
    stored: str = "",
    results: Path | None = None,
    config_dir: Path | None = None,
) -> tuple[Guard, Session]:
    """The app as an ASGI application, guarded, and its session; `results`: the folder whose runs may be opened;
    `config_dir`: that of configurations beside `./configs`."""
    session = Session(n_workers, results, Place(config_dir))
    routes, handlers = Front(session, stored).routes(), {404: _missing, AeflowError: _refused}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), port), session
