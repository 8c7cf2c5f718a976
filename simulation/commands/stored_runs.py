"""Commands on stored runs."""

import sys
from pathlib import Path

from simulation.commands.command_line import split_own
from simulation.errors import Faults, ResultsError, refuse

SHORT_RUN = "aeflow compare run.replications=40 run.departments=20"
"""The shortest run over as many departments as a range needs."""
LIST_FILTERS = ("study", "site", "scenario")


def report(words: list[str]) -> int:
    """Write the page and pictures of a stored run again; with export=true also files for other programs."""
    own, folders = split_own(words, ("export",))
    export, faults = own.get("export", "false"), Faults()
    if export not in ("true", "false"):
        faults.add(
            f"export={export}", "is neither true nor false", "Write export=true for Excel and Word"
        )
    if len(folders) != 1:
        faults.add("report", f"found {len(folders)} folders", "Name one folder of results")
    faults.refuse()
    from simulation.api import read
    from simulation.report.write import BOARD, REPORT, write_exports, write_report
    from simulation.runs.run_folder import followed

    folder = followed(Path(folders[0]))
    result = read(folder)
    failed = write_report(folder, result)
    if failed is not None:
        raise failed
    if result.design.offer is not None:
        print(f"Board's page: {folder / BOARD}")
    print(f"Report: {folder / REPORT}")
    if export == "true":
        for path in write_exports(folder, result):
            print(f"Export: {path}")
    return 0


def results(words: list[str]) -> int:
    """List stored runs, or compare two."""
    from simulation.display.table import print_tables

    wanted, folders = split_own(words, LIST_FILTERS)
    filters = [f"{key}={value}" for key, value in wanted.items()]
    unknown = [word for word in folders if "=" in word and not Path(word).exists()]
    if unknown:
        refuse(unknown[0], "chooses nothing", f"Choose by {', '.join(LIST_FILTERS)}")
    if len(folders) > 2:
        remedy = "Name one to list, or two runs to compare"
        refuse("results", f"{len(folders)} folders follow", remedy)
    if len(folders) == 2:
        if filters:
            refuse(filters[0], "has no effect if two runs are named", "Leave it out")
        from simulation.api import read
        from simulation.report.board import variants_table

        one, other = (read(folder) for folder in folders)
        are_offers = one.design.offer is not None and other.design.offer is not None
        print_tables([variants_table(one, other)] if are_offers else one.beside(other).tables)
        return 0
    from simulation.report.screen import runs_table
    from simulation.runs.listing import list_runs

    folder = Path(folders[0] if folders else "results")
    if not folders and not folder.is_dir():
        print(f"{folder}: no run has written it yet. Start one with: aeflow compare")
        return 0
    listing = list_runs(folder)
    runs = [run for run in listing.runs if run.matches(wanted)]
    if runs:
        print_tables([runs_table(runs, folder, listing.latest)])
    else:
        print(
            f"{folder}: holds no run{' with ' * bool(filters)}{' '.join(filters)}. Start one with: aeflow compare"
        )
    for reason in listing.unreadable:
        print(f"Not listed: {reason}", file=sys.stderr)
    return 0


def narrow(words: list[str]) -> int:
    """Print the answer of a stored run for departments with the observed figures."""
    own, others = split_own(words, ("observed", "from"))
    if others or not own.get("observed"):
        found = f"found '{others[0]}'" if others else "no file of figures is named"
        remedy = "Write: aeflow narrow observed=FILE.yaml from=FOLDER (docs/how-to/narrow.md has such a file)"
        refuse("narrow", found, remedy)
    from simulation.api import read
    from simulation.config.stored import observed_in
    from simulation.questions.narrow import show_narrowed

    path, folder = Path(own["observed"]), Path(own.get("from", "results/latest"))
    observed = observed_in(path)
    _must_hold_replications(folder)
    show_narrowed(read(folder), observed, str(path))
    return 0


def _must_hold_replications(folder: Path) -> None:
    """Raise ResultsError for a published folder, which has tables and pictures alone, with the run to make instead."""
    from simulation.runs.run_folder import REPLICATIONS, followed

    folder = followed(folder)
    if (folder / "manifest.json").is_file() and not (folder / REPLICATIONS).is_file():
        raise ResultsError(
            f"{folder}: holds no replications, as published folders do not, so nothing can be read from it. Run "
            f"your own, which takes about a minute on two cores: {SHORT_RUN}"
        )


def gather(words: list[str]) -> int:
    """Put the parts of a run together, write the whole and print its answer."""
    own, folders = split_own(words, ("results",))
    from simulation.api import gather
    from simulation.report.screen import print_result

    result = gather(folders)
    folder = result.write(own.get("results", "results"))
    print_result(result, folder)
    return 0
