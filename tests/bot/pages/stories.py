"""The story of a run in which everything that can be a stranger's word is one."""

from scoping.edges import Edge
from scoping.excerpts import Excerpt
from validators.evidence import Evidence
from validators.verdict import Finding, Verdict
from workflows.model_requests import Request
from workflows.proposal import Attempt, EditReport
from workflows.run import RunState, RunSummary
from workflows.run_story import GateRun, Story, Try
from workflows.scope_map import Ranked, ScopeMap
from workflows.task import Task

START, END = "2026-01-02T03:04:05Z", "2026-01-02T03:05:06Z"
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\x1b[2J\x00'


def diff_of(path: str, *lines: str) -> str:
    old = sum(line[0] in " -" for line in lines)
    new = sum(line[0] in " +" for line in lines)
    head = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n"
    return head + f"@@ -1,{old} +1,{new} @@ def f()\n" + "".join(f"{line}\n" for line in lines)


def stranger_s_story(
    evidence: Evidence, word: str = "x", diff: str = "", state: RunState = "proposed"
) -> Story:
    """Return the story of a run whose every ``word`` a stranger wrote."""
    finding = Finding("tests", word, "block", f"{word}\n{word}", "a.py", 2, word)
    attempt = Attempt(2, Verdict("fail", (finding,)), summary=word, evidence=evidence)
    edits = (EditReport(word, landed=False, how=word, message=word),)
    gate = GateRun(word, "patched", "failed", 3.5, word, word, END)
    request = Request("2.2", 2, "author", START, END, word, 0.25, 1234)
    last = Try(
        2, (request,), edits, "b" * 40, START, (gate,), attempt, END, None, diff or "no diff"
    )
    ranked = (Ranked("a.py", 2.0, (word,)), Ranked(word, 1.0, (f"`{word}`",)))
    return Story(
        RunSummary("r1", "t", word, word, state, "fail", START, 2, 0.25, 1234, why=word),
        Task(word, word, word, number=word, author=word, labels=(word,)),
        {"base_commit": "c" * 40, "model": word, "campaign": word, "target": word},
        is_held=False,
        last_at=END,
        tries=(Try(1, diff=""), last),
        requests=(request,),
        scope_map=ScopeMap(
            ranked, (Ranked(f"a.py::{word}", 1.0, (word,)),), (Edge("imports", "a.py", word),)
        ),
        given=(Excerpt("a.py", 1, 9, "", word, (word,), word),),
        tokens_given=99,
        bundles=({"sha256": word, "path": word},),
        effects=(),
        moments=((END, "environment.ready", {"seconds": 2.0, "how": word}),),
        unread=1,
    )
