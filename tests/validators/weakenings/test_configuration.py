"""Settings, commands and scripts of a change: what selects less, demands less or hides more."""

import json
import subprocess
import time
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


LOOSER = {
    "threshold-lowered": [
        (".coveragerc", "[report]\nfail_under = 90", "[report]\nfail_under=9"),
        (".coveragerc", "[report]\nfail_under = 90", "[report]\n"),
        (
            "jest.config.json",
            '{"coverageThreshold": {"global": {"lines": 90}}}',
            '{"coverageThreshold": {"global": {"lines": 10}}}',
        ),
        (
            "jest.config.js",
            "module.exports = {coverageThreshold: {global: {lines: 90}}};",
            "module.exports = {coverageThreshold: {global: {lines: 10}}};",
        ),
        (
            "codecov.yml",
            "coverage:\n  status:\n    project:\n      default:\n        target: 90%\n",
            "coverage:\n  status:\n    project:\n      default:\n        target: 10%\n",
        ),
        ("ci.sh", "pytest --cov-fail-under=90\n", "pytest\n"),
    ],
    "settings-loosened": [
        (".coveragerc", "[run]\nomit = a", "[run]\nomit =\n  a\n  src/b.py"),
        ("ruff.toml", 'ignore = ["E1"]', 'ignore = ["E1", "F821"]'),
        ("ruff.toml", '[lint]\nselect = ["ALL"]', '[lint]\nselect = ["E"]'),
        (
            "ruff.toml",
            '[lint.per-file-ignores]\n"a.py" = ["E1"]',
            '[lint.per-file-ignores]\n"a.py" = ["E1", "F"]',
        ),
        (".flake8", "[flake8]\nignore = E1", "[flake8]\nignore = E1,F8"),
        ("mypy.ini", "[mypy]\nstrict = True", "[mypy]\nstrict = False"),
        ("mypy.ini", "[mypy]\n", "[mypy]\n[mypy-a.*]\nignore_errors = true\n"),
        ("pytest.ini", "[pytest]\nfilterwarnings = error", "[pytest]\n"),
        (
            "pytest.ini",
            "[pytest]\npython_files = test_*.py *_spec.py",
            "[pytest]\npython_files = *_spec.py",
        ),
        ("pytest.ini", "[pytest]\nnorecursedirs = a", "[pytest]\nnorecursedirs = a tests/unit"),
        ("pytest.ini", "[pytest]\ntestpaths = a tests", "[pytest]\ntestpaths = a"),
        (".flake8", "[flake8]\nselect = E,F", "[flake8]\nselect = E"),
        (
            "pyproject.toml",
            '[tool.pyright]\ntypeCheckingMode = "strict"',
            '[tool.pyright]\ntypeCheckingMode = "off"',
        ),
        (".pylintrc", "[A]\ndisable = a", "[A]\ndisable = a,b"),
        (".mocharc.json", '{"ignore": []}', '{"ignore": ["a.js"]}'),
        ("pylintrc", "[A]\nmax-args = 3", "[A]\nmax-args = 9"),
        ("tox.ini", "[pytest]\nxfail_strict=1", "[testenv:a]\ndeps = x"),
        (
            "tsconfig.json",
            '{"compilerOptions": {"strict": true,}} // words',
            '{"compilerOptions": {"strict": false}}',
        ),
        (".eslintrc.json", '{"rules": {"no-undef": "error"}}', '{"rules": {"no-undef": "off"}}'),
        (
            ".eslintrc.json",
            '{"rules": {"no-undef": ["error", {"typeof": true}]}}',
            '{"rules": {"no-undef": [1]}}',
        ),
        (
            "vitest.config.ts",
            'export default defineConfig({test: {exclude: ["dist"]}});',
            'export default defineConfig({test: {exclude: ["dist", "src/a.test.ts"]}});',
        ),
        (
            "package.json",
            '{"jest": {"testPathIgnorePatterns": []}}',
            '{"jest": {"testPathIgnorePatterns": ["src/a.test.js"]}}',
        ),
        ("package.json", '{"scripts": {"test": "jest"}}', '{"scripts": {"test": "echo fine"}}'),
        ("Makefile", "test:\n\tpytest\n", "test:\n\t@echo fine\n"),
        ("Makefile", "test:\n\tpytest\n", "test:\n\tpytest -k fast\n"),
        ("noxfile.py", 'session.run("pytest", "-q")\n', 'session.run("true")\n'),
        ("tests/conftest.py", "", 'collect_ignore = ["test_a.py"]\n'),
        ("conftest.py", "", "def pytest_collection_modifyitems(items):\n    items.clear()\n"),
    ],
    "retries-added": [
        (
            "vitest.config.ts",
            "export default defineConfig({test: {}});",
            "export default defineConfig({test: {retry: 3}});",
        ),
        ("ci.sh", "pytest\n", "pytest --reruns 5\n"),
    ],
    "failure-hidden": [
        (
            "codecov.yml",
            "coverage:\n  status:\n    project: {default: {target: 90}}\n",
            "coverage:\n  status:\n    project: {default: {target: 90, informational: true}}\n",
        ),
        ("package.json", '{"scripts": {"test": "jest"}}', '{"scripts": {"test": "jest || true"}}'),
        ("tox.ini", "[testenv]\ncommands = pytest\n", "[testenv]\ncommands = - pytest\n"),
        ("Makefile", "test:\n\tpytest\n", "test:\n\t-pytest\n"),
        ("Makefile", "test:\n\tpytest\n", "test:\n\tpytest || true\n"),
        ("run.sh", "set -e\npytest\n", "set +e\npytest\n"),
        ("lint.sh", "flake8\n", "flake8 --exit-zero\n"),
        ("test.sh", "pytest\n", "pytest; true\n"),
        (
            ".github/workflows/ci.yml",
            "jobs:\n  a:\n    steps:\n      - run: pytest\n",
            "jobs:\n  a:\n    steps:\n      - run: pytest\n        continue-on-error: true\n",
        ),
    ],
}
ROWS = [(code, *row) for code, rows in LOOSER.items() for row in rows]


