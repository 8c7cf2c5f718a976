"""A site of one's own is never mixed with the typical staffing, calibration and pathway without being asked to."""

from pathlib import Path

import pytest

from simulation.config import load
from simulation.config.new import new_scaled_department
from simulation.errors import ConfigError
from tests.held import Hold


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A folder with a department of the user's own, as `aeflow new department` writes it."""
    new_scaled_department("ours", {"attendances_per_day": "280", "beds": "510"}, tmp_path / "mine")
    return tmp_path / "mine"


def test_a_site_of_ones_own_is_not_run_with_the_typical_staff_in_silence(
    ours: Path, hold: Hold
) -> None:
    with pytest.raises(ConfigError) as refused:
        load("study=alternatives", "run=weeks", "site=ours", config_dir=ours)
    hold(str(refused.value))


def test_what_the_command_chooses_beside_such_a_site_is_respected(ours: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load("site=ours", "staffing=typical", "pathway=ours", "ensemble=none", config_dir=ours)
    assert "you have calibration/ours.yaml too" in str(refused.value)
    chosen = ("staffing=typical", "pathway=ours", "calibration=ours", "ensemble=none")
    assert load("site=ours", *chosen, config_dir=ours).choices["staffing"] == "typical"


@pytest.mark.slow
def test_the_whole_department_of_ones_own_runs_by_its_study_and_by_the_full_command(
    ours: Path,
) -> None:
    groups = ("site", "staffing", "calibration", "pathway")
    studies = [
        load("study=ours", config_dir=ours),
        load("ensemble=none", *(f"{group}=ours" for group in groups), config_dir=ours),
    ]
    assert [[study.choices[group] for group in groups] for study in studies] == [["ours"] * 4] * 2


@pytest.mark.slow
@pytest.mark.parametrize(("stated", "group"), [("study", "staffing"), ("site", "calibration")])
def test_what_a_file_of_ones_own_chooses_beside_such_a_site_is_respected(
    ours: Path, stated: str, group: str
) -> None:
    study, site = ours / "study/ours.yaml", ours / "site/ours.yaml"
    line, typical = (
        f"  - override /{group}@_global_.{group}: ours\n",
        f"override /{group}@_global_.{group}: typical",
    )
    study.write_text(
        study.read_text(encoding="utf-8").replace(
            line, f"  - {typical}\n" if stated == "study" else ""
        ),
        encoding="utf-8",
    )
    if stated == "site":
        text = site.read_text(encoding="utf-8").replace(
            "[typical, _self_]", f"[typical, _self_, {typical}]"
        )
        site.write_text(text, encoding="utf-8")
    assert load("study=ours", config_dir=ours).choices[group] == "typical"


def test_a_study_that_leaves_out_the_staff_of_its_own_site_is_refused(ours: Path) -> None:
    path = ours / "study/ours.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("  - override /staffing@", "  # - override /staffing@"), encoding="utf-8"
    )
    with pytest.raises(ConfigError, match=r"you have staffing/ours\.yaml too"):
        load("study=ours", config_dir=ours)


def test_a_study_of_ones_own_department_does_not_run_at_another_site_with_its_own_staff(
    ours: Path,
    hold: Hold,
) -> None:
    with pytest.raises(ConfigError) as refused:
        load("study=ours", "site=typical", config_dir=ours)
    hold(str(refused.value))


def test_a_question_of_ones_own_is_asked_of_another_department_or_of_a_mixture_that_is_named(
    ours: Path,
) -> None:
    whole = ("staffing=typical", "calibration=typical", "pathway=emergency_department")
    for beside in (whole, ("staffing=ours", "calibration=ours", "pathway=ours")):
        study = load("study=ours", "site=typical", *beside, config_dir=ours)
        assert [
            f"{group}={study.choices[group]}" for group in ("staffing", "calibration", "pathway")
        ] == list(beside)


def test_a_product_of_a_department_is_not_tried_at_another_site_with_its_staff(ours: Path) -> None:
    text = "defaults: [ours, _self_]\nname: ours_product\n"
    (ours / "study/ours_product.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"^site=short_of_beds: study=ours_product is about .* site=ours"
    ):
        load("study=ours_product", "site=short_of_beds", config_dir=ours)


def test_a_packaged_study_of_another_department_says_so_too(hold: Hold) -> None:
    with hold.refusal(ConfigError, "site=typical", match="study=gallery/clinic is about"):
        load("study=gallery/clinic", "site=typical")


def test_a_department_of_ones_own_pays_for_its_own_attendances(ours: Path) -> None:
    study = load("study=ours", config_dir=ours)
    cost = study.arm("ai_scribe_measured").arm.cost
    assert cost is not None
    assert (cost.per_year, cost.words) == (
        136130,
        "GBP 1.85 for each of 73,584 walk-in and referred attendances",
    )
    assert (cost.at_most, cost.paid_by) == (1, "the trust")


def test_a_pool_whose_name_is_misspelt_is_told_the_name_that_was_meant(
    ours: Path, hold: Hold
) -> None:
    path = ours / "staffing/ours.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\ntriage_nurses: {", "\ntriage_nurse: {"), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load("study=ours", config_dir=ours)
    hold(str(refused.value), "staffing.triage_nurse.kind")


@pytest.mark.slow
def test_costs_that_count_the_attendances_of_another_department_are_said(
    tmp_path: Path, hold: Hold
) -> None:
    new_scaled_department("small", {"attendances_per_day": "290"}, tmp_path / "mine")
    small = [f"{group}=small" for group in ("site", "staffing", "calibration", "pathway")]
    said = [
        words
        for words in load(*small, "ensemble=none", config_dir=tmp_path / "mine").left_out
        if "cost" in words
    ]
    hold(said)
    assert not any(
        "cost" in words for words in load("study=small", config_dir=tmp_path / "mine").left_out
    )
    assert load("scenario=busier_staff_follow", "ensemble=none").left_out == ()
