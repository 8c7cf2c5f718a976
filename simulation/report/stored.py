"""What a report is made from, to and from the files of a folder of results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

import numpy as np

from simulation.analysis.compare import Shares
from simulation.analysis.measures import Measures
from simulation.explain.arm_changes import AddedAssumption, Change
from simulation.records.serialise import Plain, plain
from simulation.report.inputs import DayMeans, ReportArm, ReportInputs
from simulation.study.design import Arm, Cost, Coverages, Design, Lever, Margin, Target
from simulation.study.study import RunLength

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
T = TypeVar("T", bound="DataclassInstance")


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
        run=_made(RunLength, stated["run"]),
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
    arms = {name: stated["arms"][name] for name in ran}
    parts: dict[str, Any] = {
        part: tuple(_made(kind, each) for each in stated.get(part, ()))
        for part, kind in (("primary", Target), ("secondary", Target), ("margins", Margin))
    }
    return _made(
        Design,
        stated,
        sham=stated.get("sham") if stated.get("sham") in arms else None,
        arms={name: _made(Arm, arm, cost=_made(Cost, arm.get("cost"))) for name, arm in arms.items()},
        coverages=_restored_coverages(stated.get("coverages"), arms),
        levers={name: _made(Lever, each) for name, each in stated.get("levers", {}).items()},
        **parts,
    )


@overload
def _made(kind: type[T], stated: Mapping[str, Any], **restored: Any) -> T: ...
@overload
def _made(kind: type[T], stated: None, **restored: Any) -> None: ...
def _made(kind: type[T], stated: Mapping[str, Any] | None, **restored: Any) -> T | None:
    """A dataclass out of its plain form, lists as tuples; fields that hold others come `restored`.

    What an older version did not store has its default.
    """
    if stated is None:
        return None
    known = {each.name for each in fields(kind)}
    plainly = {name: tuple(value) if isinstance(value, list) else value for name, value in stated.items()}
    return kind(**{name: value for name, value in {**plainly, **restored}.items() if name in known})


def _restored_coverages(stated: Plain | None, ran: Mapping[str, Plain]) -> Coverages | None:
    if not stated or not {stated["partial"], stated["full"]} <= set(ran):
        return None
    return _made(Coverages, stated)


def _restored_arm(stated: Plain, profile: Plain) -> ReportArm:
    day = profile["day"]
    means = {name: np.array(value, dtype=float) for name, value in day.items() if name not in NOT_NUMBERS}
    return _made(
        ReportArm,
        stated,
        agreement={name: np.nan if value is None else value for name, value in stated["agreement"].items()},
        label_mix=tuple(stated.get("label_mix", ())),
        cost=stated.get("cost"),
        day=_made(DayMeans, day, **means),
        shares=_restored_shares(profile.get("shares")),
        waits=profile.get("waits", {}),
        changed=tuple(_made(Change, each) for each in stated.get("changed", ())),
        added_assumptions=tuple(_made(AddedAssumption, each) for each in stated.get("added_assumptions", ())),
    )


NOT_NUMBERS = ("pools", "steps", "triggered")
"""Of a day profile: names, and a mapping."""


def _restored_shares(stated: Plain | None) -> Shares | None:
    """Shares of nobody were stored as nothing."""
    if not stated:
        return None
    known = {name: value for name, value in stated.items() if value is not None}
    return _made(Shares, {"better": np.nan, "worse": np.nan, **known})


def to_json(stated: Plain) -> str:
    """JSON that another program can read: no NaN, UTF-8."""
    return json.dumps(stated, ensure_ascii=False, indent=1, allow_nan=False)
