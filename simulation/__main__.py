"""`python -m simulation` runs the command `aeflow`."""

from aeflow import end_at_ctrl_c, main

if __name__ == "__main__":
    end_at_ctrl_c()
    raise SystemExit(main())
