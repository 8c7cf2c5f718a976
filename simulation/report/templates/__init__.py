"""The templates of pages, of the first picture and of STRESS-DES; `base.html` is what pages have in common."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).resolve().parent


@cache
def templates(folder: Path = TEMPLATES) -> Environment:
    """The templates of a folder, and those of this one; those of pages and pictures escape what is put into them, and
    all refuse a missing name. Read once a process."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader([folder, TEMPLATES], encoding="utf-8"),
        autoescape=lambda name: name is not None and name.endswith((".html", ".svg")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
