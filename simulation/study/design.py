"""A study as its YAML states it (`Design`, last): arms, levers, targets and the differences that would matter.

`study.study.Study` is the same ready to run, with the department and policy of each arm.

The published relation of delay to mortality (`DelayHarm`) is an association. It is used for differences between arms,
never for a count of lives (`questions/harm.py`).

A study can also say what offer it is about (`OfferFacts`), and an ensemble what its departments differ in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Annotated, Literal, TypeGuard

from annotated_types import Ge, Le, MaxLen, MinLen

from simulation.department.config_dataclass import (
    AtLeastOne,
    ByName,
    Count,
    Evidence,
    Label,
    NonEmpty,
    PerDay,
    Positive,
    Range,
    Share,
    Sourced,
    SpanMinutes,
    Unit,
    config_dataclass,
)
from simulation.department.own_measures import OutcomeGroup, OwnGroup, OwnMeasure, SpanMeasure
from simulation.errors import Fault


@config_dataclass
class Blank:
    """A question of the interview that was left blank: the study's departments differ in it.

    Example: `{question: How many minutes triage of a walk-in takes, parameters: [triage_minutes], unit: minutes,
    find: time 100 triages with a watch, patients: 100}`
    """

    question: Label
    """The question, as a noun."""
    parameters: NonEmpty[tuple[str, ...]]
    """The ensemble's parameters, `structure` or `cause`, in which departments differ because of it."""
    unit: str
    """The unit of an answer."""
    find: Label
    """Where a trust finds it, or how it is measured, as an instruction."""
    patients: Annotated[AtLeastOne, Unit("patients")] | None = None
    """On how many patients it is measured; none: it is looked up."""
    arms: tuple[str, ...] = ()
    """Two arms of the study that have it at either end in every department, if there are any.
    Example: `[our_ai_regardless, our_ai_where_wrong]`"""


@config_dataclass
class PlannedPilot:
    """How a product will be tried out, and what such a pilot reports of the wait to the first clinician.

    Example: `{design: "twelve weeks before and after", half_width: 15, false_alarms: 0.25}`
    """

    design: Label
    """The design, in words."""
    half_width: SpanMinutes
    """Half the length of the 95 % interval that it reports, on average over departments."""
    false_alarms: Share
    """How often it finds an effect of a product that does nothing."""


@config_dataclass
class OfferFacts:
    """The offer that a study is about, as its board's page tells it.

    Example: `{arm: our_ai, product: Our AI, department: Our department}`
    """

    arm: str
    """The arm of the product."""
    product: Label
    """The product's name, as in a sentence."""
    department: Label
    """The department's name, as in a sentence."""
    claims: tuple[Label, ...] = ()
    """What rests on the vendor's word alone, each as a noun. Example: `[30 seconds saved a triage]`"""
    not_shown: tuple[Label, ...] = ()
    """What the vendor has not shown, each as a noun. Example: `[accuracy by language]`"""
    assumed: tuple[Label, ...] = ()
    """How answers were read, and what was assumed, each as a clause. Example: `[nurses err as in two hospitals]`"""
    differs: tuple[Label, ...] = ()
    """What a variant of an offer has otherwise, each as a clause. Example: `["used share 80 %"]`"""
    left_out: Label | None = None
    """For whom the product is not, and their share of everybody. Example: `ambulance patients (28 % of everybody)`"""
    pilot: PlannedPilot | None = None
    """How it will be evaluated; none: it will not be."""
    blanks: tuple[Blank, ...] = field(default_factory=tuple)
    """What was not answered."""
    where_nurses_are_right: Share | None = None
    """The share of the sickest at triage with too low a level if a product that agrees with nurses differs from them
    only where they are right: the harshest reading of agreement, worked out by `aeflow offer`. Example: `0.257`"""
    stated: Mapping[str, Annotated[float, Unit("that of the measure")]] = field(
        default_factory=dict
    )
    """The department's own figures, as answered, by measure; `attendances_per_day` is one, too.
    Example: `{within_4h_share: 0.62, wait_to_clinician_mean: 74}`"""


TOGETHER = "+"
"""The sign between the names of levers in the name of an arm."""
Value = bool | int | float | str
Block = Mapping[str, object]
"""A whole block of a file, such as an outage of another kind."""
List = tuple[object, ...]
"""A whole list of a file, such as a rota."""
CHANGED = Unit("that of the changed value")
Changes = Mapping[str, Annotated[Value | Block | List | None, CHANGED]]
"""New values, blocks or lists, by dotted path."""
OfMeasure = Annotated[Positive, Unit("that of the measure")]
PoundsAYear = Annotated[float, Unit("GBP a year")]


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


