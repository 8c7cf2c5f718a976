"""What answers say together: contradictions, and what a planner may have mistaken for another figure."""

from typing import Any

import numpy as np

from simulation.config.counts_table import CountsTable
from simulation.offers.contradictions import cross_check_staff
from simulation.offers.figures import ReadAmount
from simulation.offers.interview import Answers, Checked, Values, chosen, is_blank
from simulation.offers.whom import SITE, Whom

USUAL_MIX = (0.02, 0.19, 0.38, 0.36, 0.05)
"""Shares of true levels, most urgent first (Moon 2019, n = 1,267): a table turned round is more like its mirror."""
LONGEST_TRIAGE = 600.0
"""Seconds that the whole of a triage hardly exceeds. A judgement."""
SAME_HOURS = 32.0
"""Hours a day of a rota above which triage and ambulance nurses hardly both have it. A judgement: in ten of a hundred
departments of the ensemble, small ones, both are one, and two for a few hours."""
MOST_SAVED = 0.5
"""The share of a triage beyond which a saving is asked about. A judgement: 12 % was measured (Cho et al. 2022)."""
LEAST_SHARE = 0.001
"""The least share of labels that are the same, or that are too low, of which a table is made. A judgement."""
LOW_PRICE = 1000.0
"""Pounds a year below which a price is probably of a patient, or in thousands. A judgement."""


def cross_check(answers: Answers, checked: Checked) -> None:
    """Add faults and notes of answers that contradict one another, or look like another figure."""
    values = checked.values
    _prices(values, checked)
    _desk(values, checked)
    _labels(answers, values, checked)
    cross_check_staff(values, checked)
    if "covers" in values:
        whom = whom_of(values)
        checked.echo(
            "covers", f"{whom.words}, {100 * whom.share:.0f} % of everybody ({SITE}, assumed)"
        )
    used, acceptance = values.get("used_share"), values.get("acceptance")
    if used is not None:
        checked.echo("used_share", of_everybody(values))
    if used is not None and used == acceptance:
        checked.ask(
            "acceptance",
            f"how often nurses take its label is the same number as the share of patients it is used for "
            f"({100 * used:g} %). Is it so?",
        )


def whom_of(values: Values) -> Whom:
    """Whom the product is for, as answered, or walk-ins and GP referrals."""
    return (values.get("covers") or Whom())._replace(children=values.get("children_share"))


def patients_a_year(values: Values) -> float | None:
    """Attendances a year for which the product is used, roughly; None if that was left blank."""
    used, attendances = values.get("used_share"), values.get("attendances_per_day")
    if used is None or attendances is None:
        return None
    return float(365 * attendances * used * whom_of(values).share)


def of_everybody(values: Values) -> str:
    """'used for 60 % of walk-ins and GP referrals, 43 % of everybody'; `values`: with the share of use."""
    whom, used = whom_of(values), 100 * values["used_share"]
    return f"used for {used:.4g} % of {whom.words}, {used * whom.share:.0f} % of everybody"


def _prices(values: Values, checked: Checked) -> None:
    """A price twice or none, what it is a patient or a year, and units that look wrong."""
    year, patient = values.get("price_a_year"), values.get("price_a_patient")
    n = patients_a_year(values)
    if year is not None:
        if 0 < year < LOW_PRICE:
            checked.ask(
                "price_a_year",
                f"£{year:,.4g} a year? Thousands are {year:g}k; a price a patient is answered under price_a_patient.",
            )
        if n:
            checked.echo(
                "price_a_year",
                f"£{year:,.0f} a year = £{year / n:,.2f} a patient at {n:,.0f} patients a year",
            )
    elif patient is not None and n:
        checked.echo(
            "price_a_patient",
            f"£{patient:,.2f} a patient = £{patient * n:,.0f} a year at {n:,.0f} patients",
        )


def _desk(values: Values, checked: Checked) -> None:
    """Nurses that may be counted twice, and a saving that is longer than a triage."""
    triage, others = values.get("triage_nurses"), values.get("ambulance_nurses")
    if triage and others and triage.on_duty == others.on_duty and triage.person_hours > SAME_HOURS:
        words = "they have the same rota as the triage nurses. Are they other people?"
        checked.ask("ambulance_nurses", words)
    saves, minutes = values.get("saves"), values.get("triage_minutes")
    if not isinstance(saves, ReadAmount) or not saves.is_seconds:
        return
    longest, seconds = 60 * minutes if minutes else LONGEST_TRIAGE, saves.number
    if seconds >= longest:
        words = f"{seconds:g} seconds are longer than a triage ({longest:g} s). Is it so?"
        checked.ask("saves", words)
    elif minutes and seconds > MOST_SAVED * longest:
        words = f"{seconds:g} of the {longest:g} seconds of a triage: is it all of an assessment?"
        checked.ask("saves", words)


