"""The kinds of configuration files that belong to this wing."""

from simulation.config.groups import FileKind
from simulation.extracts.mapping import ExtractMapping

GROUPS = {
    "extract": FileKind(
        ExtractMapping, "How an extract of attendances is read.", "extract/**/*.yaml"
    )
}
