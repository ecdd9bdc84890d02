"""What every Interpreter must do, run against each; what only walls can do is among the attacks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.adapters.cpython_interpreter import cpython_interpreter
from bot.adapters.monty_interpreter import monty_interpreter
from bot.adapters.none_sandbox import NoneSandbox
from bot.interpreting.kind import own_python
from scoping.refusal import Refusal
from tests.interpreter_makers import ALL, SLOW, made
from validators.sandbox import SandboxRefusal
from workflows.ports import Interpreter, InterpreterSession
from workflows.snippet import InterpreterRefusal, SnippetLimits, SnippetResult

STUBS = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Place:
    path: str
    line: int

def places(text: str, most: int = 2) -> list[Place]: ...
def refuse(words: str) -> None: ...
def fail() -> None: ...
def letters(number: int) -> str: ...

class _weather:
    def of(self, *, city: str, days: int | None = None) -> str: ...

weather: _weather
"""
MIB = 1024**2
LIMITS = SnippetLimits(20.0, 96 * MIB, output_bytes=2_000, host_calls=40, recursion=100)
Run = Callable[[str], SnippetResult]


@dataclass(frozen=True)
class Place:
    path: str
    line: int


def places(text: str, most: int = 2) -> list[Place]:
    return [Place(f"{text}-{number}.py", number) for number in range(most)]


def refuse(words: str) -> None:
    raise Refusal(f"no {words} here")


def fail() -> None:
    raise ZeroDivisionError("a bug of ours")


def letters(number: int) -> str:
    return "x" * number


def weather_of(*, city: str, days: int = 1) -> str:
    return f"{city} for {days}: rain"


FUNCTIONS = {
    **{one.__name__: one for one in (places, refuse, fail, letters)},
    "weather.of": weather_of,
}


@pytest.fixture(scope="module", params=ALL)
def interpreter(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Interpreter:
    place = tmp_path_factory.mktemp("interpreter")
    return made(request.param, NoneSandbox(place), place)


@pytest.fixture(scope="module")
def session(interpreter: Interpreter) -> Iterator[InterpreterSession]:
    session = interpreter.open(FUNCTIONS, STUBS, LIMITS)
    yield session
    session.close()


@pytest.fixture
def run(session: InterpreterSession) -> Run:
    return session.run


def test_a_snippet_calls_functions_and_reads_their_records(run: Run) -> None:
    done = run("found = places('a', most=3)\nprint([one.path for one in found], found[-1].line)")

    assert (done.outcome, done.message, done.host_calls) == ("ok", "", 1)
    assert done.printed == "['a-0.py', 'a-1.py', 'a-2.py'] 2\n"


def test_snippets_share_their_names(run: Run) -> None:
    run("def twice(text):\n    return text * 2\n\nword = twice('ab')")

    assert run("print(twice(word))").printed == "abababab\n"


def test_a_later_snippet_may_give_a_name_to_something_else(run: Run) -> None:
    run("kind = 0\nfor one in places('a'):\n    pass")
    again = run("kind = 1\nkind += 1\nfor one in ['b']:\n    kind = [one.upper(), kind]")

    assert (again.outcome, again.message) == ("ok", "")
    assert run("kind = {'a': kind}\nprint(kind)").printed == "{'a': ['B', 2]}\n"


def test_a_function_with_a_dot_in_its_name_is_a_method_in_every_process(
    interpreter: Interpreter, run: Run
) -> None:
    done = run("sky = weather\nprint(sky.of(city='Bern', days=2))")
    assert (done.outcome, done.printed) == ("ok", "Bern for 2: rain\n")
    assert run("while True:\n    pass").outcome == "timeout"  # its process is ended
    assert run("print(sky.of(city='Chur'))").printed == "Chur for 1: rain\n"

    other = interpreter.open(FUNCTIONS, STUBS, LIMITS)
    try:
        assert other.run("1 / 0").outcome == "raised"
        assert done.snapshot is not None
        other.restore(done.snapshot)
        again = "print(sky.of(city='Bern'), weather.of(city='Genf'))"
        assert other.run(again).printed == "Bern for 1: rain Genf for 1: rain\n"
    finally:
        other.close()


def test_a_refusal_is_an_exception_that_a_snippet_can_catch(run: Run) -> None:
    caught = "try:\n    refuse('cake')\nexcept ValueError as error:\n    print('told:', error)"

    assert run(caught).printed == "told: no cake here\n"


def test_an_exception_ends_a_snippet_in_one_line_and_leaves_no_new_name(run: Run) -> None:
    done = run("fresh = 1\nprint('so far')\nrefuse('cake')")

    assert (done.outcome, done.printed) == ("raised", "so far\n")
    assert done.message == "ValueError: no cake here (line 3)"
    assert run("print(fresh)").outcome in {"raised", "type-error"}


def test_what_is_no_program_is_not_run(run: Run) -> None:
    done = run("print('begun')\ndef (")

    assert (done.outcome, done.printed, done.host_calls) == ("type-error", "", 0)
    assert "\n" not in done.message.strip() or done.message.startswith("2:")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("globals_ = eval('places')(1, 2, 3, 4)", "too many positional arguments"),
        ("eval('places')()", "missing a required argument: 'text'"),
        ("eval('places')(text='a', mots=3)", "got an unexpected keyword argument 'mots'"),
        ("eval('places')(places('a'))", "a Place cannot be an argument"),
    ],
)
def test_a_call_that_fits_no_function_is_told(run: Run, call: str, told: str) -> None:
    done = run(call)

    assert done.outcome == "raised"
    assert told in done.message


