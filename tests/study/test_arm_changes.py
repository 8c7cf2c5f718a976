"""What an arm changes is found, all of it, where it shows, with figures worked out by hand."""

import copy
from dataclasses import replace
from typing import Any

import pytest

import simulation as ae
from simulation.assurance.targets import targets_named
from simulation.config import load, packaged_configs
from simulation.department.vocabulary import Pathway
from simulation.patients import draw
from simulation.report.arm_tables import NOTHING, assumed_table, changes_table
from simulation.report.pathway_picture import pathway_picture
from simulation.study.arm_changes import (
    ArmChanges,
    changes_of,
    explain_changes,
    kind_in_trials,
    place_of_change,
)
from simulation.study.design import Arm, Cost, Design, Target
from simulation.study.statements import assumptions_added_by
from simulation.study.study import ReadyArm
from simulation.triage.policy import Policy
from tests.adapters import adapter_of
from tests.held import Hold

WHY = {"evidence": "assumed", "source": "test"}
STATED: dict[str, Any] = {
    "name": "two_doors",
    "arrivals": {
        "walk_in": {"starts": "triage", "per_day": 100, **WHY},
        "ambulance": {"starts": "handover", "per_day": 50, **WHY},
    },
    "attributes": {
        "acuity_true": {
            "kind": "choice",
            "categories": ["urgent", "standard"],
            "shares": [0, 1],
            **WHY,
        },
        "acuity_given": {"kind": "given", "like": "acuity_true", **WHY},
    },
    "pools": {
        "nurses": {"kind": "staff", "capacity": 2, **WHY},
        "doctors": {"kind": "staff", "capacity": 2, **WHY},
    },
    "durations": {
        name: {"kind": "fixed", "mean": mean, **WHY}
        for name, mean in (("interview", 10), ("look", 4), ("contact", 20))
    },
    "priority": {
        "rule": "acuity",
        "classes": {"urgent": {"rank": 1, "rate": 2}, "standard": {"rank": 2, "rate": 1}},
        "untriaged_as": "standard",
        "ignored_as": "standard",
        **WHY,
    },
    "steps": {
        "triage": {
            "asks": ["nurses"],
            "minutes": ["interview"],
            "relabels": "acuity_given",
            "next": "area",
        },
        "handover": {
            "asks": ["nurses"],
            "minutes": ["look"],
            "relabels": "acuity_given",
            "next": "area",
        },
        "resus": {"asks": ["doctors"], "minutes": ["contact"], "next": "home"},
        "minors": {"asks": ["doctors"], "minutes": ["contact"], "next": "home"},
    },
    "branches": {
        "area": {
            "kind": "attribute",
            "attribute": "acuity_now",
            "cases": {"urgent": "resus"},
            "otherwise": "minors",
        }
    },
    "ends": {"home": {"outcome": "discharged"}},
}
RIGHT = {"evidence": "measured", "source": "test", "shares": [[1, 0], [0, 1]]}
UP = {"evidence": "assumed", "source": "cries wolf", "shares": [[1, 0], [1, 0]]}
NO_CORRELATION = {"value": 0, "range": [0, 1], **WHY}
NURSE = {
    "kind": "matrix",
    "nurse": {"name": "nurse", "correlation": NO_CORRELATION, "matrix": RIGHT},
}
SAVES = {
    "durations": ["interview"],
    "seconds_saved": {"value": 60, "range": [0, 90], **WHY},
    "never_below": {"value": 0, "range": [0, 1], **WHY},
}
DESIGN = Design(
    name="made",
    question="Which?",
    baseline="nurse",
    arms={"nurse": Arm(label="Nurse", triage="nurse")},
    primary=(
        Target(
            measure="wait_to_clinician_mean", label="Wait", minimal_important_difference=5, **WHY
        ),
    ),
)


def pathway(**changes: Any) -> Pathway:
    stated = copy.deepcopy(STATED)
    for section, content in changes.items():
        for name, each in content.items():
            held = stated.setdefault(section, {})
            held[name] = {**held.get(name, {}), **each}
    built: Pathway = adapter_of(Pathway).validate_python(stated)
    return built


def ready(name: str, department: Pathway | None = None, **more: Any) -> ReadyArm:
    policy: Policy = adapter_of(Policy).validate_python({**NURSE, "name": name, **more})
    return ReadyArm(name, Arm(label=name.title(), triage=name), department or pathway(), policy)


