"""``sandbox run``, ``probe`` and ``setup`` as they are called: codes, documents, what stays."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.cli import run

pytestmark = pytest.mark.sandbox

Capture = pytest.CaptureFixture[str]
Run = Callable[..., int]


@pytest.fixture(scope="module")
def _usable(tmp_path_factory: pytest.TempPathFactory) -> None:
    probe = BwrapSandbox(tmp_path_factory.mktemp("scratch")).probe()
    if not probe.usable:
        pytest.skip(f"{probe.why_not}. {probe.mend}")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, _usable: None) -> None:
    for name in list(os.environ):
        if name.startswith("CHANGEWRIGHT_"):
            monkeypatch.delenv(name)
    operator = tmp_path / "operator.yml"
    operator.write_text("sandbox:\n  backends: [bwrap]\n")
    monkeypatch.setenv("CHANGEWRIGHT_CONFIG", str(operator))
    monkeypatch.setenv("CHANGEWRIGHT_STATE", str(tmp_path / "state"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "kept.txt").write_text("kept\n")
    (folder / "deleted.txt").write_text("deleted\n")
    return folder


@pytest.fixture
def sandboxed(tree: Path) -> Run:
    return lambda *words: run(["sandbox", "run", "--tree", str(tree), *words])


def names(tree: Path) -> list[str]:
    return sorted(path.name for path in tree.iterdir())


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 0), ("exit 42", 42), ("exit 125", 125), ("kill -9 $$", 137), ("kill -15 $$", 143)],
)
def test_the_code_is_the_commands_own(sandboxed: Run, script: str, code: int) -> None:
    assert sandboxed("--", "sh", "-c", script) == code


def test_the_time_limit_has_a_code_of_its_own(sandboxed: Run) -> None:
    assert sandboxed("--timeout", "0.3", "--", "sleep", "30") == 124


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--backend", "none", "--", "true"), "--backend none has no walls; add --unsafe-no-sand"),
        (("--backend", "bwrap", "--unsafe-no-sandbox", "--", "true"), "give either --backend bwr"),
        (
            ("--backend", "worse", "--", "true"),
            "'worse' is not one of 'bwrap', 'container', 'none'",
        ),
        (("--phase", "setup", "--", "true"), "'setup' is not one of 'lint', 'build', 'test'"),
        (("--tree", "nowhere", "--", "true"), "Directory 'nowhere' does not exist"),
        (("--tree", __file__, "--", "true"), "is a file"),
        (("--tree", "/", "--", "true"), "lies in --tree /, so a copy of the tree would have to"),
        (("--timeout", "0", "--", "true"), "--timeout 0 is no time limit: give seconds"),
        (("--timeout", "-1", "--", "true"), "more than 0 and at most 86400"),
        (("--timeout", "nan", "--", "true"), "--timeout nan is no time limit"),
        (("--timeout", "inf", "--", "true"), "--timeout inf is no time limit"),
        (("--timeout", "soon", "--", "true"), "'soon' is not a valid float"),
        (("--keeep", "--", "true"), "No such option '--keeep'. (Did you mean one of: '--help'"),
        (("--state", "/proc/nowhere", "--", "true"), "cannot make the state folder /proc/nowhere"),
        ((), "Missing argument 'COMMAND...'"),
        (("--",), "Missing argument 'COMMAND...'"),
        (("--", ""), "the command has no name; write it after --, such as -- make test"),
        (("--", "a\0b"), "holds a NUL, which no name can; leave it out"),
        (("--", "true", "\0"), "holds a NUL, which no name can; leave it out"),
        (("--tree", "a\0b", "--", "true"), "holds a NUL, which no name can; leave it out"),
    ],
)
def test_wrong_use_is_told_and_has_a_code_of_its_own(
    sandboxed: Run, words: list[str], complaint: str, capsys: Capture
) -> None:
    assert sandboxed(*words) == 2
    said = capsys.readouterr()
    assert (said.out, complaint in said.err) == ("", True), said


def test_wrong_settings_are_wrong_use(sandboxed: Run, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "operator.yml").write_text("sandbox:\n  backends: [bubblewrap]\n")
    assert sandboxed("--", "true") == 2
    assert "sandbox.backends" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", [("sh", "-c", "true", "x" * 3_000_000), ("/workspace/kept.txt",), ("nowhere",)]
)
def test_what_cannot_be_started_is_no_wrong_use(sandboxed: Run, command: tuple[str, ...]) -> None:
    assert sandboxed("--", *command) in {125, 126, 127}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_what_cannot_be_kept_is_refused_by_its_name(
    sandboxed: Run, tree: Path, capsys: Capture
) -> None:
    tree.chmod(0o555)
    assert sandboxed("--keep", "--", "sh", "-c", "echo new > new.txt") == 125
    tree.chmod(0o755)
    assert "new.txt: cannot write it: Permission denied" in capsys.readouterr().err
    assert names(tree) == ["deleted.txt", "kept.txt"]


def test_what_a_phase_requires_and_nobody_holds_is_refused(
    sandboxed: Run, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "operator.yml").write_text(
        "sandbox:\n  backends: [bwrap]\n  require: [proxy-only-network]\n"
    )
    assert sandboxed("--", "true") == 0
    capsys.readouterr()
    kept = tmp_path / "state" / "probes" / "bwrap.json"
    measured = json.loads(kept.read_text())
    measured["guarantees"].remove("proxy-only-network")  # as it is where the machine cannot
    kept.write_text(json.dumps(measured))
    assert sandboxed("--json", "--", "true") == 125
    said = capsys.readouterr()
    error = json.loads(said.out)["error"]
    assert (error["kind"], error["exit_code"]) == ("refusal", 125)
    assert "does not guarantee proxy-only-network" in error["message"]
    assert said.err.endswith(f"changewright: {error['message']}\n")


def test_what_it_printed_is_shown_apart(sandboxed: Run, capsys: Capture) -> None:
    assert sandboxed("--", "sh", "-c", r"printf 'out\033[2J\n'; echo err >&2") == 0
    said = capsys.readouterr()
    assert said.out == "out\\x1b[2J\n"
    assert said.err.splitlines()[0] == "err"


CHANGING = "echo new > new.txt; rm deleted.txt; ln -s /etc/passwd link.txt; exit 3"


def test_changes_are_dropped(sandboxed: Run, tree: Path, capsys: Capture) -> None:
    assert sandboxed("--", "sh", "-c", CHANGING) == 3
    assert names(tree) == ["deleted.txt", "kept.txt"]
    assert "3 changed files were dropped; --keep writes them back" in capsys.readouterr().err


def test_changes_are_kept_on_request_but_for_links(
    sandboxed: Run, tree: Path, capsys: Capture
) -> None:
    assert sandboxed("--keep", "--", "sh", "-c", CHANGING) == 3
    assert names(tree) == ["kept.txt", "new.txt"]
    assert "link.txt is not kept: it is a link" in capsys.readouterr().err


def test_nothing_is_kept_of_a_command_that_was_ended(sandboxed: Run, tree: Path) -> None:
    words = ("--keep", "--timeout", "0.5", "--", "sh", "-c", "rm deleted.txt; sleep 30")
    assert sandboxed(*words) == 124
    assert names(tree) == ["deleted.txt", "kept.txt"]


def test_the_document_says_all_of_it(sandboxed: Run, capsys: Capture) -> None:
    assert sandboxed("--json", "--", "sh", "-c", "echo out; rm deleted.txt") == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["outcome"] == "ok"
    assert document["stdout"] == {"head": "out\n", "dropped_bytes": 0, "tail": ""}
    assert document["stderr"] == {"head": "", "dropped_bytes": 0, "tail": ""}
    assert (document["code"], document["signal"], document["detail"]) == (0, None, "")
    assert document["wall_s"] > 0
    assert document["cpu_s"] >= 0
    assert document["peak_memory_bytes"] >= 0
    assert document["why_copied"] == "the tree is none that was written out for this"
    assert document["refused"] == []
    assert document["changed"] == ["deleted.txt"]
    assert document["kept"] == []
    assert document["backend"] == "bwrap"
    assert "no-network" in document["guarantees"]


FLOOD = "printf begin; head -c 20000000 /dev/zero | tr '\\0' x; printf end; kill -9 $$"


def test_of_a_flood_the_document_holds_both_ends_and_says_what_is_missing(
    sandboxed: Run, capsys: Capture
) -> None:
    assert sandboxed("--json", "--", "sh", "-c", FLOOD) == 137
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (document["outcome"], document["code"], document["signal"]) == ("killed", None, 9)
    stdout = document["stdout"]
    assert stdout["head"].startswith("beginx")
    assert stdout["tail"].endswith("xend")
    kept = len(stdout["head"]) + len(stdout["tail"])
    assert kept == 16 * 1024**2
    assert stdout["dropped_bytes"] == 20_000_008 - kept


def test_a_character_between_the_two_ends_stays_whole(sandboxed: Run, capsys: Capture) -> None:
    script = "printf 'a'; head -c 8400000 /dev/zero | tr '\\0' x; for n in 1 2 3; do printf ö; done"
    assert sandboxed("--json", "--", "sh", "-c", script) == 0
    stdout = json.loads(capsys.readouterr().out)["stdout"]
    assert (stdout["dropped_bytes"], stdout["tail"], stdout["head"][-4:]) == (0, "", "xööö")


def test_without_walls_only_by_both_words(sandboxed: Run) -> None:
    assert sandboxed("--unsafe-no-sandbox", "--", "true") == 0
    assert sandboxed("--unsafe-no-sandbox", "--backend", "none", "--", "true") == 0


def test_a_measurement_is_what_the_next_command_starts_with(
    sandboxed: Run, tmp_path: Path, capsys: Capture
) -> None:
    assert run(["sandbox", "probe", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["chosen"] == "bwrap"
    assert [one["backend"] for one in document["backends"]] == ["bwrap", "container"]
    bwrap = document["backends"][0]
    assert bwrap["version"].startswith("bubblewrap ")
    assert sorted(bwrap["kept_by"]) == sorted((*bwrap["held"], *bwrap["not_held"]))
    kept = tmp_path / "state" / "probes" / "bwrap.json"
    before = kept.stat().st_mtime_ns, kept.stat().st_ino
    assert sandboxed("--", "true") == 0
    assert (kept.stat().st_mtime_ns, kept.stat().st_ino) == before
    # Asked for by a person, everything is measured again.
    assert run(["sandbox", "probe"]) == 0
    assert kept.stat().st_ino != before[1] or kept.stat().st_mtime_ns != before[0]
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_setup_leaves_a_working_machine_as_it_is(capsys: Capture) -> None:
    assert run(["sandbox", "setup", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["chosen"] == "bwrap"
    assert len(document["steps"]) == 1


def test_setup_that_comes_to_nothing_is_loud(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "operator.yml").write_text("sandbox:\n  backends: []\n")
    assert run(["sandbox", "setup"]) == 1
    assert "NO SANDBOX: none is named" in capsys.readouterr().out
