"""Units that open some time after they are called. One nurse and one on call, decided every 30 minutes. By hand."""

import pytest

from simulation.department.vocabulary import Opens, Pathway, Step

from .small import NOTE, Person, Simulate, Story, department, minutes, play


def clinic(delay: float) -> Pathway:
    on_call = Opens(
        kind="opens",
        waiting_at=("care",),
        above=1,
        below=0,
        pool="nurses",
        extra=1,
        arrives_after_minutes=delay,
        **NOTE,
    )
    return department(
        {"care": Step(asks=("nurses",), minutes=("work",), next="home")},
        pools={"nurses": 1},
        durations={"work": minutes(10)},
        triggers={"on_call": on_call},
        decisions_every_minutes=30,
    )


def came(story: Story) -> list[tuple[float, int]]:
    changes = story.run.changes
    return list(zip((changes.at / 1024).tolist(), changes.units.tolist(), strict=True))


def test_whoever_is_called_starts_after_the_delay_and_goes_once_the_queue_is_short(
    engine: Simulate,
) -> None:
    # Called at 30, there at 50. At 60 one waits, which is neither many nor few; at 90 nobody does.
    long = {"work": 60.0}
    story = play(engine, clinic(20), *(Person(at, minutes=long) for at in (0, 5, 6)))
    assert story.spans("care") == {0: (0, 60), 1: (50, 110), 2: (60, 120)}
    assert came(story) == [(50, 1), (90, 0)]


@pytest.mark.parametrize(
    ("delay", "changes"),
    [
        (0, [(30, 1), (60, 0)]),
        (20, [(50, 1), (60, 0)]),
        (30, [(60, 1), (90, 0)]),  # at 60, as they come, nothing is decided
        (70, [(100, 1), (120, 0)]),  # at 60 and 90 they are on the way
    ],
)
def test_whoever_is_called_comes_though_the_queue_is_short_again(
    engine: Simulate, delay: float, changes: list[tuple[float, int]]
) -> None:
    story = play(engine, clinic(delay), Person(0, minutes={"work": 35.0}), Person(5), Person(6))
    assert came(story) == changes


def test_whoever_is_on_the_way_is_not_called_again(engine: Simulate) -> None:
    # Called at 30 and there at 100, in spite of the queues at 60 and 90; then for as long as more than one waits.
    long = {"work": 200.0}
    story = play(engine, clinic(70), *(Person(at, minutes=long) for at in (0, 1, 2, 3)), until=390)
    assert story.spans("care") == {0: (0, 200), 1: (100, 300), 2: (200, None), 3: (300, None)}
    assert came(story) == [(100, 1), (330, 0)]


def test_a_delay_of_none_opens_at_the_decision(engine: Simulate) -> None:
    story = play(engine, clinic(0), Person(0, minutes={"work": 35.0}), Person(5), Person(6))
    assert story.spans("care") == {0: (0, 35), 1: (30, 40), 2: (35, 45)}
