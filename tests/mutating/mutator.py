"""Configurations spoilt at random: values, types, keys, structure and text of whatever the packaged ones hold.

A case is a function of its number. It starts from a configuration that runs, changes some things in it, and is loaded
as a user would: as a whole, by overrides, or as a file of the user's own. `tried` says what came of it: refused with a
message, or loaded and run for a day on both engines. Anything else (another exception, tables that differ, an audit
that finds something) is a failure in words.
"""

from __future__ import annotations

import copy
import json
import random
import signal
import string
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import numpy as np

from simulation.config import load, packaged_configs, search_folders
from simulation.config.composing import Composed, laid_over, stated_in
from simulation.config.studies import study_from
from simulation.engine import compiled, reference
from simulation.engine.plan import bind, lower
from simulation.errors import AeflowError
from simulation.measures.measuring import measure
from simulation.measures.patients_table import activities_table, patients_table
from simulation.patients import draw
from simulation.study.offered_load import n_present, patients_a_day, refuse_large
from simulation.study.study import ReadyArm, Study
from simulation.triage.apply import apply
from simulation.units import DAY
from tests.measures.audit import audit, audit_patients

LONGEST_SECONDS = 20
MOST_TO_RUN = 3_000
"""Patients of a day that are run, so that the reference engine is done in time; larger departments are loaded only."""
PACKAGED = packaged_configs()
OWN = Path(__file__).with_name("configs")
"""A small department that uses most of what a pathway can say."""

NUMBERS = (
    0, 1, -1, 2, 7, 0.5, -0.5, 1e-9, 1e-3, 0.999999, 1.000001, 3.7, 24, 100, 1000, 1e5, 1e6, 2**31, 2**32, 1e9, 1e12,
    2**63, 1e16, 1e30, 1e300, -1e300, float("inf"), float("-inf"), float("nan"), 10**400,
)  # fmt: skip
TEXTS = (
    "", " ", "no", "yes", "null", "~", "true", "nan", "1e3", "0", "-", "a b", "a.b", "a/b", "a:b", "a+b", "../../x",
    "/etc", "CON",
    "latest", "é", "日本語", "\u202e", "\u200b", "\ud800", "\x00", "\x1b[31m", "a\nb", "$\\frac{ b$", "<b>&amp;",
    "[bold]", "${run.seed}",
    "${study.question}", "${oc.env:HOME}", "${", "${a.${b}}", "x ${run.seed}", "8-20", "25-3", "mon-fri", "0-24",
    "all",
    "arrival_source", "acuity_true", "acuity_given", "acuity_now", "acuity", "coin:x", "day", "outage", "self",
    "kind", "x" * 300, "x" * 20_000,
)  # fmt: skip
WORDS_OF_KEYS = (
    "zzz",
    "kind",
    "name",
    "value",
    "0",
    "",
    "no",
    "é",
    "a.b",
    "defaults",
    "hydra",
    "_target_",
    "<<",
    "evidence",
)


@dataclass(frozen=True)
class Outcome:
    """What came of a case. `failure` is empty unless something is wrong."""

    loaded: bool
    ran: bool
    failure: str = ""


class TooLong(BaseException):
    """A case took longer than any may."""


@dataclass(frozen=True)
class Base:
    """A configuration that runs: composed, with the overrides and the folder that a user would give for it."""

    name: str
    composed: Composed
    overrides: tuple[str, ...] = ()
    folder: Path | None = None


@cache
def bases() -> tuple[Base, ...]:
    """Whole configurations to start from: the small one, and every packaged study with its department."""
    made = [Base("small", stated_in((), search_folders(OWN)), folder=OWN)]
    for path in sorted((PACKAGED / "study").rglob("[!_]*.yaml")):
        name = path.relative_to(PACKAGED / "study").with_suffix("").as_posix()
        made.append(Base(name, stated_in((f"study={name}",), search_folders()), (f"study={name}",)))
    for arm in load(config_dir=OWN).arms:
        run_a_day(arm, seed=1)  # compiles, so that no case is charged for it
    return tuple(made)


