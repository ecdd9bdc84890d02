"""What a person reads when the configuration cannot be used: the whole text, and exit code 2."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import run
from bot.configuration.file import read_document
from bot.configuration.keys import KEYS, NOT_HONOURED
from bot.configuration.values import SettingsRefusal

Printed = Callable[..., str]
TARGET = ".github/changewright.yml"


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine on which nobody has configured anything."""
    for name in list(os.environ):
        if name.startswith("CHANGEWRIGHT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Printed:
    """Commit ``target``, ask for the settings, and return what is said when they are refused."""

    def ask(target: bytes = b"", name: str = TARGET) -> str:
        repo = tmp_path / "repo"
        (repo / name).parent.mkdir(parents=True)
        (repo / name).write_bytes(target)
        for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "x"]):
            who = ["-c", "user.name=me", "-c", "user.email=me@example.invalid"]
            subprocess.run(["git", *who, *words], cwd=repo, check=True)
        code = run(["doctor", "--config", "--repo", str(repo)])
        said = capsys.readouterr()
        assert (code, said.out) == (2, "")
        return said.err

    return ask


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (
            b"budget:\n  run_usd: 1\n  max_turn: 3\n",
            "3: unknown key 'budget.max_turn'; did you mean 'budget.max_turns'?",
        ),
        (b"\nlimit:\n  max_patch_files: 3\n", "2: unknown key 'limit'; did you mean 'limits'?"),
        (
            b"max_attempts: three\n",
            "1: max_attempts must be a whole number, not 'three'",
        ),
        (b"BUDGET:\n  run_usd: 1\n", "1: unknown key 'BUDGET'; did you mean 'budget'?"),
        (
            b"max_attempts: 99999999999999999999999999\n",
            "1: max_attempts must be at most 1000000000, not 1e+26",
        ),
        (
            b"pr:\n  title_prefix: a\0b\n",
            "2: not YAML: the character U+0000, which no YAML may hold; remove it",
        ),
        (b"max_attempts: 0\n", "1: max_attempts must be 1 or more, not 0"),
        (
            b"budget:\n  run_usd: 3\n  issue_usd: 2\n",
            (
                "2: budget.run_usd 3 is more than budget.issue_usd 2 (line 3): lower it, or raise"
                " the other"
            ),
        ),
        (
            b"state: /tmp/x\n",
            (
                "1: state is for the operator alone: remove it here, and set it in the operator's"
                " own changewright/config.yml if it is wanted"
            ),
        ),
        (
            b"trigger:\n  roles: [admin]\n",
            (
                "2: trigger.roles is for the operator alone: remove it here, and set it in the"
                " operator's own changewright/config.yml if it is wanted"
            ),
        ),
        (
            b"model:\n  interpreter: cpython\n",
            (
                "2: model.interpreter is for the operator alone: remove it here, and set it in the"
                " operator's own changewright/config.yml if it is wanted"
            ),
        ),
        (
            b"pr:\n  branch_template: 'changewright/{slug}'\n",
            (
                "2: pr.branch_template must hold {key}: without it two tasks would share a branch,"
                " not 'changewright/{slug}'"
            ),
        ),
        (
            b"trigger:\n  phrase: fix\n",
            ("2: trigger.phrase must be a slash and one word of a-z, 0-9 and '-', not 'fix'"),
        ),
        (
            b"forge:\n  kind: github\n",
            (
                "1: forge is for the operator alone: remove it here, and set it in the operator's"
                " own changewright/config.yml if it is wanted"
            ),
        ),
        (b"budget: {run_usd: 1\n", "2: not YAML: expected ',' or '}', but got '<stream end>'"),
        (b"pr:\n  labels: [\xff]\n", "2: not UTF-8; save the file as UTF-8"),
        (
            b"protected: {policy: warn}\n",
            "1: protected.policy must be block, ask or allow, not 'warn'",
        ),
        (
            b"gates:\n- {name: a, kind: test, run: x, time_s: 4}\n",
            "2: gates has an unknown key 'time_s'; did you mean 'timeout_s'?",
        ),
    ],
)
def test_a_wrong_target_is_said_by_file_line_and_key(
    printed: Printed, target: bytes, text: str
) -> None:
    assert printed(target) == f"changewright: {TARGET}:{text}\n"


@pytest.mark.parametrize("content", [b"", b"\n\n", b"# only words\n", b"\xef\xbb\xbf# words\r\n"])
def test_a_file_without_a_key_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    path = tmp_path / ".config" / "changewright" / "config.yml"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert read_document(content, TARGET, "target") == {}
    assert run(["doctor", "--config", "--repo", str(tmp_path)]) == 0
    assert "operator line" not in capsys.readouterr().out


@pytest.mark.parametrize("name", [".github/changewright.yaml", ".github/Changewright.YML"])
def test_a_target_under_another_name_is_not_passed_over(printed: Printed, name: str) -> None:
    told = f"{name} at the base commit is not read under that name; rename it to {TARGET}"
    assert printed(b"max_attempts: 1\n", name) == f"changewright: {told}\n"


