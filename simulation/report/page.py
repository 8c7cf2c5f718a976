"""One HTML page that stands alone: what was compared, what came out, who is worse off, what was assumed.

For a reader who has only this file: no script, nothing loaded from anywhere, pictures inside, each beside its
table. Every sentence here is made from the same tables and verdicts as the screen shows.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation.experiment.arm_result import ArmResult
from simulation.experiment.result import StudyResult
from simulation.explain.statements import BANNER, Statement, walk
from simulation.records.serialise import plain
from simulation.report.figures.drawing import Picture
from simulation.report.findings import findings
from simulation.report.first_page import first_page
from simulation.report.precision import precision_line
from simulation.report.tables.alternatives import equal_spend_table
from simulation.report.tables.by_arm import binding_table, own_table
from simulation.report.tables.by_group import by_group_tables
from simulation.report.tables.changes import report_changes
from simulation.report.tables.coverage import spillover_tables
from simulation.report.tables.decides import decides_sentences, decides_table, worth_table
from simulation.report.tables.decomposition import decomposition_tables
from simulation.report.tables.department import (
    acuity_table,
    clock_table,
    counts_table,
    day_table,
    run_table,
    stay_table,
)
from simulation.report.tables.first_page import LIMITS_HEADER
from simulation.report.tables.harm import harm_table
from simulation.report.tables.levels import by_level_table, controls_table, labels_table
from simulation.report.tables.measurement import measurement_table
from simulation.report.tables.over_departments import over_tables
from simulation.report.tables.overview import (
    measures_table,
    overview_table,
    safety_table,
    sham_line,
    target_table,
)
from simulation.report.tables.ranking import better_table
from simulation.report.tables.table import is_numeric
from simulation.report.tables.worse_off import worse_off_table
from simulation.report.words import labelled, percent

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).resolve().parent / "templates"
UNCHANGED = "as the site's"
DATA_END = (
    "Trust-level data end at March 2025, national indicators at September 2025, and the texts that were read at "
    "November 2026."
)


def templates() -> Environment:
    """The pages' templates; whatever is put into them is escaped, and a name that is missing is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(result: StudyResult, drawn: Iterable[Picture]) -> str:
    """The report as one HTML text. The same inputs and pictures give the same text."""
    environment = templates()
    environment.tests["numeric_column"] = lambda table, column: is_numeric([row[column] for row in table.rows])
    return environment.get_template("report.html").render(_content(result, {each.name: each for each in drawn}))


def _content(result: StudyResult, drawn: Mapping[str, Picture]) -> dict[str, Any]:
    first, said, by_lever = first_page(result), tuple(findings(result)), decomposition_tables(result)
    measured = measurement_table(result)
    result = result.shown
    compared = bool(result.others)
    stated = result.statements
    return {
        "banner": BANNER,
        "result": result,
        "first": first,
        "limits_header": LIMITS_HEADER,
        "findings": said,
        "arms": [_arm(result, arm) for arm in result.arms],
        "labels_given": any("nurse" in arm.policy for arm in result.arms),
        "minutes_changed": any(minutes_words(arm.policy) != UNCHANGED for arm in result.arms),
        "costs_stated": any(arm.cost is not None for arm in result.arms),
        "changes": report_changes(result),
        "targets": [target_table(result, target) for target in result.targets] if compared else [],
        "over": over_tables(result),
        "own": own_table(result),
        "binding": binding_table(result),
        "levers": by_lever,
        "labels": labels_table(result),
        "by_level": by_level_table(result) if compared else None,
        "by_group": by_group_tables(result) if compared else (),
        "controls": controls_table(result),
        "overview": overview_table(result) if compared else None,
        "safety": safety_table(result) if compared and result.design.margins else None,
        "worse_off": worse_off_table(result) if compared else None,
        "spillover": spillover_tables(result) if compared else (),
        "better": better_table(result) if compared else None,
        "equal_spend": equal_spend_table(result) if compared else None,
        "measured": measured,
        "decides": decides_table(result),
        "decides_said": tuple(decides_sentences(result)),
        "worth": worth_table(result),
        "harm": harm_table(result) if compared else None,
        "measures": measures_table(result),
        "sham_line": sham_line(result),
        "precision_line": precision_line(result),
        "pictures": {name: _embedded(picture) for name, picture in drawn.items()},
        "day": day_table(result),
        "stay": stay_table(result),
        "acuity": acuity_table(result),
        "assumed": [each for each in stated if each.evidence == "assumed"],
        "sourced": [each for each in stated if each.evidence != "assumed"],
        "n_stated": len(stated),
        "counts": counts_table(stated),
        "run": run_table(result),
        "clock": clock_table(result),
        "data_end": DATA_END,
        "scenario": result.resolved.get("scenario", {}),
    }


