"""Stand-ins of outside services for the adapters' tests."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bot.adapters.container_sandbox.sandbox import ContainerSandbox
from tests.found_out import containers


def load(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def container_sandbox(tmp_path_factory: pytest.TempPathFactory) -> ContainerSandbox:
    """Containers of podman or docker, by the engine's own runtime or else by runc."""
    sandbox = containers(tmp_path_factory.mktemp("containers"))
    probe = sandbox.probe()
    if not probe.usable:
        pytest.skip(f"{probe.why_not}. {probe.mend}")
    return sandbox


@pytest.fixture(scope="session")
def anthropic_module() -> ModuleType:
    return load("anthropic_stand_in")


@pytest.fixture(scope="session")
def aimock_module() -> ModuleType:
    return load("aimock")


@pytest.fixture
def anthropic(anthropic_module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Messages API on this machine that complains of every request that is not right."""
    # A proxy of the machine that tests run on has no business with 127.0.0.1.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    stand_in = anthropic_module.StandIn()
    yield stand_in
    stand_in.close()
    assert stand_in.complaints == []
