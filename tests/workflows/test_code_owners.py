"""Whom a repository's own file names for the files of a change."""

import pytest

from workflows.code_owners import owners_of

FILE = b"""\
# everybody
*            @ada
/docs/       @grace @org/writers   # they write
*.js         linus@example.org
/src/        @barbara @
/src/free
!/src/x      @eve
/odd[ab]/    @eve
\xff\xfe     @eve
a*b*c*d*e*f*g*h  @eve
"""


@pytest.mark.parametrize(
    ("paths", "owners"),
    [
        (("readme",), ("ada",)),
        (("docs/page.md",), ("grace", "org/writers")),
        (("sub/docs/page.md",), ("ada",)),
        (("app.js",), ()),
        (("src/a.py", "docs/b.md", "src/c.py"), ("barbara", "grace", "org/writers")),
        (("src/free",), ()),
        (("src/x",), ("barbara",)),
        (("odda/x",), ("ada",)),
        ((), ()),
    ],
)
def test_the_last_line_that_matches_counts(paths: tuple[str, ...], owners: tuple[str, ...]) -> None:
    assert owners_of(FILE, paths) == owners


def test_a_file_larger_than_the_forge_reads_names_nobody() -> None:
    assert owners_of(FILE + b"#" * 3 * 1024 * 1024, ("readme",)) == ()
