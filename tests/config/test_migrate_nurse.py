"""The nurse leaves a user's policies for a file of her own: comments stay, arms name her, and a second time nothing is
left to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.config import load, packaged_configs
from simulation.config.migrate import migration_of
from simulation.errors import ConfigError

Own = Callable[..., Path]
NURSE = """nurse:
  name: nurse
  correlation: {value: 0.5, range: [0, 0.9], evidence: assumed, source: "not measured here"}
  matrix:
    evidence: measured
    source: "own panel"
    counts:   # rows: the truth
      - [45,   5,   0,  0,  0]
      - [ 4,  60,  10,  1,  0]
      - [ 0,   9, 110, 14,  0]
      - [ 0,   1,  13, 88,  4]
      - [ 0,   0,   1,  8, 27]   # the last of 400
"""
TOOL = """# what it saves
covers: {minutes: [walk_in], evidence: assumed, source: test}
minutes: {durations: [triage_record], factor: {value: 0.5, range: [0, 1], evidence: assumed, source: test}}
"""
HEAD = "# Question: what would it do?\nkind: matrix\nname: %s\n"
ABOUT_HER = "# our nurses, by the audit of May\n"
KOREAN = (packaged_configs() / "nurse" / "korea.yaml").read_text(encoding="utf-8").partition("labels:")[2]
STUDY = """name: two
question: Who?
baseline: nurse
arms:
  nurse: {label: A nurse, triage: nurse}
  ours:   # our product
    label: Ours
    triage: ours   # as offered
primary:
  - {measure: wait_to_clinician_mean, label: Wait, minimal_important_difference: 5, evidence: assumed, source: test}
