"""What a person is asked to decide on, and the file that carries it to another process.

A `Bundle` is the only thing that crosses from the author to the publisher. It holds the change as
exact file contents (never a diff to be parsed), the hashes to check it by, the evidence, and the
text of the pull request.
"""

from dataclasses import dataclass

from scoping.refusal import Refusal
from validators.encoding import EncodingRefusal, decode, digest, encode
from validators.evidence import Evidence
from validators.sandbox import FileChange
from validators.verdict import Verdict
from workflows.task import Task

BUNDLE_FORMAT = "changewright-bundle/2"
MAX_BUNDLE_BYTES = 128 * 1024**2


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
    from a model, shown as such.
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

    ``lost_replies`` were asked for, and went with a process that was killed; they are in no
    attempt, and cost at most ``lost_usd`` where the price is known.
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

    @property
    def verdict(self) -> Verdict:
        """The verdict of the attempt that is proposed."""
        return self.attempts[-1].verdict


@dataclass(frozen=True, slots=True)
class Bundle:
    """A proposal on its way: everything the publisher reads, and everything `verify` repeats.

    ``created`` (UTC ISO 8601) dates the commit too, so that publishing twice makes the same commit.
    ``revises`` is the number of the pull request this continues, or 0, and ``revised_run`` the run
    whose proposal stood there. ``partial`` is work that was stopped: no gate need have judged it.
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

    @property
    def evidence(self) -> Evidence | None:
        """The evidence of the attempt that is proposed."""
        return self.proposal.attempts[-1].evidence


@dataclass(frozen=True, slots=True)
class _Envelope:
    sha256: str
    bundle: Bundle


def seal(bundle: Bundle) -> tuple[bytes, str]:
    """Return the file that carries ``bundle`` and the hash it is known by."""
    sha256 = digest(encode(bundle))
    return encode(_Envelope(sha256, bundle)), sha256


def unseal(document: bytes) -> tuple[Bundle, str]:
    """Return the bundle in ``document`` and its hash; raise BundleRefusal for any other bytes."""
    if len(document) > MAX_BUNDLE_BYTES:
        message = f"the bundle has {len(document)} bytes; the limit is {MAX_BUNDLE_BYTES}"
        raise BundleRefusal(message)
    try:
        envelope = decode(document, _Envelope)
    except EncodingRefusal as error:
        message = f"this is not a bundle of changewright ({error})"
        raise BundleRefusal(message) from error
    if envelope.bundle.format != BUNDLE_FORMAT:
        message = (
            f"bundle format {envelope.bundle.format!r} is not {BUNDLE_FORMAT!r}: another version of"
            " changewright made it; propose again with this one"
        )
        raise BundleRefusal(message)
    if not envelope.bundle.proposal.attempts:
        raise BundleRefusal("the bundle holds no attempt: there is nothing in it to look at")
    if digest(encode(envelope.bundle)) != envelope.sha256:
        message = "the bundle's content does not match its hash: it was changed after it was sealed"
        raise BundleRefusal(message)
    return envelope.bundle, envelope.sha256
