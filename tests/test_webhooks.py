"""Webhooks: what is told to whom and how it is signed, what never is, and where nobody is told."""

from __future__ import annotations

import base64
import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from mailbot.cases.api.subscriptions import WAITS, DeliveryState, Due, Event, Subscriptions
from mailbot.cases.schema import cases
from mailbot.config import Webhooks
from mailbot.domain import ActionKind, Decision, Role
from mailbot.errors import ConfigError
from mailbot.pipeline import process
from mailbot.webhooks import NotTaken, checked, deliver, is_public, signature, tell
from tests.conftest import OFFICER, Installation
from tests.doubles import NOON, mail
from tests.servers.certificate import write_certificate
from tests.servers.webhook import running_webhook

HERE = Webhooks(allow_loopback=True)
ADMINISTRATOR = OFFICER.__class__(email="administrator@example.gov.uk", role=Role.ADMINISTRATOR)


def subscriptions_of(installation: Installation) -> Subscriptions:
    return Subscriptions(installation.engine, installation.vault.keyring, installation.clock)


def test_what_happens_to_an_unrestricted_case_is_told_signed_and_without_a_word_of_it(
    installation: Installation,
) -> None:
    subscriptions = subscriptions_of(installation)
    with running_webhook() as receiver:
        secret = subscriptions.add("casework", receiver.address, (), by="command line")
        subscriptions.add("filings", receiver.address + "/2", [Event.CASE_FILED], by="command line")
        process(installation.ledger.keep([mail("The food is poor"), mail("WORKER", uid=2)]), installation.office)
        (entry,) = installation.store.queue(OFFICER)
        version = installation.store.open_case(entry.reference, OFFICER).version
        decided = Decision(actions=(ActionKind.HOLD_FOR_INSPECTION,), note="Held")
        installation.store.review(entry.reference, OFFICER, version, decided)
        told = tell(HERE, subscriptions, installation.clock)
        assert tell(HERE, subscriptions, installation.clock) == 0

    assert told == 4
    assert {(post["type"], post["data"]["reference"]) for post in receiver.posts} == {
        ("case.filed", entry.reference),
        ("action.decided", entry.reference),
        ("case.changed", entry.reference),
    }
    for post in receiver.posts:
        assert (set(post), set(post["data"])) == ({"type", "timestamp", "data"}, {"reference"})
    sent, body = receiver.headers[0], receiver.bodies[0]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    right = signature(key, sent["webhook-id"], int(sent["webhook-timestamp"]), body)
    assert sent["webhook-signature"] == right
    assert len({one["webhook-id"] for one in receiver.headers}) == 4


def test_the_signature_is_the_one_that_standard_webhooks_publishes() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    found = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_case_that_is_restricted_by_its_turn_is_told_to_nobody_and_shown_nowhere(sqlite: Installation) -> None:
    subscriptions = subscriptions_of(sqlite)
    with running_webhook() as receiver:
        subscriptions.add("casework", receiver.address, (), by="command line")
        process(sqlite.ledger.keep([mail()]), sqlite.office)
        assert subscriptions.find_news() == 1
        with sqlite.engine.begin() as connection:
            connection.execute(sa.update(cases).values(restricted=True))
        assert tell(HERE, subscriptions, sqlite.clock) == 0

    assert receiver.posts == []
    assert subscriptions.lately(ADMINISTRATOR) == []


def test_what_is_not_taken_is_tried_again_later_and_later_and_then_given_up(sqlite: Installation) -> None:
    subscriptions = subscriptions_of(sqlite)
    with running_webhook() as receiver:
        receiver.status = 302
        subscriptions.add("casework", receiver.address, (), by="command line")
        process(sqlite.ledger.keep([mail()]), sqlite.office)
        tell(HERE, subscriptions, sqlite.clock)
        for wait in WAITS:
            assert tell(HERE, subscriptions, sqlite.clock) == 0
            sqlite.clock.at += wait
            tell(HERE, subscriptions, sqlite.clock)
        (shown,) = subscriptions.lately(ADMINISTRATOR)
        assert (shown.state, shown.problem) == (DeliveryState.FAILED, "answered 302")
        assert len(receiver.posts) == len(WAITS) + 1
        assert set(receiver.asked_for) == {urlsplit(receiver.address).path}, "the redirection was followed"

        receiver.status = 200
        subscriptions.again(shown.id, ADMINISTRATOR)
        assert tell(HERE, subscriptions, sqlite.clock) == 1
    assert len({one["webhook-id"] for one in receiver.headers}) == 1


