"""Every message on the server is in the ledger or is named; and looking changes nothing there."""

from __future__ import annotations

import imaplib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from mailbot.cases.schema import cases, letters
from mailbot.config import Mailbox
from mailbot.errors import MailboxUnreachable
from mailbot.office import Tally
from mailbot.reconcile import Reconciliation, reconcile
from mailbot.taking_in import take_in
from tests.commands import mailbot
from tests.conftest import Installation
from tests.doubles import mail
from tests.servers import ServerMissing
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.proxy import cut_before, running_proxy
from tests.test_pipeline import count

server = pytest.mark.server
PASSWORD = "pass-one"
SPECIAL_FOLDERS = """
namespace inbox {
  mailbox Gesendet {
    special_use = \\Sent
    auto = create
  }
  mailbox Drafts {
    special_use = \\Drafts
    auto = create
  }
  mailbox Trash {
    special_use = \\Trash
    auto = create
  }
}
"""
CONFIG = """
[database]
url = "sqlite:///mailbot.sqlite3"
[keys]
file = "keys"
store = "sqlite:///keystore.sqlite3"
[outgoing]
kind = "folder"
path = "outbox"
[[mailbox]]
name = "enquiries"
"""


@dataclass(frozen=True)
class Post:
    """One mailbox on a real server."""

    dovecot: Dovecot
    settings: Mailbox

    def client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.dovecot.plain_port)
        client.login("enquiries", PASSWORD)
        return client

    def deliver(self, text: str, folder: str = "INBOX") -> None:
        content = mail(text, message_id=f"<{text.replace(' ', '-')}@post.example>").content
        self.dovecot.deliver("enquiries", content, folder)

    def bring(self, how: str, source: str, target: str) -> None:
        """Moves or copies all of a folder, as a person does in a mail program."""
        with self.client() as client:
            client.create(target)
            client.select(source)
            assert client.uid(how, "1:*", target)[0] == "OK"

    def delete(self, folder: str) -> None:
        with self.client() as client:
            client.select(folder)
            client.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
            client.expunge()

    def state(self) -> dict[str, list[bytes]]:
        """All that the server keeps: each folder's UIDVALIDITY and next UID, and each message's UID, flags and time."""
        with self.client() as client:
            names = [re.sub(rb".* ", b"", line).decode() for line in client.list()[1] if isinstance(line, bytes)]
            found = {}
            for name in names:
                found[name] = client.status(name, "(UIDVALIDITY UIDNEXT MESSAGES RECENT UNSEEN)")[1]
                client.select(name, readonly=True)
                found[name] += client.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE)")[1]
        return found

    def rebuild(self, folder: str = "INBOX") -> None:
        """The folder's index is lost, as after a restore: every message gets a new UID under a new UIDVALIDITY."""
        home = self.dovecot.ca_file.parent / "mail" / "enquiries" / "Maildir"
        here = home if folder == "INBOX" else home / f".{folder}"
        self.dovecot.stop()
        gone = [*here.glob("dovecot-uidlist"), *here.glob("dovecot.index*"), *home.glob("dovecot.list.index*")]
        assert len(gone) >= 2
        for path in gone:
            path.unlink()
        self.dovecot.start()


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    monkeypatch.setenv("ENQUIRIES_PASSWORD", PASSWORD)
    try:
        with running_dovecot({"enquiries": PASSWORD}, more_settings=SPECIAL_FOLDERS) as dovecot:
            settings = Mailbox(
                name="enquiries",
                kind="imap",
                host="localhost",
                port=dovecot.plain_port,
                security="none",
                username="enquiries",
                password_env="ENQUIRIES_PASSWORD",
            )
            yield Post(dovecot, settings)
    except ServerMissing as missing:
        pytest.skip(str(missing))


def found(post: Post, installation: Installation) -> Reconciliation:
    return reconcile(post.settings, installation.ledger)


def places(outcome: Reconciliation) -> list[tuple[str, int]]:
    return sorted((stray.folder, stray.uid) for stray in outcome.unaccounted)


