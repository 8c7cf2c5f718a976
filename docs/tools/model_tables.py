"""The tables of docs/model.md, written from the configuration so that the page cannot fall behind it.

`python -m docs.tools.model_tables` writes every block between `<!-- generated: name -->` and `<!-- end -->` again; with
`--check` it only says whether a block would change. Text outside the blocks stays as it is. The tables are of what
`aeflow compare` runs by default: `study=ai_triage site=typical scenario=usual`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from docs.tools.command import run
from simulation.config import load, mapping_in, packaged_configs
from simulation.department.durations import Amount, AnyDuration, Number
from simulation.department.rota import mean_per_day, shift_words
from simulation.department.vocabulary import (
    ACUITY_TRUE,
    Action,
    Age,
    Attribute,
    Branch,
    ByAttribute,
    ByChance,
    ByHours,
    ByOutage,
    ByQueue,
    Chance,
    Choice,
    Effort,
    Follows,
    LastingFactor,
    Opens,
    Pathway,
    Pool,
    Present,
    Step,
    Trigger,
)
from simulation.errors import ResultsError, nearest
from simulation.measures.definitions import definitions
from simulation.study.design import change_words
from simulation.study.explanation import case_mix
from simulation.study.study import Study
from simulation.triage.label_accuracy import label_accuracy
from simulation.triage.matrix import Estimate
from simulation.triage.policy import MinutesEffect, Policy, TriageAction

COMMAND = "python -m docs.tools.model_tables"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "model.md"
BLOCK = re.compile(
    r"(<!-- generated: (?P<name>[a-z_]+) -->\n)(?P<body>.*?)(<!-- end -->)", re.DOTALL
)
IN_OTHER_WORDS = frozenset(
    {
        "evidence",
        "source",
        "kind",
        "mean",
        "scale",
        "longest",
        "repeats",
        "same_draw_as",
        "complexity",
    }
)
"""Fields of a duration that are in other columns of its table, or in words of their own."""


def tables(study: Study, scenarios: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Every table in Markdown, by name. `scenarios`: the keys that the YAML of each scenario states, by its name."""
    pathway = study.baseline.pathway
    return {
        "arrivals": _arrivals(pathway),
        "present": _present(pathway),
        "profiles": _profiles(pathway),
        "attributes": _attributes(pathway),
        "pools": _pools(pathway),
        "steps": _steps(pathway),
        "branches": _branches(pathway),
        "loops_and_ends": _loops_and_ends(pathway),
        "triggers": _triggers(pathway),
        "priority": _priority(pathway),
        "worsening": _worsening(pathway),
        "durations": _durations(pathway),
        "calibration": _calibration(study),
        "policies": _policies(study),
        "arms": _arms(study),
        "scenarios": _scenarios(scenarios),
        "targets": _targets(study),
        "run": _run(study),
        "measures": _measures(),
        "evidence": _evidence(study),
    }


def filled(text: str, new: Mapping[str, str]) -> str:
    """The page with every block written again. Raises ResultsError for a block without a table, or the reverse."""
    names = [block["name"] for block in BLOCK.finditer(text)]
    for name in names:
        if name not in new:
            raise ResultsError(f"docs/model.md: there is no table '{name}'. {nearest(name, new)}")
    missing = [name for name in new if name not in names]
    if missing:
        raise ResultsError(
            f"docs/model.md has no block for {', '.join(missing)}. "
            f"Add '<!-- generated: {missing[0]} -->' and '<!-- end -->'"
        )
    return BLOCK.sub(lambda block: f"{block[1]}{new[block['name']]}\n{block[4]}", text)


