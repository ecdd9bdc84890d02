"""What others take to read the same files and answer the same issue.

    PYTHON tests/bench/scoping/cost_peers.py bm25s|aider FOLDER ISSUE

Run by the interpreter of an environment that holds ``bm25s`` or ``aider-chat``; imports are not
counted. Prints one line of JSON: processor time of the index and of the first answer from it.
"""

import json
import re
import resource
import sys
import time
from pathlib import Path

_TOKENS = 16_000
_MOST = 20
_LETTERS_PER_TOKEN = 4


def cpu_s() -> float:
    """Return the processor time of this process and its ended children."""
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def bm25s(files: list[Path], folder: Path, issue: str) -> dict[str, float]:
    """Index every file as a bag of words, and find the 20 most alike."""
    import bm25s  # noqa: PLC0415 - the other interpreter has it

    start, wall = cpu_s(), time.monotonic()
    texts = [f"{file.relative_to(folder)}\n{file.read_text('utf-8', 'replace')}" for file in files]
    found = bm25s.BM25()
    found.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)
    between = cpu_s()
    query = bm25s.tokenize(issue, stopwords="en", show_progress=False)
    found.retrieve(query, k=min(_MOST, len(texts)), show_progress=False)
    return {
        "cpu_s": cpu_s() - start,
        "wall_s": time.monotonic() - wall,
        "later_ms": 1000 * (cpu_s() - between),
    }


class _Counting:
    """What aider asks of its terminal and its model; a tokenizer's time is not counted as its."""

    def token_count(self, text: str) -> int:
        return len(text) // _LETTERS_PER_TOKEN

    def read_text(self, name: str) -> str:
        return Path(name).read_text("utf-8", "replace")

    def tool_output(self, *_: object) -> None:
        return

    tool_warning = tool_error = tool_output


def aider(files: list[Path], folder: Path, issue: str) -> dict[str, float]:
    """Make the repository map of 16,000 tokens, with nothing known, and once more."""
    from aider.repomap import RepoMap  # noqa: PLC0415 - the other interpreter has it

    quiet = _Counting()
    said = set(re.findall(r"[A-Za-z_]\w+", issue))
    names = [str(file) for file in files]
    named = {name for name in names if Path(name).name in issue}
    took = []
    for _ in range(2):
        made = RepoMap(_TOKENS, str(folder), quiet, quiet, map_mul_no_files=1)
        start, wall = cpu_s(), time.monotonic()
        made.get_repo_map([], names, named, said)
        took.append((cpu_s() - start, time.monotonic() - wall))
    (cold, cold_wall), (warm, _) = took
    return {"cpu_s": cold, "wall_s": cold_wall, "later_ms": 1000 * warm}


def main() -> None:
    """Run one of the two."""
    peer, place, issue = sys.argv[1:]
    folder = Path(place)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    do = {"bm25s": bm25s, "aider": aider}[peer]
    print(json.dumps(do(files, folder, Path(issue).read_text("utf-8"))))


if __name__ == "__main__":
    main()
