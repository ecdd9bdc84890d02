import time

import pytest

from validators.projects.yaml_document import yaml_document


def test_scalars_are_texts_and_on_is_no_truth_value() -> None:
    document = yaml_document(b"on: [push]\nn: 3\nt: true\nempty:\nq: 'a b'\n")

    assert document == {"on": ["push"], "n": "3", "t": "true", "empty": "", "q": "a b"}


def test_an_alias_is_what_its_anchor_is() -> None:
    found = yaml_document(b"a: &x [1]\nb: *x\nc: *unknown\n")

    assert found == {"a": ["1"], "b": ["1"], "c": None}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"a: [",
        b"a: b: c",
        b"\x00",
        b"- " * 30,
        b"[" * 60_000,
        b"{a: " * 60_000,
        b"a: " + b"x" * 300_000,
        b"[" + b"1," * 50_000 + b"]",
        b"? [a]\n: b\n? {c: d}\n" + b"[" * 40,
    ],
)
def test_what_cannot_be_read_within_bounds_is_nothing_and_soon(content: bytes) -> None:
    started = time.process_time()

    assert yaml_document(content) is None

    assert time.process_time() - started < 30


def test_a_thousandfold_alias_costs_no_more_than_its_text() -> None:
    layers = [b"a0: &a0 [x, x]"]
    layers += [b"a%d: &a%d [%s]" % (n, n, b"*a%d, " % (n - 1) * 9) for n in range(1, 12)]

    document = yaml_document(b"\n".join(layers))

    assert isinstance(document, dict)
    assert len(document["a11"]) == 9


def test_keys_that_are_no_texts_are_left_out() -> None:
    assert yaml_document(b"? [a]\n: b\nc: d\n") == {"c": "d"}
