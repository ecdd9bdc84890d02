# All that it may use: no file, network or process. Answers are of the files as edited so far, and
# never cut: what is refused, such as a list over 5,000, is a ValueError that says why.

from typing import Literal
class Hit: path: str; line: int; text: str
class Symbol:
    path: str; qualified_name: str; kind: str; start_line: int; end_line: int
    signature: str; docstring: str
class Imports: path: str; imports: list[str]; imported_by: list[str]; is_cut: bool
class Commit: sha: str; date: str; subject: str
class Finding:
    gate: str; code: str; severity: str; message: str; path: str; line: int; fix: str
class Verdict: word: str; findings: list[Finding]
def files(glob: str = '**') -> list[str]:
    '''* within a name, ** across folders, a folder is all below it. Refuses: over 50,000.
    Example: files('tests/**/*.py')'''
def read(path: str, start_line: int = 1, end_line: int = 0) -> str:
    '''Text, or lines from 1, both included. Refuses: no such file or line; no text; over 20,000
    lines. Example: read('pkg/box.py', 1, 20)'''
def search(text: str, glob: str = '**') -> list[Hit]:
    '''Lines that hold text exactly, 400 characters of each. Refuses: no text, or several lines.
    Example: {hit.path for hit in search('old_name(', '*.py')}'''
def symbols(pattern: str) -> list[Symbol]:
    '''Definitions whose qualified name holds pattern in any case. Refuses: no pattern.
    Example: [one for one in symbols('view') if one.kind == 'class']'''
def definition(name: str) -> list[Symbol]:
    '''Definitions of 'open' or 'Box.open'. Refuses: no name. Example: definition('Box.open')[0]'''
def references(name: str) -> list[Hit]:
    '''Lines of code that write a plain name. Refuses: no name. Example: references('open_box')'''
def callers(name: str) -> list[Symbol]:
    '''Functions that call a plain name. Refuses: no name. Example: callers('open_box')'''
def imports(path: str) -> Imports:
    '''Files that path imports, or that import it. Refuses: no such file.
    Example: imports('pkg/box.py').imported_by'''
def history(path: str, limit: int = 10) -> list[Commit]:
    '''Newest first, without your edits. Refuses: limit over 30. Example: history('a.py', 3)'''
def edit(path: str, old: str, new: str) -> None:
    '''Replace old, which stands in the file once, to the blank. Refuses: none or several; what then
    does not parse, or uses an undefined name (add its import first); a protected file.
    Example: edit('pkg/box.py', 'def open(self)', 'def unlock(self)')'''
def create(path: str, text: str) -> None:
    '''Make a file. Refuses: one that is there. Example: create('a.md', 'Lids are square.')'''
def delete(path: str) -> None:
    '''Refuses: no such file. Example: delete('pkg/old_box.py')'''
def diff() -> str:
    '''All changes so far, unified. Example: print(len(diff()))'''
def run_gate(kind: Literal['lint', 'build', 'test']) -> Verdict:
    '''The repository's own checks, now; word is 'pass', 'fail'... Refuses: over 3 in a reply.
    Example: run_gate('test').findings'''
def notes(text: str = '') -> list[str]:
    '''Add a line, if given; return all. They outlive every name. Refuses: over 4,000 characters.
    Example: notes('77 done')'''
def finish(summary: str) -> None:
    '''All edits are made; the summary explains them in the pull request. Counts if the snippet
    comes to its end. Refuses: what is not written out in the snippet as one text.
    Example: finish('Box.open is now Box.unlock.')'''
