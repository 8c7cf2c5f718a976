"""Answers by what makes patients wait: made-up effects of departments of two causes, where what is true is known."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from simulation.api import Result, compare
from simulation.config import load
from simulation.config.ensembles import EnsembleDepartments
from simulation.measures.measuring import MeasureName, Measures
from simulation.report.board import board
from simulation.report.first_page import (
    MOST_WORDS,
    _where_words,
    cause_words,
    first_page,
    headlines,
)
from simulation.report.outcome import (
    ArmOutcome,
    best_to_tell,
    of_causes,
    outcome_of,
    tell_causes,
    with_doubled,
)
from simulation.study.design import Cause, OfferFacts
from tests.config.ours import ensemble
from tests.held import Hold

from .test_first_page import numbers_in_no_table

pytestmark = pytest.mark.usefixtures("undrawn")

STAY = MeasureName("stay_mean", "minutes", "all")
LABELS = {"busy": "clinicians are busy", "full": "cubicles are full"}
Made = Callable[..., Result]


@pytest.fixture(scope="module")
def over(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Eighty departments used twice for a day, whose effects are made up afterwards."""
    where = tmp_path_factory.mktemp("mine")
    for name, text in ensemble(80).items():
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    run = (
        "run.replications=160",
        "run.departments=80",
        "run.measured_days=1",
        "run.warm_up_days=0",
    )
    return compare(load("study=mine", "ensemble=ours", "executor=serial", *run, config_dir=where))


@pytest.fixture
def made(over: Result) -> Made:
    """A result in which an arm's stay differs by so many minutes where patients wait for each cause, and departments by
    a `spread`; the n departments of each cause are in turn."""

    def result(
        effects: Mapping[str, Mapping[str, float]], n: int = 40, spread: float = 1.0
    ) -> Result:
        causes = tuple(LABELS)
        departments = over.study.departments
        assert isinstance(departments, EnsembleDepartments)
        cause_of = [causes[number % 2] for number in range(80)]
        stated = {
            name: Cause(
                evidence="assumed",
                source="made up",
                label=label,
                weight=1,
                site="s",
                calibration="c",
            )
            for name, label in LABELS.items()
        }
        with_causes = replace(
            departments, causes=stated, structure_of=tuple(f"{name}/one" for name in cause_of)
        )
        chance = np.random.default_rng(3).normal(0, spread, 80)
        used, replications = 2 * n, []
        for number, each in enumerate(over.replications[: 2 * used]):
            department, arms = number % used, dict(each.arms)
            base = each.arms[over.design.baseline].measures.value("stay_mean")
            for arm, of_cause in effects.items():
                theirs = each.arms[arm].measures
                values = np.array(theirs.values)
                effect = of_cause[cause_of[department]] + chance[department] + 0.1 * (number < used)
                values[theirs.names.index(STAY)] = base + effect
                arms[arm] = replace(each.arms[arm], measures=Measures(theirs.names, values))
            replications.append(replace(each, arms=arms))
        run = replace(over.run, departments=used, replications=2 * used)
        study = replace(over.study, departments=with_causes, run=run)
        return replace(over, study=study, replications=tuple(replications))

    return result


def test_verdicts_of_a_cause_are_those_of_its_departments_alone(made: Made) -> None:
    """An effect of 10 minutes where clinicians are busy, and of none where cubicles are full; 5 matter."""
    result = made({"quicker": {"busy": -10.0, "full": 0.0}})
    outcome = outcome_of(result, "quicker")
    busy, full = (outcome.by_cause[label] for label in LABELS.values())
    assert (busy.kind, full.kind) == ("helps", "little")
    assert -10.5 < busy.effect.mean < -9.5
    assert -0.5 < full.effect.mean < 0.5
    assert busy.effect.high - busy.effect.low < 1
    assert outcome.depends == "depends"
    row = of_causes(result)[LABELS["busy"]].row("quicker", "stay_mean")
    assert (row.difference_low, row.difference_high) == pytest.approx(
        (busy.effect.low, busy.effect.high)
    )
    assert row.sample == (40, "department")


