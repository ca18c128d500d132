"""Reading in a process apart: what is hostile ends there, in time and memory, and the next message is read."""

from __future__ import annotations

import base64
import dataclasses
import os
import signal
import time
from pathlib import Path

import pytest

from mailbot.domain import RawMail
from mailbot.intake.parse import parse
from mailbot.intake.reader import Reader, ReadingRules
from tests.doubles import mail

LARGE = b"From: jo@post.example\r\nSubject: large\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
LARGE += b"--b\r\n\r\nSee the film.\r\n"


def with_file(content: bytes) -> RawMail:
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    head = b"--b\r\nContent-Type: video/mp4; name=film.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return dataclasses.replace(mail(), content=LARGE + head + encoded + b"--b--\r\n")


def memory_of_children() -> dict[int, int]:
    """The peak memory of each child of this process in bytes, by its number."""
    peaks = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            told = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue  # that process has ended meanwhile
        if told["PPid"].strip() == str(os.getpid()) and "VmHWM" in told:
            peaks[int(told["Pid"])] = int(told["VmHWM"].split()[0]) * 1024
    return peaks


def test_what_is_read_there_is_what_is_read_here() -> None:
    read = Reader(ReadingRules(own_addresses=frozenset({"jo.sandiford@post.example"})))
    plain = mail("Words — with “quotes” and £5.")

    assert read(plain) == parse(plain, own_addresses=frozenset({"jo.sandiford@post.example"}))
    assert read(plain).automatic


def test_a_message_that_takes_too_long_is_read_by_its_headers_and_first_words_and_the_next_is_read_whole() -> None:
    read = Reader(ReadingRules(), seconds=3)
    read(mail("warm"))
    slow = dataclasses.replace(
        mail(),
        content=b"From: jo@post.example\r\nSubject: slow\r\nContent-Type: text/html\r\n\r\nThe first words\r\n<p ",
    )
    slow = dataclasses.replace(slow, content=slow.content + b" ".join(b"a%d=x" % n for n in range(400_000)) + b">")

    started = time.monotonic()
    email = read(slow)
    assert time.monotonic() - started < 10
    assert (email.sender.address, email.subject) == ("jo@post.example", "slow")
    assert "The first words" in email.text
    assert any("longer than 3 seconds" in defect for defect in email.defects)
    assert read(mail("Whole again.")).text == "Whole again."


def test_a_message_of_ninety_megabytes_is_read_with_its_attachments() -> None:
    read = Reader(ReadingRules())
    email = read(with_file(os.urandom(66_000_000)))

    assert email.text == "See the film."
    assert [(one.name, one.size, one.unread) for one in email.attachments] == [("film.mp4", 66_000_000, True)]
    assert max(memory_of_children().values()) < 500_000_000


@pytest.mark.soak
def test_a_message_that_takes_too_much_memory_is_read_by_its_headers_and_first_words() -> None:
    read = Reader(ReadingRules(), memory_bytes=30_000_000)
    email = read(with_file(os.urandom(20_000_000)))

    assert email.subject == "large"
    assert "See the film." in email.text
    assert email.defects
    assert read(mail("Whole again.")).text == "Whole again."


@pytest.mark.soak
def test_a_message_of_more_than_a_hundred_megabytes_is_filed_with_what_is_wrong() -> None:
    email = Reader(ReadingRules())(with_file(os.urandom(75_000_000)))

    assert email.subject == "large"
    assert "See the film." in email.text
    assert any("bytes: only headers and the first words" in defect for defect in email.defects)


def test_the_process_that_reads_can_write_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    read = Reader(ReadingRules())
    read(mail("warm"))
    for _ in range(3):
        read(with_file(os.urandom(1000)))

    assert list(tmp_path.iterdir()) == []


def test_the_process_that_reads_ends_with_its_parent() -> None:
    read = Reader(ReadingRules())
    read(mail("warm"))
    before = len(memory_of_children())
    del read

    until = time.monotonic() + 5
    while len(memory_of_children()) >= before and time.monotonic() < until:
        time.sleep(0.05)
    assert len(memory_of_children()) == before - 1


def test_a_message_in_hand_is_read_to_its_end_when_the_whole_service_is_told_to_stop() -> None:
    others = memory_of_children()
    read = Reader(ReadingRules())
    read(mail("warm"))
    (child,) = memory_of_children().keys() - others.keys()
    os.kill(child, signal.SIGTERM)  # as systemd and a container's end tell every process

    assert read(mail("Whole.")).defects == ()
    assert os.getpgid(child) != os.getpgrp(), "Ctrl+C goes to every process of the terminal's group"
