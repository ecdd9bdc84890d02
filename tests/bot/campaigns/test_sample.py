"""A sample has some of every kind, and is the same one every time."""

from bot.campaigns.sample import sampled
from workflows.campaign import Target


def target(name: str, *paths: str) -> Target:
    return Target(name, "repo", paths or (f"{name}.py",))


MANY = tuple(target(f"py{number}", f"src/app/{number}.py") for number in range(20))
FEW = (target("js", "web/a.js"), target("large", *(f"src/app/{n}.py" for n in range(64))))


def test_every_stratum_is_in_it_before_one_is_in_it_twice() -> None:
    found = sampled((*MANY, *FEW), 4)

    assert {"js", "large"} < set(found)
    assert len(found) == 4


def test_it_is_the_same_every_time_and_grows_by_more() -> None:
    assert sampled(MANY, 5) == sampled(tuple(MANY), 5)
    assert set(sampled(MANY, 5)) < set(sampled(MANY, 8))


def test_it_is_in_the_campaigns_order_and_no_more_than_there_are() -> None:
    assert sampled(MANY, 100) == tuple(one.key for one in MANY)
