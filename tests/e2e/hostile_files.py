"""A repository in which nothing needs to run to be hostile: its files and git's own settings.

Each name, link, attribute and setting is one that some careless host has run, followed or printed.
"""

import json
import os

from tests.e2e.hostile import REACH, Person
from tests.e2e.repositories import git, write

_NAMES = (
    *(b"-rf", b"--output=SPOILT", b"$(touch SPOILT)", b";touch SPOILT;", b"`touch SPOILT`"),
    *(b"line\nbreak.txt", b"quote\"s'.txt", b"no-utf8-\xff\xfe.txt", b" spaces .txt", b"%s%n.txt"),
    *("\N{RIGHT-TO-LEFT OVERRIDE}txt.exe".encode(), b"\x1b[2Jcleared.txt", b"n" * 250),
    *(b"/".join([b"deep"] * 50) + b"/file.txt", b"conftest.py", b"sitecustomize.py", b"git", b"sh"),
)
_SETTINGS = {
    "core.fsmonitor": "touch SPOILT",
    "core.hooksPath": ".hooks",
    "core.sshCommand": "touch SPOILT",
    "core.pager": "touch SPOILT",
    "core.alternateRefsCommand": "touch SPOILT",
    "core.worktree": "/",
    "diff.evil.textconv": "touch SPOILT",
    "diff.external": "touch SPOILT",
    "merge.evil.driver": "touch SPOILT",
    "filter.evil.clean": "touch SPOILT; cat",
    "filter.evil.smudge": "touch SPOILT; cat",
    "filter.evil.required": "true",
    "credential.helper": "!touch SPOILT",
    "gpg.program": "touch SPOILT",
    "commit.gpgSign": "true",
    "uploadpack.packObjectsHook": "touch SPOILT",
    "submodule.sub.update": "!touch SPOILT",
    "protocol.ext.allow": "always",
}
_GATE = "/usr/bin/python3 reach.py told.json; ! grep -qF FORBIDDEN a.txt"
_LIFE = ("preinstall", "install", "postinstall", "prepare", "test")


def lay_out(person: Person) -> None:
    """Lay out what is hostile by being there; git's settings come last, or they would strike us."""
    repo, home = person.repo, person.home
    gate = {"name": "words", "kind": "test", "run": _GATE}
    manifest: dict[str, object] = {"name": "x", "version": "1.0.0"}
    manifest["scripts"] = dict.fromkeys(_LIFE, "touch ran-by-npm-$npm_lifecycle_event")
    write(
        repo,
        {
            ".github/changewright.yml": json.dumps({"gates": [gate]}),
            "a.txt": "one\n",
            "README.md": "# Names\n",
            "package.json": json.dumps(manifest),
            "reach.py": REACH,
            "told.json": person.told(),
            ".gitattributes": "* filter=evil diff=evil merge=evil ident eol=crlf export-subst\n",
            ".gitmodules": '[submodule "sub"]\n\tpath = sub\n\turl = ext::sh -c touch% SPOILT\n',
            "huge.txt": "x" * 32 * 1024**2,
            "long.py": "value = [" + "1," * 1_000_000 + "]\n",
            "nest.py": "(" * 50_000,
            ".hooks/post-checkout": "#!/bin/sh\ntouch SPOILT\n",
        },
    )
    for raw in _NAMES:
        place = repo / os.fsdecode(raw)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("touch SPOILT\n")
    links = {
        "AGENTS.md": f"{home}/.netrc",
        "link.txt": f"{home}/.ssh/id_ed25519",
        "passwd": "/etc/passwd",
        "above": "../../../../..",
        "settings": ".git/config",
        "loop": "loop",
    }
    for name, target in links.items():
        (repo / name).symlink_to(target)
    git(repo, "init", "-q", "-b", "main")
    git(repo, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    git(repo, "add", "--all")
    git(repo, "commit", "-q", "-m", "base")
    for name, value in _SETTINGS.items():
        git(repo, "config", name, value)
    hook = repo / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch SPOILT\n")
    hook.chmod(0o755)
