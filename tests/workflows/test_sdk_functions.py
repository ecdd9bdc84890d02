"""The SDK as snippets call it: whole answers, refusals for the rest, and a stub that says so."""

import ast
import inspect
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from scoping.facts import Symbol
from scoping.objects import Commit
from scoping.questions import Hit, Imports, QuestionRefusal
from validators.rules import GateKind
from validators.verdict import Finding, Verdict
from workflows import sdk_functions
from workflows.sdk import Most, Sdk
from workflows.sdk_functions import AnswerCache, SdkFunctions, Step, stubs
from workflows.snippet import Functions
from workflows.working_tree import WorkingTree

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio


class Hands:
    """The functions of one conversation, and what they stand on."""

    def __init__(self, studio: "Studio", cached: AnswerCache, most: Most | None = None) -> None:
        self.gates: list[GateKind] = []
        self.working = WorkingTree(studio.clone, studio.clone.base_tree)
        self.sdk = Sdk(studio.clone, self.working, self._gate, most=most or sdk_functions.MOST)
        self.held = SdkFunctions(self.sdk, self.working, cached)
        self.call: Functions = self.held.all()
        self.held.begin("")

    def _gate(self, kind: GateKind, tree: str) -> Verdict:
        self.gates.append(kind)
        return Verdict("pass")

    def close(self) -> None:
        self.sdk.close()
        self.working.close()


@pytest.fixture
def hands(studio: "Studio") -> Iterator[Hands]:
    with closing(Hands(studio, AnswerCache())) as hands:
        yield hands


STUB = ast.parse(stubs())


def test_the_stub_declares_the_functions_that_there_are(hands: Hands) -> None:
    declared = {
        one.name: ast.unparse(one.args) for one in STUB.body if isinstance(one, ast.FunctionDef)
    }
    there_are = {}
    for name, function in hands.call.items():
        parameters = inspect.signature(function).parameters.values()
        there_are[name] = ", ".join(str(one).replace(" = ", "=") for one in parameters)

    kinds = "Literal['lint', 'build', 'test']"
    assert declared == {**there_are, "run_gate": f"kind: {kinds}"}


@pytest.mark.parametrize("record", [Hit, Symbol, Imports, Commit, Finding, Verdict])
def test_the_stub_declares_records_as_they_are(record: type) -> None:
    (declared,) = [
        one for one in STUB.body if isinstance(one, ast.ClassDef) and one.name == record.__name__
    ]
    names = [one.target.id for one in declared.body if isinstance(one, ast.AnnAssign)]  # type: ignore[union-attr]
    assert names == [one.name for one in fields(record)]


def test_every_function_says_what_it_refuses_and_gives_an_example() -> None:
    for one in STUB.body:
        if isinstance(one, ast.FunctionDef):
            told = ast.get_docstring(one) or ""
            assert "Refuses: " in told or not one.args.args, one.name
            ast.parse(told.partition("Example: ")[2].strip())
            assert f"{one.name}(" in told.partition("Example: ")[2], one.name


def test_questions_are_answered_whole_from_the_edited_tree(hands: Hands) -> None:
    call = hands.call

    call["edit"]("tally.py", "def lines(", "def rows(")
    call["create"]("more.py", "import tally\n\n\ndef of(line):\n    return tally.words(line)\n")
    call["delete"]("docs/three.txt")

    assert call["files"]("docs") == ()
    assert call["read"]("tally.py", 5, 5) == "def rows(text):\n"
    assert call["read"]("more.py").startswith("import tally\n")
    assert [one.path for one in call["search"]("tally.words")] == ["more.py", "tests/test_tally.py"]
    assert [one.qualified_name for one in call["symbols"]("rows")] == ["rows"]
    assert [one.start_line for one in call["definition"]("words")] == [1]
    assert [one.line for one in call["references"]("rows")] == [5]
    assert {one.qualified_name for one in call["callers"]("words")} == {"of", "test_two_words"}
    assert call["imports"]("tally.py").imported_by == ("more.py", "tests/test_tally.py")
    assert [one.subject for one in call["history"]("tally.py")] == ["tally 1.0"]
    assert "+def rows(text):" in call["diff"]()
    assert [one.path for one in hands.held.made] == ["tally.py", "more.py", "docs/three.txt"]


