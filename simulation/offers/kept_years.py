"""The simulated years by which departments are calibrated, kept in the folder of results as they end.

They hang on the answers about the department, on the packaged ensemble and on the program, not on product, price,
yardstick or use. So another product finds them, and what was stopped goes on where it was.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from simulation.records.serialise import digest
from simulation.runs.atomic import as_results_error, write_file

FOLDER = ".departments"
"""The folder within that of results."""
Round = dict[str, list[float]]
"""Measures by the number of the replication, as text."""


class KeptYears:
    """Rounds of years, in the order in which they are simulated.

    results: the folder of results, None to keep nothing; answers: what the file is found by; program: what the numbers
    hang on besides.
    `note`: why what is there is not used; '' if it is, or if nothing is there. Raises ResultsError where nothing can be
    written.
    """

    def __init__(self, results: Path | None = None, answers: Any = (), program: Any = ()) -> None:
        self.path = None if results is None else results / FOLDER / f"{digest(answers)[:16]}.json"
        self.program, self.n_taken, self.note = digest(program), 0, ""
        self.rounds = [] if self.path is None else self._read(self.path)

    def _read(self, path: Path) -> list[Round]:
        """The rounds that are there; none of another version of the program, and none of a damaged file."""
        with as_results_error(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            return []
        with suppress(OSError, ValueError, KeyError, TypeError):
            stored = json.loads(path.read_text(encoding="utf-8"))
            rounds: list[Round] = stored["rounds"]
            if stored["checksum"] == digest([stored["program"], rounds]):
                if stored["program"] == self.program:
                    return rounds
                self.note = f"{path} is of another version of aeflow"
                return []
        self.note = f"{path} is damaged"
        return []

    def next_round(self) -> Round:
        """The years of the next round that are known; those that are added to it are kept by `write`."""
        self.n_taken += 1
        if self.n_taken > len(self.rounds):
            self.rounds.append({})
        return self.rounds[self.n_taken - 1]

    def write(self) -> None:
        """Write all that is known, whole or not at all."""
        if self.path is None:
            return
        stored = {"program": self.program, "rounds": self.rounds}
        checksum = digest(list(stored.values()))
        with as_results_error(self.path.parent):
            write_file(self.path, json.dumps({**stored, "checksum": checksum}))
