"""`aeflow offer`: the page's commands in an empty folder; what they write is what was answered."""

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
import yaml
from omegaconf import OmegaConf

import simulation as ae
from simulation.cli import main
from simulation.config import load
from simulation.config.arms import lay_changes
from simulation.config.composing import packaged, stated_in
from simulation.config.dotted import Change
from simulation.config.ensembles import Ensemble, ensemble_named
from simulation.config.files import copied, mapping_in, packaged_configs
from simulation.config.validating import validated
from simulation.config.writing import write_files
from simulation.department.rota import mean_per_day
from simulation.errors import ConfigError, Faults, refuse
from simulation.offers import offer, solving
from simulation.offers.department import OfferedDepartments, of_one_team, stated_rotas
from simulation.offers.interview import Answer, OfferAnswers, check
from simulation.offers.labels import UNDER_TRIAGE, _sickest_at_triage
from simulation.offers.product import ARM, OfferedProduct, alternatives
from simulation.offers.solving import CalibrationTarget, Solver
from simulation.records.schema import Floats
from simulation.study.department_warnings import department_warnings, overload_faults
from simulation.study.design import OfferFacts
from simulation.study.study import Study
from tests.held import Hold

from .by_hand import by_hand

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "vendor-offer.md").read_text(
    encoding="utf-8"
)
ANSWERS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)[0]
TABLES = dict(
    zip(
        ("product.csv", "nurses.csv"),
        re.findall(r"^```text\n(.*?)^```$", PAGE, re.S | re.M),
        strict=True,
    )
)
COMMANDS = [shlex.split(line)[1:] for line in re.findall(r"^aeflow .*$", PAGE, re.MULTILINE)]
ASKED, READ, COMPARE, CHANGED, AGAIN, _BESIDE, BREAK_EVEN = COMMANDS
FIRST_SCREEN = PAGE.split("## Agreement")[0]
SHORT = {"warm_up_days": 0, "measured_days": 3, "cool_down_days": 1, "doublings": 0}


class Written(NamedTuple):
    folder: Path
    said: str
    study: Study


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """What the page's answers make, with weeks in the place of years."""
    folder = tmp_path_factory.mktemp("offer")
    (folder / "offer.yaml").write_text(ANSWERS, encoding="utf-8")
    with in_weeks(folder), redirect_stdout(StringIO()) as output:
        assert main(READ) == 0
        return Written(folder / "configs", output.getvalue(), load("study=our_ai"))


