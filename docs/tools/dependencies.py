"""The table of docs/dependencies.md: the packages that `make setup` installs, their licence, size and purpose.

`python -m docs.tools.dependencies`, or `make licences`, writes the page again from requirements.lock and from the
packages of the environment it runs in (pip-licenses reads their licences). It needs no network. Sizes are those of the
installed files, without compiled Python; they depend on the system.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import distribution, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "dependencies.md"
BEGIN, END = "<!-- generated: dependencies -->", "<!-- end -->"
PLATFORM: Mapping[str, str] = {
    "python_version": "3.11",
    "python_full_version": "3.11.7",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "os_name": "posix",
    "extra": "",
}
"""The environment markers of the system that the page is about."""
PURPOSES = {
    "annotated-types": "ranges of the fields that a configuration states",
    "filelock": "one writer at a time to a folder of results",
    "hydra-core": "composes a study from the files in configs/",
    "jinja2": "the page of a report",
    "matplotlib": "figures",
    "numba": "the compiled engine",
    "numpy": "columns of patients, random variates, measures",
    "omegaconf": "values and dotted paths of a composed configuration",
    "pandas": "tables for those who use the package from Python",
    "pyarrow": "results as Parquet",
    "pydantic": "checks a configuration, every fault at once",
    "pydantic-core": "what pydantic reads a configuration by: unions told apart by a word",
    "python-docx": "the first page as a Word document",
    "pyyaml": "reads and writes configurations",
    "rich": "tables on the screen",
    "scipy": "quantiles and special functions of durations, labels and intervals; fits",
    "simpy": "the reference engine",
    "xlsxwriter": "the tables as an Excel workbook",
}
"""The purpose of each package that pyproject.toml names."""


def locked() -> dict[str, str]:
    """The version of each package in requirements.lock on the system of the page, by name."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in pins
        if _applies(pin)
    }


def _applies(requirement: Requirement) -> bool:
    """Whether a requirement holds on the system of the page."""
    return requirement.marker is None or requirement.marker.evaluate(dict(PLATFORM))


def listed(page: str) -> dict[str, str]:
    """The version of each package that the page states, by name."""
    return dict(re.findall(r"^\| `([^`]+)` \| (\S+) \|", page, flags=re.MULTILINE))


def licences(names: list[str]) -> dict[str, str]:
    """The licence that each package declares, by name."""
    ask = [
        "-m",
        "piplicenses",
        "--format=json",
        "--from=mixed",
        "--with-system",
        "--packages",
        *names,
    ]
    done = subprocess.run([sys.executable, *ask], capture_output=True, encoding="utf-8", check=True)
    return {
        canonicalize_name(package["Name"]): package["License"]
        for package in json.loads(done.stdout)
    }


def megabytes(name: str) -> float:
    """The size of a package's installed files, without compiled Python."""
    paths = [
        Path(str(file.locate())) for file in distribution(name).files or () if file.suffix != ".pyc"
    ]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def purpose(name: str, names: list[str]) -> str:
    """The purpose of a package: in words, or which packages need it."""
    if name in PURPOSES:
        return PURPOSES[name]
    needed_by = [other for other in names if name in _needs(other)]
    return f"needed by {', '.join(needed_by)}"


def _needs(name: str) -> set[str]:
    """The packages that a package needs on the system of the page."""
    requirements = map(Requirement, requires(name) or ())
    return {
        canonicalize_name(requirement.name) for requirement in requirements if _applies(requirement)
    }


def table() -> str:
    """The generated block: a row a package, the largest first, and their sum."""
    versions = locked()
    names = list(versions)
    licence_of, size_of = licences(names), {name: megabytes(name) for name in names}
    rows = [
        f"| `{name}` | {versions[name]} | {licence_of[name]} | {size_of[name]:.1f} | {purpose(name, names)} |"
        for name in sorted(names, key=lambda name: -size_of[name])
    ]
    total = f"{len(names)} packages, {sum(size_of.values()):.0f} MB."
    head = ["| package | version | licence | MB | what for |", "|---|---|---|---|---|"]
    return "\n".join([BEGIN, *head, *rows, "", total, END])


def main() -> int:
    """Write the table of the page again; its words stay as they are."""
    page = PAGE.read_text(encoding="utf-8")
    block = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    PAGE.write_text(block.sub(lambda _: table(), page), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
