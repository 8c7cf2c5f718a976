"""What the product makes of six departments' files, beside the truth: a table, and an exit code of 1 if it falls short.

    python tests/long/made_departments judge --folder /tmp/made [--only Aldmoor] [--no-fit] [--effects 60]
    python tests/long/made_departments judge --folder /tmp/made --more | --further | --later

With `--further` they are six that were made when the product had been suited to the first, and chosen before anybody
had looked at what it makes of them, and with `--later` three that were kept apart later; `--only` names any.

Files are made once in the folder. Asked (issue: records that are read right or refused): every kind of dirt counted
within 2 % or the file refused with the kind named; figures within 2 %; the fit meets waits within 10 %, the four-hour
share within 1.5 points, left within 1; at most one of six refused; effects held in 14 of 18 for each measure
(as large a share of fewer).
"""

from __future__ import annotations

import argparse
import pickle
import re
from dataclasses import dataclass, field
from pathlib import Path

from . import product
from .departments import DEPARTMENTS, EVERY, FURTHER, LATER, MORE, Department
from .exports import EXPORTS, Written, written
from .truths import MEASURES, read_truths

ESTIMATES = ("heap before four hours", "round minutes", "one stamp in UTC", "closed by the system", "downtime",
             "lost days", "lost month")  # fmt: skip
"""Kinds that can only be estimated (a fifth off is near enough) or are counted in another unit (any number is)."""


OPEN = "what records leave open of"
"""The range of departments that give the records' figures, which is no range of the effect: shown, and not asked."""
DIGIT = (0.05, 0.0005)
"""Half of the last digit shown of minutes, and of a share."""


@dataclass
class Judged:
    """Of one department: lines of a report, and what was met of what was asked."""

    name: str
    lines: list[str] = field(default_factory=list)
    met: dict[str, list[bool]] = field(default_factory=dict)
    refused: bool = False
    named: str = ""
    """What a refusal said that the user then followed."""

    def say(self, subject: str, holds: bool, line: str) -> None:
        """Keep a line, and whether it holds."""
        self.met.setdefault(subject, []).append(holds)
        self.lines.append(f"  {'held  ' if holds else 'MISSED'} {subject}: {line}")


def judge_dirt(judged: Judged, said: product.Said, counts: dict[str, int]) -> None:
    """Each kind: counted, or the file refused with the kind named."""
    found = product.counts_in(said.text, list(counts))
    for kind, true in counts.items():
        near = 0.2 if kind in ESTIMATES else 0.02
        counted = abs(found[kind] - true) <= max(near * true, 1) or (
            kind in ("lost days", "lost month") and found[kind] > 0
        )
        refusal = judged.named + said.text * judged.refused
        named = bool(re.search(product.KINDS[kind], refusal, re.I))
        judged.say(
            "dirt",
            counted or named,
            f"{kind}: {true:,}, counted {found[kind]:,.0f}{', named' if named else ''}",
        )


def judge_figures(judged: Judged, figures: dict[str, float], true: dict[str, float]) -> None:
    """Each figure that the product shows, and those that it does not."""
    for name in ("attendances_a_day", *product.LABELS):
        value = figures.get(name)
        shown = "refused" if judged.refused else "not shown" if value is None else f"{value:.4g}"
        near = (
            value is not None
            and abs(value - true[name]) <= 0.02 * true[name] + DIGIT[name.endswith("share")]
        )
        judged.say("figures", near, f"{name}: {true[name]:.4g}, read {shown}")


def judge_modes(
    judged: Judged, fitted: dict[str, float], true: dict[str, float], merged: bool
) -> None:
    """Shares of arrival modes as fitted. Where the file does not tell, referred patients are walk-ins."""
    whole = sum(fitted.values()) or 1
    for name in ("walk_in", "ambulance", *(() if merged else ("referred",))):
        share = (
            true[f"mode_{name}_share"]
            + (merged and name == "walk_in") * true["mode_referred_share"]
        )
        value = fitted.get(name, 0) / whole
        judged.say(
            "modes", abs(value - share) <= 0.02 * share, f"{name}: {share:.4f}, fitted {value:.4f}"
        )


def judge_fit(judged: Judged, simulated: dict[str, float], true: dict[str, float]) -> None:
    """Waits by step within 10 %, the four-hour share within 1.5 points, left within 1."""
    asked = {
        "walk_in_triage_wait_mean": 0.1,
        "triage_minutes_mean": 0.1,
        "wait_to_clinician_mean": 0.1,
        "stay_mean": 0.1,
    }
    for name, near in asked.items():
        value = simulated.get(name, float("nan"))
        judged.say(
            "fit",
            abs(value / true[name] - 1) <= near,
            f"{name}: {true[name]:.1f}, simulated {value:.1f}",
        )
    for name, points in {"within_4h_share": 1.5, "left_share": 1.0}.items():
        value = simulated.get(name, float("nan"))
        judged.say(
            "fit",
            abs(value - true[name]) <= points / 100,
            f"{name}: {100 * true[name]:.1f}, simulated {100 * value:.1f}",
        )


