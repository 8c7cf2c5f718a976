"""The picture of the rooms of `simulation/` in ARCHITECTURE.md, drawn from pyproject.toml and from the code.

`python -m docs.tools.rooms` writes docs/images/rooms.svg: a row for each layer that pyproject.toml states, the highest
first, and in it what the first sentence of each room's docstring says. Nothing in it changes with a line of code.
"""

from __future__ import annotations

import ast
import re
import textwrap
import tomllib
from collections.abc import Sequence
from pathlib import Path

from docs.tools.command import run

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "images" / "rooms.svg"
WINGS = ("app", "assurance", "evaluation", "extracts", "fits", "offers", "trusts", "vetting")
WIDTH, ROW, GAP = 10.0, 0.62, 0.10
FILLS = {"core": "#d9e6f2", "wing": "#fde8cf", "file": "#eeeeee"}


def layers() -> list[tuple[str, ...]]:
    """The rooms and files of each layer, the highest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (stated,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [tuple(re.findall(r"simulation\.(\w+)", layer)) for layer in stated]


def about(name: str) -> str:
    """The first sentence that a room or a file says of itself, without its last full stop."""
    room = ROOT / "simulation" / name
    path = room / "__init__.py" if room.is_dir() else room.with_suffix(".py")
    words = (
        (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")
        .split("\n\n")[0]
        .replace("\n", " ")
    )
    return re.split(r"\.(?:\s|$)", words, maxsplit=1)[0].replace("`", "")


def main(words: Sequence[str]) -> int:
    """Draw the picture; words are ignored."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch

    rows = layers()
    height = len(rows) * (ROW + GAP) + 0.1
    with mpl.rc_context(
        {"svg.fonttype": "none", "svg.hashsalt": "rooms", "font.family": "sans-serif"}
    ):
        figure = Figure(figsize=(WIDTH, height))
        FigureCanvasSVG(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, WIDTH), ylim=(height, 0))
        axes.axis("off")
        for number, row in enumerate(rows):
            width = (WIDTH - 0.2 - GAP * (len(row) - 1)) / len(row)
            for place, name in enumerate(row):
                x, y = 0.1 + place * (width + GAP), 0.1 + number * (ROW + GAP)
                is_room = (ROOT / "simulation" / name).is_dir()
                kind = "wing" if name in WINGS else "core" if is_room else "file"
                style = "round,pad=0,rounding_size=0.06"
                axes.add_patch(
                    FancyBboxPatch((x, y), width, ROW, style, fc=FILLS[kind], ec="#5b7083", lw=0.8)
                )
                axes.text(
                    x + 0.12,
                    y + 0.2,
                    name + ("/" if is_room else ".py"),
                    weight="bold",
                    size=10,
                    va="center",
                )
                said = textwrap.fill(about(name), int(width * 15.5), max_lines=2)
                axes.text(x + 0.12, y + 0.43, said, size=7, va="center", linespacing=1.1)
        figure.savefig(PICTURE, metadata={"Date": None})
    return 0


if __name__ == "__main__":
    run(main)
