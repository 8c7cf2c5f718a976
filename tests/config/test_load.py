"""From files and overrides to a study: who is found first, what a change reaches, and what is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from simulation.config import combinations, composed, load, packaged_configs, search_folders
from simulation.errors import ConfigError, Faults
from simulation.study.study import Study
from tests.held import Hold
from tests.policies import policy_named

Own = Callable[..., Path]
QUIET = "question: {}\nchanges: {{}}\n"
SHAM = (packaged_configs() / "triage" / "sham.yaml").read_text(encoding="utf-8")
NURSES = (packaged_configs() / "nurse" / "korea.yaml").read_text(encoding="utf-8")
POLICY = (packaged_configs() / "triage" / "nurse.yaml").read_text(encoding="utf-8")
STUDY = (packaged_configs() / "study" / "ai_triage.yaml").read_text(encoding="utf-8")
TWO_ARMS = """
question: Who?
name: two
baseline: nurse
arms:
  nurse: {label: A nurse, triage: nurse}
  more: {label: More nurses, triage: nurse, changes: CHANGES}
primary:
  - {measure: wait_to_clinician_mean, label: Wait, minimal_important_difference: 5, evidence: assumed, source: test}
"""


@pytest.fixture(scope="module")
def usual() -> Study:
    return load("ensemble=none")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another working folder."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def arms_with(changes: str) -> dict[str, str]:
    return {"study/two.yaml": TWO_ARMS.replace("CHANGES", changes)}


def message_of(*overrides: str, folder: Path | None = None) -> str:
    with pytest.raises(ConfigError) as refused:
        load(*overrides, config_dir=folder)
    return str(refused.value)


# --- who is found first --------------------------------------------------------------------------------------------


def test_the_folder_named_comes_before_configs_here_and_that_before_the_packaged_one(
    own: Own, elsewhere: Path
) -> None:
    named = own({"scenario/usual.yaml": QUIET.format("Named?")})
    here = elsewhere / "configs" / "scenario"
    here.mkdir(parents=True)
    for name in ("usual", "busier_staff_follow"):
        (here / f"{name}.yaml").write_text(QUIET.format("Here?"), encoding="utf-8")
    questions = [
        composed([f"scenario={name}"], config_dir=named)["scenario"]["question"]
        for name in ("usual", "busier_staff_follow")
    ]
    assert questions == ["Named?", "Here?"]
    assert search_folders(named) == (named.resolve(), here.parent.resolve(), packaged_configs())


def test_a_policy_of_the_users_comes_before_the_packaged_one(own: Own) -> None:
    mine = own(
        {"triage/sham.yaml": SHAM.replace("value: 0,", "value: 0.25,").replace("[0, 0]", "[0, 1]")}
    )
    faults = Faults()
    policy = policy_named("sham", search_folders(mine), "triage", faults)
    assert policy is not None
    assert policy.ai.correlation.value == 0.25
    assert faults == []


def test_nurses_of_the_users_come_before_the_packaged_ones_and_are_every_arms(own: Own) -> None:
    mine = own({"nurse/korea.yaml": NURSES.replace("value: 0.5", "value: 0.25")})
    study = load("ensemble=none", config_dir=mine)
    assert {arm.policy.nurse.correlation.value for arm in study.arms} == {0.25}
    assert study.alone.policy.nurse.correlation.value == 0.25


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path, hold: Hold) -> None:
    hold(message_of(folder=tmp_path / "nowhere"))


def test_configurations_of_one_load_are_not_looked_for_in_the_next(own: Own, hold: Hold) -> None:
    composed(["scenario=mine"], config_dir=own({"scenario/mine.yaml": QUIET.format("Mine?")}))
    with hold.refusal(ConfigError, "scenario=mine", match="no scenario 'mine'"):
        composed(["scenario=mine"])


# --- what a value reaches ------------------------------------------------------------------------------------------


def test_a_value_on_the_command_line_may_name_a_key_that_the_file_leaves_out() -> None:
    raw = composed(
        ["staffing.triage_nurses.extra=1", "pathway.allow_overload=true", "run.keep=[patients]"]
    )
    assert raw["staffing"]["triage_nurses"]["extra"] == 1
    assert raw["pathway"]["allow_overload"] is True
    assert raw["run"]["keep"] == ["patients"]


def test_a_part_of_a_list_is_named_by_its_number() -> None:
    raw = composed(
        ["study.primary.1.minimal_important_difference=7", "staffing.doctors.rota.0.number=9"]
    )
    assert raw["study"]["primary"][1]["minimal_important_difference"] == 7
    assert raw["staffing"]["doctors"]["rota"][0]["number"] == 9


def test_a_calibration_parameter_moves_what_refers_to_it(usual: Study) -> None:
    moved = load("ensemble=none", "calibration.medicine_beds.value=200")
    assert moved.baseline.pathway.pools["medicine_beds"].capacity == 200
    assert usual.baseline.pathway.pools["medicine_beds"].capacity != 200


def test_the_changes_of_a_scenario_reach_every_arm(usual: Study) -> None:
    scaled = load("ensemble=none", "scenario=busier_staff_follow")
    for name in ("nurse", "ai_as_claimed", "one_more_triage_nurse", "two_more_beds"):
        streams = [study.arm(name).pathway.arrivals["walk_in"] for study in (usual, scaled)]
        assert streams[1].scale == pytest.approx(1.1 * streams[0].scale), name
    assert scaled.arm("one_more_triage_nurse").pathway.pools["triage_nurses"].extra == 1
    assert scaled.scenario == "busier_staff_follow"


def test_a_scenario_changes_a_calibration_parameter_for_all_and_an_arms_changes_reach_that_arm_alone(
    own: Own,
) -> None:
    files = {
        **arms_with("{calibration.doctor_minutes_scale.value: 0.7, staffing.doctors.extra: 3}"),
        "scenario/fewer.yaml": "question: q?\nchanges: {calibration.medicine_beds.value: 201}\n",
    }
    study = load("study=two", "scenario=fewer", config_dir=own(files))
    pathways = [study.arm(name).pathway for name in ("nurse", "more")]
    assert [each.pools["medicine_beds"].capacity for each in pathways] == [201, 201]
    assert [each.pools["doctors"].extra for each in pathways] == [0, 3]
    assert (
        pathways[0].durations["first_contact"].scale
        != pathways[1].durations["first_contact"].scale
        == 0.7
    )


def test_studies_that_state_the_same_department_share_it_and_a_changed_one_has_its_own() -> None:
    changed = ("run.seed=1", "run.seed=2", "staffing.doctors.extra=1")
    one, same, other = (load("ensemble=none", each).baseline.pathway for each in changed)
    assert one is same
    assert (one.pools["doctors"].extra, other.pools["doctors"].extra) == (0, 1)


# --- what is refused -----------------------------------------------------------------------------------------------


def test_every_change_that_reaches_nothing_and_every_unknown_policy_is_named_at_once(
    own: Own,
    hold: Hold,
) -> None:
    changes = {
        "staffing.doctrs.extra": "there is no 'staffing.doctrs'. Did you mean 'doctors'?",
        "run.measured_days": "is not part of a department. Changes may start with site, staffing, pathway, calibration",
        "calibration.no.value": "there is no 'calibration.no'",
        "staffing.doctors.kind.x": "'staffing.doctors.kind' holds no keys",
    }
    files = arms_with("{" + ", ".join(f"{path}: 1" for path in changes) + "}")
    files["study/two.yaml"] = files["study/two.yaml"].replace("triage: nurse}", "triage: nurze}", 1)
    message = message_of("study=two", folder=own(files))
    hold(message, "5 faults")
    for path, found in changes.items():
        assert f"study.arms.more.changes.{path}: {found}" in message
    hold(message, "study.arms.nurse.triage")


@pytest.mark.parametrize(
    ("stated", "where"),
    [
        ("+site.decisions_every_minutes=7", "decisions_every_minutes"),
        ("+site.priority.rule=acuity", "priority"),
        ("+site.rounds.active=true", "rounds"),
        ("site.patience=null", "patience"),
    ],
)
def test_what_two_groups_state_that_can_be_stated_once_only_is_refused(
    stated: str, where: str, hold: Hold
) -> None:
    told = f"leave out site.{where} or pathway.{where}"
    hold(message_of(stated), told)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        (
            "run.replications=true",
            "run.replications: found True. Allowed: a valid integer (replications).",
        ),
        ("run.seed=false", "run.seed: found False. Allowed: a valid integer."),
        (
            "calibration.medicine_beds.value=true",
            "calibration.medicine_beds.value: found True. Allowed: a valid number.",
        ),
        (
            "staffing.doctors.rota.0.number=true",
            "staffing.doctors.rota.0.number: found True. Allowed: a valid integer",
        ),
        (
            "site.arrivals.walk_in.per_day=true",
            "site.arrivals.walk_in.per_day: found True. Allowed: a valid number (patients a day).",
        ),
    ],
)
def test_true_and_false_are_no_numbers(stated: str, told: str) -> None:
    assert told in message_of(stated)


def test_a_boolean_for_a_number_is_reported_with_the_other_faults(hold: Hold) -> None:
    message = message_of("run.replications=true", "run.seed=-1", "run.profile_all=true")
    hold(message, "2 faults")
    assert "run.replications: found True" in message


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        (
            "run.replications='4'",
            "run.replications",
        ),
        ("run.profile_all=1", "run.profile_all: found 1. Allowed: true or false."),
    ],
)
def test_a_number_in_quotes_and_a_switch_as_a_number_are_refused(
    stated: str, told: str, hold: Hold
) -> None:
    hold(message_of(stated), told)


def test_a_section_that_one_group_alone_states_as_a_value_is_refused(hold: Hold) -> None:
    told = message_of("study=gallery/triage_only", "pathway.pools=none")
    hold(told, "pathway.pools")


def test_a_section_that_one_group_states_as_a_value_and_another_by_name_is_refused(
    hold: Hold,
) -> None:
    told = "site.pools"
    hold(message_of("site.pools=3"), told)


def test_a_change_that_adds_a_key_nobody_knows_is_named(own: Own) -> None:
    message = message_of("study=two", folder=own(arms_with("{staffing.doctors.extar: 1}")))
    assert message == "staffing.doctors.extar: unknown key 'extar'. Did you mean 'extra'?"


def test_a_baseline_and_a_sham_that_are_no_arms_are_named(own: Own, hold: Hold) -> None:
    text = STUDY.replace("baseline: nurse\n", "baseline: nurze\n").replace(
        "sham: sham\n", "sham: nobody\n"
    )
    message = message_of("study=mine", folder=own({"study/mine.yaml": text}))
    hold(message, "study.baseline")
    hold(message, "study.sham")


def test_a_sweep_is_each_combination_of_its_values_and_lists_stay_whole() -> None:
    swept = combinations(
        ["scenario=usual,busier_staff_follow", "run.seed=1,2,3", "a.b=[1,2]", "x={y: 1, z: 2}"]
    )
    assert len(swept) == 6
    assert swept[0] == ["scenario=usual", "run.seed=1", "a.b=[1,2]", "x={y: 1, z: 2}"]
    assert swept[-1][:2] == ["scenario=busier_staff_follow", "run.seed=3"]


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        (
            "minutes: {durations: [triage_record], facto: 1}",
            "triage/bad.yaml.minutes.facto: unknown key 'facto'",
        ),
        (
            "minutes: [{durations: [triage_record], facto: 1}]",
            "triage/bad.yaml.minutes.0.facto: unknown key 'facto'",
        ),
        ("adoption: {start: 1}", "triage/bad.yaml.adoption.start"),
        (
            "covers: {onyl: {}, evidence: assumed, source: test}",
            "covers.onyl: unknown key 'onyl'. Did you mean 'only'?",
        ),
    ],
)
def test_a_mistake_in_a_policy_is_named_where_it_stands_whether_minutes_are_a_block_or_a_list(
    stated: str, found: str, own: Own
) -> None:
    files = arms_with("{}")
    files["study/two.yaml"] = files["study/two.yaml"].replace(
        "triage: nurse, changes", "triage: bad, changes"
    )
    files["triage/bad.yaml"] = POLICY.replace("name: nurse\n", f"name: bad\n{stated}\n")
    message = message_of("study=two", folder=own(files))
    assert found in message
    assert "dictionary or an instance" not in message or "adoption" in stated


@pytest.mark.parametrize(
    ("outage", "told"),
    [
        (
            "{kind: stated, spnas: []}",
            "site.outages.tool.spnas: unknown key 'spnas'. Did you mean 'spans'?",
        ),
        (
            "{kind: statd, spans: []}",
            "site.outages.tool.kind: unknown kind 'statd'. Did you mean 'stated'?",
        ),
    ],
)
def test_a_mistake_in_an_outage_is_reported_for_the_intended_kind(outage: str, told: str) -> None:
    sourced = outage.replace("}", ", evidence: assumed, source: test}")
    assert message_of(f"site.outages={{tool: {sourced}}}") == told


def test_coverages_that_are_no_arms_are_named(own: Own, hold: Hold) -> None:
    files = arms_with("{}")
    files["study/two.yaml"] += "coverages: {partial: mor, full: nurse}\n"
    message = message_of("study=two", folder=own(files))
    hold(message, "study.coverages.partial")


@pytest.mark.parametrize(
    ("arm", "why"),
    [
        ("mor", "'mor' is no arm that is shown. Did you mean 'more'?"),
        ("nurse", "'nurse' is the baseline"),
    ],
)
def test_an_offer_of_an_arm_that_is_none_or_the_baseline_is_refused(
    own: Own, arm: str, why: str
) -> None:
    files = arms_with("{}")
    files["study/two.yaml"] += f"offer: {{arm: {arm}, product: Our AI, department: Ours}}\n"
    assert message_of("study=two", folder=own(files)).startswith(f"study.offer.arm: {why}")


def test_a_study_without_the_arm_of_its_offer_has_no_offer(own: Own) -> None:
    files = arms_with("{}")
    files["study/two.yaml"] += "offer: {arm: more, product: Our AI, department: Ours}\n"
    design = load("study=two", config_dir=own(files)).design
    assert design.offer is not None
    assert design.restricted_to(["nurse", "more"]).offer == design.offer
    assert design.restricted_to(["nurse"]).offer is None
    assert design.with_arms(design.arms, baseline="nurse").offer is None


def test_a_study_without_the_arms_of_a_blank_has_no_such_blank(own: Own) -> None:
    files = arms_with("{}")
    files["study/two.yaml"] += (
        "offer: {arm: more, product: Our AI, department: Ours, blanks: "
        "[{question: how it errs, parameters: [cause], unit: share, find: ask, arms: [nurse, more]},"
        " {question: why they wait, parameters: [cause], unit: cause, find: look}]}\n"
    )
    design = load("study=two", config_dir=own(files)).design
    arm = next(iter(design.arms.values()))
    some = replace(design, arms={**design.arms, "third": arm}).restricted_to(["more", "third"])
    assert some.offer is not None
    assert [blank.question for blank in some.offer.blanks] == ["why they wait"]


def test_a_study_of_another_site_than_its_ensemble_is_of_one_department_and_a_warning_says_so(
    caplog: pytest.LogCaptureFixture, usual: Study, hold: Hold
) -> None:
    caplog.clear()
    with caplog.at_level("WARNING", logger="aeflow"):
        small = load("study=ai_triage", "site=short_of_beds")
    assert small.departments is None
    assert [record.getMessage() for record in caplog.records] == [
        f"On one department: {small.on_one}."
    ]
    hold(small.on_one, "was built for site=typical")
    assert load().departments is not None
    assert usual.on_one == ""


def test_a_fault_of_a_label_hides_none_of_a_measure(own: Own, hold: Hold) -> None:
    study = TWO_ARMS.replace("label: More nurses", "label: A nurse").replace(
        "wait_to_clinician_mean", "admitted_share"
    )
    message = message_of(
        "study=two", folder=own({"study/two.yaml": study.replace("CHANGES", "{}")})
    )
    hold(message, "study.arms.more.label")
    hold(message, "study.primary.0.measure")


def test_many_faults_alike_are_shown_by_the_first_few_and_their_number(
    own: Own, hold: Hold
) -> None:
    numbers = ", ".join(["-1"] * 300)
    message = message_of(f"site.attributes.sex.shares=[{numbers}]")
    hold(message, "300 faults")
    assert message.endswith("... and 297 more like these")
    assert len(message.splitlines()) == 5
