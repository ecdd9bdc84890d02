"""What a person is asked to decide on, and the file that carries it to another process.

A `Bundle` is the only thing that crosses from the author to the publisher. It holds the change as
exact file contents (never a diff to be parsed), the hashes to check it by, the evidence, and the
text of the pull request.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from scoping.refusal import Refusal
from validators.encoding import EncodingRefusal, decode, digest, encode
from validators.evidence import Evidence
from validators.evidence_statement import open_statement, statement_of
from validators.rules import Rules
from validators.sandbox import FileChange
from validators.verdict import Finding, Verdict
from workflows.authored_program import AuthoredProgram
from workflows.task import Task
from workflows.threads import ThreadAnswer

BUNDLE_FORMAT = "changewright-bundle/3"
# The evidence of these stands whole in each attempt; they are read, and not written any more.
_OLD_FORMAT = "changewright-bundle/2"
MAX_BUNDLE_BYTES = 64 * 1024**2


class BundleRefusal(Refusal):
    """A bundle cannot be used: which file, what is wrong with it, and what to do."""


@dataclass(frozen=True, slots=True)
class EditReport:
    """What became of one edit of a reply: where it went, or why it did not land."""

    path: str
    landed: bool
    how: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of the model and what was found out about it; failed ones are kept too.

    ``applied_tree`` is empty when nothing landed. ``summary`` is the model's own account: text
    from a model, shown as such. ``model`` is which one that was.
    """

    number: int
    verdict: Verdict
    edits: tuple[EditReport, ...] = ()
    applied_tree: str = ""
    summary: str = ""
    replies: int = 0
    tokens: int = 0
    usd: float | None = None
    evidence: Evidence | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """One excerpt the model was given: where it is and the reasons it was chosen, for people.

    ``kind`` is ``whole`` or ``lines`` for the file's own text, ``skeleton`` or ``map`` for less.
    """

    path: str
    start_line: int
    end_line: int
    symbol: str
    kind: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """The result of a run. The last attempt is the one proposed.

    ``lost_replies`` were asked for, and broke off or went with a process that was killed; they are
    in no attempt, and cost at most ``lost_usd`` where the price is known. Second opinions are in
    none either: they took ``opinion_tokens`` and cost ``opinion_usd``. ``remarks`` and
    ``cache_hit_rate`` are on how it was made; what gates found is in the evidence. ``answers`` are
    for the threads of the review that it follows. ``program`` is what made it, where a model wrote
    that for the whole campaign.
    """

    run: str
    task: Task
    base_commit: str
    model: str
    scope: tuple[ScopeLine, ...]
    attempts: tuple[Attempt, ...]
    created: str
    lost_replies: int = 0
    lost_usd: float = 0.0
    remarks: tuple[Finding, ...] = ()
    cache_hit_rate: float | None = None
    opinion_tokens: int = 0
    opinion_usd: float | None = 0.0
    answers: tuple[ThreadAnswer, ...] = ()
    program: AuthoredProgram | None = None

    @property
    def verdict(self) -> Verdict:
        """The verdict of the attempt that is proposed."""
        return self.attempts[-1].verdict


@dataclass(frozen=True, slots=True)
class Bundle:
    """A proposal on its way: everything the publisher reads, and everything `verify` repeats.

    ``created`` (UTC ISO 8601) dates the commit too, so that publishing twice makes the same commit.
    ``revises`` is the number of the pull request this continues, or 0, and ``revised_run`` the run
    whose proposal stood there, in commit ``revised_head`` where a forge has it. ``partial`` is work
    that was stopped: no gate need have judged it. ``rules`` are those it was made under, for who
    asks which of them is another elsewhere.
    """

    format: str
    proposal: Proposal
    base_commit: str
    base_tree: str
    applied_tree: str
    branch: str
    changes: tuple[FileChange, ...]
    title: str
    body: str
    partial: bool = False
    revises: int = 0
    revised_run: str = ""
    revised_head: str = ""
    rules: Rules | None = None

    @property
    def evidence(self) -> Evidence | None:
        """The evidence of the attempt that is proposed."""
        return self.proposal.attempts[-1].evidence


