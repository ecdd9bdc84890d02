"""What a job tells besides its parcels: outputs for the jobs after it, and the step's summary."""

from collections.abc import Mapping
from pathlib import Path

from bot.action.surroundings import Surroundings
from bot.console import Console, redacted
from bot.pages.markdown import escape
from bot.progress import line_of
from workflows.run import Entry

_MAX_SUMMARY_BYTES = 900_000


def put_out(around: Surroundings, outputs: Mapping[str, str]) -> None:
    """Hand ``outputs`` to the steps and jobs that follow; what cannot stand on one line may not."""
    if around.output is None:
        return
    lines = [f"{name}={' '.join(value.split())}\n" for name, value in outputs.items()]
    with around.output.open("a", encoding="utf-8") as file:
        file.writelines(lines)


class Summary:
    """The page that the runner shows for a step: headlines, and a run's entries as they come."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._written = 0

    def say(self, sentence: str) -> None:
        """Write one sentence, and show it in the log."""
        Console().say(sentence)
        self._add(f"{escape(sentence)}\n\n")

    def page(self, markdown: str) -> None:
        """Write a page that is Markdown already."""
        self._add(markdown)

    def entry(self, entry: Entry) -> None:
        """Write one entry of the journal as an item of a list."""
        line = line_of(entry)
        if line:
            self._add(f"- {escape(line)}\n")

    def _add(self, text: str) -> None:
        # The runner drops a summary that is too long as a whole.
        content = redacted(text).encode("utf-8", "replace")
        if self._path is None or self._written + len(content) > _MAX_SUMMARY_BYTES:
            return
        with self._path.open("ab") as file:
            file.write(content)
        self._written += len(content)
