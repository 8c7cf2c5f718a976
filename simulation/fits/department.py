"""A department fitted to an extract: the typical one scaled, with what the stamps identify put in its place.

What they do not identify (staff minutes, numbers on duty, places, beds) keeps the typical site's value, scaled, is
marked as assumed and is listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from simulation.api import run
from simulation.config import load
from simulation.config.composing import packaged
from simulation.config.dotted import Raw, load_file, resolve
from simulation.config.new import (
    name_faults,
    scaled_contents,
    scaled_priors,
    scaled_study,
    scaled_texts,
)
from simulation.config.totals import LEAST, Scaled, Scaling, Totals
from simulation.config.validating import sound
from simulation.config.writing import yaml_text
from simulation.display.table import Cell, Cells, ReportTable, ReportTables
from simulation.errors import Faults, refuse
from simulation.extracts.extract import Extract
from simulation.extracts.mapping import LEVELS, SOURCES
from simulation.extracts.page import beside_picture, likeness, write_pages
from simulation.extracts.reading import AGE_BANDS, GIVEN
from simulation.fits.fitting import (
    KEPT,
    LEAST_DAYS,
    OFFER_ANSWERS,
    TARGETS,
    UNFITTED,
    Arrivals,
    Figures,
    FittedPatience,
    admitted_cells,
    cautions,
    coded_counts,
    families_of,
    fit_admission,
    fitted_sources,
    level_given_code,
    nearest_family,
    of_source,
    patience_of,
    shares_of,
    spans_of,
    true_mix,
)
from simulation.fits.stated import (
    TRIAGE,
    StatedDepartment,
    as_busy,
    scaled_up,
    stated_department,
)
from simulation.fits.written import FITTED_BY, write_again
from simulation.measures.measuring import MeasureName
from simulation.offers.asking import answers_in
from simulation.offers.interview import Answers
from simulation.records.schema import LEFT, Floats
from simulation.runs.result import StudyResult
from simulation.triage.matrix import probabilities
from simulation.triage.nurse_and_tool import Nurse
from simulation.units import years_of

LEAST_ATTENDANCES = 300
FIRST_PARTS = r"^(site|calibration)\.(attributes\.|profiles\.|durations\.)?"
"""What the table of fitted numbers leaves out of their paths."""
HOURS_OF = {name: f"arrivals_{name}" for name in SOURCES}
WEEKDAYS_OF = {"walk_in": "arrivals_weekday", "referred": "weekdays_only"}
SHORT = (
    "ensemble=none", "run=weeks", "run.replications=2", "run.measured_days=182", "run.start_week=0",
    "executor=serial", "pathway.allow_overload=true",
)  # fmt: skip
AT_DESK, AT_ONCE = 15.0, 0.1
"""Minutes of arriving in which nobody is seen to want to leave, and within which two stamps are one. Judgements."""
PACKAGED_NURSE = "korea"
AGES_WHERE_MISSING = (0.25, 0.5, 0.15, 0.1)
"""Shares of the age bands, the youngest first, of patients whose age is missing. Assumed: near those of the typical
site (`age_band` of configs/site/typical.yaml). They count in a fit of who is admitted alone."""


@dataclass(frozen=True, repr=False)
class FittedDepartment:
    """The typical department with what an extract identifies, and what was stated, in its place.

    nurse  the file of `configs/nurse/` that says how often nurses give each label to each true level
    """

    extract: Extract
    name: str
    stated: StatedDepartment = field(default_factory=StatedDepartment)
    nurse: str = PACKAGED_NURSE
    config_dir: str | None = None

    def __post_init__(self) -> None:
        """Refuse a name that cannot be one, and an extract that is too small."""
        Faults(name_faults(self.name, Path("configs"), ())).refuse()
        n = len(self.extract.patients)
        if n < LEAST_ATTENDANCES:
            refuse(
                self.extract.name,
                f"has {n} attendances",
                f"A fit takes {LEAST_ATTENDANCES} or more",
            )

    # --- what is fitted -----------------------------------------------------------------------------------------

    @property
    def typical(self) -> Raw:
        """The typical department as it is stated, with its references."""
        return packaged()

    @cached_property
    def resolved(self) -> Raw:
        """The same with its values looked up."""
        return resolve(self.typical)

    @cached_property
    def arrivals(self) -> Arrivals:
        """When patients come."""
        return Arrivals(
            self.extract, np.array(self.typical["site"]["profiles"]["arrivals_month"]["weights"])
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
            name: coded_counts(self.extract, of_source(self.extract, name)) for name in self.sources
        }
        return {
            name: true_mix(coded, self.nurse_table) for name, coded in counts.items() if coded.sum()
        }

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
        return {name: shares_of(counted) for name, counted in counts.items() if counted.sum()}

    @cached_property
    def patience(self) -> FittedPatience | None:
        """Patience of walk-ins, relative to what the typical site takes for their level.

        Nobody leaves in the middle of a desk's or a nurse's minutes. So who left within a quarter of an hour may have
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
        mean = self.typical["site"]["durations"]["patience"]["mean"]
        usual = np.full(len(self.extract.patients), float(mean["base"]))
        columns = {"acuity_true": GIVEN, "arrival_source": "arrival_source"}
        for factor in mean["times"]:
            column = columns.get(factor["by"], factor["by"])
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

    # --- as blocks of configuration -----------------------------------------------------------------------------

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

    @cached_property
    def blocks(self) -> tuple[Scaled, ...]:
        """Every block that differs from the typical department: scaled, then fitted."""
        fitted = {block.path: block for block in self._fitted_blocks()}
        scaling = Scaling(self.typical, self.totals)
        none = f"none, or too few, in {self.extract.name}"
        absent = [
            Scaled(f"site.arrivals.{name}", {"per_day": 0}, none, "measured")
            for name in SOURCES
            if name not in self.sources
        ]
        taken = {block.path: block for block in (*scaling.scaled(), *absent)} | fitted
        # what is stated counts before what stamps say
        taken |= {block.path: block for block in self.stated.blocks(self._usual_minutes())}
        ratios = as_busy(self._texts_of(tuple(taken.values())), self.name)
        return tuple(scaled_up(block, ratios, scaling.busy) for block in taken.values())

    @cached_property
    def totals(self) -> Totals:
        """The totals to which everything else is scaled."""
        per_day = sum(figures.first for figures in self.per_day.values())
        ambulances = self.per_day["ambulance"].first if "ambulance" in self.per_day else 0.0
        share = self.extract.measures.value("admitted_share")
        if per_day < LEAST["attendances_per_day"]:
            found = f"has {per_day:.4g} attendances a day in {self.extract.days} days"
            remedy = (
                f"A department has {LEAST['attendances_per_day']} or more: fit all of it, no sample"
            )
            refuse(self.extract.name, found, remedy)
        stated = {
            "attendances_per_day": round(per_day, 2), "admitted_share": round(float(np.clip(share, 0.05, 0.6)), 4),
            "beds": self._beds, "ambulances_per_day": round(ambulances, 2),
        }  # fmt: skip
        if ambulances == 0 or not self._leaves_room(per_day, ambulances):
            del stated["ambulances_per_day"]
        return sound(Totals, stated, self.extract.name, lambda _: ())

    @property
    def _beds(self) -> int | None:
        beds = self.stated.values.get("beds")
        return None if beds is None else round(beds)

    def _usual_minutes(self) -> Mapping[str, float]:
        """The mean minutes of triage and of a first contact at the typical site, with these patients, at a factor of
        1."""
        durations, attributes = (
            self.resolved["site"][name] for name in ("durations", "attributes")
        )
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

    def _leaves_room(self, per_day: float, ambulances: float) -> bool:
        """Whether walk-ins are left beside ambulances and as many referred as usual."""
        arrivals = self.typical["site"]["arrivals"]
        usual = sum(float(arrivals[name]["per_day"]) for name in SOURCES)
        return ambulances <= per_day * (1 - float(arrivals["referred"]["per_day"]) / usual)

    def _fitted_blocks(self) -> Iterator[Scaled]:
        yield from self._when()
        yield from self._who()
        if admission := self._admission():
            yield admission
        if (patience := self.patience) is not None:
            ends = [round(end, 4) for end in patience.mean[1:]]
            words = (
                f"walk-ins: {patience.n_left:,} left of {patience.n:,}, waits of the others cut it off; power "
                f"{patience.power[0]:.3f} ({patience.power[1]:.3f} to {patience.power[2]:.3f})"
            )
            value = {"value": round(patience.mean[0], 4), "range": ends}
            yield self._fitted("calibration.patience_scale", value, f"{words}; range: 95 %")
            yield self._fitted(
                "site.durations.patience", {"power": round(patience.power[0], 4)}, words
            )
        if (triage := self._triage_minutes()) is not None:
            yield triage

    def _weights(self, profile: str, figures: Figures, digits: int, words: str) -> Scaled:
        weights = {"weights": np.round(figures.values, digits).tolist()}
        return self._fitted(f"site.profiles.{profile}", weights, words)

    def _when(self) -> Iterator[Scaled]:
        arrivals = self.arrivals
        has_weeks = self.extract.days >= LEAST_DAYS
        for name in self.sources:
            among, per_day = of_source(self.extract, name), self.per_day[name]
            number = {"per_day": round(per_day.first, 2)}
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
            cv = arrivals.day_factor
            value = {"cv": round(cv.first, 4)}
            yield self._fitted("site.day_factors.residual", value, f"days: {cv.words()}")

    def _shares(self, attribute: str, of: Mapping[str, Figures], how: str = "") -> Scaled:
        shares = {name: rounded(figures.values) for name, figures in of.items()}
        words = "; ".join(f"{name} {figures.words(2)}" for name, figures in of.items())
        return self._fitted(f"site.attributes.{attribute}", {"shares": shares}, f"{how}{words}")

    def _who(self) -> Iterator[Scaled]:
        if self.mix:
            how = f"true levels from coded ones by how often nurses are right (configs/nurse/{self.nurse}.yaml); "
            yield self._shares("acuity_true", self.mix, how)
        if self.ages:
            yield self._shares("age_band", self.ages)
            if spans := self._years():
                n = int((self.extract.patients["age"] >= 0).sum())
                words = f"within each band, n = {n:,}"
                yield self._fitted("site.attributes.age", {"shares": spans}, words)
        if "sex" in self.extract.patients:
            codes = self.extract.patients["sex"]
            sex = shares_of(np.bincount(codes[codes >= 0], minlength=2))
            if sex.n:
                shares = {"shares": rounded(sex.values)}
                yield self._fitted("site.attributes.sex", shares, sex.words())

    def _years(self) -> dict[str, dict[str, float]]:
        """Shares of spans of years within each band that has enough patients."""
        ages, spans = self.extract.patients["age"], {}
        for band, stated in self.typical["site"]["attributes"]["age"]["shares"].items():
            counts = np.array([np.isin(ages, years_of(str(span))).sum() for span in stated])
            if counts.sum() >= 100:
                spans[band] = dict(zip(stated, rounded(counts / counts.sum()), strict=True))
        return spans

    def _admission(self) -> Scaled | None:
        """The chance of admission: how it rises with true acuity is the typical site's, by source and age it is
        fitted."""
        attributes = self.typical["site"]["attributes"]
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
            if share.n:
                ends = f"{share.low[0]:.3f} to {share.high[0]:.3f}"
                seen.append(f"{name} {share.first:.3f} ({ends}), n = {share.n:,}")
        words = f"admitted of those who did not leave unseen, 95 %: {'; '.join(seen)}; by acuity as at the typical site"
        chance = {"p": {"base": round(float(fit.base), 4), "times": times}}
        return self._fitted("site.attributes.admitted", chance, words)

    def _triage_minutes(self) -> Scaled | None:
        """The factor on the minutes of triage at which they have the mean that stamps show."""
        names = {name.measure for name in self.extract.measures.names}
        if "walk_in_triage_minutes_mean" not in names:
            return None
        patients = self.extract.patients
        minutes = patients["triaged_at"] - patients["assessed_at"]
        minutes = minutes[of_source(self.extract, "walk_in")]
        minutes = minutes[minutes >= 0]
        if len(minutes) < LEAST_ATTENDANCES / 3:
            return None
        usual, mean = self._usual_minutes()["triage_minutes"], float(minutes.mean())
        half = 1.96 * float(minutes.std(ddof=1)) / len(minutes) ** 0.5
        ends = [round((mean + sign * half) / usual, 4) for sign in (-1, 1)]
        words = f"mean {mean:.2f} min, 95 % ± {half:.2f}, n = {len(minutes):,}; range: 95 %"
        values = {"value": round(mean / usual, 4), "range": ends}
        return self._fitted("calibration.triage_minutes_scale", values, words)

    # --- what is written ----------------------------------------------------------------------------------------

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The text of each file, by group: of the one department that is scaled, before it is held to the records."""
        return {**self._texts_of(self.blocks), "targets": self._targets(), "study": self.study()}

    def study(self, ensemble: str = "none") -> str:
        """The text of its study, over the departments of an ensemble."""
        nurse = None if self.nurse == PACKAGED_NURSE else self.nurse
        content = scaled_study(self.name, Scaling(self.typical, self.totals).costs(), nurse)
        return self._as_files({"study": {**content, "ensemble": ensemble}})["study"]

    def _as_files(self, contents: Mapping[str, Raw]) -> dict[str, str]:
        made_by = f"{FITTED_BY} extract={self.extract.name} out={self.name}"
        return scaled_texts(contents, self.name, made_by)

    def _texts_of(self, blocks: tuple[Scaled, ...]) -> Mapping[str, str]:
        scaling = Scaling(self.typical, self.totals)
        priors = scaled_priors(self.name, scaling, blocks)
        contents = {
            **scaled_contents(self.name, blocks, self.stated.pathway),
            "study": scaled_study(self.name, scaling.costs()),
            "priors": self.stated.left_to_vary(priors, blocks),
        }
        return self._as_files(contents)

    def _targets(self) -> str:
        """The extract's own figures, for `aeflow validate only=site` and `aeflow ensemble`."""
        rows = []
        for name, value in self._figures():
            label, half, kind = TARGETS[name.measure]
            half = half if name.unit == "share" else max(half * value, 1.0)
            rows.append({
                "name": label, "kind": kind, "measure": name.measure, "value": round(value, 4),
                "low": round(max(value - half, 0.0), 4), "high": round(value + half, 4), "evidence": "measured",
                "source": self.source,
            })  # fmt: skip
        head = f"What {self.extract.name} shows, for `aeflow validate study={self.name} only=site`."
        return yaml_text(head, {"name": self.name, "rows": rows})

    def _figures(self) -> Iterator[tuple[MeasureName, float]]:
        for name, value in zip(
            self.extract.measures.names, self.extract.measures.values, strict=True
        ):
            if name.group == "all" and name.measure in TARGETS and np.isfinite(value):
                yield name, float(value)

    def write_configs(
        self,
        folder: Path | str = "configs",
        *,
        overwrite: bool = False,
        held: Mapping[str, str] = MappingProxyType({}),
        but: str = "",
    ) -> tuple[Path, ...]:
        """Write every file, and return them. Files that are there and say the same are left alone.

        Others of an earlier fit are replaced with `overwrite`, and kept beside the new ones as `NAME.yaml.old1` and so
        on. `held`: further texts by group, of departments that are held to the extract; `but`: a group that is
        not written. Raises ConfigError without `overwrite`, saying what differs, and for a name that is taken
        otherwise.
        """
        texts = {group: text for group, text in {**self.texts, **held}.items() if group != but}
        return write_again(texts, self.name, Path(folder), overwrite=overwrite)

    # --- tables -------------------------------------------------------------------------------------------------

    @cached_property
    def tables(self) -> ReportTables:
        """`fitted`, `stated` if anything was, `spans`, `kept`."""
        tables = (
            self._fitted_table(),
            self._stated_table(),
            self._spans_table(),
            self._kept_table(),
        )
        return ReportTables((table.kind, table) for table in tables if table.cells)

    def _fitted_table(self) -> ReportTable:
        cells = []
        for block in self.blocks:
            if block.evidence == "measured":
                path = re.sub(FIRST_PARTS, "", block.path).replace("_", " ").replace(".", ": ")
                source = block.source.removeprefix(f"{self.source}, ")
                cells.append((path, _shown(block.values), source))
        title = f"Fitted to {self.extract.name}: {len(self.extract.patients):,} attendances in {self.extract.days} days"
        where = f"Every number: {self.name}.yaml in configs/site and configs/calibration."
        headers = ("number", "value", "records and 95 % intervals")
        return ReportTable("fitted", title, headers, cells, (*cautions(self.extract), where))

    def _stated_table(self) -> ReportTable:
        words = self.stated.words.items()
        cells = [(key.replace("_", " "), value, "stated") for key, value in words]
        others = ", ".join(key.replace("_", " ") for key in self.stated.unused)
        note = f"Not used: {others}: the records say it, or it is about a product."
        title = "Stated by the department: the stamps do not show it, and nothing here checks it"
        headers = ("what", "read as", "evidence")
        return ReportTable("stated", title, headers, cells, (note,) if others else ())

    def _spans_table(self) -> ReportTable:
        cells: list[Cells] = []
        for words, what, minutes, step in spans_of(self.extract):
            known = minutes[~np.isnan(minutes)]
            fits = families_of(known, step)
            if not fits:
                continue
            best = nearest_family(known, fits)
            tried = ", ".join(f"{fit.kind} {fit.distance:.3f}" for fit in fits)
            keys = "".join(
                f", {key}: {value}" for key, value in best.keys.items() if key != "quantiles"
            )
            fitted = f"{best.kind}, mean: {best.mean:.1f}{keys}"
            cells.append((words, what, Cell(len(known), style="number", digits=0), fitted, tried))
        notes = (
            "Distance: the largest between distribution functions (Kolmogorov-Smirnov); above 0.05 no family is taken. "
            "Rounded stamps count as intervals. Waits come out of queues and are never put into a department.",
        )
        headers = ("span", "what it is", "n", "described by", "distance by family")
        return ReportTable("spans", "Minutes between stamps, by family", headers, cells, notes)

    def _kept_table(self) -> ReportTable:
        fitted = {block.path for block in self.blocks if block.evidence in ("measured", "stated")}
        rows = [*(words for path, words in UNFITTED.items() if path not in fitted), *KEPT]
        whose = "the packaged one" if self.nurse == PACKAGED_NURSE else "yours"
        words = f"configs/nurse/{self.nurse}.yaml ({whose}), by which true levels were worked out from coded ones"
        rows.append(("how often nurses are right", words))
        if self._beds is None:
            rows.append(("adult beds", "as many as the admissions need at the typical site"))
        note = "What the department stated stands in its place, in the table above."
        title = "Not identified by the stamps: kept from the typical site"
        notes = (note,) if self.stated.words else ()
        return ReportTable("kept", title, ("what", "value of"), rows, notes)

    def next_steps(self, where: str = "", *, is_met: bool = False) -> Iterator[str]:
        """What to do next, and how long it takes. `is_met`: a set of departments gives the figures of the records."""
        study = f"study={self.name}{where}"
        if is_met:
            yield f"The answer, over departments that give your figures: aeflow compare {study} (minutes)"
            return
        yield f"Run it: aeflow compare {study} (seconds to minutes)"
        yield f"Hold it against your own waits: aeflow validate {study} only=site (ten years: about 10 s)"
        yield (
            f"Departments that fit your own waits: aeflow ensemble {study} (half an hour or more, on all processors; "
            f"its rows are in targets/{self.name}.yaml)"
        )
        values = dict((name.measure, value) for name, value in self._figures())
        answers = [f"attendances_per_day: {self.totals.attendances_per_day:.0f}"]
        for key, measure, scale, unit in OFFER_ANSWERS:
            if measure in values:
                answers.append(f"{key}: {scale * values[measure]:.3g}{unit}")
        yield f"Or in the way of an offer, in minutes: aeflow offer, with the answers {', '.join(answers)}"
        yield "Until then, staff minutes and numbers are the typical site's but for what you stated, and so are waits."

    def simulated(self, folder: Path | None = None, n: int = 0) -> StudyResult:
        """Half a year of each of `n` departments as they were written, under their nurses; two of the one, if 0."""
        config_dir = None if folder is None else str(folder)
        length = (*SHORT[1:], f"run.replications={2 * n}") if n else SHORT
        return run(load(f"study={self.name}", *length, config_dir=config_dir).of_arms([]))

    def write_page(
        self, results: Path, folder: Path | None = None, held: ReportTable | None = None, n: int = 0
    ) -> Path:
        """Simulate half a year of the `n` written departments, or of the one, and write the page; return it.

        `held`: the figures of departments that were held to the extract.
        """
        result = self.simulated(folder, n)
        extract = self.extract
        pictures = [beside_picture(extract, result, self.name)]
        steps, headers = (
            [(line,) for line in self.next_steps(is_met=n > 0)],
            ("command, and how long it takes",),
        )
        after = ReportTable("next", "What to do next", headers, steps)
        of_extract, columns = (extract.dirt, extract.beside(result)), extract.tables["columns"]
        of_set = [] if held is None else [held]
        tables = [*of_set, *of_extract, *self.tables.values(), after, columns]
        sentences = (*self.sentences(), likeness(extract, result))
        title = f"Is '{self.name}' our department?"
        return write_pages(results, title, sentences, tables, pictures)

    def __repr__(self) -> str:
        end = "Planning only, not for clinical use."
        return "\n".join((f"Department '{self.name}'.", *self.sentences(), end))

    def sentences(self) -> Iterator[str]:
        """What the page begins with."""
        n, days = len(self.extract.patients), self.extract.days
        yield f"{self.extract.name} has {n:,} attendances in {days} days. No row of it is in this page or in any file."
        yield from cautions(self.extract)
        but = ", but for what was stated" if self.stated.words else ""
        yield (
            "Who comes, how ill, how old, who is admitted and how patient they are was fitted. Staff minutes, numbers "
            f"on duty, places and beds are the typical site's, scaled{but}: so the waits of the two may well differ."
        )


