"""Reads a configuration file, the target's or the operator's, into the values it asks for.

Which keys there are stands in `bot.configuration.keys`; here every key of the file is looked up
there, and one that is unknown, or the operator's own in a target's file, is refused by file and
line.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bot.configuration.keys import KEYS, NOT_HONOURED, Key
from bot.configuration.values import Given, Node, Place, SettingsRefusal, shown

CONFIG_VARIABLE = "CHANGEWRIGHT_CONFIG"
MAX_BYTES = 64 * 1024


def find_operator_file(environment: Mapping[str, str]) -> Path | None:
    """Return the file that ``environment`` names, else the usual one if it is there, else None.

    One under another usual name is refused: there may be bounds in it that nobody would miss.
    """
    if named := environment.get(CONFIG_VARIABLE):
        return Path(named)
    folder = Path(environment.get("XDG_CONFIG_HOME") or "")
    if not folder.is_absolute():  # the XDG specification: a relative one is ignored
        folder = Path(environment.get("HOME") or "/nonexistent") / ".config"
    usual = folder / "changewright" / "config.yml"
    try:
        usual.lstat()  # not stat: a link to nowhere is a file that is lost
    except (FileNotFoundError, NotADirectoryError):
        if (other := usual.with_suffix(".yaml")).is_file():
            raise SettingsRefusal(
                f"{other}: not read under that name; rename it to {usual.name}"
            ) from None
        return None
    except OSError:  # there may be bounds in it: reading it will tell why it cannot be
        return usual
    return usual


def read_operator_file(path: Path | None) -> Mapping[str, Given]:
    """Return what the operator's file asks for; a file that cannot be read is refused."""
    if path is None:
        return {}
    try:
        with path.open("rb") as file:
            document = file.read(MAX_BYTES + 1)
    except OSError as error:
        why = error.strerror or "cannot be read"
        raise SettingsRefusal(
            f"{path}: {why}; mend it, or name another file with {CONFIG_VARIABLE}"
        ) from error
    return read_document(document, str(path), "operator")


def read_document(document: bytes, name: str, owner: str) -> Mapping[str, Given]:
    """Return what the file ``name`` asks for, by dotted key; raise SettingsRefusal.

    ``owner`` is ``target`` or ``operator``: keys of the operator are refused from the target.
    """
    from bot.configuration.yaml_reader import parse  # noqa: PLC0415 - most commands read no file

    if len(document) > MAX_BYTES:
        raise SettingsRefusal(f"{name}: too large; at most {MAX_BYTES // 1024} KiB are read")
    root = parse(document, name)
    given: dict[str, Given] = {}
    for key, node in _entries(root, name, owner):
        if node.value is None:  # a key with nothing behind it, as in a commented template
            continue
        value = key.kind.read(node, Place(name, key.name))
        if owner == "target" and key.rule == "added":
            _refuse_exceptions(value, node, Place(name, key.name))
        given[key.name] = Given(value, f"{owner} {name}:{node.line}", node)
    return given


def _refuse_exceptions(value: tuple[Any, ...], node: Node, place: Place) -> None:
    # "!tests/" after the operator's "tests/" would take it back: that is asking for more.
    for item in value:
        if isinstance(item, str) and item.startswith("!"):
            raise place.refusal(node, f"may not take a pattern back ({item!r}): remove that line")


def _entries(root: Node, name: str, owner: str) -> Iterator[tuple[Key, Node]]:
    known = {key.name: key for key in KEYS if key.where != "process"}
    sections = {key.name.partition(".")[0] for key in known.values() if "." in key.name}
    for word, node in _mapping(root, Place(name, "the file")).items():
        _refuse_not_honoured(word, node, name, owner)
        if word not in sections:
            if word in known and "." in word:
                section, _, leaf = word.partition(".")
                raise Place(name, word).refusal(node, f"is written as {leaf!r} below {section!r}")
            yield _known(word, node, known, name, owner), node
            continue
        leaves = node.value if isinstance(node.value, Mapping) else {}
        for leaf, entry in leaves.items():
            _refuse_not_honoured(f"{word}.{leaf}", entry, name, owner)
        if owner == "target" and all(
            key.where == "operator" for key in known.values() if key.name.startswith(f"{word}.")
        ):
            raise _operators_alone(Place(name, word), node)
        for leaf, entry in _mapping(node, Place(name, word)).items():
            yield _known(f"{word}.{leaf}", entry, known, name, owner), entry


def _refuse_not_honoured(word: str, node: Node, name: str, owner: str) -> None:
    """Refuse a word that means something elsewhere; of a whole section, its first such word."""
    if word not in NOT_HONOURED:
        return
    for leaf, entry in node.value.items() if isinstance(node.value, Mapping) else ():
        _refuse_not_honoured(f"{word}.{leaf}", entry, name, owner)
    if owner == "target" and NOT_HONOURED[word] == "operator":
        raise _operators_alone(Place(name, word), node)
    what = "these lines" if isinstance(node.value, Mapping | tuple) else "the line"
    raise Place(name, word).refusal(
        node, f"is not honoured by this version, and would change nothing: remove {what}"
    )


def _mapping(node: Node, place: Place) -> Mapping[str, Node]:
    if node.value is None:
        return {}
    if not isinstance(node.value, Mapping):
        raise place.refusal(node, f"must be a mapping of keys, not {shown(node)}")
    return node.value


def _known(word: str, node: Node, known: Mapping[str, Key], name: str, owner: str) -> Key:
    key = known.get(word)
    if key is None:
        where = f"{name}:{node.line}" if node.line else name
        raise SettingsRefusal(
            f"{where}: unknown key {shown(Node(word))}{_nearest(word, known, owner)}"
        )
    if owner == "target" and key.where == "operator":
        raise _operators_alone(Place(name, word), node)
    return key


def _operators_alone(place: Place, node: Node) -> SettingsRefusal:
    return place.refusal(
        node,
        "is for the operator alone: remove it here, and set it in the operator's own"
        " changewright/config.yml if it is wanted",
    )


def _nearest(word: str, known: Mapping[str, Key], owner: str) -> str:
    """Return the suggestion: the same level first, then the same word in another section."""
    usable = [key.name for key in known.values() if owner == "operator" or key.where == "target"]
    section, _, leaf = word.rpartition(".")
    level = {name.partition(".")[0] for name in usable} if not section else usable
    if found := get_close_matches(word.lower(), sorted(level), 1, 0.7):
        return f"; did you mean {found[0]!r}?"
    leaves = {name.rpartition(".")[2]: name for name in usable}
    # Closer than within its own section: a word of another one is a bolder guess.
    if found := get_close_matches(leaf.lower(), sorted(leaves), 1, 0.85):
        return f"; did you mean {leaves[found[0]]!r}?"
    if section:
        level = {name for name in usable if name.startswith(f"{section}.")}
    return f"; known here: {', '.join(sorted(level))}"
