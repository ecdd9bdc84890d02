"""What a person reads about one proposal: its text, its change as git tells it, and its run.

Each says the same for ever, by its words, by commits and by the bundle's hash, and is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from bot.bundle_files import found_bundle, read_bundle
from bot.console import redacted
from bot.pages.diff_text import FileOfDiff, files_of
from bot.pages.markdown_html import markdown_html
from bot.server.kept import Kept
from scoping.refusal import Refusal
from workflows.ports import Journal
from workflows.proposal import Bundle, BundleRefusal
from workflows.pull_request import PullRequest
from workflows.run_story import Story, StoryRefusal, story_of

_MOST_KEPT = 24
# The longest that a forge takes.
_LONGEST_TEXT = 65_536


@dataclass(frozen=True, slots=True)
class Told:
    """What a run says of itself: its story, and its bundle and where that is, if it is there."""

    story: Story
    bundle: Bundle | None
    bundle_name: str


@dataclass(frozen=True, slots=True)
class Change:
    """The files of a change; ``trouble`` says why there are none to be shown."""

    files: tuple[FileOfDiff, ...] = ()
    trouble: str = ""


class Proposals:
    """Reads proposals for pages. ``read_diff`` asks git; safe for many threads."""

    def __init__(
        self, journal: Journal, state: Path, read_diff: Callable[[PullRequest], str]
    ) -> None:
        self._journal = journal
        self._state = state
        self._read_diff = read_diff
        self._changes: Kept[tuple[str, str], Change] = Kept(_MOST_KEPT)
        self._told: Kept[tuple[str, str], Told] = Kept(_MOST_KEPT)
        self._texts: Kept[str, Markup] = Kept(_MOST_KEPT)
        self._bundles: Kept[tuple[str, int], Bundle] = Kept(_MOST_KEPT)

    def text(self, pull_request: PullRequest) -> Markup:
        """Return the text of a pull request as HTML."""
        body = pull_request.draft.body
        return self._texts.of(body, lambda: markdown_html(body, _LONGEST_TEXT))

    def change(self, pull_request: PullRequest) -> Change:
        """Return what is changed between the base and the head of a pull request."""
        key = pull_request.draft.base_commit, pull_request.head
        try:
            return self._changes.of(key, lambda: self._change(pull_request))
        except Refusal as refusal:
            return Change(trouble=str(refusal))

    def told(self, pull_request: PullRequest) -> Told | None:
        """Return what the run behind a pull request says; None where this journal has no such."""
        draft = pull_request.draft
        try:
            return self._told.of((draft.run, draft.bundle_sha256), lambda: self.run(draft.run))
        except StoryRefusal:
            return None

    def run(self, run: str) -> Told:
        """Return what a run says as it stands now; StoryRefusal where there is none."""
        story = story_of(run, self._journal)
        written = story.bundles[-1]["path"] if story.bundles else ""
        path = found_bundle(self._state, str(written))
        try:
            return Told(story, read_bundle(Path(path))[0] if path else None, path)
        except BundleRefusal:
            return Told(story, None, path)

    def bundle(self, name: str) -> tuple[Bundle | None, str]:
        """Return the bundle of a name and where it is; None where it is gone or cannot be read."""
        path = found_bundle(self._state, name)
        if not path:
            return None, ""
        try:
            key = path, Path(path).stat().st_mtime_ns
            return self._bundles.of(key, lambda: read_bundle(Path(path))[0]), path
        except (BundleRefusal, OSError):
            return None, path

    def _change(self, pull_request: PullRequest) -> Change:
        # Redacted as a whole: a key may be longer than a line.
        return Change(files_of(redacted(self._read_diff(pull_request))))