def _embedded(picture: Picture) -> dict[str, str]:
    uri = f"data:image/png;base64,{base64.b64encode(picture.png).decode('ascii')}"
    return {"uri": uri, "alt": picture.alt, "caption": picture.caption}


# --- what was compared ---------------------------------------------------------------------------------------


def _arm(result: StudyResult, arm: ArmResult) -> dict[str, Any]:
    """One arm in words: who labels, what it does to minutes, how often labels agree, changes, cost, sources."""
    agreement = arm.agreement
    return {
        "name": arm.name,
        "label": labelled(result, arm),
        "is_baseline": arm.name == result.design.baseline,
        "is_sham": arm.name == result.design.sham,
        "who": who_labels(arm.policy),
        "minutes": minutes_words(arm.policy),
        "sets_off": sets_off_words(arm.policy),
        "changes": [f"{path} = {value}" for path, value in arm.changes.items()],
        "cost": f"£{arm.cost:,.0f}" if arm.cost is not None else "not stated",
        "cost_words": arm.cost_words,
        "stated": " / ".join(percent(agreement.get(f"{name}_share")) for name in ("exact", "under", "over")),
        "came": " / ".join(_came(result, arm, f"{name}_triage_share") for name in ("exact", "under", "over")),
        "under_1_2": _came(result, arm, "under_triage_1_2_share"),
        "matrices": _matrices(arm.policy),
        "statements": _policy_statements(result, arm),
    }


def _came(result: StudyResult, arm: ArmResult, measure: str) -> str:
    return percent(result.row(arm.name, measure).mean) if result.has(measure) else "–"


def who_labels(policy: Mapping[str, Any]) -> str:
    """Who gives the label, to whom."""
    ai, role = policy.get("ai"), policy.get("role")
    if ai is None:
        return "The nurse labels." if "nurse" in policy else "Nobody labels."
    whom = f"For: {_whom(policy, 'labels')}."
    if role == "advises":
        return f"The AI '{ai['name']}' advises; the nurse takes its label {_how_often(policy)}. {whom}"
    return f"The label of the AI '{ai['name']}' replaces the nurse's. {whom}"


def _how_often(policy: Mapping[str, Any]) -> str:
    """How often an advised nurse takes the label of the AI."""
    ways = policy.get("switching")
    if ways:
        right, wrong, both = (ways[name] for name in ("wrong_to_right", "right_to_wrong", "wrong_to_wrong"))
        return (
            f"{100 * right['value']:.0f} % of the times they differ and it alone is right, "
            f"{100 * wrong['value']:.0f} % where she alone is right, {100 * both['value']:.0f} % where neither is "
            f"({right['evidence']})"
        )
    taken = policy.get("acceptance", {})
    if not taken:
        return "every time they differ"
    return f"{100 * taken['value']:.0f} % of the times they differ ({taken['evidence']})"


def _whom(policy: Mapping[str, Any], which: str) -> str:
    """Whom a tool is for: sources, then what narrows them, then how far people use it and when it hands back."""
    covers = policy.get("covers", {})
    said = [", ".join(_spaced(name) for name in covers.get(which, ())) or "the sources that each effect names"]
    said += _only(covers)
    if "excluded" in covers:
        shares = covers["excluded"]["shares"].items()
        each = ", ".join(f"{_spaced(name)} {percent(share['value'])} %" for name, share in shares)
        said.append(f"without those who cannot use it ({each})")
    if "share" in covers:
        said.append(f"a drawn {percent(covers['share']['value'])} % of them")
    if "adoption" in policy:
        use = policy["adoption"]
        start, end = (percent(use[name]["value"]) for name in ("start", "end"))
        said.append(f"used for {start} % of them at first and {end} % after {use['weeks']['value']:g} weeks")
    if which == "labels" and "abstains" in policy:
        said.append("hands some of them back to the nurse")
    return "; ".join(said)


