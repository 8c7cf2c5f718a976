"""Triage: what a nurse, or a nurse and an AI, make of each patient before the clock starts.

`policy` is what can be stated, `apply` makes columns of it, `check` says what is wrong with it, `describe` what its
labels come to; `matrix` holds the tables of errors and how they are summed up, `construct` the tables that published
summaries imply. No engine knows this subpackage, and no generator is made here.
"""
