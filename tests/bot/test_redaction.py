"""Known secrets out of every text: in any form, in part, over any chunks, and nothing else."""

import base64
import json
import string
import textwrap
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.configuration.process import FORGE_VARIABLES
from bot.redaction import MARK, Redactor, is_hunted, secret_values

KEY = "sk-ant-Zq7vT2mXw9RkL4pB8nYc3HdJ6sFgA1eU"
SHORT = "pA55-w0rd!x"
RUN = 12

Form = Callable[[str], str]


def percent(secret: str) -> str:
    return "".join(f"%{byte:02x}" for byte in secret.encode())


def json_escaped(secret: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in secret)


def at_alignment(before: int) -> Form:
    return lambda secret: base64.b64encode(b"-" * before + secret.encode() + b"!").decode()


def hexadecimal(separator: str) -> Form:
    return lambda secret: separator.join(f"{byte:02x}" for byte in secret.encode())


def urlsafe(secret: str) -> str:
    return base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")


FORMS: dict[str, Form] = {
    "plain": str,
    "reversed": lambda secret: secret[::-1],
    "base64": at_alignment(0),
    "base64, one before": at_alignment(1),
    "base64, two before": at_alignment(2),
    "base64, for URLs": urlsafe,
    "base64, reversed": lambda secret: at_alignment(0)(secret)[::-1],
    "base64 of the reverse": lambda secret: at_alignment(0)(secret[::-1]),
    "hexadecimal": hexadecimal(""),
    "hexadecimal, capitals": lambda secret: hexadecimal("")(secret).upper(),
    "hexadecimal, colons": hexadecimal(":"),
    "hexadecimal, blanks": hexadecimal(" "),
    "hexadecimal, escapes": lambda secret: "".join(f"\\x{b:02x}" for b in secret.encode()),
    "percent": percent,
    "percent where needed": lambda secret: quote(secret, safe=""),
    "percent, twice": lambda secret: quote(percent(secret)),
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON, all escaped": json_escaped,
    "JSON in JSON": lambda secret: json.dumps(json_escaped(secret))[1:-1],
    "wrapped base64": lambda secret: "\n".join(textwrap.wrap(at_alignment(0)(secret), 20)),
    "wrapped": lambda secret: "\n".join(secret[at : at + 7] for at in range(0, len(secret), 7)),
    "coloured": "\x1b[31m".join,
    "coloured, escaped": "\\x1b[1;31m".join,
    "spaced": " ".join,
}


def windows(text: str) -> list[str]:
    return [text[at : at + 5] for at in range(len(text) - 4)]


# The mark itself is no secret.
letters = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
secrets = st.text(letters, min_size=8, max_size=120).filter(
    lambda secret: is_hunted(secret) and not {"secre", "erces", "ecret"} & {*windows(secret)}
)
surroundings = st.text(st.characters(exclude_categories=["Cs"]), max_size=80) | st.sampled_from(
    ["\\", "%", "%2", "\x1b[", "\\u00", '"', "token=", "https://x:", "\x1b[31m", "\\x4", "=="]
)


def chunked(text: str, sizes: list[int]) -> list[str]:
    chunks: list[str] = []
    at = 0
    while at < len(text):
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(text[at : at + size])
        at += size
    return chunks


def leaked(form: str, shown: str) -> list[str]:
    """Return the pieces of ``form`` that ``shown`` still holds, each long enough to matter."""
    size = min(RUN, len(form))
    pieces = [form[at : at + size] for at in range(len(form) - size + 1)]
    return [piece for piece in pieces if piece in shown]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("secret", [KEY, SHORT])
def test_each_form_of_a_secret_is_found(form: Form, secret: str) -> None:
    shown = Redactor([secret]).text(f"before {form(secret)} after")

    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert MARK in shown
    assert leaked(form(secret), shown) == []


@given(secrets, st.sampled_from(list(FORMS)), surroundings, surroundings)
def test_no_piece_of_any_form_is_left_in_any_text(
    secret: str, form: str, before: str, after: str
) -> None:
    told = FORMS[form](secret)
    shown = Redactor([secret]).text(before + told + after)

    known = [piece for piece in leaked(told, shown) if piece not in before and piece not in after]
    assert known == []


@given(
    st.lists(st.tuples(secrets, st.sampled_from(list(FORMS))), min_size=1, max_size=3),
    st.integers(0, 9_000),
    st.lists(st.integers(1, 6_000), min_size=1, max_size=5),
)
def test_no_chunk_boundary_lets_one_through(
    told: list[tuple[str, str]], filling: int, sizes: list[int]
) -> None:
    forms = [FORMS[form](secret) for secret, form in told]
    text = ("." * filling).join(["", *forms, ""])
    redactor = Redactor([secret for secret, _ in told])
    stream = redactor.stream()

    shown = "".join([stream.feed(chunk) for chunk in chunked(text, sizes)] + [stream.close()])

    assert [piece for form in forms for piece in leaked(form, shown) if set(piece) != {"."}] == []


