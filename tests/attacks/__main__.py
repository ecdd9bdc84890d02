"""`python -m tests.attacks`: attack what there is, and print what held.

Ends with 1 when anything got through, or when an attack that must succeed uncontained did not.
What another user found is added with ``--add``; ``--page`` writes the summary into a page.
"""

import argparse
import dataclasses
import json
import os
import sys
from pathlib import Path

from tests.attacks.aftermath import careless
from tests.attacks.backends import BACKENDS, ON_REQUEST, prepared, why_unusable
from tests.attacks.case import Case, read_cases
from tests.attacks.control import control, why_no_control
from tests.attacks.development import attacked, data
from tests.attacks.host import bait
from tests.attacks.prelude import syscall
from tests.attacks.result import Result, gaps
from tests.attacks.runner import Runner
from tests.attacks.summary import control_table, save, saved, table, write_page
from tests.attacks.uncontained import HOME, UncontainedSandbox, mend, why_not_jailed
from validators.sandbox import WORKSPACE

_ADD = "add what another run kept; without --backend nothing else is attacked"


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.attacks", description=__doc__)
    parser.add_argument("cases", nargs="*", help="ids or boundaries; all when there are none")
    parser.add_argument("--backend", choices=sorted(BACKENDS), action="append")
    parser.add_argument("--verbose", action="store_true", help="a line for each attack")
    parser.add_argument("--without-control", action="store_true")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep what was found")
    parser.add_argument("--add", type=Path, action="append", default=[], metavar="FILE", help=_ADD)
    parser.add_argument("--page", type=Path, help="write the summary into this page")
    parser.add_argument("--control", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    cases = tuple(
        case
        for case in read_cases()
        if not options.cases or {case.id, case.boundary} & set(options.cases)
    )
    if options.control:
        return _in_the_jail(cases)
    results: list[Result] = []
    uncontained: list[Result] = []
    for path in options.add:
        more, free = saved(path)
        results += more
        uncontained = free or uncontained
    names = options.backend or (() if options.add else sorted(BACKENDS.keys() - ON_REQUEST))
    for name in names:
        results += _against(name, cases, development=not options.cases)
    if names and not options.without_control:
        uncontained = _control([case.id for case in cases] if options.cases else [])
    if options.verbose:
        for result in results:
            print(f"{result.word:9} {result.case:34} {result.wall_s:6.2f} s  {result.why[:300]}")
    if options.save:
        save(options.save, results, uncontained)
    if options.page:
        write_page(options.page, results, uncontained)
    return _told(results, uncontained, {case.id: case.control for case in read_cases()})


def _told(results: list[Result], uncontained: list[Result], reasons: dict[str, str]) -> int:
    """Print all of it, and return 1 if anything is not as it must be."""
    print(table(results))
    found = gaps(results)
    if not any(result.word in {"held", "not given"} for result in results):
        found.append("No attack was run, so nothing was shown to hold.")
    print("\n".join(["", *found] if found else ["", "Nothing got through."]))
    if uncontained:
        print(f"\n{control_table(uncontained, reasons)}")
    found += [
        f"{result.case} (control) {result.word} although it must get through: {result.why}"
        for result in uncontained
        if result.word not in {"breached", "not here"} and not reasons[result.case]
    ]
    return 1 if found else 0


def _against(name: str, cases: tuple[Case, ...], *, development: bool) -> list[Result]:
    with prepared(name) as runner:
        reason = why_unusable(runner.sandbox)
        if reason:
            print(reason)
            return []
        results = runner.run(cases)
        if development and data() is not None:
            results += attacked(runner)
        return results


def _control(names: list[str]) -> list[Result]:
    reason = why_no_control()
    if reason:
        print(f"The control was not run: {reason}\n")
        return []
    return control(names)


def _in_the_jail(cases: tuple[Case, ...]) -> int:
    """Attack uncontained and print the results as JSON; only where nothing can be lost."""
    reason = why_not_jailed()
    if reason:
        print(f"attacks run uncontained in their jail alone: {reason}", file=sys.stderr)
        return 2
    attacks = [case for case in cases if not case.control.startswith("it would")]
    syscall("keyctl", 1, None)  # a session keyring of our own: theirs is nobody's to change
    with bait(HOME) as host:
        os.environ["HOME"] = str(host.kept / "home")
        runner = Runner(UncontainedSandbox(), host, Path(WORKSPACE), careless, mend=mend)
        # One by one: what an attack left in the tree is not the next one's doing.
        results = [result for case in attacks for result in runner.run([case])]
    print(json.dumps([dataclasses.asdict(result) for result in results]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
