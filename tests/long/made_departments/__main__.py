"""`python tests/long/made_departments judge`, `forty`, `truths`, or `export FOLDER`: see the modules of these names.

A folder that is run is no package, so its parent is put on the path; `tests` itself may be another's package.
"""

import sys
from importlib import import_module
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

if __name__ == "__main__":
    asked, *words = sys.argv[1:] or ["judge"]
    if asked == "truths":
        from made_departments.truths import write_truths

        write_truths(*map(int, words[:1]), *words[1:])
    elif asked == "export":
        from made_departments.exports import export_all

        export_all(Path(words[0]))
    else:
        sys.exit(import_module(f"made_departments.{asked}").main(words))
