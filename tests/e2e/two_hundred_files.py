"""The same change of 200 files in code mode, by calls, and by a campaign's program: word for word.

`make transcript` writes docs/code-mode-transcript.md with it. A stand-in on this machine speaks the
vendor's protocol; who answers is a script that reads what it is told. Tokens are a quarter of the
bytes of what is sent and said, without what a vendor's cache takes off, and 700 for the vendor's
own editor in each request that names it.
"""

import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.bench.harness_peers import counting
from tests.bot.adapters.anthropic_stand_in import Answer, Received, StandIn
from tests.conftest import PROGRAM
from tests.e2e.following import started
from tests.e2e.repositories import git, save, write
from tests.e2e.steady import steady
from tests.e2e.two_hundred_boxes import (
    CHANGE,
    FILES,
    FINISH,
    LOOK,
    SAMPLE,
    SUBMIT,
    TASK,
    TRY,
    Call,
    Script,
    by_calls,
    by_snippets,
)
from tests.found_out import lend

PAGE = Path(__file__).resolve().parents[2] / "docs" / "code-mode-transcript.md"
_PLACE = re.compile(r"(<!-- shown: ([\w-]+) -->\n).*?(<!-- /shown -->)", re.DOTALL)
_OTHERWISE = (
    (r"\b[0-9a-f]{32}\b", "MARK"),
    (r"boxes-[0-9a-f]{8}", "boxes-ID"),
    (r"target( +)[0-9a-f]{14}", r"target\1ID"),
    # As long as what is said to the model; that is compared whole elsewhere.
    (r"\$\d\.\d{4}(, \d+ tokens)?", "$..."),
)
_OPERATOR = (
    "limits: {max_patch_files: 300, max_patch_lines: 4000}\n"
    "budget: {max_tokens: 9000000, run_usd: 90}\n"
)


@dataclass(frozen=True)
class Turn:
    """One reply, and the texts it was answered with."""

    calls: Sequence[Call]
    told: list[str]


