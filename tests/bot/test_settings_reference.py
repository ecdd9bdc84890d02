"""The page and the schema say what the reader accepts."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.configuration.gates import GATE_FIELDS
from bot.configuration.keys import KEYS, NOT_HONOURED
from bot.configuration.reference import configuration_page, operator_schema, target_schema
from bot.configuration.template import commented_config
from bot.configuration.values import SettingsRefusal
from bot.settings import Sources, load
from validators.rules import GateRule

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docs/configuration.md", configuration_page()),
        ("bot/changewright.schema.json", target_schema()),
        ("bot/changewright-operator.schema.json", operator_schema()),
    ],
)
def test_what_is_committed_is_what_the_keys_say(path: str, text: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == text, "write it again: make papers"


def test_every_key_and_variable_stands_on_the_page() -> None:
    page = configuration_page()
    names = [key.name for key in KEYS] + [key.variable for key in KEYS if key.variable]
    names += [field.name for field in GATE_FIELDS] + list(NOT_HONOURED)
    assert [name for name in names if f"`{name}`" not in page] == []


def test_every_table_of_the_page_has_as_many_cells_in_each_row() -> None:
    tables = [block for block in configuration_page().split("\n\n") if block.startswith("| ")]
    assert len(tables) == 6
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "number": (int, float),
    "integer": int,
}


KNOWN = {"type", "enum", "minimum", "exclusiveMinimum", "maximum", "minLength", "maxLength"}
KNOWN |= {
    "items",
    "minItems",
    "maxItems",
    "properties",
    "required",
    "additionalProperties",
    "anyOf",
}


def conforms(value: object, schema: dict[str, Any]) -> bool:
    """Say whether ``value`` meets ``schema``, in the part of JSON Schema that ours is made of."""
    assert schema.keys() <= KNOWN | {"description", "default", "title", "$schema"}
    if "anyOf" in schema:
        return any(conforms(value, one) for one in schema["anyOf"])
    names = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", [])
    is_typed = not names or any(
        isinstance(value, TYPES[name]) and isinstance(value, bool) == (name == "boolean")
        for name in names
    )
    return is_typed and value in schema.get("enum", [value]) and _is_within(value, schema)


def _is_within(value: object, schema: dict[str, Any]) -> bool:
    if isinstance(value, dict):
        properties = schema["properties"]
        assert schema["additionalProperties"] is False
        return set(schema.get("required", [])) <= value.keys() <= properties.keys() and all(
            conforms(entry, properties[name]) for name, entry in value.items()
        )
    if isinstance(value, list):
        most = int(schema.get("maxItems", len(value)))
        is_sized = int(schema.get("minItems", 0)) <= len(value) <= most
        return is_sized and all(conforms(item, schema["items"]) for item in value)
    if isinstance(value, str) and "maxLength" in schema:
        return bool(schema["minLength"] <= len(value) <= schema["maxLength"])
    if isinstance(value, int | float) and "maximum" in schema:
        lowest: float = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        is_above = value > lowest or ("minimum" in schema and value == lowest)
        return bool(is_above and value <= schema["maximum"])
    return True


GATE = GateRule("tests", "test", ("pytest",), 5.0, required=False)


SOUND = (
    ("", True),
    ("budget:", True),
    ("budget: {run_usd: }\nprotected: {policy: }\ngates:\npr: {draft: , labels: }", True),
    ("gates: [{name: a, kind: test, run: x, timeout_s: , required: }]", True),
    ("gates: [{name: a, kind: , run: x}]", False),
    (commented_config([GATE], [("sh", "-ec", "make")]), True),
    ("scope: {include: [a], exclude: [], max_files: 1, max_tokens: 1}", True),
    ("budget: {run_usd: 0.01, max_turns: 1, max_tokens: 1, wall_minutes: 1}", True),
    ("budget: {issue_usd: 0.01, day_usd: 3}", True),
    ("protected: {paths: [a], policy: block}\nallowed_files: [b]\nmax_attempts: 1", True),
    ("pr: {draft: true, title_prefix: '', labels: [on], reviewers: [octocat]}", True),
    ("budgte:", False),
    ("budget: {run_usd: 0}", False),
    ("budget: {day_usd: -1}", False),
    ("pr: {reviewers: octocat}", False),
    ("budget: {max_turns: 1.5}", False),
    ("max_attempts: true", False),
    ("max_attempts: 9999999999", False),
    ("protected: {policy: maybe}", False),
    ("pr: {labels: ['']}", False),
    ("pr: {labels: bug}", False),
    (f"pr: {{labels: [{'a,' * 1000}]}}", True),
    (f"pr: {{labels: [{'a,' * 1001}]}}", False),
    ("trigger: {label: x, remove_label: false, phrase: /fix-it}", True),
    ("trigger: {label: ''}", False),
    ("trigger: {labels: [x]}", False),
    ("pr: {branch_template: 'changewright/{kind}/{key}', expires: 14}", True),
    ("pr: {expires: 0}", False),
    ("gates: [{name: a, kind: test}]", False),
    ("gates: [{name: a, kind: test, run: []}]", False),
    ("gates: [{name: a, kind: test, run: x, on: y}]", False),
    ("- a", False),
)
OPERATORS = (
    ("state: /x", True),
    ("model: {name: x, endpoint: 'https://models.example', effort: low}", True),
    ("retention: {days: 1, journal_mb: 1, cache_days: 1, cache_mb: 1}\nreport:", True),
    ("report: {content: true}\nsandbox: {require: [no-network]}", True),
    ("model: {effort: much}", False),
    ("retention: {days: 0}", False),
    ("retention: {days: 1.5}", False),
    ("report: {content: 1}", False),
    ("sandbox: {require: [safety]}", False),
    ("sandbox: {runtime: runsc, backends: [container, bwrap]}", True),
    ("sandbox: {backends: [none]}", False),
    ("setup: {image: /var/images/root.tar}", True),
    ("setup: {image: []}", False),
    ("forge: github", False),
    ("forge: {kind: github, repository: ada/tally, app_id: 7, fork: true}", True),
    ("forge: {kind: gitlab}", False),
    ("trigger: {roles: [admin, triage], bots: ['renovate[bot]']}", True),
    ("trigger: {roles: [none]}", False),
)


def agree(document: str, schema: str, sources: Sources) -> bool:
    """Return what schema and reader both say of ``document``."""
    plain = YAML(typ="safe", pure=True).load(io.StringIO(document))
    accepted = True
    try:
        load(sources)
    except SettingsRefusal:
        accepted = False
    assert conforms(plain, json.loads(schema)) is accepted
    return accepted


@pytest.mark.parametrize(("document", "is_sound"), SOUND)
def test_the_schema_of_the_target_and_the_reader_agree(document: str, *, is_sound: bool) -> None:
    sources = Sources({}, Path("/state"), target_file=document.encode())
    assert agree(document, target_schema(), sources) is is_sound


@pytest.mark.parametrize(("document", "is_sound"), [*SOUND, *OPERATORS])
def test_the_schema_of_the_operator_and_the_reader_agree(
    tmp_path: Path, document: str, *, is_sound: bool
) -> None:
    path = tmp_path / "config.yml"
    path.write_text(document, encoding="utf-8")
    sources = Sources({}, Path("/state"), operator_file=path)
    assert agree(document, operator_schema(), sources) is is_sound


@pytest.mark.parametrize(("document", "is_sound"), [one for one in OPERATORS if one[1]])
def test_what_is_the_operators_alone_is_unknown_to_the_targets_schema(
    document: str, *, is_sound: bool
) -> None:
    plain = YAML(typ="safe", pure=True).load(io.StringIO(document))
    assert conforms(plain, json.loads(target_schema())) is not is_sound


@pytest.mark.parametrize("schema", [target_schema(), operator_schema()])
def test_every_default_meets_its_own_schema(schema: str) -> None:
    for name, one in json.loads(schema)["properties"].items():
        for leaf, part in one.get("properties", {name: one}).items():
            assert conforms(part.get("default"), part) or "default" not in part, leaf


def test_every_key_of_a_file_stands_in_the_operators_schema() -> None:
    properties = json.loads(operator_schema())["properties"]
    found = {
        f"{name}.{leaf}" if "properties" in one else name
        for name, one in properties.items()
        for leaf in one.get("properties", {name: one})
    }
    assert found == {key.name for key in KEYS if key.where != "process"}
