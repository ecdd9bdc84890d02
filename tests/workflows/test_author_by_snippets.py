"""A campaign's program written by snippets: counted and tried over all files, then handed over."""

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.adapters.cpython_interpreter import cpython_interpreter
from bot.adapters.none_sandbox import NoneSandbox
from bot.adapters.scripted_model import ScriptedCall, ScriptedReply
from scoping.questions import QuestionRefusal
from tests.workflows.test_write_program import (
    EXAMPLES,
    FILES,
    GOOD,
    Author,
    planned,
)
from tests.workflows.test_write_program import studio as studio  # noqa: PLC0414 - its repository
from validators.codemods.outcome import FileOutcome, LeftPlace, Outcome
from validators.codemods.program import CodemodRefusal
from validators.codemods.trial import Trial
from workflows.author_functions import (
    MAX_COUNTS,
    MAX_TRIALS,
    AuthorFunctions,
    AuthorRoom,
    Count,
    ProgramTrial,
    author_stubs,
)
from workflows.authoring import authored_program
from workflows.campaign import CampaignBudget
from workflows.campaign_streams import authoring_stream
from workflows.explore import CodeMode
from workflows.passages import Passage
from workflows.site_sample import SampleFile
from workflows.snippet import Functions, SnippetLimits

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

PAIRS = [(path.partition("/")[2], text) for path, text in EXAMPLES.items()]
LOOK = f"""\
print(len(files()), len(sample(3)), sum(one.sites for one in count(r"\\bold_name\\b")))
program = {GOOD!r}
found = try_program(program)
print(found.expected, found.rewritten, found.left, found.failures)
print(found.diff)
"""


def submit(count: str | int, program: str = "program", about: str = "It renames calls.") -> str:
    return f"submit({program}, {PAIRS!r}, {count}, {about!r})\n"


def snippet(code: str, usd: float = 0.1, expect: tuple[str, ...] = ()) -> ScriptedReply:
    call = ScriptedCall("run_code", {"code": code})
    return ScriptedReply("", (call,), usd=usd, expect=expect)


@pytest.fixture
def author(studio: "Studio", tmp_path: Path) -> Author:
    studio.code = CodeMode(
        cpython_interpreter(NoneSandbox(tmp_path), tmp_path), SnippetLimits(timeout_s=60.0)
    )
    folder = tmp_path / "trials"
    folder.mkdir()
    return Author(studio, planned(studio), folder)


def seen(author: Author) -> int:
    """How many files the author may look into; each of this campaign has one site."""
    return len(author.sample.shown) + len(author.sample.others)


def test_a_program_is_counted_tried_and_handed_over_in_two_turns(author: Author) -> None:
    many = seen(author)

    said = author.write(
        snippet(LOOK),
        snippet(submit("found.expected"), expect=(f"{many} 3 {many}", "+print(new_name(")),
    )

    assert said["cause"] == ""
    program = author.kept[0]
    assert program == authored_program(author.campaign, author.studio.journal)
    assert (program.source, program.about, program.tries) == (GOOD, "It renames calls.", 1)
    assert [(one.name, one.text) for one in program.examples] == sorted(PAIRS)
    assert (program.shown.files, program.shown.expected) == (many, many)
    assert program.unseen.files == len(author.sample.unseen[0]) > 0
    first, second = author.studio.asked()
    assert "Call `new_name`" in first.messages[0].text
    assert not any(text in first.messages[0].text for text in FILES.values())
    assert len(second.messages) == 3
    started = author.studio.data("run.started")[0]
    assert started["action"] == "code in cpython"
    assert [one["outcome"] for one in author.studio.data("snippet.finished")] == ["ok", "ok"]


def test_what_is_held_back_is_in_no_answer_until_the_program_failed_on_it(
    author: Author,
) -> None:
    known = "|".join(
        re.escape(one.content.decode().strip()[6:-1])
        for one in (*author.sample.shown, *author.sample.others)
    )
    narrow = GOOD.replace(
        "def transform(file):\n", "import re\n\n\ndef transform(file):\n"
    ).replace(
        "        if any",
        f"        if not re.fullmatch({known!r}, call.text):\n            continue\n        if any",
        1,
    )
    (kept, text) = next((one.name, one.content) for one in author.sample.unseen[0])
    lenient = [
        ("one.before.py", author.sample.shown[0].content.decode()),
        ("one.after.py", author.sample.shown[0].content.decode().replace("old", "new")),
        ("rest.leave.py", "print(old_name(*rest))\n"),
    ]
    many = seen(author)
    peek = f"print({kept!r} in files(), search({text.decode().strip()!r}))\n"

    said = author.write(
        snippet(f"{peek}submit({narrow!r}, {lenient!r}, {many}, 'Some calls.')\n"),
        snippet(
            f"{peek}program = {GOOD!r}\n{submit(many + len(author.sample.unseen[0]))}",
            expect=("neither changed nor left", "From now on you can", kept, "False []"),
        ),
    )

    assert said["cause"] == ""
    assert author.kept[0].shown.files > many
    last = author.studio.asked()[-1].messages[-1]
    assert "submit" not in last.results[0].text