@given(secrets, st.data())
def test_a_part_that_gives_enough_away_is_found(secret: str, data: st.DataObject) -> None:
    least = max(6, min(RUN, (len(secret) + 1) // 2))
    start = data.draw(st.integers(0, len(secret) - least))
    end = data.draw(st.integers(start + least, len(secret)))
    part = secret[start:end]

    for told in (part, part[::-1]):
        assert Redactor([secret]).text(f"<{told}>").count(told) == 0


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_a_text_without_the_secret_stays_as_it_is(text: str) -> None:
    assert Redactor([KEY]).text(text) == text


def test_this_file_and_its_like_hold_nothing_to_take_out() -> None:
    source = json.dumps(string.printable) * 50 + "the quick brown fox: " * 500
    assert Redactor([KEY, SHORT]).text(source) == source


def test_a_stream_is_the_whole_text_and_holds_little_of_it() -> None:
    stream = Redactor([KEY]).stream()
    shown, held = [], 0
    for number in range(2_000):
        shown.append(stream.feed(f"line {number} of what a command printed, {KEY}\n"))
        held = max(held, len(stream._held))
    shown.append(stream.close())

    assert "".join(shown).splitlines() == [
        f"line {number} of what a command printed, {MARK}" for number in range(2_000)
    ]
    assert held < 4_000


def test_without_secrets_a_stream_holds_nothing_back() -> None:
    stream = Redactor().stream()
    assert stream.feed("at once") == "at once"
    assert stream.close() == ""


@pytest.mark.parametrize(
    "word",
    [
        "",
        "true",
        "password",
        "changeme",
        "12345678",
        "abababab1B",
        "aaaaaaaaaaaaaaaaaaaa",
    ],
)
def test_a_word_that_texts_hold_anyway_is_not_hunted(word: str) -> None:
    assert not is_hunted(word)
    assert Redactor([word]).text(f"say {word} again") == f"say {word} again"


@pytest.mark.parametrize("value", [KEY, SHORT, "hunter2!", "0123456789abcdef", "correct horse 1"])
def test_a_value_that_no_text_holds_by_chance_is_hunted(value: str) -> None:
    assert Redactor([value]).text(f"say {value} again") == f"say {MARK} again"


def test_a_whole_value_is_found_whatever_its_characters_are() -> None:
    for value in ("pässwörd-über", "a b c d e 1", "\udcff\udcfesurrogates1"):
        assert Redactor([value]).text(f"<{value}>") == f"<{MARK}>"
        whole = base64.b64encode(value.encode("utf-8", "surrogateescape")).decode()
        assert MARK in Redactor([value]).text(whole)


@pytest.mark.parametrize("name", FORGE_VARIABLES)
def test_every_variable_that_a_forge_token_may_be_in_is_known(name: str) -> None:
    assert secret_values({name: "ghs_0123456789abc"}) == ("ghs_0123456789abc",)


def test_secrets_are_known_by_the_names_of_their_variables() -> None:
    environment = {
        "ANTHROPIC_API_KEY": KEY,
        "GITHUB_TOKEN": "ghp_0123456789",
        "token": "lower-case-1",
        "DB_PASSWORD_FILE_CONTENT": SHORT,
        "CLIENT_SECRET": "short",
        "HTTPS_PROXY": "http://me:Pr0xy-pa55@proxy.example:3128/",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-team=h3ader-of-a-team,Authorization=Basic%20dXNlcjpwYXNz",
        "KEYBOARD": "not-a-secret-1",
        "MONKEY": "not-a-secret-2",
    }
    assert set(secret_values(environment)) == {
        *(KEY, "ghp_0123456789", "lower-case-1", SHORT, "Pr0xy-pa55"),
        *("h3ader-of-a-team", "Basic%20dXNlcjpwYXNz", "Basic dXNlcjpwYXNz"),
    }


def test_a_megabyte_takes_no_time_a_person_would_notice() -> None:
    words = [f"word{number} = value({number})\n" for number in range(45_000)]
    redactor = Redactor([KEY, SHORT, KEY[::-1] + "x", "0123456789abcdef" * 4, "ghp_" + KEY[9:]])
    text = "".join(words[:20_000]) + KEY + "".join(words[20_000:])
    assert len(text) > 1_000_000

    started = time.process_time()
    shown = redactor.text(text)

    assert KEY not in shown
    # Measured: 0.13 s. The bound leaves room for a slow machine and for coverage.
    assert time.process_time() - started < 5
