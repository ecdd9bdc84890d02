"""Migrations of Python as libcst has them, run by an interpreter that has libcst.

    python libcst_rules.py NAME FILE...

Where libcst brings a command for it, that is run; else the few lines that its users would write.
Only files that hold the old word are parsed, as if they had been looked for first.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import libcst as cst
import libcst.matchers as m
from libcst.codemod import CodemodContext
from libcst.codemod.commands.convert_union_to_or import ConvertUnionToOrCommand
from libcst.codemod.commands.rename import RenameCommand
from libcst.codemod.commands.strip_strings_from_types import StripStringsCommand
from libcst.codemod.visitors import AddImportsVisitor

_MOVES = {
    "six.moves.urllib.parse": "urllib.parse",
    "six.moves.http_cookiejar": "http.cookiejar",
    "six.moves.http_cookies": "http.cookies",
    "six.moves.configparser": "configparser",
    "six.moves.cPickle": "pickle",
    "six.moves.copyreg": "copyreg",
    "six.moves.cStringIO": "io.StringIO",
    "six.moves.email_mime_base": "email.mime.base",
    "six.moves.email_mime_multipart": "email.mime.multipart",
    "six.moves.email_mime_text": "email.mime.text",
}
_SIGNS = {
    "assertEqual": cst.Equal(),
    "assertNotEqual": cst.NotEqual(),
    "assertIn": cst.In(),
    "assertIs": cst.Is(),
}


def renamed(*moves: tuple[str, str]) -> Callable[[cst.Module], cst.Module]:
    """Return what libcst's own command makes, once for each pair of dotted names."""

    def transform(tree: cst.Module) -> cst.Module:
        for old, new in moves:
            tree = RenameCommand(CodemodContext(), old_name=old, new_name=new).transform_module(
                tree
            )
        return tree

    return transform


def spelled(old: str, new: str) -> Callable[[cst.Module], cst.Module]:
    """Return what puts one name for another, strings of it included."""

    def transform(tree: cst.Module) -> cst.Module:
        tree = m.replace(tree, m.Name(old), cst.Name(new))
        for quote in "'\"":
            text, made = f"{quote}{old}{quote}", f"{quote}{new}{quote}"
            tree = m.replace(tree, m.SimpleString(text), cst.SimpleString(made))
        return tree

    return transform


def aware(tree: cst.Module) -> cst.Module:
    """Return a module that asks for the time in UTC."""
    place = m.Name("datetime") | m.Attribute(attr=m.Name("datetime"))
    call = m.Call(m.Attribute(value=m.SaveMatchedNode(place, "of"), attr=m.Name("utcnow")), args=[])
    zone = cst.parse_expression("timezone.utc")

    def made(_: object, found: dict[str, cst.BaseExpression]) -> cst.Call:
        return cst.Call(cst.Attribute(found["of"], cst.Name("now")), [cst.Arg(zone)])

    if not m.findall(tree, call):
        return tree
    context = CodemodContext()
    AddImportsVisitor.add_needed_import(context, "datetime", "timezone")
    return AddImportsVisitor(context).transform_module(m.replace(tree, call, made))


def raising(tree: cst.Module) -> cst.Module:
    """Return a module whose blocks are pytest's."""
    call = m.Call(
        m.Attribute(m.Name("self"), m.Name("assertRaises")), args=[m.SaveMatchedNode(m.Arg(), "of")]
    )
    if not m.findall(tree, call):
        return tree
    raises = cst.Attribute(cst.Name("pytest"), cst.Name("raises"))
    made = m.replace(tree, call, lambda _, found: cst.Call(raises, [found["of"]]))
    context = CodemodContext()
    AddImportsVisitor.add_needed_import(context, "pytest")
    return AddImportsVisitor(context).transform_module(made)


def asserting(tree: cst.Module) -> cst.Module:
    """Return a module with plain assertions for the methods of two values and of one."""
    for method, sign in _SIGNS.items():
        pair = [m.SaveMatchedNode(m.Arg(), "a"), m.SaveMatchedNode(m.Arg(), "b")]
        call = m.Expr(m.Call(m.Attribute(m.Name("self"), m.Name(method)), args=pair))
        tree = m.replace(
            tree,
            call,
            lambda _, found, sign=sign: cst.Assert(
                cst.Comparison(found["a"].value, [cst.ComparisonTarget(sign, found["b"].value)])
            ),
        )
    one = m.Expr(
        m.Call(m.Attribute(m.Name("self"), m.Name("assertTrue")), [m.SaveMatchedNode(m.Arg(), "a")])
    )
    tree = m.replace(tree, one, lambda _, found: cst.Assert(found["a"].value))
    return raising(tree)


def modern(tree: cst.Module) -> cst.Module:
    """Return a module as libcst's own commands for annotations make it."""
    for command in (ConvertUnionToOrCommand, StripStringsCommand):
        tree = command(CodemodContext()).transform_module(tree)
    return tree


# By the name of a migration: the word without which a file is not looked into, and the rule.
RULES: dict[str, tuple[bytes, Callable[[cst.Module], cst.Module]]] = {
    "django_rest_framework_335054a5": (
        b"force_text",
        renamed(("django.utils.encoding.force_text", "django.utils.encoding.force_str")),
    ),
    "scrapy_8d92c28a": (b"assertRaises", raising),
    "scrapy_df00389c": (b"six.moves", renamed(*_MOVES.items())),
    "scrapy_b2b2d0b0": (
        b"TWISTED_ENABLED",
        spelled("TWISTED_ENABLED", "TWISTED_REACTOR_ENABLED"),
    ),
    "urllib3_fe39ebfb": (b"typing", modern),
    "urllib3_52c82753": (b"self.assert", asserting),
    "urllib3_da892d67": (b"Literal", renamed(("typing_extensions.Literal", "typing.Literal"))),
    "celery_7a27725c": (b"utcnow", aware),
    "celery_10bc6fbd": (b"assertEquals", spelled("assertEquals", "assertEqual")),
}


def main() -> None:
    """Rewrite the files in place; say which could not be read."""
    word, rule = RULES[sys.argv[1]]
    for name in sys.argv[2:]:
        file = Path(name)
        before = file.read_bytes()
        if word not in before:
            continue
        try:
            after = rule(cst.parse_module(before)).bytes
        except (cst.CSTException, cst.ParserSyntaxError, RecursionError) as error:
            print(f"{name}: {type(error).__name__}", file=sys.stderr)
            continue
        if after != before:
            file.write_bytes(after)


if __name__ == "__main__":
    main()
