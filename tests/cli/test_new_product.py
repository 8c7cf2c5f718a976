"""`aeflow new product`: what it writes is what the how-to writes by hand, and a mistake is one message."""

import re
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import fields, is_dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml

import simulation as ae
from simulation.cli import main
from simulation.config import load
from simulation.config.validating import validated
from simulation.department.config_dataclass import Sourced
from simulation.department.rota import mean_per_day
from simulation.department.vocabulary import Choice
from simulation.errors import Faults
from simulation.report.offer import size_lines
from simulation.study.study import Study
from simulation.triage.estimates import Estimate
from simulation.triage.stated import Nurse, Tool
from tests.cli.conftest import SHORT, Aeflow
from tests.docs.test_small_department import write_department

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
OFFER = (HOW_TO / "vendor-offer.md").read_text(encoding="utf-8")
BY_HAND = (HOW_TO / "own-triage-policy.md").read_text(encoding="utf-8")
TABLES = dict(zip(("nurses.csv", "product.csv"), re.findall(r"^```text\n(.*?)^```$", OFFER, re.S | re.M), strict=True))
COMMANDS = [line.split() for line in re.findall(r"^aeflow (.*)$", OFFER, re.MULTILINE)]
DEPARTMENT, PRODUCT, COMPARE, BREAK_EVEN = COMMANDS


@pytest.fixture
def tables(here: Path) -> None:
    """The two tables of the how-to, in the empty folder."""
    for name, text in TABLES.items():
        (here / name).write_text(text, encoding="utf-8")


# --- what is written ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Study]:
    """The folder that the command of the how-to writes into, with the seconds and the price of the files by hand; what
    it says; and the study that it makes."""
    folder = tmp_path_factory.mktemp("offer")
    for name, text in TABLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as output:
        patch.chdir(folder)
        assert main([*PRODUCT, "seconds_saved=30", "price_per_attendance=1.8", 'source=panel, "May"']) == 0
        return folder / "configs", output.getvalue(), load("study=our_ai")


@pytest.mark.parametrize(("group", "kind", "block"), [("nurse", Nurse, 0), ("triage", Tool, 1)])
def test_the_files_state_what_the_how_to_states_by_hand(
    group: str, kind: type, block: int, written: tuple[Path, str, Study]
) -> None:
    by_hand = re.findall(r"^```yaml\n(.*?)^```$", BY_HAND, re.DOTALL | re.MULTILINE)[block]
    by_command = (written[0] / group / "our_ai.yaml").read_text(encoding="utf-8")
    one, other = (read(kind, text) for text in (by_hand, by_command))
    assert without_provenance(one) == without_provenance(other)
    assert one != other  # each names its own source


@pytest.mark.slow
@pytest.mark.usefixtures("tables")
def test_the_break_even_of_the_how_to_is_asked_of_the_study_of_the_product(aeflow: Aeflow) -> None:
    aeflow(*PRODUCT)
    output = aeflow(*BREAK_EVEN, "dry_run=true")
    assert (output.code, output.err) == (0, "")
    assert "nothing was simulated" in output.out
    elsewhere = [word for word in BREAK_EVEN if not word.startswith("study=")]
    assert "It is one of study=our_ai" in aeflow(*elsewhere, "dry_run=true").message


def read(kind: type, text: str) -> Any:
    faults = Faults()
    made = validated(kind, yaml.safe_load(text), "", faults)
    assert faults == []
    return made


def without_provenance(stated: Any) -> Any:
    """A statement without evidence, sources, ranges to sweep, and whether it is a claim."""
    if isinstance(stated, tuple):
        return tuple(map(without_provenance, stated))
    if not is_dataclass(stated) or isinstance(stated, type):
        return stated
    bare = {each.name: without_provenance(getattr(stated, each.name)) for each in fields(stated)}
    bare |= {"evidence": "assumed", "source": ""} if isinstance(stated, Sourced) else {}
    bare |= {"range": None, "claim": False} if isinstance(stated, Estimate) else {}
    return replace(stated, **bare)


def test_every_arm_has_the_nurses_and_the_answer_begins_with_the_product(written: tuple[Path, str, Study]) -> None:
    study = written[2]
    assert study.design.focus == ("our_ai",)
    assert "our_ai" in study.design.question
    assert {arm.policy.nurse.matrix.counts[0] for arm in study.arms if arm.policy.nurse} == {(45, 5, 0, 0, 0)}
    assert "lean_triage" in [arm.name for arm in study.arms]


