"""Notebooks are read without what running them printed, components by their scripts."""

import json
from typing import Any

import pytest

from scoping.index import build_index
from scoping.listing import Listing
from scoping.objects import open_objects
from scoping.views import parsed, shown

MAKE = Any
COMPONENT = b"""\
<template><p>{{ total }}</p></template>
<script lang="ts">
export function total(): number { return 1 }
</script>
<style>p { color: red }</style>
"""
CELL = {
    "cell_type": "code",
    "source": ["def f():\n", "    pass"],
    "outputs": [{"text": ["x" * 30_000]}],
}


def test_a_notebook_is_read_without_its_outputs(make_repository: MAKE) -> None:
    text = json.dumps({"cells": [CELL], "nbformat": 4}, indent=1)
    with open_objects(make_repository({"a.ipynb": text}).git_dir) as reader:
        index = build_index(reader, "HEAD")
        read = Listing(reader, "HEAD").read("a.ipynb")

    assert json.loads(read)["cells"] == [CELL | {"outputs": []}]
    assert index.by_path["a.ipynb"].references["def"] == 1
    assert index.skipped == ()


@pytest.mark.parametrize(
    "content",
    [
        b"no json",
        b"[" * 100_000,
        b"[1]",
        b'{"cells": 3}',
        b'{"cells": [3, {"source": "x"}]}',
        b'{"cells":[{"outputs":[]}]}',
        b"\xff",
    ],
)
def test_a_notebook_without_outputs_stays_as_it_is(content: bytes) -> None:
    assert shown("a.ipynb", content) == content
    assert shown("a.json", content) == content


def test_a_component_is_parsed_by_its_script_where_it_stands(make_repository: MAKE) -> None:
    files = {"a.vue": COMPONENT, "b.svelte": COMPONENT.replace(b"total", b"other")}
    with open_objects(make_repository(files).git_dir) as reader:
        index = build_index(reader, "HEAD")

    found = [(one.name, one.start_line) for facts in index.files for one in facts.symbols]
    assert found == [("total", 3), ("other", 3)]
    assert len(parsed("a.vue", COMPONENT)) == len(COMPONENT)
    assert parsed("a.vue", b"<script>" * 9_000).strip() == b""
