"""What a file is for, whatever the issue: tests, pages and set-up are seldom what is to change."""

import re
from collections.abc import Iterator

from scoping.signals.case import Case, Column

_NOT_OTHER = frozenset(("source", "test", "docs"))
# Code that serves tests: `testing/compare.py`, `pkg/_test_runner.py`.
_SERVES_TESTS = re.compile(r"(^|/)_?test")


def serves_tests(path: str) -> bool:
    """Whether a path says that its code is there for tests, which users of it never run."""
    return _SERVES_TESTS.search(path) is not None


def nature(case: Case) -> Iterator[Column]:
    """Yield a column for each kind of file that is not plain source."""
    for kind in ("test", "docs"):
        yield Column(f"is_{kind}", {path: 1.0 for path, own in case.kinds.items() if own == kind})
    others = {path: 1.0 for path, own in case.kinds.items() if own not in _NOT_OTHER}
    yield Column("is_other", others)
    texts = {path: 1.0 for path in case.kinds.keys() - case.pool if case.kinds[path] != "test"}
    yield Column("is_testing", {path: 1.0 for path in sorted(case.pool) if serves_tests(path)})
    yield Column("is_text", dict(sorted(texts.items())))