def test_a_removed_webhook_is_told_nothing_more(sqlite: Installation) -> None:
    subscriptions = subscriptions_of(sqlite)
    subscriptions.add("casework", "https://casework.example/hook", (), by="command line")
    process(sqlite.ledger.keep([mail()]), sqlite.office)
    subscriptions.find_news()
    subscriptions.end("casework", by="command line")

    assert subscriptions.claim() is None
    process(sqlite.ledger.keep([mail("Another", uid=2)]), sqlite.office)
    assert subscriptions.find_news() == 0


def test_a_host_that_is_no_host_is_a_failed_delivery_and_the_others_are_told(sqlite: Installation) -> None:
    subscriptions = subscriptions_of(sqlite)
    subscriptions.add("casework", "https://a..b.example/hook", (), by="command line")
    process(sqlite.ledger.keep([mail()]), sqlite.office)

    assert tell(Webhooks(), subscriptions, sqlite.clock) == 0
    assert subscriptions.claim() is None, "it waits for its next turn"


INSIDE = (
    "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 192.0.2.1 "
    "::1 :: fe80::1 fc00::1 ff02::1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1::1 2001:0:a00:1::1 2001:db8::1 "
    "fec0::1 ::10.0.0.1"
)


def test_no_address_inside_is_public_however_it_is_written() -> None:
    assert [one for one in INSIDE.split() if is_public(ipaddress.ip_address(one))] == []
    assert is_public(ipaddress.ip_address("151.101.0.81"))
    assert is_public(ipaddress.ip_address("2a04:4e42::81"))


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/x",
        "ftp://hooks.example/x",
        "https://user:word@hooks.example/x",
        "https:///x",
        "https://hooks.example:0/x",
        "https://hooks.example/\n",
        "hooks.example",
    ],
)
def test_an_address_that_is_not_plain_https_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        checked(Webhooks(), url)


def test_a_name_that_leads_inside_is_not_told_and_dns_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [["10.0.0.5"], ["151.101.0.81", "10.0.0.5"], ["127.0.0.1"], ["::ffff:169.254.169.254"]]
    asked: list[str] = []

    def answer(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(0, 0, 0, "", (one, port)) for one in answers[len(asked) - 1]]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    for _ in answers:
        with pytest.raises(NotTaken, match="not of the public network"):
            deliver(Webhooks(), due_at("https://hooks.example/x"), 1)
    assert asked == ["hooks.example"] * len(answers)


def due_at(url: str) -> Due:
    return Due(
        id=1,
        subscription_id=1,
        message_id="msg_1",
        url=url,
        secret=b"k" * 32,
        event=Event.CASE_FILED,
        happened_at=NOON,
        reference="MB-0000-0000",
        attempts=1,
    )


KNOWN = {"other.example": "127.0.0.1"}


def test_over_tls_the_certificate_must_be_the_hosts_though_its_address_is_fixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = write_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    found = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: found(KNOWN.get(host, host), *rest, **more))
    trusting = Webhooks(ca_file=str(certificate), allow_loopback=True)
    with running_webhook(context) as receiver:
        deliver(trusting, due_at(f"https://localhost:{receiver.port}/hook?a=b"), 1)
        with pytest.raises(NotTaken, match="could not be reached"):
            deliver(HERE, due_at(f"https://localhost:{receiver.port}/hook"), 1)
        with pytest.raises(NotTaken, match="could not be reached"):
            deliver(trusting, due_at(f"https://other.example:{receiver.port}/hook"), 1)
        with pytest.raises(NotTaken, match="not of the public network"):
            deliver(Webhooks(ca_file=str(certificate)), due_at(f"https://localhost:{receiver.port}/hook"), 1)

    assert receiver.asked_for == ["/hook?a=b"]
    assert receiver.headers[0]["Host"] == f"localhost:{receiver.port}"
