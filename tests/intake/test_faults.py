"""A connection that breaks, stalls or is lied to at each command of a poll: nothing is lost, and nothing done twice."""

from __future__ import annotations

import imaplib
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import pytest

from mailbot.cases.schema import cases, letters, messages
from mailbot.clock import now
from mailbot.config import Mailbox, OAuth
from mailbot.errors import MailboxUnreachable
from mailbot.intake import mailbox as intake
from mailbot.intake.mailbox import IDLE_SECONDS, TIMEOUT_SECONDS, ImapMailbox
from mailbot.intake.oauth import Tokens
from mailbot.office import Tally
from mailbot.taking_in import take_in
from tests.conftest import Installation
from tests.doubles import mail
from tests.servers import ServerMissing
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.proxy import (
    Proxy,
    black_hole,
    cut_after,
    cut_before,
    cut_within,
    delayed,
    hiding,
    meanwhile,
    refuse,
    running_proxy,
)
from tests.servers.token_endpoint import running_token_endpoint
from tests.test_pipeline import count

pytestmark = pytest.mark.server
PASSWORD = "pass-one"
SPECIAL_FOLDERS = """
namespace inbox {
  mailbox Reklame {
    special_use = \\Junk
    auto = create
  }
}
"""
MESSAGES = 3


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    """One server for all these tests; each has a mailbox of its own on it."""
    try:
        users = {f"user{number}": PASSWORD for number in range(100)}
        with running_dovecot(users, more_settings=SPECIAL_FOLDERS) as server:
            yield server
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def users(dovecot: Dovecot) -> Iterator[str]:
    return iter(dovecot.users)


@pytest.fixture
def proxy(dovecot: Dovecot) -> Iterator[Proxy]:
    with running_proxy(dovecot.plain_port) as running:
        yield running


@dataclass(frozen=True)
class Post:
    """A mailbox behind the proxy, with a few messages in it."""

    dovecot: Dovecot
    settings: Mailbox

    @property
    def user(self) -> str:
        return self.settings.username

    def deliver(self, text: str, folder: str = "INBOX") -> bytes:
        content = mail(text, message_id=f"<{text.replace(' ', '-')}@post.example>").content
        self.dovecot.deliver(self.user, content, folder)
        return content

    def folder(self, name: str = "INBOX") -> list[bytes]:
        return self.dovecot.folder(self.user, name)

    def flags(self, name: str = "INBOX") -> list[bytes]:
        """What the server keeps of each message: its UID and its flags, but for that it is recent."""
        with imaplib.IMAP4("127.0.0.1", self.dovecot.plain_port) as client:
            client.login(self.user, PASSWORD)
            client.select(name, readonly=True)
            _, answer = client.uid("FETCH", "1:*", "(UID FLAGS)")
            return [re.sub(rb" ?\\Recent", b"", one) for one in answer if isinstance(one, bytes)]

    def remove(self, uid: int) -> None:
        with imaplib.IMAP4("127.0.0.1", self.dovecot.plain_port) as client:
            client.login(self.user, PASSWORD)
            client.select("INBOX")
            client.uid("STORE", str(uid), "+FLAGS", "(\\Deleted)")
            client.expunge()


@pytest.fixture
def post(dovecot: Dovecot, proxy: Proxy, users: Iterator[str], monkeypatch: pytest.MonkeyPatch) -> Post:
    monkeypatch.setenv("ENQUIRIES_PASSWORD", PASSWORD)
    settings = Mailbox(
        name="enquiries",
        kind="imap",
        host="localhost",
        port=proxy.port,
        security="none",
        username=next(users),
        password_env="ENQUIRIES_PASSWORD",
    )
    return Post(dovecot, settings)


def assert_each_is_one_case(post: Post, installation: Installation, contents: list[bytes]) -> None:
    """Every message is one case with one letter, gone from the INBOX and not lost."""
    assert count(installation, cases) == count(installation, letters) == len(contents)
    assert post.folder() == []
    assert set(post.folder("Processed")) == set(contents)


