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
# # Does AI at triage cut waits?
#
# The same patients under each way to triage. Every arm meets the same arrivals, illnesses and random numbers, so that
# differences are the arms' own. Beside the AI arms: a **sham** (the nurse's accuracy, other errors: no effect but
# chance), leaner triage without AI, one more nurse, two more beds. For planning only, not for clinical use.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np

import simulation as ae

settings = ["study=ai_triage", "run.replications=4", "run.warm_up_days=14", "run.measured_days=28", "executor=serial"]
settings += os.environ.get("AEFLOW_NOTEBOOK_OVERRIDES", "").split()  # the last word on a key wins

# %%
study = ae.load(*settings)
result = ae.compare(study)
labels = {arm.name: arm.arm.label for arm in study.arms}
others = [name for name in labels if name != study.design.baseline]
for name, label in labels.items():
    print(f"{name:<26} {label}")

# %% [markdown]
# ## The differences
#
# Against the baseline, with 95 % intervals over replications (patients are not independent, so they are never the
# unit). The band is what the sham does: chance alone. Few replications were run here, so intervals are wide; the
# default of `aeflow compare` runs more.

# %%
targets = (*study.design.primary, *study.design.secondary)
figure, panels = plt.subplots(1, len(targets), figsize=(5 * len(targets), 4.5), sharey=True)
for axes, target in zip(np.atleast_1d(panels), targets, strict=True):
    rows = {finding.arm: finding.comparison for finding in result.findings if finding.target == target}
    scale = 100 if next(iter(rows.values())).unit == "share" else 1
    for place, arm in enumerate(others):
        row = rows[arm]
        axes.plot([scale * row.difference_low, scale * row.difference_high], [place, place], color="#005eb8")
        axes.plot(scale * row.difference, place, "o", color="#005eb8")
    band = result.band(target.measure, target.group)
    if band is not None:
        axes.axvspan(scale * band.difference.low, scale * band.difference.high, color="#e8edee", zorder=0)
    for side in (-1, 1):
        axes.axvline(side * scale * target.minimal_important_difference, color="#768692", linestyle=":")
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_title(target.label, fontsize=10)
    axes.set_xlabel("percentage points" if scale == 100 else "minutes")
np.atleast_1d(panels)[0].set_yticks(range(len(others)), [labels[arm] for arm in others])
np.atleast_1d(panels)[0].invert_yaxis()  # shared by the panels
figure.tight_layout()
plt.show()

# %% [markdown]
# Dotted lines: the least difference that anybody would act on, stated in the study before the run.
#
# ## In words

# %%
for finding in result.findings:
    if finding.target == targets[0]:
        print(f"{labels[finding.arm]}: {finding.verdict.kind}\n    {finding.verdict.sentence}")

# %% [markdown]
# ## Is it safe?
#
# Margins stated beforehand: how much worse the sickest may fare before an arm counts as worse. The labels
# have a margin of their own: a mean wait can hide a few of the sickest who were sent to the back.

# %%
for each in result.safety:
    print(f"{labels[each.arm]:<42} {each.margin.label:<42} {each.judgement.kind}")

# %% [markdown]
# ## For whom?
#
# The difference in the wait by true level. Another order moves waiting from some to others.

# %%
table = result.table()
by_level = table[(table["measure"] == "wait_to_clinician_mean") & table["group"].str.startswith("acuity_true=")]
by_level = by_level.assign(level=by_level["group"].str.removeprefix("acuity_true="))
by_level = by_level[by_level["arm"] != study.design.baseline]
order = by_level["level"].unique()
by_level.pivot(index="arm", columns="level", values="difference").reindex(others)[order].round(1)

# %% [markdown]
# ## Shares 'better' and 'worse': only beside the sham
#
# With no effect at all a good part of patients wait a minute longer or shorter, because somebody else went first.

# %%
for arm in others:
    shares = result.shares(arm)
    if shares is not None:
        print(f"{labels[arm]:<42} shorter {shares.better:5.1%}   longer {shares.worse:5.1%}")

# %% [markdown]
# ## What does it hinge on?
#
# Intervals cover the randomness of the simulation and nothing else. What a saved minute is worth depends on how busy
# each pool is in *your* department, which no public data say. Here:

# %%
days = [answer.arms[study.design.baseline].day for answer in result.replications]
busy = np.mean([day.busy_mean for day in days], axis=0)
for name in ("triage_nurses", "doctors", "practitioners", "medicine_beds"):
    print(f"{name.replace('_', ' '):<16} busy {busy[days[0].pools.index(name)]:.0%} of the time")

# %% [markdown]
# Try `scenario=closed_ward`, `scenario=busier` or `staffing.doctors.extra=1` in the settings above, and see whether
# the verdicts stay.
