"""`aeflow show`: the resolved scenario in words, the offered load by pool and hour, and the pathway drawn.

`aeflow show arm=NAME`: what one arm changes against the baseline, marked on the pathway, and what it assumes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from simulation.analysis.offered_load import remarks
from simulation.errors import ConfigError, Fault, nearest
from simulation.explain.arm_changes import (
    ArmChanges,
    arm_changes,
    assumptions_added_by,
    by_node,
    closing_words,
    counted,
)
from simulation.explain.reachable import left_out_words, number_of, reachable_subgraph
from simulation.explain.statements import BANNER
from simulation.pathway.department import FIRST_COME, ArrivalSource, Opens, Pathway
from simulation.pathway.rota import mean_per_day, shift_words
from simulation.report.tables.changes import HOW_FOUND, NOTHING
from simulation.report.words import WIDTH
from simulation.study.design import change_words
from simulation.study.misfits import Beds, beds_of, load_and_misfits
from simulation.study.overload import SAMPLE_DAYS
from simulation.study.study import Study

DEPARTMENT = ("calibration", "site", "staffing", "pathway")
"""The groups of a configuration that state a department."""


def show(study: Study) -> None:
    """Print a study's baseline department and draw it under the results folder."""
    for line in lines(study):
        print(line)
    picture = _folder(study) / f"{study.baseline.pathway.name}.png"
    from simulation.report.pathway_picture import draw_pathway

    subgraph = reachable_subgraph(study.baseline.pathway, study.arms, seed=study.run.seed)
    draw_pathway(study.baseline.pathway, picture, subgraph=subgraph)
    print(f"\nThe pathway, drawn from its data: {picture}")
    for line in _folded(left_out_words(subgraph)):
        print(line)
    print("One arm's changes marked on it, and what it assumes: aeflow show arm=NAME")


def show_arm(study: Study, name: str) -> None:
    """Print what one arm changes and assumes, and draw the pathway with the changes marked. Raises ConfigError."""
    (changes,) = arm_changes(study, [_known(study, name)]) or (ArmChanges(name, ()),)
    for line in arm_lines(study, changes):
        print(line)
    pathway = study.arm(name).pathway
    picture = _folder(study) / f"{pathway.name}-{name}.png"
    from simulation.report.pathway_picture import draw_pathway

    arms = (study.baseline, study.arm(name))
    subgraph = reachable_subgraph(pathway, arms, seed=study.run.seed, keep=by_node(changes))
    draw_pathway(pathway, picture, changes, subgraph=subgraph, title=_title(study, name))
    print(f"\nThe pathway with what '{name}' changes marked: {picture}")
    for line in _folded(left_out_words(subgraph)):
        print(line)


def _folder(study: Study) -> Path:
    folder = Path(str(study.resolved["results"])) / "pathway"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _known(study: Study, name: str) -> str:
    names = [arm.name for arm in study.arms]
    if name not in names:
        raise ConfigError(
            [Fault(f"arm={name}", f"the study {study.design.name} has no such arm", nearest(name, names))]
        )
    return name


def _title(study: Study, name: str) -> str:
    if name == study.design.baseline:
        return f"'{study.baseline.arm.label}' is the baseline: it changes nothing"
    return f"What '{study.arm(name).arm.label}' changes, against '{study.baseline.arm.label}'"


def arm_lines(study: Study, changes: ArmChanges) -> Iterator[str]:
    """What is printed about one arm: what it changes, what it assumes, and how much of the site is assumed."""
    arm = study.arm(changes.arm)
    yield f"aeflow. {BANNER}"
    yield f"Study {study.design.name}, scenario {study.scenario}. {study.design.question}"
    yield f"\n{_title(study, arm.name)}"
    yield from _changed(changes)
    yield from _folded(HOW_FOUND)
    yield f"\nWhat '{arm.name}' assumes, besides the baseline"
    added_assumptions = assumptions_added_by(arm, study.baseline) if arm.name != study.design.baseline else ()
    for each in added_assumptions:
        if each.evidence == "assumed":
            span = f"  (range {each.range})" if each.range != "–" else ""
            yield from _folded(f"{each.where} = {each.value}{span}")
            yield from _folded(each.source, indent="      ")
    others = [each for each in added_assumptions if each.evidence != "assumed"]
    if not any(each.evidence == "assumed" for each in added_assumptions):
        yield "  nothing"
    if others:
        yield "  Besides, with a source: " + ", ".join(f"{each.where} ({each.evidence})" for each in others)
    yield f"\nThe department beneath: {counts_words(study)}."


