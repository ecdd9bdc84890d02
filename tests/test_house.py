"""The house's rules about code that no linter knows, each shown to catch what it forbids.

A guard is a function from a folder to complaints; it runs on this checkout, where it must have
none, and on a small bad example, where it must complain.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from importlib.metadata import distributions
from pathlib import Path

import pytest

OURS = ("bot", "scoping", "validators", "workflows")
LOWER = ("scoping", "validators", "workflows")
DISTRIBUTION = "changewright"

FUNCTION_LINES = 50
MODULE_LINES = 300
# "path" or "path:function" -> why it may be larger.
SIZE_EXCEPTIONS: dict[str, str] = {}

# What the packages below bot may import beside the standard library and one another.
LIBRARIES = {"defusedxml", "msgspec", "packaging", "pathspec", "ruamel"}
LIBRARIES_OF = {
    "scoping/grammars.py": {"tree_sitter"},
    "scoping/objects.py": {"git"},
    # Keeps facts of blobs for whoever uses the library alone; nothing in it is the only copy.
    "scoping/store.py": {"sqlite3"},
    "scoping/store_file.py": {"sqlite3"},
    # Stops the detector at its time limit; decides nothing by it.
    "validators/policies/secret_scan.py": {"kingfisher", "time"},
    # Stops a command at its time limit; decides nothing by it.
    "validators/processes/supervise.py": {"time"},
}
# Network, randomness and the clock belong to bot, which passes in what it got from them.
FORBIDDEN_MODULES = {
    *("ftplib", "http", "random", "secrets", "smtplib", "socket", "socketserver", "sqlite3"),
    *("ssl", "time", "urllib.request", "uuid", "xmlrpc"),
}
FORBIDDEN_CALLS = {"date.today", "datetime.now", "datetime.today", "datetime.utcnow", "os.urandom"}
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.putenv"}
ENVIRONMENT_READERS = {
    "bot/settings.py": "the one place that reads it, into frozen settings",
    "bot/action/surroundings.py": "reads what a workflow's runner tells its jobs",
    "scoping/objects.py": "lets what another library starts see nothing of it",
    "bot/probing/checks.py": "runs inside the sandbox, and says whether it is empty there",
    "bot/indexes/relay.py": "runs inside the sandbox, and says there where the gateway is",
    "validators/codemods/worker.py": "runs inside the sandbox, and is told there how to answer",
    "bot/interpreting/line.py": "runs inside the sandbox, and is told there how to answer",
    "bot/tool_servers/worker.py": "runs inside the sandbox, and is told there how to answer",
}

# Who else begins threads: none of these is waited for by a thread that an interruption may strike.
THREAD_MAKERS = {
    "scoping/threads.py": "the one place that begins them for all others",
    "bot/server": "its main thread takes signals as words, and ends its requests itself",
    "bot/scoping_server/serving.py": "has futures made by the protocol's thread",
    "bot/commands/revisions.py": "runs in the server",
    "bot/indexes/gateway.py": "one for each connection, begun by a thread and waited for briefly",
    "bot/indexes/relay.py": "runs inside the sandbox",
    "bot/interpreting/worker_process.py": "runs inside the sandbox",
}
THREADS = {"threading.Thread", "concurrent.futures"}


def modules(
    root: Path, packages: tuple[str, ...] = OURS, having: str = ""
) -> Iterator[tuple[str, ast.Module]]:
    """Yield the modules whose text matches ``having``; to parse all of them takes seconds."""
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            text = path.read_text("utf-8")
            if re.search(having, text):
                yield path.relative_to(root).as_posix(), ast.parse(text)


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


# --- the guards -----------------------------------------------------------------------------------


def foreign_owners(search_path: list[str]) -> list[str]:
    """Other distributions that put a module of one of our four names beside ours."""
    complaints = set()
    for distribution in distributions(path=search_path):
        name = distribution.metadata["Name"]
        tops = {Path(file.parts[0]).stem for file in distribution.files or ()}
        tops |= set((distribution.read_text("top_level.txt") or "").split())
        if name != DISTRIBUTION:
            complaints |= {f"{name} owns {top}" for top in tops & set(OURS)}
    return sorted(complaints)


def speaking_inits(root: Path) -> list[str]:
    """`__init__.py` that hold anything but one docstring; packages without one."""
    complaints = []
    for package in OURS:
        folders = {path.parent for path in (root / package).rglob("*.py")}
        for folder in sorted(folders):
            path = folder / "__init__.py"
            body = ast.parse(path.read_text("utf-8")).body if path.exists() else []
            if len(body) != 1 or ast.get_docstring(ast.Module(body, [])) is None:
                complaints.append(path.relative_to(root).as_posix())
    return complaints


def oversized(root: Path, exempt: AbstractSet[str] = SIZE_EXCEPTIONS.keys()) -> list[str]:
    complaints = []
    for name, tree in modules(root):
        sizes = [(name, len((root / name).read_text("utf-8").splitlines()), MODULE_LINES)]
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                sizes.append((f"{name}:{node.name}", lines, FUNCTION_LINES))
        complaints += [
            f"{what}: {lines} lines"
            for what, lines, most in sizes
            if lines > most and what not in exempt
        ]
    return complaints


def foreign_imports(root: Path) -> list[str]:
    """Vendors, network, clock and randomness imported below bot."""
    complaints = []
    for name, tree in modules(root, LOWER):
        own = LIBRARIES_OF.get(name, set())
        allowed = LIBRARIES | own | set(OURS) | sys.stdlib_module_names
        for module in imported(tree):
            top = module.partition(".")[0]
            if top not in allowed or {module, top} & (FORBIDDEN_MODULES - own):
                complaints.append(f"{name}: {module}")
    return sorted(set(complaints))


def outside_calls(root: Path) -> list[str]:
    """Prints and clocks below bot; the environment read anywhere but in bot's settings."""
    complaints = []
    for name, tree in modules(root):
        below = not name.startswith("bot/")
        for node in ast.walk(tree):
            word = dotted(node)
            reads = word in ENVIRONMENT and name not in ENVIRONMENT_READERS
            calls = isinstance(node, ast.Call) and dotted(node.func) == "print"
            told = word in FORBIDDEN_CALLS or word.partition(".")[2] in FORBIDDEN_CALLS
            if reads or (below and (calls or told)):
                complaints.append(f"{name}:{getattr(node, 'lineno', 0)}: {word or 'print'}")
        if set(imported(tree)) & ENVIRONMENT and name not in ENVIRONMENT_READERS:
            complaints.append(f"{name}: takes the environment from os")
    return complaints


