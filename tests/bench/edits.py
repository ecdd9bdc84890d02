"""How many edits land right: an exact unique substring, aider's editblock, and Changewright, on the
same cases in the same run.

The cases are development data (`tests.validators.edit_cases`). aider is no dependency: --aider
installs it into a folder of its own for this run, --aider-python names a Python that has it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tests.ending import end
from tests.validators.edit_cases import (
    THERE,
    WHY_NOT,
    EditCase,
    Files,
    Outcome,
    edit_cases,
    landed,
    landing,
    outcome,
    outcome_of_reading,
    same,
)
from validators.patch import SourceSyntax, parse

AIDER = "aider-chat==0.86.2"
EDITBLOCK = Path(__file__).with_name("editing") / "editblock.py"
WORDS: tuple[Outcome, ...] = ("right", "wrong", "rejected")
# The dialects that aider reads; it was made for the first two.
SEARCH_REPLACE = ("replies", "search-replace-pair", "search-replace(roo)")

Applier = Callable[[EditCase], Files | None]


def substring(case: EditCase) -> Files | None:
    """Replace text that stands in its file exactly once, as it is."""
    patch = parse(case.reply)
    after = {path: content.decode() for path, content in case.files.items()}
    for edit in patch.edits:
        old, new = ("".join(f"{line}\n" for line in side) for side in (edit.old, edit.new))
        text = after.get(edit.path, "")
        if edit.kind == "replace" and text.count(old) == 1 and old:
            after[edit.path] = text.replace(old, new)
        elif edit.path not in after and not edit.old:
            after[edit.path] = new
        else:
            return None
    return after if patch.edits and not patch.malformed else None


class Editblock:
    """aider's editblock in a process of an environment that has it."""

    def __init__(self, python: Path) -> None:
        self._process = subprocess.Popen(
            [str(python), str(EDITBLOCK)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, case: EditCase) -> Files | None:
        """Return the files as aider leaves them."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        files = {path: content.decode() for path, content in case.files.items()}
        self._process.stdin.write(json.dumps({"reply": case.reply, "files": files}) + "\n")
        self._process.stdin.flush()
        found: Files | None = json.loads(self._process.stdout.readline())["files"]
        return found

    def close(self) -> None:
        """End the process."""
        end(self._process)


def installed(folder: Path) -> Path:
    """Install aider into ``folder``; return its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", AIDER], check=True)
    return python


def table(appliers: dict[str, Applier], cases: Sequence[EditCase]) -> dict[str, list[Files | None]]:
    """Print right, wrong and rejected of each applier; return what each made of ``cases``."""
    made = {name: [apply(case) for case in cases] for name, apply in appliers.items()}
    groups = {
        "replies of models, right one known": [c.form == "replies" and c.is_known for c in cases],
        "search/replace of tools' own tests": [
            c.form in SEARCH_REPLACE[1:] and not c.must_reject for c in cases
        ],
        "all that must be rejected there": [
            c.form in SEARCH_REPLACE and c.must_reject for c in cases
        ],
    }
    for title, chosen in groups.items():
        print(f"\n{title}: {sum(chosen)}")
        for name, files in made.items():
            pairs = zip(cases, files, chosen, strict=True)
            found = Counter(outcome(case, after) for case, after, is_in in pairs if is_in)
            print(f"  {name:28}", *(f"{word} {found[word]:3}" for word in WORDS))
    return made


def unknown(made: dict[str, list[Files | None]], cases: Sequence[EditCase]) -> None:
    """Print what becomes of the replies whose right result nobody knows."""
    chosen = [at for at, case in enumerate(cases) if not case.is_known]
    print(f"\nreplies of models, right one unknown: {len(chosen)}")
    ours = made["Changewright"]
    for name, files in made.items():
        lands = [at for at in chosen if files[at] is not None]
        both = [at for at in lands if ours[at] is not None]
        alike = sum(_alike(ours[at], files[at], cases[at]) for at in both)
        print(f"  {name:28} landed {len(lands):3}, as Changewright {alike} of {len(both)}")


def _alike(left: Files | None, right: Files | None, case: EditCase) -> bool:
    assert left is not None
    assert right is not None
    return all(same(path, left[path], right[path]) for path in case.files)


def ours(cases: Sequence[EditCase], syntax: SourceSyntax) -> None:
    """Print Changewright's figures over all cases, and what came of the rejected."""
    found: Counter[Outcome] = Counter()
    reasons: Counter[str] = Counter()
    retried: Counter[bool] = Counter()
    started = time.perf_counter()
    for case in cases:
        if case.parsed is not None:
            found[outcome_of_reading(case)] += 1
            continue
        after = landed(case, syntax)
        found[outcome(case, after) if case.is_known else "landed"] += 1
        if after is None and not case.must_reject:
            reasons.update({edit.reason for edit in landing(case, syntax).rejected})
            if case.retry:
                retried[landed(replace(case, reply=case.retry), syntax) is not None] += 1
    took = time.perf_counter() - started
    known = sum(found[word] for word in WORDS)
    shares = ", ".join(f"{word} {found[word]} ({found[word] / known:.1%})" for word in WORDS)
    print(f"\nChangewright, all {known} cases with a known result, every format: {shares}")
    print("  replies rejected, by reason:", dict(reasons.most_common()))
    print(f"  of rejected replies with a next one, that one landed: {retried[True]}", end=" ")
    print(f"of {retried.total()}; {took / len(cases) * 1000:.0f} ms a case")


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--aider", action="store_true", help=f"install {AIDER} for this run")
    words.add_argument("--aider-python", type=Path, help="a Python that has aider")
    given = words.parse_args()
    if not THERE:
        print(f"skipped: {WHY_NOT}", file=sys.stderr)
        return 0
    with ExitStack() as stack:
        python = given.aider_python
        if given.aider:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-aider-"))
            python = installed(Path(folder))
        appliers: dict[str, Applier] = {"exact unique substring": substring}
        if python:
            editblock = Editblock(python)
            stack.callback(editblock.close)
            appliers["aider's editblock"] = editblock
        else:
            print("aider is left out: give --aider to install it for this run")
        syntax = stack.enter_context(SourceSyntax())
        appliers["Changewright"] = lambda case: landed(case, syntax)
        cases = list(edit_cases())
        comparable = [c for c in cases if c.form in SEARCH_REPLACE and c.parsed is None]
        unknown(table(appliers, comparable), comparable)
        ours(cases, syntax)
    return 0


if __name__ == "__main__":
    sys.exit(main())
