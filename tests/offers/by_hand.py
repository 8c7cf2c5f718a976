"""The study of an offer as somebody writes it who has never heard of `aeflow offer`: by the pages on an own department
and an own policy, in YAML and single values of the command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulation.cli import main
from simulation.config import load
from simulation.config.composing import stated_in
from simulation.config.dotted import value_at
from simulation.config.files import packaged_configs, search_folders
from simulation.config.totals import Scaling, Totals
from simulation.config.validating import in_yaml
from simulation.study.study import Study

ADMITTED = "site.attributes.admitted.p"
STAFFING = """
triage_nurses: {rota: [{hours: 8-22, number: 2}, {hours: 22-8, number: 1}], evidence: measured, source: our rota}
assessment_nurses: {rota: [{hours: 0-24, number: 1}], evidence: measured, source: our rota}
"""
POLICY = """
kind: matrix
name: hand_ai
role: advises
measured_against: nurses
acceptance: {{value: {acceptance}, range: [0, 1], evidence: assumed, source: not known}}
covers:
  labels: [walk_in, referred]
  share: {{value: 0.6, range: [0, 1], evidence: assumed, source: what we expect}}
  evidence: assumed
  source: those at the desk
ai:
  name: product  # names its stream of random numbers
  correlation: {{value: 0, range: [0, 0.9], evidence: assumed, source: its table stands beside the nurses'}}
  with_nurse:
    agree_share: {{value: 0.88, range: [0, 1], evidence: assumed, source: the vendor, claim: true}}
    lower_share: {{value: {under_share}, range: [0, 1], evidence: assumed, source: not known}}
    correlation: {{value: {correlation}, range: [-1, 1], evidence: assumed, source: not known}}
    evidence: assumed
    source: the vendor
cost_per_year: {{value: 120000, evidence: published, source: the offer}}
"""
STUDY = """
defaults:
  - override /site@_global_.site: hand
  - override /staffing@_global_.staffing: hand
  - override /calibration@_global_.calibration: hand
  - override /pathway@_global_.pathway: hand
  - override /nurse@_global_.nurse: hand
  - _self_
name: hand_study
question: What would it do here?
baseline: nurse
arms:
  nurse: {label: Today, triage: nurse}
  hand_ai: {label: With it, triage: hand_ai}
primary:
  - {measure: wait_to_clinician_mean, label: Wait, minimal_important_difference: 5, evidence: assumed, source: ours}
"""


def by_hand(folder: Path, ensemble: Mapping[str, Any], number: int, *run: str) -> Study:
    """The study in one department of those that an offer made; `ensemble`: the file of those departments as data.

    It is one whose cause and structure are the files `between_contacts` and the usual rotas, so that what is scaled is
    what `aeflow new department` scales.
    """
    configs = folder / "configs"
    assert (
        main(["new", "department", "hand", "attendances_per_day=310", "admitted_share=0.27"]) == 0
    )
    member = ensemble["departments"][number]
    values = dict(zip(ensemble["parameters"], member["values"], strict=True))
    staffing = configs / "staffing" / "hand.yaml"
    lines = staffing.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("triage_nurses:", "assessment_nurses:"))]
    staffing.write_text("\n".join(kept) + STAFFING, encoding="utf-8")
    for group in ("site", "calibration", "pathway"):
        path = configs / group / "hand.yaml"
        usual = "emergency_department" if group == "pathway" else "typical"
        text = path.read_text(encoding="utf-8").replace(
            f"[{usual}, _self_]", "[between_contacts, _self_]"
        )
        path.write_text(text.replace(f"- {usual}\n", "- between_contacts\n"), encoding="utf-8")
    korea = (packaged_configs() / "nurse" / "korea.yaml").read_text(encoding="utf-8")
    odds = f"errors: {{value: {values['nurses_errors']}, range: [0.5, 3], evidence: assumed, source: not known}}\n"
    policy = POLICY.format(
        **{key: values[key] for key in ("acceptance", "under_share", "correlation")}
    )
    texts = {"nurse/hand": korea + odds, "triage/hand_ai": policy, "study/hand_study": STUDY}
    for name, text in texts.items():
        path = configs / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    raw = stated_in(("study=hand_study",), search_folders(configs)).raw
    changed = _changed(raw, ensemble, member, values)
    return load(
        "study=hand_study", *(f"{path}={in_yaml(value)}" for path, value in changed.items()), *run
    )


def _base(cause: Mapping[str, Any]) -> float:
    """The base at which 27 % are admitted, where admission goes by the year of age, as `aeflow new department` finds it
    where it does not."""
    raw = stated_in(("site=between_contacts",), search_folders(None)).raw
    raw["site"]["attributes"]["admitted"]["p"]["times"] = cause["changes"][f"{ADMITTED}.times"]
    totals = Totals(attendances_per_day=310, admitted_share=0.27)
    (base,) = (
        block.values["p"]["base"]
        for block in Scaling(raw, totals).scaled()
        if block.path == "site.attributes.admitted"
    )
    return float(base)


def _changed(
    raw: dict[str, Any],
    ensemble: Mapping[str, Any],
    member: Mapping[str, Any],
    values: Mapping[str, float],
) -> dict[str, Any]:
    """The values of the department, by dotted path, as one works them out with a pocket calculator."""
    changes = [
        *ensemble["causes"][member["cause"]]["changes"].items(),
        *ensemble["structures"][member["structure"]]["changes"].items(),
        # the second nurse is on for 12 of the 13 hours by day, and 310 patients come in place of 340
        ("calibration.triage_minutes_scale.value", {"times": 25 / 26 / (310 / 340)}),
    ]
    for name, parameter in ensemble["parameters"].items():
        value = {"times": values[name]} if parameter["how"] == "times" else values[name]
        changes += [
            (path, value)
            for path in parameter["changes"]
            if not path.startswith(("triage.", "nurse."))
        ]
    found: dict[str, Any] = {f"{ADMITTED}.base": _base(ensemble["causes"][member["cause"]])}
    for path, value in changes:
        if isinstance(value, dict):
            value = found.get(path, value_at(raw, path)) * value["times"]
            whole = any(
                path in one["changes"] and one["whole"] for one in ensemble["parameters"].values()
            )
            value = max(round(value), 1) if whole else value
        found[path] = value
    return found