def thread_makers(root: Path) -> list[str]:
    complaints = []
    for name, tree in modules(root, having=r"\bThread\b|concurrent"):
        if any(name.startswith(maker) for maker in THREAD_MAKERS):
            continue
        words = {*imported(tree), *(dotted(node) for node in ast.walk(tree))}
        if found := sorted(words & THREADS):
            complaints.append(f"{name}: {', '.join(found)} instead of scoping.threads")
    return complaints


# --- this checkout --------------------------------------------------------------------------------


def test_no_other_distribution_owns_one_of_our_names() -> None:
    assert foreign_owners(sys.path) == []


def test_our_own_distribution_is_the_one_installed() -> None:
    assert DISTRIBUTION in {found.metadata["Name"] for found in distributions()}


@pytest.mark.parametrize(
    "guard", [speaking_inits, oversized, foreign_imports, outside_calls, thread_makers]
)
def test_the_house_is_kept(guard: Callable[[Path], list[str]], root: Path) -> None:
    assert guard(root) == []


def test_every_size_exception_is_still_needed(root: Path) -> None:
    exceptions = set(SIZE_EXCEPTIONS)
    found = {complaint.rpartition(": ")[0] for complaint in oversized(root, frozenset())}
    assert exceptions <= found


# --- and what each guard is there to catch --------------------------------------------------------


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_a_distribution_that_shares_a_name_is_found(tmp_path: Path) -> None:
    write(tmp_path, "validators-0.35.dist-info/METADATA", "Name: validators\nVersion: 0.35\n")
    write(tmp_path, "validators-0.35.dist-info/RECORD", "validators/__init__.py,,\n")
    write(tmp_path, "other-1.dist-info/METADATA", "Name: other\nVersion: 1\n")
    write(tmp_path, "other-1.dist-info/top_level.txt", "bot\nother\n")
    assert foreign_owners([str(tmp_path)]) == ["other owns bot", "validators owns validators"]


