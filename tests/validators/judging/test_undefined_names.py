from collections.abc import Callable, Mapping

import pytest

from validators.checkout import Clone, write_tree
from validators.judging.floor import floor_findings
from validators.judging.javascript_names import (
    NameReader,
    Names,
    is_read,
    known_globals,
    names_in,
)
from validators.sandbox import FileChange
from validators.verdict import Finding

CloneOf = Callable[[Mapping[str, str | bytes]], Clone]


def free(grammar: str, text: str) -> set[str]:
    found = names_in(grammar, text.encode())
    assert found is not None
    return set(found.free) - known_globals()


def found_in(clone: Clone, files: Mapping[str, str]) -> list[tuple[str, str, int]]:
    changes = [FileChange(path, "100644", text.encode()) for path, text in files.items()]
    tree = write_tree(clone, clone.base_tree, changes)
    findings: list[Finding] = list(floor_findings(clone, clone.base_tree, tree))
    assert {found.code for found in findings} <= {"undefined-name"}
    return [(found.path, found.message.split()[2].strip(","), found.line) for found in findings]


@pytest.mark.parametrize(
    "text",
    [
        "const { a, b: { c = 1 }, ...d } = {}; f(a, c, d); function f(x, [y], z = x) { y + z }",
        "import e, { f as g } from 'm'; import * as h from 'n'; e(g, h);",
        "class A extends B {} ; class B { m(p) { return p + arguments.length } }",
        "for (const [k, v] of Object.entries({})) { k + v } for (let i = 0; ;) i++;",
        "try { x() } catch ({ message }) { message } function x() {}",
        "const f = async y => y, g = (a, ...b) => [a, b]; f(g, function* named() { named });",
        "/* global one, two:writable */ one(two); /* not global three */",
        "export { z as default }; const z = 1; export * as all from 'm'; export { q } from 'm';",
        "typeof maybe === 'undefined'; label: for (;;) break label;",
        "const shorthand = 1; module.exports = { shorthand, key: shorthand, method() {} };",
        "const App = () => <div className='x'><svg:rect /><App.Part /><></></div>;",
    ],
)
def test_what_is_declared_in_whichever_way_is_not_free(text: str) -> None:
    assert free("javascript", text) == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("foo(1);\n", {"foo"}),
        ("const a = { foo, b: bar, [baz]: 1 };", {"foo", "bar", "baz"}),
        ("function f(a = deep) { return { ...rest } }", {"deep", "rest"}),
        ("x = 1; [y] = z;", {"x", "y", "z"}),
        ("const { a = b } = {};", {"b"}),
        ("a.b.c; `${t}`; new K();", {"a", "t", "K"}),
        ("const el = <Missing prop={gone} />;", {"Missing", "gone"}),
        ("export { nowhere };", {"nowhere"}),
        ("for (k in o) {}", {"k", "o"}),
    ],
)
def test_what_is_used_and_declared_nowhere_is_free(text: str, expected: set[str]) -> None:
    assert free("javascript", text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "enum E { A = 1, B = A << 1, C } export class K<T> { constructor(private k: E) { k } }",
        "type F = (a: string) => [b: number, c?: E]; interface E { [key: string]: NodeJS.Timeout }",
        "abstract class Q { abstract m(x: number): x is never } namespace N { export const y = Q }",
        "function f(this: Window, a?: number, ...r: string[]): asserts a is number { r }",
        "declare const D: string; declare function G(x: number): void; D; G(1); import R = N.M;",
        "import type { T } from 'm'; export type { T as U }; declare namespace N { const M: T }",
    ],
)
def test_what_typescript_declares_is_not_free(text: str) -> None:
    assert free("typescript", text) - {"N"} == set()


def test_only_scripts_share_what_they_declare() -> None:
    assert names_in("javascript", b"var x = 1") == Names({}, frozenset({"x"}), is_script=True)
    for text in (b"export const x = 1", b"import 'm'", b"module.exports = 1", b"require('m')"):
        found = names_in("tsx", text)
        assert found is not None
        assert not found.is_script


def test_files_that_cannot_be_read_have_no_names() -> None:
    assert names_in("javascript", b"f((") is None
    with NameReader() as reader:
        assert reader.names("a.py", b"x") is None
        assert reader.names("a.js", b"f((") is None
        assert reader.names("a.js", b"[" * 20_000 + b"]" * 20_000) is None
        assert reader.names("a.js", b"x") == Names({"x": 1}, frozenset(), is_script=True)
    assert is_read("a.mts")
    assert not is_read("a.css")


def test_a_name_that_a_change_misspells_blocks(clone_of: CloneOf) -> None:
    clone = clone_of({"a.js": "const total = 1;\nexport default total;\n"})
    found = found_in(clone, {"a.js": "const total = 1;\nexport default totl;\n"})
    assert found == [("a.js", "totl", 2)]


def test_a_forgotten_import_is_found_in_a_new_file_as_well(clone_of: CloneOf) -> None:
    clone = clone_of({"lib.js": "export const help = 1;\n"})
    assert found_in(clone, {"b.ts": "export const x = help;\n"}) == [("b.ts", "help", 1)]


def test_names_the_base_takes_for_granted_are_granted(clone_of: CloneOf) -> None:
    base = {
        "a.js": "legacy();\n",
        "b.js": "if (__DEV__) { exports.x = 1 }\n",
        "script.js": "function shared() {}\n",
        "types.d.ts": "declare const ambient: number;\nexport {};\n",
        "eslint.config.js": "export default [{ globals: { configured: true } }];\n",
    }
    used = "legacy(legacy, __DEV__, shared, ambient, configured, describe, window);\n"
    assert found_in(clone_of(base), {"a.js": used}) == []


def test_names_the_change_itself_declares_for_all_are_granted(clone_of: CloneOf) -> None:
    files = {"types.d.ts": "declare const FLAG: boolean;\n", "a.ts": "export const x = FLAG;\n"}
    assert found_in(clone_of({"a.ts": ""}), files) == []


def test_a_file_that_was_broken_on_the_base_is_not_judged(clone_of: CloneOf) -> None:
    assert found_in(clone_of({"a.js": "f(("}), {"a.js": "f(unknown)"}) == []
