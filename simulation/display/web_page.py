"""Pages as HTML, from templates: `base.html` is what pages have in common."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")


@cache
def templates(folder: Path = TEMPLATES) -> Environment:
    """The templates of a folder, and those of this room; those of pages and pictures escape what is put into them, and
    all refuse a missing name. Read once a process."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader([folder, TEMPLATES], encoding="utf-8"),
        autoescape=lambda name: name is not None and name.endswith((".html", ".svg")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def fill(template: str, folder: Path = TEMPLATES, /, **words: Any) -> str:
    """The text of a template of a folder, with these words in it."""
    return templates(folder).get_template(template).render(words)
