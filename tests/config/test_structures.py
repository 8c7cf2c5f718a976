"""A study over departments of several structures: who is on when and who does what differ, results are one table."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.config import load
from simulation.config.ensembles import ensemble_named
from simulation.config.files import packaged_configs
from simulation.errors import ConfigError
from simulation.study.study import Study
from tests.config.ours import MARKED
from tests.config.structures import ENSEMBLE, SHARED, STRUCTURES, files
from tests.held import Hold

Own = Callable[..., Path]
OVER = ("ensemble=ours", "run.replications=8")
CHANGES = "changes: {{staffing.triage_nurses.extra_shifts: [{{hours: {}, number: -1}}]}}"
OF_NINE = "changes: {staffing.triage_nurses.extra_shifts: [{hours: 9-10, number: 1}, {hours: 22-23, number: -1}]}"
EARLIER = (
    "+study.arms.earlier={label: 'Second triage nurse from 9 to 22 h', triage: nurse, staffing: typical, "
    f"{OF_NINE}, {MARKED}}}"
)
"""An arm for shifts of the typical rota, as one of the study `alternatives`."""
NIGHT_OFF = f"{{label: One nurse fewer from 22 to 23 h, triage: nurse, {CHANGES.format('22-23')}, {MARKED}}}"


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The default study over four departments of three structures."""
    folder = tmp_path_factory.mktemp("usual")
    for name, text in files().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return load(*OVER, "run.departments=4", config_dir=folder)


@pytest.fixture
def loaded(own: Own) -> Callable[..., Study]:
    """The same with these overrides."""

    def made(*overrides: str, ensemble: str = ENSEMBLE) -> Study:
        return load(
            *OVER,
            *(
                overrides
                if any("department" in word for word in overrides)
                else ("run.departments=4", *overrides)
            ),
            config_dir=own(files(ensemble)),
        )

    return made


def test_a_department_is_made_of_the_files_of_its_structure_then_its_changes_then_its_own_values(
    usual: Study,
) -> None:
    study = usual
    assert study.departments is not None
    assert study.departments.structure_of == ("usual", "three", "shared", "three")
    usual, three, shared, again = (study.of(number).baseline.pathway for number in range(4))
    assert [row.number for row in three.pools["triage_nurses"].rota] == [2, 3]
    assert [row.number for row in again.pools["triage_nurses"].rota] == [1, 3]
    assert usual.pools["triage_nurses"].rota[1].number == 2
    typical = study.baseline.pathway.durations["triage_interview"].scale
    assert three.durations["triage_interview"].scale == pytest.approx(1.5 * typical)
    assert again.durations["triage_interview"].scale == pytest.approx(1.5 * 0.9 * typical)
    assert shared.steps["children_contact"].any_of == ("children_doctors", "doctors")
    assert shared.steps["children_contact"].minutes == usual.steps["children_contact"].minutes
    assert three.pools["doctors"] == usual.pools["doctors"]


def test_single_values_and_arms_come_after_the_structure(loaded: Callable[..., Study]) -> None:
    study = loaded(
        "staffing.triage_nurses.rota.0.number=2", "site.durations.triage_interview.scale=2"
    )
    made = study.of(3)
    assert made.baseline.pathway.durations["triage_interview"].scale == 2
    assert [row.number for row in made.baseline.pathway.pools["triage_nurses"].rota] == [2, 3]
    assert made.arm("one_more_triage_nurse").pathway.pools["triage_nurses"].extra == 1


NURSES_SEE = f"""+study.arms.nurses_see={{label: 'Triage nurses alone see minors', triage: nurse,
changes: {{pathway.steps.minors_contact.any_of: [triage_nurses]}}, {MARKED}}}""".replace("\n", " ")
NO_NURSE_BY_NIGHT = """
defaults: [typical, _self_]
triage_nurses: {rota: [{hours: 8-20, number: 1}, {hours: 8-20, number: 3}], queues_until_open: true}
"""


