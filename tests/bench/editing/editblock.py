"""aider's own way of applying a reply, for the Python of an environment that has aider.

Reads one JSON object a line, ``{"reply", "files"}``, and answers ``{"files"}`` as they then are, or
``{"files": null}`` where aider says that it failed.
"""

import importlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

FENCE = ("```", "```")


class Chat:
    """What `EditBlockCoder` reads of itself when it applies edits."""

    fence = FENCE

    def __init__(self, folder: Path, files: dict[str, str], reply: str) -> None:
        self._folder = folder
        self._files = files
        self.partial_response_content = reply
        self.shell_commands: list[str] = []
        self.abs_fnames = [str(folder / path) for path in files]
        self.io = self

    def get_inchat_relative_files(self) -> list[str]:
        """Return the files that were handed to it."""
        return list(self._files)

    def abs_root_path(self, path: str) -> str:
        """Return where a file is."""
        return str(self._folder / path)

    def get_rel_fname(self, path: str) -> str:
        """Return the path of a file."""
        return os.path.relpath(path, self._folder)

    def read_text(self, path: str) -> str:
        """Return what is in a file."""
        return Path(path).read_bytes().decode() if Path(path).exists() else ""

    def write_text(self, path: str, text: str) -> None:
        """Write a file."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(text.encode())


def applied(coder: Any, reply: str, files: dict[str, str]) -> dict[str, str] | None:
    with tempfile.TemporaryDirectory(prefix="editblock-") as name:
        folder = Path(name)
        chat = Chat(folder, files, reply)
        for path, text in files.items():
            chat.write_text(chat.abs_root_path(path), text)
        try:
            edits = coder.get_edits(chat)
            coder.apply_edits(chat, edits)
        except (ValueError, IndexError):  # the second while it looks for alike lines
            return None
        found = {
            str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()
        }
        after = {path: place.read_bytes().decode() for path, place in found.items()}
        return after if edits else None


def main() -> None:
    coder = importlib.import_module("aider.coders.editblock_coder").EditBlockCoder
    for line in sys.stdin:
        case = json.loads(line)
        after = applied(coder, case["reply"], case["files"])
        print(json.dumps({"files": after}), flush=True)


if __name__ == "__main__":
    main()
