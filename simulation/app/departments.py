"""The departments and policies that can be chosen: the package's, those of the user's configurations, what was sent.

A department of the user's own is a site in `./configs`, or in the folder that `--config-dir` names, with the files of
its name in the groups beside it. If it has an ensemble, what is asked is asked over that. A folder that was sent is
kept in memory, under a name that nobody can guess, and is looked up in the same way.
"""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from textwrap import shorten

import simulation as ae
from simulation.config import search_folders
from simulation.config.composing import stated_in
from simulation.config.dotted import Raw, resolve
from simulation.config.ensembles import PACKAGED as PACKAGED_ENSEMBLE
from simulation.config.ensembles import ensemble_named
from simulation.config.files import Folders, file_named, fingerprint_of, names_in, stated_by
from simulation.config.studies import scaled_to_totals
from simulation.errors import Faults, nearest, refuse
from simulation.records.serialise import read_rows

TYPICAL, EVERY = "typical", "ensemble"
N_DEPARTMENTS, N_IN_FULL = 20, 100
"""Departments of an ensemble that are met while a reader looks, and of England's when it is worked out in full."""
GROUPS = ("site", "staffing", "calibration", "pathway", "nurse")
"""The groups whose files of one name are a department."""
MOST_OF_SOURCE = 160
"""Characters of a source that stand beneath a policy of the user's own."""
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


PACKAGED = read_rows(Path(__file__).with_name("departments.yaml"), Department)
PACKAGED[EVERY] = Department(
    f"{N_DEPARTMENTS} departments like England's (slower)", ensemble=PACKAGED_ENSEMBLE
)
"""The departments of the package, by name."""


@dataclass(frozen=True)
class Place:
    """Where configurations are looked for: a folder before `./configs`, None for that alone.

    sent: the name under which the folder is kept that was sent, '' for one on the disk; left_out: files that were sent
    with it and are not used here.
    """

    folder: Path | None = None
    sent: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def _folders(self) -> tuple[Path, ...]:
        return search_folders(self.folder)

    def load(self, *words: str) -> ae.Study:
        """The study of these overrides, with the configurations of this place. Raises ConfigError."""
        return ae.load(*words, config_dir=self.folder)

    def configuration(self, *words: str) -> str:
        """The text of a file that asks this again, in this place. Raises ConfigError."""
        return ae.configuration(*words, config_dir=self.folder)

    def resolved(self, *words: str) -> Raw:
        """The configuration of these overrides as plain values, with what their ensemble knows of all its departments.
        Raises ConfigError."""
        stated = scaled_to_totals(stated_in(words, self._folders), self._folders, Faults())
        return resolve(stated.raw)

    def stamp(self) -> tuple[tuple[str, int, int], ...]:
        """What tells whether one of the user's own configurations has changed."""
        return fingerprint_of(self._folders[:-1])

    def departments(self) -> dict[str, Department]:
        """The departments that everybody can choose, by name: the package's, then the user's own."""
        groups = (*GROUPS, "ensembles", "triage")
        of_group = {group: names_in(group, self._folders) for group in groups}
        return PACKAGED | {name: _own(name, of_group) for name in own_names(self._folders)}

    def department(self, name: str) -> Department:
        """A department by its name in an address. Raises ConfigError if it is not, or no longer, known."""
        if name in PACKAGED:
            return PACKAGED[name]
        known = self.departments()
        if name not in known:
            refuse("department", f"there is no '{name[:40]}'", nearest(name[:40], known))
        found = known[name]
        if not found.ensemble:
            return found
        built = ensemble_named(found.ensemble, self._folders).built  # may be of another site
        groups = (word.partition("=")[0] for word in found.words)
        words = [f"{group}={getattr(built, group, name)}" for group in groups]
        if name in names_in("study", self._folders):
            held = "not_calibrated" in stated_by("study", name, self._folders)
            words += ["study.not_calibrated='one of those held to records'"] * held
        return replace(found, words=tuple(words))

    def own_policies(self) -> dict[str, str]:
        """The names of the user's own files of policies, by the name of the arm that each becomes: those in folders of
        the user's own, and products of offers, which a checkout has among the package's."""
        own, known = names_in("triage", self._folders[:-1]), names_in("triage", self._folders)
        names = sorted(own | (known & (self.departments().keys() - PACKAGED.keys())))
        return {
            f"{OWN}{name}": name
            for name in names
            if name.isidentifier() and not name.startswith(DRAWN)
        }

    def own_helps(self) -> dict[str, str]:
        """What each policy of the user's own is, by arm: the question at the head of its file, or its first source."""
        return {
            arm: _help_in(path.read_text(encoding="utf-8", errors="replace"))
            for arm, name in self.own_policies().items()
            if (path := file_named("triage", name, self._folders))
        }

    def limitation(self, site: str) -> str:
        """What departments like a site do not reproduce: as the ensemble of its name says, or that of England's."""
        return _limitation(self._folders, site)

    def nurses_beside(self, arms: Iterable[str]) -> tuple[str, ...]:
        """The override that chooses the bench's nurse, if an arm has a policy that was measured beside her."""
        is_benched = any(arm.startswith(f"{OWN}{BENCHED}") for arm in arms)
        known = is_benched and BENCH_NURSE in names_in("nurse", self._folders[:-1])
        return (f"nurse={BENCH_NURSE}",) if known else ()


@lru_cache(maxsize=64)
def _limitation(folders: tuple[Path, ...], site: str) -> str:
    """As `Place.limitation`, looked up once in a process: an answer that is refined says it at every look."""
    return ensemble_named(
        site if site in names_in("ensembles", folders) else PACKAGED_ENSEMBLE, folders
    ).limitation


LOCAL = Place()
"""That of `./configs`."""


def own_names(folders: Folders) -> list[str]:
    """The departments that are not the package's, by name: those with a site or an ensemble of that name."""
    packaged = {*PACKAGED, *(department.ensemble for department in PACKAGED.values())}
    named = names_in("site", folders) | names_in("ensembles", folders)
    return sorted(name for name in named - packaged if "/" not in name)


def _own(name: str, of_group: Mapping[str, Container[str]]) -> Department:
    """A department of the user's own; `of_group`: the names of files of each group."""
    words = tuple(f"{group}={name}" for group in GROUPS if name in of_group[group])
    called = f"Your department {name}"
    if name in of_group["triage"]:  # of an offer, whose files are called after the product
        called = f"Your department, as described for ‘{name}’"
    if name not in of_group["ensembles"]:
        return Department(called, words)
    return Department(f"{called} ({N_DEPARTMENTS} departments, slower)", words, name)


def _help_in(text: str) -> str:
    if found := re.match("# Question: (.+)", text):
        return found[1]
    source = re.search(r'\bsource: (?:"([^"]+)"|([^"\n,}]+))', text)
    words = (
        "" if source is None else shorten(source[1] or source[2], MOST_OF_SOURCE, placeholder=" …")
    )
    return f"Your own file. Its source: {words}" if words else "Your own file."