def judge_effects(
    judged: Judged, ranges: product.Ranges, left_open: product.Ranges | None = None
) -> None:
    """Whether each range holds the true effect, and whether what the records leave open does, with its width."""
    for change, true in read_truths()[judged.name]["effects"].items():
        for measure in MEASURES:
            for subject, of in (
                (f"effects on {measure}", ranges),
                (f"{OPEN} {measure}", left_open or ranges),
            ):
                low, high = of[change].get(measure, (float("nan"), float("nan")))
                line = f"{change}: {true[measure][0]:.4g}, {low:.4g} to {high:.4g} (width {high - low:.4g})"
                judged.say(subject, low <= true[measure][0] <= high, line)


def judge_department(department: Department, folder: Path, asked: argparse.Namespace) -> Judged:
    """Everything about one department."""
    judged, export = Judged(department.name), EXPORTS[department.name]
    file, kept = made_file(department, folder)
    true = kept.recorded
    drafted_said, drafted = product.draft(folder, file)
    if drafted:
        as_drafted = product.command(folder, "extract", file)
        figures = product.measures_in(as_drafted.text)
        wrong = [
            f"{name} {value:.4g} for {true[name]:.4g}"
            for name, value in figures.items()
            if abs(value - true[name]) > 0.02 * true[name] + DIGIT[name.endswith("share")]
        ]
        told = (
            f"figures wrong: {'; '.join(wrong) or 'none'}"
            if figures
            else last_words(as_drafted.text)
        )
        judged.lines.append(f"  as drafted: {told}")
    else:
        judged.lines.append(f"  no draft: {last_words(drafted_said.text)}")
    product.correct(folder, file, drafted, export)
    said = product.command(folder, "extract", file)
    (folder / f"{Path(file).stem}.said.txt").write_text(said.text, encoding="utf-8")
    for _ in range(2):  # at most
        if not said.fine and product.advised(folder, file, said.text):
            judged.lines.append(f"  refused, and mended as it says: {last_words(said.text)}")
            judged.named += said.text
            if not drafted:
                drafted = product.draft(folder, file)[1]
                product.correct(folder, file, drafted, export)
            said = product.command(folder, "extract", file)
    judged.refused = not said.fine
    if judged.refused:
        judged.lines.append(f"  refused: {last_words(said.text)}")
    judge_dirt(judged, said, kept.counts)
    judge_figures(judged, product.measures_in(said.text), true)
    if asked.fit:
        fitted_said, simulated, fitted = product.fit(folder, file, *asked.words)
        (folder / f"{Path(file).stem}.fit.txt").write_text(fitted_said.text, encoding="utf-8")
        if not fitted_said.fine:
            judged.lines.append(f"  no fit: {last_words(fitted_said.text)}")
        judge_modes(judged, fitted, true, export.modes[0][0] in export.modes[2])
        judge_fit(judged, simulated, true)
        nothing: product.Ranges = {change: {} for change in product.ARMS}
        _, *ranges = (
            product.effects(folder, file, asked.effects)
            if asked.effects and fitted_said.fine
            else (None, nothing, nothing)
        )
        judge_effects(judged, *ranges)
    return judged


def last_words(text: str) -> str:
    """The message with which a command ended, on one line."""
    return " ".join(text.split())[-600:]


def made_file(department: Department, folder: Path) -> tuple[str, Written]:
    """The name of the department's file in the folder, and its truth; made if it is not there."""
    name = f"{department.name.split()[0].lower()}.csv"
    beside = folder / f"{name}.pickle"
    if not beside.exists():
        file = written(department, EXPORTS[department.name])
        (folder / name).write_text("\n".join(file.lines) + "\n", encoding="utf-8")
        beside.write_bytes(pickle.dumps(Written([], file.counts, file.true, file.recorded)))
    return name, pickle.loads(beside.read_bytes())


def main(words: list[str]) -> int:
    """Judge the departments that are asked for, print, and return whether the product falls short."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--more", action="store_true", help="six more, without dirt")
    parser.add_argument("--further", action="store_true", help="six that the product has not seen")
    parser.add_argument("--later", action="store_true", help="three that were kept apart")
    parser.add_argument("--no-fit", dest="fit", action="store_false")
    parser.add_argument(
        "--effects", type=int, default=0, help="replications of the comparison; 0: none"
    )
    parser.add_argument(
        "--words", nargs="*", default=[], help="more words for `aeflow fit`, as departments=24"
    )
    asked = parser.parse_args(words)
    asked.folder.mkdir(parents=True, exist_ok=True)
    everything: dict[str, list[bool]] = {}
    refused = 0
    chosen = {"more": MORE, "further": FURTHER, "later": LATER}
    usual = next((of for name, of in chosen.items() if getattr(asked, name)), DEPARTMENTS)
    for department in EVERY if asked.only else usual:
        if not asked.only or department.name in asked.only:
            judged = judge_department(department, asked.folder, asked)
            refused += judged.refused
            print(f"{department.name} ({department.cause})", *judged.lines, sep="\n", flush=True)
            for subject, held in judged.met.items():
                print(f"  {subject}: {sum(held)} of {len(held)}", flush=True)
                everything.setdefault(subject, []).extend(held)
    print(
        f"All; {refused} refused",
        *(f"  {key}: {sum(held)} of {len(held)}" for key, held in everything.items()),
        sep="\n",
    )
    enough = {
        subject: 18 * sum(held) >= len(held) * (14 if subject.startswith("effects") else 18)
        for subject, held in everything.items()
        if not subject.startswith(OPEN)
    }
    return int(refused > 1 or not all(enough.values()))
