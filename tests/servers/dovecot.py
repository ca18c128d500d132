"""Dovecot, the IMAP server, on free ports of 127.0.0.1: plain with STARTTLS on one, TLS on the other."""

from __future__ import annotations

import base64
import contextlib
import grp
import imaplib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.servers import Account, ServerMissing, free_ports, unprivileged
from tests.servers.certificate import write_certificate

PROGRAM = Path("/usr/sbin/dovecot")
START_SECONDS = 10
ATTEMPTS = 5

COMMON = """\
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_uid = {user}
mail_gid = {group}
mail_home = {folder}/mail/{username}
mail_fsync = never
mail_max_userip_connections = 100
auth_mechanisms = plain login {oauth_mechanisms}
login_greeting = {folder.name}
auth_failure_delay = 0
ssl = yes
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service auth {{
  user = {user}
}}
service auth-worker {{
  user = {user}
}}
"""
"""Every service that would ask for root, a chroot or an account of its own runs as the one account instead. Without the
listener for penalties a refused sign-in costs the next one no time."""

VERSION_2_3 = """\
service imap-login {{
  service_count = 0
}}
mail_location = maildir:~/Maildir
disable_plaintext_auth = no
ssl_cert = <{certificate}
ssl_key = <{key}
passdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
"""

VERSION_2_4 = """\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
service imap-login {{
  restart_request_count = unlimited
}}
mail_driver = maildir
mail_path = ~/Maildir
auth_allow_cleartext = yes
ssl_server_cert_file = {certificate}
ssl_server_key_file = {key}
passdb passwd-file {{
  auth_username_format = %{{user}}
  passwd_file_path = {folder}/users
}}
userdb static {{
  fields {{
    uid = {user}
    gid = {group}
    home = {folder}/mail/%{{user}}
  }}
}}
"""

INTROSPECTION = """\
introspection_url = {introspection_url}
introspection_mode = post
username_attribute = username
active_attribute = active
active_value = true
"""

OAUTH_2_3 = """\
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2
}}
"""

OAUTH_2_4 = "oauth2 {{\n" + INTROSPECTION + "}}\n"
"""From 2.4 on these mechanisms need no passdb. 2.3 reads `INTROSPECTION` from a file of its own."""


@dataclass(frozen=True, slots=True)
class _Daemon:
    """The server's process, which comes and goes while its mail, ports and certificate stay."""

    folder: Path
    account: Account
    port: int
    processes: list[subprocess.Popen[bytes]]

    def start(self) -> None:
        """Returns once the server greets; RuntimeError with the end of its log where it does not."""
        command = [str(PROGRAM), "-F", "-c", str(self.folder / "dovecot.conf")]
        with (self.folder / "said").open("ab") as said:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
                **self.account.as_started(),
            )
        self.processes.append(process)
        until = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < until:
            if self._greets():
                return
            time.sleep(0.02)
        words = self._last_words()
        self.stop()
        raise RuntimeError(f"Dovecot does not start: {words}")

    def stop(self) -> None:
        """Returns once the server is gone and its ports are free; nothing happens where it is stopped already.

        The whole process group is told to go: Dovecot's master alone leaves signed-in connections alive behind it.
        """
        while self.processes:
            process = self.processes.pop()
            self._tell(process, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=START_SECONDS)
            self._tell(process, signal.SIGKILL)
            process.wait()
            until = time.monotonic() + 1
            while self._listens() and time.monotonic() < until:
                time.sleep(0.01)

    def _tell(self, process: subprocess.Popen[bytes], what: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, what)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _greets(self) -> bool:
        """Whether it is this server that answers at the port: another may have taken it."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                return self.folder.name.encode() in connection.makefile("rb").readline()
        except OSError:
            return False

    def _last_words(self) -> str:
        logs = [self.folder / name for name in ("said", "log")]
        return "\n".join(log.read_text(errors="replace")[-1000:] for log in logs if log.exists())


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running server. `users` maps names to passwords; `ca_file` is the certificate that a client must trust."""

    host: str
    plain_port: int
    tls_port: int
    ca_file: Path
    users: Mapping[str, str]
    _daemon: _Daemon

    def deliver(self, user: str, message: bytes, folder: str = "INBOX") -> None:
        """Puts a message into the user's folder, unseen, as the mail server would; makes the folder if need be."""
        with self._signed_in(user) as client:
            if folder != "INBOX":
                client.create(_quoted(folder))  # answers NO where there is one already
            state, answer = client.append(_quoted(folder), "", "", message)
            if state != "OK":
                raise RuntimeError(f"Dovecot refuses the message: {answer!r}")

    def deliver_many(self, user: str, messages: Iterable[bytes]) -> None:
        """Puts messages into the user's inbox as files, as delivery agents do: one by one over IMAP takes hours."""
        inbox = self._daemon.folder / "mail" / user / "Maildir"
        for name in ("cur", "new", "tmp"):
            (inbox / name).mkdir(parents=True, exist_ok=True)
        for number, message in enumerate(messages):
            (inbox / "new" / f"{number:010d}.bag").write_bytes(message)
        self._daemon.account.owns(inbox.parent)

    def folder(self, user: str, name: str = "INBOX") -> list[bytes]:
        """The raw messages in a folder, oldest first; none where there is no such folder. Sets no flag."""
        with self._selected(user, name) as client:
            if client is None:
                return []
            _, answer = client.uid("FETCH", "1:*", "(BODY.PEEK[])")
            return [part[1] for part in answer if isinstance(part, tuple)]

    def uids(self, user: str, name: str = "INBOX") -> list[int]:
        """The UIDs in a folder, ascending; none where there is no such folder."""
        with self._selected(user, name) as client:
            if client is None:
                return []
            _, (found,) = client.uid("SEARCH", "ALL")
            return [int(uid) for uid in found.split()]

    def start(self) -> None:
        """Starts a stopped server again, with the same ports, certificate and mail."""
        self._daemon.start()

    def stop(self) -> None:
        """Stops the server and breaks every connection to it."""
        self._daemon.stop()

    def restart(self) -> None:
        self.stop()
        self.start()

    @contextlib.contextmanager
    def _signed_in(self, user: str) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4(self.host, self.plain_port, timeout=START_SECONDS) as client:
            said = f"\0{user}\0{self.users[user]}".encode()
            client.authenticate("PLAIN", lambda _challenge: said)  # unlike LOGIN, it takes any character (RFC 4616)
            yield client

    @contextlib.contextmanager
    def _selected(self, user: str, name: str) -> Iterator[imaplib.IMAP4 | None]:
        with self._signed_in(user) as client:
            state, _ = client.select(_quoted(name), readonly=True)
            yield client if state == "OK" else None


