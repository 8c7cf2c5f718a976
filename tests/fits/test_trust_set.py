"""Departments that are held to what is published of a trust have its figures, or there is no set of them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulation as ae
from simulation.cli import main
from simulation.config.composing import packaged
from simulation.config.ensembles import ensemble_named
from simulation.config.files import search_folders
from simulation.config.totals import FOLLOWS, Scaling, on_duty
from simulation.config.writing import write_files
from simulation.errors import ConfigError
from simulation.fits import trust_set
from simulation.fits.solved import OVER_4H, OVER_12H, STAYS
from simulation.fits.trust_set import (
    ELSEWHERE,
    MET,
    SHARE,
    SHIPPED,
    TrustFigures,
    TrustSet,
    allocation_times,
    hold,
    set_hangs_on,
    shipped,
    shipped_rows,
    targets_of,
)
from simulation.offers.department import DOCTORS, members_of
from simulation.offers.offer import unsolved_ensemble
from simulation.offers.solving import FRESH, KEPT, Solver
from simulation.patients import lasting_factors
from simulation.records.schema import Floats
from simulation.trusts.search import trusts
from tests.held import Hold

N, YEARS = 24, sum(trust_set.ROUNDS) + FRESH
MOVED = {SHARE: (DOCTORS, -0.5), OVER_4H: (STAYS, 1.2), OVER_12H: (ELSEWHERE, 0.2)}
AT = dict(zip(MET, (0.6, 0.4, 0.14), strict=True))
MEASURES = (*KEPT, OVER_4H, OVER_12H)


@pytest.fixture(scope="module")
def figures() -> TrustFigures:
    return TrustFigures(trusts()["RXN"], "lancashire")


@pytest.fixture(scope="module")
def held(figures: TrustFigures) -> TrustSet:
    fresh: dict[str, Floats] = {name: np.full(N, of) for name, of in figures.wanted.items()}
    unsolved = unsolved_ensemble(figures.departments(N), figures.of)
    return TrustSet(figures, unsolved, fresh, figures.wanted, met=MET)


class Linear:
    """Departments whose shares hang on their parameters and on what months drew, in straight lines."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.years, self.stop_at = 0, 10**9
        monkeypatch.setattr(Solver, "_simulate", lambda solver, *of: self.simulate(solver, *of))

    def simulate(
        self, solver: Solver, points: Any, known: Any, missing: Sequence[int], _n: int, seed: int
    ) -> None:
        run = replace(solver.study.run, seed=seed)
        pathway, n = solver.study.baseline.pathway, len(solver.members)
        for number in missing:
            if self.years == self.stop_at:
                raise KeyboardInterrupt
            self.years += 1
            values = dict.fromkeys(MEASURES, 0.0)
            drawn = lasting_factors(pathway, run.drawn(number, 392))
            for name, (parameter, slope) in MOVED.items():
                values[name] = AT[name] + slope * points[parameter][number % n]
                for factor, slopes in solver.known.items():
                    of_each = np.broadcast_to(slopes.get(name, 0.0), n)
                    values[name] += of_each[number % n] * np.log(drawn[factor][28:]).mean()
            known[f"{number}"] = list(values.values())
            solver.kept.write()


@pytest.fixture
def linear(monkeypatch: pytest.MonkeyPatch) -> Linear:
    return Linear(monkeypatch)


def test_as_many_departments_are_of_each_cause_with_the_trusts_own_totals(held: TrustSet) -> None:
    causes = [member.cause for member in members_of(held.solved)]
    assert {cause: causes.count(cause) for cause in held.solved.causes} == dict.fromkeys(
        ("clinicians", "places", "pace", "mixture"), 6
    )
    totals = held.solved.totals
    assert totals is not None
    assert (totals.attendances_per_day, totals.admitted_share) == (395.2, 0.2452)
    assert totals.beds is None
    large = TrustFigures(trusts()["RRK"], "birmingham").departments(N).totals
    assert large.attendances_per_day == pytest.approx(1109 / 3, abs=0.1)


def test_each_share_has_a_parameter_of_its_own_and_bed_allocation_does_not_move(
    held: TrustSet,
) -> None:
    causes = [member.cause for member in members_of(held.solved)]
    targets, known = targets_of(held.wanted, causes)
    assert {one.measure: one.parameter for one in targets[:3]} == {
        name: parameter for name, (parameter, _) in MOVED.items()
    }
    followed = {name for one in targets for name in (*one.along, *one.also)}
    assert {"majors_cubicles", "patients_in_hand"} <= followed
    assert not followed & {one.parameter for one in targets}
    assert not any("allocation" in one.parameter for one in targets)
    assert set(known) <= set(ae.load("ensemble=none").baseline.pathway.lasting_factors)


