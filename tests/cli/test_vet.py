"""`aeflow vet`: a bench out of the box, mistakes as one message, and a server that is asked once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulation.config import packaged_configs
from tests.held import Hold

from ..vetting.fake_server import Handler, serving
from .conftest import Aeflow

ROOT = Path(__file__).parents[2]
SMALL = ("cases.number=60", "assessor.folds=3", "comparators=false")


@pytest.mark.slow
def test_a_bench_runs_out_of_the_box_and_says_where_its_card_is(
    aeflow: Aeflow, here: Path, hold: Hold
) -> None:
    output = aeflow("vet", *SMALL)
    assert output.code == 0, output.err
    hold(output.out, "clinical use")
    assert "Criteria fixed beforehand" in output.out
    assert (here / "results" / "vetting" / "synthetic" / "card.html").is_file()
    again = aeflow("vet", *SMALL, "against=results/vetting/synthetic")
    assert again.code == 0, again.err
    assert "Stop: " in again.out or "Go: " in again.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("name=sinthetic",), "vetting: there is no 'sinthetic'. Did you mean 'synthetic'?"),
        (("name=../synthetic",), "vetting: there is no '../synthetic'."),
        (("name=korean",), "cases.file: names no CSV file."),
        (
            ("name=korean", "cases.file=none.csv"),
            "none.csv",
        ),
        (("write_cases=perhaps",), "write_cases"),
        (("against=",), "against="),
        (("against=nowhere",), "bench (No such file"),
        (("cases.vignettes=french",), "vignettes: there is no 'french'."),
        (("seeds=1",), "vetting/synthetic.seeds: unknown key 'seeds'. Did you mean 'seed'?"),
        (("seed={",), "seed={, line 1: "),
        (("cases.mix=[0, 0, 0, 0, 0]",), "cases.mix: adds up to 0."),
        (
            ("name=llm", "assessor.address=https://x.example.org/v1"),
            "x.example.org is another",
        ),
        (("name=llm", "assessor.prompt=other"), "prompt: there is no 'other'."),
        (
            ("name=llm", "assessor.key=NOT_SET_HERE"),
            "environment variable NOT_SET_HERE is not",
        ),
    ],
)
def test_a_mistake_is_one_message_and_nothing_is_written(
    words: tuple[str, ...], message: str, aeflow: Aeflow, here: Path, hold: Hold
) -> None:
    hold(aeflow("vet", *words).message, message)
    assert list(here.iterdir()) == []


def test_a_dry_run_shows_word_for_word_what_would_be_sent(
    aeflow: Aeflow, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_KEY", "canary-key-3")
    output = aeflow("vet", "name=llm", "dry_run=true", "assessor.key=OUR_KEY", "cases.number=20")
    assert output.code == 0, output.err
    assert "Dry run: nothing was asked. 20 cases" in output.out
    assert "80 questions" in output.out
    assert '"response_format"' in output.out
    assert "Authorization: Bearer <value of OUR_KEY>" in output.out
    assert "canary-key-3" not in output.out
    assert list(here.iterdir()) == []


@pytest.mark.slow
def test_cases_are_written_for_a_vendor_whose_answers_are_then_scored(
    aeflow: Aeflow, here: Path
) -> None:
    output = aeflow("vet", "cases.number=40", "write_cases=true")
    assert output.code == 0, output.err
    lines = (
        (here / "results/vetting/synthetic-cases_to_answer.csv")
        .read_text(encoding="utf-8-sig")
        .splitlines()
    )
    names = [line.split(",")[0] for line in lines[1:] if ",as_written," in line]
    (here / "answers.csv").write_text(
        "case,label\n" + "".join(f"{name},3\n" for name in names), encoding="utf-8"
    )
    answers = "assessor={kind: answers, file: answers.csv, product: Acme 2.1}"
    output = aeflow("vet", "cases.number=40", "comparators=false", answers)
    assert output.code == 0, output.err
    assert "Acme 2.1 minus the nurse" in output.out


def test_a_file_with_its_own_case_numbers_and_three_levels_is_put_on_the_bench(
    aeflow: Aeflow, here: Path, hold: Hold
) -> None:
    levels = ("urgent", "standard", "minor")
    truth = {f"A-{n:04}": levels[n % 3] for n in range(45)}
    rows = [f"{number},cough {number[-2:]},{level},{level}" for number, level in truth.items()]
    (here / "cards.csv").write_text(
        "\n".join(["Case no.,complaint,panel,nurse", *rows]), encoding="utf-8"
    )
    labels = {**truth, "A-0003": "standard"}
    rows = [f"{number},{label}" for number, label in labels.items()]
    (here / "answers.csv").write_text("\n".join(["case,label", *rows]), encoding="utf-8")
    stated = """
