"""The story of doubt: somebody with another clone runs a bundle's gates again, sandboxed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from validators.encoding import digest, encode

pytestmark = pytest.mark.sandbox

Command = Callable[..., Any]
NEW_TEST = "tests.test_tally::test_two_spaces"


@pytest.fixture
def clone(project: Path, tmp_path: Path, git: Callable[..., str]) -> Path:
    """A colleague's clone, which is some commits further on by now."""
    folder = tmp_path / "colleague"
    git(tmp_path, "clone", "--quiet", str(project), str(folder))
    (folder / "tally.py").write_text("")
    git(folder, "commit", "--quiet", "--all", "--message", "elsewhere")
    return folder


def resealed(bundle: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Change what is in a bundle and mend the hash over it, as a forger would."""
    content = json.loads(bundle.read_bytes())
    change(content)
    del content["sha256"]
    path = bundle.with_name("forged.json")
    path.write_bytes(encode(content | {"sha256": digest(encode(content))}))
    return path


def test_a_colleague_is_told_the_same_and_a_forger_is_found_out(
    changewright: Command,
    bundle: Path,
    clone: Path,
    tmp_path: Path,
    fingerprint: Callable[[Path], dict[str, str]],
) -> None:
    before = fingerprint(clone)

    said = changewright("verify", bundle, "--repo", clone, "--state", tmp_path / "other", "--json")

    assert said.code == 0, said.out + said.err
    found = said.document
    assert (found["same"], found["differences"]) == (True, [])
    assert found["evidence"]["bundle"] == found["evidence"]["here"]
    assert {gate["name"]: gate["tests"] for gate in found["gates"]}["tests"] == 4
    assert fingerprint(clone) == before

    said = changewright("verify", resealed(bundle, _without_the_mending), "--repo", clone)

    assert said.code == 1, said.err
    first, *others = said.out.splitlines()[1:]
    assert first.startswith("DIFFERENT: applied-tree: ")
    assert f"DIFFERENT: tests test {NEW_TEST}: passed in the bundle, failed here" in others
    assert "DIFFERENT: verdict: pass in the bundle, fail here" in others
    assert others[-1].startswith("different: ")


def _without_the_mending(content: dict[str, Any]) -> None:
    """Leave out of the change what mends the bug, and all else as it was."""
    changes = content["bundle"]["changes"]
    content["bundle"]["changes"] = [one for one in changes if one["path"] != "tally.py"]
