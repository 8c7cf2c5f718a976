"""An offered product as a planner types it, and the files that state the same: nurses, policy, study."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge, Le, MinLen

from simulation.config.counts_table import CountsTable
from simulation.config.new import number_in
from simulation.config.validating import validated
from simulation.department.config_dataclass import Share, Unit, config_dataclass
from simulation.errors import Fault
from simulation.triage.policy import Role

TEXTS = ("labels", "nurses", "role", "department", "source")
"""Keys whose values are text as typed; the values of other keys are read as YAML."""
DESK = ("walk_in", "referred")
"""Arrival sources of patients who are triaged at the walk-in desk: those for whom a product is used by default."""
OF_TRIAGE = ("triage_interview", "triage_record")
"""The durations of triage at that desk, which a product shortens."""
AROUND = 0.1
"""How far the range of an offer's share goes to either side: assumed."""
LABELS_WANTED = "Give its table (labels=product.csv), or exact_share=0.8 under_share=0.12"
TYPED = "given to aeflow new product on the command line"
"""The source of a number that nobody has checked."""
CORRELATION = (
    'correlation: {value: 0.5, range: [0, 0.9], evidence: assumed, source: "not measured: how far nurses and product '
    'err on the same patients; 0 is independent errors"}'
)


@config_dataclass
class Offer:
    """What is known of a product: a table of counts or two figures, how it is used, what it saves and costs.

    Example: `{labels: product.csv, nurses: nurses.csv, acceptance: 0.6}`
    """

    labels: Annotated[str, MinLen(1)] | None = None
    """A CSV file: how often the product gives each label to patients of each true level, in numbers of patients."""
    nurses: Annotated[str, MinLen(1)] | None = None
    """A CSV file of the nurses' labels on the same cases; or the name of nurses who are stated already (`korea`)."""
    exact_share: Share | None = None
    """Without a table: the share of patients whose label is their true level."""
    under_share: Share | None = None
    """Without a table: the share of patients whose label is less urgent than their true level."""
    role: Role | None = None
    """Whether the product advises the nurses (needs `acceptance`) or replaces their label."""
    acceptance: Annotated[Share, Unit("probability")] | None = None
    """How often an advised nurse takes the product's label where the two differ."""
    covers: Annotated[tuple[str, ...], MinLen(1)] = DESK
    """Arrival sources of the patients for whom it is used: `walk_in`, `referred`, `ambulance`."""
    seconds_saved: Annotated[float, Ge(-3600), Le(3600), Unit("seconds")] | None = None
    """The time that it saves in the triage of each of them; below 0 it costs time."""
    price_per_attendance: Annotated[float, Ge(0), Unit("GBP")] | None = None
    """The price for each of them."""
    department: str | None = None
    """The study of the department; left out, the only own one, or else the typical department."""
    source: str | None = None
    """Where the tables or figures come from, in a few words."""

    @property
    def gives_labels(self) -> bool:
        """Whether the offer says anything of the product's labels."""
        return self.labels is not None or self.exact_share is not None or self.under_share is not None


def offer_from(typed: Mapping[str, str], faults: list[Fault]) -> Offer | None:
    """The offer that was typed (text by key); None, with faults, if it is not sound."""
    values: dict[str, Any] = {key: text if key in TEXTS else number_in(text) for key, text in typed.items()}
    if isinstance(values.get("covers"), str):
        values["covers"] = [source.strip() for source in values["covers"].split(",")]
    offer: Offer | None = validated(Offer, values, "", faults)
    if offer is None:
        return None
    contradictions = list(_contradictions(offer))
    faults += contradictions
    return None if contradictions else offer


def _contradictions(offer: Offer) -> Iterator[Fault]:
    """Faults of keys that contradict one another, and of keys that are missing."""
    shares = {"exact_share": offer.exact_share, "under_share": offer.under_share}
    for name, share in shares.items():
        if offer.labels is not None and share is not None:
            yield Fault(name, "is stated with a table (labels=)", "Give the table, or the two shares")
        if offer.labels is None and share is None and offer.gives_labels:
            yield Fault(name, "is missing", "Without a table both exact_share and under_share are needed")
    if not offer.gives_labels:
        if offer.seconds_saved is None:
            yield Fault("labels", "is missing", LABELS_WANTED)
        for name in ("role", "acceptance"):
            if getattr(offer, name) is not None:
                yield Fault(name, "is stated, but nothing about the product's labels", LABELS_WANTED)
    elif offer.acceptance is None and offer.role != "replaces":
        remedy = "Say how often nurses take its label where it differs from theirs (acceptance=0.6), or role=replaces"
        yield Fault("acceptance", "is missing", remedy)
    elif offer.acceptance is not None and offer.role == "replaces":
        yield Fault("acceptance", "is stated with role=replaces", "Leave one of them out")


