"""An issue solved by snippets alone, in Monty inside the real sandbox."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.sandbox, pytest.mark.long]

Command = Callable[..., Any]
LOOK = """\
uses = [hit.path for hit in references("words")]
print(sorted(set(uses)))
print([line for line in read("tally.py").splitlines() if "split" in line])
"""
MEND = """\
edit("tally.py", 'text.split(" ")', "text.split()")
tests = read("tests/test_tally.py")
last = tests.splitlines()[-1]
more = "def test_no_words():\\n    assert tally.words('') == 0"
edit("tests/test_tally.py", last, last + "\\n\\n\\n" + more)
verdict = run_gate("test")
print(verdict.word, [one.message for one in verdict.findings])
"""
FINISH = "print(len(diff().splitlines()) > 5)\nfinish('Only words count.')\n"
TURNS = [
    {"calls": [{"name": "run_code", "arguments": {"code": LOOK}}]},
    {
        "calls": [{"name": "run_code", "arguments": {"code": MEND}}],
        "expect": ["'tests/test_tally.py'", 'text.split(" ")'],
    },
    {
        "calls": [{"name": "run_code", "arguments": {"code": FINISH}}],
        "expect": ["Edits that were made: 2, in tally.py, tests/test_tally.py", "pass"],
    },
]


@pytest.fixture
def environment(environment: Mapping[str, str]) -> Mapping[str, str]:
    return {**environment, "CHANGEWRIGHT_MODEL_ACTION": "code"}


def test_an_issue_becomes_a_proposal_by_snippets(
    changewright: Command, project: Path, issue: Path, tmp_path: Path
) -> None:
    script = tmp_path / "snippets.json"
    script.write_text(json.dumps({"replies": TURNS}))

    said = changewright(
        "propose", "--repo", project, "--issue-file", issue, f"--model=scripted:{script}", "--json"
    )

    assert said.code == 0, said.err
    (attempt,) = said.document["attempts"]
    assert (attempt["verdict"]["word"], attempt["summary"]) == ("pass", "Only words count.")
