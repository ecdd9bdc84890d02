"""Settings of runners, coverage, linters and type checkers: which of them became looser.

One table says what loosens each: a list of exceptions that grows, a list of what is checked that
shrinks, a number that falls or rises, a switch. What is not in the table is nobody's business here.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from validators.weakenings import setting_names
from validators.weakenings.commands import looser_commands
from validators.weakenings.documents import Settings
from validators.weakenings.loosening import Code

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LooserSetting:
    """One setting by its name, what it was and what it is. ``missing``: a runner it had."""

    code: Code
    name: str
    said: str
    certain: bool = True
    missing: str = ""


_Judge = Callable[[str, Values | None, Values | None], Iterator[LooserSetting]]

_OFF = frozenset(("", "false", "0", "off", "no", "none", "ignore"))
_RANKS = {"off": 0, "0": 0, "none": 0, "false": 0, "information": 1, "warn": 1, "1": 1}
_RANKS |= {"warning": 1, "error": 2, "2": 2, "true": 2}
_SPLIT_LINES = re.compile(r"\n")
_SPLIT_ALL = re.compile(r"[\s,]+")
_WHOLE_TREE = frozenset((".", "./", "all", "**", "*"))
_PYTEST_FILES = ("test_*.py", "*_test.py")


def looser_settings(before: Settings, after: Settings) -> Iterator[LooserSetting]:
    """Yield every setting that lets more pass, or looks at less, after than before."""
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old != new:
            judge = next((judge for pattern, judge in _TABLE if fnmatchcase(name, pattern)), None)
            for one in judge(name, old, new) if judge is not None else ():
                if not (one.missing and _runs(one.missing, after)):
                    yield one


def rows(name: str, values: Values) -> Values:
    """Return the entries of a list, which an INI file writes as one text."""
    pattern = _SPLIT_LINES if _is_by_line(name) else _SPLIT_ALL
    found = [row.strip() for value in values for row in pattern.split(value)]
    return tuple(row for row in found if row and not row.startswith("#"))


def _is_by_line(name: str) -> bool:
    return name.endswith(("filterwarnings", "exclude_lines", "exclude_also", "partial_branches"))


def _may_not_grow(name: str, old: Values | None, new: Values | None) -> Iterator[LooserSetting]:
    before, after = rows(name, old or ()), rows(name, new or ())
    added = [row for row in after if row not in before and not _is_within(row, before)]
    if added:
        yield LooserSetting("settings-loosened", name, f"now also holds {', '.join(added[:5])}")


def _may_not_shrink(name: str, old: Values | None, new: Values | None) -> Iterator[LooserSetting]:
    if old is None:
        return
    after = rows(name, new or ())
    gone = [row for row in rows(name, old) if row not in after and not _is_within(row, after)]
    if gone:
        yield LooserSetting("settings-loosened", name, f"no longer holds {', '.join(gone[:5])}")


def _selects(name: str, old: Values | None, new: Values | None) -> Iterator[LooserSetting]:
    """Judge a list that selects from all there is: none means everything."""
    if new is None or not rows(name, new):
        return
    if old is None or not rows(name, old):
        defaults = _PYTEST_FILES if name == "pytest.python_files" else ()
        if defaults and all(row in rows(name, new) for row in defaults):
            return
        said = f"now selects {', '.join(rows(name, new)[:5])} alone"
        yield LooserSetting("settings-loosened", name, said, certain=False)
        return
    yield from _may_not_shrink(name, old, new)


def _may_not_fall(name: str, old: Values | None, new: Values | None) -> Iterator[LooserSetting]:
    before, after = _number(old), _number(new)
    if before and (after is None or after < before):
        now = "is gone" if after is None else f"fell to {after:g}"
        yield LooserSetting("threshold-lowered", name, f"was {before:g} and {now}")


def _may_not_rise(name: str, old: Values | None, new: Values | None) -> Iterator[LooserSetting]:
    before, after = _number(old), _number(new)
    if before is not None and (after is None or after > before):
        now = "is gone" if after is None else f"rose to {after:g}"
        said = f"was {before:g} and {now}"
        yield LooserSetting("settings-loosened", name, said, certain=False)


def _retries(name: str, old: Values | None, new: Values | None) -> Iterator[LooserSetting]:
    if (_number(new) or 0) > (_number(old) or 0):
        yield LooserSetting("retries-added", name, f"is now {', '.join(new or ())}")


def _may_not_turn_off(name: str, old: Values | None, new: Values | None) -> Iterator[LooserSetting]:
    if _is_on(old) and not _is_on(new):
        yield LooserSetting("settings-loosened", name, "is no longer on")


def _may_not_turn_on(name: str, old: Values | None, new: Values | None) -> Iterator[LooserSetting]:
    if not _is_on(old) and _is_on(new):
        # Of a library that has no types nothing was checked before either.
        certain = not name.endswith(("ignore_missing_imports", "follow_imports"))
        yield LooserSetting("settings-loosened", name, "is now on", certain=certain)


def _hides(name: str, old: Values | None, new: Values | None) -> Iterator[LooserSetting]:
    if not _is_on(old) and _is_on(new):
        yield LooserSetting("failure-hidden", name, "is now on")


def _may_not_weaken(name: str, old: Values | None, new: Values | None) -> Iterator[LooserSetting]:
    before, after = _rank(old), _rank(new)
    # A rule that is not named may be on by what the configuration extends.
    if after < before and (old is not None or after == 0):
        yield LooserSetting("settings-loosened", name, f"was {_said(old)} and is {_said(new)}")


def _warnings(name: str, old: Values | None, new: Values | None) -> Iterator[LooserSetting]:
    before, after = rows(name, old or ()), rows(name, new or ())
    errors = [row for row in before if row.startswith("error") and row not in after]
    if errors:
        said = f"no longer holds {', '.join(errors[:3])}"
        yield LooserSetting("settings-loosened", name, said)
    ignored = [row for row in after if not row.startswith("error") and row not in before]
    if ignored and any(row.startswith("error") for row in before):
        said = f"now also holds {', '.join(ignored[:3])}"
        yield LooserSetting("settings-loosened", name, said, certain=False)


def _options(name: str, old: Values | None, new: Values | None) -> Iterator[LooserSetting]:
    before = [line for value in old or () for line in value.splitlines()]
    after = [line for value in new or () for line in value.splitlines()]
    if name == "pytest.addopts":
        before, after = [f"pytest {' '.join(before)}"], [f"pytest {' '.join(after)}"]
    found = list(looser_commands(before, after, dashes=name.startswith("tox.")))
    for one in found:
        # An option of a setting that stood there is the same as one that is new with it.
        certain = one.certain or name == "pytest.addopts"
        yield LooserSetting(one.code, name, one.said, certain, one.missing)
    if name == "npm.scripts.test" and old and not found:
        yield LooserSetting("settings-loosened", name, f"is now {_said(new)}", certain=False)


def _is_within(row: str, others: Values) -> bool:
    """Whether an entry is part of another one: a folder below it, a rule of its family."""
    short = row.strip("/")
    for other in others:
        wide = other.strip("/")
        if other.lower() in _WHOLE_TREE or short.startswith(f"{wide}/"):
            return True
        if wide.isalpha() and wide.isupper() and re.fullmatch(rf"{wide}\d+", short):
            return True
        if re.fullmatch(r"[A-Z]+\d+", wide) and short.startswith(wide):
            return True
    return False


def _runs(runner: str, settings: Settings) -> bool:
    """Whether any command of the settings runs ``runner``, so that it only moved."""
    return any(
        runner in value
        for name, values in settings.items()
        if name.startswith(("npm.scripts.", "tox.", "hatch.", "poe.", "pdm."))
        for value in values
    )


def _number(values: Values | None) -> float | None:
    try:
        return float(values[0].strip(" %")) if values else None
    except ValueError:
        return None


def _is_on(values: Values | None) -> bool:
    return bool(values) and (values or ("",))[0].strip().lower() not in _OFF


def _rank(values: Values | None) -> int:
    return _RANKS.get(values[0].strip().lower(), 2) if values else 2


def _said(values: Values | None) -> str:
    return ", ".join(values)[:200] if values else "not set"


_TABLE: tuple[tuple[str, _Judge], ...] = (
    ("pytest.filterwarnings", _warnings),
    ("pytest.addopts", _options),
    ("npm.scripts.*", _options),
    ("tox.*.commands*", _options),
    ("hatch.envs.*scripts.*", _options),
    ("poe.tasks*", _options),
    ("pdm.scripts*", _options),
    *((pattern, _may_not_grow) for pattern in setting_names.GROWING),
    *((pattern, _may_not_shrink) for pattern in setting_names.SHRINKING),
    *((pattern, _selects) for pattern in setting_names.SELECTING),
    *((pattern, _may_not_fall) for pattern in setting_names.FALLING),
    *((pattern, _may_not_rise) for pattern in setting_names.RISING),
    *((pattern, _may_not_turn_off) for pattern in setting_names.TURNED_OFF),
    *((pattern, _may_not_turn_on) for pattern in setting_names.TURNED_ON),
    *((pattern, _hides) for pattern in setting_names.HIDING),
    *((f"*.{word}", _retries) for word in ("retry", "retries", "reruns", "retryTimes", "rerun_*")),
    ("eslint*.rules.*", _may_not_weaken),
    ("pyright.report*", _may_not_weaken),
    ("pyright.typeCheckingMode", _may_not_turn_off),
    ("mypy*.follow_imports", _may_not_turn_on),
)
