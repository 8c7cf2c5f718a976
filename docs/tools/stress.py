"""The tables of docs/stress.md, written again from a run of `study=stress`.

`python -m docs.tools.stress results/sweeps/FOLDER` puts the figures of that sweep into the page; its sentences are not
touched, so read them again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from docs.tools.command import run
from simulation.config import load
from simulation.errors import ConfigError, Fault
from simulation.report.words import change

PAGE = Path(__file__).parents[1] / "stress.md"
WAIT = "wait_to_clinician_mean"
GROUPS = {"all": "everybody", "acuity_true=1-2": "true levels 1-2"}
"""The groups of the page, and the heading of the first column of each one's table."""


def main(words: Sequence[str]) -> int:
    """Write the tables; the exit code."""
    folder = Path(words[0]) if words else Path()
    files = [folder / name for name in ("across.csv", "effects.csv")]
    if not all(file.is_file() for file in files):
        raise ConfigError([Fault(str(folder), "is no sweep", "Name a folder of results/sweeps")])
    across, effects = (pd.read_csv(file, encoding="utf-8-sig", keep_default_na=False) for file in files)
    study = load("study=stress")
    labels = {arm.name: arm.arm.label for arm in study.arms}
    text = PAGE.read_text(encoding="utf-8")
    for scenario, cells in scenario_cells(effects, study.baseline.name).items():
        text = re.sub(rf"(\| `{scenario}` \|[^|]*\|)[^|]*\|[^|]*\|", rf"\1 {cells} |", text)
    for group, heading in GROUPS.items():
        table = effect_table(across[(across["measure"] == WAIT) & (across["group"] == group)], heading, labels)
        text = re.sub(rf"^\| {heading} \|.*?\n(?=\n)", lambda _, new=table: new, text, flags=re.DOTALL | re.MULTILINE)  # type: ignore[misc]
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    return 0


def scenario_cells(effects: pd.DataFrame, baseline: str) -> dict[str, str]:
    """Four-hour share and wait under the baseline, less those of usual weeks, with standard errors, by scenario."""
    levels = effects[(effects["arm"] == baseline) & (effects["of"] == "level") & (effects["group"] == "all")]

    def cell(scenario: str, measure: str, times: float) -> str:
        row = levels[(levels["value_1"] == scenario) & (levels["measure"] == measure)].iloc[0]
        return f"{change(times * row['estimate'], '')} ({times * row['standard_error']:.1f})"

    return {
        scenario: f"{cell(scenario, 'within_4h_share', 100)} | {cell(scenario, WAIT, 1)}"
        for scenario in levels["value_1"].unique()
    }


def effect_table(rows: pd.DataFrame, heading: str, labels: Mapping[str, str]) -> str:
    """A Markdown table: an arm a row, a scenario a column, the difference and half of its interval in the cells."""
    scenarios = list(rows["scenario"].unique())
    lines = [
        f"| {heading} | {' | '.join(each.replace('_', ' ') for each in scenarios)} |",
        "|---" * (len(scenarios) + 1) + "|",
    ]
    for arm in rows["arm"].unique():
        mine = rows[rows["arm"] == arm].set_index("scenario")
        half = (mine["difference_high"] - mine["difference_low"]) / 2
        cells = [f"{change(mine.loc[each, 'difference'], '')} ± {half[each]:.1f}" for each in scenarios]
        lines.append(f"| {labels[arm]} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run(main)
