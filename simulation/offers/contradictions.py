"""What stated staff, beds and figures say of one another: more work than hours, idle staff, figures that do not fit.

Each is said at the last of the answers that it is about. What cannot be is refused; what no department of the packaged
ensemble is like is asked about. Minutes that nobody stated are the ensemble's.
"""

import math
from typing import NamedTuple

import numpy as np

from simulation.config.totals import ADMITTED_SHARE
from simulation.offers.interview import Checked, Values, questions
from simulation.offers.loads import (
    SLOT,
    Queue,
    departments_with,
    enough,
    ensemble_figures,
    mean_waits,
    patients_of,
    units_of,
)
from simulation.offers.rotas import hours_in_words
from simulation.records.schema import Floats
from simulation.report.findings import TOLERANCES

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


def cross_check_staff(values: Values, checked: Checked) -> None:
    """Add faults and questions about staff, beds and figures that do not go together."""
    if attendances := values.get("attendances_per_day"):
        _triage(attendances, values, checked)
        _ambulances(attendances, values, checked)
        _doctors(attendances, values, checked)
        _beds(attendances, values, checked)
    _figures(values, checked)


def _last(values: Values, *keys: str) -> str:
    """The last of the answers that were given among these."""
    return [key for key in questions() if key in values and key in keys][-1]


# --- nurses ---------------------------------------------------------------------------------------------------


class Desk(NamedTuple):
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


def _say_of(desk: Desk, checked: Checked) -> None:
    """Refuse or ask about more work than hours, and about idle nurses."""
    queue, wait, (ask_wait, refuse_wait) = desk.queue, desk.wait, desk.waits
    found = (
        f"{queue.per_day:.0f} {desk.whom} a day at {desk.minutes} are {queue.work.sum() / 7 / 60:.0f} hours of work, "
        f"and the {desk.who} have {queue.hours:.4g}: a load of {100 * queue.load:.0f} %{_over(queue)}"
    )
    would = f"{enough(queue.work)} would do{desk.instead}"
    most = float(desk.longest.sum() / (SLOT * queue.units.sum()))
    if queue.load > REFUSE:
        checked.refuse(desk.key, f"{found}. The queue would never empty", would)
    elif wait >= refuse_wait:
        checked.refuse(desk.key, f"{found}, and a wait of about {wait:,.0f} minutes", would)
    elif queue.load >= ASK or wait >= ask_wait:
        found += f", and a wait of about {wait:.0f} minutes{desk.at}" if wait else ""
        checked.ask(desk.key, f"{found}. {would[:1].upper()}{would[1:]}. Is it so?")
    elif most < desk.usual.min() / WIDER:
        checked.ask(
            desk.key,
            f"the {desk.who} would be asked for {100 * most:.0f} % of their {queue.hours:.4g} hours, those of the "
            f"ensemble's departments for {_ends(desk.usual)} %; {enough(desk.longest)} would do. Are all at the desk?",
        )


def _triage(attendances: float, values: Values, checked: Checked) -> None:
    """The triage nurses, and ambulances where they assess them, too; then the wait for them."""
    if "triage_nurses" not in values:
        return
    who_assesses = values.get("ambulances", "own nurses")
    team, known = who_assesses == "triage nurses", ensemble_figures("triage_minutes")
    walking = patients_of("walk_in", attendances) + patients_of("referred", attendances)
    others = patients_of("ambulance", attendances) * team
    at_others = others * float(np.median(ensemble_figures("assessment_minutes")))
    minutes, wait = values.get("triage_minutes"), values.get("triage_wait")
    ends = known.min(), np.quantile(known, SPREAD[0]), known.max()
    least, few, most = ends if minutes is None else [minutes] * 3
    units = units_of(values["triage_nurses"])
    queue = Queue(walking + others, walking * least + at_others, units)
    likely = queue._replace(work=walking * few + at_others)
    spare = (ASK * SLOT * units.sum() - at_others.sum()) / walking.sum()
    desk = Desk(
        "triage nurses",
        "patients, with ambulances'," if team else "walk-ins and referred patients",
        f"{least:.2g} minutes{'' if minutes else ' at the least'}"
        + (
            f" or, by ambulance, {np.median(ensemble_figures('assessment_minutes')):.0f}"
            if team
            else ""
        ),
        _last(
            values, "attendances_per_day", "triage_nurses", "ambulances" * team, "triage_minutes"
        ),
        queue,
        walking * most + at_others,
        f"; or minutes of at most {spare:.1f}" if minutes and spare >= 1 else "",
        departments_with("ambulances", who_assesses, "triage_load"),
        likely.mean_wait() if wait is None and any(likely.over) and queue.load <= REFUSE else 0.0,
        WAITS if minutes else (WAITS[0], math.inf),
        "" if minutes else f" at {few:.2g}",
    )
    _say_of(desk, checked)
    if wait is None or desk.key in checked.faults:
        return
    waits = mean_waits(queue.patients, walking[:, None] * GRID + at_others[:, None], units)
    fitting = float(np.interp(wait, np.maximum.accumulate(waits), GRID))
    if minutes is not None:
        here = float(np.interp(minutes, GRID, waits))
        if abs(here - wait) > LEAST_OFF and not 1 / FACTOR < (here + 1) / (wait + 1) < FACTOR:
            checked.ask(
                _last(values, "triage_wait", "triage_minutes", "triage_nurses"),
                f"{wait:g} minutes of waiting do not fit {minutes:g} minutes a triage by this rota: the wait would be "
                f"about {here:.0f}. It would fit {fitting:.1f} minutes a triage. Is it so?",
            )
    elif not known.min() / WIDER <= fitting <= known.max() * WIDER:
        checked.ask(
            _last(values, "triage_wait", "triage_nurses"),
            f"by this rota {wait:g} minutes of waiting would mean that a triage takes about {fitting:.1f} minutes; in "
            f"the ensemble's departments it takes {known.min():.1f} to {known.max():.1f}. Is it so?",
        )