@pytest.mark.parametrize(
    ("effects", "depends"),
    [
        ({"busy": -10.0, "full": -20.0}, "holds"),  # enough in each
        ({"busy": 0.0, "full": 0.0}, "holds"),
        ({"busy": -10.0, "full": 10.0}, "depends"),
        ({"busy": -10.0, "full": -5.1}, "depends"),  # perhaps too little where cubicles are full
        ({"busy": -5.1, "full": -5.2}, "holds"),  # perhaps too little in each
    ],
)
def test_an_answer_depends_where_causes_differ_beyond_chance(
    made: Made, effects: Mapping[str, float], depends: str
) -> None:
    assert outcome_of(made({"quicker": effects}), "quicker").depends == depends


def test_an_effect_that_is_not_settled_for_one_cause_by_noise_alone_does_not_depend(
    made: Made,
) -> None:
    """Both causes lie near the difference that matters, with noise so large that one is settled and one is not."""
    outcome = outcome_of(made({"quicker": {"busy": -6.5, "full": -5.5}}, spread=4.0), "quicker")
    assert {of.kind for of in outcome.by_cause.values()} == {"helps", "perhaps"}
    assert outcome.depends == "not settled"


def test_under_20_departments_of_a_cause_have_an_interval_and_no_verdict_and_under_10_neither(
    made: Made,
) -> None:
    twelve = outcome_of(made({"quicker": {"busy": -10.0, "full": 0.0}}, n=12), "quicker")
    assert {of.kind for of in twelve.by_cause.values()} == {None}
    assert all(np.isfinite(of.effect.low) for of in twelve.by_cause.values())
    assert twelve.depends == "depends", "the intervals are apart"
    more = outcome_of(made({"quicker": {"busy": -20.0, "full": -10.0}}, n=12), "quicker")
    assert more.depends == "not settled", "each is enough to matter"
    alike = outcome_of(made({"quicker": {"busy": -6.0, "full": -6.0}}, n=12), "quicker")
    assert alike.depends == "not settled"
    nine = made({"quicker": {"busy": -10.0, "full": 0.0}}, n=12)
    nine = replace(nine, replications=nine.replications[:18])
    few = of_causes(nine)[LABELS["busy"]]
    assert (few.few_departments, outcome_of(nine, "quicker").depends) == (9, "not settled")
    table = made({"quicker": {"busy": -10.0, "full": 0.0}}, n=12).tables["causes:stay_mean:all"]
    assert all(str(cell).endswith("no verdict") for row in table.cells for cell in row[1:])


def test_a_cause_counted_twice_moves_the_mean_to_its_departments(made: Made) -> None:
    """Effects of -9 and -2: alike in weight -5.5, perhaps too little; -6.7 with the first twice, and -4.3 with the
    other."""
    result = made({"quicker": {"busy": -9.0, "full": -2.0}}, spread=0.1)
    whole = result.row("quicker", "stay_mean")
    busy, full = with_doubled(result).values()
    row = busy.row("quicker", "stay_mean")
    assert row.difference == pytest.approx(whole.difference - 7 / 6, abs=0.05)
    assert row.difference_low < row.difference < row.difference_high
    assert full.row("quicker", "stay_mean").difference == pytest.approx(
        whole.difference + 7 / 6, abs=0.05
    )
    assert outcome_of(result, "quicker").hangs_on_weight == (LABELS["busy"],)
    firm = outcome_of(made({"quicker": {"busy": -10.0, "full": -12.0}}), "quicker")
    assert firm.hangs_on_weight == ()


def test_the_first_sentences_say_what_an_answer_depends_on(made: Made, hold: Hold) -> None:
    result = made({"quicker": {"busy": -10.0, "full": 0.0}, "two": {"busy": -20.0, "full": -20.0}})
    page = first_page(result)
    assert page.sentences[0] == page.hangs
    hold(page.hangs)
    assert numbers_in_no_table(result) == set()
    firm = made({name: {"busy": -10.0, "full": -12.0} for name in ("quicker", "two")})
    hold(cause_words(firm))


