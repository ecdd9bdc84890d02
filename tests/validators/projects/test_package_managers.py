from collections.abc import Mapping

import pytest

from validators.projects.manifest_files import ProjectFiles
from validators.projects.package_managers import PackageManager, package_manager


def manager(files: Mapping[str, str], named: object = "") -> PackageManager:
    found = ProjectFiles.of([*files], lambda path: files[path].encode())
    return package_manager(found, {"packageManager": named})


@pytest.mark.parametrize(
    ("files", "named", "package"),
    [
        ({"pnpm-lock.yaml": "lockfileVersion: '9.0'\n"}, "", "pnpm@10"),
        ({"pnpm-lock.yaml": "lockfileVersion: 5.4\n"}, "", "pnpm@7"),
        ({"pnpm-lock.yaml": "?"}, "", "pnpm@10"),
        ({"pnpm-lock.yaml": "lockfileVersion: 5.4\n"}, "pnpm@9.1.0+sha512.abc", "pnpm@9.1.0"),
        ({"yarn.lock": "# yarn lockfile v1\n"}, "", "yarn@1.22.22"),
        ({"yarn.lock": "__metadata:\n"}, "", "@yarnpkg/cli-dist@4"),
        ({"yarn.lock": "", ".yarnrc.yml": ""}, "yarn@4.2.1", "@yarnpkg/cli-dist@4.2.1"),
        ({"yarn.lock": "", ".yarnrc.yml": ""}, "yarn@1.22.0", "yarn@1.22.0"),
    ],
)  # fmt: skip
def test_a_manager_that_is_not_npm_is_installed_in_the_version_asked_for(
    files: dict[str, str], named: str, package: str
) -> None:
    found = manager(files, named)

    fetch, install, _, link = found.install
    assert (fetch[:3], fetch[-1]) == (("npm", "install", "--global"), package)
    assert f"/environment/tools/bin/{found.name}" in install
    assert link[:2] == ("ln", "-sf")
    assert "--ignore-scripts" in install or "YARN_ENABLE_SCRIPTS=false" in install
    assert found.fallback[1] != install or package == "pnpm@10"
    near = found.fallback[0][-1]
    assert near == ("@yarnpkg/cli-dist@4" if "cli-dist" in package else package)


def test_npm_wins_where_its_lock_file_is_and_where_nothing_is_said() -> None:
    both = {"package-lock.json": "{}", "yarn.lock": ""}

    assert manager(both).install[0][:2] == ("npm", "ci")
    assert manager(both).fallback[0][:2] == ("npm", "install")
    assert manager({}).install == (manager({}, "odd@x").install)
    assert manager({}).install[0][:2] == ("npm", "install")
    assert manager(both, "yarn@1.22.1").name == "yarn"


def test_bun_s_lock_file_is_said_not_to_be_used() -> None:
    found = manager({"bun.lock": ""})

    assert found.name == "npm"
    assert "without bun's lock file" in found.note
