"""`aeflow validate`: theory and published models, then the site against published figures and its responses."""

from collections.abc import Sequence
from pathlib import Path

from simulation.assurance.known_effects import as_text as effect_text
from simulation.assurance.known_effects import validate_known_effects
from simulation.assurance.lines import text_of
from simulation.assurance.responses import as_text as response_text
from simulation.assurance.responses import validate_responses
from simulation.assurance.site_table import (
    WEEKS_NEEDED,
    FigureTable,
    predictions_path,
    validate_site,
    write_predictions,
)
from simulation.assurance.targets import MONTHS, Say, chosen_targets
from simulation.assurance.theory.rows import (
    FALSE_ALARM,
    MUTATIONS,
    VALUES,
    RunSize,
    caught,
    rerun_threshold,
    theory_rows,
    threshold,
)
from simulation.assurance.theory.treatment_centre import as_text as model_text
from simulation.assurance.theory.treatment_centre import treatment_centre_rows
from simulation.config import load, packaged_configs, search_folders
from simulation.config.composing import stated_in
from simulation.config.files import names_in
from simulation.errors import refuse
from simulation.study.statements import BANNER

PARTS = ("theory", "models", "site", "responses")
"""The parts that run by default. Known effects are run on request: they are of an ensemble, not of one site."""


def validate(
    overrides: Sequence[str],
    *,
    only: str = "all",
    targets: str | None = None,
    power: bool = False,
    write: bool = False,
    config_dir: str | None = None,
    say: Say,
) -> int:
    """The number of rows that count and failed, printed with all the others.

    `only`: the part to run; `targets`: the file of targets for the site; `power`: show the power of the theory rows;
    `write`: write the predictions file. Raises ConfigError for what does not go together.
    """
    if only not in ("all", "site"):
        if targets is not None:
            remedy = "Leave targets= out, or say only=site"
            refuse(f"targets={targets}", f"only={only} has targets of its own", remedy)
        if write:
            remedy = "Leave only= out, or say only=site"
            refuse("predictions=write", f"only={only} predicts nothing", remedy)
    # reports a mistake before a minute's work, not after it
    load(*overrides, config_dir=config_dir)
    say(f"aeflow validate. {BANNER}")
    parts = PARTS if only == "all" else (only,)
    failed = 0
    if "theory" in parts:
        failed += _say_theory(say)
    if "models" in parts:
        rows = treatment_centre_rows("compiled")
        say(model_text(rows) + "\n")
        failed += sum(not row.passed for row in rows)
    if power:
        failed += _say_power(say)
    if "site" in parts:
        failed += _say_site(overrides, config_dir, say, targets=targets, write=write)
    if "responses" in parts:
        if "site" in parts:
            say("")
        say(response_text(validate_responses(overrides, config_dir=config_dir, say=say)))
    if "known_effects" in parts:
        say("")
        say(effect_text(validate_known_effects(overrides, config_dir=config_dir, say=say)))
    return failed


def _say_site(
    overrides: Sequence[str],
    config_dir: str | None,
    say: Say,
    *,
    targets: str | None,
    write: bool,
) -> int:
    """The number of rows that count and did not pass, printed with the rest of the site's table."""
    folders = search_folders(config_dir)
    targets = chosen_targets(targets, stated_in(overrides, folders).choices, folders, say)
    table = validate_site(overrides, targets=targets, config_dir=config_dir, say=say)
    say(as_text(table))
    if table.failed:
        hint = "docs/how-to/own-targets.md, step 3, says what to move."
        if table.targets in names_in("targets", [packaged_configs()]):
            hint = "docs/validation.md explains the rows of the packaged site that do not pass."
        say(f"{hint} The exit code is 1.")
    if write:
        path = predictions_path(Path(table.calibration_file).stem)
        write_predictions(path, table)
        say(f"Predictions written: {path}")
    return len(table.failed)


def _say_theory(say: Say) -> int:
    """The number of theory rows that failed, printed with all the others."""
    say(
        "\nTheory: queues known exactly beside the compiled engine (equal to the reference bit for bit)\n"
        f"A row passes within {threshold(VALUES):.2f} standard errors of {VALUES} values. Beyond "
        f"{rerun_threshold(VALUES):.2f} it is run again with other random variates,\nand fails if it is beyond them "
        f"again on the same side. At each look a right engine fails any row with a probability of {FALSE_ALARM:.1%} "
        "at most.\n"
        "INCONCLUSIVE: the standard error is too large to say."
    )
    rows = theory_rows(RunSize("compiled"))
    failed = sum(not (row.passed and row.sharp) for row in rows)
    body, tails = (
        max(row.relative_error for row in rows if row.tail == tail) for tail in (False, True)
    )
    say(text_of("theory", rows=rows, n_failed=failed, body=body, tails=tails) + "\n")
    return failed


def _say_power(say: Say) -> int:
    """The number of mutations that no theory row noticed, printed with those that some did."""
    say(
        "Power: the theory rows again with one thing broken at a time (about a minute each). Each must fail a row"
    )
    missed = 0
    for mutation in MUTATIONS:
        result = caught(mutation, RunSize("compiled"))
        missed += not result.failed
        say(text_of("power", mutation=mutation, caught=result))
    say("")
    return missed


def as_text(table: FigureTable) -> str:
    """The table as text: what failed and why, every fitted value, and what is printed but not judged."""
    return text_of("site", table=table, weeks_needed=WEEKS_NEEDED, month_names=MONTHS)
