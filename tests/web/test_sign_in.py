"""Signing in: failed tries slowed down and locked, sessions seen and ended, proof asked for again, passwords, codes."""

from __future__ import annotations

import re
import threading
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mailbot.cases.accounts.sign_ins import SignIns
from mailbot.cases.schema import audit, failed_sign_ins, recovery_codes, sessions
from mailbot.config import Config, Mailbox, Outgoing, Web
from mailbot.domain import Role
from mailbot.errors import MailbotError
from mailbot.pipeline import process
from mailbot.web import accounts
from mailbot.web.app import create_app
from mailbot.web.serving import server_of
from tests.conftest import PASSWORD, Installation
from tests.doubles import StillClock, mail
from tests.servers import free_ports
from tests.web.conftest import COMPILED, record_of, sign_in, token_of
from tests.web.test_second_factor import code_for, set_up

EMAIL = "officer@example.gov.uk"
LEAD = "whistleblowing_officer@example.gov.uk"
NOBODY = "nobody@example.gov.uk"
WRONG = "not the right password"
TOO_MANY = "There have been too many tries. Wait a few minutes, then try again"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def application(installation: Installation, clock: StillClock, web: Web | None = None) -> Flask:
    config = Config(
        mailbox=(Mailbox(name="enquiries", kind="maildir", path="."),),
        outgoing=Outgoing(kind="folder"),
        web=web or Web(second_factor="optional"),
    )
    app = create_app(record_of(installation, config), installation.vault.keyring, clock)
    app.testing = True
    app.jinja_env.bytecode_cache = COMPILED
    return app


@contextmanager
def serving(app: Flask, web: Web) -> Iterator[None]:
    """Serves the pages as `mailbot web` does, until the block ends."""
    server = server_of(app, web)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.trigger.pull_trigger(server.close)  # in its own thread: its loop must not meet a closed socket
        thread.join(10)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def app(sqlite: Installation, clock: StillClock) -> Flask:
    return application(sqlite, clock)


@pytest.fixture
def strict(sqlite: Installation, clock: StillClock) -> Flask:
    """The application where everybody needs a second factor."""
    return application(sqlite, clock, Web(second_factor="required"))


def failed(app: Flask, times: int, email: str, address: str = "127.0.0.1") -> None:
    """As many tries to sign in that were wrong, as they stand in the record."""
    for _ in range(times):
        assert app.extensions["mailbot.entrance"].sign_ins.admit(email, address) is not None


def fail(client: FlaskClient, clock: StillClock, times: int, email: str = EMAIL) -> None:
    """As many wrong passwords, each after the longest delay; the last by the page itself."""
    for _ in range(times - 1):
        clock.advance(seconds=61)
        failed(client.application, 1, email)
    clock.advance(seconds=61)
    assert "The address or the password is not right" in sign_in(client, email, WRONG)


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def acts(installation: Installation) -> list[tuple[str, str, str]]:
    with installation.engine.connect() as connection:
        rows = connection.execute(sa.select(audit.c.actor, audit.c.act, audit.c.detail).order_by(audit.c.id))
        return [tuple(row) for row in rows]


def post(client: FlaskClient, path: str, page: str | None = None, **data: str) -> TestResponse:
    token = token_of(client.get(page or path).text)
    return client.post(path, data={**data, "csrf_token": token})


# Tries that fail


def test_after_ten_failures_the_account_is_locked_for_fifteen_minutes(
    app: Flask, sqlite: Installation, clock: StillClock
) -> None:
    client = app.test_client()
    fail(client, clock, 10)

    clock.advance(minutes=14, seconds=59)
    assert TOO_MANY in sign_in(client, EMAIL)
    assert not is_in(client)
    assert ("mailbot", "account locked", EMAIL) in acts(sqlite)

    clock.advance(seconds=2)
    sign_in(client, EMAIL)
    assert is_in(client)


