"""Answers that contradict one another, or look like another figure: more work than hours, idle staff, odd prices.

Each is said at the last of the answers that it is about. What cannot be is refused; what no department of the packaged
ensemble is like is asked about. Minutes that nobody stated are the ensemble's.
"""

import math
from typing import NamedTuple

import numpy as np

from simulation.config.counts_table import CountsTable
from simulation.config.totals import ADMITTED_SHARE
from simulation.offers.interview import Answers, Checked, OfferAnswers, is_blank, questions
from simulation.offers.loads import (
    SLOT,
    Queue,
    enough,
    ensemble_figures,
    mean_waits,
    patients_of,
    units_of,
)
from simulation.offers.rotas import Rota, hours_in_words
from simulation.offers.whom import SITE
from simulation.records.schema import Floats
from simulation.report.findings import TOLERANCES
from simulation.wording import capitalised

ASK, REFUSE = 0.95, 1.0
"""Shares of their hours, over the week, for which nurses are asked from which it is asked about, and refused."""
WAITS, AMBULANCE_WAITS = (90.0, 240.0), (60.0, 120.0)
"""Minutes of waiting for them, on average, from which it is asked about, and refused: of those who may leave, and of
ambulances' patients, who cannot. A judgement: of the ensemble's departments few are above the first by this
approximation, which is rough; ambulances that wait an hour allow no verdict."""
TWICE = 2.0
"""How many times their hours doctors may be asked for, at the fewest minutes of any department, without a refusal. A
judgement: half as many minutes a patient is another way of working."""
WIDER = 1.25
"""By what factor a figure may be beyond those of the ensemble's departments before it is asked about. A judgement."""
FACTOR, LEAST_OFF = 3.0, 10.0
"""How many times, and by how many minutes at least, a stated wait may be another than that of the queue. A judgement:
the queue is an approximation."""
FEW_BEDS, MANY_BEDS = 0.7, 2.0
"""Staffed beds over what stays ask for, below which they are refused, and above which they are asked about: nine in ten
of English trusts lie between .72 and 1.88 by published beds and admissions (NHS England 2024-25, measured on 116)."""
GRID = np.geomspace(2, 60, 30)
"""Minutes of a triage at which waits are worked out."""
WALKING = 0.6
"""The least share of patients who wait for triage; walk-ins and referred are 72 % at the typical site. A judgement."""
SPREAD = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)
"""Quantiles over the ensemble's departments of minutes that nobody is asked for, whose waits are averaged."""
OTHERS_A_DAY = 50 / 340
"""Patients who come to the same beds otherwise, for each attendance (configs/site/typical.yaml)."""
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
    """Add faults, doubts and readings of answers that contradict one another, or look like another figure."""
    values = checked.values
    _prices(values, checked)
    _minutes(values, checked)
    _labels(answers, values, checked)
    if values.attendances_per_day:
        if values.triage_nurses:
            _triage(values, values.triage_nurses, checked)
        if values.ambulance_nurses:
            _ambulances(values, values.ambulance_nurses, checked)
        if values.doctors:
            _doctors(values, values.doctors, checked)
        if values.beds is not None:
            _beds(values, values.beds, checked)
    _figures(values, checked)
    _use(values, checked)


# --- nurses ---------------------------------------------------------------------------------------------------


class TriageTeam(NamedTuple):
    """Nurses and their patients.

    who, whom, minutes: nurses, their patients, minutes of each, in words; key: the answer in question;
    queue: with the least minutes that are likely; longest: their work with the most; instead: what
    would do besides another rota; usual: shares of their hours for which the ensemble's nurses are asked; wait: in
    minutes, about; waits: from which it is asked about, and refused; at: the minutes of each patient that it is of.
    """

    who: str
    whom: str
    minutes: str
    key: str
    queue: Queue
    longest: Floats
    instead: str
    usual: Floats
    wait: float
    waits: tuple[float, float]
    at: str = ""


