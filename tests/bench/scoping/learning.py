"""Learn what each signal is worth, and measure it on repositories that were left out.

    uv run --no-project --with numpy python -m tests.bench.scoping.learning --seen FOLDER
        [--ablate] [--curve] [--write scoping/weights.toml --date YYYY-MM-DD] [--left-out FOLDER]

``--seen`` is what `observing` wrote. A softmax over each issue's candidates, signals held at 0 or
more, so that a weight can be read; mined commits weigh less than issues, and nothing for functions.
First functions are learnt by what is known of them alone; then files, of which their functions
speak, and which hand on what they weigh to what they import; then functions again, with their
places in their files and the scores of those. Each stands on scores by weights that never saw the
repository.
``--left-out`` keeps those weights, a table for each repository, for `density`.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.bench.scoping.figures import Seen, canonical, told
from tests.bench.scoping.softmax import Ranker, fitted

MINED_WEIGHT = 0.5
FOLDS = 6
# Of what is learnt for it: the whole finds a little more, and costs the first places.
IMPORTED_SHARE = 0.5
_DEFINES = (
    "defines_member",
    "defines_class",
    "defines_titled_class",
    "defines_function",
    "defines_titled_function",
)
# Signs of what a file is may speak against it; what the issue names outright is told to the
# reader, so it counts for something.
LOWEST_OF_FILES = {
    **dict.fromkeys(("is_docs", "is_testing", "often_changed", "lately_changed"), -9.0),
    **dict.fromkeys(("named_path", "named_module", "last_frame", "any_frame", "literal"), 0.3),
    **dict.fromkeys((*_DEFINES, "stem_share"), 0.3),
}
BY_HAND_ALONE = ("is_test", "is_other", "is_text")
LOWEST_OF_FUNCTIONS = dict.fromkeys(
    (
        *("is_test", "is_testing", "is_method", "is_private", "is_magic"),
        *("is_property", "is_deprecated", "size"),
    ),
    -9.0,
)
BY_HAND = """
# What no issue of a benchmark can teach: it never counts tests, and hardly set-up and data.
[set-by-hand.files]
is_test = -4.0
is_other = -1.0
is_text = -2.0
"""

Rows = Callable[[Seen, Sequence[str]], tuple["np.ndarray", list[bool]]]


@dataclass(frozen=True)
class Learnt:
    """The ranker of all, those that never saw a repository, and the scores of each list by them."""

    whole: Ranker
    without: Mapping[str, Ranker]
    scores: Sequence[Sequence[float]]


def main() -> None:
    """Print the figures; with --write, put the table of weights where the product reads it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seen", type=Path, required=True)
    asked.add_argument("--ablate", action="store_true")
    asked.add_argument("--curve", action="store_true")
    asked.add_argument("--write", type=Path)
    asked.add_argument("--left-out", type=Path)
    asked.add_argument("--date", default="")
    given = asked.parse_args()
    rows = (json.loads(path.read_text("utf-8")) for path in sorted(given.seen.glob("*.json")))
    # Issues first, commits after them.
    seen = sorted((Seen(**row) for row in rows), key=lambda one: one.set == "mined")
    alone = learnt_functions(seen)
    seen = [one.with_likely_functions(own) for one, own in zip(seen, alone.scores, strict=True)]
    files = with_imports(seen, learnt_files(seen))
    report_files(seen, files)
    placed = [one.with_standing(own) for one, own in zip(seen, alone.scores, strict=True)]
    with_files = _with_files(placed, files)
    functions = learnt_functions(with_files)
    report_functions(with_files, functions)
    if given.ablate:
        ablate_files(seen)
        ablate_functions(with_files)
    if given.curve:
        curve(seen)
    issues = sum(map(_is_issue, seen))
    made = f"{issues} public issues and, for files, {len(seen) - issues} commits, {given.date}"
    if given.write:
        given.write.write_text(table((files.whole, functions.whole, alone.whole), made))
    if given.left_out:
        given.left_out.mkdir(parents=True, exist_ok=True)
        for repo in files.without:
            rankers = (files.without[repo], functions.without[repo], alone.without[repo])
            place = given.left_out / f"{repo.replace('/', '+')}.toml"
            place.write_text(table(rankers, f"{made}; none of {repo}"))


def signal_names(
    columns: Sequence[dict[str, dict[str, float]]], without: Sequence[str]
) -> list[str]:
    """Return the signals that ever say something."""
    found = {name for one in columns for name, values in one.items() if values}
    return sorted(found.difference(without))


