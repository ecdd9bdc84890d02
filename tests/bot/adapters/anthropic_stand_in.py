"""A Messages API on 127.0.0.1 that says what it is told to, and believes no request unread.

Each body is held against the library's own request types, unknown keys refused, and against the
vendor's rules that types cannot say. What is wrong is answered with 400 and kept in `complaints`.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from anthropic.types.message_create_params import MessageCreateParamsStreaming
from typing_extensions import is_typeddict

from tests.ending import joined

Event = tuple[str, dict[str, Any]]
How = Literal["ends", "breaks", "pings", "hangs-up", "stalls", "babbles"]
USAGE = {"input_tokens": 1000, "output_tokens": 1, "cache_read_input_tokens": 200}


@dataclass(frozen=True)
class Answer:
    """One response. ``how`` a stream goes on after its events: it ends in order, breaks off in the
    middle of a chunk, sends pings or its last event for ever, or nothing any more; ``hangs-up``
    sends nothing at all. ``missing`` bytes of a plain body are promised and never come."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "text/event-stream"})
    body: bytes = b""
    events: tuple[Event, ...] = ()
    how: How = "ends"
    missing: int = 0


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class StandIn:
    """Answers in the order it was told; `requests` and `complaints` are what it saw.

    `stalled` is set once a reply was begun of which nothing more comes.
    """

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.complaints: list[str] = []
        self.stalled = threading.Event()
        self._answers: list[Answer] = []
        self._server = _Server(self)
        self._closing = threading.Event()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def is_closing(self) -> bool:
        return self._closing.wait(0.01)

    @property
    def was_closed(self) -> bool:
        return self._closing.is_set()

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        joined(self._thread)

    def says(self, *answers: Answer) -> None:
        self._answers += answers

    def next_answer(self, request: Received) -> Answer:
        self.requests.append(request)
        body = request.body
        if request.path.endswith(":streamRawPredict"):
            # Vertex has the model in the path, and the version in the body.
            named = request.path.rpartition("/")[2].partition(":")[0]
            body = {key: value for key, value in body.items() if key != "anthropic_version"}
            body |= {"model": named}
        wrong = [*complaints(body, MessageCreateParamsStreaming, "body")]
        wrong += [] if wrong else broken_rules(request.body)
        self.complaints += wrong
        if wrong:
            return self.refuses(400, "invalid_request_error", "; ".join(wrong))
        if not self._answers:
            return self.refuses(400, "invalid_request_error", "the stand-in has no answer left")
        return self._answers.pop(0)

    # --- answers ---------------------------------------------------------------------------------

    @staticmethod
    def refuses(status: int, kind: str, words: str, **headers: str) -> Answer:
        body = {"type": "error", "error": {"type": kind, "message": words}}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = {"content-type": "application/json", **named}
        return Answer(status, content, json.dumps(body).encode())

    @staticmethod
    def page(kind: str, body: bytes) -> Answer:
        return Answer(200, {"content-type": kind}, body)

    @classmethod
    def replies(
        cls,
        *blocks: dict[str, Any],
        stop: str | None = "end_turn",
        output_tokens: int = 30,
        model: str = "claude-sonnet-5-5",
    ) -> Answer:
        """A whole reply; text in pieces of 5 characters, arguments in pieces of 7."""
        start: dict[str, Any] = {"id": "msg_1", "type": "message", "role": "assistant"}
        start |= {"model": model, "content": [], "stop_reason": None, "stop_sequence": None}
        start |= {"usage": USAGE | {"cache_creation_input_tokens": 400}}
        events: list[Event] = [("message_start", {"message": start}), ("ping", {})]
        for index, block in enumerate(blocks):
            events += cls.block_events(index, block)
        delta = {"stop_reason": stop, "stop_sequence": None}
        events += [("message_delta", {"delta": delta, "usage": {"output_tokens": output_tokens}})]
        return Answer(events=(*events, ("message_stop", {})))

    @staticmethod
    def block_events(index: int, block: dict[str, Any]) -> Iterator[Event]:
        deltas: list[dict[str, Any]] = []
        if block["type"] == "text":
            opened: dict[str, Any] = {"type": "text", "text": ""}
            text = block["text"]
            deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(text, 5)]
        elif block["type"] == "tool_use":
            opened = block | {"input": {}}
            given = block["input"]
            given = given if isinstance(given, str) else json.dumps(given)
            pieces = _pieces(given, 7)
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        elif block["type"] == "thinking":
            opened = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [
                {"type": "thinking_delta", "thinking": block["thinking"]},
                {"type": "signature_delta", "signature": block["signature"]},
            ]
        else:
            opened = block
        yield ("content_block_start", {"index": index, "content_block": opened})
        for delta in deltas:
            yield ("content_block_delta", {"index": index, "delta": delta})
        yield ("content_block_stop", {"index": index})