def test_a_folder_in_the_targets_place_is_not_passed_over(printed: Printed) -> None:
    told = f"{TARGET} at the base commit is a folder; make it a file"
    assert printed(b"", f"{TARGET}/part.yml") == f"changewright: {told}\n"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("config.yaml", "not read under that name; rename it to config.yml"),
        (
            "config.yml",
            ("No such file or directory; mend it, or name another file with CHANGEWRIGHT_CONFIG"),
        ),
    ],
)
def test_an_operators_file_that_is_lost_is_not_passed_over(
    printed: Printed, tmp_path: Path, name: str, told: str
) -> None:
    path = tmp_path / ".config" / "changewright" / name
    path.parent.mkdir(parents=True)
    if name == "config.yml":
        path.symlink_to("gone")
    else:
        path.write_text("max_attempts: 1\n")
    assert printed() == f"changewright: {path}: {told}\n"


def test_an_operators_file_that_cannot_be_used_is_said_by_its_path(
    printed: Printed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "own.yml"
    monkeypatch.setenv("CHANGEWRIGHT_CONFIG", str(path))
    mend = "mend it, or name another file with CHANGEWRIGHT_CONFIG"
    assert printed() == f"changewright: {path}: No such file or directory; {mend}\n"


@pytest.mark.parametrize(
    ("prepare", "why"),
    [
        (Path.mkdir, "Is a directory"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    ],
)
def test_an_operators_file_that_cannot_be_read_is_said_with_its_reason(
    printed: Printed, tmp_path: Path, prepare: Callable[[Path], None], why: str
) -> None:
    path = tmp_path / ".config" / "changewright" / "config.yml"
    path.parent.mkdir(parents=True)
    prepare(path)
    mend = "mend it, or name another file with CHANGEWRIGHT_CONFIG"
    assert printed() == f"changewright: {path}: {why}; {mend}\n"


def test_an_operators_file_of_somebody_else_is_said(printed: Printed, tmp_path: Path) -> None:
    path = tmp_path / ".config" / "changewright" / "config.yml"
    path.parent.mkdir(parents=True)
    path.write_text("max_attempts: 1")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read every file")
    mend = "mend it, or name another file with CHANGEWRIGHT_CONFIG"
    assert printed() == f"changewright: {path}: Permission denied; {mend}\n"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        (
            "CHANGEWRIGHT_RUN_US",
            "1",
            (
                "unknown environment variable 'CHANGEWRIGHT_RUN_US'; did you mean"
                " 'CHANGEWRIGHT_RUN_USD'?"
            ),
        ),
        (
            "CHANGEWRIGHT_REPORT_CONTENT",
            "yes",
            "CHANGEWRIGHT_REPORT_CONTENT: report.content must be true or false, not 'yes'",
        ),
        (
            "CHANGEWRIGHT_MODEL_ENDPOINT",
            "https://me:canary@models.example",
            (
                "CHANGEWRIGHT_MODEL_ENDPOINT: model.endpoint must be an https address (http on this"
                " machine alone) without a user, password or query, or bedrock:REGION,"
                " vertex:PROJECT/REGION, foundry:RESOURCE"
            ),
        ),
    ],
)
def test_a_wrong_variable_is_said_by_its_name(
    printed: Printed, monkeypatch: pytest.MonkeyPatch, name: str, value: str, text: str
) -> None:
    monkeypatch.setenv(name, value)
    assert printed() == f"changewright: {text}\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("sandbox: {runtime: --privileged}", "must be a runtime's name or absolute path"),
        ("setup: {image: --volume=/}", "must be an image's name, or the absolute path of a root"),
        ("setup: {image: ../root.tar}", "must be an image's name, or the absolute path of a root"),
    ],
)
def test_what_an_engine_could_take_for_an_option_is_refused(line: str, words: str) -> None:
    with pytest.raises(SettingsRefusal, match=words):
        read_document(line.encode(), "f.yml", "operator")


# --- words that are known, and not honoured --------------------------------------------------


@pytest.mark.parametrize("owner", ["target", "operator"])
@pytest.mark.parametrize("word", NOT_HONOURED)
def test_a_word_that_is_not_honoured_is_told_and_whose_it_is(word: str, owner: str) -> None:
    section, _, leaf = word.partition(".")
    lines = f"{section}:\n  {leaf}: [a]\n" if leaf else f"\n{word}: [a]\n"
    with pytest.raises(SettingsRefusal) as caught:
        read_document(lines.encode(), "f.yml", owner)
    is_theirs = owner == "operator" or NOT_HONOURED[word] == "target"
    means = "is not honoured by this version" if is_theirs else "is for the operator alone"
    assert str(caught.value).startswith(f"f.yml:2: {word} {means}")


@pytest.mark.parametrize("text", ["engine:", "engine: x", "engine: {kind: x}", "engine: []"])
def test_a_section_that_is_not_honoured_is_told_as_a_whole(text: str) -> None:
    with pytest.raises(SettingsRefusal, match=r"^f\.yml:1: engine is not honoured"):
        read_document(text.encode(), "f.yml", "operator")


def test_a_word_that_is_not_honoured_is_no_key_and_never_suggested() -> None:
    assert not {key.name for key in KEYS} & NOT_HONOURED.keys()
    for word in NOT_HONOURED:
        for typo in (f"{word}x", word[:-1], word.replace("_", "-")):
            section, _, leaf = typo.partition(".")
            text = f"{section}: {{{leaf}: 1}}" if leaf else f"{section}: 1"
            if typo in NOT_HONOURED:
                continue
            with pytest.raises(SettingsRefusal) as caught:
                read_document(text.encode(), "f.yml", "operator")
            suggested = str(caught.value).partition("; ")[2]
            assert not [one for one in NOT_HONOURED if f"'{one}'" in suggested]
