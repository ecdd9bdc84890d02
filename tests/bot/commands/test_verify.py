"""A bundle is verified where its commit is, under the rules of that commit and no other."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.cli import run
from validators.encoding import digest, encode

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk

UNSAFE = "--unsafe-no-sandbox"


@pytest.fixture
def bundle(desk: "Desk") -> Path:
    return Path(desk.propose("good")[1]["bundle"])


def forged(path: Path, change: Callable[[dict[str, Any]], object]) -> str:
    """Change a bundle and mend the hash over the whole of it."""
    content = json.loads(path.read_bytes())
    change(content)
    del content["sha256"]
    place = path.with_name("forged.json")
    place.write_bytes(encode(content | {"sha256": digest(encode(content))}))
    return str(place)


def evidence_in(content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = content["statements"][-1]["predicate"]["changewright"]["evidence"]
    return found


def test_an_honest_bundle_is_the_same(desk: "Desk", bundle: Path) -> None:
    code, document = desk.ask("verify", str(bundle), UNSAFE)

    assert code == 0
    assert (document["same"], document["differences"], document["kind"]) == (True, [], "fix")
    assert document["evidence"]["bundle"] == document["evidence"]["here"]
    assert document["gates"] == [{"name": "words", "same": True, "tests": 0, "differences": 0}]


def test_a_person_reads_it_in_a_few_lines(desk: "Desk", bundle: Path) -> None:
    assert desk.run("verify", str(bundle), UNSAFE) == 0

    assert desk.said.endswith("same: the gates say here what the bundle says\n")
    assert "  words        same\n" in desk.said
    assert "  gate      words: patched ok" in desk.noted


def test_the_base_is_run_again_whatever_is_kept_of_it(desk: "Desk", bundle: Path) -> None:
    desk.run("verify", str(bundle), UNSAFE)
    desk.run("verify", str(bundle), UNSAFE)

    assert "  gate      words: base ok" in desk.noted


def test_commands_of_the_bundle_are_not_run_and_named_first(
    desk: "Desk", bundle: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "run"

    def change(content: dict[str, Any]) -> None:
        evidence_in(content)["gates"][0]["command"] = ["touch", str(mark)]
        content["bundle"]["changes"][0]["content"] = "YmV0dGVyCg=="

    code, document = desk.ask("verify", forged(bundle, change), UNSAFE)

    assert code == 1
    assert [one["what"] for one in document["differences"]] == ["command", "applied-tree"]
    assert document["differences"][0]["bundle"] == f"touch {mark}"
    assert not mark.exists()


def test_the_kind_of_the_change_is_the_bundles_and_is_said(desk: "Desk", bundle: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        evidence_in(content)["kind"] = "docs"

    desk.run("verify", forged(bundle, change), UNSAFE)

    assert "judged as docs, its task's kind" in desk.said


def test_a_bundle_that_was_changed_and_not_sealed_again_is_different(
    desk: "Desk", bundle: Path
) -> None:
    bundle.write_text(bundle.read_text().replace("Say it better", "Say it worse"))

    code, document = desk.ask("verify", str(bundle), UNSAFE)

    assert code == 1
    assert "changed after it was sealed" in document["differences"][0]["bundle"]


def test_unfinished_work_is_refused(desk: "Desk") -> None:
    _, stopped = desk.propose("bad", more=("--max-turns", "1"))

    assert desk.run("verify", stopped["bundle"], UNSAFE) == 2
    assert f"{stopped['bundle']}: run {stopped['run']} was stopped" in desk.noted


def test_a_repository_without_the_base_is_refused(
    desk: "Desk", bundle: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    desk.git("init", "--quiet", str(other))

    code = run(["verify", str(bundle), "--repo", str(other), "--state", str(desk.state)])

    assert code == 2
    assert "it is of another repository, or was not fetched" in desk.capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{}", "[" * 100_000, '{"sha256": "x", "bundle": 7}'])
def test_what_is_no_bundle_is_refused_by_its_name(desk: "Desk", content: str) -> None:
    path = desk.folder / "no.json"
    path.write_text(content)

    assert desk.run("verify", str(path)) == 2
    assert f"{path}: this is not a bundle of changewright" in desk.noted


def test_a_file_that_is_not_there_is_named(desk: "Desk") -> None:
    assert desk.run("verify", "nowhere.json") == 2
    assert "nowhere.json: cannot read the bundle" in desk.noted
