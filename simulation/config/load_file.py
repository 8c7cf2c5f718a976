"""A file of a group, by name, as the config dataclass that it states; for wings, whose files Hydra does not compose."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from simulation.config.bounds import override_fault, shortened
from simulation.config.dotted import lay_over
from simulation.config.files import stated_by, value_in
from simulation.config.folders import search_folders
from simulation.config.validating import sound
from simulation.errors import Fault, Faults

T = TypeVar("T")


def load_file(
    kind: type[T],
    group: str,
    name: str,
    faults_of: Callable[[T, str], Iterable[Fault]],
    config_dir: str | None,
    overrides: Sequence[str] = (),
) -> T:
    """The file `<group>/<name>.yaml` as a `kind`, single values laid over it. Raises ConfigError with every fault."""
    raw, faults, where = (
        stated_by(group, name, search_folders(config_dir)),
        Faults(),
        f"{group}/{name}",
    )
    for override in overrides:
        _lay_over(raw, override, faults)
    faults.refuse()
    return sound(kind, raw, where, lambda part: faults_of(part, where))


def _lay_over(raw: dict[str, Any], override: str, faults: Faults) -> None:
    """Lay one override over what a file states; one that cannot be read adds a fault."""
    path, _, text = override.partition("=")
    fault = override_fault(override)
    if fault is not None or not path:
        faults.append(fault or Fault(override, "names no key", "Overrides look like key=value"))
        return
    value = value_in(text, shortened(override), faults)
    if isinstance(value, dict):  # a block takes the place of the one in the file
        lay_over(raw, path.split("."), None, shortened(override), faults, add=True)
    lay_over(raw, path.split("."), value, shortened(override), faults, add=True)
