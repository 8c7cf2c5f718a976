"""What decides the answer of a result over departments, and what it is where some figures of one are known."""

from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulation.api import Result, compare
from simulation.cli import main
from simulation.config import load
from simulation.errors import ConfigError, ResultsError
from simulation.measures.measuring import MeasureName
from simulation.questions.narrow import (
    NarrowedEffects,
    Observed,
    ObservedFigure,
    _sampling_variance,
    effect_words,
    narrow_result,
    narrowed_sentences,
    weeks_words,
)
from simulation.questions.what_decides import (
    find_deciding,
    harmed_kind_words,
    kind_beyond,
    value_knowing,
)
from simulation.study.design import Cost, Margin, ValuePerHour
from tests.held import Hold
from tests.questions.clinics import N_CLINICS, SHORT, write_clinics

pytestmark = pytest.mark.usefixtures("undrawn")

QUEUE = {"measure": "queue_mean", "group": "step=consultation"}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    configs = write_clinics(tmp_path_factory.mktemp("own") / "configs")
    return compare(
        load("study=gallery/clinic", "ensemble=clinics", *SHORT, config_dir=str(configs))
    )


@pytest.fixture(scope="module")
def folder(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return result.write(tmp_path_factory.mktemp("results"))


def observed(value: float, **more: object) -> Observed:
    return Observed(figures=(ObservedFigure(**{**QUEUE, "value": value, "days": 28, **more}),))  # type: ignore[arg-type]


def longest_queue(result: Result) -> float:
    values = result.values(result.design.baseline, "queue_mean", "step=consultation")
    assert result.department_of is not None
    return max(float(values[result.department_of == each].mean()) for each in range(N_CLINICS))


# --- what decides ---------------------------------------------------------------------------------------------


def test_a_sign_of_crowding_decides_what_a_third_nurse_does(result: Result) -> None:
    found = find_deciding(result)
    assert found is not None
    assert found.n_departments == N_CLINICS
    told = found.arms["third_nurse"].best
    assert told is not None
    measure = found.figures[told.figure].measure
    assert measure in (
        "queue_mean",
        "time_to_clinician_median",
        "time_to_clinician_p95",
        "stay_median",
    )
    assert told.slope < 0
    assert told.share > 0.9


def test_no_figure_that_takes_the_true_level_is_looked_at(result: Result) -> None:
    found = find_deciding(result)
    assert found is not None
    names = {(name.measure, name.group) for name in result.measures["first_come"][0].names}
    assert ("time_to_clinician_median", "acuity_true=urgent") in names
    assert not [name for name in found.figures if "acuity" in name.group]
    assert ("queue_mean", "patients", "step=consultation") in found.figures


def test_an_arm_that_changes_nothing_is_decided_by_nothing(result: Result) -> None:
    twin = tuple(
        replace(each, arms={**each.arms, "urgent_first": each.arms["first_come"]})
        for each in result.replications
    )
    found = find_deciding(replace(result, replications=twin))
    assert found is not None
    assert not found.arms["urgent_first"].differs
    assert found.arms["urgent_first"].best is None
    assert found.arms["third_nurse"].best is not None


def test_one_department_has_no_deciding_figure(result: Result) -> None:
    alone = replace(result, study=result.study.on_typical())
    assert find_deciding(alone) is None
    assert "what_decides" not in alone.tables


def test_departments_that_were_played_once_are_not_counted(result: Result) -> None:
    found = find_deciding(replace(result, replications=result.replications[: N_CLINICS + 21]))
    assert found is not None
    assert found.n_departments == 21


def test_few_departments_have_no_deciding_figure_and_the_title_says_why(
    result: Result, hold: Hold
) -> None:
    few = replace(result, replications=result.replications[: N_CLINICS + 10])
    assert find_deciding(few) is None
    hold(few.tables["what_decides"].title, "only for 20 or more departments")


@pytest.mark.slow
def test_the_report_says_what_decides_in_a_table_a_picture_and_a_file(
    result: Result, folder: Path, hold: Hold
) -> None:
    table = result.tables["what_decides"]
    assert len(table.rows) == 2
    assert f"{N_CLINICS} departments" in table.notes[0]
    page = unescape((folder / "report.html").read_text("utf-8"))
    hold(page, "What decides")
    assert "Dot plots of 'Wait, urgent'" in page
    written = pd.read_csv(folder / "what_decides.csv")
    found = find_deciding(result)
    assert found is not None
    first = written[written["arm"] == "third_nurse"].iloc[0]
    best = found.arms["third_nurse"].best
    assert best is not None
    assert first["share_of_variance"] == pytest.approx(best.share)
    assert (first["measure"], first["group"]) == (
        found.figures[best.figure].measure,
        found.figures[best.figure].group,
    )


def priced(result: Result, pounds: tuple[float, ...], cost: float) -> Result:
    """The result with a value of an hour, and a cost of the third nurse."""
    paid = Cost(per_year=cost, what="a nurse", evidence="assumed", source="a test")
    arms = tuple(
        replace(arm, arm=replace(arm.arm, cost=paid)) if arm.name == "third_nurse" else arm
        for arm in result.study.arms
    )
    value = ValuePerHour(pounds=pounds, evidence="assumed", source="a test")
    design = replace(
        result.study.design, value_per_patient_hour=value, arms={arm.name: arm.arm for arm in arms}
    )
    study = replace(result.study, arms=arms, design=design)
    return Result(study, result.replications, type(result.explained)(study), result.manifest)


def test_the_kind_of_clinic_that_an_arm_harms_is_found_by_the_same_figure(result: Result) -> None:
    """Today's two nurses beside three: crowded clinics wait longer by more than a margin, quiet ones do not."""
    target = result.design.primary[0]
    margin = Margin(
        measure=target.measure,
        group=target.group,
        label="Wait",
        margin=9.0,
        evidence="assumed",
        source="a test",
    )
    today = result.design.baseline
    design = replace(result.study.design, baseline="third_nurse", margins=(margin,))
    study = replace(result.study, design=design)
    turned = Result(study, result.replications, type(result.explained)(study), result.manifest)
    kind = kind_beyond(turned, margin, today)
    assert kind is not None
    figure, rule = kind
    assert figure.measure in (
        "queue_mean",
        "time_to_clinician_median",
        "time_to_clinician_p95",
        "stay_median",
    )
    assert rule.above
    assert not rule.gains
    safety = next(each for each in turned.safety if each.arm == today)
    words = harmed_kind_words(turned, safety)
    assert words.startswith("where ")
    assert words in str(turned.tables["safety"].rows)
    everywhere = replace(margin, margin=0.001)
    assert kind_beyond(turned, everywhere, today) is None
    assert harmed_kind_words(turned, replace(safety, margin=everywhere)) == ""


def test_a_figure_is_worth_something_only_where_it_can_change_the_choice(result: Result) -> None:
    """A third nurse saves some ten minutes for each of 150 a day: 9,000 hours a year, in some clinics much more."""
    effects = result.differences("third_nurse", result.design.primary[0])
    break_even = -float(effects.mean()) / 60 * 150 * 365 * 15
    told = {}
    for cost in (break_even / 10, break_even, break_even * 10):
        names, known = value_knowing(priced(result, (15.0,), cost))
        assert names == ("third_nurse",)
        told[cost] = max(each.pounds[15.0] for each in known)
    cheap, even, dear = told.values()
    assert even > 0.1 * break_even
    assert abs(cheap) < 0.01 * break_even
    assert abs(dear) < 0.01 * break_even


def test_the_worth_of_figures_is_a_table_with_a_column_a_value(result: Result) -> None:
    assert "worth_knowing" not in result.tables
    table = priced(result, (5.0, 15.0, 45.0), 100_000).tables["worth_knowing"]
    assert table.headers[1:] == ("at £5 an hour", "at £15 an hour", "at £45 an hour")
    assert all("±" in cell for row in table.rows for cell in row[1:])


# --- narrow ---------------------------------------------------------------------------------------------------


def third_nurse(result: Result, found: NarrowedEffects) -> tuple[float, float, float]:
    return found.effects["third_nurse", result.design.primary[0]].here


def test_each_clinic_is_found_again_by_its_queue(result: Result) -> None:
    """Narrowed to each clinic's own queue, the range holds what was simulated of it in most of them."""
    effects = result.differences("third_nurse", result.design.primary[0])
    queues = result.values("first_come", "queue_mean", "step=consultation")
    department = result.department_of
    assert department is not None
    held = []
    for each in range(N_CLINICS):
        rows = department == each
        found = narrow_result(result, observed(float(queues[rows].mean()), days=14), "a test")
        mean, low, high = third_nurse(result, found)
        held.append(low < effects[rows].mean() < high)
        _, lowest, highest = found.effects["third_nurse", result.design.primary[0]].everywhere
        assert high - low < highest - lowest
        assert low < mean < high
    assert sum(held) >= 0.8 * N_CLINICS


def test_a_longer_queue_means_a_larger_effect(result: Result) -> None:
    most = longest_queue(result)
    short, long = (
        third_nurse(result, narrow_result(result, observed(value), "a test"))[0]
        for value in (most / 3, most)
    )
    assert long < short < 0


def test_figures_that_tell_nothing_are_refused_with_what_is_allowed(
    result: Result, hold: Hold
) -> None:
    stated = (
        ObservedFigure(measure="queue_meen", value=1, days=7),
        ObservedFigure(measure="wait_to_clinician_mean", value=1, days=7),
        ObservedFigure(measure="queue_mean", group="step=triage", value=1, days=7),
        *observed(1).figures,
        *observed(1).figures,
    )
    with pytest.raises(ConfigError) as refused:
        narrow_result(result, Observed(figures=stated), "ours.yaml")
    told = [str(each) for each in refused.value.faults]
    assert len(told) == 4
    assert (
        "ours.yaml: figures.0.measure: 'queue_meen' is unknown. Did you mean 'queue_mean'?"
        in told[0]
    )
    hold(told[1], "hospital could take")
    assert "step=consultation" in told[2]
    assert "stated twice" in told[3]


def test_a_figure_that_no_department_has_is_read_at_the_nearest(result: Result) -> None:
    most = longest_queue(result)
    far, further = (narrow_result(result, observed(value), "a test") for value in (500, 900))
    assert far.is_outside == further.is_outside == (True,)
    assert far.effects == further.effects
    assert narrow_result(result, observed(most), "a test").is_outside == (False,)


def test_two_figures_that_are_one_are_refused(result: Result, hold: Hold) -> None:
    """Nobody is admitted in a clinic, so the stay of those who are not is everybody's."""
    stays = tuple(
        ObservedFigure(measure="stay_median", group=group, value=25, days=28)
        for group in ("all", "outcome=not_admitted")
    )
    with hold.refusal(ConfigError, match=r"information as figures\.0"):
        narrow_result(result, Observed(figures=stays), "ours.yaml")


def test_a_run_on_one_department_cannot_be_narrowed(result: Result) -> None:
    with pytest.raises(ResultsError, match=r"has 1 department used .*ensemble="):
        narrow_result(replace(result, study=result.study.on_typical()), observed(1), "ours.yaml")


def test_a_run_of_one_arm_cannot_be_narrowed(result: Result) -> None:
    design = replace(
        result.design, arms={result.design.baseline: result.design.arms[result.design.baseline]}
    )
    alone = replace(result.study, design=design, arms=(result.study.baseline,))
    with pytest.raises(ResultsError, match="one arm"):
        narrow_result(replace(result, study=alone), observed(1), "ours.yaml")


@pytest.mark.parametrize(
    ("measure", "group", "unit", "value", "variance"),
    [
        ("within_4h_share", "all", "share", 0.8, 0.8 * 0.2 / 50),
        ("stay_mean", "all", "minutes", 200, 200**2 / 50),
        ("stay_median", "all", "minutes", 200, 2 * 200**2 / 50),
        ("queue_mean", "step=consultation", "patients", 3, 0),
        ("wait_mean", "step=consultation", "minutes", 30, 0),
    ],
)
def test_a_figure_counted_on_some_patients_has_the_noise_of_so_many(
    measure: str, group: str, unit: str, value: float, variance: float
) -> None:
    figure = ObservedFigure(measure=measure, group=group, value=value, days=28, patients=50)
    assert _sampling_variance(figure, MeasureName(measure, unit, group)) == pytest.approx(variance)
    assert (
        _sampling_variance(replace(figure, patients=None), MeasureName(measure, unit, group)) == 0
    )


def test_the_answer_states_whether_the_same_weeks_are_compared(result: Result, hold: Hold) -> None:
    def words(start_week: int | None, week: int | None, days: float) -> str:
        run = replace(result.run, start_week=start_week)
        again = replace(result, study=replace(result.study, run=run))
        stated = replace(observed(1, days=days), week=week)
        return weeks_words(
            again, replace(narrow_result(result, observed(1), "a test"), observed=stated)
        )

    hold(words(7, 7, 5), "5 days from week 7 of the year")
    hold(words(7, 8, 5), "The weeks compared")
    hold(words(7, 7, 14), "The weeks compared")
    assert "not stated" in words(None, None, 5)
    assert "counts as noise" in words(None, 3, 5)


def test_a_range_is_worded_by_the_rules_of_a_verdict(hold: Hold) -> None:
    cases = {
        (-9.0, -6.0): "shorter by more than 5 min",
        (-9.0, -1.0): "shorter, perhaps by less than 5 min",
        (-4.0, -1.0): "shorter by less than 5 min",
        (-4.0, 4.0): "no change beyond 5 min",
        (-9.0, 4.0): "not settled by these figures",
        (6.0, 9.0): "longer by more than 5 min",
    }
    shares = {
        (-0.03, -0.02): "lower (worse) by more than 1 point",
        (0.001, 0.004): "higher (better) by less than 1 point",
    }
    assert {case: effect_words(*case, 5.0, "minutes", "lower") for case in cases} == cases
    assert {case: effect_words(*case, 0.01, "share", "higher") for case in shares} == shares
    assert (
        effect_words(-4.0, -1.0, 5.0, "minutes", "lower", is_sure=False) == "no change beyond 5 min"
    )
    hold(effect_words(-9.0, -1.0, 5.0, "minutes", "lower", is_sure=False), "settled by these")


def test_the_words_say_where_it_was_read_and_on_what_it_rests(result: Result, hold: Hold) -> None:
    output = " ".join(narrowed_sentences(result, narrow_result(result, observed(1), "a test")))
    hold(output, "consultation, mean' 1.0 patients over 28 days")
    assert f"rest on {N_CLINICS} departments of 1 structure (" in output


@pytest.mark.slow
def test_the_command_narrows_a_stored_run(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], hold: Hold
) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(
        "figures:\n  - {measure: queue_mean, group: step=consultation, value: 1, days: 28}\n",
        "utf-8",
    )
    assert main(["narrow", f"observed={file}", f"from={folder}"]) == 0
    out = capsys.readouterr().out
    hold(out, "departments with these")
    hold(out, "Who waits")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "observed: is not given"),
        (("observed=ours.yaml", "scenario=winter"), "scenario=winter"),
        (("observed=nowhere.yaml",), "cannot be read"),
    ],
)
def test_a_mistake_in_the_command_is_one_message(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str], hold: Hold
) -> None:
    assert main(["narrow", *words]) == 2
    hold(capsys.readouterr().err, told)


def test_a_file_without_figures_or_with_an_unknown_key_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ours.yaml"
    for text, told in {
        "figures: []": "states no figure",
        "figures: [{measure: queue_mean, value: 1, days: 7, patient: 3}]": "Did you mean 'patients'?",
        "figures: [{measure: queue_mean, value: -1, days: 7}]": "found -1",
    }.items():
        file.write_text(text, "utf-8")
        assert main(["narrow", f"observed={file}"]) == 2
        assert told in capsys.readouterr().err


def test_the_same_run_always_decides_the_same(result: Result) -> None:
    first, again = find_deciding(result), find_deciding(replace(result))
    assert first is not None
    assert again is not None
    assert first.arms == again.arms
    assert np.array_equal(first.seen, again.seen)
