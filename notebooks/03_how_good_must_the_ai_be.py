# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How good must the AI be?
#
# How accurate must a triage AI be, and how many seconds must it save, before the patients of this department gain?
# And what would the same money do? A grid of tools that nobody sells: labels that are right so often, and so many
# seconds off the interview and the record. All meet the same patients, paired with the nurse of today; a **sham**
# (the nurse's accuracy, fresh errors, no effect but chance) says what chance alone does. For planning only, not for
# clinical use.

# %%
import os
from dataclasses import replace
from functools import cache
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import simulation as ae

settings = ["study=ai_triage", "ensemble=none", "run=standard", "executor=serial"]
settings += ["run.replications=4", "run.warm_up_days=14", "run.measured_days=28"]
settings += os.environ.get("AEFLOW_NOTEBOOK_OVERRIDES", "").split()  # the last word on a key wins
study = ae.load(*settings)


def signed(value):
    """A difference with its sign, and none where it rounds to nought."""
    shown = f"{value:+.1f}".replace("-", "−")
    return "0.0" if shown in ("+0.0", "−0.0") else shown


# %% [markdown]
# ## Tools on a grid
#
# `nearest_matrix` builds the error matrix nearest the nurses' own with a stated share of right labels and a stated
# direction of errors. These are constructions: the share is stated at the case mix that the nurses were measured on,
# so what comes out in this department is read off the results below. The tool labels everybody who is triaged.
# Seconds come off at the walk-in desk, never below a tenth of a patient's interview and record.

# %%
EXACT = (0.60, 0.70, 0.80, 0.90)
SECONDS = (0, 60, 120, 180)
DIRECTIONS = {"as nurses": None, "too urgent": 1 / 3, "not urgent enough": 3.0}  # under-triaged to one over-triaged

claimed = study.arm("ai_as_claimed").policy
everybody = replace(claimed.covers, labels=("walk_in", "ambulance", "referred"))
counts = study.baseline.policy.nurse.matrix.counts


@cache
def shares_of(exact, direction):
    """The error matrix of labels that are right so often and err that way."""
    return ae.nearest_matrix(counts, ae.Wanted(exact_share=exact, under_to_over=DIRECTIONS[direction]))


def tool(name, exact, seconds, direction):
    """A policy whose AI is right so often, errs that way and saves so many seconds."""
    shares = shares_of(exact, direction)
    rows = tuple(tuple(float(share) for share in row) for row in shares)
    matrix = replace(claimed.ai.matrix, shares=rows, evidence="assumed", source="a point of a grid")
    saved = replace(claimed.minutes.seconds_saved, value=float(seconds), evidence="assumed", source="a point of a grid")
    minutes = replace(claimed.minutes, seconds_saved=saved)
    return replace(claimed, name=name, ai=replace(claimed.ai, matrix=matrix), covers=everybody, minutes=minutes)


grid = {(exact, seconds, "as nurses") for exact in EXACT for seconds in SECONDS}
grid |= {(exact, 0, way) for exact in EXACT for way in [*DIRECTIONS][1:]}
names = {point: f"{point[0]:.0%} right, {point[1]} s, errors {point[2]}" for point in sorted(grid)}
others = [arm.name for arm in study.arms if arm.name not in (study.design.baseline, study.design.sham)]
tools = {name: tool(name, *point) for point, name in names.items()}
result = ae.compare(study.with_policies(tools, keep=others))
print(f"{len(tools)} tools, {len(others)} arms of the study, {study.run.replications} x {study.run.measured_days} days")

# %% [markdown]
# ## The differences from the nurse of today
#
# Minutes to the first clinician. A star: the 95 % interval (over replications) lies wholly outside the sham's, so that
# chance with other labels does not explain it.

# %%
table = result.table()
baseline = study.design.baseline
everyone, sickest = study.design.primary


def found(arm, target):
    """One arm's difference on one primary measure."""
    chosen = (table["arm"] == arm) & (table["measure"] == target.measure) & (table["group"] == target.group)
    return table[chosen].iloc[0]


def beyond_chance(row, target):
    """Whether a difference's interval and the sham's have nothing in common."""
    sham = result.band(target.measure, target.group).difference
    return row["difference_low"] > sham.high or row["difference_high"] < sham.low