@contextmanager
def in_weeks(folder: Path) -> Iterator[None]:
    """In a folder, with weeks in the place of the years that are solved for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(offer, "YEAR", SHORT)
        patch.setattr(solving, "YEARS", (1,))
        patch.setattr(solving, "FRESH", 1)
        patch.setattr(solving.CalibrationTarget, "near", 1.0)  # the mean of so few days may be off
        patch.setattr(
            "simulation.config.studies.processors", lambda: 1
        )  # to start more takes longer than the weeks
        yield


def test_every_file_of_an_offer_is_read_alike_by_us_and_by_hydra(written: Written) -> None:
    paths = [*written.folder.rglob("*.yaml")]
    assert {path.parent.name for path in paths} == {"study", "triage", "nurse", "ensembles"}
    for path in paths:
        read = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
        assert mapping_in(path, path.name, Faults()) == read, path


def test_the_command_says_how_answers_were_read_and_what_to_do_next(
    written: Written, hold: Hold
) -> None:
    said = " ".join(written.said.split())
    assert "2 from 8 to 22 h, 1 from 22 to 8 h = 38 hours a day" in said
    assert "£120,000 a year = £2.45 a patient at 48,881 patients a year" in said
    assert "used for 60 % of walk-ins and GP referrals, 43 % of everybody" in said
    hold(said, "hospital beds (as many")
    assert "; answered 62.0 %" in said
    assert f"aeflow {' '.join(COMPARE)}" in said


def test_page_and_screen_are_short(written: Written) -> None:
    assert len(FIRST_SCREEN.split()) <= 500
    assert len(written.said.split()) <= 380
    end = written.said[written.said.index("30 departments") :]
    assert len(end.strip().splitlines()) <= 15
    assert len(re.findall(r"\S*\w\S*", end)) <= 130


def test_the_study_sets_the_product_beside_what_its_price_buys(written: Written) -> None:
    design = written.study.design
    assert design.focus == (ARM,)
    assert design.equal_spend is not None
    assert design.equal_spend.pounds_per_year == 120_000
    assert {"lean_triage", "triage_nurse", "clinician", "medical_bed"} <= design.arms.keys()
    assert written.study.arm(ARM).policy.cost_per_year is not None


def test_the_answers_hold_in_every_department_and_blanks_differ(written: Written) -> None:
    study = written.study
    assert study.departments is not None
    assert len(study.departments) == offer.N_DEPARTMENTS
    policies = []
    for number in range(4):
        ready = study.of(number).arm(ARM)
        rota = ready.pathway.pools["triage_nurses"].rota
        assert rota is not None
        assert {(shift.hours, shift.number) for shift in rota} == {("8-22", 2), ("22-8", 1)}
        assert ready.policy.covers is not None
        assert ready.policy.covers.share is not None
        assert ready.policy.covers.share.value == 0.6
        policies.append(ready.policy)
    assert len({policy.acceptance.value for policy in policies if policy.acceptance}) == 4
    assert len({policy.beside_nurse for policy in policies}) == 4


def test_the_usual_department_of_an_offer_has_what_was_answered_and_never_stands_for_all(
    written: Written,
) -> None:
    """Costs and warnings are read from it; a run that is too short for the departments does not fall back on it."""
    alone = load("study=our_ai", "ensemble=none", config_dir=written.folder).baseline.pathway
    attending = [source for source in alone.arrivals.values() if source.attends]
    assert sum(map(mean_per_day, attending)) == pytest.approx(310, abs=0.1)
    assert alone.pools["triage_nurses"].source == "as answered"
    with pytest.raises(ConfigError, match="Give 40 or more"):
        load("study=our_ai", "run.replications=24", config_dir=written.folder)


def test_the_ends_of_what_agreement_leaves_open_are_arms(written: Written) -> None:
    lower, upper = (
        written.study.arm(f"{ARM}_{end}").policy for end in ("regardless", "where_wrong")
    )
    assert lower.measured_against == "nurses"
    exact = [
        np.mean(np.diag(np.array(policy.ai.matrix.shares)))
        for policy in (lower, upper)
        if policy.ai
    ]
    assert exact[0] < exact[1] - 0.1


def test_the_offer_states_claims_what_is_not_shown_and_every_blank_with_how_to_settle_it(
    written: Written,
    hold: Hold,
) -> None:
    facts = written.study.design.offer
    assert facts is not None
    assert facts.claims == ("88 % agreement with nurses",)
    assert "number of cases" in facts.not_shown
    hold(facts.assumed, "20 to 80 %")
    assert any(
        clause.startswith("blank, so ranges: who sees children and ") for clause in facts.assumed
    )
    assert written.study.departments is not None
    known = {*written.study.departments.varied_values, "structure", "cause"}
    for blank in facts.blanks:
        assert set(blank.parameters) <= known, blank
    asked = {parameter for blank in facts.blanks for parameter in blank.parameters}
    assert {
        "acceptance",
        "under_share",
        "correlation",
        "triage_busy",
        "structure",
        "cause",
    } <= asked
    assert "used_share" not in asked
    differ = next(blank for blank in facts.blanks if blank.arms)
    hold(differ.find, "nurses differ (in 1,700 patients)")


def test_the_offer_states_the_figures_that_were_answered(written: Written) -> None:
    facts = written.study.design.offer
    assert facts is not None
    assert facts.stated == {
        "attendances_per_day": 310,
        "within_4h_share": 0.62,
        "admitted_share": 0.27,
    }


def test_what_agreement_may_mean_for_the_sickest_stands_beside_the_naive_reading(
    written: Written,
) -> None:
    """The more it departs where nurses are wrong, the fewer are labelled too low."""
    said = " ".join(written.said.split())
    order = ("the other way)", "whoever is right", "half way", "(kind to it)")
    shares = [float(re.search(rf"{re.escape(words)}: ([\d.]+) %", said)[1]) for words in order]  # type: ignore[index]
    assert shares == sorted(shares, reverse=True)
    naive = re.search(r"read as accuracy, which agreement is not: ([\d.]+) %(,?)", said)
    assert naive is not None
    assert not naive[2]
    assert re.search(
        r"the limit is 25\.21 %.*the other way\): [\d.]+ %, above the limit whoever is right: 25\.22 %, above "
        r"the limit half",
        said,
    ), "as many digits as show which is more"
    assert float(naive[1]) < shares[1]
    assert written.study.design.offer is not None
    assert written.study.design.offer.where_nurses_are_right == pytest.approx(
        shares[0] / 100, abs=5e-4
    )


@pytest.mark.slow
def test_too_low_a_level_is_told_of_the_patients_of_whom_the_measure_speaks(
    written: Written,
) -> None:
    """The share that a week of each department gives without the product, as on the board's page, is the one told."""
    told = float(re.search(r"at triage: about ([\d.]+) % today", " ".join(written.said.split()))[1])  # type: ignore[index]
    alone = written.study.of_arms([])
    run = replace(
        alone.run, replications=30, measured_days=7, warm_up_days=0, cool_down_days=1, doublings=0
    )
    measured = ae.compare(replace(alone, run=run)).row("nurse", UNDER_TRIAGE).mean
    assert abs(told - 100 * measured) < 1.5, (
        "with those who are not triaged it would be 2 points more"
    )


