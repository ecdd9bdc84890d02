"""Every attack on every sandbox there is, a test for each boundary."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from tests.attacks.aftermath import handled
from tests.attacks.backends import BACKENDS, ON_REQUEST, prepared, why_unusable
from tests.attacks.case import Case, read_cases
from tests.attacks.development import attacked, data
from tests.attacks.host import bait
from tests.attacks.result import gaps
from tests.attacks.runner import Runner
from tests.attacks.summary import BEGIN, END

pytestmark = pytest.mark.sandbox

CASES = read_cases()
BOUNDARIES = sorted({case.boundary for case in CASES})
# So that the short form, which takes each 14th, attacks bubblewrap and containers in turn.
ORDER = ("bwrap", "none", "container")
PARTS = 5


@pytest.fixture(scope="module")
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    with prepared(request.param) as runner:
        reason = why_unusable(runner.sandbox)
        if reason:
            pytest.skip(reason)
        yield runner


@pytest.mark.sampled(14)
@pytest.mark.parametrize(
    ("boundary", "runner"), list(product(BOUNDARIES, ORDER)), indirect=["runner"]
)
def test_no_attack_on_a_boundary_gets_through(runner: Runner, boundary: str) -> None:
    results = runner.run([case for case in CASES if case.boundary == boundary])
    assert gaps(results) == []


@pytest.mark.sampled(len(ORDER) * PARTS)
@pytest.mark.parametrize(
    ("part", "runner"), list(product(range(PARTS), ORDER)), indirect=["runner"]
)
def test_no_attack_of_the_development_data_gets_through(runner: Runner, part: int) -> None:
    if data() is None:
        pytest.skip("there is no development data beside the checkout (CHANGEWRIGHT_DEV_DATA)")
    assert gaps(attacked(runner, part, PARTS)) == []


def test_every_sandbox_but_those_on_request_is_attacked() -> None:
    assert set(ORDER) == set(BACKENDS) - ON_REQUEST


def test_the_page_on_safety_tells_of_every_attack(root: Path) -> None:
    page = (root / "docs" / "safety.md").read_text("utf-8")
    block = page.partition(BEGIN)[2].partition(END)[0]
    head, _, *rows = [line.strip("| ").split(" | ") for line in block.splitlines() if "|" in line]
    told = {row[0]: row[1:-1] for row in rows}
    assert {name.split(", ")[0] for name in head[1:-1]} == {"bwrap", "container"}
    assert "breached" not in block
    assert "unclear" not in block
    for boundary in BOUNDARIES:
        many = sum(case.boundary == boundary for case in CASES)
        for cell in told[boundary]:
            assert sum(int(part.split()[0]) for part in cell.split(", ")) == many, boundary


def test_there_are_attacks_on_each_boundary_and_each_has_a_name_of_its_own() -> None:
    assert len(CASES) == len({case.id for case in CASES})
    assert min(sum(case.boundary == name for case in CASES) for name in BOUNDARIES) >= 4
    assert all(case.about for case in CASES)


@pytest.mark.parametrize("runner", ["bwrap"], indirect=True)
@pytest.mark.parametrize(
    ("snippet", "words"),
    [
        ("true", "held"),
        ("echo BREACH; false", "breached"),
        ("exit 0", "unclear"),
        ("echo 'unfinished", "unclear"),
        ("kill -9 $$", "unclear"),
    ],
)
def test_an_attack_that_attacks_nothing_has_not_been_held(
    runner: Runner, snippet: str, words: str
) -> None:
    case = Case("a-case", "a-boundary", "", "sh", snippet, ("read-only-host",))
    [result] = runner.run([case])
    assert result.word == words


def test_where_there_are_no_walls_nothing_is_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    with bait() as host:
        runner = Runner(BACKENDS["none"](tmp_path / "layers"), host, tmp_path / "layers", handled)
        case = Case("a-case", "a-boundary", "", "sh", f"touch {ran}", ())
        [free] = runner.run([case])
        bound = Case("a-case", "a-boundary", "", "sh", f"touch {ran}", ("no-network",))
        [refused] = runner.run([bound])
    assert (free.word, refused.word) == ("not here", "not given")
    assert "no-network" in refused.why
    assert not ran.exists()
