"""Which tests a patch touches, so that only those need be run on trees half old and half new."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath

from validators.checkout import Clone, file_changes, write_tree
from validators.detect import looks_like_test
from validators.evidence import TestOutcome
from validators.weakening import TestChange

# A longer choice is no choice: then all tests run.
_MOST_NAMES = 60
_PARAMETERS = re.compile(r"\[.*\]\Z", re.DOTALL)


@dataclass(frozen=True)
class TouchedTests:
    """What ``applied_tree`` does to the tests of the clone's base.

    ``changes`` are the test functions that it adds, changes, moves or removes.
    """

    clone: Clone
    applied_tree: str
    changes: tuple[TestChange, ...]

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The files of tests, and of what only tests use, that the patch touches."""
        changed = file_changes(self.clone, self.clone.base_tree, self.applied_tree)
        return tuple(change.path for change in changed if looks_like_test(change.path))

    @cached_property
    def on_base(self) -> str:
        """The tree of the base's sources with the patch's tests; empty when it has none."""
        base = self.clone.base_tree
        changed = file_changes(self.clone, base, self.applied_tree)
        tests = [change for change in changed if change.path in set(self.files)]
        return write_tree(self.clone, base, tests) if tests else ""

    @cached_property
    def of_base(self) -> str:
        """The tree of the patch's sources with the base's tests; empty where none was touched."""
        if not self.old_names:
            return ""
        changed = file_changes(self.clone, self.applied_tree, self.clone.base_tree)
        tests = [change for change in changed if change.path in set(self.files)]
        return write_tree(self.clone, self.applied_tree, tests)

    @property
    def own_names(self) -> tuple[str, ...]:
        """The names of the tests that the patch brings; none also where all must run."""
        return few(c.name for c in self.changes if c.status != "removed")

    @property
    def own_files(self) -> frozenset[str]:
        """The files those tests are in."""
        return frozenset(change.path for change in self.changes if change.status != "removed")

    @property
    def old_files(self) -> frozenset[str]:
        """The files that the tests of `old_names` are in on the base."""
        old = (as_on_base(change) for change in self.changes if change.status != "new")
        return frozenset(change.path for change in old if change.name)

    @property
    def old_names(self) -> tuple[str, ...]:
        """The names of the base's tests that the patch changes, moves or removes."""
        old = (as_on_base(change) for change in self.changes if change.status != "new")
        return tuple(sorted({change.name for change in old if change.name}))


def as_on_base(change: TestChange) -> TestChange:
    """Return the change with the place and the name that the test has on the base."""
    if not change.before:
        return change
    path, _, test = change.before.partition("::")
    return replace(change, path=path, test=test, name=re.split("::| > ", test)[-1])


def case_of(test: str) -> str:
    """Return which case of a table an id names, in its brackets; empty where it names none."""
    found = _PARAMETERS.search(test)
    return found[0] if found else ""


def ids_of(change: TestChange, outcomes: Mapping[str, TestOutcome]) -> tuple[str, ...]:
    """Return the ids under which a runner reported one test function, with any parameters."""
    classes = change.test.split("::")[:-1] if change.path.endswith(".py") else []
    module = ".".join(PurePosixPath(change.path).with_suffix("").parts)
    place = ".".join([module, *classes])
    return tuple(
        test
        for test in outcomes
        if name_of(test) == change.name
        and (
            not change.path.endswith(".py")
            or _is_at(place, _without_case(test).rpartition("::")[0])
        )
    )


def name_of(test: str) -> str:
    """Return the name of a test function from an id, without parameters."""
    return _without_case(test).rpartition("::")[2]


def _without_case(test: str) -> str:
    return _PARAMETERS.sub("", test)


def _is_at(place: str, classname: str) -> bool:
    # A report may name modules from another folder than the top.
    return place == classname or place.endswith(f".{classname}") or classname.endswith(f".{place}")


def few(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names a runner can be told to choose by; none where that is no choice."""
    found = sorted({name for name in names if name.isidentifier()})
    return tuple(found) if len(found) <= _MOST_NAMES else ()
