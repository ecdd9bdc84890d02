"""A bundle is sealed, and only the very same bytes come out of it again."""

import json
from dataclasses import replace

import pytest

from validators.encoding import builtins, digest, encode
from validators.evidence import Evidence, GateRecord, Side
from validators.sandbox import FileChange
from validators.verdict import Finding, Verdict, VerdictWord
from workflows.proposal import (
    BUNDLE_FORMAT,
    MAX_BUNDLE_BYTES,
    Attempt,
    Bundle,
    BundleRefusal,
    Proposal,
    examine,
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
SIDE = Side("d" * 40, "ok", 0, "pytest", (("tests::one", "passed"),))
GATE = GateRecord(
    "tests", "test", ("pytest",), required=True, outcome="pass", base=SIDE, patched=None
)
EVIDENCE = Evidence(
    "c" * 40, "d" * 40, "e" * 40, "f" * 64, "env", "bwrap", ("no-network",), gates=(GATE,)
)


def judged(word: VerdictWord) -> Bundle:
    """Return the bundle with a second attempt, which gates judged."""
    attempts = (ATTEMPT, Attempt(2, Verdict(word), applied_tree="e" * 40, evidence=EVIDENCE))
    return replace(BUNDLE, proposal=replace(BUNDLE.proposal, attempts=attempts))


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


def test_evidence_is_sealed_beside_the_attempts_and_comes_back_into_them() -> None:
    bundle = judged("pass")

    document, sha256 = seal(bundle)

    assert unseal(document) == (bundle, sha256)
    content = json.loads(document)
    assert [one["evidence"] for one in content["bundle"]["proposal"]["attempts"]] == [None, None]
    assert content["statements"][0] is None
    assert content["statements"][1]["_type"] == "https://in-toto.io/Statement/v1"
    assert list(content["blobs"].values()) == [{"tests::": ["one"]}]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'{"tests::":["one"]}', b'{"tests::":["two"]}', "attempt 2: gate tests: its tests do not"),
        (b'"result":"PASSED"', b'"result":"FAILED"', "attempt 2: the statement's standard part"),
        (b'"verdict":"pass"', b'"verdict":"fail"', "its verdict is pass, and fail in its evidence"),
    ],
)
def test_evidence_that_was_changed_is_refused_though_the_seal_was_mended(
    old: bytes, new: bytes, words: str
) -> None:
    content = json.loads(seal(judged("pass"))[0].replace(old, new))
    del content["sha256"]
    resealed = encode(content | {"sha256": digest(encode(content))})

    with pytest.raises(BundleRefusal, match=words):
        unseal(resealed)
    assert examine(resealed).bundle.proposal.run == "r1"


def test_statements_that_do_not_match_the_attempts_are_refused() -> None:
    content = json.loads(seal(judged("pass"))[0])
    content["statements"].append(None)

    with pytest.raises(BundleRefusal, match="not a bundle"):
        unseal(json.dumps(content).encode())


def test_evidence_without_a_statement_counts_for_nothing() -> None:
    content = json.loads(seal(BUNDLE)[0])
    content["bundle"]["proposal"]["attempts"][0]["evidence"] = builtins(EVIDENCE)

    assert examine(json.dumps(content).encode()).bundle.evidence is None


def test_a_bundle_of_the_format_before_this_one_is_still_read() -> None:
    plain = builtins(replace(judged("pass"), format="changewright-bundle/2"))
    del plain["rules"]
    evidence = plain["proposal"]["attempts"][1]["evidence"]
    for newer in ("kind", "coverage"):
        del evidence[newer]
    sha256 = digest(encode(plain))
    document = encode({"sha256": sha256, "bundle": plain})

    bundle, known = unseal(document)

    assert (bundle.evidence, known) == (EVIDENCE, sha256)
    assert bundle.format == "changewright-bundle/2"
    assert unseal(seal(bundle)[0])[0] == replace(judged("pass"), rules=None)
    with pytest.raises(BundleRefusal, match="changed after it was sealed"):
        unseal(document.replace(b'"title":"t"', b'"title":"u"'))


def test_an_enormous_bundle_is_not_even_read() -> None:
    with pytest.raises(BundleRefusal, match="the limit: "):
        unseal(b" " * (MAX_BUNDLE_BYTES + 1))


def test_a_bundle_without_an_attempt_is_refused() -> None:
    document, _ = seal(replace(BUNDLE, proposal=replace(BUNDLE.proposal, attempts=())))

    with pytest.raises(BundleRefusal, match="holds no attempt"):
        unseal(document)
