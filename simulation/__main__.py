"""`python -m simulation` runs the command `aeflow`."""

from simulation.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
