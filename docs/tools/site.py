"""The documentation as a site of HTML pages: `make docs`, or `python -m docs.tools.site [FOLDER]`.

Sphinx reads the Markdown of this repository as it is, and the API from docstrings. It reads a copy, laid out as the
repository is, with a first page and a page for each subpackage added. A warning is an error. Nothing is fetched from
the network, neither while the site is built nor while it is read.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from docs.tools.command import run
from simulation.errors import ResultsError

ROOT = Path(__file__).parents[2]
CONF = ROOT / "docs" / "site"
DEFAULT = ROOT / "build" / "docs"
PAGES = (
    "*.md",
    "docs/*.md",
    "docs/how-to/*.md",
    "docs/gallery/*.md",
    "docs/decisions/*.md",
    "results/**/README.md",
)
FILES = (
    "docs/images/*",
    "docs/gallery/*.png",
    "docs/decisions/*.yaml",
    "configs/**/*.yaml",
    "notebooks/*",
    "results/published/**/*",
    "simulation/**/*.py",
    "tests/**/*.py",
    "CITATION.cff",
    "LICENSE",
)
"""Files that pages link to or show."""
FOLDERS = {
    "docs/decisions/": "docs/decisions/index.md",
    "docs/how-to/": "docs/how-to/index.md",
    "docs/gallery/": "docs/gallery/README.md",
    "docs/": "index.md",
    "notebooks/": "notebooks/index.md",
}
"""The page that a link to a folder leads to: on a site, a folder has no page of its own."""
BELOW = {"docs/gallery/README.md": "*.md", "results/README.md": "published/**/*.md"}
"""Pages that list others in their text, and the pattern of these, relative to the page."""
SUBPACKAGES = {
    "study": "the question",
    "department": "a department as data",
    "patients": "all chance, drawn before the clock starts",
    "triage": "nurses and tools",
    "engine": "what runs the patients",
    "measures": "what the tables say",
    "statistics": "intervals, comparisons, verdicts",
    "runs": "replications, executors, the store",
    "questions": "questions of a whole result",
    "display": "tables, numbers in words, pictures",
    "report": "page, screen, files",
    "config": "from YAML to a study",
    "records": "the two tables, Parquet",
    "evaluation": "planned evaluations, emulated",
    "extracts": "extracts of attendances, read",
    "fits": "departments held to extracts",
    "offers": "the interview of a vendor's offer",
    "trusts": "trusts by name, and what is published of them",
    "vetting": "the bench for a triage AI",
    "assurance": "theory, published figures, departments that fit",
    "app": "the app in a browser",
    "commands": "what each command does",
}
"""The subpackages that have a page in the API, and words for what each holds."""
BESIDE = ("errors", "units", "api", "cli")
"""Modules that belong to no subpackage."""
LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)(?P<path>[^)#\s]+/)(?=\))")


def build(folder: Path = DEFAULT) -> Path:
    """Build the site into `folder`, and return its first page. Raises ResultsError if Sphinx warned of anything."""
    from sphinx.cmd.build import build_main

    source = folder / "source"
    shutil.rmtree(folder, ignore_errors=True)
    lay_out(source)
    site = folder / "html"
    words = [
        "-q",
        "-W",
        "--keep-going",
        "-c",
        str(CONF),
        "-d",
        str(folder / "doctrees"),
        str(source),
        str(site),
    ]
    if build_main(words):
        raise ResultsError(
            f"{folder}: the site was not built without a warning. Mend what Sphinx says above"
        )
    shutil.rmtree(source)
    shutil.rmtree(folder / "doctrees")
    return site / "index.html"


def lay_out(source: Path) -> None:
    """Copy what the site shows into `source`, and write the pages that only the site has."""
    for pattern in (*PAGES, *FILES):
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                copy = source / path.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
    for pattern in PAGES:
        for page in source.glob(pattern):
            page.write_text(_with_folders(page, source), encoding="utf-8", newline="\n")
    for name, below in BELOW.items():
        page = source / name
        pages = [
            path.relative_to(page.parent).as_posix()
            for path in sorted(page.parent.glob(below))
            if path != page
        ]
        text = f"{page.read_text(encoding='utf-8')}\n{_tree(pages, hidden=True)}"
        page.write_text(text, encoding="utf-8", newline="\n")
    for notebook in sorted(source.glob("notebooks/*.ipynb")):
        _as_page(notebook)
    for name, text in added_pages():
        page = source / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8", newline="\n")


def _as_page(notebook: Path) -> None:
    """Write an executed notebook as Markdown, and its pictures, beside it."""
    from nbconvert import MarkdownExporter

    text, resources = MarkdownExporter().from_filename(str(notebook))
    notebook.with_suffix(".md").write_text(text, encoding="utf-8", newline="\n")
    for name, picture in resources["outputs"].items():
        (notebook.parent / name).write_bytes(picture)


def _with_folders(page: Path, source: Path) -> str:
    """The text of a page whose links to folders lead to the page shown for each."""

    def to_page(link: re.Match[str]) -> str:
        folder = (page.parent / link["path"]).resolve().relative_to(
            source.resolve()
        ).as_posix() + "/"
        if folder not in FOLDERS:
            raise ResultsError(
                f"{page}: links to {folder}, which has no page. Add one to FOLDERS in {__file__}"
            )
        up = "../" * len(page.relative_to(source).parts[:-1])
        return f"{up}{FOLDERS[folder]}"

    return LINK.sub(to_page, page.read_text(encoding="utf-8"))


# --- pages that only the site has -------------------------------------------------------------------------------------


def added_pages() -> Iterator[tuple[str, str]]:
    """The name and text of each page that is added: the first page, lists of pages, and the API."""
    yield "index.md", _index()
    yield "docs/how-to/index.md", _listing("How to", ROOT / "docs" / "how-to")
    yield "docs/decisions/index.md", _listing("Decisions", ROOT / "docs" / "decisions")
    yield NOTEBOOKS, _listing("Notebooks", ROOT / "notebooks", "ipynb")
    yield "api/index.md", _api_index()
    for name, about in SUBPACKAGES.items():
        yield f"api/{name}.md", _subpackage(name, about)
    beside = [f"simulation.{module}" for module in BESIDE]
    yield (
        "api/beside.md",
        _modules("Beside the subpackages", "Modules that belong to no subpackage.", beside),
    )


LEARN, NOTEBOOKS = "docs/gallery/README.md", "notebooks/index.md"
PARTS = {
    "Start": ("Start here <README.md>", "docs/how-to/index.md", "docs/glossary.md", LEARN, NOTEBOOKS),
    "Reference": ("docs/vocabulary.md", "api/index.md", "results/README.md", "docs/data.md", "CHANGELOG.md"),
    "Why believe it": ("docs/model.md", "docs/validation.md", "docs/decisions/index.md", "docs/benchmarks.md"),
    "The project": (
        "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/nhs_rap.md", "docs/security.md", "docs/dependencies.md"
    ),
}  # fmt: skip
"""The pages of the first page's lists, by heading."""


