"""Whether a tool was measured on patients like those it labels, beside nurses like those here: if not, what
it does may be a difference between patients, scales or countries, and not between tool and nurse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simulation.pathway.department import Choice, Pathway
from simulation.pathway.rota import mean_per_day
from simulation.triage.matrix import Matrix
from simulation.triage.policy import Policy
from simulation.triage.yardstick import YARDSTICKS

FEW = 30
"""Patients of a category below which a tool is hardly measured on it."""
MANY = 0.05
"""The share of those labelled here from which a category is worth a word."""
SOURCE = "arrival_source"
MOST = 100
"""Characters of a source in a sentence."""


def unlike_patients(policy: Policy, pathway: Pathway) -> tuple[str, ...]:
    """What to say of a tool that was measured elsewhere: beside other nurses, against another truth, or on hardly any
    of many here."""
    said = of_other_patients(policy), _against_another_truth(policy), *_hardly_met(policy, pathway)
    return tuple(filter(None, said))


def of_other_patients(policy: Policy) -> str:
    """What to say of a tool's measured table beside nurses who were measured elsewhere; '' if there is nothing.

    Two tables of the same cases count as many patients of each true level. An assumed table claims nothing of the kind.
    """
    if policy.ai is None or policy.nurse is None:
        return ""
    tool, nurses = policy.ai.matrix, policy.nurse.matrix
    if policy.beside_nurse is not None:
        beside = policy.beside_nurse.nurses
        if not beside or beside == nurses.source:
            return ""
        return (
            f"'{policy.ai.name}' was measured beside other nurses ({_shortened(beside)}) than these "
            f"({_shortened(nurses.source)}): that its errors fall on hers as they did there is an assumption"
        )
    if tool.evidence == "assumed" or tool.source == nurses.source:
        return ""
    if tool.counts and _by_level(tool) == _by_level(nurses):
        return ""
    return (
        f"the table of '{policy.ai.name}' {_of_whom(tool)} and the nurses' {_of_whom(nurses)} are not of the same "
        "patients, so what differs may be patients, scales or countries. Measure both on the same cases, and state "
        "your own nurses (nurse=...)"
    )


def _against_another_truth(policy: Policy) -> str:
    """What to say of a tool that was not measured against a panel; '' if there is nothing."""
    against = policy.measured_against
    if against in (None, "panel"):
        return ""
    return f"measured against {YARDSTICKS[against]}, while the truth here is an expert panel's"


def _hardly_met(policy: Policy, pathway: Pathway) -> Iterator[str]:
    """A sentence for each attribute with a category that is common here and was rare where the tool was measured."""
    for attribute, counts in policy.measured_on.items():
        if not sum(counts.values()):
            yield f"the cases that {_tool(policy)} was measured on do not say {_plain(attribute)}"
            continue
        here = _shares(attribute, policy, pathway)
        rare = [name for name, n in counts.items() if n < FEW and here.get(name, 0.0) >= MANY]
        if rare:
            told = ", ".join(
                f"{_plain(name)} ({counts[name]:.0f} cases, {100 * here[name]:.0f} % here)" for name in rare
            )
            yield (
                f"{_tool(policy)} was hardly measured on some whom it labels here, by {_plain(attribute)}: {told}. "
                "That it labels them as it labels others is an assumption"
            )


def _shares(attribute: str, policy: Policy, pathway: Pathway) -> Mapping[str, float]:
    """Shares of the categories of an attribute among those whom the tool labels, as the site states them; none where
    the site does not draw it by a plain choice."""
    covers = policy.covers
    sources = covers.labels if covers is not None else ()
    numbers = {name: mean_per_day(each) for name, each in pathway.arrivals.items() if name in sources}
    total = sum(numbers.values())
    if not total:
        return {}
    if attribute == SOURCE:
        found = {name: number / total for name, number in numbers.items()}
    else:
        found = _of_choice(attribute, numbers, pathway)
    only = covers.only.get(attribute) if covers is not None else None
    return {name: share for name, share in found.items() if only is None or name in only}


def _of_choice(attribute: str, numbers: Mapping[str, float], pathway: Pathway) -> dict[str, float]:
    stated = pathway.attributes.get(attribute)
    if not isinstance(stated, Choice) or stated.by not in (None, SOURCE):
        return {}
    total = sum(numbers.values())
    found = dict.fromkeys(stated.categories, 0.0)
    for source, number in numbers.items():
        shares = stated.shares[source] if isinstance(stated.shares, Mapping) else stated.shares
        for name, share in zip(stated.categories, shares, strict=True):
            found[name] += share * number / total
    return found


def _tool(policy: Policy) -> str:
    """The name of the tool, the same in every arm that uses it."""
    return f"'{policy.ai.name if policy.ai is not None else policy.name}'"


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _by_level(matrix: Matrix) -> tuple[float, ...]:
    """Patients of each true level; none where the table states shares."""
    return tuple(sum(row) for row in matrix.counts or ())


def _of_whom(matrix: Matrix) -> str:
    """'(400: own panel, May 2026)'."""
    n = f"{sum(_by_level(matrix)):,.0f} patients: " if matrix.counts else ""
    return f"({n}{_shortened(matrix.source)})"


def _shortened(source: str) -> str:
    return source if len(source) <= MOST else f"{source[:MOST].rstrip()}…"