def test_the_sickest_whom_a_product_leaves_out_by_age_are_counted_among_the_others() -> None:
    arm = load("study=alternatives", "ensemble=none").arm("ai_label_advises")
    assert arm.policy.covers is not None

    def counts(**only: tuple[str, ...]) -> list[list[int]]:
        covers = replace(arm.policy.covers, only=only)
        return [*_sickest_at_triage(arm.pathway, replace(arm.policy, covers=covers), 1)]

    whole, children = counts(), counts(age_band=("child",))
    adults = counts(age_band=("adult", "older", "oldest"))
    assert min(map(sum, (children[0], adults[0]))) > 1000
    assert np.add(children[0], adults[0]).tolist() == whole[0]
    assert np.add(*children).tolist() == np.add(*whole).tolist()


@pytest.mark.slow
def test_one_answer_is_changed_by_its_key_and_the_study_says_what_differs(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        solving.Solver,
        "solve",
        lambda own, wanted: (own.ensemble, {name: np.ones(30) for name in solving.KEPT}),
    )
    with in_weeks(written.folder.parent), redirect_stdout(StringIO()) as output:
        assert main(CHANGED) == 0
        other = load("study=our_ai_2")
    assert f"aeflow {' '.join(AGAIN)}" in output.getvalue()
    assert other.design.offer is not None
    assert other.design.offer.differs == ("share of use 80 %, not 60 %",)
    covers = other.arm(ARM).policy.covers
    assert covers is not None
    assert covers.share is not None
    assert covers.share.value == 0.8
    assert "60 %" in (written.folder.parent / "offer.yaml").read_text(encoding="utf-8"), (
        "the file stays"
    )


@pytest.mark.parametrize(("typed", "goes_on"), [("no", False), ("", True)])
def test_somebody_at_a_terminal_is_asked_whether_it_was_read_right(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str,
    goes_on: bool,
) -> None:
    (tmp_path / "offer.yaml").write_text(ANSWERS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda prompt: typed)
    monkeypatch.setattr(offer, "write_offer", lambda *_, **__: refuse("here", "it went on", "Stop"))
    assert main(READ) == (2 if goes_on else 0)
    assert ("Stopped. Change offer.yaml" in capsys.readouterr().out) is not goes_on