COMMANDS = (
    "CAPABILITY",
    "LOGIN",
    "SELECT",
    "UID SEARCH",
    "UID FETCH .*RFC822.SIZE",
    "UID FETCH .*BODY",
    "LIST",
    "CREATE",
    "UID MOVE",
)
MOMENTS = {"before": cut_before, "after": cut_after}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_connection_cut_at_any_command_of_a_poll_loses_nothing_and_doubles_nothing(
    post: Post, proxy: Proxy, installation: Installation, command: str, moment: str
) -> None:
    contents = [post.deliver(f"number {number}") for number in range(MESSAGES)]
    rule = proxy.at(command, MOMENTS[moment])

    with pytest.raises(MailboxUnreachable):
        take_in(post.settings, installation.office)
    assert rule.fired == 1
    assert take_in(post.settings, installation.office).left == 0

    assert_each_is_one_case(post, installation, contents)
    assert Counter(post.folder("Processed")) == Counter(contents)
    assert take_in(post.settings, installation.office) == Tally()


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_connection_cut_while_signing_out_is_no_trouble(
    post: Post, proxy: Proxy, sqlite: Installation, moment: str
) -> None:
    contents = [post.deliver("number 1")]
    rule = proxy.at("LOGOUT", MOMENTS[moment])

    assert take_in(post.settings, sqlite.office) == Tally(new=1, filed=1)
    assert rule.fired == 1
    assert_each_is_one_case(post, sqlite, contents)
    assert sqlite.office.standings.listed(["enquiries"])[0].problem is None


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("command", ["UID COPY", "UID STORE", "UID EXPUNGE"])
def test_where_the_server_has_no_move_a_cut_connection_loses_nothing_and_files_nothing_twice(
    post: Post, proxy: Proxy, installation: Installation, command: str, moment: str
) -> None:
    proxy.rewrite = hiding("MOVE")
    contents = [post.deliver(f"number {number}") for number in range(MESSAGES)]
    rule = proxy.at(command, MOMENTS[moment])

    with pytest.raises(MailboxUnreachable, match="they stay filed"):
        take_in(post.settings, installation.office)
    assert rule.fired == 1
    take_in(post.settings, installation.office)

    assert_each_is_one_case(post, installation, contents)
    assert max(Counter(post.folder("Processed")).values()) <= 2
    assert not any("UID MOVE" in command or command == "EXPUNGE" for command in proxy.commands)


def test_a_connection_cut_within_the_messages_keeps_none_of_them_half(
    post: Post, proxy: Proxy, sqlite: Installation
) -> None:
    contents = [post.deliver(f"number {number}") for number in range(MESSAGES)]
    rule = proxy.at("UID FETCH .*BODY", cut_within(len(contents[0]) + 200))

    with pytest.raises(MailboxUnreachable):
        take_in(post.settings, sqlite.office)
    assert (rule.fired, count(sqlite, messages)) == (1, 0)
    take_in(post.settings, sqlite.office)
    assert_each_is_one_case(post, sqlite, contents)


def test_without_move_and_uidplus_the_originals_stay_and_are_copied_once(
    post: Post, proxy: Proxy, sqlite: Installation
) -> None:
    proxy.rewrite = hiding("MOVE", "UIDPLUS")
    contents = [post.deliver(f"number {number}") for number in range(MESSAGES)]
    before = post.flags()
    for _ in range(3):
        take_in(post.settings, sqlite.office)

    assert count(sqlite, cases) == count(sqlite, letters) == MESSAGES
    assert post.folder() == contents
    assert post.flags() == before
    assert not any(re.match("EXPUNGE|UID EXPUNGE|CLOSE|UID STORE", command) for command in proxy.commands)
    assert Counter(post.folder("Processed")) == Counter(contents)


def test_a_processed_folder_that_cannot_be_made_does_not_keep_new_mail_out(post: Post, sqlite: Installation) -> None:
    settings = msgspec.structs.replace(post.settings, processed_folder="no//such//name")
    for number in range(2):
        post.deliver(f"number {number}")
        with pytest.raises(MailboxUnreachable, match="could not be moved"):
            take_in(settings, sqlite.office)

    assert count(sqlite, cases) == count(sqlite, letters) == 2
    assert len(post.folder()) == 2


