"""Coverage-guided fuzzing of the reading of messages: `python -m tests.fuzz_parse -max_total_time=60`.

libFuzzer's options may be given. It starts from the samples and ends with the bytes that crashed or hung it, if any.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mailbot", "email", "mailparser"]):
    from mailbot.domain import RawMail
    from mailbot.intake import attachments
    from mailbot.intake.parse import parse
    from mailbot.intake.thread import clues_of

import msgspec

from tests.doubles import NOON

SAMPLES = (Path(__file__).parent / "intake" / "samples", Path(__file__).parent.parent / "mailbot" / "samples")


def read(content: bytes) -> None:
    """Whatever the bytes are: an Email comes back, and every text in it can be stored."""
    mail = RawMail(mailbox="enquiries", folder="INBOX", uid_validity=1, uid=1, received_at=NOON, content=content)
    email = parse(mail)
    clues_of(email)
    msgspec.msgpack.encode(email)


def main() -> None:
    """Runs until its time is over; exits with libFuzzer's status."""
    attachments._at_most = lambda _seconds: (
        contextlib.nullcontext()
    )  # it would take the alarm by which libFuzzer sees a hang
    with tempfile.TemporaryDirectory() as folder:
        for number, sample in enumerate(path for root in SAMPLES for path in root.rglob("*.eml")):
            if sample.stat().st_size < 20_000:
                shutil.copy(sample, Path(folder) / f"{number}.eml")
        atheris.Setup([sys.argv[0], "-timeout=20", "-rss_limit_mb=2000", "-max_len=20000", *sys.argv[1:], folder], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
