"""How many tokens a request and a reply take, by one tokenizer for every harness.

It is the one of the file ``anthropic_tokenizer.json`` in the package litellm, read from there by
the package tokenizers: no vendor's own count today, but the same measure for all, and offline.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.bench.harness_peers.oracle import Json, Turn

NAME = "anthropic_tokenizer.json of litellm"
# What the vendor's documentation says its own editor adds to a request that names it.
VENDORS_OWN = {"text_editor_20250728": 700}
_COUNT = """
import json, sys
from importlib.util import find_spec
from pathlib import Path
from tokenizers import Tokenizer
place = Path(find_spec("litellm").origin).with_name("litellm_core_utils") / "tokenizers"
tokenizer = Tokenizer.from_file(str(place / "anthropic_tokenizer.json"))
print(json.dumps([len(tokenizer.encode(one).ids) for one in json.load(sys.stdin)]))
"""


def counted(texts: Sequence[str], python: Path) -> list[int]:
    """Return the tokens of each text; ``python`` is one that has litellm."""
    done = subprocess.run(
        [str(python), "-c", _COUNT],
        input=json.dumps(texts),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: list[int] = json.loads(done.stdout)
    return found


def parts(body: Json) -> dict[str, str]:
    """Return what a model reads of a request: its instructions, its tools, and the turns so far."""
    turns = [one for one in body["messages"] if one["role"] != "system"]
    system = [one for one in body["messages"] if one["role"] == "system"]
    return {
        "system": "\n".join(_words([body.get("system", ""), system])),
        "tools": "\n".join(json.dumps(tool) for tool in body.get("tools", ())),
        "turns": "\n".join(_words(turns)),
    }


def vendors_own(body: Json) -> int:
    """Return the tokens that a request takes beside its words: tools that stand in by a name."""
    return sum(VENDORS_OWN.get(tool.get("type", ""), 0) for tool in body.get("tools", ()))


def said(turn: Turn) -> str:
    """Return what a model writes for one turn."""
    calls = (f"{name} {json.dumps(given)}" for name, given in turn.calls)
    return "\n".join([turn.text, *calls])


# Bookkeeping between programs: nothing that a model is shown as words.
_NO_WORDS = frozenset({"id", "tool_use_id", "tool_call_id", "type", "cache_control", "is_error"})


def _words(value: object) -> Iterator[str]:
    """Yield the words in a part of a request, names and arguments of calls among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "input":
                yield json.dumps(inner)
            elif key not in _NO_WORDS:
                yield from _words(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _words(inner)