def _index() -> str:
    """The first page: lists of all pages."""
    about = "An in-silico trial of AI-assisted triage in A&E departments. For planning only, not for clinical use.\n"
    listed = {page for pages in PARTS.values() for page in pages}
    pages = [f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))]
    others = [page for page in pages if page not in listed]
    parts = {**PARTS, "Also": others} if others else PARTS
    return "\n".join(
        ["# aeflow\n", about, *(_tree(pages, caption) for caption, pages in parts.items())]
    )


def _listing(title: str, folder: Path, ending: str = "md") -> str:
    names = [path.with_suffix(".md").name for path in sorted(folder.glob(f"*.{ending}"))]
    return f"# {title}\n\n{_tree(names)}"


def _tree(names: Sequence[str], caption: str = "", *, hidden: bool = False) -> str:
    options = [
        ":maxdepth: 1",
        *([f":caption: {caption}"] if caption else []),
        *([":hidden:"] if hidden else []),
    ]
    return "\n".join(["```{toctree}", *options, "", *names, "```", ""])


def _api_index() -> str:
    """The page of the public names, with a list of the subpackages."""
    import simulation

    public = [name for name in simulation.__all__ if name != "__version__"]
    classes = [name for name in public if isinstance(getattr(simulation, name), type)]
    text = [
        "# API\n",
        "The public names, `import simulation as ae`: what notebooks, scripts and the commands use. A change of them "
        "has a line in the changelog. What the subpackages hold is listed below; that may change.\n",
        "```{eval-rst}",
        *(f".. autofunction:: simulation.{name}\n" for name in public if name not in classes),
        *(f".. autoclass:: simulation.{name}\n   :members:\n{INHERITED}" for name in classes),
        "```\n",
        _tree([*SUBPACKAGES, "beside"], "Subpackages"),
    ]
    return "\n".join(text)


INHERITED = "   :inherited-members: object, Exception, BaseException\n"
"""What a class inherits from another of the package is shown with it; what every object has is not."""


def _subpackage(name: str, about: str) -> str:
    package = ROOT / "simulation" / name
    modules = [f"simulation.{name}"]
    if package.is_dir():
        modules += [
            _dotted(path) for path in sorted(package.rglob("*.py")) if path.name != "__init__.py"
        ]
    return _modules(f"{name}: {about}", "", modules)


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _modules(title: str, about: str, modules: Sequence[str]) -> str:
    text = [f"# {title}\n", about]
    for name in modules:
        text += [
            f"## {name.removeprefix('simulation.')}\n",
            "```{eval-rst}",
            f".. automodule:: {name}\n",
            "```\n",
        ]
    return "\n".join(text)


def main(words: Sequence[str]) -> int:
    """Build the site and print where it is."""
    first = build(Path(words[0]) if words else DEFAULT)
    print(f"Documentation: {first}")
    return 0


if __name__ == "__main__":
    run(main)
