"""`aeflow new department`: a copy that runs by the command that is printed, and what is refused."""

import re
from pathlib import Path

import pytest

from simulation.config import load
from simulation.config.ensembles import priors_named
from simulation.config.files import packaged_configs, search_folders
from simulation.config.new import sources
from tests.cli.conftest import SHORT, Aeflow
from tests.held import Hold

pytestmark = pytest.mark.usefixtures("undrawn")

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "small-department.md"


def test_a_copy_runs_by_the_commands_that_are_printed_and_that_the_how_to_gives(
    aeflow: Aeflow, here: Path
) -> None:
    new, *others = commands(HOW_TO.read_text(encoding="utf-8"))
    output = aeflow(*new.split())
    assert output.code == 0
    paths = [line.partition(":")[0] for line in output.out.splitlines()][:2]
    assert paths == ["configs/pathway/ours.yaml", "configs/study/ours.yaml"]
    printed = [
        line.partition("aeflow ")[2] for line in output.out.splitlines() if "  aeflow " in line
    ]
    assert printed == others == ["compare study=ours", "show study=ours"]
    for command in others:
        assert aeflow(*command.split(), *SHORT).code == 0
    assert next((here / "results" / "ours").glob("*/report.html")).is_file()


def commands(page: str) -> list[str]:
    return re.findall(r"^aeflow (.*)$", page, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("source", sources([packaged_configs()]))
def test_every_department_that_can_be_copied_gives_the_same_department(
    source: str, aeflow: Aeflow
) -> None:
    assert aeflow("new", "department", "ours", f"from={source}").code == 0
    ours, theirs = load("study=ours"), load(f"study={source}")
    assert ours.design.name == ours.baseline.pathway.name == "ours"
    assert [arm.arm for arm in ours.arms] == [arm.arm for arm in theirs.arms]
    assert ours.choices["pathway"] == "ours"
    for one, other in zip(ours.arms, theirs.arms, strict=True):
        assert {**vars(one.pathway), "name": ""} == {**vars(other.pathway), "name": ""}


def test_a_copy_can_be_copied_and_goes_into_the_folder_that_is_named(
    aeflow: Aeflow, here: Path
) -> None:
    assert (
        aeflow("new", "department", "first", "from=gallery/one_nurse", "--config-dir", "mine").code
        == 0
    )
    output = aeflow("new", "department", "second", "from=first", "--config-dir=mine")
    assert output.code == 0
    assert "aeflow show study=second --config-dir mine" in output.out
    assert sorted(path.name for path in (here / "mine" / "study").iterdir()) == [
        "first.yaml",
        "second.yaml",
    ]


def test_what_is_there_is_not_overwritten(aeflow: Aeflow, here: Path) -> None:
    aeflow("new", "department", "ours", "from=gallery/one_nurse")
    path = here / "configs" / "study" / "ours.yaml"
    path.write_text("mine", encoding="utf-8")
    output = aeflow("new", "department", "ours", "from=gallery/fast_track")
    assert "configs/study/ours.yaml: is there already. Choose another name" in output.message
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("ours", "from=gallery/fast_trak"), "from=gallery/fast_trak"),
        (("ours", "from=gallery/nothing"), "Known names"),
        (("ours", "from=fast_track"), "Did you mean 'gallery/fast_track'?"),
        (("ours", "from=../study/ai_triage"), "department to start"),
        (("../ours", "from=gallery/one_nurse"), "'../ours'"),
        (("latest", "from=gallery/one_nurse"), "'latest'"),
        (("yes", "from=gallery/one_nurse"), "'yes'"),
        (("ai_triage", "from=gallery/one_nurse"), "'ai_triage'"),
        (("ours",), "new department NAME attendances_per_day=280"),
        (("from=gallery/one_nurse",), "new department NAME attendances_per_day=280"),
        (("ours", "from=gallery/one_nurse", "beds=510"), "new department NAME attendances_per_day=280"),
        (("ours", "attendances_per_day=50"), "equal to 60 (patients a day)"),
        (("ours", "attendances_per_day=280", "beds=20"), "from=gallery/clinic (docs/how-to/small-department.md)"),
        (("ours", "beds=20"), "from=gallery/clinic (docs/how-to/small-department.md)"),
        (("ours", "attendances_per_day=280", "bedz=510"), "Did you mean 'beds'?"),
        (("ours", "beds=510"), "attendances_per_day"),
        (("ours", "attendances_per_day=280", "beds=many"), "beds: "),
        (("typical", "attendances_per_day=280"), "'typical'"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_message_and_nothing_is_written(
    words: tuple[str, ...], told: str, aeflow: Aeflow, here: Path, hold: Hold
) -> None:
    hold(aeflow("new", "department", *words).message, told)
    assert list(here.iterdir()) == []


def test_another_kind_of_thing_is_refused(aeflow: Aeflow) -> None:
    assert (
        "Say: aeflow new department"
        in aeflow("new", "study", "ours", "from=gallery/one_nurse").message
    )


def test_a_folder_that_cannot_be_written_to_is_one_message(aeflow: Aeflow, here: Path) -> None:
    (here / "configs").write_text("a file", encoding="utf-8")
    assert (
        "cannot be written" in aeflow("new", "department", "ours", "from=gallery/one_nurse").message
    )


OWN_DEPARTMENT = HOW_TO.with_name("own-department.md")


@pytest.mark.slow
def test_totals_give_a_department_that_loads_and_says_how_full_its_beds_are(
    aeflow: Aeflow, here: Path, hold: Hold
) -> None:
    output = aeflow(*commands(OWN_DEPARTMENT.read_text(encoding="utf-8"))[0].split())
    assert output.code == 0
    told = " ".join(output.out.split())
    assert re.search(
        r"patients would fill 10\d % of the 510 staffed\. More than 100 % works because full wards",
        told,
    )
    hold(told, "Nothing there")
    assert "Does not fit" not in output.out
    study = load("study=ours")
    pathway = study.baseline.pathway
    assert sum(
        each.per_day or 0 for each in pathway.arrivals.values() if each.attends
    ) == pytest.approx(280)
    assert (
        sum(each.capacity or 0 for each in pathway.pools.values() if each.role == "adult_bed")
        == 510
    )
    assert "second_triage_nurse_from_9" not in study.design.arms
    night = pathway.pools["doctors"].rota
    assert night is not None
    low, high = priors_named("ours", search_folders()).parameters["doctors_at_night"].range
    assert low < night[0].number < high


@pytest.mark.slow
def test_beds_over_100_per_cent_are_one_clear_message(aeflow: Aeflow) -> None:
    output = aeflow("new", "department", "ours", "attendances_per_day=280", "beds=420")
    assert output.out.count("Beds over 100 %") == 1


@pytest.mark.slow
def test_beds_over_100_per_cent_are_reported_before_and_above_the_answer(aeflow: Aeflow) -> None:
    aeflow("new", "department", "ours", "attendances_per_day=280", "beds=420")
    output = aeflow("compare", "study=ours", *SHORT).out
    assert output.count("Beds over 100 %") == 2
    assert output.rindex("Beds over 100 %") < output.index("Effects on")


@pytest.mark.slow
def test_every_command_of_the_how_to_runs_in_an_empty_folder(aeflow: Aeflow) -> None:
    for command in commands(OWN_DEPARTMENT.read_text(encoding="utf-8")):
        short = () if command.startswith("new") else SHORT
        assert aeflow(*command.split(), *short).code == 0
