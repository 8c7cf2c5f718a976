"""Commands that write or read files of the user's own: departments, offers, records, and schemas for an editor."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.commands.command_line import CommandLine, usage
from simulation.display.document import Words, lines_of, print_blocks
from simulation.errors import Faults, refuse
from simulation.wording import spaced

if TYPE_CHECKING:
    from simulation.config.groups import FileKind
    from simulation.extracts.extract import Extract
    from simulation.trusts.search import Trust

ANSWERS = "offer.yaml"
"""Where answers of an interview are kept, unless another file is named."""
COUNTRY = "england"
"""What is said in place of a trust's name for all trusts together."""


def new(line: CommandLine) -> int:
    """Write a department, and say what to do next."""
    from simulation.config import load, packaged_configs
    from simulation.config.new import HEADS, new_scaled_department
    from simulation.report.show import scaled_lines

    what, name = line.words
    source = line["from"]
    if what == "product":
        refuse("new product", "is now an interview", "Say: aeflow offer")
    if what != "department" or bool(source) == bool(line.answers):
        refuse("new", f"found '{' '.join(line.words)}'", f"Say: {usage('new')}")
    if source is not None:
        _copy(name, source, line)
    else:
        # scale the typical department; say what its files are, and how full its beds will be
        for path in new_scaled_department(name, line.answers, line.own_configs):
            print(f"{path}: {HEADS[path.parent.name]}.")
        print("Every number there says how it was derived.\n")
        typical = load(config_dir=packaged_configs())
        print(*scaled_lines(line.study([f"study={name}"]), typical), sep="\n")
    print(f"\nRun it:          aeflow compare study={name}{line.config_option}")
    print(f"Look at it:      aeflow show study={name}{line.config_option}")
    print(
        "Then change it:  every key is in docs/vocabulary.md; a message says what is wrong and what to do."
    )
    if source is None:
        print(f"Offered an AI?   aeflow offer{line.config_option}")
    return 0


def _copy(name: str, source: str, line: CommandLine) -> None:
    """Copy a department alone, and say what its files are."""
    from simulation.config.new import new_department

    department, study = new_department(name, source, line.own_configs)
    print(
        f"{department}: the department. Who comes, what happens to them, with whom and for how long."
    )
    print(f"{study}: the question. What is compared, and by which measures.")


def offer(line: CommandLine) -> int:
    """Ask, or read, the answers; say how they were read; write department, product and study, and what to do next.

    A question's key with a value (`used_share='80 %'`) stands in the place of the answer in the file.
    """
    from simulation.config.writing import write_texts
    from simulation.offers.asking import answers_in, interview, template
    from simulation.offers.interview import check
    from simulation.offers.offer import changed_answers, name_of, read_back, write_offer

    if file := line["template"]:
        write_texts({Path(file): template()}, "Name another file")
        print(f"{file}: every question. Fill in what you know: aeflow offer answers={file}")
        return 0
    changed, n = line.answers, line["departments"]
    path, folder = Path(line["answers"] or ANSWERS), line.own_configs
    from_file = bool(line["answers"] or changed)
    stated = answers_in(path) if from_file or path.exists() else {}
    whole = bool(stated)  # answers that are asked now are read back as they are given
    if not from_file and not interview(stated, path, ask=input, say=print):
        return 0
    answers = {**stated, **changed}
    checked = check(answers, path.parent)
    _print_indented(*read_back(checked, whole=whole))
    checked.all_faults.refuse("The answers cannot be used")
    if line["check"] or not _is_right(path, ask=not from_file or sys.stdin.isatty()):
        return 0
    name = line["name"] or name_of(checked.values.product, folder)
    with _years_shown(n) as done:
        of_departments, of_labels = write_offer(
            answers, folder, tables=path.parent, name=name, n=n, progress=done,
            differs=changed_answers(stated, changed), results=Path(line["results"]),
            say=_print_indented,
        )  # fmt: skip
    print(f"\n{of_departments[0]}:")
    _print_indented(*of_departments[1:])
    for number, words in enumerate(of_labels):
        print(*lines_of(words, "  " if number else "", "      "), sep="\n")
    print(f"\nThe answer, in some minutes: aeflow compare study={name}{line.config_option}")
    return 0


