"""How projects of Rust, Go, Maven and Gradle are tested, without a network once they are set up."""

from dataclasses import dataclass

from validators.projects.manifest_files import Argv, ProjectFiles
from validators.sandbox import ENVIRONMENT

Variables = tuple[tuple[str, str], ...]

_MAVEN = ("mvn", "--batch-mode", "--no-transfer-progress", f"-Dmaven.repo.local={ENVIRONMENT}/m2")
_GRADLE_HOME = ("--no-daemon", "--gradle-user-home", f"{ENVIRONMENT}/gradle")


@dataclass(frozen=True, slots=True)
class CompiledProject:
    """One such project: its ``tool``, how it is set up and tested, and what file says so.

    ``variables`` tell the tool where set-up leaves what it fetched; the tests are told the same.
    """

    tool: str
    setup: tuple[Argv, ...]
    test: Argv
    source: str
    variables: Variables = ()


def read_compiled_project(files: ProjectFiles) -> CompiledProject | None:
    """Return the project that the root of the tree holds, if it is one of these."""
    if "Cargo.toml" in files.there:
        variables: Variables = (("CARGO_HOME", f"{ENVIRONMENT}/cargo"),)
        return CompiledProject(
            "cargo", (("cargo", "fetch"),), ("cargo", "test"), "Cargo.toml", variables
        )
    if "go.mod" in files.there:
        variables = (("GOMODCACHE", f"{ENVIRONMENT}/go"), ("GOTOOLCHAIN", "local"))
        fetch: tuple[Argv, ...] = (("go", "mod", "download"),)
        return CompiledProject("go", fetch, ("go", "test", "./..."), "go.mod", variables)
    if "pom.xml" in files.there:
        # Only a run of the tests fetches what runs them; what it built is then removed again.
        fetch = ((*_MAVEN, "-Dmaven.test.failure.ignore=true", "test"), (*_MAVEN, "clean"))
        return CompiledProject("mvn", fetch, (*_MAVEN, "--offline", "test"), "pom.xml")
    for name in ("build.gradle", "build.gradle.kts"):
        if name in files.there:
            return _gradle(files, name)
    return None


def _gradle(files: ProjectFiles, source: str) -> CompiledProject:
    has_wrapper = {"gradlew", "gradle/wrapper/gradle-wrapper.jar"} <= files.there
    gradle = (*(("sh", "gradlew") if has_wrapper else ("gradle",)), *_GRADLE_HOME)
    fetch = ((*gradle, "testClasses"),)
    return CompiledProject(
        "sh" if has_wrapper else "gradle", fetch, (*gradle, "--offline", "test"), source
    )
