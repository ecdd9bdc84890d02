"""The files and functions an issue is about come first, with reasons a reviewer understands."""

from collections.abc import Callable
from typing import Any

import pytest

from scoping.kinds import FileKind, kind_of
from scoping.objects import open_objects
from scoping.scope import Scope, ScopeOptions, select

MAKE = Any
Ranked = Callable[[str, str], Scope]

FILES = {
    "src/shop/__init__.py": "",
    "src/shop/cart.py": '''\
"""The cart."""
from shop.money import rounded

class Cart:
    """What is bought."""

    def total(self, items):
        """Sum the prices."""
        return rounded(sum(items))

    def clear(self):
        self.items = []

class Basket:
    def total(self, items):
        if not items:
            raise ValueError("basket %s holds nothing to sum" % self)
        return len(items)
''',
    "src/shop/money.py": '''\
def rounded(amount):
    """Round half up."""
    return int(amount * 100) / 100

def spelled(amount):
    return str(amount)
''',
    "src/shop/mail.py": """\
from shop.cart import Cart

def send(order):
    return f"Dear {order}"

@property
def weight(x): return x
""",
    "tests/test_cart.py": (
        "from shop.cart import Cart\ndef test_total(): assert Cart().total([]) == 0\n"
    ),
    "docs/cart.md": "The cart has a total. The total of the cart is the total.\n",
    "setup.py": "from setuptools import setup\nsetup()\n",
}


@pytest.fixture
def ranked(make_repository: MAKE) -> Ranked:
    git_dir = make_repository(FILES).git_dir

    def run(title: str, body: str) -> Scope:
        with open_objects(git_dir) as reader:
            return select(reader, "HEAD", title, body, ScopeOptions())

    return run


def reasons(scope: Scope, path: str) -> str:
    return "; ".join(next(file.reasons for file in scope.files if file.path == path))


def test_a_file_named_by_its_path_comes_first(ranked: Ranked) -> None:
    scope = ranked("Something is off", "look at shop/money.py please")

    assert scope.files[0].path == "src/shop/money.py"
    assert "the issue names `shop/money.py`" in reasons(scope, "src/shop/money.py")


def test_a_module_named_with_dots_comes_first(ranked: Ranked) -> None:
    scope = ranked("Crash", "calling shop.mail.send is slow")

    assert scope.files[0].path == "src/shop/mail.py"
    assert "the issue names `shop.mail.send`" in reasons(scope, "src/shop/mail.py")


def test_a_member_named_with_its_class_beats_its_homonym(ranked: Ranked) -> None:
    scope = ranked("Wrong sum", "`Basket.total` counts instead of adding")

    assert scope.functions[0].id == "src/shop/cart.py::Basket.total"
    assert scope.functions[0].reasons[0] == "`Basket.total` is named in the issue"
    assert "defines `Basket.total`, named in the issue" in reasons(scope, "src/shop/cart.py")


def test_the_last_frame_of_a_traceback_counts_most(ranked: Ranked) -> None:
    trace = (
        'File "/x/src/shop/mail.py", line 4, in send\n'
        'File "/x/src/shop/money.py", line 3, in rounded\n'
    )

    scope = ranked("Crash", trace)

    assert scope.files[0].path == "src/shop/money.py"
    assert "line 3 is the innermost frame of the traceback" in reasons(scope, "src/shop/money.py")
    assert "line 4 is a frame of the traceback" in reasons(scope, "src/shop/mail.py")
    assert scope.functions[0].id == "src/shop/money.py::rounded"
    assert "line 3 of the traceback is in it" in scope.functions[0].reasons


def test_linked_lines_lead_to_their_function(ranked: Ranked) -> None:
    link = "https://host.example/me/shop/blob/main/src/shop/money.py#L3"

    scope = ranked("Crash", link)

    assert scope.files[0].path == "src/shop/money.py"
    assert scope.functions[0].id == "src/shop/money.py::rounded"
    assert "the issue links to its lines" in scope.functions[0].reasons


def test_a_quoted_message_leads_to_where_it_is_written(ranked: Ranked) -> None:
    scope = ranked("Odd error", "ValueError: basket <b> holds nothing to sum")

    assert scope.files[0].path == "src/shop/cart.py"
    assert "holds the text “holds nothing to sum”" in reasons(scope, "src/shop/cart.py")


def test_words_of_the_title_in_a_name_are_a_reason(ranked: Ranked) -> None:
    scope = ranked("Mails are not sent", "")

    assert scope.files[0].path == "src/shop/mail.py"
    assert "its name says `Mails`, as the title does" in reasons(scope, "src/shop/mail.py")


def test_tests_are_ranked_and_labelled_behind_the_source(ranked: Ranked) -> None:
    scope = ranked("Cart total is wrong", "Cart().total([]) should be 0")

    kinds = {file.path: file.kind for file in scope.files}
    order = [file.path for file in scope.files]
    assert kinds["tests/test_cart.py"] == "test"
    assert kinds["docs/cart.md"] == "docs"
    assert order[0] == "src/shop/cart.py"
    assert order.index("tests/test_cart.py") > 0
    assert [one.kind for one in scope.functions if one.path.startswith("tests/")] == ["test"]


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("", ""),
        ("购物车总额错误", "当Cart为空时调用 total 失败 🛒"),
        ("x" * 1_000_000, "Cart\n" * 200_000),
        ("\0\ud800", 'File "", line 99999999999, in x\n`' + "`" * 1_000),
        ("the a of", "../../../etc/passwd /.. // ."),
    ],
)
def test_no_issue_is_too_strange_to_rank(ranked: Ranked, title: str, body: str) -> None:
    scope = ranked(title, body)

    assert {file.path for file in scope.files} == FILES.keys()
    assert scope == ranked(title, body)


def test_a_chinese_issue_that_names_a_class_finds_it(ranked: Ranked) -> None:
    assert ranked("错误", "当Basket为空时失败").files[0].path == "src/shop/cart.py"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("src/a.py", "source"),
        ("tests/a.py", "test"),
        ("pkg/test_a.py", "test"),
        ("pkg/a_test.py", "test"),
        ("web/a.spec.ts", "test"),
        ("web/__tests__/a.js", "test"),
        ("conftest.py", "test"),
        ("latest/contest.py", "source"),
        ("docs/conf.py", "docs"),
        ("README.md", "docs"),
        ("setup.py", "other"),
    ],
)
def test_the_place_of_a_file_tells_its_kind(path: str, kind: FileKind) -> None:
    assert kind_of(path, "python") == kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("data.JSON", "configuration"),
        ("a/tool.toml", "configuration"),
        ("web/page.html", "template"),
        ("web/page.html.j2", "template"),
        ("study.ipynb", "notebook"),
        ("tests/data.json", "test"),
        ("Makefile", "other"),
        ("notes.txt", "docs"),
    ],
)
def test_what_is_no_code_is_labelled_by_what_it_is(path: str, kind: FileKind) -> None:
    assert kind_of(path, "") == kind
