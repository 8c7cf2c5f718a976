"""A folder of the user's own configurations."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def own(tmp_path: Path) -> Callable[..., Path]:
    """Write files (path within the folder -> text) into a folder of configurations and return it."""

    def write(files: dict[str, str]) -> Path:
        folder = tmp_path / "mine"
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    return write