@pytest.fixture(scope="module")
def looser(tmp_path_factory: pytest.TempPathFactory) -> list[Loosening]:
    """What one change loosens that holds the whole table, each row in a folder of its own."""
    folder = tmp_path_factory.mktemp("looser")
    repository = folder / "repository"
    for number, (_, path, before, _) in enumerate(ROWS):
        place = repository / str(number) / path
        place.parent.mkdir(parents=True)
        place.write_text(f"{before}\n")
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for words in (("init", "-q"), ("add", "."), (*identity, "commit", "-q", "-m", "base")):
        subprocess.run(["git", *words], cwd=repository, check=True, capture_output=True)
    clone = open_clone(repository, "HEAD", folder / "clone")
    changed = [_file(f"{n}/{row[1]}", f"{row[3]}\n") for n, row in enumerate(ROWS)]
    tree = write_tree(clone, clone.base_tree, changed)
    touched = touched_files(clone, clone.base_tree, tree)
    return list(looser_configuration(clone, (clone.base_tree, tree), touched))


@pytest.mark.parametrize(("number", "code"), [(n, row[0]) for n, row in enumerate(ROWS)])
def test_what_is_looser_is_found(looser: list[Loosening], number: int, code: str) -> None:
    found = [one for one in looser if one.path.startswith(f"{number}/")]

    assert {one.code for one in found} == {code}, ROWS[number]
    assert {one.path for one in found} == {f"{number}/{ROWS[number][1]}"}


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (  # a warning passed over where all others stay errors
            "pytest.ini",
            "[pytest]\nfilterwarnings =\n  error\n",
            "[pytest]\nfilterwarnings =\n  error\n  ignore:old:DeprecationWarning\n",
        ),
        (  # a script of tests that is only other
            "package.json",
            '{"scripts": {"test": "jest"}}',
            '{"scripts": {"test": "jest --color"}}',
        ),
        (  # a module that chooses its own tests
            "tests/test_a.py",
            "x = 1\n",
            "def load_tests(*_): return TestSuite()\n",
        ),
        # a selection where everything was taken
        ("pytest.ini", "[pytest]\n", "[pytest]\ntestpaths = a\n"),
    ],
)
def test_what_may_be_meant_well_is_for_a_person(
    compare: Compare, path: str, before: str, after: str
) -> None:
    found = compare({path: before}, {path: after})

    assert [(one.code, one.certain) for one in found] == [("settings-loosened", False)]


def test_a_command_that_moves_to_another_script_is_no_loss(compare: Compare) -> None:
    base: Files = {"package.json": '{"scripts": {"lint": "eslint ."}}'}
    moved = '{"scripts": {"lint": "npm run check", "check": "eslint ."}}'

    assert compare(base, {"package.json": moved}) == []


def test_objects_in_tests_are_no_settings(compare: Compare) -> None:
    after: Files = {"a.test.js": 'it("x", () => f({retry: 1, ignore: ["a"]}));\n'}

    assert compare({"a.test.js": "\n", "tests/test_a.py": ""}, after) == []


def test_settings_of_a_folder_that_is_new_were_never_stricter(compare: Compare) -> None:
    after: Files = {"example/tsconfig.json": '{"compilerOptions": {"skipLibCheck": true}}'}

    assert compare({"a.ts": ""}, after) == []


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


@pytest.mark.parametrize("open_part", ['"\\', "/* "])
def test_a_file_of_strings_or_comments_left_open_costs_no_time(
    compare: Compare, open_part: str
) -> None:
    began = time.process_time()

    assert compare({"tsconfig.json": "{}"}, {"tsconfig.json": open_part * 90_000}) == []
    assert time.process_time() - began < 10.0


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
