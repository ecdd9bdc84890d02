"""Runs carried out on a bench that is opened anew for each, as a command does it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.bundle_files import read_bundle
from bot.execution import begin_revision, begin_task, go_on, wishes_of
from bot.wiring import Bench, open_bench
from bot.workshop import press
from tests.bot.commands.conftest import Desk, laid_out
from workflows.history import history_of
from workflows.proposal import BundleRefusal, seal
from workflows.publish import publish
from workflows.review import Review
from workflows.task import Task
from workflows.workshop import Outcome, Watch

WATCH = Watch()


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return laid_out(tmp_path, capsys)


@contextmanager
def opened(desk: Desk, *texts: str, **more: object) -> Iterator[Bench]:
    """Open a bench whose model says ``texts``, where it is asked at all."""
    model = desk.replies(*(texts or ("nobody asks",))).removeprefix("--model=")
    told = {"state": desk.state, "model": model, **more}
    with open_bench(desk.repo, "main", told, unsafe=True) as bench:
        yield bench


def said(desk: Desk) -> Mapping[str, Any]:
    return {"command": "propose", "model": "a script", "unsafe": True, "folder": str(desk.folder)}


def begun(desk: Desk, *texts: str, title: str = "Say it better") -> Outcome:
    with opened(desk, *texts) as bench:
        return begin_task(Task(title, "", str(desk.repo)), bench, said(desk), WATCH)


def gone_on(desk: Desk, run: str, *texts: str, **more: object) -> Outcome:
    with opened(desk, *texts, **more) as bench:
        return go_on(run, history_of(bench.journal.read(run)), bench, WATCH)


def asked_for_changes(desk: Desk) -> Outcome:
    """Publish a proposal of `good`, and have somebody ask for changes to it."""
    first = begun(desk, "good")
    with opened(desk) as bench:
        publish(*read_bundle(Path(first.bundle)), press(bench, lambda _: None))
        bench.forge.record_review(Review(1, "changes-requested", "ada", "Better.", "t"))
    return first


def revised(desk: Desk) -> Outcome:
    script = desk.folder / "replies.yml"
    with opened(desk, "better") as bench:
        script.write_text(script.read_text().replace("SEARCH\\none\\n", "SEARCH\\ngood\\n"))
        return begin_revision(1, bench, said(desk), WATCH)


def test_a_task_is_begun_in_a_run_of_its_own(desk: Desk) -> None:
    first, second = begun(desk, "good"), begun(desk, "good")

    assert (first.state, second.state) == ("proposed", "proposed")
    assert first.run != second.run


def test_a_task_that_a_dying_process_left_is_gone_on_with(desk: Desk) -> None:
    first = begun(desk, "bad", "good")
    desk.cut_off(first.run, "attempt.finished")

    assert begun(desk, "bad", "good", title="Another task").run != first.run
    assert begun(desk, "bad", "good") == first


def test_a_run_is_gone_on_with_to_the_same_end(desk: Desk) -> None:
    first = begun(desk, "bad", "good")
    desk.cut_off(first.run, "patch.landed")

    assert gone_on(desk, first.run, "bad", "good") == first


def test_caps_are_those_of_the_settings_at_hand(desk: Desk) -> None:
    with opened(desk, max_attempts=7, **{"budget.max_turns": 5}) as bench:
        wishes = wishes_of(bench.settings, {"command": "propose"})

    assert (wishes.max_attempts, wishes.budget.turns) == (7, 5)
    assert (wishes.told, wishes.revision) == ({"command": "propose"}, None)


def test_a_revision_that_died_is_gone_on_with(desk: Desk) -> None:
    first = asked_for_changes(desk)
    answer = revised(desk)
    assert (answer.state, answer.run != first.run) == ("proposed", True)
    desk.cut_off(answer.run, "model.replied")

    assert revised(desk) == answer
    desk.cut_off(answer.run, "patch.landed")
    assert gone_on(desk, answer.run) == answer


def test_a_revision_goes_on_only_from_the_bundle_that_it_revises(desk: Desk) -> None:
    first = asked_for_changes(desk)
    answer = revised(desk)
    desk.cut_off(answer.run, "scope.selected")
    place = Path(first.bundle)
    document = place.read_bytes()
    place.unlink()

    with pytest.raises(BundleRefusal) as refused:
        gone_on(desk, answer.run)
    assert str(refused.value) == (
        f"the bundle of run {first.run}, which is revised, is not in {desk.state / 'bundles'};"
        " `changewright journal import` brings it back"
    )
    place.write_bytes(document)
    bundle, _ = read_bundle(place)
    change = replace(bundle.changes[0], content=b"another\n")
    place.write_bytes(seal(replace(bundle, changes=(change,)))[0])

    with pytest.raises(BundleRefusal, match="is not the bundle that is revised; put that back"):
        gone_on(desk, answer.run)
    assert desk.kinds(answer.run)[-1] == "scope.selected"
