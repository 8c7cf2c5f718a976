"""Starts the server: a port of this computer, the page of the first visit, and an end at Ctrl-C."""

import json
import os
import socket
import threading
from pathlib import Path
from typing import Any

from simulation.errors import AeflowError, refuse
from simulation.runs.running import processors

STORED = Path(__file__).with_name("stored") / "first.html"
"""The answer of the default study that the first visit shows, drawn beforehand (`docs.tools.first_visit`); beside it
its identity and effects."""
SECONDS_TO_END = 3


def stored_answer() -> str:
    """The answer of the first visit as a piece of a page; '' if none came with the package."""
    return STORED.read_text(encoding="utf-8") if STORED.is_file() else ""


def stored_facts() -> dict[str, Any]:
    """What is known of that answer: its effects, verdicts and departments; nothing if none came with the package."""
    path = STORED.with_suffix(".json")
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return facts


def serve(port: int, workers: int, results: Path, config_dir: Path | None = None) -> int:
    """Serve on this computer until Ctrl-C; port 0: one that is free; `results`: whose runs may be opened;
    `config_dir`: a folder of configurations beside `./configs`.

    Raises ConfigError if the port is taken, and AeflowError if Starlette or Uvicorn is not installed.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise AeflowError(
            "the app needs Uvicorn. Install it with pip install 'aeflow[app]'"
        ) from error
    from simulation.app.server import LOOPBACK, app_of

    with socket.socket() as listening:
        if (
            os.name == "posix"
        ):  # else an ended server holds the port for a minute; Windows would share a taken one
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((LOOPBACK, port))
            listening.listen()  # before the address is told: who opens it at once waits, and is not refused
        except OSError as error:
            refuse(
                "port",
                f"{port} cannot be used ({error.strerror})",
                "Name another: aeflow app port=8800",
            )
        port = listening.getsockname()[1]
        n_workers = workers or processors()
        app, session = app_of(
            port,
            n_workers=n_workers,
            stored=stored_answer(),
            results=results,
            config_dir=config_dir,
        )
        threading.Thread(target=session.warm_up, daemon=True).start()
        print(
            f"Open http://{LOOPBACK}:{port}/ in a browser of this computer. Ctrl-C ends it.",
            flush=True,
        )
        settings = uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=SECONDS_TO_END,
        )
        try:
            uvicorn.Server(settings).run(sockets=[listening])
        finally:
            session.background.stop()
    return 0