OF_FACTOR = {"times", "whole"}
"""The keys of a factor: `whole` says that the product is rounded."""


def factor_of(value: object) -> float | None:
    """The factor of a change that is nothing but `{times: factor}`, rounded or not; None for any other change.

    >>> factor_of({"times": 1.03}), factor_of({"times": [{"by": "age_band"}]}), factor_of(1.03)
    (1.03, None, None)
    """
    factor = (
        value.get("times") if isinstance(value, Mapping) and value.keys() <= OF_FACTOR else None
    )
    return factor if is_number(factor) else None


def is_within(path: str, block: str) -> bool:
    """Whether a dotted path is that of a block, or of something in it."""
    return path == block or path.startswith(f"{block}.")


def change_words(path: str, value: object) -> str:
    """A change in words: 'staffing.doctors.extra = 2', 'site.durations.ward_stay.scale x 1.03'.

    >>> change_words("pathway.pools.xray.rota", ({"hours": "0-24", "number": 1},))
    'pathway.pools.xray.rota = 0-24 h: 1'
    """
    factor = factor_of(value)
    return f"{path} = {_value_words(value)}" if factor is None else f"{path} x {factor:g}"


def _value_words(value: object) -> str:
    """A value of a file in words: shifts as in tables, the keys of other blocks with their values."""
    if isinstance(value, Mapping):
        if {"hours", "number"} <= value.keys() <= {"hours", "number", "days"}:
            days = f" ({value['days']})" if "days" in value else ""
            return f"{value['hours']} h: {value['number']}{days}"
        return f"({', '.join(f'{key} {_value_words(part)}' for key, part in value.items())})"
    if isinstance(value, list | tuple):
        blocks = any(isinstance(part, Mapping) for part in value)
        words = ("; " if blocks else ", ").join(map(_value_words, value))
        return words if blocks else f"[{words}]"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return str(value)


@config_dataclass
class Cost(Sourced):
    """What an arm costs beyond the baseline, and what that buys.

    Example: `{per_year: 369000, range: [211000, 420000], what: "one band 6 nurse at every hour", price_year: "2025/26",
    paid_by: the trust, evidence: assumed, source: "pay scale"}`
    """

    per_year: PoundsAYear
    """The cost; below 0 it is a saving."""
    what: str
    """What is bought; of a cost per attendance the price of one. Example: `GBP 1.85`"""
    range: tuple[PoundsAYear, PoundsAYear] | None = None
    """The lowest and the highest that it could be, around `per_year`; none: taken as certain.
    Example: `[211000, 420000]`"""
    basis: Literal["per_year", "per_attendance"] = "per_year"
    """Whether it is a sum a year, or a price times the attendances that it is paid for. Example: `per_attendance`"""
    attendances: Annotated[Positive, Unit("patients a year")] | None = None
    """How many attendances a cost per attendance counts. Example: `124100`"""
    arrivals: tuple[str, ...] = ()
    """Their arrival sources; none: all that attend. Example: `[walk_in, referred]`"""
    price_year: Label | None = None
    """The year of the prices. Example: `"2025/26"`"""
    paid_by: Label | None = None
    """Who pays. Example: `the trust`"""
    at_most: Annotated[Positive, Unit("times")] | None = None
    """How many times over the arm can be bought: 1 of a licence, of which a second does nothing. None: as often as
    there is money. Example: `1`"""
    releases_cash: bool | None = None
    """Whether money that it saves can be spent elsewhere, because a post or a bank shift goes; staff time that is only
    freed releases none. Not stated: none. Example: `true`"""

    @property
    def words(self) -> str:
        """What is bought, in words: 'GBP 1.85 for each of 89,400 walk-in and referred attendances'."""
        if self.attendances is None:
            return self.what
        whose = (
            f"{' and '.join(name.replace('_', '-') for name in self.arrivals)} "
            if self.arrivals
            else ""
        )
        return f"{self.what} for each of {self.attendances:,.0f} {whose}attendances"


