"""How sure a difference is: intervals, comparisons, verdicts, effects over departments."""
