"""The first draft of a mapping: what each column of a table seems to be, and what its codes seem to mean.

What headings, words and national codes mean stands in `meanings.yaml`. A value that nothing there fits is `unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulation.extracts.mapping import (
    DRAFT_SOURCE,
    FEWEST,
    LEVELS,
    MISSING_COLUMN,
    UNKNOWN_CODE,
    ExtractMapping,
    StampColumns,
    plain_code,
)
from simulation.extracts.stamps import is_nothing, stripped
from simulation.records.schema import ADMITTED, LEFT
from simulation.records.serialise import read_yaml

if TYPE_CHECKING:
    import pandas as pd

MOST_VALUES = 60
YES, NO = ("true", "yes", "y", "t", "1"), ("false", "no", "n", "f", "0")
NEEDED = ("arrived_at", "departed_at", "outcome")
TESTS = r"(?i)^\W*(?:zz+|xx+)?[\W_]*(?:test|dummy|training)[\W_]*(?:patient|record|person|account)?[\W_\d]*$"
"""What the name or number of a patient who is none looks like."""
LOOKS = {
    "date": r"^(?:\d+[-/. ](?:\d+|[A-Za-z]+)[-/. ]\d+|\d{8})(?:[ T]00:00(?::00(?:\.0+)?)?)?$",
    "time": r"^(?:\d\d?:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AaPp][Mm])?|\d{3,4}(?:\.0)?)$",
    "stamp": r"\d[-/T.: ]\d|^\d{5}(?:\.\d+)?$|^\d{8}",
}
"""What dates alone, times alone and points in time look like; the first that most values fit is taken."""
FEWEST_NUMBERS, NEARLY_ALL = 100, 0.9
"""Rows with a number, and their share, without which a column is not judged by how often its numbers come again."""
IN_FIGURES = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})\b"


@cache
def _known() -> Mapping[str, Any]:
    """What `meanings.yaml` states; codes by themselves, words as patterns."""
    stated = read_yaml(Path(__file__).with_name("meanings.yaml"))
    codes = {
        key: {str(code): meaning for meaning, of in meanings.items() for code in of}
        for key, meanings in stated["codes"].items()
    }
    words = {
        key: {meaning: re.compile(rf"\b(?:{words})") for meaning, words in meanings.items()}
        for key, meanings in stated["words"].items()
    }
    return {**stated, "codes": codes, "words": words}


def headings() -> Mapping[str, str]:
    """What a heading that may be of each key looks like, in small letters."""
    return _known()["headings"]  # type: ignore[no-any-return]


def drafted(frame: pd.DataFrame) -> dict[str, Any]:
    """The mapping of a table, as a file states it: what each column seems to be, and what codes seem to mean.

    Only values of at least `FEWEST` rows are in it: what one patient said is not. A column that is needed and that
    nothing looks like is `?`. Without any point in time it is empty.
    """
    plain = {
        name: _in_full(re.sub(r"[^a-z0-9]+", "_", _apart(str(name)).casefold()).strip("_"), "_")
        for name in frame.columns
    }
    times: dict[str, Any] = {}
    stated: dict[str, Any] = {}
    for key, heading in headings().items():
        fitting = {name: words for name, words in plain.items() if re.search(heading, words)}
        if key.endswith("_at"):
            found = _stamped(frame, fitting)
        elif key in _known()["words"]:
            found = _coded(key, frame, fitting, stated)
        elif key in _known()["numbering"]:
            found = _numbered(key, frame, plain, [*_columns_in(times)][:1])
        else:
            found = [*fitting][:1]
        if found:
            where = times if key.endswith("_at") else stated
            where.setdefault(key, found[0] if len(found) == 1 else found)
        plain = {name: words for name, words in plain.items() if name not in found}
    if not times:
        return {}
    _seen_who_left(frame, times, stated)
    missing = {key: MISSING_COLUMN for key in NEEDED if key not in {**times, **stated}}
    if "outcome" in missing:
        stated["outcome"] = {"column": MISSING_COLUMN, "values": {MISSING_COLUMN: UNKNOWN_CODE}}
    times |= {key: column for key, column in missing.items() if key.endswith("_at")}
    tests = _rows_to_leave_out(frame, {*_columns_in(times), *_columns_in(stated)})
    return {
        "times": {of.name: times[of.name] for of in fields(StampColumns) if of.name in times},
        **{of.name: stated[of.name] for of in fields(ExtractMapping) if of.name in stated},
        **({"leave_out": tests} if tests else {}),
        "day_first": _is_day_first(frame, times["arrived_at"]), "timezone": "Europe/London", "worst_share": 0.05,
        "evidence": "measured", "source": DRAFT_SOURCE,
    }  # fmt: skip


def _apart(heading: str) -> str:
    """A heading with a blank where a capital follows a small letter: 'ArrivalDateTime'."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)


