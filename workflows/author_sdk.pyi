# They are the campaign's files. You write one program that changes all of them; it runs in a
# sandbox of its own, never in this interpreter.

class Passage: path: str; start_line: int; end_line: int; text: str; is_whole: bool
class Count: path: str; sites: int
class Trial:
    expected: int  # sites that its SITES counts
    rewritten: int
    left: list[str]  # 'path:line: reason' of each site that stays
    failures: list[str]  # why it is not believed, if so
    diff: str  # of the smallest file that it changes
def sample(n: int = 10) -> list[Passage]:
    '''What n files hold about the change, of every folder, ending and form of line there is.
    Refuses: n below 1 or over 100. Example: print([one.text for one in sample(3)])'''
def count(pattern: str, paths: list[str] = []) -> list[Count]:
    '''How often a regular expression matches in all files, or in paths; comments and strings count.
    Refuses: what is none, or matches everywhere; over 10 in a reply; a path that is no file.
    Example: sum(one.sites for one in count('old_name[(]'))'''
def try_program(program: str, paths: list[str] = []) -> Trial:
    '''Run a program on all files, or on paths: whether it accounts for every site, results parse,
    and a second run changes nothing. Refuses: over 8 in a reply; a path that is no file.
    Example: try_program(text).failures'''
def submit(program: str, examples: list[tuple[str, str]], expected: int, about: str) -> None:
    '''Hand the program over: with examples as (name, text), how many sites SITES counts in all
    files by your reckoning, and what it does and leaves, for people. Counts if the snippet comes to
    its end. Refuses: names and sizes that may not be; an about that is not written out in the
    snippet as one text.
    Example: submit(text, [('a.before.py', old), ('a.after.py', new)], 77, 'Renames calls.')'''
