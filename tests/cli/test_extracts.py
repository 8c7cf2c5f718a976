"""Mistakes with `aeflow extract`, `fit` and `trace` are one message each."""

from pathlib import Path

import pytest

from simulation.cli import main
from tests.extracts.made import clean
from tests.held import Hold


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["extract"], "Say: aeflow extract [draft] FILE"),
        (["extract", "draft"], "found 0 files"),
        (["extract", "draft", "nothing.csv"], "there is no"),
        (["extract", "mine.csv"], "extract draft mine.csv"),
        (["extract", "mine.csv", "mapping=malm"], "Did you mean 'malmo'?"),
        (["extract", "mine.csv", "mapping=malmo"], "has no column 'arrival_at_hospital'"),
        (["fit", "extract=mine.csv"], "out: is not given"),
        (["fit", "extract=mine.csv", "out=typical"], "comes with aeflow"),
        (["fit", "extract=mine.csv", "out=mine", "beds=many"], "beds: found 'many'"),
        (["fit", "extract=mine.csv", "out=mine", "bed=500"], "Did you mean 'beds'?"),
        (["trace"], "Say: aeflow trace extract=FILE"),
        (["trace", "extract=mine.csv", "imputations=1"], "whole number from 2 to 200"),
    ],
)
def test_a_mistake_is_one_message(
    words: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    hold: Hold,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text(clean(), encoding="utf-8")
    assert main(words) == 2
    said = capsys.readouterr().err
    hold(said, says)
    assert "Traceback" not in said