def test_an_account_that_does_not_exist_is_slowed_down_and_locked_with_the_very_same_page(
    app: Flask, clock: StillClock
) -> None:
    def page(email: str) -> str:
        shown = sign_in(app.test_client(), email, WRONG).replace(email, "…")
        return re.sub(r'name="csrf_token" value="[^"]+"', "", shown)

    failed(app, 3, EMAIL)
    failed(app, 3, NOBODY)
    for _ in range(2):
        assert page(EMAIL) == page(NOBODY)
    assert TOO_MANY in page(NOBODY)
    fail(app.test_client(), clock, 6)
    fail(app.test_client(), clock, 6, NOBODY)
    assert page(EMAIL) == page(NOBODY)
    assert TOO_MANY in page(NOBODY)


def test_each_further_failure_doubles_the_wait(app: Flask, clock: StillClock) -> None:
    client = app.test_client()
    for _ in range(4):
        assert TOO_MANY not in sign_in(client, EMAIL, WRONG)
    assert TOO_MANY in sign_in(client, EMAIL), "the right password is refused as well"

    clock.advance(seconds=1)
    assert TOO_MANY not in sign_in(client, EMAIL, WRONG)
    clock.advance(seconds=1)
    assert TOO_MANY in sign_in(client, EMAIL)
    clock.advance(seconds=1)
    sign_in(client, EMAIL)
    assert is_in(client)


def test_another_spelling_of_the_address_is_counted_with_it(app: Flask) -> None:
    client = app.test_client()
    for spelling in ("Officer@example.gov.uk", " officer@EXAMPLE.gov.uk", "officer@ｅxample.gov.uk", EMAIL):
        sign_in(client, spelling, WRONG)

    assert TOO_MANY in sign_in(client, EMAIL)


def test_tries_from_one_address_are_refused_whatever_the_account(app: Flask, clock: StillClock) -> None:
    there, elsewhere = app.test_client(), app.test_client()
    there.environ_base["REMOTE_ADDR"] = "2001:db8::1"
    elsewhere.environ_base["REMOTE_ADDR"] = "2001:db8:0:1::1"
    for number in range(29):
        clock.advance(seconds=61 if number > 20 else 0)
        failed(app, 1, f"guess{number}@example.gov.uk", "2001:db8::7")
    clock.advance(seconds=61)
    assert TOO_MANY not in sign_in(there, "guess30@example.gov.uk", WRONG)

    clock.advance(minutes=14)
    there.environ_base["REMOTE_ADDR"] = "2001:db8::2"  # of the same customer
    assert TOO_MANY in sign_in(there, EMAIL)
    sign_in(elsewhere, EMAIL)
    assert is_in(elsewhere)


def test_a_made_up_forwarding_header_is_no_other_address(app: Flask) -> None:
    client = app.test_client()
    for number in range(20):
        failed(app, 1, f"guess{number}@example.gov.uk")
    client.environ_base["HTTP_X_FORWARDED_FOR"] = "192.0.2.1"
    sign_in(client, "guess20@example.gov.uk", WRONG)

    client.environ_base["HTTP_X_FORWARDED_FOR"] = "192.0.2.99"
    assert TOO_MANY in sign_in(client, EMAIL)


@pytest.mark.parametrize(("proxy", "here", "there"), [("", True, True), ("127.0.0.1", False, True)])
def test_the_forwarded_address_counts_where_the_proxy_is_configured(
    sqlite: Installation, clock: StillClock, proxy: str, here: bool, there: bool
) -> None:
    (port,) = free_ports(1)
    web = Web(host="127.0.0.1", port=port, second_factor="optional", proxy=proxy)
    app = application(sqlite, clock, web)
    for number in range(21):
        failed(app, 1, f"guess{number}@example.gov.uk", "192.0.2.1" if proxy else "127.0.0.1")

    def refused(address: str) -> bool:
        with requests.Session() as browser:
            browser.headers.update({"X-Forwarded-For": address, "Connection": "close"})
            token = token_of(browser.get(f"http://127.0.0.1:{port}/sign-in", timeout=10).text)
            data = {"email": NOBODY, "password": WRONG, "csrf_token": token}
            return TOO_MANY in browser.post(f"http://127.0.0.1:{port}/sign-in", data=data, timeout=10).text

    with serving(app, web):
        assert [refused("192.0.2.99"), refused("192.0.2.1")] == [here, there]


