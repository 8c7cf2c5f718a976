"""A folder that is in memory alone, read through paths as one on the disk is."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar


class PathInMemory(type(Path())):  # type: ignore[misc]  # a Path is extended from Python 3.12
    """A path within a folder that is in memory alone; `contents`: of its files, by the text of their whole path."""

    contents: ClassVar[Mapping[str, bytes]] = {}

    def resolve(self, strict: bool = False) -> Path:
        """The same path: nothing in memory is a link."""
        return self

    def is_file(self, **_: Any) -> bool:
        """Whether it is one of the files."""
        return self.as_posix() in self.contents

    def is_dir(self, **_: Any) -> bool:
        """Whether one of the files is below it."""
        return any(name.startswith(f"{self.as_posix()}/") for name in self.contents)

    def open(self, *_: Any, **__: Any) -> BytesIO:
        """One of the files, to be read as bytes."""
        return BytesIO(self.contents[self.as_posix()])

    def read_text(self, encoding: str | None = None, errors: str | None = None, *_: Any) -> str:
        """The text of one of the files. Raises UnicodeDecodeError."""
        return self.open().read().decode(encoding or "utf-8", errors or "strict")

    def files(self) -> Iterator[Path]:
        """The configuration files below it, by name."""
        below = f"{self.as_posix()}/"
        return (
            type(self)(name)
            for name in sorted(self.contents)
            if name.startswith(below) and name.endswith(".yaml")
        )


def folder_in_memory(files: Mapping[str, bytes]) -> Path:
    """A folder of configurations that is never on the disk, out of its files by their paths in it (`site/ours.yaml`).

    `load` and whatever else takes `config_dir` read it as they read a folder. Two are equal if they hold the same.
    """
    root = f"/in memory/{sha256(repr(sorted(files.items())).encode()).hexdigest()}"
    kind = type(
        "_OneInMemory",
        (PathInMemory,),
        {"contents": {f"{root}/{name}": text for name, text in files.items()}},
    )
    folder: Path = kind(root)
    return folder
