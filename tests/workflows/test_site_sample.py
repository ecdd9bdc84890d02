"""Files that a program is written from: of every kind some, and others that are held back."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from validators.checkout import open_clone
from workflows.campaign import Target
from workflows.site_sample import MOST_SHOWN, SampleFile, SiteSample, site_sample, wide_sample

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

WORDS = frozenset({"old"})


Sampled = Callable[..., SiteSample]


def sampled(
    studio: "Studio",
    run_git: Callable[..., str],
    files: dict[str, str],
    place: Path,
    by: Sampled = site_sample,
) -> SiteSample:
    repository = studio.folder / "tally"
    for path, text in files.items():
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text(text)
    run_git(repository, "add", "--all")
    run_git(repository, "commit", "--quiet", "--message=more")
    clone = open_clone(repository, "main", place)
    target = Target("t", "r", tuple(files), "b")
    return by([target], {("r", "b"): clone}, WORDS)


def unseen_of(sample: SiteSample) -> list[SampleFile]:
    return [one for some in sample.unseen for one in some]


def test_of_each_kind_with_two_files_one_is_shown_and_one_is_held_back(
    studio: "Studio", run_git: Callable[..., str], tmp_path: Path
) -> None:
    kinds = {"a": "old(1)\n", "b": "x = old('s', 2)\n", "c": "with old as x:\n"}
    files = {f"{name}/{n}.py": f"# {n}\n{text}" for name, text in kinds.items() for n in range(9)}
    files["a/none.py"] = "print(1)\n"

    found = sampled(studio, run_git, files, tmp_path / "again")

    assert len(found.shown) == MOST_SHOWN
    unseen = unseen_of(found)
    assert {one.path for one in found.shown} & {one.path for one in unseen} == set()
    assert {one.path[0] for one in found.shown} == {one.path[0] for one in unseen} == set(kinds)
    assert all(one.lines == (2,) for one in (*found.shown, *unseen))
    assert len(found.unseen) > 1


def test_few_files_are_shared_and_without_a_telling_line_any_will_do(
    studio: "Studio", run_git: Callable[..., str], tmp_path: Path
) -> None:
    two = sampled(studio, run_git, {"a.py": "x\n", "b.py": "y\n"}, tmp_path / "two")
    assert (len(two.shown), len(unseen_of(two))) == (1, 1)

    one = sampled(studio, run_git, {"a.py": "old\n"}, tmp_path / "one")
    assert ([file.path for file in one.shown], one.unseen) == (["a.py"], ())


def test_a_wide_sample_holds_every_file_and_holds_back_as_many(
    studio: "Studio", run_git: Callable[..., str], tmp_path: Path
) -> None:
    files = {f"a/{n}.py": f"old({n})\n" for n in range(50)} | {"b/none.py": "print(1)\n"}

    found = sampled(studio, run_git, files, tmp_path / "wide", wide_sample)
    narrow = sampled(studio, run_git, {"c.txt": ""} | files, tmp_path / "narrow")

    unseen = [one.path for one in unseen_of(found)]
    seen = [one.path for one in (*found.shown, *found.others)]
    assert (len(found.shown), len(unseen)) == (len(narrow.shown), len(unseen_of(narrow)))
    assert sorted([*seen, *unseen]) == sorted(files)
    assert seen[-1] == "b/none.py", "what the words do not name comes last"
    assert narrow.others == ()
