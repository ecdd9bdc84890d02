"""Changes that do not do what they are for: no fix, half of it, a wrong turn in it."""

from collections.abc import Iterator
from itertools import islice

from tests.bench.spoiling.candidate import Candidate
from tests.bench.spoiling.edits import edited
from tests.bench.spoiling.material import Material
from tests.bench.spoiling.mutations import mutations

_TRIES = 6


def without_source(material: Material) -> Iterator[Candidate]:
    sources = {path: material.before(path) for path in material.fix.src}
    yield Candidate(material.tree(sources), "tests alone")


def hunk_missing(material: Material) -> Iterator[Candidate]:
    hunks = list(material.hunks())
    for hunk in hunks[:_TRIES] if len(hunks) > 1 else ():
        content = edited(material.after(hunk.path), [hunk.undo])
        where = f"{hunk.path}:{hunk.lines.start + 1}"
        yield Candidate(material.tree({hunk.path: content}), where)


def mutated(material: Material) -> Iterator[Candidate]:
    yield from islice(mutants(material), _TRIES)


def mutants(material: Material) -> Iterator[Candidate]:
    """Yield a mutant of each changed place in turn, so that few tries reach far."""
    for hunk in material.hunks():
        source = material.after(hunk.path)
        found = list(mutations(hunk.path, source, set(hunk.lines)))
        for edit in found[:: max(1, len(found) // 3)]:
            content = edited(source, [edit])
            line = source[: edit.start].count(b"\n") + 1
            what = f"{hunk.path}:{line}: {edit.text.decode()[:40]}"
            yield Candidate(material.tree({hunk.path: content}), what)


def undefined_name(material: Material) -> Iterator[Candidate]:
    python = b"\n\ndef spoiled():\n    return never_defined_anywhere + 1\n"
    script = b"\nfunction spoiled () {\n  return neverDefinedAnywhere + 1\n}\nspoiled()\n"
    yield from _appended(material, python if material.fix.is_python else script)


def syntax_error(material: Material) -> Iterator[Candidate]:
    python, script = b"\n\ndef spoiled(:\n    return 1\n", b"\nfunction spoiled ({ return 1 }\n"
    yield from _appended(material, python if material.fix.is_python else script)


def conflict_markers(material: Material) -> Iterator[Candidate]:
    """Leave a merge half done in a text file, where no parser would mind."""
    texts = [p for p in material.paths if p.endswith((".md", ".rst", ".txt")) and "/" not in p]
    for path in texts[:1]:
        mark = b"\n%s ours\nold line\n=======\nnew line\n%s theirs\n" % (b"<" * 7, b">" * 7)
        yield Candidate(material.tree({path: material.after(path) + mark}), path)


def _appended(material: Material, text: bytes) -> Iterator[Candidate]:
    for path in material.sources[:1]:
        yield Candidate(material.tree({path: material.after(path) + text}), path)
