"""Whether two checkouts give the same answers: every packaged study and command, each number to the bit, each text.

    python tests/long/same_answers.py BEFORE AFTER                          about 8 minutes of one processor a checkout
    python tests/long/same_answers.py BEFORE AFTER --only coverage,gallery  some jobs (--list names them)
    python tests/long/same_answers.py BEFORE AFTER --slow                   also what takes long, at the end

For refactoring: BEFORE is a checkout from before it. Each job runs the checkout's own command line in a subprocess, in
a scratch folder. What it wrote is read here without the package, so that what is renamed inside changes nothing: tables
(Parquet, CSV) column by column, to the last bit; screens, pages, worksheets, Word documents and other files as text,
without clock times, hashes and paths. Pictures are listed by name. Digests are kept beside a hash of `simulation` and
`configs` in the checkout (--keep), so BEFORE is run once. A digest of the same checkout is made again after any change.

Exit code 1: a number differs, a table is gone, or a job is missing or fails; with --strict, also if a text differs. A
number of a text differs where lines between the same neighbours differ in figures alone. Other differences of texts are
listed and written whole to a file: they have to be meant.
"""

from __future__ import annotations

import argparse
import difflib
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

TIMEOUT = 1800
"""Seconds that one command may take, on a busy machine too."""
DIGEST = "digest.json.gz"
SHOWN = 6
"""Lines of a difference that are printed."""
SHOWN_CELL = 60
"""Characters of a cell that are printed."""

# --- what is run ------------------------------------------------------------------------------------------------------

ALONE = ("engine=compiled", "executor=serial")
"""One process a job, because jobs run side by side; the engine is named so that none is chosen."""
WEEK = ("run.measured_days=7", "run.warm_up_days=7")
FORTNIGHT = ("run.measured_days=14", "run.warm_up_days=7")
FOUR = ("ensemble=none", "run.replications=4")
MANY_DEPARTMENTS = ("run.replications=40", "run.departments=20")
"""The fewest with which `narrow` and 'what decides it' say something."""
OF_SIZE = ("attendances_per_day=280", "beds=510")
OBSERVED = """attendances_per_day: 310
figures:
  - {measure: walk_in_triage_wait_mean, value: 24.5, days: 28}
  - {measure: within_4h_share, value: 0.61, days: 28}
"""


@dataclass(frozen=True)
class Job:
    """Commands that are run one after another in one scratch folder, which holds `files` (name, content) at first."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    files: tuple[tuple[str, str], ...] = ()
    slow: bool = False

    @property
    def hash(self) -> str:
        """What a kept digest must agree with."""
        return hashlib.sha256(repr((self.commands, self.files)).encode()).hexdigest()


SLOW_STUDIES: Mapping[str, tuple[str, ...]] = {
    "alternatives": FOUR,
    "known_effects": ("run.replications=4", "run.department=1"),
    "stress": ("run.replications=2", "run.departments=null", "run.department=0"),
    "ablation": ("run.replications=2",),
}
"""Studies with many arms, scenarios or departments, and how they are made small."""


def jobs_of(checkout: Path) -> dict[str, Job]:
    """The jobs for the packaged studies of a checkout and for the commands, by name; the slow ones last."""
    folder = checkout / "configs" / "study"
    paths = sorted(path for path in folder.rglob("*.yaml") if not path.name.startswith("_"))
    studies = [path.relative_to(folder).with_suffix("").as_posix() for path in paths]
    jobs = [*map(of_study, studies), *OF_COMMANDS]
    return {job.name: job for job in sorted(jobs, key=lambda job: job.slow)}


def of_study(study: str) -> Job:
    """A study at few replications of short length; a small department's with its patients and activities."""
    words = ["compare", f"study={study}", *ALONE]
    if "/" in study:
        return Job(study, ((*words, *FOUR, *FORTNIGHT, "run.keep=[patients,events]"),))
    if study in SLOW_STUDIES:
        return Job(study, ((*words, *WEEK, *SLOW_STUDIES[study]),), slow=True)
    return Job(study, ((*words, *WEEK, *FOUR),))


