"""YAML to a `Study`: compose with Hydra, apply the changes of scenario and arm, validate, name every fault at once.

Subpackages below it see no configuration object: it hands out plain frozen dataclasses. An unknown key is a fault
wherever it is stated: on the command line, in a packaged file or in a file of the user's.

Reading order: `studies` (`load`), `departments`, `policies`; then `composing` (Hydra), `validating` (pydantic), and
`dotted`, `files`, `folders` below them.
"""

from simulation.config.composing import combinations, composed
from simulation.config.departments import CHANGEABLE, GROUPS, SECTIONS, pathway_from
from simulation.config.files import mapping_in
from simulation.config.folders import packaged_configs, search_folders
from simulation.config.policies import DEFAULT_NURSE, PRICES, nurse_named, policy_named
from simulation.config.studies import CalibrationParameter, Scenario, Top, load

__all__ = [
    "CHANGEABLE",
    "DEFAULT_NURSE",
    "GROUPS",
    "PRICES",
    "SECTIONS",
    "CalibrationParameter",
    "Scenario",
    "Top",
    "combinations",
    "composed",
    "load",
    "mapping_in",
    "nurse_named",
    "packaged_configs",
    "pathway_from",
    "policy_named",
    "search_folders",
]
