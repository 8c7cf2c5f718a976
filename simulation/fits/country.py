"""Departments of every trust of England, out of the sets that come with aeflow, and a study over all of them.

Of each trust a few are taken, of as many causes of waiting as possible. Each stands for its share of the trust's
attendances. What all together are to give are figures of England that add up over patients: shares and means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from simulation.config.ensembles import Ensemble
from simulation.config.files import packaged_configs, stated_by
from simulation.config.totals import TotalsAndRotas
from simulation.config.writing import ensemble_text, yaml_text
from simulation.errors import refuse
from simulation.fits.trust_set import TrustFigures, TrustSet, shipped
from simulation.offers.department import TRIAGE, members_of, values_by_parameter, with_values
from simulation.study.design import Country, CountryFigure, Member, TrustOfCountry
from simulation.trusts.search import Trust, trusts

OF_A_TRUST = 4
"""How many departments of a trust are taken: of all trusts, a run takes about as long as the default study."""
ADD_UP = {
    "within_4h_share": None,
    "left_share": None,
    "over_12h_share": None,
    "decision_to_departure_over_4h_share": "admitted_share",
    "decision_to_departure_over_12h_share": "admitted_share",
    "handover_mean": None,
    "handover_over_30_share": None,
    "handover_over_60_share": None,
}
"""Figures of England that add up over everybody (or over those of a share; as many in a hundred come by ambulance in
every trust), by measure."""


@dataclass(frozen=True)
class CountryDepartments:
    """Departments of all trusts for which there are some, under a name for their files."""

    name: str

    @cached_property
    def taken(self) -> Mapping[Trust, TrustSet]:
        """The sets of trusts, the largest trust first. Raises ConfigError where some are of an earlier version."""
        usable = [trust for trust in trusts().values() if trust.published.usable]
        usable.sort(key=lambda trust: -trust.published.attendances_a_day / trust.n_sites)
        sets = {trust: shipped(TrustFigures(trust, self.name)) for trust in usable}
        if old := [trust.code for trust, held in sets.items() if held is None]:
            found = (
                f"no departments come with aeflow that fit what it holds now of {', '.join(old)}"
            )
            refuse("trust england", found, "Install a released version")
        return {trust: held for trust, held in sets.items() if held and held.kept.any()}

    @property
    def attendances_per_day(self) -> float:
        """Attendances of these trusts."""
        return sum(trust.published.attendances_a_day for trust in self.taken)

    @property
    def limitation(self) -> str:
        """What every answer says."""
        return (
            f"Departments with the published figures, 2024-25, of {len(self.taken)} trusts of England. They are not "
            "the trusts: nobody publishes their rotas, minutes or waits for triage."
        )

    @cached_property
    def ensemble(self) -> Ensemble:
        """The departments, the largest first, so that no worker begins a long one last."""
        parts = [self._of_trust(trust, held) for trust, held in self.taken.items()]
        members = [member for of_trust in parts for member in members_of(of_trust)]
        any_of = parts[0]
        columns = [
            [value for part in parts for value in values_by_parameter(part)[name]]
            for name in any_of.parameters
        ]
        named = dict(zip(any_of.parameters, columns, strict=True))
        parameters = {
            name: replace(one, range=(min(named[name]), max(named[name])))
            for name, one in any_of.parameters.items()
        }
        whole = replace(
            any_of,
            name=self.name,
            question=f"What holds in the trusts of {self.country.label}, each with its own departments?",
            built=replace(
                any_of.built, targets="published figures of each trust", accepted=len(members)
            ),
            departments=tuple(members),
            totals=None,
            trusts={trust.code: self._totals(trust) for trust in self.taken},
            country=self.country,
            limitation=self.limitation,
        )
        return with_values(whole, parameters, named)

    def _totals(self, trust: Trust) -> TotalsAndRotas:
        return TrustFigures(trust, self.name).departments(1).totals

    def _of_trust(self, trust: Trust, held: TrustSet) -> Ensemble:
        """Its departments that meet its figures, as many of each cause, `OF_A_TRUST` at most."""
        members = members_of(held.solved)
        kept = [members[number] for number in np.flatnonzero(held.kept)]
        chosen = _by_turns(kept)[:OF_A_TRUST]
        return replace(
            held.solved, departments=tuple(replace(one, trust=trust.code) for one in chosen)
        )

    @cached_property
    def country(self) -> Country:
        """The trusts with their attendances, and figures of England that add up."""
        stated = stated_by("targets", "england", [packaged_configs()])
        rows = {row["measure"]: row for row in stated["rows"] if "group" not in row}
        figures = tuple(
            CountryFigure(
                measure=measure, among=among, label=rows[measure]["name"], low=rows[measure]["low"],
                high=rows[measure]["high"], evidence=rows[measure]["evidence"], source=rows[measure]["source"],
            )
            for measure, among in ADD_UP.items()
        )  # fmt: skip
        of_each = {
            trust.code: TrustOfCountry(
                label=trust.published.name,
                attendances_per_day=trust.published.attendances_a_day,
                within_4h_share=trust.published.within_4h_share,
            )
            for trust in self.taken
        }
        common = {TRIAGE: "work at triage"}
        return Country(label="England, 2024-25", trusts=of_each, figures=figures, in_common=common)

    @property
    def texts(self) -> Mapping[str, str]:
        """The texts of the ensemble, of how long a run of it is, and of the study, by group."""
        n, head = (
            len(self.ensemble.departments),
            f"{self.name}: {self.country.label}. Made by: aeflow trust england",
        )
        usual = stated_by("run", "departments", [packaged_configs()])
        run = {**usual, "replications": n, "departments": n}
        study = {
            "defaults": ["ai_triage", {"override /run@_global_.run": self.name}, "_self_"],
            "name": self.name,
            "ensemble": self.name,
        }
        return {
            "ensembles": ensemble_text(self.ensemble, head),
            "run": yaml_text(f"{head}. Each department once", run),
            "study": yaml_text(head, study),
        }

    def sentences(self) -> Iterator[str]:
        """What was made, and which trusts are not in it."""
        n, causes = len(self.ensemble.departments), self.ensemble.causes
        yield (
            f"{n} departments of {len(self.taken)} trusts, {OF_A_TRUST} of a trust at most, each with its trust's "
            f"published figures: {self.attendances_per_day * 365 / 1e6:.1f} million attendances a year."
        )
        of = [member.cause for member in members_of(self.ensemble)]
        yield (
            "; ".join(f"{of.count(name)} if {cause.label}" for name, cause in causes.items()) + "."
        )
        without = [one for one in trusts().values() if one not in self.taken]
        named = ", ".join(f"{one.published.name} ({one.code})" for one in without)
        yield f"Without departments: {named}. 'aeflow trust CODE' says why."


def _by_turns(members: Sequence[Member]) -> list[Member]:
    """Members in an order in which every cause has its turn."""
    met, turns = Counter[str](), list[int]()
    for one in members:
        turns.append(met[one.cause])
        met[one.cause] += 1
    return [members[place] for place in np.argsort(turns, kind="stable")]