def _ambulances(attendances: float, values: Values, checked: Checked) -> None:
    """Ambulance nurses of their own."""
    if "ambulance_nurses" not in values:
        return
    known, patients = ensemble_figures("assessment_minutes"), patients_of("ambulance", attendances)
    middle, units = float(np.median(known)), units_of(values["ambulance_nurses"])
    each = patients[:, None] * np.quantile(known, SPREAD)
    desk = Desk(
        "ambulance nurses",
        "ambulance patients",
        f"about {middle:.0f} minutes",
        _last(values, "attendances_per_day", "ambulance_nurses"),
        Queue(patients, patients * middle, units),
        patients * known.max(),
        "; or, if triage nurses help, answer 'triage nurses' under ambulances",
        departments_with("ambulances", "own nurses", "assessment_load"),
        float(mean_waits(patients, each, units).mean()),
        AMBULANCE_WAITS,
    )
    _say_of(desk, checked)


# --- doctors and beds -----------------------------------------------------------------------------------------


def _doctors(attendances: float, values: Values, checked: Checked) -> None:
    """Doctors, whose minutes are fitted to the four-hour share: held against those of the ensemble's departments."""
    if "doctors" not in values:
        return
    children = values.get("children", "")
    each = departments_with("children", children, "doctor_hours") / departments_with(
        "children", children, "attendances_per_day"
    )
    usual = departments_with("children", children, "doctors_load")
    least, most = attendances * each.min(), attendances * each.max()
    units, hours = units_of(values["doctors"]), values["doctors"].person_hours
    sources = ("walk_in", "ambulance", "referred")
    coming = np.sum([patients_of(name, attendances) for name in sources], axis=0)
    in_care = np.mean([np.roll(coming, later) for later in range(6)], axis=0)  # for three hours
    work = in_care / in_care.sum() * 7 * 60 * least
    key = _last(values, "attendances_per_day", "children", "doctors")
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


def _beds(attendances: float, values: Values, checked: Checked) -> None:
    """Beds, against what admissions ask for at the model's stays."""
    if "beds" not in values:
        return
    beds, share = values["beds"], values.get("admitted_share")
    low, high = (share, share) if share else questions()["admitted_share"].range or (0.22, 0.34)
    for_each = ensemble_figures("attendances_per_day") * (ADMITTED_SHARE + OTHERS_A_DAY)
    asked, pressed = (
        float(np.median(ensemble_figures(name) / for_each)) * attendances
        for name in ("beds_asked", "beds_pressed")
    )
    least, most = asked * (low + OTHERS_A_DAY), asked * (high + OTHERS_A_DAY)
    key = _last(values, "attendances_per_day", "admitted_share", "beds")
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


def _figures(values: Values, checked: Checked) -> None:
    """Waits and shares that no department with such a four-hour share has, or that cannot be."""
    within, over = values.get("within_four_hours"), values.get("over_12h")
    if within is not None and over is not None and within + over > 1:
        checked.refuse(
            _last(values, "within_four_hours", "over_12h"),
            f"{100 * over:.4g} % over twelve hours and {100 * within:.4g} % within four are more than everybody",
            "Correct one of them",
        )
        return
    wait, triage = values.get("wait_to_clinician"), values.get("triage_wait")
    if wait is not None and triage is not None and wait < WALKING * triage:
        checked.ask(
            "triage_wait",
            f"{triage:g} minutes for triage alone, and {wait:g} to a clinician, both from arrival. Is it so?",
        )
    if within is None:
        return
    told = f"with {100 * within:.4g} % within four hours the ensemble's departments have"
    for measure, stated in TOLERANCES.items():
        key, scale, unit = stated.answer, stated.scale, stated.unit
        if not stated.added:
            continue
        low, high = _band(measure, stated.added / scale, within)
        if key in values and not low <= values[key] <= high:
            checked.ask(
                _last(values, "within_four_hours", key),
                f"{scale * values[key]:.4g} {unit}: {told} {scale * low:.1f} to {scale * high:.1f} {unit}. Is it so?",
            )
        if key == "wait_to_clinician" and wait is None and triage and WALKING * triage > high:
            checked.ask(
                _last(values, "within_four_hours", "triage_wait"),
                f"{triage:g} minutes for triage alone: {told} {high:.0f} minutes to a clinician at most. Is it so?",
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
