"""Input from elsewhere that is made to do harm: each is one message, or is read as what it says, and at once.

The twenty were written after the kinds had been mended (YAML, numbers, addresses, uploads, names, files), to see what
else of these kinds there is.
"""

import gzip
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from simulation.cli import main
from simulation.config.counts_table import read_counts
from simulation.config.studies import observed_in
from simulation.errors import AeflowError
from simulation.extracts.extract import draft
from simulation.offers.asking import answers_in
from simulation.offers.interview import check
from simulation.vetting.assessors import read_log
from simulation.vetting.learned import read_model
from simulation.vetting.llm import KeptAnswers

SECONDS = 3.0
"""Of processor time that any of them may take."""
NINES = "9" * 5_000
LEVELS = ("immediate", "very_urgent", "urgent", "standard", "non_urgent")
Attempt = Callable[[Path], object]


def file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    )
    return path


def counts(cell: str) -> Attempt:
    """A table of counts with one odd cell."""
    rows = [["50"] * 5 for _ in LEVELS]
    rows[2][2] = cell
    text = "\n".join(",".join(row) for row in rows)
    return lambda folder: read_counts(file(folder, "counts.csv", text), LEVELS)


def answers(**stated: str) -> Attempt:
    """Answers of the interview in a file."""
    text = "\n".join(f"{key}: {value}" for key, value in stated.items())

    def attempt(folder: Path) -> None:
        check(answers_in(file(folder, "offer.yaml", text)), folder).all_faults.refuse()

    return attempt


def inspect_log(**sample: object) -> Attempt:
    text = json.dumps({"samples": [{"id": "case-1", **sample}]}).replace('"INF"', "1e999")

    def attempt(folder: Path) -> None:
        rows, _ = read_log(file(folder, "log.json", text.replace('"NINES"', "9" * 4_000)), {})
        list(rows)

    return attempt


def model(**changed: object) -> Attempt:
    features = {
        "vocabularies": {"words": {"pain": 0}},
        "weights": {"words": [1.0]},
        "scales": {},
        "words": {},
    }
    content = {
        "format": 1, "model": "logistic", "coefficients": [[0.0] * 5], "intercepts": [0.0] * 5,
        "features": {**features, "flags_missing": False, **changed},
    }  # fmt: skip
    return lambda folder: read_model(file(folder, "model.json", json.dumps(content)))


def kept_answers(folder: Path) -> None:
    identity = {"model": "x"}
    kept = KeptAnswers(folder, identity)
    kept._path.parent.mkdir(exist_ok=True)  # type: ignore[union-attr]
    kept._path.write_text("[" * 50_000 + f"\n[{NINES}]\n{{}}\nnull\n", encoding="utf-8")  # type: ignore[union-attr]
    assert KeptAnswers(folder, identity).answers == {}


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.csv")
    return folder / "pipe.csv"


def command(*words: str) -> Attempt:
    """A command, which raises what it prints."""

    def attempt(folder: Path) -> None:
        names = [
            word.format(folder=folder, pipe=pipe(folder) if "{pipe}" in word else "")
            for word in words
        ]
        if main(names):
            raise AeflowError("told")

    return attempt


def records(content: bytes, name: str = "records.csv") -> Attempt:
    return lambda folder: draft(file(folder, name, content))


HEADER = b"arrival,departure,age\n"
ROW = b"2026-01-01 10:00,2026-01-01 12:00,%s\n"
TWENTY: dict[str, Attempt] = {
    "a count without end": counts("1e999"),
    "a count of 5,000 digits": counts(NINES),
    "attendances of 400 digits": answers(attendances_per_day=f"'{'9' * 400}'"),
    "a rota of 5,000 nurses": answers(triage_nurses=f"'{NINES} 8-20'"),
    "a rota of many parts": answers(triage_nurses=f"'{', '.join(['1 8-20'] * 20_000)}'"),
    "a price without end": answers(price_a_year="1e999"),
    "a file of overrides, too deep": command("show", "@{folder}/deep.yaml"),
    "a number of 5,000 digits in a list": command("show", f"study.focus=[{NINES}]"),
    "a group of very many levels": command(
        "show",
        "run.precision={{measure: wait_to_clinician_mean, half_width: 1, group: acuity_true=1-99999999999}}",
    ),
    "figures without end": lambda folder: observed_in(
        file(folder, "f.yaml", "wait_to_clinician_mean: 1e999")
    ),
    "answers from a pipe": command("offer", "answers={pipe}", "check=true"),
    "records from a pipe": command("extract", "draft", "{pipe}"),
    "records that end too soon": records(
        gzip.compress(HEADER + ROW % b"70" * 500)[:-40], "records.csv.gz"
    ),
    "ages of 5,000 digits": records(HEADER + ROW % NINES.encode() * 50),
    "records with characters of no text": records(HEADER + ROW % b"\x00\x01" * 50),
    "an epoch without end": inspect_log(epoch="INF"),
    "tokens of 4,000 digits": inspect_log(
        output={"usage": {"total_tokens": "NINES"}, "completion": "3"}
    ),
    "a word at place 10^12": model(vocabularies={"words": {"pain": 10**12}}),
    "more words than weights": model(weights={"words": [1.0] * 7}),
    "kept answers, too deep": kept_answers,
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", TWENTY)
def test_what_is_made_to_do_harm_is_one_message_at_once(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file(tmp_path, "deep.yaml", "[" * 20_000)
    began = time.process_time()
    with suppress(AeflowError):
        TWENTY[name](tmp_path)
    assert time.process_time() - began < SECONDS
    output = capfd.readouterr()
    assert "Traceback" not in output.err + output.out
    assert len(output.err) < 2_000
