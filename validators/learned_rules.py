"""The block of our configuration that holds rules learnt from reviews: it can only tighten.

It stands at the end of the file, behind a line of its own, and is made of few kinds of lines, each
checked as it stands: what a YAML parser would make of anything else is never asked. So a change of
nothing but this block is a question for a person, where any other of that file is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

MARK = "# Learnt from reviews: each rule with what led to it. Take out what you do not want."
# No sign that turns a pattern of .gitignore round, opens a class of letters or ends a quote.
_PATTERN = re.compile(r"/?[A-Za-z0-9_.@+-][A-Za-z0-9_./@+ -]{0,199}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,79}")
_COMMENT = re.compile(r" *# [\x20-\x7e]{1,400}")
_ITEM = re.compile(r'    - "([^"\\]+)"')
_LIST = re.compile(r"  (protected_paths|required_gates):")
_FIGURE = re.compile(r"  (max_patch_files|max_patch_lines): ([1-9][0-9]{0,6})")


@dataclass(frozen=True, slots=True)
class LearnedRule:
    """One rule and the sentence that says what led to it. A figure is written in digits."""

    key: str
    value: str
    why: str


def is_pattern(path: str) -> bool:
    """Whether a path may stand in the block as a pattern, meaning itself."""
    return _PATTERN.fullmatch(path) is not None


def is_gate_name(name: str) -> bool:
    """Whether a gate's name may stand in the block."""
    return _NAME.fullmatch(name) is not None


def with_rules(document: str, rules: Sequence[LearnedRule]) -> str:
    """Return a configuration with ``rules`` added to those that it learnt before.

    ValueError for a rule that may not stand there, or a document that none can be added to; of two
    figures the lower one stays.
    """
    prefix, block = _split(document)
    if re.match(r"(?:\s*#.*\n|\s)*[{\[]", prefix):
        raise ValueError("it is written in one pair of brackets, behind which nothing can stand")
    known = _rules_in(block) or ()
    kept: dict[tuple[str, str], LearnedRule] = {}
    for rule in (*known, *rules):
        is_figure = rule.key.startswith("max_")
        before = kept.get((rule.key, "" if is_figure else rule.value))
        if before is None or (is_figure and int(rule.value) < int(before.value)):
            kept[rule.key, "" if is_figure else rule.value] = rule
    lines = [MARK, "learned:"]
    for key in dict.fromkeys(rule.key for rule in kept.values()):
        some = [rule for rule in kept.values() if rule.key == key]
        if key.startswith("max_"):
            lines += [f"  # {_ascii(some[0].why)}", f"  {key}: {some[0].value}"]
            continue
        lines.append(f"  {key}:")
        for rule in some:
            lines += [f"    # {_ascii(rule.why)}", f'    - "{rule.value}"']
    if _rules_in(lines) is None:
        raise ValueError(f"these rules cannot be written down: {[rule.value for rule in rules]}")
    gap = "\n" if prefix and not prefix.endswith("\n\n") else ""
    return f"{prefix}{gap}" + "\n".join(lines) + "\n"


def only_tightens(before: bytes | None, after: bytes | None) -> bool:
    """Whether ``after`` is ``before`` with nothing but learnt rules added, or made stricter."""
    try:
        return _only_tightens((before or b"").decode(), (after or b"").decode())
    except UnicodeDecodeError:
        return False


def _only_tightens(old: str, new: str) -> bool:
    old_prefix, old_block = _split(old)
    new_prefix, new_block = _split(new)
    if new_prefix.rstrip("\n") != old_prefix.rstrip("\n") or not new_block:
        return False
    if re.search(r"(?m)^[\"']?learned[\"']?\s*:", new_prefix) or "\r" in new:
        return False
    known, rules = _rules_in(old_block), _rules_in(new_block)
    if rules is None or (old_block and known is None):
        return False
    figures = {rule.key: int(rule.value) for rule in rules if rule.key.startswith("max_")}
    listed = {(rule.key, rule.value) for rule in rules}
    for rule in known or ():
        if rule.key.startswith("max_"):
            if figures.get(rule.key, 10**9) > int(rule.value):
                return False
        elif (rule.key, rule.value) not in listed:
            return False
    return True


def _split(document: str) -> tuple[str, list[str]]:
    """Return what stands before the block, and the lines of the block, none where there is none."""
    prefix, mark, block = document.partition(f"{MARK}\n")
    if mark and prefix and not prefix.endswith("\n"):
        return document, []
    return prefix, [MARK, *block.rstrip("\n").split("\n")] if mark else []


def _rules_in(lines: Sequence[str]) -> tuple[LearnedRule, ...] | None:
    """Return the rules of a block, or None for one that holds any other line."""
    if list(lines[:2]) != [MARK, "learned:"]:
        return None
    found: list[LearnedRule] = []
    key, why, seen = "", "", set[str]()
    for line in lines[2:]:
        named, item, figure = _LIST.fullmatch(line), _ITEM.fullmatch(line), _FIGURE.fullmatch(line)
        if named or figure:
            key = (named or figure)[1]  # type: ignore[index]  # one of both is there
            if key in seen:
                return None
            seen.add(key)
        if item and key in {"protected_paths", "required_gates"}:
            fits = is_pattern(item[1]) if key == "protected_paths" else is_gate_name(item[1])
            if not fits:
                return None
            found.append(LearnedRule(key, item[1], why))
        elif figure:
            found.append(LearnedRule(figure[1], figure[2], why))
            key = ""
        elif not named and not _COMMENT.fullmatch(line):
            return None
        why = line.strip()[2:] if _COMMENT.fullmatch(line) else ""
    return tuple(found)


def _ascii(words: str) -> str:
    """Return a sentence as the block may hold it, on one line."""
    flat = " ".join(words.split())
    return re.sub(r"[^\x20-\x7e]", "?", flat)[:400] or "-"
