"""Which replications a run is of, and what is refused."""

import simulation as ae
from simulation.errors import ConfigError
from tests.held import Hold


def test_a_part_that_begins_after_the_last_replication_is_refused(hold: Hold) -> None:
    with hold.refusal(ConfigError, "run.first", match="replications are numbered 0 to 4"):
        ae.load("study=gallery/one_nurse", "run.replications=5", "run.first=5", "run.count=2")
    study = ae.load("study=gallery/one_nurse", "run.replications=5", "run.first=4", "run.count=2")
    assert list(study.run.numbers) == [4]
