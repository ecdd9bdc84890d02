"""What a model costs when it never stops, repeats itself, has no price, or is asked by many."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.adapters.scripted_model import ScriptedCall, ScriptedModel, ScriptedReply, ScriptedUsage
from bot.adapters.sqlite_journal.journal import SqliteJournal
from tests.ending import LIMIT_S, all_ended
from validators.encoding import decode
from workflows.budget import Budget, Charge, charged
from workflows.conversation import Conversation, Reply, ReplyLimits
from workflows.ports import Model
from workflows.proposal import unseal
from workflows.propose import propose
from workflows.run import Entry
from workflows.workshop import Outcome, Wishes

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

PROCESSES, CAP_USD, RESERVE_USD = 20, 2.0, 0.05


def peak_usd(entries: Sequence[Entry]) -> float:
    """Return the most that was ever promised or paid at one time, over all runs."""
    charges: dict[tuple[str, str], Charge] = {}
    most = 0.0
    for entry in entries:
        if entry.event.kind in {"budget.reserved", "budget.settled"}:
            key = (entry.run, entry.event.data["reservation"])
            charges[key] = charged(entry, charges.get(key))
            most = max(most, sum(charge.usd or 0.0 for charge in charges.values()))
    return most


def test_twenty_processes_share_the_cap_of_a_day(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    argv = [sys.executable, str(Path(__file__).with_name("spender.py")), str(path)]
    started = [
        subprocess.Popen(
            [*argv, f"r{number}", str(CAP_USD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for number in range(PROCESSES)
    ]
    with all_ended(started) as running:
        for one in running:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        said = [one.communicate(timeout=LIMIT_S)[0] for one in running]

    assert [one.returncode for one in running] == [0] * PROCESSES
    assert all(f"of ${CAP_USD:.2f} are spent on 2026-11-21, over all runs" in one for one in said)
    journal = SqliteJournal(path, lambda: "", lambda: 0.0)
    entries = list(journal.follow())
    journal.close()
    # Not even by one request of each: what is reserved is counted before it is written.
    assert CAP_USD - RESERVE_USD < peak_usd(entries) <= CAP_USD + 1e-9
    assert {entry.run for entry in entries} == {f"r{number}" for number in range(PROCESSES)}


class Endless(ScriptedModel):
    """Gives its script, and then ``more`` for ever; ``price`` is what each may cost."""

    def __init__(
        self,
        replies: Sequence[ScriptedReply],
        more: Callable[[int], ScriptedReply],
        price: float | None,
    ) -> None:
        super().__init__([*replies, *map(more, range(200))])
        self.price = price

    def price_usd(self, input_tokens: int, output_tokens: int) -> float | None:
        return self.price


def searching(usd: float, tokens: int = 0) -> Callable[[int], ScriptedReply]:
    def more(number: int) -> ScriptedReply:
        call = ScriptedCall("search", {"text": f"word {number}", "glob": "**"})
        return ScriptedReply("", (call,), usage=ScriptedUsage(tokens), usd=usd)

    return more


def ended(studio: "Studio", model: Model, budget: Budget) -> Outcome:
    outcome = propose(studio.task, "r1", (model,), studio.workshop, Wishes(budget))
    assert (outcome.state, outcome.verdict.word) == ("failed", "budget")
    return outcome


@pytest.mark.parametrize(
    ("budget", "why"),
    [
        (Budget(usd=0.55), "$0.5000 of $0.55 are spent"),
        (Budget(turns=5), "all 5 turns are used"),
        (Budget(requests=5), "all 5 requests are used"),
        (Budget(usd=100), "the model read 16 times in a row and changed nothing"),
    ],
)
def test_a_model_that_never_stops_is_stopped(studio: "Studio", budget: Budget, why: str) -> None:
    outcome = ended(studio, Endless([], searching(0.1), 0.1), budget)

    assert why in outcome.why
    assert peak_usd(studio.journal.read("r1")) <= budget.usd


def test_a_model_that_repeats_itself_is_stopped(studio: "Studio") -> None:
    call = ScriptedCall("read", {"path": "tally.py", "start_line": 1, "end_line": 9})
    model = Endless([], lambda _: ScriptedReply("", (call,)), 0.0)

    outcome = ended(studio, model, Budget())

    assert "the model repeated itself 3 times in a row" in outcome.why
    assert model.replied == 4


def test_without_a_price_the_tokens_hold(studio: "Studio") -> None:
    model = Endless([], searching(0.0, 20_000), None)

    outcome = ended(studio, model, Budget(usd=0.0, tokens=100_000))

    assert "of 100000 tokens are used and the next request may need" in outcome.why
    assert sum(one["tokens"] for one in studio.data("budget.settled")) <= 100_000


def test_what_had_landed_is_kept_and_the_run_can_go_on(
    studio: "Studio", wrong: str, after_wrong: str
) -> None:
    model = Endless([ScriptedReply(wrong, usd=0.1)], searching(0.1), 0.1)
    outcome = ended(studio, model, Budget(usd=0.35))

    bundle, _ = unseal(Path(outcome.bundle).read_bytes())
    assert bundle.partial
    assert "or 1" in (studio.file(bundle.applied_tree, "tally.py") or "")
    # With more to spend it goes on from there, and pays for nothing twice.
    paid = len(studio.data("model.replied"))
    rest = [*[ScriptedReply("")] * paid, ScriptedReply(after_wrong)]
    done = studio.propose(rest, budget=Budget(usd=5.0))
    assert (done.state, len(studio.data("model.replied"))) == ("proposed", paid + 1)


def test_the_clock_of_the_wall_does_not_move_the_minutes(studio: "Studio") -> None:
    class Slow(ScriptedModel):
        def reply(
            self,
            conversation: Conversation,
            limits: ReplyLimits,
            observe: Callable[[str], None] = lambda _: None,
        ) -> Reply:
            studio.seconds += 50
            return super().reply(conversation, limits, observe)

    days = iter(("2031-01-01", "1999-01-01", *["2026-11-21"] * 100))
    studio.journal.now_iso = lambda: f"{next(days)}T00:00:00Z"
    model = Slow([searching(0.0)(number) for number in range(10)])

    outcome = ended(studio, model, Budget(minutes=2))

    assert "2 of 2 minutes are over" in outcome.why
    kept = studio.data("prompt.sent")[-1]["conversation"]
    last = decode(studio.journal.get_blob(kept), Conversation).messages[-1]
    assert "[budget: 80 % used] 2 of 2 minutes are used." in last.text
