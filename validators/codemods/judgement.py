"""What is held against a program's work on one file, by what others than the program saw of it.

Whatever is wrong with a file's edits, all of them are thrown away: its sites are left, and it is
said why. Nothing here asks the program's process.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from validators.codemods.accounts import Account, account_of, lines_in
from validators.codemods.audit import Look, Site
from validators.codemods.crew import Said, Source
from validators.codemods.edit import Splice, in_style, spliced
from validators.codemods.outcome import FileOutcome, LeftPlace
from validators.codemods.sites import MAX_SITES

_OVERLOOKED = "expected here, and the program neither changed nor left it"
_STANDS = {
    "comment": "it stands in a comment",
    "string": "it stands in a string",
    "error": "it stands where the file does not parse",
}
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Draft:
    """One file and what two sides say of it; ``made`` are its new bytes, without a mark."""

    source: Source
    look: Look
    said: Said
    splices: tuple[Splice, ...]
    made: bytes
    fault: str = ""


def drafted(source: Source, look: Look, said: Said, why_left: str) -> Draft:
    """Return the draft of one file; ``why_left`` is why nothing may change in it, if so."""
    said = Said() if why_left else said  # what fails on a file that stays is nobody's work lost
    fault = why_left or said.error or ("its sites could not be counted" if look.failed else "")
    if len(look.sites) >= MAX_SITES:
        fault = fault or f"it has {MAX_SITES} sites or more, which is too many to account for"
    splices = in_style(said.splices, source.content)
    if not fault and splices and not _is_utf8(source.content):
        odd = any(not one.text.isascii() for one in splices)
        fault = "it is not UTF-8, and what the program writes is not ASCII" if odd else ""
    made = source.content if fault else spliced(source.content, splices)
    return Draft(source, look, said, splices, made, fault)


def fault_of(draft: Draft, again: Said | None, second: Said | None) -> str:
    """Return what is wrong with a draft that changes its file; empty when nothing is.

    ``again`` is what the program wants of the same file at another time and place, ``second`` what
    it wants there of its own output; None where it was not asked.
    """
    if again is not None and again != draft.said:
        return "the program does not do the same to it twice: it depends on order or chance"
    error, at = draft.said.second
    if second is not None and not error and at is None:
        error, at = second.error, second.splices[0].start if second.splices else None
    if error:
        return f"run on its own output, {error}"
    if at is not None:
        line = _line(draft.made, at)
        return f"the program is not idempotent: a second run changes line {line} again"
    return ""


def needs_place(draft: Draft, fault: str) -> bool:
    """Whether anybody has to know what the sites of a file stand in."""
    if draft.fault or fault or draft.made == draft.source.content:
        return True
    return bool(_account(draft).overlooked)


def judged(draft: Draft, fault: str, mark: bytes) -> FileOutcome:
    """Return the outcome of one file, after ``fault`` was or was not found in its draft."""
    content, look = draft.source.content, draft.look
    path, fault = draft.source.path, draft.fault or fault
    errors = tuple(first for first, _ in look.errors)
    line = lines_in(content)
    if fault:
        lines = sorted({line(site.start) for site in look.sites}) or [0]
        is_open = bool(draft.said.error) or not draft.fault or look.failed
        left = tuple(LeftPlace(path, number, fault, is_open) for number in lines)
        return FileOutcome(path, len(look.sites), left=left, error_lines=errors)
    account = _account(draft)
    is_changed = draft.made != content
    return FileOutcome(
        path,
        len(look.sites),
        len(account.rewritten),
        tuple(_left(draft, account.overlooked, line)),
        tuple(line(start) for start, _ in account.uncounted),
        errors,
        before=mark + content,
        content=mark + draft.made if is_changed else None,
    )


def without_mark(content: bytes) -> tuple[bytes, bytes]:
    """Return a file's byte-order mark, if it has one, and the rest."""
    if content.startswith(_BOM):
        return _BOM, content[len(_BOM) :]
    return b"", content


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _account(draft: Draft) -> Account:
    left = [(start, stop) for start, stop, _ in draft.said.left]
    return account_of(draft.look.sites, draft.splices, draft.said.sites, left)


def _left(
    draft: Draft, overlooked: tuple[Site, ...], line: Callable[[int], int]
) -> Iterator[LeftPlace]:
    """Yield what the program left, and what it did not speak of."""
    path = draft.source.path
    for start, _, reason in draft.said.left:
        yield LeftPlace(path, line(start), reason)
    for site in overlooked:
        reason = _STANDS.get(site.where, _OVERLOOKED)
        yield LeftPlace(path, line(site.start), reason, site.where in {"code", "error", "text"})


def _line(content: bytes, at: int) -> int:
    return content.count(b"\n", 0, at) + 1
