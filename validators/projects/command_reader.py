"""Follows what a workflow runs to the command that judges: through tox, nox, make and scripts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from validators.projects.commands import purpose_of, split_env, unwrapped
from validators.projects.makefile import Target, make_targets, reaches_out, recipe_commands
from validators.projects.manifest_files import Argv, ProjectFiles, strings, table
from validators.projects.needs import Needs, install_needs
from validators.projects.nox_sessions import nox_environment
from validators.projects.python_project import hatch_needs
from validators.projects.shell_lines import plain_commands
from validators.projects.tox_settings import RunnerEnvironment, tox_environment
from validators.projects.workflows import Step

_DEEPEST = 3
_TOX_OPTIONS = ("-e", "--env")
_NOX_OPTIONS = ("-s", "--session", "--sessions", "-e")


@dataclass(frozen=True, slots=True)
class Followed:
    """A command at the end of the way, what it needs installed, and where its text stands."""

    run: Argv
    needs: Needs
    place: str


class CommandReader:
    """Reads the commands of one tree's workflows."""

    def __init__(self, files: ProjectFiles) -> None:
        self.files = files
        self.targets: Mapping[str, Target] = make_targets(files)
        self._tools = table(files.toml("pyproject.toml"), "tool")

    def follow(self, step: Step) -> list[Followed]:
        """Return what ``step`` runs in the end; an install alone comes back as what it needs."""
        return list(self._follow(step.run, Needs(), step.job, _DEEPEST))

    def _follow(self, argv: Argv, needs: Needs, place: str, depth: int) -> Iterator[Followed]:
        needs |= install_needs(argv, self.files.there.__contains__) or Needs()
        command = unwrapped(argv)
        prefix, bare = split_env(command)
        if not bare or depth == 0:
            return
        inner = self._inner(argv, bare, place)
        if inner is None:
            yield Followed(command, needs, place)
            return
        # What starts tox or nox is not what the tests need.
        needs = inner.needs if bare[0] in {"tox", "nox"} else needs | inner.needs
        for one in inner.commands:
            yield from self._follow((*prefix, *one), needs, inner.source, depth - 1)

    def _inner(self, argv: Argv, bare: Argv, place: str) -> RunnerEnvironment | None:
        """Return what another program than the command's own would run; None: it is its own."""
        nothing = RunnerEnvironment((), Needs(), place)
        if bare[0] == "tox":
            return self._of_runner(bare, _TOX_OPTIONS, tox_environment) or nothing
        if bare[0] == "nox":
            return self._of_runner(bare, _NOX_OPTIONS, nox_environment) or nothing
        if bare[0] == "make":
            return self._of_make(bare)
        if bare[:2] == ("hatch", "test"):
            runs = (("pytest", "tests"),)
            return RunnerEnvironment(runs, hatch_needs(self._hatch("hatch-test")), place)
        if purpose_of(bare) is None:
            return self._of_script(argv, bare[0])
        return None

    def _of_runner(
        self,
        bare: Argv,
        options: tuple[str, ...],
        read: "Callable[[ProjectFiles, str], RunnerEnvironment | None]",
    ) -> RunnerEnvironment | None:
        """Return what tox or nox runs in the first environment that the command names."""
        if "--notest" in bare:
            return None
        name = ""
        for at, word in enumerate(bare[1:], 1):
            option, has_value, value = word.partition("=")
            if option in options:
                following = bare[at + 1] if at + 1 < len(bare) else ""
                name = value if has_value else following
        return read(self.files, name.split(",")[0])

    def _of_make(self, bare: Argv) -> RunnerEnvironment | None:
        """Return the recipes of the targets; None where only make can tell, and may be asked."""
        names = [word for word in bare[1:] if not word.startswith("-") and "=" not in word]
        names = names or [next(iter(self.targets), "")]
        commands: list[Argv] = []
        for name in names:
            found = recipe_commands(self.targets, name)
            if found is None:
                unsafe = any(reaches_out(self.targets, one) for one in names)
                return RunnerEnvironment((), Needs(), "") if unsafe else None
            commands += found
        return RunnerEnvironment(tuple(commands), Needs(), f"Makefile, target {' '.join(names)}")

    def _of_script(self, argv: Argv, name: str) -> RunnerEnvironment | None:
        """Return a script that PDM or Hatch knows by a name of the project's own."""
        _, command = split_env(argv)
        if command[:1] == ("pdm",):
            script = table(self._tools, "pdm", "scripts").get(name)
            body = table({"s": script}, "s").get("cmd") if isinstance(script, dict) else script
            return _scripted(body, Needs(), f"pyproject.toml [tool.pdm.scripts] {name}")
        if command[:2] == ("hatch", "run"):
            environment, _, script_name = name.rpartition(":")
            own = self._hatch(environment or "default")
            body = table(own, "scripts").get(script_name)
            place = f"pyproject.toml [tool.hatch.envs.{environment or 'default'}.scripts]"
            return _scripted(body, hatch_needs(own), f"{place} {script_name}")
        return None

    def _hatch(self, environment: str) -> Mapping[str, object]:
        return table(self._tools, "hatch", "envs", environment)


def _scripted(body: object, needs: Needs, place: str) -> RunnerEnvironment | None:
    if isinstance(body, list):
        lines = strings(body)
    elif isinstance(body, str):
        # What Hatch puts the user's own words in place of.
        lines = (body.replace("{args}", "").replace("{args:tests}", "tests"),)
    else:
        return None
    commands = [plain_commands(line.replace("{args}", "")) for line in lines]
    plain = tuple(argv for found in commands if found for argv in found)
    return RunnerEnvironment(plain, needs, place)