def found(arm: ReadyArm, baseline: ReadyArm | None = None) -> ArmChanges:
    return changes_of(
        arm, baseline or ready("nurse"), draw(arm.pathway, seed=3, replication=0, days=7)
    )


def of_kind(changes: ArmChanges, kind: str) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.what, each.words, each.at) for each in changes.changes if each.kind == kind]


def labels_up(*streams: str) -> ReadyArm:
    ai = {"name": "llm", "correlation": NO_CORRELATION, "matrix": UP}
    return ready("wolf", ai=ai, role="replaces", covers={"labels": list(streams), **WHY})


def test_the_baseline_s_twin_changes_nothing() -> None:
    assert found(ready("twin")) == ArmChanges("twin", ())


def test_a_minute_saved_shows_at_the_step_that_takes_it_and_nowhere_else() -> None:
    changes = found(ready("scribe", minutes=SAVES, covers={"minutes": ["walk_in"], **WHY}))
    words = "−1.0 min on average (of 10.0) for 100 % of patients who can come here (interview)"
    assert [(each.kind, each.what, each.words, each.at) for each in changes.changes] == [
        ("minutes", "triage", words, ("triage",))
    ]
    assert changes.by_node() == {"triage": (("minutes", "−1.0 min for 100 %"),)}


def test_minutes_that_differ_by_no_more_than_rounding_are_no_change() -> None:
    hardly = {**SAVES, "seconds_saved": {"value": 1e-9, "range": [0, 90], **WHY}}
    assert found(
        ready("hardly", minutes=hardly, covers={"minutes": ["walk_in"], **WHY})
    ) == ArmChanges("hardly", ())


def test_labels_show_only_at_the_door_whose_patients_get_another() -> None:
    changes = found(labels_up("walk_in"))
    words = "another label for 100 % of patients who can come here: 100 % a more urgent one, 0 % a less urgent"
    assert of_kind(changes, "label") == [("triage", words, ("triage",))]


def test_what_the_label_decides_is_marked_and_the_way_it_opens_is_named() -> None:
    changes = found(labels_up("walk_in", "ambulance"))
    assert [at for *_, at in of_kind(changes, "by label")] == [("area",), ("resus", "minors")]
    assert changes.opened == (("area", "resus"),)
    assert {each.kind for each in changes.without_by_label().changes} == {"label"}


def test_a_pool_shows_at_every_step_that_asks_for_it() -> None:
    changes = found(ready("nurse", pathway(pools={"doctors": {"extra": 1}})))
    assert of_kind(changes, "pool") == [("doctors", "+1 at every hour", ("resus", "minors"))]
    assert len(changes.changes) == 1


def test_shifts_laid_over_a_rota_are_shown_with_the_earlier_ones() -> None:
    late, by_night = (
        {"hours": "14-22", "number": 1},
        {"hours": "22-8", "number": -1, "days": "fri,sat"},
    )
    changes = found(ready("nurse", pathway(pools={"doctors": {"extra_shifts": [late, by_night]}})))
    assert of_kind(changes, "pool") == [
        ("doctors", "14-22 h: +1; 22-8 h: -1 (fri,sat)", ("resus", "minors"))
    ]
    base = ready("nurse", pathway(pools={"doctors": {"extra_shifts": [late]}}))
    changes = changes_of(
        ready("nurse", pathway()), base, draw(base.pathway, seed=1, replication=0, days=7)
    )
    words = "no shifts laid over the rota (before: 14-22 h: +1)"
    assert of_kind(changes, "pool") == [("doctors", words, ("resus", "minors"))]


def test_another_rota_is_shown_by_the_shifts_that_differ(hold: Hold) -> None:
    def told(new: list[dict[str, Any]] | None, old: list[dict[str, Any]] | None) -> str:
        ours, theirs = (
            pathway(pools={"doctors": {"capacity": None if rota else 2, "rota": rota}})
            for rota in (new, old)
        )
        drawn = draw(ours, seed=1, replication=0, days=7)
        (change,) = changes_of(ready("nurse", ours), ready("nurse", theirs), drawn).changes
        assert "rota" not in change.short or change.short == "doctors: another rota"
        return change.words

    day, all_day = {"hours": "8-20", "number": 1}, {"hours": "0-24", "number": 1}
    weekend = {"hours": "10-16", "number": 2, "days": "sat,sun"}
    hold(told([all_day], [all_day, day]), "1 taken out")
    assert told([all_day, weekend], [all_day, day]) == "10-16 h: 2 (sat,sun) (before: 8-20 h: 1)"
    hold(told([all_day, weekend], [all_day]), "2 (sat,sun) added")
    assert told([all_day], None) == "0-24 h: 1 (before: 2 at every hour)"


