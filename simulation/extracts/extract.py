"""An extract that was read: its tables, measures and data quality; and how a file is read or a mapping drafted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from simulation.config.dotted import load_file
from simulation.config.files import is_device, names_in, search_folders, unknown_name
from simulation.config.validating import sound
from simulation.config.writing import yaml_text
from simulation.display.table import Cell, ReportTable, ReportTables
from simulation.errors import Faults, nearest, refuse
from simulation.extracts.drafting import NEEDED, drafted, headings
from simulation.extracts.files import ExtractFile, collected, frame_of, read_file
from simulation.extracts.mapping import (
    CATEGORIES,
    FEWEST,
    MISSING_COLUMN,
    UNKNOWN_CODE,
    ExtractMapping,
    extract_mapping_faults,
    source_words,
)
from simulation.extracts.page import ends_of_nine_in_ten
from simulation.extracts.quality import DataQuality, is_few
from simulation.extracts.reading import ReadExtract, read_tables
from simulation.extracts.stamps import DAY
from simulation.measures.definitions import definitions
from simulation.measures.measuring import MeasureName, Measures, measure
from simulation.measures.quantities import Quantities, Window
from simulation.records.schema import ActivityTable, Mask, Patients
from simulation.runs.result import StudyResult

GROUP = "extract"
"""The folder of mappings among configurations."""
AnyMapping = ExtractMapping | Mapping[str, Any] | str
"""A mapping, as a file states one, or the name of one in `configs/extract/`."""
DRAFT_HEAD = """Correct it, above all what codes mean; no other column is read.
day_first: 03/04/2025 is the third of April. timezone: null if clocks never go forward and back.
worst_share: more rows than this with one kind of dirt, and the file is refused.
"""
MAIN = (
    "wait_to_clinician_mean", "walk_in_triage_wait_mean", "walk_in_triage_minutes_mean", "stay_mean",
    "within_4h_share", "left_share", "over_12h_share", "admitted_share",
)  # fmt: skip
"""The measures by which a reader knows the department again."""


@dataclass(frozen=True, repr=False)
class Extract:
    """Stamped attendances as the two tables of a simulation. It holds no name, number or text of a patient.

    name      what it is called in tables: the file, or a table
    read      columns that were read, by what they were read for
    n_ignored columns that were not
    stated_in where the mapping is stated, in words
    """

    name: str
    mapping: ExtractMapping
    tables_read: ReadExtract
    read: Mapping[str, str]
    n_ignored: int
    stated_in: str = "the mapping"

    @property
    def patients(self) -> Patients:
        """One row per attendance, in order of arrival."""
        return self.tables_read.patients

    @property
    def activities(self) -> ActivityTable:
        """What stamps say of activities."""
        return self.tables_read.activities

    @property
    def quality(self) -> DataQuality:
        """Dirt by kind."""
        return self.tables_read.quality

    @property
    def first_day(self) -> np.datetime64:
        """The Monday on which minutes are 0."""
        return np.datetime64(int(self.tables_read.monday // DAY), "D")

    @property
    def start_week(self) -> int:
        """The week of the year in which that Monday is, the first 0; at most 51."""
        day = self.first_day - self.first_day.astype("datetime64[Y]")
        return min(int(day.astype(np.int64)) // 7, 51)

    @cached_property
    def window(self) -> Window:
        """From the first day with an arrival to the last, whole days."""
        arrived = self.patients["arrived_at"]
        return float(arrived.min() // DAY * DAY), float((arrived.max() // DAY + 1) * DAY)

    @property
    def days(self) -> int:
        """Days of the window."""
        return round((self.window[1] - self.window[0]) / DAY)

    @property
    def is_whole_day(self) -> Mask:
        """Mask of the days of the window that have about as many arrivals as usual: those that rates are made of."""
        return self.tables_read.is_whole_day

    @cached_property
    def _measured(self) -> tuple[Measures, frozenset[str]]:
        by_name: Quantities = {}
        measures = measure(self.patients, window=self.window, by_name=by_name)
        rows = np.zeros(len(self.patients), dtype=np.int64)
        totals = {name: quantity.totals(rows, 1) for name, quantity in by_name.items()}
        few = (
            name for name, ((n,), (total,)) in totals.items()
            if n < FEWEST or (name.endswith("share") and is_few(total, n))
        )  # fmt: skip
        return measures, frozenset(few)

    @property
    def measures(self) -> Measures:
        """Every measure that the stamps allow, as of a simulated run."""
        return self._measured[0]

    def shown(self) -> Iterator[tuple[MeasureName, float]]:
        """The measures of all patients, without those of fewer than 5, and shares that such a number has or has not."""
        for name, value in zip(self.measures.names, self.measures.values, strict=True):
            if name.group == "all" and name.measure not in self._measured[1]:
                yield name, float(value)

    @cached_property
    def tables(self) -> ReportTables:
        """`quality`, `columns` and `measures`."""
        tables = (
            self.quality.table(self.mapping.worst_share, self.mapping.worst),
            self._columns(),
            self._measures(),
        )
        return ReportTables(tables)

    @property
    def main(self) -> ReportTable:
        """The measures of `MAIN`, and whether nobody said where the records are from."""
        notes = (
            *source_words(self.mapping, self.stated_in),
            "Are these your figures? If not, correct the mapping. All others are on the page of aeflow fit.",
        )
        return replace(self._measures(MAIN), notes=notes)

    @property
    def dirt(self) -> ReportTable:
        """The lines of data quality of which something was found."""
        table = self.tables["quality"]
        found = [row for row in table.cells if not isinstance(row[1], Cell) or row[1].value]
        return replace(
            table,
            cells=found,
            notes=(f"{len(table.cells) - len(found)} more kinds: none.", *table.notes),
        )

    def beside(self, result: StudyResult, arm: str | None = None) -> ReportTable:
        """Every measure of all patients, beside what an arm of a result gives (the baseline, unless one is named).

        Raises ResultsError for an unknown arm.
        """
        simulated = result.measures[result.arm(arm or result.design.baseline).name]
        cells = []
        for name, value in self.shown():
            if (name.measure, name.group) in simulated[0].places:
                values = np.array([one.value(name.measure, name.group) for one in simulated])
                low, high = ends_of_nine_in_ten(values)
                there = Cell(float(values.mean()), name.unit, float(low), float(high))
                cells.append((definitions()[name.measure].label, Cell(value, name.unit), there))
        ends = "nine in ten of them" if len(simulated) >= 20 else "the lowest and the highest"
        notes = (f"Simulated: mean of {len(simulated)} replications, in brackets {ends}.",)
        return ReportTable(
            "beside",
            f"{self.name} beside '{result.design.name}'",
            ("", "extract", "simulated"),
            cells,
            notes,
        )

    def _columns(self) -> ReportTable:
        cells = [(column, what) for what, column in self.read.items()]
        note = (
            f"{self.n_ignored} other columns were not loaded."
            if self.n_ignored != 1
            else "1 other was not loaded."
        )
        notes = (note, *source_words(self.mapping, self.stated_in))
        return ReportTable("columns", "Columns that were read", ("column", "read as"), cells, notes)

    def _measures(self, of: Collection[str] = ()) -> ReportTable:
        cells = [
            (definitions()[name.measure].label, Cell(value, name.unit))
            for name, value in self.shown()
            if not of or name.measure in of
        ]
        title = f"{len(self.patients):,} attendances in {self.days} days"
        n = len(self._measured[1])
        notes = (f"{n} more: of fewer than {FEWEST} patients, and not shown.",) if n else ()
        return ReportTable("measures", title, ("measure", "value"), cells, notes)

    def __repr__(self) -> str:
        n_found = sum(row.n > 0 for row in self.quality.by_kind())
        return (
            f"Extract '{self.name}': {len(self.patients):,} attendances in {self.days} days, {n_found} kinds of dirt. "
            "Tables: quality, columns, measures. Planning only, not for clinical use."
        )


def from_table(records: Any, mapping: AnyMapping, *, name: str = "table") -> Extract:
    """The extract in a table of stamps: a data frame of pandas or Polars, a table of Arrow, a relation of DuckDB.

    `mapping`: as a file states it, or the name of one in `configs/extract/`. No other column is looked at. A path is
    read as by `read_extract`. Raises ConfigError with every fault of the mapping, or with each kind of dirt that is
    beyond its share.
    """
    if isinstance(records, str | Path):
        return read_extract(records, mapping)
    stated = _mapping_of(mapping)
    records = collected(records)
    n = len(getattr(records, "columns", ()))
    frame = frame_of(records, stated.columns).rename(columns=str)
    faults = Faults()
    for column in stated.columns:
        if column not in frame.columns:
            faults.add(
                name, f"has no column '{column}'", "Name a column of the table in the mapping"
            )
    faults.refuse()
    columns = list(stated.columns)
    own = frame[columns].reset_index(drop=True)
    n_ignored = max(n, len(frame.columns)) - len(columns)
    return _extract(name, ExtractFile(own, n_ignored, 0), stated, mapping)


def read_extract(
    path: Path | str, mapping: AnyMapping, *, config_dir: str | None = None
) -> Extract:
    """The extract in a CSV or Parquet file; as `from_table`. `config_dir`: where the mapping is looked for first."""
    stated = _mapping_of(mapping, config_dir, path)
    what = {column: key for key, column in reversed(stated.roles.items())}
    return _extract(Path(path).name, read_file(Path(path), what), stated, mapping)


def _mapping_of(
    mapping: AnyMapping, config_dir: str | None = None, file: Path | str = "FILE"
) -> ExtractMapping:
    if isinstance(mapping, str):
        known = names_in(GROUP, search_folders(config_dir))
        if is_device(mapping):
            refuse("mapping", *unknown_name(GROUP, mapping, known))
        if mapping not in known:
            draft_it = f"Draft it: aeflow extract draft {file}, or ae.draft_mapping in Python; or name another"
            refuse(
                "mapping",
                f"there is no configs/{GROUP}/{mapping}.yaml",
                f"{draft_it}. {nearest(mapping, known)}",
            )
        return load_file(ExtractMapping, GROUP, mapping, extract_mapping_faults, config_dir)
    if isinstance(mapping, ExtractMapping):
        return mapping
    stated = {"evidence": "measured", "source": "own records", **mapping}
    return sound(
        ExtractMapping, stated, "mapping", lambda part: extract_mapping_faults(part, "mapping")
    )


def _extract(name: str, file: ExtractFile, mapping: ExtractMapping, given: object) -> Extract:
    tables = read_tables(
        file.frame, mapping, where=name, n_uneven=file.n_uneven, is_cut_off=file.is_cut_off
    )
    stated_in = f"configs/{GROUP}/{given}.yaml" if isinstance(given, str) else Extract.stated_in
    return Extract(name, mapping, tables, mapping.roles, file.n_ignored, stated_in)


# --- a first draft of a mapping ---------------------------------------------------------------------------------------


def draft_mapping(records: Any) -> dict[str, Any]:
    """The first draft of a mapping for a table (as in `from_table`) or a file: what each column seems to be, and what
    codes may mean.

    It is what `from_table` and `read_extract` take. Correct it first, above all what codes mean, and say under `source`
    of which department and months the records are. Values of fewer than 5 rows are not in it. Where nothing looks like
    an arrival, a departure or an outcome it says `?`, and reading it says what is missing. Raises ConfigError if a file
    cannot be read, or if no column holds points in time.
    """
    name = "table"
    if isinstance(records, str | Path):
        name, frame = Path(records).name, read_file(Path(records)).frame
    else:
        frame = frame_of(records).rename(columns=str)
    stated = drafted(frame)
    if not stated:
        found = "no column looks like a point in time"
        remedy = "Write a mapping by hand (docs/how-to/my-records.md shows one). Cases without stamps can be used to "
        refuse(name, found, f"{remedy}try a triage AI: aeflow vet, docs/how-to/vet-a-triage-ai.md")
    return stated


def _unknown_in(coded: Mapping[str, Any] | None) -> list[str]:
    values = {} if coded is None else coded["values"]
    return [v for v, meaning in values.items() if meaning == UNKNOWN_CODE and v != MISSING_COLUMN]


def draft(path: Path | str) -> str:
    """The same of a file as the text of one in `configs/extract/`."""
    stated = draft_mapping(path)
    keys = {**stated, **stated["times"]}
    said = {
        f"Not whole yet: put a heading in place of {MISSING_COLUMN} at": [
            key for key in NEEDED if MISSING_COLUMN in str(keys[key])
        ],
        "Not understood, so unknown until you say what they mean:": [
            f"{key} {value}" for key in CATEGORIES for value in _unknown_in(keys.get(key))
        ],
        "No column looks like:": [key for key in headings() if key not in keys],
    }
    lines = (f"{words} {', '.join(of)}.\n" for words, of in said.items() if of)
    head = f"How {Path(path).name} is read: a draft. {DRAFT_HEAD}{''.join(lines)}".rstrip()
    return yaml_text(head, stated)
