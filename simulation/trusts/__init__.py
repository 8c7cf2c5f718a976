"""English trusts by name: what is published of each one's major emergency departments, and what is not."""
