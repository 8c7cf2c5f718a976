"""docs/gallery/: a page for each small department under configs/study/gallery, and an index of them.

`python -m docs.tools.gallery` writes what is generated again (question and picture, files, printed answer) and leaves
the words around it; a department without a page gets one. `python -m docs.tools.gallery NAME ...` does so for these
only; with `--check` it only says which pages would change.
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
from simulation.config import load, packaged_configs, pathway_from
from simulation.errors import ResultsError, nearest
from simulation.experiment.run import compare
from simulation.records.serialise import to_json
from simulation.report.pathway_picture import Sketch, picture_of, sketch_of
from simulation.report.screen import print_result

COMMAND = "python -m docs.tools.gallery"
GALLERY = "gallery"
PAGES = Path(__file__).resolve().parents[2] / "docs" / GALLERY
INDEX = "README.md"
BLOCK = re.compile(r"(<!-- generated: (?P<name>[a-z_]+) -->\n)(?P<body>.*?)(<!-- end -->)", re.DOTALL)
PARTS = ("question", "files", "answer")
SKELETON = "# {title}\n\n{blocks}\n\n## What to read in it\n\n(to be written)\n"


def names() -> tuple[str, ...]:
    """The departments of the gallery, the shortest first."""
    found = (path.stem for path in (packaged_configs() / "study" / GALLERY).glob("*.yaml"))
    return tuple(sorted(found, key=lambda name: (n_lines(name), name)))


def files(name: str) -> Mapping[str, str]:
    """The two files of a department, by their path within the folder of configurations."""
    paths = (f"pathway/{GALLERY}/{name}.yaml", f"study/{GALLERY}/{name}.yaml")
    return {path: (packaged_configs() / path).read_text(encoding="utf-8") for path in paths}


def stated(name: str) -> dict[str, Any]:
    """What the two files state, by kind: `pathway` and `study`."""
    return {path.partition("/")[0]: yaml.safe_load(text) for path, text in files(name).items()}


def n_lines(name: str) -> int:
    """Lines of YAML of a department and its study, comments apart."""
    lines = [line for text in files(name).values() for line in text.splitlines()]
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in lines)


def sketch(name: str) -> Sketch:
    """Its pathway as its file states it, laid out."""
    return sketch_of(pathway_from({"pathway": stated(name)["pathway"]}))


def question(name: str) -> str:
    """The question, and the picture of the pathway with a digest of what it was drawn from."""
    drawn = sketch(name)
    mark = sha256(to_json(asdict(drawn)).encode()).hexdigest()[:12]
    picture = f"![{drawn.alt}]({name}.png)\n\n{drawn.caption}\n<!-- drawn from {mark} -->"
    return f"{stated(name)['study']['question']}\n\n{picture}"


def shown_files(name: str) -> str:
    """Both files as they are."""
    return "\n\n".join(f"`configs/{path}`\n\n```yaml\n{text}```" for path, text in files(name).items())


def answer(name: str) -> str:
    """The command, and what it prints when it has run."""
    out = StringIO()
    print_result(compare(load(f"study={GALLERY}/{name}", "executor=serial")), stream=out)
    said = "\n".join(line.rstrip() for line in out.getvalue().strip().splitlines())
    return f"```\naeflow compare study={GALLERY}/{name}\n```\n\n```text\n{said}\n```"


def index() -> str:
    """A line for each department: the shortest first."""
    rows = [
        f"| [{titled(name)}]({name}.md) | {stated(name)['study']['question']} | {n_lines(name)} |" for name in names()
    ]
    return "\n".join(["| department | question | lines of YAML |", "| --- | --- | --- |", *rows])


def titled(name: str) -> str:
    """'Shared doctor'."""
    return name.replace("_", " ").capitalize()


MAKERS = {"question": question, "files": shown_files, "answer": answer}


def filled(name: str, text: str, parts: Sequence[str] = PARTS) -> str:
    """A page with these of its blocks written again. Raises ResultsError unless it has one of each."""
    there = [block["name"] for block in BLOCK.finditer(text)]
    if sorted(there) != sorted(PARTS):
        raise ResultsError(f"docs/{GALLERY}/{name}.md: found blocks {there}. Keep one each of {', '.join(PARTS)}")
    made = {part: MAKERS[part](name) for part in parts}
    return BLOCK.sub(lambda b: f"{b[1]}{made.get(b['name'], b['body'].rstrip())}\n{b[4]}", text)


def page_of(name: str) -> str:
    """A department's page as it is, or the beginning of one."""
    path = PAGES / f"{name}.md"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    blocks = "\n\n".join(f"<!-- generated: {part} -->\n<!-- end -->" for part in PARTS)
    return SKELETON.format(title=titled(name), blocks=blocks)


def changed(chosen: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """The pages of some departments, and the index, that are not as they would be written now; and their text."""
    for name in chosen:
        path, text = PAGES / f"{name}.md", filled(name, page_of(name))
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            yield path, text
    path = PAGES / INDEX
    text = path.read_text(encoding="utf-8")
    now = BLOCK.sub(lambda b: f"{b[1]}{index()}\n{b[4]}", text)
    if now != text:
        yield path, now


def main(words: Sequence[str]) -> int:
    """Write what has changed, or only say so; the exit code: 1 if `--check` found a page out of date."""
    chosen = [word for word in words if word != "--check"] or names()
    for name in chosen:
        if name not in names():
            raise ResultsError(f"the gallery has no '{name}'. {nearest(name, names())}")
    found = 0
    for path, text in changed(chosen):
        found += 1
        if "--check" in words:
            print(f"docs/{GALLERY}/{path.name} is out of date. Run {COMMAND} {path.stem if path.name != INDEX else ''}")
            continue
        path.write_text(text, encoding="utf-8", newline="\n")
        if path.name != INDEX:
            path.with_suffix(".png").write_bytes(picture_of(sketch(path.stem)).png)
        print(f"docs/{GALLERY}/{path.name} written")
    return int(bool(found) and "--check" in words)


if __name__ == "__main__":
    run(main)
