"""Rules learnt from reviews can be added to our configuration; nothing else can be by this door."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.configuration.file import read_document
from bot.settings import Sources, load
from validators.learned_rules import MARK, LearnedRule, only_tightens, with_rules

BEFORE = "# Ours.\nlimits:\n  max_patch_lines: 300\n"
PATH = LearnedRule("protected_paths", "/docs/", "3 of 3 proposals that touched docs/: #1, #2, #3")
LINES = LearnedRule("max_patch_lines", "120", "4 of 5 were too large: #1, #2, #3, #4")
GATE = LearnedRule("required_gates", "lint", "so")


def tightens(before: str, after: str) -> bool:
    return only_tightens(before.encode(), after.encode())


def test_rules_stand_behind_what_is_there_with_what_led_to_each() -> None:
    after = with_rules(BEFORE, [PATH, LINES, GATE])

    assert after == (
        f"{BEFORE}\n{MARK}\nlearned:\n  protected_paths:\n"
        "    # 3 of 3 proposals that touched docs/: #1, #2, #3\n"
        '    - "/docs/"\n'
        "  # 4 of 5 were too large: #1, #2, #3, #4\n"
        "  max_patch_lines: 120\n"
        '  required_gates:\n    # so\n    - "lint"\n'
    )
    assert tightens(BEFORE, after)
    assert tightens("", with_rules("", [PATH]))
    assert only_tightens(None, with_rules("", [PATH]).encode())


def test_what_was_learnt_stays_and_of_two_figures_the_lower_one() -> None:
    first = with_rules(BEFORE, [PATH, LINES])
    other = LearnedRule("protected_paths", "/src/old/", "so")

    second = with_rules(first, [PATH, other, LearnedRule("max_patch_lines", "80", "less")])

    assert second.count('"/docs/"') == 1
    assert "max_patch_lines: 80" in second
    assert "max_patch_lines: 120" not in second
    assert tightens(first, second)
    assert not tightens(second, first)
    assert with_rules(first, [LearnedRule("max_patch_lines", "500", "more")]) == first


def test_they_are_read_as_rules_that_only_tighten(tmp_path: object) -> None:
    given = '- {name: lint, kind: lint, run: "x", required: false}'
    document = with_rules(f"{BEFORE}gates:\n  {given}\n", [PATH, LINES, GATE])
    known = load(Sources({}, tmp_path, None, document.encode(), "here", {}))  # type: ignore[arg-type]  # a path
    assert known.rules.protected.paths[-1] == "/docs/"
    assert known.rules.limits.max_patch_lines == 120
    assert [one.required for one in known.rules.gates] == [True]
    loose = document.replace("max_patch_lines: 120", "max_patch_lines: 900")
    known = load(Sources({}, tmp_path, None, loose.encode(), "here", {}))  # type: ignore[arg-type]  # a path
    assert known.rules.limits.max_patch_lines == 300


AFTER = with_rules(BEFORE, [PATH, LINES])
SMUGGLED = {
    "a word above is another": AFTER.replace("300", "900"),
    "a key above is gone": AFTER.replace("limits:\n  max_patch_lines: 300\n", ""),
    "a key is added below": f"{AFTER}sandbox:\n  require: []\n",
    "a key is added inside": AFTER.replace("learned:\n", "learned:\n  policy: allow\n"),
    "a pattern turns another round": AFTER.replace('"/docs/"', '"!/.github/"'),
    "a pattern opens a class": AFTER.replace('"/docs/"', '"[a-z]"'),
    "a pattern ends its quote": AFTER.replace('"/docs/"', '"/docs/" # "'),
    "an item is no text": AFTER.replace('- "/docs/"', "- *x"),
    "a figure is none": AFTER.replace("120", "1e9"),
    "a figure is nought": AFTER.replace("120", "0"),
    "a key stands twice": f"{AFTER}  max_patch_lines: 900\n",
    "another carriage": AFTER.replace("\n", "\r\n"),
    "another encoding": AFTER.replace("so", "so").replace("# 3 of", "# \u2028 of"),
    "an indent is another": AFTER.replace("  max_patch_lines: 120", "   max_patch_lines: 120"),
    "the block stands twice": AFTER + AFTER.partition(MARK)[1] + AFTER.partition(MARK)[2],
    "nothing is left": "",
    "the mark alone": f"{BEFORE}\n{MARK}\n",
    "learned stands above, too": with_rules("learned:\n  x: 1\n" + BEFORE, [PATH]),
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_nothing_else_comes_in_by_this_door(name: str) -> None:
    assert not tightens(BEFORE, SMUGGLED[name])


def test_taking_a_rule_away_is_no_tightening() -> None:
    assert not tightens(AFTER, BEFORE)
    assert not tightens(AFTER, with_rules(BEFORE, [PATH]))
    assert not tightens(AFTER, AFTER.replace("120", "121"))
    assert tightens(AFTER, AFTER.replace("120", "119"))


def test_what_cannot_be_added_to_is_left_alone() -> None:
    for document in ('{"gates": []}\n', "# so\n\n[]\n"):
        with pytest.raises(ValueError, match="brackets"):
            with_rules(document, [PATH])
    with pytest.raises(ValueError, match="cannot be written down"):
        with_rules(BEFORE, [LearnedRule("protected_paths", "!/a", "so")])


@settings(max_examples=60, deadline=None)
@given(st.text("abc/._-* !\"'#\n:{}é", max_size=12), st.text(max_size=30))
def test_whatever_a_path_is_called_the_file_stays_what_it_was(path: str, why: str) -> None:
    try:
        after = with_rules(BEFORE, [LearnedRule("protected_paths", path, why)])
    except ValueError:
        return
    assert tightens(BEFORE, after)
    known = read_document(after.encode(), "here", "target")
    assert known["learned.protected_paths"].value == (path,)
    assert known["limits.max_patch_lines"].value == 300
