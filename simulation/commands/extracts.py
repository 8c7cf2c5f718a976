"""`aeflow extract` and `aeflow fit`: a department's own records read, written as a log, fitted and run again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.commands.command_line import (
    load_study,
    options,
    split_config_dir,
    split_own,
    with_config_dir,
)
from simulation.display.table import lines_of, print_tables
from simulation.errors import Faults, nearest, refuse

if TYPE_CHECKING:
    from simulation.extracts.extract import Extract

READ = ("mapping", "log", "name")
TRACED = ("extract", "mapping", "arms", "imputations", "results")
MOST_IMPUTATIONS = 200
FITTED = ("extract", "mapping", "out", "answers", "nurse", "results", "overwrite")


def extract(words: list[str]) -> int:
    """Draft a mapping for a file, or read the file by one and say what was found; `log=`: write its events, too."""
    own, others = split_own(words, READ)
    files, config_dir = split_config_dir(others)
    if files[:1] == ["draft"]:
        return _draft(files[1:], own.get("name"), config_dir)
    if len(files) != 1 or "=" in files[0]:
        refuse(
            "extract",
            f"found '{' '.join(words)}'",
            "Say: aeflow extract draft FILE, or aeflow extract FILE",
        )
    read = _read(files[0], own.get("mapping"), config_dir)
    print_tables(read.tables.values())
    if "log" in own:
        from simulation.extracts.logs import write_log

        print(
            f"\n{own['log']}: {write_log(read, Path(own['log'])):,} events, by the row of each attendance."
        )
    return 0


def fit(words: list[str]) -> int:
    """Fit a department to an extract, write its files and a page, and say what was not identified."""
    from simulation.extracts.department import PACKAGED_NURSE, fit_department
    from simulation.extracts.stated import stated_department, stated_keys
    from simulation.extracts.written import taken_faults

    own, others = split_own(words, FITTED)
    stated, others = split_own(others, stated_keys())
    rest, config_dir = split_config_dir(others)
    if rest:
        refuse(
            rest[0],
            "is no key of aeflow fit",
            nearest(rest[0].split("=")[0], (*FITTED, *stated_keys())),
        )
    for key, what in (("extract", "a file"), ("out", "the new department")):
        if not own.get(key):
            refuse(key, f"names no {what.split()[-1]}", "Say: aeflow fit extract=FILE out=NAME")
    faults, overwrite = (
        Faults(taken_faults(own["out"], Path(config_dir or "configs"))),
        own.get("overwrite", "false"),
    )
    if overwrite not in ("true", "false"):
        faults.add("overwrite", f"found {overwrite}", "Allowed: true, false")
    faults.refuse()
    stated_department(stated)  # faults before a long reading
    read = _read(own["extract"], own.get("mapping"), config_dir)
    nurse, answers = own.get("nurse") or PACKAGED_NURSE, own.get("answers")
    fitted = fit_department(
        read, own["out"], stated=stated, answers=answers, nurse=nurse, config_dir=config_dir
    )
    print_tables([read.dirt, *fitted.tables.values()])
    folder = Path(config_dir or "configs")
    for path in fitted.write_configs(folder, overwrite=overwrite == "true"):
        print(path)
    page = fitted.write_page(
        Path(own.get("results") or "results"), None if config_dir is None else folder
    )
    print(f"{page}: observed beside fitted, with pictures")
    for line in fitted.next_steps(with_config_dir(config_dir)):
        print(*lines_of(line, "  ", "      "), sep="\n")
    return 0


def trace(words: list[str]) -> int:
    """Simulate an extract's attendances again under the arms of a study; print and write what came out."""
    from simulation.extracts.page import write_pages
    from simulation.extracts.trace import trace as simulate_again
    from simulation.report.progress import progress

    own, others = split_own(words, TRACED)
    overrides, config_dir = options(others)
    if not own.get("extract"):
        refuse("extract", "names no file", "Say: aeflow trace extract=FILE study=NAME")
    number = own.get("imputations", "20")
    if not number.isdecimal() or not 2 <= int(number) <= MOST_IMPUTATIONS:
        refuse("imputations", f"found {number}", f"Allowed: 2 to {MOST_IMPUTATIONS}")
    read = _read(own["extract"], own.get("mapping"), config_dir)
    study = load_study([*(["run=weeks"] if not any(word.startswith("run=") for word in overrides) else []), *overrides],
                       config_dir)  # fmt: skip
    if arms := [name for name in own.get("arms", "").split(",") if name]:
        study = study.of_arms(arms)
    with progress(int(number), what="imputations") as shown:
        traced = simulate_again(read, study, imputations=int(number), done=shown.done)
    print("", *(line for sentence in traced.sentences() for line in lines_of(sentence)), sep="\n")
    print_tables([read.dirt, *traced.tables.values()])
    title = f"{read.name} simulated again"
    tables = [*traced.tables.values(), read.dirt, read.tables["columns"]]
    print(
        f"\n{write_pages(Path(own.get('results') or 'results'), title, traced.sentences(), tables, [traced.picture])}"
    )
    return 0


def _draft(files: list[str], name: str | None, config_dir: str | None) -> int:
    from simulation.config.new import write_files
    from simulation.extracts.extract import GROUP, draft

    if len(files) != 1:
        refuse("extract draft", f"found {len(files)} files", "Say: aeflow extract draft FILE")
    called = name or mapping_of(files[0])
    for path in write_files({GROUP: draft(files[0])}, called, Path(config_dir or "configs")):
        print(f"{path}: what each column seems to be. Correct it, above all what codes mean. Then:")
    other = "" if called == mapping_of(files[0]) else f" mapping={called}"
    print(f"  aeflow extract {files[0]}{other}{with_config_dir(config_dir)}")
    return 0


def mapping_of(file: str) -> str:
    """The name of a file's mapping, where none is named.

    >>> mapping_of("exports/A&E 2025.csv.gz")
    'a_e_2025'
    """
    return (
        re.sub(r"[^a-z0-9]+", "_", Path(file).name.partition(".")[0].casefold()).strip("_")
        or "extract"
    )


def _read(file: str, mapping: str | None, config_dir: str | None) -> Extract:
    from simulation.extracts.extract import read_extract

    return read_extract(file, mapping or mapping_of(file), config_dir=config_dir)
