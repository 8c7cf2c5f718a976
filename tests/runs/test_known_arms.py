"""Arms that another run simulated are taken from it: bit for bit what a fresh run gives, and no more than it holds."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import simulation as ae
from simulation.config import load
from simulation.department.vocabulary import Pathway
from simulation.engine.choose import ENGINES, EngineName
from simulation.resumable import run_into
from simulation.runs import running
from simulation.runs.provenance import TAKEN, arm_keys, identity_of
from simulation.runs.replicate import ReplicationResult, replicate
from simulation.runs.stored_run import finished_runs
from simulation.study.study import ReadyArm, Study
from tests.config.ours import ensemble
from tests.held import Hold

pytestmark = pytest.mark.usefixtures("undrawn", "without_page")
DATA = ("replications.parquet", "details.parquet", "summary.csv", "explanation.json", "study.json")
Ran = list[tuple[int, tuple[str, ...]]]
Stop = Callable[..., None]
DAY: dict[str, Any] = {"warm_up_days": 0, "measured_days": 1, "cool_down_days": 1, "doublings": 0}


@pytest.fixture
def without_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of results without a report."""
    monkeypatch.setattr("simulation.resumable.write_report", lambda *_: None)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    """The replications that are run in a test, each with its arms."""
    done: Ran = []

    def counted(study: Study, number: int, **_: object) -> ReplicationResult:
        done.append((number, tuple(arm.name for arm in study.arms)))
        return replicate(study, number)

    monkeypatch.setattr(running, "replicate", counted)
    return done


@pytest.fixture(scope="module")
def arms_of(study: Study) -> Callable[..., Study]:
    """The study of some arms, one day, as often as is said."""

    def make(*names: str, n: int = 2, **length: Any) -> Study:
        run = replace(study.run, replications=n, **{**DAY, **length})
        return replace(study.of_arms(names), run=run)

    return make


def renamed(study: Study, name: str = "another") -> Study:
    """The same study, arms and policies under other names and with other words, dearer."""
    arms = []
    for ready in study.arms:
        cost = ready.arm.cost and replace(ready.arm.cost, per_year=99_000.0, range=None)
        policy, label = replace(ready.policy, name=f"{ready.policy.name}_2"), f"{ready.name}!"
        of_arm = replace(ready.arm, label=label, cost=cost)
        called = ready.name if ready.name == study.design.baseline else f"{ready.name}_2"
        arms.append(ReadyArm(called, of_arm, ready.pathway, policy))
    by_name = {ready.name: ready.arm for ready in arms}
    sham = study.design.sham and f"{study.design.sham}_2"
    design = replace(study.design, name=name, arms=by_name, sham=sham, focus=())
    return replace(study, arms=tuple(arms), alone=arms[0], design=design)


def without_sham(study: Study) -> Study:
    """The study in which no arm is a sham: there no arm hangs on the baseline."""
    return replace(study, design=replace(study.design, sham=None))


def taken(stored: Any) -> dict[str, Any]:
    """By the name of the folder, what is said to be taken from it."""
    of = stored.result.manifest.get(TAKEN, {})
    return {Path(folder).name: (one["arms"], one["replications"]) for folder, one in of.items()}


def is_as_fresh(study: Study, stored: Any, folder: Path) -> bool:
    """Whether every file of data is that of a run that takes nothing from another."""
    fresh = run_into(study, folder, reuse=False, say=lambda _: None).folder
    assert ae.same_numbers(ae.read(fresh), ae.read(stored.folder))
    return all((fresh / name).read_bytes() == (stored.folder / name).read_bytes() for name in DATA)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_only_new_arms_are_simulated_and_the_data_are_those_of_a_fresh_run(
    engine: EngineName, arms_of: Callable[..., Study], ran: Ran, tmp_path: Path, hold: Hold
) -> None:
    before = without_sham(replace(arms_of("sham", n=2), engine_asked=engine))
    first = run_into(before, tmp_path, say=lambda _: None)
    after = replace(renamed(arms_of("sham", "lean_triage", n=3)), engine_asked=engine)
    after = without_sham(after)
    ran.clear()
    said: list[str] = []
    stored = run_into(after, tmp_path, say=said.append)
    rest, every = ("lean_triage_2",), ("nurse", "sham_2", "lean_triage_2")
    assert ran == [(0, rest), (1, rest), (2, every)]
    assert taken(stored) == {first.folder.name: (["nurse", "sham_2"], 2)}
    hold(said[0].replace(str(first.folder), "FOLDER"))
    assert is_as_fresh(after, stored, tmp_path / "fresh")


