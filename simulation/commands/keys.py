"""The one table of what each command takes: its words, its keys and what a value may be.

`command_line.py` reads a command line by it, refuses one by it, and writes the help of one command from it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simulation.errors import Faults, nearest

Kind = Literal["text", "name", "names", "file", "folder", "whole", "number", "switch", "choice"]
VALUES: Mapping[Kind, str] = {
    "text": "TEXT",
    "name": "NAME",
    "names": "NAME,NAME",
    "file": "FILE",
    "folder": "FOLDER",
    "number": "NUMBER",
    "switch": "true",
}
"""How the help writes a value of each kind that has no bounds and no choices."""
YES, NO = ("true", "yes"), ("false", "no")
WHOLE = re.compile("[0-9]+")
AMOUNT = re.compile(r"£?([0-9]+|[0-9]{1,3}(,[0-9]{3})+|(?=\.))(\.[0-9]+)?")
"""A number with a point, and commas between thousands alone: 165,500 but not 1,5."""
MOST_DIGITS = 15


def shown(word: str) -> str:
    """A word as a message shows it: on one line, and not too long."""
    from simulation.config.files import shortened  # a message alone waits for the configuration

    return shortened(word)


@dataclass(frozen=True)
class CommandKey:
    """A key of a command: what its value is, what it is for, and what holds if it is left out."""

    name: str
    kind: Kind
    about: str
    usual: str = ""
    """The value that is read if the key is left out; '' for none."""
    least: float = 0
    most: float = math.inf
    choices: tuple[str, ...] = ()
    needed: bool = False

    @property
    def form(self) -> str:
        """How the key is written: 'departments=20..100'."""
        if self.kind == "choice":
            return f"{self.name}={'|'.join(self.choices)}"
        bounds = f"{self.least:g}..{'' if math.isinf(self.most) else f'{self.most:g}'}"
        return f"{self.name}={bounds if self.kind == 'whole' else VALUES[self.kind]}"

    def read(self, text: str, faults: Faults) -> Any:
        """The value of a text; adds a fault if it is none."""
        if not text:
            faults.add(f"{self.name}=", "names nothing", f"Say {self.form}, or leave it out")
        elif self.kind == "switch":
            if text not in (*YES, *NO):
                faults.add(self.name, f"found '{shown(text)}'", "Write true or false")
            return text in YES
        elif self.kind == "choice" and text not in self.choices:
            allowed = f"Allowed: {', '.join(self.choices)}"
            near = nearest(text, self.choices)
            remedy = f"{allowed}. {near}" if near.endswith("?") else allowed
            faults.add(self.name, f"found '{shown(text)}'", remedy)
        elif self.kind == "names":
            names = tuple(name.strip() for name in text.strip("[]").split(","))
            if not all(names):
                remedy = f"Say {self.form}, with a name between commas"
                faults.add(shown(f"{self.name}={text}"), "names nothing", remedy)
            return names
        elif self.kind in ("whole", "number"):
            return self._number(text, faults)
        return text

    def _number(self, text: str, faults: Faults) -> float:
        """A number, whole where it has to be; adds a fault if it is none or out of range."""
        is_whole = self.kind == "whole"
        if len(text) <= MOST_DIGITS and (WHOLE if is_whole else AMOUNT).fullmatch(text):
            number = float(text.removeprefix("£").replace(",", ""))
            if self.least <= number <= self.most:
                return int(number) if is_whole else number
        most = "upwards" if math.isinf(self.most) else f"to {self.most:,.0f}"
        allowed = f"Allowed: a {'whole ' * is_whole}number from {self.least:,.0f} {most}"
        faults.add(self.name, f"found '{shown(text)}'", allowed)
        return 0


@dataclass(frozen=True)
class CommandWords:
    """What a command takes: words without '=', keys of its own, and overrides of the configuration."""

    keys: tuple[CommandKey, ...] = ()
    words: str = ""
    """What its words are, as in 'FOLDER NUMBER'."""
    n_words: tuple[int, int] = (0, 0)
    """How many words there may be, at least and at most."""
    overrides: tuple[str, ...] = ()
    """What its overrides begin with, where it takes any."""
    sweeps: bool = False
    """Whether -m runs it once for each combination of values."""
    answers: Callable[[], Iterable[str]] = tuple
    """More keys, whose values the subject of the command reads."""
    about_answers: str = ""


def _of_offer() -> Iterable[str]:
    from simulation.offers.interview import questions

    return questions()


def _of_department() -> Iterable[str]:
    from simulation.fits.stated import stated_keys

    return stated_keys()


def _of_totals() -> Iterable[str]:
    from simulation.config.totals import Totals

    return Totals.__annotations__


MANY = 1_000_000
OF_STUDY = (
    "allow_large", "calibration", "cluster", "dry_run", "engine", "ensemble", "executor", "nurse", "pathway",
    "readings", "results", "resume", "run", "scenario", "site", "staffing", "study", "triage", "workers",
)  # fmt: skip
OF_BENCH = (
    "assessor", "cases", "comparators", "criteria", "device_class", "injected", "intended_use", "name", "repeats",
    "rephrased", "seed", "stands_for",
)  # fmt: skip
"""What an override of a configuration begins with: of a study, and of a bench."""
CARD = CommandKey(
    "card", "folder", "the card of a bench whose tool study=vetted takes; usually the newest"
)
RESULTS = CommandKey("results", "folder", "the folder of results", "results")
EXTRACT = CommandKey("extract", "file", "your records, a row for each attendance", needed=True)
MAPPING = CommandKey(
    "mapping", "name", "the file in configs/extract that reads them; usually of their name"
)
EVERY_STUDY = CommandWords((CARD,), overrides=OF_STUDY, sweeps=True)

TAKES: Mapping[str, CommandWords] = {
    "compare": CommandWords(
        (CARD, CommandKey("from", "folder", "a stored run, to run again and compare every number")),
        overrides=OF_STUDY,
        sweeps=True,
    ),
    "run": EVERY_STUDY,
    "show": CommandWords(
        (
            CARD,
            CommandKey(
                "arm", "name", "what this arm changes, marked on the pathway, and what it assumes"
            ),
            CommandKey(
                "patient", "text", "one patient's story in words: walk_in-12, or a row of the table"
            ),
            CommandKey(
                "warm_up", "names", "series whose beginning is drawn, such as in_department; or all"
            ),
        ),
        overrides=OF_STUDY,
        sweeps=True,
    ),
    "validate": CommandWords(
        (
            CommandKey(
                "only",
                "choice",
                "the part to run; known_effects runs alone",
                "all",
                choices=("all", "theory", "models", "site", "responses", "known_effects"),
            ),
            CommandKey(
                "targets",
                "name",
                "the file in configs/targets of the site's figures, or of published effects",
            ),
            CommandKey(
                "power", "switch", "run the theory again with one thing broken at a time", "false"
            ),
            CommandKey(
                "predictions",
                "choice",
                "check the site's stored predictions, or write them",
                "check",
                choices=("check", "write"),
            ),
        ),
        overrides=OF_STUDY,
    ),
    "ensemble": CommandWords(
        (
            CommandKey("departments", "whole", "how many departments to find", "200", 10, 1000),
            CommandKey(
                "confirm",
                "whole",
                "fresh years of each, to see whether they still fit",
                "0",
                0,
                100,
            ),
            CommandKey(
                "confirm_departments", "whole", "how many departments get them", "40", 1, 1000
            ),
            CommandKey("targets", "name", "the file in configs/targets that they meet"),
            CommandKey(
                "priors", "name", "the file in configs/priors with the ranges of parameters"
            ),
            CommandKey("name", "name", "the file in configs/ensembles; usually of the site's name"),
        ),
        overrides=OF_STUDY,
    ),
    "vet": CommandWords(
        (
            CommandKey(
                "name", "name", "the file in configs/vetting: tool, cases, criteria", "synthetic"
            ),
            CommandKey("against", "folder", "an earlier card, to say what changed since"),
            CommandKey("write_cases", "switch", "write the cases for a vendor to answer", "false"),
            CommandKey("allow_remote", "switch", "let a server elsewhere see the cases", "false"),
            CommandKey("dry_run", "switch", "print what would be asked, and stop", "false"),
            RESULTS,
        ),
        overrides=OF_BENCH,
    ),
    "results": CommandWords(
        (
            CommandKey("study", "name", "only runs of this study"),
            CommandKey("site", "name", "only runs of this site"),
            CommandKey("scenario", "name", "only runs of this scenario"),
        ),
        words="[FOLDER [FOLDER]]",
        n_words=(0, 2),
    ),
    "report": CommandWords(
        (
            CommandKey(
                "export", "switch", "write Excel, Word and a list of assumptions, too", "false"
            ),
        ),
        words="FOLDER",
        n_words=(1, 1),
    ),
    "extend": CommandWords(words="FOLDER NUMBER", n_words=(2, 2), overrides=OF_STUDY),
    "narrow": CommandWords(
        (
            CommandKey(
                "observed",
                "file",
                "figures of your own department (docs/how-to/narrow.md)",
                needed=True,
            ),
            CommandKey("from", "folder", "the stored run", "results/latest"),
        )
    ),
    "breakeven": CommandWords(
        (
            CARD,
            CommandKey("arm", "name", "the arm whose figures are varied"),
            CommandKey("against", "name", "the arm that it is held against"),
            CommandKey("what", "names", "only these: seconds, adoption, accuracy, price"),
        ),
        overrides=OF_STUDY,
    ),
    "prices": CommandWords(
        (
            CARD,
            CommandKey("pools", "names", "only these resources, such as [doctors,triage_nurses]"),
        ),
        overrides=OF_STUDY,
    ),
    "evaluate": CommandWords(
        (
            CARD,
            CommandKey("arm", "name", "the arm that is evaluated", needed=True),
            CommandKey(
                "design",
                "names",
                "files in configs/evaluation; design.KEY=VALUE changes them",
                "all",
            ),
            CommandKey("from", "folder", "a stored run that kept its days"),
            CommandKey(
                "trials", "whole", "how many evaluations are emulated of each", "", 100, 20_000
            ),
            CommandKey(
                "bought", "name", "the arm that was bought: when charts notice a tool that fails"
            ),
            CommandKey(
                "deviations",
                "names",
                "files in configs/deviations: what goes otherwise than planned",
            ),
            CommandKey(
                "prior", "number", "the chance that the tool works at all, such as 0.5", most=1
            ),
            CommandKey(
                "price", "number", "pounds a year that the tool costs; usually the arm's own"
            ),
            CommandKey(
                "hour", "number", "pounds that an hour less of waiting is worth, such as 15"
            ),
            CommandKey("years", "number", "how long a decision holds; usually 1"),
            CommandKey("cost", "number", "pounds that the evaluation itself costs; usually 0"),
        ),
        overrides=OF_STUDY,
    ),
    "animate": CommandWords(
        (
            CARD,
            CommandKey("arms", "names", "one or two arms to watch"),
            CommandKey("day", "whole", "the day of the run, from 0", most=MANY),
            CommandKey("replication", "whole", "the replication, from 0", most=MANY),
            CommandKey("out", "file", "where the page is written"),
        ),
        words="[FOLDER]",
        n_words=(0, 1),
        overrides=OF_STUDY,
    ),
    "gather": CommandWords((RESULTS,), words="FOLDER ...", n_words=(1, MANY)),
    "new": CommandWords(
        (CommandKey("from", "name", "a small department to copy, such as gallery/one_nurse"),),
        words="department NAME attendances_per_day=280 beds=510 (or from=gallery/one_nurse)",
        n_words=(2, 2),
        answers=_of_totals,
        about_answers="a total of the department, such as beds=510 (docs/how-to/own-department.md)",
    ),
    "offer": CommandWords(
        (
            CommandKey("answers", "file", "a file of answers; what it leaves out is left blank"),
            CommandKey("template", "file", "write a file of every question here, and stop"),
            CommandKey("name", "name", "what the study is called; usually as the product"),
            CommandKey(
                "departments", "whole", "how many departments the answers could mean", "30", 20, 100
            ),
            CommandKey("check", "switch", "read the answers back, and stop", "false"),
            RESULTS,
        ),
        answers=_of_offer,
        about_answers="the answer to one question, by its key in template=FILE",
    ),
    "trust": CommandWords(
        (CommandKey("write", "file", "write its figures here, as answers of aeflow offer"),),
        words="[NAME OR CODE]",
        n_words=(0, MANY),
    ),
    "extract": CommandWords(
        (
            MAPPING,
            CommandKey("log", "file", "write the events of each attendance, .xes or .csv"),
            CommandKey("exact_dates", "switch", "of a log: its dates as they are", "false"),
            CommandKey("name", "name", "of a draft: what the mapping is called"),
        ),
        words="[draft] FILE",
        n_words=(1, 2),
    ),
    "fit": CommandWords(
        (
            EXTRACT,
            CommandKey("out", "name", "the new department", needed=True),
            MAPPING,
            CommandKey("answers", "file", "answers of aeflow offer about the department"),
            CommandKey("nurse", "name", "the file in configs/nurse: how nurses label"),
            CommandKey("overwrite", "switch", "replace the files of an earlier fit", "false"),
            CommandKey(
                "departments",
                "whole",
                "how many are held to the records; 0: none, in seconds",
                "30",
                0,
                100,
            ),
            RESULTS,
        ),
        answers=_of_department,
        about_answers="what no stamp says: doctors=ROTA, beds=NUMBER (docs/how-to/my-records.md)",
    ),
    "trace": CommandWords(
        (
            CARD,
            EXTRACT,
            MAPPING,
            CommandKey("arms", "names", "only these arms of the study"),
            CommandKey(
                "imputations", "whole", "how often what is not recorded is drawn", "20", 2, 200
            ),
            RESULTS,
        ),
        overrides=OF_STUDY,
    ),
    "app": CommandWords(
        (
            CommandKey(
                "port", "whole", "the port of this computer; 0 takes a free one", "8765", 0, 65_535
            ),
            CommandKey("workers", "whole", "processes; 0 takes one a core", "0", 0, 64),
            RESULTS,
        )
    ),
    "schema": CommandWords(
        (CommandKey("folder", "folder", "write the schemas here"),), words="[NAME]", n_words=(0, 1)
    ),
}
"""What each command takes, by its name."""
