"""A throwaway installation: sample messages in two Maildirs, SQLite, letters to a folder. No server, no secret."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

from mailbot import config as settings
from mailbot.cases import audit, database
from mailbot.cases.sealing.vault import Vault, new_key_file, read_keys
from mailbot.clock import now
from mailbot.config import Config
from mailbot.domain import Role
from mailbot.web import accounts

SAMPLES = Path(__file__).parent / "samples"
REGISTER = SAMPLES / "register.csv"
AUTHORITY_CONTACTS = SAMPLES / "authority_contacts.csv"

STAFF = (
    (Role.OFFICER, "officer@ofsted-demo.example"),
    (Role.WHISTLEBLOWING_OFFICER, "whistleblowing.officer@ofsted-demo.example"),
    (Role.DUTY_MANAGER, "manager@ofsted-demo.example"),
    (Role.INSPECTOR, "inspector@ofsted-demo.example"),
    (Role.RECORDS_OFFICER, "records.officer@ofsted-demo.example"),
    (Role.AUDITOR, "auditor@ofsted-demo.example"),
    (Role.ADMINISTRATOR, "administrator@ofsted-demo.example"),
)


class SignIn(NamedTuple):
    """How somebody of the demonstration's staff signs in."""

    role: Role
    email: str
    password: str


CONFIG = """\
[database]
url = "sqlite:///mailbot.sqlite3"
[keys]
file = "mailbot.keys"
[[mailbox]]
name = "enquiries"
kind = "maildir"
path = "mail/enquiries"
reply_address = "enquiries@ofsted-demo.example"
[[mailbox]]
name = "whistleblowing"
kind = "maildir"
restricted = true
path = "mail/whistleblowing"
reply_address = "whistleblowing@ofsted-demo.example"
[outgoing]
kind = "folder"
from_address = "enquiries@ofsted-demo.example"
path = "outbox"
[alerts]
enabled = false
[web]
port = {port}
second_factor = "optional"
"""


@contextmanager
def demonstration(port: int) -> Iterator[tuple[Config, list[SignIn]]]:
    """The configuration of a ready installation and the sign-ins of its staff; all of it gone when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="mailbot-demo-"))
    try:
        (folder / "config.toml").write_text(CONFIG.format(port=port), encoding="utf-8")
        for mailbox in ("enquiries", "whistleblowing"):
            _deliver(SAMPLES / mailbox, folder / "mail" / mailbox)
        config = settings.load(folder / "config.toml")
        new_key_file(Path(config.keys.file), "demo")
        keyring = read_keys(Path(config.keys.file), None)
        Vault(keyring, database.open_database(config.keys.store)).create_store()
        engine = database.open_database(config.database.url, lambda: audit.key_of(keyring))
        database.upgrade(engine)
        yield config, [_employed(engine, role, email) for role, email in STAFF]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _deliver(samples: Path, maildir: Path) -> None:
    """Copies sample messages into a Maildir as if they had come at the time their Date says."""
    for part in ("tmp", "new", "cur"):
        (maildir / part).mkdir(parents=True)
    for sample in sorted(samples.glob("*.eml")):
        target = maildir / "new" / sample.stem
        shutil.copyfile(sample, target)
        sent = _sent(sample).timestamp()
        os.utime(target, (sent, sent))


def _sent(sample: Path) -> datetime:
    for line in sample.read_bytes().split(b"\n"):
        if line.lower().startswith(b"date:"):
            return min(parsedate_to_datetime(line[5:].strip().decode("ascii")).astimezone(UTC), now())
    return now()


def _employed(engine: database.Engine, role: Role, email: str) -> SignIn:
    password = secrets.token_urlsafe(12)
    accounts.add(engine, email, role, password, added_by="demo", confirmed_by="demo", at=now())
    return SignIn(role, email, password)
