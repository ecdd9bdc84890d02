"""An issue from a file: plain text or Markdown, with optional YAML front matter."""

import re
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from scoping.refusal import Refusal
from workflows.task import Task

MAX_ISSUE_BYTES = 1_000_000
_MAX_BRACKETS = 16
_KEYS = ("number", "title", "author", "labels")


class IssueFileRefusal(Refusal):
    """A file holds no issue: which file, and what is missing."""


def task_of(issue_file: Path | None, words: str | None, repository: str, base: str) -> Task:
    """Return the task given in one of the two ways; IssueFileRefusal when it is neither or both."""
    if issue_file is not None and words is None:
        return task_from_file(issue_file, repository, base)
    if words is not None and issue_file is None:
        return task_from_words(words, repository, base)
    raise IssueFileRefusal("give the task either as --issue-file FILE.md or as --task TEXT")


def task_from_file(path: Path, repository: str, base: str) -> Task:
    """Return the task in ``path``; without front matter its first line is the title.

    ``-`` is standard input.
    """
    try:
        with nullcontext(sys.stdin.buffer) if str(path) == "-" else path.open("rb") as file:
            content = file.read(MAX_ISSUE_BYTES + 1)
    except OSError as error:
        raise IssueFileRefusal(f"{path}: cannot read the issue: {error.strerror}") from error
    if len(content) > MAX_ISSUE_BYTES:
        raise IssueFileRefusal(
            f"{path}: the issue is too long; the limit is {MAX_ISSUE_BYTES} bytes"
        )
    if b"\0" in content:
        raise IssueFileRefusal(
            f"{path}: this is no text; write the issue as plain text or Markdown"
        )
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    fields, body = _front_matter(text, path)
    if "title" not in fields:
        fields["title"], body = _first_line(body)
    fields["title"] = " ".join(fields["title"].split())  # YAML may spread it over lines
    if not fields["title"]:
        raise IssueFileRefusal(
            f"{path}: the issue is empty; write a title on its first line and what is wanted below"
        )
    return Task(
        title=fields["title"],
        body=body.strip(),
        repository=repository,
        base=base,
        number=fields.get("number", ""),
        author=fields.get("author", ""),
        labels=tuple(filter(None, map(str.strip, fields.get("labels", "").split(",")))),
    )


def task_from_words(words: str, repository: str, base: str) -> Task:
    """Return the task given as one argument; its first line is the title."""
    title, body = _first_line(words)
    if not title:
        raise IssueFileRefusal("the task is empty; say in a sentence what is to be changed")
    return Task(title=title, body=body.strip() or title, repository=repository, base=base)


def _first_line(text: str) -> tuple[str, str]:
    head, _, rest = text.strip().partition("\n")
    return head.lstrip("#").strip(), rest


def _front_matter(text: str, path: Path) -> tuple[dict[str, str], str]:
    """Return the front matter's fields and the text below it."""
    if not text.startswith("---\n"):
        return {}, text
    # Its end may be that of the file, and nothing need be in it.
    block, mark, body = f"{text[3:]}\n".partition("\n---\n")
    if not mark:
        # A rule across the page is Markdown too: without an end there is no front matter.
        return {}, text
    fields = _yaml_mapping(block, path)
    unknown = [key for key in fields if key not in _KEYS]
    if unknown:
        raise IssueFileRefusal(
            f"{path}: unknown key {unknown[0]!r} in the front matter;"
            f" it may hold {', '.join(_KEYS)}"
        )
    number = fields.get("number", "")
    if number and not re.fullmatch(r"[0-9]{1,18}", number):
        raise IssueFileRefusal(f"{path}: number must be a whole number, not {number[:40]!r}")
    return fields, body


def _yaml_mapping(block: str, path: Path) -> dict[str, str]:
    # The parser takes minutes over thousands of open brackets; a line of `key: value` needs none.
    if max(block.count("["), block.count("{")) > _MAX_BRACKETS:
        raise IssueFileRefusal(f"{path}: the front matter is nested; write lines of `key: value`")
    from ruamel.yaml import YAML  # noqa: PLC0415 - 50 ms that only this needs
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        loaded: Any = YAML(typ="safe", pure=True).load(block)
        if isinstance(loaded, dict) and isinstance(labels := loaded.get("labels"), list):
            loaded["labels"] = ", ".join(map(str, labels))
        if isinstance(loaded, dict) and all(isinstance(v, str | int) for v in loaded.values()):
            return {str(key): str(value) for key, value in loaded.items()}
        if loaded is None:
            return {}
    except (YAMLError, ValueError) as error:
        raise IssueFileRefusal(f"{path}: the front matter is not YAML: {error}") from error
    raise IssueFileRefusal(f"{path}: the front matter must be lines of `key: value`")