def command(installation: Installation, settings: str, *words: str) -> tuple[int, str]:
    """`mailbot reconcile` on the installation: its exit code and all it said."""
    path = installation.folder / "config.toml"
    path.write_text(CONFIG + settings)
    said = mailbot("reconcile", "--config", str(path), *words)
    return said.code, said.both


def imap_section(port: int) -> str:
    return (
        f'kind = "imap"\nhost = "localhost"\nport = {port}\nsecurity = "none"\n'
        'username = "enquiries"\npassword_env = "ENQUIRIES_PASSWORD"\n'
    )


@server
def test_what_was_filed_and_what_is_set_aside_is_accounted_for(post: Post, sqlite: Installation) -> None:
    for text in ("one", "two", "CRASH"):
        post.deliver(text)
    take_in(post.settings, sqlite.office)

    assert found(post, sqlite) == Reconciliation(mailbox="enquiries", held=3)


@server
@pytest.mark.parametrize("folder", ["INBOX", "Processed", "Handled by Jo", "Trash"])
def test_a_message_that_nobody_took_in_is_named_wherever_it_lies(post: Post, sqlite: Installation, folder: str) -> None:
    post.deliver("one")
    take_in(post.settings, sqlite.office)
    post.deliver("behind its back", folder)
    (uid,) = [uid for uid in post.dovecot.uids("enquiries", folder) if folder != "Processed" or uid > 1]

    outcome = found(post, sqlite)
    assert places(outcome) == [(folder, uid)]
    assert outcome.held == 1


@server
def test_the_command_names_folder_and_uid_and_ends_with_one(post: Post, sqlite: Installation) -> None:
    post.deliver("one")
    take_in(post.settings, sqlite.office)
    section = imap_section(post.dovecot.plain_port)
    assert command(sqlite, section) == (0, "enquiries: 1 held, 0 gone from the server, 0 unaccounted for\n")

    post.deliver("behind its back", "Archive")
    code, said = command(sqlite, section)
    assert code == 1
    assert "1 held, 0 gone from the server, 1 unaccounted for" in said
    assert re.search(r"^  Archive 1, arrived \d{4}-\d\d-\d\d \d\d:\d\d UTC$", said, re.MULTILINE)
    assert "behind" not in said
    code, said = command(sqlite, section, "--json")
    assert code == 1
    assert json.loads(said)[0]["unaccounted"][0]["folder"] == "Archive"


@server
@pytest.mark.parametrize(("how", "held"), [("MOVE", 2), ("COPY", 4)])
def test_a_message_that_somebody_moved_or_copied_stays_accounted_for(
    post: Post, sqlite: Installation, how: str, held: int
) -> None:
    for text in ("one", "two"):
        post.deliver(text)
    take_in(post.settings, sqlite.office)
    post.bring(how, "Processed", "Archive")

    assert found(post, sqlite) == Reconciliation(mailbox="enquiries", held=held)


@server
def test_a_message_set_aside_and_moved_by_hand_stays_accounted_for(post: Post, sqlite: Installation) -> None:
    post.deliver("CRASH")
    take_in(post.settings, sqlite.office)
    post.bring("MOVE", "INBOX", "Archive")

    assert found(post, sqlite) == Reconciliation(mailbox="enquiries", held=1)


@server
def test_a_message_deleted_on_the_server_is_counted_and_no_failure(post: Post, sqlite: Installation) -> None:
    for text in ("one", "two"):
        post.deliver(text)
    take_in(post.settings, sqlite.office)
    post.delete("Processed")

    assert command(sqlite, imap_section(post.dovecot.plain_port)) == (
        0,
        "enquiries: 0 held, 2 gone from the server, 0 unaccounted for\n",
    )


@server
def test_a_message_deleted_before_it_was_taken_in_and_still_in_the_trash_is_named(
    post: Post, sqlite: Installation
) -> None:
    post.deliver("one")
    post.bring("MOVE", "INBOX", "Trash")
    take_in(post.settings, sqlite.office)

    assert places(found(post, sqlite)) == [("Trash", 1)]


