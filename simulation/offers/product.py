"""The product of an offer: its policy and nurses, what departments differ in because it was left blank, and the study
that sets it beside what the same money does: arms of as many whole ones, or of as many hours a day, as the sum pays
for."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from simulation.config.composing import packaged
from simulation.config.counts_table import CountsTable
from simulation.config.dotted import Raw
from simulation.config.files import copied
from simulation.offers.interview import OfferAnswers, questions
from simulation.records.schema import Floats, Ints
from simulation.records.serialise import read_rows, read_yaml
from simulation.study.design import VariedParameter

ARM = "product"
"""The arm of the product, and its stream of random numbers, whatever its name: so variants of an offer are compared."""
MINUTES = ("triage_interview", "triage_record")
"""Durations of triage at the desk that a product shortens."""
WHOLE_TRIAGE = ("triage_interview", "triage_observations", "triage_record")
"""All of a triage, of which a share is taken."""
AT_AMBULANCE = "ambulance_assessment"
DRAWN, BESIDE_NURSES = read_yaml(Path(__file__).with_suffix(".yaml")).values()
"""The parameter in which departments differ where a question about the product was left blank, and what it is of the
policy; and what it is of a product that was measured against nurses, where that is something else."""
FOLLOWING = ("under_share", "correlation")
"""Blanks that are listed as what the vendor has not shown."""
MIDDLE_PRICE = 1.85
"""Pounds a patient where no price was answered: the middle of the range of the question, as configs/study/ai_triage."""
USUAL_USE = 0.55
"""The share of use by which a price a patient is made one a year where that was left blank: the middle of its range."""
STUDY_KEYS = ("value_per_patient_hour", "primary", "secondary", "margins", "harm")

PILOTS = {
    "before-after": ("twelve weeks before and after", 14.0, 0.27),
    "alternating": ("24 alternate weeks", 14.0, 0.05),
}
"""Pilots in one department, by answer: words, half of the interval in minutes of the wait, and false alarms. Measured:
the table of docs/validation.md, with which a test compares them."""


def estimate(value: float, ends: Sequence[float], source: str) -> Raw:
    """An assumed number as a file states it, with the range that it may have."""
    return {"value": value, "range": [*ends], "evidence": "assumed", "source": source}


def left_blank(key: str) -> str:
    """The source of what stands in the place of an answer."""
    return f"left blank ({questions()[key].noun}): {questions()[key].source}"


def counts_of(table: CountsTable) -> list[list[int]]:
    """The counts of a table, as a file states them."""
    return [list(row) for row in table.rows]


def differing_parameter(
    key: str, changes: Sequence[str], values: Sequence[float] | Floats, **how: Any
) -> VariedParameter:
    """The parameter of an ensemble for a question that was left blank; `how`: where it is not set as it is."""
    return VariedParameter(
        changes=tuple(changes),
        range=(float(min(values)), float(max(values))),
        evidence=questions()[key].evidence or "assumed",
        source=left_blank(key),
        **{"how": "set"} | how,
    )


def spread_evenly(n: int, stream: int, low: float, high: float) -> Floats:
    """So many values, spread evenly over a range, in random order."""
    order = np.random.default_rng([2026, stream]).permutation(n)
    return np.asarray(low + (high - low) * (order + 0.5) / n)


NOT_MEASURED = estimate(0.5, [0, 0.9], "not measured")
"""The correlation of two whose errors nobody compared."""


class OfferedProduct:
    """A product as answered. name: that of its files; values: the answers as they were read."""

    def __init__(self, name: str, values: OfferAnswers) -> None:
        self.name, self.values = name, values
        self.accuracy_claimed = values.accuracy_by in (None, "vendor")
        self.saves_claimed = values.saves_by in (None, "vendor")

    # --- what was left blank ----------------------------------------------------------------------------------

    @property
    def blanks(self) -> tuple[str, ...]:
        """The questions about the product that were left blank and are drawn, a value a department."""
        values = self.values
        by_shares = values.labels and values.table is None
        wanted = {
            "used_share": True,
            "saves": values.saves_time,
            "acceptance": values.advises,
            "exact_share": by_shares,
            "under_share": by_shares,
            "correlation": values.labels and values.agrees_with_nurses,
            "nurses_table": values.labels,
        }
        return tuple(key for key, asked in wanted.items() if asked and getattr(values, key) is None)

    def drawn(self, n: int) -> dict[str, tuple[VariedParameter, Floats | Ints]]:
        """The parameter of an ensemble for each question that was left blank, and its values, shape (n,): spread evenly
        over its range, in random order; by the name of the parameter."""
        ranges = {key: self._range(key) for key in self.blanks}
        streams = list(DRAWN)  # so that an answer to one question leaves the others as they were
        columns = {key: spread_evenly(n, streams.index(key), *ends) for key, ends in ranges.items()}
        if "under_share" in columns:  # a share of the labels that differ
            columns["under_share"] *= 1 - columns.get("exact_share", self.values.exact_share or 0)
        return {
            DRAWN[key][0]: (differing_parameter(key, [self.path(key)], rounded), rounded)
            for key, column in columns.items()
            for rounded in [column.round(4)]
        }

    def _range(self, key: str) -> tuple[float, float]:
        """The range of a blank; labels that are too low are not the same as others'."""
        low, high = questions()[key].range or (0.0, 1.0)
        if key == "exact_share" and self.values.under_share is not None:
            high = min(high, 0.98 - self.values.under_share)
            low = min(low, high - 0.1)
        return low, high

    def path(self, key: str) -> str:
        """The value of the policy, or of the nurses, that a question decides."""
        _, path = DRAWN[key]
        if self.values.agrees_with_nurses:
            path = BESIDE_NURSES.get(key, path)
        return f"triage.{self.name}.{path}.value" if path else "nurse.errors.value"

    # --- files ------------------------------------------------------------------------------------------------

    def nurse(self) -> Raw | None:
        """The file of the nurses: their table, or the packaged one with a range of errors if that was left blank."""
        table = self.values.nurses_table
        if table is not None:
            source = "counts of own nurses' labels, answered in the interview"
            matrix = {"evidence": "measured", "source": source, "counts": counts_of(table)}
            return {"labels": {"name": "nurse", "correlation": NOT_MEASURED, "matrix": matrix}}
        if not self.values.labels:
            return None
        ends = questions()["nurses_table"].range or (1.0, 1.0)
        return {**packaged()["nurse"], "errors": estimate(1, ends, left_blank("nurses_table"))}

    def policy(self) -> Raw:
        """The file of the policy."""
        values, whom = self.values, self.values.whom
        covered = list(whom.sources)
        policy: Raw = {"kind": "matrix", "name": self.name}
        covers: Raw = {"minutes": covered} if values.saves_time else {}
        if values.labels:
            policy |= {"ai": self._labels(), "role": "advises" if values.advises else "replaces"}
            if values.against not in (None, "unknown"):
                policy["measured_against"] = values.against
            covers["labels"] = covered
        if values.advises:
            policy["acceptance"] = self._estimate("acceptance", [0, 1])
        if whom.only:
            covers["only"] = {name: list(categories) for name, categories in whom.only.items()}
        covers["share"] = self._estimate("used_share", [0, 1])
        covers |= {
            "evidence": "assumed",
            "source": "whom it is for, as answered, or the walk-in desk",
        }
        policy["covers"] = covers
        if values.saves_time:
            policy["minutes"] = self._minutes(covered)
        return policy | self._price()

    def _estimate(
        self, key: str, ends: Sequence[float], value: float | None = None, *, claim: bool = False
    ) -> Raw:
        """A number: as answered, or the middle of the range of its question."""
        question = questions()[key]
        value = getattr(self.values, key) if value is None else value
        if value is None:
            low, high = self._range(key)
            source = f"left blank, the middle of {low:g} to {high:g}: {question.source}"
            return estimate(round((low + high) / 2, 4), ends, source)
        source = f"{question.noun}, as answered in the interview"
        answered = estimate(round(float(value), 4), ends, source)
        return answered | {"claim": True} if claim else answered

    def _labels(self) -> Raw:
        """How it labels: its table, or its shares, against the truth or beside the nurses."""
        table, claim = self.values.table, self.accuracy_claimed
        agrees, under_share = self.values.agrees_with_nurses, self.values.under_share
        who = "the vendor states it" if claim else "measured independently"
        source = f"{who}; answered in the interview"
        if table is not None and not agrees:
            matrix = {
                "evidence": "measured",
                "source": f"counts, {source}",
                "counts": counts_of(table),
                "claim": claim,
            }
            return {"name": ARM, "correlation": NOT_MEASURED, "matrix": matrix}
        exact = self._estimate("exact_share", [0, 1], claim=claim)
        middle = (1 - exact["value"]) / 2
        answered = middle if under_share is None else under_share
        under = self._estimate("under_share", [0, 1], answered, claim=claim)
        if not agrees:
            shares = {"exact_share": exact, "under_share": under, "evidence": "assumed"}
            shares["source"] = f"{source}; the errors are spread as the nurses' are"
            return {"name": ARM, "correlation": NOT_MEASURED, "agreement": shares}
        beside: Raw = {
            "correlation": self._estimate("correlation", [-1, 1]),
            "evidence": "assumed",
            "source": f"agreement with nurses, {source}",
        }
        if table is not None:
            beside["counts"] = counts_of(table)
        else:
            beside |= {"agree_share": exact, "lower_share": under}
        none = estimate(0, [0, 0.9], "its table stands beside the nurses'")
        return {"name": ARM, "correlation": none, "with_nurse": beside}

    def _minutes(self, covered: Sequence[str]) -> Raw:
        """What it takes off a triage."""
        saves = self.values.saves
        claim = saves is not None and self.saves_claimed
        at = [AT_AMBULANCE] if "ambulance" in covered else []
        if saves is not None and not saves.is_seconds:
            factor = self._estimate("saves", [0, 2], 1 - saves.number, claim=claim)
            return {"durations": [*WHOLE_TRIAGE, *at], "factor": factor}
        number = saves.number if saves else None
        seconds = self._estimate("saves", [-3600, 3600], number, claim=claim)
        floor = estimate(0.3, [0.1, 0.9], "a nurse still looks at the patient")
        return {"durations": [*MINUTES, *at], "seconds_saved": seconds, "never_below": floor}

    def _price(self) -> Raw:
        """What it costs, a year or a patient; a range where that was left blank."""
        year, patient = self.values.price_a_year, self.values.price_a_patient
        source = "the offer's price, answered in the interview"
        if year is not None:
            return {"cost_per_year": {"value": year, "evidence": "published", "source": source}}
        if patient is not None:
            price = {"value": patient, "evidence": "published", "source": source}
        else:
            question = questions()["price_a_patient"]
            price = estimate(MIDDLE_PRICE, question.range or (), f"left blank: {question.source}")
        return {"price_per_attendance": price}

    @property
    def pounds_a_year(self) -> float:
        """What it costs a year, roughly where it is paid a patient."""
        year, patient, used = (
            self.values.price_a_year,
            self.values.price_a_patient,
            self.values.used_share,
        )
        if year is not None:
            return year
        n = self.values.patients_a_year(USUAL_USE if used is None else used)
        return (MIDDLE_PRICE if patient is None else patient) * n

    def patients_who_hold(self, n: int) -> int:
        """Patients among whom product and nurses differ in n, to the next hundred."""
        counts = np.array([[0]] if self.values.table is None else self.values.table.rows)
        if counts.any():
            agree = np.trace(counts) / counts.sum()
        else:
            agree = self._estimate("exact_share", [0, 1])["value"]
        return math.ceil(n / max(1 - float(agree), 0.001) / 100) * 100

    # --- what the vendor said, and did not ---------------------------------------------------------------------

    def claims(self) -> Iterator[str]:
        """What rests on the vendor's word alone, as nouns."""
        values, saves = self.values, self.values.saves
        if saves is not None and self.saves_claimed:
            share = f"{100 * saves.number:g} % of the time"
            amount = f"{saves.number:g} seconds" if saves.is_seconds else share
            yield f"{amount} saved a triage"
        if values.labels and self.accuracy_claimed:
            whom = {"nurses": "nurses", "unknown": "somebody unnamed", "outcome": "outcomes"}
            against = values.against or "unknown"
            against = whom.get(against, f"a {against}")
            if values.exact_share is not None:
                yield f"{100 * values.exact_share:g} % agreement with {against}"
            elif values.table is not None:
                yield f"its table of labels against {against}"

    def not_shown(self) -> Iterator[str]:
        """What the vendor has not shown, as nouns."""
        values = self.values
        if values.labels:
            if values.agrees_with_nurses:
                yield "a panel's judgement"
            if values.table is None:
                yield "errors by level"
            if values.cases is None:
                yield "number of cases"
            if values.cases_on is None:
                yield "ages and languages"
            if self.accuracy_claimed and values.exact_share is None and values.table is None:
                yield "an independent study"  # what is claimed is asked about by itself
            yield "repeat answers"
            yield "failures"
        if values.saves_time and (values.saves is None or self.saves_claimed):
            yield "an independent study of the minutes saved"
        if values.used_share is None:
            yield "its use where it runs"
        if values.advises and values.acceptance is None:
            yield "uptake by nurses"

    def assumed(self) -> Iterator[str]:
        """How answers were read, and what stands in the place of those that were left blank, as clauses."""
        values = self.values
        if values.used_share is not None:
            yield f"used for {100 * values.used_share:.4g} % of {values.whom.words}"
        yield from (
            f"{questions()[key].noun}: {questions()[key].blank}"
            for key in self.blanks
            if key not in FOLLOWING
        )
        if values.price_a_year is None and values.price_a_patient is None:
            yield f"it costs £{MIDDLE_PRICE} a patient"

    def _readings(self, title: str) -> Raw:
        """Arms with the least and the greatest tie of its departures to nurses' errors, where that is not known."""
        if "correlation" not in self.blanks:
            return {}
        ends = (
            "from nurses whether they are right or wrong",
            "only where nurses are wrong (kind to it)",
        )
        return {
            name: {
                "label": f"{title}, if it differs {ends[value]}", "triage": self.name, "evidence": "assumed",
                "changes": {"triage.ai.with_nurse.correlation.value": value},
                "source": "one end of what agreement with nurses leaves open",
            }
            for value, name in enumerate(self.ends)
        }  # fmt: skip

    @property
    def ends(self) -> tuple[str, str]:
        """The names of these arms."""
        return f"{ARM}_regardless", f"{ARM}_where_wrong"

    def study(
        self,
        blanks: Sequence[Raw],
        differs: Sequence[str] = (),
        assumed: Sequence[str] = (),
        stated: Mapping[str, float] = MappingProxyType({}),
    ) -> Raw:
        """The file of the study: the product, today, and the alternatives at its price. `differs`: what this variant of
        an offer has otherwise; `assumed`: as clauses; `stated`: the department's own figures, by measure."""
        known = packaged("study=alternatives")["study"]
        title, pounds = self.values.product, self.pounds_a_year
        offer: Raw = {
            "arm": ARM, "product": title, "department": "our department", "claims": list(self.claims()),
            "not_shown": list(self.not_shown()), "assumed": list(assumed), "differs": list(differs),
            "blanks": list(blanks), "stated": dict(stated),
        }  # fmt: skip
        if left_out := self.values.whom.left_out:
            offer["left_out"] = left_out
        if pilot := PILOTS.get(self.values.evaluation or next(iter(PILOTS))):
            offer["pilot"] = dict(zip(("design", "half_width", "false_alarms"), pilot, strict=True))
        study: Raw = {
            "name": self.name,
            "ensemble": self.name,
            "question": f"What would {title} do here, and what else would the same money do?",
            "baseline": "nurse",
            "arms": {
                "nurse": known["arms"]["nurse"],
                ARM: {"label": title, "triage": self.name},
                **self._readings(title),
                **dict(alternatives(known["arms"], pounds)),
            },
            "focus": [ARM],
        }
        if pounds > 0:
            spend = {"evidence": "assumed", "source": f"what {title} costs a year"}
            study["equal_spend"] = {"pounds_per_year": round(pounds), **spend}
        return study | {key: known[key] for key in STUDY_KEYS} | {"offer": offer}


