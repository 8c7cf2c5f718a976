"""`aeflow show`: the resolved scenario in words, the offered load by pool and hour, and the pathway drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simulation.draws import draw
from simulation.experiment.study import Study
from simulation.pathway.department import Pathway, Stream
from simulation.pathway.load import Load, offered_load, remarks
from simulation.report.tables import BANNER
from simulation.triage.policy import apply

SAMPLE_DAYS = 28


def show(study: Study) -> None:
    """Print a study's baseline department and draw it under the results folder."""
    for line in lines(study):
        print(line)
    folder = Path(str(study.resolved["results"])) / "pathway"
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / f"{study.baseline.pathway.name}.png"
    from simulation.report.pathway_picture import draw_pathway

    draw_pathway(study.baseline.pathway, picture)
    print(f"\nThe pathway, drawn from its data: {picture}")


def lines(study: Study) -> Iterator[str]:
    """What is printed."""
    arm = study.baseline
    pathway = arm.pathway
    yield f"aeflow. {BANNER}"
    yield f"Study {study.design.name}, scenario {study.scenario}. {study.design.question}"
    yield "\nArms"
    for each in study.arms:
        changes = ", ".join(f"{path} = {value}" for path, value in each.arm.changes.items())
        levers = f"; levers {', '.join(each.arm.levers)} of {study.design.full}" if each.arm.levers else ""
        yield f"  {each.name:<26} {each.arm.label}; triage {each.arm.triage}{levers}{'; ' + changes if changes else ''}"
    counts = f"{len(pathway.steps)} steps, {len(pathway.pools)} pools, rule {pathway.priority.rule}"
    yield f"\nDepartment {pathway.name}: {counts}"
    yield from _sources(pathway)
    load = baseline_load(study)
    yield "\nOffered load: work asked for over units on duty, before anybody waits or leaves (boarding not counted)"
    yield f"  {'pool':<22}{'week':>6}  " + "".join(f"{hour:>5}" for hour in range(0, 24, 2)) + "   (clock hour)"
    by_hour, weekly = load.by_hour(), load.weekly()
    for number, pool in enumerate(load.pools):
        if pathway.pools[pool].unlimited:
            continue
        hours = "".join(f"{by_hour[number, hour]:5.2f}" for hour in range(0, 24, 2))
        yield f"  {pool:<22}{weekly[number]:6.2f}  {hours}"
    for remark in remarks(load):
        yield f"  {remark}"
    if pathway.allow_overload:
        yield "  allow_overload: true. Waits grow for as long as this runs; figures depend on its length."


def baseline_load(study: Study) -> Load:
    """The load that four drawn weeks under the baseline's policy ask for."""
    arm = study.baseline
    drawn = draw(arm.pathway, seed=study.run.seed, replication=0, days=SAMPLE_DAYS)
    return offered_load(arm.pathway, apply(arm.policy, arm.pathway, drawn))


def _sources(pathway: Pathway) -> Iterator[str]:
    for name, stream in pathway.streams.items():
        yield f"  {name:<22} {stream.per_day * stream.scale:6.1f} a day{_note(stream)}"
    for name, pool in pathway.pools.items():
        units = "unlimited" if pool.unlimited else _units(pool.capacity, pool.extra)
        if pool.rota is not None:
            units = ", ".join(f"{shift.hours} h: {shift.number}" for shift in pool.rota) + _extra(pool.extra)
        yield f"  {name:<22} {pool.kind:<6} {units}"


def _note(stream: Stream) -> str:
    return "" if stream.attends else "  (not through A&E)"


def _units(capacity: int | None, extra: int) -> str:
    return f"{capacity}{_extra(extra)}"


def _extra(extra: int) -> str:
    return f" ({extra:+d})" if extra else ""
