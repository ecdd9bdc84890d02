"""Reads the file that a campaign is written in, and describes it to editors.

It is YAML as in the configuration: each key is known, and what is wrong is told with its line.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.campaigns import kinds
from bot.campaigns.records import Field, record, record_schema, values_of
from bot.configuration.gates import GATES
from bot.configuration.key import PATTERNS
from bot.configuration.values import (
    Node,
    Place,
    SettingsRefusal,
    choice,
    list_of,
    number,
    refined,
    shown,
    text,
)
from workflows.campaign import CampaignBudget, PauseAt, Recipe, Rollout, Template
from workflows.campaign_plan import CampaignSpec, Selection
from workflows.campaign_streams import AUTHOR
from workflows.sharding import Shard

MAX_BYTES = 256 * 1024


_ON = (
    Field("paths", list_of(text("a path", longest=1_000), "paths"), "Files by name.", ()),
    Field("globs", PATTERNS, "Files by patterns as in .gitignore; all where none is given.", ()),
    Field(
        "pattern",
        refined(text("code, with $A for one part and $$$ for any number"), kinds.wrong_pattern),
        "Of those files the ones that this code occurs in.",
        "",
    ),
    Field(
        "repositories",
        kinds.repositories(),
        "Folders of repositories, or a file that lists them; else the one of --repo.",
        (),
    ),
)
_SHARD = (
    Field(
        "by",
        choice("all", "file", "directory", "package", "owners"),
        "What belongs together in one proposal.",
        "all",
    ),
    Field("files", number("files", 1, whole=True), "How many files a proposal has at most."),
)
_TEMPLATE = (
    Field("title", kinds.title(), "Title of each pull request.", required=True),
    Field("body", kinds.prose(), "What it says beside its evidence.", ""),
    Field("labels", list_of(text("a label", longest=50), "labels"), "Its labels.", ()),
)
_PAUSE_AT = (
    Field("failure_rate", kinds.rate(), "Stop when so many of those that ended failed, of ten on."),
    Field("veto_rate", kinds.rate(), "Stop when so many second opinions were vetoes, of ten on."),
    Field("rejected", number("a count", 1, whole=True), "Stop when people refused so many."),
    Field("usd", number("US dollars", 0), "Stop when so much was spent, and ask."),
)
_ROLLOUT = (
    Field("first", number("targets", 0, whole=True), "So many targets go before all others.", 0),
    Field("max_open", number("a count", 1, whole=True), "Pull requests that wait at once."),
    Field("pause_at", record("bounds", _PAUSE_AT, PauseAt), "When it stops.", PauseAt()),
)
_BUDGET = (
    Field("usd", number("US dollars", 0), "What all targets may cost together."),
    Field("tokens", number("tokens", 1, whole=True), "What they may use together."),
    Field("target_usd", number("US dollars", 0), "What one target may cost."),
    Field("attempts", number("tries", 1, whole=True), "How often a target is tried.", 1),
)
FIELDS = (
    Field("name", kinds.name(), "Its name.", required=True),
    Field("description", kinds.prose(), "What it is for; the body where no other is given.", ""),
    Field("on", record("a selection", _ON, Selection), "What it is about.", required=True),
    Field("steps", kinds.steps(), "What is done to each target, in order.", required=True),
    Field("gates", GATES, "Gates beside those that the repository has.", ()),
    Field("shard", record("a cut", _SHARD, Shard), "How files become targets.", Shard()),
    Field("template", record("words", _TEMPLATE, Template), "Its pull requests.", required=True),
    Field("published", kinds.published(), "What `migrate publish` opens, and how.", ()),
    Field("rollout", record("portions", _ROLLOUT, Rollout), "How it goes on.", Rollout()),
    Field("budget", record("bounds", _BUDGET, dict), "What it may use.", {}),
)


def read_campaign(path: Path) -> CampaignSpec:
    """Return the campaign in a file; SettingsRefusal names file, line and key."""
    from bot.configuration.yaml_reader import parse  # noqa: PLC0415 - most commands read no file

    try:
        with path.open("rb") as file:
            document = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SettingsRefusal(
            f"{path}: {error.strerror}; name the campaign's file, or begin one:"
            " docs/campaigns.md shows a short one"
        ) from error
    if len(document) > MAX_BYTES:
        raise SettingsRefusal(f"{path}: too large; at most {MAX_BYTES // 1024} KiB are read")
    root = parse(document, str(path))
    if not isinstance(root.value, Mapping):
        raise SettingsRefusal(f"{path}: must be a mapping of keys, not {shown(root)}")
    return _spec(values_of(Node(root.value, 1), Place(str(path), ""), FIELDS))


def _spec(values: dict[str, Any]) -> CampaignSpec:
    budget, template = values["budget"], values["template"]
    return CampaignSpec(
        name=values["name"],
        on=values["on"],
        steps=tuple(_completed(one, values["on"]) for one in values["steps"]),
        template=Template(template.title, template.body or values["description"], template.labels),
        gates=values["gates"],
        shard=values["shard"],
        attempts=budget.get("attempts") or 1,
        published=values["published"],
        rollout=values["rollout"],
        budget=CampaignBudget(budget.get("usd"), budget.get("tokens"), budget.get("target_usd")),
    )


def _completed(step: Recipe, on: Selection) -> Recipe:
    """Return a step with what decides it elsewhere in the file: code that a program is about."""
    return replace(step, words=(*step.words, on.pattern)) if step.kind == AUTHOR else step


def campaign_schema() -> str:
    """Return ``bot/changewright-campaign.schema.json``."""
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Changewright: a campaign (campaign.yml)",
        **record_schema(FIELDS),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