def cost_faults(arms: Mapping[str, Arm]) -> Iterator[Fault]:
    """Faults of costs that are outside their own range, and of costs per attendance that do not say of how many."""
    for name, arm in arms.items():
        cost = arm.cost
        if not cost:
            continue
        if (cost.basis == "per_attendance") != (cost.attendances is not None):
            yield Fault(
                f"study.arms.{name}.cost",
                "states one of attendances and basis: per_attendance alone",
                "Give both for a cost per attendance (basis: per_attendance, attendances: 124100), else neither",
            )
        if cost.range and not cost.range[0] <= cost.per_year <= cost.range[1]:
            yield Fault(
                f"study.arms.{name}.cost",
                f"{cost.per_year:g} is outside its own range {list(cost.range)}",
                "Change per_year or the range",
            )


@config_dataclass
class Arm:
    """A triage policy, and changes to the department or to the policy.

    Example: `{label: One more doctor, triage: nurse, changes: {staffing.doctors.extra: 1}, evidence: assumed,
    source: "a choice"}`
    """

    label: Label
    """Words for the arm in tables and figures."""
    triage: str = "none"
    """The triage policy: the name of its file. Example: `nurse`"""
    nurse: str | None = None
    """Other nurses than those of the study (the group `nurse`): the name of their file. A tool in their hands needs a
    `control`: an arm with them and without a tool. Example: `language`"""
    changes: Changes = field(default_factory=dict)
    """Dotted paths and their new values, blocks or lists; `{times: 1.03}` multiplies the number that is there. A path
    that begins with `triage` changes the policy."""
    evidence: Evidence | None = None
    """Where the numbers of the changes come from."""
    source: str | None = None
    """The citation for the changes, or the reason for assuming them."""
    claim: bool = False
    """Whether its effect is somebody's claim that nobody independent has tested: results that rest on it say so."""
    levers: tuple[str, ...] = ()
    """Levers of the study that are also on in this arm. Example: `[accuracy, time]`"""
    control: str | None = None
    """An arm that this one is compared with as well, such as one that gives as many labels of each level at random.
    Example: `label_errs_up_at_random`"""
    cost: Cost | None = None
    """What the arm costs beyond the baseline."""
    staffing: str | None = None
    """The staffing whose rotas the arm's changes are made for, by the name of its file. With another the arm is left
    out, and the study says so; over structures, where one has another rota in a pool that the arm changes. None: any.
    Example: `typical`"""
    comparator: bool = False
    """Whether the arm is no tool that the study is about but something else that money or will could do. Verdicts on
    comparators hold together among themselves, those on the other arms among themselves. Example: `true`"""
    draw_of: str | None = None
    """An arm of which this one is a draw: the same tool with another table of labels, out of those that its measurement
    leaves open. Three or more draws tell uncertainty of the measurement from simulation noise; they are in no other
    table.
    Example: `vetted`"""


@config_dataclass
class Lever:
    """Something that a tool does, to be switched on alone or with others.

    A block that `takes` adds keeps the `evidence` and `source` that it has in the full policy.

    Example: `{label: time of interview and record, takes: [minutes.0, covers.minutes],
    changes: {pathway.rounds.active: true}, evidence: assumed, source: "a choice"}`
    """

    label: Label
    """Words for the lever in tables and figures."""
    takes: tuple[str, ...] = ()
    """What it takes over from the study's `full` policy: dotted paths of blocks or values."""
    changes: Changes = field(default_factory=dict)
    """What else it changes, as an arm's `changes`."""
    evidence: Evidence | None = None
    """Where the numbers of the changes come from."""
    source: str | None = None
    """The citation for the changes, or the reason for assuming them."""
    claim: bool = False
    """Whether its effect is somebody's claim that nobody independent has tested: results that rest on it say so."""


@config_dataclass
class Target(Sourced):
    """A measure that the study is about, and the smallest difference that would matter.

    Example: `{measure: wait_to_clinician_mean, group: "acuity_true=1-2", label: "Wait, true levels 1-2",
    minimal_important_difference: 3, evidence: assumed, source: "the least a clinician would act on"}`
    """

    measure: str
    """The measure, by its name in the tables."""
    group: str = "all"
    """Whose measure: everybody's, or that of one group of patients."""
    label: Label
    """Words for the measure and the group in tables and figures."""
    minimal_important_difference: OfMeasure
    """The least difference that anybody would act on."""


