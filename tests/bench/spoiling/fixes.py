"""Real fixes of real projects: which commits, and where the repositories that hold them are.

A fix is a line of JSON: ``repo`` (owner/name), ``base`` and ``commit``, the files it changes in
``src`` and ``tests``, and in ``f2p`` the tests it turns green. ``run``, where there is one, is the
test command that a person there would declare instead of the one that is detected.
"""

import json
import os
import random
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("CHANGEWRIGHT_DEV_DATA") or ROOT.parent / "shared/data")
PYTHON_FIXES = DATA / "gates/commits.jsonl"
NODE_FIXES = Path(__file__).with_name("node_fixes.jsonl")


@dataclass(frozen=True, slots=True)
class Fix:
    repo: str
    base: str
    commit: str
    src: tuple[str, ...]
    tests: tuple[str, ...]
    f2p: tuple[str, ...] = ()
    run: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        return self.repo.replace("/", "+")

    @property
    def is_python(self) -> bool:
        return any(path.endswith(".py") for path in self.src)

    def __str__(self) -> str:
        return f"{self.repo}@{self.commit[:10]}"


def read_fixes(path: Path) -> list[Fix]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [
        Fix(
            repo=row["repo"],
            base=row["base"],
            commit=row["commit"],
            src=tuple(row["src"]),
            tests=tuple(row["tests"]),
            f2p=tuple(row.get("f2p", ())),
            run=tuple(row.get("run", ())),
        )
        for row in rows
    ]


def chosen(fixes: list[Fix], number: int, seed: int) -> list[Fix]:
    """Return ``number`` fixes (0: all), spread over the projects."""
    by_repo: dict[str, list[Fix]] = defaultdict(list)
    for fix in fixes:
        by_repo[fix.repo].append(fix)
    for some in by_repo.values():
        random.Random(seed).shuffle(some)  # noqa: S311 - a choice, no secret
    spread = [fix for rank in zip_longest(*by_repo.values()) for fix in rank if fix is not None]
    return spread[:number] if number else spread


def repository_of(fix: Fix, folder: Path) -> Path:
    """Return the clone of the fix's project in ``folder``, cloning it when it is not there.

    LookupError when it cannot be had; the message says what to do.
    """
    place = folder / fix.folder
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        address = f"https://github.com/{fix.repo}"
        argv = ["git", "clone", "--quiet", "--bare", "--", address, str(place)]
        done = subprocess.run(
            argv, env=os.environ | {"GIT_TERMINAL_PROMPT": "0"}, capture_output=True, check=False
        )
        if done.returncode:
            raise LookupError(
                f"{address} cannot be cloned; put a clone of it at {place}, or name a folder"
                " of clones (owner+name) with --repositories"
            )
    return place
