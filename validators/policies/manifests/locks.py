"""Names of packages, and addresses they come from, in the files that package managers write.

Read line by line: a lock file is long, written by a program, and only named here, never judged.
"""

import re

_NAME = re.compile(r'name = "([^"\n]{1,200})"', re.MULTILINE)
_NODE = re.compile(
    r'^ *"(?:[^"\n]{0,400}?node_modules/)((?:@[^"/\n]+/)?[^"/\n]+)": \{', re.MULTILINE
)
_YARN = re.compile(r'^"?((?:@[^@"/\s]{1,200}/)?[^@"\s:#]{1,200})@', re.MULTILINE)
_PNPM = re.compile(r"^  '?/?((?:@[^@'/\s]{1,200}/)?[^@'/\s:]{1,200})@[^\n]{1,400}:", re.MULTILINE)
_GEM = re.compile(r"^    ([\w.-]{1,200}) \(", re.MULTILINE)
_GO = re.compile(r"^(\S{1,300}) v", re.MULTILINE)
_COMPOSER = re.compile(r'^ {12}"name": "([^"\n]{1,200})"', re.MULTILINE)
_PIPFILE = re.compile(r'^ {8}"([^"\n]{1,200})": \{', re.MULTILINE)
_LINES = re.compile(r"^([A-Za-z0-9][\w.-]{0,200}) *(?:==|@)", re.MULTILINE)
_GRADLE = re.compile(r"^([\w.-]{1,200}:[\w.-]{1,200}):", re.MULTILINE)

_PATTERNS = {
    "uv.lock": _NAME,
    "poetry.lock": _NAME,
    "pdm.lock": _NAME,
    "pylock.toml": _NAME,
    "cargo.lock": _NAME,
    "package-lock.json": _NODE,
    "npm-shrinkwrap.json": _NODE,
    "yarn.lock": _YARN,
    "pnpm-lock.yaml": _PNPM,
    "gemfile.lock": _GEM,
    "go.sum": _GO,
    "composer.lock": _COMPOSER,
    "pipfile.lock": _PIPFILE,
    "requirements.lock": _LINES,
    "gradle.lockfile": _GRADLE,
}
# Where a package is said to lie; a home page or a page for donations is none.
_ADDRESS = re.compile(
    r"(?:resolved\"?:?|registry =|url =|git =|source =|tarball:|remote:|\"url\":)"
    r"\s*[\"']?(?:registry\+|sparse\+)?([a-z][a-z+]{0,20}://[^\"'/\s?#]{1,300})"
)
_CREDENTIALS = re.compile(r"(://)[^@]{0,300}@")


def locked_names(path: str, content: bytes) -> frozenset[str]:
    """Return the packages that the lock file at ``path`` holds; none where its form is unknown."""
    pattern = _PATTERNS.get(path.casefold().rpartition("/")[2])
    text = content.decode("utf-8", "replace")
    return frozenset(pattern.findall(text)) if pattern else frozenset()


def locked_addresses(content: bytes) -> frozenset[str]:
    """Return the hosts that a lock file takes packages from, with their schemes."""
    found = _ADDRESS.findall(content.decode("utf-8", "replace"))
    return frozenset(_CREDENTIALS.sub(r"\1", address) for address in found)