@dataclass(frozen=True, slots=True)
class Examined:
    """A bundle as it stands in a file, and in ``troubles`` where it does not agree with itself."""

    bundle: Bundle
    sha256: str
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Header:
    format: str


@dataclass(frozen=True, slots=True)
class _Envelope:
    """What every format has. ``sha256`` is of all that stands beside it."""

    sha256: str
    bundle: _Header


@dataclass(frozen=True, slots=True)
class _Content:
    """A bundle with a statement for each of its attempts, or None where no gate judged.

    ``blobs`` are shared by all of the statements.
    """

    bundle: Bundle
    statements: tuple[Mapping[str, Any] | None, ...]
    blobs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _OldContent:
    bundle: Bundle


def seal(bundle: Bundle) -> tuple[bytes, str]:
    """Return the file that carries ``bundle`` and the hash it is known by."""
    attempts = bundle.proposal.attempts
    made = [one.evidence and statement_of(one.evidence, one.verdict.word) for one in attempts]
    bare = replace(
        bundle,
        format=BUNDLE_FORMAT,
        proposal=replace(
            bundle.proposal, attempts=tuple(replace(one, evidence=None) for one in attempts)
        ),
    )
    content = {
        "bundle": bare,
        "statements": [statement and statement.document for statement in made],
        "blobs": {name: blob for one in made if one for name, blob in one.blobs.items()},
    }
    sha256 = digest(encode(content))
    return encode({**content, "sha256": sha256}), sha256


def unseal(document: bytes) -> tuple[Bundle, str]:
    """Return the bundle in ``document`` and its hash; raise BundleRefusal for any other bytes."""
    found = examine(document)
    if found.troubles:
        raise BundleRefusal("; ".join(found.troubles))
    return found.bundle, found.sha256


def examine(document: bytes) -> Examined:
    """Read a bundle that may have been changed by anybody, for comparing, not for publishing.

    BundleRefusal for what is no bundle at all, or one of another version.
    """
    if len(document) > MAX_BUNDLE_BYTES:
        raise BundleRefusal(f"the bundle is too large to read; the limit: {MAX_BUNDLE_BYTES} bytes")
    try:
        envelope = decode(document, _Envelope)
        content = decode(document, dict)
        del content["sha256"]
        sha256 = digest(encode(content))
        bundle, troubles = _opened(document, envelope.bundle.format)
    except (EncodingRefusal, ValueError, RecursionError) as error:
        message = f"this is not a bundle of changewright ({error})"
        raise BundleRefusal(message) from error
    if not bundle.proposal.attempts:
        raise BundleRefusal("the bundle holds no attempt: there is nothing in it to look at")
    known = sha256 if envelope.bundle.format == BUNDLE_FORMAT else digest(encode(content["bundle"]))
    if known != envelope.sha256:
        message = "the bundle's content does not match its hash: it was changed after it was sealed"
        troubles = (message, *troubles)
    return Examined(bundle, envelope.sha256, troubles)


def _opened(document: bytes, form: str) -> tuple[Bundle, tuple[str, ...]]:
    if form == _OLD_FORMAT:
        return decode(document, _OldContent).bundle, ()
    if form != BUNDLE_FORMAT:
        raise BundleRefusal(
            f"bundle format {form!r} is not {BUNDLE_FORMAT!r}: another version of changewright"
            " made it; propose again with this one"
        )
    content = decode(document, _Content)
    attempts, troubles = [], []
    for attempt, statement in zip(
        content.bundle.proposal.attempts, content.statements, strict=True
    ):
        if statement is None:
            attempts.append(replace(attempt, evidence=None))
            continue
        opened = open_statement(statement, content.blobs)
        attempts.append(replace(attempt, evidence=opened.evidence))
        troubles += [f"attempt {attempt.number}: {trouble}" for trouble in opened.troubles]
        if opened.verdict != attempt.verdict.word:
            troubles.append(
                f"attempt {attempt.number}: its verdict is {attempt.verdict.word}, and"
                f" {opened.verdict} in its evidence"
            )
    proposal = replace(content.bundle.proposal, attempts=tuple(attempts))
    return replace(content.bundle, proposal=proposal), tuple(troubles)