SMALL = (*ALONE, *WEEK, *FOUR)
OF_COMMANDS = (
    Job(
        "departments",
        (
            ("compare", "study=ai_triage", *ALONE, *WEEK, *MANY_DEPARTMENTS),
            ("report", "results/latest", "export=true"),
            ("narrow", "observed=observed.yaml", "from=results/latest"),
        ),
        (("observed.yaml", OBSERVED),),
    ),
    Job(
        "show",
        (
            ("show", "study=ai_triage", "ensemble=none"),
            ("show", "study=ai_triage", "ensemble=none", "arm=ai_scribe_measured"),
            ("show", "study=gallery/clinic", "patient=walk_in-12"),
            ("show", "study=gallery/clinic", "warm_up=all"),
            ("compare", "study=stress", "dry_run=true"),
        ),
    ),
    Job(
        "export",
        (
            ("compare", "study=gallery/emergency_room", *ALONE, *FOUR, *FORTNIGHT),
            ("report", "results/latest", "export=true"),
            ("extend", "results/latest", "2", "executor=serial"),
            ("compare", "from=results/latest", "executor=serial"),
            ("results", "results"),
        ),
    ),
    Job(
        "reference",
        (
            (
                "compare",
                "study=gallery/emergency_room",
                "engine=reference",
                "executor=serial",
                *FOUR,
                *FORTNIGHT,
            ),
        ),
    ),
    Job(
        "patients",
        (
            (
                "compare",
                "study=people",
                *ALONE,
                *WEEK,
                "run.replications=2",
                "run.keep=[patients,events]",
            ),
        ),
    ),
    Job("run", (("run", "study=ai_triage", "triage=nurse", *SMALL),)),
    Job(
        "parts",
        (
            (
                "compare",
                "study=gallery/clinic",
                *ALONE,
                *FOUR,
                *FORTNIGHT,
                "run.first=0",
                "run.count=2",
            ),
            (
                "compare",
                "study=gallery/clinic",
                *ALONE,
                *FOUR,
                *FORTNIGHT,
                "run.first=2",
                "run.count=2",
            ),
        ),
    ),
    Job("sweep", (("compare", "-m", "scenario=usual,winter", "study=coverage", *SMALL),)),
    Job("prices", (("prices", "pools=[doctors]", *SMALL),)),
    Job(
        "breakeven",
        (
            (
                "breakeven",
                "arm=ai_scribe_measured",
                "against=lean_triage",
                "what=seconds,adoption",
                *SMALL,
            ),
        ),
    ),
    Job("vet", (("vet",), ("compare", "study=vetted", *SMALL))),
    Job("schema", (("schema",), ("schema", "folder=schemas"))),
    Job(
        "new",
        (
            ("new", "department", "ours", *OF_SIZE),
            ("show", "study=ours"),
            ("new", "department", "small", "from=gallery/one_nurse"),
        ),
    ),
    Job("validate", (("validate", "only=models"),)),
    Job("theory", (("validate", "only=theory"),), slow=True),
    Job("doubt", (("vet",), ("compare", "study=vetted_doubt", *SMALL)), slow=True),
    Job(
        "our_product",
        (("new", "department", "ours", *OF_SIZE), ("compare", "study=ours", *SMALL)),
        slow=True,
    ),
)


# --- running ----------------------------------------------------------------------------------------------------------


def environment(checkout: Path) -> dict[str, str]:
    """The environment of a command of the checkout: nothing in it depends on the user."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AEFLOW_", "PYTHON"))
    }
    fixed = {
        "COLUMNS": "120",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }
    return {**kept, **fixed, "PYTHONPATH": str(checkout)}


def run_command(words: Sequence[str], checkout: Path, scratch: Path) -> tuple[int, float, str]:
    """Exit code, seconds of processor time and the screen of one command; code -9 if it took too long."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        asked = [sys.executable, "-m", "simulation", *words]
        with subprocess.Popen(
            asked, cwd=scratch, env=environment(checkout), stdout=out, stderr=err
        ) as process:
            timer = threading.Timer(TIMEOUT, process.kill)
            timer.start()
            _, status, used = os.wait4(process.pid, 0)
            timer.cancel()
            process.returncode = code = os.waitstatus_to_exitcode(status)
        screens = []
        for stream in (out, err):
            stream.seek(0)
            screens.append(stream.read().decode("utf-8", "replace"))
    errors = [line for line in screens[1].splitlines() if not re.search(PROGRESS, line)]
    return (
        code,
        used.ru_utime + used.ru_stime,
        "\n".join([screens[0], *errors, f"exit code {code}"]),
    )