def _over(queue: Queue) -> str:
    """', over 100 % from 8 to 22 h', or nothing."""
    over = hours_in_words(queue.over)
    return f", over 100 % from {over}" if over else ""


def _ends(shares: Floats) -> str:
    """'33 to 78', of shares."""
    return f"{100 * shares.min():.0f} to {100 * shares.max():.0f}"


def _check_load(team: TriageTeam, checked: Checked) -> None:
    """Refuse or ask about more work than hours, and about idle nurses."""
    queue, wait, (ask_wait, refuse_wait) = team.queue, team.wait, team.waits
    found = (
        f"{queue.per_day:.0f} {team.whom} a day at {team.minutes} are {queue.work.sum() / 7 / 60:.0f} hours of work, "
        f"and the {team.who} have {queue.hours:.4g}: a load of {100 * queue.load:.0f} %{_over(queue)}"
    )
    would = f"{enough(queue.work)} would do{team.instead}"
    most = float(team.longest.sum() / (SLOT * queue.units.sum()))
    if queue.load > REFUSE:
        checked.refuse(team.key, f"{found}. The queue would never empty", would)
    elif wait >= refuse_wait:
        checked.refuse(team.key, f"{found}, and a wait of about {wait:,.0f} minutes", would)
    elif queue.load >= ASK or wait >= ask_wait:
        found += f", and a wait of about {wait:.0f} minutes{team.at}" if wait else ""
        checked.ask(team.key, f"{found}. {capitalised(would)}. Is it so?")
    elif most < team.usual.min() / WIDER:
        checked.ask(
            team.key,
            f"the {team.who} would be asked for {100 * most:.0f} % of their {queue.hours:.4g} hours, those of the "
            f"ensemble's departments for {_ends(team.usual)} %; {enough(team.longest)} would do. Are all at the desk?",
        )


def _triage(values: OfferAnswers, rota: Rota, checked: Checked) -> None:
    """The triage nurses, and ambulances where they assess them, too; then the wait for them."""
    attendances, minutes, wait = (
        values.attendances_per_day,
        values.triage_minutes,
        values.triage_wait,
    )
    who_assesses = values.ambulances or "own nurses"
    is_one_team, known = who_assesses == "triage nurses", ensemble_figures("triage_minutes")
    at_ambulance = float(np.median(ensemble_figures("assessment_minutes")))
    walking = patients_of("walk_in", attendances) + patients_of("referred", attendances)
    others = patients_of("ambulance", attendances) * is_one_team
    at_others = others * at_ambulance
    ends = known.min(), np.quantile(known, SPREAD[0]), known.max()
    least, few, most = ends if minutes is None else [minutes] * 3
    units = units_of(rota)
    queue = Queue(walking + others, walking * least + at_others, units)
    likely = queue._replace(work=walking * few + at_others)
    spare = (ASK * SLOT * units.sum() - at_others.sum()) / walking.sum()
    by_ambulance = f" or, by ambulance, {at_ambulance:.0f}" if is_one_team else ""
    team = TriageTeam(
        "triage nurses",
        "patients, with ambulances'," if is_one_team else "walk-ins and referred patients",
        f"{least:.2g} minutes{'' if minutes else ' at the least'}{by_ambulance}",
        values.last_of(
            "attendances_per_day", "triage_nurses", "ambulances" * is_one_team, "triage_minutes"
        ),
        queue,
        walking * most + at_others,
        f"; or minutes of at most {spare:.1f}" if minutes and spare >= 1 else "",
        ensemble_figures("triage_load", ambulances=who_assesses),
        likely.mean_wait() if wait is None and any(likely.over) and queue.load <= REFUSE else 0.0,
        WAITS if minutes else (WAITS[0], math.inf),
        "" if minutes else f" at {few:.2g}",
    )
    _check_load(team, checked)
    if wait is None or team.key in checked.faults:
        return
    waits = mean_waits(queue.patients, walking[:, None] * GRID + at_others[:, None], units)
    fitting = float(np.interp(wait, np.maximum.accumulate(waits), GRID))
    if minutes is not None:
        here = float(np.interp(minutes, GRID, waits))
        if abs(here - wait) > LEAST_OFF and not 1 / FACTOR < (here + 1) / (wait + 1) < FACTOR:
            checked.ask(
                values.last_of("triage_wait", "triage_minutes", "triage_nurses"),
                f"{wait:g} minutes of waiting do not fit {minutes:g} minutes a triage by this rota: the wait would be "
                f"about {here:.0f}. It would fit {fitting:.1f} minutes a triage. Is it so?",
            )
    elif not known.min() / WIDER <= fitting <= known.max() * WIDER:
        checked.ask(
            values.last_of("triage_wait", "triage_nurses"),
            f"by this rota {wait:g} minutes of waiting would mean that a triage takes about {fitting:.1f} minutes; in "
            f"the ensemble's departments it takes {known.min():.1f} to {known.max():.1f}. Is it so?",
        )


