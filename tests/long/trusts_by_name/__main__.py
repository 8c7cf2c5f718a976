"""`python tests/long/trusts_by_name predictions`, `known_draws` or `sets`, with their words.

See the modules of these names. A folder that is run is no package, so its parent is put on the path; `tests` itself may
be another's package.
"""

import sys
from importlib import import_module
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

if __name__ == "__main__":
    asked, *words = sys.argv[1:]
    sys.exit(import_module(f"trusts_by_name.{asked}").main(*map(int, words)))