PROGRESS = r"^\s*\d[\d,]* of \d[\d,]* replications|compiling the engine|^\s*$"


def of_job(job: Job, checkout: Path, folder: Path) -> float:
    """Run a job, keep its digest and tables in `folder`, and return the seconds of processor time."""
    shutil.rmtree(folder, ignore_errors=True)
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    for name, content in job.files:
        (scratch / name).write_text(content, encoding="utf-8")
    began = date.today()
    codes, seconds, screens = [], 0.0, {}
    for number, words in enumerate(job.commands, 1):
        code, used, screen = run_command(words, checkout, scratch)
        codes.append(code)
        seconds += used
        screens[f"screen {number}, {words[0]}"] = screen.splitlines()
    mask = Mask.of(checkout, scratch, began)
    digest = {"job": job.hash, "codes": codes, "seconds": round(seconds, 1), "mask": asdict(mask)}
    digest |= digest_of_files(scratch, mask, [name for name, _ in job.files])
    digest["texts"] = {**screens, **digest["texts"]}
    unfinished = folder / "unfinished"
    with gzip.open(unfinished, "wt", encoding="utf-8", compresslevel=3) as file:
        json.dump(digest, file)
    unfinished.replace(folder / DIGEST)
    return seconds


def digest_of_files(scratch: Path, mask: Mask, inputs: Sequence[str]) -> dict[str, Any]:
    """Tables as hashes of columns, texts as lines and names of pictures; what is not a table is then deleted."""
    tables: dict[str, dict[str, Any]] = {}
    texts: dict[str, list[str]] = {}
    pictures = []
    for path in sorted(scratch.rglob("*")):
        written = path.relative_to(scratch).as_posix()
        if path.is_symlink() or not path.is_file() or written in inputs:
            continue
        name = mask.names(written)
        columns = columns_of(path, mask) if path.suffix in TABLES else None
        if columns is not None:
            hashes = {column: [kind, hash_of(values)] for column, (kind, values) in columns.items()}
            tables[name] = {"file": written, "columns": hashes}
            continue
        if path.suffix in READERS:
            texts |= {name + part: lines for part, lines in READERS[path.suffix](path)}
        elif path.suffix in PICTURES:
            pictures.append(name)
        else:
            texts[name] = path.read_bytes().decode("utf-8", "replace").splitlines()
        path.unlink()
    return {"tables": tables, "texts": texts, "pictures": pictures}


# --- reading what was written -----------------------------------------------------------------------------------------

TABLES = (".parquet", ".csv")
PICTURES = (".png", ".svg", ".jpg", ".pdf")
Column = tuple[str, "np.ndarray"]
"""'numbers' and 64-bit floats, or 'words' and strings."""


def columns_of(path: Path, mask: Mask) -> dict[str, Column] | None:
    """The columns of a table, by name; None if it cannot be read as one."""
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
    else:
        try:
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        except (pd.errors.ParserError, pd.errors.EmptyDataError):
            return None
    if path.name == "run.csv":  # its row of the commit tells checkouts apart, not answers
        frame = frame[frame.iloc[:, 0] != "commit"]
    return {
        str(name): ("words", np.full(len(frame), "CLOCK", dtype=object))
        if (path.name, name) in BY_CLOCK
        else column_of(frame[name], mask)
        for name in frame
    }


BY_CLOCK = {("answers.csv", "seconds")}
"""Columns that a clock measured: file, column."""


