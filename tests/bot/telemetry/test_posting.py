"""Documents over real HTTP: what a receiver does, and must not be able to do."""

import datetime as dt
import json
import ssl
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from bot.telemetry.destination import Destination, TelemetryRefusal
from bot.telemetry.otlp import encoded, lines_of
from bot.telemetry.posting import Clock, Post
from bot.telemetry.run_spans import run_spans
from bot.telemetry.span import span_id, trace_id
from tests.bot.telemetry.a_run import RUN, whole_run
from tests.bot.telemetry.collector import Answer, Collector, collector


@dataclass
class Waiting:
    """A clock that only moves when somebody sleeps."""

    slept: list[float] = field(default_factory=list)

    def clock(self) -> Clock:
        return Clock(lambda: sum(self.slept), self.slept.append, lambda: 1_000.0)


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def document() -> bytes:
    (line,) = lines_of(encoded(RUN, run_spans(RUN, whole_run())), "1.0")
    return line


def to(known: Collector, **more: object) -> Destination:
    return replace(Destination(f"{known.url}/v1/traces"), **more)  # type: ignore[arg-type]


@contextmanager
def refused(*words: str) -> Iterator[None]:
    with pytest.raises(TelemetryRefusal) as no:
        yield
    for word in words:
        assert word in str(no.value)


@pytest.mark.parametrize("is_compressed", [True, False])
def test_opentelemetry_s_own_messages_read_what_is_sent(
    document: bytes, *, is_compressed: bool
) -> None:
    spans = json.loads(document)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    with collector() as known:
        destination = to(known, is_compressed=is_compressed, headers={"x-team": "ours"})
        assert Post(destination).send(document, 60) == 0

    (path, headers, _), received = known.requests[0], known.spans
    assert (path, headers["x-team"], headers["user-agent"]) == (
        "/v1/traces",
        "ours",
        "changewright",
    )
    assert [one.name for one in received] == [one["name"] for one in spans]
    assert [one.span_id.hex() for one in received] == [one["spanId"] for one in spans]
    assert {one.trace_id.hex() for one in received} == {trace_id(RUN)}
    assert received[1].parent_span_id.hex() == span_id(RUN, "run")
    asked = [one for one in received if one.name == "chat claude-x"][1]
    values = {one.key: one.value for one in asked.attributes}
    assert values["gen_ai.usage.input_tokens"].int_value == 80
    assert values["changewright.cost.usd"].double_value == 0.5
    assert (received[0].status.code, received[0].kind, asked.kind) == (2, 1, 3)


def test_a_receiver_of_json_needs_no_extra(
    document: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_the_extra(monkeypatch)
    body = json.dumps({"partialSuccess": {"rejectedSpans": "3"}}).encode()
    with collector([Answer(body=body)]) as known:
        assert Post(to(known, protocol="http/json")).send(document, 60) == 3

    assert known.requests[0][1]["content-type"] == "application/json"
    assert known.requests[0][2] == document


def test_without_the_extra_one_line_says_what_to_do(
    document: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_the_extra(monkeypatch)
    with collector() as known, refused("'changewright[otel]'", "http/json"):
        Post(to(known)).send(document, 60)

    assert known.requests == []


def _without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("", ".collector.trace.v1.trace_service_pb2"):
        monkeypatch.setitem(sys.modules, f"opentelemetry.proto{name}", None)


def test_what_a_receiver_refuses_of_a_request_is_counted(document: bytes) -> None:
    answer = ExportTraceServiceResponse()
    answer.partial_success.rejected_spans = 2
    with collector([Answer(body=answer.SerializeToString())]) as known:
        assert Post(to(known)).send(document, 60) == 2


@pytest.mark.parametrize(
    ("answers", "slept"),
    [
        pytest.param([Answer(503), Answer(502), Answer()], [0.2, 0.4], id="busy for a while"),
        pytest.param([Answer(429, headers={"retry-after": "3"}), Answer()], [3.0], id="in 3 s"),
        pytest.param(
            [Answer(429, headers={"retry-after": "Thu, 01 Jan 1970 00:16:42 GMT"}), Answer()],
            [2.0],
            id="at a moment",
        ),
        pytest.param(
            [Answer(429, headers={"retry-after": "soon"}), Answer()], [0.2], id="in no words"
        ),
    ],
)
def test_who_is_busy_is_asked_again_when_it_says(
    document: bytes, waiting: Waiting, answers: Sequence[Answer], slept: list[float]
) -> None:
    with collector(answers) as known:
        assert Post(to(known), waiting.clock()).send(document, 10) == 0

    assert waiting.slept == slept
    assert len(known.requests) == len(answers)


@pytest.mark.parametrize(
    ("answer", "words", "times"),
    [
        pytest.param(Answer(400, b"<b>no</b>"), "answered 400", 1, id="400"),
        pytest.param(Answer(401), "answered 401", 1, id="401"),
        pytest.param(Answer(500), "answered 500", 1, id="500"),
        pytest.param(Answer(503), "answered 503", 6, id="busy for ever"),
        pytest.param(Answer(429, headers={"retry-after": "86400"}), "429", 1, id="in a day"),
        pytest.param(
            Answer(307, headers={"location": "http://127.0.0.1:1/v1/traces"}),
            "no redirect",
            1,
            id="elsewhere",
        ),
        pytest.param(
            Answer(302, headers={"location": "file:///etc/passwd"}), "no redirect", 1, id="a file"
        ),
        pytest.param(Answer(777), "answered 777", 1, id="no status"),
    ],
)
def test_a_refusal_is_told_in_words_of_ours(
    document: bytes, waiting: Waiting, answer: Answer, words: str, times: int
) -> None:
    with collector([answer]) as known, refused(words):
        Post(to(known), waiting.clock()).send(document, 10)

    assert len(known.requests) == times


def test_nobody_there_is_told(document: bytes, waiting: Waiting) -> None:
    with collector() as known:
        pass

    with refused("cannot be reached", "refused"):
        Post(to(known), waiting.clock()).send(document, 10)


def test_of_a_huge_answer_only_the_beginning_is_heard(document: bytes) -> None:
    with collector([Answer(body=b"\0" * 20_000_000)]) as known:
        assert Post(to(known)).send(document, 60) == 0


def test_a_certificate_that_nobody_trusts_is_refused_and_one_that_is_named_is_trusted(
    document: bytes, tmp_path: Path, waiting: Waiting
) -> None:
    certificate, key = _certificate(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    with collector(trusted_by=server) as known:
        with refused("is not trusted"):
            Post(to(known), waiting.clock()).send(document, 10)
        assert known.requests == []
        assert Post(to(known, certificate=str(certificate))).send(document, 60) == 0
        assert len(known.requests) == 1


def test_a_certificate_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with refused("cannot be read", "No such file"):
        Post(Destination("https://localhost", certificate=str(tmp_path / "none")))


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for this machine that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    form, secret = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, secret))
    return folder / "certificate.pem", folder / "key.pem"
