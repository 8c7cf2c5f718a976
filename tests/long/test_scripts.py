"""Scripts of this folder, in short: those that start real processes, and one that draws pairs of versions."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long
HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("script", "words", "says"),
    [
        ("signals.py", ("--each", "1"), "12 of 12 held"),
        ("dask_real.py", ("refused", "worker", "scheduler"), "3 of 3 hold"),
        ("bench_versions.py", ("--pairs", "60"), "is worse by its margin: holds"),
        ("large_extracts.py", ("--rows", "20000"), "20,000 rows"),
        (
            "load.py",
            (
                *("--years", "3", "--days", "182", "--changes", "10", "--only", "follow"),
                *("--staff-elasticity", "0.9", "1.3"),
            ),
            "shorten no mean wait at: 0.9\n",
        ),
        ("entered.py", ("offer", "--files"), "simulation/offers/interview.py"),
        ("fitted.py", ("typical_places", "2", "11", "0"), "Initial assessment of ambulance"),
        ("fitted.py", ("typical_pace", "2", "11", "0"), "Initial assessment of ambulance"),
        ("words_to_an_answer.py", ("read",), "words, and 0 of 2 commands refused"),
        ("causes.py", ("study", "4"), "| lean_triage | typical_pace |"),
        (
            "trial_arms.py",
            ("--departments", "1", "--only", "Team triage"),
            "two for one | Team triage with a doctor moved, wait | -30.0",
        ),
        (
            "trial_sizes.py",
            ("--replications", "2", "--only", "Team triage"),
            "| Team triage with a doctor moved, wait | 111 | -30 |",
        ),
        (
            "recovered_from_extracts.py",
            (
                "--truths",
                "1",
                "--departments",
                "8",
                "--days",
                "182",
                "--solve-days",
                "84",
                "--effect-days",
                "28",
            ),
            "1 truths, 8 departments each",
        ),
        (
            "kills.py",
            ("runs", "--moments", "5", "--replications", "24", "--days", "7", "--rounds", "0"),
            "5 of 5 killed runs end as",
        ),
    ],
)
def test_what_a_script_tries_holds(
    script: str, words: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    asked = [sys.executable, HERE / script, *words]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, timeout=840)
    assert done.returncode == 0, done.stdout + done.stderr
    assert says in done.stdout


def test_two_checkouts_are_told_apart_by_a_number_and_by_a_word(tmp_path: Path) -> None:
    before, after = HERE.parents[1], tmp_path / "after"
    for folder in ("aeflow", "simulation", "configs"):
        shutil.copytree(before / folder, after / folder)
    study = after / "configs" / "study" / "gallery" / "one_nurse.yaml"
    plain = study.read_text(encoding="utf-8")

    def compared(changed: str) -> tuple[int, str]:
        study.write_text(changed, encoding="utf-8")
        asked = [
            sys.executable,
            HERE / "same_answers.py",
            before,
            after,
            "--only",
            "gallery/one_nurse",
        ]
        done = subprocess.run(
            [*asked, "--keep", tmp_path / "keep"], capture_output=True, text=True, timeout=840
        )
        return done.returncode, done.stdout

    code, said = compared(plain)
    assert (code, "1 of 1 jobs the same" in said) == (0, True), said
    code, said = compared(plain.replace("label: Two nurses", "label: A pair of nurses"))
    assert (code, "text differs" in said, "numbers differ" in said) == (0, True, False), said
    code, said = compared(plain.replace("consultation.mean: 9", "consultation.mean: 9.5"))
    assert (code, "replications.parquet: value  first: row" in said) == (1, True), said


def test_a_comparison_enters_few_files_and_rooms(tmp_path: Path) -> None:
    asked = [sys.executable, HERE / "entered.py", "compare"]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, timeout=840)
    assert done.returncode == 0, done.stdout + done.stderr
    _, files, _, rooms, *_ = done.stdout.split()
    assert 60 < int(files) <= 105, done.stdout
    assert 10 < int(rooms) <= 18, done.stdout
