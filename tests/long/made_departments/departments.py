"""Six made departments, twelve further ones, and three that are kept apart.

Sources: S seen in an abstract or table (evidence/minutes.md of the notes), A assumed.

Shared by all, in `engine.py`: spread of triage minutes, lognormal, log sd .5 (S .62: Moon 2019); levels by mode,
admission by level, age and mode, tests by level, specialty delay and patience by level (A). Doctors' minutes: S 24.2
a patient (Graff 1993), 14.2 (Tham 1995) and 1.5 to 2.3 new patients an hour (Joseph 2018), spread by level A; here 20
to 33. Triage: S 5.5 and 7.5 minutes (two hospitals, Moon 2019); here 5.3 to 6.8. Tests: A 70 to 85 minutes. Results
to decision: S 80 to 94 minutes, which come out of the queue here. Places:
S 37 to 38 adult places for 70,000 to 92,000 a year (two London departments). Discharges by weekday: S, NHS England.
Arrivals by weekday: S Scotland (Monday 1.11 to Saturday .93), varied (A). Levels, modes: A, in the range of what
departments print. Rotas: A, set so that figures lie in the range of English type 1 departments.
"""

from __future__ import annotations

from dataclasses import dataclass

Steps = tuple[tuple[int, int], ...]
"""From which hour how many are on duty: ((0, 2), (8, 5))."""
DAYTIME = (
    1.9,
    1.5,
    1.3,
    1.1,
    1.0,
    1.1,
    1.5,
    2.5,
    4.2,
    5.9,
    6.6,
    6.7,
    6.5,
    6.2,
    6.0,
    5.9,
    5.9,
    5.9,
    5.7,
    5.4,
    4.9,
    4.2,
    3.4,
    2.7,
)
EVENING = (
    2.4,
    1.9,
    1.6,
    1.4,
    1.3,
    1.4,
    1.7,
    2.4,
    3.6,
    4.9,
    5.5,
    5.6,
    5.5,
    5.4,
    5.4,
    5.6,
    6.0,
    6.3,
    6.4,
    6.2,
    5.7,
    4.9,
    4.0,
    3.1,
)
SCOTTISH = (1.11, 1.02, 0.99, 0.98, 0.96, 0.93, 1.01)
FLAT_WEEK = (1.06, 1.01, 1.0, 0.99, 0.98, 0.97, 0.99)
WINTER = (1.04, 1.03, 1.01, 0.99, 1.0, 0.99, 0.96, 0.94, 0.98, 1.01, 1.02, 1.03)
SEASIDE = (0.92, 0.93, 0.96, 1.0, 1.04, 1.05, 1.10, 1.12, 1.02, 0.98, 0.95, 0.93)
TERMS = (1.02, 1.01, 1.03, 0.97, 1.01, 1.02, 0.98, 0.92, 1.0, 1.03, 1.02, 0.99)


@dataclass(frozen=True)
class Department:
    """A department: who comes, who is on duty, and what makes patients wait. Minutes, shares of 1, counts."""

    name: str
    cause: str
    a_day: float
    ambulance: float
    referred: float
    children: float
    levels: tuple[float, float, float, float, float]
    admitting: float
    nurses: Steps
    doctors: Steps
    weekend_doctors: Steps
    hours: tuple[float, ...] = DAYTIME
    weekdays: tuple[float, ...] = SCOTTISH
    months: tuple[float, ...] = WINTER
    ambulance_nurses: Steps = ()
    minors: Steps = ()
    paediatric: Steps = ()
    triage_minutes: float = 5.5
    first_minutes: float = 15.0
    second_minutes: float = 8.0
    test_minutes: float = 70.0
    specialty_minutes: float = 45.0
    settling_minutes: float = 20.0
    patience_minutes: float = 1500.0
    places: int = 100_000
    pace: tuple[float, float, float] = (0.0, 0.0, 1.0)
    base: tuple[float, ...] = (1e6, 300.0, 60.0, 20.0, 10.0, 100.0)
    slope: tuple[float, ...] = (1.0, 4.0, 1.5, 0.8, 0.6, 1.5)
    bed_slack: float = 0.03
    bed_weekday: float = 0.5
    bed_stock: int = 12
    bed_surge: int = 40

    @property
    def ambulance_desk(self) -> bool:
        """Whether ambulances have a triage of their own."""
        return bool(self.ambulance_nurses)

    @property
    def streams_minors(self) -> bool:
        """Whether walk-ins of levels 4 and 5 have practitioners of their own."""
        return bool(self.minors)

    @property
    def children_apart(self) -> bool:
        """Whether children have clinicians and rooms of their own."""
        return bool(self.paediatric)

    def desk_rota(self, desk: int) -> list[int]:
        """Nurses at a triage desk by hour of the week: 0 the main one, 1 that of ambulances."""
        return week(self.ambulance_nurses if desk else self.nurses)

    def pool_rota(self, pool: int) -> list[int]:
        """Clinicians by hour of the week: 0 majors or all, 1 minors, 2 children."""
        if pool:
            return week((self.minors, self.paediatric)[pool - 1])
        return week(self.doctors, self.weekend_doctors)


