"""Ask a real language server what it completes and refuses in a small file: the transcript of docs/how-to/editors.md.

    npm install yaml-language-server
    python tests/long/language_server.py node_modules/.bin/yaml-language-server

Needs Node. The server gets the settings that the page gives for an editor, and is asked over its standard input and
output (Language Server Protocol). The exit code is 1 if the page does not hold what it says, word for word.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulation.commands.own_files import file_kinds
from simulation.config.schema import write_schemas

FILE_KINDS = file_kinds()

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "editors.md"
CURSOR = "|"
SITE = """\
pools:
  resus_bays:
    kind: space
    capacity: 4
    evidence: measured
    source: floor plan
durations:
  triage_interview:
    kind: lognormal
    mean: 5
    log_sd: 0.4
    evidence: measured
    source: timed by an observer
"""
ASKED = {
    "Below `capacity: 4`, what else a pool may have:": SITE.replace(
        "capacity: 4", "capacity: 4\n    |"
    ),
    "After `kind:` of a duration:": SITE.replace("kind: lognormal", "kind: |"),
    "Below `mean: 5`, what else a lognormal duration may have:": SITE.replace(
        "mean: 5", "mean: 5\n    |"
    ),
}
WRONG = SITE.replace("capacity: 4", "capacity: -4").replace("mean: 5", "meen: 5")


@dataclass
class Server:
    """A language server that has been started, and what it is told if it asks for its settings."""

    process: subprocess.Popen[bytes]
    settings: dict[str, Any]
    n_asked: int = 0

    def ask(self, method: str, **params: Any) -> Any:
        """The answer to a request."""
        self.n_asked += 1
        self._send({"id": self.n_asked, "method": method, "params": params})
        return next(
            each["result"]
            for each in self.messages()
            if each.get("id") == self.n_asked and "result" in each
        )

    def tell(self, method: str, **params: Any) -> None:
        """Send what needs no answer."""
        self._send({"method": method, "params": params})

    def messages(self) -> Iterator[dict[str, Any]]:
        """What the server sends, as it comes; its own questions are answered."""
        out = self.process.stdout
        assert out is not None
        while header := out.readline():
            length = int(header.split(b":")[1])
            while out.readline().strip():
                pass
            message: dict[str, Any] = json.loads(out.read(length))
            if "id" in message and "method" in message:
                items = (message.get("params") or {}).get("items", [])
                sections = [
                    self.settings if item.get("section") == "yaml" else None for item in items
                ]
                self._send({"id": message["id"], "result": sections or None})
            else:
                yield message

    def open(self, uri: str, text: str) -> None:
        """Open a document, as an editor does."""
        self.tell(
            "textDocument/didOpen",
            textDocument={"uri": uri, "languageId": "yaml", "version": 1, "text": text},
        )

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()


def main() -> int:
    """Print the transcript; 1 if the page has another one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "server", help="the program, such as node_modules/.bin/yaml-language-server"
    )
    program = parser.parse_args().server
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_schemas(folder / ".schemas", FILE_KINDS)
        process = subprocess.Popen(
            [program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        schemas = {
            f".schemas/{name}.json": f"configs/{kind.files}" for name, kind in FILE_KINDS.items()
        }
        try:
            transcript = "\n".join(
                lines_of(Server(process, {"schemas": schemas, "yamlVersion": "1.1"}), folder)
            )
        finally:
            process.kill()
            process.wait()
    print(transcript)
    return int(transcript not in PAGE.read_text(encoding="utf-8"))


def lines_of(server: Server, folder: Path) -> Iterator[str]:
    """What the server completes and what it refuses. It is ready as soon as it refuses something."""
    root = folder.as_uri()
    capabilities = {"workspace": {"configuration": True}}
    workspace = [{"uri": root, "name": "ours"}]
    server.ask(
        "initialize",
        processId=None,
        rootUri=root,
        workspaceFolders=workspace,
        capabilities=capabilities,
    )
    server.tell("initialized")
    server.tell("workspace/didChangeConfiguration", settings={"yaml": server.settings})
    wrong = f"{root}/configs/site/wrong.yaml"
    server.open(wrong, WRONG)
    notes = (
        each["params"]
        for each in server.messages()
        if each.get("method") == "textDocument/publishDiagnostics"
    )
    refused = next(
        note["diagnostics"] for note in notes if note["uri"] == wrong and note["diagnostics"]
    )
    for number, (title, text) in enumerate(ASKED.items()):
        uri = f"{root}/configs/site/ours{number}.yaml"
        before, _, after = text.partition(CURSOR)
        server.open(uri, before + after)
        position = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        items = server.ask("textDocument/completion", textDocument={"uri": uri}, position=position)[
            "items"
        ]
        yield title
        yield from (f"  {item['label']:16} {told(item['documentation'])}" for item in items)
        yield ""
    yield "With `capacity: -4` in line 4 and `meen: 5` in line 10:"
    yield from (
        f"  line {each['range']['start']['line'] + 1}: {each['message']}" for each in refused
    )


def told(documentation: str | dict[str, str]) -> str:
    """The first sentence that an editor shows beside a key."""
    text = documentation if isinstance(documentation, str) else documentation["value"]
    first = text.partition("\n")[0].partition(". ")[0]
    return f"{first.rstrip('.')}."


if __name__ == "__main__":
    raise SystemExit(main())