@pytest.mark.slow
def test_arms_of_several_runs_make_one_that_simulates_nothing(
    arms_of: Callable[..., Study], ran: Ran, tmp_path: Path
) -> None:
    folders = [
        run_into(without_sham(renamed(arms_of(name), name)), tmp_path).folder.name
        for name in ("sham", "lean_triage")
    ]
    ran.clear()
    both = without_sham(arms_of("sham", "lean_triage"))
    stored = run_into(both, tmp_path, say=lambda _: None)
    assert not ran
    assert taken(stored).keys() == set(folders)
    assert is_as_fresh(both, stored, tmp_path / "fresh")


@pytest.mark.slow
def test_groups_of_a_tool_stay_those_of_both_its_coverages(ran: Ran, tmp_path: Path) -> None:
    study = load("study=coverage", "ensemble=none", "executor=serial", "engine=compiled")
    coverages = study.design.coverages
    assert coverages is not None
    study = replace(study, run=replace(study.run, replications=1, **DAY))
    fewer = [arm for arm in study.arms if arm.name != coverages.partial]
    names = {study.design.baseline, coverages.partial, coverages.full}
    some = replace(study.of_arms(names), design=replace(study.design, name="some"))
    first = run_into(some, tmp_path, say=lambda _: None)
    ran.clear()
    stored = run_into(study, tmp_path, say=lambda _: None)
    assert set(taken(stored)[first.folder.name][0]) == names
    assert len(ran) == 1
    assert len(fewer) >= len(names)
    assert is_as_fresh(study, stored, tmp_path / "fresh")


@pytest.mark.slow
def test_departments_of_an_ensemble_are_told_apart(ran: Ran, tmp_path: Path) -> None:
    def over(**changed: Any) -> Study:
        for name, text in ensemble(**changed).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        length = ("run.replications=3", "run.measured_days=7", "run.warm_up_days=0")
        words = ("study=mine", "ensemble=ours", "executor=serial", "run.departments=3")
        return load(*words, *length, config_dir=tmp_path)

    first = run_into(over().of_arms(["two"]), tmp_path, say=lambda _: None)
    after = over()
    after = replace(after, design=replace(after.design, name="after"))
    ran.clear()
    stored = run_into(after, tmp_path, say=lambda _: None)
    assert [arms for _, arms in ran] == [("quicker",)] * 3
    assert taken(stored) == {first.folder.name: (["one", "two"], 3)}
    assert is_as_fresh(after, stored, tmp_path / "fresh")
    assert not taken(run_into(over(n=4), tmp_path, say=lambda _: None))


def long_and_short(
    study: Study, ward: Callable[..., Pathway], *, minutes: dict[str, float], **length: Any
) -> Study:
    """A ward as it is, and others where patients stay so long; a day, with a day to leave in."""
    arms = [
        replace(study.baseline, name=name, pathway=ward(minutes=stay))
        for name, stay in minutes.items()
    ]
    design = replace(study.design, arms={arm.name: arm.arm for arm in arms}, sham=None, focus=())
    run = replace(study.run, replications=2, **{**DAY, "doublings": 4, **length})
    return replace(study, arms=tuple(arms), alone=arms[0], design=design, run=run)


@pytest.mark.slow
def test_an_arm_that_needs_longer_to_end_has_every_arm_simulated_as_long(
    study: Study, ward: Callable[..., Pathway], ran: Ran, tmp_path: Path
) -> None:
    short, long = {"nurse": 30.0, "short": 60.0}, {"nurse": 30.0, "short": 60.0, "long": 4000.0}
    runs = {}
    for name, minutes in (("short", short), ("long", long)):
        of = long_and_short(study, ward, minutes=minutes)
        of = replace(of, design=replace(of.design, name=name))
        ran.clear()
        runs[name] = run_into(of, tmp_path, say=lambda _: None)
        assert is_as_fresh(of, runs[name], tmp_path / "fresh")
    days = [runs["long"].result.replications[0].cool_down_days, study.run.cool_down_days]
    assert days[0] > DAY["cool_down_days"]
    assert [names for _, names in ran[:4]].count(tuple(long)) == 2
    # nor is what was simulated longer taken for a study that ends sooner
    other = long_and_short(study, ward, minutes={"nurse": 30.0, "other": 90.0})
    again = run_into(other, tmp_path, say=lambda _: None)
    assert set(taken(again)) == {runs["short"].folder.name}
    same = long_and_short(study, ward, minutes=long)
    ran.clear()
    run_into(same, tmp_path, say=lambda _: None)
    assert not ran


