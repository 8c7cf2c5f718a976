"""The time and memory that a study would take, worked out before it starts; one beyond the limits is refused.

The rates are measured, the expectations rough: within a factor of two on a machine of the year 2025, which is enough
to tell a minute from a week.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from simulation.department.rota import mean_per_day, timetable
from simulation.department.vocabulary import Pathway
from simulation.engine.choose import EngineName
from simulation.errors import Faults
from simulation.study.study import Kept, Study

YEAR_OF_PATIENTS = 142_000
"""Patients in a year of the typical department, on which the rates are measured: 124,000 attendances, and patients who
only compete for beds."""
SECONDS_PER_PATIENT: Mapping[EngineName, float] = {
    "compiled": 0.42 / YEAR_OF_PATIENTS,
    "reference": 60 * 0.37 / YEAR_OF_PATIENTS,
}
"""Processor time of one patient in one arm, from draws to comparisons: a year takes 0.42 s with the compiled engine."""
GAIN_OF_PROCESSES = 0.79
"""n processes are n to this power times as fast as one: two 1.73 times (docs/benchmarks.md)."""
SECONDS_AROUND = 8.0
"""Time before the first replication and after the last: imports and checks, then pictures and page."""
BYTES_PER_PATIENT = 1_800 * 124_000 / YEAR_OF_PATIENTS
"""Memory of a running replication: its peak grows by 1.8 kB with each attendance of a longer year."""
KEPT_BYTES_PER_PATIENT: Mapping[Kept, int] = {"patients": 32, "activities": 115, "events": 115}
"""Disk space of one patient in one arm, where `run.keep` asks for the table; 37, 130 and 130 for each attendance."""
KEPT_SECONDS_PER_PATIENT: Mapping[Kept, float] = {
    "patients": 0.15 / YEAR_OF_PATIENTS,
    "activities": 0.45 / YEAR_OF_PATIENTS,
    "events": 1.5 / YEAR_OF_PATIENTS,
}
"""Processor time to make and write a patient's rows, besides that of simulating the patient again."""
KEPT_MEMORY_PER_PATIENT: Mapping[Kept, int] = {
    "patients": 300,
    "activities": 1_300,
    "events": 4_300,
}
"""Memory while the table is written, besides that of the running replication."""
BASE_BYTES = 250e6
"""Memory of a worker before it has drawn anybody."""
REPORT_BYTES = 150e6
"""Memory of what makes tables, pictures and page, besides that of a worker."""
BYTES_PER_RUN = 85_000
"""Memory of what is measured of one arm in one replication, all of which is held until the report is made: of 13 arms
1.1 MB a replication."""
MOST_HOURS = 24.0
MOST_GIGABYTES = 16.0
MOST_GIGABYTES_KEPT = 100.0
"""The limit of tables on the disk."""
MOST_DAYS = 100_000
"""The limit of one replication: 270 years."""
MOST_PATIENTS_A_DAY = 50_000
"""The limit of one department: all of England has 50,000 type 1 attendances a day."""
ALLOW = "set allow_large=true to run it all the same"


class Work(NamedTuple):
    """The size of a study. Patients include those who compete for beds without attending.

    n_patients: patients in one replication of one arm; n_runs: arms times replications; seconds: elapsed time with the
    study's processes; gigabytes: memory of all processes together; gigabytes_kept: disk space of the stored tables.
    """

    n_patients: float
    n_runs: int
    seconds: float
    gigabytes: float
    gigabytes_kept: float

    def __str__(self) -> str:
        kept = (
            f", {self.gigabytes_kept:.1f} GB of tables on the disk" if self.gigabytes_kept else ""
        )
        return f"about {in_words(self.seconds)} and {self.gigabytes:.1f} GB of memory{kept}"


