"""A study: the same patients under every arm, replicated in parallel, and what it found."""
