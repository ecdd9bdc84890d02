"""Imports lead to files of the index, in packages, src layouts and scripts."""

from typing import Any

import pytest

from scoping.graph import Graph, build_graph, module_of

INDEXED = Any
FILES = {
    "src/pkg/__init__.py": "from .core import Foo\n",
    "src/pkg/core.py": (
        "from . import util\nfrom .sub.deep import d\nclass Foo:\n    def bar(self): ...\n"
    ),
    "src/pkg/util.py": "import os, json\nfrom pkg import core\n",
    "src/pkg/sub/__init__.py": "",
    "src/pkg/sub/deep.py": "from ..util import x\nfrom ... import nothing\nd = Foo\n",
    "plain.py": "import pkg.sub.deep\nimport plain\nfrom pkg.core import Foo, bar\n",
    "nested/app/main.py": "import other\nfrom .sibling import *\n",
    "nested/app/other.py": "",
    "nested/app/sibling.py": "from .....far import x\n",
    "notes.md": "Foo and bar",
}
SCRIPTS = {
    "web/a.ts": 'import x from "./b.js"; import y from "../lib"; import z from "react";',
    "web/b.ts": 'export * from "./c";',
    "web/c.tsx": 'import "./missing"; import "../../../../etc/passwd";',
    "lib/index.js": 'require("../web/d.mjs")',
    "web/d.mjs": 'import "./d.mjs"',
}


@pytest.fixture
def graph(indexed: INDEXED) -> Graph:
    return build_graph(indexed(FILES))


def test_python_imports_lead_to_files(graph: Graph) -> None:
    assert graph.imports == {
        "src/pkg/__init__.py": ("src/pkg/core.py",),
        "src/pkg/core.py": ("src/pkg/util.py", "src/pkg/sub/deep.py"),
        "src/pkg/util.py": ("src/pkg/core.py",),
        "src/pkg/sub/__init__.py": (),
        "src/pkg/sub/deep.py": ("src/pkg/util.py",),
        "plain.py": ("src/pkg/sub/deep.py", "src/pkg/core.py"),
        "nested/app/main.py": ("nested/app/other.py", "nested/app/sibling.py"),
        "nested/app/other.py": (),
        "nested/app/sibling.py": (),
        "notes.md": (),
    }
    assert graph.imported_by["src/pkg/core.py"] == (
        "plain.py",
        "src/pkg/__init__.py",
        "src/pkg/util.py",
    )


def test_scripts_import_by_path_with_any_ending(indexed: INDEXED) -> None:
    assert build_graph(indexed(SCRIPTS)).imports == {
        "web/a.ts": ("web/b.ts", "lib/index.js"),
        "web/b.ts": ("web/c.tsx",),
        "web/c.tsx": (),
        "lib/index.js": ("web/d.mjs",),
        "web/d.mjs": (),
    }


def test_a_dotted_name_is_a_module_and_the_rest(graph: Graph) -> None:
    core = "src/pkg/core.py"
    assert module_of(graph.modules, "pkg.core.Foo.bar") == (core, "Foo.bar")
    assert module_of(graph.modules, "src.pkg.core") == (core, "")
    assert module_of(graph.modules, "nowhere.core") is None


def test_definitions_and_mentions_are_found_by_name(graph: Graph) -> None:
    assert [symbol.id for symbol in graph.definitions["bar"]] == ["src/pkg/core.py::Foo.bar"]
    assert graph.referrers("Foo") == (
        "plain.py",
        "src/pkg/__init__.py",
        "src/pkg/core.py",
        "src/pkg/sub/deep.py",
    )
    assert graph.referrers("nobody") == ()
    assert graph.named["__init__.py"] == ("src/pkg/__init__.py", "src/pkg/sub/__init__.py")
