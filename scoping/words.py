"""Text to words, the same way for code and for issues: identifiers split, endings cut."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import filterfalse

# Letters outside ASCII run apart: prose in Chinese writes `Foo` without a space around it.
_FOREIGN = bytes(byte if byte >= 0x80 else ord(" ") for byte in range(256))  # noqa: PLR2004 - ASCII
_LETTERS = re.compile(r"[^\W\d_]+")
_PART = re.compile(r"[A-Z]{2,}s?(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
_PART_OR_END = re.compile(f"{_PART.pattern}| ")
_MAX_TOKEN = 80
# Every byte of no ASCII identifier becomes a space: several times faster than an expression.
_IDENTIFIERS = bytes(
    byte if re.fullmatch(rb"[A-Za-z0-9_]", bytes((byte,))) else ord(" ") for byte in range(256)
)
_DIGITS = "0123456789"
_MIN_WORD = 2
_MIN_STEM = 3
_SIFTED = 6

_STOP_WORDS = """
    a about after all also an and any are as at be because been but by can could did do does
    doing don e eg else etc for from get had has have here how i ie if in into is isn it its just
    like may me more my no not now of on one only or other our out over please same see self
    should so some such than that the their them then there these they this to too up us use
    used using very want was we were what when where which while who why will with would you
    your def return import none true false expected actual issue bug version code example
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


def tokens(text: str) -> Counter[str]:
    """Count the identifiers and words of ``text`` as written."""
    return tokens_of(text.encode("utf-8", "replace"))


def tokens_of(content: bytes) -> Counter[str]:
    """Count the same in the bytes of a text."""
    return counted(content)[0]


def counted(content: bytes) -> tuple[Counter[str], bool]:
    """Count the same, and return whether all are there: one that is too long is left out."""
    counts = Counter(content.translate(_IDENTIFIERS).decode("ascii").split())
    if not content.isascii():
        foreign = b" ".join(content.translate(_FOREIGN).split())
        for word in _LETTERS.findall(foreign.decode("utf-8", "replace")):
            counts[word] += 1
    # Digits before a letter belong to no identifier; in ASCII all others come after the colon.
    odd = [name for name in counts if name < ":"]
    if max(map(len, counts), default=0) > _MAX_TOKEN:
        odd += [name for name in counts if len(name) > _MAX_TOKEN and name >= ":"]
    is_whole = True
    for name in odd:
        count = counts.pop(name)
        bare = name.lstrip(_DIGITS)
        if bare and len(bare) <= _MAX_TOKEN:
            counts[bare] += count
        elif bare:
            is_whole = False
    return counts, is_whole


@lru_cache(maxsize=200_000)
def split(token: str) -> tuple[str, ...]:
    """Return the words of one identifier, lower case and stemmed; itself too when it has parts.

    ``HTTPServerError`` becomes ``http``, ``server``, ``error`` and ``httpservererror``.
    """
    parts = _PART.findall(token)
    found = tuple(filter(None, map(_word, parts)))
    return (*found, token.lower().strip("_")) if len(parts) > 1 else found


