"""The house's rule about tests that no linter knows: none waits for ever, whatever fails in it.

Seen by reading the syntax tree, so neither in a script that a test keeps in a string nor behind a
function that waits for somebody else; there the limit of each test is what ends it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.test_house import dotted, write

# What may stand in a file all the same, and why.
EXCEPTIONS = {
    (
        "tests/bench/interpreters.py",
        "subprocess.run([sys.executable, '-I', '-S', '-c', ''], check=True)",
    ): "it is timed, and a wait with a limit sleeps in steps",
    ("tests/bot/adapters/test_sandbox_contract.py", "begun.wait()"): "a command has its own limit",
    (
        "tests/validators/test_background.py",
        "opened.begin(['/bin/true']).wait()",
    ): "it is what must not stand still",
    ("tests/validators/test_background.py", "command.wait()"): "its command was ended before",
    ("tests/ending.py", "os.waitpid(child, 0)"): "it was killed on the line before",
}
WAITS = {"wait", "join", "communicate"}
LIMITS = {"timeout", "timeout_s", None}  # None stands for **options
# Reading every tree takes seconds; only these can hold what is looked for.
SUSPECT = re.compile(
    r"(\.wait|\.join)\(\)|communicate\(|waitpid\(|Thread\(|Popen\(|run\(\s*\[sys\.executable"
)


def endless(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """Yield each call that may wait for ever, with what to write instead."""
    awaited = {node.value for node in ast.walk(tree) if isinstance(node, ast.Await)}
    for node in ast.walk(tree):
        if isinstance(node, ast.withitem) and isinstance(node.context_expr, ast.Call):
            if dotted(node.context_expr.func) == "subprocess.Popen":
                yield node.context_expr, "write `with ended(subprocess.Popen(...))`"
        elif isinstance(node, ast.Call) and node not in awaited and (words := instead(node)):
            yield node, words


def instead(call: ast.Call) -> str:
    """Return what to write instead of a call without a limit, empty for any other."""
    name, keywords = dotted(call.func), {keyword.arg for keyword in call.keywords}
    verb = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    is_limited = bool(keywords & LIMITS)
    if verb in WAITS and not is_limited and (verb == "communicate" or not call.args):
        return "give it LIMIT_S"
    if name == "os.waitpid" and ast.unparse(call.args[1]) == "0":
        return "write exit_code(...)"
    if name == "threading.Thread" and "daemon" not in keywords:
        return "write `with beside(...)`"
    if name == "subprocess.run" and not is_limited and starts_python(call):
        return "give it timeout=LIMIT_S"
    return ""


def starts_python(call: ast.Call) -> bool:
    argv = call.args[0] if call.args else None
    return isinstance(argv, ast.List) and ast.unparse(argv.elts[0]) == "sys.executable"


def endless_waits(root: Path) -> list[str]:
    complaints = []
    for path in sorted((root / "tests").rglob("*.py")):
        text, name = path.read_text("utf-8"), path.relative_to(root).as_posix()
        found = endless(ast.parse(text)) if SUSPECT.search(text) else ()
        for node, words in sorted(found, key=lambda one: one[0].lineno):
            if (name, ast.unparse(node)) not in EXCEPTIONS:
                complaints.append(f"{name}:{node.lineno}: {words}, of tests/ending.py")
    return complaints


def test_no_test_waits_for_ever(root: Path) -> None:
    assert endless_waits(root) == []


def test_every_exception_is_still_needed(root: Path) -> None:
    for name, words in EXCEPTIONS:
        assert words in {
            ast.unparse(node) for node, _ in endless(ast.parse((root / name).read_text()))
        }


ENDLESS = """
with open("said") as said, subprocess.Popen(argv, stdout=said) as process:
    process.wait()
process.communicate("go")
thread = threading.Thread(target=act)
thread.join()
os.waitpid(child, 0)
subprocess.run([sys.executable, "-c", script], check=True)
"""
LIMITED = """
with open("said") as said, ended(subprocess.Popen(argv, stdout=said)) as process:
    process.wait(LIMIT_S)
process.communicate("go", timeout=LIMIT_S)
process.communicate(**options)
thread = threading.Thread(target=act, daemon=True)
thread.join(timeout=LIMIT_S)
", ".join(names)
os.waitpid(child, os.WNOHANG)
subprocess.run([sys.executable, "-c", script], timeout=LIMIT_S)
subprocess.run(["git", "status"], check=True)

async def later():
    await event.wait()
"""


def test_a_wait_without_a_limit_is_found_and_one_with_a_limit_is_not(tmp_path: Path) -> None:
    write(tmp_path, "tests/test_endless.py", ENDLESS)
    write(tmp_path, "tests/test_limited.py", LIMITED)
    assert [line.rpartition(", of")[0] for line in endless_waits(tmp_path)] == [
        "tests/test_endless.py:2: write `with ended(subprocess.Popen(...))`",
        "tests/test_endless.py:3: give it LIMIT_S",
        "tests/test_endless.py:4: give it LIMIT_S",
        "tests/test_endless.py:5: write `with beside(...)`",
        "tests/test_endless.py:6: give it LIMIT_S",
        "tests/test_endless.py:7: write exit_code(...)",
        "tests/test_endless.py:8: give it timeout=LIMIT_S",
    ]
