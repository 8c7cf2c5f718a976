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

import simulation as ae

settings = ["study=ai_triage", "ensemble=none", "run=standard"]  # the typical department; README has sixty
settings += ["run.replications=4", "run.warm_up_days=14", "run.measured_days=28", "executor=serial"]
settings += os.environ.get("AEFLOW_NOTEBOOK_OVERRIDES", "").split()  # the last word on a key wins

# %%
study = ae.load(*settings)
result = ae.compare(study)
result.tables["first_page"]

# %% [markdown]
# ## The differences
#
# Against the baseline, with 95 % intervals over replications (patients are not independent, so they are never the
# unit). The band is what the sham does: chance alone. Few replications were run here, so intervals are wide; the
# default of `aeflow compare` runs more. Dashed: the least difference that anybody would act on, stated in the study
# before the run.

# %%
result.figure("differences")

# %% [markdown]
# ## In words

# %%
first = study.design.primary[0]
for finding in result.findings:
    if finding.target == first:
        print(f"{result.arm(finding.arm).label}: {finding.verdict.words}")

# %% [markdown]
# ## Is it safe?
#
# Margins stated beforehand: how much worse the sickest may fare before an arm counts as worse. The labels
# have a margin of their own: a mean wait can hide a few of the sickest who were sent to the back.

# %%
result.tables["safety"]

# %% [markdown]
# ## For whom?
#
# The difference in the wait by true level. Another order moves waiting from some to others.

# %%
result.tables["by_level"]

# %% [markdown]
# ## What does it hinge on?
#
# Intervals cover the randomness of the simulation and nothing else. What a saved minute is worth depends on how busy
# each pool is in *your* department, which no public data say. Here:

# %%
result.tables["binding"]

# %% [markdown]
# Try `scenario=closed_ward`, `scenario=busier_staff_follow` or `staffing.doctors.extra=1` in the settings above, and
# see whether the verdicts stay. Over the departments of an ensemble, `aeflow compare` says what decides it.
