"""Evidence as an in-toto statement and content-addressed blobs: small, and always the same bytes.

The standard part (test-result v0.1) tells any reader of in-toto which gates passed on which tree.
All that the verdict rests on stands below ``changewright``. The ids of tests, thousands of them and
nearly the same for each gate, tree and attempt, are blobs named by their hash; what became of them
is a run of letters over those ids.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any, TypeVar

from validators.encoding import EncodingRefusal, builtins, digest, encode
from validators.evidence import Evidence, GateRecord, Side
from validators.verdict import VerdictWord

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"

_SIDES = ("base", "patched", "tests_on_base", "base_tests", "base_settings")
_LISTS = ("fail_to_pass", "pass_to_fail", "missing", "new", "flaky", "steady")
_LETTERS = {"passed": "p", "failed": "f", "error": "e", "skipped": "s"}
_WORDS = {letter: word for word, letter in _LETTERS.items()}
_ABSENT = "-"
_RUNS = re.compile(r"([0-9]{1,9})([pfes-])")
# A few bytes of a stranger's statement may stand for very many ids.
_MAX_CHARACTERS = 256 * 1024**2

T = TypeVar("T")
Blobs = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """What a judgement rests on. ``blobs`` are plain JSON values by the hash of their encoding."""

    document: Mapping[str, Any]
    blobs: Blobs

    @property
    def sha256(self) -> str:
        """The hash under which a pull request names this evidence; it covers the blobs as well."""
        return digest(encode(self.document))


@dataclass(frozen=True, slots=True)
class Opened:
    """What a statement says, and in ``troubles`` where it does not agree with itself."""

    evidence: Evidence
    verdict: VerdictWord
    troubles: tuple[str, ...] = ()


def statement_of(evidence: Evidence, verdict: VerdictWord) -> Statement:
    """Return the statement; the same judgement always makes the same bytes.

    Tests stand in the order of their ids, whatever order the evidence has them in.
    """
    blobs: dict[str, Any] = {}
    plain = builtins(evidence)
    if not evidence.backend_version:  # what was sealed before there was one keeps its hash
        del plain["backend_version"]
    plain["gates"] = [_packed(gate, blobs) for gate in evidence.gates]
    document = _standard(evidence, verdict)
    document["predicate"]["changewright"] = {"verdict": verdict, "evidence": plain}
    return Statement(document, blobs)


def open_statement(document: Mapping[str, Any], blobs: Blobs) -> Opened:
    """Read a statement of a stranger; EncodingRefusal when it cannot be read at all.

    What was changed is read as it stands, so that whoever compares it can name what differs.
    """
    claims = _shaped(document, _Document).predicate.changewright
    reader = _Reader(blobs)
    plain = dict(claims.evidence)
    plain["gates"] = [reader.unpacked(gate) for gate in _shaped(plain, _Gates).gates]
    evidence = _shaped(plain, Evidence)
    troubles = list(dict.fromkeys(reader.troubles))
    predicate = {k: v for k, v in document["predicate"].items() if k != "changewright"}
    if {**document, "predicate": predicate} != _standard(evidence, claims.verdict):
        troubles.append("the statement's standard part is not what follows from its evidence")
    return Opened(evidence, claims.verdict, tuple(troubles))


@dataclass(frozen=True, slots=True)
class _Claims:
    verdict: VerdictWord
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Predicate:
    changewright: _Claims


@dataclass(frozen=True, slots=True)
class _Document:
    predicate: _Predicate


@dataclass(frozen=True, slots=True)
class _Gates:
    gates: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Outcomes:
    outcomes: str


def _standard(evidence: Evidence, verdict: VerdictWord) -> dict[str, Any]:
    """Return the part that any reader of in-toto understands, with gates for its tests."""
    passed = [gate.name for gate in evidence.gates if gate.outcome == "pass"]
    flaky = [gate.name for gate in evidence.gates if gate.outcome == "flaky"]
    others = [gate.name for gate in evidence.gates if gate.outcome not in {"pass", "flaky"}]
    predicate = {
        "result": {"pass": "PASSED", "flaky": "WARNED"}.get(verdict, "FAILED"),
        "configuration": [
            {"name": "base commit", "digest": {"gitCommit": evidence.base_commit}},
            {"name": "base tree", "digest": {"gitTree": evidence.base_tree}},
            {"name": "rules", "digest": {"sha256": evidence.rules_sha256}},
        ],
        "passedTests": passed,
        "warnedTests": flaky,
        "failedTests": others,
    }
    subject = [{"name": "applied tree", "digest": {"gitTree": evidence.applied_tree}}]
    return {
        "_type": STATEMENT_TYPE,
        "subject": subject,
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }


def _packed(gate: GateRecord, blobs: dict[str, Any]) -> dict[str, Any]:
    packed: dict[str, Any] = builtins(gate)
    sides: dict[str, Side | None] = {name: getattr(gate, name) for name in _SIDES}
    outcomes = {name: dict(side.outcomes) for name, side in sides.items() if side}
    on_base = sorted(outcomes.get("base", {}))
    others = sorted(set().union(*outcomes.values()).difference(on_base))
    # The base's ids apart: they are the same for every attempt.
    packed["tests"] = [_kept(on_base, blobs), _kept(others, blobs)]
    for name, found in outcomes.items():
        packed[name]["outcomes"] = _runs(found.get(test) for test in (*on_base, *others))
    for name in _LISTS:
        packed[name] = _kept(getattr(gate, name), blobs)
    return packed


def _kept(tests: Iterable[str], blobs: dict[str, Any]) -> str:
    """Keep ids as a blob, grouped by what stands before the test's own name; return its hash."""
    grouped: dict[str, list[str]] = {}
    for test in sorted(set(tests)):
        end = test.rfind("::") + 2 if "::" in test else 0
        grouped.setdefault(test[:end], []).append(test[end:])
    if not grouped:
        return ""
    sha256 = digest(encode(grouped))
    blobs[sha256] = grouped
    return sha256


