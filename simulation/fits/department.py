"""A department fitted to an extract: the typical one scaled, with what the stamps identify put in its place.

What they do not identify (staff minutes, numbers on duty, places, beds) keeps the typical site's value, scaled, is
marked as assumed and is listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from simulation.api import compare
from simulation.config import load
from simulation.config.composing import packaged
from simulation.config.dotted import Raw
from simulation.config.files import mapping_in, shortened
from simulation.config.new import (
    SCALED_KINDS,
    name_faults,
    scaled_contents,
    scaled_priors,
    scaled_study,
    scaled_texts,
)
from simulation.config.totals import LEAST, Scaled, Scaling, Totals
from simulation.config.validating import sound
from simulation.config.writing import write_files, yaml_text
from simulation.display.table import Cell, Cells, ReportTable, ReportTables
from simulation.errors import Fault, Faults, refuse
from simulation.extracts.extract import Extract
from simulation.extracts.files import give_back_memory
from simulation.extracts.mapping import SOURCES
from simulation.extracts.page import beside_picture, likeness, write_pages
from simulation.extracts.quality import in_fives
from simulation.fits.fitting import (
    cautions,
    families_of,
    nearest_family,
    spans_of,
)
from simulation.fits.on_duty import OF_USUAL
from simulation.fits.records import LEAST_ATTENDANCES, PACKAGED_NURSE, FittedRecords
from simulation.fits.stated import (
    as_busy,
    scaled_up,
    stated_department,
)
from simulation.offers.asking import answers_in
from simulation.offers.interview import Answers
from simulation.records.serialise import read_yaml
from simulation.runs.result import StudyResult
from simulation.wording import spaced

CHILDREN = "children_doctors"
FIRST_PARTS = r"^(site|calibration)\.(attributes\.|profiles\.|durations\.)?"
"""What the table of fitted numbers leaves out of their paths."""
TARGETS, UNFITTED, KEPT = read_yaml(Path(__file__).with_name("words.yaml")).values()
"""The rows of its targets; what stands in the place of what some stamps identify, by path; and of what none does."""
DIGIT = 0.001
"""The least difference of shares that is told."""
WRITTEN = (*SCALED_KINDS, "targets", "ensembles")
"""The groups of files of a fitted department."""
FITTED_BY, MOST_TOLD = "aeflow fit", 240
"""What a fitted site says that it was made by, and characters of what is told of a file that differs."""
OF_A_SET = {"defaults", "ensemble", "not_calibrated"}
"""The keys of a study that name the departments held to the records, or say why there are none."""
REMEDY = "Write over it with overwrite=true (it is kept beside the new one), or choose another name"
SHOWN = ("run=weeks", "executor=serial", "pathway.allow_overload=true")
"""What the study of the page is run with."""


@dataclass(frozen=True, repr=False)
class FittedDepartment(FittedRecords):
    """The typical department with what an extract identifies, and what was stated, in its place.

    nurse  the file of `configs/nurse/` that says how often nurses give each label to each true level
    """

    whose: ClassVar[str] = "records"
    made_by: ClassVar[str] = FITTED_BY
    limitation: ClassVar[str] = ""

    @property
    def of(self) -> str:
        """The name of its records."""
        return self.extract.name

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

    # --- as blocks of configuration -----------------------------------------------------------------------------

    @cached_property
    def blocks(self) -> tuple[Scaled, ...]:
        """Every block that differs from the typical department: scaled, then fitted."""
        fitted = {block.path: block for block in self._fitted_blocks()}
        none = f"none, or too few, in {self.extract.name}"
        absent = [
            Scaled(f"site.arrivals.{name}", {"per_day": 0}, none, "measured")
            for name in SOURCES
            if name not in self.sources
        ]
        taken = {block.path: block for block in (*self.scaling.scaled(), *absent)} | fitted
        # what is stated counts before what stamps say
        taken |= {block.path: block for block in self.stated.blocks(self._usual_minutes())}
        ratios = as_busy(self._texts_of(tuple(taken.values())), self.name)
        return tuple(scaled_up(block, ratios, self.scaling.busy) for block in taken.values())

    @cached_property
    def totals(self) -> Totals:
        """The totals to which everything else is scaled."""
        per_day = sum(figures.first for figures in self.per_day.values())
        ambulances = self.per_day["ambulance"].first if "ambulance" in self.per_day else 0.0
        share, beds = self.extract.measures.value("admitted_share"), self.stated.answers.beds
        if per_day < LEAST["attendances_per_day"]:
            found = f"has {per_day:.4g} attendances a day in {self.extract.days} days"
            remedy = (
                f"A department has {LEAST['attendances_per_day']} or more: fit all of it, no sample"
            )
            refuse(self.extract.name, found, remedy)
        stated = {
            "attendances_per_day": round(per_day, 2), "admitted_share": round(float(np.clip(share, 0.05, 0.6)), 4),
            "beds": None if beds is None else round(beds), "ambulances_per_day": round(ambulances, 2),
        }  # fmt: skip
        if ambulances == 0 or not self._leaves_room(per_day, ambulances):
            del stated["ambulances_per_day"]
        return sound(Totals, stated, self.extract.name, lambda _: ())

    @cached_property
    def scaling(self) -> Scaling:
        """The typical department, and the totals to which it is scaled."""
        return Scaling(packaged(), self.totals)

    def _leaves_room(self, per_day: float, ambulances: float) -> bool:
        """Whether walk-ins are left beside ambulances and as many referred as usual."""
        arrivals = packaged()["site"]["arrivals"]
        usual = sum(float(arrivals[name]["per_day"]) for name in SOURCES)
        return ambulances <= per_day * (1 - float(arrivals["referred"]["per_day"]) / usual)

    @cached_property
    def stretch(self) -> dict[str, int]:
        """The run of what is simulated beside the records: a year, or the same weeks where they are shorter."""
        weeks = max(min(self.extract.days // 7, 52), 1)
        first = 0 if weeks == 52 else self.extract.start_week
        return {"measured_days": 7 * weeks, "start_week": first}

    # --- what is written ----------------------------------------------------------------------------------------

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The text of each file, by group: of the one department that is scaled, before it is held to the records."""
        return {**self._texts_of(self.blocks), "targets": self._targets(), "study": self.study()}

    def study(self, ensemble: str = "none", why: str = "") -> str:
        """The text of its study: over the departments of an ensemble, or of one, with why that is not calibrated."""
        nurse = None if self.nurse == PACKAGED_NURSE else self.nurse
        content = scaled_study(self.name, self.scaling.costs(), nurse)
        nobody = f"no departments were held to the figures of {self.extract.name}"
        one = f"it is one alone; those held to the figures of {self.extract.name} are of ensemble={ensemble}"
        if ensemble != "none":
            # of the packaged department, to which the ensemble lays what is known
            content["defaults"][1:5] = [{"override /pathway@_global_.pathway": self.pathway}]
            why = one
        content |= {"ensemble": ensemble, "not_calibrated": shortened(why or nobody, 200)}
        return self._as_files({"study": content})["study"]

    def _as_files(self, contents: Mapping[str, Raw]) -> dict[str, str]:
        made_by = f"{FITTED_BY} extract={self.extract.name} out={self.name}"
        return scaled_texts(contents, self.name, made_by)

    def _texts_of(self, blocks: tuple[Scaled, ...]) -> Mapping[str, str]:
        priors = scaled_priors(self.name, self.scaling, blocks)
        contents = {
            **scaled_contents(self.name, blocks, self.pathway),
            "study": scaled_study(self.name, self.scaling.costs()),
            "priors": self.stated.left_to_vary(priors, blocks),
        }
        return self._as_files(contents)

    def _targets(self) -> str:
        """The extract's own figures, for `aeflow validate only=site` and `aeflow ensemble`."""
        rows = []
        for name, value in self.extract.shown():
            if name.measure not in TARGETS or not np.isfinite(value):
                continue
            label, half, kind = TARGETS[name.measure]
            half = half if name.unit == "share" else max(half * value, 1.0)
            rows.append({
                "name": label, "kind": kind, "measure": name.measure, "value": round(value, 4),
                "low": round(max(value - half, 0.0), 4), "high": round(value + half, 4), "evidence": "measured",
                "source": self.source,
            })  # fmt: skip
        head = f"What {self.extract.name} shows, for `aeflow validate study={self.name} only=site`."
        return yaml_text(head, {"name": self.name, "rows": rows})

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
        return ReportTables(table for table in tables if table.cells)

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
        cells = [(spaced(key), value) for key, value in self.stated.words.items()]
        unused = self.stated.unused
        note = f"Not used: {', '.join(map(spaced, unused))}: the records say it, or it is about a product."
        title = "Stated by the department: the stamps do not show it, and nothing here checks it"
        return ReportTable("stated", title, ("what", "read as"), cells, (note,) * bool(unused))

    def _spans_table(self) -> ReportTable:
        cells: list[Cells] = []
        for words, what, minutes, step in spans_of(self.extract):
            known = minutes[~np.isnan(minutes)]
            fits = families_of(known, step)
            if not fits:
                continue
            best = nearest_family(known, fits)
            tried = ", ".join(f"{fit.kind} {fit.distance:.3f}" for fit in fits)
            keys = "".join(f", {key}: {value}" for key, value in best.keys.items())
            fitted = f"{best.kind}, mean: {best.mean:.1f}{keys}"
            cells.append(
                (
                    words,
                    what,
                    Cell(int(in_fives(len(known))), style="number", digits=0),
                    fitted,
                    tried,
                )
            )
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
        if self.totals.beds is None:
            rows.append(("adult beds", "as many as the admissions need at the typical site"))
        note = "What the department stated stands in its place, in the table above."
        title = "Not identified by the stamps: kept from the typical site"
        notes = (note,) if self.stated.words else ()
        return ReportTable("kept", title, ("what", "value of"), rows, notes)

    def simulated(self, folder: Path | None = None, n: int = 0) -> StudyResult:
        """A year of each of `n` departments as they were written, under their nurses; two of the one, if 0. As many
        weeks, and the same, where the records are shorter."""
        config_dir = None if folder is None else str(folder)
        run = self.stretch | {"replications": n or 2} | ({"departments": n} if n else {})
        one = () if n else ("ensemble=none",)
        words = (*one, *SHOWN, *(f"run.{key}={value}" for key, value in run.items()))
        return compare(load(f"study={self.name}", *words, config_dir=config_dir).of_arms([]))

    def write_page(
        self, results: Path, folder: Path | None = None, held: ReportTable | None = None, n: int = 0,
        next_step: str = "",
    ) -> Path:  # fmt: skip
        """Simulate a year of the `n` written departments, or of the one, and write the page; return it.

        `held`: the figures of departments that were held to the extract; `next_step`: the command that comes next.
        """
        give_back_memory()  # of reading and fitting
        result = self.simulated(folder, n)
        extract = self.extract
        pictures = [beside_picture(extract, result, self.name)]
        tables = [extract.dirt, extract.beside(result), *self.tables.values()]
        tables = [*([] if held is None else [held]), *tables, extract.tables["columns"]]
        drawn = self.drawn() if n else ()
        sentences = (*self.sentences(), *drawn, likeness(extract, result)[0])
        title = f"Is '{self.name}' our department?"
        return write_pages(results, title, sentences, tables, pictures, next_step)

    def __repr__(self) -> str:
        end = "Planning only, not for clinical use."
        return "\n".join((f"Department '{self.name}'.", *self.sentences(), end))

    def drawn(self) -> Iterator[str]:
        """Which clinicians a set of departments has though nobody stated them, and how many."""
        stated = self.stated.values.keys()
        if drawn := sorted(OF_USUAL.keys() - stated):
            yield f"Not stated, so other numbers in each department: {' and '.join(drawn)}."
        if CHILDREN not in stated:
            yield (
                "Not stated, so as many as departments of this size have: children's doctors. "
                f"If you have none: {CHILDREN}='0 at all hours'."
            )

    def sentences(self) -> Iterator[str]:
        """What the page begins with."""
        n, days = len(self.extract.patients), self.extract.days
        yield f"{self.extract.name} has {n:,} attendances in {days} days. No row of it is in this page or in any file."
        yield from cautions(self.extract)
        found, used = self.extract.measures.value("admitted_share"), self.totals.admitted_share
        if abs(found - used) > DIGIT:
            nearest = f"{100 * used:.0f} %, the nearest that a department can have"
            yield f"{100 * found:.1f} % were admitted: what follows from admissions is scaled to {nearest}."
        if "ambulance" in self.per_day and self.totals.ambulances_per_day is None:
            yield (
                "So many come by ambulance that walk-ins and referred patients would be too few: what follows from "
                "ambulances is scaled as at the typical site."
            )
        but = ", but for what was stated" if self.stated.words else ""
        yield (
            "Who comes, how ill, how old, who is admitted and how patient they are was fitted. Staff minutes, numbers "
            f"on duty, places and beds are the typical site's, scaled{but}: so the waits of the two may well differ."
        )


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


