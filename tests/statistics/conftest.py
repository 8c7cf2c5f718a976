"""The small departments and patients of the tests of measures, which comparisons look at too."""

from tests.measures.conftest import altered, any_department, department, department_of_teams, six

__all__ = ["altered", "any_department", "department", "department_of_teams", "six"]
