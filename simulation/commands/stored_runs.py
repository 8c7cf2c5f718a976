"""Commands on stored runs."""

import sys
from pathlib import Path

from simulation.commands.command_line import CommandLine
from simulation.errors import ResultsError, refuse

SHORT_RUN = "aeflow compare run.replications=40 run.departments=20"
"""The shortest run over as many departments as a range needs."""


def report(line: CommandLine) -> int:
    """Write the page and pictures of a stored run again; with export=true also files for other programs."""
    from simulation.api import read
    from simulation.report.write import BOARD, REPORT, write_exports, write_report
    from simulation.runs.stored_run import followed

    folder = followed(Path(line.words[0]))
    result = read(folder)
    failed = write_report(folder, result)
    if failed is not None:
        raise failed
    if result.design.offer is not None:
        print(f"Board's page: {folder / BOARD}")
    print(f"Report: {folder / REPORT}")
    if line["export"]:
        for path in write_exports(folder, result):
            print(f"Export: {path}")
    return 0


def results(line: CommandLine) -> int:
    """List stored runs, or compare two."""
    from simulation.display.document import print_blocks

    wanted = {key: value for key, value in line.values.items() if value is not None}
    filters = [f"{key}={value}" for key, value in wanted.items()]
    if len(line.words) == 2:
        if filters:
            refuse(filters[0], "has no effect if two runs are named", "Leave it out")
        from simulation.api import read
        from simulation.report.board import variants_table

        one, other = (read(folder) for folder in line.words)
        are_offers = one.design.offer is not None and other.design.offer is not None
        print_blocks([variants_table(one, other)] if are_offers else one.beside(other).tables)
        return 0
    from simulation.report.screen import runs_table
    from simulation.runs.stored_run import list_runs

    folder = Path(*line.words or ("results",))
    if not line.words and not folder.is_dir():
        print(f"{folder}: no run has written it yet. Start one with: aeflow compare")
        return 0
    listing = list_runs(folder)
    runs = [run for run in listing.runs if run.matches(wanted)]
    if runs:
        print_blocks([runs_table(runs, folder, listing.latest)])
    else:
        print(
            f"{folder}: holds no run{' with ' * bool(filters)}{' '.join(filters)}. Start one with: aeflow compare"
        )
    for reason in listing.unreadable:
        print(f"Not listed: {reason}", file=sys.stderr)
    return 0


def narrow(line: CommandLine) -> int:
    """Print the answer of a stored run for departments with the observed figures."""
    from simulation.api import read
    from simulation.config.studies import observed_in
    from simulation.questions.narrow import show_narrowed

    observed, folder = observed_in(Path(line["observed"])), Path(line["from"])
    _must_hold_replications(folder)
    show_narrowed(read(folder), observed, line["observed"])
    return 0


def _must_hold_replications(folder: Path) -> None:
    """Raise ResultsError for a published folder, which has tables and pictures alone, with the run to make instead."""
    from simulation.runs.stored_run import REPLICATIONS, followed

    folder = followed(folder)
    if (folder / "manifest.json").is_file() and not (folder / REPLICATIONS).is_file():
        raise ResultsError(
            f"{folder}: holds no replications, as published folders do not, so nothing can be read from it. Run "
            f"your own, which takes about a minute on two cores: {SHORT_RUN}"
        )


def gather(line: CommandLine) -> int:
    """Put the parts of a run together, write the whole and print its answer."""
    from simulation.api import gather
    from simulation.report.screen import print_result

    result = gather(line.words)
    print_result(result, result.write(line["results"]))
    return 0
