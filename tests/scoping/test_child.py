"""A child may crash, hang, or eat memory; the caller hears None and asks the next one."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scoping import child as module
from scoping.child import Child, answer_all, read_frame, write_frame
from tests.ending import end

CANARY = "CHANGEWRIGHT_CANARY_KEY"


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    monkeypatch.setenv(CANARY, "sk-secret")
    monkeypatch.setattr(module, "_ROOT", str(Path(__file__).parent))
    with Child("crashing_child", timeout_s=60.0) as made:
        yield made


def test_a_child_answers_again_and_again_and_is_one_process(child: Child) -> None:
    assert child.pid is None
    assert child.ask(b"a", b"1") == b"a:1"
    pid = child.pid
    assert child.ask(b"b", b"x" * 300_000) == b"b:" + b"x" * 300_000
    assert child.pid == pid


@pytest.mark.parametrize("way", [b"crash", b"hang", b"eat", b"raise", b"quit"])
def test_a_child_that_fails_answers_none_and_the_next_one_works(child: Child, way: bytes) -> None:
    if way == b"hang":
        child._timeout_s = 0.3
    assert child.ask(way, b"x" * 200_000) is None
    assert child.pid is None
    child._timeout_s = 60.0
    assert child.ask(b"a", b"1") == b"a:1"


def test_a_child_that_died_between_two_requests_answers_none(child: Child) -> None:
    child.ask(b"a", b"")
    process = child._process
    assert process is not None
    end(process)

    assert child.ask(b"a", b"x" * 200_000) is None
    assert child.ask(b"a", b"1") == b"a:1"


def test_a_child_inherits_no_secret_and_no_current_folder(child: Child) -> None:
    environment = child.ask(b"environment", b"")
    assert environment is not None
    assert b"LC_ALL" in environment
    assert CANARY.encode() not in environment
    assert child.ask(b"path", b"") not in {b"''", None}


def test_closing_ends_the_child(child: Child) -> None:
    child.ask(b"a", b"")
    pid = child.pid
    child.close()
    child.close()
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("bytes_read", [b"", b"\0\0", b"\0\0\0\5abc", b"\xff\xff\xff\xffabc"])
def test_a_cut_or_absurd_frame_is_none(bytes_read: bytes) -> None:
    assert read_frame(io.BytesIO(bytes_read)) is None


def test_serving_ends_with_the_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stream:
        def __init__(self, content: bytes = b"") -> None:
            self.buffer = io.BytesIO(content)

    requests = io.BytesIO()
    for frame in (b"a", b"1", b"b", b"2", b"c"):
        write_frame(requests, frame)
    answers = Stream()
    monkeypatch.setattr(sys, "stdin", Stream(requests.getvalue()))
    monkeypatch.setattr(sys, "stdout", answers)
    limits: list[int] = []
    monkeypatch.setattr("resource.setrlimit", lambda limit, _: limits.append(limit))

    answer_all(lambda header, content: header + content, 1, 1)

    answers.buffer.seek(0)
    assert [read_frame(answers.buffer), read_frame(answers.buffer)] == [b"a1", b"b2"]
    assert read_frame(answers.buffer) is None
    assert len(limits) == 4
