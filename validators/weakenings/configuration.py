"""Configuration and scripts of two trees: what they select, demand and forgive."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from scoping.test_facts import SuiteFacts
from validators.checkout import Clone, TreeFile, list_files, read_blobs
from validators.weakenings.collection import Collection, collection_of
from validators.weakenings.commands import looser_commands
from validators.weakenings.documents import is_configuration, settings_of
from validators.weakenings.loosening import Loosening
from validators.weakenings.settings import looser_settings, rows
from validators.weakenings.suites import Touched

_FILE_MODES = frozenset(("100644", "100755"))
_MAX_BYTES = 300_000
_SCRIPT = re.compile(
    r"(?i)(?:^|/)(?:(?:GNU)?makefile|justfile|taskfile\.ya?ml|noxfile\.py|tasks\.py|jenkinsfile"
    r"|tox\.ini|\.gitlab-ci\.ya?ml|azure-pipelines\.ya?ml|\.pre-commit-config\.ya?ml|duties\.py"
    r"|[^/]+\.(?:sh|bash|mk)|\.(?:github|circleci|buildkite|woodpecker)/.+\.ya?ml)$"
)
_DASHED = re.compile(r"(?i)(?:makefile|\.mk|tox\.ini)$")
_LOADER = re.compile(r"load_tests$")
_HOOKS = re.compile(
    r"pytest_(?:ignore_collect|collection_modifyitems|collect_file|pycollect_\w+|runtest_\w+"
    r"|report_teststatus|pyfunc_call|sessionfinish|itemcollected|exception_interact|cmdline_\w+)$"
)


def looser_configuration(
    clone: Clone, trees: tuple[str, str], touched: Sequence[Touched]
) -> Iterator[Loosening]:
    """Yield every setting and command that the change made looser."""
    folders = {
        _folder(path)
        for file in touched
        for path in (file.old_path, file.path)
        if is_configuration(PurePosixPath(path).name)
    }
    if folders:
        # What a new folder holds was never stricter.
        folders &= {folder for file in list_files(clone, trees[0]) for folder in _above(file.path)}
        old, new = (_configurations(clone, tree, folders) for tree in trees)
        for folder in sorted(folders):
            before, after = settings_of(old.get(folder, {})), settings_of(new.get(folder, {}))
            for one in looser_settings(before, after):
                place = f"in {folder}/" if folder else "at the root"
                message = f"the setting {one.name} {place} is looser: {one.said}"
                path = _file_of(folder, one.name, touched)
                yield Loosening(one.code, message, path, certain=one.certain)
    for file in touched:
        yield from _scripts(file)
        yield from _conftest(file)


def base_collection(clone: Clone, base_tree: str) -> Collection:
    """Return which files the base's settings make tests."""
    settings = settings_of(_configurations(clone, base_tree, {""}).get("", {}))
    names = [name for name in settings if name.startswith("pytest.")]
    return collection_of({name: rows(name, settings[name]) for name in names})


def _configurations(clone: Clone, tree: str, folders: set[str]) -> dict[str, dict[str, bytes]]:
    """Return the configuration files of some folders, by folder and name."""
    files: list[TreeFile] = [
        file
        for file in list_files(clone, tree)
        if file.mode in _FILE_MODES
        and file.size <= _MAX_BYTES
        and _folder(file.path) in folders
        and is_configuration(PurePosixPath(file.path).name)
    ]
    found: dict[str, dict[str, bytes]] = {}
    texts = read_blobs(clone, [file.sha for file in files])
    for file, text in zip(files, texts, strict=True):
        found.setdefault(_folder(file.path), {})[PurePosixPath(file.path).name] = text
    return found


def _scripts(file: Touched) -> Iterator[Loosening]:
    if not (_SCRIPT.search(file.path) or _SCRIPT.search(file.old_path)):
        return
    old, new = (text.decode("utf-8", "replace").splitlines() for text in (file.old_text, file.text))
    dashes = _DASHED.search(file.path) is not None
    for one in looser_commands(old, new, dashes=dashes):
        message = f"{file.path} is looser: {one.said}, in the line: {one.line[:200]}"
        yield Loosening(one.code, message, file.path, _line(new, one.line), certain=one.certain)


def _conftest(file: Touched) -> Iterator[Loosening]:
    """Yield what a conftest leaves out of the run, and hooks that could leave out anything."""
    if not file.is_test_file or not isinstance(file.after, SuiteFacts):
        return
    is_conftest = PurePosixPath(file.path).name == "conftest.py"
    hooks = _HOOKS if is_conftest else _LOADER
    before = file.before if isinstance(file.before, SuiteFacts) else SuiteFacts()
    for name, value in file.after.settings if is_conftest else ():
        if (name, value) not in before.settings and value:
            message = f"{file.path} leaves {value} out of the tests ({name})"
            yield Loosening("settings-loosened", message, file.path)
    known = {facts.qualified_name: facts.body for facts in before.functions}
    for facts in file.after.functions:
        if hooks.match(facts.name) and known.get(facts.qualified_name) != facts.body:
            message = f"{file.path} has a hook that decides about tests: {facts.name}"
            yield Loosening("settings-loosened", message, file.path, facts.line, certain=False)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _above(path: str) -> Iterator[str]:
    """Yield every folder above a path; the root is the empty one."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _file_of(folder: str, setting: str, touched: Sequence[Touched]) -> str:
    """Return which changed file of a folder a setting most likely stands in."""
    paths = [
        file.path
        for file in touched
        if _folder(file.path) == folder and is_configuration(PurePosixPath(file.path).name)
    ]
    tool = setting.partition(".")[0].split()[-1]
    named = [path for path in paths if tool in path]
    return (named or paths or [folder])[0]


def _line(lines: Sequence[str], wanted: str) -> int:
    return next(
        (number for number, line in enumerate(lines, 1) if " ".join(line.split()) == wanted), 0
    )
