"""What an answer of the app costs in seconds of processor time: `python benchmarks/bench_app.py [QUESTIONS]`.

One visitor moves a slider again and again, on two worker threads. CPU until the first interval (n = 4, four arms, seven
and 28 days) and until every interval of the first target is under ten minutes wide; of a redraw; after the reader has
left; and the memory held. No clock time: the machine may be busy.
"""

import asyncio
import resource
import sys
import time

from simulation.app import pages
from simulation.app.asked import asked_in
from simulation.app.desk import Desk

ARMS = ("ai_scribe_measured", "lean_triage", "clinician_14_to_22")
MOST = 40


async def one(desk: Desk, attendances: int) -> tuple[float, float, float, int]:
    """CPU to the first interval, of a redraw in the mean, to narrow intervals, and the replications of these."""
    asked = asked_in([("attendances", str(attendances)), *(("arm", arm) for arm in ARMS)])
    began, first, narrow, redraws, n = time.process_time(), 0.0, 0.0, [], 0
    looks = desk.looks(asked, MOST)
    async for look in looks:
        if look.step != "looking" or look.result is None:
            continue
        drew = time.thread_time()
        pages.answer(look, asked)
        redraws.append(time.thread_time() - drew)
        first = first or time.process_time() - began
        slim, n = look.result.on_targets, len(look.result.replications)
        if all(pages.readable(slim.finding(arm, slim.first_target)) for arm in ARMS):
            narrow = time.process_time() - began
            break
    await looks.aclose()
    return first, 1000 * sum(redraws) / max(len(redraws), 1), narrow, n


def main(n_questions: int) -> None:
    """Print a line a question, then what remains."""
    desk = Desk(2)
    desk.warm_up()
    asyncio.run(one(desk, 14))
    print("first interval s | redraw ms | all under 10 min s | n | memory MB")
    for number in range(n_questions):
        first, redraw, narrow, n = asyncio.run(one(desk, number - n_questions // 2 or -15))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{first:16.2f} | {redraw:9.1f} | {narrow:18.2f} | {n:2d} | {memory:9d}", flush=True)
    time.sleep(3)
    began = time.process_time()
    time.sleep(3)
    print(f"CPU of three seconds, three seconds after the last reader left: {time.process_time() - began:.3f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
