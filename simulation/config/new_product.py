"""A product that was offered: nurses, policy and study written into the user's folder, ready to be compared."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NamedTuple

from annotated_types import Ge, Le

from simulation.config.composing import stated_in
from simulation.config.counts_table import FIVE_LEVELS, CountsTable, read_counts
from simulation.config.departments import department
from simulation.config.folders import Folders, is_name_of_file, names_in, packaged_configs, search_folders
from simulation.config.new import from_template, name_faults, number_in, write_files
from simulation.config.policies import DEFAULT_NURSE
from simulation.config.studies import study_from
from simulation.config.validating import validated
from simulation.department.config_dataclass import NonEmpty, Share, Unit, config_dataclass
from simulation.department.vocabulary import ACUITY_GIVEN, ACUITY_TRUE, Pathway
from simulation.errors import ConfigError, Fault, Faults, nearest
from simulation.study.study import Study
from simulation.triage.policy import Role

FEW = 30
"""Patients of a true level below which its row of a table means little."""
TYPICAL = "ai_triage"
"""The study of the typical department, over the departments of its ensemble."""
TEXTS = ("labels", "nurses", "role", "department", "source")
"""Keys whose values are text as typed; the values of other keys are read as YAML."""
DESK = ("walk_in", "referred")
"""Arrival sources of patients who are triaged at the walk-in desk: those for whom a product is used by default."""
OF_TRIAGE = ("triage_interview", "triage_record")
"""The durations of triage at that desk, which a product shortens."""
AROUND = 0.1
"""How far the range of an offer's share goes to either side: assumed."""
LABELS_WANTED = "Give its table (labels=product.csv), or exact_share=0.8 under_share=0.12"
TYPED = "given to aeflow new product on the command line"
"""The source of a number that nobody has checked."""


@config_dataclass
class Offer:
    """What is known of a product: a table of counts or two figures, how it is used, what it saves and costs.

    Example: `{labels: product.csv, nurses: nurses.csv, acceptance: 0.6}`
    """

    labels: NonEmpty[str] | None = None
    """A CSV file: how often the product gives each label to patients of each true level, in numbers of patients."""
    nurses: NonEmpty[str] | None = None
    """A CSV file of the nurses' labels on the same cases; or the name of nurses who are stated already (`korea`)."""
    exact_share: Share | None = None
    """Without a table: the share of patients whose label is their true level."""
    under_share: Share | None = None
    """Without a table: the share of patients whose label is less urgent than their true level."""
    role: Role | None = None
    """Whether the product advises the nurses (needs `acceptance`) or replaces their label."""
    acceptance: Annotated[Share, Unit("probability")] | None = None
    """How often an advised nurse takes the product's label where the two differ."""
    covers: NonEmpty[tuple[str, ...]] = DESK
    """Arrival sources of the patients for whom it is used: `walk_in`, `referred`, `ambulance`."""
    seconds_saved: Annotated[float, Ge(-3600), Le(3600), Unit("seconds")] | None = None
    """The time that it saves in the triage of each of them; below 0 it costs time."""
    price_per_attendance: Annotated[float, Ge(0), Unit("GBP")] | None = None
    """The price for each of them."""
    department: str | None = None
    """The study of the department; left out, the only own one, or else the typical department."""
    source: str | None = None
    """Where the tables or figures come from, in a few words."""

    @property
    def gives_labels(self) -> bool:
        """Whether the offer says anything of the product's labels."""
        return self.labels is not None or self.exact_share is not None or self.under_share is not None


def offer_from(typed: Mapping[str, str], faults: Faults) -> Offer | None:
    """The offer that was typed (text by key); None, with faults, if it is not sound."""
    values: dict[str, Any] = {key: text if key in TEXTS else number_in(text) for key, text in typed.items()}
    if isinstance(values.get("covers"), str):
        values["covers"] = [source.strip() for source in values["covers"].split(",")]
    offer: Offer | None = validated(Offer, values, "", faults)
    if not offer:
        return None
    contradictions = list(_contradictions(offer))
    faults += contradictions
    return None if contradictions else offer


def _contradictions(offer: Offer) -> Iterator[Fault]:
    """Faults of keys that contradict one another, and of keys that are missing."""
    shares = {"exact_share": offer.exact_share, "under_share": offer.under_share}
    for name, share in shares.items():
        if offer.labels is not None and share is not None:
            yield Fault(name, "is stated with a table (labels=)", "Give the table, or the two shares")
        if offer.labels is None and share is None and offer.gives_labels:
            yield Fault(name, "is missing", "Without a table both exact_share and under_share are needed")
    if not offer.gives_labels:
        if offer.seconds_saved is None:
            yield Fault("labels", "is missing", LABELS_WANTED)
        for name in ("role", "acceptance"):
            if getattr(offer, name) is not None:
                yield Fault(name, "is stated, but nothing about the product's labels", LABELS_WANTED)
    elif offer.acceptance is None and offer.role != "replaces":
        remedy = "Say how often nurses take its label where it differs from theirs (acceptance=0.6), or role=replaces"
        yield Fault("acceptance", "is missing", remedy)
    elif offer.acceptance is not None and offer.role == "replaces":
        yield Fault("acceptance", "is stated with role=replaces", "Leave one of them out")


