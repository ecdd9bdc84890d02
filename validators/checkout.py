"""The door to the throw-away clone and its change sets; each noun has its own module behind it.

`repository` finds a user's repository, `clone` borrows its objects, `trees` reads and makes trees,
`materialise` writes one out, `commits` makes commits, `differences` compares two trees, `work_tree`
reads the user's own files, `ignored` knows what is no change, `left_out` what no tree holds.
"""

from validators.clones.clone import Clone, open_clone, resolve_tree
from validators.clones.commits import MadeCommit, commit
from validators.clones.differences import (
    LineCount,
    RawChange,
    diff_text,
    file_changes,
    line_counts,
    raw_changes,
)
from validators.clones.ignored import not_ignored
from validators.clones.left_out import left_out
from validators.clones.materialise import materialise
from validators.clones.repository import CheckoutRefusal, locate
from validators.clones.trees import (
    TreeFile,
    apply_diff,
    empty_tree,
    list_files,
    names_in,
    read_blobs,
    read_file,
    write_tree,
)
from validators.clones.work_tree import uncommitted, uncommitted_paths, working_tree

__all__ = [
    "CheckoutRefusal",
    "Clone",
    "LineCount",
    "MadeCommit",
    "RawChange",
    "TreeFile",
    "apply_diff",
    "commit",
    "diff_text",
    "empty_tree",
    "file_changes",
    "left_out",
    "line_counts",
    "list_files",
    "locate",
    "materialise",
    "names_in",
    "not_ignored",
    "open_clone",
    "raw_changes",
    "read_blobs",
    "read_file",
    "resolve_tree",
    "uncommitted",
    "uncommitted_paths",
    "working_tree",
    "write_tree",
]
