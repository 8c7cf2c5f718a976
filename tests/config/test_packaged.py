"""Every file under configs/ is sound: it composes with the others, and what it states is accepted."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from simulation.config import composed, load, packaged_configs, pathway_from
from simulation.department.check_pathway import check_pathway
from simulation.department.rota import mean_per_day
from simulation.department.vocabulary import Pathway
from simulation.display.words import cost_in_short
from simulation.errors import ConfigError
from simulation.study.department_warnings import overload_faults
from simulation.study.explanation import cost_of
from simulation.triage.check_policy import check_policy
from tests.department.made import ADAPTER
from tests.held import Hold
from tests.policies import policy_called

CONFIGS = packaged_configs()
CHOICES = ("calibration", "site", "staffing", "study", "run")
"""Groups whose files are loaded, with a small study."""
SMALL = "study=claim"
LARGE = ("ablation", "alternatives", "stress")
"""Studies of many arms, which their own tests load as well."""
NOBODY = "none"
"""The policy of departments in which nobody is labelled."""
ELSEWHERE = ("typical", "ai_triage", "standard", "known_effects")
"""What config.yaml takes from them, and what takes long and is loaded in tests/assurance/published."""


def names(group: str) -> list[str]:
    return sorted(
        path.stem for path in (CONFIGS / group).glob("*.yaml") if not path.stem.startswith("_")
    )


@pytest.fixture(scope="module")
def usual() -> Pathway:
    return pathway_from(composed())


def test_what_is_composed_by_default_loads_and_nothing_in_it_is_overloaded() -> None:
    study = load()
    assert study.baseline.name == study.design.baseline
    assert overload_faults(study) == ()


@pytest.mark.parametrize(
    "choice",
    [
        pytest.param(f"{group}={name}", marks=[pytest.mark.slow] * (name in LARGE))
        for group in CHOICES
        for name in names(group)
        if name not in ELSEWHERE
    ],
)
def test_every_other_packaged_choice_loads(choice: str) -> None:
    study = load(*((choice,) if choice.startswith("study=") else (SMALL, choice)))
    assert study.baseline.name == study.design.baseline


@pytest.mark.parametrize("name", names("study"))
def test_a_packaged_study_with_limits_has_one_on_patients_who_leave(name: str) -> None:
    """Else an arm that makes patients leave looks better: who leaves ends a wait."""
    stated = yaml.safe_load((CONFIGS / "study" / f"{name}.yaml").read_text(encoding="utf-8")).get(
        "margins", []
    )
    leaving = [each for each in stated if (each["measure"], each["group"]) == ("left_share", "all")]
    assert [(each["margin"], each["evidence"]) for each in leaving] == [(0.005, "assumed")] * bool(
        stated
    )


@pytest.mark.parametrize("name", ["ai_triage", "alternatives"])
def test_a_cost_per_attendance_is_its_price_times_the_attendances_of_the_department(
    name: str,
) -> None:
    study = load(f"study={name}", "ensemble=none")
    costs = [(arm, arm.arm.cost) for arm in study.arms if arm.arm.cost and arm.arm.cost.attendances]
    assert costs
    for arm, cost in costs:
        price = float(cost.what.rpartition("GBP ")[2])
        sources = {key: each for key, each in arm.pathway.arrivals.items() if each.attends}
        attendances = 365 * sum(mean_per_day(sources[key]) for key in cost.arrivals or sources)
        assert (cost.attendances, cost.per_year) == (round(attendances), round(price * attendances))


def test_the_same_price_for_the_same_attendances_is_the_same_sum() -> None:
    study = load("ensemble=none")
    costs = [cost_of(study.arm(name)) for name in ("ai_scribe_measured", "ai_as_claimed")]
    assert [cost is not None and cost_in_short(cost.pounds) for cost in costs] == ["£165,000"] * 2


@pytest.mark.parametrize("name", names("scenario"))
def test_a_packaged_scenario_composes_and_changes_the_department_unless_it_is_the_usual_one(
    name: str, usual: Pathway
) -> None:
    study = load(f"scenario={name}", SMALL)
    assert study.resolved["scenario"]["question"].endswith("?")  # type: ignore[index]
    assert (study.baseline.pathway == usual) == (name == "usual")


def test_a_scenario_that_states_a_step_anew_changes_nothing_else_of_it(usual: Pathway) -> None:
    """It has to repeat the whole step, which may move on without it."""
    step = usual.steps["move_to_short_stay"]
    anew = load("scenario=short_stay_elsewhere", SMALL).baseline.pathway.steps["move_to_short_stay"]
    assert anew.overflow is not None
    assert (
        replace(anew, asks=step.asks, any_of=step.any_of, keeps=step.keeps, overflow=step.overflow)
        == step
    )


@pytest.mark.parametrize("name", [name for name in names("triage") if name != NOBODY])
def test_a_packaged_policy_fits_the_packaged_department(name: str, usual: Pathway) -> None:
    policy = policy_called(name)
    assert policy.name == name
    assert check_policy(policy, usual) == []


@pytest.mark.parametrize(
    "name", [name for name in names("nurse") if not name.startswith("published/")]
)
def test_packaged_nurses_fit_the_packaged_department(name: str, usual: Pathway) -> None:
    assert check_policy(policy_called("sham", name), usual) == []


@pytest.mark.parametrize(
    "path", sorted((CONFIGS / "pathway" / "gallery").glob("*.yaml")), ids=lambda path: path.stem
)
def test_a_department_of_the_gallery_is_sound(path: Path) -> None:
    pathway = ADAPTER.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert check_pathway(pathway) == ()


def test_what_others_start_from_cannot_be_chosen(hold: Hold) -> None:
    with hold.refusal(ConfigError, "study=_department_alone", match="no study '_department_alone'"):
        load("study=_department_alone")


def test_no_packaged_file_is_left_out() -> None:
    """A new group needs a test here."""
    tested = {*CHOICES, "scenario", "nurse", "triage", "pathway"}
    elsewhere = {"targets", "priors", "ensembles", "observed"} | {
        "vetting",
        "cases",
        "prompt",
        "vignettes",
    }
    elsewhere |= {"evaluation", "deviations", "extract", "outcomes"}
    assert {path.name for path in CONFIGS.iterdir() if path.is_dir()} == tested | elsewhere
    assert [path.name for path in CONFIGS.glob("*.yaml")] == ["config.yaml"]
    assert names("pathway") == [
        "between_contacts",
        "between_contacts_children_shared",
        "between_contacts_shared_front_door",
        "between_contacts_shared_front_door_children_shared",
        "children_shared",
        "emergency_department",
        "shared_front_door",
        "shared_front_door_children_shared",
    ]


@pytest.mark.parametrize(
    "path", sorted(CONFIGS.rglob("*.yaml")), ids=lambda path: path.relative_to(CONFIGS).as_posix()
)
def test_a_packaged_file_begins_with_what_it_is_for(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")
