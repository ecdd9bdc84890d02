"""What is packed for the model fits its budget, is the base's own text, and says why."""

import itertools
from typing import Any

import pytest

from scoping.blobs import ObjectsRefusal
from scoping.cache import Cache
from scoping.edges import Edge
from scoping.excerpts import Excerpt
from scoping.objects import open_objects
from scoping.scope import Scope, ScopeOptions, ScopeRefusal, estimate_tokens, select

MAKE = Any


def body(name: str, lines: int) -> str:
    return f"    def {name}(self):\n" + "".join(f"        x{n} = {n}\n" for n in range(lines))


FILES = {
    "pkg/big.py": "'''Long words.'''\n\nimport os\nimport re\n\n"
    "class Engine:\n    '''Runs.'''\n\n    size = 1\n\n"
    + "\n".join(body(f"step_{n}", 40) for n in range(30))
    + "\n"
    + body("ignite", 20)
    + "        return os.name, re\n\n\nclass Other:\n"
    + "\n".join(body(f"other_{n}", 40) for n in range(10)),
    "pkg/small.py": "from pkg.big import Engine\n\ndef start():\n    return Engine().ignite()\n",
    **{f"pkg/part_{n}.py": f"def part_{n}():\n    return {n}\n" * 30 for n in range(15)},
    "tests/test_big.py": "def test_ignite():\n    assert Engine().ignite() is None\n",
    "README.md": "# Engine\n",
}
TITLE = "Engine does not ignite"
BODY = "`Engine.ignite` in pkg/big.py does nothing, nor do the parts"


def scoped(make_repository: MAKE, **options: Any) -> Scope:
    with open_objects(make_repository(FILES).git_dir) as reader:
        return select(reader, "main", TITLE, BODY, ScopeOptions(**options))


def shown(scope: Scope, kind: str) -> list[str]:
    return [excerpt.path for excerpt in scope.excerpts if excerpt.kind == kind]


def test_a_page_that_is_likely_itself_is_shown_where_no_code_is(make_repository: MAKE) -> None:
    files = {"docs/use.md": "# Use\nYou will recieve it.\n", "docs/notes.txt": "Nothing here.\n"}
    with open_objects(make_repository(files).git_dir) as reader:
        scope = select(reader, "main", "Mend the spelling of recieve", "", ScopeOptions())

    [page] = [one for one in scope.excerpts if one.path == "docs/use.md"]
    assert (page.kind, page.text) == ("whole", files["docs/use.md"])


def test_the_named_method_is_shown_with_its_class_and_the_imports(make_repository: MAKE) -> None:
    scope = scoped(make_repository, max_tokens=4_000)

    big = [excerpt for excerpt in scope.excerpts if excerpt.path == "pkg/big.py"]
    text = "".join(excerpt.text for excerpt in big)
    named = next(excerpt for excerpt in big if "Engine.ignite" in excerpt.symbol)
    assert text.startswith("import os\nimport re\n")
    assert "imports what is used here" in big[0].reasons
    assert "class Engine:\n    '''Runs.'''\n" in text
    assert "class Other:" not in text
    assert body("ignite", 20) in named.text
    assert "`Engine.ignite` is named in the issue" in named.reasons


def test_in_little_room_the_lines_go_to_the_method_rather_than_its_class(
    make_repository: MAKE,
) -> None:
    scope = scoped(make_repository, max_tokens=700)

    text = "".join(one.text for one in scope.excerpts if one.path == "pkg/big.py")
    assert body("ignite", 20) in text
    assert "class Engine:" not in text
    assert "import os" not in text


def test_a_small_file_and_the_likeliest_test_are_shown_whole(make_repository: MAKE) -> None:
    scope = scoped(make_repository)

    assert {"pkg/small.py", "tests/test_big.py"} <= set(shown(scope, "whole"))
    assert next(e for e in scope.excerpts if e.path == "pkg/small.py").text == FILES["pkg/small.py"]


def test_every_file_shown_has_the_imports_that_it_uses(make_repository: MAKE) -> None:
    others = "".join(body(f"other_{n}", 150) for n in range(5))
    files = FILES | {
        f"pkg/{name}.py": f"'Words.'\nimport {name}lib\nimport unused\n\n\nclass Others:\n{others}"
        f"def {name}():\n    return {name}lib.ignite()\n"
        for name in ("spark", "plug")
    }
    with open_objects(make_repository(files).git_dir) as reader:
        scope = select(reader, "main", TITLE, f"{BODY}, `spark` and `plug`")

    for name in ("spark", "plug"):
        own = [one for one in scope.excerpts if one.path == f"pkg/{name}.py"]
        assert own[0].text == f"import {name}lib\n"
        assert own[0].reasons == ("imports what is used here",)
        assert f"def {name}()" in own[-1].text


