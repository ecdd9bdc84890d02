"""One command played on a stage: undisturbed, then killed, recovered and compared."""

import random
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.following import started
from tests.e2e.stage import Stage, leftovers

_MOST_TRIES = 6
_SHOWN = 80  # characters on both sides of where two texts part


@dataclass(frozen=True)
class Story:
    """A command by name: its words on a stage, and the stories that must be over before it."""

    name: str
    words: Callable[[Stage], tuple[str, ...]]
    before: tuple["Story", ...] = ()


@dataclass
class Point:
    """What came of one kill, or of several in a row. ``wrong`` is empty when all was as it must."""

    name: str
    how: str = ""
    lost: int = 0
    pull_requests: int = 0
    wrong: list[str] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)


class Play:
    """One story on one stage: its start, and what it makes when nobody disturbs it."""

    def __init__(self, story: Story, folder: Path, *, pause: float = 0.0) -> None:
        self.story = story
        self.stage = Stage(folder, pause=pause)
        for earlier in story.before:
            self._must(earlier.words(self.stage))
        self.stage.keep()
        self.original, self.begun = self.stage.original(), len(self.stage.events())
        self.words = story.words(self.stage)
        began = time.monotonic()
        self._must(self.words)
        self.seconds = time.monotonic() - began
        self.made, self.points = self.stage.truth(), self.stage.passed()
        self._publish()
        self.published = self.stage.truth()

    def killed_at(self, number: int) -> Point:
        """Play with a death at point ``number``, recover, and compare."""
        self.stage.begin()
        point = Point(f"{number} {self.points[number - 1].strip()}")
        if self.stage.run(*self.words, at=number).returncode == 0:
            point.wrong.append("nothing died there")
        self._recover(point)
        return self._compared(point)

    def killed_at_random(self, draw: random.Random, kills: int) -> Point:
        """Play with ``kills`` deaths of the whole process group, each after a random time."""
        self.stage.begin()
        delays = [draw.uniform(0, min(3.0, 1.1 * self.seconds)) for _ in range(kills)]
        words, point = self.words, Point("after " + ", ".join(f"{d:.2f} s" for d in delays))
        for delay in delays:
            argv, environment = self.stage.argv(*words), self.stage.environment()
            with started(argv, environment, self.stage.play) as run:
                with suppress(subprocess.TimeoutExpired):
                    run.ended(delay)
                run.signalled(signal.SIGKILL)
            words = self._next_words()
        self._recover(point)
        return self._compared(point)

    def _next_words(self) -> tuple[str, ...]:
        """Return what a person types who finds the run cut off, or finds none.

        Only the campaign knows how its pull requests are to be opened, so that is asked again.
        """
        if self.words[:2] == ("migrate", "publish"):
            return self.words
        new = [run for run, event in self.stage.events() if event["kind"] == "run.started"]
        known = {Path(name).stem for name in self.made.trees}
        ours = [run for run in new if run in known]
        return ("resume", ours[-1]) if ours else self.words

    def _recover(self, point: Point) -> None:
        for _ in range(_MOST_TRIES):
            words = self._next_words()
            done = self.stage.run(*words)
            if self._is_done():
                point.how = point.how or ("resume" if words[0] == "resume" else "again")
                return
            if words[0] == "resume":
                # Finished in itself, and the command had more to do.
                done = self.stage.run(*self.words)
                point.how = "again"
                if self._is_done():
                    return
        point.wrong.append(f"never finished; the last try said: {done.stderr[-600:]}")

    def _is_done(self) -> bool:
        there = self.stage.truth()
        return (
            set(there.trees) >= set(self.made.trees)
            and len(there.pull_requests) >= len(self.made.pull_requests)
            and set(there.branches) >= set(self.made.branches)
            and self._ends() >= set(self.made.trees)
            and there.targets.keys() >= self.made.targets.keys()
            and all(set(there.targets[k]) >= set(ends) for k, ends in self.made.targets.items())
        )

    def _ends(self) -> set[str]:
        """Return the bundles whose runs have come to an end."""
        finished = "published" if "publish" in self.words[:2] else "proposed"
        ends = {
            run: event["data"]["state"]
            for run, event in self.stage.events()
            if event["kind"] == "run.finished"
        }
        good = {finished, "published"}
        return {f"{run}.json" for run, state in ends.items() if state in good}

    def _compared(self, point: Point) -> Point:
        self._publish()
        stage, there = self.stage, self.stage.truth()
        self._require_booked(point)
        # What was lost is told to whoever decides, so the text is another one then.
        names: tuple[str, ...] = ("trees", "branches", "pull_requests", "replies", "targets")
        names += ("texts",) * (not point.lost)
        for name in names:
            point.wrong += _differences(name, getattr(self.published, name), getattr(there, name))
        if stage.original() != self.original:
            point.wrong.append("the original repository was changed")
        point.pull_requests = len(there.pull_requests)
        point.leftovers = leftovers(stage.folder, stage.repo, stage.state)
        return point

    def _require_booked(self, point: Point) -> None:
        """Note every reply that was asked for and neither kept nor booked as lost."""
        new = [event for _, event in self.stage.events()[self.begun :]]
        settled = [e["data"]["lost"] for e in new if e["kind"] == "budget.settled"]
        reserved = sum(e["kind"] == "budget.reserved" for e in new)
        replied = sum(e["kind"] == "model.replied" for e in new)
        asked = sum("before ScriptedModel.reply" in name for name in self.stage.passed())
        point.lost = sum(settled)
        if reserved != len(settled) or asked > replied + point.lost:
            point.wrong.append(f"asked {asked} times, {replied} kept, {point.lost} lost")

    def _publish(self) -> None:
        """Publish every bundle that the story made: the next start, and twice is once."""
        for name in self.made.trees:
            if name not in {f"{run}.json" for run in self._revised()}:
                self.stage.run("publish", str(self.stage.state / "bundles" / name))

    def _revised(self) -> set[str]:
        starts = [(run, e["data"]) for run, e in self.stage.events() if e["kind"] == "run.started"]
        return {run for run, data in starts[:-1] if starts[-1][1].get("revises")}

    def _must(self, words: Sequence[str]) -> None:
        done = self.stage.run(*words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"


def _differences(name: str, wanted: object, found: object) -> list[str]:
    if wanted == found:
        return []
    if isinstance(wanted, dict) and isinstance(found, dict) and wanted.keys() == found.keys():
        return [
            line
            for key in wanted
            for line in _differences(f"{name} {key}", wanted[key], found[key])
        ]
    pairs = zip(str(wanted), str(found), strict=False)
    place = next((n for n, (one, other) in enumerate(pairs) if one != other), 0)
    start = max(0, place - _SHOWN)
    shown = [str(one)[start : place + _SHOWN] for one in (found, wanted)]
    return [f"{name}: ...{shown[0]!r} instead of ...{shown[1]!r}"]
