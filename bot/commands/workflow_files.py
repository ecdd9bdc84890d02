"""The workflows that people copy into a repository, with the action pinned to one commit.

They stand as whole files beside the action, so that what is tested and linted is what is written.
"""

import json
import re
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from scoping.refusal import Refusal
from validators.sandbox import FileChange

_EXAMPLES = Path(__file__).parents[1] / "action" / "examples"
_FOLDER = ".github/workflows"
_STAND_IN = re.compile(r"changewright/changewright@0{40} # v\S+")
_ACTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}@[0-9a-f]{40}")
_SOURCE = re.compile(r"(?:https|ssh)://[^/]+/([^/]+/[^/]+?)(?:\.git)?/?")


class WorkflowRefusal(Refusal):
    """The workflows cannot be written: what is not known, and how to say it."""


def workflow_files(action: str | None) -> tuple[FileChange, ...]:
    """Return the workflows, using ``action`` (OWNER/NAME@COMMIT), else where we came from."""
    made = distribution("changewright")
    pinned = action or _installed_from(made.read_text("direct_url.json"))
    if not _ACTION.fullmatch(pinned):
        raise WorkflowRefusal(
            f"{pinned[:120]!r} does not pin the action: write OWNER/NAME@COMMIT with the whole hash"
            " of the commit; a branch or a tag can be moved by others"
        )
    named = f"{pinned} # v{made.version}"
    return tuple(
        FileChange(
            f"{_FOLDER}/{path.name}",
            "100644",
            _STAND_IN.sub(named, path.read_text("utf-8")).encode(),
        )
        for path in sorted(_EXAMPLES.glob("*.yml"))
    )


def _installed_from(document: str | None) -> str:
    """Return the action as an installer wrote down where this program came from."""
    try:
        found: Any = json.loads(document or "{}")
        commit = found.get("vcs_info", {}).get("commit_id", "")
        source = _SOURCE.fullmatch(found.get("url", ""))
    except (ValueError, AttributeError):
        commit, source = "", None
    if not source or not commit:
        raise WorkflowRefusal(
            "it is not known from which commit this program was installed, and the workflows name"
            " one: say it with --action OWNER/NAME@COMMIT"
        )
    return f"{source[1]}@{commit}"