def column_of(series: pd.Series, mask: Mask) -> Column:
    """One column: numbers if all of its cells are numbers or empty, else words; lists of numbers are words."""
    if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        return "numbers", series.to_numpy(dtype=float, na_value=np.nan)
    try:
        codes, cells = pd.factorize(series, use_na_sentinel=False)
    except TypeError:  # lists
        codes, cells = np.arange(len(series)), series
    cells = [cell(value) for value in cells]
    try:
        values = np.array([float(text) if text else np.nan for text in cells])
        return "numbers", values[codes]
    except ValueError:
        return "words", np.array([mask(text) for text in cells], dtype=object)[codes]


def cell(value: object) -> str:
    """A cell as text, numbers of a list to the bit."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, np.ndarray | list | tuple):
        return "[" + ", ".join(map(cell, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {cell(inner)}" for key, inner in value.items()) + "}"
    return value.hex() if isinstance(value, float) else str(value)


def hash_of(values: np.ndarray) -> str:
    """The same for the same values; of numbers, for the same bits, with one NaN."""
    if values.dtype == float:
        content = np.where(np.isnan(values), np.nan, values).tobytes()
    else:
        content = "\x1f".join(values).encode()
    return hashlib.sha256(f"{len(values)} ".encode() + content).hexdigest()


class Page(HTMLParser):
    """The text of a page: a line for each block and each row of a table."""

    BEGIN_LINES = re.compile(
        "p|div|section|header|footer|main|nav|h[1-6]|li|d[td]|tr|table|caption|summary|details|br|img|fig.*|text|title"
    )
    SILENT = frozenset(("style", "script"))

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in self.SILENT
        said = [value for name, value in attrs if name in ("alt", "title", "aria-label") and value]
        if self.BEGIN_LINES.fullmatch(tag):
            self.parts.append("\n")
        self.parts.extend(f"({text})" for text in said)

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in self.SILENT
        if tag in ("td", "th"):
            self.parts.append(" | ")
        elif self.BEGIN_LINES.fullmatch(tag):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(re.sub(r"\s+", " ", data))

    def lines(self) -> list[str]:
        folded = (re.sub(r"\s+", " ", line).strip(" |") for line in "".join(self.parts).split("\n"))
        return [line for line in folded if line]


Parts = Iterable[tuple[str, list[str]]]
"""Names of parts of a file, and their lines."""


def page_lines(path: Path) -> Parts:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return [("", page.lines())]


def json_lines(path: Path) -> Parts:
    return [("", list(leaves(json.loads(path.read_text(encoding="utf-8")), "")))]


def leaves(value: Any, at: str) -> Iterator[str]:
    """A line for each value, with its dotted path; floats are written so that they read back to the bit."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{at}.{key}" if at else key)
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{at}[{number}]")
    else:
        yield f"{at}: {json.dumps(value, ensure_ascii=False)}"


def workbook_lines(path: Path) -> Parts:
    from openpyxl import load_workbook

    for sheet in load_workbook(path, read_only=True, data_only=True).worksheets:
        rows = [
            ["" if value is None else str(value) for value in row]
            for row in sheet.iter_rows(values_only=True)
        ]
        yield f", sheet {sheet.title}", [" | ".join(row).rstrip(" |") for row in rows]


def word_lines(path: Path) -> Parts:
    from docx import Document

    def of(block: Any) -> Iterator[str]:
        for item in block.iter_inner_content():
            if hasattr(item, "rows"):
                yield from (
                    " | ".join(cell.text.replace("\n", " / ") for cell in row.cells)
                    for row in item.rows
                )
            else:
                yield item.text

    document = Document(str(path))
    ends = [part for section in document.sections for part in (section.header, section.footer)]
    yield "", [line for part in (document, *ends) for line in of(part) if line.strip()]


READERS: Mapping[str, Callable[[Path], Parts]] = {
    ".html": page_lines,
    ".json": json_lines,
    ".xlsx": workbook_lines,
    ".docx": word_lines,
}

# --- what legitimately differs ----------------------------------------------------------------------------------------

