"""The study and the result that the report is tested on: a few arms, one of them a twin of the baseline."""

from tests.report.conftest import result, study

__all__ = ["result", "study"]
