"""A small ensemble over structures of the emergency department, as files of the user's own."""

from tests.config.ours import MARKED

THREE_BY_DAY = """
defaults: [typical, _self_]
triage_nurses: {rota: [{hours: 23-8, number: 1}, {hours: 8-23, number: 3}]}
"""
ONE_NURSE = """
defaults: [typical, _self_]
triage_nurses: {rota: [{hours: 0-24, number: 1}]}
"""
SHARED = """
defaults: [emergency_department, _self_]
steps: {children_contact: {asks: [], any_of: [children_doctors, doctors]}}
"""
STRUCTURES = f"""
structures:
  usual: {{label: Two nurses by day, weight: 2, {MARKED}}}
  shared: {{label: Doctors see children too, weight: 1, pathway: shared, {MARKED}}}
  three:
    {{label: Three nurses by day, weight: 1, staffing: three_by_day,
    changes: {{site.durations.triage_interview.scale: {{times: 1.5}}}}, {MARKED}}}
"""
PARAMETERS = f"""
parameters:
  triage_minutes: {{changes: [site.durations.triage_interview.scale], how: times, range: [0.5, 1.2], {MARKED}}}
  triage_nurses: {{changes: [staffing.triage_nurses.rota.0.number], how: set, whole: true, range: [1, 2], {MARKED}}}
"""
ENSEMBLE = f"""
name: ours
question: What holds whichever of these departments it is?
built:
  {{site: typical, staffing: typical, pathway: emergency_department, calibration: typical,
  targets: none, priors: none, program: 0.1.0, simulated_years: 0, accepted: 4}}
{STRUCTURES}
{PARAMETERS}
departments:
  - {{structure: usual, values: [0.8, 1]}}
  - {{structure: three, values: [1, 2]}}
  - {{structure: shared, values: [1.1, 1]}}
  - {{structure: three, values: [0.9, 1]}}
"""
STUDY = """
defaults: [_department_alone, _self_]
name: mine
"""


def files(ensemble: str = ENSEMBLE, **more: str) -> dict[str, str]:
    """The ensemble and the files that its structures name."""
    return {
        "ensembles/ours.yaml": ensemble,
        "staffing/three_by_day.yaml": THREE_BY_DAY,
        "staffing/one_nurse.yaml": ONE_NURSE,
        "pathway/shared.yaml": SHARED,
        **{f"study/{name}.yaml": text for name, text in more.items()},
    }
