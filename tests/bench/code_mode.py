"""The same work by parallel calls and by snippets: what is sent to a model, and what it writes.

    python tests/bench/code_mode.py [--tokenizer PYTHON]

Both ways are really executed, on a clone of this checkout and with the actions, the sandbox and the
interpreter that a run uses; a script stands in for the model. Every request repeats all that was
said before, as it is sent to the vendor: its bytes are counted, and its tokens where `--tokenizer`
names a Python that has the packages litellm and tokenizers. The baseline is the way by calls. The
ways must come to the same result, and edits to the same tree.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.adapters.claude_model.request import request_body
from bot.adapters.monty_interpreter import monty_interpreter
from bot.adapters.sqlite_journal.journal import SqliteJournal
from tests.bench.coding.workloads import WORKLOADS, Way
from tests.bench.harness_peers import counting
from validators.checkout import Clone, open_clone
from validators.sandbox import REQUIRED_BY_DEFAULT
from validators.verdict import Verdict
from workflows import prompts
from workflows.conversation import ActionCall, Conversation, Message
from workflows.explore import CodeMode, Explorer
from workflows.recorder import Recorder, recording
from workflows.sdk import Sdk
from workflows.sdk_functions import MOST, AnswerCache, SdkFunctions
from workflows.snippet import SnippetLimits
from workflows.tools import Tools, actions_of
from workflows.working_tree import WorkingTree

ROOT = Path(__file__).resolve().parents[2]
TASK = "See what is asked, and do it."
MODEL = "claude-sonnet-5-5"


@dataclass
class Sent:
    """What one way of working took; ``written`` is what the model writes, as JSON.

    ``own`` are the tokens of tools that the vendor puts in by their name alone.
    """

    result: object = None
    tree: str = ""
    requests: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    answering_s: float = 0.0
    own: int = 0

    def texts(self) -> list[str]:
        return ["".join(self.requests), "".join(self.written)]


@contextmanager
def tools_in(clone: Clone, code: CodeMode | None, recorder: Recorder) -> Iterator[Tools]:
    working = WorkingTree(clone, clone.base_tree)
    sdk = Sdk(clone, working, lambda *_: Verdict("pass"), most=MOST if code else None)
    explorer = None
    if code:
        functions = SdkFunctions(sdk, working, AnswerCache())
        explorer = Explorer(code, functions, recorder, "")
    with closing(Tools(sdk, working, explorer)) as tools:
        yield tools


def played(way: Way, tools: Tools, code: CodeMode | None) -> Sent:
    """Play one way to its end, each reply answered as in a run."""
    sent = Sent()
    system = prompts.SYSTEM_IN_CODE if code else prompts.SYSTEM
    conversation = Conversation(system, (Message("user", TASK),), actions_of(code))
    texts: list[str] | None = None
    while True:
        if not tools.finished:
            body = request_body(conversation, MODEL, 16_000, None)
            sent.own += counting.vendors_own(body)
            sent.requests.append(json.dumps(body, ensure_ascii=False))
        try:
            asked = way.send(texts) if texts is not None else next(way)
        except StopIteration as end:
            sent.result = end.value
            sent.tree = tools.unfinished().tree
            return sent
        calls = tuple(
            ActionCall(f"call-{len(sent.requests)}-{number}", name, given)
            for number, (name, given) in enumerate(asked)
        )
        sent.written += [json.dumps([one.name, one.arguments]) for one in calls]
        turn = Message("model", calls=calls)
        began = time.perf_counter()
        words, results = tools.answer(turn)
        sent.answering_s += time.perf_counter() - began
        failed = [one.text for one in results if one.failed]
        if failed:
            raise SystemExit(f"a call was not answered: {failed[0][:500]}")
        texts = [one.text for one in results]
        messages = (*conversation.messages, turn, Message("user", words.text, results=results))
        conversation = replace(conversation, messages=messages)


def table(rows: dict[str, tuple[Sent, Sent]], counts: dict[str, list[int]], unit: str) -> None:
    print(f"| work | requests | {unit} sent | {unit} written | answering, s | by snippets |")
    print("|--|--|--|--|--|--|")
    for name, (calls, code) in rows.items():
        sent, written, sent_code, written_code = counts[name]
        share = (sent_code + written_code) / (sent + written)
        change = f"{1 - share:.1%} less" if share < 1 else f"{share - 1:.1%} more"
        cells = (
            f"{len(calls.requests)} : {len(code.requests)}",
            f"{sent:,} : {sent_code:,}",
            f"{written:,} : {written_code:,}",
            f"{calls.answering_s:.1f} : {code.answering_s:.1f}",
        )
        print(f"| {name} | {' | '.join(cells)} | {change} |")
    print("\nby calls (the baseline) : by snippets")


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--tokenizer", type=Path, help="a Python with litellm and tokenizers")
    given = words.parse_args()
    rows: dict[str, tuple[Sent, Sent]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-code-mode-") as folder:
        place = Path(folder)
        sandbox = BwrapSandbox(place)
        if not sandbox.probe().usable:
            print(f"skipped: {sandbox.probe().why_not}")
            return
        required = frozenset(REQUIRED_BY_DEFAULT)
        code = CodeMode(monty_interpreter(sandbox, place, required), SnippetLimits())
        clone = open_clone(ROOT, "HEAD", place / "clone")
        journal = SqliteJournal(place / "journal.sqlite", lambda: "", time.time)
        with recording(journal, "bench", {}) as recorder:
            for work in WORKLOADS:
                rows[work.name] = _both(work, clone, code, recorder)
        journal.close()
    texts = {name: [*calls.texts(), *by.texts()] for name, (calls, by) in rows.items()}
    if given.tokenizer:
        found = counting.counted([one for four in texts.values() for one in four], given.tokenizer)
        counts = {name: found[4 * at : 4 * at + 4] for at, name in enumerate(texts)}
        for name, (calls, by) in rows.items():
            counts[name][0] += calls.own
            counts[name][2] += by.own
        table(rows, counts, "tokens")
        print(f"tokens by {counting.NAME}")
    else:
        table(
            rows,
            {name: [len(one.encode()) for one in four] for name, four in texts.items()},
            "bytes",
        )


def _both(work: Any, clone: Clone, code: CodeMode, recorder: Recorder) -> tuple[Sent, Sent]:
    with tools_in(clone, None, recorder) as tools, tools_in(clone, code, recorder) as in_code:
        paths = sorted(in_code._sdk.files().paths)
        by_calls = played(work.by_calls(paths), tools, None)
        by_snippets = played(work.by_snippets(paths), in_code, code)
    if (by_calls.result, by_calls.tree) != (by_snippets.result, by_snippets.tree):
        raise SystemExit(
            f"{work.name}: {by_calls.result} by calls, {by_snippets.result} by snippets"
        )
    return by_calls, by_snippets


if __name__ == "__main__":
    main()