def test_an_arm_that_leaves_patients_waiting_in_one_structure_alone_is_refused_and_the_structure_named(
    own: Own, hold: Hold
) -> None:
    """Triage nurses are on at all hours in the site, and not in one of its structures."""
    load(*OVER, "run.departments=4", NURSES_SEE, config_dir=own(files()))
    by_night = {**files(), "staffing/three_by_day.yaml": NO_NURSE_BY_NIGHT}
    load(*OVER, "run.departments=4", config_dir=own(by_night))
    with pytest.raises(ConfigError) as refused:
        load(*OVER, "run.departments=4", NURSES_SEE, config_dir=own(by_night))
    (fault,) = refused.value.faults
    assert fault.where == "study.arms.nurses_see"
    hold(str(fault), "in departments of the structure 'three', at 'minors_contact'")


def test_workers_make_the_same_departments(usual: Study) -> None:
    sent = pickle.loads(pickle.dumps(usual))
    assert sent.of(2).baseline.pathway == usual.of(2).baseline.pathway


def test_a_changed_file_of_a_structure_changes_what_is_stored_of_the_study(
    own: Own, usual: Study
) -> None:
    text = files()["staffing/three_by_day.yaml"]
    for number in (3, 4):
        changed = {**files(), "staffing/three_by_day.yaml": text.replace("3}", f"{number}}}")}
        study = load(*OVER, "run.departments=4", config_dir=own(changed))
        assert usual.departments is not None
        assert study.departments is not None
        assert (study.departments.content() == usual.departments.content()) == (number == 3)


def test_an_arm_for_shifts_that_a_structure_has_not_is_left_out_and_the_study_says_in_how_many_departments(
    loaded: Callable[..., Study],
    hold: Hold,
) -> None:
    study = loaded(EARLIER)
    assert "earlier" not in [arm.name for arm in study.of(0).arms]
    assert "earlier" not in study.design.arms
    words = "triage nurse from 9 to 22 h' was not"
    hold(study.left_out, words)


def test_that_arm_stays_where_structures_have_the_shifts_that_it_changes(
    loaded: Callable[..., Study],
) -> None:
    study = loaded(EARLIER, "run.department=2")
    assert "earlier" in study.design.arms
    assert study.left_out == ()


def test_an_arm_that_leaves_some_department_without_a_nurse_is_left_out_with_the_hours(
    loaded: Callable[..., Study],
    hold: Hold,
) -> None:
    """The rota has one nurse at night; two departments of four have one by day as well."""
    one = ENSEMBLE.replace("staffing: three_by_day", "staffing: one_nurse")
    study = loaded(f"+study.arms.night_off={NIGHT_OFF}", ensemble=one)
    assert "night_off" not in study.design.arms
    hold(study.left_out[0], "nurse fewer from 22 to 23 h' was not")


@pytest.mark.parametrize(
    ("values", "n"), [(((0.8, 2), (1, 1), (1.1, 2), (0.9, 1)), 2), (((0.8, 2),) * 4, 0)]
)
def test_the_number_on_a_department_s_rota_decides_what_is_impossible_without_any_structure(
    loaded: Callable[..., Study], values: tuple[tuple[float, int], ...], n: int
) -> None:
    """Two nurses by day, or one, as the parameter says: one fewer from 22 to 23 h leaves none where there is one."""
    by_day = ENSEMBLE.replace(STRUCTURES, "").replace("rota.0.number", "rota.1.number")
    rows = "".join(f"  - {list(row)}\n" for row in values)
    plain = by_day[: by_day.index("departments:")] + f"departments:\n{rows}"
    study = loaded(f"+study.arms.night_off={NIGHT_OFF}", ensemble=plain)
    assert ("night_off" in study.design.arms) == (n == 0)
    assert sum(f"{n} of the 4 departments cannot run it" in words for words in study.left_out) == (
        n > 0
    )


def test_an_arm_that_every_department_can_run_stays_however_its_change_is_written(
    loaded: Callable[..., Study],
) -> None:
    changes = {
        "beds": "{site.pools.medicine_beds.extra: {times: 2}}",
        "refers": "{staffing.doctors.extra: '${calibration.majors_chairs.value}'}",
        "shift": "{staffing.triage_nurses.extra_shifts: [{hours: 9-10, number: 1}]}",
        "rota": "{staffing.doctors.rota: [{hours: 0-24, number: 6}]}",
    }
    of = loaded(
        *(
            f"+study.arms.{name}={{label: {name}, triage: nurse, changes: {change}, {MARKED}}}"
            for name, change in changes.items()
        )
    ).of(1)
    changed = [name for name in changes if of.arm(name).pathway != of.baseline.pathway]
    assert set(changed) >= {"refers", "shift", "rota"}


