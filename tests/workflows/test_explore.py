"""A task worked on by snippets: from the first look to the proposal, and again from its journal."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.adapters.cpython_interpreter import cpython_interpreter
from bot.adapters.none_sandbox import NoneSandbox
from bot.adapters.scripted_model import ScriptedCall, ScriptedReply
from bot.adapters.sqlite_journal.blob_names import kept_by
from validators.rules import GateKind
from validators.verdict import Verdict
from workflows.explore import CodeMode
from workflows.ports import Interpreter, InterpreterSession
from workflows.recorder import Recorder, ResumeRefusal
from workflows.run_record import record_of
from workflows.run_story import story_of
from workflows.snippet import Functions, SnippetLimits

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

MEND = """\
source = read("tally.py")
edit("tally.py", 'text.split(" ")', "text.split()")
"""
FINISH = 'finish("Only words count.")\n'
LIMITS = SnippetLimits(timeout_s=20.0, output_bytes=400, host_calls=30)


@dataclass
class Counted:
    """An interpreter that counts what is asked of it."""

    held: Interpreter
    snippets: list[str] = field(default_factory=list)
    restored: int = 0
    sessions: list[InterpreterSession] = field(default_factory=list)
    name: str = "counted"

    def open(self, functions: Functions, stubs: str, limits: SnippetLimits) -> InterpreterSession:
        counted, session = self, self.held.open(functions, stubs, limits)
        self.sessions.append(session)

        class Session:
            def run(self, snippet: str):  # type: ignore[no-untyped-def] # noqa: ANN202
                counted.snippets.append(snippet)
                return session.run(snippet)

            def restore(self, snapshot: bytes) -> None:
                counted.restored += 1
                session.restore(snapshot)

            def close(self) -> None:
                session.close()

        return Session()


@pytest.fixture
def counted(studio: "Studio", tmp_path: Path) -> Iterator[Counted]:
    counted = Counted(cpython_interpreter(NoneSandbox(tmp_path), tmp_path))
    studio.code = CodeMode(counted, LIMITS)
    yield counted
    for session in counted.sessions:
        assert session._worker is None  # type: ignore[attr-defined] # closed with its run


def said(*turns: str) -> list[ScriptedReply | str]:
    return [ScriptedReply("", (ScriptedCall("run_code", {"code": one}),)) for one in turns]


def answers(studio: "Studio") -> list[str]:
    """The text of each result of the last conversation, the marks of its fences taken off."""
    texts = [one.text for turn in studio.asked()[-1].messages for one in turn.results]
    lines = [[line for line in text.split("\n") if "data" not in line] for text in texts]
    return ["\n".join(kept) for kept in lines]


def test_a_change_made_by_snippets_is_proposed(studio: "Studio", counted: Counted) -> None:
    look = "paths = files('*.py')\nprint([len(read(path)) for path in paths])"

    outcome = studio.propose(
        said(look, f"print(paths)\n{MEND}print(run_gate('test').word)", FINISH)
    )

    assert (outcome.state, outcome.why) == ("proposed", "proposed after 1 attempt")
    assert [action.name for action in studio.asked()[0].actions] == ["run_code"]
    assert "call finish() in a snippet" in studio.asked()[0].system
    assert answers(studio) == [
        "The snippet came to its end.\n[102, 76]\n",
        (
            "The snippet came to its end.\nEdits that were made: 1, in tally.py.\n"
            "['tally.py', 'tests/test_tally.py']\npass\n"
        ),
    ]
    (attempt,) = outcome.attempts
    assert (attempt.summary, attempt.replies) == ("Only words count.", 3)
    assert [(one.path, one.how) for one in attempt.edits] == [("tally.py", "exact")]
    (first,) = story_of("r1", studio.journal).tries
    assert [(ran.code, ran.edits) for ran in first.snippets][2:] == [(FINISH, 0)]
    assert first.snippets[0].told.startswith("The snippet came to its end.")
    told = studio.data("snippet.finished")
    assert [(one["snippet"], one["outcome"], one["edits"]) for one in told] == [
        ("/1", "ok", 0),
        ("/2", "ok", 1),
        ("/3", "ok", 0),
    ]
    assert all(list(kept_by(one)) == [one["answer"]] for one in told)  # an export takes it along
    kept = record_of(studio.journal.read("r1"), "example/tally").entries
    assert "tally.py" not in "".join(str(one.event.data) for one in kept)


def test_what_is_cut_or_stopped_is_told_and_edits_before_that_stay(
    studio: "Studio", counted: Counted
) -> None:
    flood = f"{MEND}print('y' * 500)\nwhile True:\n    files()"

    outcome = studio.propose(said(flood, "print(len(diff()) > 0)", FINISH))

    assert outcome.state == "proposed"
    first, second = answers(studio)
    assert first.startswith(
        "The snippet did not come to its end: it was stopped for making more than 30 calls.\n"
        "Edits that were made: 1, in tally.py.\n" + "y" * 400
    )
    assert first.endswith("(at least 101 more bytes were printed and are left out.)")
    assert second == "The snippet came to its end.\nTrue\n"


def test_finish_counts_only_at_the_end_of_a_snippet(studio: "Studio", counted: Counted) -> None:
    outcome = studio.propose(said(f"{MEND}{FINISH}1 / 0", FINISH))

    assert outcome.state == "proposed"
    (failed,) = answers(studio)
    assert failed.startswith("The snippet ended with an exception: ZeroDivisionError")
    assert failed.endswith("finish() does not count, because the snippet did not come to its end.")


def test_finish_does_not_count_beside_a_block_that_did_not_land(
    studio: "Studio", counted: Counted
) -> None:
    bad = "tally.py\n<<<<<<< SEARCH\n    return 42\n=======\n    return 43\n>>>>>>> REPLACE\n"
    call = ScriptedCall("run_code", {"code": f"{MEND}{FINISH}"})

    outcome = studio.propose([ScriptedReply(bad, (call,)), *said(FINISH)])

    assert outcome.state == "proposed"
    assert "an edit block of the same reply was not applied" in answers(studio)[0]


def test_no_other_action_is_known_in_code_mode(studio: "Studio", counted: Counted) -> None:
    read = ScriptedReply("", (ScriptedCall("read", {"path": "tally.py"}),))

    studio.propose([read, *said(f"{MEND}{FINISH}")])

    assert answers(studio)[0] == "there is no action 'read'; there are run_code"


def test_one_reply_runs_so_many_snippets_and_the_next_as_many(
    studio: "Studio", counted: Counted
) -> None:
    codes = [*(f"print({one})" for one in range(7)), f"{MEND}print(7)", "print(8)"]
    calls = tuple(ScriptedCall("run_code", {"code": code}) for code in codes)

    outcome = studio.propose([ScriptedReply("", calls), *said(FINISH)])

    told = answers(studio)
    assert told[7].endswith("in tally.py.\n7\n")
    assert told[8] == "one reply may run 8 snippets; run the others in the next"
    assert len(counted.snippets) == 9
    assert len(outcome.attempts[0].edits) == 1


TURNS = (
    "names = files('*.py')\nnotes('begun')",
    f"{MEND}print(run_gate('test').word)",
    f"print(names, notes())\n{FINISH}",
)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("kind", "nth", "run_again"),
    [
        ("snippet.finished", 2, 1),
        ("model.replied", 2, 2),
        ("gate.answered", 1, 2),
        ("snippet.finished", 1, 2),
        ("model.replied", 3, 1),
        ("snippet.finished", 3, 0),
        ("patch.landed", 1, 0),
    ],
)
def test_a_run_that_was_cut_off_runs_no_snippet_twice_and_comes_to_the_same_end(
    studio: "Studio", counted: Counted, kind: str, nth: int, run_again: int
) -> None:
    undisturbed = studio.propose(said(*TURNS))
    asked, (bundle, _) = studio.asked(), studio.bundle()
    told = [one["answer"] for one in studio.data("snippet.finished")]
    places = [number for number, one in enumerate(studio.kinds(), 1) if one == kind]
    studio.cut_off(places[nth - 1])
    counted.snippets.clear()

    outcome = studio.propose(said(*TURNS))

    assert outcome == undisturbed
    assert studio.bundle()[0] == bundle
    assert counted.snippets == list(TURNS)[3 - run_again :]
    assert counted.restored == (0 < run_again < 3)
    assert [one["answer"] for one in studio.data("snippet.finished")] == told
    assert [one for one in studio.asked() if one not in asked] == []


def test_names_that_could_not_be_kept_are_said_to_be_gone(
    studio: "Studio", counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.interpreting.state._MOST_BYTES", 10)
    turns = said("names = files('*.py')", f"{MEND}print('names' in globals())", FINISH)
    studio.propose(turns)
    place = studio.kinds().index("snippet.finished") + 1
    studio.cut_off(place)

    assert studio.propose(turns).state == "proposed"
    assert answers(studio)[1].startswith(
        "The snippet came to its end.\nThe names of earlier snippets were gone when it began.\n"
    )


def test_a_run_is_not_gone_on_with_in_another_way_of_working(
    studio: "Studio", counted: Counted
) -> None:
    studio.propose(said(*TURNS))
    studio.cut_off(studio.kinds().index("snippet.finished") + 1)
    studio.code = None

    with pytest.raises(ResumeRefusal, match=r"model\.action"):
        studio.propose(said(*TURNS))


@pytest.mark.long
def test_a_gate_that_answered_a_snippet_is_not_asked_again(
    studio: "Studio", counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.propose(said(*TURNS))
    studio.cut_off(studio.kinds().index("gate.answered") + 1)

    def gate(kind: GateKind, tree: str, recorder: Recorder) -> Verdict:
        pytest.fail("it was run again")

    monkeypatch.setattr(studio, "gate", gate)

    assert studio.propose(said(*TURNS)).state == "proposed"


def test_hidden_files_stay_hidden_from_snippets(studio: "Studio", counted: Counted) -> None:
    studio.exclude = ("docs/",)
    ask = """
print(files('docs'), search('three'))
for attempt in (read, delete):
    try:
        attempt('docs/three.txt')
    except ValueError as no:
        print(no)
"""

    studio.propose(said(ask, f"{MEND}{FINISH}"))

    (told,) = answers(studio)
    assert "[] []" in told
    assert "there is no file docs/three.txt" in told
    assert "not applied (hidden)" in told


def test_limits_are_told_to_the_model(studio: "Studio", counted: Counted) -> None:
    assert studio.code is not None
    studio.code = replace(studio.code, limits=replace(LIMITS, host_calls=12_345))

    studio.propose(said(f"{MEND}{FINISH}"))

    assert "256 MiB and 12,345 calls" in studio.asked()[0].actions[0].description
