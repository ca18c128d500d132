"""Signing in with a bearer token: a real Dovecot that asks a real introspection endpoint whether the token is valid."""

from __future__ import annotations

import logging
import shutil
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import pytest

from mailbot.clock import now
from mailbot.config import Mailbox, OAuth
from mailbot.errors import MailboxUnreachable
from mailbot.intake.mailbox import ImapMailbox
from mailbot.intake.oauth import Tokens
from mailbot.office import Tally
from mailbot.taking_in import take_in
from tests.conftest import Installation
from tests.doubles import StillClock, mail
from tests.servers import ServerMissing
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.token_endpoint import TokenEndpoint, running_token_endpoint


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    with running_token_endpoint("enquiries") as running:
        yield running


@pytest.fixture
def dovecot(endpoint: TokenEndpoint) -> Iterator[Dovecot]:
    try:
        with running_dovecot({"enquiries": "pass-one"}, endpoint.introspection_url) as server:
            yield server
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def refresh_token_file(endpoint: TokenEndpoint, tmp_path: Path) -> Path:
    path = tmp_path / "enquiries.token"
    path.write_text(f"{endpoint.refresh_token}\n")
    return path


@pytest.fixture
def client(endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch) -> OAuth:
    """As for Microsoft 365."""
    monkeypatch.setenv("OAUTH_SECRET", endpoint.client_secret)
    return OAuth(
        token_url=endpoint.token_url,
        client_id=endpoint.client_id,
        client_secret_env="OAUTH_SECRET",
        scope="https://mail.example/.default",
    )


@pytest.fixture
def owner(client: OAuth, refresh_token_file: Path) -> OAuth:
    """As for Google."""
    return changed(client, grant="refresh_token", refresh_token_file=str(refresh_token_file))


def changed(settings: OAuth, **changes: Any) -> OAuth:
    return msgspec.structs.replace(settings, **changes)


def mailbox(dovecot: Dovecot, oauth: OAuth) -> Mailbox:
    return Mailbox(
        name="enquiries",
        kind="imap",
        host="localhost",
        port=dovecot.tls_port,
        ca_file=str(dovecot.ca_file),
        username="enquiries",
        oauth=oauth,
    )


def tokens(settings: OAuth, clock: StillClock | None = None) -> Tokens:
    return Tokens(settings, "enquiries", clock or StillClock())


def address(endpoint: TokenEndpoint) -> str:
    return urlsplit(endpoint.token_url).netloc


def refusal(settings: OAuth) -> str:
    """The sentence that asking for a token ends in, which is also the problem told."""
    asking = tokens(settings)
    with pytest.raises(MailboxUnreachable) as caught:
        asking.access_token()
    assert asking.problem == str(caught.value)
    assert "\n" not in asking.problem
    return asking.problem


@pytest.mark.server
def test_mail_is_taken_in_by_client_credentials(
    dovecot: Dovecot, endpoint: TokenEndpoint, client: OAuth, sqlite: Installation
) -> None:
    dovecot.deliver("enquiries", mail().content)

    assert take_in(mailbox(dovecot, client), sqlite.office) == Tally(new=1, filed=1)
    assert len(dovecot.folder("enquiries", "Processed")) == 1
    assert endpoint.introspected == 1
    (form,) = endpoint.asked
    assert form == {
        "grant_type": "client_credentials",
        "client_id": endpoint.client_id,
        "client_secret": endpoint.client_secret,
        "scope": "https://mail.example/.default",
    }


@pytest.mark.server
def test_mail_is_taken_in_by_refresh_token(
    dovecot: Dovecot, endpoint: TokenEndpoint, owner: OAuth, sqlite: Installation
) -> None:
    dovecot.deliver("enquiries", mail().content)

    assert take_in(mailbox(dovecot, owner), sqlite.office) == Tally(new=1, filed=1)
    assert len(dovecot.folder("enquiries", "Processed")) == 1
    (form,) = endpoint.asked
    assert form["grant_type"] == "refresh_token"
    assert form["refresh_token"] == endpoint.refresh_token


@pytest.mark.server
def test_a_token_outlives_a_connection(dovecot: Dovecot, endpoint: TokenEndpoint, client: OAuth) -> None:
    settings, kept = mailbox(dovecot, client), Tokens(client, "enquiries", now)
    for _ in range(3):
        with ImapMailbox(settings, kept) as opened:
            assert [folder.name for folder in opened.folders()] == ["INBOX"]

    assert endpoint.requests == 1


@pytest.mark.server
def test_a_token_revoked_on_the_server_is_asked_anew_once(
    dovecot: Dovecot, endpoint: TokenEndpoint, client: OAuth
) -> None:
    kept = Tokens(client, "enquiries", now)
    endpoint.revoke(kept.access_token())

    with ImapMailbox(mailbox(dovecot, client), kept):
        assert kept.access_token() == endpoint.issued[1]
    assert endpoint.requests == endpoint.introspected == 2


