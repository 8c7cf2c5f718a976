"""Logs of Inspect, written here as its documentation describes them: each ending is counted as its kind."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from simulation.errors import ConfigError
from simulation.vetting.assessors import AnswersAssessor, FromFile
from simulation.vetting.bench import Vetting
from simulation.vetting.cases import Case, CaseSet, Question, case_set
from tests.held import Hold

Synthetic = tuple[Vetting, CaseSet]


def sample(
    case: str, text: Any, *, stop: str = "stop", epoch: int = 1, whole: bool = True, **more: Any
) -> dict[str, Any]:
    """One sample as Inspect writes it. `whole`: whether `completion` stands beside the choices."""
    message = {"role": "assistant", "content": text, "source": "generate"}
    output = {
        "model": "llama-3.2-3b",
        "choices": [{"message": message, "stop_reason": stop}],
        "usage": {"input_tokens": 210, "output_tokens": 8, "total_tokens": 218},
        "time": 1.5,
    }
    if whole and isinstance(text, str):
        output["completion"] = text
    stated = {
        "id": case,
        "epoch": epoch,
        "input": "x",
        "target": "3",
        "messages": [message],
        "output": output,
    }
    return {**stated, "scores": {}, "total_time": 1.9, "working_time": 1.6, **more}


def log(path: Path, *samples: dict[str, Any], **more: Any) -> AnswersAssessor:
    """A file of a log, and the assessor that reads it."""
    stated = {
        "version": 2,
        "status": "success",
        "eval": {
            "created": "2026-11-20T10:00:00+00:00",
            "task": "triage",
            "model": "openai/llama-3.2-3b",
        },
        "samples": list(samples),
        **more,
    }
    path.write_text(json.dumps(stated), encoding="utf-8")
    return AnswersAssessor(kind="answers", file=str(path), product="Llama 3.2")


def test_every_ending_of_a_sample_is_counted_as_its_kind(
    synthetic: Synthetic, tmp_path: Path
) -> None:
    cases = synthetic[1]
    endings: list[tuple[dict[str, Any], str]] = [
        ({"text": '{"level": 2}'}, "labelled"),
        ({"text": "4"}, "labelled"),
        ({"text": [{"type": "text", "text": '{"level": 1}'}], "whole": False}, "labelled"),
        ({"text": ""}, "empty"),
        ({"text": '{"level": 9}'}, "out_of_range"),
        ({"text": "7"}, "out_of_range"),
        ({"text": "three"}, "not_json"),
        ({"text": '{"urgency": 3}'}, "wrong_shape"),
        ({"text": "I'm sorry, but I cannot help."}, "refused"),
        ({"text": "", "stop": "content_filter"}, "refused"),
        ({"text": '{"lev', "stop": "max_tokens"}, "cut_off"),
        ({"text": '{"lev', "stop": "model_length"}, "cut_off"),
        ({"text": "", "limit": {"type": "time", "limit": 60}}, "timed_out"),
        ({"text": "", "limit": {"type": "token", "limit": 60}}, "cut_off"),
        ({"text": "", "error": {"message": "down", "traceback": ""}}, "server_error"),
    ]
    samples = [
        sample(case.name, **ending) for case, (ending, _) in zip(cases.cases, endings, strict=False)
    ]
    found = FromFile(log(tmp_path / "log.json", *samples), cases).answers(
        [Question(case) for case in cases.cases[: len(endings) + 1]]
    )
    assert [each.outcome for each in found] == [*(outcome for _, outcome in endings), "missing"]
    assert [each.label for each in found[:3]] == [2, 4, 1]
    assert (found[0].seconds, found[0].tokens) == (1.5, 218)


def test_epochs_are_repeats_and_variants_stand_behind_the_case(
    synthetic: Synthetic, tmp_path: Path
) -> None:
    cases = synthetic[1]
    name = cases.cases[0].name
    samples = [sample(name, "2"), sample(name, "3", epoch=2), sample(f"{name}:injected", "5")]
    file = FromFile(log(tmp_path / "log.json", *samples), cases)
    assert file.n_repeats == 2
    assert file.has("injected")
    assert not file.has("rephrased")
    asked = [
        Question(cases.cases[0]),
        Question(cases.cases[0], 1),
        Question(cases.cases[0], 0, "injected"),
    ]
    assert [each.label for each in file.answers(asked)] == [2, 3, 5]
    assert file.about()["model that the log names"] == "llama-3.2-3b"
    assert "success" in file.about()["evaluation"]


def test_half_a_character_in_a_log_reaches_no_card(synthetic: Synthetic, tmp_path: Path) -> None:
    cases = synthetic[1]
    halved = {**sample(cases.cases[0].name, "2"), "output": {"model": "a\ud800", "completion": "2"}}
    assert (
        FromFile(log(tmp_path / "log.json", halved), cases).about()["model that the log names"]
        == "a?"
    )


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([sample("nobody", "3")], "no case 'nobody'"),
        ([sample("CASE", "3"), sample("CASE", "4")], "sample 2"),
        ([sample("CASE", "3", epoch=0)], "sample 1: epoch is '0'"),
        ([sample("CASE:shouted", "3")], "sample 1: unknown variant 'shouted'"),
        (
            [sample("CASE", "3"), {**sample("OTHER", "3"), "output": {"model": "b"}}],
            "holds answers of 2 models",
        ),
    ],
)
def test_a_mistake_in_a_log_is_one_message(
    samples: list[dict[str, Any]], message: str, synthetic: Synthetic, tmp_path: Path, hold: Hold
) -> None:
    cases = synthetic[1]
    names = {"CASE": cases.cases[0].name, "OTHER": cases.cases[1].name}
    named = [
        {**each, "id": ":".join(names.get(part, part) for part in each["id"].split(":"))}
        for each in samples
    ]
    with pytest.raises(ConfigError) as caught:
        FromFile(log(tmp_path / "log.json", *named), cases)
    hold(str(caught.value), message)


@pytest.mark.parametrize(
    "content", [b"[]", b"{}", b"PK\x03\x04", b'{"samples": [1]}', b'{"samples": {}}', b"[" * 9999]
)
@pytest.mark.parametrize("name", ["log.json", "log.eval"])
def test_a_file_that_is_no_json_log_is_refused_and_told_how_to_write_one(
    content: bytes, name: str, synthetic: Synthetic, tmp_path: Path, hold: Hold
) -> None:
    (tmp_path / name).write_bytes(content)
    with hold.refusal(ConfigError, match="log of Inspect.*inspect log convert"):
        FromFile(
            AnswersAssessor(kind="answers", file=str(tmp_path / name), product="x"), synthetic[1]
        )


def test_samples_that_failed_stay_in_the_denominator(synthetic: Synthetic, tmp_path: Path) -> None:
    cases = synthetic[1]
    failed = {"message": "no connection", "traceback": ""}
    samples = [
        sample(each.name, "3", error=failed if n % 2 else None)
        for n, each in enumerate(cases.cases)
    ]
    answers = FromFile(log(tmp_path / "log.json", *samples), cases).answers(
        [Question(each) for each in cases.cases]
    )
    assert Counter(each.outcome for each in answers) == {"labelled": 60, "server_error": 60}


def test_a_log_may_use_the_case_numbers_and_names_of_levels_of_whoever_wrote_the_cases(
    tmp_path: Path,
) -> None:
    rows = [Case(f"line {n}", {"complaint": f"cough {n}"}, 1, own_id=f"A-001{n}") for n in range(2)]
    levels = {"urgent": 1, "minor": 5}
    cases = case_set(
        rows, name="ours", yardstick="panel", synthetic=False, source="a test", levels=levels
    )
    file = FromFile(
        log(tmp_path / "log.json", sample("A-0010", "minor"), sample("A-0011:as_written", "odd")),
        cases,
    )
    answered = {case.own_id: file.answers([Question(case)])[0] for case in cases.cases}
    assert (answered["A-0010"].outcome, answered["A-0010"].label) == ("labelled", 5)
    assert answered["A-0011"].outcome == "not_json"
