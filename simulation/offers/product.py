"""The product of an offer: its policy and nurses, what departments differ in because it was left blank, and the study
that sets it beside what the same money does."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from simulation.config.composing import stated_in
from simulation.config.counts_table import CountsTable
from simulation.config.dotted import Raw
from simulation.config.files import packaged_configs
from simulation.offers.alternatives import alternatives
from simulation.offers.interview import OfferQuestion, chosen, questions
from simulation.offers.plausible import of_everybody, patients_a_year
from simulation.offers.reading import ReadAmount
from simulation.records.schema import Floats

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
}
DRAWN |= {
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


def asks(key: str) -> OfferQuestion:
    """A question."""
    return questions()[key]


def differing(
    key: str, changes: Sequence[str], values: Sequence[float] | Floats, **how: Any
) -> Raw:
    """The parameter of an ensemble for a question that was left blank; `how`: where it is not set as it is."""
    question, ends = asks(key), [float(min(values)), float(max(values))]
    source = f"left blank ({question.noun}): {question.source}"
    block = {
        "changes": list(changes),
        "how": "set",
        "range": ends,
        "evidence": question.evidence or "assumed",
    }
    return block | {"source": source} | how


def spread(n: int, stream: int, low: float, high: float) -> Floats:
    """So many values, spread evenly over a range, in random order."""
    order = np.random.default_rng([2026, stream]).permutation(n)
    return np.asarray(low + (high - low) * (order + 0.5) / n)


class OfferedProduct:
    """A product as answered. name: that of its files; values: of the questions that were answered."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self.name, self.values = name, values
        does = chosen(values["does"])
        self.saves_time, self.advises = "saves time" in does, "advises" in does
        self.labels = self.advises or "labels" in does
        self.with_nurses = values.get("against", "unknown") in ("nurses", "unknown")

    # --- what was left blank ----------------------------------------------------------------------------------

    @property
    def blanks(self) -> tuple[str, ...]:
        """The questions about the product that were left blank and are drawn, a value a department."""
        wanted = {"used_share": True, "saves": self.saves_time, "acceptance": self.advises}
        by_shares = self.labels and "table" not in self.values
        wanted |= {
            "exact_share": by_shares,
            "under_share": by_shares,
            "correlation": self.labels and self.with_nurses,
        }
        wanted["nurses_table"] = self.labels
        return tuple(
            key for key, is_wanted in wanted.items() if is_wanted and key not in self.values
        )

    def drawn(self, n: int) -> tuple[dict[str, Any], np.ndarray[Any, Any]]:
        """Parameters of an ensemble for what was left blank, and their values, shape (n, parameters): spread evenly
        over each range, in random order."""
        ranges = {key: asks(key).range or (0.0, 1.0) for key in self.blanks}
        if "exact_share" in ranges and "under_share" in self.values:
            low, high = ranges["exact_share"]
            ranges["exact_share"] = low, min(high, 0.98 - self.values["under_share"])
        columns = {}
        for place, (key, (low, high)) in enumerate(ranges.items()):
            columns[key] = spread(n, place, low, high)
        if "under_share" in columns:  # a share of the labels that differ
            wrong = (
                1 - columns["exact_share"]
                if "exact_share" in columns
                else 1 - float(self.values["exact_share"])
            )
            columns["under_share"] = columns["under_share"] * wrong
        rounded = {key: column.round(4) for key, column in columns.items()}
        parameters = {
            DRAWN[key]: differing(key, self.paths(key), column) for key, column in rounded.items()
        }
        return parameters, np.array([*rounded.values()]).T if rounded else np.zeros((n, 0))

    def paths(self, key: str) -> list[str]:
        """The values of the policy, or of the nurses, that a question decides."""
        if key == "nurses_table":
            return ["nurse.errors.value"]
        figures = "ai.with_nurse" if self.with_nurses else "ai.agreement"
        names = (
            ("agree_share", "lower_share") if self.with_nurses else ("exact_share", "under_share")
        )
        path = {
            "saves": "minutes.seconds_saved.value",
            "used_share": "covers.share.value",
            "acceptance": "acceptance.value",
            "exact_share": f"{figures}.{names[0]}.value",
            "under_share": f"{figures}.{names[1]}.value",
            "correlation": "ai.with_nurse.correlation.value",
        }[key]
        return [f"triage.{self.name}.{path}"]

    # --- files ------------------------------------------------------------------------------------------------

    def nurse(self) -> Raw | None:
        """The file of the nurses: their table, or the packaged one with a range of errors if that was left blank."""
        table: CountsTable | None = self.values.get("nurses_table")
        if table is None and not self.labels:
            return None
        if table is None:
            (low, high), question = asks("nurses_table").range or (1.0, 1.0), asks("nurses_table")
            source = f"left blank ({question.noun}): {question.source}"
            errors = {"value": 1, "range": [low, high], "evidence": "assumed", "source": source}
            return {**stated_in((), [packaged_configs()]).raw["nurse"], "errors": errors}
        correlation = {
            "value": 0.5,
            "range": [0, 0.9],
            "evidence": "assumed",
            "source": "not measured",
        }
        source = "counts of own nurses' labels, answered in the interview"
        matrix = {
            "evidence": "measured",
            "source": source,
            "counts": [list(row) for row in table.rows],
        }
        return {"labels": {"name": "nurse", "correlation": correlation, "matrix": matrix}}

    def policy(self) -> Raw:
        """The file of the policy."""
        covered = list(self.values.get("covers", ("walk_in", "referred")))
        policy: Raw = {"kind": "matrix", "name": self.name}
        covers: Raw = {"minutes": covered} if self.saves_time else {}
        if self.labels:
            policy |= {"ai": self._labels(), "role": "advises" if self.advises else "replaces"}
            if self.values.get("against", "unknown") != "unknown":
                policy["measured_against"] = self.values["against"]
            covers["labels"] = covered
        if self.advises:
            policy["acceptance"] = self._estimate("acceptance", [0, 1])
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
        question, answered = asks(key), self.values.get(key)
        if value is None and answered is not None:
            value = float(answered)
        if value is None:
            low, high = question.range or (0.0, 1.0)
            return {
                "value": round((low + high) / 2, 4), "range": list(ends), "evidence": "assumed",
                "source": f"left blank, the middle of {low:g} to {high:g}: {question.source}",
            }  # fmt: skip
        source = f"{question.noun}, as answered in the interview"
        return {
            "value": round(value, 4),
            "range": list(ends),
            "evidence": "assumed",
            "source": source,
        } | ({"claim": True} if claim else {})

    def _labels(self) -> Raw:
        """How it labels: its table, or its shares, against the truth or beside the nurses."""
        table: CountsTable | None = self.values.get("table")
        claim = self.values.get("accuracy_by", "vendor") == "vendor"
        who = "the vendor states it" if claim else "measured independently"
        source = f"{who}; answered in the interview"
        none = {
            "value": 0,
            "range": [0, 0.9],
            "evidence": "assumed",
            "source": "its table stands beside the nurses'",
        }
        some = {"value": 0.5, "range": [0, 0.9], "evidence": "assumed", "source": "not measured"}
        if table is not None and not self.with_nurses:
            counts = [list(row) for row in table.rows]
            matrix = {
                "evidence": "measured",
                "source": f"counts, {source}",
                "counts": counts,
                "claim": claim,
            }
            return {"name": ARM, "correlation": some, "matrix": matrix}
        exact = self._estimate("exact_share", [0, 1], claim=claim)
        wrong = 1 - exact["value"]
        answered = self.values.get("under_share")
        under = self._estimate(
            "under_share", [0, 1], wrong / 2 if answered is None else answered, claim=claim
        )
        if not self.with_nurses:
            shares = {"exact_share": exact, "under_share": under, "evidence": "assumed"}
            shares["source"] = f"{source}; the errors are spread as the nurses' are"
            return {"name": ARM, "correlation": some, "agreement": shares}
        tied = self._estimate("correlation", [-1, 1])
        beside: Raw = {
            "correlation": tied,
            "evidence": "assumed",
            "source": f"agreement with nurses, {source}",
        }
        if table is not None:
            beside["counts"] = [list(row) for row in table.rows]
        else:
            beside |= {"agree_share": exact, "lower_share": under}
        return {"name": ARM, "correlation": none, "with_nurse": beside}

    def _minutes(self, covered: Sequence[str]) -> Raw:
        """What it takes off a triage."""
        saves: ReadAmount | None = self.values.get("saves")
        claim = saves is not None and self.values.get("saves_by", "vendor") == "vendor"
        why = "a nurse still looks at the patient"
        floor = {"value": 0.3, "range": [0.1, 0.9], "evidence": "assumed", "source": why}
        at = [AT_AMBULANCE] if "ambulance" in covered else []
        if saves is not None and not saves.is_seconds:
            factor = self._estimate("saves", [0, 2], 1 - saves.number, claim=claim)
            return {"durations": [*WHOLE_TRIAGE, *at], "factor": factor}
        seconds = self._estimate(
            "saves", [-3600, 3600], saves.number if saves else None, claim=claim
        )
        return {"durations": [*MINUTES, *at], "seconds_saved": seconds, "never_below": floor}

    def _price(self) -> Raw:
        """What it costs, a year or a patient; a range where that was left blank."""
        year, patient = self.values.get("price_a_year"), self.values.get("price_a_patient")
        source = "the offer's price, answered in the interview"
        if year is not None:
            return {"cost_per_year": {"value": year, "evidence": "published", "source": source}}
        if patient is not None:
            return {
                "price_per_attendance": {
                    "value": patient,
                    "evidence": "published",
                    "source": source,
                }
            }
        question = asks("price_a_patient")
        ends = list(question.range or ())
        return {
            "price_per_attendance": {
                "value": MIDDLE_PRICE, "range": ends, "evidence": "assumed", "source": f"left blank: {question.source}",
            }
        }  # fmt: skip

    @property
    def pounds_a_year(self) -> float:
        """What it costs a year, roughly where it is paid a patient."""
        if "price_a_year" in self.values:
            return float(self.values["price_a_year"])
        n = patients_a_year({"used_share": 0.55, **self.values}) or 0.0
        return float(self.values.get("price_a_patient", MIDDLE_PRICE) * n)

    def patients_who_hold(self, n: int) -> int:
        """Patients among whom product and nurses differ in n, to the next hundred."""
        counts = np.array(self.values["table"].rows if "table" in self.values else [[0]])
        agree = (
            np.trace(counts) / counts.sum()
            if counts.any()
            else self._estimate("exact_share", [0, 1])["value"]
        )
        return math.ceil(n / max(1 - float(agree), 0.001) / 100) * 100

    # --- what the vendor said, and did not ---------------------------------------------------------------------

    def claims(self) -> Iterator[str]:
        """What rests on the vendor's word alone, as nouns."""
        values = self.values
        saves: ReadAmount | None = values.get("saves")
        if saves is not None and values.get("saves_by", "vendor") == "vendor":
            amount = (
                f"{saves.number:g} seconds"
                if saves.is_seconds
                else f"{100 * saves.number:g} % of the time"
            )
            yield f"{amount} saved a triage"
        if self.labels and values.get("accuracy_by", "vendor") == "vendor":
            whom = {"nurses": "nurses", "unknown": "somebody unnamed", "outcome": "outcomes"}
            against = whom.get(values.get("against", "unknown"), f"a {values.get('against')}")
            if "exact_share" in values:
                yield f"{100 * values['exact_share']:g} % agreement with {against}"
            elif "table" in values:
                yield f"its table of labels against {against}"

    def not_shown(self) -> Iterator[str]:
        """What the vendor has not shown, as nouns."""
        values = self.values
        if self.labels:
            if self.with_nurses:
                yield "a panel's judgement"
            if "table" not in values:
                yield "errors by level"
            if "cases" not in values:
                yield "number of cases"
            if "cases_on" not in values:
                yield "ages and languages"
            if values.get("accuracy_by", "vendor") == "vendor" and not {
                "exact_share",
                "table",
            } & set(values):
                yield "an independent study"  # what is claimed is asked about by itself
            yield "repeat answers"
            yield "failures"
        if self.saves_time and (
            "saves" not in values or values.get("saves_by", "vendor") == "vendor"
        ):
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
            f"{asks(key).noun}: {asks(key).blank}" for key in self.blanks if key not in FOLLOWING
        )
        if "price_a_year" not in values and "price_a_patient" not in values:
            yield f"it costs £{MIDDLE_PRICE} a patient"

    def _readings(self, title: str) -> Raw:
        """Arms with the least and the greatest tie of its departures to nurses' errors, where that is not known."""
        if "correlation" not in self.blanks:
            return {}
        ends = (
            (0, "from nurses whether they are right or wrong"),
            (1, "only where nurses are wrong (kind to it)"),
        )
        return {
            name: {
                "label": f"{title}, if it differs {words}", "triage": self.name, "evidence": "assumed",
                "changes": {"triage.ai.with_nurse.correlation.value": value},
                "source": "one end of what agreement with nurses leaves open",
            }
            for name, (value, words) in zip(self.ends, ends, strict=True)
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
    ) -> Raw:
        """The file of the study: the product, today, and the alternatives at its price. `differs`: what this variant of
        an offer has otherwise; `assumed`: as clauses."""
        known = stated_in(("study=alternatives",), [packaged_configs()]).raw["study"]
        title = str(self.values["product"])
        arms = {"nurse": known["arms"]["nurse"], ARM: {"label": title, "triage": self.name}}
        pounds = self.pounds_a_year
        arms |= self._readings(title) | dict(alternatives(known["arms"], pounds))
        spend = {
            "pounds_per_year": round(pounds),
            "evidence": "assumed",
            "source": f"what {title} costs a year",
        }
        offer: Raw = {
            "arm": ARM, "product": title, "department": department, "claims": list(self.claims()),
            "not_shown": list(self.not_shown()), "assumed": list(assumed), "differs": list(differs),
            "blanks": list(blanks),
        }  # fmt: skip
        if pilot := PILOTS.get(self.values.get("evaluation", next(iter(PILOTS)))):
            offer["pilot"] = dict(zip(("design", "half_width", "false_alarms"), pilot, strict=True))
        choose = {group: self.name for group in ("site", "staffing", "calibration", "pathway")}
        choose |= {"nurse": self.name} if self.nurse() else {}
        return {
            "defaults": [
                *({f"override /{group}@_global_.{group}": name} for group, name in choose.items()),
                "_self_",
            ],
            "name": self.name,
            "ensemble": self.name,
            "question": f"What would {title} do here, and what else would the same money do?",
            "baseline": "nurse",
            "arms": arms,
            "focus": [ARM],
            **({"equal_spend": spend} if pounds > 0 else {}),
            **{key: known[key] for key in STUDY_KEYS},
            "offer": offer,
        }
