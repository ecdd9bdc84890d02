"""Lessons looked up on a forge, or read from a file, and proposed on an opened bench."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.gate_room import judging
from bot.memory import open_memory
from bot.progress import Progress
from bot.wiring import WiringRefusal, open_bench
from bot.workshop import workshop
from validators.encoding import EncodingRefusal, decode
from workflows.learn import learn, task_of
from workflows.lessons import Lesson, lessons_of
from workflows.metrics import changes_of
from workflows.workshop import Outcome, Watch

_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class _Document:
    lessons: tuple[Lesson, ...]


def lessons_at(
    repo: Path, command_line: Mapping[str, object], *, may_be_hosted: bool
) -> tuple[Lesson, ...]:
    """Return what the repository's reviews suggest; WiringRefusal where that needs two steps."""
    with open_memory(repo, command_line) as memory:
        if memory.tracker is not None and not may_be_hosted:
            raise WiringRefusal(
                "what runs your gates holds no token of a forge. Do it in two steps: `changewright"
                " learn --list --json > lessons.json` with the token, then `changewright learn"
                " --from lessons.json` without it"
            )
        return lessons_of(changes_of(memory.facts), memory.settings.rules)


def read_lessons(path: Path) -> tuple[Lesson, ...]:
    """Return the lessons in a file that `learn --list --json` wrote."""
    try:
        with path.open("rb") as file:
            return decode(file.read(_MOST_BYTES), _Document).lessons
    except OSError as error:
        raise WiringRefusal(f"{path}: cannot read the lessons: {error.strerror}") from error
    except EncodingRefusal as error:
        message = f"{path} is not what `changewright learn --list --json` prints ({error})"
        raise WiringRefusal(message) from error


def propose_lessons(
    lessons: tuple[Lesson, ...],
    repo: Path,
    command_line: Mapping[str, object],
    *,
    unsafe: bool,
    quiet: bool,
) -> Outcome:
    """Propose ``lessons`` on the repository's present commit."""
    local = {key: value for key, value in command_line.items() if key != "forge.kind"}
    with open_bench(repo, "HEAD", local, unsafe=unsafe) as opened, Progress(quiet=quiet) as shown:
        clone = opened.clone
        task = task_of(clone, str(clone.repository))
        bench = judging(opened, task.change)
        return learn(task, lessons, bench.new_run(), workshop(bench, Watch(shown.entry)))
