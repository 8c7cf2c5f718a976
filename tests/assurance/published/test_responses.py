"""Simulated trusts as a panel, and the rows held against the trusts'. Short runs: nothing is asked of the site."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulation.assurance import validate as command
from simulation.assurance.responses import (
    Panel,
    PanelEstimate,
    Response,
    Responses,
    by_department,
    estimates,
    in_panel,
    responses_of,
    responses_text,
    simulated_panel,
)
from simulation.assurance.targets import PublishedFigure, Say, targets_named
from simulation.assurance.validate import validate
from simulation.config import load, packaged_configs
from simulation.errors import ConfigError
from simulation.patients import DrawnRun, attendances, draw
from tests.held import Hold

SHORT = (
    "ensemble=none", "run=validation", "run.replications=2", "run.warm_up_days=7", "run.measured_days=91",
    "run.cool_down_days=1", "run.doublings=0", "engine=compiled", "executor=serial",
)  # fmt: skip
TRUSTS = targets_named("trusts", [packaged_configs()])


def target(**changes: object) -> PublishedFigure:
    return replace(
        TRUSTS[0], **{"value": -0.4, "standard_error": 0.12, "low": None, "high": None, **changes}
    )


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Two departments, two quarters each: one as it is, one whose doctors need a tenth fewer minutes."""
    return simulated_panel([load(*SHORT), load(*SHORT, "calibration.doctor_minutes_scale.value=1")])


@pytest.mark.slow
def test_every_replication_of_every_department_is_a_trust_with_random_variates_of_its_own(
    panel: Panel,
) -> None:
    assert panel.n_trusts == 4
    assert panel.month.tolist() == [0, 1, 2] * 4
    by_trust = panel.attendances.reshape(4, 3)
    assert len(np.unique(by_trust)) == 12
    assert np.abs(np.log(by_trust / 340)).max() < 0.35
    assert panel.within_4h.reshape(4, 3)[2:].mean() > panel.within_4h.reshape(4, 3)[:2].mean()
    assert np.all((panel.occupancy > 80) & (panel.occupancy <= 100))


def test_attendances_and_ward_stays_of_a_trust_vary_and_nothing_else_of_the_department_does() -> (
    None
):
    study = load(*SHORT)
    site = study.baseline.pathway
    varied = in_panel(study, 0).baseline.pathway
    added = {
        name: each
        for name, each in varied.lasting_factors.items()
        if name not in site.lasting_factors
    }
    assert [(each.arrivals, each.durations) for each in added.values()] == [
        (("walk_in", "ambulance", "referred"), ()), ((), ("ward_stay",)),
    ]  # fmt: skip
    assert replace(varied, lasting_factors=site.lasting_factors) == site


def test_a_department_without_wards_varies_in_its_attendances_alone() -> None:
    study = load("study=gallery/one_nurse")
    varied = in_panel(study, 0).baseline.pathway
    assert [each.durations for each in varied.lasting_factors.values()] == [()]


def test_attendances_are_counted_as_they_are_drawn() -> None:
    study = load(*SHORT)
    which = {"seed": 5, "replication": 3, "days": 20, "calendar": study.run.calendar(3)}
    pathway = study.baseline.pathway
    drawn = draw(pathway, **which)  # type: ignore[arg-type]
    attending = [code for code, source in enumerate(pathway.arrivals.values()) if source.attends]
    expected = drawn.arrived_at[np.isin(drawn.arrival_source, attending)]
    assert np.sort(attendances(pathway, DrawnRun(**which))).tolist() == expected.tolist()  # type: ignore[arg-type]


def test_a_row_agrees_within_two_joint_standard_errors_of_the_figure_or_of_its_range() -> None:
    def response(found: float, **changes: object) -> Response:
        return Response(target(**changes), PanelEstimate(found, 0.05))

    assert response(-0.4).joint_error == pytest.approx(0.13)
    assert response(-0.4 + 0.259).passed
    assert not response(-0.4 + 0.261).passed
    assert not response(-0.4 - 0.261).passed
    ranged = {"value": 0.1, "low": -0.1, "high": 0.0}
    assert response(-0.05, **ranged).apart == 0
    assert response(0.2, **ranged).apart == pytest.approx(0.2 / 0.13)
    assert response(-0.2, **ranged).apart == pytest.approx(-0.1 / 0.13)


