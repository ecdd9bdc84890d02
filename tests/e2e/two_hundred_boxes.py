"""A project of two hundred files that call an old name, and three scripts that change them all."""

import re
from collections.abc import Generator, Mapping, Sequence
from typing import Any

COUNT, MOST_CALLS = 200, 32
TASK = "Call `unlock_box` instead of `open_box` in parts/: the old name goes with the next release"
_WOODS = ("oak", "ash", "elm", "yew")
_PART = '''"""Part {0}: boxes of {1}."""

import boxes


def describe(size):
    return boxes.open_box(size + {0}, "{1}")
'''
_TESTS = """import importlib
import unittest


class Parts(unittest.TestCase):
    def test_every_part_says_its_number(self):
        for number in range({count}):
            part = importlib.import_module(f"parts.part_{{number:03}}")
            self.assertIn(str(number), part.describe(0))
"""
FILES = {
    ".github/changewright.yml": (
        "setup: {run: []}\ngates: [{name: tests, kind: test, run: [python3, -m, unittest]}]\n"
    ),
    "campaign.yml": (
        "name: boxes\ndescription: The old name goes with the next release.\n"
        'on: {globs: ["parts/*.py"], pattern: open_box($$$)}\n'
        'steps:\n  - author: "Call `unlock_box` instead of `open_box`."\n'
        "shard: {by: all, files: 300}\ntemplate: {title: Call unlock_box}\n"
    ),
    "boxes.py": (
        'def unlock_box(size, wood):\n    return f"{wood} {size}"\n\n\nopen_box = unlock_box\n'
    ),
    "parts/__init__.py": "",
    "test_parts.py": _TESTS.format(count=COUNT),
    **{f"parts/part_{n:03}.py": _PART.format(n, _WOODS[n % 4]) for n in range(COUNT)},
}
Call = tuple[str, Mapping[str, Any]]
# Yields the calls of a reply, is sent the texts of their results, and returns its last words.
Script = Generator[Sequence[Call], list[str], str]


LOOK = """\
hits = search("open_box", "parts/**")
paths = sorted({hit.path for hit in hits})
print(len(hits), "lines in", len(paths), "files, such as")
print([hit.text for hit in hits][:2])
"""
CHANGE = """\
for path in paths:
    text = read(path)
    edit(path, text, text.replace("open_box", "unlock_box"))
print(len(search("open_box", "parts/**")), "left; tests:", run_gate("test").word)
"""
FINISH = """\
print(len([line for line in diff().splitlines() if line.startswith("+ ")]), "lines changed")
finish("All parts call unlock_box; what they return is the same.")
"""
# In the quotes that the formatter leaves alone on the page, too.
TRY = '''\
program = r"""
SITES = r"\\bopen_box\\b"
FILES = ("*.py",)


def transform(file):
    for name in file.find(kind="identifier"):
        if name.text == "open_box":
            yield file.compose(name, "unlock_box")
"""
expected = sum([one.sites for one in count(r"\\bopen_box\\b")])
found = try_program(program)
print(found.expected, "of", expected, "expected;", found.rewritten, "rewritten,", found.left)
print(found.failures)
print(found.diff)
'''
SAMPLE = """\
for one in sample(2):
    print(one.path, one.text)
print(sum([one.sites for one in count(r"\\bopen_box\\b")]), "places in", len(files()), "files")
"""
SUBMIT = """\
examples = [
    ("call.before.py", "import boxes\\n\\nboxes.open_box(1, 'oak')\\n"),
    ("call.after.py", "import boxes\\n\\nboxes.unlock_box(1, 'oak')\\n"),
    ("other.keep.py", "reopen_box(1)\\n"),
]
submit(program, examples, expected, "Each use of open_box becomes one of unlock_box.")
"""


def by_snippets(*snippets: str) -> Script:
    for code in snippets:
        yield [("run_code", {"code": code})]
    return "Done."


def by_calls() -> Script:
    globs = [f"parts/part_{tens:02}*.py" for tens in range(COUNT // 10)]
    found: list[tuple[str, str]] = []
    for text in (yield [("search", {"text": "open_box", "glob": glob}) for glob in globs]):
        found += re.findall(r"^(\S+):\d+: (.*)$", text, re.MULTILINE)
    for at in range(0, len(found), MOST_CALLS):
        yield [("editor", _replaced(path, line)) for path, line in found[at : at + MOST_CALLS]]
    yield [("run_gate", {"kind": "test"})]
    yield [("finish", {"summary": "All parts call unlock_box; what they return is the same."})]
    return "Done."


def _replaced(path: str, line: str) -> Mapping[str, str]:
    new = line.replace("open_box", "unlock_box")
    return {"command": "str_replace", "path": path, "old_str": line, "new_str": new}