def test_minutes_that_follow_demand_show_at_the_door_and_at_the_steps_that_take_them() -> None:
    stated = {"durations": ["contact"], "arrivals": ["walk_in"], "elasticity": 1, **WHY}
    (change,) = found(ready("nurse", pathway(follows={"staff": stated}))).changes
    assert (change.what, change.at) == ("follows.staff", ("source:walk_in", "resus", "minors"))


def test_a_new_step_and_the_way_to_it_are_new() -> None:
    department = pathway(
        steps={
            "minors": {"next": "advice"},
            "advice": {"asks": ["nurses"], "minutes": ["look"], "next": "home"},
        }
    )
    changes = found(ready("nurse", department))
    assert changes.opened == (("minors", "advice"), ("advice", "home"))
    assert changes.by_node() == {
        "minors": (("route", "other next"),),
        "advice": (("route", "new"),),
    }


@pytest.mark.parametrize(
    ("changed", "what", "words", "at"),
    [
        (
            {"arrivals": {"walk_in": {"scale": 1.2}}},
            "arrivals.walk_in.scale",
            "1 becomes 1.2",
            ("source:walk_in",),
        ),
        (
            {"durations": {"contact": {"mean": 15}}},
            "durations.contact.mean",
            "20 becomes 15",
            ("resus", "minors"),
        ),
    ],
)
def test_whatever_else_a_department_states_otherwise_is_listed(
    changed: dict[str, Any], what: str, words: str, at: tuple[str, ...]
) -> None:
    changes = found(ready("nurse", pathway(**changed)))
    assert [(each.what, each.words, each.at) for each in changes.changes] == [(what, words, at)]


def test_only_what_the_arm_states_besides_the_baseline_is_an_added_assumption(hold: Hold) -> None:
    arm = ready(
        "scribe",
        minutes=SAVES,
        covers={"minutes": ["walk_in"], "evidence": "published", "source": "a page"},
    )
    cost = Cost(per_year=5, what="a licence", evidence="assumed", source="a guess")
    arm = replace(arm, arm=replace(arm.arm, cost=cost))
    added_assumptions = assumptions_added_by(arm, ready("nurse"), DESIGN)
    assert [(each.where, each.value, each.range, each.evidence) for each in added_assumptions] == [
        ("triage.covers", "minutes walk_in", "–", "published"),
        ("triage.minutes.seconds_saved", "60", "0 to 90", "assumed"),
        ("triage.minutes.never_below", "0", "0 to 1", "assumed"),
        ("cost", "per_year 5; what a licence", "–", "assumed"),
    ]
    table = assumed_table([("Scribe", added_assumptions)])
    assert [row[1:4] for row in table.rows] == [
        ("minutes.seconds_saved", "60", "0 to 90"),
        ("minutes.never_below", "0", "0 to 1"),
        ("cost", "per_year 5; what a licence", "–"),
    ]
    hold(table.notes)


def test_whose_figures_the_changes_of_an_arm_are_is_an_added_assumption() -> None:
    baseline, arm = ready("nurse"), ready("nurse")
    more = replace(
        arm.arm, changes={"staffing.nurses.extra": 1}, evidence="assumed", source="a choice of ours"
    )
    added_assumptions = assumptions_added_by(replace(arm, arm=more), baseline, DESIGN)
    assert [(each.where, each.value, each.evidence, each.source) for each in added_assumptions] == [
        ("changes", "staffing.nurses.extra 1", "assumed", "a choice of ours")
    ]


def test_an_arm_without_effect_says_so_in_the_table() -> None:
    assert changes_table([("Twin", ())]).rows == (("Twin", "–", "–", NOTHING),)


def test_the_marked_picture_says_in_words_what_it_marks_and_differs_from_the_plain_one() -> None:
    changes = found(labels_up("walk_in"))
    marked = pathway_picture(pathway(), changes, title="What 'Wolf' changes")
    assert marked.name == "pathway-wolf"
    assert "What 'Wolf' changes" in marked.alt
    assert "another label for 100 %" in marked.alt
    assert marked.png != pathway_picture(pathway()).png