def test_every_number_says_where_it_comes_from(written: tuple[Path, str, Study]) -> None:
    policy = written[2].arm("our_ai").policy
    assert policy.ai is not None
    assert policy.nurse is not None
    assert policy.acceptance is not None
    assert policy.price_per_attendance is not None
    assert (policy.ai.matrix.evidence, policy.nurse.matrix.evidence) == ("measured", "measured")
    stated = 'given to aeflow new product on the command line: panel, "May"'
    assert policy.ai.matrix.source == f"counts in product.csv, {stated}"
    assert policy.nurse.matrix.source == f"counts in nurses.csv, {stated}"
    assert policy.price_per_attendance.source == f"the offer's price, {stated}"
    assert policy.acceptance.evidence == "assumed"
    assert policy.price_per_attendance.evidence == "published"


def test_it_says_what_it_wrote_what_the_tables_say_what_it_assumed_and_what_is_next(
    written: tuple[Path, str, Study],
) -> None:
    output = written[1]
    assert output.splitlines()[0] == "configs/nurse/our_ai.yaml: how your nurses label, in every arm."
    assert re.search(r"^    nurses  .* 14\.\d %$", output, re.MULTILINE)
    assert re.search(r"^    our_ai alone  .* 20\.0 %$", output, re.MULTILINE)
    assert "limit is 1 point more under-triage of levels 1-2 among everybody" in " ".join(output.split())
    assert re.search(r"^  for the typical department of England.*  first: aeflow new department$", output, re.MULTILINE)
    assert re.search(
        r"^  used for those .*, not for ambulances +covers=walk_in,referred,ambulance$", output, re.MULTILINE
    )
    assert "seconds_saved=" not in output
    assert f"aeflow {' '.join(COMPARE)}\n" in output


def test_the_tables_say_what_their_counts_say(written: tuple[Path, str, Study]) -> None:
    """Of levels 1-2 the product errs down on one in five of either level, so the mix does not matter."""
    counts = [list(map(int, row.split(","))) for row in TABLES["product.csv"].split()]
    assert [sum(row[level + 1 :]) / sum(row) for level, row in enumerate(counts[:2])] == [0.2, 0.2]
    assert re.search(r"our_ai alone .* 20\.0 %", written[1])


def test_only_patients_for_whom_it_is_used_change_the_share_of_everybody(written: tuple[Path, str, Study]) -> None:
    """Under-triage of levels 1-2, reckoned by hand from arrivals and the two tables."""
    pathway = written[2].arm("our_ai").pathway
    levels = pathway.attributes["acuity_true"]
    assert isinstance(levels, Choice)
    assert isinstance(levels.shares, Mapping)
    nurses, product = (0.1, 11 / 75), (0.2, 0.2)
    patients = before = after = 0.0
    for name, source in pathway.arrivals.items():
        for level in (0, 1) if source.attends else ():
            number = mean_per_day(source) * levels.shares[name][level]
            accepted = 0.6 if name in ("walk_in", "referred") else 0.0
            patients += number
            before += number * nurses[level]
            after += number * (accepted * product[level] + (1 - accepted) * nurses[level])
    told = f"among everybody: here from {100 * before / patients:.1f} % to {100 * after / patients:.1f} %."
    assert told in " ".join(written[1].split())


def test_price_and_seconds_are_shown_as_totals(written: tuple[Path, str, Study]) -> None:
    study, output = written[2], " ".join(written[1].split())
    told = re.search(r"Price: £1\.80 x ([\d,]+) attendances for which it is used = £([\d,]+) a year\.", output)
    assert told is not None
    n, pounds = (int(number.replace(",", "")) for number in told.groups())
    arrivals = study.arm("our_ai").pathway.arrivals
    assert n == pytest.approx(365 * sum(mean_per_day(arrivals[name]) for name in ("walk_in", "referred")), abs=1)
    assert pounds == pytest.approx(1.8 * n, rel=0.01)
    assert re.search(r"Time: 30 s less at triage: −0\.\d+ min on average \(of 5\.\d\) for 100 %", output)
    assert "Check: " not in output


@pytest.mark.parametrize(
    ("word", "warned"),
    [
        ("price_per_attendance=180", "is that price in pounds, and for one attendance (price_per_attendance)?"),
        ("price_per_attendance=0.02", "is that price in pounds"),
        ("seconds_saved=0.5", "is that time in seconds, and for one patient (seconds_saved)?"),
        ("seconds_saved=-3000", "is that time in seconds"),
    ],
)
def test_a_number_that_looks_like_another_unit_is_questioned(
    word: str, warned: str, written: tuple[Path, str, Study]
) -> None:
    key, text = word.split("=")
    study = written[2].on_typical()
    policy = study.arm("our_ai").policy
    if key == "seconds_saved":
        (effect,) = policy.effects
        assert effect.seconds_saved is not None
        saved = replace(effect.seconds_saved, value=float(text), range=(-3600, 3600))
        changed = replace(policy, minutes=replace(effect, seconds_saved=saved))
    else:
        assert policy.price_per_attendance is not None
        changed = replace(policy, price_per_attendance=replace(policy.price_per_attendance, value=float(text)))
    arms = tuple(replace(arm, policy=changed) if arm.name == "our_ai" else arm for arm in study.arms)
    assert f"Check: {warned}" in " ".join(" ".join(size_lines(replace(study, arms=arms), "our_ai")).split())


