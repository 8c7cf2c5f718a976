"""`aeflow validate`: theory and published models, then the site against published figures and its responses."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from simulation.assurance.figures import MONTHS, Begin
from simulation.assurance.known_effects import as_lines as effect_lines
from simulation.assurance.known_effects import validate_known_effects
from simulation.assurance.responses import as_lines as response_lines
from simulation.assurance.responses import validate_responses
from simulation.assurance.site_table import WEEKS_NEEDED, Row, Table, predictions_path, validate_site, write_predictions
from simulation.assurance.targets import KINDS, Kind, passed_by, targets_for
from simulation.assurance.theory.rows import (
    FALSE_ALARM,
    MUTATIONS,
    VALUES,
    Effort,
    TheoryRow,
    caught,
    rerun_threshold,
    theory_rows,
    threshold,
)
from simulation.assurance.theory.treatment_centre import as_lines as model_lines
from simulation.assurance.theory.treatment_centre import treatment_centre_rows
from simulation.config import load, packaged_configs, search_folders
from simulation.config.composing import stated_in
from simulation.config.folders import names_in
from simulation.errors import ConfigError, Fault, nearest
from simulation.explain.statements import BANNER
from simulation.report.progress import progress

PARTS = ("theory", "models", "site", "responses")
"""The parts that run by default. Known effects are run on request: they are of an ensemble, not of one site."""
OPTIONS_OF_COMMAND = {
    "only": ("all", *PARTS, "known_effects"),
    "power": ("false", "true"),
    "predictions": ("check", "write"),
}
"""The allowed values of this command's own options, the default first: which part to run, whether to show the power of
the theory rows, and whether to write the predictions file."""
TARGETS = "targets"
"""The option that names the file of targets for the site."""

MOST_NAMED = 3
"""The number of rows that are named, of those that notice a mutation."""


def validate(overrides: Sequence[str], *, config_dir: str | None = None, say: Callable[[str], None]) -> int:
    """The number of rows that count and failed, printed with all the others. Raises ConfigError for unknown options."""
    options, targets, configuration = _split(overrides)
    load(*configuration, config_dir=config_dir)  # reports a mistake before a minute's work, not after it
    say(f"aeflow validate. {BANNER}")
    parts = PARTS if options["only"] == "all" else (options["only"],)
    begin = partial(_with_progress, say)
    failed = 0
    if "theory" in parts:
        failed += _say_theory(say)
    if "models" in parts:
        rows = treatment_centre_rows("compiled")
        say("\n".join((*model_lines(rows), "")))
        failed += sum(not row.passed for row in rows)
    if options["power"] == "true":
        failed += _say_power(say)
    if "site" in parts:
        write = options["predictions"] == "write"
        failed += _say_site(configuration, config_dir, say, begin, targets=targets, write=write)
    if "responses" in parts:
        if "site" in parts:
            say("")
        say("\n".join(response_lines(validate_responses(configuration, config_dir=config_dir, begin=begin))))
    if "known_effects" in parts:
        say("")
        say("\n".join(effect_lines(validate_known_effects(configuration, config_dir=config_dir, begin=begin))))
    return failed


def _say_site(
    overrides: Sequence[str],
    config_dir: str | None,
    say: Callable[[str], None],
    begin: Begin,
    *,
    targets: str | None,
    write: bool,
) -> int:
    """The number of rows that count and did not pass, printed with the rest of the site's table."""
    folders = search_folders(config_dir)
    if targets is None:
        targets = targets_for(stated_in(overrides, folders).choices, folders)
        if not_used := passed_by(targets, folders):
            say(not_used)
    table = validate_site(overrides, targets=targets, config_dir=config_dir, begin=begin)
    say("\n".join(as_lines(table)))
    if table.failed:
        hint = "docs/how-to/own-targets.md, step 3, says what to move."
        if table.targets in names_in(TARGETS, [packaged_configs()]):
            hint = "docs/validation.md explains the rows of the packaged site that do not pass."
        say(f"{hint} The exit code is 1.")
    if write:
        path = predictions_path()
        write_predictions(path, table)
        say(f"Predictions written: {path}")
    return len(table.failed)


@contextmanager
def _with_progress(say: Callable[[str], None], words: str, n_replications: int) -> Iterator[Callable[[int], None]]:
    """A `Begin` that prints what is simulated and shows a progress bar."""
    say(f"{words}.")
    with progress(n_replications) as shown:
        yield shown.done


