"""Snippets in Monty, an interpreter that knows nothing of files, sockets or processes."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic_monty import (
    ClassInstance,
    Monty,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySyntaxError,
    MontyTypingError,
)

from bot.interpreting.line import Ended, Line, function, words_of
from bot.interpreting.names_bound import names_bound
from bot.interpreting.wire import Records

_OUT_OF_MEMORY = "memory limit"
_OUT_OF_TIME = "time limit exceeded"
# Our own count of calls is kept outside, where the snippet is ended for it.
_NO_LIMIT = 2**31
_MAX_COMPLAINTS = 1_500
_SHADOWED = re.compile(r"is not assignable to `def (\w+)\(")
_NO_FILES = "; there are no files but by the functions declared, such as read(path)"
# Where Monty's own process does not end at its limits, it is ended.
_LATE_S = 0.5


class MontyRunner:
    """One session of Monty, its worker beside this process in the same sandbox."""

    def __init__(self, line: Line, told: Mapping[str, Any], binary: str) -> None:
        self._line, self._prelude = line, told["prelude"]
        records = Records()

        def make(name: str, held: dict[str, Any]) -> ClassInstance:
            return ClassInstance(records.make(name, held), eager_attrs="all")

        self._functions = {name: function(line, name, make) for name in told["functions"]}
        pool = Monty(binary_path=binary, max_processes=1, feed_duration_limit_grace=_LATE_S)
        self._pool = pool.__enter__()
        self._options: dict[str, Any] = {
            "script_name": "snippet",
            "limits": {
                "max_feed_duration_secs": told["timeout_s"],
                "max_memory": told["memory_bytes"],
                "max_recursion_depth": told["recursion"],
                "max_suspensions": _NO_LIMIT,
                "max_total_sleep_secs": 0,
            },
            "type_check": True,
            "type_check_stubs": told["stubs"],
            "type_check_format": "concise",
            # A snippet has nothing to wait for; and the same snippet draws the same lots.
            "os_policy": {"sleep": "zero", "random_start": {"seed": 0}},
        }
        self._checkout = pool.checkout(**self._options)
        self._session = self._checkout.__enter__()
        self._session.feed_run("None")  # the first reads the stubs, many times as long as the rest

    def load(self, state: bytes) -> None:
        """Take the names of an earlier session, which only a new one does."""
        self._checkout.__exit__(None, None, None)
        self._checkout = self._pool.checkout(**self._options)
        self._session = self._checkout.__enter__()
        self._session.load_session(state)

    def run(self, snippet: str) -> Ended:
        """Check the types of ``snippet`` and execute it.

        The checker holds a name to what an earlier snippet gave it, 0 even to 0. What this snippet
        gives another value may be anything from then on, as it may within one snippet.
        """
        ended = self._fed(snippet)
        if ended.outcome == "type-error" and self._let_go(snippet):
            return self._fed(snippet)
        return ended

    def _let_go(self, snippet: str) -> bool:
        """Declare as anything what ``snippet`` binds and earlier ones bound; whether any is."""
        found = False
        for name in names_bound(snippet):
            try:
                self._session.feed_run(f"from typing import Any\n{name}: Any = {name}")
                found = True
            except MontyError:
                continue  # it is new, or one of our functions
        return found

    def _fed(self, snippet: str) -> Ended:
        try:
            self._session.feed_run(
                snippet,
                external_lookup=self._functions,
                print_callback=self._print,
                skip_type_check=snippet == self._prelude,  # the stubs declare what it makes
            )
        except MontyTypingError as error:
            return Ended("type-error", _complaints(error.display()))
        except MontySyntaxError as error:
            return Ended("type-error", words_of("SyntaxError", error.display("msg")))
        except MontyCrashedError as error:
            outcome = "timeout" if error.timed_out else "crashed"
            return Ended(outcome, "it ended with its interpreter")
        except MontyRuntimeError as error:
            return self._raised(error)
        except MontyError as error:  # a value that cannot pass, for one
            return Ended("raised", words_of(type(error).__name__, str(error)))
        return Ended("ok", state=self._session.dump())

    def _raised(self, error: MontyRuntimeError) -> Ended:
        said = error.display("msg")
        inner = type(error.exception()).__name__
        if inner == "MemoryError" or _OUT_OF_MEMORY in said:
            return Ended("memory", "it took more memory than it may")
        if inner == "TimeoutError" and _OUT_OF_TIME in said:
            return Ended("timeout", "it took longer than it may")
        frames = error.traceback()
        said += _NO_FILES if inner == "PermissionError" else ""
        message = words_of(inner, said, frames[-1].line if frames else 0)
        return Ended("raised", message, self._session.dump())

    def _print(self, _: Literal["stdout", "stderr"], text: str) -> None:
        self._line.print(text)


def _complaints(text: str) -> str:
    lines = [line.removeprefix("snippet:") for line in text.strip().splitlines()]
    told = "\n".join(f"{line}{_hint(line)}" for line in lines)
    return told if len(told) <= _MAX_COMPLAINTS else f"{told[:_MAX_COMPLAINTS]} ..."


def _hint(line: str) -> str:
    """Return what to do instead, where a complaint alone does not say it."""
    function = _SHADOWED.search(line)
    if function is not None:
        return f"; {function[1]} is a function here, so name what it returns otherwise"
    return _NO_FILES if "Name `open` used" in line else ""
