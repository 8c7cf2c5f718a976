"""A small ensemble of departments of one nurse, as files of the user's own, and a study of it."""

from simulation.config import packaged_configs

MARKED = "evidence: assumed, source: made for a test"
PARAMETERS = f"""
parameters:
  consultation: {{changes: [pathway.durations.consultation.mean], how: times, range: [0.5, 1.2], {MARKED}}}
  demand: {{changes: [pathway.arrivals.walk_in.per_day], how: set, range: [60, 120], {MARKED}}}
"""
QUICKER = "pathway.durations.consultation.mean: "
STUDY = (packaged_configs() / "study/gallery/one_nurse.yaml").read_text(encoding="utf-8")
RELATIVE = STUDY.replace(f"{QUICKER}9", f"{QUICKER}{{times: 0.75}}")


def ensemble(
    n: int = 3, *, built: str = "gallery/one_nurse", parameters: str = PARAMETERS
) -> dict[str, str]:
    """A file of so many departments: consultations ever longer, patients ever fewer."""
    rows = "\n".join(
        f"  - [{0.5 + 0.4 * number / n:.4f}, {96 - 20 * number / n:.4f}]" for number in range(n)
    )
    return {
        "ensembles/ours.yaml": f"""
name: ours
question: What holds whichever of these departments it is?
built:
  {{site: none, staffing: none, pathway: {built}, calibration: none,
  targets: none, priors: none, program: 0.1.0, simulated_years: 0, accepted: {n}}}
{parameters}
departments:
{rows}
""",
        "study/mine.yaml": RELATIVE,
    }
