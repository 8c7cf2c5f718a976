"""The tables of docs/stress.md, written again from a sweep of `study=stress`.

`python -m docs.tools.stress results/sweeps/FOLDER` puts the figures of that sweep into the page. Its sentences are not
touched, so read them again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from docs.tools.command import run
from simulation.config import load
from simulation.display.words import change
from simulation.errors import ConfigError, Fault, ResultsError

PAGE = Path(__file__).parents[1] / "stress.md"
WAIT = "wait_to_clinician_mean"
GROUPS = {"all": "everybody", "acuity_true=1-2": "true levels 1-2"}
"""The groups of the page, and the heading of the first column of each one's table."""
ROW = r"^(\| `{scenario}` \|[^|]*\|)[^|]*\|[^|]*\|"
"""A scenario's row up to its two figures, and these."""
TABLE = r"^\| {heading} \|.*?\n(?=\n)"
"""A group's table, up to the empty line behind it."""


def main(words: Sequence[str]) -> int:
    """Write the tables; the exit code."""
    folder = Path(words[0]) if words else Path()
    files = [folder / name for name in ("across.csv", "effects.csv")]
    if not all(file.is_file() for file in files):
        raise ConfigError([Fault(str(folder), "is no sweep", "Name a folder of results/sweeps")])
    across, effects = (
        pd.read_csv(file, encoding="utf-8-sig", keep_default_na=False) for file in files
    )
    study = load("study=stress", "ensemble=none")
    labels = {arm.name: arm.arm.label for arm in study.arms}
    text = PAGE.read_text(encoding="utf-8")
    for scenario, cells in scenario_cells(effects, study.baseline.name).items():
        text = replaced(text, ROW.format(scenario=scenario), rf"\1 {cells} |")
    for group, heading in GROUPS.items():
        rows = across[(across["measure"] == WAIT) & (across["group"] == group)]
        text = replaced(text, TABLE.format(heading=heading), effect_table(rows, heading, labels))
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    return 0


def replaced(text: str, pattern: str, new: str) -> str:
    """The page with the one place that a pattern matches replaced. Raises ResultsError unless there is exactly one."""
    text, n_places = re.subn(pattern, new, text, flags=re.DOTALL | re.MULTILINE)
    if n_places != 1:
        raise ResultsError(f"docs/stress.md has {n_places} places for {new!r}. Keep one")
    return text


def scenario_cells(effects: pd.DataFrame, baseline: str) -> dict[str, str]:
    """The change from usual weeks under the baseline, with its standard error, by scenario: of the four-hour share in
    points, and of the wait in minutes."""
    levels = effects[
        (effects["arm"] == baseline) & (effects["of"] == "level") & (effects["group"] == "all")
    ]

    def cell(scenario: str, measure: str, factor: float) -> str:
        row = levels[(levels["value_1"] == scenario) & (levels["measure"] == measure)].iloc[0]
        return f"{change(factor * row['estimate'], '')} ({factor * row['standard_error']:.1f})"

    return {
        scenario: f"{cell(scenario, 'within_4h_share', 100)} | {cell(scenario, WAIT, 1)}"
        for scenario in levels["value_1"].unique()
    }


def effect_table(rows: pd.DataFrame, heading: str, labels: Mapping[str, str]) -> str:
    """A Markdown table, a row for each arm and a column for each scenario: the difference ± half of its interval."""
    scenarios = list(rows["scenario"].unique())
    lines = [
        f"| {heading} | {' | '.join(scenario.replace('_', ' ') for scenario in scenarios)} |",
        "|---" * (len(scenarios) + 1) + "|",
    ]
    for arm in rows["arm"].unique():
        by_scenario = rows[rows["arm"] == arm].set_index("scenario")
        half_widths = (by_scenario["difference_high"] - by_scenario["difference_low"]) / 2
        cells = [
            f"{change(by_scenario.loc[scenario, 'difference'], '')} ± {half_widths[scenario]:.1f}"
            for scenario in scenarios
        ]
        lines.append(f"| {labels[arm]} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    run(main)