def test_what_is_wrong_is_told_until_it_is_right(author: Author) -> None:
    many = seen(author)
    twice = GOOD.replace('"new_name($$$ARGS)"', '"old_name(0, $$$ARGS)"')

    said = author.write(
        ScriptedReply("Here it comes.", usd=0.1),
        snippet(f"program = {twice!r}\n{submit(many)}1 / 0", expect=("nothing was handed over",)),
        snippet(submit(many, repr(twice)), expect=("submit() does not count", "ZeroDivisionError")),
        snippet(submit(many + 1, repr(GOOD)), expect=("call.before.py", "not idempotent")),
        snippet(submit(many, repr(GOOD)), expect=(f"expect {many + 1} ", f"matches {many}")),
    )

    assert said["cause"] == ""
    assert author.kept[0].tries == 4
    assert sum(one["usd"] for one in author.studio.data("budget.settled")) == pytest.approx(0.5)


def test_gates_judge_what_it_makes_of_the_sample(author: Author) -> None:
    author.objection = "the gates do not pass what it made of the sample: it is bad"
    many = seen(author)
    tries = [snippet(f"# {n}\n{submit(many, repr(GOOD))}") for n in range(5)]

    said = author.write(*tries)

    assert said["cause"] == f"no program of 5 was accepted; the last: {author.objection}"


def test_a_reply_is_charged_before_its_snippet_is_read(author: Author) -> None:
    author.campaign = replace(author.campaign, budget=CampaignBudget(usd=1.0))

    said = author.write(snippet("print(1)", usd=0.6), snippet("print(2)", usd=0.6))

    assert said["reason"] == "spent"
    assert len(author.studio.data("snippet.finished")) == 1
    kinds = author.studio.kinds()
    assert kinds.index("budget.settled") < kinds.index("snippet.finished")


@pytest.mark.parametrize("cut", ["model.replied", "snippet.finished", "program.tried"])
def test_a_killed_author_goes_on_without_paying_or_running_a_snippet_twice(
    author: Author, cut: str
) -> None:
    many = seen(author)
    replies = (
        snippet(f"program = {GOOD!r}\n{submit(many + 1)}"),
        snippet(submit(many, "program")),
    )
    whole = author.write(*replies)
    first = author.studio.data("snippet.finished")[0]
    author.studio.cut_off(author.studio.kinds().index(cut) + 1)
    author.studio.cut_off(1, authoring_stream(author.campaign))
    author.sample = author.sampled()

    again = author.write(*replies, run="never")

    assert again == whole
    assert len(author.studio.data("model.replied")) == 2
    snippets = author.studio.data("snippet.finished")
    assert [one["outcome"] for one in snippets] == ["ok", "ok"]
    if cut != "model.replied":
        assert snippets[0] == first


def test_a_run_of_one_mode_is_not_gone_on_with_in_the_other(author: Author) -> None:
    author.write(snippet("print(1)"))
    author.studio.cut_off(4)
    author.studio.cut_off(1, authoring_stream(author.campaign))
    author.studio.code = None

    said = author.write(ScriptedReply("Here it comes."), run="never")

    assert said["reason"] == "refused"
    assert "way to work (model.action, model.interpreter)" in said["cause"]


# --- the functions ------------------------------------------------------------------------------

SEEN = tuple(
    SampleFile("", path, "100644", text.encode(), (1,), "one") for path, text in FILES.items()
)
FOUND = Outcome(
    "d",
    2,
    (
        FileOutcome("b.py", 1, 1, before=b"old_name(1)\n" * 9, content=b"new_name(1)\n" * 9),
        FileOutcome("a.py", 1, 1, (LeftPlace("a.py", 3, "why"),), before=b"a\n", content=b"b\n"),
    ),
)


class Hands:
    """The functions of one author, over a trial that always comes to the same."""

    def __init__(self, studio: "Studio") -> None:
        self.tried: list[list[str]] = []
        self.held = AuthorFunctions(AuthorRoom(studio.clone, self._try_on, len), SEEN)
        self.call: Functions = self.held.all()
        self.held.begin("")

    def _try_on(self, draft: object, files: Sequence[SampleFile], shown: object) -> Trial:
        self.tried.append([one.name for one in files])
        return Trial(("no good",), "", FOUND)


@pytest.fixture
def hands(studio: "Studio") -> Iterator[Hands]:
    made = Hands(studio)
    yield made
    made.held.close()


STUB = ast.parse(author_stubs())


def test_the_stub_declares_the_functions_and_records_that_there_are(hands: Hands) -> None:
    declared = {
        one.name: [argument.arg for argument in one.args.args]
        for one in STUB.body
        if isinstance(one, ast.FunctionDef)
    }
    assert declared == {name: [*inspect.signature(f).parameters] for name, f in hands.call.items()}
    records = {one.name: one for one in STUB.body if isinstance(one, ast.ClassDef)}
    for name, record in (("Passage", Passage), ("Count", Count), ("Trial", ProgramTrial)):
        names = [one.target.id for one in records[name].body if isinstance(one, ast.AnnAssign)]  # type: ignore[union-attr]
        assert names == [one.name for one in fields(record)]


