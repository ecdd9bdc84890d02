"""The attacks on the proxy of the set-up phase can succeed: one that believes them lets all in."""

from pathlib import Path

from tests.attacks.credulous_proxy import credulous
from tests.attacks.proxy import breach, over, proxy_cases, services


def test_a_proxy_that_believes_what_it_is_told_lets_every_attack_through(tmp_path: Path) -> None:
    with services() as behind, credulous(tmp_path / "proxy"):
        ask = over(tmp_path / "proxy")
        held = [case.id for case in proxy_cases() if not breach(ask, case, behind)]
    assert held == []


def test_a_proxy_that_answers_nothing_lets_no_attack_through() -> None:
    with services() as behind:
        through = [breach(lambda sent: b"", case, behind) for case in proxy_cases()]
    assert not any(through)
