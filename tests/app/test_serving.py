"""`aeflow app`: it says where it is, answers there, and ends with Ctrl-C; what is wrong is one message."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from simulation.cli import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "app.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_command_of_the_page_says_where_it_is_answers_there_and_ends_with_ctrl_c(
    tmp_path: Path,
) -> None:
    assert re.findall(r"^```\n(.*?)\n```$", PAGE, re.MULTILINE) == [
        "make app",
        "aeflow compare @question.yaml",
    ]
    assert "\tmake app" not in PAGE
    (recipe,) = re.findall(
        r"^app: .*\n\t@\$\(BIN\)/(.*) \$\(ARGS\)$",
        (ROOT / "Makefile").read_text("utf-8"),
        re.MULTILINE,
    )
    command = [sys.executable, "-m", "simulation", *recipe.split()[1:], "port=0", "workers=1"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
        assert "worked out beforehand" in httpx.get(address, timeout=30).text
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in told


def test_a_port_that_is_taken_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["app", f"port={port}"]) == 2
    assert f"port: {port} cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("prot=1", "Did you mean 'port'?"),
        ("port=x", "port: found 'x'. Allowed: a whole number from 0 to 65,535"),
        ("workers=99", "Allowed: a whole number from 0 to 64"),
    ],
)
def test_a_mistaken_word_is_one_message(
    word: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["app", word]) == 2
    assert told in capsys.readouterr().err


def test_a_folder_of_configurations_that_is_missing_is_one_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["app", "--config-dir", "nowhere"]) == 2
    assert "--config-dir: there is no folder 'nowhere'" in capsys.readouterr().err


@pytest.mark.parametrize("library", ["uvicorn", "starlette.applications"])
def test_without_its_libraries_the_app_says_how_to_install_them(
    library: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, "simulation.app.server", raising=False)
    assert main(["app", "port=0"]) == 2
    assert "pip install 'aeflow[app]'" in capsys.readouterr().err