def test_callers_and_tests_of_the_named_method_are_shown(make_repository: MAKE) -> None:
    padding = "".join(f"def pad_{n}(a):\n    return [a, {n}]\n" * 3 for n in range(150))
    rows = "".join(f"    z{n} = {n}\n" for n in range(900))
    calls = f"def far(engine):\n{rows}    return engine.ignite()\n"
    tests = "".join(f"def test_{n}():\n    assert {n} == [{n}][0]\n\n" for n in range(300))
    tested = "def test_sparks():\n    assert Engine().ignite() is None\n"
    files = FILES | {"pkg/far.py": padding + calls, "tests/test_big.py": tests + tested}
    with open_objects(make_repository(files).git_dir) as reader:
        scope = select(reader, "main", TITLE, BODY, ScopeOptions(max_tokens=6_000))

    of_test = next(one for one in scope.excerpts if one.path == "tests/test_big.py")
    assert of_test.text == tested
    assert of_test.reasons == ("exercises `ignite`",)
    far = [one for one in scope.excerpts if one.path == "pkg/far.py" and one.kind == "lines"]
    assert any("engine.ignite()" in one.text for one in far)
    assert "`far` calls `ignite`" in {reason for one in far for reason in one.reasons}


def test_candidates_are_tied_by_imports_and_calls(make_repository: MAKE) -> None:
    edges = scoped(make_repository).edges

    assert Edge("imports", "pkg/small.py", "pkg/big.py") in edges
    assert Edge("calls", "pkg/small.py::start", "pkg/big.py::Engine.ignite") in edges


def test_a_table_of_data_is_imported_and_never_parsed(make_repository: MAKE) -> None:
    files = {
        "use.py": "from table import KEYS\n\n\ndef key():\n    return KEYS\n",
        "table.py": "import use\n\nKEYS = [\n" + "    1,\n" * 1_000 + "]\n",
    }
    with open_objects(make_repository(files).git_dir) as reader:
        edges = select(reader, "HEAD", "KEYS of the table", "use it").edges

    assert Edge("imports", "use.py", "table.py") in edges
    assert Edge("imports", "table.py", "use.py") not in edges


def test_classes_are_tied_to_their_bases(make_repository: MAKE) -> None:
    files = {
        "shape.py": "class Shape:\n    def area(self):\n        return 0\n",
        "square.py": "from shape import Shape\n\n\nclass Square(Shape):\n    def area(self):\n"
        "        return 1\n",
        "round.ts": "export class Round extends Shape {\n  area() { return 2 }\n}\n",
    }
    with open_objects(make_repository(files).git_dir) as reader:
        edges = select(reader, "HEAD", "area of a Shape", "Square, Round").edges

    assert Edge("extends", "square.py", "shape.py") in edges
    assert Edge("extends", "round.ts", "shape.py") in edges
    assert Edge("overrides", "square.py::Square.area", "shape.py::Shape.area") in edges


def test_an_overlay_is_ranked_and_packed_in_place_of_what_was_committed(
    make_repository: MAKE,
) -> None:
    new = b"def sparks():\n    return 'a plug ignites'\n"
    overlay = {"pkg/plug.py": new, "pkg/small.py": None}
    with open_objects(make_repository(FILES).git_dir) as reader:
        scope = select(reader, "HEAD", "sparks of the plug", "", ScopeOptions(overlay=overlay))

    assert scope.files[0].path == "pkg/plug.py"
    assert scope.excerpts[0].text == new.decode()
    assert "pkg/small.py" not in {file.path for file in scope.files}


def test_what_is_less_likely_is_outlined(make_repository: MAKE) -> None:
    scope = scoped(make_repository, max_tokens=3_000)

    outlines = [excerpt for excerpt in scope.excerpts if excerpt.kind == "skeleton"]
    assert outlines
    assert outlines[-1].text.startswith("1: def part_")
    assert "return" not in outlines[-1].text


@pytest.mark.parametrize("max_tokens", [1, 30, 60, 100, 300, 1_000, 4_000, 16_000, 200_000])
def test_the_budget_is_never_exceeded(make_repository: MAKE, max_tokens: int) -> None:
    scope = scoped(make_repository, max_tokens=max_tokens)

    texts = sum(estimate_tokens(excerpt.text) for excerpt in scope.excerpts)
    assert texts <= scope.tokens <= max_tokens
    assert bool(scope.excerpts) == (max_tokens >= 60)


@pytest.mark.parametrize("max_files", [1, 3, 100])
def test_of_no_more_files_than_asked_for_more_than_the_names_is_shown(
    make_repository: MAKE, max_files: int
) -> None:
    scope = scoped(make_repository, max_files=max_files, max_tokens=100_000)

    files = {excerpt.path for excerpt in scope.excerpts if excerpt.kind != "map"}
    assert len(files) == min(max_files, len(FILES))
    assert scope.excerpts[0].path == "pkg/big.py"
    assert set(shown(scope, "map")) == {
        path for path in FILES if not path.startswith("tests/") and path not in files
    }


