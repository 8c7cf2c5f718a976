"""The common model in several engines: `stated` says what it is, the other files are one engine each."""
