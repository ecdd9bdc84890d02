"""Settings, commands and scripts of a change: what selects less, demands less or hides more."""

import json
import subprocess
from collections.abc import Callable

import pytest

from validators.checkout import Clone, open_clone, write_tree
from validators.sandbox import FileChange
from validators.weakenings.configuration import base_collection, looser_configuration
from validators.weakenings.loosening import Loosening
from validators.weakenings.suites import touched_files

Files = dict[str, str | None]
Compare = Callable[[Files, Files], list[Loosening]]


@pytest.fixture
def compare(clone_of: Callable[[Files], Clone]) -> Compare:
    def run(before: Files, after: Files) -> list[Loosening]:
        clone = clone_of(before)
        changes = [
            FileChange(path, "000000") if text is None else _file(path, text)
            for path, text in after.items()
        ]
        tree = write_tree(clone, clone.base_tree, changes)
        touched = touched_files(clone, clone.base_tree, tree)
        return list(looser_configuration(clone, (clone.base_tree, tree), touched))

    return run


def _file(path: str, text: str) -> FileChange:
    return FileChange(path, "100644", text.encode())


def test_options_that_select_fewer_tests_are_found_wherever_pytest_reads_them(
    compare: Compare,
) -> None:
    found = compare(
        {
            "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "-ra"\n',
            "a/pytest.ini": "[pytest]\naddopts = -ra\n",
            "b/setup.cfg": "[tool:pytest]\naddopts = -ra\n",
            "c/tox.ini": "[pytest]\naddopts = -ra\n",
        },
        {
            "pyproject.toml": '[tool.pytest.ini_options]\naddopts = ["-ra", "--deselect=a::b"]\n',
            "a/pytest.ini": "[pytest]\naddopts = -ra -k 'not slow'\n",
            "b/setup.cfg": "[tool:pytest]\naddopts =\n  -ra\n  --ignore=tests/unit\n",
            "c/tox.ini": "[pytest]\naddopts = -ra --co --reruns 3\n",
        },
    )

    assert {(one.code, one.path) for one in found if one.certain} == {
        ("settings-loosened", "pyproject.toml"),
        ("settings-loosened", "a/pytest.ini"),
        ("settings-loosened", "b/setup.cfg"),
        ("settings-loosened", "c/tox.ini"),
        ("retries-added", "c/tox.ini"),
    }


def test_what_loosens_nothing_is_nothing(compare: Compare) -> None:
    found = compare(
        {
            "pyproject.toml": (
                '[tool.pytest.ini_options]\naddopts = "-q"\nmarkers = ["a"]\nxfail_strict = true\n'
                'filterwarnings = ["ignore"]\n[tool.ruff]\nline-length = 80\n'
                '[tool.ruff.lint]\nselect = ["E501", "F"]\nignore = ["E"]\n'
                "[tool.coverage.report]\nfail_under = 80\n[tool.mypy]\nstrict = true\n"
            ),
            "package.json": '{"version": "1", "scripts": {"test": "jest", "build": "tsc -p ."}}',
            "Makefile": "test:\n\tpytest\n",
        },
        {
            "pyproject.toml": (
                '[tool.pytest.ini_options]\naddopts = "-ra -q --strict-markers"\n'
                'markers = ["a", "b"]\nxfail_strict = true\nfilterwarnings = ["error", "ignore"]\n'
                "[tool.ruff]\nline-length = 100\n"
                '[tool.ruff.lint]\nselect = ["E", "F", "W"]\nignore = ["E203"]\n'
                "[tool.coverage.report]\nfail_under = 90\n[tool.mypy]\nstrict = true\n"
            ),
            "package.json": '{"version": "2", "scripts": {"test": "jest", "build": "tsc"}}',
            "Makefile": "test: lint\n\tpytest\n\nlint:\n\truff check .\n",
        },
    )

    assert found == []


def test_settings_that_move_to_another_file_are_no_change(compare: Compare) -> None:
    old = "[tool:pytest]\naddopts = -ra\ntestpaths = tests\n[coverage:report]\nfail_under = 90\n"
    new = (
        '[tool.pytest.ini_options]\naddopts = "-ra"\ntestpaths = ["tests"]\n'
        "[tool.coverage.report]\nfail_under = 90\n"
    )

    assert compare({"setup.cfg": old}, {"setup.cfg": None, "pyproject.toml": new}) == []


