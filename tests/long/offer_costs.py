"""What it costs to change an answer of an offer: seconds of processors to the new page, and what was reused.

    python tests/long/offer_costs.py FOLDER [KEY=VALUE...]

In FOLDER the offer of docs/how-to/vendor-offer.md is made and compared, then with another price, another yardstick and
another use, as its users would: `aeflow offer`, then `aeflow compare`. For each it prints the seconds (user and system,
of all processes) of the two commands, and what they say of arms that were taken. Overrides go to every `aeflow compare`
(`run.replications=60`). What FOLDER holds of departments is used, so the first offer may cost little. Up to half an
hour of one processor.
"""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from entered import ANSWERS

CHANGES = {
    "first": (),
    "price": ("price_a_year=£90,000",),
    "yardstick": ("against=panel",),
    "use": ("used_share=80 %",),
}


def run(folder: Path, words: Sequence[str]) -> tuple[float, str]:
    """The seconds of processors that a command took, and what it printed."""
    before = os.times()
    command = (sys.executable, "-c", "import sys; from aeflow import main; sys.exit(main())")
    ended = subprocess.run(
        (*command, *words),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    after = os.times()
    spent = after.children_user + after.children_system
    return spent - before.children_user - before.children_system, ended.stdout


def main() -> None:
    """Make and compare each offer."""
    folder, overrides = Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "offer.yaml").write_text(ANSWERS, encoding="utf-8")
    for name, changed in CHANGES.items():
        made, told = run(folder, ("offer", "answers=offer.yaml", f"name={name}", *changed))
        compared, said = run(folder, ("compare", f"study={name}", *overrides))
        reused = re.findall(r"(?:Departments with|Note: )[^\n]*", told + said)
        print(
            f"{name}: offer {made:.1f} s, compare {compared:.1f} s, together {made + compared:.1f} s"
        )
        print(*(f"  {words}" for words in reused), sep="\n", flush=True)


if __name__ == "__main__":
    main()