def test_what_is_printed_past_the_cap_is_counted(run: Run) -> None:
    done = run("for number in range(30):\n    print('y' * 99)")

    assert len(done.printed) == LIMITS.output_bytes
    assert done.dropped_bytes == 30 * 100 - LIMITS.output_bytes


def test_half_a_character_at_the_cap_is_left_out(run: Run) -> None:
    assert set(run("print('é' * 5_000)").printed) == {"é"}


def test_deep_recursion_ends_the_snippet_alone(run: Run) -> None:
    done = run("def down(depth):\n    return down(depth + 1)\n\ndown(0)")

    assert done.outcome == "raised"
    assert done.message.startswith("RecursionError")
    assert run("print(1)").printed == "1\n"


STOPPED = {
    "timeout": "while True:\n    pass",
    "memory": "hoard = []\nwhile True:\n    hoard.append('z' * 1_000_000 + str(len(hoard)))",
    "host-calls": "print('called')\nwhile True:\n    places('a')",
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("outcome", STOPPED)
def test_a_snippet_is_stopped_at_its_limit_and_the_names_before_it_stay(
    interpreter: Interpreter, outcome: str
) -> None:
    limits = LIMITS
    if outcome == "timeout":
        limits = replace(LIMITS, timeout_s=2.0 if interpreter.name in SLOW else 0.4)
    session = interpreter.open(FUNCTIONS, STUBS, limits)
    session.run("kept = [one.path for one in places('a')]")

    done = session.run(f"kept.append('lost')\n{STOPPED[outcome]}")
    after = session.run("print(kept)")
    session.close()

    assert done.outcome == outcome
    assert done.message.startswith("it was stopped ")
    assert "\n" not in done.message
    assert done.printed == ("called\n" if outcome == "host-calls" else "")
    assert (after.printed, after.is_state_lost) == ("['a-0.py', 'a-1.py']\n", False)


@pytest.mark.parametrize("name", SLOW)
def test_what_is_slow_to_start_keeps_its_contract_in_brief(name: str, tmp_path: Path) -> None:
    session = made(name, NoneSandbox(tmp_path), tmp_path).open(FUNCTIONS, STUBS, LIMITS)
    kept = session.run("import statistics\nkept = [one.path for one in places('a')]")
    raised = session.run("fresh = 1\nprint('so far')\nrefuse('cake')")
    session.run("assert 'fresh' not in globals()\nkept.append('b.py')")

    stopped = session.run(f"kept.append('lost')\n{STOPPED['host-calls']}")
    after = session.run("print(kept)")
    session.close()

    assert (kept.outcome, kept.host_calls) == ("ok", 1)
    assert (raised.printed, raised.message) == ("so far\n", "ValueError: no cake here (line 3)")
    assert (stopped.outcome, stopped.printed) == ("host-calls", "called\n")
    assert (after.printed, after.is_state_lost) == ("['a-0.py', 'a-1.py', 'b.py']\n", False)


def test_a_snapshot_brings_the_names_into_another_session(interpreter: Interpreter) -> None:
    first = interpreter.open(FUNCTIONS, STUBS, LIMITS)
    first.run("def short(place):\n    return place.path[:3]\n\nfound = places('abc')")
    kept = first.run("count = len(found)").snapshot
    first.close()
    assert kept is not None

    other = interpreter.open({"places": fail}, STUBS, LIMITS)  # is not asked again
    other.restore(kept)
    done = other.run("print(count, short(found[1]))")
    other.close()

    assert (done.outcome, done.printed) == ("ok", "2 abc\n")


def test_a_snapshot_that_is_damaged_is_no_state_and_no_fault(interpreter: Interpreter) -> None:
    session = interpreter.open(FUNCTIONS, STUBS, LIMITS)
    session.restore(b"no snapshot")

    done = session.run("print('begun anew')")
    session.close()

    assert (done.printed, done.is_state_lost) == ("begun anew\n", True)


def test_a_fault_of_ours_flies_and_ends_the_session(interpreter: Interpreter) -> None:
    session = interpreter.open(FUNCTIONS, STUBS, LIMITS)

    with pytest.raises(ZeroDivisionError, match="a bug of ours"):
        session.run("fail()")

    assert session.run("print('anew')").printed == "anew\n"
    session.close()
    session.close()


def test_an_answer_that_is_too_long_is_refused_to_the_snippet(run: Run) -> None:
    done = run("letters(4_000_001)")

    assert done.message == "ValueError: letters has too much to say; ask for less at once (line 1)"


def test_an_interpreter_that_cannot_start_is_refused_with_what_to_do(tmp_path: Path) -> None:
    required = cpython_interpreter(NoneSandbox(tmp_path), tmp_path, frozenset({"no-network"}))
    with pytest.raises(SandboxRefusal, match="without a sandbox nothing guarantees no-network"):
        required.open({}, "", LIMITS).run("1")

    broken = cpython_interpreter(NoneSandbox(tmp_path), tmp_path)
    nothing = own_python().command("monty", "/no/such/binary")
    broken._kind = replace(broken._kind, argv=nothing)
    with pytest.raises(InterpreterRefusal, match=r"model\.action: tools needs none"):
        broken.open({}, "", LIMITS).run("1")


def test_types_are_checked_before_anything_runs_where_that_can_be_done(tmp_path: Path) -> None:
    session = monty_interpreter(NoneSandbox(tmp_path), tmp_path).open(FUNCTIONS, STUBS, LIMITS)

    done = session.run("print('begun')\nplaces(3)\nplaces('a')[0].pth")
    shadowed = session.run("places = places('a')")
    opened = session.run("open('a')")
    session.close()

    assert (done.outcome, done.printed, done.host_calls) == ("type-error", "", 0)
    assert "Expected `str`, found `Literal[3]`" in done.message
    assert "no attribute `pth`" in done.message
    assert shadowed.message.endswith("places is a function here, so name what it returns otherwise")
    assert opened.message.endswith("no files but by the functions declared, such as read(path)")


def test_cpython_has_the_whole_language(tmp_path: Path) -> None:
    session = cpython_interpreter(NoneSandbox(tmp_path), tmp_path).open(FUNCTIONS, STUBS, LIMITS)

    odd = session.run(
        "class Odd(Exception):\n    def __str__(self):\n        return 1 / 0\nraise Odd()"
    )
    assert (odd.outcome, odd.message) == ("raised", "Odd: its words cannot be read (line 4)")
    done = session.run(
        "import statistics\n\nclass Base:\n    pass\n\nclass Kind(Base):\n"
        "    @property\n    def three(self):\n        return statistics.mean([2, 4])\n\n"
        "def count():\n    yield from range(2)\n\nprint(Kind().three, *count())"
    )
    session.close()

    assert done.printed == "3 0 1\n"


def test_an_interpreter_that_ends_under_a_snippet_is_begun_anew(tmp_path: Path) -> None:
    session = cpython_interpreter(NoneSandbox(tmp_path), tmp_path).open(FUNCTIONS, STUBS, LIMITS)
    session.run("kept = 1")

    done = session.run("import os\nos._exit(3)")

    assert (done.outcome, done.message) == ("crashed", "its interpreter ended under it (failed)")
    assert session.run("print(kept)").printed == "1\n"
    session.close()


FORGED = """
import json, os, struct
writes = int(os.environ["CHANGEWRIGHT_CHANNEL"].split(",")[1])
def say(frame):
    os.write(writes, struct.pack(">I", len(frame)) + frame)
def header(told, *sizes):
    head = json.dumps({**told, "sizes": sizes}).encode()
    return struct.pack(">I", len(head)) + head
"""


FRAMES = (
    "b'no message'",
    "header({'ended': {'outcome': 'splendid', 'message': ''}, 'dropped': 0}, 0)",
    "header({'ended': {'outcome': 'ok', 'message': ''}}, 0)",
    "header({'call': 'places', 'args': 3, 'named': {}, 'dropped': 0})",
    "header({'unheard': 'of', 'dropped': 0})",
)


@pytest.mark.sampled(5)
@pytest.mark.parametrize("frame", FRAMES)
def test_a_forged_message_ends_the_snippet_and_nothing_else(tmp_path: Path, frame: str) -> None:
    session = cpython_interpreter(NoneSandbox(tmp_path), tmp_path).open(FUNCTIONS, STUBS, LIMITS)

    done = session.run(f"{FORGED}\nsay({frame})\nos._exit(0)")
    session.close()

    assert (done.outcome, done.snapshot) == ("crashed", None)
