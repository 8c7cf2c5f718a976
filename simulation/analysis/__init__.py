"""What the two tables say: measures, occupancy, invariants, comparisons and verdicts."""