def work_of(study: Study) -> Work:
    """The work of a study, from measured rates; with `run.precision` the most that it may need."""
    run, n_arms = study.run, len(study.arms)
    n_patients = max(
        patients_a_day(arm.pathway) * run.days + n_present(arm.pathway) for arm in study.arms
    )
    processes: int = 1 if study.executor == "serial" else min(study.workers, run.at_most)
    bytes_at_once = BYTES_PER_PATIENT * n_patients + BASE_BYTES
    n_in_all = n_patients * n_arms * run.at_most
    keep = set(run.keep)
    simulating = SECONDS_PER_PATIENT[study.engine]
    keeping = simulating + sum(KEPT_SECONDS_PER_PATIENT[name] for name in keep) if keep else 0.0
    seconds = n_in_all * (simulating / processes**GAIN_OF_PROCESSES + keeping) + SECONDS_AROUND
    bytes_kept = n_in_all * sum(KEPT_BYTES_PER_PATIENT[name] for name in keep)
    bytes_writing = bytes_at_once + n_patients * max(
        (KEPT_MEMORY_PER_PATIENT[name] for name in keep), default=0
    )
    bytes_running = processes * bytes_at_once + (
        BASE_BYTES if processes > 1 else 0.0
    )  # workers are apart
    n_runs = n_arms * run.at_most
    gigabytes = (max(bytes_running, bytes_writing) + REPORT_BYTES + n_runs * BYTES_PER_RUN) / 1e9
    return Work(n_patients, n_runs, seconds, gigabytes, bytes_kept / 1e9)


def patients_a_day(pathway: Pathway) -> float:
    """Patients who arrive on a mean day, attending or not."""
    return sum(map(mean_per_day, pathway.arrivals.values()))


def n_present(pathway: Pathway) -> float:
    """Patients present at time 0."""
    return sum(
        float(present.number or 0)
        if present.number is not None or present.pool is None
        else (present.share or 0.0) * timetable(pathway.pools[present.pool])[0][1]
        for present in pathway.present.values()
    )


def refuse_large(studies: Sequence[Study]) -> None:
    """Raise ConfigError if one study, or the studies of a sweep, exceed the limits without `allow_large`."""
    limited = [study for study in studies if not study.allow_large]
    faults = Faults(fault for study in limited for fault in _faults(study))
    if not faults:
        hours = sum(work_of(study).seconds for study in limited) / 3600
        if hours > MOST_HOURS:
            what = "the study" if len(limited) == 1 else f"the sweep of {len(limited)} studies"
            found = f"{what} would take about {in_words(hours * 3600)}, more than {MOST_HOURS:g} h"
            faults.add("run", found, f"Run fewer replications, days or arms, or {ALLOW}")
    faults.refuse()


def _faults(study: Study) -> Faults:
    run, faults = study.run, Faults()
    if run.days > MOST_DAYS:
        found = f"{run.days:,} days a replication, more than {MOST_DAYS:,}"
        faults.add("run.measured_days", found, f"Run fewer, or {ALLOW}")
    for arm in study.arms:
        a_day = patients_a_day(arm.pathway)
        if a_day > MOST_PATIENTS_A_DAY:
            found = f"{a_day:,.0f} patients a day, more than {MOST_PATIENTS_A_DAY:,}"
            faults.add("site", found, f"Give fewer per_day, or {ALLOW}")
    if not faults:
        work = work_of(study)
        if work.gigabytes > MOST_GIGABYTES:
            found = f"the study would take about {work.gigabytes:,.0f} GB of memory, more than {MOST_GIGABYTES:g}"
            faults.add("run", found, f"Run fewer days or workers, or {ALLOW}")
        if work.gigabytes_kept > MOST_GIGABYTES_KEPT:
            found = f"the tables would take about {work.gigabytes_kept:,.0f} GB, more than {MOST_GIGABYTES_KEPT:g}"
            faults.add(
                "run.keep",
                found,
                f"Keep fewer tables, or of fewer replications or days, or {ALLOW}",
            )
    return faults


def in_words(seconds: float) -> str:
    """A length of time in words, as a whole number of the unit that suits it.

    >>> in_words(42.3), in_words(5000), in_words(3e5)
    ('42 s', '83 min', '83 h')
    """
    for unit, size, below in (("s", 1, 100), ("min", 60, 6000), ("h", 3600, 360_000)):
        if seconds < below:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:,.0f} days"
