"""Engines: the same plan and the same draws in, the same activities out. `contract` says what they promise."""