class Sieve:
    """Finds among many identifiers those that hold any of a few words, and which.

    It compares how parts begin, since an ending that is cut leaves a word whole but for a last
    ``y``, and splits what is left. To `split` each identifier takes several times as long.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        begun: defaultdict[str, set[str]] = defaultdict(set)
        short: set[str] = set()
        for word in filter(str.isascii, self._words):
            if len(word) < _MIN_STEM and word[-1].isalpha():
                short.add(word)
            else:
                begun[word[0]].add(_begun(word)[1:])
        rests = {first: f"(?:{'|'.join(sorted(own))})" for first, own in sorted(begun.items())}
        # A part begins after no letter, or with a capital. Apart, since an expression whose first
        # letter is one of a few is several times as fast, and so is one that knows a single case.
        anywhere = "|".join(first + rest for first, rest in rests.items())
        capital = [first.upper() + _either_case(rest) for first, rest in rests.items()]
        capital += [f"{word[0].upper()}{_either_case(word[1:])}(?![a-z])" for word in sorted(short)]
        small = "|".join(f"{_either_case(word)}(?![a-z])" for word in sorted(short))
        self._lowered = _expressions(f"[ _0-9](?:{anywhere})" if anywhere else "")
        self._written = _expressions(
            f"(?:{'|'.join(capital)})" if capital else "", f"[ _0-9](?:{small})" if small else ""
        )

    def words_of(self, tokens: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Return those of ``tokens`` that hold a word, with their words as `split` orders them."""
        sifted = list(self._sifted(tokens))
        known = _Spelled(self._words)
        found: dict[str, tuple[str, ...]] = {}
        own: list[str] = []
        count, rest = 0, iter(sifted)
        for part in _PART_OR_END.findall(" ".join(sifted) + " " if sifted else ""):
            if part != " ":
                count += 1
                if word := known[part]:
                    own.append(word)
                continue
            token = next(rest)
            if count > 1 and (whole := token.lower().strip("_")) in self._words:
                own.append(whole)
            if own:
                found[token] = tuple(own)
                own = []
            count = 0
        return found

    def _sifted(self, tokens: Collection[str]) -> Iterator[str]:
        """Yield those that may hold a word, and all that are not ASCII."""
        yield from filterfalse(str.isascii, tokens)
        text = f" {' '.join(filter(str.isascii, tokens))}"
        lowered = text.lower()
        for begun, where in (
            *((one, lowered) for one in self._lowered),
            *((one, text) for one in self._written),
        ):
            for found in begun.finditer(where):
                yield text[text.rfind(" ", 0, found.start() + 1) + 1 : found.end()]


class _Spelled(dict[str, str]):
    """The word of each part of an identifier that is among a few; the empty text of all others."""

    def __init__(self, words: Container[str]) -> None:
        self._words = words

    def __missing__(self, part: str) -> str:
        word = _word(part)
        self[part] = found = word if word in self._words else ""
        return found


def _expressions(*begun: str) -> tuple[re.Pattern[str], ...]:
    """Return what finds the rest of each identifier in which a part begins so."""
    return tuple(re.compile(f"{one}[^ ]*") for one in begun if one)


def _begun(word: str) -> str:
    """Return what an identifier writes of a word at least: ``quer`` for ``query``, of queries."""
    return word[:_SIFTED].removesuffix("y") if len(word) > _MIN_STEM else word[:_MIN_STEM]


def _either_case(text: str) -> str:
    """Return the expression ``text``, whose letters are small, for letters of either case."""
    return re.sub("[a-z]", lambda found: f"[{found[0]}{found[0].upper()}]", text)


@lru_cache(maxsize=50_000)
def _word(part: str) -> str:
    """Return the word that a part of an identifier is; empty when it is too short for one."""
    word = stem(part.lower())
    return word if len(word) >= _MIN_WORD else ""


def stem(word: str) -> str:
    """Return ``word`` without an English ending, so that ``parses`` meets ``parsing``."""
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ss", "ss"), ("ing", ""), ("ed", "")):
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM:
            word = word[: -len(ending)] + instead
            break
    else:
        word = word[:-1] if word.endswith("s") and len(word) > _MIN_STEM else word
    return word[:-1] if word.endswith("e") and len(word) > _MIN_STEM else word


def words_of(counts: Mapping[str, int]) -> Counter[str]:
    """Return the split words of counted tokens, without stop words."""
    words: Counter[str] = Counter()
    for token, count in counts.items():
        for word in split(token):
            if word not in STOP_WORDS:
                words[word] += count
    return words


def words(text: str) -> Counter[str]:
    """Return the split words of a text, without stop words."""
    return words_of(tokens(text))


def spellings(counts: Mapping[str, int]) -> dict[str, str]:
    """Return how the counted tokens spell each of their words, for telling a person."""
    spelled: dict[str, str] = {}
    for token in counts:
        for part in (*_PART.findall(token), token.strip("_")):
            for word in split(part):
                spelled.setdefault(word, part)
    return spelled
