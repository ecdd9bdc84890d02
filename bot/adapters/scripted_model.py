"""The Model port over a YAML file of replies: for a first try without a key, and for tests.

The file is YAML 1.2, at most 1 MiB, or JSON on one line, at most 16 MiB. It holds one list, whose
replies are given in its order:

    replies:
      - expect: ["the total is wrong"]   # each must stand in the last user turn, else it refuses
        text: |                          # what the model says
          I will read the file first.
        calls:                           # what it asks for; `stop` is then `actions`
          - name: read_file
            arguments: {path: app.py}
        usage: {input_tokens: 900, output_tokens: 40, cache_read_tokens: 0, cache_write_tokens: 0}
        usd: 0.0021                      # what it costs; nothing when left out
      - text: There is nothing to change.
        stop: end                        # end, length, refusal or other

Every key may be left out. Without `usage` both counts are estimated from the words.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

import msgspec

from bot.configuration.values import Node, SettingsRefusal
from scoping.refusal import Refusal
from workflows.conversation import (
    ActionCall,
    Conversation,
    Message,
    Reply,
    ReplyLimits,
    StopReason,
    Usage,
)
from workflows.picture import Picture
from workflows.ports import ModelRefusal

# YAML takes up to 6 s for each MiB, JSON no time worth a limit.
_LARGEST_BYTES, _LARGEST_JSON_BYTES = 1024**2, 16 * 1024**2
_Count = Annotated[int, msgspec.Meta(ge=0)]
_Price = Annotated[float, msgspec.Meta(ge=0, lt=1e6)]


class ScriptRefusal(Refusal):
    """A script cannot be played: which file and line, why, and what belongs there."""


@dataclass(frozen=True, slots=True)
class ScriptedCall:
    """One call as the script has it; its id is made from its place."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScriptedUsage:
    """The token counts a reply is said to have used."""

    input_tokens: _Count = 0
    output_tokens: _Count = 0
    cache_read_tokens: _Count = 0
    cache_write_tokens: _Count = 0


@dataclass(frozen=True, slots=True)
class ScriptedReply:
    """One reply as the script has it; ``stop`` None means what the calls say."""

    text: str = ""
    calls: tuple[ScriptedCall, ...] = ()
    stop: StopReason | None = None
    usage: ScriptedUsage | None = None
    usd: _Price = 0.0
    expect: tuple[str, ...] = ()


class ScriptedModel:
    """Gives the replies of a script in order, from the one after ``start`` on; counts for threads.

    ``replied`` is where to start again in another process.
    """

    name = "scripted"

    def __init__(
        self, replies: Iterable[ScriptedReply], source: str = "the script", start: int = 0
    ) -> None:
        self._replies = tuple(replies)
        self._source = source
        self._lock = Lock()
        self.replied = start

    @classmethod
    def load(cls, path: Path, start: int = 0) -> "ScriptedModel":
        """Return the model of a file; ScriptRefusal naming the line at fault."""
        return cls(read_script(path), str(path), start)

    def estimate_tokens(self, text: str) -> int:
        """Return a quarter of the UTF-8 bytes."""
        return len(text.encode("utf-8", "surrogatepass")) // 4 + 1

    def picture_tokens(
        self,
        picture: Picture,  # noqa: ARG002 - the port's; a file of replies looks at nothing
    ) -> int:
        """Return 0: nothing is shown, and nothing charged."""
        return 0

    def price_usd(
        self,
        input_tokens: int,  # noqa: ARG002 - the port's; a script's price is its own
        output_tokens: int,  # noqa: ARG002 - the same
    ) -> float | None:
        """Return the dearest reply of the script."""
        return max((reply.usd for reply in self._replies), default=0.0)

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,  # noqa: ARG002 - the port's; a script is as long as it is
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        """Return the script's next reply, its text in words to ``observe``."""
        with self._lock:
            number = self.replied + 1
            if number > len(self._replies):
                raise ModelRefusal(
                    "exhausted",
                    f"{self._source} has {len(self._replies)} replies and was asked for one more;"
                    " add it, or find out why the conversation goes on",
                )
            scripted = self._replies[number - 1]
            _check_expected(scripted, conversation, f"{self._source}: reply {number}")
            self.replied = number
        for piece in re.findall(r"\s*\S+|\s+\Z", scripted.text):
            observe(piece)
        calls = tuple(
            ActionCall(f"call-{number}-{place}", call.name, call.arguments)
            for place, call in enumerate(scripted.calls, 1)
        )
        stop = scripted.stop or ("actions" if calls else "end")
        message = Message("model", scripted.text, calls)
        return Reply(message, stop, self._usage(scripted, conversation), self.name)

    def _usage(self, scripted: ScriptedReply, conversation: Conversation) -> Usage:
        if scripted.usage is None:
            words = conversation.system + "".join(_words(turn) for turn in conversation.messages)
            return Usage(
                self.estimate_tokens(words), self.estimate_tokens(scripted.text), usd=scripted.usd
            )
        counts = {each.name: getattr(scripted.usage, each.name) for each in fields(ScriptedUsage)}
        return Usage(**counts, usd=scripted.usd)


