"""Reading messages in a process apart, bounded in time and memory: one hostile message never stops the inbox.

    parent --[length | RawMail]--> child: parse() --[length | Email]--> parent

The child is this module run as a program. It keeps running between messages, holds no key and no database, and may
write no file. A message that takes too long or too much is read by its headers and first words, and its defects say so.
Frames are MessagePack with a length of eight bytes before them; nothing that could run code travels.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import IO, cast

import msgspec
from msgspec import Struct

from mailbot.config import Scanner as ScannerSettings
from mailbot.domain import Email, RawMail
from mailbot.intake.language import identifier
from mailbot.intake.parse import barely_read, parse
from mailbot.intake.scanner import ClamAV
from mailbot.memory import give_back_large_blocks

SECONDS = 30
START_SECONDS = 60
"""How long the other process may take to start: no message is read by half because the machine is busy."""
MEMORY_BYTES = 500_000_000
LENGTH_BYTES = 8


class ReadingRules(Struct, frozen=True):
    """What the reading of every message depends on; `authserv_ids` by mailbox (see `parse`)."""

    own_addresses: frozenset[str] = frozenset()
    authserv_ids: Mapping[str, str] = {}
    scanner: ScannerSettings | None = None


class Reader:
    """Reads messages, each in at most `seconds` and with at most `memory_bytes` beyond what reading needs anyhow.

    The one child is started at once, so that it gets ready meanwhile; threads that read wait for one another.
    """

    def __init__(self, rules: ReadingRules, *, seconds: float = SECONDS, memory_bytes: int = MEMORY_BYTES) -> None:
        self._rules = rules
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._child: _Child | None = _Child(rules, memory_bytes)
        self._lock = threading.Lock()

    def __call__(self, raw: RawMail) -> Email:
        """The message as far as it can be read; never raises for what is in it."""
        with self._lock:
            self._child = self._child or _Child(self._rules, self._memory_bytes)
            try:
                return self._child.read(raw, self._seconds)
            except _TookTooLong:
                why = f"reading it took longer than {self._seconds:g} seconds"
            except _Died:
                why = "reading it took too much memory or failed badly"
            self._child = None
        return barely_read(raw.content, f"{why}; only its headers and first words are read")


class _TookTooLong(Exception):
    """The child did not answer in time; it is gone."""


class _Died(Exception):
    """The child ended without an answer."""


class _Child:
    """The other process, as its parent sees it."""

    def __init__(self, rules: ReadingRules, memory_bytes: int) -> None:
        self._process = subprocess.Popen(  # noqa: S603  our own module
            [sys.executable, "-m", "mailbot.intake.reader", str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            process_group=0,  # Ctrl+C is for the parent, which has the message in hand read to its end
        )
        self._has_started = False
        self._to, self._from = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        with contextlib.suppress(BrokenPipeError):  # one that does not start is noticed when it is asked
            _write(self._to, msgspec.msgpack.encode(rules))

    def read(self, raw: RawMail, seconds: float) -> Email:
        try:
            if not self._has_started:
                self._answer(time.monotonic() + START_SECONDS)
                self._has_started = True
            _write(self._to, msgspec.msgpack.encode(raw))
            return msgspec.msgpack.decode(self._answer(time.monotonic() + seconds), type=Email)
        except (_TookTooLong, _Died, BrokenPipeError, msgspec.DecodeError) as error:
            self._end()
            raise error if isinstance(error, _TookTooLong) else _Died from None

    def _answer(self, until: float) -> bytes:
        head = self._bytes(LENGTH_BYTES, until)
        return self._bytes(int.from_bytes(head), until)

    def _bytes(self, count: int, until: float) -> bytes:
        pieces = bytearray()
        while len(pieces) < count:
            ready, _, _ = select.select([self._from], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise _TookTooLong
            piece = os.read(self._from.fileno(), count - len(pieces))
            if not piece:
                raise _Died
            pieces += piece
        return bytes(pieces)

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._to.close()
        self._from.close()

    def __del__(self) -> None:
        if self._process.poll() is None:
            self._end()


def _write(pipe: IO[bytes], content: bytes) -> None:
    whole = memoryview(len(content).to_bytes(LENGTH_BYTES) + content)
    while whole:
        whole = whole[pipe.write(whole) :]


def _read(pipe: IO[bytes]) -> bytes | None:
    """The next frame; None where the parent has gone."""
    head = pipe.read(LENGTH_BYTES)
    return pipe.read(int.from_bytes(head)) if len(head) == LENGTH_BYTES else None


def _serve(memory_bytes: int) -> None:
    """Reads message after message until the parent goes. SIGTERM to all of a service's processes is for the parent."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    give_back_large_blocks()
    rules = msgspec.msgpack.decode(_read(sys.stdin.buffer) or b"", type=ReadingRules)
    scan = ClamAV(rules.scanner) if rules.scanner else None
    identifier()
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints must not get between the answers
    bound(memory_bytes)
    _write(answers, b"")  # it has started
    while (frame := _read(sys.stdin.buffer)) is not None:
        raw = msgspec.msgpack.decode(frame, type=RawMail)
        del frame
        email = parse(
            raw, own_addresses=rules.own_addresses, authserv_id=rules.authserv_ids.get(raw.mailbox), scan=scan
        )
        _write(answers, msgspec.msgpack.encode(email))


def bound(memory_bytes: int) -> None:
    """No more data than now and `memory_bytes`, no file written, no core left behind."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        pages_of_data = int(statm.read().split()[5])
    data = pages_of_data * resource.getpagesize() + memory_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (data, data))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
