"""Asking clamd, ClamAV's daemon, about a file: INSTREAM (clamd(8)) over a Unix socket or TCP.

A file may be opened only where clamd says in so many words that it is OK. As Debian sets it up, clamd says so of
encrypted files and of what is over its own limits too: clamd.conf needs ``AlertEncrypted yes`` and
``AlertExceedsMax yes``. Of a file within a zip clamd 1.4 looks at the first ``MaxFileSize`` bytes, whatever is set.
"""

from __future__ import annotations

import contextlib
import re
import socket
import time

from mailbot.config import Scanner
from mailbot.errors import MailbotError

ANSWER_SECONDS = 20
SILENT_SECONDS = 30
"""How long a scanner that did not answer is left alone: a hundred attachments must not cost a hundred time-outs."""

LONGEST_NAME = 100
COULD_NOT_LOOK = "the virus scanner could not look into it ({})"
NO_ANSWER = "it does not answer"
NOT_LOOKED = (
    ("Heuristics.Encrypted", "it is encrypted"),
    ("Heuristics.Limits.Exceeded", "it is over the scanner's limits"),
    ("INSTREAM size limit exceeded", "it is larger than the scanner takes"),
)
"""How an answer begins that says, as a finding or as an error, that clamd did not look; and that in words."""


class ClamAV:
    """Says of a file's bytes why it must stay sealed, in words for an officer, or None where clamd found nothing.

    Never raises. A copy in another process finds out for itself that clamd does not answer.
    """

    def __init__(self, settings: Scanner) -> None:
        self._settings = settings
        self._silent_until = 0.0

    def __call__(self, content: bytes) -> str | None:
        if time.monotonic() < self._silent_until:
            return COULD_NOT_LOOK.format(NO_ANSWER)
        chunk = (len(content).to_bytes(4, "big"), content) if content else ()  # a length of 0 ends the stream
        try:
            return _reason(self._ask(b"nINSTREAM\n", *chunk, bytes(4)))
        except OSError:
            self._silent_until = time.monotonic() + SILENT_SECONDS
            return COULD_NOT_LOOK.format(NO_ANSWER)

    def check(self) -> str:
        """The version that clamd tells; raises `MailbotError` with what to mend where it does not answer a PING."""
        place = self._settings.socket or f"{self._settings.host}:{self._settings.port}"
        mend = "start clamd, or correct [scanner] in the configuration; until then every attachment stays sealed"
        try:
            answer = self._ask(b"nPING\n")
            if answer == "PONG":
                return self._ask(b"nVERSION\n")
        except OSError as error:
            raise MailbotError(f"no answer from clamd at {place}: {error.strerror or error}; {mend}") from None
        raise MailbotError(f'found "{answer[:LONGEST_NAME]}" at {place} where clamd would answer PONG; {mend}')

    def _ask(self, *command: bytes) -> str:
        """The line that clamd answers, empty where it breaks off; OSError where it cannot be reached or takes too long.

        Commands are of the kind that ends with a newline, so that another kind of server, which greets with a line,
        is told from clamd at once.
        """
        until = time.monotonic() + ANSWER_SECONDS
        said = b""
        with self._connected() as connection:
            with contextlib.suppress(ConnectionError):  # clamd breaks off a file over its limit, but says so before
                for piece in command:
                    connection.settimeout(_seconds_left(until))
                    connection.sendall(piece)
            with contextlib.suppress(ConnectionError):
                while not said.endswith(b"\n"):
                    connection.settimeout(_seconds_left(until))
                    more = connection.recv(4096)
                    if not more:
                        break
                    said += more
        return re.sub(r"[^ -~]", "", said.decode("ascii", "replace"))

    def _connected(self) -> socket.socket:
        try:
            if self._settings.socket:
                return _connected_to(self._settings.socket)
            return socket.create_connection((self._settings.host, self._settings.port), timeout=ANSWER_SECONDS)
        except ValueError as error:  # a host or a path such as there cannot be
            raise OSError(str(error)) from None


def _connected_to(path: str) -> socket.socket:
    with contextlib.ExitStack() as opened:
        connection = opened.enter_context(socket.socket(socket.AF_UNIX))
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(path)
        opened.pop_all()
        return connection


def _seconds_left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def _reason(answer: str) -> str | None:
    """Why the file must stay sealed, None for ``stream: OK`` and nothing else."""
    if answer == "stream: OK":
        return None
    said = answer.removeprefix("stream: ")
    for beginning, why in NOT_LOOKED:
        if said.startswith(beginning):
            return COULD_NOT_LOOK.format(why)
    if said.endswith(" FOUND"):
        return f"the virus scanner found {said.removesuffix(' FOUND')[:LONGEST_NAME]} in it"
    return COULD_NOT_LOOK.format(said.removesuffix(" ERROR")[:LONGEST_NAME] or "it broke off")
