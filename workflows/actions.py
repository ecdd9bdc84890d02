"""What the model may ask for while it works: the words and the schemas it is offered.

In tools mode that is an action for each kind of question and edit, in code mode one for all.

`editor` has the shape of the text editor that models are trained on; an adapter gives it the name
and the type its vendor knows. The schema of each is what its arguments are held against.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from validators.rules import GateKind
from workflows.conversation import Action
from workflows.snippet import SnippetLimits

_MAX_PATH = 1_000
_MAX_TEXT = 400_000
_MAX_CODE = 100_000
RUN_CODE = "run_code"

# How a model that is offered them works, as two lines of its instructions.
BY_ACTIONS = """\
- Read what you were not shown with the actions before you guess.
- Edits made with the editor count as well. When all are made, end with `finish`, or with your \
explanation in words.\
"""
IN_CODE = """\
- Read what you were not shown with `run_code` before you guess.
- Edits made by a snippet count as well. When all are made, call finish() in a snippet, or end \
with your explanation in words.\
"""


def _schema(required: Sequence[str] = (), **properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_PATH = {"type": "string", "minLength": 1, "maxLength": _MAX_PATH}
_WORD = {"type": "string", "minLength": 1, "maxLength": 500}
_TEXT = {"type": "string", "maxLength": _MAX_TEXT}
_LINE = {"type": "integer"}
_CODE_TEXT = {"type": "string", "minLength": 1, "maxLength": _MAX_CODE}

EDITOR = Action(
    "editor",
    "View, create and edit files. Paths are relative to the top of the repository. `view` shows at"
    " most 400 lines, or the files of a folder. `str_replace` needs an `old_str` that stands in the"
    " file once. `insert` puts `insert_text` after line `insert_line`. `create` makes new files.",
    _schema(
        ("command", "path"),
        command={"enum": ["view", "create", "str_replace", "insert"]},
        path=_PATH,
        view_range={"type": "array", "items": _LINE, "minItems": 2, "maxItems": 2},
        file_text=_TEXT,
        old_str=_TEXT,
        new_str=_TEXT,
        insert_line={"type": "integer", "minimum": 0},
        insert_text=_TEXT,
    ),
)
READ = Action(
    "read",
    "Read lines of one file as it now is, with your edits. Lines count from 1; at most 400.",
    _schema(("path",), path=_PATH, start_line=_LINE, end_line=_LINE),
)
SEARCH = Action(
    "search",
    "Find lines that contain a text exactly, in files whose path matches a glob; at most 50.",
    _schema(("text",), text=_WORD, glob={"type": "string", "maxLength": 200}),
)
SYMBOLS = Action(
    "symbols",
    "Find definitions (classes, functions, methods, variables) whose name contains a word.",
    _schema(("name",), name=_WORD),
)
REFERENCES = Action(
    "references",
    "Find lines of code that write a name: definitions, uses and imports; at most 50.",
    _schema(("name",), name=_WORD),
)
RUN_GATE = Action(
    "run_gate",
    "Run the repository's own lint, build or affected tests on the files as they now are. All of"
    " them run anyway when you finish.",
    _schema(("kind",), kind={"enum": list(get_args(GateKind))}),
)
FINISH = Action(
    "finish",
    "Say that your edits are complete. `summary` is your short explanation for the pull request.",
    _schema(("summary",), summary={"type": "string", "minLength": 1, "maxLength": 20_000}),
)
ACTIONS = (EDITOR, READ, SEARCH, SYMBOLS, REFERENCES, RUN_GATE, FINISH)

_CODE = "Run a snippet of Python, with these functions:"
_CODE_RULES = """\
Names stay from one snippet to the next. You see only what a snippet prints, at most {output} \
bytes: count and filter in it. It may take {seconds:g} s, {mebibytes} MiB and {calls:,} calls, \
which cost no tokens: do all that belongs together, over all files, in one snippet.
"""


def run_code(stubs: str, limits: SnippetLimits) -> Action:
    """Return the one action of code mode: a snippet that may call what ``stubs`` declare."""
    rules = _CODE_RULES.format(
        output=limits.output_bytes,
        seconds=limits.timeout_s,
        mebibytes=limits.memory_bytes // 1024**2,
        calls=limits.host_calls,
    )
    return Action(RUN_CODE, f"{_CODE}\n\n{stubs}\n{rules}", _schema(("code",), code=_CODE_TEXT))