name: ours
yardstick: panel
id: Case no.
truth: panel
nurse: nurse
levels: {urgent: 1, standard: 3, minor: 5}
inputs: {complaint: {column: complaint}}
evidence: measured
source: a test
"""
    (here / "configs/cases").mkdir(parents=True)
    (here / "configs/cases/ours.yaml").write_text(stated, encoding="utf-8")
    cases = "cases={kind: csv, mapping: ours, file: cards.csv}"
    answers = "assessor={kind: answers, file: answers.csv, product: Acme 2.1}"
    output = aeflow("vet", cases, answers, "comparators=false")
    assert output.code == 0, output.err
    assert "study=vetted" not in output.out, "no policy: levels 2 and 4 have no case"
    folder = here / "results/vetting/synthetic"
    assert "1,3,1," in (folder / "matrix.csv").read_text(encoding="utf-8-sig")
    assert "A-00" not in "".join(
        path.read_text(encoding="utf-8-sig") for path in folder.glob("*.csv")
    )
    hold(aeflow("compare", "study=vetted").message)


@pytest.mark.slow
def test_a_card_is_made_and_written_from_python(here: Path) -> None:
    import simulation as ae

    card = ae.vet("synthetic", *SMALL, "repeats=1", "injected=false")
    assert card.verdict in ("met", "not met", "cannot tell")
    assert str(card).startswith(card.sentences[0])
    assert {"criteria", "scores", "hazards", "coverage"} <= set(card.tables)
    assert card.pictures["matrix"].png.startswith(b"\x89PNG")
    assert (card.write(here / "results") / "card.docx").is_file()


def test_every_packaged_bench_loads() -> None:
    from simulation.vetting.vet import load_plan, prompt_of

    names = sorted(path.stem for path in (packaged_configs() / "vetting").glob("*.yaml"))
    assert names == ["korean", "llm", "synthetic"]
    for name in names:
        plan = load_plan(name)
        assert (prompt_of(plan) is not None) == (name == "llm")


@pytest.mark.slow
def test_a_killed_run_goes_on_and_leaves_neither_key_nor_complaint_anywhere(tmp_path: Path) -> None:
    """kill -9 half-way, then the same command: requests at most questions + concurrency, no answered one twice."""
    n_questions, concurrency = 60, 2
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    complaint = "canary-complaint-9b1"
    rows = [f"{complaint} {k},{20 + k},{1 + k % 5},3" for k in range(n_questions)]
    cases = tmp_path / "cases.csv"
    cases.write_text("\n".join(["complaint,age,truth,nurse", *rows]) + "\n", encoding="utf-8")
    (work / "configs" / "cases").mkdir(parents=True)
    (work / "configs" / "cases" / "ours.yaml").write_text(
        "# ours\nname: ours\nyardstick: panel\ntruth: truth\nnurse: nurse\n"
        "inputs: {complaint: {column: complaint}, age: {column: age}}\nevidence: measured\nsource: a test\n",
        encoding="utf-8",
    )

    def answers(handler: Handler, body: dict[str, object]) -> None:
        time.sleep(0.03)
        handler.say('{"level": 3}')

    with serving(answers) as server:
        words = [
            "vet", "name=llm", f"assessor.address={server.address}", "assessor.key=OUR_KEY", "repeats=1",
            "rephrased=false", "injected=false", "comparators=false", f"assessor.concurrency={concurrency}",
            f"cases={{kind: csv, mapping: ours, file: {cases}}}",
        ]  # fmt: skip
        environment = {
            **os.environ,
            "OUR_KEY": "canary-key-9b1",
            "HOME": str(home),
            "TMPDIR": str(home),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "simulation", *words]
        process = subprocess.Popen(command, cwd=work, env=environment, stdout=subprocess.DEVNULL)
        while len(server.asked) < n_questions // 2 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        n_before = len(server.asked)
        assert n_questions // 2 <= n_before < n_questions
        done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert len(server.asked) <= n_questions + concurrency
    assert len(set(server.asked)) == n_questions
    assert (work / "results" / "vetting" / "llm" / "card.html").is_file()
    for path in (each for folder in (home, work) for each in folder.rglob("*") if each.is_file()):
        content = path.read_bytes()
        assert b"canary-key" not in content, path
        assert complaint.encode() not in content, path
    assert "canary-key" not in done.stdout + done.stderr
