"""The repository map that aider shows for an issue, at four budgets, for `density` to measure.

    AIDER/bin/python tests/bench/scoping/aider_map.py --issues ISSUES.jsonl --mirrors FOLDER
        --set lite --out MAPS.jsonl

Run by the interpreter of an environment that holds ``aider-chat`` (measured: 0.86.2), with the
issue's own words as the mentioned names and files, as aider takes them from a message.
"""

import argparse
import json
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

BUDGETS = (4_000, 8_000, 16_000, 32_000)


class _Quiet:
    """What aider asks of its terminal and its model: nothing is told, tokens are counted."""

    def __init__(self) -> None:
        import tiktoken  # noqa: PLC0415 - the other interpreter has it

        self._encoding = tiktoken.get_encoding("o200k_base")

    def token_count(self, text: str) -> int:
        return len(self._encoding.encode_ordinary(text))

    def read_text(self, name: str) -> str:
        return Path(name).read_text("utf-8", "replace")

    def tool_output(self, *_: object) -> None:
        return

    tool_warning = tool_error = tool_output


def main() -> None:
    """Write one row for each issue: its maps by budget."""
    asked = argparse.ArgumentParser(description=__doc__)
    for name in ("--issues", "--mirrors", "--out"):
        asked.add_argument(name, type=Path, required=True)
    asked.add_argument("--set", default="lite")
    given = asked.parse_args()
    rows = map(json.loads, given.issues.read_text("utf-8").splitlines())
    with given.out.open("w", encoding="utf-8") as out:
        for row in rows:
            if row["set"] == given.set and row.get("gold_functions"):
                git_dir = given.mirrors / row["repo"].replace("/", "+") / "repo"
                out.write(
                    json.dumps({"instance_id": row["instance_id"], "maps": maps(git_dir, row)})
                )
                out.write("\n")
                out.flush()


def maps(git_dir: Path, row: Mapping[str, Any]) -> dict[int, str]:
    """Return the map of the issue's base at each budget."""
    from aider.repomap import RepoMap  # noqa: PLC0415 - the other interpreter has it

    with tempfile.TemporaryDirectory() as folder:
        argv = ["git", "--git-dir", str(git_dir), "archive", row["base_commit"]]
        packed = subprocess.run(argv, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        paths = [path for path in Path(folder).rglob("*") if path.is_file()]
        files = [str(path) for path in paths if path.suffix == ".py"]
        said = set(re.findall(r"[A-Za-z_]\w+", row["problem_statement"]))
        named = {
            name
            for name in (str(Path(file).relative_to(folder)) for file in files)
            if name in row["problem_statement"] or Path(name).name in row["problem_statement"]
        }
        found = {}
        for budget in BUDGETS:
            quiet = _Quiet()
            made = RepoMap(budget, folder, quiet, quiet, map_mul_no_files=1)
            found[budget] = made.get_repo_map([], files, named, said) or ""
    return found


if __name__ == "__main__":
    main()