# --- what is spoilt ------------------------------------------------------------------------------------------------


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every key and part, those of blocks before what is in them."""
    parts = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    for key, part in parts:
        yield (*path, key)
        yield from places(part, (*path, key))


def at(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def value_like(value: Any, tree: Any, chance: random.Random) -> Any:
    """Another value for one: of its type, of another, taken from elsewhere in the configuration, or hostile."""
    ways = chance.random()
    if isinstance(value, bool) and ways < 0.5:
        return not value
    if isinstance(value, int | float) and not isinstance(value, bool) and ways < 0.6:
        factor = chance.choice((0, 0.1, 0.5, 0.9, 1.1, 2, 10, 1000, -1))
        return (
            type(value)(value * factor)
            if chance.random() < 0.8
            else value + chance.choice((1, -1, 0.5))
        )
    if isinstance(value, str) and ways < 0.3:
        return spoilt_text(value, chance)
    if ways < 0.75:
        return copy.deepcopy(at(tree, chance.choice(_paths(tree))))
    return chance.choice(
        (
            chance.choice(NUMBERS), chance.choice(TEXTS), None, True, False, [], {}, [chance.choice(TEXTS)],
            [value], {"kind": value},
            {chance.choice(WORDS_OF_KEYS): value}, [[]], nested(chance.choice((3, 60, 150)), chance), {1: 2},
            {None: 3}, {True: 1},
        )
    )  # fmt: skip


def _paths(tree: Any) -> list[tuple[Any, ...]]:
    return list(places(tree))


def nested(depth: int, chance: random.Random) -> Any:
    made: Any = 1
    for _ in range(depth):
        made = [made] if chance.random() < 0.5 else {"a": made}
    return made


def spoilt_text(text: str, chance: random.Random) -> str:
    """A character left out, put in, swapped or repeated."""
    at_ = chance.randrange(len(text) + 1)
    sign = chance.choice((*string.printable, "é", "\u2028", "\x00", "\ud800"))
    return chance.choice(
        (
            text[:at_] + text[at_ + 1 :],
            text[:at_] + sign + text[at_:],
            text[::-1],
            text * 2,
            text.upper(),
            text[:at_],
        )
    )


def spoil(tree: dict[str, Any], chance: random.Random) -> str:
    """Change one thing in a configuration; what was done, in words."""
    path = chance.choice(_paths(tree))
    if chance.random() < 0.7:  # most parts are deep in the pathway: let every group have its turn
        group = chance.choice(sorted(tree, key=str))
        inside = list(places(tree[group], (group,)))
        path = chance.choice(inside) if inside else (group,)
    if chance.random() < 0.3:
        numbers = [each for each in _paths(tree) if type(at(tree, each)) in (int, float)]
        path = chance.choice(numbers or [path])
    holder, key = at(tree, path[:-1]), path[-1]
    what = chance.choice(
        ("value", "value", "value", "leave out", "duplicate", "swap", "rename", "new key", "wrap")
    )
    shown = ".".join(map(str, path))
    if what == "leave out":
        del holder[key]
    elif what == "duplicate" and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif what == "duplicate":
        holder[f"{key}_{chance.choice(('2', 'b', 'é', ''))}"] = copy.deepcopy(holder[key])
    elif what == "swap":
        other = chance.choice(_paths(tree))
        if other[: len(path)] == path or path[: len(other)] == other:
            return f"nothing at {shown}"
        other_holder = at(tree, other[:-1])
        holder[key], other_holder[other[-1]] = other_holder[other[-1]], holder[key]
        shown += f" and {'.'.join(map(str, other))}"
    elif what == "rename" and isinstance(holder, dict):
        new = (
            spoilt_text(str(key), chance)
            if chance.random() < 0.5
            else chance.choice(sorted(map(str, holder)))
        )
        holder[new] = holder.pop(key)
    elif what == "new key" and isinstance(holder, dict):
        holder[chance.choice(WORDS_OF_KEYS)] = value_like(holder[key], tree, chance)
    elif what == "wrap":
        holder[key] = chance.choice(([holder[key]], {"a": holder[key]}, str(holder[key])))
    else:
        holder[key] = value_like(holder[key], tree, chance)
    return f"{what} at {shown}"


def override_for(tree: dict[str, Any], chance: random.Random) -> str:
    """An override of some value by another, as a word of the command line."""
    path = chance.choice(_paths(tree))
    value = value_like(at(tree, path), tree, chance)
    key = ".".join(map(str, path))
    if chance.random() < 0.15:
        key = spoilt_text(key, chance)
    if chance.random() < 0.1:
        return f"~{key}"
    prefix = chance.choice(("", "", "", "", "+", "++"))
    form = chance.random()
    output = _as_word(value) if form < 0.8 else spoilt_text(_as_word(value), chance)
    return f"{prefix}{key}={output}"


def _as_word(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_as_word(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_as_word, value)) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", "\\'") + "'"
    return (
        "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
BLOCKS = (
    BOMB, "a: &a [*a]\n", "a: &a {b: *a}\n", "a: " + "[" * 200 + "]" * 200 + "\n", "defaults: nurse\n",
    "defaults: {a: b}\n",
    "defaults: [3]\n", "defaults: [usual, usual]\n", "defaults: [_self_, /triage: ../x]\n", "hydra: 1\n",
    "calibration: 3\n", "? [a, b]\n: 1\n",
    "a: !!python/object:os.system x\n", "a: !x y\n", "%YAML 9.9\n---\na: 1\n", "--- \na: 1\n---\nb: 2\n",
    "\tx: 1\n", "x: *nobody\n",
    "<<: 3\n", "x: ${oc.env:HOME}\n", "x: {no: 1, yes: 2}\n", "x: !!binary aGVsbG8=\n", "x: 2026-01-01\n",
    "x: !!set {a, b}\n", "x: 0x1F\n", "x: 1:30:00\n",
)  # fmt: skip


def spoilt_file(text: str, chance: random.Random) -> str:
    """The text of a file with a line or some characters changed, or a block put in that none should hold."""
    lines = text.splitlines(keepends=True)
    at_ = chance.randrange(len(lines))
    what = chance.randrange(7)
    if what == 0:
        lines.insert(at_, chance.choice(BLOCKS))
    elif what == 1:
        del lines[at_]
    elif what == 2:
        lines.insert(at_, lines[at_])
    elif what == 3:
        other = chance.randrange(len(lines))
        lines[at_], lines[other] = lines[other], lines[at_]
    elif what == 4:
        return text + chance.choice(BLOCKS)
    elif what == 5:
        return chance.choice(BLOCKS)
    else:
        lines[at_] = spoilt_text(lines[at_], chance)
    return "".join(lines)


# --- what comes of it ----------------------------------------------------------------------------------------------


def tried(number: int, *, seed: int = 1, run: bool = True) -> Outcome:
    """One case: spoilt, loaded, and run if it loads. Nothing is raised: whatever goes wrong is a failure in words."""
    chance = random.Random(f"{seed}:{number}")
    done: list[str] = []
    bases()
    try:
        with _in_time(), warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                study = _loaded(chance, done)
                refuse_large([study])
            except AeflowError as error:
                return Outcome(False, False, _message_fault(str(error)))
            ran, failure = _run(study, chance) if run else (False, "")
            return Outcome(True, ran, f"{failure}: {'; '.join(done)}" if failure else "")
    except TooLong:
        return Outcome(False, False, f"takes longer than {LONGEST_SECONDS} s: {'; '.join(done)}")
    except (
        Exception
    ) as error:  # what this is all about: nothing but AeflowError may come out of a configuration
        return Outcome(False, False, f"{_traced(error)}: {'; '.join(done)}")


def _traced(error: BaseException) -> str:
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last else "?"
    return f"{type(error).__name__} at {where}: {str(error)[:200]}"


def _message_fault(message: str) -> str:
    """What is wrong with a message to the user, or nothing."""
    if not message.strip():
        return "a message says nothing"
    try:
        message.encode("utf-8")
    except UnicodeEncodeError:
        return "a message cannot be written out"
    return "a message shows a traceback" if "Traceback" in message else ""


def _loaded(chance: random.Random, done: list[str]) -> Study:
    """A spoilt study, mostly of the small configuration, which loads fastest; `done` is told what was spoilt."""
    base = bases()[0] if chance.random() < 0.75 else chance.choice(bases())
    way = chance.random()
    done.append(base.name)
    if way < 0.6:
        raw = copy.deepcopy(base.composed.raw)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            done.append(spoil(raw, chance))
        return study_from(
            laid_over(Composed(raw, base.composed.choices), ()), search_folders(base.folder)
        )
    if way < 0.9:
        words = [
            override_for(base.composed.raw, chance) for _ in range(chance.choice((1, 1, 2, 3)))
        ]
        done += words
        return load(*base.overrides, *words, config_dir=base.folder)
    return _from_file(chance, done)


def _from_file(chance: random.Random, done: list[str]) -> Study:
    """A study with one file of the user's own, spoilt; most often a policy, which is read without Hydra."""
    group = chance.choice((*["triage"] * 12, "scenario", "study"))
    path = chance.choice(sorted((PACKAGED / group).glob("[!_]*.yaml")))
    text = path.read_text(encoding="utf-8")
    for _ in range(chance.choice((1, 1, 2))):
        text = spoilt_file(text, chance)
    done.append(f"{group}/{path.name}")
    with TemporaryDirectory() as folder:
        mine = Path(folder) / group / "mine.yaml"
        mine.parent.mkdir()
        mine.write_bytes(text.encode("utf-8", "surrogatepass"))
        word = "study.arms.sham.triage=mine" if group == "triage" else f"{group}=mine"
        return load(word, config_dir=folder)


