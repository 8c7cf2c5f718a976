"""Short sentences on each product: effect with interval, range, safety, what it hinges on, what is cheaper or better;
before them, how many products fail, do too little, or help.

Each rests on a verdict or on an interval; every number is in a table.
"""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from simulation.display.measured import FAILS, Limits, cases_words, limits_of
from simulation.display.words import (
    amount,
    change,
    cost_in_short,
    figure_words,
    kind_of,
    prints_as_zero,
    rests_on_claim,
    span,
    span_of,
)
from simulation.explain.label_mix import uncovered_sources
from simulation.measures.definitions import ALL
from simulation.questions.readings import range_words
from simulation.questions.what_decides import decided, harmed_kind_words, n_harmed
from simulation.report.money import is_dearer, limit_words
from simulation.report.patient_groups import worse_off
from simulation.report.verdict_tables import products, reported_targets
from simulation.runs.result import ArmResult, Finding, Safety, StudyResult
from simulation.statistics.compare import Comparison
from simulation.statistics.multiplicity import is_worse
from simulation.wording import listed_with_and

KEPT_EFFECT = 0.5
"""Share of a product's effect that an alternative must be shown to keep to do 'as much'; it may lose the least
difference that matters at most."""
PATIENTS = {
    "acuity_true=1-2": "patients of true levels 1-2",
    "age_band=child": "children",
    "age_band=oldest": "oldest",
    "arrival_source=ambulance": "ambulance patients",
    "language_need=yes": "interpreter users",
}
"""The groups that are named where an arm harms them, and what a sentence calls them."""
FEW = 2
"""Products that need no summary: a reader takes in all that is said of them."""
OUTCOMES = (
    ("fails", "fails on safety", "fail on safety"),
    ("may fail", "may fail on safety", "may fail on safety"),
    ("little", "does too little", "do too little"),
    ("open", "is not settled", "are not settled"),
    (
        "mixed",
        "helps on one measure and harms on another",
        "help on one measure and harm on another",
    ),
    ("harms", "does harm", "do harm"),
    ("unsure", "helps, but its safety is not settled", "help, but their safety is not settled"),
    (
        "claimed",
        "helps enough if an untested claim is true",
        "help enough if an untested claim is true",
    ),
    ("helps", "helps enough", "help enough"),
)
"""Outcomes of a product, each with its words for one product and for several, in the order they are told."""


class Headline(NamedTuple):
    """Sentences on one product: the `label` of its arm, then `parts`, which go on from it, without full stops."""

    arm: str
    label: str
    parts: tuple[str, ...]

    @property
    def words(self) -> str:
        """The sentences that go on from the label."""
        return " ".join(f"{part}." for part in self.parts)

    @property
    def sentences(self) -> list[str]:
        """The same apart, the first with the label."""
        return [f"{part}." for part in (f"{self.label}: {self.parts[0]}", *self.parts[1:])]

    @property
    def sentence(self) -> str:
        """'AI scribe: shortens it by 2.1 min (1.2 to 3.0), too little to matter. Worse off: children (+6.1 min).'"""
        return f"{self.label}: {self.words}"


def headlines(result: StudyResult) -> tuple[Headline, ...]:
    """Sentences on each product, in the order of the study, then on the best alternative."""
    lines: list[Headline] = []
    names = {arm.name for arm in products(result)}
    alternatives = [arm for arm in result.shown.others if result.design.arms[arm.name].comparator]
    alternatives = [arm for arm in alternatives if arm.name not in names]
    for arm in products(result):
        first, *others = _parts(result, arm, alternatives)
        is_claimed = arm.name not in result.identical and rests_on_claim(result, arm)
        claimed = "if the untested claim is true, " if is_claimed else ""
        lines.append(_headline(arm.name, arm.label, [f"{claimed}{first}", *others]))
    if alternatives:
        best = _best(result, alternatives)
        none = ["none is shown to help enough without failing on safety"]
        parts = none if best is None else _best_parts(result, best)
        lines.append(_headline("" if best is None else best.name, "Best alternative", parts))
    return tuple(lines)


def _headline(arm: str, label: str, parts: Sequence[str]) -> Headline:
    """With the parts that are not empty, each but the first with a capital."""
    first, *others = filter(None, parts)
    return Headline(arm, label, (first, *(f"{words[:1].upper()}{words[1:]}" for words in others)))