def _runs(outcomes: Iterable[str | None]) -> str:
    letters = (_LETTERS[outcome] if outcome else _ABSENT for outcome in outcomes)
    return "".join(f"{len(list(run))}{letter}" for letter, run in groupby(letters))


@dataclass(slots=True)
class _Reader:
    """Puts the ids of tests back where they were, within a bound on what that may become."""

    blobs: Blobs
    troubles: list[str] = field(default_factory=list)
    _left: int = _MAX_CHARACTERS
    _read: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def unpacked(self, packed: Mapping[str, Any]) -> dict[str, Any]:
        named = _shaped(packed, _Named)
        gate = {key: value for key, value in packed.items() if key != "tests"}
        tests = [test for sha256 in named.tests for test in self._tests(sha256, named.name)]
        for name in _SIDES:
            if gate.get(name) is not None:
                where = f"gate {named.name}, {name.replace('_', ' ')}"
                runs = _shaped(gate[name], _Outcomes).outcomes
                gate[name] = {**gate[name], "outcomes": self._outcomes(runs, tests, where)}
        for name in _LISTS:
            gate[name] = self._tests(_shaped(gate.get(name, ""), str), named.name)
        return gate

    def _tests(self, sha256: str, gate: str) -> tuple[str, ...]:
        if not sha256:
            return ()
        if sha256 not in self._read:
            if sha256 not in self.blobs:
                raise EncodingRefusal(f"gate {gate} names tests that are not there: {sha256[:80]}")
            grouped = _shaped(self.blobs[sha256], dict[str, tuple[str, ...]])
            self._spend(sum(len(prefix) * len(names) for prefix, names in grouped.items()))
            tests = sorted(prefix + name for prefix, names in grouped.items() for name in names)
            self._read[sha256] = tuple(tests)
            if digest(encode(self.blobs[sha256])) != sha256:
                self.troubles.append(
                    f"gate {gate}: its tests do not match the hash that names them"
                )
        tests_read = self._read[sha256]
        self._spend(sum(map(len, tests_read)) + len(tests_read))
        return tests_read

    def _outcomes(self, runs: str, tests: list[str], where: str) -> list[tuple[str, str]]:
        self._spend(sum(map(len, tests)) + len(tests))
        left, found = iter(tests), []
        for count, letter in _RUNS.findall(runs):
            some = islice(left, int(count))
            found += [(test, letter) for test in some]
        counted = sum(int(count) for count, _ in _RUNS.findall(runs))
        if counted != len(tests) or _RUNS.sub("", runs):
            self.troubles.append(f"{where}: its outcomes do not fit its {len(tests)} tests")
        return [(test, _WORDS[letter]) for test, letter in sorted(found) if letter in _WORDS]

    def _spend(self, characters: int) -> None:
        self._left -= characters
        if self._left < 0:
            raise EncodingRefusal(f"its tests make more than {_MAX_CHARACTERS} characters")


def _shaped(value: object, shape: type[T]) -> T:
    import msgspec  # noqa: PLC0415 - 18 ms that --help does not need

    try:
        return msgspec.convert(value, type=shape)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise EncodingRefusal(f"not a statement of evidence: {error}") from error
