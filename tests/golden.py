"""Pages, documents and workbooks as plain lines, for golden files: what a reader reads, and no markup."""

import re
from html import unescape
from io import BytesIO

from docx import Document
from openpyxl import load_workbook

LINES = r"</?(p|h\d|li|ul|ol|tr|caption|dt|dd|section|nav|figcaption|div|blockquote|title)\b[^>]*>"
"""Elements that stand on lines of their own."""


def lines_of_html(html: str) -> str:
    """The text of a page, a line for each element; a row of a table is one, and so is the words of a picture."""
    html = re.sub(r"<style>.*?</style>|<svg.*?</svg>|<!--.*?-->", "", html, flags=re.DOTALL)
    html = re.sub(r'<(?:img|figure)\b[^>]*(?:alt|aria-label)="([^"]*)"[^>]*>', r"<p>[\1]</p>", html)
    html = re.sub(r"</t[dh]>\s*<t[dh]", " | <td", html)
    texts = re.sub(LINES, "\n", re.sub(r"\s+", " ", html))
    lines = (unescape(re.sub(r"<[^>]+>", "", line)).strip() for line in texts.splitlines())
    return "\n".join(line for line in lines if line)


def lines_of_word(content: bytes) -> str:
    """Paragraphs and tables of a document in their order, and the words of its pictures."""
    read = Document(BytesIO(content))
    lines = [read.core_properties.title, read.sections[0].header.paragraphs[0].text]
    for block in read.iter_inner_content():
        if hasattr(block, "rows"):
            lines += [" | ".join(cell.text for cell in row.cells) for row in block.rows]
        else:
            lines.append(f"{block.style.name}: {block.text}")
    lines += [f"[{shape._inline.docPr.get('descr')}]" for shape in read.inline_shapes]
    return "\n".join(lines)


def lines_of_workbook(content: bytes) -> str:
    """The cells of every sheet with their formats, a row a line."""
    book = load_workbook(BytesIO(content))
    lines = []
    for sheet in book:
        lines.append(f"## {sheet.title}")
        for row in sheet.iter_rows():
            cells = [
                ""
                if cell.value is None
                else f"{cell.value:.6g} [{cell.number_format}]"
                if isinstance(cell.value, float)
                else str(cell.value)
                for cell in row
            ]
            lines.append(" | ".join(cells).rstrip(" |"))
    return "\n".join(lines)
