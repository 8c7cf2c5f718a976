"""The small pathways of the tests of departments."""

from tests.department.conftest import emergency_room, example, from_yaml, smallest

__all__ = ["emergency_room", "example", "from_yaml", "smallest"]
