"""The Model port over a YAML file of replies: for a first try without a key, and for tests.

The file is YAML 1.2, at most 1 MiB, and holds one list; the replies are given in its order:

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

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

import msgspec

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
from workflows.ports import ModelRefusal

_LARGEST_BYTES = 1024**2

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
    """Return the replies of a file; ScriptRefusal naming the line at fault."""
    document = _load(path)
    _check_keys(document, ("replies",), path)
    listed: Any = document.get("replies")
    if not isinstance(listed, list):
        raise ScriptRefusal(f"{path}:1: `replies:` must hold a list of replies, each begun by `- `")
    lines: Any = listed
    return tuple(
        _reply(item, path, lines.lc.item(place)[0] + 1) for place, item in enumerate(listed)
    )


def _reply(item: Any, path: Path, line: int) -> ScriptedReply:  # noqa: ANN401 - what YAML knows
    if not isinstance(item, dict):
        raise ScriptRefusal(f"{path}:{line}: a reply must be lines of `key: value`")
    _check_keys(item, [each.name for each in fields(ScriptedReply)], path)
    if isinstance(item.get("usage"), dict):
        _check_keys(item["usage"], [each.name for each in fields(ScriptedUsage)], path)
    calls = item.get("calls")
    for call in calls if isinstance(calls, list) else []:
        if isinstance(call, dict):
            _check_keys(call, [each.name for each in fields(ScriptedCall)], path)
    try:
        reply = msgspec.convert(_plain(item), ScriptedReply)
    except msgspec.ValidationError as error:
        raise ScriptRefusal(f"{path}:{line}: in this reply: {error}") from error
    if (reply.stop == "actions") != bool(reply.calls) and reply.stop:
        why = "has calls" if reply.calls else "has no calls"
        raise ScriptRefusal(f"{path}:{line}: a reply that {why} cannot stop with {reply.stop!r}")
    return reply


def _load(path: Path) -> Any:  # noqa: ANN401 - what YAML knows
    """Return the document as mappings and lists that know their lines."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - 50 ms that only a script needs
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415 - the same
    from ruamel.yaml.tokens import AliasToken  # noqa: PLC0415 - the same

    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise ScriptRefusal(f"{path}: the script cannot be read: {error.strerror}") from error
    if len(content) > _LARGEST_BYTES:
        raise ScriptRefusal(f"{path}: a script may be 1 MiB, this one is larger; split it")
    try:
        yaml = YAML(typ="rt", pure=True)
        document = yaml.load(content.decode())
        # An alias repeats its whole value: a small file could stand for a very large one.
        if any(isinstance(token, AliasToken) for token in yaml.scan(content.decode())):
            raise ScriptRefusal(f"{path}: a script may hold no alias (*name); write the value out")
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        why = getattr(error, "problem", None) or error
        raise ScriptRefusal(f"{path}{line}: the script is not YAML in UTF-8: {why}") from error
    if not isinstance(document, dict):
        raise ScriptRefusal(f"{path}:1: a script begins with `replies:`")
    return document


def _check_keys(mapping: Any, known: Sequence[str], path: Path) -> None:  # noqa: ANN401 - YAML's
    for key in mapping:
        if key not in known:
            line = mapping.lc.key(key)[0] + 1
            nearest = get_close_matches(str(key), known, 1, 0.0)[0]
            raise ScriptRefusal(f"{path}:{line}: unknown key {key!r}; did you mean {nearest!r}?")


def _plain(value: Any) -> Any:  # noqa: ANN401 - what YAML knows, without its notes of lines
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return None if value is None else str(value)


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
