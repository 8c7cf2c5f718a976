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
# # Put a triage AI on the bench
#
# Before anybody asks what an AI does to waits: is it any good? The **bench** asks it about labelled cases and says,
# against criteria that were fixed beforehand, whether they are met, not met, or whether the cases cannot tell. Here the
# cases are made up and the tool is a simple model that learns from them, so nothing follows for patients: the notebook
# shows how to read a card, and how the card becomes a triage policy. For planning only, not for clinical use.
#
# It needs the extra `vetting` (`make vet`, or `pip install 'aeflow[vetting]'`).

# %%
import os
from tempfile import TemporaryDirectory

import simulation as ae

folder = TemporaryDirectory()  # yours: "results"
card = ae.vet("synthetic", "cases.number=600", results=folder.name)
card

# %% [markdown]
# ## The criteria, fixed beforehand
#
# *Met* and *not met* need the whole 95 % interval on one side of the bound. Otherwise the last column says how many
# cases would settle it.

# %%
card.tables["criteria"]

# %% [markdown]
# ## Right, and wrong in which direction
#
# To the right of the framed diagonal patients are labelled less urgent than they are. The table sets the tool beside
# the nurse, on the same patients, and beside two yardsticks: the commonest level for everybody, and vital signs alone.

# %%
card.pictures["matrix"]

# %%
card.tables["scores"]

# %% [markdown]
# ## For whom
#
# A group with fewer than 30 cases of true levels 1 and 2 has no place in the picture: too little is known of it.

# %%
card.pictures["groups"]

# %% [markdown]
# ## Does it know what it does not know?
#
# On the line, the tool is right as often as it says. Below, what is left when the labels it is least sure of are handed
# back to the nurse.

# %%
card.pictures["calibration"]

# %%
card.pictures["abstention"]

# %% [markdown]
# ## The same patient, asked again
#
# As written twice, in other words, and with a command added to the complaint. Whoever types can add such a command.

# %%
card.pictures["answers"]

# %% [markdown]
# ## What a public body must file
#
# Rows for the hazard log; severity, residual risk and owner are blank for the clinical safety officer. The card's
# folder holds them as CSV and in Word.

# %%
card.tables["hazards"]

# %% [markdown]
# ## A new version
#
# The same cases, a model of vital signs alone, against the card above. What cannot be told is a stop.

# %%
written = card.write(folder.name)
newer = ae.vet("synthetic", "cases.number=600", "assessor.reads=[vital_signs]", "comparators=false", against=written)
print(newer.sentences[-1])

# %% [markdown]
# ## What it would do to waits
#
# The card's folder holds the tool as a triage policy: truth, nurse and tool counted together, because on the bench the
# tool errs on some of the patients on whom the nurse errs. Four arms: the nurse of the bench, a sham, the tool in her
# place, the tool advising her. The intervals are of simulation alone; `study=vetted_doubt` adds how sure the table is.

# %%
settings = ["study=vetted", "run=weeks", "run.replications=8", "executor=serial"]
settings += os.environ.get("AEFLOW_NOTEBOOK_OVERRIDES", "").split()  # the last word on a key wins
result = ae.compare(ae.load(*settings, config_dir=str(written / "configs")))
result.tables["first_page"]

# %%
for finding in result.findings:
    print(f"{result.arm(finding.arm).label}: {finding.target.label.lower()}: {finding.verdict.words}")

# %% [markdown]
# ## What a bench cannot say
#
# Whether the tool helps patients; whether staff follow it; whether your patients are like these cases. A tool that
# reads made-up vignettes well has shown that it reads vignettes. Take cases of your own:
# `docs/how-to/vet-a-triage-ai.md`.
