"""A campaign's status on a terminal, drawn again as it goes on; plain lines when piped."""

from types import TracebackType
from typing import TYPE_CHECKING, Self

from bot.console import printable, redacted, say_aside, terminal
from bot.pages.campaign import status_text
from workflows.board import Board
from workflows.progress_report import report_of

if TYPE_CHECKING:
    from rich.live import Live


class LiveTable:
    """Shows a board whenever it is told to; where nothing can be drawn over, only what changed."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._live: Live | None = None
        self._last = ""

    def __enter__(self) -> Self:
        if drawn := terminal(quiet=self._quiet):
            from rich.live import Live  # noqa: PLC0415 - only on a terminal

            self._live = Live(console=drawn, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, board: Board) -> None:
        """Show how a campaign stands now."""
        if self._quiet:
            return
        text = printable(redacted(status_text(report_of(board))))
        if self._live:
            from rich.text import Text  # noqa: PLC0415 - as above

            self._live.update(Text(text), refresh=True)
            return
        line = text.partition("\n")[0]
        if line != self._last:
            self._last = line
            say_aside(f"{line}\n")
