"""Which paths no patch may touch by default, and which ordinary fixes need."""

import time

import pytest

from validators.path_kinds import is_agent_file, matcher
from validators.protected_paths import PROTECTED_BY_DEFAULT

IS_PROTECTED = matcher(PROTECTED_BY_DEFAULT, ignore_case=True)


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        ".GITHUB/Workflows/CI.yml",
        ".github/dependabot.yml",
        "docs/CODEOWNERS",
        "codeowners",
        "action.yml",
        "tools/action.YAML",
        "renovate.json",
        ".renovaterc.json",
        ".gitlab-ci.yml",
        "ci/build.gitlab-ci.yml",
        ".circleci/config.yml",
        ".travis.yml",
        "appveyor.yml",
        "azure-pipelines.yml",
        "azure-pipelines-release.yaml",
        "Jenkinsfile",
        "jenkinsfile.release",
        "bitbucket-pipelines.yml",
        ".buildkite/pipeline.yml",
        ".drone.yml",
        ".woodpecker.yml",
        ".woodpecker/test.yaml",
        ".teamcity/settings.kts",
        ".cirrus.yml",
        "codeship-steps.yml",
        ".semaphore/semaphore.yml",
        ".husky/pre-commit",
        "packages/a/.husky/pre-commit",
        ".githooks/pre-push",
        ".pre-commit-config.yaml",
        "lefthook.yml",
        "lefthook-local.yaml",
        ".devcontainer/devcontainer.json",
        "sub/.devcontainer.json",
        ".vscode/tasks.json",
        "sub/.idea/workspace.xml",
        "a.code-workspace",
        ".anything/at/all",
        ".changeset/config.json",
        ".github/CONTRIBUTING.md.yml",
        ".github/docs/CONTRIBUTING.md",
        "sub/.github/CONTRIBUTING.md",
        ".gitconfig",
        ".gitattributes",
        ".bashrc",
        ".bash_profile",
        "home/.profile",
        ".ripgreprc",
        ".npmrc",
        ".pypirc",
        "pip.conf",
        "bunfig.toml",
        "src/sitecustomize.py",
        "usercustomize.py",
        "src/inject.pth",
        ".envrc",
        "nested/.cargo/config.toml",
    ],
)
def test_whoever_writes_these_decides_what_runs_or_is_checked(path: str) -> None:
    assert IS_PROTECTED(path)


@pytest.mark.parametrize(
    "path",
    [
        "src/a.py",
        "CHANGES.rst",
        "docs/index.md",
        "README.md",
        "tests/conftest.py",
        "conftest.py",
        "tests/test_a.py",
        "pyproject.toml",
        "package.json",
        "setup.cfg",
        "tox.ini",
        "Makefile",
        "requirements/dev.txt",
        ".gitignore",
        ".editorconfig",
        ".readthedocs.yaml",
        ".changeset/brave-cats-jump.md",
        ".github/CONTRIBUTING.md",
        "src/.hidden/a.py",
        "src/actions.yml.py",
        "src/github/client.py",
        "lib/hooks/useState.ts",
        "src/jenkins.py",
        "src/profile.py",
        "path.py",
    ],
)
def test_an_ordinary_fix_may_touch_these(path: str) -> None:
    assert not IS_PROTECTED(path)


@pytest.mark.parametrize("path", [".claude/settings.json", "AGENTS.md", ".cursor/rules/a.mdc"])
def test_files_for_agents_have_a_policy_of_their_own(path: str) -> None:
    assert is_agent_file(path)
    assert not IS_PROTECTED(path)


def test_a_path_made_for_the_patterns_cannot_hold_up_the_judge() -> None:
    begun = time.process_time()
    for end in ("", "/", "z.gitlab-ci.yx", "x.pt"):
        assert not IS_PROTECTED("azure-pipeline" * 36 + end)
        assert not IS_PROTECTED("a/" * 250 + end)
    assert time.process_time() - begun < 5