STAMP = r"\d{4}-\d\d-\d\dT\d{6}(?:-\w+)*"
"""How folders of runs, sweeps and the like are named."""
MASKS = [
    (r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?([+-]\d\d:\d\d|Z)?", "TIME"),
    (r"\b\d\d? [A-Z][a-z]+ 20\d\d, \d\d:\d\d", "TIME"),
    (r"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b", "HASH"),
    (r"^(\|? ?commit \|) .*", r"\1 COMMIT"),
    (r", commit HASH( with local changes)?", ""),
    (r"^git(\.\w+)?: .*\n", ""),
    (r"((?:wall|engine)_seconds|activities_per_second|versions\.aeflow): .*", r"\1: MASKED"),
    (r"\d[\d.,]* s; \d[\d.,]* s of processor", "SECONDS"),
    (r"\d[\d,]* activities a second", "SPEED"),
    (r"(?<=, engine compiled, )\d+ s\.", "SECONDS"),
    (r"\b\d[\d.,]* [MG]B\b", "MEMORY"),
    (r"(seconds to an answer: median, 95th percentile( \|)?) .*", r"\1 SECONDS"),
    (r"\baeflow \d+\.\d+\.\d+\S*", "aeflow VERSION"),
]


@dataclass(frozen=True)
class Mask:
    """Writes the same words for what differs between two runs of one program."""

    fixed: Mapping[str, str]
    """Paths and days, and what is written instead."""
    runs: Mapping[str, str]
    """Dated names of folders, and their number in the order of time."""

    @classmethod
    def of(cls, checkout: Path, scratch: Path, day: date) -> Mask:
        """For what was written in `scratch` on that day, or the next."""
        by_parent: dict[str, set[str]] = {}
        for path in scratch.rglob("*"):
            if found := re.search(STAMP, path.name):
                by_parent.setdefault(f"{path.parent}/{path.name[: found.start()]}", set()).add(
                    found[0]
                )
        runs = {
            stamp: f"RUN{number}"
            for names in by_parent.values()
            for number, stamp in enumerate(sorted(names), 1)
        }
        days = (day, day + timedelta(days=1))
        today = [text for each in days for text in (f"{each:%Y-%m-%d}", f"{each.day} {each:%B %Y}")]
        return cls(
            {str(scratch): "SCRATCH", str(checkout): "CHECKOUT", **dict.fromkeys(today, "TODAY")},
            runs,
        )

    def names(self, text: str) -> str:
        return re.sub(STAMP, lambda found: self.runs.get(found[0], "RUN"), text)

    def __call__(self, text: str) -> str:
        text = self.names(text)
        for pattern, instead in MASKS:
            text = re.sub(pattern, instead, text, flags=re.MULTILINE)
        for found, instead in self.fixed.items():
            text = text.replace(found, instead)
        return text


# --- comparing --------------------------------------------------------------------------------------------------------

FAILED, NUMBERS, GONE, TEXT, AFTER = (
    "failed",
    "numbers differ",
    "only before",
    "text differs",
    "only after",
)


@dataclass(frozen=True)
class Difference:
    """What became of one file, or of one screen, sheet or table; `fails`: whether an answer is not the same."""

    kind: str
    name: str
    words: tuple[str, ...] = ()
    fails: bool = False


@dataclass(frozen=True)
class Digest:
    """What a job of a checkout gave, and where its tables are."""

    content: Mapping[str, Any]
    scratch: Path

    @classmethod
    def kept(cls, job: Job, folder: Path) -> Digest | None:
        """The digest in `folder`, if it is of this job."""
        file = folder / DIGEST
        if not file.is_file():
            return None
        with gzip.open(file, "rt", encoding="utf-8") as opened:
            content = json.load(opened)
        return cls(content, folder / "scratch") if content["job"] == job.hash else None

    @property
    def mask(self) -> Mask:
        return Mask(**self.content["mask"])

    def table(self, name: str) -> dict[str, Column]:
        """The columns of a table; empty if its file is not there any more."""
        path = self.scratch / self.content["tables"][name]["file"]
        return (columns_of(path, self.mask) or {}) if path.is_file() else {}


def differences(before: Digest, after: Digest, written: Path) -> Iterator[Difference]:
    """What differs between two digests of one job; whole differences of texts go into the folder `written`."""
    for number, codes in enumerate(
        zip(before.content["codes"], after.content["codes"], strict=True), 1
    ):
        if any(codes):
            words = f"exit code {codes[0]} before, {codes[1]} after"
            yield Difference(FAILED, f"command {number}", (words,), fails=True)
    yield from table_differences(before, after)
    yield from text_differences(before, after, written)
    lists = (before.content["pictures"], after.content["pictures"])
    yield from (Difference(GONE, name) for name in lists[0] if name not in lists[1])
    yield from (Difference(AFTER, name) for name in lists[1] if name not in lists[0])


def paired(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str | None, str | None]]:
    """Pairs of names: the same, else another with the same content, else None beside a name that has no fellow."""
    left = [name for name in after if name not in before]
    for name in before:
        if name in after:
            yield name, name
            continue
        fellow = next((other for other in left if after[other] == before[name]), None)
        if fellow is not None:
            left.remove(fellow)
        yield name, fellow
    yield from ((None, name) for name in left)