def test_a_new_file_that_takes_precedence_is_seen(compare: Compare) -> None:
    base: Files = {"pyproject.toml": "[tool.pytest.ini_options]\nxfail_strict = true\n"}

    assert [one.message for one in compare(base, {"pytest.ini": "[pytest]\n"})] == [
        "the setting pytest.xfail_strict at the root is looser: is no longer on"
    ]


LOOSER = [
    ("threshold-lowered", ".coveragerc", "[report]\nfail_under = 90", "[report]\nfail_under=9"),
    ("threshold-lowered", ".coveragerc", "[report]\nfail_under = 90", "[report]\n"),
    ("settings-loosened", ".coveragerc", "[run]\nomit = a", "[run]\nomit =\n  a\n  src/b.py"),
    ("settings-loosened", "ruff.toml", 'ignore = ["E1"]', 'ignore = ["E1", "F821"]'),
    ("settings-loosened", "ruff.toml", '[lint]\nselect = ["ALL"]', '[lint]\nselect = ["E"]'),
    (
        "settings-loosened",
        "ruff.toml",
        '[lint.per-file-ignores]\n"a.py" = ["E1"]',
        '[lint.per-file-ignores]\n"a.py" = ["E1", "F"]',
    ),
    ("settings-loosened", ".flake8", "[flake8]\nignore = E1", "[flake8]\nignore = E1,F8"),
    ("settings-loosened", "mypy.ini", "[mypy]\nstrict = True", "[mypy]\nstrict = False"),
    ("settings-loosened", "mypy.ini", "[mypy]\n", "[mypy]\n[mypy-a.*]\nignore_errors = true\n"),
    ("settings-loosened", "pytest.ini", "[pytest]\nfilterwarnings = error", "[pytest]\n"),
    (
        "settings-loosened",
        "pytest.ini",
        "[pytest]\npython_files = test_*.py *_spec.py",
        "[pytest]\npython_files = *_spec.py",
    ),
    (
        "settings-loosened",
        "pytest.ini",
        "[pytest]\nnorecursedirs = a",
        "[pytest]\nnorecursedirs = a tests/unit",
    ),
    (
        "settings-loosened",
        "pytest.ini",
        "[pytest]\ntestpaths = a tests",
        "[pytest]\ntestpaths = a",
    ),
    ("settings-loosened", ".flake8", "[flake8]\nselect = E,F", "[flake8]\nselect = E"),
    (
        "settings-loosened",
        "pyproject.toml",
        '[tool.pyright]\ntypeCheckingMode = "strict"',
        '[tool.pyright]\ntypeCheckingMode = "off"',
    ),
    ("settings-loosened", ".pylintrc", "[A]\ndisable = a", "[A]\ndisable = a,b"),
    ("settings-loosened", ".mocharc.json", '{"ignore": []}', '{"ignore": ["a.js"]}'),
    ("settings-loosened", "pylintrc", "[A]\nmax-args = 3", "[A]\nmax-args = 9"),
    ("settings-loosened", "tox.ini", "[pytest]\nxfail_strict=1", "[testenv:a]\ndeps = x"),
    (
        "settings-loosened",
        "tsconfig.json",
        '{"compilerOptions": {"strict": true,}} // words',
        '{"compilerOptions": {"strict": false}}',
    ),
    (
        "settings-loosened",
        ".eslintrc.json",
        '{"rules": {"no-undef": "error"}}',
        '{"rules": {"no-undef": "off"}}',
    ),
    (
        "settings-loosened",
        ".eslintrc.json",
        '{"rules": {"no-undef": ["error", {"typeof": true}]}}',
        '{"rules": {"no-undef": [1]}}',
    ),
    (
        "threshold-lowered",
        "jest.config.json",
        '{"coverageThreshold": {"global": {"lines": 90}}}',
        '{"coverageThreshold": {"global": {"lines": 10}}}',
    ),
    (
        "threshold-lowered",
        "jest.config.js",
        "module.exports = {coverageThreshold: {global: {lines: 90}}};",
        "module.exports = {coverageThreshold: {global: {lines: 10}}};",
    ),
    (
        "settings-loosened",
        "vitest.config.ts",
        'export default defineConfig({test: {exclude: ["dist"]}});',
        'export default defineConfig({test: {exclude: ["dist", "src/a.test.ts"]}});',
    ),
    (
        "retries-added",
        "vitest.config.ts",
        "export default defineConfig({test: {}});",
        "export default defineConfig({test: {retry: 3}});",
    ),
    (
        "threshold-lowered",
        "codecov.yml",
        "coverage:\n  status:\n    project:\n      default:\n        target: 90%\n",
        "coverage:\n  status:\n    project:\n      default:\n        target: 10%\n",
    ),
    (
        "failure-hidden",
        "codecov.yml",
        "coverage:\n  status:\n    project: {default: {target: 90}}\n",
        "coverage:\n  status:\n    project: {default: {target: 90, informational: true}}\n",
    ),
    (
        "settings-loosened",
        "package.json",
        '{"jest": {"testPathIgnorePatterns": []}}',
        '{"jest": {"testPathIgnorePatterns": ["src/a.test.js"]}}',
    ),
    (
        "settings-loosened",
        "package.json",
        '{"scripts": {"test": "jest"}}',
        '{"scripts": {"test": "echo fine"}}',
    ),
    (
        "failure-hidden",
        "package.json",
        '{"scripts": {"test": "jest"}}',
        '{"scripts": {"test": "jest || true"}}',
    ),
    (
        "failure-hidden",
        "tox.ini",
        "[testenv]\ncommands = pytest\n",
        "[testenv]\ncommands = - pytest\n",
    ),
    ("failure-hidden", "Makefile", "test:\n\tpytest\n", "test:\n\t-pytest\n"),
    ("failure-hidden", "Makefile", "test:\n\tpytest\n", "test:\n\tpytest || true\n"),
    ("failure-hidden", "run.sh", "set -e\npytest\n", "set +e\npytest\n"),
    ("failure-hidden", "lint.sh", "flake8\n", "flake8 --exit-zero\n"),
    ("failure-hidden", "test.sh", "pytest\n", "pytest; true\n"),
    ("settings-loosened", "Makefile", "test:\n\tpytest\n", "test:\n\t@echo fine\n"),
    ("settings-loosened", "Makefile", "test:\n\tpytest\n", "test:\n\tpytest -k fast\n"),
    (
        "settings-loosened",
        "noxfile.py",
        'session.run("pytest", "-q")\n',
        'session.run("true")\n',
    ),
    ("threshold-lowered", "ci.sh", "pytest --cov-fail-under=90\n", "pytest\n"),
    ("retries-added", "ci.sh", "pytest\n", "pytest --reruns 5\n"),
    (
        "failure-hidden",
        ".github/workflows/ci.yml",
        "jobs:\n  a:\n    steps:\n      - run: pytest\n",
        "jobs:\n  a:\n    steps:\n      - run: pytest\n        continue-on-error: true\n",
    ),
    ("settings-loosened", "tests/conftest.py", "", 'collect_ignore = ["test_a.py"]\n'),
    (
        "settings-loosened",
        "conftest.py",
        "",
        "def pytest_collection_modifyitems(items):\n    items.clear()\n",
    ),
]