def test_neither_name_nor_network_address_is_kept(app: Flask, sqlite: Installation) -> None:
    sign_in(app.test_client(), NOBODY, WRONG)

    with sqlite.engine.connect() as connection:
        (row,) = connection.execute(sa.select(failed_sign_ins))
    assert "nobody" not in str(row)
    assert "127.0.0.1" not in str(row)


def test_many_tries_at_once_do_not_slip_through(installation: Installation) -> None:
    sign_ins = SignIns(installation.engine, installation.vault.keyring, installation.clock)
    with ThreadPoolExecutor(12) as pool:
        admitted = list(pool.map(lambda _: sign_ins.admit(EMAIL, "192.0.2.1"), range(24)))

    assert sum(number is not None for number in admitted) == 4


def test_wrong_codes_lock_the_account_too_and_the_right_password_does_not_clear_them(
    strict: Flask, clock: StillClock
) -> None:
    secret = set_up(strict.test_client())
    client = strict.test_client()
    for _ in range(8):
        clock.advance(seconds=61)
        failed(strict, 1, EMAIL)
    for _ in range(2):
        clock.advance(seconds=61)
        assert "Enter your code" in sign_in(client, EMAIL)
        assert "not right or has been used" in post(client, "/second-factor-code", code="000000").text

    assert TOO_MANY in post(client, "/second-factor-code", code=code_for(secret)).text
    assert TOO_MANY in sign_in(strict.test_client(), EMAIL)


def test_an_administrator_unlocks_an_account(app: Flask, sqlite: Installation, clock: StillClock) -> None:
    client, administrator = app.test_client(), app.test_client()
    fail(client, clock, 10)
    sign_in(administrator, "administrator@example.gov.uk")
    assert "Locked after failed sign-ins until 24 November 2026, 12:25pm" in administrator.get("/staff").text

    assert post(administrator, "/staff/unlock", "/staff", email=EMAIL).status_code == 302
    sign_in(client, EMAIL)
    assert is_in(client)
    assert ("administrator@example.gov.uk", "account unlocked", EMAIL) in acts(sqlite)


# Sessions


def test_staff_see_where_they_are_signed_in_and_sign_out_there(app: Flask) -> None:
    here, there = app.test_client(), app.test_client()
    there.environ_base["HTTP_USER_AGENT"] = FIREFOX
    sign_in(here, EMAIL)
    sign_in(there, EMAIL)
    page = here.get("/account").text
    assert "Firefox on Linux" in page
    assert "24 November 2026, 12:00pm" in page
    assert "127.0.0.1" not in page

    (number,) = re.findall(r"/account/sessions/(\d+)/end", page)
    assert post(here, f"/account/sessions/{number}/end", "/account").status_code == 302
    assert is_in(here)
    assert "You have been signed out" in there.get("/account", follow_redirects=True).text


def test_all_other_sessions_end_at_one_press(app: Flask) -> None:
    clients = [app.test_client() for _ in range(3)]
    for client in clients:
        sign_in(client, EMAIL)

    post(clients[0], "/account/sessions/end-others", "/account")
    assert [is_in(client) for client in clients] == [True, False, False]


