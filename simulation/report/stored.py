"""What a report is made from, to and from the files of a folder of results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import cast

import numpy as np

from simulation.analysis.compare import Shares
from simulation.analysis.measures import Measures
from simulation.experiment.study import Arm, Cost, Coverages, Design, Lever, Margin, RunLength, Target
from simulation.report.arm_changes import Brought, Change
from simulation.report.inputs import DayMeans, ReportArm, ReportInputs
from simulation.report.stated import Plain, plain


def study_stated(inputs: ReportInputs) -> Plain:
    """`study.json`: what was compared, policies as used."""
    arms = [
        {key: value for key, value in asdict(arm).items() if key not in ("day", "shares", "waits")}
        for arm in inputs.arms
    ]
    return cast(
        Plain,
        plain(
            {
                "scenario": inputs.scenario,
                "design": inputs.design,
                "run": inputs.run,
                "arms": arms,
                "stages": inputs.stages,
                "roles": inputs.roles,
            }
        ),
    )


def profiles_stated(inputs: ReportInputs) -> Plain:
    """`profiles.json`: by arm, the means of the day profiles and who waits shorter and longer."""
    found = {}
    for arm in inputs.arms:
        shares = asdict(arm.shares) if arm.shares is not None else None
        found[arm.name] = {"day": asdict(arm.day), "shares": shares, "waits": arm.waits}
    return cast(Plain, plain(found))


def restored(
    stated: Plain, profiles: Plain, measures: Mapping[str, Sequence[Measures]], *, resolved: Plain, manifest: Plain
) -> ReportInputs:
    """The inputs that `study_stated` and `profiles_stated` were made from."""
    arms = tuple(_restored_arm(arm, profiles[arm["name"]]) for arm in stated["arms"])
    return ReportInputs(
        design=restored_design(stated["design"], [arm.name for arm in arms]),
        run=RunLength(**stated["run"]),
        scenario=stated["scenario"],
        arms=arms,
        measures=measures,
        stages=stated["stages"],
        roles=stated["roles"],
        resolved=resolved,
        manifest=manifest,
    )


def restored_design(stated: Plain, ran: Sequence[str]) -> Design:
    """A design out of its plain form, with the arms that were run."""
    known = dict(stated)
    arms = {name: known["arms"][name] for name in ran}
    return Design(
        name=known["name"],
        question=known["question"],
        baseline=known["baseline"],
        sham=known.get("sham") if known.get("sham") in arms else None,
        arms={name: _restored_design_arm(arm) for name, arm in arms.items()},
        primary=tuple(Target(**each) for each in known["primary"]),
        secondary=tuple(Target(**each) for each in known.get("secondary", ())),
        margins=tuple(Margin(**each) for each in known.get("margins", ())),
        coverages=_restored_coverages(known.get("coverages"), arms),
        levers={name: _restored_lever(each) for name, each in known.get("levers", {}).items()},
        full=known.get("full"),
        order_pairs=known.get("order_pairs", Design.order_pairs),
    )


def _restored_coverages(stated: Plain | None, ran: Mapping[str, Plain]) -> Coverages | None:
    if not stated or not {stated["partial"], stated["full"]} <= set(ran):
        return None
    return Coverages(partial=stated["partial"], full=stated["full"])


def _restored_lever(stated: Plain) -> Lever:
    return Lever(label=stated["label"], takes=tuple(stated.get("takes", ())), changes=stated.get("changes", {}))


def _restored_design_arm(stated: Plain) -> Arm:
    cost = Cost(**stated["cost"]) if stated.get("cost") else None
    return Arm(
        label=stated["label"],
        triage=stated["triage"],
        nurse=stated.get("nurse"),
        changes=stated.get("changes", {}),
        levers=tuple(stated.get("levers", ())),
        control=stated.get("control"),
        cost=cost,
    )


def _restored_arm(stated: Plain, profile: Plain) -> ReportArm:
    day = profile["day"]
    numbers = ("arrivals", "census", "boarders", "busy", "busy_mean", "waiting", "working")
    shares = profile.get("shares")
    return ReportArm(
        name=stated["name"],
        label=stated["label"],
        policy=stated["policy"],
        changes=stated["changes"],
        agreement={name: np.nan if value is None else value for name, value in stated["agreement"].items()},
        label_mix=tuple(stated.get("label_mix", ())),
        cost=stated.get("cost"),
        cost_words=stated["cost_words"],
        day=DayMeans(
            pools=tuple(day["pools"]),
            steps=tuple(day["steps"]),
            triggered=day["triggered"],
            **{name: np.array(day[name], dtype=float) for name in numbers},
        ),
        shares=_restored_shares(shares) if shares else None,
        waits=profile.get("waits", {}),
        changed=tuple(Change(**{**each, "at": tuple(each["at"])}) for each in stated.get("changed", ())),
        brought=tuple(Brought(**each) for each in stated.get("brought", ())),
    )


def _restored_shares(stated: Plain) -> Shares:
    better, worse = (stated.get(name, np.nan) for name in ("better", "worse"))
    return Shares(better, worse, stated["n_paired"], stated["n_unpaired"])


def to_json(stated: Plain) -> str:
    """JSON that another program can read: no NaN, UTF-8."""
    return json.dumps(stated, ensure_ascii=False, indent=1, allow_nan=False)
