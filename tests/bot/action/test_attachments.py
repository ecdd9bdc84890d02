"""Attachments come from the forge's own hosts, are what they are, and lead nowhere else."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.action.admit import with_attachments
from bot.action.attachments import Attachments
from bot.action.parcels import admission_in, picture_in
from bot.action.report import Summary
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.wiring import now_iso
from tests.bot.action.conftest import EDIT, labelled
from tests.ending import answering
from tests.workflows.test_picture import png
from validators.encoding import decode
from workflows.admission import FrozenText
from workflows.conversation import Conversation
from workflows.handover import HandoverRefusal
from workflows.picture import MAX_PICTURES_BYTES

if TYPE_CHECKING:
    from tests.bot.action.conftest import Hall

PNG = png(640, 480)
ASKED: list[str] = []
ANSWERS = {
    "/user-attachments/assets/aa-11": PNG,
    "/octo/tally/assets/1/bb-22": b"GIF89a\x01\0\x01\0" + bytes(10),
    "/user-attachments/assets/cc-33": b"<svg xmlns='x'><script/></svg>",
    "/user-attachments/assets/dd-44": PNG + bytes(6 * 1024**2),
    "/user-attachments/assets/ee-55": b"just words",
    "/user-attachments/assets/ff-66": png(9_000, 1),
    "/user-attachments/files/12/trace.log": "\ufeffTraceback: ü\n".encode(),
    "/octo/tally/files/13/long%20one.txt": b"x" * 25_000,
    "/user-attachments/files/14/core.bin": b"\0\1\2 words",
    "/user-attachments/files/15/shot.log": PNG,
    "/user-attachments/files/16/latin.txt": b"\xfc\xfe",
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ASKED.append(self.path)
        if self.path.endswith("/away-55"):
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/user-attachments/assets/aa-11")
            self.end_headers()
            return
        content = ANSWERS.get(self.path.partition("?")[0])
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@pytest.fixture
def server() -> Iterator[str]:
    ASKED.clear()
    with answering(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as listening:
        yield f"http://127.0.0.1:{listening.server_address[1]}"


def test_pictures_of_the_forge_are_kept_by_what_they_are(server: str, tmp_path: Path) -> None:
    text = (
        f"![one]({server}/user-attachments/assets/aa-11) and again"
        f" {server}/user-attachments/assets/aa-11\n"
        f'<img src="{server}/octo/tally/assets/1/bb-22">'
    )

    fetched = Attachments(server, tmp_path).of(text)

    assert [(one.name, one.media_type, one.width) for one in fetched.pictures] == [
        ("picture-1.png", "image/png", 640),
        ("picture-2.gif", "image/gif", 1),
    ]
    assert fetched.troubles == ()
    assert (tmp_path / "changewright-admission/picture-1.png").read_bytes() == PNG
    assert len(ASKED) == 2


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/user-attachments/assets/cc-33", "no PNG, JPEG, GIF or WebP"),
        ("/user-attachments/assets/dd-44", "larger than"),
        ("/user-attachments/assets/ee-55", "no PNG, JPEG, GIF or WebP"),
        ("/user-attachments/assets/ff-66", "9000 by 1 pixels"),
        ("/user-attachments/files/14/core.bin", "no PNG, JPEG, GIF or WebP"),
        ("/user-attachments/files/16/latin.txt", "no PNG, JPEG, GIF or WebP"),
        ("/user-attachments/assets/away-55", "not its own"),
        ("/user-attachments/assets/gone-66", "Not Found"),
    ],
)
def test_what_is_no_picture_too_large_or_elsewhere_is_left_out_and_said(
    server: str, tmp_path: Path, path: str, why: str
) -> None:
    fetched = Attachments(server, tmp_path).of(f"![x]({server}{path})")

    assert (fetched.pictures, fetched.texts) == ((), ())
    [trouble] = fetched.troubles
    assert why in trouble


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/user-attachments/assets/aa-11",
        "http://169.254.169.254/user-attachments/assets/aa-11",
        "https://github.com/octo/tally/raw/main/a.png",
        "https://github.com@elsewhere.example/user-attachments/assets/aa",
        "https://github.com.elsewhere.example/user-attachments/assets/aa",
        "http://github.com/user-attachments/assets/aa",
        "file:///user-attachments/assets/aa",
        "https://github.com/user-attachments/assets/../../settings",
        "https://github.com/octo/tally/files/../settings",
        "https://github.com/octo/tally/files/1/..",
    ],
)
def test_no_other_address_is_followed(address: str) -> None:
    assert list(Attachments("https://github.com", Path()).addresses(f"![x]({address})")) == []


def test_the_stores_of_the_public_forge_are_its_own_and_no_other_forges() -> None:
    address = "https://user-images.githubusercontent.com/1/aa-11.png"

    assert Attachments("https://github.com", Path()).is_upload(address)
    assert not Attachments("https://forge.example", Path()).is_upload(address)


def test_a_text_that_was_uploaded_as_a_file_is_kept_by_its_words_and_a_long_one_is_cut(
    server: str, tmp_path: Path
) -> None:
    text = " ".join(f"[log]({server}{path})" for path in ANSWERS if "/files/" in path)

    fetched = Attachments(server, tmp_path).of(text)

    assert fetched.texts == (
        FrozenText("trace.log", "Traceback: ü\n"),
        FrozenText("long_20one.txt", "x" * 20_000, 5_000),
    )
    assert [one.name for one in fetched.pictures] == ["picture-1.png"]
    assert len(fetched.troubles) == 2


def test_an_issue_of_many_attachments_keeps_the_first(server: str, tmp_path: Path) -> None:
    place = f"{server}/user-attachments"
    texts = " ".join(f"{server}/octo/tally/files/13/long%20one.txt?n={n}" for n in range(4))
    many = " ".join(f"{place}/assets/aa-11?n={n}" for n in range(12))

    fetched = Attachments(server, tmp_path).of(f"{texts} {many}")

    assert [len(one.text) for one in fetched.texts] == [20_000] * 3
    assert len(fetched.pictures) == 10
    assert ["characters already" in one for one in fetched.troubles] == [True, False, False]
    assert "more than 10 pictures" in fetched.troubles[1]
    assert "more than 15 attachments" in fetched.troubles[2]


def test_all_pictures_of_an_issue_together_are_bounded(server: str, tmp_path: Path) -> None:
    size = MAX_PICTURES_BYTES // 4 + 1
    ANSWERS["/user-attachments/assets/big-1"] = png(1, 1, bytes(size))
    text = " ".join(f"{server}/user-attachments/assets/big-1?n={n}" for n in range(4))

    fetched = Attachments(server, tmp_path).of(text)

    assert len(fetched.pictures) == 3
    assert "together" in fetched.troubles[0]


def asked_with(server: str, hall: "Hall", *paths: str) -> dict[str, str]:
    """Admit an issue that has these attached, on a forge at ``server``."""
    hall.begin(labelled(body=" ".join(f"![it]({server}{path})" for path in paths)))
    hall.environment["GITHUB_SERVER_URL"] = server
    return hall.admit()


@pytest.mark.sandbox
def test_what_was_attached_reaches_the_model_and_the_draft_is_about_it(
    hall: "Hall", server: str
) -> None:
    run = asked_with(
        server, hall, "/user-attachments/assets/aa-11", "/user-attachments/files/12/trace.log"
    )["run"]

    hall.propose(EDIT.format("one", "good"))
    state = hall.place / "state-propose"

    with closing(SqliteJournal(state / "journal.sqlite", now_iso, time.time)) as journal:
        sent = [e.event.data for e in journal.read(run) if e.event.kind == "prompt.sent"]
        turn = decode(journal.get_blob(sent[0]["conversation"]), Conversation).messages[0]
        [picture] = turn.shown
        assert journal.get_blob(picture.blob) == PNG
    assert "Pictures came with the task: picture-1.png (640x480)." in turn.text
    assert "The attached file trace.log:\n\nTraceback: ü" in turn.text
    parcel = hall.parcels / "changewright-proposal"
    assert "1 picture came with it" in (parcel / f"{run}.html").read_text()
    assert "invoke_agent changewright" in (parcel / f"{run}.traces.jsonl").read_text()
    exported = (parcel / f"{run}.jsonl").read_text()
    assert f'"{picture.blob}"' in exported.partition('"blob":')[2]
    assert hall.publish()["state"] == "published"
    assert "Traceback" not in "".join(hall.journal())


@pytest.mark.parametrize("what", ["another", "gone", "link", "name"])
def test_a_picture_that_is_not_the_one_that_was_admitted_stops_the_author(
    hall: "Hall", server: str, what: str
) -> None:
    asked_with(server, hall, "/user-attachments/assets/aa-11")
    admission = hall.parcels / "changewright-admission"
    picture = admission / "picture-1.png"
    if what == "another":
        picture.write_bytes(png(640, 481))
    elif what == "link":
        picture.rename(hall.place / "elsewhere.png")
        picture.symlink_to(hall.place / "elsewhere.png")
    else:
        picture.unlink()
    if what == "name":
        told = (admission / "admission.json").read_text()
        (admission / "admission.json").write_text(told.replace("picture-1.png", "../../../x.png"))
        hall.results["admit"]["outputs"].pop("sha256")

    with pytest.raises(HandoverRefusal, match="picture"):
        hall.propose(EDIT.format("one", "good"))


def test_a_stale_runs_pictures_are_handed_on_with_its_words(hall: "Hall", server: str) -> None:
    around = hall.begin(labelled())
    hall.environment["GITHUB_SERVER_URL"] = server
    asked_with(server, around, "/user-attachments/assets/aa-11")
    before = admission_in(hall.parcels)
    assert before is not None
    (hall.parcels / "changewright-admission").rename(hall.parcels / "stale-admission")
    told = Summary(hall.place / "told.md")

    after = with_attachments(replace(before, answers="r1"), hall.around("admit"), told)

    assert after.attachments == before.attachments
    [picture] = after.attachments
    assert picture_in(hall.parcels, picture) == PNG
    assert len(ASKED) == 1