@config_dataclass
class Margin(Sourced):
    """How much worse a measure may get before an arm counts as worse: a non-inferiority margin.

    Example: `{measure: under_triage_1_2_share, group: all, label: "Under-triage of levels 1-2", margin: 0.01,
    evidence: assumed, source: "one point is still acceptable"}`
    """

    measure: str
    """The measure, by its name in the tables."""
    group: str = "all"
    """Whose measure: everybody's, or that of one group of patients."""
    label: Label
    """Words for the measure and the group in tables and figures."""
    margin: OfMeasure
    """How much worse it may get."""


@config_dataclass
class ValuePerHour(Sourced):
    """What one hour less of waiting is taken to be worth, for weighing arms against their cost.

    Example: `{pounds: [5, 15, 45], evidence: assumed, source: "no figure is published; three, to see what changes"}`
    """

    pounds: Annotated[tuple[Annotated[Positive, Unit("GBP an hour")], ...], MinLen(1), MaxLen(5)]
    """One to five values, each reported."""


@config_dataclass
class EqualSpend(Sourced):
    """A sum a year that is laid out on each arm alone, so that all are compared at the same cost.

    Example: `{pounds_per_year: 250000, evidence: assumed, source: "about what one clinician from 14 to 22 h costs"}`
    """

    pounds_per_year: Annotated[Positive, Unit("GBP a year")]
    """The sum."""


@config_dataclass
class Coverages:
    """Arms in which one tool covers a part of the patients and all of them; in the baseline it covers nobody.

    Who is covered under `partial` is a group of patients in every arm, so that what the tool does to them and to the
    others can be told apart.

    Example: `{partial: covers_half, full: covers_all}`
    """

    partial: str
    """The arm in which a part is covered."""
    full: str
    """The arm in which all are."""