@pytest.mark.slow
def test_every_measure_is_that_of_the_study_built_by_hand(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one of its departments: totals, rotas, policy and nurses in YAML, and the department's factors multiplied."""
    monkeypatch.chdir(tmp_path)
    ensemble = yaml.safe_load(
        (written.folder / "ensembles" / "our_ai.yaml").read_text(encoding="utf-8")
    )
    run = (
        "run.replications=2",
        *(f"run.{key}={value}" for key, value in SHORT.items()),
        "executor=serial",
    )
    usual = {
        name
        for name, of in ensemble["structures"].items()
        if (of["staffing"], of["pathway"]) == ("typical", "between_contacts")
    }
    number = next(
        number
        for number, member in enumerate(ensemble["departments"])
        if member["cause"] == "clinicians" and member["structure"] in usual
    )
    hand = ae.compare(by_hand(tmp_path, ensemble, number, *run))
    made = ae.compare(
        load("study=our_ai", f"run.department={number}", *run, config_dir=written.folder).of_arms(
            [ARM]
        )
    )
    for arm, other in (("nurse", "nurse"), (ARM, "hand_ai")):
        for theirs, ours in zip(
            made.arm(arm).replications, hand.arm(other).replications, strict=True
        ):
            assert theirs.measures.names == ours.measures.names
            assert np.array_equal(theirs.measures.values, ours.measures.values, equal_nan=True)
    assert made.row(ARM, "wait_to_clinician_mean").difference != 0


def test_a_second_offer_takes_the_next_name_and_is_refused_that_of_the_first(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(written.folder.parent)
    (fresh := tmp_path / "study").mkdir()
    (fresh / "our_ai.yaml").write_bytes((written.folder / "study" / "our_ai.yaml").read_bytes())
    assert offer.name_of("Our AI", tmp_path) == "our_ai_2"
    with redirect_stdout(StringIO()):
        assert main([*READ, "name=our_ai"]) == 2
    with redirect_stdout(StringIO()) as output:
        assert main([*READ, "check=true"]) == 0
    assert "Attendances a day: 310" in output.getvalue()


@pytest.mark.slow
def test_the_other_commands_of_the_page_run(
    written: Written, undrawn: None, monkeypatch: pytest.MonkeyPatch, hold: Hold
) -> None:
    monkeypatch.chdir(written.folder.parent)
    short = [
        "run.departments=20",
        "run.replications=20",
        "executor=serial",
        *(f"run.{key}={value}" for key, value in SHORT.items()),
    ]
    with redirect_stdout(StringIO()) as output:
        assert main([*COMPARE, *short]) == 0
        assert main([*BREAK_EVEN, "dry_run=true"]) == 0
    assert "No verdict. " in output.getvalue(), "three days of departments that are not solved for"
    hold(output.getvalue(), "side of A4")
    stored, stated = ae.read("results/latest").study, load("study=our_ai", *short)
    for number in (0, 5):  # each department has its own policy in a run that is read, too
        assert stored.of(number).arm(ARM).policy == stated.of(number).arm(ARM).policy
    assert stored.of(0).arm(ARM).policy != stored.of(5).arm(ARM).policy
    assert "nothing was simulated" in output.getvalue()


def test_the_page_asks_at_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], hold: Hold
) -> None:
    monkeypatch.chdir(tmp_path)
    typed = iter(["310", "62 %", "quit"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(typed))
    assert main(ASKED) == 0
    hold(capsys.readouterr().out, "same command goes")
    assert (
        yaml.safe_load((tmp_path / "offer.yaml").read_text(encoding="utf-8"))["within_four_hours"]
        == "62 %"
    )


def test_faults_of_answers_come_together_before_anything_is_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(
        "attendances_per_day: 9999\nprice_per_year: 2\ndoes: advises\n", encoding="utf-8"
    )
    assert main(["offer", "answers=a.yaml"]) == 2
    told = capsys.readouterr().err
    assert "attendances_per_day: is 9,999" in told
    assert "Did you mean 'price_a_year'?" in told
    assert "product: is missing" in told
    assert not (tmp_path / "configs").exists()


# --- departments and products from values alone --------------------------------------------------------------------


def values(**answers: Answer) -> OfferAnswers:
    checked = check({"attendances_per_day": 310, "product": "It", "does": "saves time", **answers})
    assert not checked.all_faults
    return checked.values


def test_stated_beds_are_those_of_every_department() -> None:
    made = OfferedDepartments(values(beds=480), 24)
    beds = ("short_stay_beds", "medicine_beds", "specialist_beds", "surgery_beds")
    places = [list(made.parameters).index(name) for name in beds]
    assert {sum(member.values[place] for place in places) for member in made.members()} == {480}


def test_who_sees_children_and_ambulances_leaves_the_structures_that_fit() -> None:
    assert set(OfferedDepartments(values(), 24).structures) >= {
        "two_by_day",
        "one_nurse",
        "shared_front_door",
    }
    assert set(OfferedDepartments(values(children="doctors"), 24).structures) == {
        "around_the_clock", "children_shared", "three_children_shared",
    }  # fmt: skip
    known = values(ambulances="triage nurses", triage_nurses="3 8-22, 1 22-8")
    team = OfferedDepartments(known, 20)
    assert set(team.structures) == {"shared_front_door", "shared_front_door_children_shared"}
    assert stated_rotas(known) == {
        "assessment_nurses": [{"hours": "8-22", "number": 1}],
        "triage_nurses": [{"hours": "8-22", "number": 2}, {"hours": "22-8", "number": 1}],
    }
    assert {member.structure for member in team.members()} == set(team.structures)


@pytest.mark.slow
@pytest.mark.parametrize("against", ["outcome", "nurses"])
@pytest.mark.parametrize(
    ("exact", "under"), [(None, "0 %"), (None, "28.6 %"), (None, "50 %"), ("75 %", "25 %"), ("50 %", "50 %")]
)  # fmt: skip
def test_whatever_share_of_labels_is_too_low_makes_a_product(
    against: str, exact: str | None, under: str, tmp_path: Path
) -> None:
    """No label is both too low and the same as another's, and none too low at all is read as hardly any."""
    known = values(does="labels", against=against, exact_share=exact, under_share=under)
    departments, product = OfferedDepartments(known, 20), OfferedProduct("it", known)
    made = offer._with_product(offer.unsolved_ensemble(departments), product)
    write_files(offer._texts(made, departments, product, []), "it", tmp_path)
    load("study=it", config_dir=tmp_path)


def test_one_team_at_the_door_is_not_refused_for_a_typical_department_of_two(
    tmp_path: Path,
) -> None:
    """By night the second nurse of the team is not on duty: in a department of two, nobody would see ambulances."""
    known = values(ambulances="triage nurses", triage_nurses="3 10-20, 1 20-10")
    made = offer.unsolved_ensemble(OfferedDepartments(known, 20))
    write_files(offer.texts_alone(made, None), offer.DEPARTMENTS, tmp_path)
    study = load(
        f"study={offer.DEPARTMENTS}", "run=weeks", "run.replications=40", config_dir=tmp_path
    )
    assert not overload_faults(study)
    assert not any("assessment" in warning.found for warning in department_warnings(study))


def test_a_structure_that_a_stated_rota_makes_the_same_as_another_stands_once() -> None:
    """Of the structures in which children have clinicians of their own, all but one differ in these rotas alone."""
    known = {
        "triage_nurses": "2 8-22, 1 22-8",
        "children": "own clinicians",
        "ambulances": "own nurses",
    }
    assert len(OfferedDepartments(values(**known), 20).structures) == 2
    (one,) = OfferedDepartments(values(**known, doctors="5 at all hours"), 20).structures.values()
    assert one.label.startswith("children have clinicians")


def test_a_stated_rota_keeps_the_desk_as_busy_as_the_ensemble_says() -> None:
    """By hand: two nurses from 8 to 22 h and one after are 25 of the 26 nurse hours of the typical desk by day."""
    raw, known = (
        copied(packaged()),
        {"triage_nurses": [{"hours": "8-22", "number": 2}, {"hours": "22-8", "number": 1}]},
    )
    change = Change("totals", {"attendances_per_day": 340, "rotas": known}, "here")
    lay_changes(raw, [change], Faults())
    assert raw["staffing"]["triage_nurses"]["rota"] == known["triage_nurses"]
    assert raw["staffing"]["doctors"]["rota"] == packaged()["staffing"]["doctors"]["rota"]
    scale = "triage_minutes_scale"
    typical = packaged()["calibration"][scale]["value"]
    assert raw["calibration"][scale]["value"] == pytest.approx(typical * 25 / 26)


def test_as_many_departments_are_of_each_cause_as_its_weight_says() -> None:
    members = OfferedDepartments(values(), 20).members()
    assert Counter(member.cause for member in members) == {
        "clinicians": 4, "places": 4, "pace": 6, "mixture": 6,
    }  # fmt: skip
    assert len({member.cause for member in members[:4]}) == 4, "mixed evenly"


@pytest.mark.slow
def test_a_cause_that_cannot_have_what_was_answered_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def solve(
        own: Solver, wanted: Sequence[CalibrationTarget]
    ) -> tuple[Ensemble, dict[str, Floats]]:
        share = np.where(own.causes["places"], 0.5, 0.62)
        return own.ensemble, {name: share for name in solving.KEPT}

    monkeypatch.setattr(Solver, "solve", solve)
    answers = {"attendances_per_day": 310, "product": "It", "does": "saves time"}
    lines, _ = offer.write_offer({**answers, "within_four_hours": "62 %"}, tmp_path)
    assert lines[0].startswith("24 departments")
    assert "answered 62.0 %" in lines[1]
    assert lines[5].startswith("Left out")
    assert "always full (50.0 % within" in lines[5]
    made = ensemble_named("it", (tmp_path, packaged_configs()))
    assert set(made.causes) == {"clinicians", "pace", "mixture"}
    assert len(made.departments) == 24


def test_a_share_is_taken_off_the_whole_triage_and_seconds_off_interview_and_record() -> None:
    share, seconds = (
        OfferedProduct("it", values(saves=saves)).policy()["minutes"] for saves in ("12 %", "30 s")
    )
    assert share["factor"]["value"] == 0.88
    assert len(share["durations"]) == 3
    assert seconds["seconds_saved"]["value"] == 30
    assert seconds["seconds_saved"]["claim"]


def test_blanks_of_a_product_are_spread_evenly_over_their_ranges() -> None:
    product = OfferedProduct("it", values(does="advises", against="panel"))
    drawn = product.drawn(24)
    assert list(drawn) == [
        "used_share",
        "acceptance",
        "exact_share",
        "under_share",
        "nurses_errors",
    ]
    use = np.sort(drawn["used_share"][1])
    assert np.allclose(np.diff(use), 0.7 / 24, atol=1e-3)
    wrong = drawn["under_share"][1] / (1 - drawn["exact_share"][1])
    assert 0.25 <= wrong.min() < 0.3
    assert 0.7 < wrong.max() <= 0.75


@pytest.mark.parametrize(
    ("pounds", "shift", "cost", "label"),
    [
        (120_000, {"hours": "14-18", "number": 1}, 116_000, "One more clinician from 14 to 18 h"),
        (480_000, {"hours": "14-22", "number": 2}, 464_000, "2 more clinicians from 14 to 22 h"),
        (20_000, {"hours": "14-16", "number": 1}, 58_000, "One more clinician from 14 to 16 h"),
    ],
)
def test_a_price_buys_whole_ones_or_as_many_hours_as_fit(
    pounds: float, shift: dict[str, object], cost: int, label: str
) -> None:
    """By hand: eight hours of a clinician a day cost £232,000 a year, so one hour £29,000; two hours are the least."""
    known = stated_in(("study=alternatives",), [packaged_configs()]).raw["study"]["arms"]
    arm = dict(alternatives(known, pounds))["clinician"]
    assert arm["changes"] == {"staffing.doctors.extra_shifts": [shift]}
    assert (arm["cost"]["per_year"], arm["label"]) == (cost, label)
    assert arm["cost"]["range"] == [
        round(143_000 * cost / 232_000),
        round(392_000 * cost / 232_000),
    ]


def test_all_that_a_price_buys_costs_no_more_than_it() -> None:
    known = stated_in(("study=alternatives",), [packaged_configs()]).raw["study"]["arms"]
    costs = {name: arm["cost"]["per_year"] for name, arm in alternatives(known, 120_000)}
    assert {name for name, cost in costs.items() if cost > 120_000} == {"medical_bed"}, (
        "one costs £125,925"
    )
    assert (
        min(
            costs[name]
            for name in ("triage_nurse", "clinician", "childrens_clinician", "practitioner")
        )
        > 100_000
    )


@pytest.mark.parametrize("does", ["saves time and advises", "labels"])
def test_the_facts_of_an_offer_of_which_nothing_more_is_known_are_no_longer_than_a_label_may_be(
    does: str,
    hold: Hold,
) -> None:
    known = values(does=does)
    departments, product = OfferedDepartments(known, 24), OfferedProduct("it", known)
    texts = offer._texts(
        offer._with_product(offer.unsolved_ensemble(departments), product), departments, product, []
    )
    stated = yaml.safe_load(texts["study"])["offer"]
    facts = validated(OfferFacts, stated, "offer", faults := Faults())
    assert facts is not None, faults
    hold(facts.assumed[-1])


def test_an_offer_without_a_price_is_compared_at_the_middle_of_the_published_range() -> None:
    product = OfferedProduct("it", values())
    assert product.policy()["price_per_attendance"]["range"] == [1.32, 2.37]
    assert product.study([])["equal_spend"]["pounds_per_year"] > 0


def test_a_name_that_is_taken_is_refused_before_anything_is_simulated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="comes with aeflow"):
        offer.write_offer(
            {"attendances_per_day": 310, "product": "Lean triage", "does": "saves time"}, tmp_path
        )


