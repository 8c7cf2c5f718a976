"""Every engine there is: a test that takes `engine` runs on each, and a missing engine is an error."""

import importlib

import pytest

from simulation.engine.contract import Engine

ENGINES = ("reference", "compiled")


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """The `simulate` of one engine."""
    return importlib.import_module(f"simulation.engine.{request.param}").simulate


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that run on every engine, so that `-m engine` finds them."""
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.engine)
