"""Where traces go: by the specification's variables, which are others' too and may be wrong."""

from collections.abc import Mapping

import pytest

from bot.configuration.sections import TelemetrySettings
from bot.telemetry.destination import Destination, TelemetryRefusal, destination_of

ALL = "OTEL_EXPORTER_OTLP_ENDPOINT"
OWN = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"


def found(environment: Mapping[str, str], endpoint: str | None = None) -> Destination | None:
    return destination_of(TelemetrySettings(endpoint, environment=environment))


@pytest.mark.parametrize(
    ("environment", "endpoint", "url"),
    [
        pytest.param({}, None, None, id="nobody asked"),
        pytest.param({ALL: "http://c:4318"}, None, "http://c:4318/v1/traces", id="base"),
        pytest.param({ALL: "http://c:4318/"}, None, "http://c:4318/v1/traces", id="with a slash"),
        pytest.param({ALL: "http://c/a/v1/traces"}, None, "http://c/a/v1/traces", id="whole"),
        pytest.param({OWN: "http://c/in", ALL: "http://d"}, None, "http://c/in", id="as it stands"),
        pytest.param({ALL: "http://d"}, "https://o", "https://o/v1/traces", id="the operator's"),
        pytest.param({ALL: "http://c", "OTEL_SDK_DISABLED": "true"}, None, None, id="disabled"),
        pytest.param({ALL: "http://c", "OTEL_TRACES_EXPORTER": "none"}, None, None, id="none"),
        pytest.param(
            {ALL: "http://c", "OTEL_TRACES_EXPORTER": "console, otlp"},
            None,
            "http://c/v1/traces",
            id="one of two",
        ),
    ],
)
def test_the_address_is_what_the_specification_makes_of_it(
    environment: Mapping[str, str], endpoint: str | None, url: str | None
) -> None:
    to = found(environment, endpoint)

    assert (to.url if to else None) == url
    assert TelemetrySettings(endpoint, environment=environment).is_asked >= (to is not None)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        pytest.param({ALL: "collector:4317"}, "http or https", id="without a scheme"),
        pytest.param({ALL: "http://a:b@c"}, "without a user", id="with a password"),
        pytest.param({OWN: "http://c:99999"}, "http or https", id="no port"),
        pytest.param({ALL: "file:///etc/passwd"}, "http or https", id="a file"),
        pytest.param(
            {ALL: "https://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "http/protobuf", id="grpc"
        ),
        pytest.param({ALL: "http://far", HEADERS: "k=topsecret"}, "unencrypted", id="in the open"),
        pytest.param({ALL: "https://c", HEADERS: "topsecret"}, "entry 1", id="no header"),
        pytest.param({ALL: "https://c", HEADERS: "k=a%0Atopsecret"}, "entry 1", id="a line end"),
        pytest.param({ALL: "https://c", HEADERS: "k=v,host=topsecret"}, "entry 2", id="ours"),
    ],
)
def test_what_cannot_be_used_is_refused_without_what_may_be_secret(
    environment: Mapping[str, str], words: str
) -> None:
    with pytest.raises(TelemetryRefusal) as refused:
        found(environment)

    assert words in str(refused.value)
    assert "topsecret" not in str(refused.value)
    assert ":b@" not in str(refused.value)


def test_headers_are_decoded_and_not_shown() -> None:
    own = "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
    to = found({ALL: "https://c/path", own: "Authorization=Basic%20dG9w, x-team = a=b"})

    assert to is not None
    assert to.headers == {"authorization": "Basic dG9w", "x-team": "a=b"}
    assert "dG9w" not in repr(to)
    assert to.place == "c"


@pytest.mark.parametrize(
    ("url", "direct", "proxy"),
    [
        pytest.param("https://c.example", "", "http://p:3128", id="through it"),
        pytest.param("https://c.example", "other, .example", "", id="a domain goes past it"),
        pytest.param("https://c.example", "*", "", id="all go past it"),
        pytest.param("https://notexample", "example", "http://p:3128", id="another name"),
        pytest.param("http://localhost:4318", "", "", id="this machine"),
    ],
)
def test_the_machine_s_proxy_is_used(url: str, direct: str, proxy: str) -> None:
    network = {"HTTPS_PROXY": "http://p:3128", "no_proxy": direct}

    to = destination_of(TelemetrySettings(url), network)

    assert to is not None
    assert to.proxy == proxy
