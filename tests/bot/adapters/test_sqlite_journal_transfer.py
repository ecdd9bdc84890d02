"""A run leaves one machine as one file and arrives on another: whole, once, or not at all."""

import base64
import json
import os
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.sqlite_journal import export_run as exporting
from bot.adapters.sqlite_journal import import_run as importing
from bot.adapters.sqlite_journal.export_run import Exported, export_run, export_to
from bot.adapters.sqlite_journal.import_run import Imported, import_run
from bot.adapters.sqlite_journal.integrity import check
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.adapters.sqlite_journal.run_file import MAX_FILE_BYTES, RunFileRefusal
from validators.encoding import digest, encode
from validators.verdict import Verdict
from workflows.ports import Held, StaleFence
from workflows.proposal import BUNDLE_FORMAT, Attempt, Bundle, Proposal, seal
from workflows.run import Event
from workflows.task import Task

AT = "2026-11-21T09:00:00Z"
START: dict[str, Any] = {"task_key": "k", "task": {"title": "T", "repository": "/r"}}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[SqliteJournal]:
    with closing(opened(tmp_path / "here")) as journal:
        yield journal


@pytest.fixture
def there(tmp_path: Path) -> Iterator[SqliteJournal]:
    with closing(opened(tmp_path / "there")) as journal:
        yield journal


def opened(state: Path) -> SqliteJournal:
    return SqliteJournal(state / "journal.sqlite", lambda: AT, time.time)


def bundles(journal: SqliteJournal) -> Path:
    return journal.database.path.parent / "bundles"


def work(journal: SqliteJournal, run: str = "r1", turns: int = 3) -> None:
    """Begin a run, or write it on by a few turns."""
    fence = journal.lease(run, "me")
    known = len(journal.read(run))
    if not known:
        journal.append(fence, Event("run.started", START))
    for number in range(known, known + turns):
        blob = journal.put_blob(f"{run} said {number} ".encode() * 50)
        journal.append(fence, Event("prompt.sent", {"conversation": blob}))
    journal.release(fence)


def bundle(run: str = "r1", title: str = "title", *, partial: bool = False) -> tuple[bytes, str]:
    task = Task("T", "words", "/r", "c" * 40)
    attempt = Attempt(1, Verdict("pass"))
    proposal = Proposal(run, task, "c" * 40, "none", (), (attempt,), AT)
    words = (BUNDLE_FORMAT, proposal, "c", "d", "e", "branch", (), title, "body")
    return seal(Bundle(*words, partial=partial))


def with_bundle(journal: SqliteJournal, title: str = "title", *, partial: bool = False) -> bytes:
    """Have a run write its bundle; one of unfinished work goes when the finished one is there."""
    document, sha256 = bundle("r1", title, partial=partial)
    name = f"r1{'.partial' * partial}.json"
    fence = journal.lease("r1", "me")
    data = {"sha256": sha256, "path": name, "partial": partial}
    journal.append(fence, Event("bundle.written", data))
    journal.release(fence)
    bundles(journal).mkdir(exist_ok=True)
    for file in bundles(journal).iterdir():
        file.unlink()
    (bundles(journal) / name).write_bytes(document)
    return document


def exported(journal: SqliteJournal, tmp_path: Path, run: str = "r1") -> Path:
    path = tmp_path / f"{run}.jsonl"
    export_to(path, journal, run, bundles(journal), "1.0")
    return path


def imported(path: Path, journal: SqliteJournal, *, salvage: bool = False) -> Imported:
    return import_run(path, journal, bundles(journal), salvage=salvage)


def history(journal: SqliteJournal, run: str = "r1") -> list[tuple[str, Event]]:
    return [(entry.at, entry.event) for entry in journal.read(run)]


# --- there and back -------------------------------------------------------------------------------


