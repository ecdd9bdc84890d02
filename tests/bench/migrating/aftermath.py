"""What a campaign left behind: is any of it broken, half done, or touched that should not be?"""

import json
from collections.abc import Iterator
from pathlib import Path

from tests.bench.migrating.ground import BASE, Ground, git, ours
from workflows.campaign import Target
from workflows.target_standing import TargetStanding


def checked(ground: Ground, target: Target, standing: TargetStanding) -> Iterator[str]:
    """Yield what is broken, half done or touched that should not be."""
    place = Path(target.repository)
    branches = git(place, "branch", "--list", "--format=%(refname:short)", "changewright/*").split()
    if git(place, "status", "--porcelain") or git(place, "rev-list", "--count", BASE) != "1":
        yield "its own files or its branch are not what they were"
    if standing.state != "published":
        if branches:
            yield f"it is {standing.state}, and has the branch {branches[0]}"
        return
    if len(branches) != 1:
        yield f"it has {len(branches)} branches"
        return
    changed = set(git(place, "diff", "--name-only", BASE, branches[0]).splitlines())
    if strays := changed - set(target.paths):
        yield f"{min(strays)} is changed, and none of its target's files"
    if standing.result and len(changed) != standing.result.files_changed:
        yield f"{len(changed)} files are changed, and {standing.result.files_changed} were gated"
    judged = ours(
        ground, "gate", *("--base", BASE, "--head", branches[0], "--kind", "refactor"), at=place
    )
    if judged.document["verdict"] not in {"pass", "flaky"}:
        yield f"its branch does not pass again: {judged.document['verdict']}"
    if standing.result and not standing.result.cause:
        yield from undone(ground, place, branches[0])


def undone(ground: Ground, place: Path, branch: str) -> Iterator[str]:
    """Yield what the steps would still change where they were made already."""
    again = ground.folder / "again.yml"
    document = json.loads(ground.file.read_text())
    document |= {"name": "again", "published": False}
    document["on"]["repositories"] = [str(place)]
    again.write_text(json.dumps(document))
    found = ours(ground, "sweep", str(again), "--base", branch, "--quiet").document["outcomes"]
    if [one["state"] for one in found] != ["unchanged"]:
        yield f"made once more, the steps are {found[0]['state']}: {found[0]['cause']}"