def file_of(offer: Offer, kind: str, **known: Any) -> str:
    """The text of a file of an offer: `nurse`, `triage` or `study`.

    `known`: the `name` of the product, the `words` of the command, the `base` study, the `levels` of urgency that
    tables count, the sources `covered`, the `durations` that it shortens, the `tables` that were read, and `nurses`.
    """
    used = {"offer": offer, "kind": kind, "around": AROUND, "typed_in": TYPED, "at_the_desk": offer.covers == DESK}
    return from_template("offer.yaml", **known, **used)


class NewProduct(NamedTuple):
    """The files that were written, and the study that they state."""

    offer: Offer
    base: str
    """The study that it rests on."""
    own_department: bool
    """Whether that study is of a department of the user's own."""
    nurses: str
    """The nurses of every arm, by the name of their file."""
    paths: tuple[Path, ...]
    notes: tuple[str, ...]
    """What was assumed about the tables, and where they count few patients."""
    study: Study


def new_product(name: str, typed: Mapping[str, str], folder: Path) -> NewProduct:
    """Write the policy and the study of an offered product (text by key), and its nurses if their table is given.

    The files are loaded before they are written. Raises ConfigError with every fault.
    """
    places = search_folders(folder if folder.is_dir() else None)
    faults = Faults()
    offer = offer_from(typed, faults)
    counted = offer and offer.nurses is not None and not _are_known(offer.nurses, places)
    kinds = ("nurse", "triage", "study") if counted else ("triage", "study")
    faults += name_faults(name, folder, kinds, "a product")
    base, own = _base(offer.department if offer else None, places, faults)
    pathway = None if faults else department(stated_in((f"study={base}",), places).raw, (), faults)[1]
    levels = pathway.categories(ACUITY_TRUE) if pathway and ACUITY_TRUE in pathway.attributes else FIVE_LEVELS
    tables = _tables(offer, levels, places, faults) if offer else {}
    if not faults and name in stated_in((f"study={base}",), places).raw["study"].get("arms", {}):
        faults.add(f"'{name}'", f"is an arm of study={base} already", "Choose another name")
    if offer and pathway:
        faults += _lacking(offer, base, pathway)
    if faults or not offer or not pathway:
        raise ConfigError(faults)
    words = " ".join(f"{key}={_as_typed(text)}" for key, text in typed.items())
    known = {
        "name": name, "words": words, "base": base, "levels": levels, "covered": _covered(offer, pathway),
        "durations": _durations(pathway), "tables": tables, "nurses": name if "nurses" in tables else offer.nurses,
    }  # fmt: skip
    texts = {kind: file_of(offer, kind, **known) for kind in kinds if kind != "nurse" or "nurses" in tables}
    with TemporaryDirectory() as temporary:  # the study is loaded before anything is written into the user's folder
        write_files(texts, name, Path(temporary))
        trial = (Path(temporary).resolve(), *places)
        study = study_from(stated_in((f"study={name}",), trial), trial)
    return NewProduct(
        offer=offer,
        base=base,
        own_department=own,
        nurses=study.choices.get("nurse", DEFAULT_NURSE),
        paths=write_files(texts, name, folder),
        notes=tuple(_notes(offer, tables, levels)),
        study=study,
    )


def own_departments(folders: Folders) -> tuple[str, ...]:
    """The user's own departments, by name: those with a study and a site or a pathway of the same name."""
    own = [folder for folder in folders if folder != packaged_configs()]
    departments = names_in("site", own) | names_in("pathway", own)
    return tuple(sorted(names_in("study", own) & departments))


def _base(asked: str | None, folders: Folders, faults: Faults) -> tuple[str, bool]:
    """The study that a product's rests on, and whether it is of a department of the user's own.

    A fault is added if the one asked for is not there, or if none is asked for and there are several.
    """
    own = own_departments(folders)
    if asked is not None:
        known = names_in("study", folders)
        if not is_name_of_file(asked) or asked not in known:
            remedy = nearest(asked, own or known)
            faults.add(f"department={asked}", "there is no study of that name", remedy)
        return asked, asked in own
    if len(own) > 1:
        found = f"there are {len(own)} departments of your own: {', '.join(own)}"
        faults.add("department", found, f"Name one (department={own[0]})")
    return (own[0], True) if own else (TYPICAL, False)


