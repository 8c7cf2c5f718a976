"""A server on this machine that speaks as OpenAI's does, and fails as it is told to."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """One request; `server.behave` decides."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and content in one packet
    server: "Server"

    def do_POST(self) -> None:
        """Read the question, note it, behave."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked.append(body["messages"][-1]["content"])
            self.server.headers.append(dict(self.headers))
        try:
            self.server.behave(self, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def send(self, content: bytes, status: int = 200, **headers: str) -> None:
        """A whole reply."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def say(self, text: Any, *, ended: str = "stop", model: str = "fake-1", **message: Any) -> None:
        """A reply in which the model says `text`."""
        choice = {
            "message": {"role": "assistant", "content": text, **message},
            "finish_reason": ended,
        }
        self.send(
            json.dumps(
                {"model": model, "choices": [choice], "usage": {"total_tokens": 30}}
            ).encode()
        )

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """What was asked, and how to behave."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, behave: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave = behave
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.lock = threading.Lock()

    @property
    def address(self) -> str:
        """What a plan states."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


@contextmanager
def serving(behave: Behaviour) -> Iterator[Server]:
    """A running server."""
    with Server(behave) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def level(number: Any) -> Behaviour:
    """Always this level."""
    return lambda handler, body: handler.say(json.dumps({"level": number}))


def slow(handler: Handler, body: dict[str, Any]) -> None:
    """Too late."""
    time.sleep(2.0)
    handler.say('{"level": 3}')


def endless(handler: Handler, body: dict[str, Any]) -> None:
    """An answer that does not end."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for _ in range(2000):
        handler.wfile.write(b"400\r\n" + b" " * 1024 + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def drips(handler: Handler, body: dict[str, Any]) -> None:
    """A byte now and then, so that no single read is late."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def drips_headers(handler: Handler, body: dict[str, Any]) -> None:
    """A line of the headers now and then, for half a minute."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100):
        handler.wfile.write(b"X-%d: 1\r\n" % number)
        handler.wfile.flush()
        time.sleep(0.3)


def goes_on(handler: Handler, body: dict[str, Any]) -> None:
    """'Go on' again and again, for half a minute."""
    for _ in range(100):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        handler.wfile.flush()
        time.sleep(0.3)


def hangs_up(handler: Handler, body: dict[str, Any]) -> None:
    """Half an answer."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"model": "fake-1", ')
    handler.close_connection = True