@pytest.mark.slow
def test_the_answer_says_that_the_product_fails_the_limit_on_under_triage(written: tuple[Path, str, Study]) -> None:
    """By more than the margin of a point, with every other arm left out."""
    study = written[2].on_typical().of_arms(["nurse", "sham", "our_ai"])
    run = replace(study.run, replications=6, warm_up_days=7, measured_days=28, cool_down_days=1, doublings=0)
    result = ae.compare(replace(study, run=run, executor="serial"))
    row = result.row("our_ai", "under_triage_1_2_share", "all")
    assert row.difference_low > 0.01


@pytest.mark.slow
def test_the_commands_of_the_how_to_run_in_an_empty_folder_and_lead_to_one_another(
    aeflow: Aeflow, here: Path, tables: None
) -> None:
    department = aeflow(*DEPARTMENT)
    assert department.code == 0
    assert "aeflow new product NAME labels=product.csv nurses=nurses.csv acceptance=0.6" in department.out
    product = aeflow(*PRODUCT)
    assert product.code == 0
    assert "for ours, the only department of your own" in product.out
    compared = aeflow(*COMPARE, *SHORT)
    assert compared.code == 0
    assert "- The product offered (our_ai): " in compared.out
    assert load("study=our_ai").choices["site"] == "ours"
    assert next((here / "results" / "our_ai").glob("*/report.html")).is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("exact_share=0.7", "under_share=0.1", "role=replaces"), "it alone"),
        (("seconds_saved=-20", "covers=walk_in,ambulance"), "its cost is 'not stated' price_per_attendance=1.8"),
        (("labels=product.csv", "acceptance=0.6", "nurses=language"), "are not of the same patients"),
        (("labels=product.csv", "acceptance=0.6"), "two Korean hospitals, not as yours nurses=nurses.csv"),
    ],
)
def test_less_is_enough(words: tuple[str, ...], told: str, aeflow: Aeflow, tables: None) -> None:
    output = aeflow("new", "product", "it", *words)
    assert output.code == 0
    assert told in " ".join(output.out.split())
    assert load("study=it").arm("it").policy.name == "it"


# --- what is refused ---------------------------------------------------------------------------------------------