def _run(study: Study, chance: random.Random) -> tuple[bool, str]:
    """A day of the baseline and of another arm on both engines; whether they ran, and what is wrong."""
    arms = {study.design.baseline, chance.choice(study.arms).name}
    for arm in [each for each in study.arms if each.name in arms]:
        if patients_a_day(arm.pathway) + n_present(arm.pathway) > MOST_TO_RUN:
            return False, ""
        try:
            failure = run_a_day(arm, seed=study.run.seed)
        except AeflowError as error:  # a limit that only the draws show
            return False, _message_fault(str(error))
        if failure:
            return True, f"{study.design.name}, {arm.name}: {failure}"
    return True, ""


def run_a_day(arm: ReadyArm, *, seed: int) -> str:
    """What is wrong with a day on both engines: tables that differ, or what the audit finds. Nothing if all is well."""
    drawn = apply(arm.policy, arm.pathway, draw(arm.pathway, seed=seed, replication=0, days=1))
    plan = lower(arm.pathway)
    columns = bind(plan, drawn)
    ours, theirs = reference.simulate(plan, columns, DAY), compiled.simulate(plan, columns, DAY)
    for part in ("activities", "changes", "notices"):
        one, other = vars(getattr(ours, part)), vars(getattr(theirs, part))
        unequal = [name for name in one if not np.array_equal(one[name], other[name])]
        if unequal:
            return f"the engines differ in {part}: {', '.join(unequal)}"
    patients = patients_table(arm.pathway, plan, drawn, ours)
    activities = activities_table(plan, ours)
    audits = [
        audit_patients(patients),
        audit(
            plan,
            activities,
            patients=patients,
            columns=columns,
            changes=ours.changes,
            notices=ours.notices,
        ),
    ]
    for each in audits:
        if not each.passed:
            return f"audit: {each}"
    measure(patients, window=(0.0, 1440.0))
    return ""


@contextmanager
def _in_time() -> Iterator[None]:
    """Raise TooLong in whatever runs for longer than a case may."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def as_line(number: int, outcome: Outcome) -> str:
    """A case as one line of a progress file."""
    return json.dumps(
        {"case": number, "loaded": outcome.loaded, "ran": outcome.ran, "failure": outcome.failure}
    )
