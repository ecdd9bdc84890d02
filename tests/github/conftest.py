"""What the tests of the offline GitHub share: its description, and one of it for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github import rig
from tests.github.emulated import OfflineGitHub, Seed, offline
from tests.github.spec_proxy import Description
from tests.github.story import Labelled, Story, told


@pytest.fixture(scope="session")
def description() -> Description:
    return Description(rig.operations())


@pytest.fixture(scope="session")
def draft(
    tmp_path_factory: pytest.TempPathFactory, description: Description
) -> Iterator[tuple[Story, Labelled]]:
    """A story after its first label, and what there was then: one test goes on with it."""
    with told(tmp_path_factory.mktemp("draft"), description) as story:
        yield story, story.labelled()


@pytest.fixture
def github(tmp_path: Path, description: Description) -> Iterator[OfflineGitHub]:
    """A GitHub on which alice owns a shop, wendy writes, tina triages and mallory is a stranger."""
    seed = Seed(roles={"wendy": "write", "tina": "triage", "mia": "maintain"})
    with offline(tmp_path, description, seed) as github:
        yield github
