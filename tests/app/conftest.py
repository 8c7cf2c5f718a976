"""Questions of the app over very short weeks, and results that are made up of two real replications."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import simulation as ae
from simulation.app import asked as asked_module
from simulation.app import background as background_module
from simulation.app import session as session_module
from simulation.app.asked import AskedQuestion, parse_question
from simulation.measures.measuring import Measures

SHORT = tuple(
    {"run.warm_up_days=7": "run.warm_up_days=0", "run.measured_days=28": "run.measured_days=2"}.get(
        word, word
    )
    for word in asked_module.RUN
)
PAIRS = [("arm", "ai_scribe_measured"), ("arm", "lean_triage")]


@pytest.fixture(autouse=True)
def own_lock(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Heavy work waits for none that another process of this machine is at."""
    monkeypatch.setattr(background_module, "LOCK", tmp_path_factory.mktemp("lock") / "heavy.lock")
    for module in (
        background_module,
        session_module,
    ):  # all that tests before have left would be looked at
        monkeypatch.setattr(module, "tidy_memory", lambda: None)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question is of two days a replication."""
    monkeypatch.setattr(
        asked_module, "RUN", (*SHORT, "run.cool_down_days=1", "run.doublings=0", "engine=compiled")
    )


@pytest.fixture(scope="session")
def asked() -> AskedQuestion:
    """Two policies in the typical department."""
    return parse_question(PAIRS)


@pytest.fixture(scope="session")
def two(asked: AskedQuestion) -> ae.Result:
    """Its first two replications, of two days each."""
    words = (
        *asked.overrides,
        "run.warm_up_days=0",
        "run.measured_days=2",
        "run.cool_down_days=1",
        "run.doublings=0",
    )
    for result in ae.grow(ae.load(*words, "executor=serial", "engine=compiled")):
        if len(result.replications) == 2:
            return result
    raise AssertionError


@pytest.fixture(scope="session")
def grown(two: ae.Result) -> Callable[[int, float], ae.Result]:
    """So many replications like these two; each arm's measures are up to `spread` away, apart from the others'."""

    def make(n: int, spread: float) -> ae.Result:
        replications = []
        for number in range(n):
            chance, real = np.random.default_rng(number), two.replications[number % 2]
            arms = {
                name: replace(
                    arm,
                    measures=Measures(
                        arm.measures.names,
                        arm.measures.values * chance.uniform(1 - spread, 1 + spread),
                    ),
                )
                for name, arm in real.arms.items()
            }
            replications.append(replace(real, replication=number, arms=arms))
        return replace(two, replications=tuple(replications))

    return make
