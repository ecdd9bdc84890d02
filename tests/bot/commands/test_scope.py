"""`scope` and `query` read what a person has before them, and `scope` asks a model when told to."""

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.progress import line_of
from tests.bot.commands.conftest import CONFIGURATION
from workflows.budget import spent

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk

PROFILES = {
    "scope": {
        "profiles": [
            {"name": "money", "labels": ["area: money"], "include": ["cart.py"]},
            {"name": "words", "paths": ["docs/"], "include": ["docs/"]},
        ]
    }
}


@pytest.fixture
def shop(desk: "Desk") -> "Desk":
    """A desk whose repository holds some code."""
    for name, text in {
        "shop.py": "import cart\n\n\ndef pay(card):\n    return cart.Cart().total()\n",
        "cart.py": "class Cart:\n    def total(self):\n        return 1\n",
        ".gitignore": "*.log\n",
        ".github/changewright.yml": json.dumps(json.loads(CONFIGURATION) | PROFILES),
    }.items():
        (desk.repo / name).write_text(text)
    desk.git("add", "-A")
    desk.git("commit", "-qm", "code")
    return desk


def paths(found: dict[str, Any]) -> list[str]:
    return [file["path"] for file in found["files"]]


# --- uncommitted files ----------------------------------------------------------------------------


def test_uncommitted_files_lie_over_the_commit_and_that_is_said(shop: "Desk") -> None:
    (shop.repo / "refund.py").write_text("def refund_of(card):\n    return 0\n")
    (shop.repo / "cart.py").unlink()
    (shop.repo / "noise.log").write_text("refund_of\n")

    assert shop.run("scope", "--task", "refund_of a card") == 0
    assert "refund.py::refund_of" in shop.said
    assert "cart.py" not in shop.said
    assert "noise.log" not in shop.said
    head = shop.git("rev-parse", "HEAD")[:12]
    note = f"2 uncommitted files lie over commit {head}; --base HEAD reads the commit alone"
    assert note in shop.noted
    assert shop.run("query", "callers", "total") == 0
    assert shop.said == "shop.py:4: function pay\n"
    assert note in shop.noted


def test_a_base_is_the_commit_alone(shop: "Desk") -> None:
    (shop.repo / "refund.py").write_text("def refund_of(card):\n    return 0\n")

    code, found = shop.ask("scope", "--task", "refund_of a card", "--base", "HEAD")

    assert code == 0
    assert "refund.py" not in paths(found)
    assert "uncommitted" not in shop.noted
    assert shop.run("query", "definition", "refund_of", "--base", "HEAD") == 1
    assert shop.run("query", "definition", "refund_of") == 0


def test_a_clean_tree_is_not_spoken_of(shop: "Desk") -> None:
    assert shop.run("scope", "--task", "pay") == 0
    assert "uncommitted" not in shop.noted


def test_what_lies_there_and_is_no_file_is_told_and_never_followed(
    shop: "Desk", tmp_path: Path
) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("def refund_of(card): ...\n")
    (shop.repo / "cart.py").unlink()
    (shop.repo / "cart.py").symlink_to(outside)
    (shop.repo / "shop.py").unlink()
    os.mkfifo(shop.repo / "shop.py")
    (shop.repo / "large.py").write_text("refund_of = 1\n" * 100_000)
    (shop.repo / "Cart.py").write_text("refund_of = 2\n")

    code, found = shop.ask("scope", "--task", "refund_of in a cart")

    assert code == 0
    assert {"path": "cart.py", "reason": "uncommitted: a symbolic link"} in found["skipped"]
    assert {"path": "shop.py", "reason": "uncommitted: a pipe"} in found["skipped"]
    large = {"path": "large.py", "reason": "uncommitted: larger than 1000000 bytes"}
    assert large in found["skipped"]
    assert paths(found)[0] == "Cart.py"
    assert {"cart.py", "shop.py", "large.py"}.isdisjoint(paths(found))


def test_files_that_git_cannot_look_at_leave_the_commit_and_a_word(shop: "Desk") -> None:
    (shop.repo / ".gitignore").unlink()
    os.mkfifo(shop.repo / ".gitignore")

    assert shop.run("query", "definition", "pay") == 0
    assert shop.said == "shop.py:4: function pay\n"
    assert "is read without what is uncommitted: " in shop.noted
    assert "is a pipe where there should be a file; remove it" in shop.noted


# --- profiles -------------------------------------------------------------------------------------


def test_a_label_of_the_issue_chooses_the_profile(shop: "Desk", tmp_path: Path) -> None:
    issue = tmp_path / "issue.md"
    issue.write_text("---\nlabels: [bug, 'Area: Money']\n---\nTotal is off\n\nsee docs/two.txt\n")

    code, found = shop.ask("scope", "--issue-file", str(issue))

    assert (code, paths(found)) == (0, ["cart.py"])


def test_a_path_chooses_where_no_label_does_and_a_name_before_both(
    shop: "Desk", tmp_path: Path
) -> None:
    issue = tmp_path / "issue.md"
    issue.write_text("---\nlabels: bug, ui\n---\nTotal is off\n\nsee docs/two.txt\n")

    by_path = shop.ask("scope", "--issue-file", str(issue))[1]
    assert (paths(by_path), by_path["profile"]) == (["docs/two.txt"], "words")
    assert "only files of the profile 'words' were looked at" in shop.noted
    named = shop.ask("scope", "--issue-file", str(issue), "--profile", "money")[1]
    assert paths(named) == ["cart.py"]
    assert shop.run("scope", "--issue-file", str(issue), "--profile", "gone") == 2
    assert "choose one of: money, words" in shop.noted