def test_a_study_of_nothing_but_impossible_arms_is_refused_with_the_reason(
    own: Own, hold: Hold
) -> None:
    study = f"""
name: mine
question: What if a nurse left early?
baseline: nurse
arms:
  nurse: {{label: Nurse, triage: nurse}}
  night_off: {NIGHT_OFF}
primary:
  - {{measure: wait_to_clinician_mean, group: all, label: Wait, minimal_important_difference: 5, {MARKED}}}
"""
    folder = own(
        files(ENSEMBLE.replace("staffing: three_by_day", "staffing: one_nurse"), mine=study)
    )
    with pytest.raises(ConfigError) as refused:
        load("study=mine", *OVER, "run.departments=4", config_dir=folder)
    message = str(refused.value)
    hold(message, "study.arms.night_off")
    assert "or run one: ensemble=none" in message


@pytest.mark.parametrize(
    ("was", "becomes", "phrase"),
    [
        (
            "staffing: three_by_day",
            "staffing: three_by_dya",
            "structures.three.staffing",
        ),
        (
            "pathway: shared",
            "pathway: shard",
            "structures.shared.pathway",
        ),
        ("weight: 2", "weight: 0", "structures.usual.weight: found 0. Allowed: greater than 0"),
        (
            "{site.durations.triage_interview.scale: {times: 1.5}}",
            "{nurse.x: 1}",
            "'nurse.x' is no",
        ),
        (
            "structure: usual",
            "structure: usaul",
            "departments.0",
        ),
        (
            "{structure: usual, values: [0.8, 1]}",
            "[0.8, 1]",
            "departments.0: names no structure. Write {structure:",
        ),
        ("[1, 2]}\n", "[1, 3]}\n", "departments.1: triage_nurses is 3. Allowed: 1 to 2"),
        (
            STRUCTURES,
            "",
            "departments.0",
        ),
    ],
)
def test_structures_that_are_not_sound_are_refused_with_what_to_do(
    own: Own, was: str, becomes: str, phrase: str, hold: Hold
) -> None:
    assert was in ENSEMBLE
    folder = own(files(ENSEMBLE.replace(was, becomes, 1)))
    with pytest.raises(ConfigError) as refused:
        ensemble_named("ours", (folder, packaged_configs()))
    hold(str(refused.value), phrase)


def test_a_structure_with_other_steps_or_pools_is_refused(own: Own, hold: Hold) -> None:
    porters = f"pools: {{porters: {{kind: staff, role: flow, rota: [{{hours: 0-24, number: 1}}], {MARKED}}}}}"
    look = "steps: {look: {asks: [porters], minutes: [settling], next: tests}, children_contact: {next: look, "
    text = SHARED.replace("steps: {children_contact: {", look) + porters
    with pytest.raises(ConfigError) as refused:
        load(*OVER, "run.departments=4", config_dir=own({**files(), "pathway/shared.yaml": text}))
    where = "ensembles/ours.yaml.structures.shared: it and the first do not both have the"
    for names in ("steps look", "pools porters"):
        hold(str(refused.value), f"{where} {names}")


def test_a_fault_of_a_structure_names_it_with_the_first_of_its_departments(own: Own) -> None:
    text = SHARED.replace("doctors]", "doctrs]")
    with pytest.raises(
        ConfigError, match=r"department 2 \(shared\): pathway\.steps\.children_contact\.any_of"
    ):
        load(*OVER, "run.departments=4", config_dir=own({**files(), "pathway/shared.yaml": text}))


def test_an_arm_that_sets_a_rota_in_which_structures_differ_is_refused(
    loaded: Callable[..., Study],
) -> None:
    arm = f"{{label: Four, triage: nurse, changes: {{staffing.triage_nurses.rota.1.number: 4}}, {MARKED}}}"
    with pytest.raises(
        ConfigError, match=r"differ \('three' varies staffing\.triage_nurses\.rota\)"
    ):
        loaded(f"+study.arms.four={arm}")


def test_what_structures_differ_in_counts_among_the_values_in_which_departments_differ(
    usual: Study,
) -> None:
    """The triage nurses' rota, and by their changes the minutes and the nurses at night; who sees children."""
    departments = usual.departments
    assert departments is not None
    assert departments.n_varied == 5