def _lacking(offer: Offer, base: str, pathway: Pathway) -> Iterator[Fault]:
    """Faults for what the offer needs of the department and it has not: labels, sources, durations of triage."""
    if ACUITY_GIVEN not in pathway.attributes and (offer.gives_labels or offer.nurses is not None):
        found = "labels nobody, so there is no triage that a product could change"
        yield Fault(f"department={base}", found, "Add a triage that can be wrong: docs/how-to/small-department.md")
    if not _covered(offer, pathway):
        sources = ", ".join(name for name, source in pathway.arrivals.items() if source.attends)
        yield Fault("covers", "is missing", f"Name arrival sources of the patients for whom it is used ({sources})")
    if offer.seconds_saved and not _durations(pathway):
        found = f"the department has neither {' nor '.join(OF_TRIAGE)}"
        yield Fault("seconds_saved", found, "Write the policy by hand: docs/how-to/own-triage-policy.md")


def _covered(offer: Offer, pathway: Pathway) -> tuple[str, ...]:
    """The sources of the patients for whom it is used: those stated, else those of the desk that the department has."""
    return offer.covers if offer.covers != DESK else tuple(name for name in DESK if name in pathway.arrivals)


def _durations(pathway: Pathway) -> tuple[str, ...]:
    """The durations of triage at the desk, those that the department has."""
    return tuple(name for name in OF_TRIAGE if name in pathway.durations)


def _are_known(nurses: str, folders: Folders) -> bool:
    """Whether `nurses` is the name of nurses, and not of a file."""
    return is_name_of_file(nurses) and nurses in names_in("nurse", folders) and not Path(nurses).is_file()


def _tables(offer: Offer, levels: Sequence[str], folders: Folders, faults: Faults) -> dict[str, CountsTable]:
    """The tables that are given, by key."""
    tables: dict[str, CountsTable] = {}
    for key in ("labels", "nurses"):
        file = getattr(offer, key)
        if file is None or (key == "nurses" and _are_known(file, folders)):
            continue
        if key == "nurses" and not Path(file).is_file():
            known = ", ".join(sorted(names_in("nurse", folders)))
            found = "there is neither a file nor nurses of that name"
            faults.add(f"nurses={file}", found, f"Name a CSV file of counts, or one of {known}")
            continue
        try:
            tables[key] = read_counts(Path(file), levels)
        except ConfigError as error:
            faults += error.faults
    if len(tables) == 2:
        faults += _unlikely_tables(offer, tables)
    return tables


def _notes(offer: Offer, tables: Mapping[str, CountsTable], levels: Sequence[str]) -> Iterator[str]:
    """What was assumed about names in the tables, and the true levels of which they count few patients."""
    for key, table in tables.items():
        yield from table.notes
        few = [f"{sum(row)} of {level}" for level, row in zip(levels, table.rows, strict=True) if sum(row) < FEW]
        if few:
            yield f"{getattr(offer, key)}: few cases ({', '.join(few)}): with fewer than {FEW} such a row means little"


def _unlikely_tables(offer: Offer, tables: Mapping[str, CountsTable]) -> Iterator[Fault]:
    """Faults of one table given twice, of a table on its side (its columns add up to what the rows of the other do),
    and of one upside down (its rows do, in the opposite order)."""
    if tables["labels"].rows == tables["nurses"].rows:
        remedy = (
            "Give the product's own table. The arm 'sham' of every study shows what a product as good as nurses does"
        )
        yield Fault(str(offer.labels), "counts the same as the nurses' table", remedy)
    rows = {key: [sum(row) for row in table.rows] for key, table in tables.items()}
    columns = {key: [sum(column) for column in zip(*table.rows, strict=True)] for key, table in tables.items()}
    for key, other in (("labels", "nurses"), ("nurses", "labels")):
        if rows["labels"] != rows["nurses"] and columns[key] == rows[other]:
            sums = ", ".join(map(str, rows[other]))
            found = f"its columns add up to the sums of the rows of {getattr(offer, other)} ({sums})"
            remedy = "One of them is transposed: rows are true levels, columns labels, in both"
            yield Fault(str(getattr(offer, key)), found, remedy)
    if rows["labels"] != rows["nurses"] == rows["labels"][::-1]:
        sums = ", ".join(map(str, rows["labels"]))
        found = f"its rows add up to {sums}, those of {offer.nurses} to the same in reverse order"
        remedy = "One of them is upside down: the first row and column are immediate, the last non-urgent, in both"
        yield Fault(str(offer.labels), found, remedy)


def _as_typed(text: str) -> str:
    """A value as it can stand in a command again, on one line."""
    plain = " ".join(text.split())
    return f'"{plain}"' if set(plain) & set(" ;,()[]{}") else plain