def test_a_run_arrives_with_its_events_its_blobs_and_its_bundle(
    here: SqliteJournal, there: SqliteJournal, tmp_path: Path
) -> None:
    work(there, "another")
    work(here)
    document = with_bundle(here)
    path = tmp_path / "r1.jsonl"
    done = export_to(path, here, "r1", bundles(here), "1.0")
    assert done == Exported("r1", 5, 3, 0, bundle=True)
    assert imported(path, there) == Imported("r1", 5, 3, bundle=True)
    assert history(there) == history(here)
    assert (bundles(there) / "r1.json").read_bytes() == document
    assert list(check(there.database)) == []
    assert there.runs() == ["r1", "another"]
    header = json.loads(path.read_bytes().splitlines()[0])
    assert header == {"header": {"format": "changewright-run/1", "run": "r1", "version": "1.0"}}


def test_twice_is_the_same_as_once(
    here: SqliteJournal, there: SqliteJournal, tmp_path: Path
) -> None:
    work(here)
    with_bundle(here)
    path = exported(here, tmp_path)
    imported(path, there)
    before = list(there.follow())
    assert imported(path, there) == Imported("r1", 0, 0, bundle=False)
    assert list(there.follow()) == before
    assert imported(path, here) == Imported("r1", 0, 0, bundle=False)


def test_a_run_that_grew_brings_only_its_new_end(
    here: SqliteJournal, there: SqliteJournal, tmp_path: Path
) -> None:
    work(here)
    older = exported(here, tmp_path).read_bytes()
    imported(exported(here, tmp_path), there)
    fence = there.lease("r1", "me")
    there.release(fence)
    work(here, turns=2)
    assert imported(exported(here, tmp_path), there) == Imported("r1", 2, 2, bundle=False)
    assert history(there) == history(here)
    # The file of before holds less than is here: nothing is new in it, and nothing is lost.
    (tmp_path / "r1.jsonl").write_bytes(older)
    assert imported(tmp_path / "r1.jsonl", there) == Imported("r1", 0, 0, bundle=False)
    assert history(there) == history(here)


def test_whoever_had_the_run_before_its_new_end_arrived_writes_nothing_after_it(
    here: SqliteJournal, there: SqliteJournal, tmp_path: Path
) -> None:
    work(here)
    imported(exported(here, tmp_path), there)
    fence = there.lease("r1", "me")
    with there.database.writing() as connection:
        connection.execute("UPDATE runs SET expires = 1")
    work(here)
    imported(exported(here, tmp_path), there)
    with pytest.raises(StaleFence):
        there.append(fence, Event("run.finished"))


def test_a_later_bundle_takes_the_place_of_an_earlier_one_of_its_run_and_no_other(
    here: SqliteJournal, there: SqliteJournal, tmp_path: Path
) -> None:
    work(here)
    held: dict[str, bytes] = {}
    steps = [("first", True), ("second", True), ("third", False), ("fourth", False)]
    files = []
    for title, partial in steps:
        held = {f"r1{'.partial' * partial}.json": with_bundle(here, title, partial=partial)}
        files.append(exported(here, tmp_path).rename(tmp_path / title))
        assert imported(files[-1], there).bundle
        assert {p.name: p.read_bytes() for p in bundles(there).iterdir()} == held
    # An older file of the run changes nothing any more.
    for file in files:
        assert not imported(file, there).bundle
    assert {p.name: p.read_bytes() for p in bundles(there).iterdir()} == held


def test_a_run_that_was_written_on_at_both_ends_is_refused(
    here: SqliteJournal, there: SqliteJournal, tmp_path: Path
) -> None:
    work(here)
    imported(exported(here, tmp_path), there)
    work(here)
    fence = there.lease("r1", "me")
    there.append(fence, Event("campaign.paused"))
    there.release(fence)
    before = history(there)
    with pytest.raises(RunFileRefusal, match=r"another history here: they differ from event 5"):
        imported(exported(here, tmp_path), there)
    assert history(there) == before


def test_a_run_that_is_being_written_is_left_alone(
    here: SqliteJournal, there: SqliteJournal, tmp_path: Path
) -> None:
    work(here)
    there.lease("r1", "somebody")
    with pytest.raises(Held, match="r1 is being written by somebody"):
        imported(exported(here, tmp_path), there)


