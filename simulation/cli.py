"""The commands. The first word names one, the others are Hydra overrides: `aeflow compare scenario=winter run.seed=7`.

A user's mistake gives one message and exit code 2. Ctrl-C, TERM and HUP stop a command with one message and exit code
130, 143 and 129.
"""

import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from simulation.commands import inquiries, own_files, run_studies, stored_runs
from simulation.commands.command_line import TAKES, CommandLine, key_lines, read_line
from simulation.commands.streams import drop_output, flush_output, never_refuse
from simulation.errors import AeflowError, ConfigError, nearest, refuse
from simulation.signals import StopSignal, stopped_by_signals
from simulation.version import __version__

HELP = Path(__file__).with_name("commands").joinpath("help.txt").read_text(encoding="utf-8")


COMMANDS: dict[str, Callable[[CommandLine], int]] = {
    "compare": run_studies.compare,
    "run": run_studies.run,
    "show": run_studies.show,
    "validate": inquiries.validate,
    "ensemble": inquiries.ensemble,
    "vet": inquiries.vet,
    "results": stored_runs.results,
    "report": stored_runs.report,
    "extend": run_studies.extend,
    "narrow": stored_runs.narrow,
    "breakeven": inquiries.breakeven,
    "prices": inquiries.prices,
    "evaluate": inquiries.evaluate,
    "animate": inquiries.animate,
    "gather": stored_runs.gather,
    "schema": own_files.schema,
    "new": own_files.new,
    "offer": own_files.offer,
    "trust": own_files.trust,
    "extract": own_files.extract,
    "fit": own_files.fit,
    "trace": own_files.trace,
    "app": inquiries.app,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, and return its exit code: 0 done, 1 a validation row failed, 2 a mistake to put right.

    If a signal stopped it: 128 plus the number of the signal (130 for Ctrl-C).
    """
    never_refuse(sys.stdout, sys.stderr)
    logging.getLogger("aeflow").setLevel(
        logging.ERROR
    )  # commands say themselves what the library warns of
    words = list(sys.argv[1:] if argv is None else argv)
    with stopped_by_signals() as signalled:
        try:
            code = _run_command(words)
            flush_output()
            return code
        except KeyboardInterrupt as stop:
            return _stopped(signalled, str(stop))
        except Exception as error:
            if (
                signalled.stopping
            ):  # a library made an error of its own out of the signal, or the terminal has gone
                is_shown = isinstance(error, AeflowError) and not isinstance(error, ConfigError)
                return _stopped(signalled, str(error) if is_shown else "")
            if isinstance(error, BrokenPipeError):
                drop_output()  # whoever read the output has gone
                return 0
            if (
                isinstance(error, OSError) and error.filename is None
            ):  # of a file it would name the file
                drop_output()
                error = AeflowError(
                    f"the output cannot be written ({error.strerror or error}). Send it elsewhere"
                )
            if isinstance(error, AeflowError):
                _tell(str(error))
                return error.exit_code
            raise


def _run_command(words: Sequence[str]) -> int:
    """Run the command that the first word names, or show help or the version; the exit code."""
    if sys.stdout is None:
        raise AeflowError(
            "the output is closed, so no answer can be shown. Open it, or send it to a file"
        )
    if not words or words[0] in ("-h", "--help", "help"):
        print(f"{HELP}\n  docs/ in a message means {_docs()}")
    elif words[0] in ("-V", "--version", "version"):
        print(f"aeflow {__version__}")
    elif words[0] not in COMMANDS:
        refuse(words[0], "is not a command", nearest(words[0], COMMANDS))
    elif {"-h", "--help"} & set(words[1:]):
        print(help_of(words[0]), end="")
    else:
        return COMMANDS[words[0]](read_line(words[0], words[1:]))
    return 0


def _docs() -> Path:
    """The folder of the pages that messages name: in an installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    return package / "docs" if (package / "docs").is_dir() else package.parent / "docs"


def help_of(name: str) -> str:
    """The lines of the help about one command, its keys, and the words that commands with overrides share."""
    heading, commands, shared = HELP.split("\n\n")
    lines: list[str] = []
    about = ""
    for line in commands.splitlines():
        about = line.split()[1] if line.startswith("  aeflow ") else about
        lines += [line] if about == name else []
    if not TAKES[name].overrides:
        shared = f"{shared.splitlines()[-1]}\n"  # of the configurations' folder
    parts = (heading, "\n".join(lines), "\n".join(key_lines(name)), shared)
    return "\n\n".join(filter(None, parts))


def _stopped(signalled: StopSignal, words: str) -> int:
    """Say that a signal stopped the command, and what is left of its work; return the exit code."""
    _tell(f"{signalled.words}. {words or 'Nothing half-written is left.'}", before="\n")
    return signalled.exit_code


def _tell(message: str, *, before: str = "") -> None:
    """Print a message on stderr, if that can still be written."""
    with suppress(OSError):
        print(f"{before}aeflow: {message}", file=sys.stderr)
