"""Signals that ask a command to stop: Ctrl-C, TERM (a scheduler's or a system's) and HUP (a closed terminal)."""

import _thread
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
SECONDS_TO_RETURN = 0.05
SECONDS_TO_STOP = 5.0
"""A second signal within this time is ignored, so that it does not disturb the work of stopping."""


class Stopped(KeyboardInterrupt):
    """Raised when a signal asks to stop.

    KeyboardInterrupt itself is not raised: once it has passed through `exec`, which dataclasses use at import, Python
    ends with the exit code of SIGINT whatever is returned.
    """


class StopSignal:
    """Whether a signal asked to stop, and which one (`number`; that of Ctrl-C if there was none)."""

    def __init__(self) -> None:
        self.number: int = signal.SIGINT
        self._received_at: float | None = None

    @property
    def is_received(self) -> bool:
        """Whether a signal came at all."""
        return self._received_at is not None

    @property
    def stopping(self) -> bool:
        """Whether a signal came within the last `SECONDS_TO_STOP` seconds."""
        return (
            self._received_at is not None and time.monotonic() - self._received_at < SECONDS_TO_STOP
        )

    @property
    def exit_code(self) -> int:
        """128 plus the number of the signal, as in shells."""
        return 128 + self.number

    @property
    def words(self) -> str:
        """'stopped', and by which signal if it was not Ctrl-C."""
        return (
            "stopped"
            if self.number == signal.SIGINT
            else f"stopped by {signal.Signals(self.number).name}"
        )

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raise Stopped in the main thread."""
        if self.stopping:
            return
        self._received_at = time.monotonic()
        self.number = number
        raise Stopped

    def dropped(self, unraisable: Any) -> None:
        """Called by Python where it drops an exception: a signal comes again a moment later, anything else is told."""
        if not isinstance(unraisable.exc_value, Stopped):
            sys.__unraisablehook__(unraisable)
            return
        self._received_at = None
        threading.Timer(SECONDS_TO_RETURN, _thread.interrupt_main, (self.number,)).start()


_current: StopSignal | None = None


def raise_if_stopped() -> None:
    """Raise Stopped if a signal asked to stop and nothing came of it.

    Python drops what a handler raises while a destructor or a callback of another library runs.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and _current is not None and _current.is_received:
        raise Stopped


@contextmanager
def stopped_by_signals() -> Iterator[StopSignal]:
    """Make Ctrl-C, TERM and HUP raise Stopped while the context lasts; its value says which of them came.

    A signal that is ignored (HUP under nohup) stays ignored. Nothing changes outside the main thread, which alone gets
    signals.
    """
    global _current  # a process has one set of handlers
    signalled = StopSignal()
    if threading.current_thread() is not threading.main_thread():
        yield signalled
        return
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    handlers = {number: signal.getsignal(number) for number in numbers}
    caught = [number for number in numbers if handlers[number] not in (signal.SIG_IGN, None)]
    for number in caught:
        signal.signal(number, signalled)
    before, _current = _current, signalled
    hook, sys.unraisablehook = sys.unraisablehook, signalled.dropped
    try:
        yield signalled
    finally:
        _current, sys.unraisablehook = before, hook
        for number in caught:
            signal.signal(number, handlers[number])
