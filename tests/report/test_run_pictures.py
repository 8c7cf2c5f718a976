"""What a notebook asks of a result: one picture, or the folder of results."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import simulation as ae
from simulation.display.drawing import Picture
from simulation.report import department_pictures
from simulation.report.contents import FIGURES


@pytest.mark.slow
def test_a_figure_of_a_result_is_the_picture_of_its_report(
    result: ae.Result, drawn: dict[str, Picture]
) -> None:
    picture = ae.figure(result, "differences")
    assert picture == drawn["differences"]
    assert picture._repr_png_().startswith(b"\x89PNG")


def test_the_pictures_of_a_report_have_the_names_that_a_figure_is_asked_for_by(
    drawn: dict[str, Picture],
) -> None:
    assert set(drawn) <= set(FIGURES)


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("diferences", "there is no figure 'diferences'. Did you mean 'differences'?"),
        (
            "levers",
            "figure 'levers': this study has nothing to show in it. Other figures: differences, by_group",
        ),
    ],
)
def test_a_figure_that_a_result_does_not_have_is_one_message(
    name: str, phrase: str, result: ae.Result
) -> None:
    with pytest.raises(ae.ResultsError) as refused:
        ae.figure(result, name)
    assert str(refused.value).startswith(phrase)


def test_a_result_is_stored_in_a_named_folder_which_is_returned(
    alone: ae.Result, tmp_path: Path, without_pictures: Callable[..., None]
) -> None:
    folder = ae.write(alone, str(tmp_path))
    assert folder.parent.parent == tmp_path
    assert (folder / "report.html").is_file()


@pytest.mark.slow
def test_what_is_drawn_of_the_first_replications_is_the_picture_of_them_all(
    result: ae.Result,
) -> None:
    profiled = result.replications[:2]
    arms = {name: replace(arm, day=None) for name, arm in result.replications[2].arms.items()}
    whole = ae.Result(
        result.study, (*profiled, replace(result.replications[2], arms=arms)), result.explained
    )
    kept = (department_pictures._day_png, department_pictures._stay_png)
    for png in kept:
        png.cache_clear()
    department_pictures.draw_profiled(ae.Result(result.study, profiled, result.explained))
    early = (department_pictures.day(whole.shown), department_pictures.stay(whole.shown))
    assert [png.cache_info().misses for png in kept] == [1, 1]
    for png in kept:
        png.cache_clear()
    assert early == (department_pictures.day(whole.shown), department_pictures.stay(whole.shown))
