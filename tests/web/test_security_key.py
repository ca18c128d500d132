"""A security key as the second factor, in a real browser with a virtual authenticator (WebAuthn over the DevTools)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, sync_playwright
from webauthn.helpers import bytes_to_base64url

from mailbot.cases.schema import security_keys
from mailbot.config import Web
from tests.conftest import PASSWORD, Installation
from tests.doubles import StillClock
from tests.servers import free_ports
from tests.web.test_browser import CHROMIUM, FLAGS
from tests.web.test_sign_in import application, serving

pytestmark = pytest.mark.browser
EMAIL = "officer@example.gov.uk"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def address(sqlite: Installation, clock: StillClock) -> Iterator[str]:
    """Where the pages are served. Browsers know security keys on localhost, not on 127.0.0.1."""
    (port,) = free_ports(1)
    web = Web(port=port, second_factor="optional")
    with serving(application(sqlite, clock, web), web):
        yield f"http://localhost:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page with a key plugged in, on which nothing may go wrong unseen; closed before the server is."""
    complaints: list[str] = []
    context = browser.new_context()
    opened = context.new_page()
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    devtools = context.new_cdp_session(opened)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    yield opened
    context.close()
    assert complaints == []


def give_password(page: Page, address: str, email: str = EMAIL) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def add_key(page: Page, address: str) -> None:
    page.goto(f"{address}/account/security-keys")
    page.get_by_label("Name").fill("Blue key")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Security key Blue key added").wait_for()


def test_a_key_is_added_used_to_sign_in_asked_for_again_and_removed(
    page: Page, address: str, clock: StillClock
) -> None:
    give_password(page, address)
    page.wait_for_url("**/queue")
    add_key(page, address)
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Sign out").click()

    give_password(page, address)
    page.get_by_role("heading", name="Use your security key").wait_for()
    page.goto(f"{address}/queue")
    assert "/sign-in" in page.url, "the password alone opens nothing"
    give_password(page, address)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/queue")

    clock.advance(minutes=11)
    page.goto(f"{address}/account/security-keys")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue with a security key").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Remove Blue key").click()
    page.get_by_text("Security key Blue key removed").wait_for()


def test_the_key_of_another_account_does_not_stand_in_for_its_password(
    page: Page, address: str, sqlite: Installation
) -> None:
    """Whoever has found a key and knows some other account's password must not get into the key's account."""
    other = "duty_manager@example.gov.uk"
    for email in (EMAIL, other):
        give_password(page, address, email)
        page.wait_for_url("**/queue")
        add_key(page, address)
        page.get_by_role("button", name="Sign out").click()
    with sqlite.engine.connect() as connection:
        keys = connection.execute(sa.select(security_keys.c.credential_id).order_by(security_keys.c.id)).scalars()
        found, own = (bytes_to_base64url(key) for key in keys)

    def with_the_found_key(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace(own, found))

    give_password(page, address, other)
    page.route(re.compile(r"/security-key(\?|$)"), with_the_found_key)
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("That security key could not be used").wait_for()
    page.goto(f"{address}/queue")
    assert "/sign-in" in page.url
