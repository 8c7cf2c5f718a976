"""Adapters of pydantic, each made once a process: to make that of a department anew takes a fifth of a second."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter


@cache
def adapter_of(hint: Any) -> TypeAdapter[Any]:
    """The adapter of a class or another type."""
    return TypeAdapter(hint)
