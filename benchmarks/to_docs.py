"""Put the tables of the last `make bench` into docs/benchmarks.md, each between its markers.

    python benchmarks/to_docs.py

A block is `<!-- generated: name -->` to `<!-- end -->`; its table is results/benchmarks/name.md. A block whose
benchmark has not run stays as it is, and is named.
"""

from __future__ import annotations

import sys

from measuring import RESULTS

from docs.tools.model_tables import BLOCK

PAGE = RESULTS.parents[1] / "docs" / "benchmarks.md"


def main() -> None:
    """Write the page again."""
    made = {path.stem: path.read_text(encoding="utf-8") for path in sorted(RESULTS.glob("*.md"))}
    if not made:
        sys.exit("results/benchmarks/ holds no table. Run `make bench` first")
    text = PAGE.read_text(encoding="utf-8")
    blocks = [block["name"] for block in BLOCK.finditer(text)]
    homeless = [name for name in made if name not in blocks]
    if homeless:
        sys.exit(
            f"docs/benchmarks.md has no block for {', '.join(homeless)}. "
            f"Add '<!-- generated: {homeless[0]} -->' and '<!-- end -->'"
        )
    filled = BLOCK.sub(lambda block: f"{block[1]}{made.get(block['name'], block['body'])}{block[4]}", text)
    PAGE.write_text(filled, encoding="utf-8", newline="\n")
    print(f"docs/benchmarks.md: {', '.join(name for name in blocks if name in made)} written")
    kept = [name for name in blocks if name not in made]
    if kept:
        print(f"not run, left as they are: {', '.join(kept)}", file=sys.stderr)


if __name__ == "__main__":
    main()
