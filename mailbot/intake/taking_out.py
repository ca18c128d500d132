"""Taking one attachment out of a message again, as it was sent, by the walk by which the message was read.

It happens in a process apart that ends with it, bounded like the reader's (`mailbot.intake.reader`), and the virus
scanner looks at the bytes anew: what it cannot look at is not given out.

    parent --[Asked]--> child: file_in() and the scanner --[Taken]--> parent
"""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec
from msgspec import Struct

from mailbot.config import Scanner as ScannerSettings
from mailbot.intake.attachments import file_at
from mailbot.intake.body import read_body
from mailbot.intake.headers import repaired
from mailbot.intake.reader import MEMORY_BYTES, bound
from mailbot.intake.scanner import ClamAV
from mailbot.intake.sealed import opened
from mailbot.intake.structure import read_parts

SECONDS = 60
"""Reading a large message, and as long as the scanner may take."""

NOT_SCANNED = "no virus scanner is set up here to look into it"
NOT_THERE = "it cannot be found in the original any more"
FAILED = "it could not be taken out of the original"


class Asked(Struct, frozen=True):
    """Which file of a message is wanted, counted from 0, and who looks for viruses in it."""

    scanner: ScannerSettings
    content: bytes
    number: int


class Taken(Struct, frozen=True):
    """The bytes of a file, or why they are not given out, in words for an officer."""

    content: bytes = b""
    refused_because: str | None = None


class TakingOut:
    """Takes files out of messages; never raises for what is in them."""

    def __init__(self, scanner: ScannerSettings | None, *, seconds: float = SECONDS) -> None:
        self._scanner = scanner
        self._seconds = seconds

    @property
    def can(self) -> bool:
        """Whether any file is given out at all."""
        return self._scanner is not None

    def __call__(self, content: bytes, number: int) -> tuple[bytes, str | None]:
        """The bytes of that file of the message, and None; or none and why it is not given out."""
        if self._scanner is None:
            return b"", NOT_SCANNED
        asked = msgspec.msgpack.encode(Asked(scanner=self._scanner, content=content, number=number))
        command = [sys.executable, "-m", "mailbot.intake.taking_out", str(MEMORY_BYTES)]
        try:
            done = subprocess.run(  # noqa: S603  our own module
                command,
                input=asked,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a traceback may quote the message
                timeout=self._seconds,
                check=True,
            )
            taken = msgspec.msgpack.decode(done.stdout, type=Taken)
        except (subprocess.SubprocessError, OSError, msgspec.DecodeError):
            return b"", FAILED
        return taken.content, taken.refused_because


def file_in(content: bytes, number: int) -> bytes | None:
    """The bytes of that attachment of the message (`Email.attachments`, counted from 0); None where there is none."""
    whole, _ = repaired(content)
    message, _ = opened(read_parts(whole))
    return file_at(message, read_body(message).packed, number)


def _taken(asked: Asked) -> Taken:
    content = file_in(asked.content, asked.number)
    if content is None:
        return Taken(refused_because=NOT_THERE)
    refused = ClamAV(asked.scanner)(content)
    return Taken(refused_because=refused) if refused else Taken(content=content)


def _serve(memory_bytes: int) -> None:
    asked = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Asked)
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get into the answer
    bound(memory_bytes)
    answer.write(msgspec.msgpack.encode(_taken(asked)))
    answer.close()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
