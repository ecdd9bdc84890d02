"""How a run stands: in words for people, and as a mood for its colour."""

from workflows.run import RunSummary, state_in_words

_GOOD_STATES = frozenset({"proposed", "published", "accepted"})


def mood_of(state: str, verdict: str | None) -> str:
    """Return ``good`` or ``bad`` for how a run ended."""
    is_good = state in _GOOD_STATES or state_in_words(state, verdict) == "done"
    return "good" if is_good else "bad"


def standing_of(run: RunSummary, *, is_held: bool) -> tuple[str, str]:
    """Return a mood and words; ``is_held`` tells whether a living process writes the run."""
    if run.state == "running":
        return ("running", "running") if is_held else ("stopped", "cut off")
    return mood_of(run.state, run.verdict), state_in_words(run.state, run.verdict)