def table_differences(before: Digest, after: Digest) -> Iterator[Difference]:
    tables = [
        {name: table["columns"] for name, table in of.content["tables"].items()}
        for of in (before, after)
    ]
    for was, now in paired(*tables):
        if now is None:
            yield Difference(GONE, str(was), fails=True)
        elif was is None:
            yield Difference(AFTER, now)
        else:
            if was != now:
                yield Difference(TEXT, was, (f"is called {now}",))
            if tables[0][was] != tables[1][now]:
                yield from column_differences(
                    was, before.table(was), after.table(now), tables[0][was], tables[1][now]
                )


def column_differences(
    table: str,
    before: Mapping[str, Column],
    after: Mapping[str, Column],
    hashes_before: Mapping[str, Any],
    hashes_after: Mapping[str, Any],
) -> Iterator[Difference]:
    """What differs in one table, a column each."""
    for was, now in paired(hashes_before, hashes_after):
        if now is None:
            yield Difference(GONE, f"{table}: {was}", fails=True)
        elif was is None:
            yield Difference(AFTER, f"{table}: {now}")
        elif was != now:
            yield Difference(TEXT, f"{table}: {was}", (f"is called {now}",))
        elif hashes_before[was] != hashes_after[now]:
            number, first = first_difference(before.get(was), after.get(now))
            yield Difference(
                NUMBERS if number else TEXT, f"{table}: {was}", (f"first: {first}",), fails=number
            )


def first_difference(before: Column | None, after: Column | None) -> tuple[bool, str]:
    """Whether numbers of two columns differ, and where they differ first, in words."""
    if before is None or after is None:
        return True, "their tables are not kept"
    (_, ours), (_, theirs) = before, after
    if len(ours) != len(theirs):
        return True, f"{len(ours):,} rows before, {len(theirs):,} after"
    numbers = ours.dtype == theirs.dtype == float
    if numbers:
        unlike = (ours.view(np.int64) != theirs.view(np.int64)) & ~(
            np.isnan(ours) & np.isnan(theirs)
        )
    else:
        unlike = ours.astype(object) != theirs.astype(object)
        numbers = ours.dtype == float or theirs.dtype == float
    rows = np.flatnonzero(unlike)
    pairs = {(str(ours[row]), str(theirs[row])) for row in rows}
    numbers = numbers or any(
        was[:1] == "[" or without_figures(was) == without_figures(now) for was, now in pairs
    )
    was, now = (str(values[rows[0]])[:SHOWN_CELL] for values in (ours, theirs))
    return (
        numbers,
        f"row {rows[0]}, {was} before, {now} after; {len(rows):,} of {len(ours):,} rows differ",
    )


def text_differences(before: Digest, after: Digest, written: Path) -> Iterator[Difference]:
    texts = [masked_texts(of) for of in (before, after)]
    for was, now in paired(*texts):
        if now is None:
            yield Difference(GONE, str(was))
        elif was is None:
            yield Difference(AFTER, now)
        elif was != now:
            yield Difference(TEXT, was, (f"is called {now}",))
        elif texts[0][was] != texts[1][now]:
            yield text_difference(was, texts[0][was], texts[1][now], written)


