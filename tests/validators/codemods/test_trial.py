"""A program that somebody just wrote, tried: whatever it does is told, and nothing raises."""

from pathlib import Path

import pytest

from bot.adapters.none_sandbox import NoneSandbox
from validators.codemods.crew import LIMITS, Worker, worker_phase
from validators.codemods.trial import Trial, TrialRoom, tried

HEAD = 'SITES = r"\\bold\\("\nFILES = ("*.js",)\n\n\ndef transform(file):\n'
GOOD = (
    '    for call in file.find("old($$$ARGS)"):\n        yield file.replace(call, "new($$$ARGS)")\n'
)
EXAMPLES = {
    "examples/call.before.js": b"old(1);\n",
    "examples/call.after.js": b"new(1);\n",
    "examples/other.keep.js": b"older(1);\n",
}
SAMPLES = {"": {"a.js": b"old(1);\n// old(2)\n", "b.js": b"\nold(3);\n"}}


@pytest.fixture
def room(tmp_path: Path) -> TrialRoom:
    (tmp_path / "empty").mkdir()
    sandbox, phase = NoneSandbox(tmp_path), worker_phase(frozenset())
    return TrialRoom(
        tmp_path,
        lambda program: Worker(
            program, phase, lambda: sandbox.open(tmp_path / "empty", phase, LIMITS), 10.0
        ),
    )


def of(program: str, room: TrialRoom, samples: dict[str, dict[str, bytes]] = SAMPLES) -> Trial:
    draft = {"codemod.py": program.encode(), **EXAMPLES}
    return tried(draft, samples, {"a.js": [(1, 9)]}, room)


def test_a_good_program_is_counted_on_what_its_author_saw(room: TrialRoom) -> None:
    found = of(HEAD + GOOD, room)

    assert (found.objections, found.idle, found.counted) == ((), "", ("a.js:1", "a.js:2"))
    assert found.outcome is not None
    assert (found.outcome.expected, found.outcome.rewritten, found.outcome.read) == (3, 2, 2)


def test_files_of_several_repositories_are_told_apart(room: TrialRoom) -> None:
    samples = {"one": {"a.js": b"old(1);\n"}, "two": {"a.js": b"old\n(1);\n"}}
    blind = GOOD.replace(
        "        yield", '        if "\\n" in call.text:\n            continue\n        yield'
    )

    found = tried({"codemod.py": (HEAD.replace("\\(", "") + blind).encode()}, samples, None, room)

    assert len(found.objections) == 1
    assert found.objections[0].startswith("two/a.js:1: expected here")


@pytest.mark.parametrize(
    ("program", "objection"),
    [
        ("import nowhere\n" + HEAD + GOOD, "nowhere"),
        (HEAD + '    open("/etc/passwd")\n    yield\n', "the program raised"),
        (
            f"import random\n{HEAD}" + GOOD.replace('"new(', 'f"new{random.random()}('),
            "it depends on order or chance",
        ),
        (HEAD.replace('r"\\bold\\("', 'r"."') + GOOD, "it means nearly everything"),
    ],
)
def test_what_is_wrong_is_told(room: TrialRoom, program: str, objection: str) -> None:
    found = of(program, room)

    assert objection in "\n".join(found.objections)