def test_a_run_reads_its_profile_s_files_alone(shop: "Desk") -> None:
    code, said = shop.propose("uno", more=("--profile", "words"))

    assert (code, said["state"]) == (0, "proposed")
    with shop.journal() as journal:
        entries = journal.read(said["run"])
    started = next(one.event.data for one in entries if one.event.kind == "run.started")
    chosen = next(one.event.data for one in entries if one.event.kind == "scope.selected")
    assert started["told"]["profile"] == "words"
    assert (chosen["files"], chosen["profile"]) == (["docs/two.txt"], "words")
    (told,) = (line_of(one) for one in entries if one.event.kind == "scope.selected")
    assert told.startswith("scope       1 files of the profile 'words' ranked, ")


# --- an order asked of a model --------------------------------------------------------------------


def orders(desk: "Desk", *names: str, usd: float = 0.25) -> str:
    """Write a script whose one reply is an order; return the option that names it."""
    order = {"name": "order", "arguments": {"files": names, "functions": []}}
    path = desk.folder / "order.yml"
    path.write_text(json.dumps({"replies": [{"calls": [order], "usd": usd}]}))
    return f"--model=scripted:{path}"


def test_a_model_is_asked_for_the_order_when_told_to_and_it_is_booked(shop: "Desk") -> None:
    asked = ("scope", "--task", "pay the total of a cart", "--rerank", "--explain")

    assert shop.run(*asked, orders(shop, "shop.py", "cart.py")) == 0

    assert shop.said.splitlines()[1].endswith("shop.py")
    assert "- moved by the model, from place 2\n" in shop.said
    assert "- `shop.py` imports it\n" in shop.said
    assert "imported by shop.py" not in shop.said  # said once is enough
    assert "order     by scripted, first: shop.py, cart.py" in shop.noted
    with shop.journal() as journal:
        (name,) = journal.runs()
        entries = journal.read(name)
    assert name.startswith("scope-")
    assert next(one.event.kind for one in entries) == "scope.asked"
    assert spent(entries).usd == 0.25
    assert shop.run("runs") == 0
    assert "no runs yet" in shop.said
    assert shop.run("resume") == 2


def test_a_reply_that_cannot_be_used_leaves_the_order_and_says_so(shop: "Desk") -> None:
    asked = ("scope", "--task", "pay the total of a cart", "--rerank")
    before = shop.ask(*asked[:-1])[1]

    code, after = shop.ask(*asked, orders(shop, "../../etc/passwd"))

    assert (code, paths(after)) == (0, paths(before))
    assert "left as it was: scripted: it names '../../etc/passwd'" in shop.noted


def test_caps_over_a_day_hold_for_an_order_too(
    shop: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("scope", "--task", "pay the total of a cart", "--rerank")
    monkeypatch.setenv("CHANGEWRIGHT_DAY_TOKENS", "100")

    assert shop.run(*asked, orders(shop, "cart.py")) == 0
    assert "left as it was: scripted: the budget of run scope-" in shop.noted


def test_a_model_without_a_key_is_refused_before_anything_is_booked(shop: "Desk") -> None:
    assert shop.run("scope", "--task", "pay", "--rerank") == 2
    assert "ANTHROPIC_API_KEY" in shop.noted


def test_the_operator_s_choice_holds_for_runs_and_is_told_here(
    shop: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANGEWRIGHT_SCOPE_RERANK", "model")

    assert shop.run("scope", "--task", "pay") == 0
    assert "a run asks the model to order these (scope.rerank); here --rerank does" in shop.noted
    order = {"name": "order", "arguments": {"files": ["docs/two.txt"], "functions": []}}
    script = shop.folder / "both.yml"
    edit = "data/one.txt\n<<<<<<< SEARCH\none\n=======\nuno\n>>>>>>> REPLACE\n"
    script.write_text(json.dumps({"replies": [{"calls": [order]}, {"text": edit}]}))
    code, said = shop.ask(
        *("propose", "--task", "the two words of one", "--unsafe-no-sandbox"),
        f"--model=scripted:{script}",
    )
    assert (code, said["state"]) == (0, "proposed")
    assert "order     by scripted, first: docs/two.txt" in shop.noted
    assert "scope.reranked" in shop.kinds(said["run"])


# --- a repository that is not whole ---------------------------------------------------------------


def partial(desk: "Desk", limit: str) -> "Desk":
    """Put a clone in the repository's place that lacks files from ``limit`` bytes on."""
    desk.git("config", "uploadpack.allowFilter", "true")
    whole = desk.repo.rename(desk.folder / "whole")
    words = ("clone", "-q", "--bare", f"--filter=blob:limit={limit}", f"file://{whole}")
    subprocess.run(["git", *words, desk.repo], check=True, cwd=desk.folder)
    return desk


def test_a_clone_that_lacks_a_large_file_is_read_without_it(shop: "Desk") -> None:
    (shop.repo / "large.py").write_text("def pay_large(): ...\n" * 200)
    shop.git("add", "-A")
    shop.git("commit", "-qm", "large")
    partial(shop, "2k")

    code, found = shop.ask("scope", "--task", "pay with a card")

    assert (code, paths(found)[0]) == (0, "shop.py")
    reason = "its object is not in this repository"
    assert found["skipped"] == [{"path": "large.py", "reason": reason}]
    assert shop.run("query", "callers", "total") == 0


def test_a_clone_that_lacks_all_files_is_refused_with_what_gets_them(shop: "Desk") -> None:
    partial(shop, "0")

    assert shop.run("scope", "--task", "pay with a card") == 2
    assert "get them with: git fetch --refetch --no-filter" in shop.noted
