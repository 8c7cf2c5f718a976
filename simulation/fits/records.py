"""What an extract identifies of a department, as blocks of configuration, each with its source, count and interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from simulation.config.composing import packaged
from simulation.config.dotted import load_file, resolve
from simulation.config.totals import Scaled
from simulation.errors import refuse
from simulation.extracts.extract import Extract
from simulation.extracts.mapping import FEWEST, LEVELS, SOURCES
from simulation.extracts.quality import in_fives, is_few
from simulation.extracts.tables import AGE_BANDS, GIVEN
from simulation.fits.fitting import (
    LEAST_DAYS,
    Arrivals,
    Figures,
    FittedPatience,
    admitted_cells,
    coded_counts,
    fit_admission,
    fitted_sources,
    level_given_code,
    of_source,
    patience_of,
    shares_of,
    true_mix,
)
from simulation.fits.front_door import QUEUE, FrontDoorRota, front_door_habits, front_door_rota
from simulation.fits.stated import (
    TRIAGE,
    StatedDepartment,
)
from simulation.offers.department import ONE_TEAM
from simulation.records.schema import LEFT, Floats
from simulation.triage.matrix import probabilities
from simulation.triage.nurse_and_tool import Nurse
from simulation.units import years_of

LEAST_ATTENDANCES = 300
HOURS_OF = {name: f"arrivals_{name}" for name in SOURCES}
WEEKDAYS_OF = {"walk_in": "arrivals_weekday", "referred": "weekdays_only"}
USUAL_BOUND, BUSIEST = 1.5, 5.0
"""How many times the usual arrivals the busiest day may have; and beyond weekday and month, in deviations of days."""
AT_DESK, AT_ONCE = 15.0, 0.1
"""Minutes of arriving in which nobody is seen to want to leave, and within which two stamps are one. Judgements."""
PACKAGED_NURSE, TRIAGE_SCALE = "korea", "calibration.triage_minutes_scale"
ELSEWHERE = ((0.0, 0.0), (0.289, 0.033), (0.043, 0.2))
"""Shares of labels one level too urgent and one too low, of nurses who never err and of those of other hospitals: 21
American departments (Sax 2023, JAMA Netw Open 6:e233404); the most too low (ESI, Storm-Versloot 2011, Acad Emerg Med
18:822, abstract) with the fewest too urgent (Moon 2019)."""
AGES_WHERE_MISSING = (0.25, 0.5, 0.15, 0.1)
"""Shares of the age bands, the youngest first, of patients whose age is missing. Assumed: near those of the typical
site (`age_band` of configs/site/typical.yaml). They count in a fit of who is admitted alone."""


@dataclass(frozen=True, repr=False)
class FittedRecords:
    """What an extract identifies of a department; in its blocks, beside what was stated.

    nurse  the file of `configs/nurse/` that says how often nurses give each label to each true level
    """

    extract: Extract
    name: str
    stated: StatedDepartment = field(default_factory=StatedDepartment)
    nurse: str = PACKAGED_NURSE
    config_dir: str | None = None

    @cached_property
    def arrivals(self) -> Arrivals:
        """When patients come."""
        return Arrivals(
            self.extract, np.array(packaged()["site"]["profiles"]["arrivals_month"]["weights"])
        )

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The arrival sources that are fitted."""
        return fitted_sources(self.extract)

    @cached_property
    def nurse_table(self) -> Floats:
        """P(label | true level) of the nurse, shape (5, 5)."""
        stated = load_file(Nurse, "nurse", self.nurse, lambda *_: (), self.config_dir)
        table = probabilities(stated.labels.matrix)
        if table.shape != (len(LEVELS), len(LEVELS)):
            found = f"has {' x '.join(map(str, table.shape))} levels"
            refuse(
                f"nurse/{self.nurse}",
                found,
                f"Count labels of {len(LEVELS)} levels: {', '.join(LEVELS)}",
            )
        return table

    @cached_property
    def mix(self) -> Mapping[str, Figures]:
        """Shares of true levels by source; empty without coded levels."""
        if GIVEN not in self.extract.patients:
            return {}
        counts = {
            name: in_fives(coded_counts(self.extract, of_source(self.extract, name)))
            for name in self.sources
        }
        tables = [self.nurse_table]
        if self.is_nurse_borrowed:
            tables += [errs_by_one(over, under) for over, under in ELSEWHERE]
        return {name: true_mix(coded, *tables) for name, coded in counts.items() if coded.sum()}

    @property
    def is_nurse_borrowed(self) -> bool:
        """Whether other hospitals' nurses stand for those of the records."""
        return self.nurse == PACKAGED_NURSE

    @cached_property
    def ages(self) -> Mapping[str, Figures]:
        """Shares of age bands by source; empty without ages."""
        if "age_band" not in self.extract.patients:
            return {}
        bands = self.extract.patients["age_band"]
        counts = {
            name: np.bincount(
                bands[of_source(self.extract, name) & (bands >= 0)], minlength=len(AGE_BANDS)
            )
            for name in self.sources
        }
        return {
            name: shares_of(in_fives(counted)) for name, counted in counts.items() if counted.sum()
        }

    @cached_property
    def patience(self) -> FittedPatience | None:
        """Patience of walk-ins, relative to what the typical site takes for their level.

        Nobody leaves in the middle of registration or triage. So who left within a quarter of an hour may have
        wanted to at any time in it, and who left at the end of triage since it began.
        """
        patients = self.extract.patients
        if "seen_at" not in patients:
            return None
        left = patients.where("outcome", LEFT) & np.isnan(patients["seen_at"])
        until = (
            np.where(left, patients["departed_at"], patients["seen_at"]) - patients["arrived_at"]
        )
        step = max(self.extract.tables_read.rounding["departed_at"].to, AT_ONCE)
        least = until - step / 2
        if "triaged_at" in patients and "assessed_at" in patients:
            triaged, assessed = (
                patients[name] - patients["arrived_at"] for name in ("triaged_at", "assessed_at")
            )
            least = np.where(np.abs(until - triaged) <= step, np.fmin(assessed, least), least)
        early = left & (until < AT_DESK)
        until, least = (
            np.where(early, AT_DESK, until + np.where(left, step / 2, 0)),
            np.where(early, 0.0, least),
        )
        usual, among = self._usual_patience(), of_source(self.extract, "walk_in")
        return patience_of((until / usual)[among], left[among], (least / usual)[among])

    def _usual_patience(self) -> Floats:
        """The mean patience of each patient at the typical site, before its scale; by coded level. Shape (n,)."""
        mean = packaged()["site"]["durations"]["patience"]["mean"]
        usual = np.full(len(self.extract.patients), float(mean["base"]))
        for factor in mean["times"]:
            column = {"acuity_true": GIVEN}.get(factor["by"], factor["by"])
            if column in self.extract.patients:
                known = self.extract.patients.known(column)
                values = np.array(
                    [
                        float(factor["values"].get(name, factor.get("otherwise", 1.0)))
                        for name in known
                    ]
                )
                usual *= np.append(values, np.exp(np.log(values).mean()))[
                    self.extract.patients[column]
                ]
        return usual

    @cached_property
    def front_door(self) -> FrontDoorRota | None:
        """The triage nurses on duty, where stamps show them, and nobody stated them."""
        is_stated = self.stated.values.keys() & {"triage_nurses", "ambulances", "ambulance_nurses"}
        return None if is_stated else front_door_rota(self.extract)

    @property
    def pathway(self) -> str:
        """The packaged pathway from which the department starts: who is at which door, who sees children."""
        is_team = self.front_door is not None and self.front_door.one_team
        return self.stated.pathway(one_team=is_team)

    @property
    def source(self) -> str:
        """What the source of each fitted number begins with."""
        return f"{self.extract.mapping.source}; fitted"

    def _fitted(self, path: str, values: Mapping[str, Any], words: str) -> Scaled:
        return Scaled(path, values, f"{self.source}, {words}", "measured")

    @cached_property
    def per_day(self) -> Mapping[str, Figures]:
        """Arrivals of each source on a mean day of the year."""
        return {name: self.arrivals.per_day(of_source(self.extract, name)) for name in self.sources}

    def _usual_minutes(self) -> Mapping[str, float]:
        """The mean minutes of triage and of a first contact at the typical site, with these patients, at a factor of
        1."""
        site = resolve(packaged())["site"]
        durations, attributes = site["durations"], site["attributes"]
        contact, total = durations["first_contact"]["mean"], 0.0
        per_day = {name: figures.first for name, figures in self.per_day.items()}
        for name, number in per_day.items():
            mean = number / sum(per_day.values()) * float(contact["base"])
            for factor in contact["times"]:
                fitted = {"acuity_true": self.mix, "age_band": self.ages}[factor["by"]]
                attribute = attributes[factor["by"]]
                shares = fitted[name].values if name in fitted else attribute["shares"][name]
                values = [factor["values"][value] for value in attribute["categories"]]
                mean *= float(np.array(shares) @ np.array(values))
            total += mean
        triage = sum(float(durations[name]["mean"]) for name in TRIAGE)
        return {"triage_minutes": triage, "first_contact": total}

    def _fitted_blocks(self) -> Iterator[Scaled]:
        yield from self._when()
        yield from self._who()
        if admission := self._admission():
            yield admission
        if (patience := self.patience) is not None:
            ends = [round(end, 4) for end in patience.mean[1:]]
            n_left, n = in_fives([patience.n_left, patience.n]).tolist()
            words = (
                f"walk-ins: {n_left:,} left of {n:,}, waits of the others cut it off; power "
                f"{patience.power[0]:.3f} ({patience.power[1]:.3f} to {patience.power[2]:.3f})"
            )
            value = {"value": round(patience.mean[0], 4), "range": ends}
            yield self._fitted("calibration.patience_scale", value, f"{words}; range: 95 %")
            yield self._fitted(
                "site.durations.patience", {"power": round(patience.power[0], 4)}, words
            )
        yield from self._triage_minutes()
        for path, values, words in front_door_habits(
            self.extract, one_team=self.pathway.startswith(ONE_TEAM)
        ):
            yield self._fitted(path, values, words)
        if (front_door := self.front_door) is not None:
            of_pools = {"triage_nurses": front_door.shifts(first=front_door.one_team)}
            if front_door.one_team:
                of_pools["assessment_nurses"] = front_door.shifts(second=True)
            words = f"as many as are in triage while {QUEUE} or more walk-ins wait for it, by hour of the day"
            for pool, rota in of_pools.items():
                yield self._fitted(f"staffing.{pool}", {"rota": rota}, words)

    def _weights(self, profile: str, figures: Figures, digits: int, words: str) -> Scaled:
        weights = {"weights": np.round(figures.values, digits).tolist()}
        return self._fitted(f"site.profiles.{profile}", weights, words)

    def _when(self) -> Iterator[Scaled]:
        arrivals = self.arrivals
        has_weeks = self.extract.days >= LEAST_DAYS
        cv = arrivals.day_factor.first if has_weeks else 0.0
        for name in self.sources:
            among, per_day = of_source(self.extract, name), self.per_day[name]
            bound = round(max(float(arrivals.pattern.max()) * (1 + BUSIEST * cv), USUAL_BOUND), 1)
            number = {"per_day": round(per_day.first, 2), "thinning_bound": bound}
            yield self._fitted(f"site.arrivals.{name}", number, per_day.words())
            hours = arrivals.hours(among)
            yield self._weights(HOURS_OF[name], hours, 3, f"per cent by hour, {hours.words(2)}")
            if has_weeks and name in WEEKDAYS_OF:
                both = among | of_source(self.extract, "ambulance") if name == "walk_in" else among
                days = arrivals.weekdays(both)
                yield self._weights(WEEKDAYS_OF[name], days, 4, f"Monday first, {days.words()}")
        months, known = arrivals.months
        if known and has_weeks:
            kept = ", ".join(str(month + 1) for month in range(12) if month not in known)
            words = f"January first, {months.words()}"
            words += f"; months {kept} as in England" if kept else ""
            yield self._weights("arrivals_month", months, 4, words)
        if has_weeks:
            residual = arrivals.day_factor
            value = {"cv": round(residual.first, 4)}
            yield self._fitted("site.day_factors.residual", value, f"days: {residual.words()}")

    def _shares(self, attribute: str, of: Mapping[str, Figures], how: str = "") -> Scaled:
        shares = {name: rounded(figures.values) for name, figures in of.items()}
        words = "; ".join(f"{name} {figures.words(2)}" for name, figures in of.items())
        return self._fitted(f"site.attributes.{attribute}", {"shares": shares}, f"{how}{words}")

    def _who(self) -> Iterator[Scaled]:
        if self.mix:
            how = f"true levels from coded ones by how often nurses are right (configs/nurse/{self.nurse}.yaml"
            how += (
                ", borrowed: intervals are for nurses of other hospitals" * self.is_nurse_borrowed
                + "); "
            )
            yield self._shares("acuity_true", self.mix, how)
        if self.ages:
            yield self._shares("age_band", self.ages)
            if spans := self._years():
                n = in_fives((self.extract.patients["age"] >= 0).sum())
                words = f"within each band, n = {n:,}"
                yield self._fitted("site.attributes.age", {"shares": spans}, words)
        if "sex" in self.extract.patients:
            codes = self.extract.patients["sex"]
            sex = shares_of(in_fives(np.bincount(codes[codes >= 0], minlength=2)))
            if sex.n:
                shares = {"shares": rounded(sex.values)}
                yield self._fitted("site.attributes.sex", shares, sex.words())

    def _years(self) -> dict[str, dict[str, float]]:
        """Shares of spans of years within each band that has enough patients."""
        ages, spans = self.extract.patients["age"], {}
        for band, stated in packaged()["site"]["attributes"]["age"]["shares"].items():
            counts = in_fives([np.isin(ages, years_of(str(span))).sum() for span in stated])
            if counts.sum() >= 100:
                spans[band] = dict(zip(stated, rounded(counts / counts.sum()), strict=True))
        return spans

    def _admission(self) -> Scaled | None:
        """The chance of admission: how it rises with true acuity is the typical site's, by source and age it is
        fitted."""
        attributes = packaged()["site"]["attributes"]
        factors = {factor["by"]: factor for factor in attributes["admitted"]["p"]["times"]}
        by_level, by_source, by_age = (
            np.array([float(factors[name]["values"].get(key, 0)) for key in keys])
            for name, keys in (
                ("acuity_true", LEVELS),
                ("arrival_source", SOURCES),
                ("age_band", AGE_BANDS),
            )
        )
        usual = attributes["acuity_true"]["shares"]
        mixes = [
            self.mix[name].values if name in self.mix else np.array(usual[name], dtype=float)
            for name in SOURCES
        ]
        levels = np.stack([level_given_code(mix, self.nurse_table) for mix in mixes])
        cells = admitted_cells(self.extract)
        if cells.admitted.sum() < LEAST_ATTENDANCES / 10:
            return None
        ages = np.array(AGES_WHERE_MISSING)
        fit = fit_admission(cells, levels, by_level, (by_source, by_age), ages)
        of_source = dict(zip(SOURCES, rounded(fit.by_source), strict=True))
        of_age = dict(zip(AGE_BANDS, rounded(fit.by_age), strict=True))
        times = [
            {"by": "acuity_true", "values": dict(factors["acuity_true"]["values"])},
            {"by": "arrival_source", "values": of_source, "otherwise": 0},
            {"by": "age_band", "values": of_age},
        ]
        seen = []
        for name, yes, n in zip(SOURCES, cells.admitted, cells.n, strict=True):
            share = shares_of([int(yes.sum()), int(n.sum() - yes.sum())])
            if is_few(yes.sum(), n.sum()) or share.n < FEWEST:
                seen.append(f"{name} not shown, as of fewer than {FEWEST} patients")
            else:
                ends = f"{share.low[0]:.3f} to {share.high[0]:.3f}"
                seen.append(f"{name} {share.first:.3f} ({ends}), n = {in_fives(share.n):,}")
        words = f"admitted of those who did not leave unseen, 95 %: {'; '.join(seen)}; by acuity as at the typical site"
        chance = {"p": {"base": round(float(fit.base), 4), "times": times}}
        return self._fitted("site.attributes.admitted", chance, words)

    def _triage_minutes(self) -> Iterator[Scaled]:
        """The factor on the minutes of triage at which they have the mean that stamps show, and minutes of an ambulance
        patient's assessment."""
        patients = self.extract.patients
        if not {"assessed_at", "triaged_at"} <= patients.columns.keys():
            return
        usual = self._usual_minutes()["triage_minutes"]
        for source, path, unit in (
            ("walk_in", TRIAGE_SCALE, usual),
            ("ambulance", "calibration.ambulance_assessment_minutes", 1.0),
        ):
            minutes = patients["triaged_at"] - patients["assessed_at"]
            minutes = minutes[of_source(self.extract, source)]
            minutes = minutes[minutes >= 0]
            if len(minutes) < LEAST_ATTENDANCES / 3 or not minutes.any():
                continue
            mean, half = (
                float(minutes.mean()),
                1.96 * float(minutes.std(ddof=1)) / len(minutes) ** 0.5,
            )
            ends = [round((mean + sign * half) / unit, 4) for sign in (-1, 1)]
            words = f"mean {mean:.2f} min, 95 % ± {half:.2f}, n = {in_fives(len(minutes)):,}; range: 95 %"
            yield self._fitted(path, {"value": round(mean / unit, 4), "range": ends}, words)


def errs_by_one(over: float, under: float) -> Floats:
    """P(label | true level) of nurses who err by one level, too urgent and too low in these shares, shape (5, 5)."""
    n = len(LEVELS)
    table = over * np.eye(n, k=-1) + under * np.eye(n, k=1)
    return np.asarray(table + np.diag(1 - table.sum(axis=1)))


def rounded(values: Floats) -> list[float]:
    """Shares or factors with four digits; shares still add up to 1."""
    kept = np.round(values, 4)
    if abs(values.sum() - 1) < 1e-9:
        kept[int(np.argmax(kept))] += 1 - kept.sum()
    return [round(float(value), 4) for value in kept]