def test_what_decides_an_arm_is_in_its_key_and_no_name_price_or_other_arm(
    arms_of: Callable[..., Study],
) -> None:
    def keys(study: Study) -> dict[str, str]:
        return {
            name.removesuffix("_2"): key
            for name, key in arm_keys(study, identity_of(study)).items()
        }

    three = arms_of("sham", "lean_triage")
    known = keys(three)
    assert len({*known.values()}) == 3
    assert keys(renamed(three)) == known
    assert not set(keys(without_sham(three)).values()) & set(known.values())
    assert keys(arms_of("sham", n=5)) == {name: known[name] for name in ("nurse", "sham")}
    assert not set(keys(arms_of("sham", measured_days=2)).values()) & set(known.values())
    assert not set(keys(arms_of("sham", seed=5)).values()) & set(known.values())
    nurse, sham, lean = three.arms
    other = replace(
        three, arms=(nurse, sham, replace(lean, policy=replace(lean.policy, minutes=())))
    )
    assert {name for name, key in keys(other).items() if key != known[name]} == {"lean_triage"}
    based = replace(three, design=replace(three.design, baseline="sham"))
    assert not set(keys(based).values()) & set(known.values())


@pytest.fixture
def stop_at_two(monkeypatch: pytest.MonkeyPatch) -> Stop:
    """Runs a study until two replications have ended, as if somebody had pressed Ctrl-C."""

    def stopped(study: Study, number: int, **_: object) -> ReplicationResult:
        if number == 2:
            raise KeyboardInterrupt
        return replicate(study, number)

    def stop(study: Study, folder: Path, **options: bool) -> None:
        with monkeypatch.context() as until:
            until.setattr(running, "replicate", stopped)
            with pytest.raises(KeyboardInterrupt):
                run_into(study, folder, say=lambda _: None, **options)

    return stop


@pytest.mark.slow
def test_a_run_that_takes_no_arm_takes_none_when_it_is_resumed(
    arms_of: Callable[..., Study], ran: Ran, tmp_path: Path, stop_at_two: Stop
) -> None:
    run_into(renamed(arms_of("sham", n=3)), tmp_path, say=lambda _: None)
    after = arms_of("sham", "lean_triage", n=3)
    stop_at_two(after, tmp_path, resume=False)
    ran.clear()
    stored = run_into(after, tmp_path, say=lambda _: None)
    assert ran == [(2, tuple(arm.name for arm in after.arms))]
    assert taken(stored) == {}


@pytest.mark.slow
def test_a_stopped_run_goes_on_with_the_arms_that_it_had_taken(
    arms_of: Callable[..., Study], tmp_path: Path, stop_at_two: Stop
) -> None:
    first = run_into(renamed(arms_of("sham", n=3)), tmp_path, say=lambda _: None)
    after = arms_of("sham", "lean_triage", n=3)
    stop_at_two(after, tmp_path)
    said: list[str] = []
    stored = run_into(after, tmp_path, say=said.append)
    assert any("2 of 3 replications are kept" in words for words in said)
    assert taken(stored)[first.folder.name][1] == 3
    assert is_as_fresh(after, stored, tmp_path / "fresh")


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["details.parquet", "replications.parquet", "manifest.json"])
def test_damage_is_noticed_and_the_arms_are_simulated_again(
    damage: str, arms_of: Callable[..., Study], ran: Ran, tmp_path: Path
) -> None:
    first = run_into(renamed(arms_of("sham", n=1)), tmp_path, say=lambda _: None)
    path = first.folder / damage
    content = path.read_bytes()
    if damage == "manifest.json":
        manifest = json.loads(content)
        manifest["arm_keys"] |= {"sham_2": manifest["arm_keys"]["nurse"]}
        path.write_text(json.dumps(manifest), encoding="utf-8")
    else:
        path.write_bytes(content[:900] + bytes([content[900] ^ 4]) + content[901:])
    ran.clear()
    said: list[str] = []
    stored = run_into(arms_of("sham", n=1), tmp_path, say=said.append)
    assert (ran, taken(stored)) == ([(0, ("nurse", "sham"))], {})
    assert [damage in words for words in said] == [True] * (damage != "manifest.json")


@pytest.mark.slow
def test_runs_of_an_older_version_and_of_another_engine_or_executor_give_no_arm(
    arms_of: Callable[..., Study], ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = arms_of("sham", n=1)
    run_into(renamed(study), tmp_path, say=lambda _: None)
    for other in (replace(study, engine_asked="reference"), replace(study, executor="threads")):
        assert not taken(run_into(other, tmp_path, say=lambda _: None))
    monkeypatch.setattr("simulation.runs.provenance.source_digest", lambda: "another")
    assert not taken(run_into(study, tmp_path, say=lambda _: None))


def test_a_published_page_is_no_run_from_which_an_arm_could_be_taken() -> None:
    results = Path(__file__).parents[2] / "results"
    assert (results / "published/ai_triage/manifest.json").is_file()
    assert [*finished_runs(results / "published")] == []