class Player(StandIn):
    """A stand-in that asks its script what to answer, and counts what it was sent and said."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self.turns: list[Turn] = []
        self.sent = self.written = 0
        self._script = script
        self._calls: Sequence[Call] = ()

    def next_answer(self, request: Received) -> Answer:
        texts = _results(request.body["messages"][-1])
        if self._calls:
            self.turns.append(Turn(self._calls, texts))
        try:
            self._calls = self._script.send(texts) if self._calls else next(self._script)
        except StopIteration as end:
            self._calls = ()
            return self._said(request, [{"type": "text", "text": end.value}], "end_turn")
        number = len(self.turns)
        blocks = [
            {"type": "tool_use", "id": f"toolu_{number}_{at}", "name": _vendors(name), "input": one}
            for at, (name, one) in enumerate(self._calls)
        ]
        return self._said(request, blocks, "tool_use")

    def ended(self) -> None:
        """Keep the last reply as well, to which nothing was said any more."""
        if self._calls:
            self.turns.append(Turn(self._calls, []))

    def _said(self, request: Received, blocks: list[dict[str, Any]], stop: str) -> Answer:
        sent = len(json.dumps(request.body, ensure_ascii=False).encode()) // 4
        sent += counting.vendors_own(request.body)
        written = len(json.dumps(blocks).encode()) // 4
        self.sent += sent
        self.written += written
        whole = self.replies(*blocks, stop=stop, output_tokens=written)
        (name, start), *rest = whole.events
        message = start["message"] | {"usage": {"input_tokens": sent, "output_tokens": 1}}
        self.says(replace(whole, events=((name, start | {"message": message}), *rest)))
        return super().next_answer(request)


def _vendors(name: str) -> str:
    return "str_replace_based_edit_tool" if name == "editor" else name


def _results(turn: Mapping[str, Any]) -> list[str]:
    blocks = turn["content"] if isinstance(turn["content"], list) else []
    found = []
    for block in blocks:
        if block["type"] == "tool_result":
            assert not block.get("is_error"), block
            content = block["content"]
            found.append(content if isinstance(content, str) else content[0]["text"])
    return found


@dataclass
class Scene:
    """What one way came to; ``printed`` is what a person saw."""

    model: Player
    printed: str
    wall_s: float
    tree: str


def played(folder: Path, script: Script, words: Sequence[str], action: str) -> Scene:
    """Run one command on the project, to its end."""
    repo, state = folder / "project", lend(folder / "state")
    write(folder, {".config/changewright/config.yml": _OPERATOR})
    repo.mkdir()
    git(repo, "init", "-q", "-b", "main")
    write(repo, dict(FILES))
    save(repo)
    with closing(Player(script)) as model:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "ANTHROPIC_API_KEY": "a-key",
            "CHANGEWRIGHT_MODEL_ENDPOINT": model.url,
            "CHANGEWRIGHT_MODEL_ACTION": action,
            "CHANGEWRIGHT_STATE": str(state),
        }
        began = time.monotonic()
        with started([str(PROGRAM), *words], environment, folder) as process:
            code = process.ended()
            wall_s = time.monotonic() - began
            told = process.err + process.out
        model.ended()
    assert code == 0, told
    assert model.complaints == []
    shown = " ".join(f'"{word}"' if " " in word else word for word in words)
    (bundle,) = (state / "bundles").glob("*.json")
    tree = json.loads(bundle.read_bytes())["bundle"]["applied_tree"]
    return Scene(model, f"$ changewright {shown}\n{told}", wall_s, tree)


PLAYS: Mapping[str, tuple[str, Callable[[], Script], tuple[str, ...], str]] = {
    "snippets": (
        "`propose`, by snippets",
        lambda: by_snippets(LOOK, CHANGE, FINISH),
        ("propose", "--repo", "project", "--task", TASK),
        "code",
    ),
    "calls": (
        "`propose`, by calls",
        by_calls,
        ("propose", "--repo", "project", "--task", TASK),
        "tools",
    ),
    "campaign": (
        "a campaign's program, by snippets",
        lambda: by_snippets(SAMPLE, TRY, SUBMIT),
        ("migrate", "sweep", "project/campaign.yml", "--repo", "project"),
        "code",
    ),
}


def scenes(folder: Path) -> dict[str, Scene]:
    """Play all three ways."""
    found = {}
    for name, (_, script, words, action) in PLAYS.items():
        (folder / name).mkdir()
        found[name] = played(folder / name, script(), words, action)
    return found


# --- the page -----------------------------------------------------------------------------------


def texts(found: Mapping[str, Scene], folder: Path) -> dict[str, str]:
    """Return what the page shows, by the names of its places."""
    place = rf"{re.escape(str(folder))}/\w+/\w+"
    shown = {name: steady(_story(scene), place, *_OTHERWISE) for name, scene in found.items()}
    return {"figures": "\n".join(_table(found)) + "\n", **shown}


def _table(found: Mapping[str, Scene]) -> Iterator[str]:
    yield "| | requests | tokens sent | tokens written | seconds | tree |"
    yield "|---|--:|--:|--:|--:|---|"
    for name, one in found.items():
        model, of = one.model, PLAYS[name][0]
        yield (
            f"| {of} | {len(model.requests)} | {model.sent:,} | {model.written:,} |"
            f" {one.wall_s:.1f} | `{one.tree[:12]}` |"
        )


def _story(scene: Scene) -> str:
    parts = [_fenced("", scene.printed)]
    for number, turn in enumerate(scene.model.turns, 1):
        (name, given), *others = turn.calls
        if name == "run_code":
            parts += [f"Reply {number}:\n", _fenced("python", given["code"])]
        else:
            many = f", {len(turn.calls)} calls, the first" if others else ""
            parts += [f"Reply {number}{many}:\n", _fenced("", f"{name} {json.dumps(given)}")]
        if turn.told:
            more = f"\n(and {len(others)} more answers)" if others else ""
            parts += ["It was told:\n", _fenced("", turn.told[0] + more)]
    return "\n".join(parts)


def _fenced(language: str, text: str) -> str:
    return f"````{language}\n{text.rstrip()}\n````\n"


def on_the_page() -> dict[str, str]:
    """Return what the page shows, by its name."""
    found = _PLACE.finditer(PAGE.read_text("utf-8"))
    return {one[2]: one[0].removeprefix(one[1]).removesuffix(one[3]) for one in found}


def main() -> None:
    """Play all, and write the page."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        made = texts(scenes(folder), folder)
    page = PAGE.read_text("utf-8")
    PAGE.write_text(_PLACE.sub(lambda one: f"{one[1]}{made[one[2]]}{one[3]}", page), "utf-8")


if __name__ == "__main__":
    main()
