"""`aeflow offer`: the interview of a vendor's offer, at the terminal or from a file, and the folder that it writes."""

from __future__ import annotations

import sys
from pathlib import Path

from simulation.commands.command_line import split_config_dir, split_own
from simulation.display.table import lines_of
from simulation.errors import nearest, refuse

OWN = ("answers", "template", "name", "departments", "check")
USUAL = "offer.yaml"
MOST, LEAST = 100, 20


def offer(words: list[str]) -> int:
    """Ask, or read, the answers; say how they were read; write department, product and study, and what to do next.

    A question's key with a value (`used_share='80 %'`) stands in the place of the answer in the file.
    """
    from simulation.offers.asking import answers_in, interview, template
    from simulation.offers.interview import check, questions
    from simulation.offers.offer import N_DEPARTMENTS, name_of, offered, read_back, told_apart
    from simulation.report.progress import progress

    own, others = split_own(words, OWN)
    changed, others = split_own(others, questions())
    rest, config_dir = split_config_dir(others)
    if rest:
        refuse(rest[0], "is no key of aeflow offer", nearest(rest[0].split("=")[0], (*OWN, *questions())))
    if "template" in own:
        _write_new(Path(own["template"]), template())
        print(f"{own['template']}: every question. Fill in what you know: aeflow offer answers={own['template']}")
        return 0
    n = own.get("departments", str(N_DEPARTMENTS))
    if not n.isdecimal() or not LEAST <= int(n) <= MOST:
        refuse("departments", f"found {n}", f"Allowed: {LEAST} to {MOST}")
    path, folder = Path(own.get("answers") or USUAL), Path(config_dir or "configs")
    from_file = "answers" in own or bool(changed)
    stated = answers_in(path) if from_file or path.exists() else {}
    whole = bool(stated)  # answers that are asked now are read back as they are given
    if not from_file and not interview(stated, path, ask=input, say=print):
        return 0
    checked = check(stated | changed, path.parent)
    print(*(line for words in read_back(checked, whole=whole) for line in lines_of(words, "  ", "      ")), sep="\n")
    checked.all_faults.refuse("The answers cannot be used")
    if own.get("check") == "true" or not _is_right(path, ask=not from_file or sys.stdin.isatty()):
        return 0
    name = own.get("name") or name_of(checked.values["product"], folder if changed else None)
    with progress(7 * int(n), what="years") as shown:

        def done(n_done: int, of: int) -> None:
            shown.planning(of)
            shown.done(n_done)

        of_departments, of_labels = offered(
            stated | changed, folder, tables=path.parent, name=name, n=int(n), progress=done,
            differs=told_apart(stated, changed),
        )  # fmt: skip
    print(f"\n{n} departments that your answers could mean (mean, nine in ten of them):")
    for number, words_told in enumerate((*of_departments, *of_labels)):
        print(*lines_of(words_told, "" if number == len(of_departments) else "  ", "      "), sep="\n")
    where = f" --config-dir {config_dir}" if config_dir is not None else ""
    print(f"\nThe answer, in some minutes: aeflow compare study={name}{where}")
    return 0


def _is_right(path: Path, *, ask: bool) -> bool:
    """Whether somebody at the terminal says that the answers were read as they were meant; True if nobody is asked."""
    try:
        said = input("Is this right? Enter goes on, no stops: ") if ask else ""
    except EOFError:
        said = "no"
    if not (is_right := said.strip().casefold() in ("", "y", "yes")):
        print(f"Stopped. Change {path}, or one answer: aeflow offer answers={path} used_share='80 %'")
    return is_right


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet. Raises ConfigError."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        refuse(str(path), f"cannot be written: {error.strerror}", "Name another file")
