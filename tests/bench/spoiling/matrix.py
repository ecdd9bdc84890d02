"""What came out, as tables: how often each variant was rejected, and for which reason."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.bench.spoiling.judging import TRUE, Line
from tests.bench.spoiling.variants import VARIANTS


def summary(lines: Sequence[Line]) -> Iterator[str]:
    """Yield the tables, and each line that is wrong."""
    yield from _matrix(lines)
    yield ""
    yield from _shares(lines)
    wrong = [line for line in lines if line.word in {"wrong", "wrong reason"}]
    if wrong:
        yield ""
    for line in wrong:
        yield f"{line.word}: {line.fix} {line.variant} ({line.note}): {line.reason}"
        yield from (f"    {message.partition(chr(10))[0]}" for message in line.messages)


def _matrix(lines: Sequence[Line]) -> Iterator[str]:
    found: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        found[line.variant].append(line)
    yield "| variant | judged | right | wrong reason | wrong | not applicable | reasons |"
    yield "|--|--|--|--|--|--|--|"
    for name in (TRUE, *(variant.name for variant in VARIANTS)):
        some = found[name]
        if not some:
            continue
        count = Counter(line.word for line in some)
        absent = count["not applicable"]
        reasons = Counter(line.reason for line in some if line.verdict)
        said = ", ".join(f"{reason} {number}" for reason, number in reasons.most_common())
        yield (
            f"| {name} | {len(some) - absent} | {count['right']} | {count['wrong reason']}"
            f" | {count['wrong']} | {absent} | {said} |"
        )


def _shares(lines: Sequence[Line]) -> Iterator[str]:
    judged = [line for line in lines if line.verdict]
    for title, some, words in (
        ("true changes accepted", [one for one in judged if one.variant == TRUE], {"right"}),
        (
            "spoiled changes rejected",
            [one for one in judged if one.variant != TRUE],
            {"right", "wrong reason"},
        ),
        (
            "spoiled changes rejected for the right reason",
            [one for one in judged if one.variant != TRUE],
            {"right"},
        ),
    ):
        good = sum(line.word in words for line in some)
        share = f"{100 * good / len(some):.1f} %" if some else "none judged"
        yield f"{title}: {good} of {len(some)} ({share})"
    yield f"seconds at the gates: {sum(line.seconds for line in judged):.0f}"