def cell(arm, target):
    """A difference in words."""
    row = found(arm, target)
    star = " *" if beyond_chance(row, target) else ""
    low, high = signed(row["difference_low"]), signed(row["difference_high"])
    return f"{signed(row['difference'])} ({low} to {high}){star}"


def right_share(arm):
    """The share of right labels, as it came out in this department."""
    chosen = (table["arm"] == arm) & (table["measure"] == "exact_triage_share") & (table["group"] == "all")
    return float(table[chosen]["mean"].iloc[0])


rows = [
    {
        "stated right": f"{point[0]:.0%}",
        "errors": point[2],
        "seconds saved": point[1],
        "came out right": f"{right_share(name):.0%}",
        everyone.label: cell(name, everyone),
        sickest.label: cell(name, sickest),
    }
    for point, name in names.items()
]
pd.DataFrame(rows).set_index(["errors", "stated right", "seconds saved"]).sort_index()

# %% [markdown]
# ## The line of no change
#
# Each panel is one primary measure: orange longer than today, purple shorter, the black line no change. Points are
# tools of which something was measured or claimed, where their accuracy came out in this department and where their
# stated seconds stand. They differ from the grid in whom they cover and how they err, so the colour under a point is
# not its own result: that is in the table after.

# %%
right = np.array([right_share(names[exact, 0, "as nurses"]) for exact in EXACT])


def seconds_of(arm):
    """The seconds that an arm's policy states to save; 0 if none."""
    effects = study.arm(arm).policy.effects
    return sum(effect.seconds_saved.value for effect in effects if effect.seconds_saved is not None)