def _ambulances(values: OfferAnswers, rota: Rota, checked: Checked) -> None:
    """Ambulance nurses of their own."""
    known = ensemble_figures("assessment_minutes")
    patients = patients_of("ambulance", values.attendances_per_day)
    middle, units = float(np.median(known)), units_of(rota)
    each = patients[:, None] * np.quantile(known, SPREAD)
    team = TriageTeam(
        "ambulance nurses",
        "ambulance patients",
        f"about {middle:.0f} minutes",
        values.last_of("attendances_per_day", "ambulance_nurses"),
        Queue(patients, patients * middle, units),
        patients * known.max(),
        "; or, if triage nurses help, answer 'triage nurses' under ambulances",
        ensemble_figures("assessment_load", ambulances="own nurses"),
        float(mean_waits(patients, each, units).mean()),
        AMBULANCE_WAITS,
    )
    _check_load(team, checked)


# --- doctors and beds -----------------------------------------------------------------------------------------


def _doctors(values: OfferAnswers, rota: Rota, checked: Checked) -> None:
    """Doctors, whose minutes are fitted to the four-hour share: held against those of the ensemble's departments."""
    attendances = values.attendances_per_day
    each, of_whom, usual = (
        ensemble_figures(column, children=values.children or "")
        for column in ("doctor_hours", "attendances_per_day", "doctors_load")
    )
    each = each / of_whom
    least, most = attendances * each.min(), attendances * each.max()
    units, hours = units_of(rota), rota.person_hours
    sources = ("walk_in", "ambulance", "referred")
    coming = np.sum([patients_of(name, attendances) for name in sources], axis=0)
    in_care = np.mean([np.roll(coming, later) for later in range(6)], axis=0)  # for three hours
    work = in_care / in_care.sum() * 7 * 60 * least
    key = values.last_of("attendances_per_day", "children", "doctors")
    found = (
        f"{hours:.4g} hours of doctors for {attendances:g} a day are {60 * hours / attendances:.0f} minutes a patient, "
        f"where the ensemble's departments ask for {60 * each.min():.0f} to {60 * each.max():.0f}: a load of "
        f"{100 * least / hours:.0f} % at least{_over(Queue(coming, work, units))}"
    )
    would = f"{enough(work)} would do"
    few = work > TWICE * SLOT * units
    if least > TWICE * hours:
        checked.refuse(key, found, f"{would}. Count all grades who see patients")
    elif least > hours * max((usual * each.min() / each).max(), 1.0):
        checked.ask(key, f"{found}; {would}. Are all grades counted?")
    elif few.any():
        when = hours_in_words([bool(here) for here in few])
        checked.ask(
            key,
            f"the doctors are asked for twice their hours and more from {when}: {found}. Is it so?",
        )
    elif most < hours * usual.min() / WIDER:
        checked.ask(
            key,
            f"{hours:.4g} hours of doctors for {attendances:g} a day: they would be asked for "
            f"{100 * most / hours:.0f} % of them, those of the ensemble's departments for {_ends(usual)} %. Are "
            "those of specialties counted?",
        )


