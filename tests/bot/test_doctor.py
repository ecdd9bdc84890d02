"""What doctor says on machines where something is missing."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.cli import run
from bot.doctor import (
    Check,
    _asked,
    _clock,
    _forge,
    _git,
    _indexes,
    _model,
    _node_index,
    _platform,
    _probed,
    _python_index,
    _room,
    examine,
)
from bot.settings import Settings, Sources, load
from tests.ending import answering

Capture = pytest.CaptureFixture[str]
KEY = "ANTHROPIC_API_KEY"


def _fake_git(folder: Path, said: str) -> str:
    script = folder / "git"
    script.write_text(f"#!/bin/sh\necho '{said}'\n")
    script.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("said", "works"),
    [
        ("git version 2.38.0", True),
        ("git version 10.1 (Apple Git-1)", True),
        ("git version 2.37.9", False),
        ("git version 2.30.2", False),
        ("nonsense", False),
    ],
)
def test_git_must_be_new_enough(
    said: str, *, works: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", _fake_git(tmp_path, said))

    check = _git()

    assert (check.works, check.required) == (works, True)
    assert check.found == (said if works else f"{said}; 2.38 or later is needed")
    assert bool(check.mend) is not works


def test_git_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert _git() == Check("git", False, True, "not installed", "apt-get install git")  # noqa: FBT003 - compared whole


def test_without_bubblewrap_it_says_how_to_get_it(tmp_path: Path) -> None:
    check = _probed(BwrapSandbox(tmp_path, tmp_path / "bwrap").probe())

    assert not check.works
    assert check.required
    assert check.found == f"bwrap: bubblewrap is not installed ({tmp_path}/bwrap does not exist)"
    assert check.mend == "apt-get install bubblewrap"


@pytest.mark.parametrize(("environment", "works"), [({}, False), ({KEY: "sk-x"}, True)])
def test_a_missing_key_is_told_and_required_by_nothing(
    environment: dict[str, str], *, works: bool, tmp_path: Path
) -> None:
    check = _model(load(Sources(environment=environment, default_state=tmp_path)))

    assert (check.works, check.required) == (works, False)
    assert "sk-x" not in repr(check)


def test_a_state_folder_that_cannot_be_used_is_one_line_among_all(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    checks = {one.name: one for one in examine({"state": tmp_path / "file"}, offline=True)}

    assert list(checks) == [
        "platform",
        "state",
        "git",
        "sandbox",
        "model key",
        "interpreters",
        "forge",
    ]
    assert not checks["state"].works
    assert not checks["sandbox"].works
    assert checks["sandbox"].found.startswith("not measured: cannot make the state folder")


@pytest.mark.parametrize(
    ("ahead_s", "words"),
    [
        (59.0, "this machine and the state folder agree"),
        (-60.0, "this machine and the state folder agree"),
        (61.0, "the state folder is 61 s before this machine; leases and times may be wrong"),
        (-3600.0, "the state folder is 3600 s behind this machine; leases and times may be wrong"),
    ],
)
def test_a_clock_that_differs_is_said_and_stops_nobody(ahead_s: float, words: str) -> None:
    check = _clock(ahead_s)

    assert (check.found, check.required) == (words, False)
    assert check.works is (abs(ahead_s) <= 60)


@pytest.mark.parametrize(("free", "works"), [(256 * 2**20, True), (256 * 2**20 - 1, False)])
def test_a_full_disk_is_a_failure_with_what_to_do(free: int, *, works: bool) -> None:
    check = _room(free)

    assert (check.works, check.required) == (works, True)
    assert check.found.startswith("268 MB are free in the state folder")
    assert check.mend == ("" if works else "changewright journal prune")
    assert works or check.found.endswith(
        "a run needs 268 MB: make room there, or choose another folder with --state"
    )


def test_a_state_folder_that_works_is_left_as_it_was(tmp_path: Path) -> None:
    checks = {one.name: one for one in examine({"state": tmp_path}, offline=True)}

    assert list(checks)[:4] == ["platform", "state", "room", "clock"]
    assert checks["state"].works
    assert checks["clock"].works
    assert checks["state"].found == str(tmp_path)
    assert not (tmp_path / ".doctor").exists()


@pytest.mark.parametrize(
    ("system", "lacking"),
    [
        ("Linux", ""),
        ("Darwin", "bubblewrap needs Linux namespaces"),
        ("Windows", "run inside WSL 2 or a Linux container"),
    ],
)
def test_a_platform_without_namespaces_is_told(system: str, lacking: str) -> None:
    check = _platform(system)

    assert check.works is (not lacking)
    assert lacking in check.found


def test_a_token_of_the_forge_is_noticed_and_not_shown(tmp_path: Path) -> None:
    settings = load(Sources({"GITHUB_TOKEN": "ghs_canary"}, tmp_path))

    check = _forge(settings)

    assert "never handed to propose" in check.found
    assert "canary" not in repr(check)


# --- the package indexes ---------------------------------------------------------------------


class _Index(BaseHTTPRequestHandler):
    """Just enough of the two registries for one package each."""

    def do_GET(self) -> None:
        pages = {
            "/simple/six/": b'<a href="six-1.0-py3-none-any.whl" data-core-metadata="true">'
            b"six-1.0-py3-none-any.whl</a>",
            "/simple/six/six-1.0-py3-none-any.whl.metadata": (
                b"Metadata-Version: 2.1\nName: six\nVersion: 1.0\n"
            ),
            "/is-number": b'{"name": "is-number", "dist-tags": {"latest": "1.0.0"},'
            b' "versions": {"1.0.0": {"name": "is-number", "version": "1.0.0"}}}',
        }
        page = pages.get(self.path, b"")
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "application/json" if b"{" in page else "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """A test says nothing."""


@contextmanager
def _index() -> Iterator[str]:
    with answering(ThreadingHTTPServer(("127.0.0.1", 0), _Index)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}"


def _reached_at(folder: Path, address: str) -> Settings:
    variables = {"UV_DEFAULT_INDEX": f"{address}/simple", "npm_config_registry": f"{address}/"}
    return load(Sources(variables, folder))


def test_an_index_that_answers_is_said_to(tmp_path: Path) -> None:
    with _index() as address:
        check = _python_index(_reached_at(tmp_path, address))

    assert check == Check("python index", works=True, required=False, found="answers")


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_the_indexes_are_asked_unless_told_not_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _index() as address:
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"{address}/simple")
        monkeypatch.setenv("npm_config_registry", f"{address}/")
        checks = {one.name: one for one in examine({"state": tmp_path}, offline=False)}

    assert checks["python index"].found == checks["node index"].found == "answers"


def test_an_index_without_the_package_is_said_with_uvs_own_words(tmp_path: Path) -> None:
    with _index() as address:
        check = _python_index(_reached_at(tmp_path, f"{address}/nothing"))

    assert (check.works, check.required, check.mend) == (False, False, "check UV_INDEX_URL")
    assert check.found.startswith("does not answer: ")
    assert "six" in check.found


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_a_node_registry_answers_or_is_said_not_to(tmp_path: Path) -> None:
    with _index() as address:
        good = _node_index(_reached_at(tmp_path, address))
        bad = _node_index(_reached_at(tmp_path, f"{address}/nothing"))

    assert good == Check("node index", works=True, required=False, found="answers")
    assert bad.found.startswith("does not answer: npm ")
    assert bad.mend == "npm config get registry"


def test_without_npm_it_says_who_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    check = _node_index(load(Sources({}, tmp_path)))

    assert check.found == "npm is not installed; only repositories with package.json need it"
    assert check.mend == "apt-get install nodejs npm"


def test_a_tool_that_hangs_is_missing_or_says_nothing_is_told_in_words(tmp_path: Path) -> None:
    settings = load(Sources({}, tmp_path))

    assert _asked(["sh", "-c", "read x; sleep 60"], settings, "\n", 0.5) == (
        False,
        "no answer in 0.5 s",
    )
    assert _asked(["sh", "-c", "exit 3"], settings, "") == (False, "exit code 3")
    works, said = _asked([str(tmp_path / "gone")], settings, "")
    assert (works, "No such file" in said) == (False, True)


def test_a_tool_is_told_the_index_and_no_secret(tmp_path: Path) -> None:
    secrets = {"ANTHROPIC_API_KEY": "canary", "GITHUB_TOKEN": "canary"}
    secrets["UV_INDEX_URL"] = "http://me:canary@i.example/simple"
    shows = ["sh", "-c", "env | tr '\\n' ' ' | grep --text -o 'UV_DEFAULT.*' >&2; env >&2; exit 1"]

    for argv in (shows, ["sh", "-c", 'echo "$UV_DEFAULT_INDEX" >&2; exit 1']):
        said = _asked(argv, load(Sources(secrets, tmp_path)), "")[1]
        assert "canary" not in said

    assert said == "http://i.example/simple"


def test_whom_set_ups_may_read_from_is_said_without_a_password(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text("setup: {hosts: [files.example]}\n")
    variables = {"PIP_INDEX_URL": "https://me:canary@i.example/simple", "PIP_FIND_LINKS": "/gone"}

    check = _indexes(load(Sources(variables, tmp_path, tmp_path / "config.yml")))

    assert check.found.startswith("set-ups may read ")
    assert "i.example" in check.found
    assert "files.example:443 (setup.hosts)" in check.found
    assert "; /gone, which a tool is configured with, does not exist; " in check.found
    assert check.found.endswith("by default is not known here: yarn is not installed")
    assert (check.works, check.required, check.mend) == (False, False, "pip config list")
    assert "canary" not in repr(check)


def test_what_a_tool_was_not_let_through_to_is_said_before_its_own_words(tmp_path: Path) -> None:
    argv = ["curl", "--silent", "--show-error", "http://elsewhere.example/"]

    said = _asked([*argv, "--fail"], load(Sources({}, tmp_path)), "")

    assert said[0] is False
    assert said[1].startswith(
        "elsewhere.example: it is no index of this machine; an operator may name it under"
        " setup.hosts; what npm uses by default is not known here: "
    )


# --- all of it -------------------------------------------------------------------------------


def test_the_document_holds_every_check(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "file").write_text("")

    code = run(["doctor", "--json", "--offline", "--state", str(tmp_path / "file")])

    said = capsys.readouterr()
    checks = json.loads(said.out)["checks"]
    assert code == 1
    assert [sorted(check) for check in checks] == [
        ["found", "mend", "name", "required", "works"]
    ] * 7
    assert "FAIL  state" in said.err
    assert "to mend it: changewright doctor --state DIR" in said.err