def test_nobody_ends_the_session_of_somebody_else(app: Flask, sqlite: Installation) -> None:
    theirs, mine = app.test_client(), app.test_client()
    sign_in(theirs, LEAD)
    sign_in(mine, EMAIL)
    with sqlite.engine.connect() as connection:
        number = connection.execute(sa.select(sessions.c.id).order_by(sessions.c.id)).scalars().first()

    assert post(mine, f"/account/sessions/{number}/end", "/account").status_code == 404
    assert is_in(theirs)


def test_a_session_that_is_not_used_ends_and_one_that_is_used_goes_on_until_it_is_too_old(
    app: Flask, clock: StillClock
) -> None:
    idle, busy = app.test_client(), app.test_client()
    sign_in(idle, EMAIL)
    sign_in(busy, EMAIL)
    for _ in range(16):
        clock.advance(minutes=29)
        assert is_in(busy)

    clock.advance(minutes=16)
    assert not is_in(busy), "eight hours have passed"
    assert not is_in(idle)


def test_how_long_a_session_lasts_is_configured(sqlite: Installation, clock: StillClock) -> None:
    app = application(sqlite, clock, Web(second_factor="optional", idle_minutes=5))
    client = app.test_client()
    sign_in(client, EMAIL)

    clock.advance(minutes=6)
    assert not is_in(client)


def test_every_sign_in_has_a_new_secret_and_the_old_cookie_opens_nothing(app: Flask) -> None:
    client = app.test_client()
    client.get("/sign-in")
    with client.session_transaction() as kept:
        kept["mailbot_session"] = "chosen by somebody else"
        kept["planted"] = "yes"
    sign_in(client, EMAIL)
    with client.session_transaction() as kept:
        first = kept["mailbot_session"]
        assert "planted" not in kept
    assert first != "chosen by somebody else"
    cookie = client.get_cookie("session")
    assert cookie

    post(client, "/sign-out", "/account")
    thief = app.test_client()
    thief.set_cookie("session", cookie.value)
    assert not is_in(thief)
    sign_in(client, EMAIL)
    with client.session_transaction() as kept:
        assert kept["mailbot_session"] != first


def test_the_database_does_not_hold_what_the_cookie_holds(app: Flask, sqlite: Installation) -> None:
    client = app.test_client()
    sign_in(client, EMAIL)
    with client.session_transaction() as kept, sqlite.engine.connect() as connection:
        assert kept["mailbot_session"] not in str(connection.execute(sa.select(sessions)).all())


def test_disabling_somebody_ends_their_sessions_at_once(app: Flask, sqlite: Installation, clock: StillClock) -> None:
    client = app.test_client()
    sign_in(client, EMAIL)

    accounts.disable(sqlite.engine, EMAIL, by="administrator@example.gov.uk", at=clock())
    assert not is_in(client)
    with sqlite.engine.connect() as connection:
        assert connection.execute(sa.select(sessions.c.ended_at)).scalars().all() == [clock()]


def test_neither_a_token_nor_a_cookie_to_be_remembered_by_gets_round_the_sessions(app: Flask) -> None:
    client = app.test_client()
    token = token_of(client.get("/sign-in").text)
    given = {"email": EMAIL, "password": PASSWORD, "remember": True}
    answer = client.post("/sign-in?include_auth_token", json=given, headers={"X-CSRFToken": token})
    bearer = answer.json["response"]["user"]["authentication_token"]  # type: ignore[index]

    stranger = app.test_client()
    assert stranger.get("/account", headers={"Authentication-Token": bearer}).status_code == 302
    assert client.get_cookie("remember_token") is None


def test_what_somebody_wrote_for_too_long_is_shown_again(app: Flask, clock: StillClock) -> None:
    client = app.test_client()
    sign_in(client, EMAIL)
    token = token_of(client.get("/account").text)
    note = "Telephoned the home twice; the manager called back and told of the fire."

    clock.advance(minutes=31)
    answer = client.post("/case/MB-0000-0000", data={"note": note, "csrf_token": token})
    assert answer.status_code == 403
    assert note in answer.text


# Proof that is fresh


