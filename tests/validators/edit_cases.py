"""Edits that models really wrote, with what should become of them.

The cases are development data and no part of the project. They are read from the folder that
CHANGEWRIGHT_DEV_DATA names (by default beside the checkout).
"""

import ast
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from validators.patch import Edit, Landing, SourceSyntax, land, parse

CHECKOUT = Path(__file__).parents[2]
DATA = Path(os.environ.get("CHANGEWRIGHT_DEV_DATA", CHECKOUT.parent / "shared" / "data"))
EDITS = DATA / "edits"
THERE = (EDITS / "unit_cases.jsonl").is_file()
WHY_NOT = "no development data: set CHANGEWRIGHT_DEV_DATA to the folder that holds edits/"

Outcome = Literal["right", "wrong", "rejected", "landed"]
Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EditCase:
    """A reply and the files it is for.

    ``expected`` is None where nobody knows what is right; ``parsed`` is what a tool's own test says
    of the reading alone; ``retry`` the author's next reply after a rejection.
    """

    form: str
    reply: str
    files: Mapping[str, bytes]
    expected: Files | None = None
    must_reject: bool = False
    parsed: object = None
    retry: str = ""

    @property
    def is_known(self) -> bool:
        """Whether it is known what is right."""
        return self.expected is not None or self.must_reject or self.parsed is not None


def edit_cases() -> Iterator[EditCase]:
    """Yield all cases: replies of models first, then those of tools' own tests."""
    for case in _lines("search_replace.jsonl"):
        blobs = {path: blob for path, blob in case["files"].items() if blob}
        files = {path: (EDITS / "blobs" / blob).read_bytes() for path, blob in blobs.items()}
        known = _applied(str(case["expected"]), files) if case["expected"] else None
        yield EditCase("replies", case["edit"], files, known, retry=case["retry_edit"] or "")
    for case in _lines("unit_cases.jsonl"):
        must_reject = case["expect"] == "reject"
        reads = case.get("expected_parse") is not None and not must_reject
        parsed = _wanted_parse(case) if reads else None
        original = case["original"]
        files = {"foo.txt": b"Two\n"} if original is None else {"test.ts": original.encode()}
        text = case.get("expected_text")
        known = None if must_reject or parsed is not None else {"test.ts": str(text)}
        yield EditCase(case["format"], _reply_of(case), files, known, must_reject, parsed)


def outcome(case: EditCase, after: Files | None) -> Outcome:
    """Return what an ``after`` is that a reply made of the case's files; None: it was rejected."""
    is_rejected = after is None or all(
        after.get(path) == content.decode() for path, content in case.files.items()
    )
    if case.must_reject:
        return "right" if is_rejected else "wrong"
    if after is None:
        return "rejected"
    if case.expected is None:
        return "landed"
    is_right = all(same(path, after[path], text) for path, text in case.expected.items())
    return "right" if is_right else "wrong"


def outcome_of_reading(case: EditCase) -> Outcome:
    """Return whether a case about reading alone is read as its tool reads it."""
    patch = parse(case.reply)
    if patch.malformed:
        return "rejected"
    return "right" if [_as_parsed(e, case.form) for e in patch.edits] == case.parsed else "wrong"


def landing(case: EditCase, syntax: SourceSyntax) -> Landing:
    """Return what becomes of the edits of a case's reply."""
    files = case.files
    return land(
        parse(case.reply), lambda path: ("100644", files[path]) if path in files else None, syntax
    )


def landed(case: EditCase, syntax: SourceSyntax) -> Files | None:
    """Return the case's files as its reply leaves them; None where it does not land."""
    made = landing(case, syntax)
    if made.rejected or not made.landed:
        return None
    after = {path: content.decode() for path, content in case.files.items()}
    return after | {change.path: (change.content or b"").decode() for change in made.files}


def same(path: str, left: str, right: str) -> bool:
    """Whether two contents are the same, for Python in its syntax."""
    if left == right or not path.endswith(".py"):
        return left == right
    try:
        return ast.dump(ast.parse(left)) == ast.dump(ast.parse(right))
    except SyntaxError:
        return False


def _lines(name: str) -> Iterator[dict[str, Any]]:
    with (EDITS / name).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _applied(diff: str, files: Mapping[str, bytes]) -> Files:
    with tempfile.TemporaryDirectory(prefix="edit-cases-") as name:
        folder = Path(name)
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        command = ["git", "apply", "-"]
        subprocess.run(command, cwd=folder, input=diff.encode(), check=True, capture_output=True)
        return {path: (folder / path).read_bytes().decode() for path in files}


def _reply_of(case: dict[str, Any]) -> str:
    """Write a recorded case the way a reply would carry it."""
    edit, form = case["edit"], case["format"]
    if form == "search-replace-pair":
        edit = f"test.ts\n<<<<<<< SEARCH\n{edit['search']}=======\n{edit['replace']}>>>>>>> REPLACE"
    elif form == "apply_patch-chunks":
        lines = ["*** Begin Patch", "*** Update File: test.ts"]
        for chunk in edit:
            lines.append(f"@@ {chunk['changeContext'] or ''}".rstrip())
            lines += [f"-{line}" for line in chunk["oldLines"]]
            lines += [f"+{line}" for line in chunk["newLines"]]
            lines += ["*** End of File"] * chunk["isEndOfFile"]
        edit = "\n".join([*lines, "*** End Patch"])
    elif form in {"search-replace(cline)", "search-replace(roo)"} and "test.ts" not in edit:
        edit = f"test.ts\n{edit}"
    return str(edit)


def _as_parsed(edit: Edit, form: str) -> object:
    if form == "udiff":
        return [edit.path, list(edit.old), list(edit.new)]
    if form == "search-replace":
        old, new = ("".join(f"{line}\n" for line in side) for side in (edit.old, edit.new))
        return [edit.path, old, new]
    if edit.kind == "create":
        return ["AddFile", edit.path, "".join(f"{line}\n" for line in edit.new)]
    if edit.kind in {"replace", "append"}:
        anchor = edit.anchors[0] if edit.anchors else None
        return ["Chunk", edit.path, anchor, list(edit.old), list(edit.new), edit.at_end]
    return [edit.kind, edit.path, edit.to]


def _wanted_parse(case: dict[str, Any]) -> list[object]:
    parsed = case["expected_parse"]
    if case["format"] == "udiff":
        sides = [(path, [line.rstrip("\n") for line in hunk]) for path, hunk in parsed]
        return [
            [path, [x[1:] for x in hunk if x[0] != "+"], [x[1:] for x in hunk if x[0] != "-"]]
            for path, hunk in sides
        ]
    if case["format"] == "search-replace":
        return list(parsed)
    wanted: list[object] = []
    for hunk in parsed["hunks"]:
        path, kind = hunk["path"], hunk["type"]
        if kind == "AddFile":
            wanted.append([kind, path, hunk["contents"]])
        elif kind == "DeleteFile":
            wanted.append(["delete", path, ""])
        for c in hunk.get("chunks", ()):
            where = c["changeContext"]
            wanted.append(["Chunk", path, where, c["oldLines"], c["newLines"], c["isEndOfFile"]])
        if hunk.get("movePath"):
            wanted.append(["rename", path, hunk["movePath"]])
    return wanted
