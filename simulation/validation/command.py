"""`aeflow validate`: theory first, then the site against published figures; the number of rows that failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from simulation.errors import ConfigError, Fault, nearest
from simulation.report.tables import BANNER
from simulation.validation.nhs import as_lines, predictions_path, validate_site, write_predictions
from simulation.validation.theory import TheoryRow, theory_rows

OWN = {"theory": ("true", "false"), "responses": ("true", "false"), "predictions": ("check", "write")}
"""Options of this command alone: what to leave out, and whether to write the predictions file."""


def validate(overrides: Sequence[str], *, config_dir: str | None = None, say: Callable[[str], None]) -> int:
    """Print both tables; how many rows that count failed. Raises ConfigError for an option that it does not know."""
    own, rest = _own(overrides)
    say(f"aeflow validate. {BANNER}")
    failed = 0
    if own["theory"] == "true":
        say("\nTheory: closed forms beside the compiled engine (equal to the reference bit for bit)")
        rows = theory_rows("compiled")
        for row in rows:
            say(_theory_line(row))
        failed += sum(not row.passed for row in rows)
        say(f"{len(rows) - failed} of {len(rows)} theory rows pass.\n")
    table = validate_site(rest, config_dir=config_dir, responses=own["responses"] == "true", done=lambda n: None)
    for line in as_lines(table):
        say(line)
    if own["predictions"] == "write":
        path = Path(predictions_path())
        write_predictions(path, table)
        say(f"Predictions written: {path}")
    return failed + len(table.failed)


def _own(overrides: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    own = {name: allowed[0] for name, allowed in OWN.items()}
    rest = []
    for override in overrides:
        key, _, value = override.partition("=")
        if key not in OWN:
            rest.append(override)
        elif value not in OWN[key]:
            raise ConfigError([Fault(override, f"{key} is '{value}'", nearest(value, OWN[key]))])
        else:
            own[key] = value
    return own, rest


def _theory_line(row: TheoryRow) -> str:
    word = "PASS" if row.passed else "FAIL"
    what = f"{row.group}: {row.name}"
    return (
        f"  {word}  {what:<86} expected {row.expected:8.3f}  found {row.found:8.3f} +- {row.standard_error:.3f} "
        f"{row.unit}  z {row.z:+.1f}  {row.source}"
    )
