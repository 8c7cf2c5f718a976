"""From answers to a folder that `aeflow compare` runs: the department over a range, the product, and the study."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from typing import Any

import numpy as np

from simulation.config.composing import packaged
from simulation.config.dotted import Raw
from simulation.config.ensembles import Ensemble
from simulation.config.files import names_in, search_folders
from simulation.config.new import name_faults
from simulation.config.writing import ensemble_text, write_files, yaml_text
from simulation.errors import Faults, refuse
from simulation.offers.department import (
    BEDS,
    DOCTORS,
    ONE_TEAM,
    TRIAGE,
    OfferedDepartments,
    members_of,
    of_one_team,
    packaged_ensemble,
    values_by_parameter,
    with_values,
)
from simulation.offers.interview import (
    Answers,
    Checked,
    OfferAnswers,
    OfferQuestion,
    check,
    questions,
)
from simulation.offers.labels import label_lines
from simulation.offers.product import DRAWN, OfferedProduct, differing_parameter, spread_evenly
from simulation.offers.solving import (
    CalibrationTarget,
    Solver,
    comparison_lines,
    kept_years,
    study_over,
)
from simulation.records.schema import Floats, Ints
from simulation.records.serialise import Plain
from simulation.report.findings import TOLERANCES
from simulation.study.department_warnings import department_warnings
from simulation.study.design import Member, VariedParameter
from simulation.study.study import Study
from simulation.version import __version__
from simulation.wording import capitalised, listed_with_and

N_DEPARTMENTS, LEAST, REPLICATIONS = 30, 20, 120
"""How many departments stand for the one of the answers; how many must be left of them without those of a cause of
waiting that cannot have what was answered; and the replications of a run, of which each has as many."""
DEPARTMENTS = "offered_departments"
"""The name of departments without a product, in files that are seen by nobody."""
NURSES = "nurses_table"
"""The question about nurses, who label today, too."""
ADMITTED = "admitted"
"""The parameter in which departments differ if the admitted share was left blank."""
AMBULANCE_NURSES = "ambulance_nurses"
"""The parameter, and the question, of ambulance nurses beside those of the typical site, scaled."""
OF_BLANK = {
    "triage_wait": (TRIAGE,),
    "within_four_hours": (DOCTORS,),
    "beds": BEDS,
    "admitted_share": (ADMITTED,),
    AMBULANCE_NURSES: (AMBULANCE_NURSES,),
}
"""The parameters in which departments differ where a question about them was left blank."""
EASED = {
    "places": ("majors_cubicles",),
    "pace": ("patients_in_hand",),
    "mixture": ("majors_cubicles", "patients_in_hand"),
}
"""By cause of waiting, what grows as doctors' minutes fall until the four-hour share is as answered: doctors' minutes
alone would have to move twice as far."""
ON_DUTY = ("triage_nurses", "ambulances", "children", "doctors")
"""Questions about who is on duty: departments differ by structure where they were left blank."""
WAITS = {
    "wait_to_clinician": "to a clinician",
    "median_wait_to_clinician": "to a clinician at the median",
    "triage_wait": "for triage",
}
"""Waits that are solved for, in words."""
BOUND_ON_HANDOVER = CalibrationTarget(
    "assessment_bays", "handover_mean", 45.0, -2.5, (0.3, 4.0), in_log=True, at_most=True
)
"""Bays grow where ambulances would wait longer than 45 minutes on average to hand over: England's mean is near 34
(configs/targets/england.yaml), and where crews would wait for hours, places are opened for them. A judgement. Twice as
many bays cut handover by two thirds, and move the four-hour share by a point (30 departments with 48 %)."""
AFTER = ("return_minutes", "laboratory_minutes", "specialty_minutes", "discharge_minutes")
"""Where a wait to a clinician was answered, what is solved for with it besides doctors' minutes: what happens between
the first contact and the end. Slopes are measured on 16 departments of the ensemble over half years."""
QUICK, QUICKER = (
    0.3,
    {
        "specialty_minutes": 2.0,
        "laboratory_minutes": 1.0,
        "discharge_minutes": 1.0,
        "ward_stays": 0.17,
    },
)
"""A four-hour share of 75 % and more needs more than doctors: once theirs is a quarter less, others are quicker, too.
A judgement, by which doctors at half of their minutes go with a share of about 80 % at the typical site."""
ANSWERED = {tolerance.answer: measure for measure, tolerance in TOLERANCES.items()}
"""The measure that each of these answers is a figure of."""
SIMULATED = "simulated"
"""What a blank is of which nothing is assumed: it is a figure that the departments are held against."""
YEAR = {"warm_up_days": 28, "measured_days": 364, "cool_down_days": 4, "doublings": 1}
"""The length of the years on which minutes are solved for; in weeks that begin the year."""


HEADS = {
    "triage": "what the product does, as answered",
    "study": "the product, today, and what the same money does",
    "nurse": "how your nurses label, in every arm",
    "ensembles": "departments that the answers of an interview could mean",
}
"""What each of the files of an offer holds, for its first line."""


def name_of(product: str, folder: Path | None = None) -> str:
    """The name of the files of a product: 'Our AI 2.0' gives 'our_ai_2_0'. `folder`: with a number behind it if a study
    of that name is there."""
    plain_name = re.sub(r"\W+", "_", product.casefold(), flags=re.ASCII).strip("_")
    name = plain_name if plain_name[:1].isalpha() else f"offer_{plain_name}".rstrip("_")
    taken = set() if folder is None else names_in("study", [folder])
    names = chain((name,), (f"{name}_{number}" for number in count(2)))
    return next(one for one in names if one not in taken)


def changed_answers(answers: Answers, changed: Answers) -> list[str]:
    """What changed answers say that the first do not: 'price a year £90,000, not £120,000'."""
    nouns = []
    for key in changed:
        now, before = (str(given.get(key) or "left blank") for given in (changed, answers))
        if now != before:
            nouns.append(f"{questions()[key].noun} {now}, not {before}")
    return nouns


def write_offer(
    answers: Answers,
    folder: Path,
    *,
    tables: Path | None = None,
    name: str | None = None,
    n: int = N_DEPARTMENTS,
    progress: Callable[[int, int], None] = lambda done, of: None,
    differs: Sequence[str] = (),
    where: Sequence[str] = (),
    results: Path = Path("results"),
    say: Callable[[str], object] = print,
) -> tuple[list[str], list[str]]:
    """Write the department, the product and the study of these answers into a folder of configurations; lines on how
    the departments compare with the answers, and on labels.

    `tables`: where tables are that answers name; `n`: how many departments; `progress`: called with years done and to
    do; `differs`: what these answers have otherwise than those of another offer; `where`: overrides that say where
    years run; `results`: the folder of results, in which years are kept; `say`: gets a line on these. Raises
    ConfigError with every fault of the answers, before anything is simulated.
    """
    checked = check(answers, tables)
    checked.all_faults.refuse("The answers cannot be used")
    values = checked.values
    name = name or name_of(values.product)
    kinds = ("nurse", "triage", "ensembles", "study")
    if (before := folder / "study" / f"{name}.yaml").exists():
        remedy = (
            f"To compare changed answers with it, say name={name}_2; to write it "
            f"anew, remove the files {name}.yaml"
        )
        refuse(str(before), "an offer of that name was written before", remedy)
    Faults(name_faults(name, folder, kinds, "an offer")).refuse()
    departments, product = OfferedDepartments(values, n), OfferedProduct(name, values)
    alone = unsolved_ensemble(departments)
    n = len(alone.departments)
    study = study_over(
        _texts(_with_product(alone, product), departments, product, differs),
        name, n, search_folders(folder if folder.is_dir() else None), where,
    )  # fmt: skip
    of_labels, harshest = label_lines(study, product)
    targets = list(_targets(values, members_of(alone)))
    nurse = None if values.nurses_table is None else product.nurse()
    solver = Solver(
        lambda: of_years(study.of_arms([])), alone, progress,
        kept_years(results, _of_department(values, n), alone, targets, nurse, YEAR),
    )  # fmt: skip
    say(solver.plan())
    solved, fresh = solver.solve(targets)
    solved = _with_product(solved, product)
    left, unmet = _left(solver, solver.unmet(targets, fresh))
    solved = replace(
        solved,
        built=replace(alone.built, accepted=len(left)),
        causes={key: cause for key, cause in solved.causes.items() if key not in unmet},
        departments=tuple(map(solved.member, left)),
    )
    write_files(_texts(solved, departments, product, differs, harshest), name, folder)
    lines = [*_comparison(_stated(values), fresh, solver, left, unmet), *solver.ends()]
    return [
        *lines,
        *(f"Check: {warning.found}" for warning in department_warnings(study)),
    ], of_labels


def _left(solver: Solver, unmet: Collection[str]) -> tuple[list[int], Collection[str]]:
    """The departments without those of causes that cannot have what was answered, and these causes; all departments,
    if too few would be left."""
    left = [place for place, one in enumerate(solver.members) if one.cause not in unmet]
    if not unmet or len(left) < LEAST:
        return list(range(len(solver.members))), ()
    return left[: most_even(len(left))], unmet


def most_even(n: int) -> int:
    """The most departments, `n` at most, of which each has as many replications of a run."""
    return max(number for number in range(1, n + 1) if REPLICATIONS % number == 0)


def _comparison(
    answered: Mapping[str, float],
    fresh: Mapping[str, Floats],
    solver: Solver,
    left: Sequence[int],
    unmet: Collection[str],
) -> Iterator[str]:
    """How many departments are left, what they give, and which causes cannot have what was answered."""
    causes = solver.ensemble.causes
    yield f"{len(left)} departments that your answers could mean (mean, nine in ten)"
    here = {measure: values[left] for measure, values in fresh.items()}
    of_cause = {
        causes[name].label: chosen[left]
        for name, chosen in solver.causes.items()
        if name not in unmet
    }
    yield from comparison_lines(answered, here, of_cause)
    for name in unmet:
        mean = {measure: of[solver.causes[name]].mean() for measure, of in fresh.items()}
        figures = [f"{100 * mean['within_4h_share']:.1f} % within four hours"]
        waits = {ANSWERED[key]: words for key, words in WAITS.items()}
        figures += [f"{mean[at]:.0f} min {waits[at]}" for at in waits if at in answered]
        if (handover := mean[BOUND_ON_HANDOVER.measure]) > BOUND_ON_HANDOVER.wanted:
            figures.append(
                f"{handover:.0f} min to hand over an ambulance, with as many bays as were tried"
            )
        yield f"Left out, because it cannot be so: {causes[name].label} ({', '.join(figures)})"


def of_years(study: Study, **length: int) -> Study:
    """The study of whole years, or of another `length`."""
    run = replace(study.run, **{**YEAR, "start_week": 0, **length})  # type: ignore[arg-type]
    return replace(study, run=run)


def _targets(values: OfferAnswers, members: Sequence[Member]) -> Iterator[CalibrationTarget]:
    """What is solved for in these departments: the four-hour share, another in each if it was left blank; the wait."""
    ends, n, share = (0.3, 3.0), len(members), values.within_four_hours
    wanted = share or spread_evenly(n, 98, *(questions()["within_four_hours"].range or (0, 1)))
    along = along_causes(EASED, [member.cause for member in members])
    within = CalibrationTarget(
        DOCTORS, "within_4h_share", wanted, -0.35, ends, along=along, beyond=QUICK, also=QUICKER
    )
    if wait := next((key for key in list(WAITS)[:2] if getattr(values, key)), None):
        # doctors decide the wait, and what comes after it the four-hour share
        yield within._replace(
            measure=ANSWERED[wait], wanted=getattr(values, wait), slope=2.1, in_log=True, also={},
            crosses={"within_4h_share": -0.41},
        )  # fmt: skip
        within = CalibrationTarget(
            AFTER[0], "within_4h_share", wanted, -0.24, (0.3, 2.5),
            along=dict.fromkeys(AFTER[1:], np.ones(n)), crosses={ANSWERED[wait]: 0.65},
        )  # fmt: skip
    if wait is None or share:
        yield within
    yield BOUND_ON_HANDOVER
    # Of wait and minutes the wait says more of what a change is worth; the other is printed.
    for key, power in (("triage_wait", 2.5), ("triage_minutes", 1.0)):
        if value := getattr(values, key):
            yield CalibrationTarget(TRIAGE, ANSWERED[key], value, power, (0.05, 3.0), in_log=True)
            return


def along_causes(eased: Mapping[str, Sequence[str]], causes: Sequence[str]) -> dict[str, Floats]:
    """By parameter, how far it moves along in each department: as far the other way where its cause is eased by it."""
    return {
        name: -np.array([float(name in eased.get(cause, ())) for cause in causes])
        for name in dict.fromkeys(chain(*eased.values()))
    }


def _of_department(values: OfferAnswers, n: int) -> Plain:
    """The answers on which departments hang, and how many there are."""
    about = {
        key: value
        for key, value in values.given.items()
        if questions()[key].section == "department" or key == NURSES
    }
    return {"n": n, **about}


def texts_alone(ensemble: Ensemble, nurse: Raw | None) -> dict[str, str]:
    """The files of departments without a product, by group: today's nurses (None: the packaged ones), and nothing to
    compare."""
    known = packaged("study=alternatives")["study"]
    arms = {"arms": {"nurse": known["arms"]["nurse"]}, "baseline": "nurse"}
    stated = {key: known[key] for key in ("value_per_patient_hour", "primary", "secondary")}
    names = {key: DEPARTMENTS for key in ("name", "ensemble")}
    study = {**names, "question": ensemble.question, **arms, **stated}
    chosen = {"pathway": ensemble.built.pathway, **({"nurse": DEPARTMENTS} if nurse else {})}
    study["defaults"] = _defaults(chosen)
    files = {"study": study, **({"nurse": nurse} if nurse else {})}
    return _as_texts(files, ensemble, "{}".format)


def _as_texts(
    files: Mapping[str, Raw], ensemble: Ensemble, head: Callable[[str], str]
) -> dict[str, str]:
    """The texts of files and of the ensemble, by group; `head`: the first line of a file that holds what is said."""
    made = {group: yaml_text(head(HEADS[group]), content) for group, content in files.items()}
    return {**made, "ensembles": ensemble_text(ensemble, head(HEADS["ensembles"]))}


def _defaults(chosen: Mapping[str, str]) -> list[Any]:
    """The defaults of a study that chooses other files than usual, by group."""
    overrides = [{f"override /{group}@_global_.{group}": name} for group, name in chosen.items()]
    return [*overrides, "_self_"]


def _with_product(ensemble: Ensemble, product: OfferedProduct) -> Ensemble:
    """Departments that differ in what was left blank of a product, too, under its name."""
    added = product.drawn(len(ensemble.departments))
    return replace(with_parameters(ensemble, added), name=product.name)


def with_parameters(
    ensemble: Ensemble, added: Mapping[str, tuple[VariedParameter, Floats | Ints]]
) -> Ensemble:
    """Departments that differ in more parameters, by name, each with its value in every department; ranges hold all."""
    columns = values_by_parameter(ensemble) | {name: of.tolist() for name, (_, of) in added.items()}
    parameters = {**ensemble.parameters, **{name: one for name, (one, _) in added.items()}}
    for name, one in parameters.items():
        ends = [*one.range, *columns[name]]
        parameters[name] = replace(one, range=(min(ends), max(ends)))
    return with_values(ensemble, parameters, columns)


def unsolved_ensemble(
    departments: OfferedDepartments, targets: str = "the answers of the interview"
) -> Ensemble:
    """The departments before anything is solved for, without a product. `targets`: in words, what they are to meet."""
    members, values, known = departments.members(), departments.values, packaged_ensemble()
    built = replace(
        known.built,
        targets=targets,
        pathway=ONE_TEAM if departments.are_of_one_team else known.built.pathway,
        priors=f"ensembles/{known.name}.yaml",
        program=__version__,
        simulated_years=0,
        accepted=len(members),
    )
    ensemble = replace(
        known,
        name=DEPARTMENTS,
        question="What holds in every department that the answers could mean?",
        built=built,
        totals=departments.totals,
        parameters=departments.parameters,
        structures=departments.structures,
        departments=tuple(members),
        limitation="",
    )
    added = dict[str, tuple[VariedParameter, Floats | Ints]]()
    if values.admitted_share is None:
        added[ADMITTED] = _admitted(len(members), departments.totals.admitted_share)
    is_known = "assessment_nurses" in departments.totals.rotas
    if not is_known and values.ambulances != "triage nurses":
        added[AMBULANCE_NURSES] = _more_ambulance_nurses(departments, members)
    return with_parameters(ensemble, added)


def _admitted(n: int, share: float) -> tuple[VariedParameter, Floats]:
    """The parameter of an admitted share that was left blank, and its values."""
    ends = [end / share for end in questions()["admitted_share"].range or (share, share)]
    block = differing_parameter(
        "admitted_share", ["site.attributes.admitted.p.base"], ends, how="times"
    )
    return block, spread_evenly(n, 99, *ends).round(4)


def _more_ambulance_nurses(
    departments: OfferedDepartments, members: Sequence[Member]
) -> tuple[VariedParameter, Ints]:
    """The parameter of ambulance nurses who were not answered, and its values: none more where one team is at both
    doors, which its own rota describes."""
    structures = departments.structures
    apart = [not of_one_team(structures[member.structure]) for member in members]
    more = np.round(spread_evenly(len(members), 97, 0, 1)).astype(int)
    block = differing_parameter(
        AMBULANCE_NURSES, ["staffing.assessment_nurses.extra"], (0, 1), whole=True
    )
    return block, more * apart


def _texts(
    ensemble: Ensemble,
    departments: OfferedDepartments,
    product: OfferedProduct,
    differs: Sequence[str],
    under_triaged: float | None = None,
) -> dict[str, str]:
    """The files, by group; `under_triaged`: the share of the sickest with too low a level, if the product differs from
    nurses only where they are right."""
    name = ensemble.name
    blanks, assumed = list(_blanks(departments, product)), list(product.assumed())
    if nouns := [blank["question"] for blank in blanks[1 : len(blanks) - len(product.blanks)]]:
        assumed.append(f"blank, so ranges: {', '.join(nouns)}")
    study = product.study(blanks, differs, assumed, _stated(product.values))
    files, chosen = {"triage": product.policy()}, dict[str, str]()
    if ensemble.built.pathway != packaged_ensemble().built.pathway:
        chosen["pathway"] = ensemble.built.pathway
    if nurse := product.nurse():
        files["nurse"], chosen["nurse"] = nurse, name
    files["study"] = {**({"defaults": _defaults(chosen)} if chosen else {}), **study}
    if under_triaged is not None:
        files["study"]["offer"]["where_nurses_are_right"] = round(under_triaged, 4)
    return _as_texts(files, ensemble, f"{name}: {{}}. Made by: aeflow offer".format)


def _stated(values: OfferAnswers) -> dict[str, float]:
    """The figures of the department among the answers, by measure, and its attendances a day."""
    given = values.given
    stated = {"attendances_per_day": values.attendances_per_day}
    return stated | {measure: given[key] for key, measure in ANSWERED.items() if key in given}


def _blanks(departments: OfferedDepartments, product: OfferedProduct) -> Iterator[Raw]:
    """What was left blank and departments differ in, as `study.design` states it; first what nobody is asked."""
    values = departments.values
    yield {
        "question": "what makes patients wait", "parameters": ["cause"], "unit": "cause",
        "find": "time, for a month, the wait for a place and the wait in it for a clinician",
    }  # fmt: skip
    of_duty = [key for key in ON_DUTY if getattr(values, key) is None]
    if len(departments.structures) > 1 and of_duty:
        nouns = listed_with_and([questions()[key].noun for key in of_duty])
        more = [AMBULANCE_NURSES] if "ambulances" in of_duty else []
        yield _blank(questions()[of_duty[0]], ["structure", *more], nouns)
    known = set(values.given)
    if values.triage_minutes is not None:
        known.add("triage_wait")
    if values.ambulances != "own nurses":
        known.add(AMBULANCE_NURSES)
    for key, parameters in OF_BLANK.items():
        if key not in known:
            yield _blank(questions()[key], parameters)
    for key in product.blanks:
        blank = _blank(questions()[key], [DRAWN[key][0]])
        if key == "correlation":  # cases that differ are counted, which many more patients hold
            find = f"{blank['find']} (in {product.patients_who_hold(blank.pop('patients')):,} patients)"
            blank |= {"find": find, "arms": list(product.ends)}
        yield blank


def _blank(question: OfferQuestion, parameters: Sequence[str], noun: str = "") -> Raw:
    blank: Raw = {"question": noun or question.noun, "parameters": list(parameters)}
    blank |= {"unit": question.unit, "find": question.find}
    return blank if question.patients is None else blank | {"patients": question.patients}


def read_back(checked: Checked, *, whole: bool) -> Iterator[str]:
    """Questions about unlikely answers; where the `whole` is wanted, before them how answers were read, what was left
    blank and what is assumed for it."""
    blank, given = [], checked.values.given
    for key, question in questions().items() if whole else ():
        words = checked.readings[key]
        if key in given and words:
            yield f"{capitalised(question.noun)}: {words[-1]}"
        elif words and question.blank != SIMULATED:
            blank.append(f"{question.noun} ({words[-1].removeprefix('left blank: ')})")
    if blank:
        yield f"Left blank: {'; '.join(blank)}"
    yield from (f"Check {words}" for words in doubtful(checked))


def doubtful(checked: Checked) -> Iterator[str]:
    """What is unlikely about answers, each after its noun."""
    for key in {**checked.readings, **checked.doubts}:
        yield from (f"{questions()[key].noun}: {words}" for words in checked.doubts[key])