def _labels(answers: Answers, values: dict[str, Any], checked: Checked) -> None:
    """How accuracy is read, and tables that look turned round."""
    table, exact, under = values.get("table"), values.get("exact_share"), values.get("under_share")
    for key in ("exact_share", "under_share") if not is_blank(answers.get("table")) else ():
        checked.notes.pop(key, None)
        if key in values:
            checked.refuse(key, "is answered, and there is a table", "Keep one of them")
    if exact is not None and under is not None and exact + under > 1:
        found = f"with {100 * exact:g} % right adds up to more than 100 %"
        checked.refuse("under_share", found, "Correct one of them")
    elif under is not None:
        most = 1 - (exact or 0) - 2 * LEAST_SHARE  # no table has none of a kind
        values["under_share"] = round(min(max(under, LEAST_SHARE), most), 4)
        if values["under_share"] != under:
            checked.echo("under_share", f"read as {100 * values['under_share']:g} %")
    against = values.get("against", "unknown")
    if not {"labels", "advises"}.intersection(chosen(values.get("does", ""))):
        return
    if against == "unknown":
        words = "read as agreement with nurses, because nobody says against whom it was measured"
        checked.echo("against", words)
    if against in ("nurses", "unknown"):
        agrees = "it agrees with the nurse {}. That is not accuracy: nurses err".format
        if exact is not None:
            checked.echo("exact_share", agrees(f"in {100 * exact:g} % of patients"))
        if table is not None:
            checked.echo("table", agrees("as its table says"))
    elif exact is not None:
        words = "which errors it makes is made of the nurses': kind to it. Its table would tell"
        checked.echo("exact_share", words)
    nurses = values.get("nurses_table")
    if table is not None and nurses is not None and against == "panel":
        _two_tables(table, nurses, checked)
    if table is not None:
        whose = "nurses called" if against == "nurses" else "true"
        _table("table", "the tool", table, whose, checked)
    if nurses is not None:
        _table("nurses_table", "nurses", nurses, "true", checked)


def _table(key: str, who: str, table: CountsTable, whose: str, checked: Checked) -> None:
    """Counts as read, and whether the table looks turned round."""
    counts = np.array(table.rows)
    sums = counts.sum(axis=1)
    lower = np.triu(counts, 1)[:2].sum()
    cases = ", ".join(map(str, sums))
    checked.echo(
        key,
        f"of {sums[:2].sum()} {whose} level 1-2 {who} called {lower} lower (levels 1 to 5: {cases} cases)",
    )
    if (counts.argmax(axis=1) != np.arange(len(counts))).sum() > 1:
        checked.ask(
            key,
            "it counts most cases off its diagonal. Rows and columns both go from most urgent to least?",
        )
    if float(sums @ np.log(USUAL_MIX)) < float(sums[::-1] @ np.log(USUAL_MIX)):
        checked.ask(
            key,
            f"it counts {sums[0]:g} of the most urgent level, {sums[-1]:g} of the least: turned round? The first row "
            "and column are immediate (red), the last non-urgent (blue).",
        )


def _two_tables(tool: CountsTable, nurses: CountsTable, checked: Checked) -> None:
    """Two tables of the same cases of which one is the other, on its side, or upside down."""
    (rows, columns), (theirs, of_nurses) = (
        [np.array(table.rows).sum(axis=axis).tolist() for axis in (1, 0)]
        for table in (tool, nurses)
    )
    if tool.rows == nurses.rows:
        checked.ask("table", "it counts the same as the nurses' table. Is it the product's?")
    elif rows != theirs and (columns == theirs or of_nurses == rows):
        found = "or the nurses' is on its side: columns of one add up to the rows of the other"
        checked.refuse("table", found, "Rows are true levels, columns labels, in both")
    elif rows != theirs and rows == theirs[::-1]:
        found = "or the nurses' is upside down: their rows add up to the same in reverse order"
        checked.refuse("table", found, "The first row and column are immediate in both")