@pytest.mark.parametrize(
    ("over_4h", "over_12h", "times"),
    [
        pytest.param(0.465, 0.126, 1, id="wards alone, many"),
        pytest.param(0.136, 0.013, 1, id="wards alone, few"),
        pytest.param(0.30, 0.03, 1, id="two points fewer over twelve than by wards are chance"),
        pytest.param(0.30, 0.028, 6.4, id="more than two points fewer"),
        pytest.param(0.70, 0.04, 11.7, id="seven in ten over four hours"),
    ],
)
def test_beds_are_allocated_later_where_wards_alone_cannot_keep_so_many_over_four_hours(
    over_4h: float, over_12h: float, times: float
) -> None:
    assert allocation_times(over_4h, over_12h) == times


def test_later_allocation_comes_with_site_managers_who_are_no_busier(tmp_path: Path) -> None:
    figures = TrustFigures(trusts()["RNQ"], "kettering")
    unsolved = unsolved_ensemble(figures.departments(N), figures.of)
    fresh: dict[str, Floats] = {name: np.full(N, of) for name, of in figures.wanted.items()}
    write_files(
        TrustSet(figures, unsolved, fresh, figures.wanted, met=MET).texts, "kettering", tmp_path
    )
    study = ae.load("study=kettering", f"run.replications={2 * N}", config_dir=str(tmp_path))
    assert study.departments is not None
    minutes, load = [], []
    for of in (study.departments.arms(0)[0].pathway, ae.load("ensemble=none").baseline.pathway):
        managers = of.pools["site_managers"]
        least = managers.extra + min(shift.number for shift in managers.rota)
        minutes.append(of.durations["bed_allocation"].mean)
        load.append(minutes[-1] * sum(one.per_day or 0 for one in of.arrivals.values()) / least)
    assert minutes[0] > 10 * minutes[1]
    assert load[0] <= load[1]


def test_staff_of_every_trust_work_the_hours_by_day_that_its_size_asks_for_or_are_named() -> None:
    typical, named, off = packaged()["staffing"], 0, 0
    for trust in trusts().values():
        if not trust.published.usable:
            continue
        figures = TrustFigures(trust, "ours")
        scaling = Scaling(packaged(), figures.departments(1).totals)
        blocks = {block.path: block.values for block in scaling.scaled()}
        words = " ".join(figures.assumed())
        for name, pool in typical.items():
            there, usual = (
                np.array(on_duty(rota))[10:23]
                for rota in (blocks[f"staffing.{name}"]["rota"], pool["rota"])
            )
            asked = usual * scaling.factors[FOLLOWS["pools"].get(name, "staff")]
            ratio = there.sum() / asked.sum()
            is_named = f"{name.replace('_', ' ')} {100 * (ratio - 1):+.0f} %" in words
            assert is_named == (abs(ratio - 1) > 0.05), (trust.code, name, ratio)
            # hours are off where they are rounded to whole ones, or one is on duty where the size asks for less
            rounded, lone = abs(there.sum() - asked.sum()) < 1, ((there == 1) & (asked < 1)).any()
            assert not is_named or rounded or (ratio > 1 and lone)
            named, off = named + is_named, max(off, abs(ratio - 1) * (not is_named))
    assert named > 0
    assert 0.03 < off <= 0.05


@pytest.mark.parametrize(("code", "n_told"), [("RNQ", 1), ("RXN", 0)])
def test_later_allocation_is_said_beside_the_departments_and_the_usual_one_is_not(
    code: str, n_told: int
) -> None:
    figures = TrustFigures(trusts()[code], "ours")
    told = [words for words in figures.assumed() if "bed is allocated" in words]
    assert len(told) == n_told
    known = figures.departments(1).known
    assert all(
        f"{known['site.durations.bed_allocation']['mean']:.0f} minutes" in words for words in told
    )
    held = shipped(figures)
    assert held is None or [words for words in held.table.notes if words in told] == told