def _columns_in(stated: Mapping[str, Any]) -> Iterator[str]:
    for of in stated.values():
        yield from (
            [of["column"]] if isinstance(of, Mapping) else [of] if isinstance(of, str) else of
        )


# --- points in time ---------------------------------------------------------------------------------------------------


def _stamped(frame: pd.DataFrame, fitting: Mapping[str, str]) -> list[str]:
    """The first column of points in time, or else the first two that are their date and their time, by name."""
    looks = [
        (_look(frame[name]), re.sub(r"date|time|of|d?dt|_", "", words), name)
        for name, words in fitting.items()
    ]
    whole = [[name] for look, _, name in looks if look == "stamp"]
    dates, times = (
        {of: name for look, of, name in looks if look == wanted} for wanted in ("date", "time")
    )
    return next(iter([*whole, *([dates[of], times[of]] for of in dates if of in times)]), [])


def _some(column: pd.Series, n: int) -> pd.Series:
    """Values that are there, as text, of rows spread over a column."""
    spread = (
        np.arange(min(n, len(column))) * 7919 % max(len(column), 1)
    )  # in no step with a row's number
    values = stripped(column.iloc[spread] if len(column) > n else column)
    return values[~is_nothing(values)]


def _counted(column: pd.Series) -> pd.Series:
    """Rows of each value that is there, the most frequent first; a header that is repeated among the rows is none."""
    counts = _some(column, len(column)).value_counts()
    return counts.drop(str(column.name), errors="ignore")


def _look(column: pd.Series) -> str:
    """Which of `LOOKS` most values that are there have; none: ''."""
    values = _some(column, 2_000)
    fits = (
        look
        for look, form in LOOKS.items()
        if len(values) and values.str.contains(form, regex=True).mean() > 0.5
    )
    return next(fits, "")


def _is_day_first(frame: pd.DataFrame, arrived: str | Sequence[str]) -> bool:
    """Whether dates begin with the day: by figures above 12, or else by which order leaves fewer days without anybody
    between the first and the last."""
    import pandas as pd

    name = arrived if isinstance(arrived, str) else arrived[0]
    if name not in frame.columns:
        return True
    figures = stripped(frame[name]).str.extract(IN_FIGURES).dropna().astype(int)
    if not len(figures):
        return True
    n_first, n_second = int((figures[0] > 12).sum()), int((figures[1] > 12).sum())
    if n_first != n_second:
        return n_first > n_second
    spans = []
    for day, month in ((0, 1), (1, 0)):
        parts = {"year": figures[2] % 100 + 2000, "month": figures[month], "day": figures[day]}
        at = pd.to_datetime(pd.DataFrame(parts), errors="coerce")
        spans.append((at.max() - at.min()).days / max(at.nunique(), 1))
    return spans[0] <= spans[1]


def _numbered(key: str, frame: pd.DataFrame, plain: Mapping[str, str], arrived: list[str]) -> list[str]:  # fmt: skip
    """The first column whose heading says that it numbers attendances, or patients; or else the first of any numbers
    that are each there once, or come again. Rows that are there twice, with one arrival, count once."""
    may_be, (least, most, most_named) = _known()["numbering"][key].values()
    others = []
    for name, words in plain.items():
        is_named = re.search(headings()[key], words)
        if is_named or re.search(may_be, words):
            there = frame[[name, *arrived]][~is_nothing(stripped(frame[name]))]
            again = there.drop_duplicates()[name].duplicated().mean()
            is_judged = len(there) >= max(FEWEST_NUMBERS, NEARLY_ALL * len(frame))
            if is_named and not (is_judged and again > most_named):
                return [name]
            others += [name] if is_judged and least <= again < most else []
    return others[:1]


# --- codes ------------------------------------------------------------------------------------------------------------


def _coded(key: str, frame: pd.DataFrame, fitting: Mapping[str, str], stated: dict[str, Any]) -> list[str]:  # fmt: skip
    """The column of a key: of those whose headings fit, that of which most rows are understood; for an outcome one that
    says who was admitted. Another that alone says who left is put under `left`."""
    found = []
    for name in fitting:
        counts = _counted(frame[name])
        if 1 <= len(counts) <= MOST_VALUES:
            values = meanings(key, name, counts)
            rows = {meaning: 0 for meaning in values.values()}
            for value, meaning in values.items():
                rows[meaning] += int(counts[value])
            known = sum(n for meaning, n in rows.items() if meaning != UNKNOWN_CODE)
            found.append((ADMITTED in rows, known / max(counts.sum(), 1), name, values, rows))
    if not found:
        return []
    best = max(found, key=lambda one: one[:2])
    taken = [best[2]]
    stated[key] = {"column": best[2], "values": best[3]}
    if key == "outcome" and LEFT not in best[4]:
        for _, _, name, values, rows in found:
            if LEFT in rows:
                left = {value: LEFT for value, meaning in values.items() if meaning == LEFT}
                stated["left"] = {"column": name, "values": left}
                return [*taken, name]
    return taken


