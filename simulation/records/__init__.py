"""The two tables, `patients` and `activities`, and how they are stored."""
