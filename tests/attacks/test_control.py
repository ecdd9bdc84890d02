"""The attacks can succeed: uncontained, in a jail where nothing can be lost, they do."""

import pytest

from tests.attacks.case import read_cases
from tests.attacks.control import control, why_no_control
from tests.attacks.uncontained import UncontainedSandbox, why_not_jailed
from validators.sandbox import Limits, Phase, SandboxRefusal

pytestmark = pytest.mark.sandbox


CASES = read_cases()
BOUNDARIES = sorted({case.boundary for case in CASES})


@pytest.mark.sampled(9)
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_uncontained_every_attack_gets_through_but_those_with_a_reason(boundary: str) -> None:
    reason = why_no_control()
    if reason:
        pytest.skip(reason)
    reasons = {case.id: case.control for case in CASES}
    results = control([boundary])
    failed = [
        f"{result.case}: {result.word} {result.why}"
        for result in results
        if result.word not in {"breached", "not here"} and not reasons[result.case]
    ]
    assert failed == []
    assert any(result.word == "breached" for result in results)


def test_most_attacks_must_get_through_uncontained() -> None:
    assert sum(not case.control for case in CASES) > len(CASES) / 2


def test_outside_of_the_jail_nothing_is_run_uncontained(tmp_path: object) -> None:
    assert why_not_jailed() == "this is not the jail"
    with pytest.raises(SandboxRefusal, match="jail"):
        UncontainedSandbox().open(tmp_path, Phase("test"), Limits())  # type: ignore[arg-type] # never looked at
