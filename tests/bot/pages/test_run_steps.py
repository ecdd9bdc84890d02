"""Steps of a run that the command's own stories do not have."""

from bot.pages.run_steps import steps_of
from validators.encoding import encode
from workflows.ports import JournalRefusal
from workflows.run import Entry, Event
from workflows.tool_servers import ToolAnswer

ASKED = {"call": "/1/1", "server": "weather", "tool": "forecast", "outcome": "ok", "answer": "a1"}


def test_what_a_tool_of_others_said_is_a_step_of_its_own() -> None:
    entry = Entry(1, "r1", "2026-11-22T12:00:00Z", Event("tool.answered", ASKED))
    kept = {"a1": encode(ToolAnswer("rain\nand sun"))}

    (step,) = steps_of([entry], kept.__getitem__, lambda _: "")

    assert (step.line, step.body) == ("tool forecast of weather: ok", "rain\nand sun")


def test_an_answer_that_is_not_kept_any_more_is_said_to_be_gone() -> None:
    entry = Entry(1, "r1", "2026-11-22T12:00:00Z", Event("tool.answered", ASKED))

    def gone(name: str) -> bytes:
        raise JournalRefusal(name)

    assert "not in the journal any more" in steps_of([entry], gone, lambda _: "")[0].body
