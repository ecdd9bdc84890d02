"""A proxy that lets through only what GitHub's own description of its API allows.

It is stricter than GitHub in three things, which GitHub passes over in silence: a field or a query
word that is not described, a body that does not say that it is JSON, and `/repositories/{id}`,
which is not described at all. A refusal is status 599, which no adapter can take for an answer.

Of GraphQL, which that description leaves out, only the envelope is held to a form; what is in it is
judged by the shim, which knows the documents that an adapter of ours sends and no other.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from tests.github.api_description import Operation, Parameter, pattern
from tests.github.serving import Answered, Asked, LoopbackServer, passed_on

REFUSED = 599
_GRAPHQL = Operation(
    "POST",
    "/graphql",
    body={
        "type": "object",
        "required": ["query"],
        "properties": {"query": {"type": "string"}, "variables": {"type": "object"}},
        "additionalProperties": False,
    },
    body_required=True,
    body_type="application/json",
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that was not passed on, and everything that is wrong with it."""

    method: str
    path: str
    complaints: tuple[str, ...]


class Description:
    """Says what is wrong with a request, by the operations that GitHub describes."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._validators: dict[int, Any] = {}
        # As GitHub's router prefers: of two that fit, the one with more spelled out.
        by_template = sorted([*operations, _GRAPHQL], key=_spelled_out, reverse=True)
        self._rows = [(pattern(each), each) for each in by_template]

    def operation(self, asked: Asked) -> tuple[Operation | None, dict[str, str]]:
        """Return what ``asked`` is a request for, with the parameters of its path."""
        for shape, operation in self._rows:
            found = shape.fullmatch(asked.path) if operation.method == asked.method else None
            if found:
                return operation, {name: unquote(text) for name, text in found.groupdict().items()}
        return None, {}

    def complaints(self, asked: Asked) -> list[str]:
        operation, in_path = self.operation(asked)
        if operation is None:
            return [f"{asked.method} {asked.path} is not described"]
        complaints = [] if asked.headers.get("user-agent") else ["no User-Agent was sent"]
        complaints += self._of_values(operation, "path", list(in_path.items()))
        complaints += self._of_values(operation, "query", asked.words())
        complaints += self._of_body(operation, asked)
        return complaints

    def _of_values(
        self, operation: Operation, place: str, said: Sequence[tuple[str, str]]
    ) -> Iterator[str]:
        known = {each.name: each for each in operation.parameters if each.place == place}
        for name, text in said:
            if name not in known:
                yield f"{place} {name}: not described"
                continue
            for error in self._errors(known[name].schema, _value(known[name], text)):
                yield f"{place} {name}: {error.message}"
        for name, parameter in known.items():
            if parameter.required and name not in dict(said):
                yield f"{place} {name}: missing"

    def _of_body(self, operation: Operation, asked: Asked) -> Iterator[str]:
        if not asked.body:
            if operation.body_required:
                yield "body: missing"
            return
        if operation.body is None:
            yield "body: none is described"
            return
        sent = asked.headers.get("content-type", "").partition(";")[0].strip()
        if sent != operation.body_type:
            yield f"body: sent as {sent or 'nothing'} instead of {operation.body_type}"
            return
        try:
            value = json.loads(asked.body)
        except ValueError as broken:
            yield f"body: not JSON: {broken}"
            return
        for error in self._errors(operation.body, value):
            where = "/".join(map(str, error.instance_path))
            yield f"body {where}: {error.message}" if where else f"body: {error.message}"

    def _errors(
        self, schema: dict[str, Any], value: Any
    ) -> Iterator[jsonschema_rs.ValidationError]:
        # By identity: the schemas live as long as the rows do.
        if id(schema) not in self._validators:
            self._validators[id(schema)] = jsonschema_rs.Draft7Validator(
                schema, validate_formats=True
            )
        return iter(self._validators[id(schema)].iter_errors(value))


def _spelled_out(operation: Operation) -> tuple[int, str]:
    return len(re.sub(r"\{[^}]+\}", "", operation.template)), operation.template


def _value(parameter: Parameter, text: str) -> Any:
    """Read ``text`` as the description says it is meant, or leave it to be complained of."""
    kinds = {parameter.schema.get("type")}
    kinds |= {each.get("type") for each in parameter.schema.get("oneOf", ())}
    if "array" in kinds:
        return text.split(",")
    if "boolean" in kinds and text in {"true", "false"}:
        return text == "true"
    if kinds & {"integer", "number"} and text.removeprefix("-").isdecimal():
        return int(text)
    return text


@dataclass(slots=True)
class SpecReport:
    """What came past: how many requests for which operation, and what was refused."""

    operations: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)

    @property
    def checked(self) -> int:
        return self.operations.total() + len(self.refused)

    def __str__(self) -> str:
        lines = [f"checked: {self.checked}, refused: {len(self.refused)}"]
        lines += [f"{count:6} {name}" for name, count in sorted(self.operations.items())]
        for each in self.refused:
            lines += [f"REFUSED {each.method} {each.path}: {'; '.join(each.complaints)}"]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class SpecProxy:
    """A proxy at work: give ``url`` to the client, and look at ``report`` afterwards."""

    url: str
    report: SpecReport


@contextmanager
def checking(description: Description, upstream: str) -> Iterator[SpecProxy]:
    """Pass on to ``upstream`` what GitHub describes; answer the rest with `REFUSED`."""
    report, lock = SpecReport(), threading.Lock()

    def answer(asked: Asked) -> Answered:
        complaints = description.complaints(asked)
        operation, _ = description.operation(asked)
        with lock:
            if complaints or operation is None:
                report.refused.append(Refused(asked.method, asked.target, tuple(complaints)))
            else:
                report.operations[f"{operation.method} {operation.template}"] += 1
        if complaints:
            said = {"message": "GitHub describes no such request", "errors": complaints}
            return Answered(
                REFUSED, json.dumps(said).encode(), {"content-type": "application/json"}
            )
        return passed_on(asked, upstream)

    with LoopbackServer(answer) as server:
        yield SpecProxy(server.url, report)