def test_a_folder_that_cannot_be_opened_does_not_keep_the_mail_of_the_next_out(
    post: Post, sqlite: Installation
) -> None:
    post.deliver("number 1")
    with pytest.raises(MailboxUnreachable, match='"Gone"'):
        take_in(msgspec.structs.replace(post.settings, folders=("Gone", "INBOX")), sqlite.office)

    assert count(sqlite, cases) == 1


def test_a_message_the_server_will_not_give_stays_there_and_does_not_stop_the_others(
    post: Post, proxy: Proxy, sqlite: Installation
) -> None:
    contents = [post.deliver(f"number {number}") for number in range(MESSAGES)]
    proxy.at(r"UID FETCH 1,2,3 .*BODY", refuse("[SERVERBUG] not this one"))
    refused = proxy.at(r"UID FETCH 2 .*BODY", refuse("[SERVERBUG] not this one"))

    assert take_in(post.settings, sqlite.office) == Tally(new=2, filed=2, left=1)
    assert refused.fired == 1
    assert post.folder() == [contents[1]]
    assert sqlite.office.standings.listed(["enquiries"])[0].oldest_unprocessed_at is not None
    assert take_in(post.settings, sqlite.office) == Tally(new=1, filed=1)
    assert_each_is_one_case(post, sqlite, contents)
    assert sqlite.office.standings.listed(["enquiries"])[0].oldest_unprocessed_at is None


@pytest.mark.parametrize("before", ["UID FETCH .*RFC822.SIZE", "UID FETCH .*BODY"])
def test_a_message_taken_away_between_listing_and_fetching_is_nobodys_loss(
    post: Post, proxy: Proxy, sqlite: Installation, before: str
) -> None:
    contents = [post.deliver(f"number {number}") for number in range(MESSAGES)]
    rule = proxy.at(before, meanwhile(lambda: post.remove(2)))

    tally = take_in(post.settings, sqlite.office)
    assert rule.fired == 1
    assert (tally.new, tally.filed) == (2, 2)
    assert_each_is_one_case(post, sqlite, [contents[0], contents[2]])
    assert take_in(post.settings, sqlite.office) == Tally()
    assert sqlite.office.standings.listed(["enquiries"])[0].oldest_unprocessed_at is None


def test_a_filed_message_taken_away_before_it_is_moved_does_not_fail_the_poll(
    post: Post, proxy: Proxy, sqlite: Installation
) -> None:
    contents = [post.deliver(f"number {number}") for number in range(MESSAGES)]
    rule = proxy.at("UID MOVE", meanwhile(lambda: post.remove(2)))

    assert take_in(post.settings, sqlite.office) == Tally(new=3, filed=3)
    assert rule.fired == 1
    assert take_in(post.settings, sqlite.office) == Tally()
    assert post.folder() == []
    assert post.folder("Processed") == [contents[0], contents[2]]


def test_mail_that_comes_while_a_poll_runs_is_taken_in_by_the_next(
    post: Post, proxy: Proxy, sqlite: Installation
) -> None:
    contents = [post.deliver("number 1")]
    proxy.at("UID MOVE", meanwhile(lambda: contents.append(post.deliver("number 2"))))

    assert take_in(post.settings, sqlite.office) == Tally(new=1, filed=1)
    assert post.folder() == contents[1:]
    assert take_in(post.settings, sqlite.office) == Tally(new=1, filed=1)
    assert_each_is_one_case(post, sqlite, contents)


def test_two_polls_at_once_file_each_message_once(post: Post, proxy: Proxy, installation: Installation) -> None:
    contents = [post.deliver(f"number {number}") for number in range(MESSAGES)]
    begun = threading.Event()
    proxy.at("UID FETCH .*BODY", meanwhile(begun.set))
    tallies: list[Tally] = []
    first = threading.Thread(target=lambda: tallies.append(take_in(post.settings, installation.office)))
    first.start()
    assert begun.wait(timeout=10)
    tallies.append(take_in(post.settings, installation.office, wait_seconds=10))
    first.join()

    assert sorted(tally.new for tally in tallies) == [0, MESSAGES]
    assert_each_is_one_case(post, installation, contents)
    assert Counter(post.folder("Processed")) == Counter(contents)