def week(steps: Steps, weekend: Steps | None = None) -> list[int]:
    """Numbers on duty in the 168 hours of a week from Monday."""

    def day(of: Steps) -> list[int]:
        return [
            max([(start, number) for start, number in of if start <= hour], default=(0, 0))[1]
            for hour in range(24)
        ]

    return day(steps) * 5 + day(steps if weekend is None else weekend) * 2


DEPARTMENTS = (
    Department(
        "Aldmoor", "clinicians always busy", 182, 0.24, 0.06, 0.19, (0.02, 0.14, 0.44, 0.34, 0.06), 0.95,
        nurses=((0, 1), (11, 2), (22, 1)), doctors=((0, 2), (8, 4), (12, 5), (18, 4), (23, 2)),
        weekend_doctors=((0, 2), (9, 4), (13, 5), (23, 2)), triage_minutes=6.6, first_minutes=21, second_minutes=10,
        settling_minutes=35, bed_slack=0.10,
    ),
    Department(
        "Brackwater", "places full", 312, 0.31, 0.05, 0.17, (0.03, 0.19, 0.46, 0.26, 0.06), 0.95,
        nurses=((0, 1), (10, 2), (22, 1)), ambulance_nurses=((0, 1), (10, 2), (21, 1)),
        doctors=((0, 5), (8, 9), (14, 11), (22, 7)), weekend_doctors=((0, 5), (9, 9), (14, 10), (22, 6)),
        months=SEASIDE, weekdays=FLAT_WEEK, triage_minutes=6.3, first_minutes=17, second_minutes=8, test_minutes=85,
        settling_minutes=30, patience_minutes=1400, places=36, bed_slack=0.02,
    ),
    Department(
        "Carrow Royal", "staff who speed up", 618, 0.27, 0.08, 0.21, (0.02, 0.13, 0.41, 0.36, 0.08), 0.95,
        nurses=((0, 1), (8, 2), (11, 3), (23, 2)), ambulance_nurses=((0, 1), (8, 2)),
        minors=((0, 1), (8, 3), (12, 5), (23, 2)), doctors=((0, 5), (8, 10), (14, 13), (22, 8)),
        weekend_doctors=((0, 5), (9, 9), (14, 12), (22, 8)), hours=EVENING, months=TERMS, triage_minutes=5.3,
        first_minutes=23, second_minutes=10, settling_minutes=25, pace=(6.0, 0.012, 0.65), bed_slack=0.04,
    ),
    Department(
        "Dunmere", "beds upstairs", 421, 0.33, 0.07, 0.20, (0.03, 0.18, 0.45, 0.28, 0.06), 1.08,
        nurses=((0, 1), (10, 2), (23, 1)), ambulance_nurses=((0, 1), (8, 2)),
        paediatric=((0, 1), (9, 2), (15, 3), (23, 1)), doctors=((0, 5), (8, 9), (13, 12), (22, 7)),
        weekend_doctors=((0, 5), (9, 9), (13, 11), (22, 7)), triage_minutes=6.0, first_minutes=25, second_minutes=11,
        test_minutes=80, settling_minutes=30, bed_slack=-0.01, bed_stock=4, bed_weekday=1.0, bed_surge=70,
    ),
    Department(
        "Eskside", "a mixture", 243, 0.28, 0.05, 0.18, (0.02, 0.16, 0.47, 0.29, 0.06), 1.0,
        nurses=((0, 1), (9, 2), (23, 1)), doctors=((0, 3), (8, 5), (12, 7), (22, 4)),
        weekend_doctors=((0, 3), (9, 5), (13, 7), (22, 4)), hours=EVENING, weekdays=FLAT_WEEK, triage_minutes=6.8,
        first_minutes=22.5, second_minutes=11.5, settling_minutes=25, places=34, pace=(8.0, 0.01, 0.75),
        bed_slack=0.02, bed_stock=6, bed_surge=24,
    ),
    Department(
        "Fenwick General", "clinicians and beds", 509, 0.29, 0.06, 0.22, (0.025, 0.16, 0.42, 0.32, 0.075), 1.05,
        nurses=((0, 1), (9, 2), (12, 3), (22, 2)), ambulance_nurses=((0, 1), (9, 2), (22, 1)),
        minors=((0, 1), (8, 3), (11, 4), (22, 1)), paediatric=((0, 2), (9, 3), (14, 4), (23, 2)),
        doctors=((0, 4), (8, 8), (13, 11), (22, 6)), weekend_doctors=((0, 4), (9, 8), (13, 10), (22, 6)),
        triage_minutes=5.6, first_minutes=27, second_minutes=11, settling_minutes=30, bed_slack=0.0, bed_stock=8,
        bed_surge=60,
    ),
)  # fmt: skip
"""Aldmoor has one desk, Eskside one team at the door for everybody; the others triage ambulances apart, Carrow Royal
and Fenwick General stream minors, Dunmere and Fenwick General have a children's side."""