def test_what_months_drew_is_taken_off_so_that_departments_are_as_without_it(
    figures: TrustFigures, linear: Linear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = hold(figures, N, results=tmp_path / "drawn", where=["executor=serial"])
    monkeypatch.setattr(trust_set, "targets_of", lambda *of: (targets_of(*of)[0], {}))
    without = hold(figures, N, results=tmp_path / "without", where=["executor=serial"])
    assert linear.years == 2 * N * YEARS
    solved, exact = (
        np.array([member.values for member in members_of(one.solved)]) for one in (drawn, without)
    )
    assert solved == pytest.approx(exact, abs=2e-5)
    for name in MET:
        assert drawn.fresh[name] == pytest.approx(without.fresh[name], abs=1e-9)
    assert drawn.n_met == N
    moved = solved[:, list(drawn.solved.parameters).index(STAYS)]
    assert moved == pytest.approx(np.exp((drawn.wanted[OVER_4H] - 0.4) / 1.2), rel=0.02)


def test_a_cause_that_does_not_meet_the_trust_is_named_with_what_it_has_and_what_stopped_it(
    held: TrustSet, hold: Hold
) -> None:
    places = np.array([member.cause == "places" for member in members_of(held.solved)])
    share = np.where(places, held.wanted[SHARE] - 0.05, held.wanted[SHARE])
    off = replace(held, fresh={**held.fresh, SHARE: share}, at_ends={STAYS: places})
    assert off.kept.tolist() == (~places).tolist()
    assert not off.is_met
    hold("\n".join(off.sentences()))


def test_an_answer_from_the_set_says_that_it_is_not_the_trust(
    held: TrustSet, tmp_path: Path, hold: Hold
) -> None:
    write_files(held.texts, held.fitted.name, tmp_path)
    assert set(held.texts) == {"ensembles", "study"}
    study = ae.load("study=lancashire", f"run.replications={2 * N}", config_dir=str(tmp_path))
    assert study.departments is not None
    assert len(study.departments) == N
    assert not study.held_to_records
    hold(study.departments.limitation)
    site = study.departments.arms(5)[0].pathway
    arriving = sum(of.per_day or 0 for of in site.arrivals.values() if of.attends)
    assert arriving == pytest.approx(395.2, abs=0.1)


def test_a_set_that_is_stopped_goes_on_and_one_that_is_there_is_not_written_over(
    linear: Linear,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(trust_set, "shipped", lambda *of: None)
    linear.stop_at = 2 * N + 5
    assert main(["trust", "RXN", "out=ours"]) == 130
    linear.stop_at = 10**9
    assert main(["trust", "RXN", "out=ours"]) == 0
    assert linear.years == N * YEARS
    assert "study=ours" in capsys.readouterr().out
    assert len(ensemble_named("ours", search_folders(Path("configs"))).departments) == N
    assert main(["trust", "RXN", "out=ours"]) == 2
    assert "configs/study/ours.yaml" in capsys.readouterr().err


def test_a_childrens_hospital_has_no_departments() -> None:
    with pytest.raises(ConfigError, match="children"):
        TrustFigures(trusts()["RBS"], "alder_hey")


def test_every_set_that_comes_with_aeflow_is_of_the_departments_and_figures_of_today() -> None:
    rows = shipped_rows()
    assert sorted(rows) == sorted(code for code, one in trusts().items() if one.published.usable)
    more = [code for code, of in rows.items() if len(of) > N]
    assert {len(rows[code]) for code in more} == {36}
    for code in ("RBD", "RAJ", "RXN", more[0]):
        held = shipped(TrustFigures(trusts()[code], "ours"))
        assert held is not None
        assert len(held.kept) == len(rows[code])
    unsolved = [
        unsolved_ensemble(TrustFigures(trusts()[code], "ours").departments(len(of)))
        for code, of in rows.items()
    ]
    causes = [[member.cause for member in members_of(one)] for one in unsolved]
    for (code, of), one, by_cause in zip(rows.items(), unsolved, causes, strict=True):
        wanted = TrustFigures(trusts()[code], "ours").wanted
        assert {row["of"] for row in of} == {set_hangs_on(one, targets_of(wanted, by_cause)[0])}, (
            f"{code}: solve its set again (tests/long/trusts_by_name sets)"
        )
    assert SHIPPED.stat().st_size < 500_000


def test_a_set_of_other_figures_or_of_another_size_does_not_come_with_aeflow() -> None:
    trust = trusts()["RXN"]
    assert shipped(TrustFigures(trust, "ours"), 20) is None
    assert shipped(TrustFigures(trust, "ours"), 36) is None
    other = replace(trust, published=trust.published._replace(within_4h_share=0.7))
    assert shipped(TrustFigures(other, "ours")) is None


def test_a_trust_whose_set_comes_with_aeflow_is_not_solved_again(
    linear: Linear,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["trust", "RXN", "out=ours"]) == 0
    assert linear.years == 0
    departments = len(ensemble_named("ours", search_folders(Path("configs"))).departments)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"Next: aeflow compare study=ours run.replications={2 * departments}"
    study = ae.load("study=ours", f"run.replications={2 * departments}", config_dir="configs")
    assert len(study.departments or ()) == departments


@pytest.mark.slow
def test_departments_of_a_small_trust_meet_its_three_shares(tmp_path: Path) -> None:
    held = hold(TrustFigures(trusts()["RBD"], "dorset"), N, results=tmp_path)
    assert held.kept.sum() >= 16
    kept = {name: of[held.kept].mean() for name, of in held.fresh.items()}
    for name, near in zip(MET, (0.015, 0.04, 0.02), strict=True):
        assert kept[name] == pytest.approx(held.wanted[name], abs=near)
    beforehand = shipped(TrustFigures(trusts()["RBD"], "dorset"))
    assert beforehand is not None
    assert beforehand.solved == held.solved
    assert beforehand.kept.tolist() == held.kept.tolist()
    assert beforehand.table.rows == held.table.rows
