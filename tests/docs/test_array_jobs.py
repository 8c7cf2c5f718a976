"""The job script of docs/how-to/array-jobs.md runs as it is printed, and its parts make one run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import simulation as ae
from simulation.cli import main

ROOT = Path(__file__).parents[2]
SHORT = (
    "study=claim", "engine=compiled", "run.replications=4", "run.measured_days=7", "run.warm_up_days=0",
    "run.cool_down_days=0", "run.doublings=0",
)  # fmt: skip


def job_script() -> str:
    """The script in the text, with two replications a part."""
    (script,) = re.findall(
        r"```bash\n(#!/bin/bash\n.*?)```",
        (ROOT / "docs/how-to/array-jobs.md").read_text(),
        re.DOTALL,
    )
    assert "PART=20" in script
    return str(script).replace("PART=20", "PART=2")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Slurm's scripts are for a shell")
def test_the_parts_of_the_job_script_make_the_run_that_one_process_makes(
    undrawn: None, tmp_path: Path
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    commands = {"srun": 'exec "$@"', "aeflow": f'exec {sys.executable} -m simulation "$@"'}
    for name, line in commands.items():
        (programs / name).write_text(f"#!/bin/bash\n{line}\n")
        (programs / name).chmod(0o755)
    (tmp_path / "array.sh").write_text(job_script())
    for part in (0, 1):
        environment = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "SLURM_ARRAY_TASK_ID": str(part),
            "SLURM_CPUS_PER_TASK": "1",
        }
        command = ["bash", "array.sh", *SHORT]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    parts = [str(tmp_path / "parts" / str(part) / "latest") for part in (0, 1)]
    assert main(["gather", *parts, f"results={tmp_path / 'results'}"]) == 0
    together = ae.read(tmp_path / "results" / "latest")
    assert ae.same_numbers(together, ae.compare(ae.load(*SHORT, "executor=serial")))