MORE = (
    Department(
        "Gorsefield", "clinicians always busy", 265, 0.26, 0.07, 0.23, (0.02, 0.15, 0.45, 0.32, 0.06), 1.0,
        nurses=((0, 1), (10, 2), (22, 1)), ambulance_nurses=((0, 1), (11, 2), (20, 1)),
        paediatric=((0, 1), (10, 2), (22, 1)), doctors=((0, 2), (8, 4), (11, 6), (20, 5), (23, 2)),
        weekend_doctors=((0, 2), (8, 3), (11, 6), (20, 5), (23, 2)), months=TERMS, triage_minutes=6.9,
        first_minutes=20, second_minutes=9, settling_minutes=30, bed_slack=0.05,
    ),
    Department(
        "Hartley", "clinicians always busy, one team", 335, 0.29, 0.05, 0.18, (0.025, 0.17, 0.43, 0.31, 0.065), 0.98,
        nurses=((0, 1), (9, 3), (22, 2)), minors=((0, 1), (8, 3), (22, 1)),
        doctors=((0, 3), (8, 6), (12, 8), (22, 4)), weekend_doctors=((0, 3), (9, 6), (13, 8), (22, 4)),
        weekdays=FLAT_WEEK, triage_minutes=6.2, first_minutes=22, second_minutes=10, settling_minutes=25,
        bed_slack=0.03, patience_minutes=1300,
    ),
    Department(
        "Inverey", "places often full", 390, 0.32, 0.06, 0.18, (0.03, 0.18, 0.44, 0.28, 0.07), 0.97,
        nurses=((0, 1), (9, 2), (23, 1)), ambulance_nurses=((0, 1), (9, 2), (23, 1)),
        doctors=((0, 4), (8, 9), (13, 11), (23, 5)), weekend_doctors=((0, 4), (9, 8), (13, 11), (23, 5)),
        hours=EVENING, triage_minutes=5.8, first_minutes=19, second_minutes=8.5, test_minutes=75, settling_minutes=25,
        places=42, bed_slack=0.02, bed_stock=8, bed_surge=30,
    ),
    Department(
        "Juniper Cross", "staff who speed up, one team", 220, 0.25, 0.06, 0.20, (0.02, 0.14, 0.46, 0.32, 0.06), 0.95,
        nurses=((0, 1), (9, 2), (23, 1)), doctors=((0, 2), (8, 4), (13, 6), (23, 2)),
        weekend_doctors=((0, 2), (9, 4), (13, 5), (23, 2)), weekdays=FLAT_WEEK, months=SEASIDE, triage_minutes=6.4,
        first_minutes=23, second_minutes=11, settling_minutes=20, pace=(4.0, 0.02, 0.6), bed_slack=0.04,
    ),
    Department(
        "Kelmarsh", "beds upstairs", 560, 0.31, 0.08, 0.22, (0.028, 0.17, 0.43, 0.30, 0.072), 1.05,
        nurses=((0, 1), (9, 3), (23, 1)), ambulance_nurses=((0, 1), (8, 2), (22, 1)),
        minors=((0, 1), (9, 4), (22, 2)), doctors=((0, 6), (8, 10), (13, 14), (23, 7)),
        weekend_doctors=((0, 6), (9, 10), (13, 13), (23, 7)), triage_minutes=5.4, first_minutes=24, second_minutes=10,
        settling_minutes=30, bed_slack=-0.005, bed_stock=5, bed_weekday=0.9, bed_surge=75,
    ),
    Department(
        "Larkhill", "doctors and cubicles", 455, 0.30, 0.05, 0.16, (0.025, 0.16, 0.46, 0.29, 0.065), 1.0,
        nurses=((0, 1), (8, 2), (12, 3), (22, 1)), ambulance_nurses=((0, 1), (9, 2), (22, 1)),
        doctors=((0, 5), (8, 10), (12, 13), (22, 7)), weekend_doctors=((0, 5), (9, 10), (13, 13), (22, 7)),
        triage_minutes=6.0, first_minutes=21, second_minutes=10.5, test_minutes=75, settling_minutes=30, places=50,
        bed_slack=0.01, bed_stock=8, bed_surge=40,
    ),
)  # fmt: skip
"""Six more, without dirt, written after the product was judged by the first six and without a look at what it makes of
them: Hartley and Juniper Cross have one team at the door, Gorsefield a children's side."""
FURTHER = (
    Department(
        "Garth", "clinicians always busy, children apart", 268, 0.26, 0.05, 0.24, (0.02, 0.15, 0.43, 0.33, 0.07), 1.08,
        nurses=((0, 1), (11, 2), (21, 1)), ambulance_nurses=((0, 1),), paediatric=((0, 1), (10, 2), (22, 1)),
        doctors=((0, 3), (8, 4), (11, 5), (19, 4), (23, 3)),
        weekend_doctors=((0, 3), (9, 4), (12, 5), (20, 4), (23, 3)),
        weekdays=FLAT_WEEK, months=TERMS, triage_minutes=6.3, first_minutes=20, second_minutes=9, settling_minutes=30,
        bed_slack=0.05,
    ),
    Department(
        "Helmby", "clinicians always busy, one team at the door", 158, 0.22, 0.08, 0.17, (0.02, 0.13, 0.46, 0.33, 0.06),
        1.05, nurses=((0, 1), (13, 2), (20, 1)), doctors=((0, 2), (9, 4), (13, 5), (21, 3)),
        weekend_doctors=((0, 2), (10, 4), (14, 5), (22, 3)), hours=EVENING, months=SEASIDE, triage_minutes=6.9,
        first_minutes=23, second_minutes=12, test_minutes=75, settling_minutes=40, bed_slack=0.06, bed_stock=8,
    ),
    Department(
        "Ironpool", "places full, less so than Brackwater", 352, 0.29, 0.07, 0.18, (0.03, 0.17, 0.45, 0.28, 0.07), 1.0,
        nurses=((0, 1), (9, 2), (22, 1)), ambulance_nurses=((0, 1), (10, 2), (22, 1)),
        minors=((0, 1), (9, 2), (21, 1)), doctors=((0, 4), (8, 7), (13, 9), (22, 5)),
        weekend_doctors=((0, 4), (9, 7), (14, 8), (22, 5)), triage_minutes=5.8, first_minutes=20, second_minutes=9,
        test_minutes=75, settling_minutes=25, places=46, bed_slack=0.03,
    ),
    Department(
        "Jarrowdon", "staff who speed up", 455, 0.25, 0.06, 0.20, (0.02, 0.14, 0.43, 0.34, 0.07), 1.0,
        nurses=((0, 1), (9, 2), (16, 3), (20, 2), (23, 1)), ambulance_nurses=((0, 1), (11, 2), (20, 1)),
        doctors=((0, 5), (8, 9), (12, 13), (22, 7)),
        weekend_doctors=((0, 5), (9, 9), (13, 12), (22, 7)),
        hours=EVENING, months=TERMS, triage_minutes=5.6, first_minutes=26, second_minutes=10, settling_minutes=35,
        pace=(10.0, 0.008, 0.6), bed_slack=0.03, bed_stock=9,
    ),
    Department(
        "Kelder Park", "beds upstairs", 540, 0.30, 0.08, 0.22, (0.03, 0.17, 0.43, 0.30, 0.07), 1.12,
        nurses=((0, 1), (9, 2), (12, 3), (17, 2), (23, 1)), ambulance_nurses=((0, 1), (8, 2)),
        minors=((0, 1), (8, 2), (11, 3), (22, 1)),
        paediatric=((0, 2), (10, 3), (15, 4), (23, 2)), doctors=((0, 5), (8, 8), (12, 11), (22, 7)),
        weekend_doctors=((0, 5), (9, 8), (13, 10), (22, 7)), weekdays=FLAT_WEEK, triage_minutes=5.4, first_minutes=23,
        second_minutes=10, settling_minutes=30, bed_slack=-0.01, bed_stock=5, bed_weekday=0.9, bed_surge=70,
    ),
    Department(
        "Langrigg Bank", "doctors and cubicles", 214, 0.30, 0.04, 0.16, (0.025, 0.17, 0.46, 0.28, 0.065), 1.02,
        nurses=((0, 1), (12, 2), (22, 1)), ambulance_nurses=((0, 1),), doctors=((0, 3), (8, 5), (14, 6), (22, 4)),
        weekend_doctors=((0, 3), (10, 5), (15, 6), (23, 4)), months=SEASIDE, triage_minutes=6.7, first_minutes=20,
        second_minutes=10, test_minutes=80, settling_minutes=30, places=32, bed_slack=0.03, bed_stock=7, bed_surge=30,
    ),
)  # fmt: skip
"""Six more, for how wide the range of an effect ought to be: chosen, and their rotas set by the figures above alone,
before anybody had looked at what the product makes of them. They are not changed by what it makes. Helmby has one team
at the door for everybody, the others triage ambulances apart; Ironpool and Kelder Park stream minors, Garth and Kelder
Park have a children's side."""
LATER = (
    Department(
        "Mossgate", "places full, one team at the door", 168, 0.27, 0.06, 0.15, (0.03, 0.17, 0.47, 0.27, 0.06), 0.98,
        nurses=((0, 1), (11, 2), (21, 1)), doctors=((0, 2), (8, 5), (13, 6), (22, 3)),
        weekend_doctors=((0, 2), (9, 4), (13, 6), (22, 3)), triage_minutes=6.6, first_minutes=18, second_minutes=9,
        test_minutes=85, settling_minutes=35, patience_minutes=1250, places=20, bed_slack=0.03, bed_stock=5,
        bed_weekday=0.6, bed_surge=14,
    ),
    Department(
        "Netherlaw", "staff who speed up, beds upstairs, children apart", 291, 0.29, 0.07, 0.23,
        (0.025, 0.16, 0.43, 0.32, 0.065), 1.12, nurses=((0, 1), (12, 2), (21, 1)),
        ambulance_nurses=((0, 1), (13, 2), (20, 1)), paediatric=((0, 1), (11, 2), (23, 1)),
        doctors=((0, 3), (9, 6), (13, 7), (21, 5), (23, 4)), weekend_doctors=((0, 3), (9, 5), (13, 6), (22, 4)),
        hours=EVENING, months=TERMS, triage_minutes=6.4, first_minutes=25, second_minutes=10, settling_minutes=25,
        pace=(5.0, 0.015, 0.65), bed_slack=0.0, bed_stock=6, bed_weekday=1.0, bed_surge=45,
    ),
    Department(
        "Orrin Royal", "clinicians always busy, minors apart", 402, 0.30, 0.05, 0.18, (0.025, 0.17, 0.43, 0.30, 0.075),
        1.03, nurses=((0, 1), (9, 2), (15, 3), (19, 2), (22, 1)), ambulance_nurses=((0, 1), (10, 2), (23, 1)),
        minors=((0, 1), (8, 2), (13, 3), (23, 1)), doctors=((0, 4), (8, 7), (15, 8), (20, 7), (23, 4)),
        weekend_doctors=((0, 4), (9, 7), (14, 8), (22, 5)), weekdays=FLAT_WEEK, triage_minutes=5.7, first_minutes=21,
        second_minutes=9.5, test_minutes=75, settling_minutes=30, bed_slack=0.04, bed_stock=10, bed_surge=34,
    ),
)  # fmt: skip
"""Three more, kept apart: their rotas too were set by the figures of `engine.py` alone, and committed before the
product was run on them. Mossgate has one team at the door, the others triage ambulances apart; Netherlaw has a
children's side, Orrin Royal a stream of minors. Each writes its records with dirt and in an order of its own."""
EVERY = DEPARTMENTS + MORE + FURTHER + LATER