@server
def test_what_was_sent_and_what_is_a_draft_is_left_out(post: Post, sqlite: Installation) -> None:
    post.deliver("an answer", "Gesendet")
    post.deliver("half an answer", "Drafts")

    assert found(post, sqlite) == Reconciliation(mailbox="enquiries")


@server
@pytest.mark.parametrize("folder", ["INBOX", "Processed"])
def test_a_folder_that_was_rebuilt_files_nothing_twice_and_all_is_accounted_for_after_the_next_poll(
    post: Post, installation: Installation, folder: str
) -> None:
    for text in ("one", "two", "CRASH"):
        post.deliver(text)
    take_in(post.settings, installation.office)
    before = post.state()[folder][0]
    post.rebuild(folder)
    assert post.state()[folder][0] != before

    assert take_in(post.settings, installation.office) == Tally()
    assert count(installation, cases) == count(installation, letters) == 2
    assert len(installation.office.aside.listed(None)) == 1
    assert found(post, installation) == Reconciliation(mailbox="enquiries", held=3)


@server
def test_new_mail_in_a_folder_that_was_rebuilt_is_not_taken_for_old(post: Post, sqlite: Installation) -> None:
    for text in ("one", "CRASH"):
        post.deliver(text)
    take_in(post.settings, sqlite.office)
    post.rebuild()
    post.deliver("three")

    assert take_in(post.settings, sqlite.office) == Tally(new=1, filed=1)
    assert count(sqlite, cases) == 2
    assert found(post, sqlite) == Reconciliation(mailbox="enquiries", held=3)


@server
def test_originals_that_stay_in_a_folder_that_was_rebuilt_are_not_filed_again(post: Post, sqlite: Installation) -> None:
    """As with a server without MOVE and UIDPLUS, or where the processed folder is full."""
    post.deliver("one")
    settings = msgspec.structs.replace(post.settings, processed_folder="no//such//name")
    with pytest.raises(MailboxUnreachable):
        take_in(settings, sqlite.office)
    post.rebuild()
    take_in(post.settings, sqlite.office)

    assert count(sqlite, cases) == count(sqlite, letters) == 1
    assert found(post, sqlite).unaccounted == ()


@server
def test_looking_changes_nothing_on_the_server(post: Post, sqlite: Installation) -> None:
    for text in ("one", "CRASH"):
        post.deliver(text)
    take_in(post.settings, sqlite.office)
    for folder in ("INBOX", "Archive", "Trash"):
        post.deliver("behind its back", folder)
    before = post.state()

    assert len(found(post, sqlite).unaccounted) == 3
    assert post.state() == before


@server
def test_a_server_that_sizes_messages_wrongly_finds_them_by_their_bytes(post: Post, sqlite: Installation) -> None:
    """Exchange does so (RFC 3501 wants the exact size)."""
    for text in ("one", "CRASH"):
        post.deliver(text)
    with running_proxy(post.dovecot.plain_port) as proxy:
        proxy.rewrite = lambda said: re.sub(rb"RFC822.SIZE \d+", b"RFC822.SIZE 77", said)
        settings = msgspec.structs.replace(post.settings, port=proxy.port)
        take_in(settings, sqlite.office)

        assert reconcile(settings, sqlite.ledger) == Reconciliation(mailbox="enquiries", held=2)
        post.deliver("behind its back", "Archive")
        assert places(reconcile(settings, sqlite.ledger)) == [("Archive", 1)]


@server
@pytest.mark.parametrize("at", ["LIST", "EXAMINE", "UID FETCH"])
def test_a_connection_that_breaks_is_one_sentence_and_never_all_is_well(
    post: Post, sqlite: Installation, at: str
) -> None:
    post.deliver("one")
    with running_proxy(post.dovecot.plain_port) as proxy:
        proxy.at(at, cut_before)
        code, said = command(sqlite, imap_section(proxy.port))
    assert code == 1
    assert said.count("\n") == 1
    assert "enquiries: localhost" in said
    assert "held" not in said


# The same in a Maildir


