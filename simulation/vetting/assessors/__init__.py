"""The assessors of the bench. Each is a config dataclass and a class that answers."""

from importlib.util import find_spec

from simulation.errors import refuse


def refuse_without(*libraries: str) -> None:
    """Raise ConfigError if a library of the extra `vetting` is not installed."""
    missing = [library for library in libraries if find_spec(library) is None]
    if missing:
        remedy = "Run `make vet`, or pip install 'aeflow[vetting]'"
        refuse("vet", f"{' and '.join(missing)} is not installed", remedy)
