"""The answers of a revision go to their threads, each once, and what is dealt with is resolved."""

from collections.abc import Callable, Iterable
from typing import Any

from workflows.outbound import refuse_secret_words
from workflows.ports import Forge
from workflows.recorder import Recorder
from workflows.run import Effect
from workflows.threads import Thread, ThreadAnswer, answer_key

Worded = Callable[[ThreadAnswer], str]


def answer_threads(
    number: int, answers: Iterable[ThreadAnswer], forge: Forge, recorder: Recorder, worded: Worded
) -> tuple[ThreadAnswer, ...]:
    """Answer and resolve the threads of pull request ``number``; return what was answered.

    ``worded`` writes an answer for people. What nobody answered stays as it is, and so does what a
    person has resolved meanwhile; where a person has said more meanwhile it is answered and left
    open, and that waits (`threads.waiting`). QuarantineRefusal, before anything is said, where an
    answer holds a secret.
    """
    known = {thread.id: thread for thread in forge.threads(number)}
    wanted = [
        (known[one.thread], one, worded(one))
        for one in answers
        if one.kind != "unanswered" and one.thread in known and not known[one.thread].resolved
    ]
    refuse_secret_words({f"answer in thread {one.thread}": one.words for _, one, _ in wanted})
    for thread, one, body in wanted:
        _say(number, one, body, forge, recorder)
        if not _went_on(thread, one):
            _resolve(number, thread, forge, recorder)
    return tuple(one for _, one, _ in wanted)


def _say(number: int, answer: ThreadAnswer, body: str, forge: Forge, recorder: Recorder) -> None:
    thread, key = answer.thread, answer_key(recorder.run, answer.heard)

    def act() -> dict[str, Any]:
        forge.answer_thread(number, thread, body, key)  # which looks for the key first
        return {"number": number}

    request = {"number": number, "thread": thread}
    effect = Effect(f"thread-reply {number} {thread}", "thread-reply", request)
    recorder.perform(effect, act)


def _resolve(number: int, thread: Thread, forge: Forge, recorder: Recorder) -> None:
    def act() -> dict[str, Any]:
        forge.resolve_thread(number, thread.id)  # which looks whether it is
        return {"number": number}

    request = {"number": number, "thread": thread.id}
    effect = Effect(f"thread-resolve {number} {thread.id}", "thread-resolve", request)
    recorder.perform(effect, act)


def _went_on(thread: Thread, answer: ThreadAnswer) -> bool:
    """Whether somebody said something that the author of the answer was not shown."""
    return any(not one.is_ours and one.at > answer.heard for one in thread.comments)
