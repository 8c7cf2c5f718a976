"""Years of departments are simulated once: kept by what they hang on, made again where that is another or damaged."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from simulation.errors import ResultsError
from simulation.offers import offer, solving
from simulation.offers.interview import Answer, check
from simulation.offers.offer import write_offer
from simulation.offers.solving import KeptYears, Round
from tests.held import Hold

ANSWERS: dict[str, Answer] = {
    "attendances_per_day": 310, "within_four_hours": "62 %", "triage_nurses": "2 from 8 to 22 h, 1 by night",
    "product": "Our AI", "does": "advises", "used_share": "60 %", "against": "nurses", "exact_share": "88 %",
    "price_a_year": "£120,000",
}  # fmt: skip
N = 20
YEARS: Round = {"0": [0.62, 0.1 + 0.2, 1e-17], "7": [0.0, 1 / 3, 12.0]}


def kept(folder: Path, answers: str = "answers", program: str = "program") -> KeptYears:
    return KeptYears(folder, answers, program)


def filled(folder: Path, n: int) -> KeptYears:
    years = kept(folder)
    for _ in range(n):
        years.next_round().update(YEARS)
        years.write()
    return years


def test_years_are_given_back_to_the_last_bit_and_a_stop_loses_none_that_had_ended(
    tmp_path: Path,
) -> None:
    filled(tmp_path, 2)
    again = kept(tmp_path)
    assert (again.rounds, again.note) == ([YEARS, YEARS], "")
    assert again.next_round() == again.next_round() == YEARS
    third = again.next_round()
    assert third == {}
    third["3"] = [1.0]
    again.write()
    assert kept(tmp_path).rounds == [YEARS, YEARS, {"3": [1.0]}]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("0.62", "0.63"),
        lambda text: text[:-20],
        lambda text: "[]",
        lambda text: "",
        lambda text: "\0" * len(text),
        lambda text: json.dumps({**json.loads(text), "rounds": []}),
        lambda text: json.dumps({**json.loads(text), "program": "another"}),
    ],
)
def test_a_damaged_file_is_made_again_and_said_to_be(
    tmp_path: Path, damage: Callable[[str], str]
) -> None:
    path = filled(tmp_path, 2).path
    assert path is not None
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert kept(tmp_path).rounds == []
    assert kept(tmp_path).note == f"{path} is damaged"
    filled(tmp_path, 1)
    assert (kept(tmp_path).note, len(kept(tmp_path).rounds)) == ("", 1)


def test_another_version_makes_them_again_and_other_answers_have_their_own(tmp_path: Path) -> None:
    path = filled(tmp_path, 1).path
    assert path is not None
    other = kept(tmp_path, program="other")
    assert (other.rounds, "another version" in other.note) == ([], True)
    other = kept(tmp_path, "others")
    assert (other.rounds, other.note) == ([], "")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file", encoding="utf-8")
    with pytest.raises(ResultsError, match="results"):
        KeptYears(tmp_path / "results", "answers", "program")


# --- by answers ------------------------------------------------------------------------------------------------------


class Made:
    """Offers in one folder, with years that are not simulated; how many were, and what was said."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.years, self.said, self.stop_at = folder, 0, list[str](), 10**9

    def simulate(
        self, solver: solving.Solver, known: Round, missing: Sequence[int], seed: int
    ) -> None:
        """Each department a little apart, and near what is wanted."""
        for number in missing:
            if self.years == self.stop_at:
                raise KeyboardInterrupt
            self.years += 1
            share = 0.62 + 0.001 * (number % N - N / 2) + 0.0001 * (seed % 7)
            known[f"{number}"] = [share] * len(solving.KEPT)
            solver.kept.write()

    def __call__(self, name: str, **changed: Answer) -> int:
        """Make an offer; how many years it took."""
        before, self.said = self.years, []
        answers = {key: value for key, value in {**ANSWERS, **changed}.items() if value is not None}
        write_offer(
            answers, self.folder / "configs", name=name, n=N,
            results=self.folder / "results", say=self.said.append,
        )  # fmt: skip
        return self.years - before

    def solved(self, name: str) -> dict[str, list[float]]:
        """The values of its departments, by parameter, without those of a product."""
        from simulation.config.ensembles import ensemble_named
        from simulation.config.files import search_folders

        ensemble = ensemble_named(name, search_folders(self.folder / "configs"))
        columns = zip(*(ensemble.member(place).values for place in range(N)), strict=True)
        known = dict(zip(ensemble.parameters, map(list, columns), strict=True))
        product = {name for name, _ in offer.DRAWN.values()} - {"nurses_errors"}
        return {key: values for key, values in known.items() if key not in product}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    offers = Made(tmp_path)

    def simulate(solver: solving.Solver, *of: Any) -> None:
        _points, known, missing, _n_years, seed = of
        offers.simulate(solver, known, missing, seed)

    monkeypatch.setattr(solving.Solver, "_simulate", simulate)
    return offers


@pytest.mark.slow
def test_price_yardstick_use_and_product_make_no_departments_again(made: Made, hold: Hold) -> None:
    assert made("first") >= N * (sum(solving.YEARS) + solving.FRESH)
    hold(made.said[0])
    first = made.solved("first")
    others: dict[str, dict[str, Answer]] = {
        "price": {"price_a_year": "£90,000"},
        "yardstick": {"against": "panel"},
        "of_use": {"used_share": "80 %"},
    }
    for name, changed in others.items():
        assert made(name, **changed) == 0
        assert made.solved(name) == first
        assert "made again" in made.said[0]
    saves = {"does": "saves time", "saves": "30 s", "against": None, "exact_share": None}
    assert made("saving", product="Another", **saves) == 0
    solved = made.solved("saving")
    assert solved == {key: first[key] for key in solved}
    assert made("changed", within_four_hours="64 %") > 0


@pytest.mark.slow
def test_departments_of_another_version_are_made_again_and_a_stopped_offer_goes_on(
    made: Made, monkeypatch: pytest.MonkeyPatch, hold: Hold
) -> None:
    n = made("first")
    monkeypatch.setattr(solving, "__version__", "0.0.0")
    made.stop_at = n + N + 5
    with pytest.raises(KeyboardInterrupt):
        made("second")
    said = made.said[0].replace(str(made.folder), "FOLDER")
    hold(re.sub("[0-9a-f]{16}", "IDENTITY", said), "another version")
    made.stop_at = 10**9
    assert made("second") == n - N - 5
    hold(made.said[0], "are kept")
    assert made.solved("second") == made.solved("first")


def test_what_departments_hang_on_are_the_answers_about_them(tmp_path: Path) -> None:
    def of(**changed: Answer) -> object:
        return offer._of_department(check({**ANSWERS, **changed}).values, N)

    assert of() == of(price_a_year="£1,000", used_share="10 %", product="Other", exact_share="70 %")
    for changed in ({"attendances_per_day": 311}, {"beds": 480}, {"triage_wait": 20}):
        assert of() != of(**changed)  # type: ignore[arg-type]
