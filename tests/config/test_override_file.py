"""A question as a file: it is written without a run, read back from memory, and asked again by a command."""

from pathlib import Path

import pytest

import simulation as ae
from simulation.cli import main
from tests.held import Hold

WORDS = (
    "study=gallery/one_nurse",
    "run.replications=2",
    "run.warm_up_days=0",
    "run.measured_days=2",
    "executor=serial",
    "engine=reference",
)


def test_the_study_of_the_text_is_the_study_of_the_words() -> None:
    words = (*WORDS, "pathway.arrivals.walk_in.per_day=80")
    text = ae.configuration(*words)
    assert text.startswith("# ")
    assert "Planning only" in text
    assert ae.overrides_in(text) == words
    assert ae.load(*ae.overrides_in(text)).resolved == ae.load(*words).resolved


@pytest.mark.slow
def test_a_command_asks_it_again_to_the_same_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "question.yaml"
    path.write_text(ae.configuration(*WORDS), encoding="utf-8")
    assert main(["compare", f"@{path}", f"results={tmp_path}"]) == 0
    (folder,) = (tmp_path / "one_nurse").glob("2*")
    assert ae.same_numbers(ae.read(folder), ae.compare(ae.load(f"@{path}")))


def test_a_question_with_a_fault_is_not_written() -> None:
    with pytest.raises(ae.ConfigError, match=r"run\.replications: found 0"):
        ae.configuration(*WORDS, "run.replications=0")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("site: typical", "list of overrides"),
        ("[]", "list of overrides"),
        ("[[a]]", "list of overrides"),
        ("['@other.yaml']", "'@other.yaml' is not"),
        ("['--config-dir=/']", "form key=value"),
        ("[busier]", "'busier' is not"),
        ("[a=1, ", "the question, line 1"),
        (f"[{'a=1,' * 501}]", "list of overrides, 500 at most"),
        ("!!python/object/apply:os.system [ls]", "determine a constructor"),
    ],
)
def test_a_text_that_is_no_question_is_one_message(text: str, message: str, hold: Hold) -> None:
    with pytest.raises(ae.ConfigError) as refused:
        ae.overrides_in(text)
    hold(str(refused.value), message)


def test_a_file_of_overrides_that_is_not_there_is_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", f"@{tmp_path}/nothing.yaml"]) == 2
    assert "nothing.yaml" in capsys.readouterr().err
