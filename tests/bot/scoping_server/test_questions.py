"""The questions of other programs, answered in this process: what each says, and its bounds."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.code_index import Target, opened_codebase
from bot.scoping_server import questions
from bot.scoping_server.questions import BY_NAME, QUESTIONS, AnswerRefusal, document
from scoping.questions import Codebase
from tests.bot.commands.conftest import Desk, laid_out

BOX = '''\
"""Boxes."""


class Box:
    """Holds things."""

    def open(self) -> None:
        lid()


class Crate(Box):
    pass


def lid() -> None:
    """A square one."""
'''


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    desk = laid_out(tmp_path, capsys)
    (desk.repo / "box.py").write_text(BOX)
    (desk.repo / "use.py").write_text("from box import Box\n\nBox().open()\n")
    desk.git("add", ".")
    desk.git("commit", "--quiet", "--message", "boxes")
    return desk


@contextmanager
def opened(desk: Desk) -> Iterator[tuple[Codebase, Target]]:
    with opened_codebase(desk.repo, "HEAD", {"state": desk.state}) as (code, _, target):
        yield code, target


def test_each_question_is_answered_by_the_commit(desk: Desk) -> None:
    asked: dict[str, dict[str, Any]] = {
        "scope": {"task": "The lid of a Box does not open", "top": 1},
        "definition": {"name": "Box.open"},
        "references": {"name": "Box"},
        "callers": {"name": "lid"},
        "callees": {"name": "Box.open"},
        "subclasses": {"name": "Box"},
        "symbols": {"pattern": "crate"},
        "imports": {"path": "use.py"},
        "history": {"path": "box.py", "line": 4},
        "search": {"text": "square", "glob": "*.py"},
        "files": {"glob": "*.py"},
        "read": {"path": "box.py", "start_line": 4, "end_line": 4},
    }
    assert asked.keys() == BY_NAME.keys()
    with opened(desk) as code:
        found = {
            name: json.loads(document(*code, BY_NAME[name], given)) for name, given in asked.items()
        }
    commit = desk.git("rev-parse", "HEAD")

    assert {one.pop("commit") for one in found.values()} == {commit}
    (file,), (function,) = found["scope"]["files"], found["scope"]["functions"]
    assert (file["path"], function["id"]) == ("box.py", "box.py::Box.open")
    assert file["reasons"]

    def names(question: str) -> list[str]:
        return [one["qualified_name"] for one in found[question]["symbols"]]

    assert names("definition") == names("callers") == ["Box.open"]
    assert (names("callees"), names("subclasses"), names("symbols")) == (
        ["lid"],
        ["Crate"],
        ["Crate"],
    )
    assert [one["line"] for one in found["references"]["hits"]] == [4, 11, 1, 3]
    assert found["imports"]["imports"] == ["box.py"]
    assert [one["subject"] for one in found["history"]["commits"]] == ["boxes"]
    assert [one["line"] for one in found["search"]["hits"]] == [16]
    assert found["files"]["paths"] == ["box.py", "use.py"]
    assert found["read"]["text"] == "class Box:\n"


def test_an_answer_that_would_be_too_long_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "MAX_ANSWER_CHARACTERS", 100)

    with opened(desk) as code, pytest.raises(AnswerRefusal, match="more than 100 characters"):
        document(*code, BY_NAME["read"], {"path": "box.py"})


def test_what_is_offered_says_its_arguments_and_takes_no_others() -> None:
    for question in QUESTIONS:
        assert question.schema["additionalProperties"] is False
        assert set(question.schema["required"]) <= question.schema["properties"].keys()
        assert question.description.endswith(".")