def stale(text: str, new: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the blocks that differ from the tables."""
    pairs = zip(BLOCK.finditer(text), BLOCK.finditer(filled(text, new)), strict=True)
    return tuple(old["name"] for old, new in pairs if old["body"] != new["body"])


def packaged() -> dict[str, str]:
    """The tables of the default study and of every scenario that comes with aeflow."""
    folder = packaged_configs() / "scenario"
    names = sorted(path.stem for path in folder.glob("*.yaml"))
    scenarios = {
        name: mapping_in(folder / f"{name}.yaml", f"scenario/{name}.yaml", []) for name in names
    }
    return tables(load(), scenarios)


def main(words: Sequence[str]) -> int:
    """Write the page again, or check it; return the exit code: 1 if `--check` found it out of date."""
    if not PAGE.is_file():
        raise ResultsError(
            f"there is no {PAGE}. The text is in a checkout of the sources, not in an installed package"
        )
    text = PAGE.read_text(encoding="utf-8")
    new = packaged()
    changed = stale(text, new)
    if "--check" in words:
        outdated = f"docs/model.md: out of date: {', '.join(changed)}. Run {COMMAND}"
        print(outdated if changed else "docs/model.md is current")
        return 1 if changed else 0
    PAGE.write_text(filled(text, new), encoding="utf-8", newline="\n")
    print(f"docs/model.md: {', '.join(changed) or 'nothing'} changed")
    return 0


# --- Markdown ------------------------------------------------------------------------------------------------


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(value: object) -> str:
    if value is None or value == () or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.10g}"
    if isinstance(value, tuple | list):
        return ", ".join(map(_cell, value))
    return str(value).replace("|", "\\|").replace("\n", " ")


def _code(names: Iterable[str | None]) -> str:
    return ", ".join(f"`{name}`" for name in names if name)


def _pairs(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {_cell(value)}" for name, value in values.items())


def _lists(values: Mapping[str, Sequence[float]]) -> str:
    return "; ".join(f"{name} {_cell(numbers)}" for name, numbers in values.items())


def _by_target(cases: Mapping[str, str]) -> str:
    """'standard, non_urgent: low_return' rather than the target twice."""
    by_target: dict[str, list[str]] = {}
    for case, target in cases.items():
        by_target.setdefault(target, []).append(case)
    return "; ".join(f"{', '.join(names)}: `{target}`" for target, names in by_target.items())


def _number(number: Number) -> str:
    if not isinstance(number, Amount):
        return _cell(number)
    factors = []
    for factor in number.times:
        otherwise = "" if factor.otherwise is None else f", otherwise {factor.otherwise:g}"
        factors.append(f"{factor.by} ({_pairs(factor.values)}{otherwise})")
    start = [] if number.base == 1 and factors else [_cell(number.base)]
    return " x ".join([*start, *factors])


# --- who comes -----------------------------------------------------------------------------------------------


def _arrivals(pathway: Pathway) -> str:
    rows = [
        (
            f"`{name}`",
            mean_per_day(source),
            _code((source.by_hour, source.by_weekday, source.by_month)),
            _code([source.day_factor]),
            f"`{source.starts}`",
            source.attends,
            source.evidence,
            source.source,
        )
        for name, source in pathway.arrivals.items()
    ]
    return _table(
        (
            "arrival source",
            "a day",
            "profiles",
            "day factor",
            "starts at",
            "an attendance",
            "evidence",
            "source",
        ),
        rows,
    )


def _present(pathway: Pathway) -> str:
    rows = [
        (f"`{name}`", _how_many(present), f"`{present.starts}`", present.evidence, present.source)
        for name, present in pathway.present.items()
    ]
    return _table(("there at time 0", "how many", "starts at", "evidence", "source"), rows)


def _how_many(present: Present) -> str:
    if present.number is not None:
        return str(present.number)
    return f"{present.share:g} of `{present.pool}`"


def _profiles(pathway: Pathway) -> str:
    periods = {7: "weekdays", 12: "months", 24: "hours of a day", 168: "hours of a week"}
    used = {name: _users(pathway, name) for name in pathway.profiles}
    rows = [
        (f"`{name}`", periods[len(profile.weights)], used[name], profile.evidence, profile.source)
        for name, profile in pathway.profiles.items()
    ]
    rows += [
        (f"`{name}`", "one day", f"gamma factor, cv {factor.cv:g}", factor.evidence, factor.source)
        for name, factor in pathway.day_factors.items()
    ]
    rows += [
        (f"`{name}`", f"one {factor.every}", _lasting(factor), factor.evidence, factor.source)
        for name, factor in pathway.lasting_factors.items()
    ]
    rows += [
        (
            f"`{name}`",
            f"the last {follows.days} days",
            _follows(follows),
            follows.evidence,
            follows.source,
        )
        for name, follows in pathway.follows.items()
    ]
    return _table(("profile", "over", "used by", "evidence", "source"), rows)


def _lasting(factor: LastingFactor) -> str:
    off = "" if factor.active else "off; "
    on = _code((*factor.arrivals, *factor.durations))
    return f"{off}lognormal factor on {on}, cv {factor.cv:g}, persistence {factor.persistence:g}"


def _follows(follows: Follows) -> str:
    off = "" if follows.active else "off; "
    who = f"{_code(follows.durations)} of {_code(follows.arrivals)}"
    return f"{off}{who} follow demand, elasticity {follows.elasticity:g}"


def _users(pathway: Pathway, profile: str) -> str:
    """The arrival sources and steps that use a profile."""
    sources = [
        name
        for name, source in pathway.arrivals.items()
        if profile in (source.by_hour, source.by_weekday, source.by_month)
    ]
    paced = [name for name, step in pathway.steps.items() if step.pace == profile]
    parts = (("arrivals of ", sources), ("pace of ", paced))
    return "; ".join(f"{words}{_code(names)}" for words, names in parts if names)


def _attributes(pathway: Pathway) -> str:
    rows = [
        (f"`{name}`", _drawn_as(pathway, attribute), attribute.evidence, attribute.source)
        for name, attribute in pathway.attributes.items()
    ]
    return _table(("attribute", "drawn as", "evidence", "source"), rows)


def _drawn_as(pathway: Pathway, attribute: Attribute) -> str:
    if isinstance(attribute, Chance):
        weight = (
            f"; the label has a weight of {attribute.label_weight:g}"
            if attribute.label_weight
            else ""
        )
        return f"yes with probability {_number(attribute.p)}{weight}"
    if isinstance(attribute, Action):
        only = "; ".join(
            f"only `{name}` {_code(categories)}" for name, categories in attribute.only.items()
        )
        return f"{', '.join(attribute.categories)}: the first until a triage policy sets another off; {only}".rstrip(
            "; "
        )
    if isinstance(attribute, Age):
        bands = (
            f"{band} " + ", ".join(f"{span} {share:g}" for span, share in shares.items())
            for band, shares in attribute.shares.items()
        )
        return f"whole years, by {attribute.by}: {'; '.join(bands)}"
    if not isinstance(attribute, Choice):
        until = f"as `{attribute.like}`" if attribute.like is not None else attribute.categories[0]
        return f"decided by the triage policy; until then {until}"
    names = ", ".join(attribute.categories)
    times = "".join(
        f"; times {factors.by}: {_lists(factors.values)}" for factors in attribute.times
    )
    if not isinstance(attribute.shares, Mapping):
        return f"{names}: {_cell(attribute.shares)}{times}"
    attends = {name for name, source in pathway.arrivals.items() if source.attends}
    shown = {
        name: shares
        for name, shares in attribute.shares.items()
        if attribute.by != "arrival_source" or name in attends
    }
    left_out = "" if len(shown) == len(attribute.shares) else "; others in the file"
    return f"{names}, by {attribute.by}: {_lists(shown)}{left_out}{times}"


# --- what there is -------------------------------------------------------------------------------------------


def _pools(pathway: Pathway) -> str:
    rows = [
        (
            f"`{name}`",
            pool.kind,
            pool.role,
            _units(pool),
            pool.on_shift_change if pool.rota else "",
            pool.evidence,
            pool.source,
        )
        for name, pool in pathway.pools.items()
    ]
    return _table(
        ("pool", "kind", "role", "units", "when a shift ends", "evidence", "source"), rows
    )


def _units(pool: Pool) -> str:
    if pool.unlimited:
        return "unlimited"
    extra = f" ({pool.extra:+d})" if pool.extra else ""
    laid_over = f"; laid over: {shift_words(pool.extra_shifts)}" if pool.extra_shifts else ""
    units = str(pool.capacity) if pool.rota is None else shift_words(pool.rota)
    return f"{units}{extra}{laid_over}"


def _steps(pathway: Pathway) -> str:
    rows = [
        (
            f"`{name}`",
            _waits_for(step),
            _minutes(step),
            _holds(step),
            _rules(step),
            f"`{step.next}`",
        )
        for name, step in pathway.steps.items()
    ]
    return _table(("step", "waits for", "takes", "holds", "rules and dates", "then"), rows)


def _waits_for(step: Step) -> str:
    parts = [_code(step.asks)]
    if step.any_of:
        parts.append(f"one of {_code(step.any_of)}" if len(step.any_of) > 1 else _code(step.any_of))
    pools = " and ".join(part for part in parts if part)
    if step.overflow is None:
        return pools
    return f"{pools}; after {_cell(step.overflow.after_minutes / 60)} h also {_code(step.overflow.any_of)}"


def _minutes(step: Step) -> str:
    minutes = " + ".join(f"`{name}`" for name in step.minutes)
    by = {
        "policy": "",
        "nurse": ", without the tool",
        "degraded_tool": ", as the tool answers worse",
    }[step.minutes_by]
    factor = by + ("" if step.times == 1 else f" x {step.times:g}")
    pace = "" if step.pace is None else f", paced by `{step.pace}`"
    since = "" if step.since is None else f", from the clock `{step.since}` on"
    return (
        f"{minutes}{factor}{pace}{since}{_effort(step.effort) if step.effort is not None else ''}"
    )


def _effort(effort: Effort) -> str:
    waiting = ", ".join(str(n) for n in effort.at_least)
    return f", the last {100 * effort.share:g} % of it less while {waiting} wait at {_code(effort.waiting_at)}"


def _holds(step: Step) -> str:
    # Of several pools that a step keeps, a patient holds the one that it was given.
    parts = (
        ("keeps ", step.keeps),
        ("releases at start ", step.releases_at_start),
        ("releases at end ", step.releases_at_end),
    )
    return "; ".join(f"{words}{_code(pools)}" for words, pools in parts if pools)


def _rules(step: Step) -> str:
    ranks = (step.asks or step.any_of) and step.ranks_as != "acuity"
    rules = [f"ranks as {step.ranks_as}"] if ranks else []
    flags = {
        "adherence": step.adheres,
        "target pull": step.pulled,
        "may leave": step.may_leave,
        "ends patience": step.first_seen,
    }
    rules += [words for words, is_set in flags.items() if is_set]
    if step.relabels:
        rules.append(f"acuity now becomes `{step.relabels}`")
    if step.starts_clock:
        rules.append(f"starts clock {_code(step.starts_clock)}")
    if step.queue_limit is not None:
        rules.append(f"at most {step.queue_limit} wait, others to `{step.blocked_next}`")
    rules += [f"`{name}` when {moment}" for name, moment in step.records.items()]
    return "; ".join(rules)


def _branches(pathway: Pathway) -> str:
    rows = [(f"`{name}`", *_reads(branch)) for name, branch in pathway.branches.items()]
    return _table(("branch", "reads", "leads to"), rows)


def _reads(branch: Branch) -> tuple[str, str]:
    if isinstance(branch, ByAttribute):
        otherwise = "" if branch.otherwise is None else f"; otherwise `{branch.otherwise}`"
        return f"`{branch.attribute}`", _by_target(branch.cases) + otherwise
    if isinstance(branch, ByChance):
        return "a coin", "; ".join(f"{share:g}: `{name}`" for name, share in branch.targets.items())
    leads_to = f"`{branch.then}`; otherwise `{branch.otherwise}`"
    if isinstance(branch, ByQueue):
        return f"{branch.at_least} or more wait at {_code(branch.waiting_at)}", leads_to
    if isinstance(branch, ByOutage):
        when = "has been down since the last step began" if branch.since_start else "is down"
        return f"`{branch.outage}` {when}", leads_to
    if isinstance(branch, ByHours):
        return f"open {branch.hours} h, {branch.days}", leads_to
    return f"{branch.reads()}: {branch.then_if()}", leads_to


def _loops_and_ends(pathway: Pathway) -> str:
    rows: list[tuple[str, str]] = [
        (f"`{name}`", f"loop: `{loop.again}` as often as `{loop.passes}` says, then `{loop.next}`")
        for name, loop in pathway.loops.items()
    ]
    rows += [
        (
            f"`{name}`",
            f"end: {end.outcome}" + (f"; dates {_code(end.records)}" if end.records else ""),
        )
        for name, end in pathway.ends.items()
    ]
    return _table(("name", "what it is"), rows)


def _triggers(pathway: Pathway) -> str:
    rows = [
        (f"`{name}`", _does(trigger), trigger.evidence, trigger.source)
        for name, trigger in pathway.triggers.items()
    ]
    every = f"Decided every {_cell(pathway.decisions_every_minutes)} minutes, on how many wait just before."
    return f"{every}\n\n{_table(('trigger', 'what it does', 'evidence', 'source'), rows)}"


def _does(trigger: Trigger) -> str:
    waiting = f"wait at {_code(trigger.waiting_at)}"
    if isinstance(trigger, Opens):
        later = trigger.arrives_after_minutes
        return (
            f"opens {trigger.extra} of `{trigger.pool}` {f'{later:g} minutes after' if later else 'when'} more than "
            f"{trigger.above} {waiting}; closes at {trigger.below} or fewer"
        )
    if not trigger.minutes_per_hour:
        return (
            f"off (takes 0 minutes an hour of `{trigger.pool}` for each of those "
            f"who {waiting}; an arm says how many)"
        )
    return (
        f"each of those who {waiting} takes {trigger.minutes_per_hour:g} minutes an hour of `{trigger.pool}`; "
        f"at least {trigger.leaves} stay"
    )


def _priority(pathway: Pathway) -> str:
    priority = pathway.priority
    rows = [(f"`{name}`", rule.rank, rule.rate) for name, rule in priority.classes.items()]
    pull = priority.target_pull
    pulled = "none" if pull is None else ("on" if pull.active else "off")
    text = (
        f"Rule in force: `{priority.rule}`. Adherence {priority.adherence:g}; where it fails a patient counts as "
        f"`{priority.ignored_as}`. Before triage: `{priority.untriaged_as}`. Pull towards four hours: {pulled}. "
        f"{priority.evidence}: {priority.source}."
    )
    header = (
        "class",
        "rank (rule acuity, lower first)",
        "rate (rule accumulating, earned a minute)",
    )
    return f"{text}\n\n{_table(header, rows)}"


def _worsening(pathway: Pathway) -> str:
    worsening, rounds = pathway.worsening, pathway.rounds
    if worsening is None:
        return "Nobody gets worse while waiting."
    text = (
        f"Patients of {_code(worsening.arrivals)} get worse `{worsening.minutes}` minutes after arrival. "
        f"{worsening.evidence}: {worsening.source}."
    )
    if rounds is not None:
        on = "on" if rounds.active else "off (an arm switches them on)"
        text += (
            f"\n\nRounds: {on}. When on, every {_cell(rounds.every_minutes)} minutes, those who wait at "
            f"{_code(rounds.waiting_at)}. {rounds.evidence}: {rounds.source}."
        )
    rows = [(f"`{before}`", f"`{after}`") for before, after in worsening.becomes.items()]
    return f"{text}\n\n{_table(('acuity now', 'becomes, when noticed'), rows)}"


def _durations(pathway: Pathway) -> str:
    rows = [
        (
            f"`{name}`",
            duration.kind,
            _number(duration.mean),
            _shape(duration),
            duration.evidence,
            duration.source,
        )
        for name, duration in pathway.durations.items()
    ]
    return _table(
        ("duration", "distribution", "mean, minutes", "shape and levers", "evidence", "source"),
        rows,
    )


def _shape(duration: AnyDuration) -> str:
    shape = {
        name: getattr(duration, name)
        for name in duration.__dataclass_fields__
        if name not in IN_OTHER_WORDS
    }
    words = [f"{name} {_cell(value)}" for name, value in shape.items()]
    if duration.scale != 1:
        words.append(f"scale {duration.scale:g}")
    if duration.repeats > 1:
        words.append(f"{duration.repeats} draws")
    if duration.same_draw_as is not None:
        words.append(f"random variates of `{duration.same_draw_as}`")
    if duration.complexity:
        words.append(f"complexity {duration.complexity:g}")
    if duration.longest is not None:
        words.append(f"at most {_cell(duration.longest)}")
    return ", ".join(words)


def _calibration(study: Study) -> str:
    parameters: Any = study.resolved["calibration"]
    rows = [
        (
            f"`{name}`",
            parameter["value"],
            f"{parameter['range'][0]:g} to {parameter['range'][1]:g}",
            parameter["evidence"],
            parameter["source"],
        )
        for name, parameter in parameters.items()
    ]
    return _table(("parameter", "value", "range", "evidence", "source"), rows)


def _evidence(study: Study) -> str:
    """How many sourced statements of the default department rest on each kind of evidence."""
    counts: dict[str, int] = {"published": 0, "measured": 0, "assumed": 0}
    _count(
        {
            group: study.resolved.get(group)
            for group in ("site", "staffing", "pathway", "calibration")
        },
        counts,
    )
    return _table(
        ("evidence", "statements in site, staffing, pathway and calibration"), counts.items()
    )


def _count(value: object, counts: dict[str, int]) -> None:
    """Add the statements within a value to the counts by evidence."""
    if isinstance(value, Mapping):
        if "evidence" in value and "source" in value:
            counts[str(value["evidence"])] += 1
        for part in value.values():
            _count(part, counts)
    elif isinstance(value, list | tuple):
        for part in value:
            _count(part, counts)


# --- what is compared ----------------------------------------------------------------------------------------


def _policies(study: Study) -> str:
    mix = case_mix(study.baseline.pathway)
    policies = {arm.policy.name: arm.policy for arm in study.arms}
    levels = study.baseline.pathway.categories(ACUITY_TRUE) if mix is not None else ()
    rows = [_policy(policy, mix, levels) for policy in policies.values()]
    header = (
        "policy",
        "who labels",
        "arrival sources",
        "minutes",
        "exact",
        "under-triage",
        "over-triage",
        "levels 1-2 found",
        "price",
    )
    return _table(header, rows)


def _policy(
    policy: Policy, mix: Sequence[float] | None, levels: Sequence[str]
) -> tuple[object, ...]:
    who = "nurse"
    if policy.ai is not None:
        who = f"AI `{policy.ai.name}` {policy.role} the nurse"
        if policy.acceptance is not None:
            who += f", taken in {policy.acceptance.value:g} of differences"
        if policy.switching is not None:
            switching = policy.switching
            who += (
                f", taken in {switching.wrong_to_right.value:g} of differences where it alone is right, "
                f"{switching.right_to_wrong.value:g} where the nurse is"
            )
    accuracy = label_accuracy(policy, mix, levels=levels) if mix is not None else None
    kinds = ("exact_share", "under_share", "over_share", "sensitivity")
    shares = ["" if accuracy is None else f"{100 * float(accuracy[kind]):.1f} %" for kind in kinds]  # type: ignore[literal-required]
    return (
        f"`{policy.name}`",
        who,
        _sources_covered(policy),
        _effect(policy),
        *shares,
        _price(policy),
    )


def _sources_covered(policy: Policy) -> str:
    covers = policy.covers
    if covers is None:
        return ""
    parts = (("label: ", covers.labels), ("minutes: ", covers.minutes))
    return "; ".join(f"{words}{_code(names)}" for words, names in parts if names)


def _effect(policy: Policy) -> str:
    parts = [f"whoever triages, {_changed(burden)}" for burden in policy.burdens]
    minutes = policy.effects if not policy.readings else policy.effects[:-1]
    parts += [_changed(effect) for effect in minutes]
    parts += [f"read as {name}, {_changed(effect)}" for name, effect in policy.readings.items()]
    if policy.watches is not None:
        watches = policy.watches
        parts.append(
            f"watches {_code(watches.arrivals)}: sees {_estimate(watches.sensitivity)} of those who get worse, "
            f"{_estimate(watches.false_alarms_per_hour)} false alarms an hour"
        )
    effects = "; ".join(parts) or "the site's"
    return "; sets off ".join(
        [effects, *(_set_off(name, action) for name, action in policy.actions.items())]
    )


def _set_off(name: str, action: TriageAction) -> str:
    """An action that a policy sets off at triage: its sensitivity, specificity and arrival sources."""
    sensitivity, specificity = _estimate(action.sensitivity), _estimate(action.specificity)
    return f"`{name}`: sensitivity {sensitivity}, specificity {specificity}, for {_code(action.covers.arrivals)}"


def _changed(effect: MinutesEffect) -> str:
    changes = []
    if effect.factor is not None:
        changes.append(f"x {_estimate(effect.factor)}")
    if effect.seconds_saved is not None:
        changes.append(f"less {_estimate(effect.seconds_saved)} s")
    if effect.never_below is not None:
        changes.append(f"never below {effect.never_below.value:g} of them")
    if effect.covers is not None:
        changes += [
            f"only `{name}` {_code(categories)}" for name, categories in effect.covers.only.items()
        ]
    return f"{_code(effect.durations)}: {', '.join(changes)}"


def _estimate(estimate: Estimate) -> str:
    span = "" if estimate.range is None else f", {estimate.range[0]:g} to {estimate.range[1]:g}"
    return f"{estimate.value:g} ({estimate.evidence}{span})"


def _price(policy: Policy) -> str:
    parts = [(policy.price_per_attendance, "an attendance"), (policy.cost_per_year, "a year")]
    return "; ".join(f"£{_estimate(price)} {unit}" for price, unit in parts if price is not None)


def _arms(study: Study) -> str:
    rows = []
    for arm in study.arms:
        cost = arm.arm.cost
        pounds = (
            ""
            if cost is None
            else f"£{cost.per_year:,.0f}: {cost.words} ({cost.evidence}: {cost.source})"
        )
        role = {study.design.baseline: "baseline", study.design.sham: "sham"}.get(arm.name, "")
        changes = _changes(arm.arm.changes)
        source = "" if arm.arm.evidence is None else f" ({arm.arm.evidence}: {arm.arm.source})"
        rows.append(
            (f"`{arm.name}`", arm.arm.label, role, f"`{arm.policy.name}`", changes + source, pounds)
        )
    return _table(("arm", "in words", "role", "policy", "changes", "cost a year"), rows)


def _scenarios(scenarios: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        (
            f"`{name}`",
            keys["question"],
            _changes(keys["changes"]),
            keys.get("evidence", ""),
            keys.get("source", ""),
        )
        for name, keys in scenarios.items()
    ]
    return _table(("scenario", "question", "changes", "evidence", "source"), rows)


def _changes(values: Mapping[str, Any]) -> str:
    """Dotted paths with their new values, or with the factors that they are multiplied by."""
    words = (change_words(path, value).removeprefix(path) for path, value in values.items())
    return "; ".join(f"`{path}`{_cell(rest)}" for path, rest in zip(values, words, strict=True))


def _targets(study: Study) -> str:
    design = study.design
    rows: list[tuple[object, ...]] = []
    for role, targets in (("primary", design.primary), ("secondary", design.secondary)):
        rows += [
            (
                role,
                target.label,
                f"`{target.measure}`",
                target.group,
                f"difference that matters {target.minimal_important_difference:g}",
                target.evidence,
                target.source,
            )
            for target in targets
        ]
    rows += [
        (
            "margin",
            margin.label,
            f"`{margin.measure}`",
            margin.group,
            f"no worse than {margin.margin:g}",
            margin.evidence,
            margin.source,
        )
        for margin in design.margins
    ]
    return _table(
        ("role", "in words", "measure", "group", "minutes or share", "evidence", "source"), rows
    )


def _run(study: Study) -> str:
    run = study.run
    rows = (
        ("replications", run.replications),
        ("warm-up, days", run.warm_up_days),
        ("measured, days", run.measured_days),
        ("start week (any: see below)", "any" if run.start_week is None else run.start_week),
        ("cool-down, days (doubles while a measured patient is in A&E)", run.cool_down_days),
        ("doublings at most", run.doublings),
        ("seed", str(run.seed)),
        ("engine", str(study.resolved["engine"])),
    )
    return _table(("run", "value"), rows)


def _measures() -> str:
    rows = [
        (
            f"`{measure.name}`",
            measure.unit,
            measure.better,
            measure.definition,
            measure.evidence,
            measure.source,
        )
        for measure in definitions().values()
    ]
    return _table(("measure", "unit", "better", "what it counts", "evidence", "source"), rows)


if __name__ == "__main__":
    run(main)