# --- files, never over what no fit has written ----------------------------------------------------------------------


def taken_faults(name: str, folder: Path) -> Iterator[Fault]:
    """Faults of a name for a fitted department: it is not allowed, or is taken by files that no fit has written."""
    site = folder / "site" / f"{name}.yaml"
    is_fitted = site.is_file() and FITTED_BY in site.read_text("utf-8", "replace")
    yield from name_faults(name, folder, () if is_fitted else WRITTEN)


def write_again(
    texts: Mapping[str, str], name: str, folder: Path, *, overwrite: bool
) -> tuple[Path, ...]:
    """Write a file called `name` in each group (text by group) and return them all; what says the same is left alone.

    What `overwrite` replaces is kept beside it as `NAME.yaml.old1`, `.old2` and so on. Raises ConfigError for a name
    that is taken, and without `overwrite` for files that differ, saying in what. A study that differs in the
    departments that were held to the records alone is always replaced.
    """
    faults = Faults(taken_faults(name, folder))
    faults.refuse()
    paths = {folder / kind / f"{name}.yaml": text for kind, text in texts.items()}
    changed = [
        path
        for path, text in paths.items()
        if path.is_file() and path.read_text("utf-8", "replace") != text
    ]
    for path in changed:
        if overwrite or set() < set(_differing(path, paths[path])) <= OF_A_SET:
            olds = (path.with_name(f"{path.name}.old{number}") for number in count(1))
            path.rename(next(old for old in olds if not old.exists()))
        else:
            faults.add(str(path), f"differs: {_difference(path, paths[path])}", REMEDY)
    faults.refuse()
    write_files(
        {path.parent.name: text for path, text in paths.items() if not path.exists()}, name, folder
    )
    return tuple(paths)


def _differing(path: Path, text: str) -> dict[str, tuple[str, str]]:
    """What a file and a text state by each key in which they differ, but for sources."""
    import pandas as pd
    import yaml

    contents = (mapping_in(path, str(path), Faults()) or {}, yaml.safe_load(text))
    old, new = (pd.json_normalize(content).to_dict("records")[0] for content in contents)
    return {
        str(key): (str(old.get(key)), str(new.get(key)))
        for key in {**old, **new}
        if old.get(key) != new.get(key) and not str(key).endswith(".source")
    }


def _difference(path: Path, text: str) -> str:
    """The first keys in which a file differs from a text, with both values."""
    words = (
        f"{key} is {shortened(before, 40)}, would be {shortened(now, 40)}"
        for key, (before, now) in _differing(path, text).items()
    )
    return shortened("; ".join(words) or "comments or sources", MOST_TOLD)
