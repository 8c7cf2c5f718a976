"""The measures that say which resource binds, each defined once. How they are worked out: `analysis.binding`."""

from __future__ import annotations

from simulation.measures.measure_definition import DESIGN, Definition

BINDING_MEASURES = (
    Definition(
        "busy_by_day_share",
        "share",
        "neither",
        "Which resource binds: unit-minutes that a pool of staff is held, over unit-minutes on duty, between 10:00 and "
        "23:00. Above 1 where people finish after their shift.",
        "assumed",
        DESIGN,
    ),
    Definition("busy_by_night_share", "share", "neither", "The same between 23:00 and 10:00.", "assumed", DESIGN),
    Definition(
        "occupied_at_midnight_share",
        "share",
        "neither",
        "Which resource binds: units of a pool of beds (its role ends in `bed`) that are held at 00:00, over the units "
        "there are, over all midnights.",
        "published",
        "NHS England, KH03: beds occupied at midnight",
    ),
    Definition(
        "queue_mean",
        "patients",
        "lower",
        "Which resource binds: how many wait at a step on average over time, those who do not attend included.",
        "assumed",
        DESIGN,
    ),
    Definition(
        "queue_wait_mean",
        "minutes",
        "lower",
        "Mean minutes waited at a step by whoever came to it and stopped waiting: started, left or was turned away.",
        "assumed",
        DESIGN,
    ),
    Definition(
        "boarders_mean",
        "patients",
        "lower",
        "How many are in A&E on average over time for whom a bed was decided on.",
        "assumed",
        DESIGN,
        ("decided_at", "departed_at"),
    ),
    Definition(
        "full_share",
        "share",
        "lower",
        "Hours with a full department: the share of whole hours at which as many attendances were in A&E as it has "
        "places (pools of role `place`), or more.",
        "assumed",
        DESIGN,
        ("departed_at",),
    ),
)