@contextlib.contextmanager
def running_dovecot(
    users: Mapping[str, str], oauth_introspection_url: str | None = None, *, more_settings: str = ""
) -> Iterator[Dovecot]:
    """A server with the given users (name to password) and empty mailboxes; raises `ServerMissing`.

    With `oauth_introspection_url` (RFC 7662) it takes bearer tokens besides, by XOAUTH2 and OAUTHBEARER.
    `more_settings` are written under its own. Many may run at once: each has a folder and ports of its own.
    """
    if not PROGRAM.exists() or not _can_imap():
        raise ServerMissing("dovecot-imapd")
    folder = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp"))  # short: a socket's path holds 107 bytes
    try:
        server = _started(folder, users, oauth_introspection_url, more_settings)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _can_imap() -> bool:
    """dovecot-core alone, without dovecot-imapd, has no IMAP in it."""
    return any(Path(library, "dovecot", "imap").exists() for library in ("/usr/lib", "/usr/libexec"))


def _started(folder: Path, users: Mapping[str, str], introspection_url: str | None, more_settings: str) -> Dovecot:
    account = unprivileged("nobody")
    certificate, _ = write_certificate(folder)
    for name in ("run", "mail"):
        (folder / name).mkdir()
    (folder / "users").write_text("".join(_user_line(*user) for user in users.items()), encoding="utf-8")
    if introspection_url:
        (folder / "oauth2").write_text(INTROSPECTION.format(introspection_url=introspection_url), encoding="utf-8")
    account.owns(folder)
    for attempt in range(1, ATTEMPTS + 1):
        plain_port, tls_port = free_ports(2)
        settings = _settings(folder, account, plain_port, tls_port, introspection_url)
        (folder / "dovecot.conf").write_text(settings + more_settings, encoding="utf-8")
        daemon = _Daemon(folder, account, plain_port, [])
        try:
            daemon.start()
        except RuntimeError as error:
            if attempt == ATTEMPTS or "Address already in use" not in str(error):
                raise
            continue
        return Dovecot("localhost", plain_port, tls_port, certificate, dict(users), daemon)
    raise AssertionError("unreachable")


def _settings(folder: Path, account: Account, plain_port: int, tls_port: int, introspection_url: str | None) -> str:
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    old = version.startswith("2.3.")
    oauth = (OAUTH_2_3 if old else OAUTH_2_4) if introspection_url else ""
    return ((VERSION_2_3 if old else VERSION_2_4) + oauth + COMMON).format(
        folder=folder,
        certificate=folder / "certificate.pem",
        key=folder / "key.pem",
        user=account.name,
        group=grp.getgrgid(account.gid).gr_name,
        username="%u" if old else "%{user}",
        plain_port=plain_port,
        tls_port=tls_port,
        oauth_mechanisms="xoauth2 oauthbearer" if introspection_url else "",
        introspection_url=introspection_url,
    )


def _user_line(name: str, password: str) -> str:
    """A line of Dovecot's passwd-file. Base64 keeps colons in a password from ending the field."""
    return f"{name}:{{PLAIN.b64}}{base64.b64encode(password.encode()).decode()}::::::\n"


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
