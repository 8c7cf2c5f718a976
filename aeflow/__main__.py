"""`python -m aeflow` runs the command `aeflow`."""

from aeflow import main

if __name__ == "__main__":
    raise SystemExit(main())
