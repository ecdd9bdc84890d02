"""The program that the action starts: its exit codes, its outputs, and what it holds of secrets."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bot.action.conftest import labelled
from tests.ending import LIMIT_S

if TYPE_CHECKING:
    from tests.bot.action.conftest import Hall

TOKEN = "ghs_0123456789abcdefghij"  # noqa: S105 - a canary


def started(hall: "Hall", job: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(hall.folder)} | hall.environment
    return subprocess.run(
        [sys.executable, "-P", "-m", "bot.action", job],
        cwd=hall.town.origin,
        env=environment | hall.told(job) | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )


def test_the_author_does_not_begin_with_a_token_of_the_forge_and_names_it(hall: "Hall") -> None:
    hall.begin(labelled())

    done = started(hall, "propose", GITHUB_TOKEN=TOKEN)

    assert done.returncode == 2
    assert "must not hold GITHUB_TOKEN" in done.stderr
    assert "ghs_" not in done.stdout + done.stderr


def test_the_publisher_does_not_begin_with_a_models_key(hall: "Hall") -> None:
    hall.begin(labelled())

    done = started(hall, "publish", ANTHROPIC_API_KEY="sk-ant-0123456789abcdefghij")

    assert done.returncode == 2
    assert "must not hold ANTHROPIC_API_KEY" in done.stderr


@pytest.mark.sampled(3)
@pytest.mark.parametrize("job", ["propose", "verify", "publish"])
def test_a_job_without_an_admission_says_what_it_lacks(hall: "Hall", job: str) -> None:
    hall.begin(labelled())

    done = started(hall, job)

    assert done.returncode == 2
    assert "in " in done.stderr
    assert str(hall.parcels) in done.stderr


def test_a_repository_cannot_put_its_own_code_into_a_job(hall: "Hall", tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    planted = f"open({str(canary)!r}, 'w').close()\n"
    (hall.town.origin / "bot").mkdir()
    for name in ("bot/__init__.py", "dataclasses.py", "json.py"):
        (hall.town.origin / name).write_text(planted)
    hall.begin(labelled())

    assert started(hall, "verify").returncode == 2
    assert not canary.exists()


def test_a_run_that_was_not_admitted_needs_no_settling(hall: "Hall") -> None:
    hall.begin(labelled(label="bug"))

    assert hall.admit() == {"admitted": "false"}
    assert hall.settle() == {"state": "nothing"}
    assert hall.town.said == []
    assert (hall.place / "admit.output").read_text() == "admitted=false\n"


def test_admit_that_died_after_its_comment_is_settled_and_its_label_taken_off(
    hall: "Hall",
) -> None:
    hall.begin(labelled())
    hall.town.ends_the_process = True
    with pytest.raises(KeyboardInterrupt):
        hall.admit()
    hall.town.ends_the_process = False
    hall.did("admit", {}, "failure")

    assert hall.settle() == {"state": "our-fault"}
    assert len(hall.town.ours) == 1
    assert "Our fault" in hall.town.ours[0]
    assert hall.town.labels == {"bug"}


def test_admit_that_died_at_once_is_told_only_to_who_may_ask(hall: "Hall") -> None:
    for sender, told in (("eve", 0), ("ada", 1)):
        hall.begin(labelled(sender)).did("admit", {}, "failure")
        hall.settle()
        assert len(hall.town.ours) == told


def test_two_deliveries_of_one_event_are_one_run(hall: "Hall") -> None:
    admitted = []
    for _ in range(2):
        hall.town.labels.add("changewright")
        admitted.append(hall.begin(labelled()).admit()["admitted"])

    assert admitted == ["true", "false"]
    assert len(hall.town.ours) == 1


def test_a_label_by_somebody_who_may_not_ask_is_answered_once(hall: "Hall") -> None:
    for _ in range(2):
        hall.begin(labelled("tom")).admit()

    [answer] = hall.town.ours
    assert answer.startswith("**Not started.**")
