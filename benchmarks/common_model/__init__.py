"""The common model in several engines: `parameters` says what it is, the other files are one engine each."""