@config_dataclass
class Design:
    """A study as its YAML states it.

    With `levers` its arms are those stated and the baseline under every combination of the levers; of more than
    8 levers, under the combinations that `order_pairs` sampled orders and their reverses need.
    All levers together must make the triage policy `full`, prices apart.

    Example: `{name: our_tool, question: "Would the tool cut waits?", baseline: nurse, arms: {nurse: {label: Today,
    triage: nurse}, our_tool: {label: Our tool, triage: ai_as_claimed}}, primary: [{measure: wait_to_clinician_mean,
    label: "Wait to first clinician", minimal_important_difference: 5, evidence: assumed, source: "a judgement"}]}`
    """

    name: str
    """Name of the study, which is that of its folder of results: letters, digits, `_` and `-`."""
    question: str
    """What the study is to answer, for a reader."""
    baseline: str
    """The arm that all others are compared with."""
    sham: str | None = None
    """The arm with an AI of the nurse's accuracy and fresh errors: what chance alone does. Example: `sham`"""
    arms: NonEmpty[ByName[Arm]]
    """The arms, by name."""
    focus: tuple[str, ...] = ()
    """The arms that get a sentence on the first page, in this order; none: the tools (arms with another triage policy
    than the baseline's that are no comparators). Example: `[our_tool]`"""
    levers: ByName[Lever] = field(default_factory=dict)
    """What a tool does, part by part: every combination becomes an arm."""
    full: str | None = None
    """The triage policy that all levers make together. Example: `ai_all_levers`"""
    order_pairs: Annotated[int, Ge(2), Le(1000), Unit("pairs")] = 12
    """Sampled orders of many levers, each with its reverse. Example: `24`"""
    primary: NonEmpty[tuple[Target, ...]]
    """Measures that the study is about."""
    secondary: tuple[Target, ...] = ()
    """Further measures, judged but not adjusted together with the primary ones."""
    margins: tuple[Margin, ...] = ()
    """Limits of safety: how much worse a measure may get."""
    measures: ByName[OwnMeasure] = field(default_factory=dict)
    """Measures of your own, by name, beside those that every study has; a target or a margin may name one."""
    groups: ByName[OwnGroup] = field(default_factory=dict)
    """Groups of patients of your own, by name: every measure that is given by group is given for them, too."""
    value_per_patient_hour: ValuePerHour | None = None
    """What one hour less of waiting is taken to be worth; none: the value of knowing a figure before an arm is chosen
    is not worked out."""
    equal_spend: EqualSpend | None = None
    """A sum for which every arm that costs something is compared; with it the study's first table is about cost.
    Example: `{pounds_per_year: 250000, evidence: assumed, source: "a choice"}`"""
    coverages: Coverages | None = None
    """Arms that tell direct effects of a tool from its spillover."""
    harm: DelayHarm | None = None
    """A published relation of delay to mortality, reported as differences between arms where it is `shown`."""
    offer: OfferFacts | None = None
    """The offer that the study is about, as `aeflow offer` writes it; its board's page is then the first."""
    not_calibrated: Label | None = None
    """Why its department is not held to any figures, as a clause, as `aeflow fit` writes it: effects then have no
    interval and no verdict, unless the study runs over an ensemble. Example: `it was not held to its waits`"""
    ensemble: str = "none"
    """The ensemble on whose departments the study runs: the name of a file in `configs/ensembles/`; `none`: the typical
    department alone. The key `ensemble` at the top names another. Example: `typical`"""
    scenarios: tuple[str, ...] = ()
    """The scenarios in which `aeflow compare` runs the study one after another, unless the command chooses one; the
    others are compared with the first. Example: `[usual, winter]`"""

    def combination(self, levers: Collection[str]) -> str:
        """The name of the arm in which these levers are on: 'accuracy+time'; the baseline if there are none."""
        return TOGETHER.join(name for name in self.levers if name in levers) or self.baseline

    def stated_changes(self, arm: Arm) -> dict[str, Arm | Lever]:
        """Whatever states changes of an arm, by its place in the arm: each of its levers, then the arm itself."""
        levers = {f"levers.{name}.changes": self.levers[name] for name in arm.levers}
        return {**levers, "changes": arm}

    @property
    def shown(self) -> tuple[str, ...]:
        """The arms that a report shows: no draws of another arm's table, and of the combinations of levers only those
        of one lever, of all, and of all but one."""
        return tuple(
            name
            for name, arm in self.arms.items()
            if arm.draw_of is None and not self._is_between(name, arm.levers)
        )

    @property
    def null_arm(self) -> str:
        """The arm that does nothing: the sham, or the baseline itself."""
        return self.sham or self.baseline

    @property
    def behind_others(self) -> tuple[str, ...]:
        """The arms on which numbers of others hang: those that say whom a tool covers, and the baseline if there is a
        sham, beside which patients who wait longer or shorter than under it are counted."""
        groups = (self.coverages.partial, self.coverages.full) if self.coverages else ()
        return (self.baseline, *groups) if self.sham else groups

    def restricted_to(self, names: Collection[str]) -> Design:
        """The design with only the named arms, and without sham, focus, coverages, offer or blanks of it whose arms
        are gone."""
        if set(names) == self.arms.keys():
            return self
        arms = {name: arm for name, arm in self.arms.items() if name in names}
        coverages = self.coverages
        if coverages and not {coverages.partial, coverages.full} <= arms.keys():
            coverages = None
        offer = self.offer if self.offer and self.offer.arm in arms else None
        if offer:
            blanks = tuple(one for one in offer.blanks if arms.keys() >= set(one.arms))
            offer = replace(offer, blanks=blanks)
        return replace(
            self,
            arms=arms,
            sham=self.sham if self.sham in arms else None,
            focus=tuple(name for name in self.focus if name in arms),
            coverages=coverages,
            offer=offer,
        )

    def with_arms(
        self, arms: Mapping[str, Arm], *, baseline: str, sham: str | None = None
    ) -> Design:
        """The design with these arms instead of its own, and without levers, coverages, focus and offer."""
        return replace(
            self,
            arms=arms,
            baseline=baseline,
            sham=sham,
            levers={},
            full=None,
            coverages=None,
            focus=(),
            offer=None,
        )

    def _is_between(self, name: str, on: Sequence[str]) -> bool:
        return 1 < len(on) < len(self.levers) - 1 and name == self.combination(on)


PREFIX = "harm_within_"
IN_A_BED = "harm_admitted"
"""The group of those who were admitted to a ward."""


@config_dataclass
class DelayHarm(Sourced):
    """Mortality of the admitted by the time from arrival to a ward bed, as published.

    Example: `{shown: true, until_minutes: [240, 360], mortality: [0.082, 0.092, 0.099], evidence: published,
    source: "adjusted 30-day mortality, 5.25 million admissions"}`
    """

    shown: bool = False
    """Whether the report has the table of delay and harm; `study.harm.shown=true` switches it on. Example: `true`"""
    until_minutes: NonEmpty[tuple[SpanMinutes, ...]]
    """Where one band of times ends and the next begins, rising."""
    mortality: Annotated[tuple[Share, ...], MinLen(2)]
    """Mortality within 30 days in each band, one more than there are bounds: the last is of all longer times."""


