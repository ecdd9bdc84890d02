"""The same fix, look for look and edit for edit, in the words that each harness asks for.

Whoever works by calls takes nine turns: list, read, read, test, edit, edit, test, look, end.
"""

from collections.abc import Sequence

from tests.bench.harness_peers.oracle import Turn
from tests.bench.harness_peers.parcel_repository import (
    EXPLANATION,
    LAST_TEST,
    MODULE,
    NEW_TEST,
    RIGHT,
    RUN_TESTS,
    TESTS,
    WRONG,
)

_WORDS = (
    "I look at what there is.",
    f"The issue is about what is charged; I read {MODULE}.",
    "And its tests.",
    "The tests as they are:",
    "The volume is rounded to the nearest kilogram. It must be rounded up.",
    "A test that fails without it:",
    "The tests with the change:",
    "The change as a whole:",
)
_LIST = "git ls-files"
_DIFF = "git diff"


def _block(path: str, old: str, new: str) -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


def _by_calls(calls: Sequence[tuple[str, dict[str, str]]], last: Turn) -> tuple[Turn, ...]:
    turns = [
        Turn(words, (call,), runs_tests="The tests" in words)
        for words, call in zip(_WORDS, calls, strict=True)
    ]
    return (*turns, last)


_BLOCKS = f"{_block(MODULE, WRONG, RIGHT)}\n{_block(TESTS, LAST_TEST, LAST_TEST + NEW_TEST)}"

# What Changewright's prompt asks for first: an explanation, then blocks.
IN_ONE_REPLY = (Turn(f"{EXPLANATION}\n\n{_BLOCKS}"),)

_EDITOR = "str_replace_based_edit_tool"


def _replaced(path: str, old: str, new: str) -> tuple[str, dict[str, str]]:
    given = {"command": "str_replace", "path": path, "old_str": old, "new_str": new}
    return _EDITOR, given


BY_ACTIONS = _by_calls(
    (
        (_EDITOR, {"command": "view", "path": "."}),
        ("read", {"path": MODULE}),
        ("read", {"path": TESTS}),
        ("run_gate", {"kind": "test"}),
        _replaced(MODULE, WRONG, RIGHT),
        _replaced(TESTS, LAST_TEST, LAST_TEST + NEW_TEST),
        ("run_gate", {"kind": "test"}),
        ("search", {"text": "chargeable_kg"}),
    ),
    Turn("That is all.", (("finish", {"summary": EXPLANATION}),), runs_tests=True),
)

SDK_LOOP = _by_calls(
    (
        ("bash", {"command": _LIST}),
        ("read", {"path": MODULE}),
        ("read", {"path": TESTS}),
        ("bash", {"command": RUN_TESTS}),
        ("replace", {"path": MODULE, "old": WRONG, "new": RIGHT}),
        ("replace", {"path": TESTS, "old": LAST_TEST, "new": LAST_TEST + NEW_TEST}),
        ("bash", {"command": RUN_TESTS}),
        ("bash", {"command": _DIFF}),
    ),
    Turn(EXPLANATION),
)


def _bash(command: str) -> tuple[str, dict[str, str]]:
    return "bash", {"command": command}


MINI_SWE_AGENT = _by_calls(
    (
        _bash(_LIST),
        _bash(f"cat {MODULE}"),
        _bash(f"cat {TESTS}"),
        _bash(RUN_TESTS),
        _bash(f"sed -i 's/round(volume_kg(parcel))/ceil(volume_kg(parcel))/' {MODULE}"),
        _bash(f"cat <<'EOF' >> {TESTS}\n{NEW_TEST}EOF"),
        _bash(RUN_TESTS),
        _bash(_DIFF),
    ),
    Turn(EXPLANATION, (_bash("echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"),)),
)

AIDER = (
    Turn(
        f"{EXPLANATION}\n\n"
        + _BLOCKS.replace("\n<<<<<<< ", "\n```python\n<<<<<<< ").replace(
            ">>>>>>> REPLACE\n", ">>>>>>> REPLACE\n```\n"
        )
    ),
    Turn("fix: charge each kilogram of volume that is begun"),
)