@dataclass(frozen=True)
class OfferFiles:
    """The texts of the files of an offer."""

    name: str
    typed: str
    """The words of the command, shown in the files."""
    offer: Offer
    base: str
    """The study that the new one rests on."""
    levels: Sequence[str]
    """The levels of urgency of its department, which the tables count."""
    covered: Sequence[str]
    """The arrival sources of the patients for whom the product is used."""
    durations: Sequence[str]
    """The durations that it shortens, if it saves time."""

    def nurse(self, table: CountsTable) -> str:
        """The file of nurses: how they label."""
        return (
            f"# {self.name}: how our nurses label, in every arm of the study of that name.\n{self._made_by}"
            f"labels:\n  name: nurse\n  {CORRELATION}\n{self._matrix(table, str(self.offer.nurses), '  ')}"
        )

    def triage(self, table: CountsTable | None) -> str:
        """The file of the policy: what the product does, and how nurses use it."""
        offer, name = self.offer, self.name
        head = f"# {name}: the product offered. What it does and how it is used; nothing about the nurses.\n"
        parts = [head, self._made_by, f"kind: matrix\nname: {name}\n"]
        if offer.gives_labels:
            labels = self._matrix(table, str(offer.labels), "  ") if table is not None else self._agreement()
            parts.append(f"ai:\n  name: {name}\n  {CORRELATION}\n{labels}")
            parts.append(f"role: {'advises' if offer.acceptance is not None else 'replaces'}\n")
        if offer.acceptance is not None:
            parts.append(f"acceptance: {_assumed(offer.acceptance, (0, 1), 'as stated for the product; try others')}\n")
        parts += [self._covers(), self._minutes()]
        if offer.price_per_attendance is not None:
            source = _quoted(self._source(f"the offer's price, {TYPED}"))
            price = f"value: {offer.price_per_attendance:g}, evidence: published, source: {source}"
            parts.append(f"price_per_attendance: {{{price}}}\n")
        return "".join(parts)

    def study(self, nurses: str | None) -> str:
        """The file of the study: that of the department, with these nurses in every arm and the product first."""
        override = f"  - override /nurse@_global_.nurse: {nurses}\n" if nurses is not None else ""
        question = f"What would {self.name} do to waits and safety in this department, and what would do better?"
        return (
            f"# {question}\n# The other arms are those of configs/study/{self.base}.yaml.\n{self._made_by}"
            f"defaults:\n  - {self.base}\n{override}  - _self_\nname: {self.name}\n"
            f"question: {_quoted(question)}\narms:\n"
            f"  {self.name}: {{label: {_quoted(f'The product offered ({self.name})')}, triage: {self.name}}}\n"
            f"focus: [{self.name}]   # the products that the answer begins with\n"
        )

    @property
    def _made_by(self) -> str:
        return f"# Made by: aeflow new product {self.name} {self.typed}\n"

    def _source(self, where: str) -> str:
        return f"{where}: {self.offer.source}" if self.offer.source else where

    def _matrix(self, table: CountsTable, file: str, indent: str) -> str:
        rows = "".join(
            f"{indent}    - [{', '.join(map(str, row))}]   # true {level}\n"
            for level, row in zip(self.levels, table.rows, strict=True)
        )
        source = _quoted(self._source(f"counts in {file}, {TYPED}"))
        columns = ", ".join(self.levels)
        return (
            f"{indent}matrix:\n{indent}  evidence: measured\n{indent}  source: {source}\n"
            f"{indent}  counts:   # columns: label, {columns}\n{rows}"
        )

    def _agreement(self) -> str:
        offer = self.offer
        assert offer.exact_share is not None and offer.under_share is not None
        source = self._source("as stated for the product, without a table")
        shares = {"exact_share": offer.exact_share, "under_share": offer.under_share}
        lines = [
            f"    {key}: {_assumed(share, (max(0, share - AROUND), min(1, share + AROUND)), source, claim=True)}\n"
            for key, share in shares.items()
        ]
        spread = _quoted("errors are distributed like the nurses', which favours the product")
        return f"  agreement:\n{''.join(lines)}    evidence: assumed\n    source: {spread}\n"

    def _covers(self) -> str:
        sources = f"[{', '.join(self.covered)}]"
        changed = {"labels": self.offer.gives_labels, "minutes": bool(self.offer.seconds_saved)}
        covered = ", ".join(f"{key}: {sources}" for key, is_changed in changed.items() if is_changed)
        desk = self.offer.covers == DESK
        source = "those who are triaged at the walk-in desk" if desk else "as stated for the product"
        return f"covers: {{{covered}, evidence: assumed, source: {_quoted(source)}}}\n"

    def _minutes(self) -> str:
        saved = self.offer.seconds_saved
        if not saved:
            return ""
        span = (0, 2 * saved) if saved > 0 else (2 * saved, 0)
        return (
            f"minutes:\n  durations: [{', '.join(self.durations)}]\n"
            f"  seconds_saved: {_assumed(saved, span, self._source('as stated for the product'), claim=True)}\n"
            f"  never_below: {_assumed(0.5, (0.1, 0.9), 'a nurse still looks at the patient')}\n"
        )


def _assumed(value: float, span: Sequence[float], source: str, *, claim: bool = False) -> str:
    """An assumed value with its range, as YAML. `claim`: it is the word of whoever offers the product."""
    low, high = span
    evidence = f"evidence: assumed{', claim: true' if claim else ''}, source: {_quoted(source)}"
    return f"{{value: {value:g}, range: [{low:g}, {high:g}], {evidence}}}"


def _quoted(text: str) -> str:
    """A text in double quotes, which both JSON and YAML read."""
    return json.dumps(text, ensure_ascii=False)
