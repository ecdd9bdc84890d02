"""How files become targets."""

import pytest

from workflows.sharding import Listing, Shard, ShardBy, shards

FILES = ("a.py", "lib/b.py", "lib/sub/c.py", "web/app/d.js", "web/e.js")
EVERYTHING = (*FILES, "pyproject.toml", "lib/setup.py", "web/package.json")
OWNERS = b"* @org/core\nlib/ @ada @org/lib\nweb/app/ # nobody\n"


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("all", {"": FILES}),
        ("file", {path: (path,) for path in FILES}),
        (
            "directory",
            {
                ".": ("a.py",),
                "lib": ("lib/b.py",),
                "lib/sub": ("lib/sub/c.py",),
                "web": ("web/e.js",),
                "web/app": ("web/app/d.js",),
            },
        ),
        (
            "package",
            {
                ".": ("a.py",),
                "lib": ("lib/b.py", "lib/sub/c.py"),
                "web": ("web/app/d.js", "web/e.js"),
            },
        ),
        (
            "owners",
            {
                "@ada @org/lib": ("lib/b.py", "lib/sub/c.py"),
                "@org/core": ("a.py", "web/e.js"),
                "nobody": ("web/app/d.js",),
            },
        ),
    ],
)
def test_files_that_belong_together_are_one_shard(
    by: ShardBy, expected: dict[str, tuple[str, ...]]
) -> None:
    assert shards(Listing(FILES, EVERYTHING, OWNERS), Shard(by)) == expected


def test_a_shard_that_is_too_large_is_cut_into_equal_parts() -> None:
    paths = tuple(f"src/{number:02}.py" for number in range(11))

    found = shards(Listing(paths, paths), Shard("directory", 5))

    assert {name: len(part) for name, part in found.items()} == {
        "src (1/3)": 4,
        "src (2/3)": 4,
        "src (3/3)": 3,
    }
    assert shards(Listing(paths, paths), Shard("all", 6)).keys() == {"(1/2)", "(2/2)"}
    assert sum(found.values(), ()) == paths