def folds(seen: Sequence[Seen]) -> list[set[str]]:
    """Return the repositories in groups of about as many issues."""
    issues = [one for one in seen if _is_issue(one)]
    repos = sorted({one.repo for one in issues})
    counts = {repo: sum(one.repo == repo for one in issues) for repo in repos}
    groups: list[set[str]] = [set() for _ in range(FOLDS)]
    for repo in sorted(repos, key=lambda repo: (-counts[repo], repo)):
        min(groups, key=lambda group: sum(counts[own] for own in group)).add(repo)
    return groups


def learnt_files(seen: Sequence[Seen], without: Sequence[str] = ()) -> Learnt:
    """Return what is learnt of files, signals in ``without`` left out."""
    names = signal_names([one.file_columns for one in seen], BY_HAND_ALONE)
    names = [name for name in names if name.removesuffix("_rank") not in without]
    return _learnt(seen, names, LOWEST_OF_FILES, Seen.file_rows)


def with_imports(seen: Sequence[Seen], files: Learnt) -> Learnt:
    """Return what is learnt of files with what those hand on that import them, by their scores."""
    scored = [one.with_imported(own) for one, own in zip(seen, files.scores, strict=True)]
    more = _learnt(scored, ("imported", "score"), {}, Seen.file_rows)

    def joined(ranker: Ranker, own: Ranker) -> Ranker:
        handed, score = own.worth
        worth = np.append(ranker.worth, IMPORTED_SHARE * handed / score).astype(np.float32)
        return Ranker((*ranker.names, "imported"), worth)

    whole = joined(files.whole, more.whole)
    without = {repo: joined(files.without[repo], own) for repo, own in more.without.items()}
    scores = [without.get(one.repo, whole).scores(one.file_rows(whole.names)[0]) for one in scored]
    return Learnt(whole, without, scores)


def learnt_functions(seen: Sequence[Seen], without: Sequence[str] = ()) -> Learnt:
    """Return what is learnt of functions, signals in ``without`` left out, from issues alone.

    The message of a commit names what was changed; an issue tells what somebody saw of it.
    """
    names = signal_names([one.function_columns for one in seen], ())
    names = [name for name in names if name.removesuffix("_rank") not in without]
    return _learnt(seen, names, LOWEST_OF_FUNCTIONS, Seen.function_rows, mined=0.0)


def _learnt(
    seen: Sequence[Seen],
    names: Sequence[str],
    lowest: Mapping[str, float],
    rows: Rows,
    mined: float = MINED_WEIGHT,
) -> Learnt:
    lists = [rows(one, names) for one in seen]
    weights = [1.0 if _is_issue(one) else mined for one in seen]
    told_of = [p for p, (_, good) in enumerate(lists) if any(good) and weights[p]]
    whole = fitted([lists[p] for p in told_of], [weights[p] for p in told_of], names, lowest)
    without: dict[str, Ranker] = {}
    for group in folds(seen):
        kept = [place for place in told_of if seen[place].repo not in group]
        own = fitted([lists[p] for p in kept], [weights[p] for p in kept], names, lowest, whole)
        without |= dict.fromkeys(group, own)
    scores = [
        without.get(one.repo, whole).scores(matrix)
        for one, (matrix, _) in zip(seen, lists, strict=True)
    ]
    return Learnt(whole, without, scores)


def _with_files(seen: Sequence[Seen], files: Learnt) -> list[Seen]:
    return [one.with_file_scores(own) for one, own in zip(seen, files.scores, strict=True)]


def _is_issue(one: Seen) -> bool:
    return one.set != "mined"


def report_files(seen: Sequence[Seen], learnt: Learnt) -> None:
    """Print accuracy by set: all that was changed is among the first k."""
    print("\nfiles (all that were changed are among the first k)")
    for name in ("all", "lite", "verified", "dev", "multilingual", "locbench", "several files"):
        own = [
            (one.file_order(scores), one.gold)
            for one, scores in zip(seen, learnt.scores, strict=True)
            if _is_in(one, name) or (name == "several files" and _is_issue(one) and one.gold[1:])
        ]
        print(told(name, own))


def report_functions(
    seen: Sequence[Seen],
    learnt: Learnt,
    sets: Sequence[str] = ("all", "lite", "verified", "dev", "locbench"),
    label: str = "",
) -> None:
    """Print accuracy by set, as LocAgent counts it."""
    if not label:
        print("\nfunctions (the first k hold all that were changed, or are all of them)")
    for name in sets:
        rows = [
            (one.function_order(scores), [canonical(gold) for gold in one.gold_functions])
            for one, scores in zip(seen, learnt.scores, strict=True)
            if _is_in(one, name) and one.gold_functions
        ]
        print(told(label or name, rows, clipped=True))