with_ai = [name for name in others if study.arm(name).policy.ai is not None or seconds_of(name)]
figure, panels = plt.subplots(1, 2, figsize=(12, 5), sharey=True)
for axes, target in zip(panels, (everyone, sickest), strict=True):
    value = np.array(
        [
            [found(names[exact, seconds, "as nurses"], target)["difference"] for exact in EXACT]
            for seconds in SECONDS
        ]
    )
    most = max(np.abs(value).max(), 0.1)
    filled = axes.contourf(right, SECONDS, value, levels=np.linspace(-most, most, 13), cmap="PuOr_r")
    if value.min() < 0 < value.max():
        line = axes.contour(right, SECONDS, value, levels=[0], colors="black", linewidths=2)
        axes.clabel(line, fmt={0: "no change"}, fontsize=9)
    axes.axvline(right_share(baseline), color="#005eb8", linestyle=":", label="the nurse of today")
    for number, name in enumerate(with_ai, start=1):
        place = (right_share(name), seconds_of(name))
        axes.plot(*place, "o", color="#003087", markeredgecolor="white", markersize=8, clip_on=False, zorder=5)
        below = place[1] > SECONDS[-1] / 2  # beside its point and inside the panel
        shift = (-14, -14) if below else (6, 5 + 10 * (number % 2))
        bare = {"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.8}
        axes.annotate(str(number), place, xytext=shift, textcoords="offset points", fontsize=9, bbox=bare, zorder=6)
    axes.set_title(f"{target.label}: difference, minutes", fontsize=10)
    axes.set_xlabel("share of right labels, as it came out")
    figure.colorbar(filled, ax=axes, format="%+.1f")
panels[0].set_ylabel("seconds saved at the desk")
panels[0].legend(loc="upper left", fontsize=8)
plt.show()
pd.DataFrame(
    [
        {
            "point": number,
            "tool": study.arm(name).arm.label,
            "came out right": f"{right_share(name):.0%}",
            "seconds saved": f"{seconds_of(name):.0f}",
            everyone.label: cell(name, everyone),
            sickest.label: cell(name, sickest),
        }
        for number, name in enumerate(with_ai, start=1)
    ]
).set_index("point")

# %% [markdown]
# ## In words, from these numbers
#
# Read from the mean differences, straight between the points of the grid; then what the intervals support.


# %%
def seconds_needed(exact, target):
    """The fewest seconds at which the mean is no longer than today, straight between grid points; None if never."""
    means = [found(names[exact, seconds, "as nurses"], target)["difference"] for seconds in SECONDS]
    if means[0] <= 0:
        return 0.0
    for (one, before), (other, after) in pairwise(zip(SECONDS, means, strict=True)):
        if after <= 0:
            return one + (other - one) * before / (before - after)
    return None


for target in (everyone, sickest):
    print(target.label)
    for exact in EXACT:
        needed = seconds_needed(exact, target)
        row = found(names[exact, SECONDS[-1], "as nurses"], target)
        need = f"with nothing up to {SECONDS[-1]} s" if needed is None else f"with about {needed:.0f} s saved"
        sure = [
            seconds
            for seconds in SECONDS
            if found(names[exact, seconds, "as nurses"], target)["difference_high"] < 0
            and beyond_chance(found(names[exact, seconds, "as nurses"], target), target)
        ]
        surely = f"beyond chance at {', '.join(map(str, sure))} s" if sure else "beyond chance nowhere"
        print(
            f"  {exact:.0%} right: no loss {need}; a gain {surely}; {signed(row['difference'])} min at {SECONDS[-1]} s"
        )

print("\nErrors too urgent or not urgent enough, with nothing saved (everybody / true levels 1-2, minutes):")
for exact in EXACT:
    said = [
        f"{way} {signed(found(names[exact, 0, way], everyone)['difference'])} / "
        f"{signed(found(names[exact, 0, way], sickest)['difference'])}"
        for way in DIRECTIONS
    ]
    print(f"  {exact:.0%} right: {'; '.join(said)}")

# %% [markdown]
# ## What would the same money do?
#
# Arms of the study by what they cost, beside the grid at the list price of one vendor per attendance. Per
# £100,000 a year assumes that effect and cost grow together, which holds near the size compared and nowhere else.

# %%
price = claimed.price_per_attendance
attended = sum(each.per_day * each.scale for each in study.baseline.pathway.arrivals.values() if each.attends)
fee = 365 * attended * price.value
priced = {name: result.arm(name).cost for name in others if result.arm(name).cost is not None}
spent = {name: pounds for name, pounds in priced.items() if pounds > 0}
for name in priced.keys() - spent.keys():
    effect = signed(found(name, everyone)["difference"])
    print(f"Costs nothing, so is no part of the table: '{study.arm(name).arm.label}' ({effect} min)")
spent |= {name: fee for name in tools}
money = pd.DataFrame(
    [
        {
            "arm": name if name in tools else study.arm(name).arm.label,
            "£ a year": round(pounds),
            "minutes, everybody": found(name, everyone)["difference"],
            "low": found(name, everyone)["difference_low"],
            "high": found(name, everyone)["difference_high"],
            "minutes for each £100,000": found(name, everyone)["difference"] * 100_000 / pounds,
        }
        for name, pounds in spent.items()
    ]
).sort_values("minutes for each £100,000")
print(
    f"List price £{price.value:.2f} an attendance ({price.evidence}), {365 * attended:,.0f} attendances: "
    f"£{fee:,.0f} a year"
)
shown = {column: signed for column in money.columns if column.startswith("minutes") or column in ("low", "high")}
shown["£ a year"] = "{:,}".format
money.assign(**{column: money[column].map(how) for column, how in shown.items()}).reset_index(drop=True)

# %%
for name in [each for each in spent if each not in tools]:
    mine = found(name, everyone)["difference"] / spent[name]
    better = [point for point, each in names.items() if found(each, everyone)["difference"] / fee < mine]
    which = "no tool of the grid does" if not better else f"tools of the grid that do: {len(better)} of {len(tools)}"
    print(f"More for the money than '{study.arm(name).arm.label}' ({signed(mine * 100_000)} min for £100,000): {which}")
    if better:
        least = min(better, key=lambda point: (point[1], point[0]))
        print(f"    the one of them that saves the fewest seconds: {names[least]}")

# %% [markdown]
# ## What it hinges on
#
# Intervals are about the randomness of the simulation. Whether a second saved at the desk is worth anything depends on
# how busy the desk is, and no public data say. Try `site=short_of_clinicians` or `site=short_of_triage` in the
# settings above, and see how the line of no change moves.
