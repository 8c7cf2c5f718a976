"""A study run: the same patients under every arm, replicated in parallel, and the results."""
