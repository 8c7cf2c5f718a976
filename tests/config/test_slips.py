"""Slips of the pen in a file of one's own: what is said names the slip and what to write instead."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.config import load, packaged_configs
from simulation.errors import ConfigError

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
            "pathway.durations.consultation.mean: found 12, and then 5 after a comma. "
            "Write a decimal point where a decimal number is meant: 0.4, not 0,4.",
        ),
        (
            "mean: 12,",
            "mean: 12,08,",
            "pathway.durations.consultation.mean: found 12, and then 08 after a comma. ",
        ),
        (
            "consultation: {kind: exponential, mean: 12,",
            "consultation: {kind: exponential, mean: '12,5',",
            "pathway.durations.consultation.mean: found '12,5'. Write a decimal point where ",
        ),
        # a comma between thousands
        (
            "mean: 12,",
            "mean: 1,280,",
            "pathway.durations.consultation.mean: found 1, and then 280 after a comma. "
            "Write thousands without a comma: 1280.",
        ),
        (
            "consultation: {kind: exponential, mean: 12,",
            "consultation: {kind: exponential, mean: '1,280',",
            "pathway.durations.consultation.mean: found '1,280'. Write thousands without a comma: 1280. "
            "A decimal number has a point: 1.280.",
        ),
        # hours
        (
            "capacity: 1",
            "rota: [{hours: 8-26, number: 1}]",
            "pathway.pools.nurses.rota.0.hours: '8-26' does not name two different times of one day, as '8-20' does, "
            "or '22-7' over midnight. Write hours like that.",
        ),
        (
            "capacity: 1",
            "rota: [{hours: 10:00, number: 1}]",
            "pathway/clinic.yaml, line 6: found 10:00, which YAML reads as 600. "
            "Write 600 for a number, '10:00' in quotes for text.",
        ),
        (
            "capacity: 1",
            "rota: [{hours: 8, number: 1}]",
            "pathway.pools.nurses.rota.0.hours: found 8. Write a start and an end in quotes, such as '8:30-20'.",
        ),
        # numbers that YAML 1.1 reads as others
        (
            "capacity: 1",
            "capacity: 010",
            "pathway/clinic.yaml, line 6: found 010, which YAML reads as 8. "
            "Write 10, or 8 for a number, '010' in quotes for text.",
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
            "pathway/clinic.yaml, line 6: the key on is not text. Put it in quotes: YAML reads on ",
        ),
        # what YAML cannot read
        (
            "  consultation: {asks",
            "\tconsultation: {asks",
            "pathway/clinic.yaml, line 10: found character '\\t' that cannot start any token. "
            "Write spaces instead of the tab.",
        ),
        (
            'source: "four an hour, an example"',
            "source: four an hour: an example",
            "pathway/clinic.yaml, line 4: expected ',' or '}', but got ':'. "
            "Put quotes round a text with a colon, or add the bracket that is missing before it.",
        ),
        (
            "name: one_nurse",
            "name: one: nurse",
            "pathway/clinic.yaml, line 2: mapping values are not allowed here. "
            "Put quotes round a text with a colon, or indent the line as those around it.",
        ),
    ],
)
def test_a_slip_in_a_department_is_named_with_what_to_write(
    own: Own, old: str, new: str, message: str
) -> None:
    output = message_of(
        own({"study/clinic.yaml": STUDY, "pathway/clinic.yaml": replaced(CLINIC, old, new)})
    )
    assert output.startswith(message)
    assert "faults" not in output


def test_a_department_that_defaults_name_and_nobody_has_is_named_with_the_nearest(own: Own) -> None:
    study = replaced(STUDY, "pathway: clinic]", "pathway: clinc]")
    output = message_of(own({"study/clinic.yaml": study, "pathway/clinic.yaml": CLINIC}))
    assert (
        output
        == "pathway/clinc: `defaults` name it, and there is no pathway 'clinc'. Did you mean 'clinic'?"
    )


def test_a_study_of_a_department_of_its_own_without_defaults_is_one_fault(own: Own) -> None:
    (line,) = [line for line in STUDY.splitlines() if line.startswith("defaults")]
    output = message_of(
        own({"study/clinic.yaml": replaced(STUDY, line, ""), "pathway/clinic.yaml": CLINIC})
    )
    assert output == (
        "study/clinic.yaml: states no `defaults`, so it is about the department that comes with aeflow "
        f"(site=typical). For a department of your own write at the top: {line}, or give the arms a triage policy if "
        "it is about the department that comes with aeflow."
    )


def test_a_slip_in_a_study_of_the_packaged_department_has_its_own_message(own: Own) -> None:
    text = (packaged_configs() / "study/ai_triage.yaml").read_text(encoding="utf-8")
    output = message_of(
        own({"study/clinic.yaml": replaced(text, "measure: wait_to_", "measure: wayt_to_")})
    )
    assert "unknown measure 'wayt_to_" in output
    assert "defaults" not in output


def test_two_arms_with_one_label_are_refused_by_name(own: Own) -> None:
    study = replaced(STUDY, "label: Two nurses", "label: One nurse")
    output = message_of(own({"study/clinic.yaml": study, "pathway/clinic.yaml": CLINIC}))
    assert output == (
        "study.arms.two.label: 'One nurse' is the label of the arm 'one', too. "
        "Tables name arms by their labels: give each its own."
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "label: Two nurses",
            'label: "One\u00a0nurse\u200b"',
            "study.arms.two.label: holds U+200B, which nobody sees.",
        ),
        ("label: Two nurses", 'label: "One\u00a0 nurse"', "is the label of the arm 'one', too."),
        (
            "label: Two nurses",
            'label: "Two\\nnurses"',
            "study.arms.two.label: holds a line break. Write words in one line",
        ),
        ("label: Two nurses", 'label: " "', "study.arms.two.label: is blank."),
        ("baseline: one", "baseline: one\nsham: one", "study.sham: 'one' is the baseline."),
        (
            "label: Two nurses",
            "label: Two nurses, control: two",
            "study.arms.two.control: names the arm itself.",
        ),
        (
            'evidence: assumed, source: "a choice: what is tried"}',
            "evidence: assumed}",
            "states evidence but no source.",
        ),
        (
            'evidence: assumed, source: "a choice: what is tried"}',
            'source: "x"}',
            "states source but no evidence.",
        ),
    ],
)
def test_a_slip_that_a_report_would_hide_is_named(
    own: Own, old: str, new: str, message: str
) -> None:
    output = message_of(
        own({"study/clinic.yaml": replaced(STUDY, old, new), "pathway/clinic.yaml": CLINIC})
    )
    assert message in output


@pytest.mark.parametrize(
    ("before", "part"), [("primary", "secondary"), ("secondary", "primary"), ("margins", "margins")]
)
def test_a_measure_that_is_stated_twice_is_named(own: Own, before: str, part: str) -> None:
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
    assert "'left_share' is stated as study." in output


def test_a_comma_between_thousands_on_the_command_line_is_named_with_both_numbers_it_may_be() -> (
    None
):
    with pytest.raises(
        ConfigError,
        match=r"Write thousands without a comma: 1280. A decimal number has a point: .*=1.28",
    ):
        load("run.measured_days=1,280")


def test_a_decimal_comma_on_the_command_line_is_named_with_the_number_it_may_be() -> None:
    with pytest.raises(
        ConfigError, match=r"with -m. A decimal number has a point: run.measured_days=0.4.$"
    ):
        load("run.measured_days=0,4")


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)
