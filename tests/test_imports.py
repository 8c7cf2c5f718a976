"""The subpackages import one another, and the libraries, only as the contracts in pyproject.toml allow, and as
ARCHITECTURE.md says."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "simulation"
LINT = (
    "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
)
FRONT_DOOR = {"__init__", "__main__"}
"""In no layer: they lead to every subpackage."""


def layers() -> list[set[str]]:
    """The subpackages that pyproject.toml states, lowest first, subpackages of one layer together."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
    (stated,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [set(re.findall(r"simulation\.(\w+)", layer)) for layer in reversed(stated)]


def subpackages() -> set[str]:
    return {
        path.stem
        for path in PACKAGE.iterdir()
        if path.stem.isidentifier() and path.name not in ("py.typed", "__pycache__")
    } - FRONT_DOOR


def test_every_import_contract_is_kept() -> None:
    done = subprocess.run([sys.executable, "-c", LINT], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_every_room_has_its_layer() -> None:
    assert set.union(*layers()) == subpackages()


def test_the_architecture_lists_the_rooms_in_the_order_of_their_layers() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = next(part for part in text.split("\n\n") if part.startswith("| room |"))
    listed = [
        re.findall(r"`simulation/(\w+)[./`]", row.split("|")[1]) for row in table.splitlines()[2:]
    ]
    level = {name: number for number, layer in enumerate(layers()) for name in layer}
    assert {name for row in listed for name in row} == set(level)
    levels = [max(level[name] for name in row) for row in listed]
    assert levels == sorted(levels)


BY_TEXT = {"import_module", "__import__"}


def test_nothing_but_the_front_door_imports_by_text() -> None:
    """An import named as text would escape the contracts."""
    for path in PACKAGE.rglob("*.py"):
        if path.parent == PACKAGE and path.stem in FRONT_DOOR:
            continue
        text = path.read_text(encoding="utf-8")
        if not any(name in text for name in BY_TEXT):
            continue
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        names = {getattr(call.func, "id", getattr(call.func, "attr", "")) for call in calls}
        assert not names & BY_TEXT, path


def test_the_front_door_leads_to_no_library() -> None:
    homes = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    imported = [node for node in homes.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {getattr(node, "module", None) for node in imported} == {"typing", "simulation.version"}


def test_one_module_embeds_pictures_and_fills_templates() -> None:
    texts = {
        path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
        for pattern in ("*.py", "*.html")
        for path in PACKAGE.rglob(pattern)
        if "stored" not in path.parts
    }
    for words in ("data:image", "from jinja2 import"):
        assert [name for name, text in texts.items() if words in text] == ["display/web_page.py"]
