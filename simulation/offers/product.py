"""The product of an offer: its policy and nurses, what departments differ in because it was left blank, and the study
that sets it beside what the same money does."""

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from simulation.config.composing import packaged
from simulation.config.counts_table import CountsTable
from simulation.config.dotted import Raw
from simulation.offers.alternatives import alternatives
from simulation.offers.figures import ReadAmount
from simulation.offers.interview import Values, chosen, questions
from simulation.offers.plausible import of_everybody, patients_a_year, whom_of
from simulation.records.schema import Floats, Ints
from simulation.study.design import VariedParameter

ARM = "product"
"""The arm of the product, and its stream of random numbers, whatever its name: so variants of an offer are compared."""
MINUTES = ("triage_interview", "triage_record")
"""Durations of triage at the desk that a product shortens."""
WHOLE_TRIAGE = ("triage_interview", "triage_observations", "triage_record")
"""All of a triage, of which a share is taken."""
AT_AMBULANCE = "ambulance_assessment"
DRAWN = {
    "saves": "seconds",
    "used_share": "used_share",
    "acceptance": "acceptance",
    "exact_share": "exact_share",
    "under_share": "under_share",
    "correlation": "correlation",
    "nurses_table": "nurses_errors",
}
"""The parameter in which departments differ where a question about the product was left blank."""
FOLLOWING = ("under_share", "correlation")
"""Blanks that are told as what the vendor has not shown."""
MIDDLE_PRICE = 1.85
"""Pounds a patient where no price was answered: the middle of the range of the question, as configs/study/ai_triage."""
STUDY_KEYS = ("value_per_patient_hour", "primary", "secondary", "margins", "harm")

PILOTS = {
    "before-after": ("twelve weeks before and after", 14.0, 0.27),
    "alternating": ("24 alternate weeks", 14.0, 0.05),
}
"""Pilots in one department, by answer: words, half of the interval in minutes of the wait, and false alarms. Measured:
the table of docs/validation.md, with which a test compares them."""