TABLE = ("labels=product.csv", "nurses=nurses.csv")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("our_ai",), "Say: aeflow new product NAME labels=product.csv nurses=nurses.csv acceptance=0.6"),
        (TABLE, "Say: aeflow new product NAME"),
        (("our_ai", *TABLE), "acceptance: is missing. Say how often nurses take its label"),
        (("our_ai", *TABLE, "acceptance=0.6", "role=replaces"), "acceptance: is stated with role=replaces"),
        (("our_ai", *TABLE, "acceptance=60"), "acceptance: found 60. Allowed: less than or equal to 1"),
        (("our_ai", *TABLE, "acceptance=most"), "acceptance: found 'most'. Allowed: a valid number"),
        (("our_ai", *TABLE, "accept=0.6"), "accept: unknown key 'accept'. Did you mean 'acceptance'?"),
        (("our_ai", *TABLE, "acceptance=0.6", "exact_share=0.8"), "exact_share: is stated with a table (labels=)"),
        (("our_ai", "exact_share=0.8", "role=replaces"), "under_share: is missing. Without a table both"),
        (("our_ai", "acceptance=0.6"), "labels: is missing. Give its table (labels=product.csv), or exact_share"),
        (("our_ai", "labels=products.csv", "acceptance=0.6"), "products.csv: cannot be read: No such file"),
        (("our_ai", "labels=product.csv", "nurses=korean", "acceptance=1"), "Name a CSV file of counts, or one of"),
        (("our_ai", "labels=nurses.csv", "nurses=nurses.csv", "acceptance=1"), "counts the same as the nurses' table"),
        (("our_ai", "labels=turned.csv", "nurses=nurses.csv", "acceptance=1"), "turned.csv: its columns add up to"),
        (("our_ai", "labels=reversed.csv", "nurses=nurses.csv", "acceptance=1"), "One of them is upside down: the"),
        (("our_ai", *TABLE, "acceptance=1", "department=theirs"), "department=theirs: there is no study of that name"),
        (("lean_triage", *TABLE, "acceptance=1"), "'lean_triage': is a triage that comes with aeflow"),
        (("one_more_triage_nurse", *TABLE, "acceptance=1"), "is an arm of study=ai_triage already"),
        (("our ai", *TABLE, "acceptance=1"), "'our ai': is not a name for a product"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_message_and_nothing_is_written(
    words: tuple[str, ...], told: str, aeflow: Aeflow, here: Path, tables: None
) -> None:
    rows = [row.split(",") for row in TABLES["product.csv"].split()]
    turned = "\n".join(",".join(column) for column in zip(*rows, strict=True))
    (here / "turned.csv").write_text(turned, encoding="utf-8")
    upside_down = "\n".join(",".join(row[::-1]) for row in rows[::-1])
    (here / "reversed.csv").write_text(upside_down, encoding="utf-8")
    assert told in aeflow("new", "product", *words).message
    assert sorted(path.name for path in here.iterdir()) == [
        "nurses.csv", "product.csv", "reversed.csv", "turned.csv",
    ]  # fmt: skip


def test_one_of_two_departments_has_to_be_named(aeflow: Aeflow, own: Callable[..., Path], tables: None) -> None:
    own({f"{kind}/{name}.yaml": "" for kind in ("study", "site") for name in ("north", "south")})
    told = aeflow("new", "product", "our_ai", *TABLE, "acceptance=0.6").message
    assert told == "department: there are 2 departments of your own: north, south. Name one (department=north)."


def test_what_is_there_is_not_overwritten(aeflow: Aeflow, here: Path, own: Callable[..., Path], tables: None) -> None:
    own({"triage/our_ai.yaml": "mine"})
    assert "configs/triage/our_ai.yaml: is there already" in aeflow(*PRODUCT).message
    assert (here / "configs" / "triage" / "our_ai.yaml").read_text(encoding="utf-8") == "mine"
    assert not (here / "configs" / "study").exists()


@pytest.mark.slow
def test_what_does_not_load_is_not_written(aeflow: Aeflow, here: Path, tables: None) -> None:
    assert "unknown arrival source 'walkin'. Did you mean 'walk_in'?" in aeflow(*PRODUCT, "covers=walkin").message
    assert not (here / "configs").exists()


# --- a small department ------------------------------------------------------------------------------------------

THREE = "label,urgent,standard,minor\nurgent,55,4,1\nstandard,20,180,20\nminor,1,19,100\n"


@pytest.fixture
def clinic(here: Path) -> None:
    """A department of three levels whose triage errs, and a product's table of these levels."""
    write_department(here / "configs")
    (here / "three.csv").write_text(THREE, encoding="utf-8")


@pytest.mark.usefixtures("clinic")
def test_tables_have_the_levels_of_the_department(aeflow: Aeflow, here: Path) -> None:
    output = aeflow("new", "product", "offered", "labels=three.csv", "acceptance=0.6")
    assert output.code == 0, output.err
    assert "used for those triaged at the desk" not in output.out  # nobody comes by another door
    text = (here / "configs" / "triage" / "offered.yaml").read_text(encoding="utf-8")
    assert "- [20, 180, 20]   # true standard" in text
    arm = load("study=offered").arm("offered")
    assert arm.policy.covers is not None
    assert arm.policy.covers.labels == ("walk_in",)


@pytest.mark.usefixtures("clinic", "tables")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("labels=product.csv",), "Give 3 rows (true levels) of 3 counts (labels), urgent to minor"),
        (("labels=three.csv", "seconds_saved=30"), "has neither triage_interview nor triage_record"),
        (("labels=three.csv", "covers=ambulance"), "unknown arrival source 'ambulance'"),
    ],
)
def test_what_a_small_department_has_not_is_one_message(words: tuple[str, ...], told: str, aeflow: Aeflow) -> None:
    assert told in aeflow("new", "product", "offered", "acceptance=0.6", *words).message


def test_a_product_for_a_department_that_labels_nobody_is_refused(aeflow: Aeflow, here: Path) -> None:
    aeflow("new", "department", "ours", "from=gallery/clinic")
    (here / "three.csv").write_text(THREE, encoding="utf-8")
    assert aeflow("new", "product", "offered", "labels=three.csv", "acceptance=0.6").message == (
        "department=ours: labels nobody, so there is no triage that a product could change. "
        "Add a triage that can be wrong: docs/how-to/small-department.md."
    )
