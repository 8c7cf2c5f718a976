"""The bench: asks a triage AI about labelled cases, and says against criteria fixed beforehand how good it is."""
