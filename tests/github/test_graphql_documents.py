"""Every document of GraphQL that our adapter sends is one that GitHub's own schema knows.

The proxy holds what is asked by REST against GitHub's description; of GraphQL it sees the envelope.
"""

import importlib
import json
import pkgutil
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from bot.adapters import github_forge
from tests.ending import LIMIT_S
from tests.github import rig

_DOCUMENT = re.compile(r"(query|mutation)\b[^{]*\{")


def documents() -> dict[str, str]:
    """Return the documents by where they stand."""
    found = {}
    for module in pkgutil.iter_modules(github_forge.__path__, f"{github_forge.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, str) and _DOCUMENT.match(value):
                found[f"{module.name.rpartition('.')[2]}.{name}"] = value
    return found


def complaints(known: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what GitHub's schema has against each document."""
    schema, library = rig.graphql()
    script = Path(__file__).with_name("validate.mjs")
    argv = [rig.node(), script, library, schema]
    done = subprocess.run(
        argv, input=json.dumps(known).encode(), capture_output=True, check=True, timeout=LIMIT_S
    )
    return dict(json.loads(done.stdout))


def test_github_knows_every_field_that_we_ask_for() -> None:
    known = documents()
    wrong = known["threads._THREADS"].replace("isResolved", "isSettled")

    found = complaints({**known, "wrong": wrong})

    assert "isSettled" in "".join(found.pop("wrong"))
    assert {"threads._THREADS", "threads._REPLY", "threads._RESOLVE"} <= found.keys()
    assert found == {name: [] for name in known}
