"""What is off at 0 is not there, and stages are triggers one after another."""

import random
from dataclasses import replace

import pytest
import yaml

from simulation.config import packaged_configs, pathway_from
from simulation.department.rota import resolved
from simulation.department.vocabulary import CapacityPer, Opens, Pathway, Pool
from simulation.errors import ConfigError

from ..engine.every_word import with_every_word, with_every_word_of_demand
from ..engine.strategies import NOTE, pathway

CLINIC = (packaged_configs() / "pathway" / "gallery" / "clinic.yaml").read_text(encoding="utf-8")
IN_HAND, BEYOND = "in_hand", "beyond"


def made(seed: int) -> Pathway:
    """A random department with every word, and a pool that has a rota or a capacity."""
    chance = random.Random(seed)
    return with_every_word_of_demand(with_every_word(pathway(chance), chance), chance)


def with_a_limit(of: Pathway, number: float) -> Pathway:
    """The same where the first step also asks for a place in hand or beyond, kept until the next; 0 is no limit."""
    (name, step), pool = next(iter(of.steps.items())), next(iter(of.pools))
    pools = {
        IN_HAND: Pool(kind="space", capacity_per=CapacityPer(pool=pool, number=number), **NOTE),
        BEYOND: Pool(kind="space", unlimited=True, **NOTE),
    }
    asking = (
        replace(step, asks=(*step.asks, IN_HAND))
        if step.any_of
        else replace(step, any_of=(IN_HAND, BEYOND))
    )
    keeping = replace(asking, keeps=(*step.keeps, IN_HAND))
    opening = Opens(
        kind="opens", waiting_at=(name,), above=2, below=1, pool=IN_HAND, extra=3, **NOTE
    )
    return replace(
        of,
        pools=of.pools | (pools if not step.any_of else {IN_HAND: pools[IN_HAND]}),
        steps=dict(of.steps) | {name: keeping},
        triggers=dict(of.triggers) | {"more_in_hand": opening},
    )


@pytest.mark.parametrize("seed", range(40))
def test_what_is_off_is_as_if_it_had_never_been_written(seed: int) -> None:
    of = made(seed)
    assert resolved(with_a_limit(of, 0)) == of
    assert resolved(with_a_limit(of, 0.5)) != of


def test_a_trigger_that_opens_nothing_is_not_there() -> None:
    of = made(3)
    pool, step = next(iter(of.pools)), next(iter(of.steps))
    off = Opens(kind="opens", waiting_at=(step,), above=1, below=0, pool=pool, extra=0, **NOTE)
    assert resolved(replace(of, triggers=dict(of.triggers) | {"off": off})) == of


def test_stages_are_triggers_one_after_another() -> None:
    of = made(3)
    pool, step = next(iter(of.pools)), next(iter(of.steps))
    staged = Opens(
        kind="opens",
        waiting_at=(step,),
        above=8,
        below=6,
        pool=pool,
        extra=2,
        stages=3,
        stage_every=7,
        **NOTE,
    )
    triggers = resolved(replace(of, triggers={"more": staged})).triggers
    assert {
        name: (each.above, each.below, each.extra)
        for name, each in triggers.items()
        if isinstance(each, Opens)
    } == {"more": (8, 6, 2), "more_stage_2": (15, 13, 2), "more_stage_3": (22, 20, 2)}


def test_stages_that_all_open_at_once_are_refused() -> None:
    stated = yaml.safe_load(CLINIC)
    step, pool = next(iter(stated["steps"])), next(iter(stated["pools"]))
    stated["triggers"] = {
        "more": {
            "kind": "opens",
            "waiting_at": [step],
            "above": 3,
            "below": 2,
            "pool": pool,
            "extra": 1,
            "stages": 2,
            "evidence": "assumed",
            "source": "made for a test",
        }
    }
    with pytest.raises(ConfigError, match=r"triggers\.more\.stage_every"):
        pathway_from({"pathway": stated}, changes={})


@pytest.mark.parametrize("words", [{"any_of": [0, 1]}, {"overflow": True}, {"takes": True}])
def test_no_limit_is_refused_where_it_would_mean_something_else(words: dict[str, object]) -> None:
    stated = yaml.safe_load(CLINIC)
    evidence = {"evidence": "assumed", "source": "made for a test"}
    staff = next(
        name for name, pool in stated["pools"].items() if "rota" in pool or "capacity" in pool
    )
    stated["pools"]["places"] = {
        "kind": "space",
        "capacity_per": {"pool": staff, "number": 0},
        **evidence,
    }
    name, step = next(
        (name, step) for name, step in stated["steps"].items() if staff in step.get("asks", ())
    )
    if "any_of" in words:
        step["asks"] = [pool for pool in step["asks"] if pool != staff]
        step["any_of"] = [staff, "places"]
    elif "overflow" in words:
        step["overflow"] = {"after_minutes": 5, "any_of": ["places"], **evidence}
    else:
        step["asks"] = [*step["asks"], "places"]
        stated["triggers"] = {
            "care": {
                "kind": "takes",
                "waiting_at": [name],
                "minutes_per_hour": 5,
                "pool": "places",
                **evidence,
            }
        }
    with pytest.raises(ConfigError, match=r"places\.capacity_per\.number: 0 is no limit"):
        pathway_from({"pathway": stated}, changes={})
