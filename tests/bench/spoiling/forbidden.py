"""Changes that no fix may bring along, whatever its tests say."""

import random
import string
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.bench.spoiling.candidate import Candidate
from tests.bench.spoiling.material import Material
from validators.sandbox import FileChange

_LETTERS = string.ascii_letters + string.digits
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "package-lock.json", "yarn.lock", "pnpm-lock.yaml")


def workflow_edited(material: Material) -> Iterator[Candidate]:
    found = [p for p in material.paths if p.startswith(".github/workflows/")]
    path = found[0] if found else ".github/workflows/tests.yml"
    text = material.after(path) + b"\n# Nothing is run on forks.\n"
    yield Candidate(material.tree({path: text}), path)


def secret_added(material: Material) -> Iterator[Candidate]:
    """Write two tokens of well-known forms, made up here and now."""
    source = random.Random(material.fix.commit)  # noqa: S311 - it must only look like one
    token = "ghp_" + "".join(source.choices(_LETTERS, k=36))
    key = "AKIA" + "".join(source.choices(string.ascii_uppercase + "234567", k=16))
    quoted = f'\n\nTOKEN = "{token}"\nKEY = "{key}"\n'
    if not material.fix.is_python:
        quoted = f"\nconst TOKEN = '{token}'\nconst KEY = '{key}'\n"
    for path in material.sources[:1]:
        yield Candidate(material.tree({path: material.after(path) + quoted.encode()}), path)


def symlink(material: Material) -> Iterator[Candidate]:
    path = _beside(material, "linked.txt")
    yield Candidate(material.laid([FileChange(path, "120000", b"/etc/passwd")]), path)


def submodule(material: Material) -> Iterator[Candidate]:
    path = _beside(material, "vendored")
    content = material.fix.commit.encode()
    yield Candidate(material.laid([FileChange(path, "160000", content)]), path)


def executable(material: Material) -> Iterator[Candidate]:
    for path in material.sources[:1]:
        yield Candidate(material.laid([FileChange(path, "100755", material.after(path))]), path)


def binary(material: Material) -> Iterator[Candidate]:
    path = _beside(material, "table.bin")
    yield Candidate(material.tree({path: bytes(range(256)) * 8}), path)


def hidden_character(material: Material) -> Iterator[Candidate]:
    mark = b"//" if not material.fix.is_python else b"#"
    text = b"\n%s checked \xe2\x80\xae by nobody\n" % mark
    for path in material.sources[:1]:
        yield Candidate(material.tree({path: material.after(path) + text}), path)


def lock_file(material: Material) -> Iterator[Candidate]:
    for path in [path for path in _LOCKS if path in material.paths][:1]:
        yield Candidate(material.tree({path: material.after(path) + b"\n"}), path)


def own_rules(material: Material) -> Iterator[Candidate]:
    text = b"gates: []\nprotected:\n  policy: allow\n"
    path = ".github/changewright.yml"
    yield Candidate(material.tree({path: text}), path)


def _beside(material: Material, name: str) -> str:
    return str(PurePosixPath((material.sources or material.fix.src)[0]).with_name(name))
