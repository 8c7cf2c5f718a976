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
    """Write the tables into the page."""
    tables = {path.stem: path.read_text(encoding="utf-8") for path in sorted(RESULTS.glob("*.md"))}
    if not tables:
        sys.exit("results/benchmarks/ holds no table. Run `make bench` first")
    text = PAGE.read_text(encoding="utf-8")
    blocks = [block["name"] for block in BLOCK.finditer(text)]
    without_block = [name for name in tables if name not in blocks]
    if without_block:
        sys.exit(
            f"docs/benchmarks.md has no block for {', '.join(without_block)}. "
            f"Add '<!-- generated: {without_block[0]} -->' and '<!-- end -->'"
        )
    filled = BLOCK.sub(
        lambda block: f"{block[1]}{tables.get(block['name'], block['body'])}{block[4]}", text
    )
    PAGE.write_text(filled, encoding="utf-8", newline="\n")
    print(f"docs/benchmarks.md: {', '.join(name for name in blocks if name in tables)} written")
    not_run = [name for name in blocks if name not in tables]
    if not_run:
        print(f"not run, left as they are: {', '.join(not_run)}", file=sys.stderr)


if __name__ == "__main__":
    main()
