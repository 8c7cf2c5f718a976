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
# # From my records to a verdict
#
# Is this *my* department, and what would a policy have done to the patients who really came? For planning only, not
# for clinical use.
#
# We have no hospital's records to show, so the first cell simulates eight weeks of a department and keeps what a
# hospital would have: stamps, codes, ages. With a file of your own, put `pd.read_csv("attendances.csv")` in its place.

# %%
import os

import pandas as pd

import simulation as ae

settings = ["ensemble=none", "run=weeks", "run.replications=1", "run.start_week=8", "executor=serial"]
settings += os.environ.get("AEFLOW_NOTEBOOK_OVERRIDES", "").split()  # the last word on a key wins
study = ae.load(*settings).of_arms(["ai_scribe_measured", "lean_triage"])
patients = ae.compare(study.of_arms([])).patients("nurse", 0)
start, end = study.run.window
patients = patients[(patients["arrived_at"] >= start) & (patients["arrived_at"] < end)]

points = ["arrived_at", "assessed_at", "triaged_at", "seen_at", "decided_at", "departed_at"]
records = pd.DataFrame(
    {name: pd.Timestamp("2026-03-02") + pd.to_timedelta((patients[name] - start).round(2), "min") for name in points}
)
records["mode"], records["level"] = patients["arrival_source"].astype(str), patients["acuity_given"].astype(str)
records["end"] = patients["outcome"].astype(str).replace("in_building", "admitted")
records["age"], records["name"] = patients["age"], "never read"
records.sample(3, random_state=1).sort_values("arrived_at")

# %% [markdown]
# ## What is in it
#
# A mapping says which column is what. `ae.draft_mapping(records)` makes the first version; what codes mean has to be
# corrected by somebody who knows. The column `name` is in no mapping, so nothing ever reads it.

# %%
same = {
    name: {value: value for value in values}
    for name, values in {
        "mode": ["walk_in", "ambulance", "referred"],
        "end": ["discharged", "admitted", "transferred", "left"],
        "level": ["immediate", "very_urgent", "urgent", "standard", "non_urgent"],
    }.items()
}
mapping = {
    "times": {name: name for name in points},
    "age": "age",
    "timezone": None,
    "arrival_source": {"column": "mode", "values": same["mode"]},
    "acuity": {"column": "level", "values": same["level"]},
    "outcome": {"column": "end", "values": same["end"]},
}
extract = ae.from_table(records, mapping, name="eight weeks")
extract.tables["quality"]

# %% [markdown]
# ## What stamps say of the department
#
# Each fitted number has its count and a 95 % interval. What stamps do not say is kept from the typical site, and
# listed.

# %%
fitted = ae.fit_department(extract, "mine")
fitted.tables["fitted"]

# %%
fitted.tables["kept"]

# %% [markdown]
# This is not calibrated yet: `aeflow fit` goes on from here, and looks for departments that give the figures of the
# records. `aeflow compare study=mine` then runs them. Here we go on with the department that made the records, because
# it is at hand.
#
# ## What happened, again
#
# The same attendances with the same labels and dispositions, six times. First hold them against the records.

# %%
trace = ae.trace(extract, study, imputations=6)
trace.tables["factual"]

# %%
trace.pictures[0]

# %% [markdown]
# Then ask what would have been otherwise. In brackets: nine in ten imputations. Where the simulated days lie farther
# from the recorded ones than chance explains, no effect is shown.

# %%
trace.tables["effects"]
