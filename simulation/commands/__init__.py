"""The commands, a file for each kind: they parse, call and print, and have no logic of their own."""
