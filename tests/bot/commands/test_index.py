"""The code of a repository is read once, whoever asks about it."""

from typing import TYPE_CHECKING

import pytest

from bot.code_index import FOLDER
from scoping.store import FILE_NAME

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk


@pytest.fixture
def coded(desk: "Desk") -> "Desk":
    """A desk whose repository holds some code."""
    (desk.repo / "shop.py").write_text(
        "import cart\n\ndef pay():\n    return cart.Cart().total()\n"
    )
    (desk.repo / "cart.py").write_text(
        "class Cart:\n    def total(self):\n        return 1\n\nLIMIT = 3\n\n"
        "class Basket(Cart): ...\n"
    )
    (desk.repo / "blob").write_bytes(b"\0")
    desk.git("add", "-A")
    desk.git("commit", "-qm", "code")
    return desk


def test_an_index_is_made_once_and_told(coded: "Desk") -> None:
    code, made = coded.ask("index")

    assert (code, made["files"], made["symbols"]) == (0, 5, 5)
    assert made["skipped"] == [{"path": "blob", "reason": "binary"}]
    assert (made["kept"]["scans"], made["kept"]["syntaxes"]) == (6, 2)
    assert made["read"] == 6
    assert coded.ask("index")[1]["read"] == 0
    assert coded.run("index") == 0
    assert coded.said.startswith("5 files, 5 definitions, in ")
    assert "the index holds 6 files, 2 of them parsed, in 0.0 MiB" in coded.said
    assert "skipped blob: binary" in coded.noted


def test_an_index_knows_the_files_as_they_are_and_a_commit_alone(coded: "Desk") -> None:
    (coded.repo / "new.py").write_text("def a(): ...\ndef b(): ...\n")
    (coded.repo / "cart.py").unlink()
    (coded.repo / "link.py").symlink_to("shop.py")

    _, made = coded.ask("index")
    assert (made["files"], made["symbols"]) == (5, 3)
    assert {"path": "link.py", "reason": "uncommitted: a symbolic link"} in made["skipped"]
    assert "3 uncommitted files lie over commit" in coded.noted
    _, committed = coded.ask("index", "--base", "HEAD")
    assert (committed["files"], committed["symbols"], committed["read"]) == (5, 5, 1)
    assert "uncommitted" not in coded.noted


def test_what_the_index_holds_is_told_and_collected_without_reading(coded: "Desk") -> None:
    coded.run("index")

    code, stats = coded.ask("index", "--stats")
    assert (code, stats["kept"]["scans"]) == (0, 6)
    assert coded.ask("index", "--gc")[1]["kept"]["scans"] == 6


def test_files_of_earlier_versions_are_removed_and_told_and_no_others(coded: "Desk") -> None:
    coded.run("index")
    folder = coded.state / FOLDER
    (folder / "index-1.sqlite").write_bytes(b"x" * 1024**2)
    (folder / "index-2.sqlite-wal").write_bytes(b"")
    (folder / "index-0.sqlite").mkdir()
    for name in ("index-99.sqlite", "index-x.sqlite", "index-1.sqlite.kept"):
        (folder / name).write_bytes(b"")

    assert coded.run("index", "--gc") == 0

    told = "removed index-1.sqlite, index-2.sqlite-wal of earlier versions, 1.0 MiB"
    assert coded.said.splitlines()[0] == told
    assert "index-0.sqlite cannot be removed: " in coded.noted
    left = {path.name for path in folder.iterdir()} - {f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"}
    others = {"index-99.sqlite", "index-x.sqlite", "index-1.sqlite.kept", "index-0.sqlite"}
    assert left == {FILE_NAME, *others}
    (folder / "index-0.sqlite").rmdir()
    assert coded.ask("index", "--gc")[1]["older"]["files"] == []


def test_a_damaged_index_is_told_and_made_anew(coded: "Desk") -> None:
    coded.run("index")
    path = coded.state / FOLDER / FILE_NAME
    path.write_bytes(b"no database" * 1_000)

    assert coded.run("query", "definition", "total") == 0
    assert coded.said == "cart.py:2: method Cart.total\n"
    assert "it was removed and will be made anew" in coded.noted
    assert coded.run("index") == 0
    assert "anew" not in coded.noted


@pytest.mark.parametrize(
    ("question", "about", "told"),
    [
        ("definition", "Cart.total", "cart.py:2: method Cart.total"),
        ("definition", "LIMIT", "cart.py:5: variable LIMIT"),
        (
            "references",
            "Cart",
            (
                "cart.py:1: class Cart:\ncart.py:7: class Basket(Cart): ...\n"
                "shop.py:4: return cart.Cart().total()"
            ),
        ),
        ("symbols", "pa", "shop.py:3: function pay"),
        ("imports", "cart.py", "imported_by: shop.py"),
        ("callers", "total", "shop.py:3: function pay"),
        ("callees", "pay", "cart.py:1: class Cart\ncart.py:2: method Cart.total"),
        ("subclasses", "Cart", "cart.py:7: class Basket"),
        ("search", "Cart()", "shop.py:4: return cart.Cart().total()"),
        ("files", "*.py", "cart.py\nshop.py"),
    ],
)
def test_a_question_is_answered_in_lines(
    coded: "Desk", question: str, about: str, told: str
) -> None:
    assert coded.run("query", question, about) == 0
    assert coded.said == f"{told}\n"


def test_a_question_without_an_answer_is_told(coded: "Desk") -> None:
    assert coded.run("query", "definition", "gone") == 1
    assert coded.noted == "nothing was found for 'gone'\n"
    code, found = coded.ask("query", "references", "pay")
    assert (code, found["hits"][0]["line"], found["is_cut"]) == (0, 3, False)
    assert coded.run("query", "search", "") == 2


def test_the_history_of_a_line_is_that_of_its_commits(coded: "Desk") -> None:
    code, found = coded.ask("query", "history", "cart.py:3")

    assert (code, [commit["subject"] for commit in found["commits"]]) == (0, ["code"])
    assert coded.run("query", "history", "cart.py:3") == 0
    assert coded.said.endswith(" code\n")
    for place in ("cart.py", "cart.py:", ":3", "cart.py:x", "cart.py:99", "gone.py:1", "cart.py:0"):
        assert coded.run("query", "history", place) == 2, place


def test_blocks_that_call_nothing_are_told(coded: "Desk") -> None:
    (coded.repo / "main.tf").write_text('resource "disk" "big" {\n  size = 1\n}\n')

    assert coded.run("query", "callers", "big") == 1
    assert "hcl: nothing is called there; ask for references" in coded.noted