def test_more_than_may_be_answered_is_refused_and_never_cut(studio: "Studio") -> None:
    few = Most(lines=2, hits=1, paths=2, symbols=1)
    with closing(Hands(studio, AnswerCache(), few)) as hands:
        for name, given in {
            "files": ("**",),
            "search": ("text",),
            "symbols": ("s",),
            "references": ("text",),
            "read": ("tally.py",),
        }.items():
            with pytest.raises(QuestionRefusal, match=r"more than|at once"):
                hands.call[name](*given)
        assert hands.call["read"]("tally.py", 1, 2).count("\n") == 2


def test_an_edit_that_does_not_land_is_an_exception_with_its_reason(hands: Hands) -> None:
    with pytest.raises(QuestionRefusal, match=r"tally\.py: not applied \(no-match\)"):
        hands.call["edit"]("tally.py", "def gone(", "def here(")
    with pytest.raises(QuestionRefusal, match="not applied"):
        hands.call["delete"]("gone.py")

    assert (hands.held.made, hands.held.steps) == ([], [])


def test_a_gate_is_chosen_literally_and_run_a_few_times(hands: Hands) -> None:
    with pytest.raises(QuestionRefusal, match="must stand in the snippet"):
        hands.call["run_gate"]("test")
    hands.held.begin("[run_gate('test') for _ in range(9)]\nrun_gate('deploy')")

    with pytest.raises(QuestionRefusal, match="there is no kind of gate 'deploy'"):
        hands.call["run_gate"]("deploy")
    for _ in range(3):
        assert hands.call["run_gate"]("test").word == "pass"
    hands.held.begin("")
    with pytest.raises(QuestionRefusal, match="one reply may run 3 gates"):
        hands.call["run_gate"]("test")
    hands.held.next_reply()
    hands.call["run_gate"]("test")
    assert hands.gates == ["test"] * 4


def test_notes_are_kept_over_snippets_up_to_a_bound(hands: Hands) -> None:
    hands.call["notes"]("one")
    hands.held.begin("")

    assert hands.call["notes"]("two") == ("one", "two")
    assert hands.held.steps == [Step("notes", ("two",))]
    with pytest.raises(QuestionRefusal, match="they are full"):
        hands.call["notes"]("n" * 4_000)


def test_a_summary_is_the_models_own_words(hands: Hands) -> None:
    hands.held.begin("finish('Words are counted.')\nfinish(read('data/one.txt'))\nfinish(' ')")
    hands.call["read"]("data/one.txt")

    with pytest.raises(QuestionRefusal, match=r"it came from read\('data/one.txt'\)"):
        hands.call["finish"]("one\n")
    with pytest.raises(QuestionRefusal, match="this one is empty"):
        hands.call["finish"](" ")
    hands.call["finish"]("Words are counted.")
    assert hands.held.summary == "Words are counted."


def test_a_question_that_is_asked_again_is_answered_from_memory(studio: "Studio") -> None:
    cached = AnswerCache()
    with closing(Hands(studio, cached)) as one, closing(Hands(studio, cached)) as other:
        first = one.call["search"]("words")
        assert one.call["search"]("words") is first
        assert other.call["search"]("words") is first  # another conversation of the same run

        one.call["edit"]("tally.py", "def lines(", "def word_rows(")
        assert "words" in one.call["search"]("words")[0].text
        assert one.call["search"]("word_rows") != ()
        assert other.call["search"]("word_rows") == ()


def test_a_full_memory_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk_functions, "_MAX_CACHED_CHARACTERS", 10)
    cached = AnswerCache()

    cached.keep("a", "123456")
    cached.keep("b", "123456")

    assert (cached.answers, cached.characters) == ({"b": "123456"}, 6)


def test_what_a_snippet_changed_can_be_done_again(studio: "Studio", hands: Hands) -> None:
    hands.call["edit"]("tally.py", "def lines(", "def rows(")
    hands.call["create"]("new.txt", "new\n")
    hands.call["delete"]("data/one.txt")
    hands.call["notes"]("done")

    with closing(Hands(studio, AnswerCache())) as again:
        again.held.repeat(tuple(hands.held.steps))

        assert again.working.written() == hands.working.written()
        assert again.call["notes"]() == ("done",)
