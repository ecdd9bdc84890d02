"""One commit's files become facts; what is not read is listed with its reason."""

import os
from typing import Any

import pytest

from scoping.blobs import ObjectsRefusal
from scoping.cache import Cache
from scoping.facts import Skipped
from scoping.index import Index, build_index, index_of
from scoping.listing import Listing
from scoping.objects import open_objects

MAKE = Any


def paths(index: Index) -> list[str]:
    return [facts.path for facts in index.files]


def test_every_text_file_is_in_the_index_with_its_blob(make_repository: MAKE) -> None:
    repository = make_repository({"a.py": "def f(): pass\n", "b/notes.txt": "hello", "c": ""})

    with open_objects(repository.git_dir) as reader:
        index = build_index(reader, "HEAD")

    assert paths(index) == ["a.py", "b/notes.txt", "c"]
    assert index.skipped == ()
    assert index.by_path["a.py"].symbols[0].qualified_name == "f"
    assert index.by_path["b/notes.txt"].blob == repository.git("rev-parse", "HEAD:b/notes.txt")


def test_an_empty_commit_is_an_empty_index(make_repository: MAKE) -> None:
    with open_objects(make_repository().git_dir) as reader:
        assert build_index(reader, "HEAD") == Index("HEAD")


def test_what_is_not_read_is_listed_with_the_reason(make_repository: MAKE) -> None:
    repository = make_repository(
        {
            "nul.py": b"a\0b",
            "big.txt": b"x\n" * 600_000,
            "long.js": b"x" * 30_000,
            "one-line.json": b"[" + b"1," * 2_000_000 + b"1]",
            "lfs.dump": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            "web/node_modules/x.js": b"y",
            "deep.py": b"x = " + b"(" * 9_000 + b")" * 9_000,
            "gone": b"soon",
            "utf16.txt": "hello".encode("utf-16"),
            b"caf\xe9.py": b"x = '\xe9'\n",
            "bom.py": b"\xef\xbb\xbfdef f(): pass\n",
        }
    )
    (repository.folder / "link").symlink_to("/etc/passwd")
    repository.git("add", "-A")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    repository.git("commit", "-qm", "y")
    sha = repository.git("rev-parse", "HEAD:gone")
    (repository.git_dir / "objects" / sha[:2] / sha[2:]).unlink()

    with open_objects(repository.git_dir) as reader:
        index = build_index(reader, "HEAD")

    assert {skipped.path: skipped.reason for skipped in index.skipped} == {
        "nul.py": "binary",
        "big.txt": "larger than 1000000 bytes",
        "long.js": "a line of 30000 bytes, so likely generated",
        "one-line.json": "larger than 1000000 bytes",
        "lfs.dump": "a Git LFS pointer, its content is elsewhere",
        "web/node_modules/x.js": "vendored",
        "deep.py": "nested deeper than 2000 levels",
        "gone": "its object is not in this repository",
        "utf16.txt": "binary",
        "link": "a symbolic link",
        "sub": "a submodule",
    }
    assert paths(index) == ["bom.py", "caf\udce9.py", "deep.py"]
    assert index.by_path["deep.py"].symbols == ()
    assert index.by_path["caf\udce9.py"].symbols[0].name == "x"
    assert index.by_path["bom.py"].symbols[0].start_line == 1


def test_a_damaged_object_is_skipped(make_repository: MAKE) -> None:
    repository = make_repository({"a": os.urandom(50_000).hex().encode() + b"\n", "b": b"fine"})
    sha = repository.git("rev-parse", "HEAD:a")
    loose = repository.git_dir / "objects" / sha[:2] / sha[2:]
    loose.chmod(0o644)
    loose.write_bytes(loose.read_bytes()[:1_000])

    with open_objects(repository.git_dir) as reader:
        index = build_index(reader, "HEAD")

    assert paths(index) == ["b"]
    assert "damaged" in index.skipped[0].reason


def test_an_overlay_changes_adds_and_deletes(make_repository: MAKE) -> None:
    repository = make_repository({"a.py": "x = 1\n", "b.py": "y = 1\n", "c.py": "z = 1\n"})
    overlay = {"a.py": b"new = 1\n", "b.py": None, "d.py": b"added = 1\n", "no.py": b"\0"}

    with open_objects(repository.git_dir) as reader:
        index = build_index(reader, "HEAD", overlay=overlay, exclude=("no.py",))

    assert [facts.symbols[0].name for facts in index.files] == ["new", "z", "added"]
    assert index.skipped == ()
    wanted = repository.git("hash-object", "--stdin", stdin=b"new = 1\n")
    assert index.by_path["a.py"].blob == wanted


