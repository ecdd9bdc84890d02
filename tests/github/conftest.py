"""What the tests of the offline GitHub share: its description, and one of it for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github import rig
from tests.github.emulated import OfflineGitHub, Seed, offline
from tests.github.spec_proxy import Description


@pytest.fixture(scope="session")
def description() -> Description:
    return Description(rig.operations())


@pytest.fixture
def github(tmp_path: Path, description: Description) -> Iterator[OfflineGitHub]:
    """A GitHub on which alice owns a shop, wendy writes, tina triages and mallory is a stranger."""
    seed = Seed(roles={"wendy": "write", "tina": "triage", "mia": "maintain"})
    with offline(tmp_path, description, seed) as github:
        yield github