"""


def migrated(folder: Path) -> dict[str, str]:
    migration_of(folder).carry_out()
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.yaml")}
    return {name: path.read_text(encoding="utf-8") for name, path in files.items()}


def refusal(folder: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        migration_of(folder)
    return str(caught.value)


def test_the_nurse_and_the_comments_on_her_move_and_the_rest_of_the_policy_stays(own: Own) -> None:
    files = migrated(own({"triage/ours.yaml": HEAD % "ours" + ABOUT_HER + NURSE + TOOL}))
    assert files["triage/ours.yaml"] == HEAD % "ours" + TOOL
    head, _, rest = files["nurse/ours.yaml"].partition("\n")
    assert head.startswith("# Question: ")
    assert rest == ABOUT_HER + NURSE.replace("nurse:", "labels:", 1)


def test_an_arm_whose_policy_had_other_nurses_names_them_and_keeps_its_remarks(own: Own) -> None:
    files = migrated(own({"triage/ours.yaml": HEAD % "ours" + NURSE + TOOL, "study/two.yaml": STUDY}))
    expected = STUDY.replace("    triage: ours   #", "    nurse: ours\n    triage: ours   #")
    assert files["study/two.yaml"] == expected


def test_what_is_left_to_do_is_nothing(own: Own) -> None:
    folder = own({"triage/ours.yaml": HEAD % "ours" + NURSE + TOOL, "study/two.yaml": STUDY})
    before = migrated(folder)
    again = migration_of(folder)
    assert (again.files, migrated(folder)) == ((), before)


def test_the_packaged_nurses_are_named_and_not_written_again(own: Own) -> None:
    files = migrated(own({"triage/ours.yaml": HEAD % "ours" + f"nurse:{KOREAN}" + TOOL, "study/two.yaml": STUDY}))
    assert files == {"triage/ours.yaml": HEAD % "ours" + TOOL, "study/two.yaml": STUDY}


def test_nurses_whom_several_policies_state_become_one_file_called_after_the_policy_without_a_tool(own: Own) -> None:
    stated = {"triage/a_tool.yaml": HEAD % "a_tool" + NURSE + TOOL, "triage/today.yaml": HEAD % "today" + NURSE}
    assert [name for name in migrated(own(stated)) if name.startswith("nurse/")] == ["nurse/today.yaml"]


@pytest.mark.slow
def test_a_migrated_tool_beside_other_nurses_is_refused_and_runs_with_its_own_in_every_arm(own: Own) -> None:
    folder = own({"triage/ours.yaml": HEAD % "ours" + NURSE + TOOL, "study/two.yaml": STUDY})
    with pytest.raises(ConfigError, match=r"triage/ours.yaml.nurse: .* `aeflow migrate FOLDER` moves them out"):
        load("study=two", config_dir=folder)
    migrated(folder)
    with pytest.raises(ConfigError, match=r"study.arms.ours: the arm has other nurses than the baseline"):
        load("study=two", config_dir=folder)
    study = load("study=two", "nurse=ours", config_dir=folder)
    assert [arm.policy.nurse.matrix.counts[0][0] for arm in study.arms] == [45, 45]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{triage: nurse_language}", "{nurse: language, triage: nurse}"),
        ("{triage: sham_language, cost: x}", "{nurse: language, triage: sham, cost: x}"),
        ("{triage: ai_kiosk, nurse: nurse_language}", "{triage: ai_kiosk, nurse: language}"),
        ("{triage: nurse, nurse: sham}", "{triage: nurse, nurse: korea}"),
        ("{changes: {triage.nurse.matrix.source: a}}", "{changes: {nurse.labels.matrix.source: a}}"),
        ("{changes: {triage.burdens.0.factor: a}}", "{changes: {nurse.burdens.0.factor: a}}"),
    ],
)
def test_what_names_a_nurse_of_earlier_days_names_her_of_today(before: str, after: str, own: Own) -> None:
    files = migrated(own({"study/a.yaml": f"arms:\n  one: {before}\n"}))
    assert files["study/a.yaml"] == f"arms:\n  one: {after}\n"


def test_a_tool_that_interprets_gets_its_nurses_where_the_study_had_them(own: Own) -> None:
    arms = "arms:\n  a: {triage: nurse_language}\n  b: {triage: ai_interprets}\n"
    assert "b: {nurse: language, triage: ai_interprets}" in migrated(own({"study/a.yaml": arms}))["study/a.yaml"]
    arms = "arms:\n  b: {triage: ai_interprets}\n"
    assert migrated(own({"study/b.yaml": arms}))["study/b.yaml"] == arms


@pytest.mark.parametrize(
    ("file", "text", "phrase"),
    [
        ("triage/a.yaml", "{kind: matrix, name: a, nurse: {name: nurse}}", "triage/a.yaml: describes the nurse in"),
        ("triage/a.yaml", "name: a\nnurse: {a: &x {b: 1}}\nai: *x\n", "triage/a.yaml: describes the nurse in a way"),
        ("triage/a.yaml", "name: a\nburdens: []\n", "triage/a.yaml: describes the nurse in a way"),
        ("config.yaml", "triage: {nurse: {name: nurse}}\n", "config.yaml: triage.nurse: belongs to the nurse"),
        ("study/a.yaml", "levers:\n  a: {takes: [nurse.matrix]}\n", "study/a.yaml, line 2: takes 'nurse.matrix"),
    ],
)  # fmt: skip
def test_what_cannot_be_moved_is_reported_and_nothing_is_written(file: str, text: str, phrase: str, own: Own) -> None:
    folder = own({file: text, "triage/ours.yaml": HEAD % "ours" + NURSE})
    assert refusal(folder).startswith(phrase)
    assert (folder / file).read_text(encoding="utf-8") == text


def test_line_ends_of_another_system_stay(own: Own) -> None:
    folder = own({"triage/ours.yaml": ""})
    file = folder / "triage" / "ours.yaml"
    file.write_bytes((HEAD % "ours" + NURSE + TOOL).replace("\n", "\r\n").encode())
    migration_of(folder).carry_out()
    assert file.read_bytes() == (HEAD % "ours" + TOOL).replace("\n", "\r\n").encode()
    assert (folder / "nurse" / "ours.yaml").read_bytes().count(b"\n") == NURSE.count("\n") + 1
    assert b"\n" not in (folder / "nurse" / "ours.yaml").read_bytes().replace(b"\r\n", b"")
