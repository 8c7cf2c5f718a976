"""Policies give labels with the stated shares and minutes on the same draw, and touch nothing else."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from simulation.department.vocabulary import Pathway
from simulation.errors import ConfigError, DrawsError
from simulation.patients import Draws
from simulation.triage.apply import apply
from simulation.triage.check_policy import check_policy
from simulation.triage.label_accuracy import label_accuracy
from simulation.triage.matrix import probabilities
from simulation.triage.policy import MatrixPolicy, Policy
from tests.adapters import adapter_of
from tests.held import Hold

CONFIGS = Path(__file__).parents[2] / "configs" / "triage"
Build = Callable[..., Policy]
Stated = Callable[..., dict[str, Any]]
NAMES = sorted(
    path.stem for path in CONFIGS.glob("*.yaml") if path.stem != "none"
)  # none labels nobody
KTAS_MIX = (26, 220, 487, 459, 75)
EVERYBODY = {
    "labels": ["walk_in", "ambulance", "referred"],
    "evidence": "assumed",
    "source": "test",
}
Z_ONE_IN_TEN_THOUSAND = 4.9
"""Two-sided normal bound for about a hundred cells with a false-alarm rate of 1 in 10,000 over all of them."""


def estimate(value: float) -> dict[str, Any]:
    return {"value": value, "evidence": "measured", "source": "test"}


def given(policy: Policy, desk: Pathway, patients: Draws) -> np.ndarray:
    return apply(policy, desk, patients).attributes["acuity_given"]


def from_sources(desk: Pathway, patients: Draws, *names: str) -> np.ndarray:
    return np.isin(
        patients.arrival_source, [desk.categories("arrival_source").index(name) for name in names]
    )


def assert_shares(labels: np.ndarray, true: np.ndarray, shares: np.ndarray) -> None:
    for level, row in enumerate(shares):
        mine = labels[true == level]
        for label, p in enumerate(row):
            counted = int((mine == label).sum())
            if p in (0.0, 1.0):
                assert counted == p * len(mine)
            else:
                error = np.sqrt(len(mine) * p * (1 - p))
                # A continuity allowance of one patient covers rare cells, where the normal bound is too tight.
                assert abs(counted - len(mine) * p) <= Z_ONE_IN_TEN_THOUSAND * error + 1, (
                    level,
                    label,
                )


ELSEWHERE = ("ai_degrades", "ai_slows_down", "ai_bed_coordination", "ai_discharge_letters")
"""Policies for a department in which a tool can fail (test_failures), or that has wards."""


def test_the_packaged_policies_are_there() -> None:
    assert NAMES == [
        "ai_adopted_slowly",
        "ai_all_levers",
        "ai_as_claimed",
        "ai_bed_coordination",
        "ai_covers_all",
        "ai_covers_half",
        "ai_degrades",
        "ai_discharge_letters",
        "ai_documents",
        "ai_documents_as_used",
        "ai_documents_measured",
        "ai_drifts",
        "ai_hands_back",
        "ai_interprets",
        "ai_kiosk",
        "ai_label_advises",
        "ai_label_measured_over",
        "ai_label_measured_under",
        "ai_label_switching",
        "ai_noisy",
        "ai_orders_tests",
        "ai_requests_beds",
        "ai_scribe_measured",
        "ai_slows_down",
        "ai_streams",
        "ai_watches",
        "ai_worse_for_language",
        "doctor_orders_tests",
        "guardian_as_claimed",
        "label_errs_down",
        "label_errs_down_at_random",
        "label_errs_up",
        "label_errs_up_at_random",
        "lean_triage",
        "nurse",
        "nurse_orders_tests",
        "nurse_requests_beds",
        "nurse_streams",
        "nurse_streams_primary_care",
        "own_ai_four_numbers",
        "sham",
    ]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ELSEWHERE])
def test_a_packaged_policy_fits_the_desk_and_is_called_as_its_file(
    name: str, policy: Build, desk: Pathway
) -> None:
    built = policy(name)
    assert built.name == name
    assert check_policy(built, desk) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_packaged_policy_opens_with_its_question(name: str) -> None:
    first = (CONFIGS / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# Question: ")
    assert first.endswith("?")


@pytest.mark.parametrize("name", NAMES)
def test_no_packaged_policy_states_a_nurse(name: str, tool: Stated) -> None:
    assert not {"nurse", "burdens"} & tool(name).keys()


def test_the_nurses_of_a_missing_language_are_those_of_korea_beside_it(stated: Stated) -> None:
    with_need, without = (stated("nurse", nurse)["nurse"] for nurse in ("language", "korea"))
    groups = [each["matrix"].pop("by_group") for each in (with_need, without)]
    assert [list(each) for each in groups] == [["language_need"], []]
    assert with_need == without


def test_the_nurse_agrees_with_the_experts_as_published(policy: Build) -> None:
    found = label_accuracy(policy("nurse"), KTAS_MIX)
    assert found["exact_share"] == pytest.approx(0.853, abs=0.0005)
    assert found["under_share"] == pytest.approx(0.103, abs=0.0005)
    assert found["over_share"] == pytest.approx(0.043, abs=0.0005)
    assert found["kappa_linear"] == pytest.approx(0.830, abs=0.0005)
    assert found["kappa_quadratic"] == pytest.approx(0.875, abs=0.0006)
    assert found["sensitivity"] == pytest.approx(212 / 246)
    assert found["specificity"] == pytest.approx(1001 / 1021)


def test_the_sham_is_the_nurse_with_other_variates(stated: Stated) -> None:
    sham = stated("sham")
    assert sham["ai"]["matrix"] == sham["nurse"]["matrix"]
    assert sham["ai"]["name"] != sham["nurse"]["name"]
    assert sham["ai"]["correlation"]["value"] == 0
    assert "minutes" not in sham


def test_claims_are_marked_as_claims(stated: Stated) -> None:
    claimed = stated("ai_as_claimed")
    for number in (claimed["ai"]["matrix"], claimed["minutes"]["seconds_saved"]):
        assert number["evidence"] == "assumed"
        assert number["claim"] is True


def test_an_unknown_key_is_refused(stated: Stated) -> None:
    with pytest.raises(ValidationError, match="acceptence"):
        adapter_of(Policy).validate_python({**stated("nurse"), "acceptence": 1})


@pytest.mark.parametrize("rho", [0.0, 0.5])
@pytest.mark.parametrize("name", ["nurse", "ai_label_measured_under", "ai_label_measured_over"])
def test_labels_have_the_shares_of_the_matrix(
    name: str, rho: float, policy: Build, stated: Stated, desk: Pathway, patients: Draws
) -> None:
    # False alarm: 1 in 10,000 for each of the six cases; seeds are fixed.
    who = "nurse" if name == "nurse" else "ai"
    assessor = {**stated(name)[who], "correlation": estimate(rho)}
    built = policy(name, **{who: assessor})
    labeller = built.nurse if built.ai is None else built.ai
    labels = given(built, desk, patients)
    assert_shares(labels, patients.attributes["acuity_true"], probabilities(labeller.matrix))


def test_labels_are_small_integers_like_the_true_level(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    assert (
        given(policy("ai_label_advises"), desk, patients).dtype
        == patients.attributes["acuity_true"].dtype
    )


def test_variates_at_the_edge_never_give_an_impossible_label(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    edges = np.where(
        np.arange(len(patients)) % 2 == 0, -40.0, 40.0
    )  # beyond any normal number that can be drawn

    class Edge(Draws):
        def normal(self, column: str, repeat: int = 0) -> np.ndarray:
            return edges.copy()

    extreme = Edge(**{field.name: getattr(patients, field.name) for field in fields(Draws)})
    for rho in (0.0, 0.9):
        nurse = policy("nurse").nurse
        shares = probabilities(nurse.matrix)
        stated_nurse = adapter_of(type(nurse)).dump_python(nurse) | {"correlation": estimate(rho)}
        labels = given(policy("nurse", nurse=stated_nurse), desk, extreme)
        assert np.all(shares[patients.attributes["acuity_true"], labels] > 0)


def both_labels(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws, rhos: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    nurse = {**stated("nurse")["nurse"], "correlation": estimate(rhos[0])}
    ai = {**stated("sham")["ai"], "correlation": estimate(rhos[1])}
    alone = given(policy("nurse", nurse=nurse), desk, patients)
    return alone, given(policy("sham", nurse=nurse, ai=ai, covers=EVERYBODY), desk, patients)


@pytest.mark.parametrize(
    ("rhos", "independent"), [((0.0, 0.0), True), ((0.5, 0.0), True), ((0.5, 0.5), False)]
)
def test_errors_go_together_only_where_both_share_the_difficulty(
    rhos: tuple[float, float],
    independent: bool,
    policy: Build,
    stated: Stated,
    desk: Pathway,
    patients: Draws,
) -> None:
    # Among true 'urgent' (about 10,000) each under-triages 14.6 %; with latent correlation 0.5 the bivariate normal
    # orthant gives both 5.5 %, independence 2.1 %. Bounds at 4.5 standard errors: false alarm below 1 in 100,000.
    from scipy.stats import multivariate_normal

    nurse, ai = both_labels(policy, stated, desk, patients, rhos)
    urgent = patients.attributes["acuity_true"] == 2
    row = probabilities(policy("nurse").nurse.matrix)[2]
    edge = row[:3].sum()
    if independent:
        expected = (1 - edge) ** 2
    else:
        from scipy.special import ndtri

        cut = -ndtri(edge)
        expected = float(multivariate_normal(mean=[0, 0], cov=[[1, 0.5], [0.5, 1]]).cdf([cut, cut]))
        assert expected > 2 * (1 - edge) ** 2
    both = float(np.mean((nurse[urgent] > 2) & (ai[urgent] > 2)))
    assert both == pytest.approx(
        expected, abs=4.5 * np.sqrt(expected * (1 - expected) / urgent.sum())
    )


def test_high_variates_err_down_and_low_ones_err_up(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws
) -> None:
    nurse = {**stated("nurse")["nurse"], "correlation": estimate(0.0)}
    labels = given(policy("nurse", nurse=nurse), desk, patients)
    true, variates = patients.attributes["acuity_true"], patients.normal("triage.private.nurse")
    for level in range(5):
        mine = true == level
        order = np.argsort(variates[mine])
        assert np.all(np.diff(labels[mine][order]) >= 0)


def test_a_group_uses_its_own_table_and_others_keep_theirs(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws
) -> None:
    perfect = {"shares": np.eye(5).tolist(), "evidence": "assumed", "source": "test"}
    nurse = stated("nurse")["nurse"]
    nurse["matrix"]["by_group"] = {"sex": {"female": perfect}}
    built = policy("nurse", nurse=nurse)
    labels, before = given(built, desk, patients), given(policy("nurse"), desk, patients)
    female = patients.attributes["sex"] == 0
    np.testing.assert_array_equal(labels[female], patients.attributes["acuity_true"][female])
    np.testing.assert_array_equal(labels[~female], before[~female])
    assert label_accuracy(built, KTAS_MIX, category="female")["exact_share"] == 1
    assert label_accuracy(built, KTAS_MIX, category="male") == label_accuracy(
        policy("nurse"), KTAS_MIX
    )


def test_advice_never_taken_is_nurse_triage(policy: Build, desk: Pathway, patients: Draws) -> None:
    never = policy("ai_label_advises", acceptance=estimate(0))
    np.testing.assert_array_equal(
        given(never, desk, patients), given(policy("nurse"), desk, patients)
    )


def test_advice_always_taken_is_the_ai_alone(policy: Build, desk: Pathway, patients: Draws) -> None:
    always = policy("ai_label_advises", acceptance=estimate(1))
    alone = policy("ai_label_measured_over")
    np.testing.assert_array_equal(given(always, desk, patients), given(alone, desk, patients))


def test_advice_is_taken_as_often_as_stated(policy: Build, desk: Pathway, patients: Draws) -> None:
    # About 14,000 disagreements; 4.5 standard errors: false alarm below 1 in 100,000.
    nurse = given(policy("nurse"), desk, patients)
    ai = given(policy("ai_label_measured_over"), desk, patients)
    advised = given(policy("ai_label_advises", acceptance=estimate(0.3)), desk, patients)
    differ = nurse != ai
    taken = float(np.mean(advised[differ] == ai[differ]))
    assert taken == pytest.approx(0.3, abs=4.5 * np.sqrt(0.21 / differ.sum()))
    np.testing.assert_array_equal(advised[~differ], nurse[~differ])
    assert np.all((advised == nurse) | (advised == ai))


def test_what_describe_says_of_an_advised_nurse_is_what_patients_get(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    # 4.5 standard errors of a share of about 35,000 (0.012): false alarm below 1 in 100,000 a figure.
    built = policy("ai_label_advises")
    true, labels = patients.attributes["acuity_true"], given(built, desk, patients)
    found = label_accuracy(built, np.bincount(true, minlength=5).tolist())
    assert float(np.mean(labels == true)) == pytest.approx(found["exact_share"], abs=0.012)
    assert float(np.mean(labels > true)) == pytest.approx(found["under_share"], abs=0.012)
    assert float(np.mean(labels < true)) == pytest.approx(found["over_share"], abs=0.012)


def test_streams_that_are_not_covered_keep_the_nurses_label_and_minutes(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    after = apply(policy("ai_as_claimed"), desk, patients)
    elsewhere = from_sources(desk, patients, "ambulance")
    nurse = given(policy("nurse"), desk, patients)
    np.testing.assert_array_equal(after.attributes["acuity_given"][elsewhere], nurse[elsewhere])
    assert np.any(after.attributes["acuity_given"][~elsewhere] != nurse[~elsewhere])
    for name, minutes in patients.minutes.items():
        np.testing.assert_array_equal(after.minutes[name][:, elsewhere], minutes[:, elsewhere])


def test_labels_and_minutes_are_covered_separately(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    covers = {
        "labels": ["ambulance"],
        "minutes": ["referred"],
        "evidence": "assumed",
        "source": "test",
    }
    after = apply(policy("ai_as_claimed", covers=covers), desk, patients)
    nurse = given(policy("nurse"), desk, patients)
    changed = after.attributes["acuity_given"] != nurse
    assert changed.any()
    assert not np.any(changed & ~from_sources(desk, patients, "ambulance"))
    shorter = (after.minutes["triage_interview"] != patients.minutes["triage_interview"])[0]
    np.testing.assert_array_equal(shorter, from_sources(desk, patients, "referred"))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ELSEWHERE])
def test_a_policy_touches_the_label_and_the_minutes_it_names_and_nothing_else(
    name: str, policy: Build, desk: Pathway, patients: Draws
) -> None:
    built = policy(name)
    after = apply(built, desk, patients)
    for field in fields(Draws):
        if field.name not in (
            "attributes",
            "minutes",
            *(("alarms",) if built.watches is not None else ()),
        ):
            assert getattr(after, field.name) is getattr(patients, field.name), field.name
    sets = {action.sets for action in built.actions.values()}
    same_objects(after.attributes, patients.attributes, {"acuity_given"} | sets)
    same_objects(after.minutes, patients.minutes, set(built.durations))


def same_objects(after: Mapping[str, Any], before: Mapping[str, Any], apart_from: set[str]) -> None:
    assert set(after) == set(before)
    for column in set(before) - apart_from:
        assert after[column] is before[column], column


@pytest.mark.parametrize("name", ["ai_scribe_measured", "lean_triage"])
def test_a_policy_that_keeps_the_nurse_keeps_her_labels_bit_for_bit(
    name: str, policy: Build, desk: Pathway, patients: Draws
) -> None:
    np.testing.assert_array_equal(
        given(policy(name), desk, patients), given(policy("nurse"), desk, patients)
    )


def test_the_scribe_takes_27_seconds_off_the_sum_in_proportion(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    after = apply(policy("ai_scribe_measured"), desk, patients)
    covered = from_sources(desk, patients, "walk_in", "referred")
    parts = ("triage_interview", "triage_record")
    before_sum = sum(patients.minutes[name][0] for name in parts)
    after_sum = sum(after.minutes[name][0] for name in parts)
    expected = np.where(covered, np.maximum(before_sum - 27 / 60, 0.5 * before_sum), before_sum)
    np.testing.assert_allclose(after_sum, expected, rtol=1e-12)
    np.testing.assert_allclose(
        after.minutes["triage_interview"] / after.minutes["triage_record"],
        patients.minutes["triage_interview"] / patients.minutes["triage_record"],
        rtol=1e-12,
    )
    assert after.minutes["triage_observations"] is patients.minutes["triage_observations"]


def test_the_mean_saving_of_the_scribe_is_27_seconds(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    after = apply(policy("ai_scribe_measured"), desk, patients)
    covered = from_sources(desk, patients, "walk_in", "referred")
    saved = sum(
        patients.minutes[n][0] - after.minutes[n][0] for n in ("triage_interview", "triage_record")
    )
    assert isinstance(saved, np.ndarray)
    assert 60 * saved[covered].mean() == pytest.approx(27, abs=0.1)


def test_the_floor_holds_where_a_saving_would_go_below_it(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws
) -> None:
    effect = {
        **stated("ai_as_claimed")["minutes"],
        "seconds_saved": estimate(3600),
        "never_below": estimate(0.25),
    }
    after = apply(policy("ai_as_claimed", minutes=effect), desk, patients)
    covered = from_sources(desk, patients, "walk_in", "referred")
    for name in ("triage_interview", "triage_record"):
        np.testing.assert_allclose(
            after.minutes[name][0, covered], 0.25 * patients.minutes[name][0, covered], rtol=1e-12
        )


def test_lean_triage_takes_44_percent_off_every_part_of_every_patient(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    after = apply(policy("lean_triage"), desk, patients)
    covered = from_sources(desk, patients, "walk_in", "referred")
    for name in ("triage_interview", "triage_observations", "triage_record"):
        np.testing.assert_allclose(
            after.minutes[name][0, covered], 0.56 * patients.minutes[name][0, covered], rtol=1e-12
        )


def test_the_scribe_read_as_a_share_takes_11_7_percent_off_the_whole_triage_of_every_patient(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    """Cho 2022 measured 231 to 204 s of the whole triage, observations included."""
    after = apply(policy("ai_scribe_measured", reading="share"), desk, patients)
    parts = ("triage_interview", "triage_observations", "triage_record")
    before_sum, after_sum = (
        np.sum([each.minutes[name][0] for name in parts], axis=0) for each in (patients, after)
    )
    covered = from_sources(desk, patients, "walk_in", "referred")
    np.testing.assert_allclose(
        after_sum, np.where(covered, before_sum * 0.883, before_sum), rtol=1e-12
    )
    assert round(204 / 231, 3) == 0.883


def test_the_reading_that_runs_comes_after_other_effects(
    policy: Build, desk: Pathway, patients: Draws
) -> None:
    burden = {"durations": ["triage_record"], "factor": estimate(2)}
    after = apply(policy("lean_triage", minutes=burden), desk, patients)
    covered = from_sources(desk, patients, "walk_in", "referred")
    before = patients.minutes["triage_record"][0, covered]
    np.testing.assert_allclose(
        after.minutes["triage_record"][0, covered], before * 2 * 0.56, rtol=1e-12
    )


def test_factor_and_seconds_apply_in_that_order(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws
) -> None:
    effect = {
        "durations": ["testing"],
        "factor": estimate(0.8),
        "seconds_saved": estimate(-30),
        "never_below": estimate(0),
    }
    after = apply(policy("lean_triage", minutes=effect), desk, patients)
    covered = from_sources(desk, patients, "walk_in", "referred")
    np.testing.assert_allclose(
        after.minutes["testing"][:, covered],
        0.8 * patients.minutes["testing"][:, covered] + 0.5,
        rtol=1e-12,
    )


def faults_of(desk: Pathway, policy: MatrixPolicy) -> list[str]:
    return [str(fault) for fault in check_policy(policy, desk)]


def test_a_bad_row_is_named_by_its_level(
    policy: Build, stated: Stated, desk: Pathway, patients: Draws
) -> None:
    ai = stated("ai_label_measured_under")["ai"]
    ai["matrix"]["shares"][1][1] -= 0.03
    built = policy("ai_label_measured_under", ai=ai)
    expected = r"triage\.ai_label_measured_under\.ai\.matrix\.shares: row 2 \(very_urgent\) adds up to 0\.97"
    with pytest.raises(ConfigError, match=expected):
        apply(built, desk, patients)


def test_all_faults_are_reported_at_once(
    policy: Build, stated: Stated, desk: Pathway, hold: Hold
) -> None:
    claimed = stated("ai_as_claimed")
    claimed["ai"]["name"] = "nurse"
    claimed["covers"]["labels"] = ["walk_inn"]
    claimed["minutes"]["durations"] = ["triage_interveiw"]
    claimed["role"] = "advises"
    found = "\n".join(faults_of(desk, adapter_of(Policy).validate_python(claimed)))
    hold(found, "same random variates")
    assert "Did you mean 'walk_in'?" in found
    assert "Did you mean 'triage_interview'?" in found
    assert "acceptance: is missing" in found


def test_a_matrix_of_other_levels_is_refused(policy: Build, stated: Stated, desk: Pathway) -> None:
    nurse = stated("nurse")["nurse"]
    nurse["matrix"]["counts"] = [[9, 1], [1, 9]]
    (found,) = faults_of(desk, policy("nurse", nurse=nurse))
    assert "has 2 rows of 2 columns" in found
    assert "Give 5 rows of 5" in found


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ({"gender": {}}, "unknown attribute 'gender'"),
        ({"sex": {"femal": {}}}, "Did you mean 'female'?"),
        ({"acuity_given": {}}, "cannot choose"),
        ({"sex": {}, "arrival_source": {}}, "Choose one"),
    ],
)
def test_tables_by_a_group_that_is_not_there_are_refused(
    groups: dict[str, Any], expected: str, policy: Build, stated: Stated, desk: Pathway, hold: Hold
) -> None:
    nurse = stated("nurse")["nurse"]
    perfect = {"shares": np.eye(5).tolist(), "evidence": "assumed", "source": "test"}
    nurse["matrix"]["by_group"] = {
        name: dict.fromkeys(tables, perfect) for name, tables in groups.items()
    }
    hold("\n".join(faults_of(desk, policy("nurse", nurse=nurse))), expected)


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("nurse", {"role": "replaces"}, "there is no"),
        ("nurse", {"covers": EVERYBODY}, "there is not"),
        ("sham", {"covers": None}, "no arrival source"),
        ("sham", {"role": None}, "role: is missing"),
        ("sham", {"acceptance": estimate(0.5)}, "ai that replaces"),
        ("lean_triage", {"covers": None}, "minutes effect"),
        (
            "ai_label_advises",
            {"acceptance": {**estimate(0.5), "evidence": "assumed"}},
            "range to sweep",
        ),
        (
            "ai_label_advises",
            {"acceptance": {**estimate(0.5), "range": [0.6, 1]}},
            "outside its own",
        ),
        (
            "lean_triage",
            {"minutes": {"durations": ["testing"], "seconds_saved": estimate(9)}},
            "never_below: is missing",
        ),
        (
            "lean_triage",
            {"minutes": {"durations": ["testing"], "never_below": estimate(0)}},
            "factor nor seconds_saved",
        ),
        (
            "lean_triage",
            {
                "minutes": {
                    "durations": ["testing", "triage_record"],
                    "factor": estimate(1),
                    "never_below": estimate(0),
                }
            },
            "different numbers",
        ),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(
    name: str, changes: dict[str, Any], expected: str, policy: Build, desk: Pathway, hold: Hold
) -> None:
    hold("\n".join(faults_of(desk, policy(name, **changes))), expected)


def test_a_department_without_a_label_to_give_is_refused(
    policy: Build, stated_desk: dict[str, Any]
) -> None:
    stated = copy.deepcopy(stated_desk)
    del stated["attributes"]["acuity_given"]
    stated["steps"]["triage"].pop("relabels")
    desk: Pathway = adapter_of(Pathway).validate_python(stated)
    (found,) = faults_of(desk, policy("nurse"))
    assert "attributes.acuity_given" in found


def test_a_policy_that_moves_arrivals_is_refused(
    policy: Build, desk: Pathway, patients: Draws, monkeypatch: pytest.MonkeyPatch, hold: Hold
) -> None:
    """Comparisons are by row: a lever of one's own that lets patients come later would be read as other patients."""

    def with_columns(draws: Draws, **columns: Any) -> Draws:
        return replace(draws, arrived_at=draws.arrived_at + 1)

    monkeypatch.setattr(Draws, "with_columns", with_columns)
    with hold.refusal(DrawsError):
        apply(policy("nurse"), desk, patients)
