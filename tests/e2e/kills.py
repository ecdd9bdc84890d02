"""Kills the program at every point where it writes something down or touches the outside.

``.venv/bin/python tests/e2e/kills.py [--every N] [--random N] [--seed N]`` prints a Markdown table.
At each point one process dies by SIGKILL; then a person resumes, or starts the command again, and
what came of it is compared with what an undisturbed run made. Exit code 1 when anything differs.
"""

import argparse
import random
import secrets
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.e2e.play import Play, Point, Story
from tests.e2e.stage import Stage

_WORKERS = 2


def _newest_bundle(stage: Stage) -> str:
    return str(max((stage.state / "bundles").glob("r*.json")))


_TASK = ("--task", "Say two in a.txt")
PROPOSE = Story(
    "propose", lambda s: ("propose", *_TASK, "--model", f"scripted:{s.play}/replies.yml")
)
PUBLISH = Story("publish", lambda s: ("publish", _newest_bundle(s)), (PROPOSE,))
REVISE = Story(
    "review request-changes (revise)",
    lambda s: (
        *("review", "request-changes", "1", "--words", "Say three.", "--reviewer", "ada"),
        *("--model", f"scripted:{s.play}/answer.yml"),
    ),
    (PROPOSE, PUBLISH),
)
REPUBLISH = Story(
    "publish (of a revision)",
    lambda s: ("publish", _newest_bundle(s)),
    (PROPOSE, PUBLISH, REVISE),
)
MIGRATE = Story(
    "migrate (3 shards)",
    lambda _: ("migrate", "--rule", "sed -i s/one/two/", "--on", "*/b.txt", "--shard", "directory"),
)
SWEEP = Story(
    "migrate sweep (3 targets)",
    lambda s: ("migrate", "sweep", f"{s.play}/campaign.yml", "--quiet"),
)
AGENT = Story(
    "migrate sweep (agent)",
    lambda s: (
        *("migrate", "sweep", f"{s.play}/agent.yml", "--quiet"),
        *("--model", f"scripted:{s.play}/replies.yml"),
    ),
)
MIGRATE_PUBLISH = Story(
    "migrate publish (3 targets)", lambda _: ("migrate", "publish", "counting"), (SWEEP,)
)
STORIES = (PROPOSE, PUBLISH, REVISE, REPUBLISH, MIGRATE, AGENT, MIGRATE_PUBLISH)


def every_point(story: Story, folder: Path, every: int = 1, workers: int = _WORKERS) -> list[Point]:
    """Kill ``story`` at each ``every``-th of its points, on a few stages at a time."""

    def work(worker: int) -> list[Point]:
        play = Play(story, folder / f"{secrets.token_hex(4)}-{worker}")
        numbers = range(1, len(play.points) + 1, every)
        return [play.killed_at(number) for number in numbers[worker::workers]]

    with ThreadPoolExecutor(workers) as pool:
        return [point for points in pool.map(work, range(workers)) for point in points]


def at_random(folder: Path, kills: int, seed: int) -> list[Point]:
    """Kill ``kills`` times at random, up to three times in one and the same run."""
    draw = random.Random(seed)  # noqa: S311 - to be drawn again by its seed
    points, stories = [], [PROPOSE, MIGRATE, REVISE, PUBLISH]
    plays: dict[str, Play] = {}
    while kills > 0:
        story = draw.choices(stories, [5, 3, 2, 1])[0]
        if story.name not in plays:
            plays[story.name] = Play(story, folder / secrets.token_hex(4), pause=0.2)
        count = min(kills, draw.randint(1, 3))
        points.append(plays[story.name].killed_at_random(draw, count))
        kills -= count
    return points


def row(name: str, count: str, points: Sequence[Point]) -> str:
    """Return one line of the table."""
    same = sum(not point.wrong for point in points)
    cells = (
        name,
        count,
        str(sum(point.how == "resume" for point in points)),
        str(sum(point.how == "again" for point in points)),
        f"{same} of {len(points)}",
        "/".join(sorted({str(point.pull_requests) for point in points})),
        f"{sum(point.lost for point in points)}, all booked as lost",
        str(sum(len(point.leftovers) for point in points)),
    )
    return "| " + " | ".join(cells) + " |"


_HEAD = (
    "| command | kill points | finished by `resume` | by the command again | same tree, commit and"
    " text | pull requests | replies asked twice | leftovers |\n|---|---|---|---|---|---|---|---|"
)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(words: Sequence[str]) -> int:
    """Print the table and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--every", type=int, default=1, help="only each N-th point")
    parser.add_argument("--random", type=int, default=0, help="also N kills at random moments")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--story", default="", help="only the commands with this word")
    asked = parser.parse_args(words)
    _say(_HEAD)
    points: list[Point] = []
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        folder = Path(name).resolve()
        for story in STORIES:
            if asked.story in story.name and asked.every:
                found = every_point(story, folder, asked.every)
                _say(row(story.name, str(len(found)), found))
                points += found
        if asked.random:
            found = at_random(folder, asked.random, asked.seed)
            _say(row(f"at random (seed {asked.seed})", str(asked.random), found))
            points += found
    bad = [point for point in points if point.wrong or point.leftovers]
    for point in bad:
        sys.stderr.write(f"{point.name}: {[*point.wrong, *point.leftovers]}\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