def _parts(result: StudyResult, arm: ArmResult, alternatives: Sequence[ArmResult]) -> list[str]:
    """Sentences on a product without full stops, some empty: of one that fails a limit of safety, that limit first; of
    another, what its effect hinges on and, if it is large enough, what is cheaper and does as much."""
    if arm.name in result.identical:
        return ["identical to the baseline in every measure"]
    first, *others = (result.finding(arm.name, target) for target in reported_targets(result))
    failed, safety = _safety_parts(result, arm)
    effect, counted_on = (
        [_effect_words(first, sized=not failed), _leaving_words(result, first)],
        cases_words(result, arm),
    )
    beside = [
        *_harmed_groups(result, arm),
        *(f"'{one.target.label}': {_effect_words(one)}" for one in others),
    ]
    if failed:
        told = [] if size_of(first) == "little" else effect
        return [*safety, counted_on, *told, *beside]
    hinges_on = "" if rests_on_claim(result, arm) else hinge_words(result, arm)
    rests_on = (
        range_words(result, arm.name),
        hinges_on,
        _cheapest_words(result, alternatives, arm, first),
    )
    return [*effect, *beside, *safety, counted_on, *rests_on]


# --- effect and range ---------------------------------------------------------------------------------------------


def _effect_words(finding: Finding, *, sized: bool = True) -> str:
    """'shortens it by 7.2 min (5.1 to 9.3), enough to matter', the last words if `sized`; the lead says what is in
    brackets."""
    row, kind = finding.comparison, kind_of(finding)
    if math.isnan(row.difference):
        return "effect not known: it is missing in some replication, for example because a stay had not ended"
    if not tells_direction(finding):
        settled = kind != "cannot tell"
        if settled and row.difference_low == row.difference_high == 0:
            return "changes nothing"
        what, interval = (
            "makes no difference that matters" if settled else "effect not settled",
            span_of(row),
        )
        ends = _range_words(finding) or ("" if interval == "–" else f" ({interval})")
        return f"{what}: {change(row.difference, row.unit)} {unit_of(row)}{ends}"
    size = {
        "more": "enough to matter",
        "open": "perhaps too little to matter",
        "less": "too little to matter",
    }
    low, high = sorted((abs(row.difference_low), abs(row.difference_high)))
    ends = _range_words(finding) or f" ({plain(low, row)} to {plain(high, row)})"
    return f"{size_words(row)}{ends}" + (
        f", {size[finding.verdict.size or 'open']}" if sized else ""
    )


def tells_direction(finding: Finding) -> bool:
    """Whether the sentence on an effect says which way it goes, so that the next can say by how much ('by 3 min')."""
    row = finding.comparison
    if math.isnan(row.difference) or kind_of(finding) in ("no change", "cannot tell"):
        return False
    return not (finding.verdict.size == "less" and prints_as_zero(row))


def _range_words(finding: Finding) -> str:
    """' (0.6 to 7.6)', of nine in ten departments, signed where it holds both; empty where the interval is wider, so
    that noise does not tell departments apart, and for one department."""
    row, (low, high) = (
        finding.comparison,
        (finding.comparison.department_p5, finding.comparison.department_p95),
    )
    if not high - low > row.difference_high - row.difference_low:
        return ""
    one_way = tells_direction(finding) and row.difference * low > 0 and row.difference * high > 0
    least, most = (plain(size, row) for size in sorted((abs(low), abs(high))))
    sizes = least if least == most else f"{least} to {most}"
    return f" ({sizes if one_way else span(low, high, row.unit)})"


def _leaving_words(result: StudyResult, finding: Finding) -> str:
    """'part of it because more patients leave', of a wait that falls: who leaves ends it."""
    row, left = finding.comparison, "left_share"
    falls = kind_of(finding) == "better" and row.measure.startswith("wait_") and result.has(left)
    return (
        "part of it because more patients leave"
        if falls and is_worse(result.row(row.arm, left))
        else ""
    )


