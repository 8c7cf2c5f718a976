"""Slips of the pen in a file of one's own: what is said names the slip and what to write instead."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.config import load, packaged_configs
from simulation.errors import ConfigError
from tests.held import Hold

Own = Callable[..., Path]
CLINIC = (packaged_configs() / "pathway/gallery/one_nurse.yaml").read_text(encoding="utf-8")
STUDY = (packaged_configs() / "study/gallery/one_nurse.yaml").read_text(encoding="utf-8")
STUDY = STUDY.replace("gallery/one_nurse", "clinic")


def message_of(folder: Path) -> str:
    with pytest.raises(ConfigError) as refused:
        load("study=clinic", config_dir=folder)
    return str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        # a decimal comma, within braces and on a line of its own
        (
            "mean: 12,",
            "mean: 12,5,",
            "pathway.durations.consultation.mean",
        ),
        (
            "mean: 12,",
            "mean: 12,08,",
            "pathway.durations.consultation.mean: found 12, and then 08 after a comma. ",
        ),
        (
            "consultation: {kind: exponential, mean: 12,",
            "consultation: {kind: exponential, mean: '12,5',",
            "pathway.durations.consultation.mean",
        ),
        # a comma between thousands
        (
            "mean: 12,",
            "mean: 1,280,",
            "pathway.durations.consultation.mean",
        ),
        (
            "consultation: {kind: exponential, mean: 12,",
            "consultation: {kind: exponential, mean: '1,280',",
            "pathway.durations.consultation.mean",
        ),
        # hours
        (
            "capacity: 1",
            "rota: [{hours: 8-26, number: 1}]",
            "pathway.pools.nurses.rota.0.hours",
        ),
        (
            "capacity: 1",
            "rota: [{hours: 10:00, number: 1}]",
            "found 10:00, which YAML reads as 600",
        ),
        (
            "capacity: 1",
            "rota: [{hours: 8, number: 1}]",
            "pathway.pools.nurses.rota.0.hours",
        ),
        # numbers that YAML 1.1 reads as others
        (
            "capacity: 1",
            "capacity: 010",
            "Write 10, or 8 for a number, '010' in quotes",
        ),
        (
            "capacity: 1",
            "capacity: 0x1f",
            "pathway/clinic.yaml, line 6: found 0x1f, which YAML reads as 31. Write 31 for a number, ",
        ),
        (
            "capacity: 1",
            "capacity: 1:30",
            "pathway/clinic.yaml, line 6: found 1:30, which YAML reads as 90. Write 90 ",
        ),
        (
            "mean: 12,",
            "mean: true,",
            "pathway.durations.consultation.mean: found True. Allowed: a valid number",
        ),
        (
            "nurses:",
            "on:",
            "pathway/clinic.yaml, line 6",
        ),
        # what YAML cannot read
        (
            "  consultation: {asks",
            "\tconsultation: {asks",
            "pathway/clinic.yaml, line 10",
        ),
        (
            'source: "four an hour, an example"',
            "source: four an hour: an example",
            "expected ',' or '}', but got ':'",
        ),
        (
            "name: one_nurse",
            "name: one: nurse",
            "pathway/clinic.yaml, line 2",
        ),
    ],
)
def test_a_slip_in_a_department_is_named_with_what_to_write(
    own: Own, old: str, new: str, message: str, hold: Hold
) -> None:
    output = message_of(
        own({"study/clinic.yaml": STUDY, "pathway/clinic.yaml": replaced(CLINIC, old, new)})
    )
    hold(output, message)
    assert "faults" not in output


def test_a_department_that_defaults_name_and_nobody_has_is_named_with_the_nearest(
    own: Own, hold: Hold
) -> None:
    study = replaced(STUDY, "pathway: clinic]", "pathway: clinc]")
    output = message_of(own({"study/clinic.yaml": study, "pathway/clinic.yaml": CLINIC}))
    hold(output, "pathway/clinc")


def test_a_study_of_a_department_of_its_own_without_defaults_is_one_fault(
    own: Own, hold: Hold
) -> None:
    (line,) = [line for line in STUDY.splitlines() if line.startswith("defaults")]
    output = message_of(
        own({"study/clinic.yaml": replaced(STUDY, line, ""), "pathway/clinic.yaml": CLINIC})
    )
    hold(output, "study/clinic.yaml")


def test_a_slip_in_a_study_of_the_packaged_department_has_its_own_message(own: Own) -> None:
    text = (packaged_configs() / "study/ai_triage.yaml").read_text(encoding="utf-8")
    output = message_of(
        own({"study/clinic.yaml": replaced(text, "measure: wait_to_", "measure: wayt_to_")})
    )
    assert "unknown measure 'wayt_to_" in output
    assert "defaults" not in output


def test_two_arms_with_one_label_are_refused_by_name(own: Own, hold: Hold) -> None:
    study = replaced(STUDY, "label: Two nurses", "label: One nurse")
    output = message_of(own({"study/clinic.yaml": study, "pathway/clinic.yaml": CLINIC}))
    hold(output, "study.arms.two.label")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "label: Two nurses",
            'label: "One\u00a0nurse\u200b"',
            "study.arms.two.label",
        ),
        ("label: Two nurses", 'label: "One\u00a0 nurse"', "arm 'one'"),
        (
            "label: Two nurses",
            'label: "Two\\nnurses"',
            "study.arms.two.label",
        ),
        ("label: Two nurses", 'label: " "', "study.arms.two.label: is blank."),
        ("baseline: one", "baseline: one\nsham: one", "study.sham"),
        (
            "label: Two nurses",
            "label: Two nurses, control: two",
            "study.arms.two.control",
        ),
        (
            'evidence: assumed, source: "a choice: what is tried"}',
            "evidence: assumed}",
            "states evidence but",
        ),
        (
            'evidence: assumed, source: "a choice: what is tried"}',
            'source: "x"}',
            "states source but",
        ),
    ],
)
def test_a_slip_that_a_report_would_hide_is_named(
    own: Own, old: str, new: str, message: str, hold: Hold
) -> None:
    output = message_of(
        own({"study/clinic.yaml": replaced(STUDY, old, new), "pathway/clinic.yaml": CLINIC})
    )
    hold(output, message)


@pytest.mark.parametrize(
    ("before", "part"), [("primary", "secondary"), ("secondary", "primary"), ("margins", "margins")]
)
def test_a_measure_that_is_stated_twice_is_named(
    own: Own, before: str, part: str, hold: Hold
) -> None:
    target = "{measure: left_share, label: Left, KEY: 0.01, evidence: assumed, source: x}"
    stated = {"primary": "", "secondary": "", "margins": ""}
    for one in (before, part):
        stated[one] += (
            target.replace("KEY", "margin" if one == "margins" else "minimal_important_difference")
            + ","
        )
    head = STUDY[: STUDY.index("\nprimary:")]
    parts = "\n".join(f"{key}: [{text}]" for key, text in stated.items() if text)
    if before == "margins":
        parts += "\n" + STUDY[STUDY.index("primary:") :]
    output = message_of(
        own({"study/clinic.yaml": f"{head}\n{parts}\n", "pathway/clinic.yaml": CLINIC})
    )
    hold(output, "'left_share' is stated")


def test_a_comma_between_thousands_on_the_command_line_is_named_with_both_numbers_it_may_be(
    hold: Hold,
) -> None:
    with hold.refusal(ConfigError, "run.measured_days=1,280", match=".*=1.28"):
        load("run.measured_days=1,280")


def test_a_decimal_comma_on_the_command_line_is_named_with_the_number_it_may_be(hold: Hold) -> None:
    with hold.refusal(ConfigError, "run.measured_days=0,4", match="run.measured_days=0.4.$"):
        load("run.measured_days=0,4")


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)