def _only(covers: Mapping[str, Any]) -> list[str]:
    return [
        f"{_spaced(name)} {' or '.join(_spaced(each) for each in categories)} only"
        for name, categories in covers.get("only", {}).items()
    ]


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def minutes_words(policy: Mapping[str, Any]) -> str:
    """What the policy does to minutes."""
    burdens = [f"whoever triages, {_effect_words(each)}." for each in policy.get("burdens", ())]
    stated = policy.get("minutes") or []
    effects = [stated] if isinstance(stated, Mapping) else stated
    said = [*burdens, *(f"{_effect_words(each)}. For: {_whose(policy, each)}." for each in effects)]
    if "latency" in policy:
        said.append(f"{policy['latency']['seconds']['value']:g} s waited for each answer.")
    hand_back = policy.get("abstains", {}).get("hand_back")
    if hand_back:
        said.append(f"{hand_back['seconds']['value']:g} s spent before each hand-back.")
    watches = policy.get("watches")
    if watches:
        whom = ", ".join(_spaced(name) for name in watches["arrivals"])
        said.append(
            f"Watches those who wait ({'; '.join([whom, *_only(watches)])}): sees "
            f"{100 * watches['sensitivity']['value']:g} % of those who get worse, raises "
            f"{watches['false_alarms_per_hour']['value']:g} false alarms a patient and hour; rounds act on them."
        )
    return " ".join(said) or UNCHANGED


def sets_off_words(policy: Mapping[str, Any]) -> str:
    """What the policy sets off at triage, for how many of those it suits and of the others; nothing if it does not."""
    said = []
    for name, action in policy.get("actions", {}).items():
        found, spared = action["sensitivity"], action["specificity"]
        covers = action["covers"]
        whom = "; ".join([", ".join(_spaced(each) for each in covers["arrivals"]), *_only(covers)])
        said.append(
            f"{_spaced(name)}: {percent(found['value'])} % of those it suits ({found['evidence']}) and "
            f"{percent(1 - spared['value'])} % of the others ({spared['evidence']}). For: {whom}."
        )
    return " ".join(said)


def _effect_words(effect: Mapping[str, Any]) -> str:
    durations = ", ".join(_spaced(name) for name in effect["durations"])
    parts = []
    if "factor" in effect:
        parts.append(f"× {effect['factor']['value']:g} ({effect['factor']['evidence']})")
    if "seconds_saved" in effect:
        parts.append(f"{effect['seconds_saved']['value']:g} s less ({effect['seconds_saved']['evidence']})")
    if "never_below" in effect:
        parts.append(f"never below {100 * effect['never_below']['value']:g} %")
    return f"{durations}: {', '.join([*parts, *_only(effect.get('covers', {}))])}"


def _whose(policy: Mapping[str, Any], effect: Mapping[str, Any]) -> str:
    """The sources of an effect: its own, or those of the policy and what narrows them."""
    own = effect.get("covers", {}).get("arrivals", ())
    if not own:
        return _whom(policy, "minutes")
    return ", ".join(_spaced(name) for name in own)


def _matrices(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each assessor's table as stated: rows true levels, columns labels."""
    found = []
    for role in ("nurse", "ai"):
        assessor = policy.get(role)
        if assessor is not None:
            matrix = assessor["matrix"]
            kind = "counts" if "counts" in matrix else "shares"
            rows = [
                [f"{cell:.0f}" if kind == "counts" else f"{100 * cell:.1f} %" for cell in row] for row in matrix[kind]
            ]
            found.append(
                {
                    "who": f"{'AI' if role == 'ai' else role} '{assessor['name']}'",
                    "kind": kind,
                    "rows": rows,
                    "evidence": matrix["evidence"],
                    "source": matrix["source"],
                }
            )
    return found


def _policy_statements(result: StudyResult, arm: ArmResult) -> list[Statement]:
    stated = plain(result.design.arms[arm.name].cost)
    cost = (
        [
            Statement(
                "cost", f"£{stated['per_year']:,.0f} a year: {stated['what']}", stated["evidence"], stated["source"]
            )
        ]
        if stated
        else []
    )
    own = [
        Statement(each.where.removeprefix("."), each.says, each.evidence, each.source) for each in walk(arm.policy, "")
    ]
    return [*own, *cost]
