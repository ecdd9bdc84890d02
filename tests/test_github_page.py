"""The page on GitHub against the program: permissions, settings, defaults."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.configuration.keys import KEYS
from workflows.branching import JOURNAL_BRANCH
from workflows.journal_branch import MOST_DISPATCHES


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "github.md").read_text("utf-8")


def test_its_table_has_the_permissions_of_the_shipped_workflow(root: Path, page: str) -> None:
    workflow = root / "bot" / "action" / "examples" / "changewright.yml"
    jobs: dict[str, Any] = YAML(typ="safe", pure=True).load(workflow)["jobs"]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", page, re.MULTILINE)

    told = {job: dict(re.findall(r"`([a-z-]+): (read|write)`", rights)) for job, rights in rows}

    assert told == {name: dict(job["permissions"]) for name, job in jobs.items()}


def test_every_setting_that_it_names_is_one(page: str) -> None:
    named = re.findall(r"`((?:pr|trigger|forge|budget)\.[a-z_]+)", page)

    assert named
    assert set(named) <= {key.name for key in KEYS}


def test_what_it_says_of_the_journal_and_of_stale_runs_is_so(page: str) -> None:
    assert f"`{JOURNAL_BRANCH}`" in page
    assert MOST_DISPATCHES == 2
    assert "started anew with the same words, twice at most" in " ".join(page.split())


def test_the_label_and_the_phrase_are_the_defaults(page: str) -> None:
    defaults = {key.name: key.default for key in KEYS}

    assert f"New label*: `{defaults['trigger.label']}`" in page
    assert f"`{defaults['trigger.phrase']} stop`" in page