def _is_in(one: Seen, name: str) -> bool:
    return _is_issue(one) and name in {"all", one.set}


GROUPS: dict[str, tuple[str, ...]] = {
    "words of the content": ("words", "title_words", "code_words", "prose_words"),
    "words of the names defined": ("defined_words",),
    "words of the path": ("path_words", "path_title", "stem_share", "stem_titled"),
    "rare names": ("rare_names",),
    "paths, modules, frames": (
        "named_path",
        "named_module",
        "named_package",
        "last_frame",
        "any_frame",
    ),
    "definitions": _DEFINES,
    "messages": ("literal",),
    "best function": ("function_words",),
    "likely functions": ("functions",),
    "code that serves tests": ("is_testing",),
    "messages of past commits": ("past_title", "past_document"),
    "dates of past commits": ("often_changed", "lately_changed"),
    "changed together": ("together",),
    "same folder": ("beside",),
    "all history": (
        "past_title",
        "past_document",
        "often_changed",
        "lately_changed",
        "together",
    ),
}
FUNCTION_GROUPS: dict[str, tuple[str, ...]] = {
    "the file": ("file_gap", "file"),
    "its place in its file": ("standing",),
    "words among all": ("words", "title_words", "code_words"),
    "words in its file": ("words_here",),
    "words covered": ("words_covered",),
    "the title in its code": ("title_covered",),
    "names its code writes": ("code_written", "said_written"),
    "its name spelled": ("name_issue", "name_title"),
    "its class spelled": ("owner_in_title", "owner_named"),
    "named outright": ("named", "named_member", "named_in_prose"),
    "lines linked to": ("linked",),
    "calls": ("calls_named", "called_by_named"),
    "helpers of what is named": ("helps_named",),
    "frames, messages": ("last_frame", "any_frame", "literal"),
    "how much it decides": ("branches",),
    "what it is": (
        *("is_test", "is_testing", "is_method", "is_private", "is_magic"),
        *("is_property", "is_deprecated", "size"),
    ),
}


def ablate_files(seen: Sequence[Seen]) -> None:
    """Print what is lost without each group of signals."""
    print("\nwithout (files, all sets)")
    for group, own in GROUPS.items():
        print(told(group, _ordered(seen, learnt_files(seen, own))))
    issues = [one for one in seen if _is_issue(one)]
    print(told("mined commits", _ordered(issues, learnt_files(issues))))


def ablate_functions(seen: Sequence[Seen]) -> None:
    """Print what is lost of functions without each group of signals."""
    print("\nwithout (functions, all sets)")
    for group, own in FUNCTION_GROUPS.items():
        report_functions(seen, learnt_functions(seen, own), ("all",), group)


def curve(seen: Sequence[Seen]) -> None:
    """Print accuracy by how much of the issues was learnt from."""
    print("\nlearnt from (files, all sets)")
    issues = [one for one in seen if _is_issue(one)]
    names = signal_names([one.file_columns for one in seen], BY_HAND_ALONE)
    order = np.random.default_rng(7).permutation(len(issues))
    for share in (0.1, 0.25, 0.5, 1.0):
        learnt = {int(place) for place in order[: int(share * len(issues))]}
        rows: list[tuple[Sequence[str], Sequence[str]]] = []
        for group in folds(issues):
            known = [one for place, one in enumerate(issues) if place in learnt]
            lists = [one.file_rows(names) for one in known if one.repo not in group]
            own = fitted(lists, [1.0] * len(lists), names, LOWEST_OF_FILES)
            rows += [
                (one.file_order(own.scores(one.file_rows(names)[0])), one.gold)
                for one in issues
                if one.repo in group
            ]
        print(told(f"{share:.0%} of the issues", rows))


def _ordered(seen: Sequence[Seen], learnt: Learnt) -> list[tuple[Sequence[str], Sequence[str]]]:
    return [
        (one.file_order(own), one.gold)
        for one, own in zip(seen, learnt.scores, strict=True)
        if _is_issue(one)
    ]


def table(rankers: tuple[Ranker, Ranker, Ranker], made: str) -> str:
    """Return the table of weights as the product reads it; ``made`` says from what."""
    parts = [
        "# What each signal is worth; tests/bench/scoping/learning.py made it, and tells how.",
        f"# Learnt from {made}.",
    ]
    for name, ranker in zip(("files", "functions", "functions-alone"), rankers, strict=True):
        parts += ["", f"[{name}]"]
        parts += [f"{key} = {worth:.3f}" for key, worth in ranker.weights() if abs(worth) >= 0.005]
    return "\n".join(parts) + "\n" + BY_HAND


if __name__ == "__main__":
    main()
