"""Every shipped ensemble goes with every shipped scenario, and with every shipped study of its site."""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml

from simulation.config import ensembles, load, packaged_configs
from simulation.config.arms import changes_stated
from simulation.config.composing import composed, stated_in
from simulation.config.dotted import Change, outright_faults
from simulation.config.ensembles import ensemble_named
from simulation.errors import ConfigError

CONFIGS = packaged_configs()
ENSEMBLES = sorted(path.stem for path in (CONFIGS / "ensembles").glob("*.yaml"))
ROOT = Path(__file__).parents[2]
TEXTS = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(CONFIGS / "study").rglob("*.yaml")]
STATED = {
    match[0]
    for path in TEXTS
    for match in re.finditer(
        r"run\.replications=\d+( run\.departments=\d+)?", path.read_text(encoding="utf-8")
    )
}
FILES = [
    *sorted((CONFIGS / "scenario").glob("*.yaml")),
    *sorted((CONFIGS / "study").glob("[!_]*.yaml")),
]


def changes_in(stated: object, where: str) -> Iterator[Change]:
    """Every change of a department in a file, of the scenario or of an arm or a lever."""
    if isinstance(stated, dict):
        for key, part in stated.items():
            if key == "changes":
                yield from changes_stated(part or {}, where)
            else:
                yield from changes_in(part, f"{where}.{key}")


@pytest.mark.parametrize("name", ENSEMBLES)
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_change_sets_outright_what_departments_differ_in(name: str, path: Path) -> None:
    ensemble = ensemble_named(name, [CONFIGS])
    raw = stated_in([f"site={ensemble.built.site}"], [CONFIGS]).raw
    changes = tuple(changes_in(yaml.safe_load(path.read_text(encoding="utf-8")), path.stem))
    assert [str(fault) for fault in outright_faults(name, ensemble.varied, raw, changes)] == []


@pytest.mark.parametrize(
    "words", [*sorted(STATED), *(f"run={path.stem}" for path in (CONFIGS / "run").glob("*.yaml"))]
)
def test_every_number_of_replications_that_is_stated_is_allowed_over_departments_or_of_one(
    words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fewer than forty are of one department, which has to be said. Other tests ask whether departments are sound."""
    monkeypatch.setattr(ensembles, "_check_once", lambda *of: None)
    n = composed(("study=ai_triage", *words.split()))["run"]["replications"]
    is_short = n < 40 and "departments" not in words and words != "run=evaluation"
    with pytest.raises(ConfigError, match="Give 40 or more") if is_short else nullcontext():
        load("study=ai_triage", *words.split())
