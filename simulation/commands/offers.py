"""`aeflow offer`: the interview of a vendor's offer, at the terminal or from a file, and the folder that it writes."""

from __future__ import annotations

from pathlib import Path

from simulation.commands.command_line import split_config_dir, split_own
from simulation.errors import ConfigError, refuse

OWN = ("answers", "template", "name", "departments", "check")
USUAL = "offer.yaml"
MOST, LEAST = 100, 20


def offer(words: list[str]) -> int:
    """Ask, or read, the answers; say how they were read; write department, product and study, and what to do next."""
    from simulation.display.table import lines_of
    from simulation.offers.asking import answers_in, interview, template
    from simulation.offers.interview import check, questions
    from simulation.offers.offer import N_DEPARTMENTS, name_of, offered, read_back
    from simulation.report.progress import progress

    own, others = split_own(words, OWN)
    rest, config_dir = split_config_dir(others)
    if rest:
        refuse(rest[0], "is no key of aeflow offer", f"Say: aeflow offer [{'=... '.join(OWN)}=...]")
    if "template" in own:
        _write_new(Path(own["template"]), template())
        print(f"{own['template']}: every question. Fill in what you know: aeflow offer answers={own['template']}")
        return 0
    n = own.get("departments", str(N_DEPARTMENTS))
    if not n.isdecimal() or not LEAST <= int(n) <= MOST:
        refuse("departments", f"found {n}", f"Allowed: {LEAST} to {MOST}")
    path = Path(own.get("answers") or USUAL)
    answers = answers_in(path) if "answers" in own or path.exists() else {}
    if "answers" not in own and not interview(answers, path, ask=input, say=print):
        return 0
    checked = check(answers, path.parent)
    said = list(read_back(checked))
    for how, lead in (("echoed", ""), ("asked", "Check: ")):
        print({"echoed": "What was read:", "asked": ""}[how])
        for of, key, text in said:
            if of == how:
                noun = questions()[key].noun
                print(*lines_of(f"{lead}{noun[:1].upper()}{noun[1:]}: {text}", "  ", "      "), sep="\n")
    if checked.faults:
        raise ConfigError(checked.all_faults, "The answers cannot be used")
    if own.get("check") == "true":
        return 0
    name = own.get("name") or name_of(checked.values["product"])
    years: list[int] = []
    with progress(7 * int(n), what="years of your department") as shown:

        def done(n_done: int, of: int) -> None:
            years.append(of)
            shown.planning(of)
            shown.done(n_done)

        made = offered(answers, Path(config_dir or "configs"), tables=path.parent, name=name, n=int(n), progress=done)
    print(f"\nYour department, as {n} that the answers could mean, in fresh years of each:")
    for line in made.lines:
        print(*lines_of(line, "  ", "      "), sep="\n")
    for number, line in enumerate(made.labels):
        print(*lines_of(line, "\n" if not number else "  ", "      "), sep="\n")
    print(f"\nWritten: {', '.join(str(written) for written in made.paths)}.")
    where = f" --config-dir {config_dir}" if config_dir is not None else ""
    print(f"\nThe answer, in some minutes:   aeflow compare study={made.name}{where}")
    return 0


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet. Raises ConfigError."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        refuse(str(path), f"cannot be written: {error.strerror}", "Name another file")