def counts_words(study: Study) -> str:
    """How many of the department's sourced statements are assumed, measured and published."""
    counts = counted(study.resolved, DEPARTMENT)
    by_evidence = ", ".join(f"{n} {evidence}" for evidence, n in counts.items())
    return f"{sum(counts.values())} sourced statements, {by_evidence}"


def _changed(changes: ArmChanges) -> Iterator[str]:
    if not changes.changes:
        yield f"  {NOTHING}"
    for each in changes.changes:
        yield from _folded(f"{each.what.replace('_', ' ')}: {each.words}")


def _folded(text: str, indent: str = "  ") -> Iterable[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ")


def lines(study: Study) -> Iterator[str]:
    """What is printed."""
    arm = study.baseline
    pathway = arm.pathway
    yield f"aeflow. {BANNER}"
    yield f"Study {study.design.name}, scenario {study.scenario}. {study.design.question}"
    load, misfits = load_and_misfits(study)
    if misfits:
        yield "\nDoes not fit together"
    for misfit in misfits:
        yield from _folded(f"{misfit}.")
    yield "\nArms"
    for each in study.arms:
        changes = ", ".join(change_words(path, value) for path, value in each.arm.changes.items())
        levers = f"; levers {', '.join(each.arm.levers)} of {study.design.full}" if each.arm.levers else ""
        yield f"  {each.name:<26} {each.arm.label}; triage {each.arm.triage}{levers}{'; ' + changes if changes else ''}"
    yield "\nWhat each arm changes"
    for found in arm_changes(study, study.design.shown):
        yield f"  {found.arm}"
        yield from (f"  {line}" for line in _changed(found.without_echoes()))
    yield f"\nDepartment {pathway.name}: {_size(study)}; {_rule(pathway)}"
    yield f"  {counts_words(study)}"
    yield from department_lines(pathway)
    yield "\nOffered load: work asked for over units on duty, before anybody waits or leaves (boarding not counted)"
    yield f"  Of {SAMPLE_DAYS // 7} drawn weeks; the week with two standard errors."
    yield f"  {'pool':<22}{'week':>6}{'':6}  " + "".join(f"{hour:>5}" for hour in range(0, 24, 2)) + "   (clock hour)"
    by_hour, weekly = load.by_hour(), load.weekly()
    for number, pool in enumerate(load.pools):
        if pathway.pools[pool].unlimited:
            continue
        hours = "".join(f"{by_hour[number, hour]:5.2f}" for hour in range(0, 24, 2))
        yield f"  {pool:<22}{weekly[number]:6.2f} ±{2 * load.error[number]:<4.2f}  {hours}"
    for remark in remarks(load):
        yield f"  {remark}"
    if (beds := beds_of(pathway, load)) is not None:
        yield from _folded(f"Adult beds, all ward groups: {beds}, before pressure ends any stay early.")
    if pathway.allow_overload:
        yield "  allow_overload: true. Waits grow for as long as this runs; figures depend on its length."


def scaled_lines(own: Study, typical: Study) -> Iterator[str]:
    """What is printed of a department that was scaled: how full its beds would be, and what does not fit together."""
    (load, misfits), (typical_load, _) = load_and_misfits(own), load_and_misfits(typical)
    beds, typicals = beds_of(own.baseline.pathway, load), beds_of(typical.baseline.pathway, typical_load)
    if beds is not None and typicals is not None and not beds.full:
        yield from _folded(_beds_words(beds, typicals), indent="")
    for misfit in misfits:
        yield from _folded(f"Does not fit together. {misfit}.", indent="")
    if not misfits:
        yield "Nothing there is hard to believe: go on."


def _beds_words(beds: Beds, typicals: Beds) -> str:
    """What patients need of the staffed beds, and why that may be more than there are."""
    share, usual = (100 * each.asked / each.staffed for each in (beds, typicals))
    told = (
        f"Beds: if nobody were discharged early, patients would fill {share:.0f} % of the {beds.staffed:.0f} staffed."
    )
    early = "because full wards discharge sooner"
    if share > 100:
        return f"{told} More than 100 % works {early}; the typical department is at {usual:.0f} %."
    return f"{told} The typical department is at {usual:.0f} %, which works {early}."


def _rule(pathway: Pathway) -> str:
    """Who is next, in a word or two."""
    return FIRST_COME.source if pathway.priority == FIRST_COME else f"rule {pathway.priority.rule}"


def _size(study: Study) -> str:
    """How many steps and pools there are, and how many of them patients of some arm can meet."""
    pathway = study.baseline.pathway
    subgraph = reachable_subgraph(pathway, study.arms, seed=study.run.seed)
    met = [step for name, step in pathway.steps.items() if name in subgraph.edges]
    pools = {pool for step in met for pool in (*step.asks, *step.any_of)}
    said = f"{number_of(len(pathway.steps), 'step')}, {number_of(len(pathway.pools), 'pool')}"
    if len(met) == len(pathway.steps):
        return said
    return f"{said}, of which patients of these arms can meet {len(met)} and {len(pools)}"


def department_lines(pathway: Pathway) -> Iterator[str]:
    """Who comes, which pools there are, and what makes demand or its minutes vary."""
    for name, source in pathway.arrivals.items():
        yield f"  {name:<22} {mean_per_day(source):6.1f} a day{_note(source)}"
    for name, pool in pathway.pools.items():
        units = "unlimited" if pool.unlimited else str(pool.capacity)
        if pool.rota is not None:
            units = shift_words(pool.rota)
        extra = f" ({pool.extra:+d})" if pool.extra else ""
        laid_over = f"; laid over: {shift_words(pool.extra_shifts)}" if pool.extra_shifts else ""
        also = (closing_words(pool), "people wait until it opens" if pool.queues_until_open else "")
        yield f"  {name:<22} {pool.kind:<6} {'; '.join((f'{units}{extra}{laid_over}', *filter(None, also)))}"
    for name, trigger in pathway.triggers.items():
        if isinstance(trigger, Opens) and trigger.arrives_after_minutes:
            opens = f"opens {trigger.extra} of {trigger.pool} {trigger.arrives_after_minutes:g} min after it is called"
            yield f"  {name:<22} on call {opens}"
    for name, factor in pathway.lasting_factors.items():
        off = "" if factor.active else "off; "
        what = _named(factor.arrivals, factor.durations)
        yield f"  {name:<22} {off}cv {factor.cv:g} by the {factor.every}, persistence {factor.persistence:g}: {what}"
    for name, each in pathway.follows.items():
        off = "" if each.active else "off; "
        what = f"{_named(each.durations)} of {_named(each.arrivals)}"
        yield f"  {name:<22} {off}elasticity {each.elasticity:g} on {each.days} days: {what}"


def _named(*names: tuple[str, ...]) -> str:
    return ", ".join(name.replace("_", " ") for some in names for name in some)


def _note(source: ArrivalSource) -> str:
    booked = [f"{each.number} at {each.at} {each.days}" for each in source.booked]
    surges = [
        f"x {each.times:g} from day {each.starts_on_day} for {each.days} day{'s' if each.days > 1 else ''}"
        for each in source.surges
    ]
    notes = [*(["not through A&E"] if not source.attends else []), *booked, *surges]
    return f"  ({'; '.join(notes)})" if notes else ""