def meanings(key: str, heading: str, counts: pd.Series) -> dict[str, str]:
    """What each value of at least `FEWEST` rows of a column seems to mean; `unknown` if nothing fits.

    `counts`: rows of each value.
    """
    common = [str(value) for value, n in counts.items() if n >= FEWEST and str(value)]
    plain = {value: plain_code(value) for value in common}
    numbers: dict[str, str] = _known()["numbers"].get(key, {})
    figures = {code.lstrip("0") or "0" for code in plain.values() if len(code) < 4}
    all_known = figures <= {*numbers} and (key != "acuity" or bool({"4", "5"} & figures))
    is_flag = {*plain.values()} <= {*YES, *NO}
    named = _by_words(key, _words(_apart(heading))) if is_flag and key != "sex" else UNKNOWN_CODE
    negative = {"arrival_source": "walk_in", "outcome": "discharged"}.get(key, UNKNOWN_CODE)

    def meaning(code: str) -> str:
        if code in _known()["codes"].get(key, {}):
            return str(_known()["codes"][key][code])
        if named != UNKNOWN_CODE:
            no = negative if named in ("ambulance", ADMITTED) else UNKNOWN_CODE
            return named if code in YES else no
        if (short := code.lstrip("0") or "0") in numbers:
            return numbers[short] if all_known else UNKNOWN_CODE
        return _by_words(key, _words(code))

    said = {value: meaning(code) for value, code in plain.items()}
    others = [value for value, code in plain.items() if _words(code) == "other"]
    if key == "arrival_source" and "walk_in" not in said.values():
        said |= dict.fromkeys(others, "walk_in")
    return said


def _words(text: str) -> str:
    """A text in small letters, with one blank between words and no other signs."""
    return _in_full(" ".join(re.findall(r"[^\W_]+", text.casefold())), " ")


def _in_full(text: str, between: str) -> str:
    """A text in small letters with words that are cut short written in full."""
    short = _known()["short"]
    return between.join(short.get(word, word) for word in text.split(between))


def _by_words(key: str, text: str) -> str:
    """The meaning of a value by its words: the pattern that begins first counts, of these the longest."""
    fits = [
        (found.start(), -len(found[0]), meaning)
        for meaning, pattern in _known()["words"][key].items()
        if (found := pattern.search(text))
    ]
    said = min(fits)[2] if fits else UNKNOWN_CODE
    if key != "acuity":
        return said
    number = re.match(r"(?:(?:p|cat|category|level|priority|triage|esi|ctas|ktas|mts|ats|c|t) ?){0,2}([1-5])(?!\d)"
                      r"(?! ?(?:h|m|d|to)\w*)", text)  # fmt: skip
    level = LEVELS[int(number[1]) - 1] if number else said
    return level if said in (UNKNOWN_CODE, level) and not (number and "unknown" in text) else UNKNOWN_CODE  # fmt: skip


def _seen_who_left(frame: pd.DataFrame, times: Mapping[str, Any], stated: dict[str, Any]) -> None:
    """Where most of a value that seems to mean who left were seen, it means that they went home."""
    seen, outcome = times.get("seen_at"), stated.get("outcome")
    if not isinstance(seen, str) or outcome is None:
        return
    code = stripped(frame[outcome["column"]])
    was_seen = stripped(frame[seen]).str.contains(r"\d", regex=True).to_numpy(dtype=bool)
    for value, meaning in outcome["values"].items():
        rows = (code == value).to_numpy()
        if meaning == LEFT and rows.any() and was_seen[rows].mean() > 0.5:
            outcome["values"][value] = "discharged"


def _rows_to_leave_out(frame: pd.DataFrame, used: set[str]) -> dict[str, list[str]]:
    """Values of at least `FEWEST` rows that look like those of test patients, by column: none of a column in use. Of a
    column of sites or kinds of attendance all but the most frequent, after a `?`: somebody has to say which."""
    found: dict[str, list[str]] = {}
    for name in frame.columns:
        if name in used:
            continue
        counts = _counted(frame[name])
        common = counts[counts >= FEWEST]
        are_parts = len(common) <= MOST_VALUES and (counts > len(frame) / 50).sum() > 1
        if are_parts and re.search(_known()["parts"], str(name)):
            found[str(name)] = [MISSING_COLUMN, *map(str, common.index[1:])]
            continue
        heading = re.search(r"(?i)\b(is_?)?(test|dummy)(_|\b)", str(name))
        for value, n in common.items():
            is_flag = heading and n < len(frame) / 20 and plain_code(value) in YES
            if is_flag or re.search(TESTS, str(value)):
                found.setdefault(str(name), []).append(str(value))
    return found
