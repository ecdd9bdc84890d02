"""Real fixes before the gates: the true change must be accepted, and every spoiled form rejected
for the right reason.

A spoiled form lacks the fix or half of it, proves nothing, weakens a test, forges a result, or
brings along what no fix may. Whether one is spoiled indeed is decided by the project's own tests,
run beside all gates. The test command is narrowed to the test files that a fix touches, unless
--whole is given.
"""

import argparse
import multiprocessing
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.bench.spoiling.fixes import NODE_FIXES, PYTHON_FIXES, Fix, chosen, read_fixes
from tests.bench.spoiling.judging import TRUE, Line, Terms, judge_fix
from tests.bench.spoiling.matrix import summary
from tests.bench.spoiling.variants import VARIANTS

NAMES = (TRUE, *(variant.name for variant in VARIANTS))


def words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=Path, action="append", help="fixes, as lines of JSON")
    parser.add_argument("--repositories", type=Path, help="a folder of clones named owner+name")
    parser.add_argument("--number", type=int, default=4, help="how many fixes (0: all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--only", default="", help="the fixes of one project, or one owner/name@commit"
    )
    parser.add_argument("--variants", default="", help=f"some of {','.join(NAMES)}")
    parser.add_argument("--whole", action="store_true", help="judge by all tests of the project")
    parser.add_argument("--state", type=Path, help="where environments are kept for the next time")
    parser.add_argument("--json", type=Path, help="write one line of JSON for each tree judged")
    return parser.parse_args()


def main() -> int:
    given = words()
    variants = tuple(name for name in given.variants.split(",") if name)
    unknown = set(variants) - set(NAMES)
    if unknown:
        print(f"there is no variant {min(unknown)!r}", file=sys.stderr)
        return 2
    files = given.commits or [path for path in (PYTHON_FIXES, NODE_FIXES) if path.is_file()]
    fixes = [fix for path in files for fix in read_fixes(path)]
    fixes = chosen(
        [fix for fix in fixes if str(fix).startswith(given.only)], given.number, given.seed
    )
    if not fixes:
        print(f"skipped: {PYTHON_FIXES} is not here; name a file of fixes with --commits")
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-gates-") as folder:
        state = given.state or Path(folder, "state")
        clones = given.repositories or Path(folder, "repositories")
        terms = Terms(clones.absolute(), state.absolute(), variants, given.whole, given.json)
        lines = list(judged(fixes, terms, given.jobs))
    print("\n".join(summary(lines)))
    return int(any(line.word in {"wrong", "wrong reason"} for line in lines))


def judged(fixes: list[Fix], terms: Terms, jobs: int) -> Iterator[Line]:
    """Yield what became of each tree, as soon as its fix is done."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawn) as pool:
        running = {pool.submit(judge_fix, fix, terms): fix for fix in fixes}
        for future in as_completed(running):
            try:
                yield from future.result()
            except LookupError as error:
                print(f"skipped: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