def test_misses_are_printed_with_both_sides_and_standard_errors_and_a_scope_below_its_row(
    panel: Panel,
) -> None:
    found = estimates(panel)
    rows = (
        Response(target(name="Near", scope="Over 36 months -.20"), PanelEstimate(-0.41, 0.05)),
        Response(target(name="Far", low=-0.1, high=0.0), PanelEstimate(-1.5, 0.06)),
        *(
            Response(each, found[each.measure])
            for each in TRUSTS
            if each.measure in ("panel_month_1", "panel_month_3")
        ),
    )
    lines = responses_text(Responses(rows, 2, 4, 3)).split("\n")
    (near,) = [line for line in lines if "Near" in line]
    (far,) = [line for line in lines if "Far" in line]
    assert " ".join(near.split()) == "AGREES Near -0.400 (0.120) -0.410 (0.050) -0.1"
    assert (
        " ".join(far.split())
        == "MISSES Far -0.400 (0.120) -1.500 (0.060) -10.4 asked: -0.100 to +0.000"
    )
    assert lines[lines.index(near) + 1].strip() == "Over 36 months -.20"
    assert any(line.endswith("Jan   Mar") for line in lines)
    assert lines[-1].endswith("of 4 figures agree.")


def test_every_figure_of_the_trusts_is_one_that_a_panel_has(panel: Panel) -> None:
    assert {each.measure for each in TRUSTS} >= estimates(panel).keys()
    with pytest.raises(ConfigError, match="unknown figure 'panel_occupancy_slop'"):
        responses_of([load(*SHORT, "run.replications=3")], [target(measure="panel_occupancy_slop")])


@pytest.mark.parametrize(
    ("override", "phrase"),
    [
        ("run.replications=2", "run.replications"),
        ("run.measured_days=28", "run.measured_days: holds 0 whole months. Measure three"),
    ],
)
def test_a_panel_too_small_for_a_regression_is_refused(
    override: str, phrase: str, hold: Hold
) -> None:
    with pytest.raises(ConfigError) as refused:
        simulated_panel([load(*SHORT, "run.replications=4", override)])
    hold(str(refused.value), phrase)


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_only_responses_runs_nothing_else_and_a_miss_leaves_the_exit_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, ...]] = []
    far = Responses((Response(target(), PanelEstimate(9.0, 0.1)),), 1, 280, 12)

    def instead(overrides: list[str], *, config_dir: str | Path | None, say: Say) -> Responses:
        asked.append(tuple(overrides))
        return far

    monkeypatch.setattr(command, "validate_responses", instead)
    output: list[str] = []
    assert validate(["scenario=winter"], only="responses", say=output.append) == 0
    output = "\n".join(output).split("\n")
    assert asked == [("scenario=winter",)]
    assert not any("Theory" in line or "Site" in line for line in output)
    assert output[-1] == "0 of 1 figures agree."


def test_predictions_are_of_the_site_alone() -> None:
    with pytest.raises(ConfigError) as refused:
        validate([], only="responses", write=True, say=lambda line: None)
    assert str(refused.value).startswith("predictions=write: only=responses predicts nothing.")


def test_the_departments_of_an_ensemble_share_the_replications() -> None:
    study = load(*SHORT, "ensemble=england", "run.replications=6", "run.departments=3")
    each = by_department(study)
    assert [len(one.run.numbers) for one in each] == [2, 2, 2]
    assert each[0].baseline.pathway != each[1].baseline.pathway != each[2].baseline.pathway
    assert [one.baseline.pathway for one in each] == [
        study.of(number).baseline.pathway for number in range(3)
    ]
    assert by_department(each[0]) == [each[0]]
