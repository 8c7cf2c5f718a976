"""Trusts by name: found as people call them, with what is published of each, and as answers of an offer."""

from pathlib import Path

import pytest
import yaml

from simulation.cli import main
from simulation.errors import ConfigError
from simulation.offers.asking import answers_in, template
from simulation.offers.interview import check
from simulation.trusts.search import answers_of_trust, facts_of_trust, find, trusts
from tests.held import Hold

ASKED = yaml.safe_load(Path(__file__).with_name("asked_names.yaml").read_text(encoding="utf-8"))
CHILDREN = {"RBS", "RCU", "RQ3"}


@pytest.mark.parametrize("asked", list(ASKED))
def test_a_trust_is_found_as_people_call_it(asked: str) -> None:
    """`asked_names.yaml` was written before the search. Several of a name are all found."""
    assert {trust.code for trust in find(asked)} == set(ASKED[asked])


def test_every_trust_is_found_by_its_own_name_its_code_and_its_hospitals() -> None:
    for code, trust in trusts().items():
        assert find(trust.published.name) == (trust,) == find(code.lower())
        for name in (*trust.names.hospitals, *trust.names.also):
            assert trust in find(name)


@pytest.mark.parametrize("asked", ["Atlantis", "?", ""])
def test_a_name_that_is_no_trusts_is_refused_with_what_to_say(asked: str, hold: Hold) -> None:
    with hold.refusal(ConfigError):
        find(asked)


def test_the_figures_of_a_trust_and_what_nobody_publishes_are_said(hold: Hold) -> None:
    for code in ("RHW", "RAL", "RRK", "RBS"):
        hold(" ".join(facts_of_trust(trusts()[code])))


def test_every_usable_trusts_figures_are_answers_that_an_offer_reads(tmp_path: Path) -> None:
    """A share or size that an offer does not read is refused there by name, not changed; few are."""
    refused = {
        code
        for code, trust in trusts().items()
        if any(
            one.where in answers_of_trust(trust)
            for one in check(answers_of_trust(trust)).all_faults
        )
    }
    assert refused == set()
    file = tmp_path / "rhw.yaml"
    file.write_text(template(answers_of_trust(trusts()["RHW"])), encoding="utf-8")
    assert check(answers_in(file)).values.within_four_hours == 0.638


def test_the_command_prints_a_list_the_figures_and_writes_the_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, hold: Hold
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["trust", "Bristol"]) == 0
    hold(capsys.readouterr().out)
    assert main(["trust", "royal", "berkshire", "write=ours.yaml"]) == 0
    hold(capsys.readouterr().out)
    assert answers_in(Path("ours.yaml"))["attendances_per_day"] == 401
    assert main(["trust", "Alder", "Hey"]) == 1
    assert "children's" in capsys.readouterr().out
    assert main(["trust"]) == 0
    assert capsys.readouterr().out.count("\n") == len(trusts()) + 1


def test_what_is_left_out_is_left_out() -> None:
    known = trusts()
    assert {code for code, trust in known.items() if not trust.published.usable} == CHILDREN
    assert all(of.published.months == 12 or of.published.left_out for of in known.values())
    assert len(known) == 116


def test_the_table_is_what_the_script_makes_of_the_published_months(aeflow_data: Path) -> None:
    import pandas as pd

    from docs.tools.trusts import TABLE, derive

    (file,) = aeflow_data.glob("trust_month_*.csv*")
    assert derive(pd.read_csv(file)) == TABLE.read_text(encoding="utf-8")
