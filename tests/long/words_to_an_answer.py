"""How many words somebody reads from a file of attendances to an answer, along the four commands of the guide.

Counted are the guide up to 'When you need it', what each command prints (but for how far it is, which a terminal shows
as a bar), the comments at the head of the drafted mapping, and those sentences of the report's first page that the last
command has not printed; its table and picture stand beside them. A word is what stands between two blanks, numbers too.

    python tests/long/words_to_an_answer.py [FILE [FIT ...]]   a CSV file of attendances, and what is stated to the fit

Without a file the records are two years of the first made department, without dirt; with the word 'read' in its place
half a year of them, of which nothing is fitted. A fit takes some five minutes of two processors. Exit code 1: a command
was refused, or there are more than 1,500 words.
"""

import os
import subprocess
import sys
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

from made_departments.departments import DEPARTMENTS
from made_departments.exports import EXPORTS, written
from made_departments.product import ROOT

import simulation as ae
from simulation.report.first_page import first_page

MOST = 1_500
GUIDE, END = ROOT / "docs" / "how-to" / "my-records.md", "## When you need it"
FILE = "attendances.csv"


def n_words(text: str) -> int:
    """How many words a text has."""
    return len(text.split())


def printed(folder: Path, *words: str) -> tuple[str, str]:
    """What `aeflow WORDS` prints in a folder, and why it was refused; '' if it was not."""
    done = subprocess.run(
        [sys.executable, "-m", "simulation", *words], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.stdout, done.stderr if done.returncode else ""


def make(path: Path, days: int) -> None:
    """Write records of the first made department."""
    first = DEPARTMENTS[0]
    file = written(first, EXPORTS[first.name], days, plain=True)
    path.write_text("\n".join(file.lines) + "\n", encoding="utf-8")


def main(given: str = "", *stated: str) -> int:
    words = {"guide": n_words(GUIDE.read_text(encoding="utf-8").partition(END)[0])}
    refused = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        if given in ("", "read"):
            make(folder / FILE, 182 if given else 728)
        else:
            copy(given, folder / FILE)
        steps = [("extract", "draft", FILE), ("extract", FILE)]
        if given != "read":
            steps += [("fit", f"extract={FILE}", "out=mine", *stated), ("compare", "study=mine")]
        for number, step in enumerate(steps):
            text, why = printed(folder, *step)
            words[" ".join(step)] = n_words(text)
            refused += [why] if why else []
            if number == 0:
                drafted = (folder / "configs/extract/attendances.yaml").read_text(encoding="utf-8")
                head = [line for line in drafted.splitlines() if line.startswith("#")]
                words["head of the draft"] = n_words("\n".join(head))
        if given != "read" and not refused:
            page = first_page(ae.read(folder / "results" / "latest"))
            said = (page.question, *page.checks, *page.sentences)
            new = [
                sentence
                for sentence in said
                if "".join(sentence.split()) not in "".join(text.split())
            ]
            words["first page, not printed before"] = n_words(" ".join(new))
    for what, n in words.items():
        print(f"{n:>6,}  {what}")
    print(f"{sum(words.values()):>6,}  words, and {len(refused)} of {len(steps)} commands refused")
    print(*refused, sep="\n")
    return int(bool(refused) or sum(words.values()) > MOST)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