def test_blobs_that_were_pruned_are_known_to_be_gone(
    here: SqliteJournal, there: SqliteJournal, tmp_path: Path
) -> None:
    work(here)
    blob = here.read("r1")[1].event.data["conversation"]
    with here.database.writing() as connection:
        connection.execute("DELETE FROM blobs WHERE sha256 = ?", (blob,))
    assert export_to(tmp_path / "x", here, "r1", bundles(here), "1.0").missing == 1
    imported(tmp_path / "x", there)
    assert list(check(there.database)) == []
    assert not there.has_blob(blob)


def test_a_run_may_be_written_to_a_stream(here: SqliteJournal, tmp_path: Path) -> None:
    work(here)
    stream = BytesIO()
    export_run(stream, here, "r1", bundles(here), "1.0")
    assert stream.getvalue() == exported(here, tmp_path).read_bytes()


def test_a_run_that_does_not_exist_is_not_exported(here: SqliteJournal, tmp_path: Path) -> None:
    for run in ("never", "../x", ""):
        with pytest.raises(RunFileRefusal, match="changewright runs` lists them"):
            exported(here, tmp_path, run) if "/" not in run else export_run(
                BytesIO(), here, run, bundles(here), "1.0"
            )
    assert [file.name for file in tmp_path.iterdir()] == ["here"]


def test_an_export_that_cannot_be_written_leaves_what_was_there(
    here: SqliteJournal, tmp_path: Path
) -> None:
    work(here)
    for path in (tmp_path / "no" / "folder", tmp_path / "here"):
        with pytest.raises(RunFileRefusal, match=r"cannot write run r1 there: .*another --out"):
            export_to(path, here, "r1", bundles(here), "1.0")
    assert [file.name for file in tmp_path.iterdir()] == ["here"]


