"""The changed files of two trees, and what their syntax says about tests on either side."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scoping.facts import Skipped
from scoping.grammars import Parser
from scoping.test_facts import FunctionFacts, SuiteFacts
from validators.checkout import Clone, RawChange, raw_changes, read_blobs
from validators.weakenings.collection import looks_like_test

_FILE_MODES = frozenset(("100644", "100755"))
_TIMEOUT_S = 60.0
# Without one of these a file that holds no tests says nothing of interest here.
_SAYING = re.compile(rb"(?i)noqa|ignore|disable|cover|@ts-|nosec|nolint|skip|suppress|allow\(")


@dataclass(frozen=True, slots=True)
class Touched:
    """One changed file: its facts on both sides, or why they are not known."""

    old_path: str
    path: str
    before: SuiteFacts | Skipped | None
    after: SuiteFacts | Skipped | None
    old_text: bytes = field(default=b"", repr=False)
    text: bytes = field(default=b"", repr=False)

    @property
    def is_test_file(self) -> bool:
        """Whether it holds tests, or did."""
        return looks_like_test(self.old_path) or looks_like_test(self.path)


def touched_files(clone: Clone, base_tree: str, applied_tree: str) -> tuple[Touched, ...]:
    """Return every ordinary file that differs, with the facts of those a grammar reads."""
    changes = [
        change
        for change in raw_changes(clone, base_tree, applied_tree)
        if _FILE_MODES & {change.old_mode, change.new_mode}
    ]
    wanted = [sha for change in changes for sha in _blobs(change)]
    texts = dict(zip(wanted, read_blobs(clone, wanted), strict=True))
    with Parser(timeout_s=_TIMEOUT_S) as parser:
        return tuple(_touched(change, texts, parser) for change in changes)


def functions(facts: SuiteFacts | Skipped | None) -> tuple[FunctionFacts, ...]:
    """Return the functions of a file; none where it could not be read."""
    return facts.functions if isinstance(facts, SuiteFacts) else ()


def _touched(change: RawChange, texts: Mapping[str, bytes], parser: Parser) -> Touched:
    sides: dict[str, SuiteFacts | Skipped | None] = defaultdict(lambda: None)
    content: dict[str, bytes] = {}
    for side, mode, sha, path in (
        ("before", change.old_mode, change.old_sha, change.old_path),
        ("after", change.new_mode, change.new_sha, change.path),
    ):
        if mode in _FILE_MODES:
            text = content[side] = texts[sha]
            if looks_like_test(path):
                sides[side] = parser.suite(path, text, "tests")
            else:
                says = _SAYING.search(text) is not None
                sides[side] = parser.suite(path, text, "comments") if says else SuiteFacts()
    return Touched(
        change.old_path,
        change.path,
        sides["before"],
        sides["after"],
        content.get("before", b""),
        content.get("after", b""),
    )


def _blobs(change: RawChange) -> Iterator[str]:
    if change.old_mode in _FILE_MODES:
        yield change.old_sha
    if change.new_mode in _FILE_MODES:
        yield change.new_sha
