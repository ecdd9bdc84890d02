"""How a run stands: in words for people, and as a mood for its colour."""

from workflows.run import RunSummary

_GOOD_STATES = frozenset({"proposed", "published", "accepted"})


def state_in_words(state: str, verdict: str | None) -> str:
    """Return how a run ended; one that passed and had nothing to propose did what it was for.

    The author of a campaign's program is such a run: what it wrote is proposed by others.
    """
    return "done" if (state, verdict) == ("nothing", "pass") else state


def mood_of(state: str, verdict: str | None) -> str:
    """Return ``good`` or ``bad`` for how a run ended."""
    is_good = state in _GOOD_STATES or state_in_words(state, verdict) == "done"
    return "good" if is_good else "bad"


def standing_of(run: RunSummary, *, is_held: bool) -> tuple[str, str]:
    """Return a mood and words; ``is_held`` tells whether a living process writes the run."""
    if run.state == "running":
        return ("running", "running") if is_held else ("stopped", "cut off")
    return mood_of(run.state, run.verdict), state_in_words(run.state, run.verdict)
