"""The questions that other programs may ask of a repository: names, arguments, bounded answers.

They are those of `changewright query` and `changewright scope`, and none of them writes anything.
An answer is a document of the same names as ``--json`` prints there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scoping.refusal import Refusal

if TYPE_CHECKING:
    from bot.code_index import Target
    from scoping.questions import Codebase

MAX_ANSWER_CHARACTERS = 200_000
MAX_TOP = 50
_DEFAULT_TOP = 10
_MAX_TASK = 20_000
_MAX_LINES = 400

Arguments = Mapping[str, Any]


class AnswerRefusal(Refusal):
    """An answer cannot be given as it was asked for: why, and how to ask instead."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its ``name``, what it is for, its arguments as JSON Schema, who answers it."""

    name: str
    description: str
    schema: Mapping[str, Any]
    answer: "Callable[[Codebase, Target, Arguments], Any]"


def _schema(*required: str, **properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_NAME = {"type": "string", "minLength": 1, "maxLength": 500}
_PATH = {"type": "string", "minLength": 1, "maxLength": 1_000}
_GLOB = {"type": "string", "minLength": 1, "maxLength": 200}
_LINE = {"type": "integer", "minimum": 1}


def _scope(_: "Codebase", target: "Target", given: Arguments) -> Any:  # noqa: ANN401 - a document
    """Return the files and functions that a task is about, each with why, the likeliest first."""
    from bot.code_index import chooser  # noqa: PLC0415 - keeps --help fast
    from bot.issue_file import task_from_words  # noqa: PLC0415 - the same

    top = min(given.get("top", _DEFAULT_TOP), MAX_TOP)
    task = task_from_words(given["task"], "", target.clone.base_commit)
    found = chooser(target.settings, target.clone, target.laid_over)(task, None)
    return {
        "files": [
            {"path": one.path, "score": round(one.score, 3), "reasons": one.reasons}
            for one in found.files[:top]
        ],
        "functions": [
            {
                "id": one.id,
                "lines": [one.start_line, one.end_line],
                "score": round(one.score, 3),
                "reasons": one.reasons,
            }
            for one in found.functions[:top]
        ],
    }


def _history(code: "Codebase", _: "Target", given: Arguments) -> Any:  # noqa: ANN401 - as above
    from scoping.questions import MAX_COMMITS  # noqa: PLC0415 - keeps --help fast

    commits = code.history(given["path"], given["line"])
    return {"commits": commits, "is_cut": len(commits) == MAX_COMMITS}


def _read(code: "Codebase", _: "Target", given: Arguments) -> Any:  # noqa: ANN401 - as above
    start = given.get("start_line", 1)
    return code.read(given["path"], start, given.get("end_line", start + _MAX_LINES - 1))


QUESTIONS = (
    Question(
        "scope",
        "Rank the files and functions that a task is about, each with the reasons. `task` is the"
        f" issue or request in words; `top` says how many of each, at most {MAX_TOP}.",
        _schema("task", task={"type": "string", "minLength": 1, "maxLength": _MAX_TASK}, top=_LINE),
        _scope,
    ),
    Question(
        "definition",
        "Where a name is defined: plain (`open`) or qualified (`Box.open`).",
        _schema("name", name=_NAME),
        lambda code, _, given: code.definition(given["name"]),
    ),
    Question(
        "references",
        "Lines of code that write a plain name: definitions, uses and imports; at most 50.",
        _schema("name", name=_NAME),
        lambda code, _, given: code.references(given["name"]),
    ),
    Question(
        "callers",
        "Functions that call a plain name.",
        _schema("name", name=_NAME),
        lambda code, _, given: code.callers(given["name"]),
    ),
    Question(
        "callees",
        "What a function, plain or qualified, calls; names that many things have are left out.",
        _schema("name", name=_NAME),
        lambda code, _, given: code.callees(given["name"]),
    ),
    Question(
        "subclasses",
        "Classes that extend or implement a plain name.",
        _schema("name", name=_NAME),
        lambda code, _, given: code.subclasses(given["name"]),
    ),
    Question(
        "symbols",
        "Definitions whose qualified name holds a word, whatever its case; at most 100.",
        _schema("pattern", pattern=_NAME),
        lambda code, _, given: code.symbols(given["pattern"]),
    ),
    Question(
        "imports",
        "Files of the repository that a file imports, and that import it.",
        _schema("path", path=_PATH),
        lambda code, _, given: code.imports(given["path"]),
    ),
    Question(
        "history",
        "The newest commits that changed one line of a file; at most 20.",
        _schema("path", "line", path=_PATH, line=_LINE),
        _history,
    ),
    Question(
        "search",
        "Lines that hold a text exactly, in files whose path matches a glob (`**` crosses"
        " folders); at most 50.",
        _schema("text", text=_NAME, glob=_GLOB),
        lambda code, _, given: code.search(given["text"], given.get("glob", "**")),
    ),
    Question(
        "files",
        "Paths that match a glob (`**` crosses folders, a folder means all below it); at most 500.",
        _schema("glob", glob=_GLOB),
        lambda code, _, given: code.files(given["glob"]),
    ),
    Question(
        "read",
        f"Lines of one file, counted from 1, both ends included; at most {_MAX_LINES}.",
        _schema("path", path=_PATH, start_line=_LINE, end_line=_LINE),
        _read,
    ),
)
BY_NAME: Mapping[str, Question] = {one.name: one for one in QUESTIONS}


def document(code: "Codebase", target: "Target", question: Question, given: Arguments) -> str:
    """Return the answer as JSON; AnswerRefusal where it would be too long.

    It says which commit was read, and in ``note`` what lies over that.
    """
    from validators.encoding import builtins, encode  # noqa: PLC0415 - keeps --help fast

    found = builtins(question.answer(code, target, given))
    note = {"note": target.told()} if target.told() else {}
    text = encode({**found, "commit": target.clone.base_commit, **note}).decode()
    if len(text) > MAX_ANSWER_CHARACTERS:
        raise AnswerRefusal(
            f"the answer has more than {MAX_ANSWER_CHARACTERS} characters; ask for less at once"
        )
    return text
