"""The departments and policies that can be chosen: the package's, those of the user's configurations, what was sent.

A department of the user's own is a site in `./configs`, or in the folder that `--config-dir` names, with the files of
its name in the groups beside it. If it has an ensemble, what is asked is asked over that. One that was sent is kept in
memory, under a name that nobody can guess.
"""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import shorten
from typing import Any

import simulation as ae
from simulation.config import composed, search_folders
from simulation.config.ensembles import ensemble_named
from simulation.config.folders import file_named, fingerprint_of, names_in
from simulation.errors import nearest, refuse

TYPICAL, EVERY, BETWEEN = "typical", "ensemble", "between_contacts"
N_DEPARTMENTS, N_IN_FULL = 20, 100
"""Departments of an ensemble that are met while a reader looks, and of England's when it is worked out in full."""
GROUPS = ("site", "staffing", "calibration", "pathway", "nurse")
"""The groups whose files of one name are a department."""
MOST_OF_SOURCE = 160
"""Characters of a source that stand beneath a policy of the user's own."""
SENT, MOST_SENT = "sent-", 20
"""How names of departments begin that were sent, and how many of them are kept."""
OWN = "own_"
"""How arms are called whose policy is a file of the user's own, before the name of the file."""
BENCHED, DRAWN, BENCH_NURSE = "vetted", "vetted_drawn_", "bench"
"""How policies are called that `aeflow vet` wrote, those of its drawn tables, and its nurse, beside whom both hold."""


@dataclass(frozen=True)
class Department:
    """A department that can be asked about: words for it, the overrides that choose or state it, and the ensemble whose
    departments are met in place of it; '' for none."""

    label: str
    words: tuple[str, ...] = ()
    ensemble: str = ""

    def over(self, n: int) -> tuple[str, ...]:
        """The overrides that choose it, with so many departments of its ensemble."""
        if not self.ensemble:
            return ("ensemble=none", *self.words)
        return (f"ensemble={self.ensemble}", *self.words, f"run.departments={n}")


PACKAGED = {
    TYPICAL: Department("The typical department"),
    "short_of_beds": Department("A department short of beds", ("site=short_of_beds",)),
    "short_of_clinicians": Department("A department short of clinicians", ("site=short_of_clinicians",)),
    "short_of_triage": Department("A department short of triage nurses", ("site=short_of_triage",)),
    EVERY: Department(f"{N_DEPARTMENTS} departments like England's (slower)", ensemble=TYPICAL),
    BETWEEN: Department(
        f"{N_DEPARTMENTS} departments with time between contacts (slower)", (f"site={BETWEEN}",), BETWEEN
    ),
}


@dataclass
class Place:
    """Where this process's app was started: the folder of `--config-dir`, None for `./configs` alone; what was sent."""

    folder: Path | None = None
    sent: OrderedDict[str, Department] = field(default_factory=OrderedDict)

    def keep(self, department: Department) -> str:
        """Keep a department that was sent; its name."""
        name = f"{SENT}{secrets.token_urlsafe(16)}"
        self.sent[name] = department
        while len(self.sent) > MOST_SENT:
            self.sent.popitem(last=False)
        return name


HERE = Place()


def load(*words: str) -> ae.Study:
    """The study of these overrides, with the configurations of this place. Raises ConfigError."""
    return ae.load(*words, config_dir=HERE.folder)


def configuration(*words: str) -> str:
    """The text of a file that asks this again, in this place. Raises ConfigError."""
    return ae.configuration(*words, config_dir=HERE.folder)


def resolved(*words: str) -> Mapping[str, Any]:
    """The configuration of these overrides as plain values. Raises ConfigError."""
    return composed(words, config_dir=HERE.folder)


def limitation(site: str) -> str:
    """What departments like a site do not reproduce: as the ensemble of its name says, or that of England's."""
    folders = search_folders(HERE.folder)
    return ensemble_named(site if site in names_in("ensembles", folders) else TYPICAL, folders).limitation


def stamp() -> tuple[tuple[str, int, int], ...]:
    """What tells whether one of the user's own configurations has changed."""
    return fingerprint_of(search_folders(HERE.folder)[:-1])


def departments() -> dict[str, Department]:
    """The departments that everybody can choose, by name: the package's, then the user's own."""
    folders = search_folders(HERE.folder)
    of_group = {group: names_in(group, folders) for group in (*GROUPS, "ensembles")}
    own = sorted(name for name in of_group["site"] if "/" not in name and name not in PACKAGED)
    return PACKAGED | {name: _own(name, of_group) for name in own}


def _own(name: str, of_group: Mapping[str, Container[str]]) -> Department:
    """A department of the user's own; `of_group`: the names of files of each group."""
    words = tuple(f"{group}={name}" for group in GROUPS if name in of_group[group])
    if name not in of_group["ensembles"]:
        return Department(f"Your department {name}", words)
    return Department(f"Your department {name} ({N_DEPARTMENTS} departments, slower)", words, name)


def department(name: str) -> Department:
    """A department by its name in an address. Raises ConfigError if it is not, or no longer, known."""
    if name in PACKAGED:
        return PACKAGED[name]
    if name.startswith(SENT):
        if name not in HERE.sent:
            refuse("the department", "is not known here any more", "Send it again: it is kept in memory, for a while")
        return HERE.sent[name]
    known = departments()
    if name not in known:
        refuse("department", f"there is no '{name[:40]}'", nearest(name[:40], known))
    return known[name]


def own_policies() -> dict[str, str]:
    """The names of the user's own files of policies, by the name of the arm that each becomes: those in folders of the
    user's own, and products of offers, which a checkout has among the package's."""
    folders = search_folders(HERE.folder)
    names = names_in("triage", folders[:-1]) | (names_in("triage", folders) & (departments().keys() - PACKAGED.keys()))
    return {f"{OWN}{name}": name for name in sorted(names) if name.isidentifier() and not name.startswith(DRAWN)}


def own_helps() -> dict[str, str]:
    """What each policy of the user's own is, by arm: the question at the head of its file, or its first source."""
    paths = {arm: file_named("triage", name, search_folders(HERE.folder)) for arm, name in own_policies().items()}
    return {arm: _help_in(path.read_text(encoding="utf-8", errors="replace")) for arm, path in paths.items() if path}


def _help_in(text: str) -> str:
    if found := re.match("# Question: (.+)", text):
        return found[1]
    source = re.search(r'\bsource: (?:"([^"]+)"|([^"\n,}]+))', text)
    words = "" if source is None else shorten(source[1] or source[2], MOST_OF_SOURCE, placeholder=" …")
    return f"Your own file. Its source: {words}" if words else "Your own file."


def nurses_beside(arms: Iterable[str]) -> tuple[str, ...]:
    """The override that chooses the bench's nurse, if an arm has a policy that was measured beside her."""
    is_benched = any(arm.startswith(f"{OWN}{BENCHED}") for arm in arms)
    known = is_benched and BENCH_NURSE in names_in("nurse", search_folders(HERE.folder)[:-1])
    return (f"nurse={BENCH_NURSE}",) if known else ()
