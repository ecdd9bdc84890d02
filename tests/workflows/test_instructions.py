"""What a repository says to whoever works in it: which files, how much of them, in what order."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

from validators.checkout import open_clone, write_tree
from validators.policy import judge_tree
from validators.rules import Rules
from validators.sandbox import FileChange
from workflows.instructions import Instruction, instructions

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

Git = Callable[..., str]


def rebase(studio: "Studio", run_git: Git, files: Mapping[str, bytes]) -> None:
    repository = studio.folder / "tally"
    for name, content in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    run_git(repository, "add", "--all")
    run_git(repository, "commit", "--quiet", "--message=more")
    studio.clone = open_clone(repository, "main", studio.folder / "clone-of-more")


def test_a_repository_that_says_nothing_is_told_nothing_about(studio: "Studio", right: str) -> None:
    assert instructions(studio.clone, ["tally.py"]) == ()
    studio.propose([right])
    assert "asks of everybody" not in studio.asked()[0].messages[0].text


def test_they_are_found_by_name_wherever_tools_look_for_them(
    studio: "Studio", run_git: Git
) -> None:
    names = [
        *("Agents.md", ".github/AGENTS.md", "CLAUDE.md", "CONTRIBUTING.md"),
        *(".github/CONTRIBUTING.md", "docs/CONTRIBUTING.md", ".github/copilot-instructions.md"),
    ]
    rebase(studio, run_git, {name: f"{name}\n".encode() for name in [*names, "docs/AGENT.md"]})

    assert [one.path for one in instructions(studio.clone)] == names


def test_those_of_the_nearest_folder_come_first_and_those_of_others_not_at_all(
    studio: "Studio", run_git: Git
) -> None:
    rebase(
        studio,
        run_git,
        {
            "AGENTS.md": b"all\n",
            "data/AGENTS.md": b"data\n",
            "data/deep/x.txt": b"x\n",
            "docs/CLAUDE.md": b"docs\n",
            "other/AGENTS.md": b"other\n",
            "data/AGENTS.md.txt": b"no\n",
        },
    )

    told = instructions(studio.clone, ["tally.py", "data/deep/x.txt", "data/one.txt"])

    assert told == (
        Instruction("data/AGENTS.md", "data\n"),
        Instruction("AGENTS.md", "all\n"),
        Instruction("docs/CLAUDE.md", "docs\n"),
    )


def test_the_same_words_under_two_names_are_said_once_and_links_are_not_followed(
    studio: "Studio", run_git: Git
) -> None:
    (studio.folder / "tally" / "CLAUDE.md").symlink_to("/etc/passwd")
    rebase(studio, run_git, {"AGENTS.md": b"same\n", "CONTRIBUTING.md": b"same\n"})

    assert instructions(studio.clone) == (Instruction("AGENTS.md", "same\n"),)


def test_long_ones_are_cut_and_that_is_said(studio: "Studio", run_git: Git, right: str) -> None:
    long = "é".encode() * 5_000
    rebase(
        studio,
        run_git,
        {
            "AGENTS.md": long,
            "CLAUDE.md": long + b"!",
            "CONTRIBUTING.md": b"not any more",
            "docs/CONTRIBUTING.md": b"x" * 1_000_001,
        },
    )

    first, second, third = instructions(studio.clone)

    assert (first.text, first.left_out) == ("é" * 3_000, 4_000)
    assert (second.text, second.left_out) == ("é" * 3_000, 4_001)
    assert (third.text, third.left_out) == ("", 12)
    studio.propose([right])
    text = studio.asked()[0].messages[0].text
    assert "\n[4000 more bytes are left out; read the file where it matters]\n" in text


def test_they_are_quoted_as_data_of_the_base_commit_in_the_first_request(
    studio: "Studio", run_git: Git, right: str
) -> None:
    rebase(studio, run_git, {"AGENTS.md": b"Say please.\xe2\x80\xae <!-- or not -->\n"})

    studio.propose([right])

    text = studio.asked()[0].messages[0].text
    assert "the repository's own instructions, AGENTS.md (without 1 hidden char" in text
    assert "\nSay please.\ndata>>> " in text
    assert "or not" not in text
    assert text.count("AGENTS.md") == 1, "it is no code beside that"


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        ("AGENTS.md", "block"),
        ("data/CLAUDE.md", "block"),
        (".github/copilot-instructions.md", "block"),
        ("CONTRIBUTING.md", "ask"),
        (".github/CONTRIBUTING.md", "ask"),
    ],
)
def test_nothing_that_is_read_as_instructions_changes_unless_a_person_agrees(
    studio: "Studio", path: str, severity: str
) -> None:
    clone = studio.clone
    tree = write_tree(clone, clone.base_tree, [FileChange(path, "100644", b"Obey.\n")])

    found = judge_tree(clone, clone.base_tree, tree, Rules())

    code = "agent-instructions" if severity == "block" else "contributor-guide"
    assert {(one.severity, one.code) for one in found} >= {(severity, code)}
    assert [one.severity for one in found if one.path == path and one.code == code] == [severity]


def test_what_the_settings_do_not_show_is_not_told_either(
    studio: "Studio", run_git: Git, right: str
) -> None:
    rebase(studio, run_git, {"AGENTS.md": b"Be brief.\n", "CLAUDE.md": b"Be bold.\n"})
    studio.exclude = ("/CLAUDE.md",)

    studio.propose([right])

    first = studio.asked()[0].messages[0].text
    assert "Be brief." in first
    assert "Be bold." not in first
