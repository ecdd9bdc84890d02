"""A synthetic repository of any number of files, for `cost`: packages that import each other.

    python -m tests.bench.scoping.monorepo --files 100000 --out GIT_DIR

The same number always gives the same commit, which it prints.
"""

import argparse
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.ending import ended

_SAID = "add read write parse render merge split close open check load store send plan"
_ABOUT = "order invoice cart user token report queue shard price region label batch quota"
_VERBS, _NOUNS = _SAID.split(), _ABOUT.split()
_LIMIT_S = 3600.0
_IN_A_FOLDER = 50
_FUNCTIONS = 12
_IDENTITY = "bench <bench@example.org> 1767225600 +0000"


def module(number: int, files: int) -> str:
    """Return one module: a class, functions, calls into two others."""
    chance = random.Random(number)  # noqa: S311 - no secret depends on it
    others = [chance.randrange(files) for _ in range(2)]
    rows = [f'"""Part {number} of the whole."""', ""]
    rows += [f"from area_{n // _IN_A_FOLDER}.part_{n} import Part{n}" for n in others]
    rows += ["", "", f"class Part{number}:", f'    """What part {number} knows."""', ""]
    for place in range(_FUNCTIONS):
        verb, noun, third = chance.choice(_VERBS), chance.choice(_NOUNS), chance.choice(_NOUNS)
        rows += [
            f"    def {verb}_{noun}_{number}_{place}(self, {noun}, {third}_limit=None):",
            f'        """{verb.title()} the {noun} of {third} {number}."""',
            f"        if {third}_limit is not None and len({noun}) > {third}_limit:",
            f'            raise ValueError("cannot {verb} more than %s {noun}s" % {third}_limit)',
            f"        {noun}_{verb}ed = [self.{verb}_{third}(one) for one in {noun}]",
            f"        return Part{others[place % 2]}().{verb}_{noun}({noun}_{verb}ed)",
            "",
        ]
    return "\n".join(rows)


def stream(files: int) -> Iterator[bytes]:
    """Yield one commit in the language of ``git fast-import``."""
    message = f"{files} files\n"
    yield f"commit refs/heads/main\ncommitter {_IDENTITY}\ndata {len(message)}\n{message}".encode()
    for number in range(files):
        text = module(number, files).encode()
        path = f"area_{number // _IN_A_FOLDER}/part_{number}.py"
        yield f"M 100644 inline {path}\ndata {len(text)}\n".encode() + text + b"\n"


def main() -> None:
    """Make one repository."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--files", type=int, required=True)
    asked.add_argument("--out", type=Path, required=True)
    given = asked.parse_args()
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", given.out], check=True)
    argv = ["git", "--git-dir", given.out, "fast-import", "--quiet"]
    with ended(subprocess.Popen(argv, stdin=subprocess.PIPE), _LIMIT_S) as importing:
        assert importing.stdin is not None  # for the type checker; PIPE was asked for
        importing.stdin.writelines(stream(given.files))
        importing.stdin.close()
        importing.wait(_LIMIT_S)
    subprocess.run(["git", "--git-dir", given.out, "rev-parse", "main"], check=True)


if __name__ == "__main__":
    main()
