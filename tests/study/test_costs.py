"""A cost outside its own range is refused."""

import simulation as ae
from simulation.errors import ConfigError
from tests.held import Hold

COST = "{per_year: %s, range: [10, 20], what: x, evidence: assumed, source: y}"


def test_a_cost_outside_its_own_range_is_refused(hold: Hold) -> None:
    study, cost = ("study=ai_triage", "ensemble=none"), "+study.arms.ai_as_claimed.cost="
    for per_year in (5, 25):
        with hold.refusal(
            ConfigError, "study.arms.ai_as_claimed.cost", match=f"{per_year} is outside its"
        ):
            ae.load(*study, cost + COST % per_year)
    ae.load(*study, cost + COST % 15)