def _split(overrides: Sequence[str]) -> tuple[dict[str, str], str | None, list[str]]:
    """The options of this command, the name of the targets, and the overrides of the configuration."""
    options = {name: allowed[0] for name, allowed in OPTIONS_OF_COMMAND.items()}
    configuration, targets = [], None
    for override in overrides:
        key, _, value = override.partition("=")
        if key == TARGETS:
            targets = value
        elif key not in OPTIONS_OF_COMMAND:
            configuration.append(override)
        elif value not in OPTIONS_OF_COMMAND[key]:
            raise ConfigError([Fault(override, f"{key} is '{value}'", nearest(value, OPTIONS_OF_COMMAND[key]))])
        else:
            options[key] = value
    only = options["only"]
    if targets is not None and only not in ("all", "site"):
        remedy = "Leave targets= out, or say only=site"
        raise ConfigError([Fault(f"targets={targets}", f"only={only} has targets of its own", remedy)])
    if options["predictions"] == "write" and only not in ("all", "site"):
        remedy = "Leave only= out, or say only=site"
        raise ConfigError([Fault("predictions=write", f"only={only} predicts nothing", remedy)])
    return options, targets, configuration


def _say_theory(say: Callable[[str], None]) -> int:
    """The number of theory rows that failed, printed with all the others."""
    say(
        "\nTheory: queues known exactly beside the compiled engine (equal to the reference bit for bit)\n"
        f"A row passes within {threshold(VALUES):.2f} standard errors of {VALUES} values. Beyond "
        f"{rerun_threshold(VALUES):.2f} it is run again with other random variates,\nand fails if it is beyond them "
        f"again on the same side. At each look a right engine fails any row with a probability of {FALSE_ALARM:.1%} "
        "at most.\n"
        "INCONCLUSIVE: the standard error is too large to say."
    )
    rows = theory_rows(Effort("compiled"))
    say("\n".join(map(_theory_line, rows)))
    failed = sum(not (row.passed and row.sharp) for row in rows)
    body, tails = (max(row.relative_error for row in rows if row.tail == tail) for tail in (False, True))
    say(
        f"{len(rows) - failed} of {len(rows)} theory rows pass. "
        f"Largest standard error {body:.2%} of what is expected, of tails (t) {tails:.2%}. "
        "power=true shows which rows notice that something is broken.\n"
    )
    return failed


def _theory_line(row: TheoryRow) -> str:
    word = "FAIL" if not row.passed else "PASS" if row.sharp else "INCONCLUSIVE"
    what = f"{row.group}: {row.name}{' (t)' if row.tail else ''}"
    again = "" if row.z_again is None else f" (again: {row.z_again:+.1f})"
    return (
        f"  {word:<12} {what:<82} expected {row.expected:9.3f}  found {row.found:9.3f} +- {row.standard_error:.4f} "
        f"({row.relative_error:.2%}) {row.unit}  z {row.z:+.1f}{again}  {row.source}"
    )


def _say_power(say: Callable[[str], None]) -> int:
    """The number of mutations that no theory row noticed, printed with those that some did."""
    say("Power: the theory rows again with one thing broken at a time (about a minute each). Each must fail a row")
    missed = 0
    for mutation in MUTATIONS:
        result = caught(mutation, Effort("compiled"))
        missed += not result.failed
        say(
            f"  {'PASS' if result.failed else 'FAIL'}  {mutation.name:<42} "
            f"{len(result.failed):>2} of {len(result.rows)} rows notice, largest |z| {result.largest_z:.1f}: "
            + ("; ".join(f"{row.group}: {row.name}" for row in result.failed[:MOST_NAMED]) or "none")
            + ("; ..." if len(result.failed) > MOST_NAMED else "")
        )
    say("")
    return missed


HASH_LENGTH = 12
HEADINGS: Mapping[Kind, str] = {
    "input": "Inputs (set by hand; shown, not counted)",
    "calibrated": "Calibrated (the fitted values below were chosen to meet these)",
    "plausible": "Plausible (bounds nobody published)",
    "predicted": "Predicted (not used in choosing the fitted values)",
    "response": "Response (what a change does, on the same patients; beside trusts' history: only=responses)",
}


def as_lines(table: Table) -> list[str]:
    """The lines of the table: what failed and why, every fitted value, and what is printed but not judged."""
    lines = [
        f"Site {table.site}: {table.replications} replications, {table.weeks:.0f} weeks measured, "
        f"engine {table.engine}, {table.seconds:.0f} s. Held against targets/{table.targets}.yaml.",
        "A row passes where its value is in the band. INCONCLUSIVE: it is, but its 95 % interval over all "
        "replications is wider than the band (or, of a band that is open on one side, reaches across the bound).",
    ]
    if table.weeks < WEEKS_NEEDED:
        lines.append(f"Judged on fewer than {WEEKS_NEEDED} weeks: not a validation. Leave run= out.")
    for kind in KINDS:
        rows = [row for row in table.rows if row.target.kind == kind]
        if rows:
            lines += ["", f"{HEADINGS[kind]}: {_count(rows, kind)}", *(_row_line(row) for row in rows)]
    if table.fewer_in:
        lines.append(
            f"  The clinician fewer is one of {table.fewer_in}. The department adapts as it always does, unless a row "
            "says that nobody reacts."
        )
    lines += _failure_lines(table)
    if table.differs:
        lines += ["", f"What differs from the typical department: {len(table.differs)} values"]
        lines += [f"  {line}" for line in table.differs]
    return [*lines, *_calibration_lines(table), *_hour_lines(table)]


