"""`aeflow app`: the app in a browser of this computer, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path

from simulation.commands.command_line import split_config_dir, split_own
from simulation.errors import nearest, refuse

OWN = ("port", "workers", "results")
PORT = 8765


def app(words: list[str]) -> int:
    """Serve the app on this computer alone."""
    own, others = split_own(words, OWN)
    others, config_dir = split_config_dir(others)
    if others:
        refuse(others[0], "is no key of aeflow app", nearest(others[0].split("=")[0], OWN))
    port, workers = (_number(own, key, usual) for key, usual in (("port", PORT), ("workers", 0)))
    from simulation.app.serving import serve
    from simulation.config import search_folders

    folder = None if config_dir is None else search_folders(config_dir)[0]
    return serve(port, workers, Path(own.get("results", "results")), folder)


def _number(own: dict[str, str], key: str, usual: int) -> int:
    text = own.get(key, str(usual))
    highest = 65535 if key == "port" else 64
    if not text.isdecimal() or int(text) > highest:
        refuse(key, f"found {text}", f"Allowed: 0 to {highest}")
    return int(text)
