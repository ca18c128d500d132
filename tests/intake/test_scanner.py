"""Attachments under a real clamd: what it finds or could not look into stays sealed, and no message is lost for it."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import io
import pickle
import socketserver
import threading
import time
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from mailbot.config import Scanner
from mailbot.domain import Email
from mailbot.errors import MailbotError
from mailbot.intake import scanner
from mailbot.intake.parse import parse
from mailbot.intake.scanner import ClamAV
from tests.doubles import mail
from tests.servers import ServerMissing
from tests.servers.clamd import FOUND_AS, MAX_FILE_BYTES, MAX_STREAM_BYTES, Clamd, running_clamd

pytestmark = pytest.mark.server

MARKER = b"a harmless marker that the scanner looks for"
FOUND = f"the virus scanner found {FOUND_AS} in it"
NO_ANSWER = "the virus scanner could not look into it (it does not answer)"
ENCRYPTED_ZIP = base64.b64decode(
    "UEsDBAoACQAAAPNZel2GphA2EQAAAAUAAAAFAAAAYS50eHQmnLbve56BiQRKCsLV/3Ggt1BLBwiGphA2EQAAAAUAAABQSwECHgMKAAkAAADzWXpd"
    "hqYQNhEAAAAFAAAABQAAAAAAAAABAAAApIEAAAAAYS50eHRQSwUGAAAAAAEAAQAzAAAARAAAAAAA"
)
"""Made by zip -P: Python can only read such files."""


@pytest.fixture
def clamd() -> Iterator[Clamd]:
    try:
        with running_clamd(MARKER) as server:
            yield server
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(params=["socket", "port"])
def settings(request: pytest.FixtureRequest, clamd: Clamd) -> Scanner:
    """Where clamd listens, each way in turn."""
    if request.param == "socket":
        return Scanner(socket=str(clamd.socket))
    return Scanner(host=clamd.host, port=clamd.port)


@contextlib.contextmanager
def answering(*pieces: bytes, pause_seconds: float = 0) -> Iterator[Scanner]:
    """Where something listens that gives everyone the one answer, piece by piece, whatever was asked."""

    class Answer(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(4096)
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    self.request.sendall(piece)
                    time.sleep(pause_seconds)

    with socketserver.TCPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Scanner(host="127.0.0.1", port=server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def read(files: dict[str, bytes], scan: ClamAV) -> Email:
    message = EmailMessage()
    message["From"] = "jo.sandiford@post.example"
    message["Date"] = "Tue, 24 Nov 2026 09:00:00 +0000"
    message.set_content("The food is poor at Larch House.")
    for name, content in files.items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    email = parse(dataclasses.replace(mail(), content=message.as_bytes()), scan=scan)
    assert email.text.strip() == "The food is poor at Larch House."
    return email


def zipped(content: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("within", content)
        content = packed.getvalue()
    return content


def test_what_the_scanner_finds_stays_sealed_and_the_rest_of_the_message_is_read(settings: Scanner) -> None:
    files = {"log.txt": b"No staff on Sunday.", "bad.txt": b"Open me. " + MARKER, "empty.txt": b""}
    email = read(files, ClamAV(settings))

    assert [(file.name, file.text, file.sealed_because) for file in email.attachments] == [
        ("log.txt", "No staff on Sunday.", None),
        ("bad.txt", None, FOUND),
        ("empty.txt", "", None),
    ]
    assert email.defects == (f"bad.txt: {FOUND}",)


def test_what_is_packed_within_a_file_is_found_too(settings: Scanner) -> None:
    scan = ClamAV(settings)

    assert scan(zipped(MARKER)) == scan(zipped(MARKER, times=3)) == FOUND


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(ENCRYPTED_ZIP, "it is encrypted", id="encrypted"),
        pytest.param(b"x" * (MAX_FILE_BYTES + 1), "it is over the scanner's limits", id="over the limit of a file"),
        pytest.param(b"x" * (MAX_STREAM_BYTES + 1), "it is larger than the scanner takes", id="just over the stream's"),
        pytest.param(b"x" * 20 * MAX_STREAM_BYTES, "it is larger than the scanner takes", id="far over the stream's"),
    ],
)
def test_a_file_that_the_scanner_could_not_look_into_stays_sealed_and_the_next_is_opened(
    settings: Scanner, content: bytes, why: str
) -> None:
    scan = ClamAV(settings)

    assert scan(content) == f"the virus scanner could not look into it ({why})"
    assert scan(b"No staff on Sunday.") is None


def test_with_the_scanner_gone_files_stay_sealed_and_the_message_is_read(settings: Scanner, clamd: Clamd) -> None:
    clamd.stop()
    email = read({"log.txt": b"No staff on Sunday.", "bad.txt": MARKER}, ClamAV(settings))

    assert [(file.text, file.sealed_because) for file in email.attachments] == [(None, NO_ANSWER)] * 2


def test_a_scanner_that_hangs_costs_one_time_out_and_not_one_for_each_attachment(
    settings: Scanner, clamd: Clamd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "ANSWER_SECONDS", 0.5)
    clamd.hang()
    started = time.monotonic()
    email = read({f"{number}.txt": b"No staff on Sunday." for number in range(20)}, ClamAV(settings))

    assert [file.sealed_because for file in email.attachments] == [NO_ANSWER] * 20
    assert time.monotonic() - started < 3


def test_a_scanner_that_did_not_answer_is_asked_again_later(
    settings: Scanner, clamd: Clamd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(scanner, "SILENT_SECONDS", 0.2)
    scan = ClamAV(settings)
    clamd.hang()
    assert scan(b"No staff on Sunday.") == NO_ANSWER

    clamd.go_on()
    monkeypatch.setattr(scanner, "ANSWER_SECONDS", 20)
    time.sleep(0.25)
    assert scan(b"No staff on Sunday.") is None
    assert scan(MARKER) == FOUND


def test_a_scanner_that_dribbles_has_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "ANSWER_SECONDS", 0.3)
    started = time.monotonic()
    with answering(*[b"s"] * 200, pause_seconds=0.05) as settings:
        assert ClamAV(settings)(b"No staff on Sunday.") == NO_ANSWER
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"stream: Can't allocate memory ERROR\n", "could not look into it (Can't allocate memory)"),
        (b"", "could not look into it (it broke off)"),
        (b"stream: O", "could not look into it (O)"),
        (b"stream: OK, nearly\n", "could not look into it (OK, nearly)"),
        (b"220 post.example ESMTP\r\n", "could not look into it (220 post.example ESMTP)"),
        (b"stream: Tro\x1b[31mjan\xff.\xe2\x80\xae1 FOUND\n", "found Tro[31mjan.1 in it"),
        (b"stream: " + b"N" * 300 + b" FOUND\n", f"found {'N' * 100} in it"),
        (b"N" * 300 + b" ERROR\n", f"could not look into it ({'N' * 100})"),
    ],
)
def test_any_answer_but_ok_seals_the_file_in_printable_words(answer: bytes, reason: str) -> None:
    with answering(answer) as settings:
        assert ClamAV(settings)(b"No staff on Sunday.") == f"the virus scanner {reason}"


def test_a_scanner_sent_to_another_process_scans_there(settings: Scanner) -> None:
    scan = pickle.loads(pickle.dumps(ClamAV(settings)))

    assert (scan(MARKER), scan(b"No staff on Sunday.")) == (FOUND, None)


def test_check_tells_the_version(settings: Scanner) -> None:
    assert ClamAV(settings).check().startswith("ClamAV ")


def test_check_says_what_to_do_where_nothing_listens(settings: Scanner, clamd: Clamd) -> None:
    clamd.stop()
    with pytest.raises(MailbotError, match=r"no answer from clamd at .*: Connection refused; start clamd, or correct"):
        ClamAV(settings).check()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (Scanner(socket="/nowhere/clamd.ctl"), "/nowhere/clamd.ctl: No such file or directory"),
        (Scanner(socket=f"/{'a' * 200}"), "path too long"),
        (Scanner(host="scanner..example"), "scanner..example:3310: .*label"),
        (Scanner(host="127.0.0.1", port=-1), "127.0.0.1:-1: .*"),
    ],
)
def test_a_scanner_that_cannot_be_there_is_told_by_check_and_seals_files(settings: Scanner, why: str) -> None:
    scan = ClamAV(settings)

    assert scan(b"No staff on Sunday.") == NO_ANSWER
    with pytest.raises(MailbotError, match=f"no answer from clamd at .*{why}.*; start clamd, or correct"):
        scan.check()


def test_check_says_what_it_found_where_something_else_listens() -> None:
    with (
        answering(b"220 post.example ESMTP\r\n") as settings,
        pytest.raises(MailbotError, match=r'found "220 post.example ESMTP" at 127.0.0.1:\d+ where clamd would answer'),
    ):
        ClamAV(settings).check()