def test_an_init_that_imports_or_is_missing_is_found(tmp_path: Path) -> None:
    write(tmp_path, "bot/__init__.py", '"""Fine."""\n')
    write(tmp_path, "bot/pages/__init__.py", '"""Not fine."""\n\nimport os\n')
    write(tmp_path, "bot/adapters/claude_model.py", '"""No init beside it."""\n')
    write(tmp_path, "scoping/__init__.py", "VERSION = 1\n")
    assert speaking_inits(tmp_path) == [
        "bot/adapters/__init__.py",
        "bot/pages/__init__.py",
        "scoping/__init__.py",
    ]


def test_a_long_function_and_a_long_module_are_found(tmp_path: Path) -> None:
    write(tmp_path, "bot/cli.py", "def main():\n" + "    pass\n" * FUNCTION_LINES)
    write(tmp_path, "scoping/rank.py", "\n" * (MODULE_LINES + 1))
    assert oversized(tmp_path) == ["bot/cli.py:main: 51 lines", "scoping/rank.py: 301 lines"]


def test_a_vendor_a_socket_and_a_clock_below_bot_are_found(tmp_path: Path) -> None:
    write(tmp_path, "bot/adapters/claude_model.py", "import anthropic\nimport time\n")
    write(tmp_path, "scoping/objects.py", "import git\n")
    write(tmp_path, "scoping/graph.py", "import git\n")
    write(tmp_path, "validators/processes/supervise.py", "import time\n")
    write(tmp_path, "validators/gates.py", "def gate():\n    from urllib import request\n")
    write(tmp_path, "workflows/propose.py", "import anthropic.types\nfrom time import time\n")
    assert foreign_imports(tmp_path) == [
        "scoping/graph.py: git",
        "validators/gates.py: urllib.request",
        "workflows/propose.py: anthropic.types",
        "workflows/propose.py: time",
        "workflows/propose.py: time.time",
    ]


def test_a_print_a_clock_and_the_environment_are_found(tmp_path: Path) -> None:
    write(tmp_path, "bot/settings.py", "import os\nkey = os.environ['KEY']\n")
    write(tmp_path, "bot/cli.py", "import os\nprint(os.getenv('KEY'))\n")
    write(tmp_path, "validators/gates.py", "print('hello')\n")
    write(tmp_path, "validators/git.py", "from os import environ\n")
    write(tmp_path, "workflows/run.py", "import datetime\nat = datetime.datetime.now()\n")
    assert outside_calls(tmp_path) == [
        "bot/cli.py:2: os.getenv",
        "validators/gates.py:1: print",
        "validators/git.py: takes the environment from os",
        "workflows/run.py:2: datetime.datetime.now",
    ]


def test_a_thread_of_ones_own_making_is_found(tmp_path: Path) -> None:
    for name, line in {
        "bot/one.py": "import threading\nthreading.Thread(target=print)\n",
        "workflows/two.py": "from concurrent.futures import ThreadPoolExecutor\n",
        "validators/three.py": "from threading import Thread\n",
        "scoping/threads.py": "from threading import Thread\n",
        "scoping/four.py": "from threading import Lock\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(line)

    found = thread_makers(tmp_path)

    assert {complaint.partition(":")[0] for complaint in found} == {
        "bot/one.py",
        "workflows/two.py",
        "validators/three.py",
    }
