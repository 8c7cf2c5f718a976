"""A table of counts as spreadsheets write it: what is read alike, and what is refused."""

import os
import re
from pathlib import Path

import pytest

from simulation.config.counts_table import read_counts
from simulation.errors import ConfigError
from simulation.vetting.bench import LEVEL_NAMES
from tests.held import Hold

ROWS = ("45,5,0,0,0", "4,60,10,1,0", "0,9,110,14,0", "0,1,13,88,4", "0,0,1,8,27")
COUNTS = tuple(tuple(map(int, row.split(","))) for row in ROWS)
NAMES = ("immediate", "Very urgent", "Urgent", "standard", "non-urgent")
HEADING = ",".join(NAMES)
PLAIN = "\n".join(ROWS) + "\n"
TRUE = ",".join(f"true {name}" for name in NAMES)
LABELS = tuple(f"Label {name}" for name in NAMES)


def named(names: tuple[str, ...] = NAMES) -> str:
    return "\n".join(f"{name},{row}" for name, row in zip(names, ROWS, strict=True)) + "\n"


def with_totals(total: str = "Total") -> str:
    rows = [
        f"{name},{row},{sum(counts)}" for name, row, counts in zip(NAMES, ROWS, COUNTS, strict=True)
    ]
    return "\n".join((f"truth,{HEADING},{total}", *rows, f"{total},49,75,134,111,31,400"))


def without_zeros(text: str) -> str:
    """As a pivot table writes it."""
    return re.sub(r"(?<![0-9])0(?![0-9])", "", text)


SAME = {
    "plain": PLAIN,
    "semicolons": PLAIN.replace(",", ";"),
    "tabs": PLAIN.replace(",", "\t"),
    "windows line ends": PLAIN.replace("\n", "\r\n"),
    "a heading": f"{HEADING}\n{PLAIN}",
    "a heading and a first column": f"truth,{HEADING}\n{named()}",
    "an empty corner": f",{HEADING}\n{named()}",
    "no corner": f"{HEADING}\n{named()}",
    "levels as numbers": ",1,2,3,4,5\n" + named(("1", "2", "3", "4", "5")),
    "numbers above alone": f"1,2,3,4,5\n{PLAIN}",
    "colours": f"red,orange,yellow,green,blue\n{PLAIN}",
    "levels of a scale": f"ESI 1,ESI 2,ESI 3,ESI 4,ESI 5\n{PLAIN}",
    "totals": with_totals(),
    "a pivot table": f"Count of case,Column Labels,,,,,\n{with_totals('Grand Total')}",
    "a title and a note": f"Our nurses\n\n{PLAIN}\nSource: panel\n",
    "empty cells around": "\n".join(f",{row},," for row in ROWS) + "\n,,,,,,\n",
    "a title with a semicolon": f"Our nurses; panel\n\n{PLAIN}",
    "line ends of a Macintosh": PLAIN.replace("\n", "\r"),
    "a corner that names both": f"true / label,{HEADING}\n{named()}",
    "a line that names the separator": "sep=;\n" + PLAIN.replace(",", ";"),
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_a_table_is_read_however_a_spreadsheet_writes_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "nurses.csv"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_text(text, encoding=encoding)
        assert (table := read_counts(path, LEVEL_NAMES)).rows == COUNTS
        assert table.notes == ()


def test_unknown_names_give_a_note_that_they_are_taken_in_order(tmp_path: Path, hold: Hold) -> None:
    path = tmp_path / "nurses.csv"
    path.write_bytes(f"resus,b,c,d,für später\n{PLAIN}".encode("cp1252"))
    table = read_counts(path, LEVEL_NAMES)
    assert table.rows == COUNTS
    (note,) = table.notes
    hold(note, "nurses.csv, columns (labels)")


WRONG = {
    "": "nurses.csv",
    "\n".join(
        ROWS[:4]
    ): "nurses.csv: has 4 rows of 5 cells. Give 5 rows (true levels) of 5 counts (labels), immediate",
    f"5,4,3,2,1\n{PLAIN}": "order 5, 4, 3, 2, 1",
    f"red,yellow,orange,4th,5th\n{PLAIN}": "4th, 5th",
    f",{TRUE}\n{named()}": "its heading 'true immediate'",
    f",{HEADING}\n{named(LABELS)}": "its heading 'Label immediate'",
    f"label \\ true,{HEADING}\n{named()}": "its heading 'label \\ true'",
    f",a,b,c,d,e\n{named(('e', 'd', 'c', 'b', 'a'))}": "Put",
    named(NAMES[::-1]): "nurses.csv, rows (true levels)",
    PLAIN.replace("45", "-45"): "found '-45'",
    PLAIN.replace(
        "60", "x"
    ): "true level very_urgent, label very_urgent: found 'x'. Allowed: a whole number",
    PLAIN.replace("45,5", "45,"): "Write 0 where",
    without_zeros(PLAIN): "Write 0 where no case",
    without_zeros(with_totals("Grand Total")): "Write 0",
    without_zeros(PLAIN.replace("45,5", "45,0")): "Write 0",
    PLAIN.replace("45,5,0,0,0", "45,,,,"): "Write 0",
    re.sub(r",\d+$", ",", PLAIN, flags=re.M): "Write 0",
    "true,label\n" + "3,2\n" * 219: "has 219 rows of 2 cells",
    re.sub(r",\d+$", "", PLAIN, flags=re.M): "immediate to non_urgent",
    "3,2\n" * 219: "Or give",
    PLAIN.replace("45", '"1,250"'): "number of patients, 0 or more",
    "0.9,0.1,0,0,0\n" * 5: "nurses.csv",
    PLAIN.replace("45,5", "0,0"): "nurses.csv, true level",
    "-1,-1,-1,-1,-1\n" * 5: "nurses.csv",
    "PK\x03\x04": "Excel workbook",
    "1," * 60_000: "larger than 0.1 MB",
}


@pytest.mark.parametrize(("text", "phrase"), WRONG.items(), ids=range(len(WRONG)))
def test_what_is_no_table_of_counts_is_refused_with_what_to_do(
    text: str, phrase: str, tmp_path: Path, hold: Hold
) -> None:
    path = tmp_path / "nurses.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_counts(path, LEVEL_NAMES)
    hold(str(refused.value), phrase)


def test_a_device_or_a_pipe_is_no_table_and_ends_at_once(tmp_path: Path, hold: Hold) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (Path("/dev/zero"), tmp_path / "pipe.csv"):
        with hold.refusal(ConfigError, match="folder"):
            read_counts(path, LEVEL_NAMES)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, hold: Hold) -> None:
    with hold.refusal(ConfigError, "none.csv", match="No such file"):
        read_counts(tmp_path / "none.csv", LEVEL_NAMES)