def test_a_run_that_no_import_would_take_is_not_exported(
    here: SqliteJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(here)
    monkeypatch.setattr(exporting, "MAX_FILE_BYTES", 600)
    with pytest.raises(RunFileRefusal, match="which no import takes; carry the whole state folder"):
        exported(here, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["here"]


# --- damaged files --------------------------------------------------------------------------------


def test_a_truncated_file_is_refused_and_its_complete_records_can_be_salvaged(
    here: SqliteJournal, there: SqliteJournal, tmp_path: Path
) -> None:
    work(here)
    path = exported(here, tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    whole = history(here)
    for cut in range(1, len(lines)):
        for torn in (b"", lines[cut][: len(lines[cut]) // 2]):
            path.write_bytes(b"".join(lines[:cut]) + torn)
            with pytest.raises(RunFileRefusal, match=rf"damaged: line {cut + 1} is") as caught:
                imported(path, there)
            assert str(caught.value).startswith(str(path))
            assert there.runs() == ([] if cut == 1 or not history(there) else ["r1"])
            if cut > 1:
                done = imported(path, there, salvage=True)
                assert done.damage
                assert history(there) == whole[: min(cut - 1, 4)]
    assert there.get_blob(whole[1][1].data["conversation"])


def test_nothing_is_salvaged_where_no_event_is_whole(
    here: SqliteJournal, there: SqliteJournal, tmp_path: Path
) -> None:
    work(here)
    path = exported(here, tmp_path)
    for content in (b"", b"\n", path.read_bytes().splitlines(keepends=True)[0], os.urandom(5_000)):
        path.write_bytes(content)
        with pytest.raises(RunFileRefusal, match=r"the file is damaged"):
            imported(path, there, salvage=True)


def test_a_file_that_was_altered_in_the_middle_is_refused(
    here: SqliteJournal, there: SqliteJournal, tmp_path: Path
) -> None:
    work(here)
    path = exported(here, tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"title":"T"', b'"title":"U"'))
    with pytest.raises(RunFileRefusal, match="line 9 says another thing of the file"):
        imported(path, there)
    path.write_bytes(exported(here, tmp_path).read_bytes() + b"more\n")
    with pytest.raises(RunFileRefusal, match="line 9 says another thing of the file"):
        imported(path, there)
    assert there.runs() == []


# --- hostile files --------------------------------------------------------------------------------


def forged(tmp_path: Path, *records: dict[str, Any]) -> Path:
    """Write a file as an exporter would, whatever the records say."""
    raw = b"".join(encode(record) + b"\n" for record in records)
    counts = {"entries": sum("entry" in r for r in records), "sha256": digest(raw)}
    counts |= {
        "blobs": sum("blob" in r for r in records),
        "bundle": any("bundle" in r for r in records),
    }
    path = tmp_path / "forged.jsonl"
    path.write_bytes(raw + encode({"trailer": counts}) + b"\n")
    return path


def header(run: str = "r1", **other: str) -> dict[str, Any]:
    return {"header": {"format": "changewright-run/1", "run": run, "version": "1"} | other}


def entry(kind: str = "run.started", at: str = AT, **data: Any) -> dict[str, Any]:
    return {"entry": {"position": 1, "at": at, "event": {"kind": kind, "data": data}}}


def content(plain: bytes, sha256: str = "") -> dict[str, str]:
    packed = base64.b64encode(zlib.compress(plain)).decode()
    return {"sha256": sha256 or digest(plain), "zlib": packed}


BLOB = digest(b"words")
REFUSED: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "a path for a name": ("is no name of a run", [header("../../etc/cron.d/x"), entry(**START)]),
    "a hidden name": ("is no name of a run", [header(".ssh"), entry(**START)]),
    "an option for a name": ("is no name of a run", [header("--force"), entry(**START)]),
    "a long name": ("is no name of a run", [header("r" * 101), entry(**START)]),
    "a name with a line end": ("is no name of a run", [header("r1\n"), entry(**START)]),
    "dots": ("is no name of a run", [header("r..1"), entry(**START)]),
    "another format": ("its format is 'x'", [header(format="x"), entry(**START)]),
    "nothing at all": ("the file is damaged: it holds no event", []),
    "no event": ("the file is damaged: it holds no event", [header()]),
    "no header": ("line 1 is no record that belongs there", [entry(**START)]),
    "two headers": ("line 2 is no record that belongs", [header(), header("r2"), entry(**START)]),
    "nothing in a line": ("line 2 holds no record, or several", [header(), {}]),
    "two in a line": ("line 2 holds no record", [header(), entry(**START) | {"pruned": BLOB}]),
    "an unknown event": ("line 2 is not a valid Line", [header(), entry("rm.rf")]),
    "a time that is none": ("line 2 has no time", [header(), entry(at="\x1b[2J", **START)]),
    "no start": ("its events do not fit together", [header(), entry(task_key=1)]),
    "a title that is none": (
        "its events do not fit together",
        [header(), entry(task_key="k", task={"title": [1], "repository": "/r"})],
    ),
    "settled before intended": (
        "its events do not fit together",
        [header(), entry(**START), entry("effect.settled", key="push", outcome={})],
    ),
    "a price that is none": (
        "its events do not fit together",
        [header(), entry(**START), entry("budget.settled", reservation="1", usd="x", tokens=1)],
    ),
    "a blob of nobody": (
        "line 3 holds a blob that no event speaks of",
        [header(), entry(**START), {"blob": content(b"words")}],
    ),
    "a blob of another content": (
        "line 4 holds another content than its hash says",
        [
            header(),
            entry(**START),
            entry("prompt.sent", conversation=BLOB),
            {"blob": content(b"other", BLOB)},
        ],
    ),
    "a blob that is no base64": (
        "line 4 cannot be unpacked",
        [
            header(),
            entry(**START),
            entry("prompt.sent", conversation=BLOB),
            {"blob": {"sha256": BLOB, "zlib": "%%%"}},
        ],
    ),
    "a blob that is not compressed": (
        "line 4 cannot be unpacked",
        [
            header(),
            entry(**START),
            entry("prompt.sent", conversation=BLOB),
            {"blob": {"sha256": BLOB, "zlib": base64.b64encode(b"words").decode()}},
        ],
    ),
    "a pruned blob of nobody": (
        "line 3 names a blob that no event speaks of",
        [header(), entry(**START), {"pruned": BLOB}],
    ),
    "a bundle that is none": (
        "its bundle cannot be used",
        [header(), entry(**START), {"bundle": content(b"{}")}],
    ),
    "a bundle of another run": (
        "its bundle is not that of run r1",
        [
            header(),
            entry(**START),
            entry("bundle.written", sha256=bundle("r2")[1], path="r2.json"),
            {"bundle": content(bundle("r2")[0])},
        ],
    ),
    "a bundle nobody wrote": (
        "its bundle is not that of run r1",
        [header(), entry(**START), {"bundle": content(bundle()[0])}],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_stranger_made_up_is_refused_and_leaves_nothing(
    there: SqliteJournal, tmp_path: Path, name: str
) -> None:
    words, records = REFUSED[name]
    with pytest.raises(RunFileRefusal, match=words):
        imported(forged(tmp_path, *records), there)
    assert there.runs() == []
    assert not bundles(there).exists()
    assert there.database.rows("SELECT count(*) FROM blobs", ()) == [(0,)]


@pytest.mark.parametrize("line", [b"[" * 100_000 + b"\n", b'{"header": NaN}\n', b'"\xff"\n'])
def test_json_that_would_hurt_its_reader_is_only_damage(
    there: SqliteJournal, tmp_path: Path, line: bytes
) -> None:
    path = tmp_path / "x"
    path.write_bytes(line)
    with pytest.raises(RunFileRefusal, match="damaged: line 1 is not a valid Line"):
        imported(path, there)


def test_a_small_file_that_unpacks_to_much_is_refused(
    there: SqliteJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = bytes(200 * 1024**2)
    name = digest(plain)
    records = [header(), entry(**START), entry("prompt.sent", conversation=name)]
    path = forged(tmp_path, *records, {"blob": content(plain)})
    assert path.stat().st_size < 1024**2
    with pytest.raises(RunFileRefusal, match=r"line 4 holds another content .*or unpacks to too"):
        imported(path, there)
    monkeypatch.setattr(importing, "_MAX_TOTAL_BYTES", 4)
    records = [header(), entry(**START), entry("prompt.sent", conversation=BLOB)]
    with pytest.raises(RunFileRefusal, match="it unpacks to more than 4 bytes"):
        imported(forged(tmp_path, *records, {"blob": content(b"words")}), there)


def make_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "cannot read it: No such file"),
        (Path.mkdir, "cannot read it: it is no regular file"),
        (os.mkfifo, "cannot read it: it is no regular file"),
        (make_large, "cannot read it: it has 268435457 bytes"),
    ],
)
def test_what_is_no_file_of_a_run_is_not_even_read(
    there: SqliteJournal, tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    path = tmp_path / "x"
    make(path)
    with pytest.raises(RunFileRefusal, match=words):
        imported(path, there)


def test_a_bundle_that_is_here_is_never_written_over(
    here: SqliteJournal, there: SqliteJournal, tmp_path: Path
) -> None:
    work(here)
    document = with_bundle(here)
    path = exported(here, tmp_path)
    bundles(there).mkdir(parents=True)
    (bundles(there) / "r1.json").write_bytes(b"another")
    with pytest.raises(RunFileRefusal, match="holds another bundle of run r1"):
        imported(path, there)
    assert (bundles(there) / "r1.json").read_bytes() == b"another"
    assert there.runs() == []
    (bundles(there) / "r1.json").unlink()
    bundles(there).rmdir()
    bundles(there).write_text("in the way")
    with pytest.raises(RunFileRefusal, match=r"its events are in the journal, but .* mend"):
        imported(path, there)
    bundles(there).unlink()
    assert imported(path, there) == Imported("r1", 0, 0, bundle=True)
    assert (bundles(there) / "r1.json").read_bytes() == document