def test_a_four_hour_share_left_blank_is_another_in_each_department_and_one_answered_is_not() -> (
    None
):
    drawn, answered = (
        next(offer._targets(values(**known), OfferedDepartments(values(), 20).members()))
        for known in ({}, {"within_four_hours": "62 %"})
    )
    assert np.diff(np.sort(drawn.wanted)) == pytest.approx(0.28 / 20)
    assert answered.wanted == 0.62


def test_ambulance_nurses_left_blank_are_those_of_the_typical_site_or_one_more_but_not_of_one_team() -> (
    None
):
    def more(**known: Answer) -> tuple[list[float], list[float]]:
        """In departments with nurses of their own for ambulances, and in those with one team."""
        departments = OfferedDepartments(values(**known), 20)
        made = offer.unsolved_ensemble(departments)
        if "ambulance_nurses" not in made.parameters:
            return [], []
        place = list(made.parameters).index("ambulance_nurses")
        parts: tuple[list[float], list[float]] = [], []
        for member in map(made.member, range(20)):
            one_team = of_one_team(made.structures[member.structure])
            parts[one_team].append(member.values[place])
        return parts

    assert sum(more(ambulances="own nurses")[0]) == 10
    assert more(ambulances="triage nurses") == ([], [])
    own, team = more()
    assert set(own) == {0, 1}
    assert not any(team)