def read_script(path: Path) -> tuple[ScriptedReply, ...]:
    """Return the replies of a file, at least one; ScriptRefusal naming the line at fault."""
    document = _load(path)
    if not isinstance(document.value, Mapping):
        raise ScriptRefusal(f"{path}:1: a script begins with `replies:`")
    _check_keys(document, ("replies",), path)
    listed = document.value.get("replies", Node(None)).value
    if not isinstance(listed, tuple):
        raise ScriptRefusal(f"{path}:1: `replies:` must hold a list of replies, each begun by `- `")
    if not listed:
        raise ScriptRefusal(f"{path}:1: the script holds no reply; add one below `replies:`")
    return tuple(_reply(item, path) for item in listed)


def _reply(item: Node, path: Path) -> ScriptedReply:
    if not isinstance(item.value, Mapping):
        raise ScriptRefusal(f"{path}:{item.line}: a reply must be lines of `key: value`")
    _check_keys(item, ScriptedReply.__match_args__, path)
    _check_keys(item.value.get("usage", Node(None)), ScriptedUsage.__match_args__, path)
    calls = item.value.get("calls", Node(None)).value
    for call in calls if isinstance(calls, tuple) else ():
        _check_keys(call, ScriptedCall.__match_args__, path)
    try:
        reply = msgspec.convert(_plain(item), ScriptedReply)
    except msgspec.ValidationError as error:
        raise ScriptRefusal(f"{path}:{item.line}: in this reply: {error}") from error
    if (reply.stop == "actions") != bool(reply.calls) and reply.stop:
        why = "has calls" if reply.calls else "has no calls"
        why += f" cannot stop with {reply.stop!r}"
        raise ScriptRefusal(f"{path}:{item.line}: a reply that {why}")
    return reply


def _load(path: Path) -> Node:
    """Return the document as nodes that know their lines."""
    from bot.configuration.yaml_reader import parse  # noqa: PLC0415 - 50 ms only a script needs

    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_JSON_BYTES + 1)
    except OSError as error:
        raise ScriptRefusal(f"{path}: the script cannot be read: {error.strerror}") from error
    is_json = content.startswith(b"{") and b"\n" not in content.rstrip()
    most = _LARGEST_JSON_BYTES if is_json else _LARGEST_BYTES
    if len(content) > most:
        raise ScriptRefusal(f"{path}: a script may be {most // 1024**2} MiB; split this one")
    if is_json:
        with suppress(ValueError, RecursionError):  # what is wrong with it is said below
            return _node(json.loads(content))
    try:
        return parse(content, str(path))
    except (SettingsRefusal, RecursionError) as error:
        raise ScriptRefusal(str(error)) from error


def _node(value: Any) -> Node:  # noqa: ANN401 - what JSON knows
    """Return a value of JSON that stands on one line."""
    if isinstance(value, dict):
        return Node({key: _node(inner) for key, inner in value.items()}, 1)
    if isinstance(value, list):
        return Node(tuple(_node(inner) for inner in value), 1)
    return Node(value, 1)


def _check_keys(mapping: Node, known: Sequence[str], path: Path) -> None:
    for key, node in mapping.value.items() if isinstance(mapping.value, Mapping) else ():
        if key not in known:
            nearest = get_close_matches(key, known, 1, 0.0)[0]
            hint = f"unknown key {key!r}; did you mean {nearest!r}?"
            raise ScriptRefusal(f"{path}:{node.line}: {hint}")


def _plain(node: Node) -> Any:  # noqa: ANN401 - what YAML knows, without its notes of lines
    value = node.value
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    # Half of a surrogate pair can be written, and be stored as no kind of text.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _check_expected(scripted: ScriptedReply, conversation: Conversation, place: str) -> None:
    asked = [turn for turn in conversation.messages if turn.role == "user"]
    words = _words(asked[-1]) if asked else ""
    missing = [expected for expected in scripted.expect if expected not in words]
    if missing:
        raise ModelRefusal(
            "mismatch", f"{place} expects {missing[0]!r} in the last user turn, which lacks it"
        )


def _words(turn: Message) -> str:
    return "\n".join([turn.text, *(result.text for result in turn.results)])
