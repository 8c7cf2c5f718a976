"""A document as a page of HTML that stands alone: no script, nothing loaded from anywhere, pictures inside.

`base.html` is what pages have in common, `blocks.html` how words, tables and pictures are set.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.display.document import Block, Document, Section
from simulation.display.drawing import Picture
from simulation.study.statements import BANNER

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")


@cache
def templates(folder: Path = TEMPLATES) -> Environment:
    """The templates of a folder, and those of this room; those of pages and pictures escape what is put into them, and
    all refuse a missing name. Read once a process."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([folder, TEMPLATES], encoding="utf-8"),
        autoescape=lambda name: name is not None and name.endswith((".html", ".svg")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"banner": BANNER}
    environment.filters |= {"embedded": embedded, "joined": joined}
    return environment


def fill(template: str, folder: Path = TEMPLATES, /, **words: Any) -> str:
    """The text of a template of a folder, with these words in it."""
    return templates(folder).get_template(template).render(words)


def page(document: Document, template: str = "document.html", /, **words: Any) -> str:
    """A document as one HTML text, the same for the same document. `words`: what else its template asks for."""
    return fill(template, document=document, title=document.title, **words)


def html_of(blocks: Iterable[Block]) -> str:
    """Blocks as a piece of HTML, as a notebook shows it."""
    return fill("piece.html", section=Section(tuple(blocks)))


def embedded(picture: Picture) -> str:
    """A picture as an address that holds it whole."""
    return f"data:image/png;base64,{b64encode(picture.png).decode('ascii')}"


def joined(text: object) -> str:
    """A text in which no line ends between a number and its unit."""
    return re.sub(r"(?<=\d) (?=%|min(?:utes)?\b|h\b)", "\N{NO-BREAK SPACE}", str(text))
