"""What an answer of the app costs in seconds of processor time: `python benchmarks/bench_app.py [QUESTIONS]`.

One visitor moves a slider again and again, on two worker threads. CPU until the first interval (n = 4, four arms, seven
and 28 days), until the first interval of the first target that is under ten minutes wide and until all of them are; of
a redraw; after the reader has left; and the memory held. Then five visitors at once, until each has a first interval.
No clock time: the machine may be busy.
"""

import asyncio
import resource
import sys
import time
from pathlib import Path
from typing import NamedTuple

from simulation.app import pages
from simulation.app.asked import AskedQuestion, asked_in
from simulation.app.session import Session

ARMS = ("ai_scribe_measured", "lean_triage", "clinician_14_to_22")
MOST = 40


class Cost(NamedTuple):
    """CPU seconds to the first interval, to one and to all that are narrow; replications of both; ms of a redraw."""

    first: float
    one_narrow: float
    n_one: int
    all_narrow: float
    n_all: int
    redraw: float


def question(attendances: int) -> AskedQuestion:
    """The question of one place of the slider."""
    return asked_in([("attendances", str(attendances)), *(("arm", arm) for arm in ARMS)])


async def one(session: Session, attendances: int) -> Cost:
    """What one question costs until every interval of the first target is narrow."""
    asked = question(attendances)
    began, first, one_narrow, n_one, redraws, n = time.process_time(), 0.0, 0.0, 0, [0.0], 0
    states = session.stream(asked, MOST)
    async for state in states:
        if state.step != "looking" or state.result is None:
            continue
        drew = time.thread_time()
        pages.answer(state, asked)
        redraws.append(time.thread_time() - drew)
        so_far = time.process_time() - began
        slim, n = state.result.on_targets, len(state.result.replications)
        readable = [pages.readable(slim.finding(arm, slim.first_target)) for arm in ARMS]
        first = first or so_far
        if any(readable) and not n_one:
            one_narrow, n_one = so_far, n
        if all(readable):
            break
    await states.aclose()
    redraw = 1000 * sum(redraws) / max(len(redraws) - 1, 1)
    return Cost(first, one_narrow, n_one, time.process_time() - began, n, redraw)


async def first_of(session: Session, attendances: int) -> None:
    """Look until there is a first interval."""
    states = session.stream(question(attendances), MOST, str(attendances))
    async for state in states:
        if state.step == "looking":
            break
    await states.aclose()


async def at_once(session: Session, n: int) -> tuple[float, float]:
    """CPU and clock seconds until each of n visitors has a first interval."""
    began, clock = time.process_time(), time.perf_counter()
    await asyncio.gather(*(first_of(session, -number - 1) for number in range(n)))
    return time.process_time() - began, time.perf_counter() - clock


def memory_held() -> int:
    """MB of memory that this process holds now; where the system does not say, the most that it held."""
    try:
        pages_held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return pages_held * resource.getpagesize() // 2**20


def main(n_questions: int) -> None:
    """Print a line a question, then what remains."""
    session = Session(2)
    session.warm_up()
    asyncio.run(one(session, 14))
    print(
        "first interval s | one under 10 min s |  n | all under 10 min s |  n | redraw ms | memory MB"
    )
    for number in range(n_questions):
        cost = asyncio.run(one(session, number - n_questions // 2 or 15))
        memory = memory_held()
        narrow = (
            f"{cost.one_narrow:18.2f} | {cost.n_one:2d} | {cost.all_narrow:18.2f} | {cost.n_all:2d}"
        )
        print(f"{cost.first:16.2f} | {narrow} | {cost.redraw:9.1f} | {memory:9d}", flush=True)
    cpu, clock = asyncio.run(at_once(Session(2), 5))
    print(
        f"five visitors at once: {cpu:.2f} s, {cpu / 5:.2f} s each ({clock:.1f} s by the clock of this machine)"
    )
    time.sleep(3)
    began = time.process_time()
    time.sleep(3)
    print(
        f"CPU of three seconds, three seconds after the last reader left: {time.process_time() - began:.3f} s"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
