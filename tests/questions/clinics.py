"""A small ensemble that is really run: walk-in clinics that differ in minutes and patience."""

from pathlib import Path

import numpy as np

N_CLINICS = 24
SHORT = (
    f"run.replications={2 * N_CLINICS}", f"run.departments={N_CLINICS}", "run.measured_days=5", "run.warm_up_days=0",
    "run.cool_down_days=1", "executor=serial", "engine=compiled",
)  # fmt: skip
ENSEMBLE = """name: clinics
question: What holds in each of these clinics?
built: {{site: none, staffing: none, pathway: gallery/clinic, calibration: none, targets: none, priors: none,
  program: made for a test, simulated_years: 0, accepted: {n}}}
parameters:
  minutes:
    {{changes: [pathway.durations.consultation.mean], how: times, range: [0.7, 1.2], evidence: assumed, source: a test}}
  patience:
    {{changes: [pathway.durations.patience.mean], how: times, range: [0.5, 1.6], evidence: assumed, source: a test}}
departments:
{rows}
"""


def write_clinics(configs: Path) -> Path:
    """The ensemble in a folder of configurations; that folder."""
    chance = np.random.default_rng(1)
    values = np.column_stack(
        [chance.uniform(0.75, 1.12, N_CLINICS), chance.uniform(0.6, 1.5, N_CLINICS)]
    )
    rows = "\n".join(f"  - [{minutes:.4f}, {patience:.4f}]" for minutes, patience in values)
    path = configs / "ensembles" / "clinics.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(ENSEMBLE.format(n=N_CLINICS, rows=rows), encoding="utf-8")
    return configs