@pytest.fixture(scope="module")
def looser(tmp_path_factory: pytest.TempPathFactory) -> list[Loosening]:
    """What one change loosens that holds the whole table, each row in a folder of its own."""
    folder = tmp_path_factory.mktemp("looser")
    repository = folder / "repository"
    for number, (_, path, before, _) in enumerate(LOOSER):
        place = repository / str(number) / path
        place.parent.mkdir(parents=True)
        place.write_text(f"{before}\n")
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for words in (("init", "-q"), ("add", "."), (*identity, "commit", "-q", "-m", "base")):
        subprocess.run(["git", *words], cwd=repository, check=True, capture_output=True)
    clone = open_clone(repository, "HEAD", folder / "clone")
    changed = [_file(f"{n}/{row[1]}", f"{row[3]}\n") for n, row in enumerate(LOOSER)]
    tree = write_tree(clone, clone.base_tree, changed)
    touched = touched_files(clone, clone.base_tree, tree)
    return list(looser_configuration(clone, (clone.base_tree, tree), touched))


@pytest.mark.parametrize(("number", "code"), [(n, row[0]) for n, row in enumerate(LOOSER)])
def test_what_is_looser_is_found(looser: list[Loosening], number: int, code: str) -> None:
    found = [one for one in looser if one.path.startswith(f"{number}/")]

    assert {one.code for one in found} == {code}, LOOSER[number]
    assert {one.path for one in found} == {f"{number}/{LOOSER[number][1]}"}