def trust(line: CommandLine) -> int:
    """Print what is published of the trusts of a name, or write it as answers of an offer; without a name, list all."""
    from simulation.config.writing import write_texts
    from simulation.offers.asking import template
    from simulation.trusts.search import answers_of_trust, facts_of_trust, find, trusts

    if " ".join(line.words).casefold() == COUNTRY:
        return _hold_country(line)
    found = find(" ".join(line.words)) if line.words else tuple(trusts().values())
    if len(found) > 1:
        print(*(f"{one.code}  {one.published.name}" for one in found), sep="\n")
        print("Next, with one of these codes: aeflow trust CODE")
        return 0
    (one,) = found
    print(f"{one.published.name} ({one.code})")
    _print_indented(*facts_of_trust(one))
    if not one.published.usable:
        return 1
    if file := line["write"]:
        write_texts({Path(file): template(answers_of_trust(one))}, "Name another file")
        print(f"{file}: its figures as answers, and every other question.")
    if line["out"]:
        return _hold_trust(one, line)
    file = file or f"{one.code.lower()}.yaml"
    write = "" if line["write"] else f"aeflow trust {one.code} write={file}, then "
    print(f"Next: {write}fill in what was offered to you, and aeflow offer answers={file}")
    print(f"Or, departments with its figures: aeflow trust {one.code} out={one.code.lower()}")
    return 0


def _hold_country(line: CommandLine) -> int:
    """Write departments of every trust, taken from the sets that come with aeflow, and a study over them."""
    from simulation.config.new import name_faults
    from simulation.config.writing import write_files
    from simulation.fits.country import CountryDepartments

    if not (name := line["out"]):
        refuse("trust", f"'{COUNTRY}' is all trusts", f"Say: aeflow trust {COUNTRY} out=national")
    kinds = ("ensembles", "run", "study")
    Faults(name_faults(name, line.own_configs, kinds, "a country")).refuse()
    made = CountryDepartments(name)
    print(*write_files(made.texts, name, line.own_configs), sep="\n")
    print_blocks(map(Words, made.sentences()))
    print(f"\nNext: aeflow compare study={name} arms=ai_scribe_measured{line.config_option}")
    return 0


def _hold_trust(one: Trust, line: CommandLine) -> int:
    """Make departments with a trust's published figures, and write them and a study over them; the exit code is 1 where
    too few meet the figures."""
    from simulation.config.new import name_faults
    from simulation.config.writing import write_files
    from simulation.fits.trust_set import TrustFigures, hold, shipped

    name, n = line["out"], line["departments"]
    Faults(name_faults(name, line.own_configs, ("ensembles", "study"), "a set")).refuse()
    figures = TrustFigures(one, name)
    if (held := shipped(figures, n)) is None:
        with _years_shown(n) as done:
            held = hold(figures, n, results=Path(line["results"]), progress=done)
    print()
    print_blocks([held.table])
    if not held.n_met:
        return 1
    print(*write_files(held.texts, name, line.own_configs), sep="\n")
    twice = f"run.replications={2 * held.n_met}"  # each, as in the default study
    print(f"\nNext: aeflow compare study={name} {twice}{line.config_option}")
    return 0


@contextmanager
def _years_shown(n: int) -> Iterator[Callable[[int, int], None]]:
    """Show how many years of `n` departments are simulated; gives what is called with those done and all."""
    from simulation.display.progress import progress

    with progress(7 * n, what="years") as shown:

        def done(n_done: int, of: int) -> None:
            shown.planning(of)
            shown.done(n_done)

        yield done


def _print_indented(*sentences: str) -> None:
    for sentence in sentences:
        print(*lines_of(sentence, "  ", "      "), sep="\n")


