"""A campaign over thirty published projects, from the package index to its pull requests.

    python tests/bench/thirty.py [--sdists FOLDER] [--keep FOLDER] [--workers N] [--only NAME,NAME]

Each sdist becomes a repository with one commit, and the campaign is as a person would write it:
rules of ruff, then a program (`codemod_programs/default_encoding`), a pull request for each
project, gates on: the project's own environment, lint and tests in the sandbox, the untouched base
first. No project is configured for it; what its sdist brings is what there is.

Then it is looked whether anything was left broken: each published branch is judged again, by
another command; it holds what was gated and nothing beside; the steps made over it once more change
nothing; what did not pass has no branch; and no repository is other than it was. Exit code 1 when
one of these does not hold.

*Commands* are the seconds that set-ups and gates took by themselves, the yardstick of the wall
clock. With `--sdists` nothing is downloaded; `--keep` leaves repositories and state there.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.campaigns.opening import begun, newest
from bot.wiring import now_iso
from tests.bench.migrating.aftermath import checked
from tests.bench.migrating.ground import Ground, Told, downloaded, laid_out, ours
from workflows.board import Board
from workflows.campaign import Target
from workflows.target_standing import TargetStanding

NAMES = (
    *("attrs", "blinker", "boltons", "cachetools", "certifi", "chardet", "click", "colorama"),
    *("decorator", "docopt", "humanize", "idna", "inflection", "iniconfig", "isodate"),
    *("itsdangerous", "jmespath", "more-itertools", "natsort", "packaging", "pluggy", "pyparsing"),
    *("python-dateutil", "six", "sortedcontainers", "tabulate", "termcolor", "toml", "tomli"),
    "wrapt",
)
RULES = ("UP004", "UP015", "UP024", "UP032", "UP034", "PIE790", "PIE808", "RSE102", "E713", "E714")
PROGRAM = Path(__file__).parent / "codemod_programs" / "default_encoding"
CAMPAIGN = "shorter-python"
GLOBS = ("*.py", "!test*/", "!testing/", "!test_*.py", "!docs/", "!examples/", "!setup.py")


def main() -> int:
    """Print the table and return the exit code."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--sdists", type=Path)
    asked.add_argument("--keep", type=Path)
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--only", default="")
    given = asked.parse_args()
    names = [name for name in NAMES if not given.only or name in given.only.split(",")]
    with tempfile.TemporaryDirectory(prefix="bench-thirty-") as temporary:
        place = (given.keep or Path(temporary)).resolve()
        sdists = given.sdists or downloaded(names, place / "sdists")
        ground = laid_out(names, sdists, place)
        if not ground.repositories:
            print("no package index gives an sdist here: name a folder of them by --sdists")
            return 0
        write_campaign(ground)
        swept = ours(ground, "sweep", str(ground.file), "--workers", str(given.workers), "--quiet")
        status = ours(ground, "status", CAMPAIGN, as_json=False)
        published = ours(ground, "publish", CAMPAIGN).document["targets"]
        wrong = report(ground, {one["name"]: one for one in published})
        print(f"\n{status.said}")
        tell_cost(ground, swept, given.workers)
        for line in wrong:
            print(f"WRONG: {line}")
        print("nothing is left broken" if not wrong else f"{len(wrong)} things are wrong")
        return 1 if wrong else 0


def write_campaign(ground: Ground) -> None:
    """Write the campaign's file, and the program that it names beside it."""
    shutil.copytree(PROGRAM, ground.folder / PROGRAM.name)
    document = {
        "name": CAMPAIGN,
        "description": "The same in fewer words: what Python has had a shorter form for since 3.8.",
        "on": {
            "globs": GLOBS,
            "repositories": [str(place) for place in ground.repositories.values()],
        },
        "steps": [{"ruff": RULES}, {"codemod": PROGRAM.name}],
        "template": {"title": "Use the shorter forms", "labels": ["campaign"]},
        "published": True,
    }
    ground.file.write_text(json.dumps(document, indent=2))


def report(ground: Ground, published: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Print a line for each project, and return what is wrong."""
    wrong: list[str] = []
    print(
        f"{'project':<18}{'state':<11}{'files':>5}{'left':>5}  {'tests':<14}pull request or cause"
    )
    for target, standing, facts in standings(ground):
        (name,) = (one for one, at in ground.repositories.items() if str(at) == target.repository)
        put_out = published.get(target.name, {"step": "", "number": 0, "why": ""})
        result = standing.result
        cause = result.cause if result else ""
        said = f"#{put_out['number']}" if put_out["number"] else put_out["why"]
        print(
            f"{name:<18}{standing.state:<11}{result.files_changed if result else 0:>5}"
            f"{facts.left:>5}  {facts.tests:<14}{' '.join(f'{said} {cause}'.split())[:110]}"
        )
        wrong += [f"{name}: {one}" for one in checked(ground, target, standing)]
    return wrong


@dataclass(frozen=True, slots=True)
class Facts:
    """What a run's journal says of a project: its ``tests`` on the base, the places ``left``."""

    tests: str
    left: int


def standings(ground: Ground) -> Iterator[tuple[Target, TargetStanding, Facts]]:
    with closing(SqliteJournal(ground.state / "journal.sqlite", now_iso, time.time)) as journal:
        campaign, _ = begun(journal, newest(journal, CAMPAIGN))
        board = Board(journal, campaign)
        board.refresh()
        for target in campaign.targets:
            standing, tests, left = board.standings[target.key], "", 0
            for entry in journal.read(standing.run):
                data = entry.event.data
                if entry.event.kind == "gate.finished" and " passed" in data["summary"]:
                    tests = tests or data["summary"].partition(",")[0]
                elif entry.event.kind == "command.finished":
                    left += len(json.loads(journal.get_blob(data["changes"])).get("left") or ())
            yield target, standing, Facts(tests or "none", left)


def tell_cost(ground: Ground, swept: Told, workers: int) -> None:
    """Print what the sweep took, beside what its commands took, some of them side by side."""
    runs, commands = set[str](), 0.0
    with closing(SqliteJournal(ground.state / "journal.sqlite", now_iso, time.time)) as journal:
        for entry in journal.follow():
            data = entry.event.data
            if data.get("campaign", "").startswith(f"{CAMPAIGN}-"):
                runs.add(entry.run)
            if entry.run in runs:
                commands += float(data.get("seconds") or 0.0)
    work = swept.wall_s * workers
    print(
        f"sweep of {len(ground.repositories)} projects: {swept.wall_s:.0f} s by the clock,"
        f" {work:.0f} s of {workers} workers; set-ups and gates alone took {commands:.0f} s, so"
        f" {work / max(commands, 0.1):.2f} x their time"
    )


if __name__ == "__main__":
    sys.exit(main())
