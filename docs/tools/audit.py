"""Known faults of the packages in requirements.lock: `python -m docs.tools.audit`, or `make audit`.

pip-audit looks the faults up at pypi.org, so this needs a network. Only names and versions are sent. The exit code is 0
if every package was looked up and none has a known fault, 1 if one has, 2 if not all could be looked up.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements.lock"
NOT_REACHED = (
    "Nothing was audited: known faults are looked up at pypi.org, which could not be reached. "
    "Run 'make audit' where there is a network."
)


def summary(output: str) -> tuple[str, int]:
    """The summary of pip-audit's JSON in words, and the exit code."""
    try:
        dependencies = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return NOT_REACHED, 2
    faults = [
        f"{package['name']} {package['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'none'}"
        for package in dependencies
        for fault in package.get("vulns", ())
    ]
    skipped = [package["name"] for package in dependencies if "skip_reason" in package]
    lines = [f"{len(faults)} known faults:", *faults] if faults else []
    if len(skipped) == len(dependencies):
        return NOT_REACHED, 2
    if skipped:
        lines.append(
            f"Not audited, for want of an answer from pypi.org: {', '.join(skipped)}. Try again later."
        )
    if lines:
        return "\n".join(lines), 1 if faults else 2
    return f"No known fault in requirements.lock (packages looked up: {len(dependencies)}).", 0


def main() -> int:
    """Ask pip-audit, print the summary, and return the exit code."""
    ask = ["-m", "pip_audit", "-r", str(LOCK), "--no-deps", "--disable-pip", "--format", "json"]
    done = subprocess.run(
        [sys.executable, *ask, "--progress-spinner", "off"], capture_output=True, encoding="utf-8"
    )
    text, code = summary(done.stdout)
    print(text, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main())
