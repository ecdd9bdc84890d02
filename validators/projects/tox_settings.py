"""What tox would install and run in one of its environments; tox itself is not started.

It hides the variables that reports are asked for with, and it wants the network.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from validators.projects.manifest_files import Argv, ProjectFiles, Sections, strings, table
from validators.projects.needs import Needs, needs_of_words

_POSARGS = re.compile(r"\{posargs(?::([^{}]*))?\}")
_ENV = re.compile(r"\{env:[A-Za-z_]\w*:([^{}]*)\}")
_ROOT = re.compile(r"\{(?:toxinidir|tox_root|toxini_dir)\}(?:/|\{/\})?")
_PYTHON = re.compile(r"\{(?:envpython|env_python)\}")
_FACTORS = re.compile(r"[a-z0-9.!,{}-]+:\s+", re.IGNORECASE)
_DEFAULT = re.compile(r"py(?:thon)?[\d.]*t?|\d\.\d+t?|py3?|tests?|unit")


@dataclass(frozen=True, slots=True)
class RunnerEnvironment:
    """What one environment of tox or nox runs, what it needs for that, and where that is said."""

    commands: tuple[Argv, ...]
    needs: Needs
    source: str


def tox_environment(files: ProjectFiles, name: str = "") -> RunnerEnvironment | None:
    """Return the environment ``name`` as far as it can be read; empty: the one that tests."""
    wanted = "" if _DEFAULT.fullmatch(name) else name
    for file, document in (
        ("tox.toml", files.toml("tox.toml")),
        ("pyproject.toml", table(files.toml("pyproject.toml"), "tool", "tox")),
    ):
        if table(document, "env_run_base") or table(document, "env"):
            return _from_toml(files, document, file, wanted)
    legacy = table(files.toml("pyproject.toml"), "tool", "tox").get("legacy_tox_ini")
    if isinstance(legacy, str):
        again = ProjectFiles(files.paths, frozenset({"tox.ini"}), lambda _: legacy.encode())
        return _from_ini(files, again.ini("tox.ini"), "pyproject.toml [tool.tox]", wanted)
    for file in ("tox.ini", "setup.cfg"):
        sections = files.ini(file)
        if any(section.startswith("testenv") for section in sections):
            return _from_ini(files, sections, file, wanted)
    return None


def _from_toml(
    files: ProjectFiles, document: Mapping[str, object], file: str, name: str
) -> RunnerEnvironment | None:
    own = table(document, "env", name)
    if name and not own:
        return None
    merged = {**table(document, "env_run_base"), **own}
    found = Needs(extras=strings(merged.get("extras")))
    found |= Needs(groups=strings(merged.get("dependency_groups")))
    for line in strings(merged.get("deps")):
        found |= _dependency(files, line)
    listed = merged.get("commands")
    commands = [_toml_command(one) for one in listed] if isinstance(listed, list) else []
    place = f"env.{name}" if name else "env_run_base"
    source = f"{file} [tool.tox.{place}]" if file == "pyproject.toml" else f"{file} [{place}]"
    return RunnerEnvironment(tuple(one for one in commands if one), found, source)


def _toml_command(words: object) -> Argv:
    command: list[str] = []
    for word in words if isinstance(words, list) else ():
        if isinstance(word, str):
            command.append(_substituted(word))
        elif table(word).get("replace") == "posargs":
            command += [_substituted(one) for one in strings(table(word).get("default"))]
        else:
            return ()
    return tuple(command)


def _from_ini(
    files: ProjectFiles, sections: Sections, file: str, name: str
) -> RunnerEnvironment | None:
    own = sections.get(f"testenv:{name}", {}) if name else {}
    if name and not own:
        return None
    base = sections.get("testenv", {})
    merged = {**base, **own}
    groups = merged.get("dependency_groups", "")
    found = Needs(extras=tuple(_plain_words(merged.get("extras", ""))))
    found |= Needs(groups=tuple(_plain_words(groups)))
    for line in merged.get("deps", "").splitlines():
        found |= _dependency(files, line.split(" #")[0].strip())
    commands = tuple(_ini_commands(merged.get("commands", "")))
    section = f"testenv:{name}" if name else "testenv"
    return RunnerEnvironment(commands, found, f"{file} [{section}]")


def _ini_commands(text: str) -> Iterator[Argv]:
    joined = re.sub(r"\\\s*\n", " ", text)
    for line in (line.strip().removeprefix("- ") for line in joined.splitlines()):
        factors = _FACTORS.match(line)
        # A command for some factors alone counts when one of them is the tests'.
        if factors and not re.search(r"\b(?:tests?|py\w*)\b", factors[0]):
            continue
        plain = _substituted(line[factors.end() :] if factors else line).removeprefix("- ")
        try:
            words = tuple(shlex.split(plain, comments=True))
        except ValueError:
            continue
        if words:
            yield words


def _substituted(text: str) -> str:
    text = _PYTHON.sub("python", _ROOT.sub("", text))
    text = _ENV.sub(lambda found: found[1], text)
    return _POSARGS.sub(lambda found: found[1] or "", text)


def _plain_words(text: str) -> Iterator[str]:
    """Yield the words of a list; what is for one factor alone counts when that is the tests'."""
    for line in text.splitlines():
        factors = _FACTORS.match(line.strip())
        if factors and not re.search(r"\b(?:tests?|py\w*)\b", factors[0]):
            continue
        words = line.strip()[factors.end() :] if factors else line
        yield from re.findall(r"[A-Za-z0-9._-]+", words.split("#")[0]) if "{" not in words else ()


def _dependency(files: ProjectFiles, line: str) -> Needs:
    """Return what one line of ``deps`` names; one for some factors alone is left out."""
    plain = _ROOT.sub("", line)
    if _FACTORS.match(plain) or "{" in plain:
        return Needs()
    if plain.startswith("-r"):
        return needs_of_words(("-r", plain[2:].strip()), files.there.__contains__)
    return needs_of_words((plain,), files.there.__contains__)