def estimate(
    value: float, ends: Sequence[float], source: str, evidence: str = "assumed", **more: Any
) -> Raw:
    """A number as a file states it, with the range that it may have."""
    return {"value": value, "range": [*ends], "evidence": evidence, "source": source, **more}


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
    """A product as answered. name: that of its files; values: of the questions that were answered."""

    def __init__(self, name: str, values: Values) -> None:
        self.name, self.values = name, values
        does = chosen(values["does"])
        self.saves_time, self.advises = "saves time" in does, "advises" in does
        self.labels = self.advises or "labels" in does
        self.against: str = values.get("against", "unknown")
        self.with_nurses = self.against in ("nurses", "unknown")
        self.table: CountsTable | None = values.get("table")
        self.accuracy_claimed = values.get("accuracy_by", "vendor") == "vendor"
        self.saves_claimed = values.get("saves_by", "vendor") == "vendor"

    # --- what was left blank ----------------------------------------------------------------------------------

    @property
    def blanks(self) -> tuple[str, ...]:
        """The questions about the product that were left blank and are drawn, a value a department."""
        by_shares = self.labels and self.table is None
        wanted = {
            "used_share": True,
            "saves": self.saves_time,
            "acceptance": self.advises,
            "exact_share": by_shares,
            "under_share": by_shares,
            "correlation": self.labels and self.with_nurses,
            "nurses_table": self.labels,
        }
        return tuple(key for key, asked in wanted.items() if asked and key not in self.values)

    def drawn(self, n: int) -> dict[str, tuple[VariedParameter, Floats | Ints]]:
        """The parameter of an ensemble for each question that was left blank, and its values, shape (n,): spread evenly
        over its range, in random order; by the name of the parameter."""
        ranges = {key: self._range(key) for key in self.blanks}
        streams = list(DRAWN)  # so that an answer to one question leaves the others as they were
        columns = {key: spread_evenly(n, streams.index(key), *ends) for key, ends in ranges.items()}
        if "under_share" in columns:  # a share of the labels that differ
            columns["under_share"] *= 1 - {**self.values, **columns}["exact_share"]
        return {
            DRAWN[key]: (differing_parameter(key, self.paths(key), rounded), rounded)
            for key, column in columns.items()
            for rounded in [column.round(4)]
        }

    def _range(self, key: str) -> tuple[float, float]:
        """The range of a blank; labels that are too low are not the same as others'."""
        low, high = questions()[key].range or (0.0, 1.0)
        if key == "exact_share" and "under_share" in self.values:
            high = min(high, 0.98 - self.values["under_share"])
            low = min(low, high - 0.1)
        return low, high

    def paths(self, key: str) -> list[str]:
        """The values of the policy, or of the nurses, that a question decides."""
        if key == "nurses_table":
            return ["nurse.errors.value"]
        exact, under = "ai.agreement.exact_share", "ai.agreement.under_share"
        if self.with_nurses:
            exact, under = "ai.with_nurse.agree_share", "ai.with_nurse.lower_share"
        path = {
            "saves": "minutes.seconds_saved",
            "used_share": "covers.share",
            "acceptance": "acceptance",
            "exact_share": exact,
            "under_share": under,
            "correlation": "ai.with_nurse.correlation",
        }[key]
        return [f"triage.{self.name}.{path}.value"]

    # --- files ------------------------------------------------------------------------------------------------

    def nurse(self) -> Raw | None:
        """The file of the nurses: their table, or the packaged one with a range of errors if that was left blank."""
        table: CountsTable | None = self.values.get("nurses_table")
        if table is not None:
            source = "counts of own nurses' labels, answered in the interview"
            matrix = {"evidence": "measured", "source": source, "counts": counts_of(table)}
            return {"labels": {"name": "nurse", "correlation": NOT_MEASURED, "matrix": matrix}}
        if not self.labels:
            return None
        ends = questions()["nurses_table"].range or (1.0, 1.0)
        return {**packaged()["nurse"], "errors": estimate(1, ends, left_blank("nurses_table"))}

    def policy(self) -> Raw:
        """The file of the policy."""
        whom = whom_of(self.values)
        covered = list(whom.sources)
        policy: Raw = {"kind": "matrix", "name": self.name}
        covers: Raw = {"minutes": covered} if self.saves_time else {}
        if self.labels:
            policy |= {"ai": self._labels(), "role": "advises" if self.advises else "replaces"}
            if self.against != "unknown":
                policy["measured_against"] = self.against
            covers["labels"] = covered
        if self.advises:
            policy["acceptance"] = self._estimate("acceptance", [0, 1])
        if whom.only:
            covers["only"] = {name: list(categories) for name, categories in whom.only.items()}
        covers["share"] = self._estimate("used_share", [0, 1])
        covers |= {
            "evidence": "assumed",
            "source": "whom it is for, as answered, or the walk-in desk",
        }
        policy["covers"] = covers
        if self.saves_time:
            policy["minutes"] = self._minutes(covered)
        return policy | self._price()

    def _estimate(
        self, key: str, ends: Sequence[float], value: float | None = None, *, claim: bool = False
    ) -> Raw:
        """A number: as answered, or the middle of the range of its question."""
        question = questions()[key]
        value = self.values.get(key) if value is None else value
        if value is None:
            low, high = self._range(key)
            source = f"left blank, the middle of {low:g} to {high:g}: {question.source}"
            return estimate(round((low + high) / 2, 4), ends, source)
        source = f"{question.noun}, as answered in the interview"
        answered = estimate(round(float(value), 4), ends, source)
        return answered | {"claim": True} if claim else answered

    def _labels(self) -> Raw:
        """How it labels: its table, or its shares, against the truth or beside the nurses."""
        table, claim = self.table, self.accuracy_claimed
        who = "the vendor states it" if claim else "measured independently"
        source = f"{who}; answered in the interview"
        if table is not None and not self.with_nurses:
            matrix = {
                "evidence": "measured",
                "source": f"counts, {source}",
                "counts": counts_of(table),
                "claim": claim,
            }
            return {"name": ARM, "correlation": NOT_MEASURED, "matrix": matrix}
        exact = self._estimate("exact_share", [0, 1], claim=claim)
        answered = self.values.get("under_share", (1 - exact["value"]) / 2)
        under = self._estimate("under_share", [0, 1], answered, claim=claim)
        if not self.with_nurses:
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
        saves: ReadAmount | None = self.values.get("saves")
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
        year, patient = self.values.get("price_a_year"), self.values.get("price_a_patient")
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
        if "price_a_year" in self.values:
            return float(self.values["price_a_year"])
        n = patients_a_year({"used_share": 0.55, **self.values}) or 0.0
        return float(self.values.get("price_a_patient", MIDDLE_PRICE) * n)

    def patients_who_hold(self, n: int) -> int:
        """Patients among whom product and nurses differ in n, to the next hundred."""
        counts = np.array([[0]] if self.table is None else self.table.rows)
        if counts.any():
            agree = np.trace(counts) / counts.sum()
        else:
            agree = self._estimate("exact_share", [0, 1])["value"]
        return math.ceil(n / max(1 - float(agree), 0.001) / 100) * 100

    # --- what the vendor said, and did not ---------------------------------------------------------------------

    def claims(self) -> Iterator[str]:
        """What rests on the vendor's word alone, as nouns."""
        values = self.values
        saves: ReadAmount | None = values.get("saves")
        if saves is not None and self.saves_claimed:
            share = f"{100 * saves.number:g} % of the time"
            amount = f"{saves.number:g} seconds" if saves.is_seconds else share
            yield f"{amount} saved a triage"
        if self.labels and self.accuracy_claimed:
            whom = {"nurses": "nurses", "unknown": "somebody unnamed", "outcome": "outcomes"}
            against = whom.get(self.against, f"a {self.against}")
            if "exact_share" in values:
                yield f"{100 * values['exact_share']:g} % agreement with {against}"
            elif self.table is not None:
                yield f"its table of labels against {against}"

    def not_shown(self) -> Iterator[str]:
        """What the vendor has not shown, as nouns."""
        values = self.values
        if self.labels:
            if self.with_nurses:
                yield "a panel's judgement"
            missing = {
                "table": "errors by level",
                "cases": "number of cases",
                "cases_on": "ages and languages",
            }
            yield from (words for key, words in missing.items() if key not in values)
            if self.accuracy_claimed and values.keys().isdisjoint({"exact_share", "table"}):
                yield "an independent study"  # what is claimed is asked about by itself
            yield "repeat answers"
            yield "failures"
        if self.saves_time and ("saves" not in values or self.saves_claimed):
            yield "an independent study of the minutes saved"
        if "used_share" not in values:
            yield "its use where it runs"
        if self.advises and "acceptance" not in values:
            yield "uptake by nurses"

    def assumed(self) -> Iterator[str]:
        """How answers were read, and what stands in the place of those that were left blank, as clauses."""
        values = self.values
        if "used_share" in values:
            yield of_everybody(values).partition(", ")[0]
        yield from (
            f"{questions()[key].noun}: {questions()[key].blank}"
            for key in self.blanks
            if key not in FOLLOWING
        )
        if "price_a_year" not in values and "price_a_patient" not in values:
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
        department: str,
        blanks: Sequence[Raw],
        differs: Sequence[str] = (),
        assumed: Sequence[str] = (),
        stated: Mapping[str, float] = MappingProxyType({}),
    ) -> Raw:
        """The file of the study: the product, today, and the alternatives at its price. `differs`: what this variant of
        an offer has otherwise; `assumed`: as clauses; `stated`: the department's own figures, by measure."""
        known = packaged("study=alternatives")["study"]
        title, pounds = str(self.values["product"]), self.pounds_a_year
        offer: Raw = {
            "arm": ARM, "product": title, "department": department, "claims": list(self.claims()),
            "not_shown": list(self.not_shown()), "assumed": list(assumed), "differs": list(differs),
            "blanks": list(blanks), "stated": dict(stated),
        }  # fmt: skip
        if left_out := whom_of(self.values).left_out:
            offer["left_out"] = left_out
        if pilot := PILOTS.get(self.values.get("evaluation", next(iter(PILOTS)))):
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