def _is_right(path: Path, *, ask: bool) -> bool:
    """Whether somebody at the terminal says that the answers were read as they were meant; True if nobody is asked."""
    try:
        said = input("Is this right? Enter goes on, no stops: ") if ask else ""
    except EOFError:
        said = "no"
    if not (is_right := said.strip().casefold() in ("", "y", "yes")):
        print(
            f"Stopped. Change {path}, or one answer: aeflow offer answers={path} used_share='80 %'"
        )
    return is_right


def extract(line: CommandLine) -> int:
    """Draft a mapping for a file, or read the file by one and say what was found; `log=`: write its events, too."""
    from simulation.config.new import name_faults
    from simulation.config.writing import write_files
    from simulation.extracts.extract import GROUP, draft

    if line.words[0] == "draft":
        # write a mapping for a file, and say what to correct in it
        if len(line.words) != 2:
            refuse("extract draft", "found 0 files", "Say: aeflow extract draft FILE")
        file = line.words[1]
        name = line["name"] or mapping_of(file)
        Faults(name_faults(name, line.own_configs, (), "a mapping")).refuse()
        text = draft(file)
        for path in write_files({GROUP: text}, name, line.own_configs):
            print(f"{path}: what each column seems to be. Correct it.")
        print(*re.findall("# ((?:Not|No column) .*)", text), sep="\n")
        other = "" if name == mapping_of(file) else f" mapping={name}"
        print(f"\nNext: aeflow extract {file}{other}{line.config_option}")
        return 0
    if len(line.words) > 1:
        found = f"found '{' '.join(line.words)}'"
        refuse("extract", found, "Say: aeflow extract draft FILE, or aeflow extract FILE")
    read = _read(line.words[0], line)
    print_blocks((read.dirt, read.main))
    if log := line["log"]:
        from simulation.extracts.logs import write_log

        n_events = write_log(read, Path(log), exact_dates=line["exact_dates"])
        print(f"\n{log}: {n_events:,} events, dates {'exact' if line['exact_dates'] else 'moved'}.")
    print(f"\nNext: aeflow fit extract={line.words[0]} out=mine{_mapped(line)}")
    return 0


def _mapped(line: CommandLine) -> str:
    """The mapping and the folder of configurations that a command was given, for the next one."""
    return f"{' mapping=' + line['mapping'] if line['mapping'] else ''}{line.config_option}"


def mapping_of(file: str) -> str:
    """The name of a file's mapping, where none is named.

    >>> mapping_of("exports/A&E 2025.csv.gz")
    'a_e_2025'
    """
    return (
        re.sub(r"[^a-z0-9]+", "_", Path(file).name.partition(".")[0].casefold()).strip("_")
        or "extract"
    )


def _read(file: str, line: CommandLine) -> Extract:
    from simulation.extracts.extract import read_extract

    return read_extract(file, line["mapping"] or mapping_of(file), config_dir=line.config_dir)


def fit(line: CommandLine) -> int:
    """Fit a department to an extract and hold a set of such departments to it; write files and a page, and say what was
    not identified. The exit code is 1 where no set gives the figures of the extract."""
    from simulation.fits.department import fit_department, taken_faults
    from simulation.fits.fitting import cautions
    from simulation.fits.records import PACKAGED_NURSE
    from simulation.fits.solved import solve
    from simulation.fits.stated import stated_department

    name = line["out"]
    Faults(taken_faults(name, line.own_configs)).refuse()
    stated_department(line.answers)  # faults before a long reading
    read = _read(line["extract"], line)
    fitted = fit_department(
        read,
        name,
        stated=line.answers,
        answers=line["answers"],
        nurse=line["nurse"] or PACKAGED_NURSE,
        config_dir=line.config_dir,
    )
    drawn = fitted.drawn() if line["departments"] else ()
    print_blocks(map(Words, (*cautions(read), *drawn)))
    given = fitted.stated.words.items()
    print_blocks(Words(f"{spaced(key)}: {was}, as stated", "point") for key, was in given)
    fitted.write_configs(line.own_configs, overwrite=line["overwrite"], but="study")
    results, held = Path(line["results"]), None
    if n := line["departments"]:
        with _years_shown(n) as done:
            held = solve(fitted, n, results=results, progress=done)
        print()
        print_blocks([held.table if held.faults else replace(held.table, notes=())])
    n_met, texts = (held.n_met, held.texts) if held else (0, {})
    stated = " ".join(f"{key}={shlex.quote(str(words))}" for key, words in line.answers.items())
    fitted.write_configs(line.own_configs, overwrite=line["overwrite"], held=texts)
    step = (
        f"aeflow compare study={name}{line.config_option}"
        if n_met
        else f"aeflow fit extract={line['extract']} out={name}{_mapped(line)} overwrite=true "
        + (stated or "doctors='7 8-16, 5 16-24, 4 0-8' (what you know of staff and places)")
    )
    page = fitted.write_page(results, line.own_configs, held.table if held else None, n_met, step)
    print(f"Every number and where it is from: {page}\n\nNext: {step}")
    return int(n > 0 and n_met == 0)