def masked_texts(digest: Digest) -> dict[str, list[str]]:
    mask = digest.mask
    texts = {
        mask.names(name): mask("\n".join(lines)) for name, lines in digest.content["texts"].items()
    }
    return {name: [line.rstrip() for line in text.split("\n")] for name, text in texts.items()}


def text_difference(name: str, before: list[str], after: list[str], written: Path) -> Difference:
    """How two texts differ; whole in a file."""
    whole = list(difflib.unified_diff(before, after, "before", "after", lineterm="", n=2))
    file = written / f"{re.sub(r'[^A-Za-z0-9.]+', '_', name)}.diff"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(whole) + "\n", encoding="utf-8")
    figures = unlike_figures(before, after)
    if figures:
        was, now = figures[0]
        words = (
            f"{len(figures)} lines with other figures (whole: {file}), first:",
            f"-{was}",
            f"+{now}",
        )
        return Difference(NUMBERS, name, words, fails=True)
    changed = [line for line in whole[2:] if line.startswith(("-", "+"))]
    removed = sum(line.startswith("-") for line in changed)
    words = f"{removed} lines gone, {len(changed) - removed} new (whole: {file})"
    return Difference(TEXT, name, (words, *changed[:SHOWN]))


def unlike_figures(before: list[str], after: list[str]) -> list[tuple[str, str]]:
    """Pairs of lines that are the same but for figures, where all lines between the same neighbours are such pairs."""
    pairs = []
    for kind, begin, end, other_begin, other_end in difflib.SequenceMatcher(
        None, before, after, False
    ).get_opcodes():
        if kind == "replace" and end - begin == other_end - other_begin:
            lines = list(zip(before[begin:end], after[other_begin:other_end], strict=True))
            if all(without_figures(one) == without_figures(other) for one, other in lines):
                pairs += lines
    return pairs


def without_figures(line: str) -> str:
    """A line without numbers, and without the spaces and rules that set its columns."""
    return re.sub(r"[\s-]+", " ", re.sub(r"[−+-]?\d[\d,.]*(e[+-]\d+)?", "#", line))


# --- the command ------------------------------------------------------------------------------------------------------


def main() -> int:
    """Run what is not kept, compare, and say what differs."""
    asked = options()
    checkouts = [path.resolve() for path in (asked.before, asked.after)]
    keeps = [asked.keep.resolve() / name_of(checkout) for checkout in checkouts]
    jobs = [chosen(jobs_of(checkout), asked.only, slow=asked.slow) for checkout in checkouts]
    names = list(dict.fromkeys(name for of in jobs for name in of))
    if asked.list or not names:
        print("\n".join(names) or "no job has such a name")
        return 0 if asked.list else 1
    forget_others(keeps)
    seconds = run_missing(list(zip(checkouts, keeps, jobs, strict=True)), afresh=asked.afresh)
    written = asked.keep / "differences" / keeps[1].name
    shutil.rmtree(written, ignore_errors=True)
    found: dict[str, list[Difference]] = {}
    for name in names:
        if all(name in of for of in jobs):
            folders = [keep / folder_name(name) for keep in keeps]
            before, after = (
                Digest.kept(of[name], folder) for of, folder in zip(jobs, folders, strict=True)
            )
            found[name] = list(differences(before, after, written / folder_name(name)))
        else:
            found[name] = [
                Difference(GONE if name in jobs[0] else AFTER, "the job", fails=name in jobs[0])
            ]
        print("\n".join(lines_of(name, found[name])), flush=True)
    every = [difference for of in found.values() for difference in of]
    counts = [f"{sum(not of for of in found.values())} of {len(found)} jobs the same"]
    counts += [
        f"{kind}: {n}" for kind, n in Counter(difference.kind for difference in every).items()
    ]
    print(
        f"\n{', '.join(counts)}. {seconds:,.0f} s of processor time now. Whole differences: {written}"
    )
    return int(any(difference.fails for difference in every) or (asked.strict and bool(every)))


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=Path, help="a checkout from before the change")
    parser.add_argument("after", type=Path, help="the checkout to compare with it")
    parser.add_argument(
        "--only", default="", help="jobs, by name or by folder, with commas between"
    )
    parser.add_argument("--slow", action="store_true", help="the slow jobs, too")
    parser.add_argument("--strict", action="store_true", help="exit code 1 also if a text differs")
    parser.add_argument(
        "--afresh", action="store_true", help="run AFTER again, though its digests are kept"
    )
    parser.add_argument("--list", action="store_true", help="name the jobs, and stop")
    default = Path(tempfile.gettempdir()) / "same_answers"
    parser.add_argument(
        "--keep", type=Path, default=default, help=f"where digests are kept (default: {default})"
    )
    asked = parser.parse_args()
    for checkout in (asked.before, asked.after):
        if not (checkout / "simulation").is_dir() or not (checkout / "configs" / "study").is_dir():
            parser.error(f"{checkout} is no checkout: it has no simulation or no configs/study")
    return asked


