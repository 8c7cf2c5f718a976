"""Every test of this folder that takes `engine` runs on every engine there is; a missing one is an error."""

import pytest

from simulation.engine.choose import ENGINES, EngineName, engine_named


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> EngineName:
    """The name of one engine, which must be importable."""
    engine_named(request.param)
    return request.param


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Evidence the tests that run on every engine, so that `-m engine` finds them."""
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.engine)
