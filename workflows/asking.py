"""Asking until a reply is meant to be landed, and the ends that a conversation can come to."""

from validators.verdict import Finding, Verdict, VerdictWord
from workflows import prompts
from workflows.authors import Author
from workflows.conversation import Reply
from workflows.ports import ModelRefusal
from workflows.purse import BudgetRefusal
from workflows.run import RunState
from workflows.work import Work
from workflows.workshop import Workshop


class Ended(Exception):
    """The run ends here without a proposal, for a reason a person should read."""

    def __init__(self, state: RunState, verdict: Verdict, why: str) -> None:
        super().__init__(why)
        self.state: RunState = state
        self.verdict = verdict


def ask_until_edits(author: Author, workshop: Workshop, attempt: int, work: Work) -> Reply:
    """Answer the author's calls until it ends the attempt; return the reply that ends it."""
    work.author, work.replies = author, []
    while True:
        try:
            reply = author.dialogue.ask(attempt, workshop.watch.words)
        except BudgetRefusal as refusal:
            raise Ended(
                "failed", verdict_of("budget", "budget", str(refusal)), str(refusal)
            ) from None
        except ModelRefusal as refusal:
            verdict = verdict_of("infrastructure", f"model-{refusal.trouble}", str(refusal))
            raise Ended("failed", verdict, f"the model gave no reply: {refusal}") from refusal
        work.replies.append(reply)
        text = reply.message.text.lstrip()
        if reply.stop == "refusal":
            why = f"the model declined the task: {text[:500]}"
            raise Ended("nothing", verdict_of("fail", "model-declined", why), why)
        if text.startswith(prompts.QUESTION):
            question = text[len(prompts.QUESTION) : 1_000].strip()
            why = f"the model asks: {question}"
            raise Ended("nothing", verdict_of("fail", "question", why), why)
        if text.startswith(prompts.NO_CHANGE):
            reason = text[len(prompts.NO_CHANGE) : 500].strip()
            why = f"the model says that no change is needed: {reason}"
            raise Ended("nothing", verdict_of("fail", "no-change-needed", why), why)
        if reply.stop != "actions":
            return reply
        author.dialogue.say(*author.tools.answer(reply.message))
        if author.tools.finished:
            return reply


def verdict_of(word: VerdictWord, code: str, message: str) -> Verdict:
    """Return the verdict of a run that ended for one reason."""
    return Verdict(word, (Finding("propose", code, "block", message),))


def first_message(verdict: Verdict) -> str:
    """Return the first line of the gravest finding."""
    findings = verdict.blocking or verdict.findings
    first = findings[0].message.strip().partition("\n")[0] if findings else ""
    return first or f"verdict {verdict.word}"
