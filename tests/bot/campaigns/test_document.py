"""The file of a campaign: what it may say, and where what is wrong is told to be."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from bot.campaigns.document import campaign_schema, read_campaign
from bot.configuration.values import SettingsRefusal
from validators.rules import GateRule
from workflows.campaign import CampaignBudget, PauseAt, Recipe, Rollout, Template
from workflows.campaign_plan import CampaignSpec, Selection
from workflows.sharding import Shard

WHOLE = """\
name: lazy-logging
description: |
  Log lazily.
  See the guide.
on:
  paths: [setup.py]
  globs: ["src/**/*.py", "!src/old/"]
  pattern: logging.warn($$$)
  repositories: [one, ../two]
steps:
  - ruff: [G004, UP032]
  - run: [sed, -i, s/warn/warning/]
  - run: sed -i s/a/b/ "$@"
gates:
  - {name: types, kind: lint, run: mypy .}
shard: {by: package, files: 10}
template: {title: "Log lazily in {shard}", labels: [chore]}
published:
  - "*": draft
  - "src/old*": false
rollout:
  first: 2
  max_open: 5
  pause_at: {failure_rate: 0.2, veto_rate: 0.5, rejected: 3, usd: 10}
budget: {usd: 20, tokens: 1000000, attempts: 3}
"""
LEAST = "name: a\non: {globs: ['*.py']}\nsteps: [{run: 'true'}]\ntemplate: {title: T}\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "campaign.yml"
    path.write_text(text)
    return path


def refusal(folder: Path, text: str) -> str:
    path = written(folder, text)
    with pytest.raises(SettingsRefusal) as found:
        read_campaign(path)
    return str(found.value).replace(str(path), "campaign.yml")


def test_everything_it_may_say_is_read(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()

    found = read_campaign(written(tmp_path / "here", WHOLE))

    assert found == CampaignSpec(
        name="lazy-logging",
        on=Selection(
            ("setup.py",),
            ("src/**/*.py", "!src/old/"),
            "logging.warn($$$)",
            (str(tmp_path / "here" / "one"), str(tmp_path / "two")),
        ),
        steps=(
            Recipe("ruff", ("G004", "UP032")),
            Recipe("run", ("sed", "-i", "s/warn/warning/")),
            Recipe("run", ("sh", "-ec", 'sed -i s/a/b/ "$@"')),
        ),
        template=Template("Log lazily in {shard}", "Log lazily.\nSee the guide.", ("chore",)),
        gates=(GateRule("types", "lint", ("sh", "-ec", "mypy .")),),
        shard=Shard("package", 10),
        attempts=3,
        published=(("*", "draft"), ("src/old*", "no")),
        rollout=Rollout(2, 5, PauseAt(0.2, 0.5, 3, 10.0)),
        budget=CampaignBudget(20.0, 1_000_000),
    )


def test_what_is_not_said_has_a_default(tmp_path: Path) -> None:
    found = read_campaign(written(tmp_path, LEAST))

    assert (found.shard, found.attempts, found.published) == (Shard(), 1, ())
    assert (found.rollout, found.budget) == (Rollout(), CampaignBudget())


def test_repositories_may_be_listed_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "all.txt").write_text("# ours\nan app\n\n../lib\n../lib/\n")
    text = LEAST.replace("globs", "repositories: lists/all.txt, globs")

    on = read_campaign(written(tmp_path, text)).on

    assert on.repositories == (str(tmp_path / "lists" / "an app"), str(tmp_path / "lib"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LEAST + "stpes: []\n", "campaign.yml:5: unknown key 'stpes'; did you mean 'steps'?"),
        (
            LEAST + "rollout:\n  pause_at:\n    failures: 1\n",
            (
                "campaign.yml:7: unknown key 'rollout.pause_at.failures'; did you mean"
                " 'rollout.pause_at.failure_rate'?"
            ),
        ),
        ("name: a\n", "campaign.yml:1: on is missing: what it is about."),
        (
            LEAST.replace("name: a", "name: A b"),
            "campaign.yml:1: name must be 1 to 40 of a-z, 0-9 and '-', not 'A b'",
        ),
        (
            LEAST.replace("{title: T}", "{}"),
            "campaign.yml:4: template.title is missing: title of each pull request.",
        ),
        (
            LEAST.replace("{run: 'true'}", "{rnu: 'true'}"),
            "campaign.yml:3: steps has a step 'rnu', which is none of run, ruff, codemod",
        ),
        (
            LEAST.replace("{run: 'true'}", "true"),
            (
                "campaign.yml:3: steps must each be one of run, ruff, codemod, author, patch,"
                " agent and its value, not true"
            ),
        ),
        (LEAST.replace("[{run: 'true'}]", "[]"), "steps must hold 1 to 20 steps, not 0"),
        (
            LEAST.replace("run: 'true'", "ruff: [UP032, x y]"),
            (
                "campaign.yml:3: steps.ruff must be a rule of ruff or a list of them, such as"
                " UP032, not 'x y'"
            ),
        ),
        (
            LEAST.replace("globs: ['*.py']", "pattern: '$A + $B'"),
            "campaign.yml:2: on.pattern the pattern '$A + $B' holds no word to look for",
        ),
        (
            LEAST + "published: yes\n",
            "campaign.yml:5: published must be true, false or draft, not 'yes'",
        ),
        (
            LEAST + "published:\n  - {a: draft, b: draft}\n",
            "campaign.yml:6: published must each be a pattern and a word, not a mapping",
        ),
        (
            LEAST + "rollout: {pause_at: {failure_rate: 20}}\n",
            "rollout.pause_at.failure_rate must be at most 1, which is all, not 20",
        ),
        (LEAST + "shard: directory\n", "shard must be a mapping of keys, not 'directory'"),
        (LEAST + "shard: {files: 0}\n", "shard.files must be 1 or more, not 0"),
        (
            LEAST.replace("globs", "repositories: none.txt, globs"),
            "campaign.yml:2: on.repositories names",
        ),
        (
            LEAST.replace("globs", "repositories: [], globs"),
            "campaign.yml:2: on.repositories lists no folder; leave it out",
        ),
        (
            LEAST.replace("title: T", "title: 'T in {shrad}'"),
            "campaign.yml:4: template.title has {shrad}; what is filled in is {shard}",
        ),
        ("- a\n", "campaign.yml: must be a mapping of keys, not a list"),
        ("name: a\nname: b\n", "campaign.yml:2: duplicate key 'name'"),
        ("name: [\n", "campaign.yml:2: not YAML"),
        ("name: &x a\n", "campaign.yml:1: found an anchor or alias"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    assert words in refusal(tmp_path, text)


def test_a_file_that_is_not_there_or_too_large_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefusal, match="No such file or directory; name the campaign's"):
        read_campaign(tmp_path / "none.yml")
    assert "too large; at most 256 KiB" in refusal(tmp_path, "#" * 300_000)


def test_the_schema_that_is_committed_is_the_programs(root: Path) -> None:
    path = root / "bot" / "changewright-campaign.schema.json"
    assert path.read_text("utf-8") == campaign_schema()


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        (WHOLE, True),
        (LEAST, True),
        (LEAST + "published: draft\n", True),
        (LEAST + "stpes: []\n", False),
        (LEAST.replace("run", "rnu"), False),
        (LEAST.replace("name: a", "name: A b"), False),
        (LEAST + "shard: {by: team}\n", False),
        (LEAST + "rollout: {pause_at: {failure_rate: 20}}\n", False),
    ],
)
def test_an_editor_is_told_the_same(text: str, *, is_valid: bool) -> None:
    document: Any = json.loads(json.dumps(YAML(typ="safe").load(text)))
    schema = json.loads(campaign_schema())
    assert jsonschema_rs.validator_for(schema).is_valid(document) is is_valid