def test_while_a_mailbox_is_taken_in_another_process_leaves_it_alone(
    post: Post, proxy: Proxy, installation: Installation
) -> None:
    post.deliver("number 1")
    with installation.ledger.taking_in("enquiries", 0) as mine:
        assert mine
        assert take_in(post.settings, installation.office) == Tally()
        assert proxy.commands == []
    assert take_in(post.settings, installation.office) == Tally(new=1, filed=1)


def test_a_processed_folder_that_another_poll_makes_meanwhile_does_not_fail_this_one(
    post: Post, proxy: Proxy, sqlite: Installation
) -> None:
    contents = [post.deliver("number 1")]
    rule = proxy.at("CREATE", meanwhile(lambda: post.deliver("put there by hand", folder="Processed")))

    assert take_in(post.settings, sqlite.office) == Tally(new=1, filed=1)
    assert rule.fired == 1
    assert post.folder("Processed")[1:] == contents


def test_the_same_message_twice_in_a_folder_is_one_case(post: Post, sqlite: Installation) -> None:
    contents = [post.deliver("number 1"), post.deliver("number 1")]

    assert take_in(post.settings, sqlite.office) == Tally(new=2, filed=2)
    assert count(sqlite, cases) == count(sqlite, letters) == 1
    assert post.folder() == []
    assert post.folder("Processed") == contents


def test_the_same_message_set_aside_twice_is_one_item_and_known_at_both_places(
    post: Post, proxy: Proxy, sqlite: Installation
) -> None:
    for _ in range(2):
        post.deliver("CRASH 1")
        take_in(post.settings, sqlite.office)
    take_in(post.settings, sqlite.office)
    proxy.commands.clear()
    take_in(post.settings, sqlite.office)

    assert len(sqlite.office.aside.listed(None)) == 1
    assert len(post.folder()) == 2
    assert not any("BODY" in command for command in proxy.commands), "it is fetched again at every poll"


@pytest.mark.parametrize(
    ("name", "on_the_wire"),
    [('He said "now"', 'He said "now"'), ("a folder", "a folder"), ("Café & Brot", "Caf&AOk- &- Brot"), ("%", "%")],
)
def test_folders_may_have_any_name(post: Post, sqlite: Installation, name: str, on_the_wire: str) -> None:
    post.deliver("number 1", folder=f"{on_the_wire} in")
    settings = msgspec.structs.replace(post.settings, folders=(f"{name} in",), processed_folder=f"{name} out")
    for _ in range(2):
        take_in(settings, sqlite.office)

    assert count(sqlite, cases) == 1
    assert post.folder(f"{on_the_wire} in") == []
    assert len(post.folder(f"{on_the_wire} out")) == 1


def test_the_junk_folder_is_polled_whatever_the_server_calls_it(post: Post, sqlite: Installation) -> None:
    post.deliver("number 1")
    post.deliver("number 2", folder="Reklame")
    settings = msgspec.structs.replace(post.settings, folders=("INBOX", "\\Junk"))

    assert take_in(settings, sqlite.office) == Tally(new=2, filed=2)
    assert post.folder("Reklame") == []
    assert len(post.folder("Processed")) == 2


def test_the_junk_folder_can_be_the_one_that_is_listened_to(post: Post) -> None:
    settings = msgspec.structs.replace(post.settings, folders=("\\Junk", "INBOX"))
    with ImapMailbox(settings) as mailbox:
        assert next(mailbox.arrivals())


