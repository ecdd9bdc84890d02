"""The package is used as its page says: alone, from threads and from processes."""

import multiprocessing
import re
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

MAKE = Any
PAGE = Path(__file__).parents[2] / "docs" / "reading-code.md"
FILES = {
    "cart.py": "class Cart:\n    def total(self):\n        return 1\n",
    "shop.py": "from cart import Cart\n\n\ndef pay():\n    return Cart().total()\n",
    "other.rb": "def stock\n  total\nend\n",
}
CHOSEN = ["cart.py:1-3", "shop.py:1-5"]


def example() -> str:
    """Return the example of the page."""
    (found,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return str(found)


def what_to_read(git_dir: Path, kept: Path) -> list[str]:
    """Run the example of the page; a process of its own imports it from here."""
    names: dict[str, Any] = {}
    exec(compile(example(), str(PAGE), "exec"), names)  # noqa: S102 - our own page
    chosen: list[str] = names["what_to_read"](git_dir, kept, 0.0)
    return chosen


def test_the_example_of_the_page_says_what_to_read(make_repository: MAKE, tmp_path: Path) -> None:
    chosen = what_to_read(make_repository(FILES).git_dir, tmp_path / "kept.sqlite")

    assert chosen[:2] == CHOSEN
    assert chosen[-2:] == ["other.rb::stock", "shop.py::pay"]


def executor(kind: str) -> Executor:
    if kind == "threads":
        return ThreadPoolExecutor(4)
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_many_at_once_share_one_store_and_choose_the_same(
    make_repository: MAKE, tmp_path: Path, kind: str
) -> None:
    git_dir, kept = make_repository(FILES).git_dir, tmp_path / "kept.sqlite"
    alone = what_to_read(git_dir, tmp_path / "alone.sqlite")

    with executor(kind) as lanes:
        asked = [lanes.submit(what_to_read, git_dir, kept) for _ in range(6)]
        answers = [one.result(timeout=120) for one in asked]

    assert answers == [alone] * 6
    assert kept.is_file()