def _pieces(text: str, length: int) -> list[str]:
    return [text[at : at + length] for at in range(0, len(text), length)]


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, stand_in: StandIn) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stand_in = stand_in


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without this each reply waits 45 ms for the client's acknowledgement.
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.stand_in.next_answer(Received(self.path, headers, body))
        self.close_connection = True
        if answer.how == "hangs-up":
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.events or answer.how != "ends":
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            self._stream(answer)
        else:
            self.send_header("content-length", str(len(answer.body) + answer.missing))
            self.end_headers()
            self.wfile.write(answer.body)

    def _stream(self, answer: Answer) -> None:
        # Who has read what they wanted hangs up: no trouble of ours.
        with suppress(OSError):
            for event in answer.events:
                self._chunk(event)
            while answer.how == "pings" and not self.server.stand_in.is_closing:
                self._chunk(("ping", {}))
            if answer.how == "stalls":
                self.server.stand_in.stalled.set()
            while answer.how == "stalls" and not self.server.stand_in.is_closing:
                pass
            while answer.how == "babbles" and not self.server.stand_in.was_closed:
                self._chunk(answer.events[-1])
            if answer.how == "ends":
                self.wfile.write(b"0\r\n\r\n")
            elif answer.how == "breaks":
                self.wfile.write(b"64\r\nevent: content_bl")

    def _chunk(self, event: Event) -> None:
        name, data = event
        line = json.dumps({"type": name} | data)
        chunk = f"event: {name}\ndata: {line}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing: the test says what went wrong."""


# --- what a request must look like ----------------------------------------------------------------


def complaints(value: object, kind: object, where: str) -> list[str]:
    """Return what in ``value`` is not of the type ``kind``; an unknown key is a complaint."""
    origin, args = get_origin(kind), get_args(kind)
    if kind is Any or kind is object:
        return []
    if str(origin).endswith("Required"):
        return complaints(value, args[0], where)
    if origin is Union:
        found = (complaints(value, arm, where) for arm in args)
        return min(found, key=partial(_distance, where))
    if origin is Literal:
        return [] if value in args else [f"{where} is {value!r}, not one of {args}"]
    return _shape(value, kind, where)


def _shape(value: object, kind: object, where: str) -> list[str]:
    origin, args = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        return _keys(value, kind, where)
    if origin is dict:
        return [] if isinstance(value, dict) else [f"{where} is no object"]
    if origin is not None:
        if not isinstance(value, list):
            return [f"{where} is no list"]
        items = enumerate(value)
        return [wrong for i, v in items for wrong in complaints(v, args[0], f"{where}[{i}]")]
    assert isinstance(kind, type), kind
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    return [] if fits else [f"{where} is {value!r}, not {kind.__name__}"]


def _distance(where: str, found: list[str]) -> tuple[bool, bool, int]:
    """Prefer the arm of a union that fits on the outside: its complaints are those that help."""
    is_other = any(wrong.startswith(f"{where} is ") for wrong in found)
    return is_other, any(".type is" in wrong for wrong in found), len(found)


def _keys(value: object, kind: object, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} is no object"]
    hints = get_type_hints(kind, include_extras=True)
    allows_more = getattr(kind, "__pydantic_config__", {}).get("extra") == "allow"
    wrong = [f"{where}.{key} is unknown" for key in value if key not in hints and not allows_more]
    for key, hint in hints.items():
        if key in value:
            wrong += complaints(value[key], hint, f"{where}.{key}")
        elif str(get_origin(hint)).endswith("Required"):
            wrong.append(f"{where}.{key} is missing")
    return wrong


def broken_rules(body: dict[str, Any]) -> list[str]:
    """Return which of the vendor's rules a well-typed body breaks."""
    turns, wrong = body["messages"], []
    if not turns or turns[0]["role"] != "user" or turns[-1]["role"] != "user":
        wrong.append("the conversation must begin and end with a user turn")
    if body.get("thinking", {}).get("type") in {"enabled", "disabled"}:
        wrong.append("thinking cannot be enabled with a budget nor disabled")
    if body.get("tool_choice", {}).get("type", "auto") != "auto":
        wrong.append("a forced tool_choice is refused")
    if json.dumps(body).count('"cache_control"') > 4:
        wrong.append("more than 4 cache_control marks")
    open_calls: list[str] = []
    for turn in turns:
        blocks = turn["content"]
        wrong += [] if blocks else ["a turn without content"]
        wrong += _wrong_blocks(blocks)
        answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        if sorted(answered) != sorted(open_calls):
            wrong.append(f"calls {open_calls} are answered by results {answered}")
        open_calls = [block["id"] for block in blocks if block["type"] == "tool_use"]
        if turn["role"] == "assistant" and blocks[-1]["type"] == "thinking":
            wrong.append("a turn that ends with thinking")
    return wrong + [
        f"{tool['name']} is strict and open"
        for tool in body.get("tools", ())
        if tool.get("strict") and tool["input_schema"].get("additionalProperties") is not False
    ]


def _wrong_blocks(blocks: list[dict[str, Any]]) -> list[str]:
    wrong = []
    for place, block in enumerate(blocks):
        if block["type"] == "text" and not block["text"].strip():
            wrong.append("a text block without words")
        if block["type"] == "thinking" and (not block["signature"] or "cache_control" in block):
            wrong.append("a thinking block without signature or with a mark")
        if block["type"] == "tool_result" and any(b["type"] == "text" for b in blocks[:place]):
            wrong.append("a result after words")
    return wrong
