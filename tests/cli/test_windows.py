"""What Windows does otherwise, as far as another system can stand in for it: code pages, files, links, names.

Types are checked for Windows by `make lint`: what a module uses that Python there does not have is an error.
"""

import ast
import errno
import io
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

import pytest

import simulation
from simulation.cli import main
from simulation.commands.streams import never_refuse
from simulation.config.composing import composed
from simulation.config.files import NOT_IN_NAMES, is_name_of_file
from simulation.runs.atomic import flush, point_latest

PACKAGE = Path(simulation.__file__).parent
CODE_PAGE = "cp1252"
"""What Python writes in when output is sent on to a file or another program, in Western Europe."""


def stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=CODE_PAGE, newline="\n")


def written(to: io.TextIOWrapper) -> str:
    to.flush()
    assert isinstance(to.buffer, io.BytesIO)
    return to.buffer.getvalue().decode(CODE_PAGE)


# --- what is printed -------------------------------------------------------------------------------------------------


def test_what_a_code_page_lacks_is_printed_in_letters_and_no_sign_is_lost() -> None:
    out = stream()
    never_refuse(out)
    print("−3.5 (−3.6 to −3.3), ≥ 5 → £ ± “yes”, 名", file=out)
    assert written(out) == "-3.5 (-3.6 to -3.3), >= 5 -> £ ± “yes”, ?\n"


def test_a_stream_that_knows_every_character_is_left_as_it_is() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    never_refuse(out)
    print("−3.5 →", file=out)
    out.flush()
    assert isinstance(out.buffer, io.BytesIO)
    assert out.buffer.getvalue().decode("utf-8") == "−3.5 →\n"


def test_every_character_of_our_own_has_letters_that_say_the_same() -> None:
    """A letter of ours that some code page lacks must not become '?'."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="\n")
    never_refuse(out)
    used = {
        each
        for path in PACKAGE.rglob("*.py")
        for each in path.read_text(encoding="utf-8")
        if ord(each) > 127
    }
    out.write("".join(sorted(each for each in used if not each.isalpha())))  # letters are of names
    out.flush()
    assert isinstance(out.buffer, io.BytesIO)
    assert "?" not in out.buffer.getvalue().decode("ascii")


@pytest.mark.parametrize("command", ["--help", "show", "schema"])
def test_a_command_whose_output_is_sent_on_ends_well(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = stream()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.chdir(tmp_path)
    words = (
        [command, "study=gallery/one_nurse", f"results={tmp_path}"]
        if command == "show"
        else [command]
    )
    assert main(words) == 0
    assert written(out)


# --- files -----------------------------------------------------------------------------------------------------------


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the package and the tools of the documentation, and where it is."""
    for path in (*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "docs" / "tools").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield f"{path.relative_to(PACKAGE.parent)}:{node.lineno}", node


@pytest.mark.slow
def test_text_is_read_and_written_in_utf8_with_the_line_ends_of_every_system_alike() -> None:
    """`open` is looked at by ruff (PLW1514), but neither programs that are run nor line ends."""
    faults = []
    for where, call in calls():
        stated = {each.arg for each in call.keywords}
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if name in ("read_text", "write_text") and "encoding" not in stated and len(call.args) < 2:
            faults.append(f"{where}: no encoding")
        if name == "write_text" and "newline" not in stated:
            faults.append(f"{where}: no newline")
        if (
            name in ("run", "Popen", "check_output")
            and "text" in stated
            and "encoding" not in stated
        ):
            faults.append(f"{where}: a program's output without an encoding")
        if name == "to_csv" and "lineterminator" not in stated:
            faults.append(f"{where}: line ends of a table")
    assert not faults


