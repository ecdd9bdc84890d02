"""Work done twice, by parallel calls and by snippets: what a model would write, turn for turn.

A way is a generator: it yields the calls of one reply and is sent the texts of their results. What
it returns must be the same both ways. Whoever works by calls is told the paths of files for
nothing, asks as much at once as one reply may hold, and never asks twice.
"""

import re
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

Call = tuple[str, Mapping[str, object]]
Way = Generator[Sequence[Call], list[str], object]
MOST_CALLS = 32
OLD, NEW = "from scoping.refusal import Refusal", "from scoping.refusals import Refusal"


@dataclass(frozen=True, slots=True)
class Workload:
    """One piece of work; each way is given all paths of the repository."""

    name: str
    by_calls: Callable[[Sequence[str]], Way]
    by_snippets: Callable[[Sequence[str]], Way]


def snippet(code: str) -> Sequence[Call]:
    return [("run_code", {"code": code})]


def batched(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many at once as one reply may hold calls."""
    for place in range(0, len(paths), MOST_CALLS):
        yield paths[place : place + MOST_CALLS]


def hits(text: str) -> list[str]:
    """The lines of a result that name a place."""
    return re.findall(r"^[^\s:]+:\d+: .*$", text, re.MULTILINE)


# --- counting over many files --------------------------------------------------------------------


def count_by_calls(paths: Sequence[str]) -> Way:
    found: Counter[str] = Counter()
    tests = [path for path in paths if re.fullmatch(r"tests/.*/test_\w+\.py", path)]
    for some in batched(tests):
        asked = [("search", {"text": "@pytest.mark.parametrize", "glob": path}) for path in some]
        for path, text in zip(some, (yield asked), strict=True):
            found[path.split("/")[1]] += len(hits(text))
    return sorted(found.items())


COUNT = """\
found = {}
for hit in search("@pytest.mark.parametrize", "tests/**/test_*.py"):
    if hit.path.count("/") > 1:
        area = hit.path.split("/")[1]
        found[area] = found.get(area, 0) + 1
for area in sorted(found):
    print(area, found[area])
"""


def count_by_snippets(_: Sequence[str]) -> Way:
    (text,) = yield snippet(COUNT)
    return [
        (area, int(number)) for area, number in re.findall(r"^(\w+) (\d+)$", text, re.MULTILINE)
    ]


# --- one edit in each of many files --------------------------------------------------------------


def rename_by_calls(paths: Sequence[str]) -> Way:
    areas = sorted({path.rsplit("/", 1)[0] for path in paths if path.endswith(".py")})
    found: list[str] = []
    for some in batched(areas):
        asked = [("search", {"text": OLD, "glob": f"{area}/*.py"}) for area in some]
        for text in (yield asked):
            found += [hit.partition(":")[0] for hit in hits(text) if hit.endswith(OLD)]
    edited = 0
    for some in batched(sorted(set(found))):
        given = {"command": "str_replace", "old_str": OLD, "new_str": NEW}
        for text in (yield [("editor", {**given, "path": path}) for path in some]):
            edited += "applied" in text
    return edited


RENAME = f"""\
old, new = "{OLD}", "{NEW}"
edited = 0
for path in sorted({{hit.path for hit in search(old, "*.py") if hit.text == old}}):
    edit(path, old, new)
    edited += 1
print("edited", edited)
"""


def rename_by_snippets(_: Sequence[str]) -> Way:
    (text,) = yield snippet(RENAME)
    return int(re.findall(r"^edited (\d+)$", text, re.MULTILINE)[0])


# --- reading many files to find a few places ------------------------------------------------------


def longest(lines: Sequence[str], path: str) -> list[tuple[int, str]]:
    """The length of each function of a file, from its first line to its last that is indented."""
    found, began, last = [], -1, -1
    for number, line in enumerate([*lines, "end"]):
        if line and not line[0].isspace():
            if began >= 0:
                found.append((last - began + 1, f"{path}:{began + 1}"))
            began = number if line.startswith("def ") else -1
        if line.strip():
            last = number
    return found


def long_by_calls(paths: Sequence[str]) -> Way:
    found: list[tuple[int, str]] = []
    modules = [path for path in paths if re.fullmatch(r"workflows/\w+\.py", path)]
    for some in batched(modules):
        for path, text in zip(some, (yield [("read", {"path": one}) for one in some]), strict=True):
            lines = re.findall(r"^ *\d+\t(.*)$", text, re.MULTILINE)
            found += longest(lines, path)
    return sorted(found, reverse=True)[:5]


LONGEST = """\
found = []
for path in files("workflows/*.py"):
    began, last = -1, -1
    for number, line in enumerate(read(path).splitlines() + ["end"]):
        if line and not line[0].isspace():
            if began >= 0:
                found.append((last - began + 1, path + ":" + str(began + 1)))
            began = number if line.startswith("def ") else -1
        if line.strip():
            last = number
for length, place in sorted(found, reverse=True)[:5]:
    print(length, place)
"""


def long_by_snippets(_: Sequence[str]) -> Way:
    (text,) = yield snippet(LONGEST)
    return [
        (int(length), place)
        for length, place in re.findall(r"^(\d+) (\S+:\d+)$", text, re.MULTILINE)
    ]


# --- one question for each of many names ----------------------------------------------------------

VARIABLE = r"`(CHANGEWRIGHT_\w+)`"


def check_by_calls(_: Sequence[str]) -> Way:
    (page,) = yield [("read", {"path": "docs/configuration.md"})]
    names = sorted(set(re.findall(VARIABLE, page)))
    untested = []
    for some in batched(names):
        asked = [("search", {"text": name, "glob": "tests/**"}) for name in some]
        for name, text in zip(some, (yield asked), strict=True):
            untested += [] if hits(text) else [name]
    return untested


CHECK = """\
import re
names = sorted(set(re.findall("`(CHANGEWRIGHT_[A-Z_]+)`", read("docs/configuration.md"))))
print([name for name in names if not search(name, "tests/**")])
"""


def check_by_snippets(_: Sequence[str]) -> Way:
    (text,) = yield snippet(CHECK)
    return re.findall(r"'(CHANGEWRIGHT_\w+)'", text)


# --- one fix: found, read, mended, tested, and told -----------------------------------------------

SOUGHT = "This may be your last reply"
LATE, SOON = f'95: "{SOUGHT}', f'90: "{SOUGHT}'
TEST = """\
from workflows.notices import level_of


def test_the_last_level_is_told_in_time() -> None:
    assert level_of(0.9) == 90
"""
NEW_TEST, WHY = "tests/workflows/test_level_of.py", "The last level is told at 90 %."


def fix_by_calls(_: Sequence[str]) -> Way:
    (found,) = yield [("search", {"text": SOUGHT, "glob": "*.py"})]
    (place,) = [hit.partition(":")[0] for hit in hits(found) if hit.startswith("workflows/")]
    (text,) = yield [("read", {"path": place})]
    assert LATE in text
    changed = {"command": "str_replace", "path": place, "old_str": LATE, "new_str": SOON}
    made = {"command": "create", "path": NEW_TEST, "file_text": TEST}
    yield [("editor", changed), ("editor", made)]
    (verdict,) = yield [("run_gate", {"kind": "test"})]
    yield [("finish", {"summary": WHY})]
    return "pass" in verdict


FIND = f"""\
(place,) = [hit.path for hit in search("{SOUGHT}", "*.py") if hit.path.startswith("workflows/")]
print(place)
print(read(place))
"""
FIX = f"""\
edit(place, {LATE!r}, {SOON!r})
create("{NEW_TEST}", {TEST!r})
verdict = run_gate("test")
print(verdict.word, verdict.findings)
if verdict.word == "pass":
    finish("{WHY}")
"""


def fix_by_snippets(_: Sequence[str]) -> Way:
    (text,) = yield snippet(FIND)
    assert LATE in text
    (told,) = yield snippet(FIX)
    return "pass" in told


# --- one look, where nothing fans out -------------------------------------------------------------


def look_by_calls(_: Sequence[str]) -> Way:
    (text,) = yield [("read", {"path": "scoping/refusal.py", "start_line": 9, "end_line": 10})]
    return "class Refusal" in text


def look_by_snippets(_: Sequence[str]) -> Way:
    (text,) = yield snippet('print(read("scoping/refusal.py", 9, 10))')
    return "class Refusal" in text


WORKLOADS = (
    Workload("count uses in every test file", count_by_calls, count_by_snippets),
    Workload("the same edit in many files", rename_by_calls, rename_by_snippets),
    Workload("the longest functions of a package", long_by_calls, long_by_snippets),
    Workload("which names of a page no test says", check_by_calls, check_by_snippets),
    Workload("one fix and its test", fix_by_calls, fix_by_snippets),
    Workload("one look at one place", look_by_calls, look_by_snippets),
)
