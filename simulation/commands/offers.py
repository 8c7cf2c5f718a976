"""`aeflow offer`: the interview of a vendor's offer, at the terminal or from a file, and the folder that it writes."""

from __future__ import annotations

import sys
from pathlib import Path

from simulation.commands.command_line import split_config_dir, split_own, with_config_dir
from simulation.display.table import lines_of
from simulation.errors import nearest, refuse

OWN = ("answers", "template", "name", "departments", "check")
USUAL = "offer.yaml"
MOST, LEAST = 100, 20


def offer(words: list[str]) -> int:
    """Ask, or read, the answers; say how they were read; write department, product and study, and what to do next.

    A question's key with a value (`used_share='80 %'`) stands in the place of the answer in the file.
    """
    from simulation.config.new import write_new
    from simulation.offers.asking import answers_in, interview, template
    from simulation.offers.interview import check, questions
    from simulation.offers.offer import N_DEPARTMENTS, changed_answers, name_of, offered, read_back
    from simulation.report.progress import progress

    own, others = split_own(words, OWN)
    changed, others = split_own(others, questions())
    rest, config_dir = split_config_dir(others)
    if rest:
        refuse(
            rest[0],
            "is no key of aeflow offer",
            nearest(rest[0].split("=")[0], (*OWN, *questions())),
        )
    if "template" in own:
        write_new(Path(own["template"]), template(), "Name another file")
        print(
            f"{own['template']}: every question. Fill in what you know: aeflow offer answers={own['template']}"
        )
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
    print(
        *(
            line
            for words in read_back(checked, whole=whole)
            for line in lines_of(words, "  ", "      ")
        ),
        sep="\n",
    )
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
            differs=changed_answers(stated, changed),
        )  # fmt: skip
    print(f"\n{n} departments that your answers could mean (mean, nine in ten of them):")
    for number, words_told in enumerate((*of_departments, *of_labels)):
        print(
            *lines_of(words_told, "" if number == len(of_departments) else "  ", "      "), sep="\n"
        )
    print(
        f"\nThe answer, in some minutes: aeflow compare study={name}{with_config_dir(config_dir)}"
    )
    return 0


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