def _beds(values: OfferAnswers, beds: float, checked: Checked) -> None:
    """Beds, against what admissions ask for at the model's stays."""
    attendances, share = values.attendances_per_day, values.admitted_share
    low, high = (share, share) if share else questions()["admitted_share"].range or (0.22, 0.34)
    for_each = ensemble_figures("attendances_per_day") * (ADMITTED_SHARE + OTHERS_A_DAY)
    asked, pressed = (
        float(np.median(ensemble_figures(name) / for_each)) * attendances
        for name in ("beds_asked", "beds_pressed")
    )
    least, most = asked * (low + OTHERS_A_DAY), asked * (high + OTHERS_A_DAY)
    key = values.last_of("attendances_per_day", "admitted_share", "beds")
    found = (
        f"{beds:g} beds, where {attendances:g} attendances a day, of whom {100 * low:.4g} % are admitted, ask for "
        f"{least:.0f}: a load of {100 * least / beds:.0f} %"
    )
    whose = "Staffed adult general and acute beds of the whole hospital are meant; blank is as many as admissions need"
    if beds < FEW_BEDS * least:
        checked.refuse(key, f"{found}. Patients would wait for a bed without end", whose)
    elif beds < pressed * (low + OTHERS_A_DAY):
        checked.ask(key, f"{found}. {whose}. Is it so?")
    elif beds > MANY_BEDS * most:
        checked.ask(key, f"{beds:g} beds, where admissions ask for {most:.0f}. {whose}. Is it so?")


# --- figures --------------------------------------------------------------------------------------------------


def _figures(values: OfferAnswers, checked: Checked) -> None:
    """Waits and shares that no department with such a four-hour share has, or that cannot be."""
    within, over = values.within_four_hours, values.over_12h
    if within is not None and over is not None and within + over > 1:
        checked.refuse(
            values.last_of("within_four_hours", "over_12h"),
            f"{100 * over:.4g} % over twelve hours and {100 * within:.4g} % within four are more than everybody",
            "Correct one of them",
        )
        return
    wait, triage = values.wait_to_clinician, values.triage_wait
    if wait is not None and triage is not None and wait < WALKING * triage:
        checked.ask(
            "triage_wait",
            f"{triage:g} minutes for triage alone, and {wait:g} to a clinician, both from arrival. Is it so?",
        )
    if within is None:
        return
    having = f"with {100 * within:.4g} % within four hours the ensemble's departments have"
    for measure, stated in TOLERANCES.items():
        key, scale, unit = stated.answer, stated.scale, stated.unit
        if not stated.added:
            continue
        low, high = _band(measure, stated.added / scale, within)
        value = getattr(values, key)
        if value is not None and not low <= value <= high:
            checked.ask(
                values.last_of("within_four_hours", key),
                f"{scale * value:.4g} {unit}: {having} {scale * low:.1f} to {scale * high:.1f} {unit}. Is it so?",
            )
        if key == "wait_to_clinician" and wait is None and triage and WALKING * triage > high:
            checked.ask(
                values.last_of("within_four_hours", "triage_wait"),
                f"{triage:g} minutes for triage alone: {having} {high:.0f} minutes to a clinician at most. Is it so?",
            )


def _band(measure: str, added: float, within: float) -> tuple[float, float]:
    """From where to where a measure lies in the ensemble's departments with such a four-hour share.

    Their own and with longer and shorter minutes of doctors: a line of its logarithm over the share's log odds, with
    all of them about it, and `WIDER`.
    """
    shares = ensemble_figures("within_4h_share", as_built=False)
    odds, logs = (
        np.log(shares / (1 - shares)),
        np.log(ensemble_figures(measure, as_built=False) + added),
    )
    slope, at = np.polyfit(odds, logs, 1)
    off = logs - at - slope * odds
    here = at + slope * np.log(within / (1 - within))
    low, high = np.exp([here + off.min(), here + off.max()]) - added
    return max(float(low) / WIDER, 0.0), max(float(high), 0.0) * WIDER