@pytest.fixture
def maildir(sqlite: Installation) -> Mailbox:
    for folder in ("mail", "mail/.Archive", "mail/.Sent", "mail/.Drafts"):
        for part in ("new", "cur", "tmp"):
            (sqlite.folder / folder / part).mkdir(parents=True)
    return Mailbox(name="enquiries", kind="maildir", path=str(sqlite.folder / "mail"))


def put(box: Mailbox, name: str, text: str, folder: str = "") -> Path:
    path = Path(box.path) / folder / "new" / name
    path.write_bytes(mail(text, message_id=f"<{name}@post.example>").content)
    return path


def test_a_maildir_is_accounted_for_however_its_files_are_moved(maildir: Mailbox, sqlite: Installation) -> None:
    for text in ("one", "two", "CRASH"):
        put(maildir, text, text)
    take_in(maildir, sqlite.office)
    assert reconcile(maildir, sqlite.ledger) == Reconciliation(mailbox="enquiries", held=3)

    root = Path(maildir.path)
    (root / ".Processed/cur/one:2,S").rename(root / ".Archive/cur/one:2,S")
    (root / "new/CRASH").rename(root / "cur/CRASH:2,S")
    (root / ".Processed/cur/two:2,S").unlink()
    assert reconcile(maildir, sqlite.ledger) == Reconciliation(mailbox="enquiries", held=2, gone=1)


@pytest.mark.parametrize("folder", ["", ".Processed", ".Archive"])
def test_a_stray_in_a_maildir_is_named_and_the_command_ends_with_one(
    maildir: Mailbox, sqlite: Installation, folder: str
) -> None:
    put(maildir, "one", "one")
    take_in(maildir, sqlite.office)
    put(maildir, "stray", "behind its back", folder)

    code, said = command(sqlite, f'kind = "maildir"\npath = "{maildir.path}"\n')
    assert code == 1
    assert "1 held, 0 gone from the server, 1 unaccounted for" in said
    assert f"  {folder[1:] or 'INBOX'} " in said


@pytest.mark.parametrize("folder", ["", ".Archive", ".Z"])
def test_a_stray_is_not_taken_for_a_filed_message_of_the_same_size_and_time(
    maildir: Mailbox, sqlite: Installation, folder: str
) -> None:
    """Times of arrival are whole seconds on most servers, and a form that is sent to us has one size."""
    for part in ("new", "cur", "tmp"):
        (Path(maildir.path) / ".Z" / part).mkdir(parents=True)
    os.utime(put(maildir, "filed", "filed"), (1, 1))
    take_in(maildir, sqlite.office)
    os.utime(put(maildir, "stray", "stray", folder), (1, 1))

    outcome = reconcile(maildir, sqlite.ledger)
    assert [stray.folder for stray in outcome.unaccounted] == [folder[1:] or "INBOX"]
    assert (outcome.held, outcome.gone) == (1, 0)


@pytest.mark.parametrize("folder", [".Sent", ".Drafts"])
def test_what_was_sent_from_a_maildir_is_left_out(maildir: Mailbox, sqlite: Installation, folder: str) -> None:
    put(maildir, "answer", "an answer", folder)

    assert reconcile(maildir, sqlite.ledger) == Reconciliation(mailbox="enquiries")


def test_looking_changes_nothing_in_a_maildir(maildir: Mailbox, sqlite: Installation) -> None:
    for text in ("one", "CRASH"):
        put(maildir, text, text)
    take_in(maildir, sqlite.office)
    put(maildir, "stray", "stray")
    before = {path: path.stat().st_mtime_ns for path in Path(maildir.path).rglob("*")}

    assert len(reconcile(maildir, sqlite.ledger).unaccounted) == 1
    assert {path: path.stat().st_mtime_ns for path in Path(maildir.path).rglob("*")} == before


def test_a_maildir_file_that_cannot_be_read_is_named(maildir: Mailbox, sqlite: Installation) -> None:
    path = put(maildir, "locked", "locked")
    path.unlink()
    path.mkdir()  # even root cannot read it as a file
    os.utime(path, (1, 1))

    assert len(reconcile(maildir, sqlite.ledger).unaccounted) == 1
