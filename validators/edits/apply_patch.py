"""The ``apply_patch`` envelope.

    envelope = "*** Begin Patch" *section "*** End Patch"
    section  = add | delete | update
    add      = "*** Add File: " path  *("+" line)
    delete   = "*** Delete File: " path
    update   = "*** Update File: " path  ["*** Move to: " path]  1*chunk
    chunk    = *("@@" [" " anchor])  1*(" " line | "-" line | "+" line | "")  ["*** End of File"]

The first chunk may stand without ``@@``. Anchors are lines above the place, outermost first. A
chunk of new lines alone goes to the end of the file; below an anchor it is refused, as tools differ
on its place. A new line ends with a newline, also where the file's last line did not. The envelope
is read whole or not at all: one without its end was cut off.
"""

from collections.abc import Sequence

from validators.edits.edit import Block, Edit, RejectedEdit, unreadable

_BEGIN = "*** Begin Patch"
_END = "*** End Patch"
_ADD, _DELETE, _UPDATE = "*** Add File: ", "*** Delete File: ", "*** Update File: "
_MOVE = "*** Move to: "
_END_OF_FILE = "*** End of File"
_MAX_ANCHORS = 20
_SECTIONS = (_ADD, _DELETE, _UPDATE)


def opens_envelope(line: str) -> bool:
    """Whether an envelope, or a section that lost its envelope, begins with ``line``."""
    return line.strip() == _BEGIN or line.startswith(_SECTIONS)


def envelope_block(lines: Sequence[str], start: int) -> Block | None:
    """Return the envelope that begins at ``start``, or None when none does."""
    if not opens_envelope(lines[start]):
        return None
    if lines[start].strip() != _BEGIN:
        message = f"a section outside an envelope: put '{_BEGIN}' before and '{_END}' after it."
        return Block(start + 1, malformed=(unreadable(_path_of(lines[start]), message),))
    stop = start + 1
    while stop < len(lines) and lines[stop].strip() not in {_END, _BEGIN}:
        stop += 1
    if stop == len(lines) or lines[stop].strip() != _END:
        message = f"the patch at line {start + 1} of the reply has no '{_END}': send it whole."
        return Block(stop, malformed=(unreadable("", message),))
    edits: list[Edit] = []
    malformed: list[RejectedEdit] = []
    position = start + 1
    while position < stop and not lines[position].strip():
        position += 1
    while position < stop:
        section = position
        position += 1
        while position < stop and not lines[position].startswith(_SECTIONS):
            position += 1
        read = _section(lines[section:position])
        if isinstance(read, RejectedEdit):
            malformed.append(read)
        else:
            edits.extend(read)
    return Block(stop + 1, tuple(edits), tuple(malformed))


def _path_of(line: str) -> str:
    return line.split(": ", 1)[-1].strip()


def _section(lines: Sequence[str]) -> tuple[Edit, ...] | RejectedEdit:
    head, body = lines[0], lines[1:]
    path = _path_of(head)
    if head.startswith(_UPDATE):
        return _update(path, body)
    while body and not body[-1].strip():
        body = body[:-1]
    if head.startswith(_ADD):
        if any(not line.startswith("+") for line in body):
            return unreadable(path, "each line of an 'Add File' section begins with '+'.")
        return (Edit(path, "create", new=tuple(line[1:] for line in body)),)
    if not head.startswith(_DELETE) or body:
        known = ", ".join(f"'{word.strip()}'" for word in _SECTIONS)
        wrong = (body[0] if head.startswith(_DELETE) else head)[:80]
        return unreadable("", f"no section holds {wrong!r} here. One begins with {known}.")
    return (Edit(path, "delete"),)


def _update(path: str, body: Sequence[str]) -> tuple[Edit, ...] | RejectedEdit:
    edits: list[Edit] = []
    to = ""
    if body and body[0].startswith(_MOVE):
        to, body = _path_of(body[0]), body[1:]
    position = 0
    while position < len(body):
        if not body[position].strip() and not any(line.strip() for line in body[position:]):
            break
        chunk = _chunk(path, body, position)
        if isinstance(chunk, RejectedEdit):
            return chunk
        edit, position = chunk
        edits.append(edit)
    if to:
        edits.append(Edit(path, "rename", to=to))
    return tuple(edits) or unreadable(path, "the 'Update File' section is empty.")


def _chunk(path: str, body: Sequence[str], position: int) -> tuple[Edit, int] | RejectedEdit:
    """Return the chunk that begins at ``position`` and where the next one begins."""
    anchors: list[str] = []
    while position < len(body) and body[position].startswith("@@"):
        anchor = body[position][2:].strip().removesuffix("@@").strip()
        anchors += [anchor] if anchor else []
        position += 1
    first = position
    while position < len(body) and (not body[position] or body[position][0] in " +-"):
        position += 1
    content = list(body[first:position])
    at_end = position < len(body) and body[position].rstrip() == _END_OF_FILE
    if not at_end and position < len(body) and not body[position].startswith("@@"):
        message = f"line {body[position][:80]!r} begins with neither ' ', '+', '-' nor '@@'."
        return unreadable(path, message)
    while content and not content[-1]:
        content.pop()
    if not content or len(anchors) > _MAX_ANCHORS:
        wrong = "no lines" if not content else f"more than {_MAX_ANCHORS} anchors"
        return unreadable(path, f"a chunk of the 'Update File' section has {wrong}.")
    only_adds = all(line.startswith("+") for line in content)
    if only_adds and anchors:
        message = "new lines alone below an '@@' line do not say where: add lines of the file."
        return unreadable(path, message)
    edit = Edit(
        path,
        "append" if only_adds else "replace",
        old=tuple(line[1:] for line in content if not line.startswith("+")),
        new=tuple(line[1:] for line in content if not line.startswith("-")),
        anchors=tuple(anchors),
        at_end=at_end,
        final_newline=True if content[-1].startswith("+") else None,
    )
    return edit, position + at_end