def harm_measures(harm: DelayHarm | None) -> Mapping[str, OwnMeasure]:
    """The measures of the table, by name: the share of the admitted in a bed within each bound; none if not shown."""
    if not harm or not harm.shown:
        return {}
    return {
        harm_measure(bound): SpanMeasure(
            kind="span",
            label=f"Admitted: in a bed within {bound / 60:g} h",
            better="higher",
            among=IN_A_BED,
            until="departed_at",
            statistic="share",
            within_minutes=bound,
        )
        for bound in harm.until_minutes
    }


def harm_groups(harm: DelayHarm | None) -> Mapping[str, OwnGroup]:
    """The group that these measures are about, by name; none if the table is not shown."""
    return (
        {IN_A_BED: OutcomeGroup(kind="outcome", outcomes=("admitted",))}
        if harm and harm.shown
        else {}
    )


def harm_measure(bound: float) -> str:
    """The name of the measure of a bound: 'harm_within_240'."""
    return f"{PREFIX}{bound:g}".replace(".", "_")


def harm_faults(harm: DelayHarm | None) -> Iterator[Fault]:
    """Faults of bounds that do not rise, and of bands and mortalities that differ in number."""
    if not harm:
        return
    if list(harm.until_minutes) != sorted(set(harm.until_minutes)):
        yield Fault(
            "study.harm.until_minutes", f"found {list(harm.until_minutes)}", "Write rising numbers"
        )
    n, needed = len(harm.mortality), len(harm.until_minutes) + 1
    if n != needed:
        yield Fault(
            "study.harm.mortality",
            f"has {n} values for {needed} bands",
            "Write one for each band, the last for all longer times",
        )


OF_CHANGE = Unit("that of the changed value")


@config_dataclass
class VariedParameter(Sourced):
    """Something that departments differ in: what it changes, and how far.

    Example: `{changes: [calibration.patience_scale.value], how: times, range: [0.7, 1.4], evidence: assumed,
    source: "a judgement"}`
    """

    changes: NonEmpty[tuple[str, ...]]
    """Dotted paths into site, staffing, pathway and calibration, or in an ensemble into a triage policy
    (`triage.our_ai.acceptance.value`) or the nurses (`nurse.errors.value`): all of them get the parameter's value.
    `totals.attendances_per_day` is the department's size, to which all else is scaled first."""
    how: Literal["times", "set"]
    """Whether the value multiplies the number that is there (`times`), or takes its place (`set`)."""
    range: Range
    """The lowest and the highest value."""
    whole: bool = False
    """Whether only whole numbers can come out: beds, people on a shift. A product is rounded. In priors, such a
    parameter has one path."""
    quantiles: tuple[Annotated[float, OF_CHANGE], ...] = ()
    """In priors, values at equal steps of probability, the ends of the range first and last; none: evenly over the
    range. Example: `[200, 290, 350, 425, 650]`"""


@config_dataclass
class Structure(Sourced):
    """Who is on when and who does what: a staffing and a pathway.

    Results are one table over all structures of an ensemble, so all have the same steps and pools; who is asked for,
    and when they are on, may differ.

    Example: `{label: Three triage nurses by day, weight: 2, staffing: typical, changes:
    {site.durations.triage_interview.scale: {times: 1.5}}, evidence: assumed, source: "a judgement"}`
    """

    label: Label
    """Words for the structure in tables."""
    weight: Annotated[Positive, Unit("that of the other weights")]
    """How common it is, relative to the others, among departments that are not yet held against any figure."""
    staffing: str | None = None
    """The staffing: the name of its file. None: the one that the ensemble is built for. Example: `typical`"""
    pathway: str | None = None
    """The pathway: the name of its file. None: the one that the ensemble is built for. Example: `emergency_department`
    """
    changes: Changes = field(default_factory=dict)
    """Other changes of the site, as a scenario's; the values of a department's parameters are laid over them."""

    @property
    def files(self) -> dict[str, str]:
        """The file of each group that it chooses."""
        chosen = {"staffing": self.staffing, "pathway": self.pathway}
        return {group: name for group, name in chosen.items() if name is not None}


