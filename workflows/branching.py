"""How the branch of a proposal is called, in an alphabet of our own."""

import re

from workflows.task import Task

BRANCH_TEMPLATE = "changewright/{key}-{slug}"
JOURNAL_BRANCH = "changewright/journal"
_PLACEHOLDER = re.compile(r"\{(key|slug|kind)\}")
_SHAPE = re.compile(r"changewright(/[a-z0-9][a-z0-9-]*){1,4}")
_MOST_SUFFIXES = 9


def wrong_template(template: str) -> str:
    """Return what is wrong with a template for names of branches, or ""."""
    if "{key}" not in template:
        return "must hold {key}: without it two tasks would share a branch"
    if not _SHAPE.fullmatch(_PLACEHOLDER.sub("x", template)):
        return (
            "must be changewright/ and words of a-z, 0-9, '-', {key}, {slug} and {kind} between"
            " slashes"
        )
    if f"{template}/".startswith(f"{JOURNAL_BRANCH}/"):
        return f"must not lie at or below {JOURNAL_BRANCH}, which is the journal's"
    return ""


def branch_of(task: Task, template: str = BRANCH_TEMPLATE) -> str:
    """Return the branch that carries a task's proposal; the same task has the same, always."""
    words = {"key": task.key, "slug": task.slug, "kind": task.change}
    return _PLACEHOLDER.sub(lambda found: words[found[1]], template)


def other_names(branch: str) -> tuple[str, ...]:
    """Return what to call a branch where ``branch`` is somebody else's, best first."""
    return tuple(f"{branch}-{number}" for number in range(2, _MOST_SUFFIXES + 1))
