"""Machines that answer mail: Pigeonhole's vacation as Dovecot delivers, and a naive one that no sign gives away."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from pathlib import Path

from tests.servers import Account, ServerMissing, unprivileged
from tests.servers.smtp_sink import Received

DELIVERY_AGENT = Path("/usr/lib/dovecot/dovecot-lda")
DELIVERY_SECONDS = 30

VACATION = """\
require ["vacation"];
vacation :days 1 :addresses ["{address}"] "I am away until Monday.";
"""

SENDMAIL = """\
#!/bin/sh
answer=$(mktemp {folder}/answers/XXXXXX)
printf '%s\\n' "$@" >"$answer.arguments"
cat >"$answer.eml"
rm "$answer"
"""

VERSION_2_3 = """\
mail_location = maildir:~/Maildir
protocol lda {{
  mail_plugins = sieve
}}
plugin {{
  sieve = file:~/.dovecot.sieve
}}
"""

VERSION_2_4 = """\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
mail_driver = maildir
mail_path = ~/Maildir
protocol lda {{
  mail_plugins {{
    sieve = yes
  }}
}}
sieve_script personal {{
  driver = file
  path = ~/.dovecot.sieve
}}
"""

COMMON = """\
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
ssl = no
mail_uid = {user}
mail_fsync = never
postmaster_address = postmaster@away.example
hostname = away.example
sendmail_path = {folder}/sendmail
stats_writer_socket_path =
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a machine wrote: whom it gave the letter to, and the letter."""

    recipient: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Vacation:
    """Somebody who is away: what comes to `address` is delivered by Dovecot and answered by Pigeonhole, if it will."""

    address: str
    _folder: Path
    _account: Account

    def deliver(self, content: bytes, mail_from: str) -> list[Answer]:
        """Delivers one message into the mailbox; what was answered to it. RuntimeError with the log where it fails."""
        command = [str(DELIVERY_AGENT), "-c", str(self._folder / "dovecot.conf"), "-e"]
        done = subprocess.run(
            [*command, "-f", mail_from, "-a", self.address],
            input=content,
            capture_output=True,
            cwd=self._folder,
            env={**os.environ, "HOME": str(self._folder / "home"), "USER": "away"},
            timeout=DELIVERY_SECONDS,
            check=False,
            **self._account.as_started(),
        )
        if done.returncode:
            log = self._folder / "log"
            said = log.read_text(errors="replace")[-1000:] if log.exists() else ""
            raise RuntimeError(f"Dovecot does not deliver: {done.stderr.decode(errors='replace')}{said}")
        return self._collected()

    def delivered(self) -> int:
        """How many messages lie in the mailbox."""
        return len(list((self._folder / "home" / "Maildir" / "new").glob("*")))

    def _collected(self) -> list[Answer]:
        answers = []
        for path in sorted((self._folder / "answers").glob("*.eml")):
            arguments = path.with_suffix(".arguments").read_text().split()
            answers.append(Answer(arguments[-1], path.read_bytes()))
            path.unlink()
        return answers


@contextlib.contextmanager
def running_vacation(address: str) -> Iterator[Vacation]:
    """An empty mailbox of somebody who is away; raises `ServerMissing`. What it answers is sent nowhere."""
    if not DELIVERY_AGENT.exists() or not Path("/usr/bin/sievec").exists():
        raise ServerMissing("dovecot-sieve")
    folder = Path(tempfile.mkdtemp(prefix="vacation-", dir="/tmp"))
    try:
        account = unprivileged("nobody")
        for name in ("run", "home", "answers"):
            (folder / name).mkdir()
        version = subprocess.run(["/usr/sbin/dovecot", "--version"], capture_output=True, text=True, check=True).stdout
        settings = (VERSION_2_3 if version.startswith("2.3.") else VERSION_2_4) + COMMON
        (folder / "dovecot.conf").write_text(settings.format(folder=folder, user=account.name))
        (folder / "home" / ".dovecot.sieve").write_text(VACATION.format(address=address))
        (folder / "sendmail").write_text(SENDMAIL.format(folder=folder))
        (folder / "sendmail").chmod(0o755)
        account.owns(folder)
        yield Vacation(address, folder, account)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """A naive auto-responder: it answers every letter it gets, and nothing in its answers says that it is a machine.

    It answers to Reply-To or, not `to_reply_to`, to From; under the letter's subject or one of its own; with or without
    In-Reply-To; `quoting` the letter or not. One that `insists` writes again and again, asked or not.
    """

    address: str
    to_reply_to: bool
    own_subject: bool
    in_reply_to: bool
    quoting: bool = False
    insists: bool = False

    def opens(self) -> bytes:
        """The message that begins it, to which it is owed a letter."""
        return self._written(
            "enquiries@example.gov.uk", "A question", "How much is the fee to register as a childminder?"
        )

    def answer(self, received: Received) -> bytes:
        """Its answer to a letter, as it lands in the inbox of whoever wrote it."""
        letter = received.message
        to = str(letter["Reply-To"] if self.to_reply_to and letter["Reply-To"] else letter["From"])
        subject = "We have your letter" if self.own_subject else f"Re: {letter['Subject']}"
        text = "Hello\n\nYour letter is here with us and Pat will look at it.\n\nKim"
        if self.quoting:
            text += "\n\n" + "\n".join(f"> {line}" for line in _text_of(letter).splitlines())
        return self._written(to, subject, text, str(letter["Message-ID"]) if self.in_reply_to else "")

    def _written(self, to: str, subject: str, text: str, in_reply_to: str = "") -> bytes:
        mail = EmailMessage(policy=SMTP)
        mail["Delivered-To"] = to
        mail["From"] = f"Kim <{self.address}>"
        mail["To"] = to
        mail["Subject"] = subject
        mail["Date"] = formatdate()
        mail["Message-ID"] = make_msgid(domain=self.address.rpartition("@")[2])
        if in_reply_to:
            mail["In-Reply-To"] = in_reply_to
        mail.set_content(text)
        return mail.as_bytes()


def _text_of(letter: EmailMessage) -> str:
    """The plain text of a letter, as a mail program quotes it."""
    body = letter.get_body(("plain",))
    assert body is not None
    content: str = body.get_content()
    return content