def harmed_groups(
    result: StudyResult, arm: ArmResult, told: Collection[tuple[str, str]] = ()
) -> tuple[Comparison, ...]:
    """The named groups that an arm harms by more than the least difference that matters, where the table of who is
    worse off has them as significant. `told`: measures and groups of which something else says so."""
    target, unit = result.first_target, result.unit(result.first_target)
    return tuple(
        row
        for worse in worse_off(result.shown)
        if (row := worse.comparison).arm == arm.name and worse.holm and row.group in PATIENTS
        if row.unit == unit and (row.measure, row.group) not in told
        if abs(row.difference) > target.minimal_important_difference
    )


def _harmed_groups(result: StudyResult, arm: ArmResult) -> list[str]:
    """'worse off: ambulance patients +6.2, the oldest +5.1 min': the groups that an arm harms, unless a failed limit
    says so."""
    told = [
        (limit.margin.measure, limit.margin.group) for limit in limits_of(result, arm).failed[1]
    ]
    harmed = harmed_groups(result, arm, told)
    groups = ", ".join(
        f"{PATIENTS[row.group]} {change(row.difference, row.unit)}" for row in harmed
    )
    return [f"worse off: {groups} {unit_of(harmed[0])}"] if harmed else []


# --- safety -------------------------------------------------------------------------------------------------------


def _safety_parts(result: StudyResult, arm: ArmResult) -> tuple[bool, list[str]]:
    """Whether a limit is failed, and what is said of those that are, else of all of them."""
    limits = limits_of(result, arm)
    by_table = (
        [f"its measured table leaves safety open on {_quoted(limits.left_open)}"]
        if limits.left_open
        else []
    )
    verb, failed = limits.failed
    if failed:
        words = "; ".join(_failed_words(result, arm, safety) for safety in failed)
        return True, [f"{verb} on safety: {words}", *by_table]
    return False, by_table or [_passed_words(result, limits)]


def _quoted(labels: Sequence[str]) -> str:
    return listed_with_and([f"'{label}'" for label in labels])


def _failed_words(result: StudyResult, arm: ArmResult, safety: Safety) -> str:
    """'under-triage 14.6 to 16.2 %', or 'wait +13.8 min'; 'of everybody' where the tool labels only some."""
    row, words = safety.comparison, limit_words(result, safety)
    if row.unit != "share":
        return f"{words} {change(row.difference, row.unit)} {unit_of(row)}"
    only_some = safety.margin.group == ALL and uncovered_sources(
        arm.ready.policy, arm.ready.pathway
    )
    return f"of everybody, {words}" if only_some else words


def _passed_words(result: StudyResult, limits: Limits) -> str:
    """What is not settled of the limits, or in how many departments one is failed, where none is on average: 'fails
    'Under-triage' in 4 of 60 departments, though not on average'. Empty where all are passed: the lead says so."""
    if limits.not_settled:
        return f"safety is not settled on {_quoted(limits.not_settled)}"
    harming = (limit for limit in limits.judged if limit.where and limit.spread is not None)
    worst = max(harming, key=n_harmed, default=None)
    if worst is None or worst.spread is None:
        return ""
    where = harmed_kind_words(result, worst, rate=False)
    harmed = f"fails '{worst.margin.label}' in {n_harmed(worst)} of {worst.spread.n} departments, though not on average"
    return f"{harmed}: mostly {where}" if where else harmed


# --- what it hinges on --------------------------------------------------------------------------------------------


def hinge_words(result: StudyResult, arm: ArmResult) -> str:
    """The figure that decides the effect, and the value from which it matters; empty for one department.

    A rule is given with its hit rate, and left out if giving one answer for every department is right as
    often.
    """
    all_decided = decided(result.shown)
    if all_decided is None or arm.name not in all_decided.arms:
        return ""
    decides, best = all_decided.arms[arm.name], all_decided.best(arm.name)
    finding = result.finding(arm.name, result.first_target)
    if best is None:
        if decides.differs:
            return "no figure shows where it is larger"
        return "" if _is_alike(finding) else "how departments differ in it is not settled"
    rule, figure = decides.rule, figure_words(best, inside=True)
    if rule is None or rule.hit_rate <= rule.commoner:
        grows = decides.best is not None and decides.best.slope * finding.comparison.difference > 0
        return f"the effect is larger where {figure} is {'higher' if grows else 'lower'}"
    cut = amount(rule.cut, best.unit)
    if best.measure == "queue_mean":  # 'patients waiting for ...' is over 2.8
        cut = cut.removesuffix(f" {best.unit}")
    verb, side = "helps" if rule.gains else "harms", "over" if rule.above else "under"
    right = (
        f"right for {100 * rule.hit_rate:.0f} %; one answer for all: {100 * rule.commoner:.0f} %"
    )
    return f"{verb} enough where {figure} is {side} {cut} ({right})"


