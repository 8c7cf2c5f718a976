"""`aeflow validate`: theory first, then the site against published figures; the number of rows that failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from simulation.config import load, packaged_configs, search_folders
from simulation.config.composing import stated_in
from simulation.config.folders import names_in
from simulation.config.targets import passed_by, targets_for
from simulation.errors import ConfigError, Fault, nearest
from simulation.explain.statements import BANNER
from simulation.renamed import OPTIONS
from simulation.report.progress import progress
from simulation.validation.known_effects import validate_known_effects
from simulation.validation.known_effects_words import as_lines as effect_lines
from simulation.validation.nhs import validate_site
from simulation.validation.predictions import predictions_path, write_predictions
from simulation.validation.response_words import as_lines as response_lines
from simulation.validation.responses import validate_responses
from simulation.validation.telling import Begin
from simulation.validation.words import as_lines
from simulation.verification.power import MUTATIONS, caught
from simulation.verification.theory import FALSE_ALARM, VALUES, Effort, TheoryRow, doubt, theory_rows, threshold
from simulation.verification.treatment_centre import as_lines as model_lines
from simulation.verification.treatment_centre import treatment_centre_rows

PARTS = ("theory", "models", "site", "responses")
"""What runs where nothing is chosen. Known effects are asked for by name: they are of an ensemble, not of one site."""
OWN = {
    "only": ("all", *PARTS, "known_effects"),
    "power": ("false", "true"),
    "predictions": ("check", "write"),
}
"""Options of this command alone, the first of each by default: which part to run, whether to show the power of the
theory rows, and whether to write the predictions file."""
TARGETS = "targets"
"""The option that names the file of targets for the site."""

MOST_NAMED = 3
"""Of the rows that notice a mutation, how many are named."""


def validate(overrides: Sequence[str], *, config_dir: str | None = None, say: Callable[[str], None]) -> int:
    """Print both tables; how many rows that count failed. Raises ConfigError for an option that it does not know."""
    own, targets, rest = _own(overrides)
    load(*rest, config_dir=config_dir)  # a mistake is told before a minute's work, not after it
    say(f"aeflow validate. {BANNER}")
    parts = PARTS if own["only"] == "all" else (own["only"],)
    begin = partial(_told, say)
    failed = 0
    if "theory" in parts:
        failed += _say_theory(say)
    if "models" in parts:
        rows = treatment_centre_rows("compiled")
        for line in (*model_lines(rows), ""):
            say(line)
        failed += sum(not row.passed for row in rows)
    if own["power"] == "true":
        failed += _say_power(say)
    if "site" in parts:
        failed += _say_site(rest, config_dir, say, begin, targets=targets, write=own["predictions"] == "write")
    if "responses" in parts:
        if "site" in parts:
            say("")
        for line in response_lines(validate_responses(rest, config_dir=config_dir, begin=begin)):
            say(line)
    if "known_effects" in parts:
        say("")
        for line in effect_lines(validate_known_effects(rest, config_dir=config_dir, begin=begin)):
            say(line)
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
    """Print the site's table; how many rows that count did not pass."""
    folders = search_folders(config_dir)
    if targets is None:
        targets = targets_for(stated_in(overrides, folders).choices, folders)
        if not_used := passed_by(targets, folders):
            say(not_used)
    table = validate_site(overrides, targets=targets, config_dir=config_dir, begin=begin)
    for line in as_lines(table):
        say(line)
    if table.failed:
        packaged = table.targets in names_in(TARGETS, [packaged_configs()])
        say(f"{EXPLAINED if packaged else TO_DO} The exit code is 1.")
    if write:
        path = Path(predictions_path())
        write_predictions(path, table)
        say(f"Predictions written: {path}")
    return len(table.failed)


EXPLAINED = "docs/validation.md explains the rows of the packaged site that do not pass."
TO_DO = "docs/how-to/own-targets.md, step 3, says what to move."


@contextmanager
def _told(say: Callable[[str], None], words: str, n_replications: int) -> Iterator[Callable[[int], None]]:
    """Say what is simulated, and show how far it is."""
    say(f"{words}.")
    with progress(n_replications) as told:
        yield told.done


def _own(overrides: Sequence[str]) -> tuple[dict[str, str], str | None, list[str]]:
    """The options of this command, the targets named, and the overrides of a configuration."""
    own = {name: allowed[0] for name, allowed in OWN.items()}
    rest, targets = [], None
    for override in overrides:
        key, _, value = override.partition("=")
        if key == TARGETS:
            targets = value
        elif key in OPTIONS:
            remedy = f"Say {OPTIONS[key]} for this part alone, or only=site for the site alone"
            raise ConfigError([Fault(override, "is no option any more", remedy)])
        elif key not in OWN:
            rest.append(override)
        elif value not in OWN[key]:
            raise ConfigError([Fault(override, f"{key} is '{value}'", nearest(value, OWN[key]))])
        else:
            own[key] = value
    if targets is not None and own["only"] not in ("all", "site"):
        remedy = "Leave targets= out, or say only=site"
        raise ConfigError([Fault(f"targets={targets}", f"only={own['only']} has targets of its own", remedy)])
    if own["predictions"] == "write" and own["only"] not in ("all", "site"):
        remedy = "Leave only= out, or say only=site"
        raise ConfigError([Fault("predictions=write", f"only={own['only']} predicts nothing", remedy)])
    return own, targets, rest


def _say_theory(say: Callable[[str], None]) -> int:
    """Print the theory rows; how many failed."""
    say(
        "\nTheory: queues known exactly beside the compiled engine (equal to the reference bit for bit)\n"
        f"A row passes within {threshold(VALUES):.2f} standard errors of {VALUES} values. Beyond {doubt(VALUES):.2f} "
        "it is run again with other random variates,\nand fails if it is beyond them again on the same side. At each "
        f"look a right engine fails any row with a probability of {FALSE_ALARM:.1%} at most.\n"
        "INCONCLUSIVE: the standard error is too large to say."
    )
    rows = theory_rows(Effort("compiled"))
    for row in rows:
        say(_theory_line(row))
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
    """Print what the theory rows make of a broken product; how many mutations no row noticed."""
    say("Power: the theory rows again with one thing broken at a time (about a minute each). Each must fail a row")
    missed = 0
    for mutation in MUTATIONS:
        found = caught(mutation, Effort("compiled"))
        missed += not found.failed
        say(
            f"  {'PASS' if found.failed else 'FAIL'}  {mutation.name:<42} {len(found.failed):>2} of {len(found.rows)} "
            f"rows notice, largest |z| {found.largest_z:.1f}: "
            + ("; ".join(f"{row.group}: {row.name}" for row in found.failed[:MOST_NAMED]) or "none")
            + ("; ..." if len(found.failed) > MOST_NAMED else "")
        )
    say("")
    return missed
