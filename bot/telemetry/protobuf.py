"""OTLP in protobuf, which most receivers want; the one place that knows OpenTelemetry's package.

Only the messages are used. The SDK's exporter reads the environment by itself, follows redirects
with its headers and reads answers of any size.
"""

import json
from base64 import b64encode
from typing import Any

from bot.telemetry.destination import TelemetryRefusal

_IDS = ("traceId", "spanId", "parentSpanId")


def as_protobuf(document: bytes, place: str) -> bytes:
    """Return a document of OTLP's JSON form in protobuf; TelemetryRefusal without the extra."""
    try:
        from google.protobuf.json_format import ParseDict  # noqa: PLC0415 - an extra's
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415
            ExportTraceServiceRequest,
        )
    except ImportError as error:
        raise TelemetryRefusal(
            f"to send to {place} takes the extra `otel`; install 'changewright[otel]', or set"
            " OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json where the receiver takes JSON"
        ) from error
    message = ParseDict(_with_plain_ids(json.loads(document)), ExportTraceServiceRequest())
    serialized: bytes = message.SerializeToString()
    return serialized


def rejected_in(answer: bytes) -> int:
    """Return how many spans a receiver says it did not take; 0 where that cannot be read."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - as above
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415
        ExportTraceServiceResponse,
    )

    try:
        told = ExportTraceServiceResponse.FromString(answer)
    except DecodeError:
        return 0
    return max(0, int(told.partial_success.rejected_spans))


def _with_plain_ids(document: dict[str, Any]) -> dict[str, Any]:
    """Write ids as protobuf's JSON has bytes: OTLP's own form has them in hexadecimal."""
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for one in (span, *span.get("links", ())):
                    one |= {name: _base64(one[name]) for name in _IDS if name in one}
    return document


def _base64(hexadecimal: str) -> str:
    return b64encode(bytes.fromhex(hexadecimal)).decode()