def test_what_is_not_chosen_is_not_even_named(make_repository: MAKE) -> None:
    repository = make_repository({"src/a.py": "1", "src/key.pem": "2", "docs/b.md": b"\0"})

    with open_objects(repository.git_dir) as reader:
        index = build_index(reader, "HEAD", include=("src/",), exclude=("*.pem",))

    assert paths(index) == ["src/a.py"]
    assert index.skipped == ()


def test_facts_come_from_the_cache_under_whatever_path(make_repository: MAKE) -> None:
    repository = make_repository({"a.py": "def f(): pass\n", "b.txt": "def f(): pass\n"})
    cache = Cache()
    with open_objects(repository.git_dir) as reader:
        first = build_index(reader, "HEAD", cache=cache)
    repository.git("mv", "a.py", "z.py")
    (repository.folder / "link").symlink_to("x")
    repository.commit({})

    with open_objects(repository.git_dir) as reader:
        again = build_index(reader, "HEAD", cache=cache)
        assert reader.pid is None

    assert len(cache) == 2
    assert first.by_path["a.py"].symbols[0].id == "a.py::f"
    assert again.by_path["z.py"].symbols[0].id == "z.py::f"
    assert again.by_path["b.txt"].counts is first.by_path["b.txt"].counts
    assert again.skipped == (Skipped("link", "a symbolic link"),)


def test_nothing_is_parsed_before_it_is_asked_for(make_repository: MAKE) -> None:
    repository = make_repository({"a.py": "def f(): pass\n", "b.py": "def g(): pass\n"})
    cache = Cache()

    with open_objects(repository.git_dir) as reader:
        index = index_of(Listing(reader, "HEAD"), "HEAD", cache)
        keys = [f"{facts.blob}:python" for facts in index.files]
        assert not cache.syntaxes(keys)
        assert index.by_path["b.py"].symbols[0].name == "g"
        assert list(cache.syntaxes(keys)) == keys[1:]
        index.close()


def test_copies_of_others_and_large_data_are_not_read(make_repository: MAKE) -> None:
    data = "1 2 3\n" * 40_000
    repository = make_repository(
        {"vendor/a.py": "x = 1\n", "a/extern/b.c": "int x;\n", "data.csv": data, "notes.md": data}
    )

    with open_objects(repository.git_dir) as reader:
        index = build_index(reader, "HEAD")

    assert paths(index) == ["notes.md"]
    assert {skip.path: skip.reason for skip in index.skipped} == {
        "vendor/a.py": "vendored",
        "a/extern/b.c": "vendored",
        "data.csv": "data: neither code nor a page, and larger than 200000 bytes",
    }


def test_what_its_name_tells_to_be_no_text_is_not_read(make_repository: MAKE) -> None:
    repository = make_repository({"a.png": "text", "b.svg": "<svg/>", "png": "text"})

    with open_objects(repository.git_dir) as reader:
        index = build_index(reader, "HEAD")

    assert paths(index) == ["png"]
    assert {skip.reason for skip in index.skipped} == {
        "an image, an archive or other data, by its name"
    }


def test_a_large_tree_is_read_up_to_a_limit(
    make_repository: MAKE, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scoping.index.MAX_FILES", 3)
    monkeypatch.setattr("scoping.index._BATCH", 1)
    repository = make_repository({f"f{n}.py": f"x = {n}\n" for n in range(5)})

    with open_objects(repository.git_dir) as reader:
        index = build_index(reader, "HEAD")

    assert paths(index) == ["f0.py", "f1.py", "f2.py"]
    assert [skipped.path for skipped in index.skipped] == ["f3.py", "f4.py"]


def test_a_file_that_vanished_meanwhile_is_refused(make_repository: MAKE) -> None:
    repository = make_repository({"a": b"\0"})
    with open_objects(repository.git_dir) as reader:
        listing = Listing(reader, "HEAD")
        with pytest.raises(ObjectsRefusal, match="a second time: binary"):
            listing.read("a")
