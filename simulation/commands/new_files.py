"""`aeflow new`: the files of a department or an offered product of the user's own, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.commands.command_line import load_study, split_config_dir
from simulation.errors import refuse

if TYPE_CHECKING:
    from simulation.config.new_product import NewProduct

DEPARTMENT = "aeflow new department NAME attendances_per_day=280 beds=510 (or from=gallery/one_nurse)"
PRODUCT = "aeflow new product NAME labels=product.csv nurses=nurses.csv acceptance=0.6"
FILES = {
    "nurse": "how your nurses label, in every arm",
    "triage": "what the product does, and how nurses use it",
    "study": "the question: your department's study, the product first",
}


def new(words: list[str]) -> int:
    """Write a department or a product, and say what to do next."""
    others, config_dir = split_config_dir(words)
    typed = dict(word.split("=", 1) for word in others if "=" in word)
    names = [word for word in others if "=" not in word]
    kinds = {"department": (_department, DEPARTMENT), "product": (_product, PRODUCT)}
    make, usage = kinds.get(names[0] if names else "", (None, f"{DEPARTMENT}, or {PRODUCT}"))
    source = typed.pop("from", None) if make is _department else None
    if make is None or len(names) != 2 or (bool(source) == bool(typed)):
        refuse("new", f"found '{' '.join(words)}'", f"Say: {usage}")
    if source is not None:
        _copy(names[1], source, config_dir)
    else:
        make(names[1], typed, config_dir)
    return 0


def _copy(name: str, source: str, config_dir: str | None) -> None:
    """Copy a department alone; say what its files are, and what to do next."""
    from simulation.config.new import new_department

    department, study = new_department(name, source, Path(config_dir or "configs"))
    print(f"{department}: the department. Who comes, what happens to them, with whom and for how long.")
    print(f"{study}: the question. What is compared, and by which measures.")
    _next(name, config_dir)


def _department(name: str, typed: Mapping[str, str], config_dir: str | None) -> None:
    """Scale the typical department; say what its files are, how full its beds will be, and what to do next."""
    from simulation.config.folders import packaged_configs
    from simulation.config.new import HEADS, new_scaled_department
    from simulation.report.show import scaled_lines

    for path in new_scaled_department(name, typed, Path(config_dir or "configs")):
        print(f"{path}: {HEADS[path.parent.name]}.")
    print("Every number there says how it was derived.\n")
    for line in scaled_lines(load_study([f"study={name}"], config_dir), load_study([], str(packaged_configs()))):
        print(line)
    _next(name, config_dir)
    print(f"Offered an AI?   {PRODUCT}{_where(config_dir)}")


def _next(name: str, config_dir: str | None) -> None:
    """Say what can be done with a department that was written."""
    where = _where(config_dir)
    print(f"\nRun it:          aeflow compare study={name}{where}")
    print(f"Look at it:      aeflow show study={name}{where}")
    print("Then change it:  every key is in docs/vocabulary.md; a message says what is wrong and what to do.")


def _product(name: str, typed: Mapping[str, str], config_dir: str | None) -> None:
    """Write an offered product; say what its tables say, what was assumed, and how to compare it."""
    from simulation.config.new_product import new_product
    from simulation.report.offer import offer_lines, size_lines

    product = new_product(name, typed, Path(config_dir or "configs"))
    for path in product.paths:
        print(f"{path}: {FILES[path.parent.name]}.")
    print()
    for line in (*product.notes, *offer_lines(product.study, name), *size_lines(product.study, name)):
        print(line)
    print(
        "\nAssumed, because you gave no value (to change it, edit the files, or run this again with the key and "
        "another NAME):"
    )
    for words, key in _assumed(product):
        print(f"  {words:<66} {key}")
    short = "run.replications=20"
    print(f"\nA first answer, in some minutes:   aeflow compare study={name} {short}{_where(config_dir)}")
    print(f"With narrower intervals:           aeflow compare study={name}{_where(config_dir)}")
    print("The last lines on the screen are the answer; the first page of the report has the same words.")


def _assumed(product: NewProduct) -> Sequence[tuple[str, str]]:
    """What was assumed for each key that was not typed, in words, and the key that changes it."""
    from simulation.config.new_product import DESK
    from simulation.config.policies import DEFAULT_NURSE

    offer = product.offer
    department, name_it = "for the typical department of England, in many variants", "first: aeflow new department"
    if product.own_department:
        department, name_it = f"for {product.base}, the only department of your own in configs/", "department=NAME"
    nurses = f"nurses label as those of nurse={product.nurses}"
    if product.nurses == DEFAULT_NURSE:
        nurses = "nurses label as in two Korean hospitals, not as yours"
    attending = [name for name, source in product.study.baseline.pathway.arrivals.items() if source.attends]
    others = [name for name in attending if name not in DESK]
    everybody = ",".join([*(name for name in DESK if name in attending), *others])
    at_desk = f"used for those triaged at the desk, not for {_doors(others)}"
    same_patients = "it errs partly on the same patients as nurses (correlation 0.5)"
    rules = (
        (offer.department is None, department, name_it),
        (offer.nurses is None, nurses, "nurses=nurses.csv"),
        (offer.covers == DESK and others, at_desk, f"covers={everybody}"),
        (offer.seconds_saved is None, "no time saved at triage", "seconds_saved=30"),
        (offer.price_per_attendance is None, "no price, so its cost is 'not stated'", "price_per_attendance=1.8"),
        (
            offer.acceptance is not None,
            "nurses follow it as often when it is wrong as when it is right",
            "switching, in the file",
        ),
        (offer.gives_labels, same_patients, "correlation, in the file"),
    )
    return [(words, key) for is_assumed, words, key in rules if is_assumed]


def _doors(sources: Sequence[str]) -> str:
    """Arrival sources in words: 'ambulances' of the typical department."""
    return "ambulances" if list(sources) == ["ambulance"] else " or ".join(sources).replace("_", " ")


def _where(config_dir: str | None) -> str:
    return f" --config-dir {config_dir}" if config_dir is not None else ""
