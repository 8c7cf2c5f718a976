"""The words and the code agree: tables are current, links lead somewhere, named files exist, the first snippet runs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import simulation.config
from docs.tools.model_tables import BLOCK, COMMAND, PAGE, filled, packaged, stale
from simulation.config.arms import pathway_from
from simulation.config.composing import composed
from simulation.config.new import new_scaled_department
from simulation.config.studies import Scenario
from simulation.config.validating import validated
from simulation.department.rota import mean_per_day, timetable
from simulation.errors import ConfigError, Faults, ResultsError
from simulation.statistics.verdict import RULE
from tests.department.made import laid_over

ROOT = Path(__file__).parents[2]
OWN_DEPARTMENT = ROOT / "docs" / "how-to" / "own-department.md"
PAGES = (
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "results" / "README.md",
)
SMALL = (
    "run.replications=2", "run.measured_days=3", "run.warm_up_days=0", "run.cool_down_days=1", "run.doublings=0",
    "executor=serial",
    "engine=compiled",
)  # fmt: skip
LINK = re.compile(r"\]\((?!https?:|mailto:)(?P<file>[^)#\s]*)(?:#(?P<heading>[^)]*))?\)")
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
SUPPLIED_BY_A_RUN = ("docs/images/differences.png",)
"""Pictures that a published run gives; the README may name them before there is one."""


def relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(params=PAGES, ids=relative)
def page(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


# --- the rule of verdicts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["README.md", "docs/how-to/read-a-report.md", "docs/model.md", "docs/glossary.md"]
)
def test_every_page_that_explains_verdicts_says_the_one_rule(name: str) -> None:
    assert RULE in " ".join((ROOT / name).read_text(encoding="utf-8").split())


def test_no_page_says_another_rule(page: Path) -> None:
    if page.parent.name == "decisions":  # of their time
        return
    other = r"verdicts? (?:is|are) read from (?:it\b|the (?:95 % )?interval)|from which verdicts? are read"
    text = " ".join(page.read_text(encoding="utf-8").split())
    assert not re.findall(other, text, re.IGNORECASE)


# --- generated tables ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return packaged()


def test_the_tables_of_the_model_text_say_what_the_configuration_says(made: dict[str, str]) -> None:
    old = stale(PAGE.read_text(encoding="utf-8"), made)
    assert not old, f"docs/model.md is out of date ({', '.join(old)}): run {COMMAND}"


def test_a_changed_number_makes_its_table_stale(made: dict[str, str]) -> None:
    text = filled(PAGE.read_text(encoding="utf-8"), made)
    changed = {**made, "run": made["run"].replace("replications", "repetitions", 1)}
    assert stale(text, made) == ()
    assert stale(text, changed) == ("run",)


def test_words_outside_the_blocks_stay_as_they_are(made: dict[str, str]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    rewritten = filled(text, dict.fromkeys(made, "| a \\1 table |"))
    assert BLOCK.sub("", rewritten) == BLOCK.sub("", text)
    assert rewritten.count("| a \\1 table |") == len(made)


def test_a_block_without_a_table_is_refused_with_the_nearest_name(made: dict[str, str]) -> None:
    with pytest.raises(ResultsError, match=r"no table 'arrival'.*'arrivals'"):
        filled("<!-- generated: arrival -->\n<!-- end -->", made)


def test_a_table_without_a_block_is_missed(made: dict[str, str]) -> None:
    with pytest.raises(ResultsError, match="no block for calibration"):
        filled(
            re.sub(
                r"<!-- generated: calibration -->.*?<!-- end -->",
                "",
                PAGE.read_text("utf-8"),
                flags=re.DOTALL,
            ),
            made,
        )


def test_every_row_of_a_table_has_as_many_cells_as_its_header(made: dict[str, str]) -> None:
    for name, table in made.items():
        widths = {
            len(re.split(r"(?<!\\)\|", line)) for line in table.splitlines() if line.startswith("|")
        }
        assert len(widths) == 1, f"table '{name}' has rows of {widths} cells"


# --- links and names -------------------------------------------------------------------------------------------------


def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for link in LINK.finditer(text):
        target = (page.parent / link["file"]).resolve() if link["file"] else page
        if target.is_relative_to(ROOT) and relative(target) in SUPPLIED_BY_A_RUN:
            continue
        assert target.exists(), f"{relative(page)}: there is no {link['file']}"
        assert target.is_relative_to(ROOT), (
            f"{relative(page)}: {link['file']} is outside the repository"
        )
        if link["heading"]:
            assert link["heading"] in anchors(target), (
                f"{relative(page)}: no heading #{link['heading']}"
            )


def anchors(page: Path) -> set[str]:
    """The names that headings have as targets of links, as on GitHub."""
    headings = re.findall(
        r"^#+ (.*)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_file_or_module_named_in_backticks_exists(page: Path) -> None:
    for name in named_places(page.read_text(encoding="utf-8")):
        assert exists(name), f"{relative(page)}: there is no `{name}`"


SUBPACKAGES = {path.stem for path in (ROOT / "simulation").iterdir() if path.stem.isidentifier()}
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir()} - {"results"}


def named_places(text: str) -> Iterator[str]:
    """Backticked paths of this repository, and dotted names that start with a subpackage."""
    for name in re.findall(r"`([A-Za-z_.][\w./*-]*)`", FENCE.sub("", text)):
        first = re.split(r"[./]", name)[0]
        is_path = "/" in name and (first in SUBPACKAGES or first in FOLDERS)
        if is_path or name.startswith("simulation."):
            yield name


def exists(name: str) -> bool:
    if name.startswith("simulation."):
        name = name.replace(".", "/")
    places = [
        ROOT / name,
        ROOT / f"{name}.py",
        ROOT / "simulation" / name,
        ROOT / "simulation" / f"{name}.py",
    ]
    told_to_write = re.search(r"^configs/\w+/our(s|_ai)\.yaml$", name)
    return bool(told_to_write) or any(place.exists() for place in places)


NAMED_TEST = re.compile(r"`(?P<file>tests/[\w/]+\.py)::(?P<test>test_\w+)`")


def test_every_test_that_a_page_names_exists(page: Path) -> None:
    for named in NAMED_TEST.finditer(page.read_text(encoding="utf-8")):
        assert is_a_test(named["file"], named["test"]), f"{relative(page)}: there is no {named[0]}"


def is_a_test(file: str, test: str) -> bool:
    place = ROOT / file
    return place.exists() and f"\ndef {test}(" in place.read_text(encoding="utf-8")


def test_every_lever_has_tests_that_are_named() -> None:
    """As many as the section had when it was written, or more; and a name that is not there is noticed."""
    section = (
        (ROOT / "docs" / "validation.md")
        .read_text(encoding="utf-8")
        .split("## What shows that each lever")[1]
    )
    assert len(set(NAMED_TEST.findall(section))) >= 70
    assert not is_a_test("tests/docs/test_docs.py", "test_nothing")
    for file in ("tests/engine/test_levers.py", "tests/behaviour/test_levers_off.py"):
        source = (ROOT / file).read_text(encoding="utf-8")
        unnamed = [
            name
            for name in re.findall(r"^def (test_\w+)\(", source, re.MULTILINE)
            if name not in section
        ]
        assert not unnamed, f"{file}: the table does not name {unnamed}"


def test_named_places_are_found_and_missing_ones_noticed() -> None:
    found = list(
        named_places(
            "`engine/contract.py`, `simulation.patients`, `engine/nothing.py`, `minutes.factor`, `a/b`"
        )
    )
    assert found == ["engine/contract.py", "simulation.patients", "engine/nothing.py"]
    assert [exists(name) for name in found] == [True, True, False]


def test_no_page_names_a_folder_of_one_machine(page: Path) -> None:
    assert not re.search(
        r"(?<![\w.])/(?:work|home|Users|tmp)/", page.read_text(encoding="utf-8")
    ), relative(page)


# --- what a reader types ---------------------------------------------------------------------------------------------


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_python_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole = simulation.config.load
    monkeypatch.setattr(simulation.config, "load", lambda *overrides: whole(*overrides, *SMALL))
    monkeypatch.chdir(tmp_path)
    (snippet,) = blocks("README.md", "python")
    names: dict[str, object] = {}
    exec(compile(snippet, "README.md", "exec"), names)
    assert (tmp_path / "summary.csv").stat().st_size > 0
    assert (Path(str(names["folder"])) / "report.html").is_file()


def test_the_files_of_the_how_to_pages_make_a_study(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site, staffing = blocks("docs/how-to/own-department.md", "yaml")
    nurse, policy, readings, study = blocks("docs/how-to/own-triage-policy.md", "yaml")
    stated = {"nurse/ours": nurse, "triage/our_ai": policy}
    (new,) = re.findall(
        r"^aeflow new department ours (.*)$", OWN_DEPARTMENT.read_text("utf-8"), re.MULTILINE
    )
    totals = dict(word.split("=") for word in new.split())
    for path in new_scaled_department("ours", totals, tmp_path / "configs"):
        text = path.read_text(encoding="utf-8")
        known = {"site": site, "staffing": staffing}.get(path.parent.name)
        if known is not None:  # what the page replaces
            text = yaml.safe_dump(laid_over(yaml.safe_load(text), yaml.safe_load(known)))
        if path.parent.name == "study":  # its first comment says where nurses and product go
            assert "write `- override /nurse@_global_.nurse: ours` above `_self_`" in text
            stated_study, of_page = yaml.safe_load(text), yaml.safe_load(study)
            stated_study["defaults"].insert(-1, of_page["defaults"][1])
            arms = stated_study["arms"] | of_page["arms"]
            text = yaml.safe_dump(stated_study | {"arms": arms, "focus": of_page["focus"]})
        stated[f"{path.parent.name}/ours"] = text
    assert (
        yaml.safe_load(stated["study/ours"])["arms"]["our_ai"]
        == yaml.safe_load(study)["arms"]["our_ai"]
    )
    for name, text in stated.items():
        path = tmp_path / "configs" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    loaded = simulation.config.load("study=ours")
    assert loaded.arm("our_ai").policy.name == "our_ai"
    without_minutes = {
        key: value for key, value in yaml.safe_load(policy).items() if key != "minutes"
    }
    read_twice = yaml.safe_dump(without_minutes | yaml.safe_load(readings))
    (tmp_path / "configs/triage/our_ai.yaml").write_text(read_twice, encoding="utf-8")
    assert "our_ai_share" in simulation.config.load("study=ours", "readings=all").design.arms
    (covers,) = re.findall(r"^covers:.*\n", policy, re.MULTILINE)
    of_all = covers.replace("labels: [walk_in, referred], ", "")
    (tmp_path / "configs/triage/our_ai.yaml").write_text(policy.replace(covers, of_all))
    assert simulation.config.load("study=ours").arm("our_ai").policy.covers.labels is None
    (tmp_path / "configs/triage/our_ai.yaml").write_text(policy.replace(covers, ""))
    with pytest.raises(ConfigError) as refused:
        simulation.config.load("study=ours")
    assert "covers.labels" in refused.value.faults[0].where
    assert {arm.policy.nurse.matrix.counts[0] for arm in loaded.arms} == {(45, 5, 0, 0, 0)}
    pathway = loaded.baseline.pathway
    assert sum(
        each.per_day or 0 for each in pathway.arrivals.values() if each.attends
    ) == pytest.approx(280)
    assert pathway.pools["resus_bays"].capacity == 4
    assert [shift.hours for shift in pathway.pools["triage_nurses"].rota or ()] == [
        "22-7",
        "7-22",
        "11-19",
    ]


def test_the_scenarios_of_the_page_on_supply_and_demand_change_the_department() -> None:
    """Together, because a department takes a second to check."""
    scenarios = [
        yaml.safe_load(text) for text in blocks("docs/how-to/supply-and-demand.md", "yaml")
    ]
    faults = Faults()
    for stated in scenarios:
        validated(Scenario, stated, "scenario", faults)
    assert faults == []
    raw = composed()
    usual = pathway_from(raw)
    made = pathway_from(
        raw, changes={path: value for each in scenarios for path, value in each["changes"].items()}
    )
    changed = {path.partition(".")[2] for each in scenarios for path in each["changes"]}
    assert sum(len(each["changes"]) for each in scenarios) == len(changed)
    assert made.durations["ward_stay"].scale == 1.03 * usual.durations["ward_stay"].scale
    assert mean_per_day(made.arrivals["elective"]) == mean_per_day(usual.arrivals["elective"])
    assert timetable(made.pools["doctors"]) != timetable(usual.pools["doctors"])
    assert made.follows.keys() - usual.follows.keys() == {"laboratory"}
    assert made.lasting_factors.keys() - usual.lasting_factors.keys() == {"demand"}


def test_the_study_of_the_how_to_page_on_own_measures_has_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (study,) = blocks("docs/how-to/own-measures.md", "yaml")
    path = tmp_path / "configs" / "study" / "ours.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(study, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    loaded = simulation.config.load("study=ours")
    assert [target.measure for target in loaded.design.secondary] == [
        "seen_in_an_hour",
        "bed_wait_p90",
    ]
    assert loaded.design.measures.keys() == {
        "bed_wait_p90",
        "seen_in_an_hour",
        "lost",
        "doctors_at_night",
    }


def test_the_architecture_is_read_in_one_sitting() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 170
