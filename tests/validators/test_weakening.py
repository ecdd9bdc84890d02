"""Two trees compared by their tests and by what runs them, and what the rules make of it."""

from collections.abc import Callable, Mapping

import pytest

from validators import weakening
from validators.checkout import Clone, write_tree
from validators.rules import PolicyWord, Protected, Rules
from validators.sandbox import FileChange
from validators.verdict import Finding

Files = Mapping[str, str | None]
Weaken = Callable[..., tuple[Finding, ...]]

ONE = "def test_x():\n    assert f() == 1\n"
CONFIGURED = "[tool.pytest.ini_options]\ntestpaths = ['tests']\n"


@pytest.fixture
def tree_of(clone_of: Callable[[Files], Clone]) -> Callable[[Files, Files], tuple[Clone, str]]:
    def make(before: Files, after: Files) -> tuple[Clone, str]:
        clone = clone_of(before)
        changed = [
            FileChange(path, "000000")
            if text is None
            else FileChange(path, "100644", text.encode())
            for path, text in after.items()
        ]
        return clone, write_tree(clone, clone.base_tree, changed)

    return make


@pytest.fixture
def weaken(tree_of: Callable[[Files, Files], tuple[Clone, str]]) -> Weaken:
    def run(before: Files, after: Files, policy: PolicyWord = "block") -> tuple[Finding, ...]:
        clone, tree = tree_of(before, after)
        rules = Rules(protected=Protected(tests=policy))
        return weakening.weakening_findings(clone, clone.base_tree, tree, rules)

    return run


@pytest.mark.parametrize(
    ("policy", "severities"), [("block", ["block"]), ("ask", ["ask"]), ("allow", [])]
)
def test_the_rules_decide_what_a_weaker_test_means(
    weaken: Weaken, policy: PolicyWord, severities: list[str]
) -> None:
    found = weaken({"tests/test_a.py": ONE}, {"tests/test_a.py": "def test_x(): ...\n"}, policy)

    assert [one.severity for one in found] == severities
    assert {(one.gate, one.code, one.path, one.line) for one in found} <= {
        ("weakening", "test-emptied", "tests/test_a.py", 1)
    }
    assert all(one.fix for one in found)


def test_what_a_person_may_find_right_never_blocks(weaken: Weaken) -> None:
    found = weaken({"a.py": "x = 1\n"}, {"a.py": "x = 1\ny = g()  # type: ignore\n"})

    assert [(one.code, one.severity) for one in found] == [("suppression-added", "ask")]


def test_a_removed_test_that_was_shown_to_be_replaced_is_for_a_person(
    tree_of: Callable[[Files, Files], tuple[Clone, str]],
) -> None:
    new = ONE.replace("test_x", "test_y").replace("1", "2")
    clone, tree = tree_of({"tests/test_a.py": ONE}, {"tests/test_a.py": new})
    compared = weakening.compared(clone, clone.base_tree, tree)

    assert [one.replaced_by for one in compared.changes] == ["test_y", ""]
    for replaced, severity in ((frozenset(), "block"), ({"tests/test_a.py::test_x"}, "ask")):
        found = weakening.findings_on(compared, Rules(), frozenset(replaced))
        assert [(one.code, one.severity) for one in found] == [("test-removed", severity)]


def test_a_removed_file_of_tests_is_one_finding(weaken: Weaken) -> None:
    two = ONE + ONE.replace("test_x", "test_y")
    found = weaken({"tests/test_a.py": two, "a.py": "x = 1\n"}, {"tests/test_a.py": None})

    assert [(one.code, one.message) for one in found] == [
        ("test-removed", "tests/test_a.py is removed, with its 2 tests")
    ]


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("tests/sub/test_a.py", []),
        ("old/test_a.py", ["test-removed"]),
        ("tests/checks_a.py", ["test-removed"]),
        ("tests/build/test_a.py", ["test-removed"]),
        ("tests/a.txt", ["test-removed"]),
    ],
)
def test_a_file_moved_where_no_runner_looks_takes_its_tests_away(
    weaken: Weaken, path: str, codes: list[str]
) -> None:
    base = {"tests/test_a.py": ONE * 5, "pyproject.toml": CONFIGURED}

    found = weaken(base, {"tests/test_a.py": None, path: ONE * 5})
    assert [one.code for one in found] == codes


def test_rewritten_snapshots_are_for_a_person(weaken: Weaken) -> None:
    base = {"tests/__snapshots__/a.test.js.snap": "exports[`a`] = `1`;\n"}
    name = "tests/__snapshots__/a.test.js.snap"

    assert [(one.code, one.severity) for one in weaken(base, {name: "exports[`a`] = `2`;\n"})] == [
        ("snapshot-rewritten", "ask")
    ]


def test_snapshots_that_only_gain_entries_are_nothing(weaken: Weaken) -> None:
    base = {"tests/snapshots/a.ambr": "# name: a\n  1\n"}

    assert weaken(base, {"tests/snapshots/a.ambr": "# name: a\n  1\n# name: b\n  2\n"}) == ()


def test_settings_and_tests_are_judged_together(weaken: Weaken) -> None:
    found = weaken(
        {"tests/test_a.py": ONE, "pyproject.toml": CONFIGURED, "Makefile": "test:\n\tpytest\n"},
        {
            "tests/test_a.py": ONE.replace("== 1", ""),
            "pyproject.toml": f"{CONFIGURED}addopts = '-k nothing'\n",
            "Makefile": "test:\n\tpytest || true\n",
        },
    )

    assert {(one.code, one.severity, one.path) for one in found} == {
        ("assertion-removed", "block", "tests/test_a.py"),
        ("settings-loosened", "block", "pyproject.toml"),
        ("failure-hidden", "block", "Makefile"),
    }


def test_a_change_of_sources_alone_is_nothing(weaken: Weaken) -> None:
    assert weaken({"a.py": "x = 1\n", "tests/test_a.py": ONE}, {"a.py": "x = 2\n"}) == ()


def test_the_grave_findings_come_first_and_there_are_not_too_many(weaken: Weaken) -> None:
    many = "".join(ONE.replace("test_x", f"test_{n}").replace("1", str(n)) for n in range(150))
    after = {"tests/test_a.py": "x = g()  # noqa\n"}
    found = weaken({"tests/test_a.py": many}, after)

    assert (len(found), found[0].severity, found[-1].code) == (101, "block", "more-findings")
    assert found[-1].message == "51 more weakened tests or settings are left out"


def test_each_change_of_a_test_is_named(
    tree_of: Callable[[Files, Files], tuple[Clone, str]],
) -> None:
    clone, tree = tree_of(
        {"tests/test_a.py": ONE, "tests/test_b.py": ONE.replace("f()", "g()")},
        {
            "tests/test_a.py": f"# moved a line down\n{ONE}",
            "tests/test_b.py": ONE.replace("f() == 1", "g() == 2"),
            "tests/test_c.py": "def test_new():\n    assert h(3, 4)\n",
        },
    )

    changes = weakening.test_changes(clone, clone.base_tree, tree)
    assert [(c.path, c.test, c.status, c.assertion_changed) for c in changes] == [
        ("tests/test_b.py", "test_x", "changed", True),
        ("tests/test_c.py", "test_new", "new", False),
    ]
