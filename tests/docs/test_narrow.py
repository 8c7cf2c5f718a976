"""The page on narrowing: its file is read, each of its figures is one of the typical department, and it narrows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from simulation.api import Result
from simulation.cli import main
from simulation.config import load
from simulation.config.studies import observed_in, observed_of
from simulation.errors import ConfigError
from simulation.measures.measuring import Measures, is_observable
from simulation.questions.narrow import narrow_result, narrowed_answer, show_narrowed
from simulation.runs.replicate import ArmReplication, ReplicationResult
from simulation.study.check_study import measures_of
from simulation.study.design import Cause
from simulation.study.explanation import Explained
from simulation.study.study import ReadyArm, Study
from simulation.wording import listed_with_and
from tests.held import Hold

from .test_docs import ROOT, blocks

PAGE = "docs/how-to/narrow.md"
N = 24


@pytest.fixture(scope="module")
def study() -> Study:
    return load("ensemble=none")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (text,) = blocks(PAGE, "yaml")
    path = tmp_path_factory.mktemp("page") / "ours.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@dataclass(frozen=True)
class Made:
    """Departments that are nowhere made, of a result whose numbers are."""

    ready: tuple[ReadyArm, ...]
    name: str = "made"
    structure_of: tuple[str, ...] = ("",) * N
    cause_of: tuple[str, ...] = ("",) * N
    causes: Mapping[str, Cause] = field(default_factory=dict)
    varied_values: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return N


def made(study: Study, harm: float = 0.0, *, by_minutes: bool = False) -> Result:
    """Two arms over departments around the figures of the page: the wait for triage decides what a nurse does, or how
    many triages there are in it (`by_minutes`). `harm`: how far she worsens every measure of safety."""
    arms = (study.baseline, study.arm("one_more_triage_nurse"))
    over = replace(
        study,
        arms=arms,
        design=study.design.restricted_to([arm.name for arm in arms]),
        departments=Made(arms),  # type: ignore[arg-type]
        run=replace(study.run, replications=2 * N, departments=N, measured_days=84),
    )
    names, chance = measures_of(study.baseline.pathway), np.random.default_rng(1)
    waits, minutes = chance.uniform(8, 40, N), chance.uniform(4, 12, N)
    at = {(name.measure, name.group): place for place, name in enumerate(names)}
    replications = []
    for number in range(2 * N):
        wait = waits[number % N]
        values = chance.uniform(0.4, 0.6, len(names))
        values[at["walk_in_triage_wait_mean", "all"]] = wait + chance.normal(0, 0.5)
        values[at["walk_in_triage_minutes_mean", "all"]] = minutes[number % N]
        values[at["on_duty_by_day_mean", "pool=triage_nurses"]] = number % 3 + 1
        nurse = values.copy()
        effect = -4 * wait / minutes[number % N] if by_minutes else 0.7 - 0.4 * wait
        nurse[at["wait_to_clinician_mean", "all"]] += effect + chance.normal(0, 0.5)
        for margin in study.design.margins:
            nurse[at[margin.measure, margin.group]] += harm
        told = {
            arm.name: ArmReplication(Measures(names, each), None, None, 0)
            for arm, each in zip(arms, (values, nurse), strict=True)
        }
        replications.append(ReplicationResult(number, told, 4, 0.0, 0.0))
    return Result(over, tuple(replications), Explained(study), {})


def test_each_figure_of_the_page_is_one_of_the_typical_department_that_can_be_read_off(
    study: Study, file: Path
) -> None:
    given = {(name.measure, name.group) for name in measures_of(study.baseline.pathway)}
    figures = [(figure.measure, figure.group) for figure in observed_in(file).figures]
    assert len(figures) == 5
    assert set(figures) <= given
    assert all(is_observable(*figure) for figure in figures)


def test_the_file_of_the_page_narrows_a_result(
    study: Study, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = made(study)
    found = narrow_result(result, observed_in(file), "ours.yaml")
    effect = found.effects["one_more_triage_nurse", result.design.primary[0]]
    (_, lowest, highest), (_, low, high) = effect.everywhere, effect.here
    assert low < 0.7 - 0.4 * 14 < high
    assert high - low < 0.5 * (highest - lowest)
    show_narrowed(result, observed_in(file), "ours.yaml")
    assert "the figures' 28 days from week 14" in " ".join(capsys.readouterr().out.split())


def test_a_range_that_a_figure_does_not_narrow_is_never_called_narrower(
    study: Study, file: Path
) -> None:
    result, observed = made(study), observed_in(file)
    (wait,) = (
        figure for figure in observed.figures if figure.measure == "walk_in_triage_wait_mean"
    )
    idle = replace(wait, measure="within_4h_share", value=0.5)
    for figure, n_wide in ((wait, 0), (idle, 1)):
        answer = narrowed_answer(result, replace(observed, figures=(figure,)), "ours.yaml")
        assert answer.caution.startswith("1 of 1 ranges is no narrower" if n_wide else "")
        assert bool(answer.caution) == bool(n_wide)
        marked = [row for row in answer.tables[0].cells if "range not narrower" in str(row[-1])]
        assert len(marked) == n_wide


def test_what_triages_in_a_wait_decide_is_read_from_the_wait_over_the_minutes_of_one(
    study: Study, file: Path
) -> None:
    result, observed = made(study, by_minutes=True), observed_in(file)
    widths = []
    for figures in (observed.figures, observed.figures[:1]):
        found = narrow_result(result, replace(observed, figures=figures), "ours.yaml")
        _, low, high = found.effects["one_more_triage_nurse", result.first_target].here
        assert low < -4 * 14 / 6 < high
        widths.append(high - low)
    assert widths[0] < 0.4 * widths[1]


def test_an_arm_that_fails_its_limits_is_said_to_where_its_effect_is_read(
    study: Study, file: Path
) -> None:
    observed = observed_in(file)
    answers = [
        narrowed_answer(result, observed, "ours.yaml") for result in (made(study, 5.0), made(study))
    ]
    harmful, harmless = (" ".join(answer.sentences) for answer in answers)
    labels = listed_with_and([margin.label for margin in study.design.margins])
    assert len(study.design.margins) == 3
    assert f"' fails {labels}." in harmful
    assert "over all departments" not in harmless
    assert answers[0].best == "1 of 1 fail or may fail a safety limit over all departments."
    assert answers[1].best.startswith(
        "In departments like yours, 'One more triage nurse, day and night' does most of"
    )


def test_a_published_folder_cannot_be_narrowed_and_the_run_that_can_is_named(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["narrow", f"observed={file}", f"from={ROOT / 'results/published/ai_triage'}"]) == 2
    output = capsys.readouterr().err
    assert "holds no replications" in output
    assert "aeflow compare run.replications=40 run.departments=20" in output


def test_the_commands_of_the_page_are_read(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a run there is nothing to narrow, and it says so."""
    monkeypatch.chdir(file.parent)
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    run, narrow = (
        line.split() for line in re.findall(r"^```\n(aeflow [^`]*)\n```$", text, re.MULTILINE)
    )
    assert run == ["aeflow", "compare"]
    assert main(narrow[1:]) == 2
    assert "results/latest" in capsys.readouterr().err


