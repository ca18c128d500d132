"""clamd, ClamAV's daemon, on a Unix socket and a port of 127.0.0.1, with one signature of our own and no other."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers import Account, ServerMissing, free_ports, unprivileged

PROGRAM = Path("/usr/sbin/clamd")
START_SECONDS = 20
ATTEMPTS = 5

SIGNATURE = "Mailbot.Test.Marker"
FOUND_AS = f"{SIGNATURE}.UNOFFICIAL"
"""What clamd calls the marker: it adds this to every signature that is not ClamAV's own."""

MAX_FILE_BYTES = 1024 * 1024
MAX_STREAM_BYTES = 2 * MAX_FILE_BYTES
"""It looks into no file over the first, and breaks off the connection at one over the second."""

SETTINGS = """\
Foreground yes
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
LocalSocket {folder}/socket
TCPAddr 127.0.0.1
TCPSocket {port}
MaxFileSize {max_file_bytes}
StreamMaxLength {max_stream_bytes}
AlertEncrypted yes
AlertExceedsMax yes
"""


@dataclass(frozen=True, slots=True)
class Clamd:
    """A running clamd, at a Unix socket and at a host and port alike."""

    socket: Path
    host: str
    port: int
    _process: subprocess.Popen[bytes]

    def hang(self) -> None:
        """From now on it takes connections and says nothing more."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Ends `hang`: what was asked meanwhile is answered."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Returns once it is gone; nothing happens where it is stopped already. The socket's file is left behind."""
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def running_clamd(marker: bytes) -> Iterator[Clamd]:
    """A clamd that finds `marker` wherever it stands, and nothing else; raises `ServerMissing`.

    It downloads nothing. Many may run at once: each has a folder and a port of its own.
    """
    if not PROGRAM.exists():
        raise ServerMissing("clamav-daemon")
    folder = Path(tempfile.mkdtemp(prefix="clamd-", dir="/tmp"))  # short; and Debian's AppArmor lets clamd write here
    try:
        (folder / "signatures").mkdir()
        (folder / "signatures" / "ours.ndb").write_text(f"{SIGNATURE}:0:*:{marker.hex()}\n", encoding="ascii")
        clamd = _started(folder, unprivileged("nobody"))
        try:
            yield clamd
        finally:
            clamd.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path, account: Account) -> Clamd:
    for attempt in range(1, ATTEMPTS + 1):
        (port,) = free_ports(1)
        clamd = Clamd(folder / "socket", "127.0.0.1", port, _process(folder, account, port))
        answers = _answers_soon(clamd)
        said = (folder / "said").read_text(errors="replace")
        taken = "Address already in use" in said  # clamd says so, and goes on without the port
        if answers and not taken:
            return clamd
        clamd.stop()
        if attempt == ATTEMPTS or not taken:
            raise RuntimeError(f"clamd does not start: {said[-1000:]}")
    raise AssertionError("unreachable")


def _process(folder: Path, account: Account, port: int) -> subprocess.Popen[bytes]:
    settings = SETTINGS.format(
        folder=folder, port=port, max_file_bytes=MAX_FILE_BYTES, max_stream_bytes=MAX_STREAM_BYTES
    )
    (folder / "clamd.conf").write_text(settings, encoding="utf-8")
    account.owns(folder)
    with (folder / "said").open("wb") as said:
        return subprocess.Popen(
            [str(PROGRAM), "-c", str(folder / "clamd.conf")],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            **account.as_started(),
        )


def _answers_soon(clamd: Clamd) -> bool:
    until = time.monotonic() + START_SECONDS
    while clamd._process.poll() is None and time.monotonic() < until:
        if _answers(clamd):
            return True
        time.sleep(0.02)
    return False


def _answers(clamd: Clamd) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(clamd.socket))
            connection.sendall(b"nPING\n")
            return connection.recv(16) == b"PONG\n"
    except OSError:
        return False