def test_every_excerpt_is_the_base_s_text_at_its_lines(make_repository: MAKE) -> None:
    repository = make_repository(FILES)
    base = repository.git("rev-parse", "HEAD")
    repository.commit({"pkg/small.py": "changed = 1\n"})
    (repository.folder / "pkg" / "big.py").write_text("uncommitted")

    with open_objects(repository.git_dir) as reader:
        scope = select(reader, base, TITLE, BODY)

    assert scope.commit == base
    for excerpt in scope.excerpts:
        lines = FILES[excerpt.path].splitlines(keepends=True)
        assert excerpt.blob == repository.git("rev-parse", f"{base}:{excerpt.path}")
        assert excerpt.reasons
        if excerpt.kind in {"whole", "lines"}:
            assert excerpt.text == "".join(lines[excerpt.start_line - 1 : excerpt.end_line])


def test_excerpts_of_one_file_are_in_order_and_do_not_overlap(make_repository: MAKE) -> None:
    scope = scoped(make_repository, max_tokens=8_000)

    def order(excerpt: Excerpt) -> tuple[int, int]:
        place = [file.path for file in scope.files].index(excerpt.path)
        return place, excerpt.start_line

    assert sorted(scope.excerpts, key=order) == list(scope.excerpts)
    for one, other in itertools.pairwise(scope.excerpts):
        assert one.path != other.path or one.end_line < other.start_line


def test_what_nothing_speaks_for_is_not_shown(make_repository: MAKE) -> None:
    files = {"a.py": "def alpha(): ...\n", "b.py": "def beta(): ...\n"}
    with open_objects(make_repository(files).git_dir) as reader:
        alpha = select(reader, "HEAD", "alpha", "").excerpts
        nothing = select(reader, "HEAD", "gamma", "").excerpts

    assert [excerpt.path for excerpt in alpha] == ["a.py"]
    assert [excerpt.path for excerpt in nothing] == ["a.py", "b.py"]
    assert nothing[0].reasons == ("no word of the issue points at any file",)


def test_the_same_commit_and_words_give_the_same_scope(make_repository: MAKE) -> None:
    with open_objects(make_repository(FILES).git_dir) as reader:
        cache = Cache()
        first = select(reader, "main", TITLE, BODY, ScopeOptions(cache=cache))
        second = select(reader, "main", TITLE, BODY, ScopeOptions(cache=cache))

    assert cache
    assert first == second


def test_line_ends_and_a_missing_last_one_stay(make_repository: MAKE) -> None:
    files = {"a.py": b"def f():\r\n    return '\xe9'\x0c\r\n\r\nx = 1"}
    with open_objects(make_repository(files).git_dir) as reader:
        (excerpt,) = select(reader, "HEAD", "f", "").excerpts

    assert excerpt.text == "def f():\r\n    return '\ufffd'\x0c\r\n\r\nx = 1"
    assert (excerpt.start_line, excerpt.end_line, excerpt.kind) == (1, 4, "whole")


def test_files_that_are_not_chosen_are_not_shown(make_repository: MAKE) -> None:
    scope = scoped(make_repository, include=("pkg/",), exclude=("big.py",))

    assert {file.path for file in scope.files} == {
        path for path in FILES if path.startswith("pkg/") and "big" not in path
    }


def test_timings_are_there_when_a_clock_is_given(make_repository: MAKE) -> None:
    ticks = itertools.count()
    with open_objects(make_repository(FILES).git_dir) as reader:
        timed = select(reader, "HEAD", "t", "b", now=lambda: float(next(ticks)))
        untimed = select(reader, "HEAD", "t", "b")

    assert timed.timings == (("index", 1.0), ("past", 1.0), ("rank", 1.0), ("pack", 1.0))
    assert untimed.timings == ()


def test_an_empty_repository_has_an_empty_scope(make_repository: MAKE) -> None:
    repository = make_repository()
    with open_objects(repository.git_dir) as reader:
        assert select(reader, "HEAD", "t", "b") == Scope(repository.git("rev-parse", "HEAD"))


def test_only_unreadable_files_are_listed_as_skipped(make_repository: MAKE) -> None:
    with open_objects(make_repository({"a.png": b"\0", "empty.py": ""}).git_dir) as reader:
        scope = select(reader, "HEAD", "t", "b")

    assert [skipped.path for skipped in scope.skipped] == ["a.png"]
    assert [excerpt.kind for excerpt in scope.excerpts] == ["map"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_tokens": 0}, "must be at least 1"),
        ({"max_files": 0}, "must be at least 1"),
        ({"include": ("nowhere/",)}, "leave no file of .*; widen them"),
        ({"exclude": ("*",)}, "leave no file"),
    ],
)
def test_options_that_leave_nothing_are_refused(
    make_repository: MAKE, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ScopeRefusal, match=words):
        scoped(make_repository, **options)


def test_a_commit_that_is_not_there_is_refused(make_repository: MAKE) -> None:
    with open_objects(make_repository().git_dir) as reader, pytest.raises(ObjectsRefusal):
        select(reader, "nowhere", "t", "b")
