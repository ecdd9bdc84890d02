"""A call's arguments are held against its schema, and what is wrong is said to who wrote them."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.actions import ACTIONS, EDITOR, READ, RUN_GATE, SEARCH
from workflows.arguments import complaint
from workflows.conversation import Action

VIEW = {"command": "view", "path": "a.py"}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
NAMES = sorted({name for action in ACTIONS for name in action.schema["properties"]})


@pytest.mark.parametrize(
    ("action", "arguments"),
    [
        (READ, {"path": "a.py"}),
        (READ, {"path": "a.py", "start_line": -3, "end_line": 9}),
        (SEARCH, {"text": "x", "glob": ""}),
        (EDITOR, VIEW),
        (EDITOR, {**VIEW, "view_range": [1, -1]}),
        (EDITOR, {"command": "insert", "path": "a", "insert_line": 0, "insert_text": ""}),
        (RUN_GATE, {"kind": "lint"}),
    ],
)
def test_what_fits_is_taken(action: Action, arguments: Mapping[str, Any]) -> None:
    assert complaint(action.schema, arguments) == ""


@pytest.mark.parametrize(
    ("action", "arguments", "why"),
    [
        (READ, {}, "the argument 'path' is missing; there must be 'path'"),
        (READ, {"path": ""}, "the argument 'path' must be a text that is not empty"),
        (READ, {"path": ["a"]}, "the argument 'path' must be a text"),
        (
            READ,
            {"path": "a", "file": "b"},
            "there is no argument 'file'; there are 'path', 'start_line', 'end_line'",
        ),
        (
            READ,
            {"path": "a", "start_line": True},
            "the argument 'start_line' must be a whole number",
        ),
        (READ, {"path": "a", "end_line": 1.0}, "the argument 'end_line' must be a whole number"),
        (
            READ,
            {"path": "a" * 1_001},
            "the argument 'path' must be a text of at most 1000 characters",
        ),
        (
            READ,
            {"path": "\ud800"},
            "the argument 'path' must be Unicode text (it holds half a character)",
        ),
        (
            EDITOR,
            {"command": "undo_edit", "path": "a"},
            "the argument 'command' must be one of 'view', 'create', 'str_replace', 'insert'",
        ),
        (EDITOR, {**VIEW, "insert_line": -1}, "the argument 'insert_line' must be 0 or more"),
        (
            EDITOR,
            {**VIEW, "view_range": [1]},
            "the argument 'view_range' must be a list of 2 to 2, each a whole number",
        ),
        (
            EDITOR,
            {**VIEW, "view_range": [1, "9"]},
            "the argument 'view_range' must be a list of 2 to 2, each a whole number",
        ),
        (
            RUN_GATE,
            {"kind": ["lint"]},
            "the argument 'kind' must be one of 'lint', 'build', 'test'",
        ),
    ],
)
def test_what_does_not_fit_is_told(action: Action, arguments: Mapping[str, Any], why: str) -> None:
    assert complaint(action.schema, arguments) == why


@given(st.sampled_from(ACTIONS), st.dictionaries(st.sampled_from(NAMES) | st.text(), ANYTHING))
def test_whatever_comes_is_answered_in_a_line(action: Action, given: dict[str, Any]) -> None:
    assert len(complaint(action.schema, given)) < 400


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_schema_is_closed_and_uses_words_that_are_checked(action: Action) -> None:
    schema = action.schema
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) <= schema["properties"].keys()
    for one in schema["properties"].values():
        assert one.keys() <= {
            *("type", "enum", "items", "minItems", "maxItems"),
            *("minLength", "maxLength", "minimum"),
        }