@config_dataclass
class Cause(Sourced):
    """What makes patients wait: a site with its fitted values, to whose staffing and pathway a structure is laid.

    Example: `{label: Cubicles are always full, weight: 2, site: typical_places, calibration: typical_places,
    evidence: assumed, source: "a judgement"}`
    """

    label: Label
    """Words for the cause that follow 'if', in sentences and tables. Example: `cubicles are always full`"""
    weight: Annotated[Positive, Unit("that of the other weights")]
    """How common it is, relative to the others."""
    site: str
    """The site: the name of its file."""
    calibration: str
    """The file of its fitted values."""
    changes: Changes = field(default_factory=dict)
    """Other changes of the site; those of a structure are laid over them. Example: `{staffing.doctors.extra: 1}`"""

    @property
    def files(self) -> dict[str, str]:
        """The file of each group that it chooses."""
        return {"site": self.site, "calibration": self.calibration}


@config_dataclass
class Member:
    """A department of an ensemble that states structures, and causes of waiting where it has several.

    Example: `{structure: three_by_day, values: [0.83, 1.07]}`
    """

    structure: str
    """The name of its structure."""
    values: tuple[Annotated[float | int, OF_CHANGE], ...]
    """The value of every parameter, in their order."""
    cause: str = ""
    """The name of what makes its patients wait; empty where the ensemble has none. Example: `places`"""
    trust: str = ""
    """The trust whose totals it has, by the name of these; empty where the ensemble has none. Example: `RHW`"""

    @property
    def kind(self) -> str:
        """Its cause and structure in one name: `places/three_by_day`; the structure alone where there are no causes."""
        return f"{self.cause}/{self.structure}".lstrip("/")


@config_dataclass
class TrustOfCountry:
    """How many patients a trust has, for whom its departments stand in the sum of a country.

    Example: `{label: Royal Berkshire, attendances_per_day: 352.9, within_4h_share: 0.72}`
    """

    label: Label
    """The trust's name."""
    attendances_per_day: PerDay
    """Its attendances, all its departments together."""
    within_4h_share: Share
    """The share of these within four hours, as published."""


@config_dataclass
class CountryFigure(Sourced):
    """A figure that departments of all trusts together are to give, as a mean over attendances.

    Example: `{measure: within_4h_share, label: Within four hours, low: 0.573, high: 0.613, evidence: measured,
    source: "NHS England, type 1, 2024-25"}`
    """

    measure: str
    """The measure, by its name in the tables."""
    label: Label
    """Words for it in tables."""
    low: OfMeasure
    """The least that is allowed."""
    high: OfMeasure
    """The most."""
    among: str | None = None
    """The measure that is the share of attendances whom the figure is about; none: all. Example: `admitted_share`"""


@config_dataclass
class Country:
    """A country whose trusts departments stand for, and what all together are to give.

    Example: `{label: "England, 2024-25", trusts: {RHW: {label: Royal Berkshire, attendances_per_day: 352.9,
    within_4h_share: 0.72}}, figures: []}`
    """

    label: Label
    """The country and the year, as in a sentence."""
    trusts: NonEmpty[ByName[TrustOfCountry]]
    """Its trusts, by name."""
    figures: tuple[CountryFigure, ...] = ()
    """What departments of all trusts together are to give: if they do not, nothing is said of the country."""
    in_common: Mapping[str, Label] = field(default_factory=dict)
    """By parameter of the ensemble, in words, what no trust publishes and all may have alike, so that a sum over trusts
    does not average it away. Example: `{triage_busy: minutes of triage}`"""


@config_dataclass
class Built:
    """What an ensemble was built from: a department of it means nothing on another site.

    Example: `{site: typical, staffing: typical, pathway: emergency_department, calibration: typical,
    targets: england 1f3a, priors: typical 77b0, program: 0.2.0 9c2e, simulated_years: 1300, accepted: 200}`
    """

    site: str
    """The site that the changes are made to."""
    staffing: str
    """The staffing that they are made to."""
    pathway: str
    """The pathway that they are made to."""
    calibration: str
    """The file of fitted values that they are made to."""
    targets: str
    """The targets that the departments meet: their name, and a hash of them."""
    priors: str
    """The ranges they come from: their name, and a hash of them."""
    program: str
    """Version of aeflow, and a hash of its source."""
    simulated_years: Annotated[Count, Unit("years")]
    """Years that were simulated to find them."""
    accepted: Annotated[Count, Unit("departments")]
    """How many departments fit, of which the file holds as many as were asked for."""
