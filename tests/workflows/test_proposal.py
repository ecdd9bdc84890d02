"""A bundle is sealed, and only the very same bytes come out of it again."""

import json
from dataclasses import replace

import pytest

from validators.sandbox import FileChange
from validators.verdict import Finding, Verdict
from workflows.proposal import (
    BUNDLE_FORMAT,
    MAX_BUNDLE_BYTES,
    Attempt,
    Bundle,
    BundleRefusal,
    Proposal,
    seal,
    unseal,
)
from workflows.task import Task

ATTEMPT = Attempt(1, Verdict("fail", (Finding("tests", "x", "block", "no", "a.py", 3),)))
BUNDLE = Bundle(
    format=BUNDLE_FORMAT,
    proposal=Proposal(
        "r1", Task("t", "b", "/repo"), "c" * 40, "scripted", (), (ATTEMPT,), "2026-01-01T00:00:00Z"
    ),
    base_commit="c" * 40,
    base_tree="d" * 40,
    applied_tree="e" * 40,
    branch="changewright/task-x",
    changes=(FileChange("a\udcff.bin", "100644", b"\x00\xff"), FileChange("gone", "000000")),
    title="t",
    body="b",
)


def test_what_was_sealed_comes_out_the_same() -> None:
    document, sha256 = seal(BUNDLE)

    assert unseal(document) == (BUNDLE, sha256)
    assert seal(BUNDLE) == (document, sha256)


def test_one_changed_word_is_noticed() -> None:
    document, _ = seal(BUNDLE)

    with pytest.raises(BundleRefusal, match="changed after it was sealed"):
        unseal(document.replace(b'"title":"t"', b'"title":"u"'))


@pytest.mark.parametrize("document", [b"", b"{}", b"[1]", b'{"sha256":"x","bundle":{}}'])
def test_what_is_no_bundle_is_refused(document: bytes) -> None:
    with pytest.raises(BundleRefusal, match="not a bundle"):
        unseal(document)


def test_another_format_is_named() -> None:
    envelope = json.loads(seal(BUNDLE)[0])
    envelope["bundle"]["format"] = "changewright-bundle/9"

    with pytest.raises(BundleRefusal, match="changewright-bundle/9"):
        unseal(json.dumps(envelope).encode())


def test_an_enormous_bundle_is_not_even_read() -> None:
    with pytest.raises(BundleRefusal, match="the limit is"):
        unseal(b" " * (MAX_BUNDLE_BYTES + 1))


def test_a_bundle_without_an_attempt_is_refused() -> None:
    document, _ = seal(replace(BUNDLE, proposal=replace(BUNDLE.proposal, attempts=())))

    with pytest.raises(BundleRefusal, match="holds no attempt"):
        unseal(document)