def test_every_arm_of_the_default_study_changes_something_and_the_baseline_is_left_out() -> None:
    study = load()
    each = {found.arm: found for found in explain_changes(study)}
    assert set(each) == {arm.name for arm in study.arms} - {study.design.baseline}
    assert all(found.changes for found in each.values())
    (nurse,) = each["one_more_triage_nurse"].changes
    assert (nurse.kind, nurse.what, nurse.at) == ("pool", "triage_nurses", ("triage",))


def kinds_of(*words: str) -> dict[str, str]:
    study = load(*words)
    base = study.baseline.pathway
    return {
        found.arm: kind_in_trials(
            found.without_by_label().changes, study.arm(found.arm).pathway, base
        )
        for found in explain_changes(study)
    }


def test_a_label_and_a_minute_at_triage_are_one_kind_and_staff_beds_and_documents_others() -> None:
    kinds = kinds_of()
    by_kind = {kind: {arm for arm, its in kinds.items() if its == kind} for kind in kinds.values()}
    assert by_kind.pop("labels") >= {"ai_scribe_measured", "ai_label_measured_over", "lean_triage"}
    assert by_kind == {
        "minutes_saved": {"ai_documents_measured"},
        "beds": {"two_more_beds"},
        "staff_added": {
            "one_more_triage_nurse",
            "clinician_14_to_22",
            "childrens_clinician_12_to_22",
        },
    }


def test_a_change_is_of_triage_or_of_clinicians_only_if_it_does_nothing_else() -> None:
    study = load()
    each = {
        found.arm: place_of_change(found.changes, study.arm(found.arm).pathway)
        for found in explain_changes(study)
    }
    of = {place: {arm for arm in each if each[arm] == place} for place in each.values()}
    assert of["triage"] == {"ai_scribe_measured", "lean_triage", "one_more_triage_nurse"}
    assert of["clinicians"] == {"clinician_14_to_22", "childrens_clinician_12_to_22"}
    assert {"sham", "ai_label_measured_over", "ai_documents_measured", "two_more_beds"} <= of[""]


def test_staff_at_other_hours_are_moved_and_what_trials_do_not_have_is_of_no_kind() -> None:
    def pools(**changes: Any) -> str:
        arm = ready("arm", pathway(pools=changes))
        return kind_in_trials(found(arm).changes, arm.pathway, pathway())

    shifts = [{"hours": "9-12", "number": 1}, {"hours": "20-23", "number": -1}]
    assert pools(nurses={"extra_shifts": shifts}) == "staff_moved"
    assert pools(nurses={"extra": -1}, doctors={"extra": 1}) == "staff_moved"
    assert pools(nurses={"extra": -1}) == "staff_added"
    more = pathway(arrivals={"walk_in": {"per_day": 120}})
    assert kind_in_trials(found(ready("arm", more)).changes, more, pathway()) == ""


@pytest.mark.slow
def test_the_arms_of_published_trials_are_of_the_kind_that_their_rows_state() -> None:
    rows = targets_named("known_effects", [packaged_configs()])
    stated = {row.change: row.kind_of_change for row in rows if not row.against}
    kinds = kinds_of("study=known_effects")
    other = {arm: kinds[arm] for arm, kind in stated.items() if kinds[arm] != kind != "load"}
    assert other == {"bed_forecast": "", "scribes_and_volume": ""}
    assert len(stated) > 25


def test_a_tool_that_goes_live_after_four_weeks_is_seen() -> None:
    late = {"value": 40, "range": [0, 90], **WHY}
    arm = ready("late", minutes=SAVES, covers={"minutes": ["walk_in"], **WHY}, go_live_day=late)
    base = load("study=interpreting")
    baseline = replace(ready("nurse_language"), arm=base.baseline.arm)
    study = replace(base, arms=(baseline, arm))
    (changes,) = explain_changes(study)
    assert [each.what for each in changes.changes] == ["triage"]


def test_what_a_lever_changes_of_the_department_is_an_added_assumption() -> None:
    study = ae.load("study=ablation", "ensemble=none", "run.replications=1")
    together = study.design.combination({"reprioritise"})
    added = assumptions_added_by(study.arm(together), study.baseline, study.design)
    (states,) = [each for each in added if each.where == "levers.reprioritise.changes"]
    assert "pathway.rounds.every_minutes" in states.value
    assert states.evidence == "assumed"
