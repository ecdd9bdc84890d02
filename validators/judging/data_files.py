"""Where a JSON, TOML or YAML file stops being one.

The parsers are ours and the files a stranger's: they are read in a child process with limits, and
no value is built of a YAML file, so that its aliases multiply nothing.
"""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from scoping.child import Child, answer_all
from validators.weakenings.relaxed_json import plain_json

_TIMEOUT_S = 10.0
_MEMORY_BYTES = 512 * 1024**2
_CPU_S = 120
_MAX_BYTES = 1_000_000
_MAX_YAML_BYTES = 200_000

# Read with comments and commas at the end by the programs they belong to.
_RELAXED = re.compile(
    r"[jt]sconfig[\w.-]*\.json|\.eslintrc\.json|devcontainer\.json|deno\.json|api-extractor\.json"
    r"|\.swcrc|.*\.jsonc|.*\.code-workspace"
)


class DataParser(Child):
    """Says where files do not parse, from a child process; use it in ``with``."""

    def __init__(self, timeout_s: float = _TIMEOUT_S) -> None:
        super().__init__(__name__, timeout_s)

    def error_line(self, path: str, content: bytes) -> int | None:
        """Return the line a file goes wrong in, 0 when it parses; None where that is not known."""
        form = form_of(path)
        if not form or len(content) > (_MAX_YAML_BYTES if form == "yaml" else _MAX_BYTES):
            return None
        answer = self.ask(form.encode(), content)
        return None if answer is None else int(answer)


def form_of(path: str) -> str:
    """Return which format a file's name promises; empty for all other files."""
    name = PurePosixPath(path).name.casefold()
    if _RELAXED.fullmatch(name) or ".vscode/" in path:
        return "relaxed-json"
    suffix = PurePosixPath(name).suffix
    return {".json": "json", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}.get(suffix, "")


def serve() -> None:
    """Answer in the child: a format's name and a content, until there are no more."""
    answer_all(_answer, _MEMORY_BYTES, _CPU_S)


def _answer(header: bytes, content: bytes) -> bytes:
    return str(error_line_in(header.decode(), content)).encode()


def error_line_in(form: str, content: bytes) -> int:
    """Return the line in which ``content`` is none of its form any more, or 0; for the child."""
    try:
        return _READ[form](content)
    except json.JSONDecodeError as error:
        return error.lineno
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d{1,9})", str(error))
        return int(found[1]) if found else 1
    except (ValueError, RecursionError):  # bytes that are no text, nested too deep
        return 1


def _json(content: bytes) -> int:
    json.loads(content, parse_int=len, parse_float=len)
    return 0


def _relaxed_json(content: bytes) -> int:
    return _json(plain_json(content))


def _toml(content: bytes) -> int:
    tomllib.loads(content.decode())
    return 0


def _yaml(content: bytes) -> int:
    from ruamel.yaml import YAML  # noqa: PLC0415 - 60 ms, in the child that has YAML to read
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415 - the same

    try:
        for _ in YAML(typ="safe", pure=True).parse(content.decode("utf-8-sig")):
            pass
    except MarkedYAMLError as error:
        return error.problem_mark.line + 1 if error.problem_mark else 1
    except YAMLError:
        return 1
    return 0


_READ: Mapping[str, Callable[[bytes], int]] = {
    "json": _json,
    "relaxed-json": _relaxed_json,
    "toml": _toml,
    "yaml": _yaml,
}
