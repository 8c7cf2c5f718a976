"""YAML to a `Study`: compose with Hydra, apply the changes of scenario and arm, validate, name every fault at once.

Subpackages below it see no configuration object: it hands out plain frozen dataclasses. An unknown key is a fault
wherever it is stated: on the command line, in a packaged file or in a file of the user's.

Reading order: `studies` (`load`), `arms`, `ensembles`; then `composing` (Hydra), `validating` (pydantic), and `dotted`
and `files` below them.
"""

from simulation.config.arms import DEFAULT_NURSE as DEFAULT_NURSE
from simulation.config.arms import nurse_named as nurse_named
from simulation.config.arms import pathway_from as pathway_from
from simulation.config.composing import combinations as combinations
from simulation.config.composing import composed as composed
from simulation.config.composing import overrides_in as overrides_in
from simulation.config.composing import with_files as with_files
from simulation.config.files import mapping_in as mapping_in
from simulation.config.files import packaged_configs as packaged_configs
from simulation.config.files import search_folders as search_folders
from simulation.config.studies import configuration as configuration
from simulation.config.studies import load as load
