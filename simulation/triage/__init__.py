"""Triage: what a nurse, or a nurse and an AI, decide about each patient before the clock starts.

`policy` is what can be stated, `apply` turns it into columns, `check_policy` finds its faults, `label_accuracy` says
how often its labels are right; `matrix` holds the tables of errors and their summaries, `construct` the tables that
published summaries imply. No engine knows this subpackage, and no generator is made here.
"""