@pytest.fixture
def aside(sqlite: Installation) -> str:
    process(sqlite.ledger.keep([mail("CRASH")]), sqlite.office)
    return "/set-aside/1/original"


def test_an_original_message_needs_a_sign_in_of_the_last_ten_minutes(app: Flask, clock: StillClock, aside: str) -> None:
    client = app.test_client()
    sign_in(client, LEAD)
    clock.advance(minutes=9)
    assert client.get(aside).status_code == 200

    clock.advance(minutes=2)
    confirm = client.get(aside).headers["Location"]
    assert confirm.startswith("/account/confirm")
    assert "is not right" in post(client, confirm, password=WRONG).text
    assert client.get(aside).status_code == 302
    assert post(client, confirm, password=PASSWORD).headers["Location"] == "/set-aside"
    assert client.get(aside).status_code == 200


def test_a_fresh_sign_in_takes_the_second_factor_as_well(strict: Flask, clock: StillClock, aside: str) -> None:
    client = strict.test_client()
    secret = set_up(client, LEAD)
    clock.advance(minutes=11)
    confirm = client.get(aside).headers["Location"]

    assert "is not right" in post(client, confirm, password=PASSWORD, code="000000").text
    assert "is not right" in post(client, confirm, password=PASSWORD, by="key").text
    assert client.get(aside).status_code == 302
    code = code_for(secret, time.time() + 30)
    assert post(client, confirm, password=PASSWORD, code=code).headers["Location"] == "/set-aside"
    assert client.get(aside).status_code == 200

    clock.advance(minutes=11)
    assert "is not right" in post(client, confirm, password=PASSWORD, code=code).text, "it has been used"


def test_changing_how_one_signs_in_takes_a_fresh_sign_in(app: Flask, clock: StillClock) -> None:
    client = app.test_client()
    sign_in(client, EMAIL)
    clock.advance(minutes=11)

    for path in ("/second-factor", "/account/security-keys", "/account/recovery-codes"):
        assert client.get(path).headers["Location"].startswith("/account/confirm"), path


def test_the_confirmation_sends_nobody_to_another_site(app: Flask) -> None:
    client = app.test_client()
    sign_in(client, EMAIL)
    token = token_of(client.get("/account").text)
    data = {"csrf_token": token, "password": PASSWORD}
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/\t/evil"):
        answer = client.post("/account/confirm", query_string={"next": elsewhere}, data=data)
        assert answer.headers["Location"] == "/account", elsewhere


# Who may do what


def test_every_member_of_staff_sees_who_may_do_what(app: Flask) -> None:
    for role in (Role.OFFICER, Role.AUDITOR):
        client = app.test_client()
        sign_in(client, f"{role}@example.gov.uk")
        page = client.get("/permissions").text
        found = re.search(r"Read original messages.*?</th>\s*<td[^>]*>(.*?)</td>", page, re.DOTALL)
        assert found
        assert re.sub(r"<[^>]+>", "", found.group(1)).strip() == "Whistleblowing officer"


# Recovery codes


def test_a_recovery_code_takes_the_place_of_the_app_once_and_is_kept_as_a_digest(
    strict: Flask, sqlite: Installation
) -> None:
    client = strict.test_client()
    set_up(client)
    page = post(client, "/account/recovery-codes").text
    codes = re.findall(r'<code class="key">([0-9a-f-]+)</code>', page)
    assert len(codes) == 8
    assert codes[0] not in client.get("/account/recovery-codes").text
    with sqlite.engine.connect() as connection:
        kept = str(connection.execute(sa.select(recovery_codes)).all())
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)

    lost, again = strict.test_client(), strict.test_client()
    sign_in(lost, EMAIL)
    assert post(lost, "/recovery-code", code=codes[0].upper()).status_code == 302
    assert "7 left" in lost.get("/account").text
    sign_in(again, EMAIL)
    assert "not right or has been used" in post(again, "/recovery-code", code=codes[0]).text
    assert not is_in(again)


