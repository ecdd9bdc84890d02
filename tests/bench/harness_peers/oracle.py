"""A model that knows the answer: it speaks two vendors' ways of HTTP and plays one script a time.

It is the shim as well. Whatever a harness sends is kept as it came, with the moments at which a
request was there and its reply was gone, by one clock for every harness.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.ending import answering

Json = dict[str, Any]
_END = {"messages": ("tool_use", "end_turn"), "completions": ("tool_calls", "stop")}


@dataclass(frozen=True, slots=True)
class Turn:
    """One reply: words, then calls of tools as (name, arguments).

    ``runs_tests`` says that the harness runs the test-suite before it asks again.
    """

    text: str
    calls: Sequence[tuple[str, Json]] = ()
    runs_tests: bool = False


@dataclass(slots=True)
class Exchange:
    """One request as it came and the turn it was answered with; moments in seconds."""

    size: int
    body: Json
    came: float
    turn: Turn
    gone: float = 0.0
    number: int = 0


@dataclass
class Oracle:
    """Plays ``script`` to whoever asks; what is asked beyond its end is answered with its last."""

    script: Sequence[Turn]
    exchanges: list[Exchange] = field(default_factory=list)
    url: str = ""

    def answer(self, raw: bytes) -> Exchange:
        """Keep a request; return it with the turn that is its answer."""
        came = time.perf_counter()
        turn = self.script[min(len(self.exchanges), len(self.script) - 1)]
        exchange = Exchange(len(raw), json.loads(raw), came, turn, number=len(self.exchanges))
        self.exchanges.append(exchange)
        return exchange


@contextmanager
def listening(script: Sequence[Turn]) -> Iterator[Oracle]:
    """Yield an oracle at work on a port of 127.0.0.1."""
    oracle = Oracle(script)
    server = _Server(oracle)
    oracle.url = f"http://127.0.0.1:{server.server_address[1]}"
    with answering(server):
        yield oracle


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, oracle: Oracle) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.oracle = oracle


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without this each reply waits 45 ms for the client's acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1  # one write for a whole reply: what a stream's pieces cost is no harness's doing
    server: _Server

    def do_POST(self) -> None:
        exchange = self.server.oracle.answer(self.rfile.read(int(self.headers["content-length"])))
        is_messages = self.path.partition("?")[0].endswith("/messages")
        reply = _message(exchange) if is_messages else _completion(exchange)
        if exchange.body.get("stream"):
            lines = _message_events(reply) if is_messages else _completion_events(reply)
            body, kind = "".join(lines).encode(), "text/event-stream"
        else:
            body, kind = json.dumps(reply).encode(), "application/json"
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        exchange.gone = time.perf_counter()
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing: the table is what is printed."""


def _message(exchange: Exchange) -> Json:
    turn = exchange.turn
    blocks: list[Json] = [{"type": "text", "text": turn.text}] if turn.text else []
    blocks += [
        {"type": "tool_use", "id": f"toolu_{n}_{exchange.number}", "name": name, "input": given}
        for n, (name, given) in enumerate(turn.calls)
    ]
    return {
        "id": f"msg_{exchange.number}",
        "type": "message",
        "role": "assistant",
        "model": exchange.body["model"],
        "content": blocks,
        "stop_reason": _END["messages"][not turn.calls],
        "stop_sequence": None,
        "usage": {"input_tokens": exchange.size // 4, "output_tokens": len(str(blocks)) // 4},
    }


def _message_events(reply: Json) -> Iterator[str]:
    """Yield a message as its vendor streams it, each block in one piece."""
    begun = reply | {"content": [], "stop_reason": None}
    yield _event("message_start", message=begun)
    for index, block in enumerate(reply["content"]):
        if block["type"] == "text":
            opened, delta = block | {"text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            given = json.dumps(block["input"])
            opened, delta = block | {"input": {}}, {"type": "input_json_delta"}
            delta |= {"partial_json": given}
        yield _event("content_block_start", index=index, content_block=opened)
        yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    ends = {"stop_reason": reply["stop_reason"], "stop_sequence": None}
    yield _event("message_delta", delta=ends, usage=reply["usage"])
    yield _event("message_stop")


def _event(name: str, **data: object) -> str:
    return f"event: {name}\ndata: {json.dumps({'type': name} | data)}\n\n"


def _completion(exchange: Exchange) -> Json:
    turn = exchange.turn
    message: Json = {"role": "assistant", "content": turn.text}
    if turn.calls:
        message["tool_calls"] = [
            {
                "id": f"call_{n}_{exchange.number}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(given)},
            }
            for n, (name, given) in enumerate(turn.calls)
        ]
    prompt, said = exchange.size // 4, len(str(message)) // 4
    usage = {"prompt_tokens": prompt, "completion_tokens": said, "total_tokens": prompt + said}
    end = _END["completions"][not turn.calls]
    return {
        "id": f"chatcmpl-{exchange.number}",
        "object": "chat.completion",
        "created": 1_750_000_000,
        "model": exchange.body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": end}],
        "usage": usage,
    }


def _completion_events(reply: Json) -> Iterator[str]:
    """Yield a completion as its vendor streams it, in one piece and an end."""
    (choice,) = reply["choices"]
    delta = dict(choice["message"])
    if "tool_calls" in delta:
        delta["tool_calls"] = [{"index": n} | c for n, c in enumerate(delta["tool_calls"])]
    shared = {k: reply[k] for k in ("id", "created", "model")}
    shared["object"] = "chat.completion.chunk"
    yield _chunk(shared, delta, None)
    yield _chunk(shared | {"usage": reply["usage"]}, {}, choice["finish_reason"])
    yield "data: [DONE]\n\n"


def _chunk(shared: Mapping[str, Any], delta: Json, end: str | None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": end}
    return f"data: {json.dumps(dict(shared) | {'choices': [choice]})}\n\n"
