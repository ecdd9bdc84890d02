"""A whole new file: its path alone on a line, and its content in the fence right below.

    file  = path-line fence *line fence-end        |  fence-with-path *line fence-end

Only *new* files: a snippet under the name of a file that exists would wipe out the rest of it. A
fence inside the content may nest when it has an info string; otherwise the outer one is longer.
"""

from collections.abc import Callable, Sequence

from validators.edits.edit import Block, Edit, unreadable
from validators.edits.reply_lines import closes, fence_of, is_file_name, path_in, path_in_fence


def file_block(
    lines: Sequence[str], start: int, floor: int, opens_edit: Callable[[int], bool]
) -> Block | int | None:
    """Return the file whose fence opens at ``start``, or None when that is no such fence.

    An edit of another format inside the fence is not a file's content: then its line is returned,
    so that no fence before it need be looked at again.
    """
    fence, _ = fence_of(lines[start])
    above = path_in(lines[start - 1]) if start > floor else ""
    path = path_in_fence(lines[start]) or above if fence else ""
    if not is_file_name(path):
        return None
    nested: list[str] = []
    for position in range(start + 1, len(lines)):
        line = lines[position]
        if opens_edit(position):
            return position
        if closes(line, nested[-1] if nested else fence):
            if not nested:
                new = tuple(lines[start + 1 : position])
                return Block(position + 1, (Edit(path, "create", new=new),))
            nested.pop()
        elif fence_of(line)[1] and len(fence_of(line)[0]) >= len(fence):
            nested.append(fence_of(line)[0])
    message = "the reply ends inside this file: send it whole, in a fence longer than any in it."
    return Block(len(lines), malformed=(unreadable(path, message),))
