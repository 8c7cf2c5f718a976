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
# # A day in the department
#
# One typical A&E department under nurse triage, no AI yet: who comes, how long they wait, where the time goes and who
# is busy. Everything here is simulated. For planning only, not for clinical use.

# %%
import os

import simulation as ae

settings = ["ensemble=none", "run.replications=2", "run.warm_up_days=14", "run.measured_days=28"]
settings += ["executor=serial"]
settings += os.environ.get("AEFLOW_NOTEBOOK_OVERRIDES", "").split()  # the last word on a key wins

# %%
study = ae.load(*settings)
result = ae.run(study)  # the baseline arm alone
department, run = study.baseline.pathway, study.run
print(f"{len(department.steps)} steps, {len(department.pools)} pools, {run.replications} x {run.measured_days} days")

# %% [markdown]
# ## One row per attendance
#
# Points in time end `_at`: minutes since 00:00 on the first Monday. Labels (`acuity_given`) can be wrong; nobody in a
# real department sees `acuity_true`.

# %%
start, end = run.window
patients = result.patients()
patients = patients[(patients["arrived_at"] >= start) & (patients["arrived_at"] < end)].copy()
columns = ["arrival_source", "age_band", "acuity_true", "acuity_given", "arrived_at", "seen_at", "departed_at"]
patients[columns].head(8).round(1)

# %% [markdown]
# ## What a department is judged by
#
# Means over replications. Each measure is defined, with its source, in `docs/model.md`.

# %%
result.tables["measures"]

# %% [markdown]
# ## The hours of a day
#
# Patients come from late morning on, and the department fills behind them. Those who wait for a bed are there all
# night: beds are freed in the afternoon. Staff who are busy near 100 % for hours on end are where minutes matter.

# %%
result.figure("day")

# %%
result.tables["binding"]

# %% [markdown]
# ## Where the time of a stay goes

# %%
result.figure("stay")

# %%
result.tables["stay"]

# %% [markdown]
# ## By level, as it truly was
#
# Minutes to the first clinician, of those who were seen.

# %%
result.figure("acuity")

# %%
result.tables["acuity"]
