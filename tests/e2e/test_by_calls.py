"""An issue solved by calls alone: looked at, edited in parallel, gated when asked, and finished."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.sandbox

Command = Callable[..., Any]
WRONG = '    return len(text.split(" "))'
TEST = '\n\ndef test_no_words():\n    assert tally.words("") == 0\n'


def call(action: str, /, **arguments: Any) -> dict[str, Any]:
    return {"name": action, "arguments": arguments}


def editor(command: str, path: str, **arguments: Any) -> dict[str, Any]:
    return call("editor", command=command, path=path, **arguments)


def replace(old: str, new: str) -> dict[str, Any]:
    return editor("str_replace", "tally.py", old_str=old, new_str=new)


TURNS = [
    {"calls": [editor("view", "."), call("references", name="words")]},
    {
        "calls": [
            replace(WRONG, '    return len([word for word in text.split(" ") if word]) or 1'),
            editor("insert", "tests/test_tally.py", insert_line=9, insert_text=TEST),
            call("run_gate", kind="test"),
        ],
        "expect": ["tests/test_tally.py:5: ", "data>>>"],
    },
    {
        "calls": [
            replace('[word for word in text.split(" ") if word]) or 1', "text.split())"),
            call("run_gate", kind="test"),
            call("run_gate", kind="lint"),
        ],
        "expect": ["test: fail", "test_no_words is new and fails", "assert 1 == 0"],
    },
    {
        "calls": [call("finish", summary="Only words count, and an empty text has none.")],
        "expect": ["test: pass", "3 passed, 0 failed"],
    },
]


def test_an_issue_becomes_a_proposal_by_calls(
    changewright: Command, project: Path, issue: Path, tmp_path: Path
) -> None:
    script = tmp_path / "calls.json"
    script.write_text(json.dumps({"replies": TURNS}))

    said = changewright(
        "propose", "--repo", project, "--issue-file", issue, f"--model=scripted:{script}", "--json"
    )

    assert said.code == 0, said.err
    (attempt,) = said.document["attempts"]
    assert attempt["verdict"]["word"] == "pass"
    assert attempt["summary"] == "Only words count, and an empty text has none."
    assert [(one["path"], one["how"]) for one in attempt["edits"]] == [
        ("tally.py", "exact"),
        ("tests/test_tally.py", "inserted"),
        ("tally.py", "exact"),
    ]
    tests = next(gate for gate in attempt["evidence"]["gates"] if gate["kind"] == "test")
    assert tests["fail_to_pass"] == ["tests.test_tally::test_no_words"]
    assert "asked" in said.err
