"""docs/gallery/: a page for each small department under configs/study/gallery, and an index of them.

`python -m docs.tools.gallery` writes the generated blocks again (question and picture, files, printed answer) and
leaves the words around them; a department without a page gets one. `python -m docs.tools.gallery NAME ...` does so for
these departments only; with `--check` it only says which pages would change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import yaml

from docs.tools.command import run
from simulation.api import compare
from simulation.config import load, packaged_configs, pathway_from
from simulation.errors import ResultsError, nearest
from simulation.records.serialise import to_json
from simulation.report.pathway_picture import Sketch, picture_of, sketch_of
from simulation.report.screen import print_result

COMMAND = "python -m docs.tools.gallery"
GALLERY = "gallery"
PAGES = Path(__file__).resolve().parents[2] / "docs" / GALLERY
INDEX = "README.md"
BLOCK = re.compile(
    r"(<!-- generated: (?P<name>[a-z_]+) -->\n)(?P<body>.*?)(<!-- end -->)", re.DOTALL
)
PARTS = ("question", "files", "answer")
SKELETON = "# {title}\n\n{blocks}\n\n## What to read in it\n\n(to be written)\n"


def names() -> tuple[str, ...]:
    """The departments of the gallery, the shortest first."""
    stems = (path.stem for path in (packaged_configs() / "study" / GALLERY).glob("*.yaml"))
    return tuple(sorted(stems, key=lambda name: (n_lines(name), name)))


def files(name: str) -> Mapping[str, str]:
    """The text of a department's two files, by their path within the folder of configurations."""
    paths = (f"pathway/{GALLERY}/{name}.yaml", f"study/{GALLERY}/{name}.yaml")
    return {path: (packaged_configs() / path).read_text(encoding="utf-8") for path in paths}


def stated(name: str) -> dict[str, Any]:
    """The keys that the two files state, by group: `pathway` and `study`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {
        path.partition("/")[0]: yaml.load(text, Loader=loader) for path, text in files(name).items()
    }


def n_lines(name: str) -> int:
    """The number of lines of YAML of a department and its study, without comments and empty lines."""
    lines = [line for text in files(name).values() for line in text.splitlines()]
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in lines)


def sketch(name: str) -> Sketch:
    """The layout of a department's pathway, as its file states it."""
    return sketch_of(pathway_from({"pathway": stated(name)["pathway"]}))


def question(name: str) -> str:
    """The question, and the picture of the pathway with a digest of what it was drawn from."""
    layout = sketch(name)
    digest = sha256(to_json(asdict(layout)).encode()).hexdigest()[:12]
    picture = f"![{layout.alt}]({name}.png)\n\n{layout.caption}\n<!-- drawn from {digest} -->"
    return f"{stated(name)['study']['question']}\n\n{picture}"


def shown_files(name: str) -> str:
    """The text of both files."""
    return "\n\n".join(
        f"`configs/{path}`\n\n```yaml\n{text}```" for path, text in files(name).items()
    )


def answer(name: str) -> str:
    """The command, and what it prints at the end."""
    out = StringIO()
    print_result(compare(load(f"study={GALLERY}/{name}", "executor=serial")), stream=out)
    printed = "\n".join(line.rstrip() for line in out.getvalue().strip().splitlines())
    return f"```\naeflow compare study={GALLERY}/{name}\n```\n\n```text\n{printed}\n```"


def index() -> str:
    """The table of departments, the shortest first."""
    rows = [
        f"| [{titled(name)}]({name}.md) | {stated(name)['study']['question']} | {n_lines(name)} |"
        for name in names()
    ]
    return "\n".join(["| department | question | lines of YAML |", "| --- | --- | --- |", *rows])


def titled(name: str) -> str:
    """The title of a department's page: 'Shared doctor' of `shared_doctor`."""
    return name.replace("_", " ").capitalize()


MAKERS = {"question": question, "files": shown_files, "answer": answer}


def filled(name: str, text: str, parts: Sequence[str] = PARTS) -> str:
    """A page with the named blocks written again. Raises ResultsError unless it has one block of each name."""
    blocks = [block["name"] for block in BLOCK.finditer(text)]
    if sorted(blocks) != sorted(PARTS):
        raise ResultsError(
            f"docs/{GALLERY}/{name}.md: found blocks {blocks}. Keep one each of {', '.join(PARTS)}"
        )
    new = {part: MAKERS[part](name) for part in parts}
    return BLOCK.sub(
        lambda block: f"{block[1]}{new.get(block['name'], block['body'].rstrip())}\n{block[4]}",
        text,
    )


def page_of(name: str) -> str:
    """The text of a department's page; that of a new page if there is none."""
    path = PAGES / f"{name}.md"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    blocks = "\n\n".join(f"<!-- generated: {part} -->\n<!-- end -->" for part in PARTS)
    return SKELETON.format(title=titled(name), blocks=blocks)


def changed(chosen: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """The pages of some departments, and the index, that would change; each with its new text."""
    for name in chosen:
        path, text = PAGES / f"{name}.md", filled(name, page_of(name))
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            yield path, text
    path = PAGES / INDEX
    text = path.read_text(encoding="utf-8")
    new = BLOCK.sub(lambda block: f"{block[1]}{index()}\n{block[4]}", text)
    if new != text:
        yield path, new


def main(words: Sequence[str]) -> int:
    """Write the pages that change, or only name them; return the exit code: 1 if `--check` found one out of date."""
    chosen = [word for word in words if word != "--check"] or names()
    for name in chosen:
        if name not in names():
            raise ResultsError(f"the gallery has no '{name}'. {nearest(name, names())}")
    n_changed = 0
    for path, text in changed(chosen):
        n_changed += 1
        if "--check" in words:
            print(
                f"docs/{GALLERY}/{path.name} is out of date. Run {COMMAND} {path.stem if path.name != INDEX else ''}"
            )
            continue
        path.write_text(text, encoding="utf-8", newline="\n")
        if path.name != INDEX:
            path.with_suffix(".png").write_bytes(picture_of(sketch(path.stem)).png)
        print(f"docs/{GALLERY}/{path.name} written")
    return int(n_changed > 0 and "--check" in words)


if __name__ == "__main__":
    run(main)
