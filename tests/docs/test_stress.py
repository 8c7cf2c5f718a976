"""The tool that writes the tables of docs/stress.md, on two small tables with made-up numbers."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from docs.tools import stress
from simulation.config import packaged_configs
from simulation.errors import ConfigError, ResultsError

WAIT, SHARE = "wait_to_clinician_mean", "within_4h_share"
DESIGN = yaml.safe_load((packaged_configs() / "study" / "stress.yaml").read_text(encoding="utf-8"))
USUAL, *STRESSES = DESIGN["scenarios"]
ARMS = [name for name in DESIGN["arms"] if name != DESIGN["baseline"]]


def effects_row(
    scenario: str, measure: str, estimate: float, error: float, **others: str
) -> dict[str, object]:
    numbers = {"estimate": estimate, "standard_error": error}
    return {
        "measure": measure, "group": "all", "arm": "nurse", "of": "level", "value_1": scenario, **numbers, **others
    }  # fmt: skip


def across_row(
    scenario: str,
    arm: str,
    difference: float,
    low: float,
    high: float,
    measure: str = WAIT,
    group: str = "all",
) -> dict[str, object]:
    interval = {"difference": difference, "difference_low": low, "difference_high": high}
    return {"scenario": scenario, "arm": arm, "measure": measure, "group": group, **interval}


def sweep_in(
    folder: Path, across: list[dict[str, object]], effects: list[dict[str, object]]
) -> str:
    pd.DataFrame(across).to_csv(folder / "across.csv", index=False, encoding="utf-8-sig")
    pd.DataFrame(effects).to_csv(folder / "effects.csv", index=False, encoding="utf-8-sig")
    return str(folder)


PAGE = """\
| scenario | what was changed | within 4 h, points | wait, minutes | published swing |
|---|---|---|---|---|
| `winter` | stays longer | 0 (0) | 0 (0) | a 4 % swing |

Words between.

| everybody | usual |
|---|---|
| An arm that went | 0 ± 0 |

| true levels 1-2 | usual |
|---|---|
| An arm that went | 0 ± 0 |

Words after.
"""
WRITTEN = """\
| scenario | what was changed | within 4 h, points | wait, minutes | published swing |
|---|---|---|---|---|
| `winter` | stays longer | −2.5 (0.3) | +6.1 (1.5) | a 4 % swing |

Words between.

| everybody | usual | closed ward |
|---|---|---|
| Lean triage, no AI | −11.0 ± 0.5 | −9.0 ± 2.0 |
| AI scribe, as measured (27 s off) | 0.0 ± 1.2 | +3.3 ± 0.1 |

| true levels 1-2 | usual |
|---|---|
| Lean triage, no AI | +4.0 ± 1.0 |

Words after.
"""


def test_figures_of_a_sweep_take_the_place_of_those_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "stress.md"
    page.write_text(PAGE, encoding="utf-8")
    monkeypatch.setattr(stress, "PAGE", page)
    effects = [
        effects_row("winter", SHARE, -0.025, 0.003),
        effects_row("winter", WAIT, 6.06, 1.5),
        effects_row("winter", WAIT, 99, 9, group="acuity_true=1-2"),
        effects_row("winter", WAIT, 99, 9, arm="lean_triage", of="difference"),
    ]
    across = [
        across_row("usual", "lean_triage", -11, -11.5, -10.5),
        across_row("usual", "ai_scribe_measured", 0.04, -1.16, 1.24),
        across_row("usual", "lean_triage", 4, 3, 5, group="acuity_true=1-2"),
        across_row("usual", "lean_triage", 99, 98, 100, measure=SHARE),
        across_row("closed_ward", "lean_triage", -9, -11, -7),
        across_row("closed_ward", "ai_scribe_measured", 3.3, 3.2, 3.4),
    ]
    assert stress.main([sweep_in(tmp_path, across, effects)]) == 0
    assert page.read_text(encoding="utf-8") == WRITTEN


@pytest.mark.parametrize("group", stress.GROUPS)
def test_the_page_has_a_table_for_the_group_with_every_arm_and_scenario(group: str) -> None:
    text, heading = stress.PAGE.read_text(encoding="utf-8"), stress.GROUPS[group]
    labels = {name: arm["label"] for name, arm in DESIGN["arms"].items()}
    rows = pd.DataFrame(
        [across_row(scenario, arm, 1, 0, 2) for arm in ARMS for scenario in (USUAL, *STRESSES)]
    )
    new = stress.effect_table(rows, heading, labels)
    written = stress.replaced(text, stress.TABLE.format(heading=heading), new)
    (old,) = (part for part in text.split("\n\n") if part.startswith(f"| {heading} |"))
    assert written == text.replace(f"{old}\n", new)
    assert [first_cells(line) for line in old.splitlines()] == [
        first_cells(line) for line in new.splitlines()
    ]


def first_cells(line: str) -> list[str]:
    """Every cell of a heading, the first of another line."""
    cells = line.split("|")
    return cells if "usual" in line else cells[:2]


@pytest.mark.parametrize("scenario", STRESSES)
def test_the_page_has_one_row_for_each_scenario_that_is_no_usual_week(scenario: str) -> None:
    text = stress.PAGE.read_text(encoding="utf-8")
    written = stress.replaced(
        text, stress.ROW.format(scenario=scenario), r"\1 +1.0 (2.0) | −3.0 (4.0) |"
    )
    pairs = zip(text.splitlines(), written.splitlines(), strict=True)
    (line,) = (new for old, new in pairs if old != new)
    assert line.startswith(f"| `{scenario}` | ")
    assert line.split(" | ")[2:4] == ["+1.0 (2.0)", "−3.0 (4.0)"]


def test_a_page_without_a_place_for_a_figure_is_refused_and_stays_as_it_is() -> None:
    with pytest.raises(ResultsError, match="has 0 places for"):
        stress.replaced(PAGE, stress.ROW.format(scenario="flood"), r"\1 +1.0 (2.0) | −3.0 (4.0) |")


def test_a_folder_that_no_sweep_wrote_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no sweep"):
        stress.main([str(tmp_path)])