@pytest.mark.server
def test_a_mailbox_that_refuses_every_token_is_one_sentence_that_says_what_to_do(
    dovecot: Dovecot, endpoint: TokenEndpoint, client: OAuth
) -> None:
    endpoint.user = "somebody-else"

    with pytest.raises(MailboxUnreachable) as caught, ImapMailbox(mailbox(dovecot, client)):
        pytest.fail("the mailbox was opened")
    assert str(caught.value) == (
        "enquiries: localhost refused the sign-in of enquiries; "
        "let this client read the mailbox over IMAP at the provider"
    )
    assert endpoint.requests == 2


@pytest.mark.server
def test_a_revoked_token_that_cannot_be_replaced_ends_in_what_the_provider_said(
    dovecot: Dovecot, endpoint: TokenEndpoint, client: OAuth
) -> None:
    kept = Tokens(client, "enquiries", now)
    endpoint.revoke(kept.access_token())
    endpoint.refuse = "invalid_client"

    with pytest.raises(MailboxUnreachable, match="invalid_client"), ImapMailbox(mailbox(dovecot, client), kept):
        pytest.fail("the mailbox was opened")


@pytest.mark.server
def test_neither_token_nor_secret_is_ever_logged(
    dovecot: Dovecot, endpoint: TokenEndpoint, owner: OAuth, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kept = Tokens(owner, "enquiries", now)
    endpoint.revoke(kept.access_token())
    with ImapMailbox(mailbox(dovecot, owner), kept):
        endpoint.refuse = "invalid_grant"

    for secret in (*endpoint.issued, endpoint.client_secret, endpoint.refresh_token):
        assert secret not in caplog.text


def test_a_token_is_used_again_within_its_life_and_renewed_before_it_expires(
    endpoint: TokenEndpoint, client: OAuth
) -> None:
    clock = StillClock()
    kept = tokens(client, clock)
    first = kept.access_token()
    clock.advance(minutes=54, seconds=59)

    assert kept.access_token() == first
    clock.advance(seconds=1)
    assert kept.access_token() == endpoint.issued[1] != first
    assert endpoint.requests == 2


def test_a_token_that_names_no_lifetime_is_taken_to_live_an_hour(endpoint: TokenEndpoint, client: OAuth) -> None:
    clock = StillClock()
    endpoint.lifetime_seconds = None
    kept = tokens(client, clock)
    kept.access_token()

    assert kept.expires_at is not None
    assert (kept.expires_at - clock()).total_seconds() == 3600


def test_threads_that_want_a_token_at_once_ask_for_one(endpoint: TokenEndpoint, client: OAuth) -> None:
    kept = tokens(client)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(kept.access_token())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == endpoint.issued * 8


def test_threads_whose_token_was_refused_at_once_ask_for_one_more(endpoint: TokenEndpoint, client: OAuth) -> None:
    kept = tokens(client)
    refused = kept.access_token()

    assert kept.access_token(refused) == kept.access_token(refused) == endpoint.issued[1]
    assert endpoint.requests == 2


def test_a_rotated_refresh_token_is_kept_in_its_file_for_this_account_alone(
    endpoint: TokenEndpoint, owner: OAuth, refresh_token_file: Path
) -> None:
    endpoint.rotates = True
    refresh_token_file.chmod(0o644)
    for number in range(1, 4):
        tokens(owner).access_token()

        assert refresh_token_file.read_text().strip() == endpoint.refresh_token
        assert endpoint.requests == number
    assert stat.S_IMODE(refresh_token_file.stat().st_mode) == 0o600
    assert list(refresh_token_file.parent.iterdir()) == [refresh_token_file]


def test_a_file_of_a_refresh_token_that_does_not_rotate_is_left_alone(
    endpoint: TokenEndpoint, owner: OAuth, refresh_token_file: Path
) -> None:
    before = refresh_token_file.stat()
    tokens(owner).access_token()

    assert refresh_token_file.stat() == before


def test_a_rotated_refresh_token_that_cannot_be_written_is_told_and_written_as_soon_as_it_can_be(
    endpoint: TokenEndpoint, owner: OAuth, refresh_token_file: Path
) -> None:
    clock = StillClock()
    endpoint.rotates = True
    endpoint.meanwhile = lambda: shutil.rmtree(refresh_token_file.parent, ignore_errors=True)
    kept = tokens(owner, clock)

    for number in range(2):  # the second time, the refresh token in the file is spent
        assert kept.access_token() == endpoint.issued[number]
        assert kept.problem == (
            f"enquiries: the provider gave a new refresh token, which cannot be written to {refresh_token_file}: "
            "No such file or directory; let mailbot write there before it is stopped, or the token is lost"
        )
        clock.advance(hours=1)
    clock.advance(hours=-1)
    refresh_token_file.parent.mkdir()
    assert kept.access_token() == endpoint.issued[1]
    assert kept.problem is None
    assert refresh_token_file.read_text().strip() == endpoint.refresh_token


def test_a_spent_refresh_token_in_memory_gives_way_to_the_one_put_into_the_file(
    endpoint: TokenEndpoint, owner: OAuth, refresh_token_file: Path
) -> None:
    clock = StillClock()
    endpoint.rotates = True
    endpoint.meanwhile = lambda: shutil.rmtree(refresh_token_file.parent, ignore_errors=True)
    kept = tokens(owner, clock)
    kept.access_token()
    clock.advance(hours=1)
    endpoint.refresh_token = "1//consented-once-more"
    with pytest.raises(MailboxUnreachable, match="invalid_grant"):
        kept.access_token()
    refresh_token_file.parent.mkdir()
    refresh_token_file.write_text(endpoint.refresh_token)
    endpoint.meanwhile = lambda: None

    assert kept.access_token() == endpoint.issued[1]


def test_a_rotated_refresh_token_is_kept_though_it_came_without_a_token(
    endpoint: TokenEndpoint, owner: OAuth, refresh_token_file: Path
) -> None:
    kept = tokens(owner)
    endpoint.answer = (200, '{"refresh_token": "1//the-next-one"}')
    for _ in range(2):
        with pytest.raises(MailboxUnreachable, match="is no token"):
            kept.access_token()

    assert refresh_token_file.read_text() == "1//the-next-one\n"
    assert endpoint.asked[1]["refresh_token"] == "1//the-next-one"


def test_a_refresh_token_file_that_is_missing_or_empty_is_named(owner: OAuth, refresh_token_file: Path) -> None:
    refresh_token_file.write_text("\n")
    assert refusal(owner) == f"enquiries: refresh_token_file {refresh_token_file} is empty; it must hold the token"

    refresh_token_file.unlink()
    assert refusal(owner) == (
        f"enquiries: refresh_token_file {refresh_token_file} cannot be read: No such file or directory"
    )


def test_a_wrong_client_secret_is_one_sentence_that_says_where_the_new_one_goes(
    endpoint: TokenEndpoint, client: OAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTH_SECRET", "an-old-secret")

    assert refusal(client) == (
        f"enquiries: no token from {address(endpoint)}: it answers invalid_client; the client secret has expired or is "
        "wrong: make a new one with the provider and put it into OAUTH_SECRET"
    )


def test_a_missing_client_secret_is_named_with_its_mailbox(client: OAuth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OAUTH_SECRET")

    assert refusal(client).startswith(
        "enquiries: oauth client_secret: the environment variable OAUTH_SECRET is not set"
    )


def test_a_new_client_secret_in_its_file_is_in_force_without_a_new_start(
    endpoint: TokenEndpoint, client: OAuth, tmp_path: Path
) -> None:
    secret_file = tmp_path / "secret"
    secret_file.write_text("an-old-secret")
    kept = tokens(changed(client, client_secret_env="", client_secret_file=str(secret_file)))
    with pytest.raises(MailboxUnreachable, match=f"put it into {secret_file}"):
        kept.access_token()
    secret_file.write_text(endpoint.client_secret)

    assert kept.access_token() == endpoint.issued[0]
    assert kept.problem is None


def test_a_withdrawn_refresh_token_is_one_sentence_that_says_where_the_new_one_goes(
    endpoint: TokenEndpoint, owner: OAuth, refresh_token_file: Path
) -> None:
    refresh_token_file.write_text("1//withdrawn-by-the-owner")

    assert refusal(owner) == (
        f"enquiries: no token from {address(endpoint)}: it answers invalid_grant; the refresh token has expired or was "
        f"withdrawn: sign in to the provider as this mailbox once more and put the new refresh token into "
        f"{refresh_token_file}"
    )


def test_what_the_provider_says_is_passed_on_in_200_printable_characters(
    endpoint: TokenEndpoint, client: OAuth
) -> None:
    endpoint.refuse = "invalid_client"
    endpoint.description = "AADSTS7000222: The secret\r\n\x1b[31m has\u202eexpired. " + "x" * 500

    sentence = refusal(client)
    quoted = sentence.partition("(")[2].partition(")")[0]
    assert quoted == "AADSTS7000222: The secret [31m hasexpired. ".ljust(200, "x")
    assert sentence.isprintable()


@pytest.mark.parametrize("form", [str, quote, lambda secret: secret[:12], lambda secret: f"{secret[:9]}..."])
@pytest.mark.parametrize("field", ["refuse", "description"])
def test_a_provider_that_repeats_a_secret_is_not_quoted(
    endpoint: TokenEndpoint, owner: OAuth, form: Callable[[str], str], field: str
) -> None:
    endpoint.refuse = "invalid_client"
    for secret in (endpoint.client_secret, endpoint.refresh_token):
        setattr(endpoint, field, f"invalid_client {form(secret)} is wrong")

        said = refusal(owner)
        assert form(secret)[:8] not in said
        assert "is wrong: make" in said or "check the oauth settings" in said


def test_a_dead_endpoint_is_one_sentence(endpoint: TokenEndpoint, client: OAuth) -> None:
    endpoint.stop()

    assert refusal(client) == (
        f"enquiries: no token from {address(endpoint)}: no connection: Connection refused; check the network and "
        "oauth.token_url; the next run asks again"
    )


def test_an_endpoint_that_breaks_off_is_one_sentence_that_quotes_nothing(
    client: OAuth,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(connection.recv(4096)[-2000:] + b"\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        sentence = refusal(changed(client, token_url=f"http://127.0.0.1:{server.getsockname()[1]}/token"))
        thread.join()

    assert "no connection: it broke off; check the network" in sentence


def test_an_endpoint_whose_certificate_does_not_verify_never_sees_the_secret(client: OAuth) -> None:
    with running_token_endpoint(tls=True) as endpoint:
        settings = changed(client, token_url=endpoint.token_url)

        assert refusal(settings) == (
            f"enquiries: no token from {address(endpoint)}: its certificate does not verify (self-signed certificate); "
            "mend the server, or name its authority in oauth.ca_file"
        )
        assert endpoint.requests == 0
        assert tokens(changed(settings, ca_file=str(endpoint.ca_file))).access_token() == endpoint.issued[0]


def test_requests_takes_neither_authorities_nor_proxies_from_its_environment(
    client: OAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_token_endpoint(tls=True) as endpoint, running_token_endpoint() as proxy:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(endpoint.ca_file))
        monkeypatch.setenv("https_proxy", proxy.token_url)

        assert "certificate does not verify" in refusal(changed(client, token_url=endpoint.token_url))


def test_a_redirection_is_not_followed_with_the_secret(endpoint: TokenEndpoint, client: OAuth) -> None:
    endpoint.answer = (307, "")

    assert "what it answers is no token; check oauth.token_url" in refusal(client)
    assert endpoint.requests == 1


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (503, "<p>Service unavailable</p>", "it answers HTTP 503; the next run asks again"),
        (429, "slow down", "it answers HTTP 429; the next run asks again"),
        (404, "<p>Not found</p>", "it answers HTTP 404; check oauth.token_url"),
        (200, "<p>Sign in</p>", "what it answers is no token; check oauth.token_url"),
        (200, "[]", "what it answers is no token; check oauth.token_url"),
        (200, "{}", "what it answers is no token; check oauth.token_url"),
        (200, '{"access_token": 7}', "what it answers is no token; check oauth.token_url"),
        (200, '{"access_token": "x", "expires_in": "soon"}', "what it answers is no token; check oauth.token_url"),
        (200, '{"access_token": "x", "expires_in": [1]}', "what it answers is no token; check oauth.token_url"),
        (200, '{"access_token": "x", "expires_in": 1e99}', "what it answers is no token; check oauth.token_url"),
        (400, '{"error": {"code": 7}}', "it answers {'code': 7}; check the oauth settings of this mailbox"),
        (400, '{"error": ""}', "it answers an error; check the oauth settings of this mailbox"),
    ],
)
def test_an_answer_that_is_no_token_is_one_sentence(
    endpoint: TokenEndpoint, client: OAuth, status: int, body: str, sentence: str
) -> None:
    endpoint.answer = (status, body)

    assert sentence in refusal(client)


def test_while_renewing_fails_the_valid_token_goes_on_being_used_and_the_problem_is_told(
    endpoint: TokenEndpoint, client: OAuth
) -> None:
    clock = StillClock()
    kept = tokens(client, clock)
    token = kept.access_token()
    expires_at = clock() + timedelta(hours=1)
    assert (kept.problem, kept.expires_at) == (None, expires_at)
    endpoint.refuse = "invalid_client"
    clock.advance(minutes=56)

    assert kept.access_token() == token
    assert "it answers invalid_client" in (kept.problem or "")
    assert kept.expires_at == expires_at
    clock.advance(minutes=4)
    with pytest.raises(MailboxUnreachable, match="invalid_client"):
        kept.access_token()
    endpoint.refuse = None
    assert kept.access_token() == endpoint.issued[1]
    assert kept.problem is None
    assert kept.expires_at == clock() + timedelta(hours=1)