# --- what else the price buys ---------------------------------------------------------------------------------

BOUGHT_WHOLE = "lean_triage"
"""An alternative that is bought once and whole."""
LEAST_HOURS = 2
"""The shortest shift, in hours a day: nobody comes for less. A judgement."""


class ForSale(NamedTuple):
    """What is bought: the packaged arm that states its price, its noun, what it changes, and of a shift the hour at
    which it begins and its length in hours (0: no shift)."""

    packaged: str
    noun: str
    path: str
    start: int = 0
    hours: int = 0


FOR_SALE = read_rows(Path(__file__).with_name("for_sale.yaml"), ForSale)
"""By the name of the arm."""


def alternatives(packaged: Mapping[str, Raw], pounds: float) -> Iterator[tuple[str, Raw]]:
    """Arms of what a sum a year buys, by name; of what it does not buy, the least there is. `packaged`: by name."""
    yield BOUGHT_WHOLE, packaged[BOUGHT_WHOLE]
    for name, sale in FOR_SALE.items():
        arm = copied(packaged[sale.packaged])
        of_one = float(arm["cost"]["per_year"]) / (1 if sale.hours else arm["changes"][sale.path])
        number, hours, cost = max(int(pounds // of_one), 1), sale.hours, of_one
        if hours and pounds < of_one:
            hours = max(int(pounds // (of_one / hours)), LEAST_HOURS)
            cost *= hours / sale.hours
        yield name, _arm(arm, sale, number, hours, number * cost)


def _arm(arm: Raw, sale: ForSale, number: int, hours: int, pounds: float) -> Raw:
    """The packaged arm with so many units of so many hours a day, at this cost a year."""
    end = (sale.start + hours - 1) % 24 + 1
    when = f" from {sale.start} to {end} h" if hours else ""
    shift = {"hours": f"{sale.start}-{end}", "number": number}
    if hours == 24:
        when, shift["hours"] = ", day and night", "0-24"
    cost = arm["cost"]
    times = pounds / cost["per_year"]
    part = f"{number} x {hours} hours" if hours else f"{number}"
    return arm | {
        "label": f"{'One' if number == 1 else number} more {sale.noun}{'s' * (number > 1)}{when}",
        "changes": {sale.path: [shift] if hours else number},
        "source": "as much as the price of the product buys, or the least there is",
        "cost": cost
        | {
            "per_year": round(pounds),
            "range": [round(times * limit) for limit in cost["range"]],
            "what": f"{part} a day, in proportion to: {cost['what']}",
        },
    }