# --- the product ----------------------------------------------------------------------------------------------


def _use(values: OfferAnswers, checked: Checked) -> None:
    """For how many of all patients it is, and is used, and whether that may be how often nurses take its label."""
    used, whom = values.used_share, values.whom
    if values.covers:
        checked.echo(
            "covers", f"{whom.words}, {100 * whom.share:.0f} % of everybody ({SITE}, assumed)"
        )
    if used is None:
        return
    checked.echo(
        "used_share",
        f"used for {100 * used:.4g} % of {whom.words}, {100 * used * whom.share:.0f} % of everybody",
    )
    if used == values.acceptance:
        checked.ask(
            "acceptance",
            f"how often nurses take its label is the same number as the share of patients it is used for "
            f"({100 * used:g} %). Is it so?",
        )


def _prices(values: OfferAnswers, checked: Checked) -> None:
    """What a price is a patient or a year, and units that look wrong."""
    year, patient = values.price_a_year, values.price_a_patient
    n = values.patients_a_year(values.used_share or 0)
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


def _minutes(values: OfferAnswers, checked: Checked) -> None:
    """Nurses that may be counted twice, and a saving that is longer than a triage."""
    triage, others = values.triage_nurses, values.ambulance_nurses
    if triage and others and triage.on_duty == others.on_duty and triage.person_hours > SAME_HOURS:
        words = "they have the same rota as the triage nurses. Are they other people?"
        checked.ask("ambulance_nurses", words)
    saves, minutes = values.saves, values.triage_minutes
    if saves is None or not saves.is_seconds:
        return
    longest, seconds = 60 * minutes if minutes else LONGEST_TRIAGE, saves.number
    if seconds >= longest:
        words = f"{seconds:g} seconds are longer than a triage ({longest:g} s). Is it so?"
        checked.ask("saves", words)
    elif minutes and seconds > MOST_SAVED * longest:
        words = f"{seconds:g} of the {longest:g} seconds of a triage: is it all of an assessment?"
        checked.ask("saves", words)


def _labels(answers: Answers, values: OfferAnswers, checked: Checked) -> None:
    """How accuracy is read, and tables that look turned round."""
    table, exact, under = values.table, values.exact_share, values.under_share
    for key in ("exact_share", "under_share") if not is_blank(answers.get("table")) else ():
        checked.readings.pop(key, None)
        checked.doubts.pop(key, None)
        if getattr(values, key) is not None:
            checked.refuse(key, "is answered, and there is a table", "Keep one of them")
    if exact is not None and under is not None and exact + under > 1:
        found = f"with {100 * exact:g} % right adds up to more than 100 %"
        checked.refuse("under_share", found, "Correct one of them")
    elif under is not None:
        most = 1 - (exact or 0) - 2 * LEAST_SHARE  # no table has none of a kind
        values.under_share = round(min(max(under, LEAST_SHARE), most), 4)
        if values.under_share != under:
            checked.echo("under_share", f"read as {100 * values.under_share:g} %")
    against = values.against or "unknown"
    if not values.labels:
        return
    if against == "unknown":
        words = "read as agreement with nurses, because nobody says against whom it was measured"
        checked.echo("against", words)
    if values.agrees_with_nurses:
        agrees = "it agrees with the nurse {}. That is not accuracy: nurses err".format
        if exact is not None:
            checked.echo("exact_share", agrees(f"in {100 * exact:g} % of patients"))
        if table is not None:
            checked.echo("table", agrees("as its table says"))
    elif exact is not None:
        words = "which errors it makes is made of the nurses': kind to it. Its table would tell"
        checked.echo("exact_share", words)
    nurses = values.nurses_table
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