def test_a_setting_that_most_projects_would_want_is_for_a_person(compare: Compare) -> None:
    def sure(path: str, before: str, after: str) -> list[tuple[str, bool]]:
        return [(one.code, one.certain) for one in compare({path: before}, {path: after})]

    ini = "[pytest]\nfilterwarnings =\n  error\n"
    assert sure("pytest.ini", ini, f"{ini}  ignore:old:DeprecationWarning\n") == [
        ("settings-loosened", False)
    ]


def test_a_test_script_that_is_only_other_is_for_a_person(compare: Compare) -> None:
    base: Files = {"package.json": '{"scripts": {"test": "jest"}}'}
    found = compare(base, {"package.json": '{"scripts": {"test": "jest --color"}}'})

    assert [(one.code, one.certain) for one in found] == [("settings-loosened", False)]


def test_a_command_that_moves_to_another_script_is_no_loss(compare: Compare) -> None:
    base: Files = {"package.json": '{"scripts": {"lint": "eslint ."}}'}
    moved = '{"scripts": {"lint": "npm run check", "check": "eslint ."}}'

    assert compare(base, {"package.json": moved}) == []


def test_objects_in_tests_are_no_settings(compare: Compare) -> None:
    after: Files = {"a.test.js": 'it("x", () => f({retry: 1, ignore: ["a"]}));\n'}

    assert compare({"a.test.js": "\n", "tests/test_a.py": ""}, after) == []


def test_a_module_that_chooses_its_own_tests_is_for_a_person(compare: Compare) -> None:
    after: Files = {"tests/test_a.py": "def load_tests(*_): return TestSuite()\n"}

    found = compare({"tests/test_a.py": "x = 1\n"}, after)
    assert [(one.code, one.certain) for one in found] == [("settings-loosened", False)]


def test_settings_of_a_folder_that_is_new_were_never_stricter(compare: Compare) -> None:
    after: Files = {"example/tsconfig.json": '{"compilerOptions": {"skipLibCheck": true}}'}

    assert compare({"a.ts": ""}, after) == []


def test_a_selection_where_everything_was_taken_is_for_a_person(compare: Compare) -> None:
    found = compare({"pytest.ini": "[pytest]\n"}, {"pytest.ini": "[pytest]\ntestpaths = a\n"})

    assert [(one.code, one.certain) for one in found] == [("settings-loosened", False)]


def test_files_that_no_parser_takes_say_nothing_and_do_no_harm(compare: Compare) -> None:
    deep = "[" * 5_000
    before: Files = {
        "pyproject.toml": "[tool.pytest.ini_options]\n",
        "package.json": "{}",
        "codecov.yml": "a: 1\n",
        "setup.cfg": "[a]\n",
        "tsconfig.json": "{}",
    }
    after: Files = {
        "pyproject.toml": f"a = {deep}",
        "package.json": json.dumps({"a": 1}) + deep,
        "codecov.yml": f"a: {deep}",
        "setup.cfg": "no section\n",
        "tsconfig.json": "[]",
    }

    assert compare(before, after) == []


def test_the_base_says_which_files_are_tests(clone_of: Callable[[Files], Clone]) -> None:
    clone = clone_of(
        {
            "pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n'
            'python_files = ["check_*.py"]\n'
        }
    )
    collection = base_collection(clone, clone.base_tree)

    assert not collection.loses("tests/check_a.py", "tests/sub/check_b.py")
    assert collection.loses("tests/check_a.py", "tests/test_a.py")
    assert collection.loses("tests/check_a.py", "other/check_a.py")
    assert collection.loses("tests/check_a.py", "tests/build/check_a.py")
    assert collection.loses("src/a.test.js", "src/a.checks.js")
    assert not collection.loses("tests/helper.py", "tests/other.py")
