"""Arms put where a missing language costs something: each function of a tool does its own part and nothing else."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from simulation.config import load
from simulation.department.vocabulary import ACUITY_GIVEN
from simulation.errors import ConfigError
from simulation.patients import Draws, draw
from simulation.study.study import Study
from simulation.triage.apply import apply
from tests.held import Hold

DESK = ("triage_interview", "triage_record")
Read = Callable[[Draws], np.ndarray]


@pytest.fixture(scope="module")
def guardian() -> Study:
    return load("study=guardian")


@pytest.fixture(scope="module")
def drawn(guardian: Study) -> Draws:
    return draw(guardian.baseline.pathway, seed=5, replication=0, days=14)


@pytest.fixture(scope="module")
def triaged(guardian: Study, drawn: Draws) -> Mapping[str, Draws]:
    return {arm.name: apply(arm.policy, arm.pathway, drawn) for arm in guardian.arms}


def at_desk(draws: Draws) -> np.ndarray:
    """Minutes of interview and record together, shape (n,)."""
    total: np.ndarray = np.sum([draws.minutes[name][0] for name in DESK], axis=0)
    return total


def test_intake_alone_takes_sixty_seconds_off_and_leaves_every_label(
    triaged: Mapping[str, Draws],
) -> None:
    before, after = at_desk(triaged["nurse"]), at_desk(triaged["intake_only"])
    np.testing.assert_allclose(after, np.maximum(before - 1, 0.1 * before), rtol=1e-12)
    assert np.array_equal(
        triaged["intake_only"].attributes[ACUITY_GIVEN], triaged["nurse"].attributes[ACUITY_GIVEN]
    )
    for name, minutes in triaged["nurse"].minutes.items():
        assert name in DESK or np.array_equal(triaged["intake_only"].minutes[name], minutes)


def test_risk_assessment_alone_changes_no_minute(triaged: Mapping[str, Draws]) -> None:
    for name, minutes in triaged["nurse"].minutes.items():
        np.testing.assert_array_equal(triaged["risk_only"].minutes[name], minutes)
    assert (
        triaged["risk_only"].attributes[ACUITY_GIVEN] != triaged["nurse"].attributes[ACUITY_GIVEN]
    ).any()


def test_languages_alone_take_away_what_language_need_adds_at_the_desk_and_nothing_from_the_clinician(
    triaged: Mapping[str, Draws], drawn: Draws
) -> None:
    need = drawn.attributes["language_need"] == 1
    np.testing.assert_allclose(
        at_desk(triaged["nurse"]), at_desk(drawn) * np.where(need, 1.5, 1), rtol=1e-12
    )
    np.testing.assert_allclose(at_desk(triaged["languages_only"]), at_desk(drawn), rtol=1e-4)
    contact = "first_contact"
    np.testing.assert_array_equal(
        triaged["languages_only"].minutes[contact], triaged["nurse"].minutes[contact]
    )
    np.testing.assert_allclose(
        triaged["languages_only"].minutes[contact],
        drawn.minutes[contact] * np.where(need, 1.3, 1),
        rtol=1e-12,
    )


def test_languages_alone_give_the_labels_of_a_nurse_who_shares_every_language(
    triaged: Mapping[str, Draws], drawn: Draws
) -> None:
    plain = load("ensemble=none", "study=ai_triage").baseline
    labels = apply(plain.policy, plain.pathway, drawn).attributes[ACUITY_GIVEN]
    assert np.array_equal(triaged["languages_only"].attributes[ACUITY_GIVEN], labels)
    differs = triaged["nurse"].attributes[ACUITY_GIVEN] != labels
    assert differs.any()
    assert not (differs & (drawn.attributes["language_need"] == 0)).any()


def test_an_arm_has_the_nurse_and_the_burdens_of_its_study_and_the_rest_of_its_own_policy() -> None:
    study = load("study=equity")
    kiosk, plain = study.arm("kiosk").policy, load("study=people").arm("kiosk").policy
    assert (kiosk.nurse, kiosk.burdens) == (
        study.baseline.policy.nurse,
        study.baseline.policy.burdens,
    )
    assert plain.burdens == ()
    assert (kiosk.ai, kiosk.covers, kiosk.minutes) == (plain.ai, plain.covers, plain.minutes)


def test_nurses_whom_nobody_knows_are_a_fault_with_their_nearest_name(hold: Hold) -> None:
    with hold.refusal(ConfigError, "study.arms.kiosk.nurse"):
        load("study=equity", "study.arms.kiosk.nurse=languag")


def test_every_arm_of_the_equity_study_carries_what_the_baseline_carries() -> None:
    for name in ("equity", "guardian"):
        study = load(f"study={name}")
        assert all(arm.policy.burdens == study.baseline.policy.burdens for arm in study.arms)


def test_a_change_of_an_effect_that_is_not_there_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="minutes"):
        load("study=guardian", "study.arms.intake_only.changes={triage.minutes.7.factor.value: 1}")
