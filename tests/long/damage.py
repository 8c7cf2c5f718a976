"""Whether damage to a stored run is ever read as other numbers, or ends in a traceback.

Flips single bits of its files, and mangles them: cut short, emptied, swapped with another run's, made other text than
UTF-8, replaced by a folder, gone, JSON with one value changed. After each the run is read: it must be refused in one
message, or be the same to the last bit (a picture is not read). Asked of 400 flips and 600 manglings.

    python tests/long/damage.py            about five minutes on one processor
    python tests/long/damage.py --flips 40 --mangled 60 --seed 7

Exit code 1: something was read as other numbers, or was no message.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import simulation as ae

SHORT = (
    "study=ai_triage",
    "ensemble=none",
    "run.replications=2",
    "run.warm_up_days=0",
    "run.measured_days=2",
    "run.cool_down_days=1",
    "run.doublings=0",
    "executor=serial",
    "engine=compiled",
)


def files_of(folder: Path) -> list[Path]:
    """Every file of a stored run, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


@contextmanager
def spoilt(path: Path, spoil: Callable[[Path], None]) -> Iterator[None]:
    """A file spoilt for a while; at the end it is what it was."""
    content = path.read_bytes()
    spoil(path)
    try:
        yield
    finally:
        if path.is_dir():
            path.rmdir()
        path.write_bytes(content)


def outcome(folder: Path, before: ae.Result) -> str:
    """How a spoilt run is read: 'refused' in one message, as the 'same', as 'other', or with a 'traceback'."""
    try:
        again = ae.read(folder)
        same = ae.same_numbers(before, again)
        same = same and (again.study, again.explanation) == (before.study, before.explanation)
    except ae.ResultsError as error:
        return "refused" if "\n" not in str(error) else "traceback"
    except Exception:  # whatever it is, it would reach the user
        return "traceback"
    return "same" if same else "other"


def flipped(folder: Path, before: ae.Result, chance: random.Random) -> tuple[str, str]:
    """Flip one bit of one file and read the run: the file and bit, and the outcome."""
    path = chance.choice(files_of(folder))
    bit = chance.randrange(8 * path.stat().st_size)

    def flip(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)

    with spoilt(path, flip):
        return f"{path.name}, bit {bit}", outcome(folder, before)


def mangled(folder: Path, other: Path, before: ae.Result, chance: random.Random) -> tuple[str, str]:
    """Mangle one file and read the run: what was done to which, and the outcome. `other`: another run's folder."""
    path = chance.choice(files_of(folder))
    size = path.stat().st_size
    cut = chance.randrange(size)
    theirs = other / path.relative_to(folder)

    def replaced_by_a_folder(path: Path) -> None:
        path.unlink()
        path.mkdir()

    def rewritten(rewrite: Callable[[bytes], bytes]) -> Callable[[Path], None]:
        return lambda path: path.write_bytes(rewrite(path.read_bytes())) and None

    damage: dict[str, Callable[[Path], None]] = {
        "cut short": rewritten(lambda content: content[:cut]),
        "emptied": rewritten(lambda content: b""),
        "swapped": rewritten(lambda content: theirs.read_bytes()),
        "not UTF-8": rewritten(lambda content: content[:cut] + b"\xff\xfe\x80" + content[cut:]),
        "a folder": replaced_by_a_folder,
        "gone": Path.unlink,
        "other JSON": rewritten(
            lambda content: chance.choice([b"[]", b"{}", b"null", b"[" * 100_000])
        ),
        "edited": rewritten(lambda content: edited(content, chance)),
    }
    name = chance.choice(sorted(damage))
    with spoilt(path, damage[name]):
        return f"{path.name} {name}", outcome(folder, before)


def edited(content: bytes, chance: random.Random) -> bytes:
    """A JSON file with one value, at any depth, changed or gone, as an editor might leave it; other files cut short."""
    try:
        whole = json.loads(content)
    except ValueError:
        return content[: chance.randrange(len(content))]
    place = whole
    while True:
        key = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
        below = place[key]
        if not (isinstance(below, dict | list) and below and chance.random() < 0.8):
            break
        place = below
    if chance.random() < 0.3:
        del place[key]
    else:
        place[key] = chance.choice(
            [value for value in (None, [], {}, -1, "x", 1e300, True) if value != below]
        )
    return json.dumps(whole).encode()


def main() -> int:
    """Spoil a stored run, print the counts; 1 if anything was read as other numbers or was no message."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--flips", type=int, default=400)
    parser.add_argument("--mangled", type=int, default=600)
    parser.add_argument("--seed", type=int, default=20261125)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    wrong = []
    with tempfile.TemporaryDirectory() as place:
        folder = ae.compare(ae.load(*SHORT)).write(Path(place) / "one")
        other = ae.compare(ae.load(*SHORT, "run.seed=7")).write(Path(place) / "other")
        before = ae.read(folder)
        untouched = Path(place) / "untouched"
        shutil.copytree(folder, untouched)
        for name, n in (("flips", asked.flips), ("mangled", asked.mangled)):
            counts: Counter[str] = Counter()
            for _ in range(n):
                if name == "flips":
                    what, came_to = flipped(folder, before, chance)
                else:
                    what, came_to = mangled(folder, other, before, chance)
                counts[came_to] += 1
                if came_to in ("other", "traceback"):
                    wrong.append(f"{what}: {came_to}")
            print(
                f"{name}: {n} tried, {counts['refused']} refused, {counts['same']} read as they were, ",
                end="",
            )
            print(f"{counts['other']} read as other numbers, {counts['traceback']} tracebacks")
        assert [path.read_bytes() for path in files_of(folder)] == [
            path.read_bytes() for path in files_of(untouched)
        ]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
