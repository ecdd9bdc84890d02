"""What is written beside the code says what is true: README, locks, workflows, configuration."""

import json
import re
import subprocess
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from bot.cli import program
from bot.configuration.keys import KEYS, Key
from bot.configuration.values import truth
from tests.ending import LIMIT_S

HELP = re.compile(
    r"<!-- help: (?P<command>changewright[\w -]*?) -->\n+"
    r"```\w*\n(?P<text>.*?)```\n+<!-- /help -->",
    re.DOTALL,
)
REQUIREMENT = re.compile(r"[a-z0-9][a-z0-9._-]*==\S+( ; .+?)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
# Home folders; the sandbox's, a hosted runner's and the examples' `me` are nobody's.
HOMES = (
    r"(?<![\w.~*-])/root/[\w.-]+"
    r"|/(?:home|Users)/(?!(?:changewright|me|runner)\b)\w+"
    r"|\b[A-Z]:\\Users\\"
)


# --- the guards -----------------------------------------------------------------------------------


def stale_help(page: str, environment: dict[str, str]) -> list[str]:
    """Help blocks that differ from the program, as `command: the first line that differs`."""
    blocks = list(HELP.finditer(page))
    if not blocks:
        return ["there is no block between `<!-- help: changewright ... -->` and `/help`"]
    complaints = []
    for block in blocks:
        command, *arguments = block["command"].split()
        argv = [str(Path(sysconfig.get_path("scripts"), command)), *arguments, "--help"]
        done = subprocess.run(
            argv, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT_S
        )
        printed, written = done.stdout.rstrip(), block["text"].rstrip()
        if done.returncode or printed != written:
            complaints.append(f"{block['command']}: the program prints\n{printed}{done.stderr}")
    return complaints


def commands(group: click.Group, before: str = "") -> Iterator[str]:
    """Yield every command below ``group``, in words."""
    for name, command in group.commands.items():
        yield before + name
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")


def loose_requirements(lock: str) -> list[str]:
    """Requirements without a hash, and anything that is neither requirement, hash nor comment."""
    complaints, pending = [], ""
    for line in (*lock.splitlines(), "end"):
        if line.lstrip().startswith("#") and "://" not in line:
            continue
        if HASH.fullmatch(line):
            pending = ""
            continue
        if pending:
            complaints.append(f"no hash: {pending}")
            pending = ""
        if REQUIREMENT.fullmatch(line) and "://" not in line:
            pending = line
        elif line != "end":
            complaints.append(f"neither requirement nor hash: {line}")
    return complaints


def steps(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a workflow, or of a composite action."""
    for job in document.get("jobs", {}).values():
        yield from job.get("steps", ())
        if "uses" in job:
            yield job
    yield from document.get("runs", {}).get("steps", ())


def trusting_workflow(document: dict[str, Any]) -> list[str]:
    """Where a workflow or an action asks for more trust than it needs."""
    complaints = []
    if "jobs" in document and document.get("permissions") != {}:
        complaints.append("permissions do not start as {}")
    for name, job in document.get("jobs", {}).items():
        if "timeout-minutes" not in job and "uses" not in job:
            complaints.append(f"{name}: no timeout-minutes")
    for step in steps(document):
        uses = step.get("uses", "")
        if uses and not uses.startswith("./") and not PINNED.fullmatch(uses):
            complaints.append(f"{uses}: not pinned by commit hash")
        kept = step.get("with", {}).get("persist-credentials", True)
        if uses.startswith("actions/checkout@") and kept is not False:
            complaints.append(f"{uses}: keeps credentials")
    return complaints


def schema_keys(schema: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield each key of a JSON Schema, dotted; the keys of a list's items as `gates.name`."""
    for name, part in schema.get("properties", {}).items():
        yield f"{prefix}{name}"
        yield from schema_keys(part, f"{prefix}{name}.")
        yield from schema_keys(part.get("items", {}), f"{prefix}{name}.")


def undocumented(keys: Iterable[Key], page: str, schema: dict[str, Any]) -> list[str]:
    """Keys the page does not name, and any difference between the target's keys and the schema."""
    keys = tuple(keys)
    described = set(schema_keys(schema))
    targets = {key.name for key in keys if key.where == "target"}
    fields = {name for name in described if name.startswith(("gates.", "scope.profiles."))}
    sections = {name.rpartition(".")[0] for name in targets} - {""}
    named = {key.name: key.variable if key.where == "process" else key.name for key in keys}
    complaints = [f"page: {name}" for name, word in named.items() if f"`{word}`" not in page]
    complaints += [f"page: {name}" for name in fields if f"`{name.rpartition('.')[2]}`" not in page]
    complaints += [f"schema: {name}" for name in targets ^ (described - fields - sections)]
    return sorted(complaints)


def machine_paths(root: Path, names: list[str]) -> list[str]:
    """Home folders, and the folder this very checkout stands in."""
    here = f"|{re.escape(str(root))}" if len(root.parts) > 2 else ""
    pattern = re.compile(HOMES + here)
    complaints = []
    for name in names:
        path = root / name
        if path.is_symlink() or not path.is_file():
            continue
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            complaints += [f"{name}:{number}: {hit[0]}" for hit in pattern.finditer(line)]
    return complaints


def files(root: Path, environment: dict[str, str]) -> list[str]:
    """Every file that is in the repository; what somebody left beside them is their own."""
    # The checkout may belong to another user than the one who tests it.
    argv = ["git", "-c", f"safe.directory={root}", "-C", str(root), "ls-files", "-z"]
    listed = subprocess.run(
        argv, env=environment, capture_output=True, text=True, check=True, timeout=LIMIT_S
    )
    return [name for name in listed.stdout.split("\0") if name]


# --- this checkout --------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["README.md", "docs/commands.md"])
def test_the_papers_show_the_help_that_the_program_prints(
    page: str, root: Path, environment: dict[str, str]
) -> None:
    assert stale_help((root / page).read_text("utf-8"), environment) == []


def test_every_command_is_on_the_page_of_commands(root: Path) -> None:
    page = (root / "docs/commands.md").read_text("utf-8")
    shown = {block["command"] for block in HELP.finditer(page)}
    assert shown == {f"changewright {words}" for words in commands(program)}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_holds_pinned_hashed_requirements_and_no_address(lock: str, root: Path) -> None:
    text = (root / lock).read_text("utf-8")
    assert "==" in text
    assert loose_requirements(text) == []


def test_each_workflow_and_action_asks_for_no_more_trust_than_it_needs(root: Path) -> None:
    found = [*root.glob(".github/workflows/*.y*ml"), *root.glob("action.y*ml")]
    assert found
    complaints = {path.name: trusting_workflow(YAML(typ="safe").load(path)) for path in found}
    assert complaints == {path.name: [] for path in found}


def test_every_configuration_key_is_in_the_schema_and_explained(root: Path) -> None:
    schema = json.loads((root / "bot/changewright.schema.json").read_text("utf-8"))
    page = (root / "docs/configuration.md").read_text("utf-8")
    assert undocumented(KEYS, page, schema) == []


def test_no_file_names_a_folder_of_one_machine(root: Path, environment: dict[str, str]) -> None:
    if not (root / ".git").exists():
        pytest.skip("this copy of the code is not a git checkout")
    names = files(root, environment)
    assert "pyproject.toml" in names
    assert machine_paths(root, names) == []


# --- and what each guard is there to catch --------------------------------------------------------


def test_a_help_block_that_drifted_or_is_missing_is_found(environment: dict[str, str]) -> None:
    block = "<!-- help: changewright -->\n```text\nUsage: something else\n```\n<!-- /help -->\n"
    assert stale_help(block, environment)[0].startswith("changewright: the program prints")
    assert stale_help("# Changewright\n", environment)[0].startswith("there is no block")


@pytest.mark.parametrize(
    "line",
    [
        "requests==2.0",
        "requests==2.0 \\\n    --hash=md5:00",
        "--index-url https://example.invalid/simple",
        "requests @ https://example.invalid/requests.whl",
        "#   from https://example.invalid",
        "requests==2.0 \\\nclick==8.0 \\\n    --hash=sha256:" + "0" * 64,
    ],
)
def test_a_lock_line_that_pins_nothing_is_found(line: str) -> None:
    good = "click==8.2 \\\n    --hash=sha256:" + "a" * 64 + "\n    # via us\n"
    assert loose_requirements(good) == []
    assert loose_requirements(good + line)


def test_a_trusting_workflow_is_found() -> None:
    text = """
permissions: {contents: write}
jobs:
  test:
    steps:
      - uses: actions/checkout@v7
      - uses: actions/checkout@0000000000000000000000000000000000000000
        with: {persist-credentials: true}
"""
    assert trusting_workflow(YAML(typ="safe").load(text)) == [
        "permissions do not start as {}",
        "test: no timeout-minutes",
        "actions/checkout@v7: not pinned by commit hash",
        "actions/checkout@v7: keeps credentials",
        "actions/checkout@0000000000000000000000000000000000000000: keeps credentials",
    ]
    action = "runs: {using: composite, steps: [{uses: owner/name/part@main}]}"
    assert trusting_workflow(YAML(typ="safe").load(action)) == [
        "owner/name/part@main: not pinned by commit hash"
    ]


def test_the_keys_of_lists_and_sections_are_seen() -> None:
    gate = {"type": "object", "properties": {"run": {}}}
    schema = {"properties": {"gates": {"items": gate}, "pr": {"properties": {"draft": {}}}}}
    assert list(schema_keys(schema)) == ["gates", "gates.run", "pr", "pr.draft"]


def test_a_key_that_no_paper_names_is_found() -> None:
    schema: dict[str, Any] = {
        "properties": {"gates": {"items": {"properties": {"name": {}}}}, "old": {}}
    }
    keys = (Key("gates", truth(), ""), Key("pr.draft", truth(), ""))
    assert undocumented(keys, "| `gates` |", schema) == [
        "page: gates.name",
        "page: pr.draft",
        "schema: old",
        "schema: pr.draft",
    ]


@pytest.mark.parametrize("parts", [("root", "project"), ("home", "someone"), ("Users", "someone")])
def test_a_home_folder_is_found(parts: tuple[str, str], tmp_path: Path) -> None:
    path = "/".join(("", *parts))
    tmp_path.joinpath("notes.md").write_text(f"fine: /usr/bin/git\nsee {path}\n")
    assert machine_paths(tmp_path, ["notes.md", "gone.md"]) == [f"notes.md:2: {path}"]


def test_the_folder_of_the_checkout_is_found(tmp_path: Path) -> None:
    tmp_path.joinpath("notes.md").write_text(f"run it in {tmp_path}/docs\n")
    assert machine_paths(tmp_path, ["notes.md"]) == [f"notes.md:1: {tmp_path}"]
