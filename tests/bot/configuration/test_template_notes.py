"""What was seen and not used stands in the written file as comments, and as nothing else."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.configuration.template import commented_config
from bot.settings import Settings, Sources, load
from validators.rules import GateRule


def loaded(document: str) -> Settings:
    return load(Sources({}, Path("/state"), target_file=document.encode()))


def test_notes_stand_below_the_gates_as_comments_of_a_readable_width() -> None:
    note = "workflow .github/workflows/ci.yml, job tests, step 4: not used; it uses an expression"
    text = commented_config([], [], [note, f"{note} {note}"])

    assert f"# - {note}\n" in text
    assert max(map(len, text.splitlines())) <= 100
    assert loaded(text) == loaded(commented_config([], []))


@given(st.lists(st.text(), max_size=3), st.text())
def test_no_note_and_no_source_is_ever_more_than_a_comment(notes: list[str], source: str) -> None:
    gate = GateRule("tests", "test", ("pytest",), source=source)

    rules = loaded(commented_config([gate], [], notes)).rules

    assert [(found.name, found.run) for found in rules.gates] == [("tests", ("pytest",))]
    assert rules.setup == ()
