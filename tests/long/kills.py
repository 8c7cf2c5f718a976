"""Whether a run that is killed at any moment ends, by the same command, as one that was not; and what storing costs.

One study of 4 arms is run to its end (about half a minute on two processors). Then, once for each of 50 moments spread
evenly at random over the whole command, writing its data and its report included, it is started anew, its driver is
killed (signal 9), and the same command is given again. Asked of every moment: the second run ends; every file is byte
for byte that of the run that was not killed, but manifest.json and the marked block of clock times in report.html; no
replication is missing from the result or in it twice; and at most one part is simulated twice, because it was in hand
when the driver was killed.

Then the same study is run in this process with its store (`run_into`, up to the written data) and without
(`compare`), in turns. Asked: the store takes 3 % more at most, in processor time and by the clock.

    python tests/long/kills.py FOLDER                             about 45 minutes on two processors
    python tests/long/kills.py FOLDER --moments 5 --replications 40 --days 7 --rounds 1

Finished moments are kept in FOLDER/progress.jsonl and not tried again. Exit code 1: the answer is no.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import simulation as ae
from simulation import resumable
from simulation.runs.provenance import identity_of
from simulation.runs.running import compile_first
from simulation.runs.stored_run import LEAST_SECONDS, UnfinishedRun

CHECKOUT = Path(__file__).parents[2]
STUDY = "ai_triage"
LEFT_OUT = (
    "ai_label_measured_under", "ai_label_measured_over", "ai_label_advises", "ai_as_claimed", "one_more_triage_nurse",
    "two_more_beds", "ai_documents_measured", "childrens_clinician_12_to_22", "clinician_14_to_22",
)  # fmt: skip
MOST_OVERHEAD = 0.03
PROGRESS, WHOLE, KILLED = "progress.jsonl", "whole", "killed"
SIMULATED = "AEFLOW_KILLS_LOG"
"""Names the file in which the driver notes every replication that reaches it, with its seconds."""
Line = dict[str, Any]


class Length(NamedTuple):
    """Of each run: its replications, and the days measured in each."""

    replications: int
    days: int


def main() -> int:
    """Kill the run at every moment that is missing, measure the store, and say what comes of it."""
    asked = options()
    asked.folder.mkdir(parents=True, exist_ok=True)
    key = identity_of(ae.load(*words(asked.length))).key
    run = {
        "identity": key,
        "replications": asked.length.replications,
        "moments": asked.moments,
        "seed": asked.seed,
    }
    lines = progress(asked.folder / PROGRESS, run)
    if lines is None:
        print(
            f"{asked.folder}: holds moments of another program or of other options. Name another folder"
        )
        return 2
    kills = [line for line in lines if "moment" in line]
    if len(kills) < asked.moments:
        seconds = uninterrupted(asked.folder / WHOLE, asked.length)
        print(f"Not interrupted: {seconds:.1f} s", flush=True)
        done = {line["moment"] for line in kills}
        for moment in range(asked.moments):
            if moment in done:
                continue
            chance = random.Random(f"{asked.seed} {moment}")
            share = (moment + chance.random()) / asked.moments
            kills.append({"moment": moment, **killed(asked.folder, asked.length, seconds, share)})
            keep(asked.folder / PROGRESS, kills[-1])
            print(json.dumps(kills[-1]), flush=True)
    rounds = [line for line in lines if "round" in line]
    for number in range(len(rounds), asked.rounds):
        rounds.append({"round": number, **overhead(asked.folder, asked.length)})
        keep(asked.folder / PROGRESS, rounds[-1])
    return 0 if report(kills, rounds) else 1


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where runs and finished moments are kept")
    parser.add_argument(
        "--moments", type=int, default=50, help="at which to kill, 0 or more (default: 50)"
    )
    parser.add_argument(
        "--replications", type=int, default=400, help="of each run, at least 2 (default: 400)"
    )
    parser.add_argument(
        "--days", type=int, default=28, help="measured in each replication (default: 28)"
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="of the comparison with no store (default: 3)"
    )
    parser.add_argument("--seed", type=int, default=20261125, help="of the moments")
    asked = parser.parse_args()
    asked.length = Length(asked.replications, asked.days)
    if asked.moments < 0 or asked.rounds < 0 or asked.replications < 2:
        parser.error("--moments and --rounds: at least 0; --replications: at least 2")
    asked.folder = asked.folder.resolve()
    return asked


def words(length: Length) -> list[str]:
    """The study: 4 arms."""
    left_out = [f"~study.arms.{arm}" for arm in LEFT_OUT]
    run = [
        "ensemble=none",
        f"run.replications={length.replications}",
        "run.warm_up_days=7",
        f"run.measured_days={length.days}",
    ]
    return [f"study={STUDY}", *left_out, *run, "engine=compiled", "executor=local", "workers=2"]


# --- what is kept -----------------------------------------------------------------------------------------------------


def progress(file: Path, run: Line) -> list[Line] | None:
    """The lines that are kept; a new file if there is none; None if it is of another run."""
    if not file.exists():
        keep(file, run)
        return []
    first, *lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return lines if first == run else None


def keep(file: Path, line: Line) -> None:
    """Add a line to the file."""
    with file.open("a", encoding="utf-8") as opened:
        print(json.dumps(line), file=opened)


# --- killing ----------------------------------------------------------------------------------------------------------


def started(here: Path, length: Length, log: Path) -> subprocess.Popen[str]:
    """The command, in a process and a folder of its own. It writes its results into `here`."""
    here.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [sys.executable, __file__, "--driver", "compare", *words(length), f"results={here}"],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), SIMULATED: str(log)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def drive() -> int:
    """The command itself, as a user gives it; every replication that reaches the driver is noted first."""
    from simulation.cli import main as command

    log, add = Path(os.environ[SIMULATED]), UnfinishedRun.add

    def noted(run: UnfinishedRun, replication: Any) -> None:
        keep(log, {"replication": replication.replication, "seconds": replication.seconds})
        add(run, replication)

    UnfinishedRun.add = noted  # type: ignore[method-assign]
    return command(sys.argv[2:])


def uninterrupted(here: Path, length: Length) -> float:
    """Seconds of the command where nothing stops it. What is compiled is compiled before; a run that is there stays."""
    if not (here / "seconds").exists():
        shutil.rmtree(here, ignore_errors=True)
        compile_first(ae.load(*words(length)))
        began = time.perf_counter()
        ended(started(here / "results", length, here / "log"))
        (here / "seconds").write_text(str(time.perf_counter() - began))
    return float((here / "seconds").read_text())


def killed(folder: Path, length: Length, seconds: float, share: float) -> Line:
    """Kill the command after a share of the seconds that it should take, give it again, and say what came of it.

    Where its results are whole before that, it is tried again and killed earlier.
    """
    here, after = folder / KILLED, share * seconds
    while True:
        shutil.rmtree(here, ignore_errors=True)
        began = time.perf_counter()
        process = started(here / "results", length, here / "first.log")
        try:
            process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            if not is_complete(here / "results"):
                break
        after = min(0.9 * after, share * (time.perf_counter() - began))
    stage = stage_of(here / "results")
    output = ended(started(here / "results", length, here / "second.log"))
    first, second = (simulated(here / f"{name}.log") for name in ("first", "second"))
    again = [seconds for number, seconds in first.items() if number in second]
    result = ae.read(here / "results" / "latest")
    line = {
        "killed_after": round(after, 2),
        "stage": stage,
        "simulated_before": len(first),
        "simulated_again": len(again),
        "resumed": "Resuming" in output,
        "at_most_a_part_again": sum(again) <= LEAST_SECONDS + max(again, default=0.0),
        "all_once": [each.replication for each in result.replications]
        == list(range(length.replications)),
        "equal": content(here / "results") == content(folder / WHOLE / "results"),
    }
    return line


def ended(process: subprocess.Popen[str]) -> str:
    """What a command said that ended well."""
    output, _ = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"the command ended with {process.returncode}:\n{output}")
    return output


def is_complete(results: Path) -> bool:
    """Whether a run has written its report and removed its parts: the same command would be another run."""
    parent = results / STUDY
    return any(parent.glob("*/report.html")) and not any(parent.glob(".unfinished-*"))


def stage_of(results: Path) -> str:
    """How far a run had come when it was killed."""
    parent = results / STUDY
    if any(parent.glob("*/report.html")):
        return "report"
    if any(parent.glob("[!.]*/manifest.json")):
        return "pictures"
    if any(parent.glob(".unfinished-*/.partial-*")):
        return "data"
    return "parts" if any(parent.glob(".unfinished-*/parts/*.parquet")) else "start"


def simulated(log: Path) -> dict[int, float]:
    """By number, the seconds of every replication that reached the driver of one attempt."""
    if not log.exists():
        return {}
    # a killed driver may leave a line half written
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    return {line["replication"]: line["seconds"] for line in map(json.loads, lines)}


def content(results: Path) -> dict[str, bytes]:
    """Every file beside the manifest, the report without its clock times; nothing else may be left there."""
    folder = (results / "latest").resolve()
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    del files["manifest.json"]
    before, _, rest = files["report.html"].partition(b"<!-- clock times")
    files["report.html"] = before + rest.partition(b"<!-- end of clock times -->")[2]
    others = [path.name for path in (results / STUDY).iterdir() if path != folder]
    return files | {name: b"left behind" for name in others}


# --- the cost of the store --------------------------------------------------------------------------------------------


def overhead(folder: Path, length: Length) -> Line:
    """Seconds of the study with its store and without, by the clock and of the processor, in this process."""
    study = replace(ae.load(*words(length)), executor="serial")
    ae.compare(replace(study, run=replace(study.run, replications=1)))
    line: Line = {}
    write_report, resumable.write_report = resumable.write_report, lambda folder, result: None
    try:
        for name in ("without", "with"):
            place = folder / "stored"
            shutil.rmtree(place, ignore_errors=True)
            began, cpu_began = time.perf_counter(), time.process_time()
            if name == "with":
                resumable.run_into(study, place)
            else:
                ae.compare(study)
            line[f"{name}_cpu"], line[f"{name}_wall"] = (
                time.process_time() - cpu_began,
                time.perf_counter() - began,
            )
    finally:
        resumable.write_report = write_report
    shutil.rmtree(place)
    return line


def report(kills: list[Line], rounds: list[Line]) -> bool:
    """Print what came of it; whether all is as asked."""
    good = [
        line
        for line in kills
        if line["equal"] and line["all_once"] and line["at_most_a_part_again"]
    ]
    stages = Counter(line["stage"] for line in kills)
    print(f"{len(good)} of {len(kills)} killed runs end as one that was not.", dict(stages))
    print(
        f"Replications simulated again: {sum(line['simulated_again'] for line in kills)}, at most ",
        end="",
    )
    print(
        f"{max((line['simulated_again'] for line in kills), default=0)} for a kill; none is in a result twice."
    )
    fine = len(good) == len(kills)
    for kind in ("cpu", "wall") if rounds else ():
        ratios = [line[f"with_{kind}"] / line[f"without_{kind}"] - 1 for line in rounds]
        print(f"The store's cost, {kind}: {', '.join(f'{ratio:+.1%}' for ratio in ratios)}", end="")
        print(f"; median {statistics.median(ratios):+.1%}, at most {MOST_OVERHEAD:.0%} is asked")
        fine = fine and statistics.median(ratios) <= MOST_OVERHEAD
    return fine


if __name__ == "__main__":
    sys.exit(drive() if sys.argv[1:2] == ["--driver"] else main())