def rounded(values: Floats) -> list[float]:
    """Shares or factors with four digits; shares still add up to 1."""
    kept = np.round(values, 4)
    if abs(values.sum() - 1) < 1e-9:
        kept[int(np.argmax(kept))] += 1 - kept.sum()
    return [round(float(value), 4) for value in kept]


def _shown(values: Mapping[str, Any]) -> str:
    """The numbers of a block, or how many they are."""
    words = (
        f"{key.replace('_', ' ')} {value:g}"
        if isinstance(value, int | float)
        else "a table"
        if isinstance(value, Mapping)
        else f"{len(value)} {key}"
        for key, value in values.items()
        if key != "range"
    )
    return ", ".join(words)


def fit_department(
    extract: Extract,
    name: str,
    *,
    stated: Answers = MappingProxyType({}),
    answers: Path | str | None = None,
    nurse: str = PACKAGED_NURSE,
    config_dir: str | None = None,
) -> FittedDepartment:
    """The typical department with what an extract identifies in its place.

    `stated` is what no stamp says, by key: rotas in words (`doctors`), places (`majors_cubicles`), `beds`, minutes of a
    task (`first_contact`). `answers` is a file of `aeflow offer`, of which the answers about the department are taken;
    `stated` counts before it. `nurse` is the file of `configs/nurse/` by which true levels are worked out from coded
    ones. Raises ConfigError for a name that cannot be one, too small an extract, or answers that cannot be read.
    """
    given = {**(answers_in(Path(answers)) if answers is not None else {}), **stated}
    return FittedDepartment(extract, name, stated_department(given), nurse, config_dir)
