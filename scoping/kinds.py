"""What a file is for, told by its place and its name alone."""

import re
from typing import Literal

FileKind = Literal["source", "test", "docs", "template", "notebook", "configuration", "other"]

_TEST_FOLDERS = frozenset(("test", "tests", "__tests__", "spec", "specs"))
_TEST_NAME = re.compile(r"^(test_.*|.*_test|conftest|.*[.](test|spec))$")
_DOCS_FOLDERS = frozenset(("doc", "docs", "documentation", "example", "examples"))
_DOCS_SUFFIXES = frozenset((".md", ".rst", ".txt", ".adoc"))
_TEMPLATES = "html htm jinja jinja2 j2 tmpl tpl ejs erb haml hbs mustache liquid twig"
_CONFIGURATION = "yaml yml toml json ini cfg conf properties xml"
_KIND_OF_ENDING: dict[str, FileKind] = {
    "ipynb": "notebook",
    **dict.fromkeys(_TEMPLATES.split(), "template"),
    **dict.fromkeys(_CONFIGURATION.split(), "configuration"),
}
_SETUP_NAMES = frozenset(("setup.py", "conf.py", "noxfile.py", "tasks.py", "versioneer.py"))


def kind_of(path: str, language: str) -> FileKind:
    """Return what a file is for, by its place and name alone."""
    *folders, name = path.split("/")
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, ending.lower()) if stem and dot else (name, "")
    around = {folder.lower() for folder in folders}
    if around & _TEST_FOLDERS or _TEST_NAME.match(stem.lower()):
        return "test"
    if around & _DOCS_FOLDERS or f".{ending}" in _DOCS_SUFFIXES:
        return "docs"
    if not language:
        return _KIND_OF_ENDING.get(ending, "other")
    return "other" if name in _SETUP_NAMES else "source"
