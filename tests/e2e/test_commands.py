"""Every command as it is called from outside: its exit code, its document, what it leaves alone."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.sandbox

Command = Callable[..., Any]
Fingerprint = Callable[[Path], dict[str, str]]
Repository = Callable[..., Path]

CONFIG = ".github/changewright.yml"
NO_FORBIDDEN = "! grep -rqF FORBIDDEN --include=*.txt ."
CANARIES = {"ANTHROPIC_API_KEY": "canary-one-5e1f", "GITHUB_TOKEN": "canary-two-8c3a"}

# Fails where the change is, so that what it saw is shown in a finding. The count stands last: what
# is shown of a long output is its end.
SPY = r"""
env
cat /proc/1/environ | tr '\0' '\n' || true
ls -la /root /home || true
echo "seen: $({ env; tr '\0' '\n' </proc/1/environ; } | grep -c 'canar[y]-') secrets"
! test -e changed.txt
"""

# Ends with 0 only if every attempt was refused, and if there was something to attempt it with.
HOSTILE = r"""
command -v bash
command -v git
git --version
refused() {
  if "$@"; then echo "SUCCEEDED: $*"; exit 9; fi
}
refused sh -c 'echo x > /usr/changewright-hostile'
refused sh -c 'touch "$HOME/../changewright-hostile"'
refused bash -c 'exec 3<>/dev/tcp/127.0.0.1/PORT'
refused git -C /workspace log
"""


@pytest.fixture
def repository(tmp_path: Path, git: Callable[..., str]) -> Repository:
    """Make a repository whose only gate is the given command; it needs no set-up."""

    def make(run: str = NO_FORBIDDEN, files: Mapping[str, str] | None = None) -> Path:
        folder = tmp_path / "target"
        gate = {"name": "words", "kind": "test", "run": run}
        config = json.dumps({"setup": {"run": []}, "gates": [gate]})
        for path, text in {CONFIG: config, "a.txt": "one\n", **(files or {})}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", "base")
        return folder

    return make


@pytest.fixture
def walled(changewright: Command, repository: Repository) -> Repository:
    """Return ``repository`` after it was seen that commands of a target do run in the sandbox.

    What the hostile gates try must never be tried without one.
    """
    folder = repository()
    (folder / "a.txt").write_text("two\n")
    said = changewright("gate", "--repo", folder)
    assert "\nsandbox bwrap (" in said.out, said.out + said.err
    shutil.rmtree(folder)
    return repository


def script(folder: Path, *texts: str) -> str:
    path = folder / "script.yml"
    path.write_text(json.dumps({"replies": [{"text": text} for text in texts]}))
    return f"--model=scripted:{path}"


def edit(path: str, old: str, new: str) -> str:
    """Return a block that puts the line ``new`` for ``old``; nothing for ``old`` makes a file."""
    lines = [path, "<<<<<<< SEARCH", *[old] * bool(old), "=======", new, ">>>>>>> REPLACE"]
    return "\n".join(lines) + "\n\n"


def test_scope_prints_one_document(changewright: Command, project: Path, issue: Path) -> None:
    said = changewright("scope", "--repo", project, "--issue-file", issue, "--json")

    assert said.code == 0, said.err
    found = said.document
    assert set(found) == {"files", "functions", "context", "profile", "skipped", "timings"}
    assert found["files"][0]["path"] == "tally.py"
    assert set(found["files"][0]) == {"path", "score", "reasons", "kind", "edges"}
    function = next(one for one in found["functions"] if one["id"].endswith("words"))
    assert function["lines"] == [4, 6]
    assert all(set(edge) == {"kind", "other"} for edge in function["edges"])
    assert 0 < found["context"]["tokens"] <= 12000
    assert any(one["path"] == "tally.py" for one in found["context"]["excerpts"])
    assert all(isinstance(seconds, float) for seconds in found["timings"].values())


def test_scope_prints_plain_lists(changewright: Command, project: Path, issue: Path) -> None:
    said = changewright("scope", "--repo", project, "--issue-file", issue, "--json=lists")

    assert said.code == 0, said.err
    assert set(said.document) == {"files", "functions"}
    assert said.document["files"][0] == "tally.py"
    assert all(isinstance(name, str) for name in said.document["functions"])
    assert "words" in said.document["functions"][0]


def test_a_whole_reply_lands_on_a_plain_directory(changewright: Command, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a.txt").write_text("one\ntwo\n")
    reply = tmp_path / "reply.md"
    reply.write_text("Two changes.\n\n" + edit("a.txt", "two", "three") + edit("b.txt", "", "new"))

    said = changewright("apply", "--tree", tree, reply, "--json")

    assert said.code == 0, said.err
    assert set(said.document) == {"landed", "rejected"}
    assert said.document["rejected"] == []
    assert [one["path"] for one in said.document["landed"]] == ["a.txt", "b.txt"]
    assert all(one["how"] for one in said.document["landed"])
    assert (tree / "a.txt").read_text() == "one\nthree\n"
    assert (tree / "b.txt").read_text() == "new\n"


def test_one_rejected_edit_keeps_all_from_landing_unless_partial_is_wanted(
    changewright: Command, tmp_path: Path, fingerprint: Fingerprint
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a.txt").write_text("one\n")
    (tree / "b.txt").write_text("two\n")
    reply = tmp_path / "reply.md"
    reply.write_text(edit("a.txt", "one", "three") + edit("b.txt", "never there", "four"))
    before = fingerprint(tree)

    said = changewright("apply", "--tree", tree, reply, "--json")

    assert said.code == 1
    (rejected,) = said.document["rejected"]
    assert set(rejected) >= {"path", "reason", "message"}
    assert rejected["path"] == "b.txt"
    assert fingerprint(tree) == before

    said = changewright("apply", "--tree", tree, reply, "--partial")

    assert said.code == 1
    assert (tree / "a.txt").read_text() == "three\n"
    assert (tree / "b.txt").read_text() == "two\n"


def test_operations_land_on_a_plain_directory_and_are_refused_with_words(
    changewright: Command, tmp_path: Path, fingerprint: Fingerprint
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a.py").write_text("def half(a):\n    return a / 2\n\n\nx = half(4)\n")
    reply = tmp_path / "reply.json"
    calls = [
        {"command": "rename_symbol", "path": "a.py", "name": "half", "new_name": "halved"},
        {"command": "add_argument", "path": "a.py", "name": "halved", "argument": "b=2"},
        {"command": "add_import", "path": "a.py", "import": "import math"},
    ]
    reply.write_text(json.dumps(calls))

    said = changewright("apply", "--tree", tree, reply, "--json")

    assert said.code == 0, said.err
    assert [one["how"] for one in said.document["landed"]] == ["by-syntax"] * 3
    expected = "import math\ndef halved(a, b=2):\n    return a / 2\n\n\nx = halved(4)\n"
    assert (tree / "a.py").read_text() == expected

    before = fingerprint(tree)
    reply.write_text(edit("a.py", "x = halved(4)", "x = half(4)"))
    said = changewright("apply", "--tree", tree, reply, "--json")
    assert said.code == 1
    assert said.document["rejected"][0]["reason"] == "undefined-name"
    assert fingerprint(tree) == before


def test_a_reply_is_read_from_standard_input(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a.txt").write_text("one\n")

    done = subprocess.run(
        [str(Path(sys.executable).with_name("changewright")), "apply", "--tree", str(tree), "-"],
        env=dict(environment),
        input=edit("a.txt", "one", "two"),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert (tree / "a.txt").read_text() == "two\n"


def test_gate_judges_a_commit_the_working_tree_or_a_patch(
    changewright: Command, repository: Repository, git: Callable[..., str], tmp_path: Path
) -> None:
    folder = repository()
    (folder / "a.txt").write_text("FORBIDDEN\n")
    patch = tmp_path / "change.diff"
    patch.write_text(git(folder, "diff"))

    of_tree = changewright("gate", "--repo", folder, "--json")
    git(folder, "commit", "--quiet", "--all", "--message", "worse")
    of_commit = changewright("gate", "--repo", folder, "--base=HEAD^", "--head=HEAD", "--json")
    git(folder, "reset", "--quiet", "--hard", "HEAD^")
    of_patch = changewright("gate", "--repo", folder, "--patch", patch, "--json")

    assert [said.code for said in (of_tree, of_commit, of_patch)] == [1, 1, 1], of_tree.err
    found = of_tree.document
    assert set(found) == {
        *("verdict", "kind", "gates", "tests", "coverage", "newly_covered", "findings"),
        *("sandbox", "evidence"),
    }
    assert found["verdict"] == "fail"
    (gate,) = (one for one in found["gates"] if one["name"] == "words")
    assert (gate["outcome"], gate["base"]["exit_code"]) == ("fail", 0)
    assert gate["patched"]["exit_code"] == 1
    assert set(found["tests"]) == {
        *("fail_to_pass", "pass_to_fail", "missing", "flaky", "steady"),
    }
    assert any(one["gate"] == "words" for one in found["findings"])
    # The same change has the same evidence, whichever way it was handed in.
    assert of_tree.document == of_commit.document == of_patch.document


def test_gate_takes_a_commit_or_a_patch_but_not_both(
    changewright: Command, repository: Repository, tmp_path: Path
) -> None:
    said = changewright(
        "gate", "--repo", repository(), "--head=HEAD", "--patch", tmp_path / "change.diff"
    )

    assert said.code == 2
    assert "either --head REV or --patch FILE" in said.err


def test_a_migration_keeps_the_good_shard_though_another_fails(
    changewright: Command, repository: Repository, fingerprint: Fingerprint
) -> None:
    folder = repository(files={"bad/b.txt": "FORB-IDDEN\n", "good/g.txt": "re-write\n"})
    before = fingerprint(folder)

    said = changewright(
        "migrate", "--repo", folder, "--rule", "sed -i s/-//", "--on", "*/*.txt",
        "--shard", "directory", "--json",
    )  # fmt: skip

    assert said.code == 1, said.err
    assert set(said.document) == {"campaign", "targets"}
    by_state = {one["state"]: one for one in said.document["targets"]}
    assert set(by_state) == {"gated", "failed"}
    assert len(said.document["targets"]) == 2
    assert by_state["gated"]["files_changed"] == 1
    bundle = Path(by_state["gated"]["bundle"])
    assert bundle.is_file()
    assert "good/g.txt" in bundle.read_text()
    assert by_state["failed"]["bundle"] == ""
    assert by_state["failed"]["cause"].startswith("fail")
    assert fingerprint(folder) == before


def test_a_gate_command_never_sees_a_secret(
    changewright: Command, walled: Repository, fingerprint: Fingerprint, tmp_path: Path
) -> None:
    folder = walled(SPY)
    model = script(tmp_path, edit("changed.txt", "", "changed"))
    before = fingerprint(folder)

    said = changewright(
        "propose", "--repo", folder, "--task", "Add changed.txt", model, "--max-attempts=1",
        **CANARIES,
    )  # fmt: skip

    assert said.code == 1, said.err
    kept = {p: p.read_bytes() for p in (tmp_path / "state").rglob("*") if p.is_file()}
    assert "seen: 0 secrets" in said.out, said.out
    assert any(b"PATH=" in content for content in kept.values()), "kept where no scan finds it"
    for secret in CANARIES.values():
        assert secret not in said.out + said.err
        assert [path for path, content in kept.items() if secret.encode() in content] == []
    assert fingerprint(folder) == before


def test_a_hostile_gate_command_gets_nowhere(changewright: Command, walled: Repository) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        folder = walled(HOSTILE.replace("PORT", str(listener.getsockname()[1])))
        (folder / "a.txt").write_text("two\n")

        said = changewright("gate", "--repo", folder, "--json")

        with pytest.raises(BlockingIOError):
            listener.accept()
    assert said.code == 0, said.out
    (gate,) = (one for one in said.document["gates"] if one["name"] == "words")
    assert (gate["base"]["exit_code"], gate["patched"]["exit_code"]) == (0, 0)
    assert not Path("/usr/changewright-hostile").exists()


def test_a_gate_without_a_sandbox_says_so(changewright: Command, repository: Repository) -> None:
    folder = repository()
    (folder / "a.txt").write_text("two\n")

    said = changewright("gate", "--repo", folder, "--unsafe-no-sandbox")

    assert said.code == 0, said.err
    assert "\nsandbox none, holding nothing\n" in said.out


def test_a_pull_request_made_without_a_sandbox_shouts_it(
    changewright: Command, repository: Repository, tmp_path: Path
) -> None:
    folder = repository()
    model = script(tmp_path, edit("a.txt", "one", "two"))

    made = changewright(
        "propose", "--repo", folder, "--task", "Say two in a.txt", model,
        "--unsafe-no-sandbox", "--json",
    )  # fmt: skip

    assert made.code == 0, made.err
    assert made.document["attempts"][-1]["evidence"]["backend"] == "none"
    published = changewright("publish", made.document["bundle"], "--repo", folder)
    assert published.code == 0, published.err
    shown = changewright("review", "show", "1", "--repo", folder)
    assert "**WITHOUT A SANDBOX**" in shown.out


def test_a_folder_that_is_no_repository_is_refused(changewright: Command, tmp_path: Path) -> None:
    said = changewright("gate", "--repo", tmp_path)

    assert said.code == 2
    assert str(tmp_path) in said.err.splitlines()[0]
    assert "repository" in said.err.splitlines()[0]


def test_a_repository_without_commits_is_refused(
    changewright: Command, tmp_path: Path, git: Callable[..., str]
) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "empty")

    said = changewright("gate", "--repo", tmp_path / "empty")

    assert said.code == 2
    assert "has no commit yet" in said.err.splitlines()[0]
    assert "git commit" in said.err.splitlines()[0]


def test_a_proposal_without_a_task_is_refused(
    changewright: Command, repository: Repository, tmp_path: Path
) -> None:
    said = changewright("propose", "--repo", repository(), script(tmp_path, "nothing"))

    assert said.code == 2
    assert "--task" in said.err
    assert "--issue-file" in said.err


@pytest.mark.parametrize(
    ("model", "told"),
    [("--model=oracle", "'oracle'"), ("--model=claude", "set ANTHROPIC_API_KEY")],
)
def test_a_model_that_cannot_be_used_names_the_others(
    changewright: Command, repository: Repository, model: str, told: str
) -> None:
    said = changewright("propose", "--repo", repository(), "--task", "Say two", model)

    assert said.code == 2
    first = said.err.splitlines()[0]
    assert all(words in first for words in (told, "scripted:FILE", "recorded:RUN")), first


def test_a_mistyped_key_of_the_target_is_named_with_its_line_and_the_right_one(
    changewright: Command, repository: Repository
) -> None:
    folder = repository(files={CONFIG: "setup:\n  run: []\ngatse: []\n"})

    said = changewright("gate", "--repo", folder)

    assert said.code == 2
    first = said.err.splitlines()[0]
    assert f"{CONFIG}:3: " in first
    assert "did you mean 'gates'?" in first


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")
def test_a_node_project_is_judged_by_test_id(
    changewright: Command, repository: Repository, tmp_path: Path, git: Callable[..., str]
) -> None:
    source = "exports.words = (text) => text.split(' ').length;"
    folder = repository(
        files={
            "package.json": '{"name": "tally", "version": "1.0.0", "private": true,'
            ' "scripts": {"test": "node --test"}}\n',
            "tally.js": f"{source}\n",
        }
    )
    git(folder, "rm", "--quiet", CONFIG)
    git(folder, "commit", "--quiet", "--message", "nothing declared")
    test = (
        "const test = require('node:test');\n"
        "const assert = require('node:assert');\n"
        "const { words } = require('../tally.js');\n\n"
        "test('two spaces', () => assert.strictEqual(words('one  two'), 2));"
    )
    model = script(
        tmp_path,
        edit("tally.js", source, source.replace("' '", "/ +/"))
        + edit("test/tally.test.js", "", test),
    )

    said = changewright("propose", "--repo", folder, "--task", "Two spaces", model, "--json")

    assert said.code == 0, said.err
    gates = said.document["attempts"][-1]["evidence"]["gates"]
    (mended,) = (test for gate in gates for test in gate["fail_to_pass"])
    assert mended.startswith("node::")
    assert "two spaces" in mended
