"""The facade in one page, for whoever must write a program with no other source: a person, a model.

The page in the documentation is this text, and each of its examples is run by a test.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shown:
    """One call of the facade: ``yields`` is what transform() returns, ``before`` becomes ``after``.

    ``call`` is how it is written, ``means`` what cannot be seen from that.
    """

    call: str
    means: str
    language: str
    yields: str
    before: str
    after: str


_HEAD = '''\
A codemod is a Python program on one file at a time, without input or output.

    """What this changes, and why."""
    from collections.abc import Iterator
    from validators.codemod import Argument, Edits, File, Node

    SITES = r"\\bold\\("  # counts the places to change without the program: a regular expression
    FILES = ("*.py",)   # as in .gitignore

    def transform(file: File) -> Iterator[Edits]:
        for call in file.find("old($$$ARGS)"):
            if any(one.is_rest for one in call.arguments):
                yield file.leave(call, "its arguments cannot be told")
            else:
                yield file.replace(call, "new($$$ARGS)")

Each match of SITES must be rewritten or left with a reason; other rewritten places are reported,
but for imports and what goes through follow(). A second run must change nothing, the result must
parse, two edits must not claim the same bytes.

A pattern is a whole expression, statement, declaration or type. $X is any node, $_ not kept,
$$$X any number in a row, a name used twice the same text. Comments, commas, layout, " or '
do not count. In a new text $X and $$$X are what was held, bracketed where needed;
$$ is a dollar.

file.path .language .text .root
file.find(pattern), file.find(kind="call"), file.find(..., inside=node) -> list[Node]
file.names("name"), file.strings(r"regex"), file.imports_of("module", "name") -> list[Node]
node["X"], node.row("X") -> what a hole held
node.kind .text .line .column .start .stop .span .parent .children (named parts) .tokens (all)
node.field("role") .has("role") .within("kind", ...) .ancestors() .comments
call.arguments, call.argument(0), call.argument("name") -> Argument: .node .value .name .is_rest
function.parameters -> list[Node]; call.argument_list, function.parameter_list: with the brackets

Kinds are those of tree-sitter's grammars, for example:
python: call, decorator, function_definition (name, parameters, return_type, body), attribute
typescript: call_expression (function, arguments), import_statement, decorator
go: call_expression, selector_expression, function_declaration, method_declaration (name, result)
java: method_invocation, marker_annotation, annotation, method_declaration (type, name, body)
rust: call_expression, macro_invocation, function_item; kind="ERROR" is what does not parse

What transform() may yield, in any of the languages:
'''
SHOWN = (
    Shown(
        'replace(node, "$B, $A")',
        "keeps what holes held, and edits inside it",
        "typescript",
        '[file.replace(n, "post($B, $A)") for n in file.find("send($A, $B)")]',
        "send(x, send(y, 1));",
        "post(post(1, y), x);",
    ),
    Shown(
        "compose(node, text, other, ...)",
        "the same, from nodes of the file",
        "rust",
        '[file.compose(n, n["X"], "?") for n in file.find("check($X)")]',
        "fn f() { check(g()); }",
        "fn f() { g()?; }",
    ),
    Shown(
        "rename(old, new, imports=True)",
        "where code says exactly this name",
        "java",
        'file.rename("before", "setUp")',
        'class A { void before() { p("before"); } }',
        'class A { void setUp() { p("before"); } }',
    ),
    Shown(
        "rewrite(node, regex, text)",
        "within a node, such as a string",
        "python",
        r'[file.rewrite(n, r"\ba\.(\w+)", r"b.\1") for n in file.strings(r"\ba\.")]',
        'p("a.x", a.x)',
        'p("b.x", a.x)',
    ),
    Shown(
        "remove(node)",
        "with its line where it stands alone",
        "python",
        '[file.remove(n) for n in file.find(kind="decorator") if n.text == "@old"]',
        "@old\n@new\ndef f(): pass",
        "@new\ndef f(): pass",
    ),
    Shown(
        "insert_before(node, text), insert_after(node, text)",
        "",
        "javascript",
        '[file.insert_before(n, "await ") for n in file.find("save($X)")'
        ' if n.parent.kind != "await_expression"]',
        "save(a);",
        "await save(a);",
    ),
    Shown(
        "add_argument(call, text, at=None)",
        "",
        "go",
        '[file.add_argument(n, "ctx", 0) for n in file.find("store.Get($$$ARGS)")'
        ' if not n.arguments or n.arguments[0].node.text != "ctx"]',
        "package p\nvar a = store.Get(1)",
        "package p\nvar a = store.Get(ctx, 1)",
    ),
    Shown(
        "add_parameter(definition, text, at=None)",
        "",
        "go",
        '[file.add_parameter(n, "ctx context.Context", 0)'
        ' for n in file.find(kind="method_declaration")'
        ' if n.field("name").text == "Get" and "ctx" not in n.parameter_list.text]',
        "package p\nfunc (s S) Get(id int) {}",
        "package p\nfunc (s S) Get(ctx context.Context, id int) {}",
    ),
    Shown(
        "remove_argument(call, argument, ...)",
        "with its comma",
        "java",
        '[file.remove_argument(n, n.argument(1)) for n in file.find("f($A, $B)")]',
        "class A { int a = f(1, 2); }",
        "class A { int a = f(1); }",
    ),
    Shown(
        "name_argument(call, argument, name)",
        "",
        "python",
        '[file.name_argument(n, n.argument(1), "k") for n in file.find("f($$$_)")'
        " if n.argument(1)]",
        "f(1, 2)",
        "f(1, k=2)",
    ),
    Shown(
        "insert_import(statement)",
        "in its place; nothing where it is there",
        "python",
        'file.insert_import("from a import c")',
        "from a import b\nimport d",
        "from a import b, c\nimport d",
    ),
    Shown(
        "remove_import(module, *names)",
        "",
        "go",
        'file.remove_import("io/ioutil")',
        'package p\n\nimport (\n\t"io/ioutil"\n\t"os"\n)',
        'package p\n\nimport (\n\t"os"\n)',
    ),
    Shown(
        "replace_import(old, new)",
        "two modules, or two statements of one name",
        "typescript",
        """[file.replace_import("import { a } from 'm'", "import { b } from 'n'"),"""
        ' file.rename("a", "b", imports=False)]',
        'import { a } from "m";\na(1);',
        'import { b } from "n";\nb(1);',
    ),
    Shown(
        "follow(edits)",
        "edits beside a site that are no site of their own",
        "python",
        '[[file.replace(n, "new($X)"), file.follow(file.rename("err", "error"))]'
        ' for n in file.find("old($X)")]',
        "old(err)",
        "new(error)",
    ),
    Shown(
        "leave(node, reason)",
        "known, and stays",
        "python",
        '[file.leave(n, "depends on *args") for n in file.find("old(*$X)")]',
        "old(*a)",
        "old(*a)",
    ),
)


def codemod_reference() -> str:
    """Return the whole page: the form of a program, its rules, and each call with an example."""
    return _HEAD + "".join(_entry(one) for one in SHOWN)


def _entry(one: Shown) -> str:
    means = f": {one.means}" if one.means else ""
    code = f"{one.before} -> {one.after}".replace("\n", "\\n").replace("\t", "\\t")
    return f"\nfile.{one.call}{means}\n  {one.language}: {one.yields}\n  {code}\n"
