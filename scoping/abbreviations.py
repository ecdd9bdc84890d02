"""How programmers shorten the words that reporters write out: ``repr`` for a representation."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from scoping.words import stem

_SHORT = """
    address addr|administrator admin|annotation annot|application app|argument arg|array arr
    asynchronous async|attribute attr|authenticate auth|authorization auth|average avg
    background bg|boolean bool|buffer buf|calculate calc|callback cb|category cat|character char
    clear clr|column col|command cmd|compare cmp|concatenate concat|condition cond
    configuration config conf cfg|connection conn|context ctx|coordinate coord|copy cpy
    current cur|database db|decimal dec|definition def|delete del|delimiter delim|dependency dep
    description desc|destination dest dst|dictionary dict|difference diff|dimension dim
    directory dir|display disp show repr|distance dist|document doc|dynamic dyn|element elem
    enumeration enum|environment env|equal eq|equality eq|error err|evaluate eval|event evt
    example ex|exception exc|execute exec|expression expr|extension ext|external ext|figure fig
    filename fname|foreground fg|format fmt|function func fn|generate gen|generator gen
    hexadecimal hex|horizontal horiz|identifier id ident|image img|implementation impl|index idx
    information info|initialize init|initial init|integer int|iterate iter|iteration iter
    iterator iter|javascript js|language lang|length len|level lvl|library lib|location loc
    manager mgr|maximum max|memory mem|message msg|minimum min|miscellaneous misc|module mod
    negative neg|number num|object obj|operation op|operator op|option opt|optional opt
    original orig|package pkg|parameter param|password pwd passwd|percent pct|pickle getstate
    position pos|positive pos|precision prec|previous prev|print repr str|private priv
    probability prob|procedure proc|process proc|property prop|query qry|random rand|receive recv
    record rec|rectangle rect|recursive rec|reference ref|register reg|regular regex|relative rel
    remove rm del|repository repo|representation repr|request req|resource res|response resp
    result res|schedule sched|second sec|section sect|select sel|separator sep|sequence seq
    serialize dump|server srv|session sess|signature sig|source src|specification spec
    square sq|standard std|statement stmt|statistic stat|string str|structure struct
    subtract sub|synchronous sync|system sys|table tbl|temporary tmp temp|text txt|timestamp ts
    translate trans|transform trans|transaction tx|unicode utf|unique uniq|utility util
    value val|variable var|vector vec|version ver|vertical vert|virtual virt|window win|write wr
"""


def _table() -> dict[str, tuple[str, ...]]:
    """Return for each stem the stems that mean the same, either way."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for row in _SHORT.replace("\n", "|").split("|"):
        long, *shorts = row.split() or [""]
        for short in shorts:
            found[stem(long)][stem(short)] = None
            found[stem(short)][stem(long)] = None
    return {word: tuple(others) for word, others in found.items()}


_MEANT = _table()


def with_abbreviations(words: Mapping[str, int]) -> Counter[str]:
    """Return counted stems with those that stand for the same, as often as what they stand for."""
    found = Counter(words)
    for word, count in words.items():
        for other in _MEANT.get(word, ()):
            if other not in words:
                found[other] = max(found[other], count)
    return found
