"""The kinds of configuration files that belong to this wing."""

from simulation.assurance.targets import TargetFile
from simulation.config.groups import FileKind

GROUPS = {
    "targets": FileKind(
        TargetFile, "Published figures that a department is held against.", "targets/**/*.yaml"
    )
}
