"""Which words of a project's own pytest command choose tests, and which only show or speed up.

Kept is what selects tests or changes how they run. Left out is what our own reports, coverage and
reruns stand in for, and what needs a plugin that nothing says is installed.
"""

from collections.abc import Callable
from dataclasses import dataclass

from validators.projects.manifest_files import Argv

# Options that are left out; those in the second set are followed by a value.
_DROPPED = {"-v", "-q", "-x", "-l", "-s", "--verbose", "--quiet", "--exitfirst", "--showlocals",
            "--no-cov-on-fail", "--no-cov", "--lf", "--ff", "--cov", "--sw", "--stepwise",
            "--no-header", "--no-summary", "--benchmark-skip", "--benchmark-disable",
            "--color", "--full-trace", "--force-sugar", "--cov-branch", "--cov-append"}  # fmt: skip
_DROPPED_VALUED = {"-n", "--numprocesses", "--dist", "--maxprocesses", "--tb", "--durations",
                   "--durations-min", "--maxfail", "--junitxml", "--junit-xml", "--junit-prefix",
                   "--basetemp", "--cov-report", "--cov-config", "--cov-context",
                   "--cov-fail-under", "--reruns", "--reruns-delay", "--html", "-r",
                   "--verbosity", "--show-capture", "--log-file", "--report-log",
                   "--color", "--cov", "--retries", "--capture", "--code-highlight"}  # fmt: skip
_KEPT = {"--doctest-modules", "--pyargs", "--strict-markers", "--strict-config", "--strict",
         "--runxfail", "--import-mode", "--noconftest", "--continue-on-collection-errors",
         "--collect-in-virtualenv", "--disable-warnings", "--doctest-continue-on-failure",
         "--doctest-ignore-import-errors", "--keep-duplicates"}  # fmt: skip
_KEPT_VALUED = {"-k", "-m", "-c", "-o", "-p", "-W", "--ignore", "--ignore-glob", "--deselect",
                "--rootdir", "--confcutdir", "--import-mode", "--override-ini",
                "--pythonwarnings", "--doctest-glob", "--config-file"}  # fmt: skip
# Options that are known to take no value.
_ALONE = (_DROPPED - _DROPPED_VALUED) | (_KEPT - _KEPT_VALUED)
# Options of plugins without which tests do not run as they should, and the package of each.
_PLUGINS = {
    "--asyncio-mode": "pytest-asyncio",
    "--timeout": "pytest-timeout",
    "--ds": "pytest-django",
    "--nomigrations": "pytest-django",
    "--reuse-db": "pytest-django",
    "--snapshot-warn-unused": "syrupy",
    "--mypy-ini-file": "pytest-mypy-plugins",
    "--disable-socket": "pytest-socket",
    "--allow-unix-socket": "pytest-socket",
}
_WITH_OPTIONAL_VALUE = {"--cov", "--color"}


@dataclass(frozen=True, slots=True)
class PytestWords:
    """The words to run pytest with, the plugins they need, and the options that were left out.

    ``usable`` is false where a path or a value stands for something that is not known here.
    """

    words: Argv
    plugins: Argv = ()
    left_out: Argv = ()
    usable: bool = True


def kept_words(
    words: Argv, exists: Callable[[str], bool], adds_option: Callable[[str], bool]
) -> PytestWords:
    """Return what of pytest's ``words`` counts here.

    ``exists`` tells of a path whether the tree has it, ``adds_option`` of an option whether the
    project's own conftest files define it.
    """
    kept: list[str] = []
    plugins: list[str] = []
    left_out: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        name, has_value, _ = word.partition("=")
        width = 1
        if not word.startswith("-"):
            kept.append(word)
        elif word != "-" and _is_dropped(name, has_value):
            width = _width(words, at, _DROPPED_VALUED)
        else:
            width = _width(words, at, _KEPT_VALUED)
            option = words[at : at + width]
            if _is_known(name) or name in _PLUGINS or adds_option(name):
                kept += option
                plugins += [_PLUGINS[name]] if name in _PLUGINS else []
            else:
                left_out.append(name)
        at += width
    usable = not any(_stands_for_another(word, exists) for word in kept)
    return PytestWords(tuple(kept), tuple(plugins), tuple(left_out), usable=usable)


def without_places(run: Argv) -> Argv | None:
    """Return a command that plainly starts pytest without the files and folders it names.

    None for any other command, and where a word could be a place or an option's value.
    """
    plain = run[:1] in {("pytest",), ("py.test",)}
    start = 1 if plain else 3
    if not plain and not (run[:1] in {("python",), ("python3",)} and run[1:3] == ("-m", "pytest")):
        return None
    kept: list[str] = []
    words, at, is_after_unknown = run[start:], 0, False
    while at < len(words):
        width = _width(words, at, _DROPPED_VALUED | _KEPT_VALUED)
        if words[at].startswith("-"):
            kept += words[at : at + width]
            is_after_unknown = "=" not in words[at] and width == 1 and words[at] not in _ALONE
        elif is_after_unknown:
            return None
        at += width
    return (*run[:start], *kept)


def _is_dropped(name: str, has_value: str) -> bool:
    short = not name.startswith("--")
    if short and len(name) > 2 and not has_value:  # noqa: PLR2004 - a dash and a letter
        # Letters together (-vv, -ra, -n2): the first one tells.
        return name[:2] in {"-v", "-q", "-x", "-r", "-l", "-s", "-n"}
    return name in _DROPPED or name in _DROPPED_VALUED or name.startswith(("--cov", "--benchmark"))


def _is_known(name: str) -> bool:
    joined = not name.startswith("--") and name[:2] in _KEPT_VALUED
    return name in _KEPT or name in _KEPT_VALUED or joined


def _width(words: Argv, at: int, valued: set[str]) -> int:
    """Return how many words the option at ``at`` takes up, its value included."""
    word = words[at]
    if word not in valued or at + 1 >= len(words):
        return 1
    value = words[at + 1]
    if word in _WITH_OPTIONAL_VALUE and value.startswith("-"):
        return 1
    return 2


def _stands_for_another(word: str, exists: Callable[[str], bool]) -> bool:
    if "{" in word or word.startswith(("/", "~")):
        return True
    looks_like_path = "/" in word or word.endswith(".py")
    return looks_like_path and not word.startswith("-") and not exists(word.partition("::")[0])
