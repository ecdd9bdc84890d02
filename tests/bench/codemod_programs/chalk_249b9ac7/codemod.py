"""ES2015: const and let for var, arrows for functions that have no own `this`, short methods."""

from collections.abc import Iterator

from validators.codemod import Edits, File, Node

SITES = r"\bvar\b|\bfunction\s*\(|\\u001b"
FILES = ("*.js",)
_SCOPES = ("function_expression", "function_declaration", "method_definition", "program")


def transform(file: File) -> Iterator[Edits]:
    """Rewrite what is the same in other words; what a function is called with must stay its own."""
    for found in file.find(kind="variable_declaration"):
        yield file.replace(found.tokens[0], _word(file, found))
    for function in file.find(kind="function_expression"):
        yield _function(file, function)
    for text in file.strings(r"\\u001b"):
        yield file.rewrite(text, r"\\u001b", r"\\u001B")
    for text in file.strings(r"^'\./'$"):
        yield file.follow(file.rewrite(text, r"\./", "."))


def _word(file: File, found: Node) -> str:
    """Return const where each name has a value that never changes, else let."""
    names = found.children
    if any(not one.has("value") or _is_assigned(file, one.field("name").text) for one in names):
        return "let"
    return "const"


def _is_assigned(file: File, name: str) -> bool:
    for use in file.names(name):
        at = use.parent
        if at is None:
            continue
        is_left = at.kind in {"assignment_expression", "augmented_assignment_expression"}
        if at.kind == "update_expression" or (is_left and at.field("left") == use):
            return True
    return False


def _function(file: File, function: Node) -> Edits:
    head, body = function.field("parameters"), function.field("body")
    around = function.parent
    if function.has("name") or around is None:
        return file.leave(function, "it has a name of its own")
    if around.kind == "pair" and around.field("value") == function:
        return file.compose(around, around.field("key"), head, " ", body)
    own = [word for word in ("this", "arguments") if _has_own(file, function, word)]
    if own:
        return file.leave(function, f"it has its own {own[0]}")
    return file.compose(function, head, " => ", body)


def _has_own(file: File, function: Node, word: str) -> bool:
    words = file.find(kind="this", inside=function) if word == "this" else file.names(word)
    return any(use in function and use.within(*_SCOPES) == function for use in words)
