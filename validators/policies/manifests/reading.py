"""Which reader a manifest has, by its name; all that goes wrong in one becomes one error.

Importing this takes the parsers of all formats, about 0.2 s: it is done when a manifest changed.
"""

import json
import re
import tomllib
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from validators.policies.manifests.conda import read_environment
from validators.policies.manifests.json_manifests import read_composer_json, read_package_json
from validators.policies.manifests.line_manifests import (
    read_gemfile,
    read_gemspec,
    read_go_mod,
    read_gradle,
)
from validators.policies.manifests.maven import read_pom
from validators.policies.manifests.pyproject import read_pyproject
from validators.policies.manifests.python_lines import read_requirement_lines
from validators.policies.manifests.requirement import Manifest, UnreadableManifest
from validators.policies.manifests.setup_files import read_setup_cfg, read_setup_py
from validators.policies.manifests.toml_manifests import (
    read_cargo,
    read_pipfile,
    read_version_catalogue,
)

_LARGEST = 1024**2
# Python's TOML parser takes minutes for a key of many parts.
_LARGEST_TOML, _MOST_DOTS = 256 * 1024, 300
# Words in the name of a file of requirements that are not for running the program.
_FOR_DEVELOPERS = re.compile(
    r"(?:^|[\W_])(?:build|ci|coverage|dev|develop|development|docs?|lint|packaging|tests?|testing"
    r"|tox|typechecks?|typing)(?:[\W_]|$)"
)


def read_manifest(path: str, content: bytes) -> Manifest:
    """Return what the manifest at ``path`` requires; raises UnreadableManifest."""
    if len(content) > _LARGEST:
        raise UnreadableManifest(f"it has more than {_LARGEST} bytes")
    try:
        return _reader(path)(content)
    except (RecursionError, ValueError, TypeError, AttributeError) as error:
        # A reader meets a text where its format has a table, and the like.
        raise UnreadableManifest("it is not what its name says") from error


def _reader(path: str) -> Callable[[bytes], Manifest]:
    name = path.casefold().rpartition("/")[2]
    for pattern, reader in _READERS.items():
        if fnmatchcase(name, pattern):
            return reader
    if name.endswith((".txt", ".in")) and name != "conanfile.txt":
        group = "development" if _FOR_DEVELOPERS.search(name) else "runtime"
        return _of_text(lambda text: read_requirement_lines(text, group))
    raise UnreadableManifest("its format is not known here")


def _of_text(reader: Callable[[str], Manifest]) -> Callable[[bytes], Manifest]:
    return lambda content: reader(content.decode("utf-8-sig", "replace"))


def _of_toml(reader: Callable[[dict[str, Any]], Manifest]) -> Callable[[bytes], Manifest]:
    def read(content: bytes) -> Manifest:
        text = content.decode("utf-8-sig")
        most = max((line.count(".") for line in text.splitlines()), default=0)
        if len(content) > _LARGEST_TOML or most > _MOST_DOTS:
            raise UnreadableManifest("it is too long to be parsed")
        return reader(tomllib.loads(text))

    return read


def _of_json(reader: Callable[[dict[str, Any]], Manifest]) -> Callable[[bytes], Manifest]:
    def read(content: bytes) -> Manifest:
        document = json.loads(content.decode("utf-8-sig"))
        if not isinstance(document, dict):
            raise UnreadableManifest("it is no JSON object")
        return reader(document)

    return read


_READERS = {
    "pyproject.toml": _of_toml(read_pyproject),
    "pipfile": _of_toml(read_pipfile),
    "cargo.toml": _of_toml(read_cargo),
    "libs.versions.toml": _of_toml(read_version_catalogue),
    "package.json": _of_json(read_package_json),
    "composer.json": _of_json(read_composer_json),
    "setup.cfg": _of_text(read_setup_cfg),
    "setup.py": _of_text(read_setup_py),
    "environment*.y*ml": _of_text(read_environment),
    "go.mod": _of_text(read_go_mod),
    "gemfile": _of_text(read_gemfile),
    "*.gemspec": _of_text(read_gemspec),
    "build.gradle": _of_text(read_gradle),
    "build.gradle.kts": _of_text(read_gradle),
    "pom.xml": read_pom,
}
