"""Prints the bad-input table: ``.venv/bin/python tests/e2e/bad_input_table.py [WORD]``.

Each row is run anew, so the table shows what the program says, not what was once written down. A
WORD keeps the rows with it in their name. Exit code 1 when a row did not come out as expected.
"""

import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from tests.e2e.bad_input import NotHereError, Row, Shown, judge, table

_HERE = Path(__file__).parent


def all_rows() -> Iterator[Row]:
    """Yield the rows of every test file beside this one that has some."""
    for path in sorted(_HERE.glob("test_bad_*.py")):
        yield from import_module(f"tests.e2e.{path.stem}").rows()


def main(word: str) -> int:
    """Run the rows with ``word`` in their name, print the table, and return the exit code."""
    shown: list[Shown] = []
    for row in all_rows():
        if word in row.name:
            with tempfile.TemporaryDirectory(prefix="bad-input-") as name:
                folder = Path(name).resolve()
                folder.chmod(0o755)
                try:
                    shown.append(judge(row, folder))
                except NotHereError as error:
                    sys.stderr.write(f"left out: {row.name}: {error}\n")
    sys.stdout.write(table(shown))
    for one in shown:
        for complaint in one.wrong:
            sys.stderr.write(f"{one.row.name}: {complaint}\n")
    seconds = sum(one.seconds for one in shown)
    sys.stderr.write(f"{len(shown)} rows, {seconds:.0f} s in the program\n")
    return 1 if any(one.wrong for one in shown) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
