"""How the intake stands: for staff, each what they may know of; for monitoring on this machine, or with the token."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mailbot import clock
from mailbot.cases.access import Permission, may
from mailbot.cases.oversight.standing import Standing, Standings
from mailbot.config import Config, Mailbox, Outgoing, Web
from mailbot.domain import Role
from mailbot.pipeline import process
from mailbot.web.app import create_app
from mailbot.web.health import rendered
from tests.conftest import Installation
from tests.doubles import NOON, mail
from tests.web.conftest import COMPILED, SignedIn, record_of

TOKEN = "a-token-for-monitoring"
SEE_RESTRICTED = {Role.WHISTLEBLOWING_OFFICER, Role.ADMINISTRATOR}


def made(installation: Installation, **web: str) -> Flask:
    """The application over an open and a restricted mailbox."""
    config = Config(
        mailbox=(
            Mailbox(name="enquiries", kind="maildir", path="."),
            Mailbox(name="whistleblowing", kind="maildir", path=".", restricted=True),
        ),
        outgoing=Outgoing(kind="folder"),
        web=Web(second_factor="optional", **web),
    )
    record = dataclasses.replace(record_of(installation, config), standings=Standings(installation.engine, clock.now))
    app = create_app(record, installation.vault.keyring)
    app.testing = True
    app.jinja_env.bytecode_cache = COMPILED
    return app


@pytest.fixture
def app(sqlite: Installation) -> Flask:
    return made(sqlite)


def row(page: str, mailbox: str) -> str:
    """The words of a mailbox's row on the page."""
    (found,) = re.findall(rf"<tr[^>]*>\s*<th[^>]*>{mailbox}</th>.*?</tr>", page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


# The page


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_the_mailboxes_it_may_know_of(signed_in: SignedIn, role: Role) -> None:
    answer = signed_in(role).get("/health")

    assert (answer.status_code == 200) == may(role, Permission.SEE_HEALTH)
    assert ("enquiries" in answer.text) == may(role, Permission.SEE_HEALTH)
    assert ("whistleblowing" in answer.text) == (role in SEE_RESTRICTED)


def test_an_administrator_sees_how_the_intake_stands_and_nothing_that_is_set_aside(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    process(sqlite.ledger.keep([mail("CRASH and a plover", mailbox="whistleblowing")]), sqlite.office)
    client = signed_in(Role.ADMINISTRATOR)

    assert row(client.get("/health").text, "whistleblowing").endswith("1 set aside")
    for path in ("/set-aside", "/set-aside/1/original"):
        assert client.get(path).status_code == 403


def test_the_page_tells_since_when_and_why_and_what_waits(sqlite: Installation, signed_in: SignedIn) -> None:
    standings = Standings(sqlite.engine, lambda: clock.now() - timedelta(minutes=1))
    standings.note_taken_in("enquiries", None)
    standings.note_problem("whistleblowing", "whistleblowing: imap.example:993: no secure connection")
    process(sqlite.ledger.keep([mail("CRASH", uid=1), mail("CRASH", uid=2)]), sqlite.office)
    page = signed_in(Role.WHISTLEBLOWING_OFFICER).get("/health").text

    open_one, restricted = row(page, "enquiries"), row(page, "whistleblowing")
    assert "Working" in open_one
    assert "1 minute ago" in open_one
    assert "None waits" in open_one
    assert open_one.endswith("2 set aside")
    assert "Trouble" in restricted
    assert "no secure connection" in restricted
    assert "Never taken in" in restricted
    assert restricted.endswith("0 set aside")


def test_before_the_first_run_nothing_is_called_working(signed_in: SignedIn) -> None:
    page = signed_in(Role.OFFICER).get("/health").text

    assert "Not started" in row(page, "enquiries")
    assert "Working" not in page


def test_a_mailbox_that_was_taken_in_long_ago_is_not_called_working(sqlite: Installation, signed_in: SignedIn) -> None:
    """A worker that died notes no problem."""
    Standings(sqlite.engine, lambda: clock.now() - timedelta(hours=5)).note_taken_in("enquiries", None)

    assert "Working" not in row(signed_in(Role.OFFICER).get("/health").text, "enquiries")


def test_mail_that_waits_is_told_with_its_age(sqlite: Installation, signed_in: SignedIn) -> None:
    Standings(sqlite.engine, clock.now).note_taken_in("enquiries", clock.now() - timedelta(hours=3, minutes=1))

    assert "arrived 3 hours ago" in row(signed_in(Role.OFFICER).get("/health").text, "enquiries")


def test_what_is_wrong_is_text_and_never_markup(sqlite: Installation, signed_in: SignedIn) -> None:
    Standings(sqlite.engine, clock.now).note_problem("enquiries", "the server says <script>alert(1)</script>")
    page = signed_in(Role.OFFICER).get("/health").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


# For monitoring


def metrics(client: FlaskClient, address: str = "127.0.0.1", **headers: str) -> TestResponse:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get("/metrics", headers=sent, environ_base={"REMOTE_ADDR": address})


def values(text: str) -> dict[str, float]:
    """Every sample of a text in Prometheus' format."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_the_metrics_of_every_mailbox_are_read_from_this_machine(app: Flask, sqlite: Installation) -> None:
    standings = Standings(sqlite.engine, clock.now)
    standings.note_taken_in("enquiries", clock.now() - timedelta(minutes=30))
    standings.note_problem("whistleblowing", "no secure connection")
    process(sqlite.ledger.keep([mail("CRASH and a plover")]), sqlite.office)
    answer = metrics(app.test_client())

    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    found = values(answer.text)
    assert found['mailbot_oldest_unprocessed_minutes{mailbox="enquiries"}'] == pytest.approx(30, abs=0.2)
    assert 0 <= found['mailbot_last_taken_in_seconds{mailbox="enquiries"}'] < 10
    assert found['mailbot_last_taken_in_seconds{mailbox="whistleblowing"}'] == -1
    assert found['mailbot_trouble{mailbox="enquiries"}'] == 0
    assert found['mailbot_trouble{mailbox="whistleblowing"}'] == 1
    assert found['mailbot_set_aside{mailbox="enquiries"}'] == 1
    assert found['mailbot_artefact_refused{part="text model"}'] == 0
    assert found['mailbot_artefact_refused{part="text encoder"}'] == 0
    for word in ("plover", "connection", "Sandiford"):
        assert word not in answer.text


def test_stored_mail_that_is_not_filed_shows_its_age(app: Flask, sqlite: Installation) -> None:
    sqlite.ledger.keep([mail()])  # and here the process dies
    (standing,) = sqlite.office.standings.listed(["enquiries"])

    assert standing.minutes_unprocessed(NOON + timedelta(minutes=45)) == 45
    text = rendered([standing], [], [], NOON + timedelta(minutes=45)).decode()
    assert values(text)['mailbot_oldest_unprocessed_minutes{mailbox="enquiries"}'] == 45


def test_a_clock_that_is_behind_the_servers_gives_no_negative_age() -> None:
    ahead = Standing(
        mailbox="enquiries",
        polled_at=None,
        oldest_unprocessed_at=NOON + timedelta(minutes=5),
        problem=None,
        problem_since=None,
        set_aside=0,
    )
    assert ahead.minutes_unprocessed(NOON) == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_reads_the_metrics_without_a_token(app: Flask, address: str) -> None:
    assert metrics(app.test_client(), address).status_code == 200


@pytest.mark.parametrize("address", ["10.0.0.7", "192.168.1.1", "2001:db8::7", "169.254.0.1", "0.0.0.0", "::"])
def test_another_machine_does_not(app: Flask, address: str) -> None:
    assert metrics(app.test_client(), address).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "x-forwarded-for", "Forwarded", "Via", "X-Real-IP"])
def test_what_a_proxy_on_this_machine_passes_on_is_not_from_this_machine(app: Flask, header: str) -> None:
    answer = app.test_client().get("/metrics", headers={header: "127.0.0.1"})

    assert answer.status_code == 403
    assert "mailbot_" not in answer.text


@pytest.fixture
def with_token(sqlite: Installation, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setenv("METRICS_TOKEN", TOKEN)
    return made(sqlite, metrics_token_env="METRICS_TOKEN").test_client()


def test_the_token_lets_in_from_anywhere(with_token: FlaskClient) -> None:
    bearer = f"Bearer {TOKEN}"

    assert metrics(with_token, "10.0.0.7", Authorization=bearer).status_code == 200
    assert metrics(with_token, X_Forwarded_For="10.0.0.7", Authorization=bearer).status_code == 200
    assert "mailbot_trouble" in metrics(with_token, "10.0.0.7", Authorization=bearer).text


@pytest.mark.parametrize(
    "said", ["Bearer wrong", "Bearer ", "Bearer", "", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é"]
)
def test_a_wrong_token_lets_nobody_in(with_token: FlaskClient, said: str) -> None:
    assert metrics(with_token, "10.0.0.7", Authorization=said).status_code == 403
    assert metrics(with_token, X_Forwarded_For="10.0.0.7", Authorization=said).status_code == 403


def test_where_there_is_no_token_an_empty_one_lets_nobody_in(app: Flask) -> None:
    assert metrics(app.test_client(), "10.0.0.7", Authorization="Bearer ").status_code == 403
    assert metrics(app.test_client(), "10.0.0.7", Authorization="").status_code == 403
