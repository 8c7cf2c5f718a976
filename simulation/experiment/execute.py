"""The seam for parallel work: one loop over `submit` and `as_completed` of any `concurrent.futures.Executor`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Literal, TypeVar

Task = TypeVar("Task")
Answer = TypeVar("Answer")


class SerialExecutor(Executor):
    """Does each task at once, in this process."""

    def submit(self, fn: Callable[..., Answer], /, *args: object, **kwargs: object) -> Future[Answer]:  # type: ignore[override]
        """Run now; the future is already done."""
        future: Future[Answer] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # handed to whoever asks the future, as every executor does
            future.set_exception(error)
        return future


def executor_of(kind: Literal["serial", "local"], workers: int) -> Executor:
    """An executor: this process, or so many processes of this machine (started by spawn, as Windows does)."""
    if kind == "serial" or workers == 1:
        return SerialExecutor()
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def execute(
    executor: Executor,
    work: Callable[[Task], Answer],
    tasks: Sequence[Task],
    *,
    done: Callable[[int], None] = lambda n_done: None,
) -> list[Answer]:
    """The answers in the order of the tasks; `done(n)` after each. A failure or Ctrl-C cancels what has not begun."""
    answers: dict[int, Answer] = {}
    futures: dict[Future[Answer], int] = {}
    try:
        for number, task in enumerate(tasks):
            futures[executor.submit(work, task)] = number
            if isinstance(executor, SerialExecutor):
                answers[number] = next(reversed(futures)).result()
                done(len(answers))
        if not isinstance(executor, SerialExecutor):
            for future in as_completed(futures):
                answers[futures[future]] = future.result()
                done(len(answers))
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    return [answers[number] for number in range(len(tasks))]
