"""What the product says, held word for word in files that are read as a whole and written anew at once.

A test states facts: which error, where, how many, which number. The words stand in `golden/words.txt` of its room,
where `hold(text)` puts them below the name of the test; a document has a file of its own (the fixture `golden`).
`pytest -n0 -m "" tests/config --write-golden` writes those of a room anew: look at the difference before it is
committed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
WORDS = "words.txt"
HEAD = "What the product says in the tests of this room, below their names (tests/held.py).\n\n"
INDENT = "    "
SHORT = 12
"""Up to how many lines a text is held as a whole."""


def room_of(path: Path) -> Path:
    """The folder of a test's room, directly under `tests/`."""
    return TESTS / Path(*path.relative_to(TESTS).parts[:-1][:1])


def read_entries(path: Path) -> dict[str, str]:
    """What is held in a room's file, by the name of the test."""
    entries: dict[str, str] = {}
    name = ""
    for line in path.read_text(encoding="utf-8")[len(HEAD) :].splitlines() if path.exists() else ():
        if line.startswith(INDENT) or not line:
            entries[name] += f"{line.removeprefix(INDENT)}\n"
        else:
            name, entries[line] = line, ""
    return {name: text.strip("\n") for name, text in entries.items()}


def write_entries(path: Path, entries: dict[str, str]) -> None:
    """Write a room's file, in the order of the names."""
    path.parent.mkdir(exist_ok=True)
    texts = (
        f"{name}\n" + "".join(f"{INDENT}{line}".rstrip() + "\n" for line in text.splitlines())
        for name, text in sorted(entries.items())
    )
    path.write_text(HEAD + "\n".join(texts), encoding="utf-8", newline="\n")


def text_about(text: str, fact: str) -> str:
    """A short text as a whole; of a page or a long text, the lines in which something stands."""
    assert fact in text or "</" in text, f"{fact!r} does not stand in\n{text}"
    if "</" not in text and text.count("\n") < SHORT:
        return text
    from tests.golden import lines_of_html  # with it come readers of documents

    lines = lines_of_html(text) if "</" in text else text
    found = dict.fromkeys(line.strip() for line in lines.splitlines() if fact in line)
    assert found, f"{fact!r} does not stand in\n{lines}"
    return "\n".join(found)


class Kept:
    """The texts of a session's rooms, as they are on the disk or as they are said now."""

    def __init__(self, config: pytest.Config, temporary: Path) -> None:
        self.write = bool(config.getoption("--write-golden"))
        if self.write and hasattr(config, "workerinput"):
            pytest.exit("--write-golden needs -n0: each worker would write its own")
        self.whole = not config.option.keyword and "[" not in "".join(config.args)
        self.rooms: dict[Path, dict[str, str]] = {}
        self.said: dict[Path, set[str]] = {}
        self.places = {
            re.escape(str(temporary)) + r"[\\/][^\\/\s'\"]+": "TEMPORARY",
            re.escape(str(TESTS.parent)): "AEFLOW",
            r"\b\d{4}-\d\d-\d\dT\d{6}-[0-9a-f]{8}(-\d+)?\b": "RUN",  # -2: a second of the same second
            r"\.unfinished-[0-9a-f]{16}\b": ".unfinished-RUN",
            r"\b(?=[0-9]*[a-f])[0-9a-f]{32,}\b": "HASH",
            r", \d+ process(es)?\b": ", PROCESSES",
            r"127\.0\.0\.1:\d{5}\b": "127.0.0.1:PORT",
            r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?\b": "NOW",
        }

    def plain(self, text: str) -> str:
        """The text without what differs by machine and time: folders, names of runs, processors, ends of lines."""
        for place, name in self.places.items():
            text = re.sub(place, name, text)
        return "\n".join(line.rstrip() for line in text.strip().splitlines())

    def hold(self, room: Path, name: str, text: str) -> None:
        """Compare a text with what is held under a name of the room."""
        path = room / "golden" / WORDS
        entries = self.rooms.setdefault(path, read_entries(path))
        now = self.plain(text)
        if self.write:
            entries[name] = now
            self.said.setdefault(path, set()).add(name)
        assert name in entries, f"{path} does not hold {name}: write it by --write-golden\n{now}"
        assert now == entries[name]

    def finish(self) -> None:
        """Write what was said in this session, without the entries of these tests that were not said again."""
        for path, said in self.said.items():
            entries = self.rooms[path]
            tests = {name.partition("[")[0].partition(" (")[0] for name in said}
            for name in list(entries):
                of_test = name.partition("[")[0].partition(" (")[0]
                unsaid = self.whole and of_test in tests and name not in said
                if unsaid or not is_there(path.parents[1], of_test):
                    del entries[name]
            write_entries(path, entries)


def is_there(room: Path, name: str) -> bool:
    """Whether a room has this test: `test_slips.py::test_a_slip_is_named`."""
    file, _, function = name.partition("::")
    path = room / file
    return path.is_file() and f"def {function}(" in path.read_text(encoding="utf-8")


class Hold:
    """Holds what the product says in one test."""

    def __init__(self, kept: Kept, path: Path, name: str) -> None:
        self.kept = kept
        self.room = room_of(path)
        self.name = f"{path.relative_to(self.room).as_posix()}::{name}"
        self.times = 0

    def __call__(self, said: str | BaseException | Iterable[object], about: str = "") -> None:
        """Hold a text, or several, in which `about` stands; of a page or a long text, the lines in which it stands."""
        if isinstance(said, Mapping):
            said = [f"{name}: {text}" for name, text in said.items()]
        if isinstance(said, set | frozenset):
            said = sorted(map(str, said))
        text = str(said) if isinstance(said, str | BaseException) else "\n".join(map(str, said))
        if about:
            text = text_about(text, about)
        self.times += 1
        number = f" ({self.times})" if self.times > 1 else ""
        self.kept.hold(self.room, f"{self.name}{number}", text)

    @contextmanager
    def refusal(
        self, kind: type[BaseException], *where: str, match: str = ""
    ) -> Iterator[pytest.ExceptionInfo[BaseException]]:
        """Expect an error of this kind, whose faults are at these places if any is given, and hold its message."""
        with pytest.raises(kind, match=match or None) as refused:
            yield refused
        if where:
            assert places_of(refused.value) == list(where)
        self(refused.value)


def places_of(error: BaseException) -> list[str]:
    """Where the faults of a refused configuration are."""
    faults: Iterable[object] = getattr(error, "faults", ())
    return [getattr(fault, "where", "") for fault in faults]


@pytest.fixture(scope="session")
def kept_words(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kept]:
    """The texts that rooms hold; written at the end, if asked."""
    kept = Kept(request.config, tmp_path_factory.getbasetemp())
    yield kept
    if kept.write:
        kept.finish()


@pytest.fixture
def hold(request: pytest.FixtureRequest, kept_words: Kept) -> Hold:
    """Hold messages and lines in the room's `golden/words.txt`."""
    return Hold(kept_words, request.path, request.node.name)
