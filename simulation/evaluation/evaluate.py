"""`evaluate`: what planned evaluations of a tool would report, from a run that kept outcomes by day.

The files are configs/evaluation (designs), configs/outcomes and configs/deviations.
Arms in which the switching of a design is simulated, day by day or by a coin for each patient, are added to a study as
overrides, so that a stored run states them like any other arm.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.config.dotted import load_file
from simulation.config.files import names_in, search_folders
from simulation.department.vocabulary import ARRIVAL_SOURCE
from simulation.display.table import ReportTable
from simulation.errors import Faults, refuse
from simulation.evaluation.answer import Evaluation, charts_table
from simulation.evaluation.charts import chart_results
from simulation.evaluation.design import (
    ByPatient,
    Deviation,
    EvaluatedOutcome,
    EvaluatedOutcomes,
    EvaluationDesign,
    design_faults,
    main_outcome,
)
from simulation.evaluation.operating import (
    N_TRIALS,
    OperatingCharacteristics,
    Stakes,
    design_values,
    find_sizes,
    operating_characteristics,
)
from simulation.evaluation.trials import HALVES, Bank, arm_switched, bank_of, days_on
from simulation.measures.definitions import ALL, definition_of
from simulation.measures.measuring import DailyOutcome
from simulation.measures.quantities import WALK_IN
from simulation.runs.result import StudyResult
from simulation.study.design import Design
from simulation.study.explanation import cost_of
from simulation.wording import spaced

if TYPE_CHECKING:
    from simulation.study.study import Study

ALL_DESIGNS = "all"
STAKES: Mapping[str, str] = {
    "prior": "0.5",
    "price": "120000",
    "hour": "15",
    "years": "3",
    "cost": "20000",
}
"""What a value follows from, each with an example."""


def evaluate(
    result: StudyResult,
    arm: str,
    design: str = ALL_DESIGNS,
    *overrides: str,
    trials: int = N_TRIALS,
    stakes: Mapping[str, float] | None = None,
    deviations: Sequence[str] = (),
    config_dir: str | None = None,
    done: Callable[[int], object] = lambda n_designs: None,
) -> Evaluation:
    """What evaluations of an arm would report, emulated on the simulated weeks of a result (`run=evaluation`).

    `design`: files in `configs/evaluation/`, commas between, or `all`; `overrides`: single values laid over, such as
    `"weeks=52"`; `trials`: how many are emulated of each; `stakes`: what an evaluation is worth follows from them:
    `prior` (the chance that the tool works at all), `hour` (pounds an hour less of waiting is worth), `price` (pounds a
    year; the arm's own, if it states one), `years` (1) and `cost` (0, of the evaluation); `deviations`: names of files
    in `configs/deviations/`, such as `"missing_weeks"`; `done`: is called with the number of designs that are emulated.
    Raises ConfigError for faults in files or stakes, and ResultsError for a result without the arm, without outcomes by
    day or with too few weeks or departments.
    """
    at_stake = stakes_of(stakes or {}, result.arm(arm).cost)
    if at_stake and "price" not in (stakes or {}):  # then it is the arm's
        at_stake = replace(at_stake, price_source=result.arm(arm).explanation.cost_words)
    _refuse_null_arm(arm, result.design)
    bank = bank_of(result)
    named = load_designs(design, overrides, config_dir=config_dir)
    stated = load_deviations(deviations, named, config_dir=config_dir)
    possible = [design for design in named if not (stated and design.is_simulated)]
    designs = _keep_simulated(possible, bank, arm, design == ALL_DESIGNS)
    outcomes = outcomes_of(designs, config_dir=config_dir)
    missing = [outcome.daily for outcome in outcomes if outcome.daily not in bank.outcomes]
    if missing:
        found = f"the run kept no {missing[0].measure} of {missing[0].group} by day"
        refuse("outcomes", found, "Run it with these outcomes among run.daily")
    arms, main = (result.design.null_arm, arm), main_outcome(outcomes)
    composed = [design for design in designs if not design.is_simulated]
    how: dict[str, Any] = {"n_trials": trials, "deviations": stated}
    emulated: list[OperatingCharacteristics] = []
    for number, one in enumerate(designs, start=1):
        emulated += operating_characteristics(bank, [one], outcomes, arms, **how)
        done(number)
    sizes = {
        design: find_sizes(bank, design, main, arm, **how)
        for design in composed
        if design.is_randomised
    }
    worth = (
        ()
        if at_stake is None
        else tuple(design_values(bank, composed, main, arms, at_stake, **how))
    )
    return Evaluation(
        result,
        arm,
        bank,
        designs,
        outcomes,
        tuple(emulated),
        sizes,
        trials,
        at_stake,
        worth,
        stated,
    )


def _keep_simulated(
    designs: Sequence[EvaluationDesign], bank: Bank, arm: str, leave_out: bool
) -> tuple[EvaluationDesign, ...]:
    """The designs that need no simulated switching, or whose switching a run simulated; others are left out if there
    are more, or refused."""
    ready = [
        design
        for design in designs
        if not design.is_simulated or arm_switched(arm, design) in bank.days
    ]
    missing = [arm_switched(arm, design) for design in designs if design not in ready]
    if missing and not leave_out:
        refuse(
            "design", f"the run has no arm '{missing[0]}'", "Leave out from=, and it is simulated"
        )
    return tuple(ready)


def _refuse_null_arm(arm: str, design: Design) -> None:
    """Raise ConfigError for the arm that everything is compared with, and for a sham."""
    if arm in (design.baseline, design.sham):
        refuse(
            "arm",
            f"'{arm}' does nothing",
            "Name a tool; what evaluations find of nothing is shown beside it",
        )


def stakes_of(stated: Mapping[str, float], price: float | None) -> Stakes | None:
    """What is at stake; None if nothing is stated. `price`: the arm's own. Raises ConfigError with every fault."""
    if not stated:
        return None
    known = {"price": price, "years": 1.0, "cost": 0.0, **stated}
    faults = Faults()
    for key in STAKES:
        value = known.get(key)
        if value is None:
            faults.add(
                key,
                "is not stated",
                f"A value in pounds takes prior, price and hour: {key}={STAKES[key]}",
            )
        elif not (0 < value < 1 if key == "prior" else 0 <= value < math.inf):
            faults.add(
                key,
                f"found {value:g}",
                f"Write {'a chance between 0 and 1' if key == 'prior' else '0 or more'}",
            )
    faults.refuse()
    prior, price, hour, years, cost = (float(known[key] or 0.0) for key in STAKES)
    return Stakes(prior, price, hour, years, cost)


def load_designs(
    name: str, overrides: Sequence[str] = (), *, config_dir: str | None = None
) -> tuple[EvaluationDesign, ...]:
    """The designs of files, commas between, or all, those without randomisation first, with single values laid over.

    Raises ConfigError with every fault.
    """
    names = (
        sorted(names_in("evaluation", search_folders(config_dir)))
        if name == ALL_DESIGNS
        else name.split(",")
    )
    designs = (
        load_file(EvaluationDesign, "evaluation", file, design_faults, config_dir, overrides)
        for file in names
    )
    return tuple(sorted(designs, key=lambda design: (design.is_randomised, design.departments)))


def load_deviations(
    names: Sequence[str], designs: Sequence[EvaluationDesign] = (), *, config_dir: str | None = None
) -> tuple[Deviation, ...]:
    """Deviations from the plan by the names of their files. Raises ConfigError for a file with faults, and for designs
    all of which are simulated as they were planned."""
    if names and designs and all(design.is_simulated for design in designs):
        refuse(
            "deviations",
            "days and patients are switched as planned",
            "Leave them out, or choose another design",
        )
    return tuple(load_file(Deviation, "deviations", name, config_dir=config_dir) for name in names)


def outcomes_of(
    designs: Sequence[EvaluationDesign], *, config_dir: str | None = None
) -> tuple[EvaluatedOutcome, ...]:
    """The outcomes that designs look at, each once. Raises ConfigError for a file with faults."""
    files = dict.fromkeys(design.outcomes for design in designs)
    stated = (
        load_file(EvaluatedOutcomes, "outcomes", file, config_dir=config_dir) for file in files
    )
    by_name = {outcome.daily: outcome for file in stated for outcome in reversed(file.outcomes)}
    return tuple(reversed(by_name.values()))


def charts(
    result: StudyResult,
    arm: str,
    bought: str,
    outcomes: str = "usual",
    *,
    config_dir: str | None = None,
) -> ReportTable:
    """How long charts take to notice that a tool that was `bought` has become another one, and their false alarms.

    `outcomes`: the name of a file in `configs/outcomes/`. Raises ConfigError for a fault in it, and ResultsError for a
    result without the arms, without these outcomes by day or with too few weeks.
    """
    before, after = (result.arm(name).label for name in (bought, arm))
    bank = bank_of(result)
    stated = load_file(EvaluatedOutcomes, "outcomes", outcomes, config_dir=config_dir).outcomes
    watched = [outcome for outcome in stated if outcome.daily in bank.outcomes]

    def worse(outcome: EvaluatedOutcome) -> int:
        return -1 if definition_of(outcome.measure, result.own).better == "higher" else 1

    drifts = result.arm(arm).ready.policy.drift is not None
    shown = chart_results(bank, watched, bought, arm, worse=worse, from_go_live=drifts)
    return charts_table(before, after, shown)


def overrides_of_switching(
    study: Study, arm: str, designs: Sequence[EvaluationDesign]
) -> tuple[str, ...]:
    """Overrides that add the arms in which the switching of designs is simulated; those that cannot be are left out.

    Raises ConfigError for an arm that cannot be switched so in any of the designs.
    """
    reasons = {
        design: why_not_switched(study, arm, design) for design in designs if design.is_simulated
    }
    if len(reasons) == len(designs) and all(reasons.values()):
        refuse("arm", reasons[designs[0]], "Choose a design that switches weeks or departments")
    return tuple(
        overrides_of(study, arm, [design for design, reason in reasons.items() if not reason])
    )


def study_of_evaluation(
    study: Study,
    arms: Sequence[str],
    outcomes: Sequence[EvaluatedOutcome],
    designs: Sequence[EvaluationDesign] = (),
) -> Study:
    """The study that simulates what an evaluation needs: the baseline and these arms, those in which the last of them
    is switched, and outcomes by day.

    Raises ResultsError for an unknown arm.
    """
    known = {arm.name for arm in study.arms}
    simulated = [
        design
        for design in designs
        if design.is_simulated and arm_switched(arms[-1], design) in known
    ]
    chosen = study.of_arms([*arms, *(arm_switched(arms[-1], design) for design in simulated)])
    daily = tuple(dict.fromkeys((*study.run.daily, *daily_of(outcomes, simulated))))
    design = replace(chosen.design, name=f"{chosen.design.name}_evaluation")
    return replace(chosen, run=replace(chosen.run, daily=daily), design=design)


def refuse_unanswerable(study: Study, arm: str, stakes: Mapping[str, float]) -> None:
    """Raise ConfigError for an arm that does nothing and for faulty stakes, ResultsError for an unknown arm."""
    _refuse_null_arm(arm, study.design)
    cost = cost_of(study.arm(arm))
    stakes_of(stakes, None if cost is None else cost.pounds)


# --- arms that switch -------------------------------------------------------------------------------------------------

COIN, SIDES = "by_patient", ("without", "with")
"""The attribute of a patient for whom a coin decided, and its categories."""
NOTE = {"evidence": "assumed", "source": "how the evaluation switches"}


def why_not_switched(study: Study, arm: str, design: EvaluationDesign) -> str:
    """Why an arm cannot be switched from day to day, or from patient to patient; '' if it can."""
    own = study.arm(arm)
    if (
        any(path.partition(".")[0] != "triage" for path in own.arm.changes)
        or own.arm.nurse
        or own.arm.levers
    ):
        return f"'{arm}' changes more than its triage policy: staff and rooms are not switched from one to the next"
    if isinstance(design.switching, ByPatient):
        if own.policy.covers is None:
            return f"the policy of '{arm}' does not say whom it covers, so a coin cannot decide for whom it is used"
        if WALK_IN not in own.pathway.categories(ARRIVAL_SOURCE):
            return f"the department has no patients called '{WALK_IN}', who are looked at"
    return ""


def overrides_of(study: Study, arm: str, designs: Sequence[EvaluationDesign]) -> Iterator[str]:
    """Overrides that add an arm for each design whose switching is simulated, and the coin that patients have."""
    own = study.arm(arm)
    for design in designs:
        by_patient = isinstance(design.switching, ByPatient)
        if by_patient and own.policy.covers:
            changes: dict[str, object] = {
                "triage.covers.only": {**own.policy.covers.only, COIN: SIDES[1:]}
            }
        else:
            changes = {"triage.live_days": _spans(study.run.measured_days)}
        stated: dict[str, object] = {
            "label": f"{own.arm.label}, {spaced(design.switching.kind)}"[:200],
            "triage": own.arm.triage,
            **NOTE,
        }
        stated |= {"changes": {**own.arm.changes, **changes}, "claim": own.arm.claim}
        yield f"+study.arms.{arm_switched(arm, design)}={_flow(stated)}"
        if by_patient:
            coin = {"kind": "choice", "categories": SIDES, "shares": (0.5, 0.5), **NOTE}
            yield f"+site.attributes.{COIN}={_flow(coin)}"
            for group, side in zip(HALVES, SIDES, strict=True):
                groups = (f"{ARRIVAL_SOURCE}={WALK_IN}", f"{COIN}={side}")
                yield f"+study.groups.{group}={_flow({'kind': 'all_of', 'groups': groups})}"


def daily_of(
    outcomes: Sequence[EvaluatedOutcome], designs: Sequence[EvaluationDesign]
) -> tuple[DailyOutcome, ...]:
    """What a run has to keep by day: every outcome and, where a coin decides for patients, waits and steps near the
    tool of each half."""
    daily = [outcome.daily for outcome in outcomes]
    if any(isinstance(design.switching, ByPatient) for design in designs):
        halved = [
            outcome.daily
            for outcome in outcomes
            if outcome.role != "safety" and outcome.group == ALL
        ]
        daily += [replace(outcome, group=half) for outcome in halved for half in HALVES]
    return tuple(daily)


def _spans(n_days: int) -> list[list[int]]:
    """The days of `days_on`, each span from its first to its last."""
    edges = np.flatnonzero(np.diff(days_on(n_days).astype(int), prepend=0, append=0))
    return [[first, after - 1] for first, after in edges.reshape(-1, 2).tolist()]


def _flow(value: object) -> str:
    """A value as an override states it: keys without quotes, texts within them."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_flow(part)}' for key, part in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return json.dumps(value, ensure_ascii=False)
