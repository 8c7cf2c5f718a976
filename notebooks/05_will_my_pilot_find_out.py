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
# # Will my pilot find out?
#
# "We pilot for twelve weeks before and twelve weeks after. Will we know?" In a simulation we know what a tool does, so
# we can run the pilot hundreds of times and see what it would have reported. For planning only, not for clinical use.
#
# Here one department is simulated for ten single years, under today's nurses, a sham that does nothing, and lean
# triage. `aeflow evaluate` takes sixty departments and two years of each. It needs the extra `evaluation`
# (`pip install 'aeflow[evaluation]'`).

# %%
import os

import simulation as ae

settings = ["study=ai_triage", "ensemble=none", "run=evaluation", "run.replications=10", "run.measured_days=364"]
settings += ["executor=serial"]
settings += os.environ.get("AEFLOW_NOTEBOOK_OVERRIDES", "").split()  # the last word on a key wins
result = ae.compare(ae.load(*settings).of_arms(["sham", "lean_triage"]))
answer = ae.evaluate(result, "lean_triage", trials=400)

# %% [markdown]
# ## Every design, with the same tool
#
# **False alarms**: how often an evaluation of the sham finds an effect. A test promises 5 of 100. **Found**: how often
# the tool's effect is found. **±**: half of the interval that would be reported.

# %%
answer.table

# %% [markdown]
# Where orange is to the right of the first dashed line, a design finds effects of nothing. Blue should be to the right
# of the second. On the left the step next to the tool, on the right the wait that it is bought for.

# %%
answer.pictures["designs"]

# %% [markdown]
# ## How long?

# %%
answer.pictures["weeks"]

# %% [markdown]
# ## In words

# %%
for sentence in answer.sentences:
    print(f"- {sentence}")

# %% [markdown]
# ## A design of your own, and what goes wrong with it
#
# A stepped wedge with steps of six weeks. Then the same where staff take the tool up slowly, a novelty fades, weeks
# cannot be counted, or departments drop out: each is an assumption, with what it rests on.

# %%
for deviations in ((), ("slow_adoption",), ("fading_novelty",), ("missing_weeks",), ("drop_out",)):
    own = ("stepped_wedge", "weeks=30", "switching.step_weeks=6")
    wedge = ae.evaluate(result, "lean_triage", *own, trials=400, deviations=deviations)
    found = wedge.primary(wedge.designs[0], wedge.main, "lean_triage")
    words = [f"{each.label} ({each.evidence}: {each.source})" for each in wedge.deviations] or ["As planned"]
    print(f"{words[0]}: found in {100 * found.right.value:.0f} of 100, ±{found.half_width:.1f} minutes")

# %% [markdown]
# ## Is it worth it?
#
# That takes three figures that only you can give: how likely you think it is that the tool works at all, what an hour
# less of waiting is worth to you, and the price. The last column takes the cost of the evaluation off.

# %%
stakes = {"prior": 0.5, "hour": 15.0, "price": 165_500.0, "years": 3.0, "cost": 20_000.0}
ae.evaluate(result, "lean_triage", trials=400, stakes=stakes).tables["value"]

# %% [markdown]
# ## For the protocol

# %%
print(answer.protocol)

# %% [markdown]
# ## What this leaves out
#
# Departments here live through months of their own; a real winter hits all of them (`scenario=shared`). Days and
# patients by a coin share their queues, so they are simulated as they are switched: `aeflow evaluate` does, with arms
# of their own. After buying, charts can watch the tool: `aeflow evaluate bought=...`
# (`docs/how-to/will-my-pilot-find-out.md`).
