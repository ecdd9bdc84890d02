"""What a Python project's manifests say: what to install for its tests, and with which Python."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from validators.projects.manifest_files import Argv, ProjectFiles, Sections, strings, table
from validators.projects.needs import Needs
from validators.projects.poetry_requirements import requirements_of, specifier_of

_INI_FILES: tuple[str, ...] = ("setup.cfg", "tox.ini")
_FOR_TESTS = ("test", "tests", "testing", "hatch-test")
_FOR_DEVELOPERS = ("dev", "develop", "development")
_TEST_REQUIREMENTS = (
    "requirements-test.txt",
    "requirements-tests.txt",
    "requirements-testing.txt",
    "requirements_test.txt",
    "requirements_tests.txt",
    "test-requirements.txt",
    "test_requirements.txt",
    "requirements/test.txt",
    "requirements/tests.txt",
    "requirements/testing.txt",
    "tests/requirements.txt",
    "test/requirements.txt",
)
_DEVELOPER_REQUIREMENTS = (
    "requirements-dev.txt",
    "requirements_dev.txt",
    "dev-requirements.txt",
    "requirements/dev.txt",
)
# Keys of an extras_require dictionary, without running or parsing the program they stand in.
_SETUP_PY_EXTRA = re.compile(r"""["']([A-Za-z]{3,11})["']\s*:\s*\[""")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
# A requirement of a group that an installer takes as one word; no path, no option.
_REQUIREMENT = re.compile(r"[A-Za-z0-9][^\n/\\{}]*")


@dataclass(frozen=True, slots=True)
class PythonProject:
    """What the manifests say.

    ``extras`` are the names an install of the project itself may add, ``groups`` those the
    installer takes by name, ``own_groups`` those of other tools, with what each requires.
    ``builds``: there is a project to install. ``declares``: its requirements can be had without
    building it. ``chooses_rules``: ruff's settings say which of its rules count.
    """

    extras: tuple[str, ...]
    groups: tuple[str, ...]
    own_groups: Mapping[str, Needs]
    requirements: Argv
    builds: bool
    declares: bool
    requires_python: str
    configures_pytest: bool
    configures_ruff: bool
    chooses_rules: bool
    has_requirements_file: bool
    has_lock: bool

    def sets_for_tests(self, files: ProjectFiles) -> Needs:
        """Return the extras, groups and files that are named after tests."""
        return self._sets(files, _FOR_TESTS, _TEST_REQUIREMENTS)

    def sets_for_developers(self, files: ProjectFiles) -> Needs:
        """Return the extras, groups and files that are named after developers."""
        return self._sets(files, _FOR_DEVELOPERS, _DEVELOPER_REQUIREMENTS)

    def _sets(self, files: ProjectFiles, words: Argv, listed: Argv) -> Needs:
        groups = (*self.groups, *self.own_groups)
        return Needs(
            tuple(name for name in self.extras if name.lower() in words),
            tuple(name for name in groups if name.lower() in words),
            tuple(name for name in listed if name in files.there),
        )

    def arguments(self, needs: Needs) -> Argv:
        """Return the words after an install command that bring ``needs`` beside the project."""
        known = [name for name in needs.groups if name in self.own_groups]
        own = Needs()
        for name in known:
            own |= self.own_groups[name]
        extras = {*self.extras}
        own |= Needs(extras=tuple(n for n in (*needs.extras, *needs.groups) if n in extras))
        words: list[str] = []
        for name in dict.fromkeys(n for n in (*needs.groups, *own.groups) if n in self.groups):
            words += ["--group", name]
        for name in dict.fromkeys((*needs.files, *own.files)):
            words += ["-r", name]
        words += dict.fromkeys((*needs.requirements, *own.requirements))
        chosen = dict.fromkeys(own.extras)
        if not self.builds:
            plain = ["-r", "requirements.txt"] if self.has_requirements_file else []
            return (*plain, *words)
        return ("-e", f".[{','.join(chosen)}]" if chosen else ".", *words)

    def arguments_without_build(self, needs: Needs) -> Argv:
        """Return the words that bring ``needs`` and what the project requires, but not itself."""
        first, *words = self.arguments(needs)[1:]
        extras = re.findall(_NAME, first.removeprefix("."))
        if self.declares:
            named = (part for name in extras for part in ("--extra", name))
            return ("-r", "pyproject.toml", *named, *words)
        plain = ("-r", "requirements.txt") if self.has_requirements_file else ()
        return (*plain, *self.requirements, *words)


def read_python_project(files: ProjectFiles) -> PythonProject:
    """Read the manifests at the root of a tree."""
    there = files.there
    pyproject = files.toml("pyproject.toml")
    ini = {name: files.ini(name) for name in _INI_FILES}
    tools, project, poetry = (
        table(pyproject, "tool"),
        table(pyproject, "project"),
        table(pyproject, "tool", "poetry"),
    )
    builds = "build-system" in pyproject or bool(project or poetry) or "setup.py" in there
    if table(tools, "uv").get("package") is False or poetry.get("package-mode") is False:
        builds = False
    return PythonProject(
        extras=_extras(project, poetry, ini["setup.cfg"], files.text("setup.py")),
        groups=tuple(name for name in table(pyproject, "dependency-groups") if _is_name(name)),
        own_groups=_own_groups(tools),
        requirements=requirements_of(table(poetry, "dependencies")),
        builds=builds,
        declares=bool(project),
        requires_python=_requires_python(project, poetry, ini["setup.cfg"]),
        configures_pytest="pytest" in tools
        or bool(there & {"pytest.ini", ".pytest.ini", "pytest.toml"})
        or "tool:pytest" in ini["setup.cfg"]
        or "pytest" in ini["tox.ini"],
        configures_ruff="ruff" in tools or bool(there & {"ruff.toml", ".ruff.toml"}),
        chooses_rules=_chooses_rules(tools, files),
        has_requirements_file="requirements.txt" in there,
        has_lock="uv.lock" in there and bool(project),
    )


def _chooses_rules(tools: Mapping[str, Any], files: ProjectFiles) -> bool:
    """Whether ruff's settings say which rules count; which do when they do not, a release says."""
    said = [files.toml(name) for name in ("ruff.toml", ".ruff.toml") if name in files.there]
    return any(
        {"select", "extend-select", "extend"} & {*one, *table(one, "lint")}
        for one in (*said, table(tools, "ruff"))
    )


def _requires_python(
    project: Mapping[str, Any], poetry: Mapping[str, Any], setup_cfg: Sections
) -> str:
    found = project.get("requires-python")
    if isinstance(found, str):
        return found
    wanted = table(poetry, "dependencies").get("python")
    if isinstance(wanted, str):
        return specifier_of(wanted)
    return setup_cfg.get("options", {}).get("python_requires", "")


def _extras(
    project: Mapping[str, Any], poetry: Mapping[str, Any], setup_cfg: Sections, setup_py: str
) -> tuple[str, ...]:
    declared = [*table(project, "optional-dependencies"), *table(poetry, "extras")]
    declared += [*setup_cfg.get("options.extras_require", {})]
    if "extras_require" in setup_py:
        declared += _SETUP_PY_EXTRA.findall(setup_py)
    return tuple(dict.fromkeys(name for name in declared if _is_name(name)))


def _own_groups(tools: Mapping[str, Any]) -> dict[str, Needs]:
    """Return the groups that tools declare in their own tables, by name."""
    found: dict[str, Needs] = {}
    poetry = table(tools, "poetry")
    for name, group in table(poetry, "group").items():
        found[name] = Needs(requirements=requirements_of(table(group, "dependencies")))
    if "dev-dependencies" in poetry:
        found["dev"] = Needs(requirements=requirements_of(table(poetry, "dev-dependencies")))
    for tool in (table(tools, "pdm"), table(tools, "uv"), table(tools, "rye")):
        listed = tool.get("dev-dependencies")
        groups = listed if isinstance(listed, dict) else {"dev": listed}
        for name, group in groups.items():
            if strings(group):
                found[name] = Needs(requirements=_plain(group))
    for name, environment in table(tools, "hatch", "envs").items():
        needs = hatch_needs(environment)
        # The default environment is the developers', and tests run in it unless one is theirs.
        if needs and (name in _FOR_TESTS or name == "default"):
            found["dev" if name == "default" else name] = needs
    return {name: needs for name, needs in found.items() if _is_name(name)}


def hatch_needs(environment: object) -> Needs:
    """Return what one of Hatch's environments installs beside the project."""
    own = table(environment)
    requirements = _plain(own.get("dependencies")) + _plain(own.get("extra-dependencies"))
    groups = strings(own.get("dependency-groups"))
    return Needs(strings(own.get("features")), groups, requirements=requirements)


def _plain(listed: object) -> tuple[str, ...]:
    return tuple(one for one in strings(listed) if _REQUIREMENT.fullmatch(one))


def _is_name(name: object) -> bool:
    return isinstance(name, str) and _NAME.fullmatch(name) is not None