def test_every_function_says_what_it_refuses_and_gives_an_example() -> None:
    for one in STUB.body:
        if isinstance(one, ast.FunctionDef):
            told = ast.get_docstring(one) or ""
            assert "Refuses: " in told, one.name
            ast.parse(told.partition("Example: ")[2].strip())
            assert f"{one.name}(" in told.partition("Example: ")[2], one.name


def test_questions_are_answered_from_the_files_of_the_campaign_alone(hands: Hands) -> None:
    call = hands.call

    assert call["files"]() == tuple(sorted(f"one/{path}" for path in FILES))
    assert call["read"]("one/app/m1.py") == FILES["app/m1.py"]
    assert [hit.path for hit in call["references"]("rest")] == ["one/app/odd.py"]
    with pytest.raises(QuestionRefusal, match="there is no file"):
        call["read"]("tally.py")
    assert set(call).isdisjoint(
        {"edit", "create", "delete", "diff", "run_gate", "finish", "history"}
    )


def test_counts_are_by_file_and_their_expression_is_refused_where_it_is_none(hands: Hands) -> None:
    assert hands.call["count"](r"old_name\(\d", ["one/app/m1.py", "one/app/odd.py"]) == (
        Count("one/app/m1.py", 1),
    )
    assert len(hands.call["count"]("print")) == len(FILES)
    for wrong, why in (("(", "no regular expression"), ("x*", "matches the empty text")):
        with pytest.raises(CodemodRefusal, match=why):
            hands.call["count"](wrong)


def test_a_trial_tells_what_was_left_what_failed_and_the_smallest_diff(hands: Hands) -> None:
    told = hands.call["try_program"]("any", ["one/app/m1.py"])

    assert (told.expected, told.rewritten) == (2, 2)
    assert (told.left, told.failures) == (("a.py:3: why",), ("no good",))
    assert told.diff == "--- a.py\n+++ a.py\n@@ -1 +1 @@\n-a\n+b\n"
    hands.call["try_program"]("any")
    assert [len(one) for one in hands.tried] == [1, len(FILES)]


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("sample", (0,), "1 to 100 files"),
        ("sample", ("3",), "must be a whole number"),
        ("count", ("a", "one/app/m1.py"), "must be a list of texts"),
        ("count", ("a", ["../../etc/passwd"]), "is no path inside the repository"),
        ("count", ("a", [3]), "must be a text"),
        ("try_program", ("p", ["tally.py"]), "tally.py is none of the files that you may see"),
        ("submit", ("p", ["ab"], 1, "a"), "examples are pairs"),
        ("submit", ("p", [["a.txt", "x"]], 1, "a"), "examples/a.txt is no file of a program"),
        ("submit", ("p", [["../a.keep.py", "x"]], 1, "a"), "is no file of a program"),
        ("submit", ("p" * 10_001, [], 1, "a"), "at most 10000 bytes"),
        ("submit", ("p", [], "1", "a"), "must be a whole number"),
        ("submit", ("p", [], 1, "b"), "must stand in the snippet as one plain text"),
    ],
)
def test_what_may_not_be_is_refused(
    hands: Hands, name: str, given: tuple[object, ...], why: str
) -> None:
    hands.held.begin("'a'")

    with pytest.raises(QuestionRefusal, match=re.escape(why)):
        hands.call[name](*given)
    assert hands.held.submitted is None


def test_words_of_a_file_are_no_words_for_people(hands: Hands) -> None:
    text = hands.call["read"]("one/app/m1.py")

    with pytest.raises(QuestionRefusal, match=r"came from read\('one/app/m1.py'\)"):
        hands.call["submit"]("p", [], 1, text)


@pytest.mark.parametrize(("name", "most"), [("count", MAX_COUNTS), ("try_program", MAX_TRIALS)])
def test_one_reply_counts_and_tries_so_often_and_the_next_as_often(
    hands: Hands, name: str, most: int
) -> None:
    for _ in range(most):
        with pytest.raises(QuestionRefusal, match="none of the files"):
            hands.call[name]("old_name", ["other.py"])
    with pytest.raises(QuestionRefusal, match=rf" {most} "):
        hands.call[name]("old_name", ["one/app/m1.py"])

    hands.held.next_reply()

    assert hands.call[name]("old_name", ["one/app/m1.py"])


def test_what_was_handed_over_is_handed_over_again_with_notes(hands: Hands) -> None:
    hands.held.begin("'a'")
    hands.call["notes"]("seen")
    hands.call["submit"]("p", [["one.keep.py", "x"]], 3, "a")
    steps, submitted = tuple(hands.held.steps), hands.held.submitted
    assert [one.function for one in steps] == ["notes", "submit"]

    hands.held.begin("")
    assert hands.held.submitted is None
    hands.held.repeat(steps)

    assert hands.held.submitted == submitted
    assert hands.call["notes"]() == ("seen", "seen")
