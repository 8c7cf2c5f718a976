"""A small pathway from YAML text, with changes in YAML laid over it."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from simulation.department.vocabulary import Pathway
from tests.adapters import adapter_of

ADAPTER = adapter_of(Pathway)
NOTE = {"evidence": "assumed", "source": "made for a test"}


def pathway_from(text: str, changes: str = "", *, noted: Sequence[str] = ()) -> Pathway:
    """The pathway that the text states, changed. `noted`: sections whose entries get a mark and a source."""
    stated = laid_over(read(text), read(changes) or {})
    for section in noted:
        stated[section] = {name: {**NOTE, **each} for name, each in stated.get(section, {}).items()}
    return ADAPTER.validate_python(stated)


def read(text: str) -> Any:
    """YAML as the product reads it: quicker by far than `yaml.safe_load`."""
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with another laid over it, mapping by mapping."""
    result = copy.deepcopy(dict(below))
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = laid_over(result[key], value) if both else value
    return result
