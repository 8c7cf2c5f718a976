"""`aeflow show`: the scenario in words, the offered load by pool and hour, and the pathway drawn.

`aeflow show arm=NAME`: what one arm changes against the baseline, marked on the pathway, and what it assumes.
"""

import math
import textwrap
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from simulation.department.graph import Subgraph
from simulation.department.rota import mean_per_day, shift_words
from simulation.department.vocabulary import FIRST_COME, ArrivalSource, Opens, Pathway
from simulation.display.drawing import Picture
from simulation.display.words import WIDTH
from simulation.errors import ConfigError, Fault, nearest
from simulation.records.schema import Floats
from simulation.report.arm_tables import HOW_FOUND, NOTHING
from simulation.report.pathway_picture import pathway_picture
from simulation.runs.atomic import own_folder, write_file
from simulation.study.arm_changes import (
    ArmChanges,
    closing_words,
    explain_changes,
    left_out_words,
    reachable_subgraph,
    units_words,
)
from simulation.study.department_warnings import (
    SAMPLE_DAYS,
    Beds,
    beds_of,
    describe_busy_hours,
    load_and_warnings,
)
from simulation.study.design import change_words
from simulation.study.offered_load import Load, load_ratio
from simulation.study.statements import BANNER, assumptions_added_by, count_by_evidence
from simulation.study.study import Study
from simulation.wording import number_of, spaced

DEPARTMENT = ("calibration", "site", "staffing", "pathway")
"""The groups of a configuration that state a department."""


DRAWN = (
    "There doctors and practitioners on duty, unless stated, and what else nobody states of staff, places and minutes "
    "differ by department."
)
"""What is said of a department that records were fitted to, of those that are held to them."""


def show(study: Study) -> None:
    """Print a study's baseline department and draw it under the results folder."""
    pathway = study.baseline.pathway
    print(*lines(study), sep="\n")
    subgraph = reachable_subgraph(pathway, study.arms, seed=study.run.seed)
    drawn = pathway_picture(pathway, subgraph=subgraph)
    _draw(study, pathway.name, drawn, "The pathway, drawn from its data", subgraph)
    print("One arm's changes marked on it, and what it assumes: aeflow show arm=NAME")


def show_arm(study: Study, name: str) -> None:
    """Print what one arm changes and assumes, and draw the pathway with the changes marked. Raises ConfigError."""
    names = [arm.name for arm in study.arms]
    if name not in names:
        fault = Fault(
            f"arm={name}", f"the study '{study.design.name}' has no such arm", nearest(name, names)
        )
        raise ConfigError([fault])
    (changes,) = explain_changes(study, [name]) or (ArmChanges(name, ()),)
    print(*arm_lines(study, changes), sep="\n")
    pathway, arms = study.arm(name).pathway, (study.baseline, study.arm(name))
    subgraph = reachable_subgraph(pathway, arms, seed=study.run.seed, keep=changes.by_node())
    drawn = pathway_picture(pathway, changes, subgraph=subgraph, title=_title(study, name))
    _draw(
        study,
        f"{pathway.name}-{name}",
        drawn,
        f"The pathway with what '{name}' changes marked",
        subgraph,
    )


def _draw(study: Study, name: str, picture: Picture, words: str, subgraph: Subgraph) -> None:
    """Write the picture of a pathway into the results folder, and print where it is and what it leaves out."""
    path = own_folder(study.results_folder, "pathway") / f"{name}.png"
    write_file(path, picture.png)
    print(f"\n{words}: {path}")
    for line in _folded(left_out_words(subgraph)):
        print(line)


def _title(study: Study, name: str) -> str:
    if name == study.design.baseline:
        return f"'{study.baseline.arm.label}' is the baseline: it changes nothing"
    return f"What '{study.arm(name).arm.label}' changes, against '{study.baseline.arm.label}'"


def arm_lines(study: Study, changes: ArmChanges) -> Iterator[str]:
    """Lines about one arm: what it changes, what it assumes, and how much of the site is assumed."""
    arm = study.arm(changes.arm)
    yield from _heading(study)
    yield f"\n{_title(study, arm.name)}"
    yield from _change_lines(changes)
    yield from _folded(HOW_FOUND)
    yield f"\nWhat '{arm.name}' assumes, besides the baseline"
    design = study.design
    added = assumptions_added_by(arm, study.baseline, design) if arm.name != design.baseline else ()
    assumed = [number for number in added if number.evidence == "assumed"]
    sourced = [number for number in added if number.evidence != "assumed"]
    for number in assumed:
        span = f"  (range {number.range})" if number.range != "–" else ""
        yield from _folded(f"{number.where} = {number.value}{span}")
        yield from _folded(number.source, indent="      ")
    if not assumed:
        yield "  nothing"
    if sourced:
        yield "  Also, with a source: " + ", ".join(
            f"{number.where} ({number.evidence})" for number in sourced
        )
    yield f"\nThe department itself: {counts_words(study)}."


