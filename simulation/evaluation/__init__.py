"""A planned evaluation, run before it is paid for: what a pilot of a given design would report of a tool."""
