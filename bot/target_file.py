"""The target's own configuration, read from the commit that is the base."""

from pathlib import Path

from bot.settings import TARGET_FILE
from scoping.refusal import Refusal
from validators.checkout import Clone, names_in, read_file


class TargetFileRefusal(Refusal):
    """The target's configuration cannot be read, or would be passed over: what to rename."""


def target_file(clone: Clone) -> bytes | None:
    """Return the target's own configuration as it stands at the base commit, or None."""
    found = read_file(clone, clone.base_tree, TARGET_FILE)
    if found is None:
        _refuse_misnamed(clone)
        return None
    mode, content = found
    if mode not in {"100644", "100755"}:
        raise TargetFileRefusal(f"{TARGET_FILE} at the base commit is a link; make it a file")
    return content


def _refuse_misnamed(clone: Clone) -> None:
    """Refuse what was surely meant to bound us, and would be passed over without a word."""
    usual = Path(TARGET_FILE)
    for path in names_in(clone, clone.base_tree, str(usual.parent)):
        if path == TARGET_FILE:
            raise TargetFileRefusal(f"{TARGET_FILE} at the base commit is a folder; make it a file")
        if Path(path.casefold()) in {usual, usual.with_suffix(".yaml")}:
            raise TargetFileRefusal(
                f"{path} at the base commit is not read under that name; rename it to {TARGET_FILE}"
            )
