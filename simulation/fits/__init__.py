"""A department of one's own: fitted to an extract, scaled, written, and its attendances simulated again."""