def _heading(study: Study) -> Iterator[str]:
    yield f"aeflow. {BANNER}"
    yield f"Study {study.design.name}, scenario {study.scenario}. {study.design.question}"


def counts_words(study: Study) -> str:
    """How many of the department's sourced statements are assumed, measured and published."""
    counts = count_by_evidence(study.resolved, DEPARTMENT)
    by_evidence = ", ".join(f"{n} {evidence}" for evidence, n in counts.items())
    return f"{sum(counts.values())} sourced statements, {by_evidence}"


def _change_lines(changes: ArmChanges) -> Iterator[str]:
    for change in changes.changes:
        yield from _folded(f"{spaced(change.what)}: {change.words}")
    if all(change.kind == "nothing" for change in changes.changes):
        yield f"  {NOTHING}"


def _folded(text: str, indent: str = "  ") -> Iterable[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ")


def lines(study: Study) -> Iterator[str]:
    """Lines about a study: its arms, what they change, its baseline department, and the offered load."""
    pathway = study.baseline.pathway
    yield from _heading(study)
    load, warnings = load_and_warnings(study)
    if warnings:
        yield "\nDoes not fit together"
    for warning in warnings:
        yield from _folded(f"{warning}.")
    yield "\nArms"
    for ready in study.arms:
        arm = ready.arm
        changes = ", ".join(change_words(path, value) for path, value in arm.changes.items())
        levers = f"; levers {', '.join(arm.levers)} of {study.design.full}" if arm.levers else ""
        yield f"  {ready.name:<26} {arm.label}; triage {arm.triage}{levers}{'; ' + changes if changes else ''}"
    yield "\nWhat each arm changes"
    for changed in explain_changes(study, study.design.shown):
        yield f"  {changed.arm}"
        yield from (f"  {line}" for line in _change_lines(changed.without_by_label()))
    who_is_next = (
        FIRST_COME.source if pathway.priority == FIRST_COME else f"rule {pathway.priority.rule}"
    )
    yield f"\nDepartment {pathway.name}: {_size(study)}; {who_is_next}"
    yield f"  {counts_words(study)}"
    yield from department_lines(pathway)
    if why := study.not_calibrated:
        yield from _folded(f"Not calibrated: {why}. {DRAWN}")
    yield "\nOffered load: work asked for over units on duty, before anybody waits or leaves (boarding not counted)"
    # the offered load of each pool, over the week and by clock hour, then remarks on it
    yield f"  Means of {SAMPLE_DAYS // 7} drawn weeks; weekly values with two standard errors."
    yield (
        f"  {'pool':<22}{'week':>6}{'':6}  "
        + "".join(f"{hour:>5}" for hour in range(0, 24, 2))
        + "   (clock hour)"
    )
    by_hour, weekly = load.by_hour(), load.weekly()
    for number, pool in enumerate(load.pools):
        if not pathway.pools[pool].unlimited:
            loads = (by_hour[number, hour] for hour in range(0, 24, 2))
            hours = "".join(
                " shut"
                if math.isinf(one) and pathway.pools[pool].queues_until_open
                else f"{one:5.2f}"
                for one in loads
            )
            yield f"  {pool:<22}{weekly[number]:6.2f} ±{2 * load.error[number]:<4.2f}  {hours}"
    for remark in describe_busy_hours(
        load, [name for name, pool in pathway.pools.items() if pool.queues_until_open]
    ):
        yield f"  {remark}"
    if (beds := beds_of(pathway, load)) is not None:
        yield from _folded(
            f"Adult beds, all ward groups: {beds}, before pressure ends any stay early."
        )
    if pathway.allow_overload:
        yield (
            "  allow_overload: true. Waits grow for as long as this runs, so figures depend on the length of the run."
        )


def scaled_lines(own: Study, typical: Study) -> Iterator[str]:
    """Lines about a department that was scaled: how full its beds would be, and what does not fit together."""
    (load, warnings), (typical_load, _) = load_and_warnings(own), load_and_warnings(typical)
    beds, typical_beds = (
        beds_of(own.baseline.pathway, load),
        beds_of(typical.baseline.pathway, typical_load),
    )
    if beds is not None and typical_beds is not None and not beds.full:
        yield from _folded(_beds_words(beds, typical_beds), indent="")
    if lone := _lone_words(load, typical_load):
        yield from _folded(lone, indent="")
    for warning in warnings:
        yield from _folded(f"Does not fit together. {warning}.", indent="")
    if not warnings:
        yield "Nothing there is hard to believe: go on."


DAY = slice(10, 23)
"""Clock hours from 10 to 23 h."""
LESS_BUSY = 0.9
"""Pools that are asked for less than this share of what they are asked for in the typical department are named."""


def _lone_words(load: Load, typical_load: Load) -> str:
    """Pools that are less busy by day than in the typical department, because one person is on at least."""
    (busy, alone), (usual, _) = map(_by_day, (load, typical_load))
    names = [
        f"{spaced(pool)} ({100 * busy[row]:.0f} %, there {100 * usual[row]:.0f} %)"
        for row, pool in enumerate(load.pools)
        if alone[row] and busy[row] < LESS_BUSY * usual[row]
    ]
    if not names:
        return ""
    return (
        "One person cannot be split: from 10 to 23 h these are less busy than in the typical department: "
        f"{', '.join(names)}."
    )


def _by_day(load: Load) -> tuple[Floats, NDArray[np.bool_]]:
    """The load of each pool by day, and whether one unit is on at some hour of it, shape (n_pools,) each."""
    days = (len(load.pools), 7, 24)
    work, units = (hours.reshape(days)[:, :, DAY] for hours in (load.work, load.capacity))
    return load_ratio(work.sum(axis=(1, 2)), units.sum(axis=(1, 2))), (units == 1).any(axis=(1, 2))


def _beds_words(beds: Beds, typical_beds: Beds) -> str:
    """The share of the staffed beds that patients need, and why it may be more than 100 %."""
    share, usual = (100 * one.asked / one.staffed for one in (beds, typical_beds))
    need = f"if nobody were discharged early, patients would fill {share:.0f} % of the {beds.staffed:.0f} staffed"
    early = "because full wards discharge sooner"
    if share > 100:
        return f"Beds: {need}. More than 100 % works {early}; the typical department is at {usual:.0f} %."
    return f"Beds: {need}. The typical department is at {usual:.0f} %, which works {early}."


def _size(study: Study) -> str:
    """How many steps and pools there are, and how many of them patients of some arm can meet."""
    pathway = study.baseline.pathway
    subgraph = reachable_subgraph(pathway, study.arms, seed=study.run.seed)
    met = [step for name, step in pathway.steps.items() if name in subgraph.edges]
    pools = {pool for step in met for pool in step.pools}
    size = f"{number_of(len(pathway.steps), 'step')}, {number_of(len(pathway.pools), 'pool')}"
    if len(met) == len(pathway.steps):
        return size
    return f"{size}, of which patients of these arms can meet {len(met)} and {len(pools)}"


def department_lines(pathway: Pathway) -> Iterator[str]:
    """Lines on who comes, which pools there are, and what makes demand or its minutes vary."""
    for name, source in pathway.arrivals.items():
        yield f"  {name:<22} {mean_per_day(source):6.1f} a day{_note(source)}"
    for name, pool in pathway.pools.items():
        units = units_words(pool).removesuffix(" at every hour")
        extra = f" ({pool.extra:+d})" if pool.extra else ""
        laid_over = f"; laid over: {shift_words(pool.extra_shifts)}" if pool.extra_shifts else ""
        closing = (
            closing_words(pool),
            "people wait until it opens" if pool.queues_until_open else "",
        )
        yield f"  {name:<22} {pool.kind:<6} {'; '.join((f'{units}{extra}{laid_over}', *filter(None, closing)))}"
    for name, trigger in pathway.triggers.items():
        if isinstance(trigger, Opens) and trigger.arrives_after_minutes:
            opens = f"opens {trigger.extra} of {trigger.pool} {trigger.arrives_after_minutes:g} min after it is called"
            yield f"  {name:<22} on call {opens}"
    for name, factor in pathway.lasting_factors.items():
        off = "" if factor.active else "off; "
        what = _named(factor.arrivals, factor.durations)
        shared = ", the same in every replication" if factor.shared else ""
        rises = f", {100 * factor.rises:+g} % a year" if factor.rises else ""
        drawn = f"cv {factor.cv:g} by the {factor.every}, persistence {factor.persistence:g}{shared}{rises}"
        yield f"  {name:<22} {off}{drawn}: {what}"
    for name, follows in pathway.follows.items():
        off = "" if follows.active else "off; "
        what = f"{_named(follows.durations)} of {_named(follows.arrivals)}"
        yield f"  {name:<22} {off}elasticity {follows.elasticity:g} on {follows.days} days: {what}"


def _named(*groups: tuple[str, ...]) -> str:
    return ", ".join(spaced(name) for names in groups for name in names)


def _note(source: ArrivalSource) -> str:
    """Whether an arrival source is outside A&E, its booked patients and its surges, in brackets."""
    booked = [f"{booking.number} at {booking.at} {booking.days}" for booking in source.booked]
    surges = [
        f"x {surge.times:g} from day {surge.starts_on_day} for {surge.days} day{'s' if surge.days > 1 else ''}"
        for surge in source.surges
    ]
    notes = [*(["not through A&E"] if not source.attends else []), *booked, *surges]
    return f"  ({'; '.join(notes)})" if notes else ""
