"""The passwords of package indexes, from each place where a machine keeps one, end nowhere else.

A run reads a real index with them. What it prints and keeps is searched, and so are the words and
the environment of all that it starts, inside of the sandbox and outside.
"""

import hashlib
import json
import re
import sqlite3
import subprocess
import sys
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.bot.indexes.conftest import serve, wheel
from tests.e2e.test_three_processes import DUMP, Watch
from tests.ending import LIMIT_S, ended

__all__ = ["serve"]

pytestmark = pytest.mark.sandbox

CANARIES = {
    name: f"canary-{name}-5c1e"
    for name in ("address", "netrc", "npmrc", "proxy", "broken", "gone", "uv", "auth")
}
_LOGINS = [f"me:{canary}" for canary in CANARIES.values()]
FORMS = [
    *(canary.encode() for canary in CANARIES.values()),
    *(b64encode(text.encode()).rstrip(b"=") for text in _LOGINS),
]
INSTALL = "uv pip install --no-cache --target /tmp/there {name}"
GATE = {"name": "words", "kind": "test", "run": "cat dump.txt; ! grep -w bad a.txt"}


@dataclass
class Room:
    """A target, and a machine whose every index has a password."""

    folder: Path
    variables: Mapping[str, str]
    asked: list[tuple[str, str, str, str]]
    git: Callable[..., str]
    searched: list[Path] = field(default_factory=list)

    def play(self, set_up: str) -> tuple[int, str, Watch]:
        """Propose with this set-up; return the code, all that was said, and who ran meanwhile."""
        target = self.folder / "target"
        (target / ".github").mkdir(parents=True)
        config = {"setup": {"run": [set_up]}, "gates": [GATE]}
        (target / ".github" / "changewright.yml").write_text(json.dumps(config))
        (target / "a.txt").write_text("one bad word\n")
        (target / "setup.py").write_text("")
        for words in (("init", "-q", "-b", "main"), ("add", "--all"), ("commit", "-qm", "base")):
            self.git(target, *words)
        block = "a.txt\n<<<<<<< SEARCH\none bad word\n=======\none good word\n>>>>>>> REPLACE\n"
        script = self.folder / "script.yml"
        script.write_text(json.dumps({"replies": [{"text": block}]}))
        program = Path(sys.executable).with_name("changewright")
        told = [
            "--task",
            "Say it well",
            f"--model=scripted:{script}",
            "--kind",
            "docs",
            "--verbose",
        ]
        argv = [str(program), "propose", "--repo", str(target), *told]
        with (
            (self.folder / "said").open("wb") as said,
            ended(
                subprocess.Popen(
                    argv,
                    cwd=self.folder,
                    env=dict(self.variables),
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                )
            ) as process,
            Watch(process.pid) as watch,
        ):
            code = process.wait(2 * LIMIT_S)
        return code, (self.folder / "said").read_text(), watch

    def kept(self) -> Iterator[tuple[str, bytes]]:
        """Yield all that the run keeps, also what a database holds compressed."""
        for path in sorted((self.folder / "state").rglob("*")):
            if not path.is_file() or path.is_symlink():
                continue
            content = path.read_bytes()
            self.searched.append(path)
            yield str(path), content
            for text in re.findall(rb"[A-Za-z0-9+/]{40,}={0,2}", content):  # as JSON holds bytes
                with suppress(ValueError):
                    yield str(path), b64decode(text)
            if content.startswith(b"SQLite format 3"):
                yield from _rows(path)


def _rows(path: Path) -> Iterator[tuple[str, bytes]]:
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute("select name from sqlite_master")]
        for name in names:
            with suppress(sqlite3.Error):  # an index is no table
                for row in database.execute(f'select * from "{name}"'):  # noqa: S608 - its own
                    for value in row:
                        raw = value if isinstance(value, bytes) else str(value).encode()
                        yield f"{path}:{name}", raw
                        with suppress(zlib.error):
                            yield f"{path}:{name}", zlib.decompress(raw)


@pytest.fixture
def room(
    tmp_path: Path, environment: dict[str, str], serve: Callable[..., Any], git: Callable[..., str]
) -> Room:
    content = wheel(tmp_path, "first")
    digest = hashlib.sha256(content).hexdigest()
    file = "first-1.0-py3-none-any.whl"
    link = f'<a href="/files/{file}#sha256={digest}">{file}</a>'.encode()
    index = serve({"/simple/first/": link, f"/files/{file}": content})
    home = tmp_path / "home"
    home.mkdir()
    at = f"127.0.0.1:{index.port}"
    (home / ".netrc").write_text(f"machine localhost login me password {CANARIES['netrc']}\n")
    (home / ".npmrc").write_text(
        f"registry=http://{at}/npm/\n//{at}/npm/:_authToken={CANARIES['npmrc']}\n"
        f"@corp:registry=http://me:{CANARIES['auth']}@{at}/corp/\n"
    )
    for name in ("UV_NO_INDEX", "UV_FIND_LINKS"):
        environment.pop(name)
    extra = (
        f"http://localhost:{index.port}/other/simple",
        f"http://me:{CANARIES['gone']}@{at}/gone/simple",
        f"ftp://me:{CANARIES['broken']}@127.0.0.1/simple",
    )
    variables = {
        **environment,
        "PIP_INDEX_URL": f"http://me:{CANARIES['address']}@{at}/simple",
        "PIP_EXTRA_INDEX_URL": " ".join(extra),
        "HTTPS_PROXY": f"http://me:{CANARIES['proxy']}@127.0.0.1:1",
        "UV_INDEX_CORP_USERNAME": "me",
        "UV_INDEX_CORP_PASSWORD": CANARIES["uv"],
    }
    return Room(tmp_path, variables, index.asked, git)


def found_in(content: bytes) -> list[bytes]:
    return [form for form in FORMS if form in content]


@pytest.mark.parametrize(
    ("name", "code"), [("first", 0), ("no-such-package", 1)], ids=["installed", "not installed"]
)
def test_no_password_of_an_index_is_said_kept_or_handed_on(
    room: Room, name: str, code: int
) -> None:
    ended, said, watch = room.play(f"({DUMP}) > dump.txt; {INSTALL.format(name=name)}")

    assert ended == code, said
    login = b64encode(_LOGINS[0].encode()).decode()
    assert f"Basic {login}" in {asked[3] for asked in room.asked}  # they were used
    assert found_in(said.encode()) == []
    kept = list(room.kept())
    assert [(place, found_in(raw)) for place, raw in kept if found_in(raw)] == []
    if not code:  # what the set-up saw of its sandbox was among it
        assert any(b"seen to the end\n" in raw and b"PIP_INDEX_URL=" in raw for _, raw in kept)
    assert any(path.name == "journal.sqlite" for path in room.searched)
    children = list(watch.children())
    assert any(child.is_inside for child in children)
    assert found_in(watch.own.environment)  # what is looked for can be seen
    handed_on = [
        child.words for child in children if found_in(child.words) or found_in(child.environment)
    ]
    assert handed_on == []