def with_stays(result: Result, minutes: float) -> Result:
    """The same, everybody's stay under the baseline longer by so many minutes where cubicles are full."""
    full, base = result.causes[LABELS["full"]], result.design.baseline
    replications = []
    for is_full, each in zip(full, result.replications, strict=True):
        known = each.arms[base].measures
        values = known.values + minutes * is_full * np.array(
            [name.measure == "stay_median" for name in known.names]
        )
        arm = replace(each.arms[base], measures=Measures(known.names, values))
        replications.append(replace(each, arms={**each.arms, base: arm}))
    return replace(result, replications=tuple(replications))


def test_the_page_names_the_figure_that_tells_the_cause_and_says_where_none_does(
    made: Made,
) -> None:
    """Departments of the two causes are alike in all but one figure, and where that is alike too, in all."""
    result = made({"quicker": {"busy": -10.0, "full": 0.0}})
    told = best_to_tell(with_stays(result, 500.0))
    assert told is not None
    assert (told.figures[0].measure, told.n_needed, told.days) == ("stay_median", 1, 7)
    words = list(cause_words(with_stays(result, 500.0)))
    assert any("measure 'stay, median" in one for one in words)
    none = best_to_tell(result)
    assert none is not None
    assert none.right[-1] < 0.65
    assert any(one.startswith("No two figures") for one in cause_words(result))
    assert tell_causes(made({"quicker": {"busy": -10.0, "full": 0.0}}, n=9)) == ()


def test_an_effect_too_little_on_average_says_where_it_may_be_enough(made: Made) -> None:
    little = {"busy": 0.0, "full": -6.0}
    lines = {one.label: one.words for one in headlines(made({"quicker": little}))}
    assert [
        label for label, words in lines.items() if "except perhaps" in words and "cubicles" in words
    ] == ["9 minutes, not 12"]
    alike = headlines(made({"quicker": {"busy": -3.0, "full": -3.0}}))
    assert not any("except perhaps" in one.words for one in alike)


def test_an_alternative_does_more_only_if_it_does_whatever_makes_patients_wait(made: Made) -> None:
    """'Two' does more by far on average, and less where cubicles are full."""
    busy, full = {"busy": -10.0, "full": -10.0}, {"busy": -40.0, "full": -1.0}
    result = made({"quicker": busy, "two": full})
    quicker, two = (outcome_of(result, arm) for arm in ("quicker", "two"))
    assert two.does_as_much(quicker) is None
    assert two.behind(quicker) == pytest.approx(9, abs=0.2)
    assert list(two.overtaken([quicker])) == [LABELS["full"]]
    more = made({"quicker": busy, "two": {"busy": -40.0, "full": -12.0}})
    quicker, two = (outcome_of(more, arm) for arm in ("quicker", "two"))
    assert two.does_as_much(quicker) == "more"
    assert two.overtaken([quicker]) == {}


def test_the_page_keeps_to_its_words_by_leaving_out_detail(made: Made) -> None:
    page = first_page(made({"quicker": {"busy": -10.0, "full": 0.0}}))
    assert page.n_words <= MOST_WORDS == 350


@pytest.mark.parametrize(("full", "depends"), [(0.0, True), (-10.0, False)])
def test_the_boards_page_claims_no_more(made: Made, full: float, depends: bool) -> None:
    result = made({"quicker": {"busy": -10.0, "full": full}}, spread=0.1)
    offer = OfferFacts(arm="quicker", product="QuickNote", department="Ours")
    study = replace(result.study, design=replace(result.design, offer=offer))
    page = board(replace(result, study=study))
    assert ("depending on the cause of waiting" in page.verdict) == depends
    assert ("It depends on" in page.answer) == depends
    assert (page.look == "better") != depends


def test_without_causes_nothing_is_said_of_them(over: Result) -> None:
    assert list(cause_words(over)) == []
    assert not any(kind.startswith("causes") for kind in over.tables)
    assert outcome_of(over, "quicker").depends is None


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["1", "2"], "unless 3"),
        (["1"], "if 1"),
    ],
)
def test_all_causes_but_one_are_named_by_that_one(labels: list[str], words: str) -> None:
    outcome = SimpleNamespace(by_cause=dict.fromkeys(["1", "2", "3"]))
    assert _where_words(cast(ArmOutcome, outcome), labels) == words
    assert "1" not in _where_words(cast(ArmOutcome, outcome), [*outcome.by_cause])
