"""A bench whose forge has people on it: who is given it, and what is said there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from bot.adapters.github_forge.forge import GitHubForge
from bot.bundle_files import read_bundle
from bot.execution import begin_revision, begin_task
from bot.wiring import Bench, WiringRefusal, open_bench
from bot.workshop import press
from tests.bot.commands.conftest import Desk, laid_out
from workflows.hosted import Requester
from workflows.publish import publish
from workflows.task import Task
from workflows.workshop import Watch

if TYPE_CHECKING:
    from workflows.tracker import CheckRun, Tracker

TOKEN = "ghs_" + "n0b0dysTokenW1thNum8ers"


@dataclass
class Board:
    """What is shown beside commits."""

    shown: "list[tuple[str, CheckRun]]" = field(default_factory=list)

    def check(self, head: str, run: "CheckRun") -> str:
        self.shown.append((head, run))
        return ""


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return laid_out(tmp_path, capsys)


@contextmanager
def opened(desk: Desk, kind: str = "local", *, publishes: bool = False) -> Iterator[Bench]:
    model = desk.replies("good").removeprefix("--model=")
    told = {"state": desk.state, "model": model, "forge.kind": kind}
    with open_bench(desk.repo, "main", told, unsafe=True, publishes=publishes) as bench:
        yield bench


def proposed(desk: Desk) -> Path:
    with opened(desk) as bench:
        task = Task("Say it better", "", str(desk.repo), number="7")
        told = {"command": "propose", "model": "a script", "unsafe": True}
        return Path(begin_task(task, bench, told, Watch()).bundle)


def test_the_publisher_says_it_anew_from_the_bundle_with_what_it_knows(desk: Desk) -> None:
    (desk.repo / "CODEOWNERS").write_text("*  @ada\n/data/  @grace @org/words\n")
    desk.git("add", "--all")
    desk.git("commit", "--quiet", "--message=owners")
    path, board = proposed(desk), Board()
    with opened(desk, publishes=True) as bench:
        local, tracker = bench.forge, cast("Tracker", board)
        hosted = replace(bench, open_forge=lambda: (local, tracker))
        machine = press(hosted, lambda _: None, Requester("linus", 5), was_verified=True)
        machine = replace(machine, reviewers=("codeowners", "requester"))
        bundle, sha256 = read_bundle(path)

        lying = replace(bundle, title="fixes #9", body="Fixes #9\n\n@everybody")
        made = publish(lying, sha256, machine).pull_request

    assert made is not None
    assert made.draft.title == "Say it better"
    assert made.draft.body.startswith("Fixes #7\n\n")
    assert "everybody" not in made.draft.body
    assert "once more by another one" in made.draft.body
    assert made.draft.reviewers == ("grace", "org/words", "linus")
    assert [(head, run.name, run.details_url) for head, run in board.shown] == [
        (made.head, "changewright", made.url)
    ]


def test_where_nobody_owns_files_nobody_is_asked(desk: Desk) -> None:
    with opened(desk, publishes=True) as bench:
        local, tracker = bench.forge, cast("Tracker", Board())
        machine = press(replace(bench, open_forge=lambda: (local, tracker)), lambda _: None)

        assert machine.hosted is not None
        assert machine.hosted.owners(["data/one.txt"]) == ()


def test_whoever_asks_a_model_is_given_no_forge_that_needs_a_token(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("GITHUB_REPOSITORY", "ada/tally")

    with (
        opened(desk, "github") as bench,
        pytest.raises(WiringRefusal, match="holds no token of a forge"),
    ):
        begin_revision(1, bench, {}, Watch())
    with opened(desk, "github", publishes=True) as bench:
        assert isinstance(bench.forge, GitHubForge)
        assert bench.tracker is bench.forge
        assert TOKEN not in repr(bench)


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "CHANGEWRIGHT_FORGE_TOKEN"])
def test_propose_says_that_a_token_is_there_and_does_not_use_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, TOKEN)

    task = ("--task", "Say it better", "--unsafe-no-sandbox")
    assert desk.run("propose", *task, desk.replies("good")) == 0

    assert "there is a token for a forge in this environment; nothing here reads it" in desk.noted
    kept = [path.read_bytes() for path in desk.state.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in content for content in (*kept, desk.noted.encode()))


def test_publish_to_github_without_a_token_says_what_to_set(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = proposed(desk)
    for name in ("CHANGEWRIGHT_FORGE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CHANGEWRIGHT_FORGE_REPOSITORY", "ada/tally")

    assert desk.run("publish", str(path), "--forge", "github") == 2
    assert "there is no token for GitHub: set CHANGEWRIGHT_FORGE_TOKEN" in desk.noted
    assert desk.run("publish", str(path), "--forge", "gitlab") == 2


def test_a_forgotten_draft_is_closed_by_the_command_and_the_settings(desk: Desk) -> None:
    path = proposed(desk)
    assert desk.run("publish", str(path)) == 0

    assert desk.run("review", "expire") == 0
    assert "pr.expires is not set; nothing is closed" in desk.said
    assert desk.run("review", "expire", "--days", "1") == 0
    assert "nothing has expired" in desk.said
    code, document = desk.ask("review", "expire", "--days", "1")
    assert (code, document) == (0, {"closed": []})
