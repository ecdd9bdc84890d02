r"""One pattern and what takes its place, as a YAML file in the words of ast-grep's rules.

    id: force-str
    language: python
    rule: {pattern: force_text($X)}
    constraints: {X: {regex: "^'"}}
    fix: force_str($X)
    message: force_text is gone in Django 4      # why, for who reads the rule
    sites: '\bforce_text\('                      # the independent count

Whatever needs more than that is a program: no key of a rule is ignored in silence.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from validators.codemods.facade import Edits, File
from validators.codemods.node import Node
from validators.codemods.pattern import names_in


@dataclass(frozen=True, slots=True)
class Rule:
    """``fix`` takes the place of ``pattern``, where each hole's text matches its constraint."""

    language: str
    pattern: str
    fix: str
    constraints: Mapping[str, str] = field(default_factory=dict)


def transform_of(rule: Rule) -> Callable[[File], Edits]:
    """Return the program that a rule stands for."""
    wanted = {name: re.compile(regex) for name, regex in rule.constraints.items()}

    def holds(file: File, node: Node) -> bool:
        return all(regex.search(_held(file, node.row(name))) for name, regex in wanted.items())

    def transform(file: File) -> Iterator[Edits]:
        if file.language == rule.language:
            for node in file.find(rule.pattern):
                if holds(file, node):
                    yield file.replace(node, rule.fix)

    return transform


def _held(file: File, row: list[Node]) -> str:
    """Return what a hole holds as it stands, commas and all."""
    content = file.content[row[0].start : row[-1].stop] if row else b""
    return content.decode("utf-8", "surrogateescape")


def holes_unknown(rule: Rule) -> list[str]:
    """Return what the fix or a constraint names and the pattern does not hold."""
    unknown = (names_in(rule.fix) | set(rule.constraints)) - names_in(rule.pattern)
    return [f"${name}" for name in sorted(unknown)]