def _is_alike(finding: Finding) -> bool:
    """Whether nine in ten departments lie within the least difference that matters of one another, allowing for what is
    not known of how they differ."""
    if finding.spread is None or not finding.spread.is_range:
        return False
    low, high = finding.spread.widest
    return high - low < finding.target.minimal_important_difference


# --- alternatives ---------------------------------------------------------------------------------------------------


def size_words(row: Comparison) -> str:
    """'shortens it by 7.2 min', 'raises it by 1.5 points'."""
    shorter, longer = ("shortens", "lengthens") if row.unit == "minutes" else ("lowers", "raises")
    return f"{longer if row.difference > 0 else shorter} it by {plain(abs(row.difference), row)} {unit_of(row)}"


def unit_of(row: Comparison) -> str:
    """The unit of a difference in short: 'min', 'points', or the unit itself."""
    return {"minutes": "min", "share": "points"}.get(row.unit, row.unit)


def plain(value: float, row: Comparison) -> str:
    """The size of a difference, without a plus."""
    return change(value, row.unit).lstrip("+")


def _cheapest_words(
    result: StudyResult, alternatives: Sequence[ArmResult], arm: ArmResult, finding: Finding
) -> str:
    """The cheapest alternative that does as much as a product or more; empty for a product that does too little.

    Where one of the two states no cost, the alternative may be cheaper.
    """
    if not alternatives or kind_of(finding) != "better" or finding.verdict.size == "less":
        return ""
    cheaper = [
        other
        for other in alternatives
        if other.cost is None or arm.cost is None or other.cost < arm.cost
    ]
    equals = [
        (other, how_much)
        for other in cheaper
        if (how_much := _does_as_much(result, other, arm, finding))
    ]
    if not equals:
        return (
            f"{'no alternative' if arm.cost is None else 'nothing cheaper'} is shown to do as much"
        )
    cheapest, how_much = min(
        equals, key=lambda equal: math.inf if equal[0].cost is None else equal[0].cost
    )
    if cheapest is _best(result, alternatives):
        return f"'{cheapest.label}' does {how_much}"
    return f"{_named(cheapest, _harmed_groups(result, cheapest))} does {how_much}"


def _best_parts(result: StudyResult, arm: ArmResult) -> list[str]:
    """The sentences on an alternative that fails no limit of safety: ''Lean triage' (£1,000 a year) shortens it by 7.2
    min (1.2 to 9.3)'."""
    finding = result.finding(arm.name, result.first_target)
    effect = [
        f"{_named(arm)} {size_words(finding.comparison)}{_range_words(finding)}",
        _leaving_words(result, finding),
    ]
    unsettled = "its safety is not settled" if limits_of(result, arm).not_settled else ""
    return [*effect, *_harmed_groups(result, arm), range_words(result, arm.name), unsettled]


def _named(arm: ArmResult, harmed: Sequence[str] = ()) -> str:
    """An arm with its cost and the groups that it harms: ''Lean triage' (cost not stated; worse off: children +7.0
    min)'."""
    cost = "cost not stated" if arm.cost is None else f"{cost_in_short(arm.cost)} a year"
    return f"'{arm.label}' ({'; '.join((cost, *harmed))})"


def _does_as_much(
    result: StudyResult, other: ArmResult, arm: ArmResult, finding: Finding
) -> Literal["more", "as much"] | None:
    """How much another arm is shown to do, from the paired difference of the two; None if less, or if not shown."""
    target, row = finding.target, finding.comparison
    if kind_of(result.finding(other.name, target)) != "better":
        return None
    sign = 1 if row.better == "lower" else -1
    difference = result.against(other.name, arm.name, target.measure, target.group)
    worst = max(sign * bound for bound in difference.judged)
    if worst < min(target.minimal_important_difference, (1 - KEPT_EFFECT) * abs(row.difference)):
        return "more" if worst < 0 else "as much"
    return None


