"""A change of three files asked for over HTTP, and the same run killed while a reply streams.

`make transcript` writes docs/transcript.md with it. A stand-in on this machine speaks the vendor's
protocol and holds each request against the types of the vendor's library. What differs from one
time to the next (names of runs, seconds) is replaced, so that a test can compare the page with what
the program does now.
"""

import json
import os
import re
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.bot.adapters.anthropic_stand_in import Answer, StandIn
from tests.conftest import PROGRAM
from tests.e2e.following import started
from tests.e2e.repositories import git, save, write
from tests.e2e.steady import steady
from tests.found_out import lend

PAGE = Path(__file__).resolve().parents[2] / "docs" / "transcript.md"
_PLACE = re.compile(r"(<!-- shown: (\w+) -->\n).*?(<!-- /shown -->)", re.DOTALL)
_OTHERWISE = (
    (r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:8080"),
    # As long as what is said to the model; that is compared whole elsewhere.
    (r"usd=\S+ tokens=\d+ lost=True", "usd=(reserved) tokens=(reserved) lost=True"),
    (r"tree=([0-9a-f]{12})[0-9a-f]{28}", r"tree=\1"),
    (r"at most \$\d+\.\d{4}", "at most $..."),
)
TASK = "words() counts spaces, and the report does not say how many characters there are"
FILES = {
    ".github/changewright.yml": (
        "setup: {run: []}\ngates: [{name: tests, kind: test, run: [python3, -m, unittest, -v]}]\n"
    ),
    "tally.py": 'def words(text):\n    return text.count(" ") + 1\n',
    "report.py": (
        'from tally import words\n\n\ndef line(text):\n    return f"{words(text)} words"\n'
    ),
    "test_tally.py": (
        "import unittest\n\nimport report\nimport tally\n\n\n"
        "class Tally(unittest.TestCase):\n"
        "    def test_two_words(self):\n"
        '        self.assertEqual(tally.words("a b"), 2)\n'
    ),
}
_BLOCK = "{}\n<<<<<<< SEARCH\n{}=======\n{}>>>>>>> REPLACE\n"
_OLD_TEST = '        self.assertEqual(tally.words("a b"), 2)\n'
_NEW_TESTS = """\

    def test_two_spaces_are_one_gap(self):
        self.assertEqual(tally.words("a  b"), 2)

    def test_the_report_says_both(self):
        self.assertEqual(report.line("a  b"), "2 words, 4 characters")
"""
# The first reply forgets the second space, which the gate finds; the second mends it.
FIRST = "I split at each space and report both figures.\n\n" + "\n".join(
    _BLOCK.format(*edit)
    for edit in (
        ("tally.py", '    return text.count(" ") + 1\n', '    return len(text.split(" "))\n'),
        (
            "report.py",
            '    return f"{words(text)} words"\n',
            '    return f"{words(text)} words, {len(text)} characters"\n',
        ),
        ("test_tally.py", _OLD_TEST, _OLD_TEST + _NEW_TESTS),
    )
)
SECOND = "Any run of white space is one gap.\n\n" + _BLOCK.format(
    "tally.py", '    return len(text.split(" "))\n', "    return len(text.split())\n"
)
_FACTS: Mapping[str, tuple[str, ...]] = {
    "prompt.sent": ("reservation",),
    "budget.settled": ("reservation", "usd", "tokens", "at_least", "lost"),
    "model.replied": ("reservation", "model"),
    "patch.landed": ("attempt", "tree"),
    "gate.finished": ("gate", "side", "summary"),
    "run.resumed": ("replies", "attempts"),
    "run.finished": ("state", "verdict", "why"),
}


def _said(text: str, *, read: int = 0) -> Answer:
    """Return a whole reply, of whose prompt ``read`` tokens were in the cache."""
    whole = StandIn.replies({"type": "text", "text": text})
    (name, start), *rest = whole.events
    usage = start["message"]["usage"] | {"cache_read_input_tokens": read}
    message = start["message"] | {"usage": usage}
    return replace(whole, events=((name, start | {"message": message}), *rest))


def _half(text: str) -> Answer:
    """Return the first half of a reply, after which nothing more comes."""
    whole = _said(text, read=400)
    return replace(whole, events=whole.events[: len(whole.events) // 2], how="stalls")


@dataclass
class Scene:
    """One folder with the project, a state and a stand-in; ``printed`` is what a person saw."""

    folder: Path
    model: StandIn
    printed: list[str] = field(default_factory=list)

    @property
    def repo(self) -> Path:
        return self.folder / "project"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ANTHROPIC_API_KEY": "a-key",
            "CHANGEWRIGHT_MODEL_ENDPOINT": self.model.url,
            "CHANGEWRIGHT_STATE": str(lend(self.folder / "state")),
        }

    def run(self, *words: str, is_killed: bool = False) -> str:
        """Run the program, to its end or until a reply has stalled; return what it printed."""
        shown = " ".join(f'"{word}"' if " " in word else word for word in words)
        with started([str(PROGRAM), *words], self.environment, self.folder) as process:
            if is_killed:
                assert self.model.stalled.wait(120), process.err
                process.signalled(signal.SIGKILL)
            code = process.ended()
            told = process.err + process.out
        ended = "killed (SIGKILL) while the reply streams\n" if is_killed else ""
        self.printed.append(f"$ changewright {shown}\n{told}{ended}")
        assert code == (-signal.SIGKILL if is_killed else 0), told
        return told

    def events(self) -> list[dict[str, Any]]:
        """Return the events of the newest run, as `journal export` writes them."""
        (name,) = {found for text in self.printed for found in re.findall(r"r\d{8}-\S{13}", text)}
        self.run("journal", "export", name, "--out", str(self.folder / "run.jsonl"))
        self.printed.pop()
        lines = map(json.loads, (self.folder / "run.jsonl").read_text("utf-8").splitlines())
        return [line["entry"]["event"] for line in lines if line.get("entry")]

    def cost(self) -> list[str]:
        """Return what the pull request's text says of the cost."""
        (bundle,) = (self.folder / "state" / "bundles").glob("r*.json")
        body = json.loads(bundle.read_bytes())["bundle"]["body"].splitlines()
        return [line for line in body if line.startswith(("Model `", "The model's answer"))]


def scene(folder: Path, model: StandIn) -> Scene:
    """Make the project, always as the same commit."""
    made = Scene(folder, model)
    made.repo.mkdir(parents=True)
    git(made.repo, "init", "-q", "-b", "main")
    write(made.repo, dict(FILES))
    save(made.repo)
    return made


def undisturbed(folder: Path) -> Scene:
    """Play the run to its end."""
    with closing(StandIn()) as model:
        model.says(_said(FIRST), _said(SECOND, read=400))
        made = scene(folder, model)
        made.run("propose", "--repo", "project", "--task", TASK)
    return made


def killed(folder: Path) -> Scene:
    """Play it, kill it while the second reply streams, and resume it."""
    with closing(StandIn()) as model:
        model.says(_said(FIRST), _half(SECOND), _said(SECOND, read=400))
        made = scene(folder, model)
        made.run("propose", "--repo", "project", "--task", TASK, is_killed=True)
        made.run("runs")
        made.run("resume")
    return made


def shown(play: Callable[[Path], Scene], folder: Path) -> str:
    """Return what the page says about one of the two."""
    made = play(folder / play.__name__)
    told = "\n".join(made.cost())
    asked = f"Requests that arrived: {len(made.model.requests)}. The pull request says:\n"
    journal = "\n".join(_lines(made.events()))
    parts = [_fenced("\n".join(made.printed)), "Its journal:\n"]
    text = "\n".join([*parts, _fenced(journal), asked, _fenced(told)])
    return steady(text, rf"{re.escape(str(folder))}/\w+", *_OTHERWISE)


def _lines(events: list[dict[str, Any]]) -> Iterator[str]:
    for event in events:
        if event["kind"] not in _FACTS:
            yield event["kind"]
            continue
        given = event["data"]
        facts = [f"{name}={given[name]}" for name in _FACTS[event["kind"]] if given.get(name)]
        yield f"{event['kind']:<18} {' '.join(facts)}"


def _fenced(text: str) -> str:
    return f"```\n{text.rstrip()}\n```\n"


PLAYS = {"undisturbed": undisturbed, "killed": killed}


def on_the_page() -> dict[str, str]:
    """Return what the page shows of each, by its name."""
    found = _PLACE.finditer(PAGE.read_text("utf-8"))
    return {one[2]: one[0].removeprefix(one[1]).removesuffix(one[3]) for one in found}


def main() -> None:
    """Play both, and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        texts = {name: shown(play, Path(folder)) for name, play in PLAYS.items()}
    page = PAGE.read_text("utf-8")
    PAGE.write_text(_PLACE.sub(lambda one: f"{one[1]}{texts[one[2]]}{one[3]}", page), "utf-8")


if __name__ == "__main__":
    main()
