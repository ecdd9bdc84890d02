"""GitHub's OpenAPI description, cut down to what a request may say and turned into JSON Schema.

The published description is 13 MB, mostly of answers. What stands here, one operation a row, is
read in a few milliseconds and needs no library that knows OpenAPI.
"""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

# Whatever an adapter of ours could reach: a repository, the app and its tokens, who we are.
_KEPT = ("/repos/{owner}/{repo}", "/app", "/installation/", "/user", "/rate_limit", "/meta")
_METHODS = ("get", "put", "post", "patch", "delete")
_WORDS_ONLY = ("description", "example", "examples", "title", "deprecated", "readOnly")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value in the path or the query; ``spans`` where it may itself hold slashes."""

    name: str
    place: str
    required: bool
    schema: dict[str, Any]
    spans: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method of one path takes; ``body`` is None where nothing may be sent."""

    method: str
    template: str
    parameters: tuple[Parameter, ...] = ()
    body: dict[str, Any] | None = None
    body_required: bool = False
    body_type: str = ""


@dataclass(slots=True)
class _Cut:
    """Follows references in ``document`` and rewrites what JSON Schema says otherwise."""

    document: dict[str, Any]
    open: list[str] = field(default_factory=list)

    def resolved(self, node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            _, *steps = node["$ref"].split("/")
            node = self.document
            for step in steps:
                node = node[step]
        return node

    def schema(self, node: Any) -> dict[str, Any]:
        reference = node.get("$ref", "")
        if reference and reference in self.open:
            return {}  # a schema inside itself: no request of ours is one, so anything may stand
        self.open.append(reference)
        cut = self._rewritten(self.resolved(node))
        self.open.pop()
        return cut

    def _rewritten(self, node: dict[str, Any]) -> dict[str, Any]:
        cut: dict[str, Any] = {}
        for key, value in node.items():
            if key == "properties":
                cut[key] = {name: self.schema(each) for name, each in value.items()}
            elif key in {"oneOf", "anyOf", "allOf"}:
                cut[key] = [self.schema(each) for each in value]
            elif key in {"items", "not", "additionalProperties"} and isinstance(value, dict):
                cut[key] = self.schema(value)
            elif key not in _WORDS_ONLY and key != "nullable" and not key.startswith("x-"):
                cut[key] = value
        return {"anyOf": [cut, {"type": "null"}]} if node.get("nullable") else cut

    def operation(self, method: str, template: str, said: dict[str, Any]) -> Operation:
        parameters = [self.resolved(each) for each in said.get("parameters", [])]
        body = self.resolved(said.get("requestBody")) or {"content": {}}
        body_type = next(iter(body["content"]), "")
        schema = self.schema(body["content"][body_type]["schema"]) if body_type else None
        if schema is not None and "properties" in schema:
            # GitHub drops in silence what it does not know: a slip of the pen would look like
            # success, so here it is an error.
            schema["additionalProperties"] = False
        return Operation(
            method.upper(),
            template,
            tuple(
                Parameter(
                    each["name"],
                    each["in"],
                    bool(each.get("required")),
                    self.schema(each["schema"]),
                    bool(each.get("x-multi-segment")),
                )
                for each in parameters
            ),
            schema,
            bool(body.get("required")),
            body_type,
        )


def cut_down(document: dict[str, Any]) -> list[Operation]:
    """Return the operations of ``document`` that an adapter could reach."""
    cut = _Cut(document)
    return [
        cut.operation(method, template, item[method])
        for template, item in document["paths"].items()
        if template.startswith(_KEPT)
        for method in _METHODS
        if method in item
    ]


def write(operations: list[Operation], path: Path) -> None:
    rows = [asdict(operation) for operation in operations]
    path.write_text(json.dumps(rows, separators=(",", ":")))


def read(path: Path) -> list[Operation]:
    return [
        Operation(**{**row, "parameters": tuple(Parameter(**each) for each in row["parameters"])})
        for row in json.loads(path.read_text())
    ]


def pattern(operation: Operation) -> re.Pattern[str]:
    """Return what the paths of ``operation`` look like, each parameter a group."""
    spanning = {each.name for each in operation.parameters if each.spans}
    parts = re.split(r"\{([^}]+)\}", operation.template)
    shape = ""
    for position, part in enumerate(parts):
        if position % 2:
            shape += f"(?P<{part}>{'.+' if part in spanning else '[^/]+'})"
        else:
            shape += re.escape(part)
    return re.compile(shape)
