"""Every engine there is: a test that takes `engine` runs on each, and a missing engine is an error.

`interpreted` is the compiled engine with the compiler off and every index checked.
"""

import pytest

from simulation.engine.choose import ENGINES, engine_named
from simulation.engine.contract import Engine


@pytest.fixture(scope="session", params=(*ENGINES, "interpreted"))
def engine(request: pytest.FixtureRequest) -> Engine:
    """The `simulate` of one engine."""
    if request.param == "interpreted":
        from .copies import interpreted

        return interpreted()
    return engine_named(request.param)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Evidence the tests that run on every engine, so that `-m engine` finds them."""
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.engine)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests at scale counted, summed over their parts (and over processes)."""
    counted: dict[str, dict[str, int]] = {}
    for report in (each for reports in terminalreporter.stats.values() for each in reports):
        for what, counts in getattr(report, "user_properties", ()):
            if what.startswith("parity: ") and report.when == "call":
                of = counted.setdefault(what, {})
                for name, number in counts.items():
                    of[name] = of.get(name, 0) + number
    for what, counts in counted.items():
        terminalreporter.write_line(
            f"{what}: " + ", ".join(f"{number:,} {name}" for name, number in counts.items())
        )