def _count(rows: Sequence[Row], kind: Kind) -> str:
    judged = [row for row in rows if row.passed is not None]
    words = f"{sum(row.word == 'PASS' for row in judged)} of {len(judged)} pass"
    printed = len(rows) - len(judged)
    words += f", {printed} printed only" if printed else ""
    return f"{words}, not counted" if kind == "input" else words


def _row_line(row: Row) -> str:
    target, months = row.target, ""
    if target.months is not None:
        first, last = (MONTHS[month - 1] for month in target.months)
        months = f", mean of months {first} to {last}"
    band = f"{_number(target.low)} to {_number(target.high)}" if target.banded else "no band"
    value = f"{_number(row.found)} +- {_number(row.standard_error)}"
    return f"  {row.word:<12} {target.name:<58} {value:<20} [{band}] {target.unit}{months}. {target.source}"


def _number(value: float | None) -> str:
    """A number or a bound as text: shares have three decimals, minutes one."""
    if value is None:
        return "open"
    if not math.isfinite(value):
        return "none"
    size = abs(value)
    return f"{value:.4f}" if size < 0.01 else f"{value:.3f}" if size < 2 else f"{value:.1f}"


def _failure_lines(table: Table) -> list[str]:
    n_inconclusive = sum(row.word == "INCONCLUSIVE" for row in table.failed)
    n_counted = sum(row.counts for row in table.rows)
    lines = [
        "",
        f"{len(table.failed)} of {n_counted} rows that count do not pass: {n_inconclusive} of them INCONCLUSIVE.",
    ]
    for row in table.rows:
        if row.word in ("FAIL", "INCONCLUSIVE"):
            aside = " (not counted)" if not row.counts else ""
            name, note = row.target.name, row.target.note.strip()
            lines.append(f"  {row.word}{aside}  {name}: {_number(row.found)} {_side(row)}. {note}")
    return lines


def _side(row: Row) -> str:
    """Where the value lies, and whether its interval reaches elsewhere."""
    if not math.isfinite(row.found):
        return "is not known"
    low, high = row.found - row.half_width, row.found + row.half_width
    interval = f"95 % interval, {_number(low)} to {_number(high)},"
    if row.word == "INCONCLUSIVE":
        return f"is within its band, but the {interval} is too wide"
    least, most = row.target.low, row.target.high
    if least is not None and row.found <= least:
        side, reaches = f"is below {_number(least)}", high >= least
    else:
        side, reaches = f"is above {_number(most)}", most is not None and low <= most
    return f"{side} (its {interval} reaches the band)" if reaches else side


def _calibration_lines(table: Table) -> list[str]:
    if not table.calibration_file:
        return []
    short = table.calibration_sha256[:HASH_LENGTH]
    lines = ["", f"Fitted values: {len(table.calibration)}, {table.calibration_file}, sha256 {short}"]
    if table.overridden:
        lines.append(f"  Overridden in this run, so not what the hash stands for: {', '.join(table.overridden)}")
    lines.append(f"  {_predictions_line(table)}")
    lines += [
        f"  {parameter.name:<30} {parameter.value:<8g} of {parameter.low:g} to {parameter.high:g}"
        for parameter in table.calibration
    ]
    return lines


def _predictions_line(table: Table) -> str:
    if (predicted := table.predictions) is None:
        return "No predictions are on file for these fitted values."
    made_with = predicted.calibration_sha256
    begins = f"The predictions of {predicted.made_on} were made with sha256 {made_with[:HASH_LENGTH]}"
    if made_with == table.calibration_sha256 and not table.overridden:
        return f"{begins}: the same fitted values."
    return f"{begins}: NOT with these fitted values. They are not about this run."


def _hour_lines(table: Table) -> list[str]:
    def line(name: str, values: Iterable[float]) -> str:
        return f"{name:<34}" + " ".join(f"{value:4.0f}" for value in values)

    return [
        "",
        line("By clock hour", range(24)),
        line("within 4 h, % by hour of arrival", 100 * table.four_hours_by_hour),
        *(
            f"{line(f'load of {load_.pool}, %', 100 * load_.by_hour)}  {100 * load_.weekly:.0f} over the week"
            for load_ in table.triage_load
        ),
    ]