def name_of(checkout: Path) -> str:
    """The name under which a checkout's digests are kept: where it is, and a hash of its program and configurations."""
    state = hashlib.sha256()
    for folder in ("simulation", "configs"):
        for path in sorted((checkout / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                state.update(f"{path.relative_to(checkout).as_posix()} {content}\n".encode())
    place = hashlib.sha256(str(checkout).encode()).hexdigest()
    return f"{checkout.name}-{place[:6]}-{state.hexdigest()[:12]}"


def folder_name(job: str) -> str:
    """The folder of a job's digest."""
    return job.replace("/", ".")


def chosen(jobs: dict[str, Job], only: str, *, slow: bool) -> dict[str, Job]:
    """The jobs that were asked for; a slow one if it was named, or with --slow."""
    words = [word for word in only.split(",") if word]
    named = {
        name: job
        for name, job in jobs.items()
        if any((name + "/").startswith(word + "/") for word in words)
    }
    return (
        named or {} if words else {name: job for name, job in jobs.items() if slow or not job.slow}
    )


def forget_others(keeps: Sequence[Path]) -> None:
    """Delete digests of the same checkouts in other states."""
    for keep in keeps:
        for other in keep.parent.glob(f"{keep.name.rpartition('-')[0]}-*"):
            if other not in keeps:
                shutil.rmtree(other, ignore_errors=True)


def run_missing(asked: Sequence[tuple[Path, Path, Mapping[str, Job]]], *, afresh: bool) -> float:
    """Run the jobs of each checkout that are not kept, two at once if there are two processors; seconds they took.

    `afresh`: the jobs of the last checkout are run, kept or not.
    """
    missing = {
        keep / folder_name(job.name): (job, checkout, keep / folder_name(job.name))
        for number, (checkout, keep, jobs) in enumerate(asked)
        for job in jobs.values()
        if (afresh and number == len(asked) - 1)
        or Digest.kept(job, keep / folder_name(job.name)) is None
    }
    waiting = sorted(missing.values(), key=lambda run: run[0].slow)
    done = 0.0
    with ThreadPoolExecutor(min(2, len(os.sched_getaffinity(0)))) as threads:
        runs = {threads.submit(of_job, *run): run for run in waiting}
        for run in as_completed(runs):
            job, checkout, _ = runs[run]
            done += run.result()
            print(
                f"ran {job.name} of {checkout}: {run.result():.0f} s of processor time",
                file=sys.stderr,
                flush=True,
            )
    return done


def lines_of(job: str, found: Sequence[Difference]) -> Iterator[str]:
    """What is printed of a job."""
    if not found:
        yield f"{job}  same"
        return
    yield job
    for difference in found:
        first, *others = difference.words or ("",)
        yield f"  {difference.kind:<14}  {difference.name}  {first}".rstrip()
        yield from (f"      {line[:160]}" for line in others)


if __name__ == "__main__":
    sys.exit(main())