def _best(result: StudyResult, alternatives: Sequence[ArmResult]) -> ArmResult | None:
    """The alternative with the largest effect, of those shown to help by enough to matter that fail no limit; in its
    place the cheapest that is shown to do as much, where both costs are stated."""
    target = result.first_target
    findings = {arm.name: result.finding(arm.name, target) for arm in alternatives}
    good = [
        arm
        for arm in alternatives
        if size_of(findings[arm.name]) == "helps" and not fails(result, arm)
    ]
    if not good:
        return None
    most = max(good, key=lambda arm: abs(findings[arm.name].comparison.difference))
    if most.cost is None:
        return most
    cheaper = [arm for arm in good if arm.cost is not None and arm.cost < most.cost]
    as_much = [arm for arm in cheaper if _does_as_much(result, arm, most, findings[most.name])]
    return min(as_much, key=lambda arm: arm.cost or 0.0, default=most)


def fails(result: StudyResult, arm: ArmResult) -> bool:
    """Whether an arm fails a limit of safety, or may fail it."""
    by_simulation = (safety for safety in result.safety if safety.arm == arm.name)
    return any(
        safety.judgement.kind in FAILS
        for safety in (*limits_of(result, arm).judged, *by_simulation)
    )


def other_reading(
    result: StudyResult, arm: ArmResult
) -> tuple[str, str, tuple[Safety, ...]] | None:
    """Another reading of the same policy that is judged otherwise on safety, the worst: its words, 'fails', 'may fail'
    or '' if it passes, and the limits. None where there is none."""
    arms, own = result.design.arms, limits_of(result, arm).failed[0]
    others = [
        one
        for one in result.others
        if arms[one.name].triage == arms[arm.name].triage and one.name != arm.name
    ]
    for verb in (*FAILS.values(), ""):
        for other in others:
            found, failed = limits_of(result, other).failed
            if (
                found == verb != own
                and other.name != result.design.sham
                and not arms[other.name].comparator
            ):
                return other.label.removeprefix(f"{arms[arm.name].label}, "), verb, tuple(failed)
    return None


def better_buy(
    result: StudyResult, product: ArmResult, *alternatives: ArmResult
) -> ArmResult | None:
    """The best that the product's price buys of something else that helps and fails no limit."""
    affordable = [
        arm for arm in alternatives if not is_dearer(arm, product) and not fails(result, arm)
    ]
    target = result.first_target
    return next(
        (arm for arm in affordable if kind_of(result.finding(arm.name, target)) == "better"), None
    )


# --- how many do what -------------------------------------------------------------------------------------------------


def summary(result: StudyResult) -> str:
    """'Of 6 products 3 fail on safety, 2 do too little, 1 helps enough. '; empty for a few products."""
    arms = products(result)
    if len(arms) <= FEW:
        return ""
    n = Counter(outcome_of(result, arm) for arm in arms)
    counts = [
        f"{n[outcome]} {one if n[outcome] == 1 else several}"
        for outcome, one, several in OUTCOMES
        if n[outcome]
    ]
    are_tools = any(arm.ready.policy != result.baseline.ready.policy for arm in arms)
    return f"Of {len(arms)} {'products' if are_tools else 'changes'} {', '.join(counts)}. "


def outcome_of(result: StudyResult, arm: ArmResult) -> str:
    """The outcome of a product: a limit of safety that is failed, or may be; else its effects."""
    limits = limits_of(result, arm)
    verb, _ = limits.failed
    if verb:
        return verb
    effects = {size_of(result.finding(arm.name, target)) for target in reported_targets(result)}
    if effects >= {"helps", "harms"}:
        return "mixed"
    outcome = next(size for size in ("harms", "helps", "open", "little") if size in effects)
    if outcome != "helps":
        return outcome
    if limits.not_settled:
        return "unsure"
    return "claimed" if rests_on_claim(result, arm) else "helps"


def size_of(finding: Finding) -> str:
    """Whether an effect is large enough to matter, and which way: 'little', 'open', 'helps' or 'harms'."""
    kind, size = kind_of(finding), finding.verdict.size
    if kind == "no change" or size == "less":
        return "little"
    if kind not in ("better", "worse") or size == "open":
        return "open"
    return "harms" if kind == "worse" else "helps"
