"""A part of a policy that does nothing in a department is named, whatever its numbers are."""

from dataclasses import replace

import pytest

from simulation.config import load
from simulation.department.vocabulary import ByAttribute
from simulation.patients import draw
from simulation.report.screen import announce
from simulation.study.arm_changes import changes_of
from simulation.triage.check_policy import Idle, find_idle
from tests.held import Hold

UNHEARD = Idle("watches", "rounds are off, so nobody acts on an alarm (pathway.rounds.active)")


def test_watching_does_nothing_where_rounds_are_off_and_something_where_they_are_on() -> None:
    arm = load("ensemble=none", "triage=ai_watches").only().baseline
    assert arm.pathway.rounds is not None
    rounds = {
        on: replace(arm.pathway, rounds=replace(arm.pathway.rounds, active=on))
        for on in (False, True)
    }
    assert find_idle(arm.policy, rounds[False]) == (UNHEARD,)
    assert find_idle(arm.policy, rounds[True]) == ()
    assert find_idle(arm.policy, replace(arm.pathway, rounds=None)) == (UNHEARD,)


def test_an_action_that_no_branch_reads_does_nothing() -> None:
    arm = load("ensemble=none", "triage=ai_streams").only().baseline
    assert find_idle(arm.policy, arm.pathway) == ()
    unread = {
        name: branch
        for name, branch in arm.pathway.branches.items()
        if not isinstance(branch, ByAttribute) or branch.attribute != "streamed"
    }
    found = find_idle(arm.policy, replace(arm.pathway, branches=unread))
    assert {each.where for each in found} == {f"actions.{name}" for name in arm.policy.actions}
    assert all("no branch or loop of the route reads 'streamed'" in each.why for each in found)


def test_running_or_comparing_such_a_policy_gives_a_warning(
    capsys: pytest.CaptureFixture[str],
    hold: Hold,
) -> None:
    nurse, watches = (
        load("ensemble=none", f"triage={name}").only() for name in ("nurse", "ai_watches")
    )
    drawn = draw(watches.baseline.pathway, seed=1, replication=0, days=2)
    (change,) = [
        each
        for each in changes_of(watches.baseline, nurse.baseline, drawn).changes
        if each.kind == "nothing"
    ]
    assert (change.what, change.words) == ("watches", f"does nothing here: {UNHEARD.why}")
    announce(watches, alone=True)
    output = capsys.readouterr().out
    hold(output, "watches of 'ai_watches' does nothing")
    announce(nurse, alone=True)
    assert "Warning" not in capsys.readouterr().out
