"""Whom a run asks: the models that the settings name, each behind the same port."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bot import logs
from bot.configuration.endpoints import KEY_VARIABLES, endpoint_of, fallback_of
from bot.console import Console
from bot.settings import Settings
from bot.wiring import WiringRefusal
from validators.encoding import decode
from workflows.conversation import Reply
from workflows.history import kind_of
from workflows.opinion import LANE
from workflows.ports import Journal, Model


def models_of(settings: Settings, journal: Journal, start: int = 0) -> tuple[Model, ...]:
    """Return whom ``--model`` names, a model for each stage; a file's replies from ``start`` on.

    A file answers in all of the stages.
    """
    stages = settings.model_stages
    if settings.model == "claude" and stages:
        return tuple(model_of(replace(settings, model_name=name), journal) for name in stages)
    return (model_of(settings, journal, start),) * max(1, len(stages))


def model_of(settings: Settings, journal: Journal, start: int = 0) -> Model:
    """Return the model that ``--model`` names; a file's replies after the first ``start``."""
    return _model(settings, journal, start, settings.model, "")


def adjudicator_of(settings: Settings, journal: Journal, start: int = 0) -> Model | None:
    """Return the model that gives second opinions, or None where the operator wants none."""
    asked = settings.adjudicator
    if asked == "off":
        return None
    kind, _, name = asked.partition(":")
    if kind == "claude" and name:
        settings, asked = replace(settings, model_name=name), kind
    return _model(settings, journal, start, asked, LANE)


def _model(settings: Settings, journal: Journal, start: int, asked: str, lane: str) -> Model:
    kind, _, rest = asked.partition(":")
    if kind == "scripted" and rest:
        from bot.adapters.scripted_model import ScriptedModel  # noqa: PLC0415

        return ScriptedModel.load(Path(rest), start)
    if kind == "recorded" and rest:
        from bot.adapters.recorded_model import RecordedModel  # noqa: PLC0415

        return RecordedModel(recorded_turns(journal, rest, lane), journal.get_blob, start)
    if asked != "claude":
        raise WiringRefusal(f"--model {asked!r} is none of claude, scripted:FILE, recorded:RUN")
    first = _claude(settings, settings.model_name, settings.model_endpoint, journal)
    others = [fallback_of(words) for words in settings.model_fallback]
    if not others:
        return first
    from bot.adapters.fallback_model import FallbackModel  # noqa: PLC0415

    following = [
        _claude(settings, name, at or settings.model_endpoint, journal) for name, at in others
    ]
    return FallbackModel((first, *following), _noted_fallback)


def _claude(settings: Settings, name: str, place: str | None, journal: Journal) -> Model:
    """Return one model at one endpoint, with the key that belongs there."""
    endpoint = endpoint_of(place)
    key = settings.service_keys.get(endpoint.service)
    if key is None:
        raise WiringRefusal(
            f"there is no key for the model {name} at {place or 'its vendor'}: set"
            f" {KEY_VARIABLES[endpoint.service]}, or work without one: --model scripted:FILE plays"
            " replies from a YAML file, --model recorded:RUN replays an earlier run"
        )
    from bot.adapters.claude_model.model import ClaudeModel, Patience  # noqa: PLC0415
    from bot.adapters.claude_model.pictures import SHOWS_NONE, Gallery  # noqa: PLC0415

    closed = "" if settings.values["model.pictures"] else SHOWS_NONE

    return ClaudeModel(
        key.reveal(),
        name,
        endpoint=endpoint,
        effort=settings.model_effort,
        patience=Patience(_logged_wait),
    ).showing(Gallery(journal.get_blob, _noted_pictures, closed))


def _logged_wait(seconds: float) -> None:
    """Wait before a model is asked again, and have it in the log that we did."""
    logs.current().event("model.retried", "warning", wait_s=round(seconds, 1))
    time.sleep(seconds)


def _noted_fallback(words: str) -> None:
    """Say that another model answers from here on: it may cost more, or know less."""
    logs.current().event("model.fell_back", "warning")
    Console().note(f"warning: {words}")


def _noted_pictures(words: str) -> None:
    """Say that the model does not see what somebody attached, and why."""
    logs.current().event("model.pictures", "warning")
    Console().note(f"warning: {words}")


def recorded_turns(journal: Journal, run: str, lane: str) -> "Iterator[tuple[str, Reply]]":
    """Yield what one kind of conversation of an earlier run asked (by hash) and was answered."""
    entries = journal.read(run)
    if not entries:
        raise WiringRefusal(f"the journal has no run {run!r}; `changewright runs` lists them")
    asked = ""
    for entry in entries:
        if kind_of(entry.event.data.get("reservation", "")) != lane:
            continue
        if entry.event.kind == "prompt.sent":
            asked = entry.event.data["conversation"]
        elif entry.event.kind == "model.replied":
            yield asked, decode(journal.get_blob(entry.event.data["reply"]), Reply)