def test_a_recovery_code_without_the_password_opens_nothing(strict: Flask) -> None:
    client = strict.test_client()

    assert client.get("/recovery-code").headers["Location"] == "/sign-in"


# Passwords


def change(client: FlaskClient, new: str, present: str = PASSWORD) -> TestResponse:
    return post(client, "/account/password", password=present, new_password=new, new_password_confirm=new)


def test_a_new_password_ends_the_other_sessions(app: Flask, sqlite: Installation) -> None:
    here, there = app.test_client(), app.test_client()
    sign_in(here, EMAIL)
    sign_in(there, EMAIL)

    assert change(here, "violet kettle marching").headers["Location"] == "/account"
    assert is_in(here)
    assert not is_in(there)
    sign_in(there, EMAIL, "violet kettle marching")
    assert is_in(there)
    assert (EMAIL, "password changed", "") in acts(sqlite)


def test_a_password_that_is_easily_guessed_is_refused(app: Flask) -> None:
    client = app.test_client()
    sign_in(client, EMAIL)

    assert "at least 12 are needed" in change(client, "eleven char").text
    assert "is the address of the account" in change(client, EMAIL.upper()).text
    assert "everybody tries first" in change(client, "Password1234").text
    assert "everybody tries first" in change(client, "111111111111").text
    assert "is the present one" in change(client, PASSWORD).text
    assert change(client, "violet kettle marching").status_code == 302


def test_the_present_password_cannot_be_guessed_from_an_open_session(app: Flask) -> None:
    client = app.test_client()
    sign_in(client, EMAIL)
    for _ in range(4):
        assert "not your present password" in change(client, "violet kettle marching", WRONG).text

    assert TOO_MANY in change(client, "violet kettle marching").text


def test_the_command_line_keeps_the_same_rules(sqlite: Installation, clock: StillClock) -> None:
    for password in ("short", "new@example.gov.uk", "welcome12345"):
        with pytest.raises(MailbotError, match="password"):
            accounts.add(sqlite.engine, "new@example.gov.uk", Role.OFFICER, password, added_by="test", at=clock())


def test_an_accent_is_the_same_however_the_keyboard_composes_it(
    app: Flask, sqlite: Installation, clock: StillClock
) -> None:
    password = unicodedata.normalize("NFC", "crème brûlée à midi")
    accounts.add(sqlite.engine, "new@example.gov.uk", Role.OFFICER, password, added_by="test", at=clock())
    client = app.test_client()

    sign_in(client, "new@example.gov.uk", unicodedata.normalize("NFD", password))
    assert is_in(client)


# Both databases


def test_the_whole_way_in_and_out_on_each_database(installation: Installation, clock: StillClock) -> None:
    email = "morgan@example.gov.uk"
    accounts.add(installation.engine, email, Role.OFFICER, PASSWORD, added_by="test", at=clock())
    app = application(installation, clock, Web(second_factor="required"))
    client, other = app.test_client(), app.test_client()
    sign_in(client, email, WRONG)
    set_up(client, email)
    codes = re.findall(r'<code class="key">([0-9a-f-]+)</code>', post(client, "/account/recovery-codes").text)
    sign_in(other, email)
    post(other, "/recovery-code", code=codes[0])
    assert is_in(other)

    change(client, "violet kettle marching")
    assert [is_in(client), is_in(other)] == [True, False]
    accounts.reset(installation.engine, email, PASSWORD, by="test", at=clock())
    assert not is_in(client)
    assert "Set up a second factor" in sign_in(client, email)
    done = [act for _, act, _ in acts(installation)]
    assert done[done.index("signed in") :] == [
        "signed in",
        "recovery codes made",
        "recovery code used",
        "signed in",
        "other sessions ended",
        "signed in",
        "password changed",
        "staff reset",
    ]
