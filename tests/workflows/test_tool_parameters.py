"""A stranger's schema as arguments of Python's: safe names, few kinds, JSON for the rest."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.tool_parameters import (
    Parameter,
    Tool,
    as_sent,
    module_of,
    safe_name,
    texts_of,
    wrong_value,
)
from workflows.tool_servers import OfferedTool, OfferedTools

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "required", "items", "enum", "x", "string"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


def tool(schema: Any, computed: tuple[tuple[str, str], ...] = ()) -> Tool:
    offered = OfferedTools("s", (OfferedTool("find", "", json.dumps(schema)),), computed)
    return module_of(offered, frozenset()).tools[0]


def parameters(**properties: Any) -> list[Parameter]:
    return list(tool({"properties": properties}).parameters)


def test_kinds_are_read_where_they_are_plain() -> None:
    found = parameters(
        word={"type": "string"},
        count={"type": "integer", "description": "How many."},
        share={"type": "number"},
        deep={"type": "boolean"},
        order={"type": "string", "enum": ["up", "down"]},
        names={"type": "array", "items": {"type": "string"}},
    )

    assert [(one.name, one.kind, one.is_list, one.choices) for one in found] == [
        ("word", "text", False, ()),
        ("count", "integer", False, ()),
        ("share", "number", False, ()),
        ("deep", "truth", False, ()),
        ("order", "text", False, ("up", "down")),
        ("names", "text", True, ()),
    ]
    assert found[1].description == "How many."


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"$ref": "file:///etc/passwd"},
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": ["string", "null"]},
        {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
        {"type": "array"},
        True,
        7,
    ],
)
def test_whatever_else_there_is_is_handed_over_as_json(schema: object) -> None:
    (found,) = parameters(one=schema)

    assert (found.kind, found.is_list) == ("json", False)


def test_what_must_be_given_comes_first() -> None:
    schema = {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["b"]}

    found = tool(schema, (("find", "a"),)).parameters

    assert [(one.name, one.is_required, one.is_computed) for one in found] == [
        ("b", True, False),
        ("a", False, True),
    ]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("forecast", "forecast"),
        ("get-weather.now", "get_weather_now"),
        ("class", "class_"),
        ("match", "match_"),
        ("7days", "n_7days"),
        ("", "n_"),
        ('x"):\n    import os', "x_import_os"),
        ("__init__", "init"),
        ("\u202eevil", "evil"),
        ("taken", "taken_2"),
    ],
)
def test_a_name_is_made_one_of_pythons(said: str, name: str) -> None:
    assert safe_name(said, frozenset({"taken"})) == name


def test_two_tools_or_arguments_of_one_safe_name_are_told_apart() -> None:
    schema = '{"properties": {"a b": {"type": "string"}, "a-b": {"type": "string"}}}'
    offered = OfferedTools("len", (OfferedTool("go!", "", schema), OfferedTool("go?", "", "no")))

    module = module_of(offered, frozenset())

    assert [(one.name, one.said) for one in module.tools] == [("go", "go!"), ("go_2", "go?")]
    assert [(one.name, one.said) for one in module.tools[0].parameters] == [
        ("a_b", "a b"),
        ("a_b_2", "a-b"),
    ]
    assert module.name == "len_2"  # a snippet keeps its own


@given(JSON)
def test_no_schema_makes_anything_but_parameters(schema: Any) -> None:
    for one in tool(schema).parameters:
        assert one.name.isidentifier()
        assert all(choice.isprintable() for choice in one.choices)


@pytest.mark.parametrize(
    ("parameter", "value", "wrong"),
    [
        (Parameter("a", "a", "text"), "x", ""),
        (Parameter("a", "a", "text"), 7, "a text"),
        (Parameter("a", "a", "text", choices=("up",)), "down", "one of 'up'"),
        (Parameter("a", "a", "integer"), True, "a whole number of at most 15 digits"),
        (Parameter("a", "a", "integer"), 10**400, "a whole number of at most 15 digits"),
        (Parameter("a", "a", "number"), 7, ""),
        (Parameter("a", "a", "number"), float("nan"), "a number"),
        (Parameter("a", "a", "number"), True, "a number"),
        (Parameter("a", "a", "truth"), 1, "True or False"),
        (Parameter("a", "a", "text", is_list=True), "x", "a list"),
        (Parameter("a", "a", "text", is_list=True), ["x", 7], "a text"),
        (Parameter("a", "a", "json"), {}, "a text"),
    ],
)
def test_a_value_is_held_against_its_kind(parameter: Parameter, value: object, wrong: str) -> None:
    assert wrong_value(parameter, value) == wrong


def test_json_is_read_before_it_is_sent_and_its_text_is_checked_whole() -> None:
    parameter = Parameter("a", "a", "json")

    assert as_sent(parameter, '{"a": [1]}') == {"a": [1]}
    assert texts_of(parameter, '{"a": [1]}') == ['{"a": [1]}']
    for text in ("{", "NaN", "[" * 100_000):
        with pytest.raises((ValueError, RecursionError)):
            as_sent(parameter, text)
