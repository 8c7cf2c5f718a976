"""The documentation as a site: built without a warning, every page in it, and nothing asked of the network."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from docs.tools.site import PAGES, ROOT, SUBPACKAGES, build, lay_out
from simulation.errors import ResultsError

OUTSIDE = re.compile(r"^(https?:)?//")
LOADS = {
    "script": "src",
    "img": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
}
"""Elements that make a browser ask for something, and by which attribute."""
IN_STYLE = re.compile(r"url\(\s*['\"]?(https?:)?//|@import\s+['\"](https?:)?//")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("docs")).parent


class Loads(HTMLParser):
    """What a page asks for from outside."""

    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(LOADS.get(tag, "")) or ""
        if OUTSIDE.match(address):
            self.outside.append(f"<{tag}> {address}")


def asked_of(text: str) -> list[str]:
    parser = Loads()
    parser.feed(text)
    return [*parser.outside, *(found[0] for found in IN_STYLE.finditer(text))]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # what Sphinx and its extensions warn of among themselves
def test_the_site_is_built_without_a_warning_holds_every_page_and_asks_nothing_of_the_network(
    site: Path,
) -> None:
    for pattern in PAGES:
        for page in ROOT.glob(pattern):
            assert (site / page.relative_to(ROOT)).with_suffix(".html").is_file(), page
    assert all((site / "api" / f"{subpackage}.html").is_file() for subpackage in SUBPACKAGES)
    assert 'id="simulation.compare"' in (site / "api" / "index.html").read_text(encoding="utf-8")
    pages = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    assert len(pages) > len(SUBPACKAGES)
    asked = {
        path.relative_to(site).as_posix(): asked_of(path.read_text(encoding="utf-8"))
        for path in pages
    }
    assert {name: found for name, found in asked.items() if found} == {}


def test_what_a_page_asks_for_from_outside_is_noticed_and_a_link_is_not() -> None:
    assert asked_of("<script src='https://example.org/a.js'></script>") == [
        "<script> https://example.org/a.js"
    ]
    assert asked_of("<link rel=stylesheet href='//example.org/a.css'>") == [
        "<link> //example.org/a.css"
    ]
    assert len(asked_of("<style>@font-face { src: url(https://example.org/font) }</style>")) == 1
    assert (
        asked_of("<a href='https://example.org'>there</a><script src='_static/a.js'></script>")
        == []
    )


def test_every_room_of_the_package_has_a_page() -> None:
    subpackages = {path.parent.name for path in (ROOT / "simulation").glob("*/__init__.py")}
    assert subpackages == set(SUBPACKAGES)


def test_a_link_to_a_folder_without_a_page_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docs.tools.site.FOLDERS", {})
    with pytest.raises(ResultsError, match=r"links to [\w/-]+/, which has no page"):
        lay_out(tmp_path)
