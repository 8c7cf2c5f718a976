"""Which files Hydra chose, and that nothing of it is left behind for whoever called."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException

import simulation
from simulation.assurance.validate import SiteRuns
from simulation.config import composed, load, packaged_configs
from simulation.config.composing import folders_of_department, stated_in
from simulation.config.files import search_folders
from simulation.errors import ConfigError

Own = Callable[..., Path]
CONFIG = (packaged_configs() / "config.yaml").read_text(encoding="utf-8")
CALIBRATION = (packaged_configs() / "calibration" / "typical.yaml").read_text(encoding="utf-8")
SCENARIO = "question: {}\nchanges: {{}}\n"


# --- the name of what was chosen -----------------------------------------------------------------------------------


def test_a_config_of_the_users_with_another_scenario_is_reported_by_its_name(own: Own) -> None:
    study = load(
        "ensemble=none",
        config_dir=own(
            {"config.yaml": CONFIG.replace("scenario: usual", "scenario: busier_staff_follow")}
        ),
    )
    assert study.scenario == "busier_staff_follow"
    assert study.baseline.pathway.arrivals["walk_in"].scale == pytest.approx(1.1)


@pytest.mark.parametrize(
    "override",
    [
        "scenario=busier_staff_follow",
        "scenario='busier_staff_follow'",
        'scenario="busier_staff_follow"',
    ],
)
def test_a_scenario_is_called_as_its_file_however_it_is_quoted(override: str) -> None:
    assert load("ensemble=none", override).scenario == "busier_staff_follow"


def test_a_study_that_chooses_other_groups_says_which() -> None:
    chosen = stated_in(["study=published/treatment_centre"], search_folders()).choices
    assert chosen == {
        "study": "published/treatment_centre", "site": "published/treatment_centre", "calibration": "published/none",
        "staffing": "published/treatment_centre", "pathway": "published/treatment_centre",
        "nurse": "published/no_levels", "triage": "nurse", "scenario": "usual", "run": "departments",
    }  # fmt: skip


def test_the_hash_of_fitted_values_is_of_the_file_in_use(own: Own) -> None:
    mine = own(
        {
            "config.yaml": CONFIG.replace("calibration: typical", "calibration: mine"),
            "calibration/mine.yaml": CALIBRATION,
        }
    )
    site = SiteRuns(["run=validation", "engine=reference"], mine)
    assert site.calibration_file() == mine / "calibration" / "mine.yaml"


def test_a_config_that_states_a_scenario_itself_says_so(own: Own) -> None:
    text = CONFIG.replace("  - scenario: usual ", "  # ").replace(
        "engine: auto", 'scenario: {question: "q?", changes: {}}\nengine: auto'
    )
    assert load(config_dir=own({"config.yaml": text})).scenario == "config"


@pytest.mark.parametrize(
    ("files", "is_packaged"),
    [
        ({"scenario/usual.yaml": SCENARIO.format("Mine?")}, True),
        ({"config.yaml": CONFIG.replace("scenario: usual", "scenario: winter")}, True),
        ({"config.yaml": f"{CONFIG}\nsite: {{levels: [a]}}\n"}, False),
        ({"calibration/other.yaml": CALIBRATION}, False),
        ({"staffing/_part.yaml": "doctors: {}\n"}, False),
    ],
)
def test_a_department_is_read_from_the_packaged_files_unless_the_users_could_add_to_it(
    files: dict[str, str], is_packaged: bool, own: Own
) -> None:
    folders = search_folders(own(files))
    found = folders_of_department(stated_in([], folders), folders)
    assert found == (folders[-1:] if is_packaged else folders)


# --- nothing is left behind ----------------------------------------------------------------------------------------


def test_a_caller_with_a_hydra_of_its_own_still_has_it(tmp_path: Path) -> None:
    (tmp_path / "theirs.yaml").write_text("x: 1\n", encoding="utf-8")
    with initialize_config_dir(config_dir=str(tmp_path), version_base="1.3"):
        before = GlobalHydra.instance().hydra
        composed(["run.seed=99"])
        assert GlobalHydra.instance().hydra is before
        assert compose("theirs") == {"x": 1}


def test_folders_of_the_users_are_forgotten_even_after_a_mistake(own: Own, tmp_path: Path) -> None:
    mine = own({"scenario/mine.yaml": SCENARIO.format("Mine?"), "scenario/bad.yaml": "a: [\n"})
    composed(["scenario=mine"], config_dir=mine)
    with pytest.raises(ConfigError, match=r"scenario/bad\.yaml"):
        composed(["scenario=bad"], config_dir=mine)
    (tmp_path / "theirs.yaml").write_text("x: 1\n", encoding="utf-8")
    with (
        initialize_config_dir(config_dir=str(tmp_path), version_base="1.3"),
        pytest.raises(HydraException),
    ):
        compose("scenario/mine")


def test_threads_that_load_at_once_each_get_their_own_files(tmp_path: Path) -> None:
    folders = [tmp_path / f"of_{number}" for number in range(4)]
    for number, folder in enumerate(folders):
        (folder / "scenario").mkdir(parents=True)
        (folder / "scenario" / "mine.yaml").write_text(
            SCENARIO.format(f"Number {number}?"), encoding="utf-8"
        )
    smallest = ["study=published/treatment_centre", "scenario=mine"]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda folder: composed(smallest, config_dir=folder), folders))
    assert [raw["scenario"]["question"] for raw in found] == [
        f"Number {number}?" for number in range(4)
    ]


@pytest.mark.slow
def test_importing_the_room_registers_nothing_with_hydra() -> None:
    asked = (
        "import simulation.config; from hydra.core.singleton import Singleton; from hydra.core.plugins import Plugins; "
        "assert Plugins not in Singleton._instances"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_of_hydra_only_public_names_are_used() -> None:
    package = Path(simulation.__file__).parent
    private = [path for path in package.rglob("*.py") if "hydra._internal" in path.read_text()]
    assert not private


def test_a_caller_who_searches_in_his_own_folders_finds_none_of_ours(tmp_path: Path) -> None:
    composed(["run.seed=99"])
    (tmp_path / "theirs.yaml").write_text("x: 1\n", encoding="utf-8")
    with initialize_config_dir(config_dir=str(tmp_path), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        assert "aeflow" not in [place.provider for place in loader.get_search_path().get_path()]
