from validators.projects.makefile import Target, make_targets, reaches_out, recipe_commands
from validators.projects.manifest_files import ProjectFiles

TEXT = """
VERSION := 1
PY ?= python

.PHONY: test lint
all: lint test

# the tests
test: build ## run them
\t@python -m pytest \\
\t  tests

\tTERM=x mypy src
build:
\t-python setup.py build_ext
lint:
\truff check $(FILES)
release: test
\ttwine upload dist/*
loop: loop
pip: ; echo
ship check: lint
\tgit push
"""


def test_recipes_are_found_with_what_is_made_before() -> None:
    found = make_targets(ProjectFiles.of(["Makefile"], lambda _: TEXT.encode()))

    assert next(iter(found)) == "all"
    assert recipe_commands(found, "test") == (
        ("python", "setup.py", "build_ext"),
        ("python", "-m", "pytest", "tests"),
        ("env", "TERM=x", "mypy", "src"),
    )
    assert recipe_commands(found, "lint") is None
    assert recipe_commands(found, "all") is None
    assert recipe_commands(found, "loop") == ()
    assert recipe_commands(found, "gone") is None


def test_a_target_that_publishes_or_is_not_known_reaches_out() -> None:
    found = make_targets(ProjectFiles.of(["Makefile"], lambda _: TEXT.encode()))

    assert not reaches_out(found, "test")
    assert not reaches_out(found, "all")
    for name in ("release", "gone", "ship", "check"):
        assert reaches_out(found, name), name


def test_without_a_makefile_there_are_no_targets() -> None:
    assert make_targets(ProjectFiles.of(["a.py"], lambda _: b"test:\n\tx\n")) == {}


def test_targets_that_need_each_other_a_thousandfold_take_no_time() -> None:
    many = " ".join(["b c d"] * 1_000)
    text = "".join(f"{name}: {many}\n\tpytest\n" for name in ("a", "b", "c", "d"))
    wide = " ".join(f"t{n}" for n in range(3_000))
    found = make_targets(
        ProjectFiles.of(["Makefile"], lambda _: f"{text}{wide}: {wide}\n".encode())
    )

    assert recipe_commands(found, "a") == (("pytest",),) * 4
    assert recipe_commands(found, "t0") is not None
    chain = {f"c{n}": Target((), (f"c{n + 1}",)) for n in range(100)}
    assert recipe_commands(chain, "c0") is None
    assert reaches_out(chain, "c0")
