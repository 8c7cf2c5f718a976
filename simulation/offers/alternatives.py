"""What else the price of a product buys: arms of as many whole ones, or of as many hours a day, as the sum pays for."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from simulation.config.dotted import Raw
from simulation.config.files import copied
from simulation.records.serialise import read_rows

BOUGHT_WHOLE = "lean_triage"
"""An alternative that is bought once and whole."""
LEAST_HOURS = 2
"""The shortest shift, in hours a day: nobody comes for less. A judgement."""


class ForSale(NamedTuple):
    """What is bought: the packaged arm that states its price, its noun, what it changes, and of a shift the hour at
    which it begins and its length in hours (0: no shift)."""

    packaged: str
    noun: str
    path: str
    start: int = 0
    hours: int = 0


FOR_SALE = read_rows(Path(__file__).with_name("for_sale.yaml"), ForSale)
"""By the name of the arm."""


def alternatives(packaged: Mapping[str, Raw], pounds: float) -> Iterator[tuple[str, Raw]]:
    """Arms of what a sum a year buys, by name; of what it does not buy, the least there is. `packaged`: by name."""
    yield BOUGHT_WHOLE, packaged[BOUGHT_WHOLE]
    for name, sale in FOR_SALE.items():
        arm = copied(packaged[sale.packaged])
        of_one = float(arm["cost"]["per_year"]) / (1 if sale.hours else arm["changes"][sale.path])
        number = max(int(pounds // of_one), 1)
        hours = sale.hours
        if hours and pounds < of_one:
            hours = max(int(pounds // (of_one / hours)), LEAST_HOURS)
        yield (
            name,
            _arm(arm, sale, number, hours, of_one * number * (hours / sale.hours if hours else 1)),
        )


def _arm(arm: Raw, sale: ForSale, number: int, hours: int, pounds: float) -> Raw:
    """The packaged arm with so many units of so many hours a day, at this cost a year."""
    end = (sale.start + hours - 1) % 24 + 1
    when = f" from {sale.start} to {end} h" if hours else ""
    shift = {"hours": f"{sale.start}-{end}", "number": number}
    if hours == 24:
        when, shift["hours"] = ", day and night", "0-24"
    cost = arm["cost"]
    times = pounds / cost["per_year"]
    part = f"{number} x {hours} hours" if hours else f"{number}"
    return arm | {
        "label": f"{'One' if number == 1 else number} more {sale.noun}{'s' * (number > 1)}{when}",
        "changes": {sale.path: [shift] if hours else number},
        "source": "as much as the price of the product buys, or the least there is",
        "cost": cost
        | {
            "per_year": round(pounds),
            "range": [round(times * limit) for limit in cost["range"]],
            "what": f"{part} a day, in proportion to: {cost['what']}",
        },
    }