def test_a_file_is_flushed_where_that_takes_the_right_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows has no fsync of a file that is open for reading alone, and opens no folder."""
    opened, flushed, how = os.open, [], {}

    def open_as_there(path: Path, flags: int) -> int:
        if path.is_dir():
            raise PermissionError(errno.EACCES, "Permission denied")
        handle = opened(path, flags)
        how[handle] = flags
        return handle

    def fsync(handle: int) -> None:
        if not how[handle] & (os.O_RDWR | os.O_WRONLY):
            raise OSError(errno.EBADF, "Bad file descriptor")
        flushed.append(stat.S_ISREG(os.fstat(handle).st_mode))

    monkeypatch.setattr(os, "open", open_as_there)
    monkeypatch.setattr(os, "fsync", fsync)
    (tmp_path / "part").write_bytes(b"x")
    flush(tmp_path / "part")
    flush(tmp_path)
    assert flushed == [True]


def test_latest_leads_to_the_newest_run_where_a_link_to_a_folder_cannot_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replaced = os.replace

    def replace(one: Path, other: Path) -> None:
        if Path(other).is_symlink():
            raise PermissionError(13, "Access is denied")
        replaced(one, other)

    monkeypatch.setattr(os, "replace", replace)
    for name in ("first", "second"):
        (tmp_path / "ours" / name).mkdir(parents=True)
        point_latest(tmp_path, tmp_path / "ours" / name)
        assert (tmp_path / "latest").resolve() == (tmp_path / "ours" / name).resolve()
    assert capsys.readouterr().err == ""


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["con", "AUX", "nul.old", "published/com1", "a:b", "a*", 'a"b', "a|b", "a?", "a.", "a "]
)
def test_a_name_that_windows_has_not_is_no_name_of_a_file(name: str) -> None:
    assert not is_name_of_file(name)


def test_no_file_that_comes_with_aeflow_has_a_name_that_windows_has_not() -> None:
    root = PACKAGE.parent
    folders = ("configs", "docs", "results/published", "simulation", "tests")
    paths = [
        path.relative_to(root).as_posix()
        for folder in folders
        for path in (root / folder).rglob("*")
    ]
    named = [
        path for path in paths if not any(part.startswith((".", "__")) for part in path.split("/"))
    ]
    assert named
    assert not [path for path in named if not is_name_of_file(path)]
    assert not [path for path in named if PureWindowsPath(path).is_reserved()]
    lower = [path.casefold() for path in paths]
    assert len(lower) == len(set(lower))


@pytest.mark.parametrize(
    "folder",
    [
        r"C:\Users\Zoë\n", r"D:\Program Files (x86)\out", r"\\server\share\x", r"C:\Users\O'Brien\x", "C:\\x\\",
        r"a\'b", "/tmp/a (b), c",
    ],
)  # fmt: skip
def test_the_folder_of_results_may_have_any_name(folder: str) -> None:
    assert composed([f"results={folder}"])["results"] == folder


# --- the page --------------------------------------------------------------------------------------------------------

PAGE = (PACKAGE.parent / "docs" / "how-to" / "windows.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_commands_of_the_page_are_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (block,) = re.findall(r"^```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    install, compare = block.splitlines()
    assert install == "python -m pip install ."
    assert (PACKAGE.parent / "pyproject.toml").is_file()
    assert compare.startswith("python -m simulation ")
    monkeypatch.chdir(tmp_path)
    assert main([*compare.split()[3:], "dry_run=true"]) == 0


def test_the_page_lists_the_characters_that_names_may_not_have() -> None:
    (listed,) = re.findall(r"or hold `(.*?)` \|$", PAGE, re.MULTILINE)
    assert set(listed.replace("\\|", "|").split()) == NOT_IN_NAMES - set("\\\0")


def test_the_files_of_a_run_lie_no_deeper_than_the_page_says() -> None:
    """A study's name apart, which is the user's: the folder that is written first has the longest name."""
    run = ".partial-2026-11-26T094706-f33396ac-4194304"
    within = ("figures/differences.png", "exports/first_page.docx", "replications.parquet")
    assert max(len(f"study_with_a_long_name/{run}/{each}") for each in within) <= 100
