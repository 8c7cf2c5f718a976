"""How many departments of an ensemble a study uses, and what it cannot ask of them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from simulation.errors import ConfigError, Fault
from simulation.statistics.departments import MIN_DEPARTMENTS, MIN_EACH
from simulation.study.study import ReadyArm, RunLength, Study

MOST_DEPARTMENTS = 60
"""How many departments are used where `run.departments` does not say."""


def n_used(run: RunLength, n: int) -> int:
    """How many departments of an ensemble of `n` a run uses: as stated, else 60 at most, each twice at least.

    With `run.department`: all up to that one, though it alone is used.
    """
    if run.department is not None:
        return run.department + 1
    return run.departments or min(MOST_DEPARTMENTS, n, run.replications // MIN_EACH)


def too_short(run: RunLength, ensemble: str, n: int) -> str:
    """Why a run that does not say how many departments it uses is too short for a range; empty if it is not."""
    least = min(MIN_DEPARTMENTS, n)
    if run.departments or run.department is not None or run.replications >= MIN_EACH * least:
        return ""
    return (
        f"{run.replications} replications are too few to use {least} departments of the ensemble "
        f"'{ensemble}' {MIN_EACH} times each"
    )


def number_faults(run: RunLength, ensemble: str, n: int) -> Iterator[Fault]:
    """Faults of `run.departments` and `run.department`: both are stated, or the ensemble has not so many; and of
    `run.replications`, where noise would be read from the few departments that are used more often than the others."""
    if run.departments and run.department is not None:
        yield Fault(
            "run.department",
            "is stated with run.departments",
            "Keep one: one department, or so many in turn",
        )
    if run.departments and run.departments > n:
        found = f"is {run.departments}, and the ensemble '{ensemble}' has {n}"
        yield Fault("run.departments", found, f"Give {n} at most")
    if run.department is not None and run.department >= n:
        found = f"there is no department {run.department} in the ensemble '{ensemble}'"
        yield Fault("run.department", found, f"Name one from 0 to {n - 1}")
    planned, used = run.replications, n_used(run, n)
    step = (
        used if run.departments or used == min(MOST_DEPARTMENTS, n) else MIN_EACH
    )  # one more department is used
    if run.department is None and planned > used and (over := planned % step):
        found = f"is {planned} over {used} departments. Allowed: one for each at most, or a whole multiple"
        remedy = f"Give {planned - over} or {planned - over + step}, or run one department: ensemble=none"
        yield Fault("run.replications", found, remedy)


def one_department_faults(study: Study, ensemble: str) -> Iterator[Fault]:
    """Faults of what is worked out from the spread over all replications: departments' differences would add to it."""
    for where, stated, what in (
        ("run.precision", study.run.precision, "planned"),
        ("study.levers", study.design.levers, "told apart"),
    ):
        if stated:
            found = f"cannot be {what} over the departments of the ensemble '{ensemble}'"
            yield Fault(
                where, found, "Run it on the typical department (ensemble=none), or leave it out"
            )


def without_impossible(
    study: Study, impossible: Iterable[tuple[ReadyArm, str, int]], n: int
) -> Study:
    """The study without the arms that a department cannot run, which are left out with the reason.

    `impossible`: each such arm, why, and how many of the `n` departments cannot run it. Raises ConfigError
    if no arm is left to compare with the baseline.
    """
    words = {}
    for ready, why, n_without in impossible:
        who = f"{n_without} of the {n} departments" if n > 1 else "this department"
        words[ready.name] = f"{who} cannot run it ({why})"
    if not words:
        return study
    kept = [arm.name for arm in study.arms if arm.name not in words]
    if study.design.baseline in words or not {*kept} - {study.design.baseline, study.design.sham}:
        remedy = "Change it so that every department can, or run one: ensemble=none"
        raise ConfigError(
            [Fault(f"study.arms.{name}", found, remedy) for name, found in words.items()]
        )
    left_out = (
        f"'{study.arm(name).arm.label}' was not tried: {found}" for name, found in words.items()
    )
    return replace(study.of_arms(kept), left_out=(*study.left_out, *left_out))
