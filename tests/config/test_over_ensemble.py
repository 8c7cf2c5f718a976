"""A study over the departments of an ensemble, as it is loaded: which it uses, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.cli import main
from simulation.config import load
from simulation.errors import ConfigError
from simulation.study.study import Study
from tests.config.ours import QUICKER, RELATIVE, STUDY, ensemble
from tests.held import Hold

Own = Callable[..., Path]
LEVERS = "{{more: {{label: more, {0}.extra: 1}}, {1}}}, other: {{label: other, {0}.capacity: 2}}, {1}}}}}".format(
    "changes: {pathway.pools.nurses", "evidence: assumed, source: x"
)


@pytest.fixture
def loaded(own: Own) -> Callable[..., Study]:
    """The study of one nurse over an ensemble of three departments, each used 13 times, with these overrides."""

    def made(*overrides: str, files: dict[str, str] | None = None) -> Study:
        folder = own(files or ensemble())
        return load(
            "study=mine", "ensemble=ours", "run.replications=39", *overrides, config_dir=folder
        )

    return made


def mean_of(study: Study, replication: int, arm: str = "one") -> float:
    duration = study.of(replication).arm(arm).pathway.durations["consultation"]
    return float(duration.mean)  # type: ignore[union-attr]


def refusal(
    loaded: Callable[..., Study], *overrides: str, files: dict[str, str] | None = None
) -> str:
    with pytest.raises(ConfigError) as refused:
        loaded(*overrides, files=files)
    return str(refused.value)


def test_replication_k_plays_department_k_mod_n(loaded: Callable[..., Study]) -> None:
    study = loaded("run.departments=3", "run.replications=6")
    assert [mean_of(study, k) for k in range(6)] == pytest.approx(
        [12 * (0.5 + 0.4 * (k % 3) / 3) for k in range(6)], rel=1e-4
    )
    assert [study.department(k) for k in range(6)] == [0, 1, 2, 0, 1, 2]
    assert study.of(1).arm("one").pathway.arrivals["walk_in"].per_day == pytest.approx(
        96 - 20 / 3, rel=1e-4
    )


def test_every_arm_is_in_the_same_department(loaded: Callable[..., Study]) -> None:
    study = loaded("run.departments=3", "run.replications=6").of(2)
    assert {arm.pathway.arrivals["walk_in"].per_day for arm in study.arms} == {
        study.baseline.pathway.arrivals["walk_in"].per_day
    }
    assert study.arm("two").pathway.pools["nurses"].extra == 1


def test_scenario_override_and_arm_come_after_the_department(own: Own) -> None:
    files = ensemble() | {
        "scenario/slower.yaml": "question: What if all took twice as long?\n"
        "changes: {pathway.durations.consultation.mean: {times: 2}}\nevidence: assumed\nsource: x\n",
        "study/mine.yaml": f"{RELATIVE}ensemble: ours\n",
    }
    study = load(
        "study=mine", "scenario=slower", "run.departments=3", "run.replications=6",
        "pathway.durations.consultation.mean={times: 10}", config_dir=own(files),
    )  # fmt: skip
    assert mean_of(study, 0) == pytest.approx(12 * 0.5 * 10 * 2)
    assert mean_of(study, 0, "quicker") == pytest.approx(12 * 0.5 * 10 * 2 * 0.75)


def test_an_override_that_names_a_value_holds_in_every_department(
    loaded: Callable[..., Study],
) -> None:
    study = loaded(
        "run.departments=3", "run.replications=6", "pathway.durations.consultation.mean=7"
    )
    assert {mean_of(study, k) for k in range(3)} == {7.0}
    assert len({study.of(k).baseline.pathway.arrivals["walk_in"].per_day for k in range(3)}) == 3


def test_no_ensemble_is_the_typical_department(loaded: Callable[..., Study]) -> None:
    assert loaded("ensemble=none").departments is None
    assert loaded("ensemble=none").on_one == ""


def test_one_arm_alone_runs_in_the_typical_department(loaded: Callable[..., Study]) -> None:
    alone = loaded("run.departments=3").only()
    assert alone.departments is None
    assert alone.run.departments is None
    assert mean_of(alone, 1) == 12


def test_the_first_departments_are_played_sixty_at_most_and_each_twice(own: Own) -> None:
    folder = own(ensemble(70))

    def n(*overrides: str) -> int | None:
        return load("study=mine", "ensemble=ours", *overrides, config_dir=folder).run.departments

    assert n("run.replications=180") == 60
    assert n("run.replications=60") == 30
    assert n("run.departments=70", "run.replications=10") == 70


@pytest.mark.parametrize(
    ("overrides", "nearest"),
    [
        (["run.departments=60", "run.replications=61"], "61 over 60 departments. {}60 or 120"),
        (["run.departments=60", "run.replications=179"], "179 over 60 departments. {}120 or 180"),
        (["run.replications=61"], "61 over 30 departments. {}60 or 62"),
        (["run.replications=119"], "119 over 59 departments. {}118 or 120"),
        (["run.replications=121"], "121 over 60 departments. {}120 or 180"),
        (
            ["run.departments=60", "run.replications=61", "run.first=60", "run.count=1"],
            "61 over 60 departments",
        ),
    ],
)
def test_replications_that_use_some_departments_more_often_are_refused_with_the_nearest_that_do_not(
    own: Own, overrides: list[str], nearest: str
) -> None:
    """Else all noise would be read from the few departments that are used once more."""
    with pytest.raises(ConfigError) as refused:
        load("study=mine", "ensemble=ours", *overrides, config_dir=own(ensemble(70)))
    assert nearest.format("Allowed: one for each at most, or a whole multiple. Give ") in str(
        refused.value
    )
    assert "run one department: ensemble=none" in str(refused.value)


@pytest.mark.parametrize("n", [1, 59, 60, 120, 180])
def test_one_replication_a_department_at_most_or_as_many_of_each_are_allowed(
    own: Own, n: int
) -> None:
    words = ("study=mine", "ensemble=ours", "run.departments=60", f"run.replications={n}")
    study = load(*words, config_dir=own(ensemble(70)))
    assert study.run.departments == 60, "whatever is used, weeks of the year are drawn for all"
    used = f"{min(n, 60)} departments" if n > 1 else "1 department"
    assert study.department_words == f"{used} of the ensemble 'ours'"
    assert load(
        *words, "run.first=0", "run.count=1", config_dir=own(ensemble(70))
    ).run.numbers == range(1)


def test_one_department_alone_may_be_run_any_number_of_times(loaded: Callable[..., Study]) -> None:
    assert loaded("run.department=2", "run.replications=7").run.replications == 7


@pytest.mark.parametrize(("n", "needed"), [(70, 40), (3, 6)])
def test_a_run_too_short_for_a_verdict_is_refused_with_the_replications_it_takes(
    own: Own, n: int, needed: int, hold: Hold
) -> None:
    words = ("study=mine", "ensemble=ours")
    with hold.refusal(ConfigError, "run.replications", match=f"Give {needed} or more"):
        load(*words, f"run.replications={needed - 1}", config_dir=own(ensemble(n)))
    alone = load(*words[:1], "ensemble=none", "run.replications=4", config_dir=own(ensemble(n)))
    assert alone.departments is None
    part = (f"run.replications={needed}", "run.first=2", "run.count=1")
    assert load(*words, *part, config_dir=own(ensemble(n))).run.departments == needed // 2


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("run.departments=5", "run.replications=10"), "run.departments"),
        (("run.departments=60", "run.replications=19"), "run.replications"),
        (("run.departments=1", "run.replications=40"), "run.departments"),
    ],
)
def test_a_comparison_over_fewer_departments_than_a_verdict_takes_is_refused(
    own: Own,
    words: tuple[str, ...],
    where: str,
    capsys: pytest.CaptureFixture[str],
    hold: Hold,
) -> None:
    folder = own(ensemble(70))
    asked = ["compare", "study=mine", "ensemble=ours", *words, "--config-dir", str(folder)]
    assert main(asked) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"aeflow: {where}: ")
    hold(said, "run.departments=20 run.replications=40")


def test_another_pathway_than_the_ensemble_was_built_for_runs_on_one_department_and_says_so(
    loaded: Callable[..., Study],
    hold: Hold,
) -> None:
    study = loaded(files=ensemble(built="gallery/clinic"))
    assert study.departments is None
    expected = "ensemble 'ours' was built"
    hold(study.on_one, expected)


def test_an_arm_for_another_staffing_is_left_out_and_the_study_says_so(own: Own) -> None:
    files = ensemble() | {
        "study/mine.yaml": RELATIVE.replace(
            "{label: Two nurses", "{label: Two nurses, staffing: typical"
        )
    }
    study = load("study=mine", config_dir=own(files))
    assert [arm.name for arm in study.arms] == ["one", "quicker"]
    words = "'Two nurses' was not tried: it changes shifts of the typical rota, and this department has its own"
    assert study.left_out == (words,)
    assert study.of_arms(["quicker"]).left_out == ()


def test_a_study_of_some_arms_makes_only_these_in_each_department(
    loaded: Callable[..., Study],
) -> None:
    study = loaded()
    some = study.of_arms([])
    assert some.departments is not None
    assert [arm.name for arm in some.departments.arms(1)] == [study.design.baseline]
    assert mean_of(some, 1) == mean_of(study, 1)


def test_one_department_of_the_ensemble_can_be_played_alone(loaded: Callable[..., Study]) -> None:
    study = loaded("run.department=2", "run.replications=4")
    assert {mean_of(study, k) for k in range(4)} == {mean_of(loaded("run.departments=3"), 2)}
    assert study.run.departments is None


@pytest.mark.parametrize(
    ("overrides", "output"),
    [
        (
            ["run.departments=4"],
            "run.departments: is 4, and the ensemble 'ours' has 3. Give 3 at most",
        ),
        (
            ["run.department=3"],
            "run.department",
        ),
        (
            ["run.department=1", "run.departments=2"],
            "run.department",
        ),
        (
            ["run.department=1", "ensemble=none"],
            "run.department",
        ),
        (
            ["run.precision={measure: stay_mean, half_width: 2}"],
            "run.precision",
        ),
        ([f"study.levers={LEVERS}"], "study.levers"),
        (["ensemble=our"], "there is no 'our'. Did you mean 'ours'?"),
    ],
)
def test_what_an_ensemble_has_not_is_refused_in_words(
    loaded: Callable[..., Study], overrides: list[str], output: str, hold: Hold
) -> None:
    hold(refusal(loaded, "run.replications=40", *overrides), output)


def test_an_arm_that_sets_a_value_in_which_departments_differ_is_refused_with_the_relative_form(
    own: Own,
    hold: Hold,
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(
            "study=gallery/one_nurse",
            "ensemble=ours",
            "run.departments=3",
            config_dir=own(ensemble()),
        )
    path = "pathway.durations.consultation.mean"
    hold(str(refused.value), f"study.arms.quicker.changes.{path}")
    hold(str(refused.value), "0.75}")


def test_a_block_that_holds_or_refers_to_what_departments_differ_in_is_no_way_round(
    own: Own,
    hold: Hold,
) -> None:
    """The clinic's arms may change anything else; a block replaced whole loses what departments have in it."""
    block = "{kind: exponential, mean: 9, evidence: assumed, source: x}"
    study = STUDY.replace(f"{QUICKER}9", f"pathway.durations.consultation: {block}")
    with pytest.raises(ConfigError) as refused:
        load(
            "study=mine",
            "ensemble=ours",
            "run.departments=3",
            config_dir=own(ensemble() | {"study/mine.yaml": study}),
        )
    hold(str(refused.value), "changes.pathway.durations.consultation")
