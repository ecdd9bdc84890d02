"""Answers the questions of another program, in the thread that signals reach.

The protocol has a thread of its own, so that this one can be stopped wherever it is: by a signal,
as every command is, and by its client hanging up.
"""

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from bot.code_index import opened_codebase
from bot.console import redactor
from bot.scoping_server.questions import document
from bot.scoping_server.serving import Answer, Asked, Questions, speak
from scoping.refusal import Refusal
from scoping.threads import begin, whole

if TYPE_CHECKING:
    from bot.code_index import Target
    from scoping.questions import Codebase


class Answering:
    """One repository for as long as a client asks about it.

    With a ``base`` it is opened once; without one it is read for each question as its files then
    are. Refusals of the repository or its settings are raised before anything is served.
    """

    def __init__(self, repo: Path, base: str | None, told: Mapping[str, object]) -> None:
        self._repo, self._base, self._told = repo, base, told
        self._questions: Questions = SimpleQueue()
        self._turn = threading.Lock()
        self._is_working = self._has_left = False

    def serve(self) -> None:
        """Answer until the client hangs up."""
        with self._opened() as opened:
            kept = opened if self._base is not None else None
            begin(self._listen, "protocol")
            try:
                while (asked := self._questions.get()) is not None:
                    with whole:
                        is_wanted = asked.answer.set_running_or_notify_cancel()
                    if is_wanted:
                        self._work(asked, kept)
            except KeyboardInterrupt:
                if not self._has_left:
                    raise

    def _listen(self) -> None:
        """Hear the client out, and stop the answer that nobody waits for any more."""
        try:
            speak(self._questions)
        finally:
            main = threading.main_thread().ident
            with self._turn:
                self._has_left = True
                if self._is_working and main is not None:
                    signal.pthread_kill(main, signal.SIGINT)

    def _work(self, asked: Asked, kept: "tuple[Codebase, Target] | None") -> None:
        with self._turn:
            if self._has_left:
                return
            self._is_working = True
        try:
            answer = self._answer(asked, kept)
        finally:
            with self._turn:
                self._is_working = False
        with whole:
            asked.answer.set_result(answer)

    def _answer(self, asked: Asked, kept: "tuple[Codebase, Target] | None") -> Answer:
        try:
            if kept is not None:
                text = document(*kept, asked.question, asked.arguments)
            else:
                with self._opened() as opened:
                    text = document(*opened, asked.question, asked.arguments)
        except Refusal as no:
            return Answer(redactor().text(str(no)), failed=True)
        return Answer(redactor().text(text))

    @contextmanager
    def _opened(self) -> "Iterator[tuple[Codebase, Target]]":
        with opened_codebase(self._repo, self._base, self._told) as (codebase, _, target):
            yield codebase, target