def trace(line: CommandLine) -> int:
    """Simulate an extract's attendances again under the arms of a study; print and write what came out."""
    from simulation.display.progress import progress
    from simulation.extracts.page import write_pages
    from simulation.fits.trace import trace as simulate_again

    read, number = _read(line["extract"], line), line["imputations"]
    study = line.study(run="weeks")
    with progress(number, what="imputations") as shown:
        traced = simulate_again(read, study, imputations=number, done=shown.done)
    sentences = list(traced.sentences())
    print()
    print_blocks((*map(Words, sentences), traced.tables["factual"], traced.tables["effects"]))
    title = f"{read.name} simulated again"
    tables = [*traced.tables.values(), read.dirt, read.tables["columns"]]
    step = (
        f"aeflow app{line.config_option}"
        if traced.is_near
        else f"aeflow fit extract={line['extract']} out=mine{_mapped(line)}"
    )
    page = write_pages(Path(line["results"]), title, sentences, tables, traced.pictures, step)
    print(f"\n{page}\n\nNext: {step}")
    return 0


def file_kinds() -> Mapping[str, FileKind]:
    """Every kind of configuration file by name: those of a study, and those of the wings, which are listed here."""
    from simulation.assurance.targets import TargetFile
    from simulation.config.groups import FILE_KINDS, FileKind
    from simulation.evaluation.design import Deviation, EvaluatedOutcomes, EvaluationDesign
    from simulation.extracts.mapping import ExtractMapping
    from simulation.vetting.bench import Vetting
    from simulation.vetting.cases import CaseMapping, Vignettes
    from simulation.vetting.llm import Prompt

    for name, states, about in (
        ("targets", TargetFile, "Published figures that a department is held against."),
        ("vetting", Vetting, "A triage AI, its cases and criteria."),
        ("cases", CaseMapping, "How a CSV file of labelled cases is read."),
        ("prompt", Prompt, "What a language model is told and asked."),
        ("vignettes", Vignettes, "Templates of made-up patients."),
        ("evaluation", EvaluationDesign, "A design of an evaluation: who switches when."),
        ("deviations", Deviation, "A way in which an evaluation goes otherwise than planned."),
        ("outcomes", EvaluatedOutcomes, "The outcomes of an evaluation."),
        ("extract", ExtractMapping, "How an extract of attendances is read."),
    ):
        FILE_KINDS[name] = FileKind(states, about, f"{name}/**/*.yaml")
    return FILE_KINDS


def schema(line: CommandLine) -> int:
    """Print or write the JSON Schema of each kind of file, or list the kinds."""
    from simulation.config.schema import schema_of, schema_text, write_schemas

    kinds = file_kinds()
    for name in line.words:
        schema_of(name)  # an unknown name is refused before anything is written
    if line["folder"]:
        for path in write_schemas(Path(line["folder"]), line.words or kinds):
            print(path)
    elif line.words:
        print(schema_text(line.words[0]), end="")
    else:
        print("\n".join(f"  {name:12} {kind.about} ({kind.files})" for name, kind in kinds.items()))
    return 0
