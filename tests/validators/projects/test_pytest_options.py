import pytest

from validators.projects.pytest_options import kept_words, without_places


def kept(words: str, *own: str) -> tuple[str, tuple[str, ...], tuple[str, ...], bool]:
    found = kept_words(
        tuple(words.split()), lambda path: path.startswith("tests"), own.__contains__
    )
    return " ".join(found.words), found.plugins, found.left_out, found.usable


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("-v --tb=short tests/unit", "tests/unit"),
        ("--cov=pkg --cov-report xml --cov tests -vv -ra tests", "tests"),
        ("--cov --cov-branch", ""),
        ("-n auto -x --maxfail 3 --durations=10 -n2 --reruns 3", ""),
        ("-m network -k fast -p no:sugar --ignore tests/slow",
         "-m network -k fast -p no:sugar --ignore tests/slow"),
        ("-W error -Werror -o xfail_strict=true", "-W error -Werror -o xfail_strict=true"),
        ("--doctest-modules --import-mode=importlib", "--doctest-modules --import-mode=importlib"),
        ("--junitxml=report.xml --basetemp={tmp} --color yes", ""),
        ("tests/test_a.py::test_b", "tests/test_a.py::test_b"),
    ],
)  # fmt: skip
def test_what_selects_tests_is_kept_and_what_shows_them_is_not(words: str, expected: str) -> None:
    assert kept(words) == (expected, (), (), True)


def test_an_option_of_a_plugin_brings_it_and_an_unknown_one_is_left_out() -> None:
    assert kept("--timeout=60 --ds=app.settings") == (
        "--timeout=60 --ds=app.settings", ("pytest-timeout", "pytest-django"), (), True,
    )  # fmt: skip
    assert kept("--flaky-mode --runslow", "--runslow") == ("--runslow", (), ("--flaky-mode",), True)


@pytest.mark.parametrize("words", ["build/tests", "{envdir}", "/abs/tests", "other.py", "-c {x}"])
def test_words_that_stand_for_what_is_not_there_make_the_command_unusable(words: str) -> None:
    assert kept(words)[3] is False


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("pytest", "pytest"),
        ("python -m pytest tests", "python -m pytest"),
        ("pytest -m slow tests more/test_a.py::test_b --doctest-modules",
         "pytest -m slow --doctest-modules"),
        ("pytest --timeout=60 tests", "pytest --timeout=60"),
        ("pytest --runxfail tests -Werror", "pytest --runxfail -Werror"),
        ("pytest --unknown tests", None),
        ("tox -e py", None),
        ("python -m unittest", None),
        ("make pytest", None),
    ],
)  # fmt: skip
def test_a_plain_pytest_command_can_do_without_its_places(run: str, expected: str | None) -> None:
    found = without_places(tuple(run.split()))

    assert found == (expected and tuple(expected.split()))
