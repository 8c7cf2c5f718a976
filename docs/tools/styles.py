"""The app's styles out of the NHS front-end's compiled ones: `python -m docs.tools.styles FILE`.

FILE is `dist/nhsuk/nhsuk-frontend-10.6.1.min.css` of the npm package (`npm pack nhsuk-frontend@10.6.1`). Left out are
its font (licensed for NHS services alone), everything that is loaded from elsewhere, and parts that the app has not.
"""

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).parents[2] / "simulation" / "app" / "static" / "nhsuk.css"
VERSION = "10.6.1"
SHA256 = "9bf2be59da16f34ce7550a66962d8998921e13e7d87e3258d8bd1bedfed1a830"
UNUSED = (
    "action-link", "breadcrumb", "character-count", "contents-list", "date-input", "do-dont", "expander", "file-upload",
    "header", "hero", "image", "interruption-card", "login", "notification-banner", "pagination", "panel", "password",
    "search", "task-list", "feature", "tag", "icon", "related-nav", "promo", "card", "u-", "grid-column-one-quarter",
    "grid-column-three", "logo", "list-panel", "numbered-pagination", "table__", "table-responsive", "tab",
)  # fmt: skip
"""How the names of parts begin that the app has not."""


def styles_of(compiled: str) -> str:
    """The rules that the app needs, without any font or file from elsewhere."""
    text = re.sub(r"/\*.*?\*/", "", compiled, flags=re.DOTALL)
    text = text.replace('@charset "UTF-8";', "")
    text = re.sub(r"@font-face\{[^}]*\}", "", text)
    text = re.sub(r'"?Frutiger W01"?,\s*', "", text)
    return "".join(_rules(text))


def _rules(text: str) -> Iterator[str]:
    """The rules of a text that are kept, those within a rule of media too."""
    for selector, inner, plain in re.findall(
        r"([^{}]+)\{((?:[^{}]+\{[^{}]*\})+|\s*)\}|([^{}]+\{[^{}]*\})", text
    ):
        if plain:
            head, _, body = plain.partition("{")
            kept = [one for one in head.split(",") if not _is_unused(one)]
            if kept and "url(" not in body:
                yield f"{','.join(kept)}{{{body}\n"
        elif selector.lstrip().startswith("@") and (within := "".join(_rules(inner))):
            yield f"{selector}{{\n{within}}}\n"


def _is_unused(selector: str) -> bool:
    """Whether a selector is of a part that the app has not."""
    names = re.findall(r"\.(?:nhsuk|govuk|app)-([\w-]+)", selector)
    return any(name.startswith(UNUSED) for name in names)


def main(words: list[str]) -> int:
    """Write the app's styles. Says so, and ends with 2, if the file is not the one that they were made from."""
    compiled = Path(words[0]).read_bytes() if words else b""
    if hashlib.sha256(compiled).hexdigest() != SHA256:
        print(
            f"{words[:1]}: is not nhsuk-frontend-{VERSION}.min.css (SHA-256 {SHA256})",
            file=sys.stderr,
        )
        return 2
    head = f"/* nhsuk-frontend {VERSION}, MIT, see LICENCE-nhsuk-frontend.txt; made by docs/tools/styles.py */\n"
    TARGET.write_text(head + styles_of(compiled.decode("utf-8")), encoding="utf-8", newline="\n")
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
