"""Words of configurations that have been renamed, old to new: for messages that refuse an old one.

It lies below every subpackage, because each may refuse a key. `config.migrate` rewrites files with it.
"""

from __future__ import annotations

from collections.abc import Mapping

GROUPS: Mapping[str, str] = {"knobs": "calibration"}
"""Groups of configurations: the folder, the key of the root, and the first part of a dotted path."""

KEYS: Mapping[str, str] = {
    "mark": "evidence",  # whose figure it is
    "marks": "starts_clock",
    "streams": "arrivals",  # the section of sources, and each list that names some of them
    "gives_up_at_start": "releases_at_start",
    "gives_up_at_end": "releases_at_end",
    "turned_away": "blocked_next",  # where a patient goes whom a full queue blocks
    "widens": "overflow",
    "headroom": "thinning_bound",
    "luck_of": "same_draw_as",
    "leans_on_label": "label_weight",
    "run_out_days": "cool_down_days",
    "keep_patients": "keep",
}
"""Keys of blocks. The user's own names are not renamed: a pool may be called `streams`, an arm `mark`."""

ATTRIBUTES: Mapping[str, str] = {"stream": "arrival_source"}
"""Attributes that every patient has: where a configuration refers to one, in groups of measures, and as a column."""

CHOICES: Mapping[str, str] = {
    "scenario=triage_060": "site=short_of_clinicians, where triage waits are short",
    "scenario=triage_080": "site=typical, or the range over departments (ensemble=typical)",
    "scenario=triage_095": "site=short_of_triage",
    "scenario=fewer_beds": "scenario=closed_ward, or site=short_of_beds",
    "triage=nurse_language": "triage=nurse, and nurse=language",
    "triage=sham_language": "triage=sham, and nurse=language",
    "triage=published/no_levels": "triage=nurse, and nurse=published/no_levels",
    "pathway=examples/clinic": "pathway=gallery/clinic",
    "pathway=examples/emergency_room": "pathway=gallery/emergency_room",
    "pathway=examples/triage_only": "pathway=gallery/triage_only",
}
"""Files that no longer exist, as a command line chooses them, and what to choose instead."""

PATHS: Mapping[str, str] = {"triage.nurse": "nurse.labels", "triage.burdens": "nurse.burdens"}
"""Dotted paths that were moved: the nurse is stated apart from the tool."""

OPTIONS: Mapping[str, str] = {"theory": "only=theory", "models": "only=models", "responses": "only=responses"}
"""Options of `aeflow validate` that no longer exist, and what to write instead to run that part alone."""

_ALL = {**GROUPS, **KEYS, **ATTRIBUTES}


def now_called(name: str) -> str | None:
    """Today's name of a renamed word, or of a group of measures by it; None if it was not renamed.

    >>> now_called("mark"), now_called("stream=walk_in"), now_called("seed")
    ('evidence', 'arrival_source=walk_in', None)
    """
    word, equals, category = name.partition("=")
    return f"{_ALL[word]}{equals}{category}" if word in _ALL else None
