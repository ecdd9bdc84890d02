"""Past changes as issues: a commit's message, and the files of code that it changed.

    python -m tests.bench.scoping.mining --mirrors FOLDER --out MINED.jsonl owner/name ...

Taken are commits with a message of some length that change one to four files of code and a test,
a random few of each repository. Never name a repository that figures are later measured on.
"""

import argparse
import json
import random
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scoping.kinds import kind_of
from scoping.languages import indexed_grammar_of

_FORM = "--format=%x1e%H%x1f%P%x1f%cI%x1f%B%x1f"
_LOG = ("log", "-6000", "--no-merges", "--no-renames", "--name-status", "-z", _FORM)
_CHORE = re.compile(r"\b(bump|merge|release|revert|typo|lint|format)\b", re.IGNORECASE)
_TRAILER = re.compile(r"\(#\d+\)|^(co-authored-by|signed-off-by):.*$", re.IGNORECASE | re.MULTILINE)
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? ")
_MOST_SOURCES = 4
_MIN_WORDS = 10


def main() -> None:
    """Write the commits of the named repositories as one file of issues."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--mirrors", type=Path, required=True)
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--each", type=int, default=10, help="how many of each repository")
    asked.add_argument("repos", nargs="+")
    given = asked.parse_args()
    choose = random.Random(7)  # noqa: S311 - the same choice each time is what is wanted
    with given.out.open("w", encoding="utf-8") as out:
        for repo in given.repos:
            git_dir = given.mirrors / repo.replace("/", "+") / "repo"
            found = list(mined(git_dir, repo))
            chosen = choose.sample(found, min(given.each, len(found)))
            for row in chosen:
                row["changed_lines"] = changed_lines(git_dir, row)
                out.write(json.dumps(row) + "\n")
            print(f"{repo}: {len(chosen)} of {len(found)}")


def mined(git_dir: Path, repo: str) -> Iterator[dict[str, Any]]:
    """Yield the commits of one repository that look like a fix with its test."""
    argv = ["git", "--git-dir", str(git_dir), *_LOG]
    told = subprocess.run(argv, check=True, capture_output=True).stdout.decode("utf-8", "replace")
    for record in told.split("\x1e")[1:]:
        sha, parents, date, message, rest = (record.split("\x1f", 4) + [""] * 4)[:5]
        parts = [part.strip("\n") for part in rest.split("\0") if part.strip("\n")]
        changes = list(zip(parts[1::2], parts[::2], strict=False))
        said = _TRAILER.sub("", message).strip()
        sources = [path for path, _ in changes if _is_source(path)]
        if (
            len(parents.split()) == 1
            and 1 <= len(sources) <= _MOST_SOURCES
            and all(status == "M" for path, status in changes if path in sources)
            and any(kind_of(path, "") == "test" for path, _ in changes)
            and len(said.split()) >= _MIN_WORDS
            and not _CHORE.search(said.partition("\n")[0])
        ):
            yield {
                "set": "mined",
                "instance_id": f"mined__{sha[:12]}",
                "repo": repo,
                "base_commit": parents,
                "created_at": date,
                "problem_statement": said,
                "gold_files": sources,
            }


def changed_lines(git_dir: Path, row: Mapping[str, Any]) -> dict[str, list[tuple[int, int]]]:
    """Return the lines of the base that a commit changed, or next to which it added some."""
    base, sha = row["base_commit"], row["instance_id"].removeprefix("mined__")
    argv = ["git", "--git-dir", str(git_dir), "diff", "-U0", "--no-renames", base, sha, "--"]
    told = subprocess.run([*argv, *row["gold_files"]], check=True, capture_output=True).stdout
    found: dict[str, list[tuple[int, int]]] = {}
    path = ""
    for line in told.decode("utf-8", "replace").split("\n"):
        if line.startswith("--- a/"):
            path = line.removeprefix("--- a/")
        elif path and (hunk := _HUNK.match(line)):
            start, count = int(hunk[1]), int(hunk[2] or 1)
            found.setdefault(path, []).append((start, start + max(count, 1) - 1))
    return found


def _is_source(path: str) -> bool:
    grammar = indexed_grammar_of(path)
    return grammar is not None and kind_of(path, grammar.name) != "test"


if __name__ == "__main__":
    main()