def of_causes_and_sizes(study: Study, *, has_sizes: bool = True) -> Result:
    """The same departments, every second one of either cause, and of 200 to 660 attendances a day."""
    result = made(study)
    of = {
        name: Cause(
            label=f"{name} are short", weight=1, site="typical", calibration="typical",
            evidence="assumed", source="made up",
        )
        for name in ("staff", "places")
    }  # fmt: skip
    over = replace(
        result.study.departments,  # type: ignore[type-var]
        cause_of=("staff", "places") * (N // 2),
        causes=of,
        varied_values={"size": tuple(200.0 + 20 * n for n in range(N))} if has_sizes else {},
    )
    return replace(result, study=replace(result.study, departments=over))


def answer_for(result: Result, **stated: object) -> tuple[str, str]:
    """The caution and the sentences of the answer for a wait for triage."""
    wait = {"measure": "walk_in_triage_wait_mean", "days": 28, "value": stated.pop("wait", 20)}
    answer = narrowed_answer(result, observed_of({"figures": [wait], **stated}, "x"), "x")
    return answer.caution, " ".join(answer.sentences)


def test_the_answer_says_what_the_figures_point_to_and_for_which_sizes_it_is(
    study: Study, hold: Hold
) -> None:
    _, said = answer_for(of_causes_and_sizes(study), attendances_per_day=310)
    hold(said, "310")
    assert "point to" in said
    assert "one size" not in said
    assert "have one size" in answer_for(of_causes_and_sizes(study, has_sizes=False))[1]
    assert "point to" not in answer_for(made(study))[1]


def test_a_figure_beyond_those_of_all_departments_is_read_at_the_nearest_and_it_is_said(
    study: Study, hold: Hold
) -> None:
    result = of_causes_and_sizes(study)
    caution, said = answer_for(result, attendances_per_day=900, wait=90)
    hold(caution)
    further = answer_for(result, attendances_per_day=1300, wait=120)[1]
    assert said.partition("'One more")[2] == further.partition("'One more")[2]


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({}, "attendances_per_day: is missing"),
        ({"attendances_per_day": 90}, "found 90, and"),
        ({"attendances_per_day": 1400}, "found 1400, and"),
        ({"attendances_per_day": 310, "wait": 2000}, "figures.0.value: found 2000"),
    ],
)
def test_only_what_is_missing_or_can_not_be_is_refused(
    study: Study, stated: dict[str, object], words: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        answer_for(of_causes_and_sizes(study), **stated)


def test_the_example_that_ships_states_a_size_and_figures_of_the_page(file: Path) -> None:
    example = yaml.safe_load((ROOT / "configs/observed/example.yaml").read_text(encoding="utf-8"))
    page = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert example == {key: value for key, value in page.items() if key != "week"}
