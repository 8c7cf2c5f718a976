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

import matplotlib.pyplot as plt
import numpy as np

import simulation as ae

settings = ["run.replications=2", "run.warm_up_days=14", "run.measured_days=28", "executor=serial"]
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
columns = [
    "arrival_source",
    "age_band",
    "acuity_true",
    "acuity_given",
    "arrived_at",
    "seen_at",
    "departed_at",
    "outcome",
]
patients[columns].head(8)

# %% [markdown]
# ## What a department is judged by
#
# Means over replications. Each measure is defined, with its source, in `docs/model.md`.

# %%
table = result.table()
table[table["group"] == "all"][["measure", "unit", "mean"]].round(3).reset_index(drop=True)

# %% [markdown]
# ## The hours of a day
#
# Patients come from late morning on, and the department fills behind them. Those who wait for a bed are there all
# night: beds are freed in the afternoon.

# %%
days = [answer.arms[study.baseline.name].day for answer in result.replications]
hours = np.arange(24)
mean_of = {name: np.mean([getattr(day, name) for day in days], axis=0) for name in ("arrivals", "census", "boarders")}

figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 6), sharex=True)
top.bar(hours, mean_of["arrivals"], color="#005eb8")
top.set_ylabel("arrivals an hour")
bottom.step(hours, mean_of["census"], where="mid", color="#005eb8", label="in the department")
bottom.step(hours, mean_of["boarders"], where="mid", color="#d55e00", label="of these waiting for a bed")
bottom.set(ylabel="patients", xlabel="hour of the day", ylim=(0, 1.3 * mean_of["census"].max()))
bottom.legend(loc="upper left", ncols=2)
plt.show()

# %% [markdown]
# ## Who is busy, when
#
# The share of units on duty that are held, for staff. A pool near 1 for hours on end is where minutes matter.

# %%
staff = [name for name, pool in department.pools.items() if pool.kind == "staff"]
busy = np.mean([day.busy for day in days], axis=0)
rows = [days[0].pools.index(name) for name in staff]

figure, axes = plt.subplots(figsize=(8, 5))
image = axes.imshow(busy[rows], aspect="auto", cmap="Blues", vmin=0, vmax=1)
axes.set_yticks(range(len(staff)), [name.replace("_", " ") for name in staff])
axes.set_xlabel("hour of the day")
figure.colorbar(image, label="share busy")
plt.show()

# %% [markdown]
# ## Where the time of a stay goes
#
# Mean minutes an attendance, waiting for each step and being in it: the ten steps that take most.

# %%
steps = np.array(days[0].steps)
waiting = np.mean([day.waiting for day in days], axis=0)
working = np.mean([day.working for day in days], axis=0)
most = np.argsort(waiting + working)[-10:]

figure, axes = plt.subplots(figsize=(8, 5))
names = [name.replace("_", " ") for name in steps[most]]
axes.barh(names, waiting[most], color="#d55e00", label="waiting for it")
axes.barh(names, working[most], left=waiting[most], color="#005eb8", label="in it")
axes.set_xlabel("minutes per attendance, mean over all attendances")
axes.legend()
plt.show()

print(f"Waiting {waiting.sum():.0f} minutes, being looked after {working.sum():.0f}, an attendance.")
at_triage = working[list(steps).index("triage")]
print(f"Triage itself takes {at_triage:.1f} of them: all that an AI could save there, before any queue shortens.")

# %% [markdown]
# ## By level, as it truly was
#
# The first clinician, for those who were seen.

# %%
seen = patients.dropna(subset=["seen_at"])
wait = (seen["seen_at"] - seen["arrived_at"]).groupby(seen["acuity_true"], observed=True)
wait.describe(percentiles=[0.5, 0.95])[["count", "mean", "50%", "95%"]].round(0)