def test_a_connection_that_breaks_while_signing_in_is_not_taken_for_a_wrong_password(post: Post, proxy: Proxy) -> None:
    proxy.at("LOGIN", cut_after)
    with pytest.raises(MailboxUnreachable) as caught, ImapMailbox(post.settings):
        pass
    assert "refused" not in str(caught.value)
    assert "password" not in str(caught.value)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_connection_that_breaks_while_a_token_is_shown_is_not_taken_for_a_refused_one(
    sqlite: Installation, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    with running_token_endpoint("enquiries") as endpoint:
        monkeypatch.setenv("M365_SECRET", endpoint.client_secret)
        oauth = OAuth(
            token_url=endpoint.token_url,
            client_id=endpoint.client_id,
            client_secret_env="M365_SECRET",
            scope="https://outlook.office365.com/.default",
        )
        tokens = Tokens(oauth, "enquiries", now)
        with (
            running_dovecot({"enquiries": PASSWORD}, endpoint.introspection_url) as dovecot,
            running_proxy(dovecot.plain_port) as proxy,
        ):
            settings = Mailbox(
                name="enquiries",
                kind="imap",
                host="localhost",
                port=proxy.port,
                security="none",
                username="enquiries",
                oauth=oauth,
            )
            content = mail().content
            dovecot.deliver("enquiries", content)
            rule = proxy.at("AUTHENTICATE", MOMENTS[moment])
            with pytest.raises(MailboxUnreachable) as caught:
                take_in(settings, sqlite.office, tokens)
            asked = endpoint.requests
            assert take_in(settings, sqlite.office, tokens) == Tally(new=1, filed=1)
            assert dovecot.folder("enquiries", "Processed") == [content]
    assert rule.fired == 1
    assert "refused" not in str(caught.value)
    assert asked == 1, "a token that nobody refused is asked anew"


SHORT_LITERALS = re.compile(rb"BODY\[\] \{(\d+)\}")


def miscounting(said: bytes) -> bytes:
    """As a broken server or proxy does it: the length before a message is too small."""
    return SHORT_LITERALS.sub(lambda found: b"BODY[] {%d}" % (int(found.group(1)) - 20), said)


def test_words_of_a_message_are_in_no_error_even_where_the_server_miscounts_them(
    post: Post, proxy: Proxy, sqlite: Installation
) -> None:
    post.deliver("a secret of mine")
    proxy.rewrite = miscounting
    with pytest.raises(MailboxUnreachable) as caught:
        take_in(post.settings, sqlite.office)

    (standing,) = sqlite.office.standings.listed(["enquiries"])
    assert "mine" not in str(caught.value)
    assert "mine" not in str(standing.problem)


def test_a_dead_connection_is_noticed_within_a_minute() -> None:
    assert IDLE_SECONDS + TIMEOUT_SECONDS < 60


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "IDLE_SECONDS", 1)
    monkeypatch.setattr(intake, "TIMEOUT_SECONDS", 1)


@pytest.mark.usefixtures("impatient")
def test_a_connection_that_goes_silent_is_noticed_at_the_end_of_its_idle(post: Post, proxy: Proxy) -> None:
    with ImapMailbox(post.settings) as mailbox:
        arrivals = mailbox.arrivals()
        assert next(arrivals)
        assert not next(arrivals)
        proxy.go_silent()
        since = time.monotonic()
        with pytest.raises(MailboxUnreachable, match="broke while waiting"):
            next(arrivals)
    assert time.monotonic() - since < 5


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("command", [*COMMANDS, "LOGOUT"])
def test_a_connection_that_goes_silent_at_any_command_ends_in_seconds_and_loses_nothing(
    post: Post, proxy: Proxy, sqlite: Installation, command: str
) -> None:
    contents = [post.deliver("number 1")]
    rule = proxy.at(command, black_hole)
    since = time.monotonic()
    if command == "LOGOUT":
        take_in(post.settings, sqlite.office)
    else:
        with pytest.raises(MailboxUnreachable):
            take_in(post.settings, sqlite.office)
    assert time.monotonic() - since < 5
    assert rule.fired == 1

    take_in(post.settings, sqlite.office)
    assert_each_is_one_case(post, sqlite, contents)


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_slow_but_answers_is_waited_for(post: Post, proxy: Proxy, sqlite: Installation) -> None:
    contents = [post.deliver("number 1")]
    for command in ("LOGIN", "UID FETCH .*BODY", "UID MOVE"):
        proxy.at(command, delayed(0.4))

    assert take_in(post.settings, sqlite.office) == Tally(new=1, filed=1)
    assert_each_is_one_case(post, sqlite, contents)
