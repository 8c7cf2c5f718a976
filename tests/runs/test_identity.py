"""The identity of a run changes with whatever can change one of its numbers, and with no word."""

import ast
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

import simulation as ae
from simulation.records import serialise
from simulation.runs import provenance as module
from simulation.runs.provenance import identity_of
from simulation.study.design import OfferFacts
from simulation.study.study import Study


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the package's source, of which the digest is taken."""
    copy = tmp_path_factory.mktemp("copy") / "simulation"
    shutil.copytree(module.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PACKAGE", copy)
        known = {
            name: cache(getattr(ast, name)) for name in ("parse", "dump")
        }  # of files that stay as they are
        patch.setattr(module, "ast", SimpleNamespace(**{**vars(ast), **known}))
        patch.setattr(serialise, "CACHE_FOLDER", copy / "__pycache__")
        yield copy
    module.source_digest.cache_clear()


@pytest.fixture(scope="module")
def before(package: Path) -> str:
    return digest()


def edited(path: Path, old: str, new: str) -> str:
    """The digest while a file of the package is edited."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = digest()
    path.write_text(text, encoding="utf-8")
    return found


def digest() -> str:
    module.source_digest.cache_clear()
    return module.source_digest()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("report/page.py", "def page(", "def another_page("),
        ("study/explanation.py", "class Explained", "class Told"),
        ("engine/reference.py", '"""', '"""Another sentence.\n\n'),
        ("units.py", '"""The value of a point in time that did not happen."""', '"""Never."""'),
        ("units.py", "DAY = 24 * HOUR", "DAY = 24 * HOUR  # a day"),
        ("study/study.py", 'ResultsError(f"there is no arm', 'ResultsError(f"no arm is called'),
    ],
)
def test_no_word_of_the_package_changes_it(
    file: str, old: str, new: str, package: Path, before: str
) -> None:
    assert edited(package / file, old, new) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("units.py", "TICKS_PER_MINUTE = 1024", "TICKS_PER_MINUTE = 1025"),
        ("engine/reference.py", "np.int64", "np.int32"),
        ("statistics/coverage_effects.py", "def shares_better_worse(", "def shares("),
        ("config/dotted.py", "return", "return None or"),
        ("triage/apply.py", "def apply(", "def applied("),
    ],
)
def test_a_changed_line_that_a_replication_runs_changes_it(
    file: str, old: str, new: str, package: Path, before: str
) -> None:
    assert edited(package / file, old, new) != before


@pytest.mark.slow
def test_data_beside_the_source_count_without_their_words(package: Path) -> None:
    path = package / "measures" / "stated.yaml"
    found = []
    for label, needs in (("Wait", "seen_at"), ("Time", "seen_at"), ("Wait", "departed_at")):
        path.write_text(
            f"a: {{label: {label}, needs: {needs}, evidence: assumed, source: ours}}\n",
            encoding="utf-8",
        )
        found.append(digest())
    path.unlink()
    assert found[0] == found[1] != found[2]


def test_a_replication_imports_no_room_that_reports_numbers_and_computes_none() -> None:
    read = {path.relative_to(module.PACKAGE) for path in module._imported(module.REPLICATES)}
    assert {Path(name) for name in module.REPLICATES} < read
    rooms = {path.parts[0] for path in read}
    assert {"config", "department", "engine", "measures", "patients", "study", "triage"} < rooms
    above = {"app", "assurance", "commands", "display", "evaluation", "offers"}
    assert not rooms & (above | {"questions", "report", "vetting", "extracts", "fits", "api.py"})


def worded(study: Study) -> Study:
    """The study with other labels, questions and sources."""
    design = study.design
    arms = {
        name: replace(arm, label=f"{arm.label}!", source="elsewhere")
        for name, arm in design.arms.items()
    }
    primary = tuple(
        replace(target, label="Another word", source="a talk") for target in design.primary
    )
    pathways = {
        id(ready.pathway): replace(
            ready.pathway,
            question="Why?",
            pools={
                name: replace(pool, source="the rota") for name, pool in ready.pathway.pools.items()
            },
        )
        for ready in study.arms
    }
    ready = tuple(
        replace(each, arm=replace(each.arm, label="x"), pathway=pathways[id(each.pathway)])
        for each in study.arms
    )
    offer = OfferFacts(arm=study.arms[1].name, product="A tool", department="Here")
    stated = replace(design, question="Is it?", arms=arms, primary=primary, offer=offer)
    return replace(study, design=stated, arms=ready)


def test_no_word_of_a_study_changes_it() -> None:
    study = ae.load("ensemble=none", "run.replications=4")
    assert identity_of(worded(study)).key == identity_of(study).key


@pytest.mark.parametrize(
    "words",
    [
        ("run.seed=2",),
        ("staffing.doctors.extra=1",),
        ("study.primary.0.minimal_important_difference=7",),
        ("scenario=busier_staff_follow",),
        ("study.arms.lean_triage.triage=nurse",),
    ],
)
def test_a_changed_number_of_a_study_changes_it(words: tuple[str, ...]) -> None:
    same = ("run.replications=4", "ensemble=none")
    assert identity_of(ae.load(*same, *words)).key != identity_of(ae.load(*same)).key


def test_a_source_changed_in_a_file_over_an_ensemble_leaves_it(tmp_path: Path) -> None:
    """There the departments are stated as the raw content of files."""
    study = ae.load("run.replications=120")
    assert study.departments is not None
    content = dict(study.departments.content())
    files = {**content["files"], "site": _reworded(content["files"]["site"])}  # type: ignore[dict-item,index]
    assert files != content["files"]

    class Reworded:
        def content(self) -> dict[str, object]:
            return {**content, "files": files}

    changed = object.__new__(Study)
    changed.__dict__.update({**study.__dict__, "departments": Reworded()})
    assert identity_of(changed).key == identity_of(study).key


def _reworded(block: object) -> object:
    if isinstance(block, dict):
        return {
            key: "elsewhere" if key == "source" and "evidence" in block else _reworded(value)
            for key, value in block.items()
        }
    return [_reworded(each) for each in block] if isinstance(block, list | tuple) else block
