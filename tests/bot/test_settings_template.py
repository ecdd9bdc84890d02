"""The file that `changewright init` writes says what was found, and nothing else."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.configuration.keys import KEYS
from bot.configuration.template import commented_config
from bot.settings import Settings, Sources, load
from validators.rules import GateRule


def loaded(document: str) -> Settings:
    return load(Sources({}, Path("/state"), target_file=document.encode()))


words = st.text(min_size=1, max_size=12)
commands = st.one_of(
    st.lists(words, min_size=1, max_size=4).filter(lambda argv: argv[0].strip()),
    words.filter(str.strip).map(lambda script: ["sh", "-ec", script]),
).map(tuple)
gates = st.lists(
    st.builds(
        GateRule,
        name=words.filter(lambda name: bool(name.strip()) and name.isprintable()),
        kind=st.sampled_from(("lint", "build", "test")),
        run=commands,
        timeout_s=st.floats(min_value=0.1, max_value=1800),
        required=st.booleans(),
    ),
    max_size=3,
    unique_by=lambda gate: gate.name,
)


@given(gates, st.lists(commands, max_size=3))
def test_what_was_found_loads_back_exactly(
    found: list[GateRule], setup: list[tuple[str, ...]]
) -> None:
    has_no_nul = all("\0" not in word for run in [g.run for g in found] + setup for word in run)
    if has_no_nul:
        settings = loaded(commented_config(found, setup))
        assert settings.rules.gates == tuple(found)
        assert settings.rules.setup == tuple(setup)
        assert settings.warnings == ()


def test_a_template_reads_well() -> None:
    pytest_gate = GateRule("tests", "test", ("python", "-m", "pytest"), source="pyproject.toml")
    lint = GateRule("lint", "lint", ("sh", "-ec", "ruff check ."), 60.0, required=False)
    text = commented_config([pytest_gate, lint], [("uv", "sync", "--frozen")])
    assert text[text.index("setup:") : text.index("# protected:")] == (
        """setup:
  run:
    - [uv, sync, "--frozen"]

# What judges a patch; empty means: what the repository says.
# A command is a list of words, or one text for `sh -ec`; both run inside the sandbox.
gates:
  - name: tests  # from pyproject.toml
    kind: test
    run: [python, "-m", pytest]
  - name: lint
    kind: lint
    run: "ruff check ."
    timeout_s: 60.0
    required: false  # it reports, and blocks nothing

"""
    )
    assert max(map(len, text.splitlines())) <= 100


def test_every_key_is_explained_and_commented_out_at_its_default() -> None:
    text = commented_config([], [])
    assert loaded(text) == loaded("")
    targets = [key for key in KEYS if key.where == "target"]
    assert [key.name for key in targets if key.meaning not in text] == []
    live = re.sub(r"(?m)^# ((  |[a-z_]+:).*)$", r"\1", text)
    live = re.sub(r"(?ms)^(setup|gates):\n.*?\n\n", "", live)
    settings = loaded(live)
    assert settings.rules == loaded("").rules
    assert settings.budget == loaded("").budget
    assert {name for name, origin in settings.origins.items() if "target" in origin} == {
        *(key.name for key in targets if key.rule in {"first", "added", "narrowed"})
    } - {"setup.run", "gates"}


@pytest.mark.parametrize("example", ["setup", "gates"])
def test_the_example_that_is_commented_out_is_a_valid_one(example: str) -> None:
    text = commented_config([], [])
    block = re.search(rf"(?m)^# {example}:\n(#   .*\n)+", text)
    assert block is not None
    rules = loaded(re.sub(r"(?m)^# ", "", block[0])).rules
    assert {"setup": rules.setup, "gates": rules.gates}[example]
